use anchor_lang::error::ERROR_CODE_OFFSET;

use super::{
    framework::FRAMEWORK,
    runtime::{NAMED, SYSTEM},
    token::{ASSOCIATED, TOKEN},
    *,
};

#[test]
fn codes_are_dense_and_in_order() {
    for (index, error) in all().enumerate() {
        let code = ERROR_CODE_OFFSET + index as u32;
        assert_eq!(u32::from(error), code);
        assert_eq!(from_code(code).map(u32::from), Some(code));
    }
}

/// A sentence says what happened, then what to do.
#[test]
fn every_sentence_says_what_to_do_and_stands_once() {
    let tables = [FRAMEWORK, TOKEN, ASSOCIATED, SYSTEM].concat();
    let others = tables.iter().map(|(.., text)| text.to_string());
    let named = NAMED.iter().map(|(_, text)| text.to_string());
    for text in others
        .chain(named)
        .chain(all().map(|error| error.to_string()))
    {
        let remedy = text
            .split_once(';')
            .or_else(|| text.split_once(','))
            .map(|(what, remedy)| (what.trim().len(), remedy.trim().len()));
        assert!(remedy.is_some_and(|(a, b)| a > 8 && b > 5), "{text}");
    }
    let mut ours: Vec<String> = all().map(|error| error.to_string()).collect();
    let count = ours.len();
    ours.sort();
    ours.dedup();
    assert_eq!(ours.len(), count, "two errors say the same");
}

#[test]
fn tables_are_in_order_and_no_code_stands_twice() {
    for table in [FRAMEWORK, TOKEN, ASSOCIATED, SYSTEM] {
        assert!(table.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
    let mut names: Vec<&str> = NAMED.iter().map(|(name, _)| *name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), NAMED.len());
}

/// Numbers and names are compared with the enums of the framework and the token programs.
#[test]
fn numbers_are_those_of_the_programs_that_use_them() {
    use anchor_lang::error::ErrorCode;
    use anchor_spl::{token::spl_token, token_2022::spl_token_2022};
    let framework = [
        ErrorCode::InstructionMissing,
        ErrorCode::InstructionFallbackNotFound,
        ErrorCode::InstructionDidNotDeserialize,
        ErrorCode::ConstraintMut,
        ErrorCode::ConstraintHasOne,
        ErrorCode::ConstraintSigner,
        ErrorCode::ConstraintRaw,
        ErrorCode::ConstraintOwner,
        ErrorCode::ConstraintSeeds,
        ErrorCode::ConstraintClose,
        ErrorCode::ConstraintAddress,
        ErrorCode::ConstraintTokenMint,
        ErrorCode::ConstraintTokenOwner,
        ErrorCode::ConstraintMintTokenProgram,
        ErrorCode::ConstraintDuplicateMutableAccount,
        ErrorCode::AccountDiscriminatorAlreadySet,
        ErrorCode::AccountDiscriminatorNotFound,
        ErrorCode::AccountDiscriminatorMismatch,
        ErrorCode::AccountDidNotDeserialize,
        ErrorCode::AccountNotEnoughKeys,
        ErrorCode::AccountNotMutable,
        ErrorCode::AccountOwnedByWrongProgram,
        ErrorCode::InvalidProgramId,
        ErrorCode::InvalidProgramExecutable,
        ErrorCode::AccountNotSigner,
        ErrorCode::AccountNotSystemOwned,
        ErrorCode::AccountNotInitialized,
        ErrorCode::DeclaredProgramIdMismatch,
    ];
    for (error, (code, name, _)) in framework.into_iter().zip(FRAMEWORK) {
        assert_eq!((u32::from(error), error.name().as_str()), (*code, *name));
    }
    assert_eq!(framework.len(), FRAMEWORK.len());
    for (code, name, _) in TOKEN {
        let error = spl_token_2022::error::TokenError::try_from(*code).unwrap();
        assert_eq!(format!("{error:?}"), *name, "{code}");
        // SPL Token has the first nineteen of them, under the same numbers.
        if *code <= 18 {
            let error = spl_token::error::TokenError::try_from(*code).unwrap();
            assert_eq!(format!("{error:?}"), *name, "{code}");
        }
    }
}

/// The same number means something else in each program that can fail.
#[test]
fn one_number_is_told_apart_by_the_program_that_failed() {
    use anchor_spl::{associated_token, token, token_2022};
    let other = Pubkey::new_unique();
    let said: [(&Pubkey, u32, &str); 10] = [
        (&system_program::ID, 0, "AccountAlreadyInUse (0)"),
        (&token::ID, 0, "NotRentExempt (0)"),
        (&token_2022::ID, 0, "NotRentExempt (0)"),
        (&associated_token::ID, 0, "InvalidOwner (0)"),
        (&system_program::ID, 1, "ResultWithNegativeLamports (1)"),
        (&token::ID, 1, "InsufficientFunds (1)"),
        // A number of ours is another program's too.
        (&PROGRAM_ID, 6_019, "FeeAboveMax (6019)"),
        (&token::ID, 6_019, "error 6019 of the program"),
        (&other, 6_019, "error 6019 of the program"),
        (&other, 0, "error 0 of the program"),
    ];
    for (program, code, expected) in said {
        let text = explain_from(program, code);
        assert!(text.starts_with(expected), "{program} {code}: {text}");
    }
}

#[test]
fn foreign_codes_are_explained_too() {
    assert!(explain(2001).contains("2001"));
    assert!(from_code(0).is_none());
    assert!(from_code(u32::MAX).is_none());
}
