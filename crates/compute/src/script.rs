//! What the plain program has to be told: amounts that the real one computes,
//! read from the calls that it made.

use anchor_spl::{token::spl_token, token_2022::spl_token_2022};
use borsh::{BorshDeserialize, BorshSerialize};
use homeostat::state::log::RECORD_BYTES;
use homeostat_client::{
    event::{self, Event},
    Action, PROGRAM_ID,
};
use homeostat_sandbox::{Call, Simulation};
use solana_instruction::Instruction;
use solana_program::pubkey::Pubkey;

/// Bytes of an event call before the plain program's event bytes: Anchor's tag and
/// the event's.
const EVENT_FRAME: usize = 8 + 8;

/// A call as far as two programs' calls are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Tokens move.
    Transfer {
        /// Credited.
        to: Pubkey,
        /// Base units.
        amount: u64,
    },
    /// Tokens are minted.
    Mint(u64),
    /// Tokens are burned.
    Burn(u64),
    /// Withheld transfer fees move to the mint.
    Harvest,
    /// A token account is closed.
    Close,
    /// Lamports move.
    Lamports(u64),
    /// An event of so many bytes.
    Event(usize),
    /// Anything else: creating and initialising accounts.
    Other {
        /// The program called.
        program: Pubkey,
        /// Bytes of its instruction data.
        bytes: usize,
    },
}

impl Step {
    /// Reads a call.
    pub fn of(call: &Call) -> Self {
        let number = |at: usize| {
            call.data
                .get(at..)
                .and_then(|rest| rest.first_chunk::<8>())
                .map_or(0, |bytes| u64::from_le_bytes(*bytes))
        };
        let tag = call.data.first().copied();
        let to = |at: usize| call.accounts.get(at).copied().unwrap_or_default();
        if call.program == PROGRAM_ID {
            return Self::Event(call.data.len());
        }
        if call.program == spl_token::ID || call.program == spl_token_2022::ID {
            match tag {
                Some(3) => {
                    return Self::Transfer {
                        to: to(1),
                        amount: number(1),
                    }
                }
                Some(12) => {
                    return Self::Transfer {
                        to: to(2),
                        amount: number(1),
                    }
                }
                Some(7 | 14) => return Self::Mint(number(1)),
                Some(8 | 15) => return Self::Burn(number(1)),
                Some(9) => return Self::Close,
                Some(26) if call.data.get(1) == Some(&4) => return Self::Harvest,
                _ => {}
            }
        }
        // The system program's Transfer.
        if call.program == Pubkey::default() && call.data.starts_with(&[2, 0, 0, 0]) {
            return Self::Lamports(number(4));
        }
        Self::Other {
            program: call.program,
            bytes: call.data.len(),
        }
    }
}

/// The bytes after the instruction's own arguments, for the instruction's
/// handler in the plain program.
pub fn script(name: &str, instruction: &Instruction, simulation: &Simulation) -> Vec<u8> {
    let steps: Vec<Step> = simulation
        .calls
        .iter()
        .filter(|call| call.height == 2)
        .map(Step::of)
        .collect();
    let sum = |of: fn(&Step) -> Option<u64>| steps.iter().filter_map(of).sum::<u64>();
    let event = steps.iter().find_map(|step| match step {
        Step::Event(bytes) => Some(bytes.saturating_sub(EVENT_FRAME)),
        _ => None,
    });
    let mint = sum(|step| match step {
        Step::Mint(amount) => Some(*amount),
        _ => None,
    });
    let burn = sum(|step| match step {
        Step::Burn(amount) => Some(*amount),
        _ => None,
    });
    let lamports = sum(|step| match step {
        Step::Lamports(amount) => Some(*amount),
        _ => None,
    });
    let transfers: Vec<(Pubkey, u64)> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Transfer { to, amount } => Some((*to, *amount)),
            _ => None,
        })
        .collect();
    let nth = |index: usize| transfers.get(index).map_or(0, |(_, amount)| *amount);
    let into = |account: usize| {
        let key = instruction.accounts.get(account).map(|meta| meta.pubkey);
        transfers
            .iter()
            .filter(|(to, _)| Some(*to) == key)
            .map(|(_, amount)| amount)
            .sum::<u64>()
    };

    let told = Told::by(simulation);
    let length = match name {
        "preview" => simulation.return_data.len(),
        _ => event.unwrap_or(0),
    };
    let mut script = u16::try_from(length)
        .unwrap_or(u16::MAX)
        .to_le_bytes()
        .to_vec();
    let mut amounts = |amounts: &[u64]| {
        for amount in amounts {
            script.extend(amount.to_le_bytes());
        }
    };
    match name {
        "go_live" | "top_up" => amounts(&[mint]),
        "withdraw" | "claim" | "charge_fee" => amounts(&[nth(0)]),
        "pay" => amounts(&[nth(0), nth(1)]),
        // Accounts 4 and 5 are the reward vault and the treasury's.
        "collect" => amounts(&[burn, into(4), into(5)]),
        "crank" => amounts(&[mint, lamports, told.advised]),
        "grow_log" | "migrate" => amounts(&[lamports]),
        "propose" => amounts(&[told.action_bytes]),
        "cast_ballot" => amounts(&[told.vetoes]),
        "execute" => {
            amounts(&[told.records, mint]);
            let paid: Vec<u64> = transfers.iter().map(|(_, amount)| *amount).collect();
            append(&paid, &mut script);
            append(&told.successor, &mut script);
        }
        "close" => {
            amounts(&[nth(0), lamports]);
            vault_ends(&steps, &mut script);
        }
        _ => {}
    }
    script
}

/// What only the event tells.
#[derive(Default)]
struct Told {
    /// Configurations that advice changed.
    advised: u64,
    /// Bytes of a proposal's actions.
    action_bytes: u64,
    /// 1 = the ballot vetoes.
    vetoes: u64,
    /// Configurations that went into the log.
    records: u64,
    /// Who gets the mint authority of an economy that retires.
    successor: Option<Option<Pubkey>>,
}

impl Told {
    fn by(simulation: &Simulation) -> Self {
        let count = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
        let mut calls = simulation.calls.iter();
        match calls.find_map(|call| event::parse(&call.program, &call.accounts, &call.data)) {
            Some(Event::Cranked(cranked)) => Self {
                advised: u64::from(!cranked.configs.is_empty()),
                ..Self::default()
            },
            Some(Event::Proposed(proposed)) => Self {
                action_bytes: count(proposed.actions.len()),
                ..Self::default()
            },
            Some(Event::BallotCast(ballot)) => Self {
                vetoes: u64::from(ballot.vetoed),
                ..Self::default()
            },
            Some(Event::Executed(executed)) => {
                let mut bytes = executed.actions.as_slice();
                let mut successor = None;
                while let Ok(action) = Action::deserialize(&mut bytes) {
                    if let Action::Retire { successor: to } = action {
                        successor = Some(to);
                    }
                }
                Self {
                    records: count(executed.records.len() / RECORD_BYTES),
                    successor,
                    ..Self::default()
                }
            }
            _ => Self::default(),
        }
    }
}

fn append(value: &impl BorshSerialize, script: &mut Vec<u8>) {
    // Into memory, which takes everything.
    let _ = value.serialize(script);
}

/// What happened to each vault before it was closed, as the plain program reads
/// it: a count, then for each the amount burned and whether fees were harvested.
fn vault_ends(steps: &[Step], script: &mut Vec<u8>) {
    let mut ends = Vec::new();
    let mut count = 0u32;
    let (mut burned, mut harvested) = (0u64, 0u8);
    for step in steps {
        match step {
            Step::Burn(amount) => burned = *amount,
            Step::Harvest => harvested = 1,
            Step::Close => {
                ends.extend(burned.to_le_bytes());
                ends.push(harvested);
                count = count.saturating_add(1);
                (burned, harvested) = (0, 0);
            }
            _ => {}
        }
    }
    script.extend(count.to_le_bytes());
    script.extend(ends);
}
