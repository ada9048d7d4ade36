//! What a refusal of the runtime or of a program means. Every program numbers its errors from 0
//! or from 6000, so the same number means something else in each: which program failed is read
//! from the log.

use homeostat_client::{error, PROGRAM_ID};
use solana_program::instruction::InstructionError;
use solana_transaction_error::TransactionError;

use crate::squads;
use homeostat_settings::failure::Failure;

/// What the program's `check` logs behind the name of a parameter.
const OUT_OF_RANGE: &str = ": out of its range";

/// What a runtime or program refusal means; `logs` are those of the transaction.
///
/// Without a log the failed program is unknown. Then a number that is one of Homeostat's is taken
/// for Homeostat's, whose instructions nearly every transaction consists of, and no other number
/// is explained.
pub fn refusal(error: &TransactionError, logs: &[String]) -> Failure {
    let custom = match error {
        TransactionError::InstructionError(_, InstructionError::Custom(code)) => Some(*code),
        _ => None,
    };
    let Some(code) = custom else {
        return of_runtime(error, logs);
    };
    match error::failed_program(logs) {
        Some(program) if program == PROGRAM_ID => of_program(code, logs),
        Some(program) => {
            let squads = (program == squads::PROGRAM).then(|| squads::errors::explain(code));
            let told = squads.flatten();
            let mut failure =
                sentence(&told.unwrap_or_else(|| error::explain_from(&program, code)));
            failure.taken = error::is_taken(&program, code);
            failure
        }
        None if error::from_code(code).is_some() => of_program(code, logs),
        None => Failure::new(
            "refused",
            format!("error {code} of a program that the server does not name"),
        )
        .remedy("run it again with --simulate, which reads the programs' log; nothing happened"),
    }
}

/// What an error of Homeostat means, or one of Anchor's that it ended with. The log names the
/// parameter that is out of its range, or the account that is not as it should be.
pub fn of_program(code: u32, logs: &[impl AsRef<str>]) -> Failure {
    let mut failure = sentence(&error::explain(code));
    failure.custom = Some(code);
    let said = |line: &str, from: &str| line.split_once(from).map(|(_, rest)| rest.to_owned());
    if matches!(
        error::from_code(code),
        Some(homeostat::HomeostatError::InvalidParameter)
    ) {
        let named = logs.iter().rev().find_map(|line| {
            let name = line.as_ref().strip_suffix(OUT_OF_RANGE)?;
            Some(said(name, "Program log: ").unwrap_or_else(|| name.to_owned()))
        });
        let name = named.unwrap_or_else(|| "a parameter".to_owned());
        failure.message = format!("InvalidParameter ({code}): {name} is out of its range");
        failure.remedy = "correct it".to_owned();
    } else if code < anchor_lang::error::ERROR_CODE_OFFSET {
        let account = logs.iter().rev().find_map(|line| {
            let rest = said(line.as_ref(), "AnchorError caused by account: ")?;
            Some(rest.split_once('.')?.0.to_owned())
        });
        if let Some(account) = account {
            failure.message.push_str(&format!(" (`{account}`)"));
        }
    }
    failure
}

/// A sentence that says what happened and, after a semicolon, what to do.
pub fn sentence(text: &str) -> Failure {
    match text.split_once("; ").or_else(|| text.rsplit_once(", ")) {
        Some((what, remedy)) => Failure::new("refused", what).remedy(remedy),
        None => Failure::new("refused", text)
            .remedy("see with --simulate what the programs log; nothing happened"),
    }
}

fn of_runtime(error: &TransactionError, logs: &[String]) -> Failure {
    use solana_transaction_error::TransactionError as E;
    let remedy = match error {
        E::AccountNotFound | E::InsufficientFundsForFee | E::InsufficientFundsForRent { .. } => {
            "the wallet that pays has too little SOL; fund it (`solana airdrop 1` on devnet or a \
             local validator)"
        }
        E::BlockhashNotFound => "the blockhash has expired or is of another cluster; sign again",
        E::ProgramAccountNotFound => "the program is not on this cluster; check --url",
        _ => "read the program's last lines above",
    };
    // The last lines say most; the whole log is `-v`'s business.
    let lines: Vec<_> = logs
        .iter()
        .filter(|line| line.starts_with("Program log:") || line.contains("failed"))
        .map(String::as_str)
        .collect();
    let from = lines.len().saturating_sub(3);
    let words = lines.get(from..).unwrap_or_default().join("\n  ");
    let mut message = format!("the cluster refuses the transaction: {error}");
    if !words.is_empty() {
        message.push_str("\n  ");
        message.push_str(&words);
    }
    let known = match error {
        E::InstructionError(_, error) => error::explain_named(&format!("{error:?}")),
        _ => None,
    };
    match known.and_then(|text| text.split_once("; ")) {
        Some((_, remedy)) => Failure::new("refused", message).remedy(remedy),
        None => Failure::new("refused", message).remedy(remedy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYSTEM: &str = "11111111111111111111111111111111";
    const TOKEN: &str = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";

    fn failed(program: &str, code: u32) -> String {
        format!("Program {program} failed: custom program error: {code:#x}")
    }

    fn told(code: u32, logs: &[String]) -> Failure {
        let error = TransactionError::InstructionError(0, InstructionError::Custom(code));
        refusal(&error, logs)
    }

    #[test]
    fn the_program_that_failed_decides_what_its_number_means() {
        let ours = PROGRAM_ID.to_string();
        // given calls that failed inside of ours: the innermost one is to blame
        for (program, code, said, taken) in [
            (SYSTEM, 0, "AccountAlreadyInUse (0)", true),
            (SYSTEM, 1, "ResultWithNegativeLamports (1)", false),
            (TOKEN, 0, "NotRentExempt (0)", false),
            (TOKEN, 1, "InsufficientFunds (1)", false),
            (TOKEN, 6, "AlreadyInUse (6)", true),
        ] {
            let logs = [failed(program, code), failed(&ours, code)];
            let failure = told(code, &logs);
            assert!(failure.message.starts_with(said), "{failure}");
            assert_eq!((failure.taken, failure.custom), (taken, None), "{failure}");
            assert!(!failure.remedy.is_empty(), "{failure}");
        }
        // given our number from a program of somebody else's, then it is not explained as ours
        let stranger = "Stake11111111111111111111111111111111111111";
        let failure = told(6_034, &[failed(stranger, 6_034)]);
        assert!(
            failure.message.contains(stranger) && failure.custom.is_none(),
            "{failure}"
        );
        // and a number of Squads' is named as Squads names it, unless it has none so high
        let multisig = squads::PROGRAM.to_string();
        let failure = told(6_007, &[failed(&multisig, 6_007)]);
        assert!(
            failure.message.starts_with("StaleProposal (6007)") && failure.custom.is_none(),
            "{failure}"
        );
        assert_eq!(failure.remedy, "store it again");
        let failure = told(6_999, &[failed(&multisig, 6_999)]);
        assert!(failure.message.contains(&multisig), "{failure}");
        let failure = told(6_034, &[failed(&ours, 6_034)]);
        assert_eq!(failure.custom, Some(6_034));
        // given no log, then a small number is nobody's, and says so
        let failure = told(0, &[]);
        assert!(failure.message.contains("does not name"), "{failure}");
        assert_eq!(told(6_021, &[]).custom, Some(6_021));
    }

    #[test]
    fn the_log_names_the_parameter_and_the_account() {
        let ours = PROGRAM_ID.to_string();
        let logs = [
            "Program log: delays.routine: out of its range".to_owned(),
            failed(&ours, 6_000),
        ];
        assert_eq!(
            told(6_000, &logs).message,
            "InvalidParameter (6000): delays.routine is out of its range"
        );
        let logs = [
            "Program log: AnchorError caused by account: position. Error Code: AccountNotInitialized. \
             Error Number: 3012. Error Message: The program expected this account to be already \
             initialized."
                .to_owned(),
            failed(&ours, 3_012),
        ];
        assert!(told(3_012, &logs).message.ends_with("(`position`)"));
    }
}
