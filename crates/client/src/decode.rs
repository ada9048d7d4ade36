//! Accounts from their bytes, as an RPC server returns them.

use homeostat::state::{
    layout::{DISCRIMINATOR_LEN, VERSION_AT},
    AuditLog, Ballot, Council, DecisionLog, Economy, Feed, Layout, Meter, Pool, Position, Proposal,
    StoredDecision,
};

/// Why bytes were not decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The bytes are of another account type, or of no account of this program.
    WrongType,
    /// The type is right, but its layout version is not the one of this SDK.
    OtherVersion,
    /// There are fewer bytes than the account type has.
    TooShort,
}

impl core::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::WrongType => "this is not the expected Homeostat account; check its address",
            Self::OtherVersion => {
                "the account has another layout version; run migrate or update the SDK"
            }
            Self::TooShort => "the account is shorter than its layout; check where it comes from",
        })
    }
}

impl std::error::Error for DecodeError {}

/// An account type of the program.
pub trait Decode: Layout {
    /// Reads the account from its data, discriminator included. Bytes after the account's own,
    /// such as the slots of a log, are left alone.
    ///
    /// # Errors
    ///
    /// `WrongType`, `OtherVersion` or `TooShort`.
    fn decode(data: &[u8]) -> Result<Self, DecodeError> {
        let (discriminator, body) = data
            .split_at_checked(DISCRIMINATOR_LEN)
            .ok_or(DecodeError::WrongType)?;
        if discriminator != Self::DISCRIMINATOR {
            // All but the last byte name the type, the last one is the layout version.
            let same_type =
                discriminator.get(..VERSION_AT) == Self::DISCRIMINATOR.get(..VERSION_AT);
            return Err(if same_type {
                DecodeError::OtherVersion
            } else {
                DecodeError::WrongType
            });
        }
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
impl Decode for Feed {}
impl Decode for DecisionLog {}
impl Decode for Council {}
impl Decode for AuditLog {}
impl Decode for Proposal {}
impl Decode for Ballot {}

/// The decision in the return data of `preview`. The runtime drops trailing zeros of return
/// data, so it is usually shorter than a decision; what is missing is zero.
///
/// # Errors
///
/// `WrongType` when there are more bytes than a decision has.
pub fn preview(return_data: &[u8]) -> Result<StoredDecision, DecodeError> {
    let mut bytes = [0u8; core::mem::size_of::<StoredDecision>()];
    bytes
        .get_mut(..return_data.len())
        .ok_or(DecodeError::WrongType)?
        .copy_from_slice(return_data);
    Ok(bytemuck::pod_read_unaligned(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn return_data_without_its_trailing_zeros_is_the_same_decision() {
        let decision = StoredDecision {
            u: 60_000,
            ..StoredDecision::default()
        };
        let bytes = bytemuck::bytes_of(&decision);
        let short = &bytes[..bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1];
        assert!(short.len() < bytes.len());
        assert_eq!(preview(short), Ok(decision));
        assert_eq!(preview(bytes), Ok(decision));
        assert_eq!(preview(&[]), Ok(StoredDecision::default()));
        assert_eq!(preview(&[0; 265]), Err(DecodeError::WrongType));
    }
}
