//! What the calls to other programs used, from the bank's records of an instruction.

use std::collections::BTreeMap;

use homeostat_client::PROGRAM_ID;
use homeostat_sandbox::{Call, Simulation};
use solana_program::pubkey::Pubkey;

use crate::bench::Error;

/// Compute units that the calls of an instruction used. What the runtime charges for making
/// a call is charged to the caller and not counted here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Used by other programs.
    pub others: u64,
    /// Used by the program's calls to itself, which emit its events.
    pub events: u64,
}

/// Reads what calls used, and remembers it for logs that are cut off.
#[derive(Debug)]
pub struct CallReader {
    /// Compute units of a built-in program's instruction: it logs none.
    builtin: u64,
    /// What the last call of a program and of an instruction (by its first byte) used.
    last: BTreeMap<(Pubkey, u8), u64>,
}

impl CallReader {
    /// `builtin`: compute units that an instruction of the system program uses.
    pub const fn new(builtin: u64) -> Self {
        let last = BTreeMap::new();
        Self { builtin, last }
    }

    /// What the calls of the simulated instruction used: each call on the bank's list is
    /// looked up in the log. The bank cuts a log off at 10,000 bytes; a call after that is
    /// taken to use what the last one of the same program and instruction used. Fails when
    /// there was none, and when list and log tell of different programs.
    pub fn read(&mut self, simulation: &Simulation) -> Result<Calls, Error> {
        let mut logged = logged(&simulation.logs).into_iter();
        let cut_off = cut_off(simulation);
        let mut sum = Calls::default();
        for call in simulation.calls.iter().filter(|call| call.height == 2) {
            let units = match logged.next() {
                Some((program, units)) if program == call.program.to_string() => {
                    let units = units.unwrap_or(self.builtin);
                    self.last.insert(kind(call), units);
                    Some(units)
                }
                None if cut_off => self.last.get(&kind(call)).copied(),
                _ => None,
            };
            let program = call.program;
            let units = units.ok_or(Error(format!("the log has no call of {program}")))?;
            if program == PROGRAM_ID {
                sum.events += units;
            } else {
                sum.others += units;
            }
        }
        Ok(sum)
    }
}

fn kind(call: &Call) -> (Pubkey, u8) {
    (call.program, call.data.first().copied().unwrap_or(0))
}

/// Whether the bank left log lines out.
pub fn cut_off(simulation: &Simulation) -> bool {
    let last = simulation.logs.last();
    last.is_some_and(|line| line == "Log truncated")
}

/// Every call at height 2 that the log shows to its end: the program and the compute units
/// it used, calls of its own included; none for a built-in program.
fn logged(logs: &[String]) -> Vec<(&str, Option<u64>)> {
    let mut running: Vec<(&str, Option<u64>)> = Vec::new();
    let mut ended = Vec::new();
    for line in logs {
        let mut words = line.split(' ');
        let (Some("Program"), Some(program), Some(what)) =
            (words.next(), words.next(), words.next())
        else {
            continue;
        };
        // What a program logs itself begins with "Program log: " or "Program data: ": without
        // this check a call could imitate the runtime's lines.
        if program.ends_with(':') {
            continue;
        }
        match (what, running.last_mut()) {
            ("invoke", _) => running.push((program, None)),
            ("consumed", Some(call)) if call.0 == program => {
                call.1 = words.next().and_then(|units| units.parse().ok());
            }
            ("success", Some(call)) if call.0 == program => {
                if running.len() == 2 {
                    ended.extend(running.last());
                }
                running.pop();
            }
            _ => {}
        }
    }
    ended
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: Pubkey = Pubkey::new_from_array([7; 32]);
    const SYSTEM: Pubkey = Pubkey::new_from_array([0; 32]);

    fn call(program: Pubkey, tag: u8) -> Call {
        Call {
            program,
            accounts: Vec::new(),
            data: vec![tag, 1, 2],
            height: 2,
        }
    }

    fn simulation(logs: &[String], calls: Vec<Call>) -> Simulation {
        Simulation {
            logs: logs.to_vec(),
            calls,
            ..Simulation::default()
        }
    }

    /// One call of each sort between the program's first and last line.
    fn whole() -> Vec<String> {
        [
            format!("Program {PROGRAM_ID} invoke [1]"),
            format!("Program {TOKEN} invoke [2]"),
            "Program log: invoke [2]".into(),
            format!("Program log: Program {TOKEN} consumed 9 of 9 compute units"),
            format!("Program {SYSTEM} invoke [3]"),
            format!("Program {SYSTEM} success"),
            format!("Program {TOKEN} consumed 1719 of 190000 compute units"),
            format!("Program {TOKEN} success"),
            format!("Program {SYSTEM} invoke [2]"),
            format!("Program {SYSTEM} success"),
            format!("Program {PROGRAM_ID} invoke [2]"),
            format!("Program {PROGRAM_ID} consumed 372 of 180000 compute units"),
            format!("Program {PROGRAM_ID} success"),
            format!("Program {PROGRAM_ID} consumed 9000 of 200000 compute units"),
            format!("Program {PROGRAM_ID} success"),
        ]
        .to_vec()
    }

    #[test]
    fn other_programs_and_events_are_counted_apart() {
        let calls = vec![call(TOKEN, 12), call(SYSTEM, 2), call(PROGRAM_ID, 228)];
        let read = CallReader::new(150).read(&simulation(&whole(), calls));
        let expected = Calls {
            others: 1_719 + 150,
            events: 372,
        };
        assert_eq!(read.expect("log and list agree"), expected);
    }

    #[test]
    fn a_log_that_was_cut_off_is_completed_from_calls_of_the_same_kind() {
        // given: a reader that has seen a whole log, and a log cut off after its first call
        let mut reader = CallReader::new(150);
        let calls = vec![call(TOKEN, 12), call(SYSTEM, 2), call(PROGRAM_ID, 228)];
        reader
            .read(&simulation(&whole(), calls.clone()))
            .expect("log and list agree");
        let mut logs = whole();
        logs.truncate(8);
        logs.push("Log truncated".into());
        // when, then: every call on the list counts
        let read = reader.read(&simulation(&logs, calls.clone()));
        let expected = Calls {
            others: 1_719 + 150,
            events: 372,
        };
        assert_eq!(read.expect("all kinds are known"), expected);
        // and: a kind that was never seen is an error, not a zero
        assert!(CallReader::new(150)
            .read(&simulation(&logs, calls))
            .is_err());
    }

    #[test]
    fn a_log_that_tells_of_another_call_is_refused() {
        for calls in [
            vec![call(SYSTEM, 2)],
            vec![
                call(TOKEN, 12),
                call(SYSTEM, 2),
                call(PROGRAM_ID, 228),
                call(TOKEN, 12),
            ],
        ] {
            let read = CallReader::new(150).read(&simulation(&whole(), calls));
            assert!(read.is_err(), "{read:?}");
        }
    }
}
