//! Which mints are safe to hold other people's tokens of.
//!
//! Token-2022 extensions are allowed by name and refused by default, so an extension that does
//! not exist yet is refused too.

use anchor_lang::prelude::*;
use solana_program::program_option::COption;

use crate::{constants::MAX_TRANSFER_FEE_BPS, error::HomeostatError};

/// The bytes of a mint without extensions.
const BASE_MINT_LEN: usize = 82;
/// Where an extended mint has the byte of its account type: mints are padded to the length of
/// a token account.
const ACCOUNT_TYPE_AT: usize = 165;
/// The account type of a mint.
const ACCOUNT_TYPE_MINT: u8 = 1;
/// Where a mint has its optional freeze authority.
const FREEZE_AUTHORITY_AT: usize = 46;
/// Where a mint has its optional mint authority.
const MINT_AUTHORITY_AT: usize = 0;

/// The bytes of a transfer fee's configuration: two authorities, what is withheld, and the fee
/// of the older and of the newer epoch.
const FEE_CONFIG_LEN: usize = 108;
/// Where the two fees begin in that configuration.
const FEES_AT: usize = 72;
/// The bytes of one of them: the epoch that it starts in, the highest fee, the rate.
const FEE_LEN: usize = 18;
/// Where the fee itself begins, after its epoch.
const FEE_AT: usize = 8;

/// The extension types of the Token-2022 program that this program allows, in part or whole.
mod extension {
    pub const UNINITIALIZED: u16 = 0;
    pub const TRANSFER_FEE_CONFIG: u16 = 1;
    pub const METADATA_POINTER: u16 = 18;
    pub const TOKEN_METADATA: u16 = 19;
    pub const GROUP_POINTER: u16 = 20;
    pub const TOKEN_GROUP: u16 = 21;
    pub const GROUP_MEMBER_POINTER: u16 = 22;
    pub const TOKEN_GROUP_MEMBER: u16 = 23;
}

/// Refuses a mint that is not safe to hold for others: one with an unsafe extension
/// ([`require_safe_extensions`]) or a freeze authority (`FreezeAuthoritySet`). `authority` is
/// the economy's. Whatever opens something new in a mint asks this first; no exit does.
pub fn require_safe(mint: &AccountInfo, authority: &Pubkey) -> Result<()> {
    let data = mint.try_borrow_data()?;
    require_safe_extensions(&data, authority)?;
    require_no_freeze_authority(&data)
}

/// Refuses a mint whose extensions could seize, freeze, tax or hide balances
/// (`UnsupportedMintExtension`). Types and lengths are read from `data` here, byte for
/// byte, so that an extension unknown to the libraries is refused and not skipped.
///
/// Allowed are metadata and group pointers and their data, and a transfer fee whose
/// configuration authority is nobody or `authority` and which never changes
/// ([`require_fixed_fee`]).
fn require_safe_extensions(data: &[u8], authority: &Pubkey) -> Result<()> {
    if data.len() == BASE_MINT_LEN {
        return Ok(());
    }
    require!(
        data.get(ACCOUNT_TYPE_AT) == Some(&ACCOUNT_TYPE_MINT),
        HomeostatError::UnsupportedMintExtension
    );
    let mut rest = data.get(ACCOUNT_TYPE_AT.saturating_add(1)..).unwrap_or(&[]);
    // Fewer than four bytes are padding, at which the token program itself stops as well.
    while let Some((header, tail)) = rest.split_first_chunk::<4>() {
        let [t0, t1, l0, l1] = *header;
        let kind = u16::from_le_bytes([t0, t1]);
        let length = usize::from(u16::from_le_bytes([l0, l1]));
        if kind == extension::UNINITIALIZED {
            break;
        }
        let value = tail
            .get(..length)
            .ok_or(HomeostatError::UnsupportedMintExtension)?;
        if kind == extension::TRANSFER_FEE_CONFIG {
            require_fixed_fee(value)?;
        }
        let allowed = match kind {
            extension::METADATA_POINTER
            | extension::TOKEN_METADATA
            | extension::GROUP_POINTER
            | extension::TOKEN_GROUP
            | extension::GROUP_MEMBER_POINTER
            | extension::TOKEN_GROUP_MEMBER => true,
            extension::TRANSFER_FEE_CONFIG => fee_authority_is(value, authority),
            _ => false,
        };
        if !allowed {
            msg!("mint extension type {}", kind);
            return Err(error!(HomeostatError::UnsupportedMintExtension));
        }
        rest = tail.get(length..).unwrap_or(&[]);
    }
    Ok(())
}

/// True when nobody or `authority` may change the transfer fee.
fn fee_authority_is(config: &[u8], authority: &Pubkey) -> bool {
    config
        .first_chunk::<32>()
        .is_some_and(|key| *key == [0; 32] || *key == authority.to_bytes())
}

/// Refuses a transfer fee that changes by itself or takes too much (`UnsafeTransferFee`).
///
/// The token program stores two fees, and the newer one takes effect in its epoch. An issuer
/// can schedule a fee of 100 %, revoke the authority, and look harmless until then; from that
/// epoch on every exit would deliver nothing, and the issuer would collect the tokens. So both
/// fees must be the same, and the rate at most [`MAX_TRANSFER_FEE_BPS`].
fn require_fixed_fee(config: &[u8]) -> Result<()> {
    let fees = config
        .get(FEES_AT..FEE_CONFIG_LEN)
        .ok_or(HomeostatError::UnsupportedMintExtension)?;
    let (older, newer) = fees.split_at(FEE_LEN);
    let rate = newer
        .last_chunk::<2>()
        .map_or(u16::MAX, |rate| u16::from_le_bytes(*rate));
    require!(
        older.get(FEE_AT..) == newer.get(FEE_AT..) && rate <= MAX_TRANSFER_FEE_BPS,
        HomeostatError::UnsafeTransferFee
    );
    Ok(())
}

/// An optional key as the token programs store it: a four-byte tag and the key.
fn option_key(data: &[u8], at: usize) -> Result<COption<Pubkey>> {
    let bytes = data
        .get(at..)
        .and_then(|rest| rest.first_chunk::<36>())
        .ok_or(ErrorCode::AccountDidNotDeserialize)?;
    let (tag, key) = bytes.split_at(4);
    Ok(if tag == [0; 4] {
        COption::None
    } else {
        COption::Some(Pubkey::try_from(key).map_err(|_| ErrorCode::AccountDidNotDeserialize)?)
    })
}

/// Refuses a mint whose balances somebody can freeze (`FreezeAuthoritySet`): a frozen vault
/// would stop every exit.
fn require_no_freeze_authority(data: &[u8]) -> Result<()> {
    require!(
        option_key(data, FREEZE_AUTHORITY_AT)?.is_none(),
        HomeostatError::FreezeAuthoritySet
    );
    Ok(())
}

/// True for a mint that `authority` can mint.
pub fn has_mint_authority(mint: &AccountInfo, authority: &Pubkey) -> Result<bool> {
    let data = mint.try_borrow_data()?;
    Ok(option_key(&data, MINT_AUTHORITY_AT)? == COption::Some(*authority))
}

#[cfg(test)]
mod tests {
    use super::*;
    use anchor_spl::token_2022::spl_token_2022::extension::ExtensionType;

    fn mint_with(kind: u16, value: &[u8]) -> Vec<u8> {
        let mut data = vec![0u8; ACCOUNT_TYPE_AT];
        data.push(ACCOUNT_TYPE_MINT);
        data.extend(kind.to_le_bytes());
        data.extend((value.len() as u16).to_le_bytes());
        data.extend(value);
        data
    }

    #[test]
    fn every_extension_type_is_allowed_by_name_or_refused() {
        use ExtensionType::*;
        let authority = Pubkey::new_unique();
        let allowed = [
            MetadataPointer,
            TokenMetadata,
            GroupPointer,
            TokenGroup,
            GroupMemberPointer,
            TokenGroupMember,
        ];
        let mut known = 0;
        for kind in 1u16..=u16::MAX {
            let data = mint_with(kind, &[7; 108]);
            let accepted = require_safe_extensions(&data, &authority).is_ok();
            let named = ExtensionType::try_from(kind).ok();
            known += usize::from(named.is_some());
            assert_eq!(
                accepted,
                named.is_some_and(|n| allowed.contains(&n)),
                "{named:?}"
            );
        }
        assert!(known >= 27, "the enumeration shrank: {known}");
    }

    #[test]
    fn a_transfer_fee_is_allowed_when_nobody_else_can_change_it() {
        let authority = Pubkey::new_unique();
        let config = |key: Pubkey| {
            let mut value = [0u8; FEE_CONFIG_LEN];
            value[..32].copy_from_slice(key.as_ref());
            mint_with(extension::TRANSFER_FEE_CONFIG, &value)
        };
        assert!(require_safe_extensions(&config(Pubkey::default()), &authority).is_ok());
        assert!(require_safe_extensions(&config(authority), &authority).is_ok());
        assert!(require_safe_extensions(&config(Pubkey::new_unique()), &authority).is_err());
    }

    /// Both fees of the schedule must be the same, in rate and in highest fee; only the epochs
    /// differ.
    #[test]
    fn e1_a_fee_that_changes_or_takes_too_much_is_refused() {
        let accepted = |fees: [(u64, u16); 2]| {
            let mut value = [0u8; FEE_CONFIG_LEN];
            for (at, (epoch, (most, rate))) in [(72, (3u64, fees[0])), (90, (9, fees[1]))] {
                value[at..at + 8].copy_from_slice(&epoch.to_le_bytes());
                value[at + 8..at + 16].copy_from_slice(&most.to_le_bytes());
                value[at + 16..at + 18].copy_from_slice(&rate.to_le_bytes());
            }
            let data = mint_with(extension::TRANSFER_FEE_CONFIG, &value);
            require_safe_extensions(&data, &Pubkey::default()).is_ok()
        };
        let most = MAX_TRANSFER_FEE_BPS;
        assert!(accepted([(u64::MAX, most); 2]));
        assert!(accepted([(5, 0); 2]));
        assert!(!accepted([(u64::MAX, most + 1); 2]));
        assert!(!accepted([(u64::MAX, 0), (u64::MAX, 10_000)]));
        assert!(!accepted([(u64::MAX, 10_000), (u64::MAX, 0)]));
        assert!(!accepted([(u64::MAX, 5), (u64::MAX, 6)]));
        assert!(!accepted([(1, 5), (u64::MAX, 5)]));
    }

    #[test]
    fn a_cut_off_fee_configuration_is_refused() {
        for len in [0, 31, 32, 72, FEE_CONFIG_LEN - 1] {
            let data = mint_with(extension::TRANSFER_FEE_CONFIG, &vec![0; len]);
            assert!(
                require_safe_extensions(&data, &Pubkey::default()).is_err(),
                "{len}"
            );
        }
    }

    #[test]
    fn a_bad_extension_behind_a_good_one_is_found() {
        let mut data = mint_with(extension::METADATA_POINTER, &[1; 64]);
        data.extend(12u16.to_le_bytes());
        data.extend(32u16.to_le_bytes());
        data.extend([1; 32]);
        assert!(require_safe_extensions(&data, &Pubkey::default()).is_err());
    }

    #[test]
    fn truncated_data_is_refused() {
        let whole = mint_with(extension::METADATA_POINTER, &[1; 64]);
        for len in [83, 100, 165, whole.len() - 1] {
            assert!(
                require_safe_extensions(&whole[..len], &Pubkey::default()).is_err(),
                "{len}"
            );
        }
    }
}
