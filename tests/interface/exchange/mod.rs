//! Every account of every instruction, exchanged: for that of another economy, for another
//! type, for a look-alike of another program, for what closing an account leaves, for the
//! account of every other place, so that each pair stands there doubled; every signer
//! unsigned or another, every writable account read-only. Each is refused by the constraint
//! that binds the account, and nothing changes.
//!
//! The instructions come from [`walk`], which fails for one of the IDL that it does not
//! know, so that no instruction and no account escapes. What is expected stands in
//! [`expected`].

mod attempts;
mod expected;
mod slot;

use std::collections::{BTreeMap, BTreeSet};

use homeostat_client::Section;
use homeostat_sandbox::{Failure, World};
use homeostat_tests::{error_name, unchanged};
use solana_instruction::error::InstructionError;
use solana_keypair::Keypair;
use solana_transaction_error::TransactionError;

use self::{
    attempts::{attempts, Attempt},
    expected::exceptions,
};

use super::{
    stage::{walk, Case},
    Interface,
};

/// How one account of an instruction is exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Exchange {
    /// For the account that has this role in another economy.
    OtherEconomy,
    /// For an account of the program that has another type.
    OtherType,
    /// For the same bytes in the hands of another program; for another program.
    LookAlike,
    /// For lamports without data, which is what is left where an account was closed and
    /// somebody sent lamports to its address.
    Emptied,
    /// For the account of another place of the instruction, which has another type.
    OtherSlot,
    /// For the account of another place of the instruction, which has the same type.
    Doubled,
    /// For the program's own address, which means that an optional account is left out.
    LeftOut,
    /// For somebody else, who signs.
    OtherSigner,
    /// Its signature is left out.
    Unsigned,
    /// It is passed read-only.
    ReadOnly,
}

/// How an attempt ended, in words that can be compared and shown.
fn outcome(error: Option<&InstructionError>) -> String {
    match error {
        None => "it went through".into(),
        Some(InstructionError::Custom(code)) => error_name(*code),
        Some(error) => format!("{error:?}"),
    }
}

/// What was found: how often each kind of exchange ended how, and what must not be.
#[derive(Default)]
struct Findings {
    counts: BTreeMap<(Exchange, String), usize>,
    /// Exchanges that were left for the ELF.
    only_on_elf: BTreeMap<Exchange, usize>,
    wrong: Vec<String>,
    /// Exceptions that an exchange of this kind met.
    met: BTreeSet<(usize, Exchange)>,
}

impl Findings {
    fn add(&mut self, case: &Case, attempt: &Attempt, sent: &Result<(), Failure>) {
        let error = match sent {
            Ok(()) => None,
            Err(failure) => match &failure.error {
                Some(TransactionError::InstructionError(_, error)) => Some(error),
                _ => panic!("{}: {failure}", case.name),
            },
        };
        let outcome = outcome(error);
        let kind = (attempt.exchange, outcome.clone());
        *self.counts.entry(kind).or_default() += 1;
        let (expected, exception) = &attempt.expected;
        self.met
            .extend(exception.map(|row| (row, attempt.exchange)));
        if !expected.is(error) {
            self.wrong.push(format!(
                "{}: {:?} of {}, {}: {outcome}, expected {expected}",
                case.name, attempt.exchange, attempt.account, attempt.with
            ));
        }
    }

    fn tried(&self) -> usize {
        self.counts.values().sum()
    }

    fn show(&self) {
        for ((exchange, outcome), times) in &self.counts {
            println!("{times:6} {exchange:?}: {outcome}");
        }
        for (exchange, times) in &self.only_on_elf {
            println!("{times:6} {exchange:?}: only on the ELF");
        }
    }
}

/// Tries every exchange of an instruction, then sends it as it is.
async fn exchange_all(
    world: &mut World,
    interface: &Interface,
    case: &Case,
    twin: Option<&Case>,
    findings: &mut Findings,
) {
    let before = world.state().await;
    for attempt in attempts(world, interface, case, twin).await {
        if attempt.only_on_elf {
            *findings.only_on_elf.entry(attempt.exchange).or_default() += 1;
            continue;
        }
        let signers: Vec<&Keypair> = attempt.signers.iter().collect();
        let instruction = core::slice::from_ref(&attempt.instruction);
        // What goes through is only tried out: the next attempt finds the same state.
        let tried_out = attempt.expected.0.passes();
        let sent = if tried_out {
            world.bank.simulate(instruction, &signers).await.map(drop)
        } else {
            world.bank.send(instruction, &signers).await.map(drop)
        };
        findings.add(case, &attempt, &sent);
        assert!(sent.is_err() || tried_out, "{}", findings.wrong.join("\n"));
    }
    unchanged(case.name, &before, &world.state().await);

    // The right accounts pass, so it was the exchange that was refused.
    case.send(world).await;
}

#[tokio::test]
async fn fail_every_exchange_of_every_account_of_every_instruction() {
    let interface = Interface::read();
    let mut findings = Findings::default();
    walk(Section::Emission, true, async |world, case, twin| {
        exchange_all(world, &interface, case, twin, &mut findings).await;
    })
    .await;

    findings.show();
    let tried = findings.tried();
    let left: usize = findings.only_on_elf.values().sum();
    println!("{tried} exchanges, {left} more only on the ELF");
    assert!(tried + left > 3_400, "only {tried} and {left} exchanges");
    assert!(
        findings.wrong.is_empty(),
        "{} of {tried} exchanges:\n{}",
        findings.wrong.len(),
        findings.wrong.join("\n")
    );
    let mut unmet = Vec::new();
    for (row, (instruction, account, kinds, _)) in exceptions() {
        let never = kinds
            .iter()
            .filter(|kind| !findings.met.contains(&(row, **kind)));
        unmet.extend(never.map(|kind| format!("{instruction}: {account} {kind:?}")));
    }
    assert!(unmet.is_empty(), "no exchange met the exceptions {unmet:?}");
}
