//! Why a proposal is made: where the text is that says so, and the hash by which it is known.

use anchor_lang::prelude::*;

use super::Proposal;
use crate::{constants::MAX_REASON_URI, error::check};

/// The reason for a proposal, for those who decide; nothing on chain depends on it.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The address of the text: 1 to 128 visible ASCII characters.
    pub uri: String,
    /// The sha256 of the text.
    pub sha256: [u8; 32],
}

impl Proposal {
    /// Stores the reason. Refuses an address of no characters, of too many, and of any but
    /// visible ASCII ones (`InvalidParameter`), which could make a screen show something else.
    pub fn give_reason(&mut self, reason: Option<&Reason>) -> Result<()> {
        let Some(reason) = reason else {
            return Ok(());
        };
        let uri = reason.uri.as_bytes();
        check(
            "reason.uri",
            (1..=MAX_REASON_URI).contains(&uri.len()) && uri.iter().all(u8::is_ascii_graphic),
        )?;
        if let Some(place) = self.reason_uri.get_mut(..uri.len()) {
            place.copy_from_slice(uri);
        }
        // The cast loses nothing: there are at most `MAX_REASON_URI` bytes.
        self.reason_uri_len = uri.len() as u8;
        self.reason_sha256 = reason.sha256;
        Ok(())
    }

    /// The reason, if one was given.
    pub fn reason(&self) -> Option<Reason> {
        let uri = self.reason_uri.get(..usize::from(self.reason_uri_len))?;
        (!uri.is_empty()).then(|| Reason {
            uri: String::from_utf8_lossy(uri).into_owned(),
            sha256: self.reason_sha256,
        })
    }
}
