//! What each exchange ends with.
//!
//! The default follows from the kind of the exchange, from what the IDL says of the account
//! and from what lies in its place. Where another check comes first, or where the
//! instruction takes any account in a role, a row of [`EXCEPTIONS`] says so and why.

use anchor_lang::error::ERROR_CODE_OFFSET;
use homeostat_tests::{anchor, error_name, system, token, HomeostatError as E};
use solana_instruction::error::InstructionError;

use super::{
    slot::{Kind, Slot},
    Exchange::{self, *},
};

/// What an exchange must end with.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// Refused with this code.
    Code(u32),
    /// Refused with one of these codes, whichever check comes first.
    OneOf(&'static [u32]),
    /// Refused by the runtime, or by a library that has no codes.
    Runtime(InstructionError),
    /// It goes through; the sentence says why that harms nobody.
    Harmless(&'static str),
    /// Nothing is known by default: a row has to say it.
    Unknown,
}

impl Outcome {
    /// Whether an instruction that ended with `error`, or went through, ended like this.
    pub(super) fn is(&self, error: Option<&InstructionError>) -> bool {
        let code = match error {
            Some(InstructionError::Custom(code)) => Some(*code),
            _ => None,
        };
        match self {
            Self::Code(expected) => code == Some(*expected),
            Self::OneOf(expected) => code.is_some_and(|code| expected.contains(&code)),
            Self::Runtime(expected) => error == Some(expected),
            Self::Harmless(_) => error.is_none(),
            Self::Unknown => false,
        }
    }

    /// Whether it goes through.
    pub(super) const fn passes(&self) -> bool {
        matches!(self, Self::Harmless(_))
    }
}

impl core::fmt::Display for Outcome {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Code(code) => f.write_str(&error_name(*code)),
            Self::OneOf(codes) => {
                let names: Vec<String> = codes.iter().copied().map(error_name).collect();
                f.write_str(&names.join(" or "))
            }
            Self::Runtime(error) => write!(f, "{error:?}"),
            Self::Harmless(why) => f.write_str(why),
            Self::Unknown => f.write_str("a row of the exceptions"),
        }
    }
}

/// What is in an account's place.
pub(super) struct Given {
    pub(super) kind: Kind,
    /// The instruction writes it in this place and in another one.
    pub(super) both_written: bool,
    /// The program is still among the accounts, so that it can call itself.
    pub(super) still_called: bool,
}

/// An instruction, an account of it, how it is exchanged, and what follows. `*` is any.
pub(super) type Row = (&'static str, &'static str, &'static [Exchange], Outcome);

const fn refused(error: E) -> Outcome {
    Outcome::Code(error as u32 + ERROR_CODE_OFFSET)
}

const NOT_A_MEMBER: Outcome = refused(E::NotAMember);
const NOT_PERMITTED: Outcome = refused(E::NotPermitted);
const UNAUTHORIZED: Outcome = refused(E::Unauthorized);
/// By the token program, which moves tokens for their owner or delegate only.
const NOT_THE_OWNER: Outcome = Outcome::Code(token::OWNER_MISMATCH);
const OTHER_MINT: Outcome = Outcome::Code(anchor::CONSTRAINT_TOKEN_MINT);
const OTHER_OWNER: Outcome = Outcome::Code(anchor::CONSTRAINT_TOKEN_OWNER);
const HAS_ONE: Outcome = Outcome::Code(anchor::CONSTRAINT_HAS_ONE);
const ANY_PAYER: Outcome =
    Outcome::Harmless("Anybody may pay the rent: it comes back to who paid it.");
const PENNILESS: Outcome = Outcome::Code(system::INSUFFICIENT_LAMPORTS);
const ANYBODY: Outcome =
    Outcome::Harmless("Anybody may do it once its time has come, and gains nothing by it.");
const BOTH_ITS_CREATOR: Outcome = Outcome::Harmless(
    "The economy is what the instruction acts on, and who signed created both of them.",
);
const WAS_ALLOWED: Outcome = Outcome::Harmless("Anybody may build what a proposal has allowed.");
/// By the token program: the vault is created before the mint's program is compared.
const OTHER_TOKEN_PROGRAM: Outcome = Outcome::Runtime(InstructionError::IncorrectProgramId);
/// An account of any type may get the rent. One that is a program is never writable.
const RENT_TO_ITS_PAYER: Outcome =
    Outcome::OneOf(&[anchor::CONSTRAINT_HAS_ONE, anchor::CONSTRAINT_MUT]);
/// The log's length decides how far it grows, so it is read before the log's type. A
/// program is never writable.
const NO_LOG: Outcome = Outcome::OneOf(&[
    anchor::ACCOUNT_DID_NOT_DESERIALIZE,
    anchor::CONSTRAINT_HAS_ONE,
    anchor::CONSTRAINT_MUT,
]);
/// An account of any type may be migrated. One that is a program is never writable.
const NO_STATE: Outcome = Outcome::OneOf(&[
    anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM,
    anchor::CONSTRAINT_MUT,
]);

/// Exchanges that end otherwise in a Draft than in the rest of an economy's life.
#[rustfmt::skip]
const IN_DRAFT: &[Row] = &[
    ("create_feed", "creator", &[OtherSigner], UNAUTHORIZED),
    ("create_pool", "creator", &[OtherSigner], UNAUTHORIZED),
];

/// Exchanges that end otherwise than their kind does.
#[rustfmt::skip]
const EXCEPTIONS: &[Row] = &[
    // Who acts: not an account of another role but a key without the right.
    ("accept_role", "signer", &[OtherSigner], refused(E::NotPendingAuthority)),
    ("advise", "signer", &[OtherSigner], UNAUTHORIZED),
    ("announce_recall", "economy", &[OtherEconomy], UNAUTHORIZED),
    ("announce_recall", "sponsor", &[OtherSigner], UNAUTHORIZED),
    ("approve", "signer", &[OtherSigner], NOT_A_MEMBER),
    ("cancel", "signer", &[OtherSigner], NOT_A_MEMBER),
    ("charge_fee", "payer", &[OtherSigner], NOT_THE_OWNER),
    ("close", "creator", &[OtherSigner], UNAUTHORIZED),
    ("configure", "creator", &[OtherSigner], UNAUTHORIZED),
    ("configure_feed", "creator", &[OtherSigner], UNAUTHORIZED),
    ("crank", "remaining", &[ReadOnly], Outcome::Code(anchor::ACCOUNT_NOT_MUTABLE)),
    ("create_council", "creator", &[OtherSigner], UNAUTHORIZED),
    ("fund_rewards", "funder", &[OtherSigner], NOT_THE_OWNER),
    ("go_live", "creator", &[OtherSigner], UNAUTHORIZED),
    ("hand_over_mint", "signer", &[OtherSigner], refused(E::NotPendingAuthority)),
    ("override_veto", "signer", &[OtherSigner], NOT_A_MEMBER),
    ("pause", "signer", &[OtherSigner], UNAUTHORIZED),
    ("pay", "payer", &[OtherSigner], NOT_THE_OWNER),
    ("propose", "proposer", &[OtherSigner, Doubled], NOT_A_MEMBER),
    ("recall", "economy", &[OtherEconomy], UNAUTHORIZED),
    ("recall", "sponsor", &[OtherSigner], UNAUTHORIZED),
    ("recall", "sponsor_tokens", &[Doubled, OtherEconomy], OTHER_OWNER),
    ("report_feed", "reporter", &[OtherSigner], refused(E::NotAReporter)),
    ("veto", "signer", &[OtherSigner], refused(E::MissingPermission)),
    ("veto_advice", "signer", &[OtherSigner], UNAUTHORIZED),
    ("wind_up", "remaining", &[ReadOnly], Outcome::Code(anchor::ACCOUNT_NOT_MUTABLE)),
    ("wind_up", "to", &[Doubled, OtherEconomy], refused(E::WrongVault)),
    ("withdraw_approval", "signer", &[OtherSigner], NOT_A_MEMBER),
    // Where anybody may act or pay who has the lamports for it.
    ("cast_ballot", "payer", &[OtherSigner], ANY_PAYER),
    ("cast_ballot", "payer", &[Doubled], PENNILESS),
    // The pool's economy is compared with the proposal's.
    ("cast_ballot", "pool", &[OtherEconomy], HAS_ONE),
    ("crank", "keeper", &[OtherSigner], ANYBODY),
    ("create_feed", "creator", &[OtherSigner], WAS_ALLOWED),
    ("create_meter", "creator", &[OtherSigner], WAS_ALLOWED),
    ("create_pool", "creator", &[OtherSigner], WAS_ALLOWED),
    ("execute", "executor", &[OtherSigner], ANYBODY),
    ("expire", "signer", &[OtherSigner], ANYBODY),
    ("grow_log", "payer", &[OtherSigner], Outcome::Harmless("Anybody may pay for a longer log: it is the economy's from then on.")),
    ("migrate", "payer", &[OtherSigner], Outcome::Harmless("Anybody may pay for a migration, which changes no balance.")),
    ("open_position", "payer", &[OtherSigner], ANY_PAYER),
    ("open_position", "payer", &[Doubled], PENNILESS),
    ("propose", "payer", &[OtherSigner], ANY_PAYER),
    ("propose", "payer", &[Doubled], PENNILESS),
    // What an instruction acts on, chosen by who sends it.
    ("close_proposal", "proposal", &[OtherEconomy], Outcome::Harmless("Anybody closes any final proposal: its rent goes to the payer that it names.")),
    ("configure", "economy", &[OtherEconomy], BOTH_ITS_CREATOR),
    ("propose", "native_pool", &[OtherEconomy], Outcome::Code(anchor::CONSTRAINT_ADDRESS)),
    ("report_feed", "feed", &[OtherEconomy], refused(E::NotAReporter)),
    ("trip_breaker", "vault", &[OtherEconomy], refused(E::WrongVault)),
    // Token accounts of people, which nothing of the economy names.
    ("charge_fee", "payer_tokens", &[OtherEconomy], OTHER_MINT),
    ("claim", "owner_tokens", &[Doubled, OtherEconomy], OTHER_OWNER),
    ("close", "creator_tokens", &[Doubled], OTHER_OWNER),
    ("close", "creator_tokens", &[OtherEconomy], OTHER_MINT),
    ("fund_rewards", "funder_tokens", &[OtherEconomy], OTHER_MINT),
    ("pay", "payer_tokens", &[OtherEconomy], OTHER_MINT),
    ("pay", "recipient_tokens", &[OtherEconomy], OTHER_MINT),
    ("stake", "owner_tokens", &[Doubled, OtherEconomy], OTHER_OWNER),
    ("withdraw", "owner_tokens", &[Doubled, OtherEconomy], OTHER_OWNER),
    // The log may be of any length, so its type is read by hand and the IDL has no relation.
    ("grow_log", "economy", &[OtherEconomy], HAS_ONE),
    ("grow_log", "log", &[OtherEconomy], HAS_ONE),
    // Accounts of any type, bound by what another account stores.
    ("close_ballot", "payer", &[OtherSlot], RENT_TO_ITS_PAYER),
    ("close_ballot", "proposal", &[Emptied, LookAlike, OtherSlot, OtherType], HAS_ONE),
    ("close_pool", "payer", &[OtherSlot], RENT_TO_ITS_PAYER),
    ("close_position", "payer", &[OtherSlot], RENT_TO_ITS_PAYER),
    ("close_proposal", "payer", &[OtherSlot], RENT_TO_ITS_PAYER),
    ("dissolve", "creator", &[OtherSlot], RENT_TO_ITS_PAYER),
    ("grow_log", "log", &[Emptied, OtherSlot], NO_LOG),
    ("migrate", "account", &[OtherSlot], NO_STATE),
    ("migrate", "account", &[OtherType], refused(E::AlreadyCurrent)),
    // What a proposal allowed.
    ("create_feed", "council", &[LeftOut], NOT_PERMITTED),
    ("create_meter", "council", &[LeftOut], NOT_PERMITTED),
    ("create_pool", "amm_vault", &[LeftOut], NOT_PERMITTED),
    ("create_pool", "amm_vault", &[OtherEconomy], refused(E::WrongAmmVault)),
    ("create_pool", "council", &[LeftOut], NOT_PERMITTED),
    ("touch_pool", "amm_vault", &[Emptied, LookAlike, OtherEconomy, OtherSlot], refused(E::WrongAmmVault)),
    // The other economy's liquidity pool is allowed and not yet created.
    ("touch_pool", "pool", &[OtherEconomy], Outcome::Code(anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM)),
    ("touch_pool", "stake_mint", &[Emptied, LookAlike, OtherEconomy, OtherSlot], HAS_ONE),
    ("stake", "amm_vault", &[Doubled, OtherSlot], Outcome::Harmless("The native pool has no AMM vault, and none is read.")),
    // A vault's token program.
    ("create_economy", "token_program", &[LookAlike], OTHER_TOKEN_PROGRAM),
    ("create_meter", "token_program", &[LookAlike], OTHER_TOKEN_PROGRAM),
    ("create_pool", "token_program", &[LookAlike], OTHER_TOKEN_PROGRAM),
];

/// The code of the constraint that binds an account's address.
const fn binding(slot: &Slot) -> Outcome {
    // What is created is derived before any constraint is looked at.
    if slot.remaining {
        refused(E::WrongRemainingAccounts)
    } else if slot.derived || slot.seed_of_created {
        Outcome::Code(anchor::CONSTRAINT_SEEDS)
    } else if slot.fixed {
        Outcome::Code(anchor::CONSTRAINT_ADDRESS)
    } else if slot.related {
        HAS_ONE
    } else {
        Outcome::Unknown
    }
}

/// The code of the account's type, for an account of another one.
const fn loading(slot: &Slot, given: Kind) -> Outcome {
    if slot.remaining || slot.created {
        return binding(slot);
    }
    match (slot.kind, given) {
        (Kind::Program, _) => Outcome::Code(anchor::INVALID_PROGRAM_ID),
        _ if slot.fixed => binding(slot),
        (Kind::State(_), Kind::State(_)) => Outcome::Code(anchor::ACCOUNT_DISCRIMINATOR_MISMATCH),
        (Kind::Mint | Kind::Tokens, Kind::Mint | Kind::Tokens) => {
            Outcome::Runtime(InstructionError::InvalidAccountData)
        }
        (Kind::Mint | Kind::Tokens, Kind::Absent) => Outcome::Code(anchor::ACCOUNT_NOT_INITIALIZED),
        (Kind::State(_) | Kind::Mint | Kind::Tokens, _) => {
            Outcome::Code(anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM)
        }
        (Kind::Absent | Kind::System, _) => Outcome::Code(anchor::ACCOUNT_NOT_SYSTEM_OWNED),
        (Kind::Other, _) => Outcome::Unknown,
    }
}

/// What follows from the kind of the exchange.
fn default(exchange: Exchange, slot: &Slot, given: &Given) -> Outcome {
    if slot.is_callee() {
        // The event's call is made to the program's own address, whatever is in its place.
        return if given.still_called {
            Outcome::Harmless("An optional account that is left out names the program too.")
        } else {
            Outcome::Runtime(InstructionError::MissingAccount)
        };
    }
    match exchange {
        Unsigned => Outcome::Code(anchor::ACCOUNT_NOT_SIGNER),
        OtherSigner if slot.seed => Outcome::Code(anchor::CONSTRAINT_SEEDS),
        OtherSigner | LeftOut => Outcome::Unknown,
        // By the runtime: the call that creates an account cannot write it.
        ReadOnly if slot.created => Outcome::Runtime(InstructionError::PrivilegeEscalation),
        ReadOnly => Outcome::Code(anchor::CONSTRAINT_MUT),
        OtherEconomy => binding(slot),
        LookAlike if slot.kind == Kind::Program && !slot.fixed => {
            Outcome::Code(anchor::CONSTRAINT_MINT_TOKEN_PROGRAM)
        }
        // What another account stores is bound by that; what none does is compared.
        Doubled if slot.kind == Kind::Tokens && given.both_written && !slot.related => {
            Outcome::Code(anchor::CONSTRAINT_DUPLICATE_MUTABLE_ACCOUNT)
        }
        Doubled if slot.meta.is_signer && slot.seed => Outcome::Code(anchor::CONSTRAINT_SEEDS),
        Doubled => binding(slot),
        OtherType | LookAlike | Emptied | OtherSlot => loading(slot, given.kind),
    }
}

/// Every exception, in the order in which they are looked for.
pub(super) fn exceptions() -> impl Iterator<Item = (usize, &'static Row)> {
    IN_DRAFT.iter().chain(EXCEPTIONS).enumerate()
}

/// What is expected of an exchange, and the exception that says so.
pub(super) fn expected(exchange: Exchange, slot: &Slot, given: &Given) -> (Outcome, Option<usize>) {
    let first = if slot.in_draft { 0 } else { IN_DRAFT.len() };
    let exception = exceptions()
        .skip(first)
        .find(|(_, (instruction, account, kinds, _))| {
            *instruction == slot.instruction && *account == slot.name && kinds.contains(&exchange)
        });
    match exception {
        Some((row, (.., outcome))) => (outcome.clone(), Some(row)),
        None => (default(exchange, slot, given), None),
    }
}
