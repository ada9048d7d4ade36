//! The table of instructions: what refuses each, and what each does while a section is
//! paused. It is held against the IDL, so an instruction without a row fails.

use std::{collections::BTreeSet, fs, path::Path};

use homeostat::{
    constants::PAUSE_BUDGET,
    state::{
        action::AdviceRange,
        layout::{LAYOUTS, VERSION_AT},
    },
};
use homeostat_client::{
    address,
    governance::{self, q48},
    instruction::{self as ix, Parts, Payment, Report, StakeMint, Vault},
    Action, CouncilArgs, EconomyAddresses, EconomyArgs, FeedSettings, Funding, LimitSettings,
    Meter, Parameter, PauseReason, RoleKind, Section, Setting, Tunable, PROGRAM_ID,
};
use homeostat_sandbox::{
    fixture,
    world::{seat, TOKEN},
    MintSpec, TokenProgram, World, WorldSpec,
};
use homeostat_tests::{attack, HomeostatError};
use serde_json::Value;
use solana_account::{ReadableAccount, WritableAccount};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_program::pubkey::Pubkey;
use solana_signer::Signer;

const IDL: &str = include_str!("../idl/homeostat.json");
/// See `layouts`.
const ECONOMY_0: &[u8] = include_bytes!("fixtures/economy-0.bin");

/// What an instruction does while a section is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum While {
    /// What it always does.
    Works,
    /// `Paused`.
    Refused,
}
use While::{Refused, Works};

const SECTIONS: [Section; Section::COUNT] = [
    Section::Stake,
    Section::Pay,
    Section::Crank,
    Section::Emission,
];
/// Exits, governance, and whatever only keeps the books.
const ALWAYS: [While; 4] = [Works; 4];
const UNLESS_STAKE: [While; 4] = [Refused, Works, Works, Works];
const UNLESS_PAY: [While; 4] = [Works, Refused, Works, Works];
const UNLESS_CRANK: [While; 4] = [Works, Works, Refused, Works];

/// An instruction: its behaviour by section, and tests that see it refused.
type Row = (&'static str, [While; 4], &'static [&'static str]);

#[rustfmt::skip]
const TABLE: &[Row] = &[
    ("accept_role", ALWAYS, &["m1_a_role_changes_hands_in_two_steps", "m2_an_offer_runs_out", "fail_roles_are_accepted_in_their_own_council"]),
    ("advise", ALWAYS, &["g17_nobody_but_the_advisor_advises", "g17_an_advisor_without_a_range_advises_nothing"]),
    ("approve", ALWAYS, &["g1_nobody_but_a_member_decides", "g2_an_approval_counts_once", "g3_an_approval_is_of_the_actions_that_were_read"]),
    ("cancel", ALWAYS, &["g1_nobody_but_a_member_decides", "g10_a_queued_proposal_is_taken_back_by_as_many_as_approved_it"]),
    ("cancel_unstake", UNLESS_STAKE, &["fail_cancel_a_ticket_that_is_not_there", "s9_nothing_is_staked_while_staking_is_paused"]),
    ("cast_ballot", ALWAYS, &["n5_stake_that_came_since_weighs_nothing", "fail_ballots_with_other_accounts"]),
    ("charge_fee", UNLESS_PAY, &["fail_charge_fee_with_wrong_accounts", "f3_a_fee_that_rose_meanwhile_is_refused_above_max_fee"]),
    ("claim", ALWAYS, &["c1_double_claim", "c2_claim_for_another_or_to_another", "fail_every_exchange_of_accounts"]),
    ("close", ALWAYS, &["i1_close_by_another_is_refused", "fail_after_going_live"]),
    ("close_ballot", ALWAYS, &["g19_a_ballots_rent_goes_to_who_paid_it"]),
    ("close_position", ALWAYS, &["u5_close_with_debt", "fail_rent_goes_to_nobody_but_the_payer"]),
    ("close_proposal", ALWAYS, &["g19_evidence_and_rent_stay_where_they_belong", "g18_a_lifted_veto_is_not_closed_under_the_members"]),
    ("collect", ALWAYS, &["f1_fees_go_to_the_recorded_vaults_only", "b1_nothing_but_collected_fees_is_ever_burned"]),
    ("configure", ALWAYS, &["i1_configure_by_another_is_refused", "i7_every_limit_is_bounded"]),
    ("configure_feed", ALWAYS, &["fail_a_feed_is_set_in_a_draft_by_its_creator_within_its_ranges"]),
    ("crank", UNLESS_CRANK, &["k1_early_and_double_cranks_are_refused", "fail_crank_with_wrong_fixed_accounts"]),
    ("create_council", ALWAYS, &["i1_a_council_is_set_up_by_the_creator_in_a_draft", "i7_a_council_is_set_up_within_its_ranges"]),
    ("create_economy", ALWAYS, &["i2_creating_twice_is_refused", "i4_hostile_mint_is_refused"]),
    ("create_feed", ALWAYS, &["fail_feeds_are_created_in_a_draft_by_its_creator_in_order"]),
    ("create_meter", ALWAYS, &["n1_outsider_cannot_add_pools_or_meters", "n1_ninth_pool_or_meter_is_refused"]),
    ("create_pool", ALWAYS, &["n1_outsider_cannot_add_pools_or_meters", "i4_hostile_stake_mint_is_refused"]),
    ("execute", ALWAYS, &["g7_nothing_is_executed_before_its_eta", "g8_a_second_after_its_expiry_it_is_too_late", "g11_approvals_of_removed_members_do_not_count", "g3_execution_takes_its_own_accounts_only"]),
    ("expire", ALWAYS, &["g8_a_second_after_its_expiry_it_is_too_late"]),
    ("fund_rewards", ALWAYS, &["fail_others_cannot_fund_a_draft", "fail_in_mint_mode"]),
    ("go_live", ALWAYS, &["i1_go_live_by_another_is_refused", "i5_foreign_mint_authority_is_refused"]),
    ("grow_log", ALWAYS, &["fail_grow_log"]),
    ("migrate", ALWAYS, &["m3_nothing_is_migrated_twice", "m3_versions_that_this_release_does_not_know_are_refused", "m3_nothing_but_whole_accounts_of_the_program_are_migrated"]),
    ("open_position", ALWAYS, &["fail_a_position_opens_once", "fail_nobody_opens_a_position_for_another"]),
    ("override_veto", ALWAYS, &["n6_a_sole_member_lifts_no_veto_but_of_the_guardians_replacement", "g18_a_guardian_cannot_stay_against_the_members"]),
    ("pause", ALWAYS, &["p1_nobody_but_the_guardian_pauses", "p2_a_guardian_cannot_pause_for_ever"]),
    ("pay", UNLESS_PAY, &["fail_pay_with_wrong_accounts", "fail_pay_before_going_live_or_while_paused"]),
    ("preview", ALWAYS, &["fail_preview_of_no_controller_or_no_economy"]),
    ("propose", ALWAYS, &["g1_nobody_but_a_member_proposes", "g4_one_member_cannot_crowd_the_others_out", "g6_what_could_not_be_executed_is_not_proposed"]),
    ("report_feed", ALWAYS, &["o5_a_report_counts_once_and_only_its_reporter_sends_it", "o1_nothing_but_a_feed_of_the_program_takes_reports"]),
    ("request_unstake", ALWAYS, &["u1_foreign_position", "u2_more_than_is_staked"]),
    ("stake", UNLESS_STAKE, &["s1_fake_accounts_of_another_program", "s4_zero_and_dust", "s9_nothing_is_staked_while_staking_is_paused"]),
    ("top_up", ALWAYS, &["fail_to_mint_into_another_vault", "fail_in_funded_mode"]),
    ("trip_breaker", ALWAYS, &["fail_trip_breaker_refuses_every_solvent_vault", "o8_nobody_trips_the_breaker_with_what_they_own"]),
    ("veto", ALWAYS, &["g1_nobody_but_the_guardian_vetoes", "g17_a_guardian_stops_things_and_nothing_else"]),
    ("veto_advice", ALWAYS, &["g7_advice_waits_its_delay_and_can_be_vetoed", "g17_nobody_but_the_advisor_advises"]),
    ("withdraw", ALWAYS, &["u6_vault_substitution", "u6_withdraw_to_the_owner_only"]),
    ("withdraw_approval", ALWAYS, &["g1_nobody_but_a_member_decides", "g2_an_approval_counts_once"]),
];

fn idl() -> Value {
    serde_json::from_str(IDL).expect("the IDL is JSON")
}

/// Names of the IDL's instructions.
fn instructions() -> Vec<String> {
    let idl = idl();
    let all = idl["instructions"].as_array().expect("instructions");
    all.iter()
        .map(|one| one["name"].as_str().expect("a name").to_owned())
        .collect()
}

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
        instructions(),
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
    let idl = idl();
    // Programs that accounts may be fixed to; no key of anybody's.
    let programs = ["11111111111111111111111111111111"];
    let hooks = ["time", "test", "mock", "debug", "admin", "hook"];
    for instruction in idl["instructions"].as_array().unwrap() {
        let name = instruction["name"].as_str().unwrap();
        let parts: Vec<&str> = name.split('_').collect();
        assert!(parts.iter().all(|part| !hooks.contains(part)), "{name}");
        for account in instruction["accounts"].as_array().unwrap() {
            if let Some(address) = account["address"].as_str() {
                assert!(
                    programs.contains(&address),
                    "{}: {account}",
                    instruction["name"]
                );
            }
        }
    }
}

#[test]
fn o6_no_instruction_takes_a_clock() {
    for instruction in idl()["instructions"].as_array().unwrap() {
        for account in instruction["accounts"].as_array().unwrap() {
            let name = account["name"].as_str().unwrap();
            let sysvar = ["clock", "rent", "slot_hashes"].contains(&name);
            assert!(!sysvar, "{}: {account}", instruction["name"]);
        }
    }
}

/// One instruction to be sent, and who signs.
type Sent = (&'static str, Vec<Instruction>, Vec<Keypair>);

/// A live economy in which every instruction of the table has something to do.
struct Stage {
    world: World,
    sends: Vec<Sent>,
}

impl Stage {
    fn add(&mut self, name: &'static str, instruction: Instruction, signers: &[&Keypair]) {
        let signers = signers.iter().map(|key| key.insecure_clone()).collect();
        self.sends.push((name, vec![instruction], signers));
    }

    /// What a proposal needs to be decided upon.
    fn decide(
        &mut self,
        name: &'static str,
        act: fn(&EconomyAddresses, &Pubkey, u64) -> Instruction,
        signer: &Keypair,
        index: u64,
    ) {
        let act = act(&self.world.at, &signer.pubkey(), index);
        self.add(name, act, &[signer]);
    }
}

fn reporter() -> Keypair {
    Keypair::new_from_array([77; 32])
}

fn feed() -> FeedSettings {
    FeedSettings {
        label: *b"a price\0\0\0\0\0\0\0\0\0",
        reporters: vec![reporter().pubkey()],
        quorum: 1,
        max_spread_ppm: 50_000,
        max_age: 3_600,
    }
}

fn tune(field: Tunable, expected: f64, value: f64) -> Vec<Action> {
    vec![Action::Tune {
        parameter: Parameter::Emission,
        field,
        expected_q48: q48(expected),
        value_q48: q48(value),
        over_seconds: 0,
    }]
}

/// Anything that waits a while.
fn standard() -> Vec<Action> {
    tune(Tunable::Setpoint, 0.60, 0.90)
}

/// Builds the stage; `section` is paused at its end.
async fn stage(section: Section) -> Stage {
    let mut world = World::build(&WorldSpec {
        feeds: vec![Some(feed())],
        ..WorldSpec::default()
    })
    .await;
    let payer = world.bank.payer();
    let members: Vec<Keypair> = world
        .members
        .iter()
        .map(|key| key.insecure_clone())
        .collect();
    let guardian = world.guardian.insecure_clone();
    let (advisor, offered) = (world.bank.fresh_key(), world.bank.fresh_key());

    // People: two stakers, one of whom could veto alone and one who is leaving, and one
    // with an empty position.
    let staker = world.staker(4_000_000 * TOKEN).await;
    let leaver = world.staker(100 * TOKEN).await;
    let empty = world.wallet(0).await;
    world.open(&empty).await.unwrap();
    let rich = world.wallet(1_000 * TOKEN).await;
    let newcomer = world.wallet(0).await;
    world.open(&rich).await.unwrap();
    world.request_unstake(&leaver, 10 * TOKEN).await.unwrap();

    // What proposals allow and offer.
    let late = world.propose_as(&members[2], standard()).await.unwrap();
    let lp = world
        .bank
        .create_mint(&MintSpec::plain(TokenProgram::Legacy))
        .await;
    let amm = world.bank.fresh_key().pubkey();
    let mint = world.at.mint;
    let amm_vault = world.bank.create_tokens(&mint, &amm).await;
    let pool = StakeMint {
        mint: lp,
        token_program: TokenProgram::Legacy.id(),
        amm_vault: Some(amm_vault),
    };
    let none = AdviceRange {
        setpoint_q48: 0,
        bias_q48: 0,
    };
    world
        .enact(vec![
            Action::Advisor {
                expected: Pubkey::default(),
                seat: seat(&advisor),
            },
            Action::AdviceRange {
                parameter: Parameter::Emission,
                expected: none,
                value: AdviceRange {
                    setpoint_q48: q48(0.05),
                    ..none
                },
            },
            Action::AllowMeters { count: 1 },
            Action::AllowFeeds { count: 1 },
        ])
        .await
        .unwrap();
    let accept = governance::accept_role(&world.at, &advisor.pubkey(), RoleKind::Advisor);
    world.send_as(&advisor, accept).await.unwrap();
    let late_by = world.proposal(late).await.active_until + 1;
    world.bank.set_time(late_by).await;
    world
        .enact(vec![Action::AllowPool {
            stake_mint: lp,
            amm_vault,
            weight: 3,
        }])
        .await
        .unwrap();
    let member_seat = Action::AddMember {
        seat: seat(&offered),
    };
    world.enact(vec![member_seat]).await.unwrap();
    world.request_unstake(&leaver, 10 * TOKEN).await.unwrap();

    // Proposals in every stage.
    let due = world
        .queue(tune(Tunable::Setpoint, 0.60, 0.61))
        .await
        .unwrap();
    let eta = world.proposal(due).await.eta;
    world.bank.set_time(eta).await;
    let mut opened = Vec::new();
    for proposer in [0, 0, 1, 1, 2] {
        let proposer = members[proposer].insecure_clone();
        opened.push(world.propose_as(&proposer, standard()).await.unwrap());
    }
    let [own, theirs, voted, closed, vetoed] = opened[..] else {
        unreachable!("five were opened")
    };
    let ballot = governance::cast_ballot(&world.at, &leaver.pubkey(), &payer.pubkey(), closed);
    world.send_as(&leaver.key, ballot).await.unwrap();
    world.veto(closed).await.unwrap();
    let replace = Action::Guardian {
        expected: guardian.pubkey(),
        seat: seat(&world.bank.fresh_key()),
    };
    let lifted = world.propose_as(&members[0], vec![replace]).await.unwrap();
    world.veto(lifted).await.unwrap();

    // The pause begins now.
    let pause = |section, seconds| {
        governance::pause(
            &world.at,
            &guardian.pubkey(),
            section,
            seconds,
            PauseReason::Other,
        )
    };
    let (all, more) = (pause(section, PAUSE_BUDGET as u32), pause(section, 60));
    world.send_as(&guardian, all).await.unwrap();

    let at = world.at;
    let program = world.token_program;
    let economy = world.economy().await;
    let native = world.native_pool();
    let now = world.bank.now();
    let digest = world.proposal(theirs).await.digest;
    let next = world.next_proposal().await;
    let execute = world.execute_ix(due).await;
    let crank = world.crank_ix().await;
    let payment = Payment {
        payer: rich.pubkey(),
        from: rich.tokens,
        to: staker.tokens,
        shard: 0,
        amount: TOKEN,
        max_fee: TOKEN,
    };
    let report = Report {
        sequence: 1,
        value_q48: q48(1.0),
        observed_at: now,
    };
    let key = payer.pubkey();
    let mut stage = Stage {
        world,
        sends: Vec::new(),
    };
    // Users.
    let open = ix::open_position(&native, &newcomer.pubkey(), &key);
    stage.add("open_position", open, &[&newcomer.key]);
    let stake = stage.world.stake_ix(&rich, 10 * TOKEN);
    stage.add("stake", stake, &[&rich.key]);
    let (who, economy_key) = (leaver.pubkey(), at.economy);
    let unstake = ix::request_unstake(&economy_key, &native, &who, TOKEN);
    stage.add("request_unstake", unstake, &[&leaver.key]);
    let withdraw = ix::withdraw(&at, &stage.world.pools[0], &who, &leaver.tokens);
    stage.add("withdraw", withdraw, &[&leaver.key]);
    let ticket = ix::cancel_unstake(&economy_key, &native, &who, 1);
    stage.add("cancel_unstake", ticket, &[&leaver.key]);
    stage.add("top_up", stage.world.top_up_ix(), &[]);
    let claim = stage.world.claim_ix(&staker);
    stage.add("claim", claim, &[&staker.key]);
    let close = ix::close_position(&economy_key, &native, &empty.pubkey(), &key);
    stage.add("close_position", close, &[&empty.key]);
    stage.add("pay", ix::pay(&at, &program, &payment), &[&rich.key]);
    stage.add(
        "charge_fee",
        ix::charge_fee(&at, &program, &payment),
        &[&rich.key],
    );
    stage.add("collect", ix::collect(&at, &program, 0), &[]);
    // Keepers and reporters.
    let feed_key = at.feed(0);
    let report = ix::report_feed(&feed_key, &reporter().pubkey(), &report);
    stage.add("report_feed", report, &[&reporter()]);
    let preview = ix::preview(&at, &stage.world.pools, &economy, 0);
    stage.add("preview", preview, &[]);
    stage.add("crank", crank, &[]);
    stage.add("grow_log", ix::grow_log(&at, &key, 1), &[]);
    // Governance.
    stage.add("execute", execute, &[]);
    let propose = governance::propose(&at, &members[2].pubkey(), &key, next, standard_now());
    stage.add("propose", propose, &[&members[2]]);
    let approve = governance::approve(&at, &members[2].pubkey(), theirs, digest);
    stage.add("approve", approve, &[&members[2]]);
    let withdraw = governance::withdraw_approval;
    stage.decide("withdraw_approval", withdraw, &members[1], voted);
    stage.decide("cancel", governance::cancel, &members[0], own);
    stage.decide("veto", governance::veto, &guardian, vetoed);
    stage.decide(
        "override_veto",
        governance::override_veto,
        &members[1],
        lifted,
    );
    stage.decide("expire", governance::expire, &newcomer.key, late);
    let ballot = governance::cast_ballot(&at, &staker.pubkey(), &key, voted);
    stage.add("cast_ballot", ballot, &[&staker.key]);
    let close = governance::close_ballot(&at, &who, &key, closed);
    stage.add("close_ballot", close, &[]);
    let close = governance::close_proposal(&at, &key, closed);
    stage.add("close_proposal", close, &[]);
    let accept = governance::accept_role(&at, &offered.pubkey(), RoleKind::Member);
    stage.add("accept_role", accept, &[&offered]);
    let (parameter, field) = (Parameter::Emission, Tunable::Setpoint);
    let advise = governance::advise(&at, &advisor.pubkey(), parameter, field, q48(0.58), 0);
    stage.add("advise", advise, &[&advisor]);
    let veto = governance::veto_advice(&at, &guardian.pubkey());
    stage.add("veto_advice", veto, &[&guardian]);
    stage.add("pause", more, &[&guardian]);
    // What was allowed.
    let meter = ix::create_allowed_meter(&at, &key, &program, 1);
    stage.add("create_meter", meter, &[]);
    stage.add("create_feed", ix::create_allowed_feed(&at, &key, 1), &[]);
    let create = ix::create_allowed_pool(&at, &key, &pool, 3);
    stage.add("create_pool", create, &[]);
    stage.world.pools.push(pool);
    stage
}

/// The same after the routine change is executed.
fn standard_now() -> Vec<Action> {
    tune(Tunable::Bias, 60_000.0, 150_000.0)
}

/// The life of a Draft: nobody can pause it, and no pause of another economy concerns it.
async fn draft(stage: &mut Stage) {
    let payer = stage.world.bank.payer();
    let key = payer.pubkey();
    let mint_spec = MintSpec::plain(TokenProgram::Token2022);
    let mut sites = Vec::new();
    for _ in 0..2 {
        let mint = stage.world.bank.create_mint(&mint_spec).await;
        let tokens = stage.world.bank.create_tokens(&mint, &key).await;
        stage
            .world
            .bank
            .mint_to(&mint, &tokens, 1_000 * TOKEN)
            .await;
        sites.push((mint, tokens));
    }
    let program = TokenProgram::Token2022.id();
    let args = EconomyArgs {
        funding: Funding::Funded,
        period: 604_800,
        hard_cap: 2_000 * TOKEN,
    };
    let (mint, _) = sites[0];
    let at = EconomyAddresses::new(&mint, &key);
    let create = ix::create_economy(&mint, &program, &key, args);
    stage.add("create_economy", create, &[]);
    // The rest of what a Draft needs goes along.
    let native = StakeMint {
        mint,
        token_program: program,
        amm_vault: None,
    };
    let limits = LimitSettings {
        hard_cap: 2_000 * TOKEN,
        supply_floor: 0,
        turnover_ppm: 4_000_000,
        min_stake: 1,
        bounty: 0,
        period_emission_ppm: 1_000,
        treasury_ppm: 0,
        unbonding: 60,
        outflow_cap: 0,
        period_burn_ppm: 0,
    };
    let configure = ix::configure(&at.economy, &key, Setting::Limits(limits));
    stage.add("configure", configure, &[]);
    let council = CouncilArgs {
        members: vec![seat(&payer)],
        threshold: 1,
        guardian: seat(&stage.world.guardian),
        delays: None,
    };
    let council = governance::create_council(&at, &key, council);
    stage.add("create_council", council, &[]);
    let feed = [
        ix::create_feed(&at, &key, 0),
        ix::configure_feed(&at, &key, 0, feed()),
    ];
    stage
        .sends
        .push(("configure_feed", feed.to_vec(), Vec::new()));
    let live = [
        ix::create_pool(&at, &key, &native, 0),
        ix::go_live(&at, &key, &program, &[]),
    ];
    stage.sends.push(("go_live", live.to_vec(), Vec::new()));

    let (mint, tokens) = sites[1];
    let at = EconomyAddresses::new(&mint, &key);
    let create = ix::create_economy(&mint, &program, &key, args);
    stage.world.run(&[create]).await.unwrap();
    let close = ix::close(&at, &key, &tokens, &program, &Parts::default());
    stage.add("close", close, &[]);
}

/// Sends one instruction and asserts what the table says of it.
async fn send(world: &mut World, section: Section, sent: &Sent) {
    let (name, instructions, signers) = sent;
    let (_, behaviour, _) = TABLE
        .iter()
        .find(|(row, ..)| row == name)
        .unwrap_or_else(|| panic!("{name} has no row"));
    let signers: Vec<&Keypair> = signers.iter().collect();
    let what = format!("{name} while {section:?} is paused");
    match behaviour[section as usize] {
        Works => {
            if let Err(failure) = world.bank.send(instructions, &signers).await {
                panic!("{what}: {failure}");
            }
        }
        Refused => {
            let error = HomeostatError::Paused;
            attack(world, &what, instructions, &signers, error).await;
        }
    }
}

/// Sends every instruction while a section is paused.
async fn everything(section: Section) {
    let mut stage = stage(section).await;
    draft(&mut stage).await;
    let mut sent = BTreeSet::new();
    for one in core::mem::take(&mut stage.sends) {
        send(&mut stage.world, section, &one).await;
        sent.insert(one.0);
    }
    // The breaker comes last: a vault loses a token first.
    let vault = stage.world.at.reward_vault;
    let held = stage.world.bank.balance(&vault).await;
    stage.world.bank.set_balance(&vault, held - 1).await;
    let economy = stage.world.economy().await;
    let (at, pools) = (stage.world.at, stage.world.pools.clone());
    let trip = ix::trip_breaker(&at, &pools, &economy, Vault::Rewards).unwrap();
    let trip = ("trip_breaker", vec![trip], Vec::new());
    send(&mut stage.world, section, &trip).await;
    sent.insert(trip.0);

    // Funded rewards come from outside.
    let mut funded = World::build(&WorldSpec {
        funding: Funding::Funded,
        ..WorldSpec::default()
    })
    .await;
    let patron = funded.wallet(10 * TOKEN).await;
    let guardian = funded.guardian.insecure_clone();
    let pause = governance::pause(
        &funded.at,
        &guardian.pubkey(),
        section,
        60,
        PauseReason::Other,
    );
    funded.send_as(&guardian, pause).await.unwrap();
    let (at, program) = (funded.at, funded.token_program);
    let fund = ix::fund_rewards(&at, &patron.pubkey(), &patron.tokens, &program, TOKEN);
    let one = ("fund_rewards", vec![fund], vec![patron.key]);
    send(&mut funded, section, &one).await;
    sent.insert(one.0);

    // And an older layout from before.
    let world = &mut stage.world;
    let payer = world.bank.payer().pubkey();
    let older = world.bank.fresh_key().pubkey();
    let (_, account) = fixture::read(ECONOMY_0).swap_remove(0);
    fixture::load(&mut world.bank, &[(older, account)]);
    let one = ("migrate", vec![ix::migrate(&older, &payer)], Vec::new());
    send(world, section, &one).await;
    sent.insert(one.0);

    // Nothing was left out.
    for name in instructions() {
        assert!(sent.contains(name.as_str()), "{name} was not sent");
    }
}

/// Tries an instruction with each of the program's accounts in another layout version.
async fn with_other_versions(
    world: &mut World,
    name: &str,
    instruction: &Instruction,
    signers: &[&Keypair],
) {
    let keys: BTreeSet<Pubkey> = instruction.accounts.iter().map(|it| it.pubkey).collect();
    for key in keys {
        let Some(account) = world.bank.account(&key).await else {
            continue;
        };
        let layout = LAYOUTS
            .iter()
            .find(|known| account.data().starts_with(known.mark));
        let Some(layout) = layout.filter(|_| *account.owner() == PROGRAM_ID) else {
            continue;
        };
        for version in [layout.version - 1, layout.version + 1] {
            let mut other = account.clone();
            other.data_as_mut_slice()[VERSION_AT] = version;
            world.bank.set_account(&key, &other);
            let what = format!("{name} with {:?} of version {version}", layout.kind);
            let error = HomeostatError::WrongVersion;
            attack(
                world,
                &what,
                core::slice::from_ref(instruction),
                signers,
                error,
            )
            .await;
        }
        world.bank.set_account(&key, &account);
    }
}

#[tokio::test]
async fn m3_every_instruction_refuses_every_account_of_another_version() {
    // given an economy in which every instruction has something to do
    let mut stage = stage(Section::Emission).await;
    draft(&mut stage).await;
    // when accounts of each have another version, then it is refused
    for (name, instructions, signers) in core::mem::take(&mut stage.sends) {
        let signers: Vec<&Keypair> = signers.iter().collect();
        for instruction in instructions {
            with_other_versions(&mut stage.world, name, &instruction, &signers).await;
            let sent = stage.world.bank.send(&[instruction], &signers).await;
            if let Err(failure) = sent {
                panic!("{name}: {failure}");
            }
        }
    }

    let at = stage.world.at;
    let (pools, economy) = (stage.world.pools.clone(), stage.world.economy().await);
    // A breaker writes only when it trips.
    let vaults = [
        at.reward_vault,
        address::principal_vault(&stage.world.native_pool()),
        address::fee_vault(&at.meter(0)),
    ];
    for vault in vaults {
        stage.world.bank.set_balance(&vault, 0).await;
    }
    let owe = |meter: &mut Meter| meter.pending_treasury += 1;
    stage.world.bank.edit(&at.meter(0), owe).await;
    let trips = [Vault::Rewards, Vault::Principal(0), Vault::Fees(0)]
        .map(|vault| ix::trip_breaker(&at, &pools, &economy, vault).unwrap());
    for trip in trips {
        with_other_versions(&mut stage.world, "trip_breaker", &trip, &[]).await;
    }

    let mut funded = World::build(&WorldSpec {
        funding: Funding::Funded,
        ..WorldSpec::default()
    })
    .await;
    let patron = funded.wallet(10 * TOKEN).await;
    let (at, program) = (funded.at, funded.token_program);
    let fund = ix::fund_rewards(&at, &patron.pubkey(), &patron.tokens, &program, TOKEN);
    with_other_versions(&mut funded, "fund_rewards", &fund, &[&patron.key]).await;
}

#[tokio::test]
async fn p3_every_instruction_while_staking_is_paused() {
    everything(SECTIONS[0]).await;
}

#[tokio::test]
async fn p3_every_instruction_while_payments_are_paused() {
    everything(SECTIONS[1]).await;
}

#[tokio::test]
async fn p3_every_instruction_while_the_crank_is_paused() {
    everything(SECTIONS[2]).await;
}

#[tokio::test]
async fn p3_every_instruction_while_the_emission_is_paused() {
    everything(SECTIONS[3]).await;
}
