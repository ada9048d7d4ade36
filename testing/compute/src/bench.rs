//! The measuring itself: one instruction on the program and, in the same state, on the gauge.

use homeostat_client::PROGRAM_ID;
use homeostat_sandbox::{packet::PACKET, Bank, Failure, Simulation};
use serde::{Deserialize, Serialize};
use solana_account::{AccountSharedData, ReadableAccount};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::{v0, AddressLookupTableAccount, Hash, Message, VersionedMessage};
use solana_program::pubkey::Pubkey;
use solana_signer::Signer;

use crate::{
    calls::{cut_off, CallReader, Calls},
    cases, features, idl,
};

/// Compute units of the instruction that the bank puts in front: the budget's.
const BUDGET_INSTRUCTION: u64 = 150;

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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// The instruction's name.
    pub instruction: String,
    /// The case's name.
    pub case: String,
    /// Compute units of the instruction, calls included.
    pub total: u64,
    /// Compute units that the other programs used which it called.
    pub calls: u64,
    /// Compute units that its calls to itself used, which emit events.
    pub events: u64,
    /// Bytes of heap used.
    pub heap: u64,
    /// Bytes of stack, to the end of the highest word that was used.
    pub stack: u64,
    /// Bytes of the signed transaction with this instruction alone.
    pub tx_bytes: usize,
    /// Whether the transaction needs a lookup table to fit a packet.
    pub lookup_table: bool,
}

impl Figures {
    /// `instruction/case`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.instruction, self.case)
    }
}

/// The gauge's bank, and what was measured so far.
pub struct Bench {
    gauge: Bank,
    calls: CallReader,
    /// Measure this instruction only.
    only: Option<String>,
    /// In the order of the measurements.
    pub figures: Vec<Figures>,
}

/// A bank with the program, features as they are measured with.
pub async fn bank() -> Bank {
    Bank::start_with(features::switch_off).await
}

impl Bench {
    /// Starts the gauge's bank.
    pub async fn new(only: Option<String>) -> Result<Self, Error> {
        let mut gauge = Bank::start_elf("homeostat_gauge", features::switch_off).await;
        let payer = gauge.payer().pubkey();
        let transfer = solana_system_interface::instruction::transfer(&payer, &payer, 1);
        let builtin = gauge.simulate(&[transfer], &[]).await?.units;
        Ok(Self {
            gauge,
            calls: CallReader::new(builtin.saturating_sub(BUDGET_INSTRUCTION)),
            only,
            figures: Vec::new(),
        })
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

    /// Measures an instruction in the bank's state and changes nothing there. Fails when
    /// the program refuses it.
    pub async fn measure(
        &mut self,
        bank: &mut impl AsMut<Bank>,
        case: &str,
        instruction: &Instruction,
        signers: &[&Keypair],
    ) -> Result<(), Error> {
        let name = idl::name_of(&instruction.data)?;
        if !self.wants(&[&name]) {
            return Ok(());
        }
        let figures = self.figures_of(bank.as_mut(), instruction, signers).await;
        let figures = figures.map_err(|error| Error(format!("{name}/{case}: {error}")))?;
        self.figures.push(Figures {
            instruction: name,
            case: case.into(),
            ..figures
        });
        Ok(())
    }

    /// Measures an instruction, then sends it.
    pub async fn perform(
        &mut self,
        bank: &mut impl AsMut<Bank>,
        case: &str,
        instruction: &Instruction,
        signers: &[&Keypair],
    ) -> Result<(), Error> {
        self.measure(bank, case, instruction, signers).await?;
        let one = std::slice::from_ref(instruction);
        bank.as_mut().send(one, signers).await?;
        Ok(())
    }

    /// The figures, as yet without names.
    async fn figures_of(
        &mut self,
        bank: &mut Bank,
        instruction: &Instruction,
        signers: &[&Keypair],
    ) -> Result<Figures, Error> {
        let one = std::slice::from_ref(instruction);
        let simulation = bank.simulate(one, signers).await?;
        let Calls { others, events } = self.calls.read(&simulation)?;

        copy_state(bank, &mut self.gauge, instruction).await;
        let gauged = self.gauge.simulate(one, signers).await;
        let gauged = gauged.map_err(|failure| Error(format!("the gauge: {failure}")))?;
        let (heap, stack) = gauge_of(&gauged)?;

        let legacy = transaction_bytes(instruction, false)?;
        let lookup_table = legacy > PACKET;
        let tx_bytes = if lookup_table {
            transaction_bytes(instruction, true)?
        } else {
            legacy
        };
        Ok(Figures {
            total: units_of(&simulation)?,
            calls: others,
            events,
            heap,
            stack,
            tx_bytes,
            lookup_table,
            ..Figures::default()
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
    if logged != Some(units) && !cut_off(simulation) {
        return Err(Error(format!(
            "the log says {logged:?} CU, the bank {units}"
        )));
    }
    Ok(units)
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
