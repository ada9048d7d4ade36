//! Error text: every error that a transaction with Homeostat's instructions can end with, as a
//! sentence that says what happened and, after a semicolon or comma, what to do.
//!
//! The program's own errors have the codes from 6000 on and the text of the IDL; Anchor's have
//! 100 to 5999; codes under 100 belong to the token and the system program.

mod framework;
mod program;
mod runtime;
#[cfg(test)]
mod tests;
mod token;

use anchor_lang::{error::ERROR_CODE_OFFSET, prelude::Pubkey, system_program};
use solana_program::instruction::Instruction;

use framework::FRAMEWORK;
pub use program::{all, from_code};
use runtime::{NAMED, SYSTEM};
use token::{ASSOCIATED, TOKEN, TOKEN_PROGRAMS};

use crate::{instruction, PROGRAM_ID};

/// What went wrong and what to do, for a custom error code of a Homeostat instruction.
///
/// A code under 100 comes from a program that Homeostat called. It is explained as the
/// token program's, which nearly every one is; [`explain_from`] is exact, given the
/// program that failed.
///
/// ```
/// use homeostat_client::error::explain;
///
/// assert!(explain(6019).starts_with("FeeAboveMax (6019): The fee at this moment"));
/// assert!(explain(1).starts_with("InsufficientFunds (1): "));
/// assert!(explain(3012).starts_with("AccountNotInitialized (3012): "));
/// ```
pub fn explain(code: u32) -> String {
    if let Some(error) = from_code(code) {
        return format!("{} ({code}): {error}", error.name());
    }
    if let Some((name, text)) = look_up(FRAMEWORK, code).or_else(|| look_up(TOKEN, code)) {
        return format!("{name} ({code}): {text}");
    }
    if code < 100 {
        return format!(
            "error {code}: a program that Homeostat called refused; see the log for which one, then its documentation"
        );
    }
    format!(
        "error {code}: the framework refused an account or an argument; build the instruction with this SDK"
    )
}

/// As [`explain`], for a code of `program`, the one that failed (see [`failed_program`]).
///
/// ```
/// use homeostat_client::{error::explain_from, Pubkey};
///
/// let system = Pubkey::default();
/// assert!(explain_from(&system, 1).contains("SOL"));
/// ```
pub fn explain_from(program: &Pubkey, code: u32) -> String {
    if *program == PROGRAM_ID {
        return explain(code);
    }
    let known = if *program == system_program::ID {
        look_up(SYSTEM, code)
    } else if TOKEN_PROGRAMS.contains(program) {
        look_up(TOKEN, code)
    } else if *program == anchor_spl::associated_token::ID {
        look_up(ASSOCIATED, code)
    } else if (100..ERROR_CODE_OFFSET).contains(&code) {
        // The framework numbers its errors alike in every program built with it.
        look_up(FRAMEWORK, code)
    } else {
        None
    };
    match known {
        Some((name, text)) => format!("{name} ({code}): {text}"),
        None => format!(
            "error {code} of the program {program}: see that program's documentation for it"
        ),
    }
}

/// True when `program` refused to create an account because it is there already: the number is
/// another in every program.
///
/// ```
/// use homeostat_client::{error::is_taken, Pubkey};
///
/// let system = Pubkey::default();
/// assert!(is_taken(&system, 0) && !is_taken(&system, 1));
/// assert!(!is_taken(&Pubkey::new_unique(), 0));
/// ```
pub fn is_taken(program: &Pubkey, code: u32) -> bool {
    let (system, token) = (
        *program == system_program::ID,
        TOKEN_PROGRAMS.contains(program),
    );
    (system && code == 0) || (token && code == 6)
}

/// As [`explain_from`], with the place and the name of the instruction that failed; `index` is
/// the one that the transaction's error names, from 0.
///
/// ```
/// use homeostat_client::{error::explain_in, instruction, EconomyAddresses, Pubkey};
///
/// let [mint, creator, owner, tokens, program] = [(); 5].map(|()| Pubkey::new_unique());
/// let at = EconomyAddresses::new(&mint, &creator);
/// let all = [
///     instruction::top_up(&at, &program),
///     instruction::claim(&at, &at.pool(&mint), &owner, &tokens, &program),
/// ];
/// let text = explain_in(&all, 1, 6016);
/// assert!(text.starts_with("instruction 2 of 2 (claim): RewardVaultShort (6016): "));
/// ```
pub fn explain_in(instructions: &[Instruction], index: usize, code: u32) -> String {
    let failed = instructions.get(index);
    let text = match failed {
        Some(failed) if failed.program_id != PROGRAM_ID => explain_from(&failed.program_id, code),
        _ => explain(code),
    };
    let name = failed
        .and_then(instruction::name)
        .map(|name| format!(" ({name})"));
    format!(
        "instruction {} of {}{}: {text}",
        index.saturating_add(1),
        instructions.len(),
        name.unwrap_or_default(),
    )
}

/// The sentence for an error without a code, by the name that JSON-RPC gives it
/// (`BlockhashNotFound`, `MissingRequiredSignature` ...); `None` for a name without a sentence.
///
/// ```
/// use homeostat_client::error::explain_named;
///
/// assert!(explain_named("BlockhashNotFound").unwrap().contains("sign again"));
/// ```
pub fn explain_named(name: &str) -> Option<&'static str> {
    NAMED
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| *text)
}

/// The program that a failed transaction's logs blame: the innermost one that failed.
/// A called program can write log lines that imitate this one, so use the answer to word a
/// message and decide nothing by it.
///
/// ```
/// use homeostat_client::{error::failed_program, Pubkey};
///
/// let token = Pubkey::new_unique();
/// let logs = [
///     format!("Program {token} failed: custom program error: 0x1"),
///     "Program 11111111111111111111111111111111 failed: custom program error: 0x1".into(),
/// ];
/// assert_eq!(failed_program(&logs), Some(token));
/// ```
pub fn failed_program(logs: &[impl AsRef<str>]) -> Option<Pubkey> {
    logs.iter().find_map(|line| {
        let (program, _) = line
            .as_ref()
            .strip_prefix("Program ")?
            .split_once(" failed: ")?;
        program.parse().ok()
    })
}

/// Codes with a name and a sentence, in ascending order.
type Table = &'static [(u32, &'static str, &'static str)];

fn look_up(table: Table, code: u32) -> Option<(&'static str, &'static str)> {
    table
        .iter()
        .find(|(known, ..)| *known == code)
        .map(|(_, name, text)| (*name, *text))
}
