//! What a reporter is told.

use super::attempt::Done;

/// What a reporter is told.
pub enum Message {
    /// Stop.
    Stop,
    /// A worker is done.
    Done(Box<Returned>),
}

/// What a worker gives back; made and read by the reporter alone.
pub struct Returned(pub(super) Done);
