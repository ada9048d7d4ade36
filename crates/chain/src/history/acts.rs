//! The transactions of acts that an audit log has.

use std::collections::{BTreeMap, BTreeSet};

use homeostat_client::verify::{act, logged};
use homeostat_client::{event::Event, AuditRecord, EconomyAddresses};
use solana_signature::Signature;

use super::{events, page, PAGE};
use crate::connection::Connection;
use homeostat_settings::failure::Failure;

/// Pages of signatures that are listed at most. Anybody may name a log in transactions without end.
const PAGES: usize = 20;

/// An act in the history of a server.
pub struct Act {
    /// Its transaction.
    pub signature: Signature,
    /// What the program told of it.
    pub event: Event,
}

/// The transactions of some acts, by the bytes of their records, as far as the server has them: a
/// request for every thousand that name the log, and one for each that landed in the slot of an
/// act. That a transaction is the one is shown by the record in its event, which is the log's.
///
/// # Errors
///
/// The server's.
pub fn acts(
    connection: &Connection,
    at: &EconomyAddresses,
    records: &[AuditRecord],
) -> Result<BTreeMap<Vec<u8>, Act>, Failure> {
    let mut wanted: BTreeSet<&[u8]> = records.iter().map(bytemuck::bytes_of).collect();
    let slots: BTreeSet<u64> = records.iter().map(|record| record.slot).collect();
    let mut found = BTreeMap::new();
    let Some(oldest) = slots.first() else {
        return Ok(found);
    };
    let mut before = None;
    for _ in 0..PAGES {
        let lines = page(connection, &at.audit, before)?;
        for line in &lines {
            if !line.succeeded || !slots.contains(&line.slot) {
                continue;
            }
            for event in events(connection, &line.signature)? {
                let record = act(&event).filter(|record| wanted.contains(record));
                let Some(record) = record.map(<[u8]>::to_vec) else {
                    continue;
                };
                if logged(&event) == Some(&at.economy) {
                    wanted.remove(record.as_slice());
                    let signature = line.signature;
                    found.insert(record, Act { signature, event });
                }
            }
            if wanted.is_empty() {
                return Ok(found);
            }
        }
        before = lines.last().map(|line| line.signature);
        let is_last = lines.len() < PAGE || lines.last().is_some_and(|line| line.slot < *oldest);
        if is_last {
            break;
        }
    }
    Ok(found)
}
