//! Every account of every instruction, exchanged: for that of another economy, for another
//! type, for a look-alike of another program, for the account of another slot; every signer
//! unsigned or another, every writable account read-only. Each is refused by the constraint
//! that binds the account, and nothing changes.
//!
//! The instructions come from [`walk`], which fails for one of the IDL that it does not
//! know, so that no instruction and no account escapes. What is expected stands in
//! [`expected`].

mod attempts;
mod expected;

use std::collections::{BTreeMap, BTreeSet};

use homeostat_client::Section;
use homeostat_sandbox::{Failure, World};
use homeostat_tests::{error_name, unchanged};
use solana_keypair::Keypair;

use self::{
    attempts::{attempts, Attempt},
    expected::{expected, Expected, EXCEPTIONS},
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
    /// For the account of another slot of the instruction, which then stands there twice.
    OtherSlot,
    /// For somebody else, who signs.
    OtherSigner,
    /// Its signature is left out.
    Unsigned,
    /// It is passed read-only.
    ReadOnly,
}

/// How an attempt ended, in words that can be compared and shown.
fn outcome(sent: &Result<(), Failure>) -> String {
    match sent {
        Ok(()) => "it went through".into(),
        Err(failure) => match (failure.code(), &failure.error) {
            (Some(code), _) => error_name(code),
            (None, Some(error)) => format!("{error:?}"),
            (None, None) => failure.other.clone(),
        },
    }
}

/// What was found: how often each kind of exchange ended how, and what must not be.
#[derive(Default)]
struct Findings {
    counts: BTreeMap<(Exchange, String), usize>,
    wrong: Vec<String>,
    /// Exceptions that some exchange met.
    met: BTreeSet<usize>,
}

impl Findings {
    fn add(&mut self, case: &Case, attempt: &Attempt, sent: &Result<(), Failure>) {
        let outcome = outcome(sent);
        let kind = (attempt.exchange, outcome.clone());
        *self.counts.entry(kind).or_default() += 1;
        let (expected, exception) = expected(case.name, &attempt.account, attempt.exchange);
        self.met.extend(exception);
        let holds = match (&expected, sent) {
            (Expected::Refused(codes), Err(failure)) => {
                failure.code().is_some_and(|code| codes.contains(&code))
            }
            (Expected::Checked(checks), Err(failure)) => checks(failure),
            (Expected::Harmless(_), _) => true,
            (_, Ok(())) => false,
        };
        if !holds {
            self.wrong.push(format!(
                "{}: {:?} of {}, {}: {outcome}, expected {expected:?}",
                case.name, attempt.exchange, attempt.account, attempt.with
            ));
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
        let signers: Vec<&Keypair> = attempt.signers.iter().collect();
        let instruction = core::slice::from_ref(&attempt.instruction);
        let (expected, _) = expected(case.name, &attempt.account, attempt.exchange);
        // What may go through is only tried out: the next attempt finds the same state.
        let tried_out = matches!(expected, Expected::Harmless(_));
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
    let signers: Vec<&Keypair> = case.signers.iter().collect();
    let instruction = core::slice::from_ref(&case.instruction);
    let sent = world.bank.send(instruction, &signers).await;
    sent.unwrap_or_else(|failure| panic!("{}: {failure}", case.name));
}

#[tokio::test]
async fn fail_every_exchange_of_every_account_of_every_instruction() {
    let interface = Interface::read();
    let mut findings = Findings::default();
    walk(Section::Emission, true, async |world, case, twin| {
        exchange_all(world, &interface, case, twin, &mut findings).await;
    })
    .await;

    for ((exchange, outcome), times) in &findings.counts {
        println!("{times:6} {exchange:?}: {outcome}");
    }
    let count: usize = findings.counts.values().sum();
    assert!(count > 3_000, "only {count} exchanges were tried");
    assert!(
        findings.wrong.is_empty(),
        "{} of {count} exchanges:\n{}",
        findings.wrong.len(),
        findings.wrong.join("\n")
    );
    let rows = EXCEPTIONS.iter().enumerate();
    let unmet = rows.filter(|(row, _)| !findings.met.contains(row));
    let unmet: Vec<String> = unmet
        .map(|(_, (instruction, account, ..))| format!("{instruction}: {account}"))
        .collect();
    assert!(unmet.is_empty(), "no exchange met the exceptions {unmet:?}");
}
