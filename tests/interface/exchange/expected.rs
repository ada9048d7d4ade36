//! What each exchange ends with.
//!
//! The default follows from the kind of the exchange. Where an instruction takes any account
//! in a role, or another check comes first, a row of [`EXCEPTIONS`] says so and why.

use anchor_lang::error::ERROR_CODE_OFFSET;
use homeostat_sandbox::Failure;
use homeostat_tests::{anchor, token, HomeostatError as E};

use super::Exchange::{self, *};

/// What an exchange must end with.
#[derive(Clone, Copy)]
pub(super) enum Expected {
    /// Refused with one of these codes.
    Refused(&'static [u32]),
    /// Refused in a way that the function recognises.
    Checked(fn(&Failure) -> bool),
    /// It may go through; the sentence says why that harms nobody.
    Harmless(&'static str),
}

impl core::fmt::Debug for Expected {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Refused(codes) => {
                let names: Vec<String> = codes
                    .iter()
                    .map(|code| homeostat_tests::error_name(*code))
                    .collect();
                write!(f, "{}", names.join(" or "))
            }
            Self::Checked(_) => f.write_str("a check of the account"),
            Self::Harmless(why) => f.write_str(why),
        }
    }
}

/// An instruction, an account of it, how it is exchanged, and what follows. `*` is any.
pub(super) type Row = (&'static str, &'static str, &'static [Exchange], Expected);

const fn code(error: E) -> u32 {
    error as u32 + ERROR_CODE_OFFSET
}

const NOT_A_MEMBER: Expected = Expected::Refused(&[code(E::NotAMember)]);
const UNAUTHORIZED: Expected = Expected::Refused(&[code(E::Unauthorized)]);
const REMAINING: Expected = Expected::Refused(&[code(E::WrongRemainingAccounts)]);
/// By the token program, which moves tokens for their owner or delegate only.
const NOT_THE_OWNER: Expected = Expected::Refused(&[token::OWNER_MISMATCH]);
const ANY_PAYER: Expected =
    Expected::Harmless("Anybody may pay the rent: it comes back to who paid it.");
const ANYBODY: Expected =
    Expected::Harmless("Anybody may do it once its time has come, and gains nothing by it.");
const NO_AMM_VAULT: Expected =
    Expected::Harmless("The native pool has no AMM vault, and none is read.");
const BOTH_ITS_CREATOR: Expected = Expected::Harmless(
    "The economy is what the instruction acts on, and who signed created both of them.",
);

/// Exchanges that end otherwise than their kind does.
pub(super) const EXCEPTIONS: &[Row] = &[
    // Who acts: not an account of another role but a key without the right.
    ("accept_role", "signer", &[OtherSigner], Expected::Refused(&[code(E::NotPendingAuthority)])),
    ("advise", "signer", &[OtherSigner], UNAUTHORIZED),
    ("approve", "signer", &[OtherSigner], NOT_A_MEMBER),
    ("cancel", "signer", &[OtherSigner], NOT_A_MEMBER),
    ("charge_fee", "payer", &[OtherSigner], NOT_THE_OWNER),
    ("close", "creator", &[OtherSigner], UNAUTHORIZED),
    ("configure", "creator", &[OtherSigner], UNAUTHORIZED),
    ("configure_feed", "creator", &[OtherSigner], UNAUTHORIZED),
    ("create_council", "creator", &[OtherSigner], UNAUTHORIZED),
    ("fund_rewards", "funder", &[OtherSigner], NOT_THE_OWNER),
    ("go_live", "creator", &[OtherSigner], UNAUTHORIZED),
    ("override_veto", "signer", &[OtherSigner], NOT_A_MEMBER),
    ("pause", "signer", &[OtherSigner], UNAUTHORIZED),
    ("pay", "payer", &[OtherSigner], NOT_THE_OWNER),
    ("propose", "proposer", &[OtherSigner, OtherSlot], NOT_A_MEMBER),
    ("report_feed", "reporter", &[OtherSigner], Expected::Refused(&[code(E::NotAReporter)])),
    ("veto", "signer", &[OtherSigner], Expected::Refused(&[code(E::MissingPermission)])),
    ("veto_advice", "signer", &[OtherSigner], UNAUTHORIZED),
    ("withdraw_approval", "signer", &[OtherSigner], NOT_A_MEMBER),
    // Where anybody may act or pay.
    ("cast_ballot", "payer", &[OtherSigner, OtherSlot], ANY_PAYER),
    ("crank", "keeper", &[OtherSigner], ANYBODY),
    ("create_feed", "creator", &[OtherSigner], Expected::Harmless("Anybody may build a feed that a proposal has allowed; in a Draft its creator alone.")),
    ("create_meter", "creator", &[OtherSigner], Expected::Harmless("Anybody may build a meter that a proposal has allowed.")),
    ("create_pool", "creator", &[OtherSigner], Expected::Harmless("Anybody may build the pool that a proposal has allowed; in a Draft its creator alone.")),
    ("execute", "executor", &[OtherSigner], ANYBODY),
    ("expire", "signer", &[OtherSigner], ANYBODY),
    ("expire", "instructions", &[OtherSlot], Expected::Harmless("Anybody may call it through any program, so the caller is not looked at.")),
    ("grow_log", "payer", &[OtherSigner], Expected::Harmless("Anybody may pay for a longer log: it is the economy's from then on.")),
    ("migrate", "payer", &[OtherSigner], Expected::Harmless("Anybody may pay for a migration, which changes no balance.")),
    ("open_position", "payer", &[OtherSigner, OtherSlot], ANY_PAYER),
    ("propose", "payer", &[OtherSigner, OtherSlot], ANY_PAYER),
    // What an instruction acts on, chosen by who sends it.
    ("close_proposal", "proposal", &[OtherEconomy], Expected::Harmless("Anybody closes any final proposal: its rent goes to the payer that it names.")),
    ("configure", "economy", &[OtherEconomy], BOTH_ITS_CREATOR),
    ("create_feed", "economy", &[OtherEconomy], BOTH_ITS_CREATOR),
    ("migrate", "account", &[OtherType], Expected::Refused(&[code(E::AlreadyCurrent)])),
    ("report_feed", "feed", &[OtherEconomy], Expected::Refused(&[code(E::NotAReporter)])),
    ("trip_breaker", "vault", &[LookAlike, OtherEconomy, OtherSlot], Expected::Refused(&[code(E::WrongVault)])),
    // What a proposal allowed, or the first pool of a Draft has to be.
    ("create_feed", "council", &[OtherSlot], Expected::Checked(of_an_account_check_or_permit)),
    ("create_meter", "council", &[OtherSlot], Expected::Checked(of_an_account_check_or_permit)),
    ("create_pool", "amm_vault", &[LookAlike, OtherEconomy], Expected::Refused(&[code(E::NotPermitted)])),
    ("create_pool", "amm_vault", &[OtherSlot], NO_AMM_VAULT),
    ("create_pool", "council", &[OtherSlot], Expected::Checked(of_an_account_check_or_permit)),
    ("create_pool", "stake_mint", &[LookAlike, OtherEconomy, OtherSlot], Expected::Refused(&[code(E::NotPermitted), code(E::NativePoolMissing), code(E::UnsupportedMintExtension)])),
    ("stake", "amm_vault", &[OtherSlot], NO_AMM_VAULT),
    // Behind the named accounts: every pool, meter and exclusion in order.
    ("crank", "remaining", &[LookAlike, OtherEconomy, OtherType], REMAINING),
    ("preview", "remaining", &[LookAlike, OtherEconomy, OtherType], REMAINING),
    ("trip_breaker", "remaining", &[LookAlike, OtherEconomy, OtherType], REMAINING),
    // The callee of the event's call, which is made to the program's own address.
    ("*", "program", &[LookAlike, OtherSlot], Expected::Harmless("Without the program among the accounts its call to itself fails; with it, only that is called.")),
];

/// By a constraint, by the account's type, or because its bytes are no mint and no token
/// account: before the instruction did anything.
fn of_an_account_check(failure: &Failure) -> bool {
    match failure.code() {
        Some(code) => {
            (anchor::CONSTRAINT_MUT..4_000).contains(&code)
                || code == u32::from(E::DuplicateAccount)
                || code == u32::from(E::WrongRemainingAccounts)
        }
        None => failure
            .error
            .as_ref()
            .is_some_and(|error| format!("{error:?}").contains("InvalidAccountData")),
    }
}

/// The same, or because without a council nothing is permitted to a live economy: the
/// program in an optional account's place means none.
fn of_an_account_check_or_permit(failure: &Failure) -> bool {
    of_an_account_check(failure) || failure.code() == Some(code(E::NotPermitted))
}

/// What is expected of an exchange, and the exception that says so.
pub(super) fn expected(
    instruction: &str,
    account: &str,
    exchange: Exchange,
) -> (Expected, Option<usize>) {
    let matches = |pattern: &str, name: &str| pattern == "*" || pattern == name;
    let row = EXCEPTIONS.iter().position(|(on, of, kinds, _)| {
        matches(on, instruction) && matches(of, account) && kinds.contains(&exchange)
    });
    if let Some(row) = row {
        return (EXCEPTIONS[row].3, Some(row));
    }
    let expected = match exchange {
        OtherEconomy => Expected::Refused(&[
            anchor::CONSTRAINT_HAS_ONE,
            anchor::CONSTRAINT_SEEDS,
            anchor::CONSTRAINT_ADDRESS,
            anchor::CONSTRAINT_TOKEN_MINT,
            anchor::CONSTRAINT_TOKEN_OWNER,
        ]),
        // Bound by another account before it is read itself, or by its own type.
        OtherType => Expected::Refused(&[
            anchor::ACCOUNT_DISCRIMINATOR_MISMATCH,
            anchor::CONSTRAINT_HAS_ONE,
        ]),
        LookAlike => Expected::Refused(&[
            anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM,
            anchor::INVALID_PROGRAM_ID,
            anchor::CONSTRAINT_ADDRESS,
            anchor::CONSTRAINT_HAS_ONE,
            anchor::CONSTRAINT_MINT_TOKEN_PROGRAM,
        ]),
        OtherSlot => Expected::Checked(of_an_account_check),
        OtherSigner => Expected::Refused(&[
            anchor::CONSTRAINT_HAS_ONE,
            anchor::CONSTRAINT_SEEDS,
            anchor::CONSTRAINT_TOKEN_OWNER,
        ]),
        Unsigned => Expected::Refused(&[anchor::ACCOUNT_NOT_SIGNER]),
        ReadOnly => Expected::Refused(&[anchor::CONSTRAINT_MUT, anchor::ACCOUNT_NOT_MUTABLE]),
    };
    (expected, None)
}
