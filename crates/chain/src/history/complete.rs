//! Reading what a history lacks, and as little else as possible.
//!
//! Anybody may name a log in a transaction that went through, and there is no address that only
//! the program's own decisions name. So the list of those that do is read (a request for every
//! thousand), and of the transactions in it those first that can have what is lacking, by the
//! times and slots that the logs themselves prove ([`Search`]). The rest is read only when that
//! was not enough: block times are the server's word, the hash chain is not. When the acts happened
//! that the audit log has dropped nothing tells, so there every transaction is read, the oldest
//! first, until nothing is lacking.

use std::{collections::BTreeSet, thread};

use homeostat_client::verify::{logged, History, Logs, Search};
use homeostat_client::{log::LogError, Economy, EconomyAddresses, Pubkey};
use solana_signature::Signature;

use super::{events, page, Line, PAGE, TALK};
use crate::connection::Connection;
use crate::send::Talk;
use homeostat_settings::failure::Failure;

/// Transactions that are asked for at the same time.
const AT_ONCE: usize = 8;

/// Whose history is completed, for which logs.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The economy's addresses.
    pub at: &'a EconomyAddresses,
    /// The economy, as it was when its logs were read.
    pub economy: &'a Economy,
    /// Its logs. What happens later is not looked for.
    pub logs: Logs<'a>,
    /// Everything up to and with this slot is in the history, or in the logs.
    pub since: u64,
}

/// Adds to a history what a proof of both logs from genesis needs, as far as the server has it.
/// Returns how many transactions were read.
///
/// # Errors
///
/// The server's, with what was read until then in the history; a ring that does not prove itself
/// (`broken`).
pub fn complete(
    connection: &Connection,
    asked: &Asked<'_>,
    history: &mut History,
    broken: &dyn Fn(LogError) -> Failure,
    talk: &dyn Talk,
) -> Result<u64, Failure> {
    let mut reader = Reader {
        connection,
        economy: &asked.at.economy,
        talk,
        read: BTreeSet::new(),
        listed: 0,
    };
    let lacks = |history: &History| history.lacks_audit(&asked.logs).map_err(broken);
    if lacks(history)? {
        let lines = reader.list(&asked.at.audit, asked.since)?;
        for some in lines.chunks(AT_ONCE) {
            reader.learn(some, history)?;
            if !lacks(history)? {
                break;
            }
        }
    }
    // The executions that the audit log tells of are known now.
    let search = |history: &History| {
        let search = history.search(&asked.logs, asked.economy);
        search.map_err(broken)
    };
    let Some(mut wanted) = search(history)? else {
        return Ok(reader.count());
    };
    let lines = reader.list(&asked.at.log, asked.since)?;
    loop {
        let likely = reader.likely(&lines, &wanted);
        let some = match likely.is_empty() {
            false => likely,
            true => reader.unread(&lines),
        };
        if some.is_empty() {
            return Ok(reader.count());
        }
        reader.learn(&some, history)?;
        match search(history)? {
            Some(next) => wanted = next,
            None => return Ok(reader.count()),
        }
    }
}

/// Reads transactions, each once.
struct Reader<'a> {
    connection: &'a Connection,
    economy: &'a Pubkey,
    talk: &'a dyn Talk,
    read: BTreeSet<Signature>,
    /// Transactions in the lists.
    listed: usize,
}

impl Reader<'_> {
    fn count(&self) -> u64 {
        self.read.len() as u64
    }

    /// The transactions that went through and name an address, after a slot, the oldest first.
    fn list(&mut self, address: &Pubkey, since: u64) -> Result<Vec<Line>, Failure> {
        let mut all = Vec::new();
        let mut before = None;
        loop {
            let page = page(self.connection, address, before)?;
            let is_last = page.len() < PAGE || page.last().is_some_and(|line| line.slot <= since);
            before = page.last().map(|line| line.signature);
            // One that failed has changed nothing.
            let wanted = |line: &Line| line.succeeded && line.slot > since;
            all.extend(page.into_iter().filter(wanted));
            if is_last {
                break;
            }
        }
        all.reverse();
        self.listed += all.len();
        Ok(all)
    }

    /// The next transactions to read at once: each can be a crank if the one before it is one.
    fn likely(&self, lines: &[Line], wanted: &Search) -> Vec<Line> {
        let mut due = wanted.due;
        let mut some = Vec::new();
        for line in lines {
            let is_new = !self.read.contains(&line.signature);
            if is_new && wanted.is_likely(due, line.slot, line.time) {
                if let Some(time) = line.time.filter(|time| *time >= due) {
                    due = wanted.after(due, time);
                }
                some.push(*line);
                if some.len() == AT_ONCE {
                    break;
                }
            }
        }
        some
    }

    fn unread(&self, lines: &[Line]) -> Vec<Line> {
        let unread = lines.iter().filter(|it| !self.read.contains(&it.signature));
        unread.copied().take(AT_ONCE).collect()
    }

    /// Reads some transactions at the same time, and learns what they told.
    fn learn(&mut self, some: &[Line], history: &mut History) -> Result<(), Failure> {
        let connection = self.connection;
        let new = |line: &&Line| !self.read.contains(&line.signature);
        let new: Vec<Line> = some.iter().filter(new).copied().collect();
        let told = thread::scope(|scope| {
            let reading: Vec<_> = new
                .iter()
                .map(|line| scope.spawn(|| events(connection, &line.signature)))
                .collect();
            let answers = reading.into_iter().map(|thread| match thread.join() {
                Ok(answer) => answer,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            answers.collect::<Vec<_>>()
        });
        let before = self.read.len();
        let mut failure = Ok(());
        for (line, told) in new.iter().zip(told) {
            match told {
                Ok(events) => {
                    let ours = events
                        .iter()
                        .filter(|event| logged(event) == Some(self.economy));
                    ours.for_each(|event| history.learn(event));
                    self.read.insert(line.signature);
                }
                Err(why) => failure = failure.and(Err(why)),
            }
        }
        failure?;
        if before / TALK != self.read.len() / TALK {
            self.talk.say(&format!(
                "read {} transactions of at most {}",
                self.read.len(),
                self.listed
            ));
        }
        Ok(())
    }
}
