//! What a keeper is told.

use crate::attempt::Done;

/// What a keeper is told.
pub enum Message {
    /// Stop.
    Stop,
    /// A worker is done.
    Done(Box<Returned>),
}

/// What a worker gives back; made and read by the keeper alone.
pub struct Returned(pub(crate) Done);
