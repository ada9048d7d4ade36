//! The table of instructions: what refuses each, and what each does while a section is
//! paused. It is held against the IDL, so an instruction without a row fails.

use std::{fs, path::Path};

use anchor_lang::system_program;
use anchor_spl::{token, token_2022};
use solana_program::sysvar;

use homeostat_client::PROGRAM_ID;

use super::{name_of, Interface};
pub(super) use While::{Refused, Works};

/// What an instruction does while a section is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum While {
    /// What it always does.
    Works,
    /// `Paused`.
    Refused,
}

// Columns: what it does while stake, pay, crank and emission are paused, in this order.

/// Exits, governance, and whatever only keeps the books.
pub(super) const ALWAYS: [While; 4] = [Works; 4];
const UNLESS_STAKE: [While; 4] = [Refused, Works, Works, Works];
const UNLESS_PAY: [While; 4] = [Works, Refused, Works, Works];
const UNLESS_CRANK: [While; 4] = [Works, Works, Refused, Works];

/// An instruction: its behaviour by section, and tests that see it refused.
pub(super) type Row = (&'static str, [While; 4], &'static [&'static str]);

#[rustfmt::skip]
pub(super) const TABLE: &[Row] = &[
    ("accept_role", ALWAYS, &["m1_a_role_changes_hands_in_two_steps", "m2_an_offer_runs_out", "fail_roles_are_accepted_in_their_own_council", "g61_an_acceptance_proves_one_seat_and_lasts_as_long_as_it"]),
    ("advise", ALWAYS, &["g17_nobody_but_the_advisor_advises", "g17_an_advisor_without_a_range_advises_nothing"]),
    ("announce_recall", ALWAYS, &["e26_a_sponsor_recalls_nothing_that_is_promised"]),
    ("approve", ALWAYS, &["g1_nobody_but_a_member_decides", "g2_an_approval_counts_once", "g3_an_approval_is_of_the_actions_that_were_read"]),
    ("cancel", ALWAYS, &["g1_nobody_but_a_member_decides", "g10_a_queued_proposal_is_taken_back_by_as_many_as_approved_it"]),
    ("cancel_unstake", UNLESS_STAKE, &["fail_cancel_a_ticket_that_is_not_there", "s9_nothing_is_staked_while_staking_is_paused"]),
    ("cast_ballot", ALWAYS, &["n5_stake_that_came_since_weighs_nothing", "fail_ballots_with_other_accounts"]),
    ("charge_fee", UNLESS_PAY, &["fail_charge_fee_with_wrong_accounts", "f3_a_fee_that_rose_meanwhile_is_refused_above_max_fee"]),
    ("claim", ALWAYS, &["c1_double_claim", "c2_claim_for_another_or_to_another", "fail_every_exchange_of_accounts"]),
    ("close", ALWAYS, &["i1_close_by_another_is_refused", "fail_after_going_live"]),
    ("close_ballot", ALWAYS, &["g19_a_ballots_rent_goes_to_who_paid_it"]),
    ("close_pool", ALWAYS, &["e27_a_retired_pool_is_left_by_everybody_and_then_closed"]),
    ("close_position", ALWAYS, &["u5_close_with_debt", "fail_rent_goes_to_nobody_but_the_payer"]),
    ("close_proposal", ALWAYS, &["g19_evidence_and_rent_stay_where_they_belong", "g18_a_lifted_veto_is_not_closed_under_the_members"]),
    ("collect", ALWAYS, &["f1_fees_go_to_the_recorded_vaults_only", "b1_nothing_but_collected_fees_is_ever_burned"]),
    ("configure", ALWAYS, &["i1_configure_by_another_is_refused", "i7_every_limit_is_bounded"]),
    ("configure_feed", ALWAYS, &["fail_a_feed_is_set_in_a_draft_by_its_creator_within_its_ranges"]),
    ("crank", UNLESS_CRANK, &["k1_early_and_double_cranks_are_refused", "fail_crank_with_wrong_fixed_accounts"]),
    ("create_council", ALWAYS, &["i1_a_council_is_set_up_by_the_creator_in_a_draft", "i7_a_council_is_set_up_within_its_ranges", "g62_fifteen_members_of_multisigs_fit_into_packets"]),
    ("create_economy", ALWAYS, &["i2_creating_twice_is_refused", "i4_hostile_mint_is_refused"]),
    ("create_feed", ALWAYS, &["fail_feeds_are_created_in_a_draft_by_its_creator_in_order"]),
    ("create_meter", ALWAYS, &["n1_outsider_cannot_add_pools_or_meters", "n1_ninth_pool_or_meter_is_refused"]),
    ("create_pool", ALWAYS, &["n1_outsider_cannot_add_pools_or_meters", "i4_hostile_stake_mint_is_refused"]),
    ("dissolve", ALWAYS, &["e28_an_economy_that_is_over_returns_every_lamport_to_who_paid_it"]),
    ("execute", ALWAYS, &["g7_nothing_is_executed_before_its_eta", "g8_a_second_after_its_expiry_it_is_too_late", "g11_approvals_of_removed_members_do_not_count", "g3_execution_takes_its_own_accounts_only"]),
    ("expire", ALWAYS, &["g8_a_second_after_its_expiry_it_is_too_late"]),
    ("fund_rewards", ALWAYS, &["fail_others_cannot_fund_a_draft", "fail_in_mint_mode"]),
    ("go_live", ALWAYS, &["i1_go_live_by_another_is_refused", "i5_foreign_mint_authority_is_refused", "g60_a_council_with_a_mistyped_seat_does_not_go_live"]),
    ("grow_log", ALWAYS, &["fail_grow_log"]),
    ("hand_over_mint", ALWAYS, &["e20_nobody_but_the_successor_gets_the_mint_authority", "e21_an_unanswered_offer_of_the_mint_authority_ends"]),
    ("migrate", ALWAYS, &["m3_nothing_is_migrated_twice", "m3_versions_that_this_release_does_not_know_are_refused", "m3_nothing_but_whole_accounts_of_the_program_are_migrated"]),
    ("open_position", ALWAYS, &["fail_a_position_opens_once", "fail_nobody_opens_a_position_for_another"]),
    ("override_veto", ALWAYS, &["n6_a_sole_member_lifts_no_veto_but_of_the_guardians_replacement", "g18_a_guardian_cannot_stay_against_the_members"]),
    ("pause", ALWAYS, &["p1_nobody_but_the_guardian_pauses", "p2_a_guardian_cannot_pause_for_ever"]),
    ("pay", UNLESS_PAY, &["fail_pay_with_wrong_accounts", "fail_pay_before_going_live_or_while_paused"]),
    ("preview", ALWAYS, &["fail_preview_of_no_controller_or_no_economy"]),
    ("propose", ALWAYS, &["g1_nobody_but_a_member_proposes", "g4_one_member_cannot_crowd_the_others_out", "g6_what_could_not_be_executed_is_not_proposed"]),
    ("recall", ALWAYS, &["e26_a_sponsor_recalls_nothing_that_is_promised"]),
    ("report_feed", ALWAYS, &["o5_a_report_counts_once_and_only_its_reporter_sends_it", "o1_nothing_but_a_feed_of_the_program_takes_reports"]),
    ("request_unstake", ALWAYS, &["u1_foreign_position", "u2_more_than_is_staked"]),
    ("stake", UNLESS_STAKE, &["s1_fake_accounts_of_another_program", "s4_zero_and_dust", "s9_nothing_is_staked_while_staking_is_paused"]),
    ("top_up", ALWAYS, &["fail_to_mint_into_another_vault", "fail_in_funded_mode"]),
    ("touch_pool", ALWAYS, &["d3_nobody_makes_most_touches_in_a_moment", "fail_touch_pool_with_other_accounts", "fail_touch_pool_of_a_draft"]),
    ("trip_breaker", ALWAYS, &["fail_trip_breaker_refuses_every_solvent_vault", "o8_nobody_trips_the_breaker_with_what_they_own"]),
    ("veto", ALWAYS, &["g1_nobody_but_the_guardian_vetoes", "g17_a_guardian_stops_things_and_nothing_else"]),
    ("veto_advice", ALWAYS, &["g7_advice_waits_its_delay_and_can_be_vetoed", "g17_nobody_but_the_advisor_advises"]),
    ("wind_up", ALWAYS, &["e24_the_rest_goes_to_the_treasury_or_the_sponsor_only"]),
    ("withdraw", ALWAYS, &["u6_vault_substitution", "u6_withdraw_to_the_owner_only"]),
    ("withdraw_approval", ALWAYS, &["g1_nobody_but_a_member_decides", "g2_an_approval_counts_once"]),
];

/// The text of every file with tests.
fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).expect("the tests' folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(path).expect("a source"));
        }
    }
}

#[test]
fn p3_every_instruction_has_a_row_and_every_row_its_tests() {
    let rows: Vec<&str> = TABLE.iter().map(|(name, ..)| *name).collect();
    assert_eq!(
        rows,
        Interface::read().names(),
        "the table's rows are the IDL's instructions"
    );

    let mut text = String::new();
    sources(Path::new(env!("CARGO_MANIFEST_DIR")), &mut text);
    for (name, _, tests) in TABLE {
        assert!(!tests.is_empty(), "{name} has no negative test");
        for test in *tests {
            let is_there = text.contains(&format!("#[tokio::test]\nasync fn {test}()"));
            assert!(is_there, "{name}: there is no test {test}");
        }
    }
}

#[test]
fn m5_the_interface_has_no_test_hooks_and_no_built_in_keys() {
    // Programs and sysvars that accounts may be fixed to; no key of anybody's.
    let fixed = [
        system_program::ID,
        token::ID,
        token_2022::ID,
        sysvar::instructions::ID,
        PROGRAM_ID,
    ];
    let fixed = fixed.map(|key| key.to_string());
    let hooks = ["time", "test", "mock", "debug", "admin", "hook"];
    let interface = Interface::read();
    for name in interface.names() {
        let mut parts = name.split('_');
        assert!(parts.all(|part| !hooks.contains(&part)), "{name}");
    }
    for (instruction, account) in interface.accounts() {
        if let Some(address) = account["address"].as_str() {
            let known = fixed.iter().any(|key| key == address);
            assert!(known, "{instruction}: {account}");
        }
    }
}

#[test]
fn o6_no_instruction_takes_a_clock() {
    for (instruction, account) in Interface::read().accounts() {
        let clock = ["clock", "rent", "slot_hashes"].contains(&name_of(account));
        assert!(!clock, "{instruction}: {account}");
    }
}
