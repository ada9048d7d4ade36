//! Accounts from their bytes.

use anchor_lang::Discriminator;
use homeostat::state::{DecisionLog, Economy, Meter, Pool, Position};

/// Why bytes are not the account they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// Another account type, or none of this program's.
    WrongType,
    /// Fewer bytes than the account type has.
    TooShort,
}

impl core::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::WrongType => "this is not the expected Homeostat account; check its address",
            Self::TooShort => {
                "the account is shorter than its layout; run migrate or update the SDK"
            }
        })
    }
}

impl std::error::Error for DecodeError {}

/// An account type of the program.
pub trait Decode: Discriminator + bytemuck::Pod {
    /// Reads the account from its data, discriminator included.
    fn decode(data: &[u8]) -> Result<Self, DecodeError> {
        let body = data
            .strip_prefix(Self::DISCRIMINATOR)
            .ok_or(DecodeError::WrongType)?;
        let bytes = body
            .get(..core::mem::size_of::<Self>())
            .ok_or(DecodeError::TooShort)?;
        Ok(bytemuck::pod_read_unaligned(bytes))
    }
}

impl Decode for Economy {}
impl Decode for Pool {}
impl Decode for Position {}
impl Decode for Meter {}
impl Decode for DecisionLog {}
