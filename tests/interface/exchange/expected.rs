//! What each exchange ends with.
//!
//! The default follows from the kind of the exchange. Where an instruction takes any account
//! in a role, or another check comes first, a row of [`EXCEPTIONS`] says so and why.

use homeostat_sandbox::Failure;
use homeostat_tests::{anchor, HomeostatError as E};

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
type Row = (&'static str, &'static str, Exchange, Expected);

const EXCEPTIONS: &[Row] = &[];

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

/// What is expected of an exchange.
pub(super) fn expected(instruction: &str, account: &str, exchange: Exchange) -> Expected {
    let matches = |pattern: &str, name: &str| pattern == "*" || pattern == name;
    let row = EXCEPTIONS.iter().find(|(on, of, kind, _)| {
        matches(on, instruction) && matches(of, account) && *kind == exchange
    });
    if let Some((.., expected)) = row {
        return *expected;
    }
    match exchange {
        OtherEconomy => Expected::Refused(&[
            anchor::CONSTRAINT_HAS_ONE,
            anchor::CONSTRAINT_SEEDS,
            anchor::CONSTRAINT_ADDRESS,
            anchor::CONSTRAINT_TOKEN_MINT,
            anchor::CONSTRAINT_TOKEN_OWNER,
        ]),
        OtherType => Expected::Refused(&[anchor::ACCOUNT_DISCRIMINATOR_MISMATCH]),
        LookAlike => Expected::Refused(&[
            anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM,
            anchor::INVALID_PROGRAM_ID,
            anchor::CONSTRAINT_ADDRESS,
        ]),
        OtherSlot => Expected::Checked(of_an_account_check),
        OtherSigner => Expected::Refused(&[
            anchor::CONSTRAINT_HAS_ONE,
            anchor::CONSTRAINT_SEEDS,
            anchor::CONSTRAINT_TOKEN_OWNER,
        ]),
        Unsigned => Expected::Refused(&[anchor::ACCOUNT_NOT_SIGNER]),
        ReadOnly => Expected::Refused(&[anchor::CONSTRAINT_MUT, anchor::ACCOUNT_NOT_MUTABLE]),
    }
}
