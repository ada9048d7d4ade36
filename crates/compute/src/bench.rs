//! The measuring itself: one instruction on three programs in the same state.

use std::collections::BTreeMap;

use homeostat_client::PROGRAM_ID;
use homeostat_sandbox::{Bank, Failure, Simulation};
use serde::{Deserialize, Serialize};
use solana_account::{AccountSharedData, ReadableAccount};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::{v0, AddressLookupTableAccount, Hash, Message, VersionedMessage};
use solana_program::pubkey::Pubkey;
use solana_signer::Signer;

use crate::{
    cases, features, idl,
    script::{script, Step},
};

/// Compute units of the instruction that the bank puts in front: the budget's.
const BUDGET_INSTRUCTION: u64 = 150;
/// Most bytes of a transaction.
pub const PACKET: usize = 1_232;

/// Why something could not be measured.
#[derive(Debug)]
pub struct Error(pub String);

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self(failure.to_string())
    }
}

/// What one case costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// The instruction's name.
    pub instruction: String,
    /// The case's name.
    pub case: String,
    /// Compute units of the instruction, calls included.
    pub total: u64,
    /// Compute units of the plain program's.
    pub floor: u64,
    /// `total - floor`.
    pub own: i64,
    /// Bytes of heap used.
    pub heap: u64,
    /// Bytes of stack, to the end of the highest word that was used.
    pub stack: u64,
    /// Bytes of the signed transaction with this instruction alone.
    pub tx_bytes: usize,
}

impl Figures {
    /// `instruction/case`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.instruction, self.case)
    }
}

/// The other two banks, and what was measured so far.
pub struct Bench {
    floor: Bank,
    gauge: Bank,
    /// Measure this instruction only.
    only: Option<String>,
    /// In the order of the measurements.
    pub figures: Vec<Figures>,
    /// Cases whose transaction needs a lookup table.
    pub tabled: Vec<String>,
}

/// A bank with the real program, features as they are measured with.
pub async fn bank() -> Bank {
    Bank::start_with(features::switch_off).await
}

impl Bench {
    /// Starts the banks of the plain program and of the gauge.
    pub async fn new(only: Option<String>) -> Self {
        Self {
            floor: Bank::start_elf("homeostat_floor", features::switch_off).await,
            gauge: Bank::start_elf("homeostat_gauge", features::switch_off).await,
            only,
            figures: Vec::new(),
            tabled: Vec::new(),
        }
    }

    /// Whether any of these instructions is to be measured.
    pub fn wants(&self, instructions: &[&str]) -> bool {
        self.only
            .as_deref()
            .is_none_or(|only| instructions.contains(&only))
    }

    /// Puts the figures into the order of the interface description, each
    /// instruction's cases as they are named first: ordinary, worst, repeated.
    pub fn sort(&mut self) -> Result<(), Error> {
        let order: Vec<String> = idl::instructions()?.into_iter().map(|i| i.name).collect();
        let cases = [cases::ORDINARY, cases::WORST, cases::REPEATED];
        // Stable: cases with other names stay in the order of the measurements.
        self.figures.sort_by_key(|f| {
            let instruction = order.iter().position(|name| *name == f.instruction);
            let case = cases.iter().position(|case| *case == f.case);
            (instruction, case.unwrap_or(cases.len()))
        });
        Ok(())
    }

    /// Measures an instruction in the bank's state and changes nothing there.
    /// Fails when any of the programs refuses it, or when the plain program does
    /// not make the same calls.
    pub async fn measure(
        &mut self,
        bank: &mut Bank,
        case: &str,
        instruction: &Instruction,
        signers: &[&Keypair],
    ) -> Result<(), Error> {
        let name = idl::name_of(&instruction.data)?;
        if !self.wants(&[&name]) {
            return Ok(());
        }
        let figures = self.figures_of(bank, &name, case, instruction, signers);
        let figures = figures
            .await
            .map_err(|error| Error(format!("{name}/{case}: {error}")))?;
        self.figures.push(figures);
        Ok(())
    }

    /// The same, and then sends it.
    pub async fn measure_and_send(
        &mut self,
        bank: &mut Bank,
        case: &str,
        instruction: &Instruction,
        signers: &[&Keypair],
    ) -> Result<(), Error> {
        self.measure(bank, case, instruction, signers).await?;
        bank.send(std::slice::from_ref(instruction), signers)
            .await?;
        Ok(())
    }

    async fn figures_of(
        &mut self,
        bank: &mut Bank,
        name: &str,
        case: &str,
        instruction: &Instruction,
        signers: &[&Keypair],
    ) -> Result<Figures, Error> {
        let one = std::slice::from_ref(instruction);
        let real = bank.simulate(one, signers).await?;
        let total = units_of(&real)?;

        let plain = Instruction {
            data: [instruction.data.clone(), script(name, instruction, &real)].concat(),
            ..instruction.clone()
        };
        let told = |who: &str, failure: Failure| Error(format!("{who}: {failure}"));
        copy_state(bank, &mut self.floor, instruction).await;
        let floored = self
            .floor
            .simulate(&[plain], signers)
            .await
            .map_err(|failure| told("the plain program", failure))?;
        same_calls(&real, &floored)?;
        let floor = units_of(&floored)?;

        copy_state(bank, &mut self.gauge, instruction).await;
        let gauged = self
            .gauge
            .simulate(one, signers)
            .await
            .map_err(|failure| told("the gauge", failure))?;
        let (heap, stack) = gauge_of(&gauged)?;

        let legacy = transaction_bytes(instruction, false)?;
        let tx_bytes = if legacy <= PACKET {
            legacy
        } else {
            self.tabled.push(format!("{name}/{case}"));
            transaction_bytes(instruction, true)?
        };
        let signed = |units: u64| i64::try_from(units).unwrap_or(i64::MAX);
        Ok(Figures {
            instruction: name.into(),
            case: case.into(),
            total,
            floor,
            own: signed(total).saturating_sub(signed(floor)),
            heap,
            stack,
            tx_bytes,
        })
    }
}

/// Compute units of the program's instruction: the bank's sum without the
/// budget's instruction, checked against the program's last log line of the kind
/// (its own calls end before it does) unless the bank truncated the log.
fn units_of(simulation: &Simulation) -> Result<u64, Error> {
    let units = simulation.units.saturating_sub(BUDGET_INSTRUCTION);
    let begin = format!("Program {PROGRAM_ID} consumed ");
    let logged = simulation
        .logs
        .iter()
        .rev()
        .find_map(|line| line.strip_prefix(&begin))
        .and_then(|rest| rest.split(' ').next())
        .and_then(|units| units.parse::<u64>().ok());
    if logged != Some(units) && !truncated(simulation) {
        return Err(Error(format!(
            "the log says {logged:?} CU, the bank {units}"
        )));
    }
    Ok(units)
}

/// Whether the bank left log lines out.
fn truncated(simulation: &Simulation) -> bool {
    simulation
        .logs
        .last()
        .is_some_and(|line| line == "Log truncated")
}

/// Heap and stack, which the gauge returns.
fn gauge_of(simulation: &Simulation) -> Result<(u64, u64), Error> {
    // The bank cuts zeros off the end of return data.
    let mut data = simulation.return_data.clone();
    data.resize(16, 0);
    let number = |at: usize| {
        data.get(at..)
            .and_then(|rest| rest.first_chunk::<8>())
            .map_or(0, |bytes| u64::from_le_bytes(*bytes))
    };
    match (number(0), number(8)) {
        (0, _) | (_, 0) => Err(Error("the gauge returned nothing".into())),
        used => Ok(used),
    }
}

/// Puts the accounts of an instruction and the clock into another bank.
async fn copy_state(from: &mut Bank, to: &mut Bank, instruction: &Instruction) {
    to.set_time(from.now()).await;
    for meta in &instruction.accounts {
        let account = from.account(&meta.pubkey).await;
        // Programs are in both; at the program's address they differ on purpose.
        if account.as_ref().is_some_and(|account| account.executable()) {
            continue;
        }
        to.set_account(
            &meta.pubkey,
            &account.unwrap_or_else(AccountSharedData::default),
        );
    }
}

/// Fails unless both made the same calls: as many of every program by the
/// records and, where they are whole, by the logs, with the same amounts.
fn same_calls(real: &Simulation, plain: &Simulation) -> Result<(), Error> {
    let recorded = |of: &Simulation| {
        let mut count = BTreeMap::new();
        for call in of.calls.iter().filter(|call| call.height == 2) {
            *count.entry(call.program.to_string()).or_insert(0u32) += 1;
        }
        count
    };
    let logged = |of: &Simulation| {
        let mut count = BTreeMap::new();
        for line in &of.logs {
            if let Some(line) = line.strip_suffix(" invoke [2]") {
                let program = line.trim_start_matches("Program ").to_owned();
                *count.entry(program).or_insert(0u32) += 1;
            }
        }
        count
    };
    let (ours, theirs) = (recorded(real), recorded(plain));
    let mut whole = [real, plain].into_iter().filter(|of| !truncated(of));
    if ours != theirs || whole.any(|of| logged(of) != ours) {
        return Err(Error(format!(
            "the plain program makes other calls: {theirs:?} instead of {ours:?}"
        )));
    }
    let steps = |of: &Simulation| of.calls.iter().map(Step::of).collect::<Vec<_>>();
    let (ours, theirs) = (steps(real), steps(plain));
    if ours != theirs {
        return Err(Error(format!(
            "the plain program's calls differ: {theirs:?} instead of {ours:?}"
        )));
    }
    Ok(())
}

/// Bytes of the signed transaction with this instruction alone, its first signer
/// paying; with a lookup table for whatever does not sign, if `tabled`.
fn transaction_bytes(instruction: &Instruction, tabled: bool) -> Result<usize, Error> {
    let payer = instruction
        .accounts
        .iter()
        .find(|meta| meta.is_signer)
        .map_or_else(
            || Keypair::new_from_array([1; 32]).pubkey(),
            |meta| meta.pubkey,
        );
    let one = std::slice::from_ref(instruction);
    let message = if tabled {
        let mut addresses: Vec<Pubkey> = Vec::new();
        for meta in &instruction.accounts {
            if !meta.is_signer && !addresses.contains(&meta.pubkey) {
                addresses.push(meta.pubkey);
            }
        }
        let table = AddressLookupTableAccount {
            key: Pubkey::new_from_array([2; 32]),
            addresses,
        };
        v0::Message::try_compile(&payer, one, &[table], Hash::default())
            .map(VersionedMessage::V0)
            .map_err(|error| Error(format!("no version 0 message: {error}")))?
    } else {
        VersionedMessage::Legacy(Message::new(one, Some(&payer)))
    };
    let signatures = usize::from(message.header().num_required_signatures);
    // A length byte and the signatures come before the message.
    Ok(message.serialize().len() + 64 * signatures + 1)
}
