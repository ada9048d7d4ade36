//! Runs the control law on random steps and records them.
//!
//! Steps are numbered; [`STORY`] of them in a row are the life of one
//! controller, made from the seed and its number alone. Everything a step was
//! given and made of it goes into one [`record`]. Native code and the ELF answer
//! a [`Request`] by the same function, [`answer`], so a difference between the answers
//! is a difference between the machines.

use solana_program::{
    entrypoint::ProgramResult, hash::hashv, program::set_return_data, program_error::ProgramError,
};

use crate::record;
use crate::story::{Story, STORY};
use crate::Task;

/// Bytes of an answer: as many as a program may return.
pub const ANSWER: usize = 1_024;

/// What the probe is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// The SHA-256 chain over the records of some steps.
    Digest {
        /// Seed of all stories.
        seed: u64,
        /// Number of the first step.
        first: u32,
        /// How many steps.
        count: u32,
    },
    /// The record of one step from a byte on, [`ANSWER`] bytes at most.
    Record {
        /// Seed of all stories.
        seed: u64,
        /// Number of the step.
        step: u32,
        /// The first byte wanted.
        from: u32,
    },
}

impl Request {
    /// The instruction data that asks it.
    pub fn encode(&self) -> Vec<u8> {
        let (kind, seed, a, b) = match *self {
            Self::Digest { seed, first, count } => (0, seed, first, count),
            Self::Record { seed, step, from } => (1, seed, step, from),
        };
        let mut data = vec![Task::Law as u8, kind];
        data.extend_from_slice(&seed.to_le_bytes());
        data.extend_from_slice(&a.to_le_bytes());
        data.extend_from_slice(&b.to_le_bytes());
        data
    }

    fn decode(data: &[u8]) -> Option<Self> {
        let (kind, rest) = data.split_first()?;
        let (seed, rest) = rest.split_first_chunk()?;
        let (a, rest) = rest.split_first_chunk()?;
        let (seed, a) = (u64::from_le_bytes(*seed), u32::from_le_bytes(*a));
        let b = u32::from_le_bytes(rest.try_into().ok()?);
        match kind {
            0 => Some(Self::Digest {
                seed,
                first: a,
                count: b,
            }),
            1 => Some(Self::Record {
                seed,
                step: a,
                from: b,
            }),
            _ => None,
        }
    }
}

/// Makes the steps `first .. first + count` and shows each with its number.
pub fn walk(seed: u64, first: u32, count: u32, mut show: impl FnMut(u32, &Story)) {
    let mut story = Story::blank();
    let begin = first - first % STORY;
    for step in begin..first.saturating_add(count) {
        if step % STORY == 0 {
            story.begin(seed, step / STORY);
        }
        story.go_on();
        if step >= first {
            show(step, &story);
        }
    }
}

/// The answer, natively and on the ELF.
pub fn answer(request: &Request) -> Vec<u8> {
    // One buffer for all records: a program never gets freed memory back.
    let mut bytes = Vec::with_capacity(2 * ANSWER);
    match *request {
        Request::Digest { seed, first, count } => {
            let mut digest = [0; 32];
            walk(seed, first, count, |_, story| {
                bytes.clear();
                record::write(story, &mut bytes);
                digest = hashv(&[&digest, &bytes]).to_bytes();
            });
            digest.to_vec()
        }
        Request::Record { seed, step, from } => {
            walk(seed, step, 1, |_, story| record::write(story, &mut bytes));
            let from = Ord::min(from as usize, bytes.len());
            let to = Ord::min(from + ANSWER, bytes.len());
            bytes[from..to].to_vec()
        }
    }
}

/// Answers a request, which stands behind the byte of the task.
pub(crate) fn process(data: &[u8]) -> ProgramResult {
    let request = Request::decode(data).ok_or(ProgramError::InvalidInstructionData)?;
    set_return_data(&answer(&request));
    Ok(())
}
