//! The packet that a transaction has to fit, which a bank in process does not ask for.

use solana_message::VersionedMessage;

use crate::bank::Failure;

/// Bytes of the largest transaction that a cluster takes.
pub const PACKET: usize = 1_232;

/// Bytes of the transaction with this message.
pub(crate) fn size(message: &VersionedMessage) -> usize {
    let signatures = usize::from(message.header().num_required_signatures);
    1 + 64 * signatures + message.serialize().len()
}

/// Refuses a transaction that does not fit a packet.
pub(crate) fn require_packet(message: &VersionedMessage) -> Result<(), Failure> {
    match size(message) {
        0..=PACKET => Ok(()),
        size => Err(Failure {
            error: None,
            logs: Vec::new(),
            other: format!("the transaction has {size} bytes; a packet takes {PACKET}"),
        }),
    }
}
