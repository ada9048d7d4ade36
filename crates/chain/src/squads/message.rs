//! What a vault shall do: its instructions, with every account named once.
//!
//! Accounts stand in the order in which the package `@sqds/multisig` puts them: who signs and is
//! written, who signs, what is written, the rest, and within each as the instructions name them
//! first, a program before its accounts. So the same instructions are the same bytes, whoever
//! stores them.

use homeostat_client::{AccountMeta, Instruction, Pubkey};

use super::{layout::Bytes, length};
use homeostat_settings::failure::Failure;

/// An instruction whose accounts are places in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The program's place.
    pub program: u8,
    /// The accounts' places.
    pub accounts: Vec<u8>,
    /// Its data.
    pub data: Vec<u8>,
}

/// A message of a vault, without lookup tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// How many of the keys sign; they come first.
    pub signers: u8,
    /// How many of the signers are written; they come first.
    pub writable_signers: u8,
    /// How many of the others are written; they come first.
    pub writable_others: u8,
    /// Every account, programs among them.
    pub keys: Vec<Pubkey>,
    /// The instructions, in order.
    pub calls: Vec<Call>,
}

impl Compiled {
    /// Compiles instructions; the vault pays what they cost.
    ///
    /// # Errors
    ///
    /// `too_large`: more accounts than a byte counts.
    pub fn new(vault: &Pubkey, instructions: &[Instruction]) -> Result<Self, Failure> {
        let mut all: Vec<AccountMeta> = vec![AccountMeta::new(*vault, true)];
        let mut name = |meta: AccountMeta| match all.iter_mut().find(|it| it.pubkey == meta.pubkey)
        {
            Some(known) => {
                known.is_signer |= meta.is_signer;
                known.is_writable |= meta.is_writable;
            }
            None => all.push(meta),
        };
        for instruction in instructions {
            name(AccountMeta::new_readonly(instruction.program_id, false));
            instruction.accounts.iter().cloned().for_each(&mut name);
        }
        // The sort is stable: within each kind the order stays.
        all.sort_by_key(|meta| (!meta.is_signer, !meta.is_writable));
        let count = |signs: bool, only_written: bool| {
            let fit = all.iter().filter(|meta| meta.is_signer == signs);
            length(fit.filter(|meta| meta.is_writable || !only_written).count())
        };
        let place = |key: &Pubkey| {
            let place = all.iter().position(|meta| meta.pubkey == *key);
            length::<u8>(place.unwrap_or(usize::MAX))
        };
        let calls = instructions.iter().map(|instruction| {
            let accounts = instruction.accounts.iter();
            Ok(Call {
                program: place(&instruction.program_id)?,
                accounts: accounts
                    .map(|meta| place(&meta.pubkey))
                    .collect::<Result<_, Failure>>()?,
                data: instruction.data.clone(),
            })
        });
        Ok(Self {
            signers: count(true, false)?,
            writable_signers: count(true, true)?,
            writable_others: count(false, true)?,
            calls: calls.collect::<Result<_, Failure>>()?,
            keys: all.iter().map(|meta| meta.pubkey).collect(),
        })
    }

    /// The bytes that a member sends: counts of one byte, and two for the length of an
    /// instruction's data.
    ///
    /// # Errors
    ///
    /// `too_large`: more than these counts hold.
    pub fn bytes(&self) -> Result<Vec<u8>, Failure> {
        let mut bytes = vec![
            self.signers,
            self.writable_signers,
            self.writable_others,
            length(self.keys.len())?,
        ];
        for key in &self.keys {
            bytes.extend(key.as_ref());
        }
        bytes.push(length(self.calls.len())?);
        for call in &self.calls {
            bytes.push(call.program);
            bytes.push(length(call.accounts.len())?);
            bytes.extend(&call.accounts);
            bytes.extend(length::<u16>(call.data.len())?.to_le_bytes());
            bytes.extend(&call.data);
        }
        // No address lookup tables.
        bytes.push(0);
        Ok(bytes)
    }

    /// Reads what [`Compiled::bytes`] writes; `None` for anything else, also where lookup
    /// tables are used.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        let [signers, writable_signers, writable_others] = bytes.take()?;
        let count = bytes.byte()?;
        let keys = (0..count).map(|_| bytes.key()).collect::<Option<_>>()?;
        let count = bytes.byte()?;
        let calls = (0..count).map(|_| {
            let program = bytes.byte()?;
            let count = usize::from(bytes.byte()?);
            let accounts = bytes.slice(count)?.to_vec();
            let count = usize::from(u16::from_le_bytes(bytes.take()?));
            let data = bytes.slice(count)?.to_vec();
            Some(Call {
                program,
                accounts,
                data,
            })
        });
        let calls = calls.collect::<Option<_>>()?;
        (bytes.0 == [0]).then_some(Self {
            signers,
            writable_signers,
            writable_others,
            keys,
            calls,
        })
    }

    /// Reads the message of a stored transaction, whose counts have four bytes; `None` where it
    /// ends too early or uses lookup tables.
    pub(super) fn read_stored(bytes: &mut Bytes<'_>) -> Option<Self> {
        let [signers, writable_signers, writable_others] = bytes.take()?;
        let keys = bytes.keys()?;
        let count = bytes.count()?;
        let calls = (0..count).map(|_| {
            let program = bytes.byte()?;
            let count = bytes.count()?;
            let accounts = bytes.slice(count)?.to_vec();
            let count = bytes.count()?;
            let data = bytes.slice(count)?.to_vec();
            Some(Call {
                program,
                accounts,
                data,
            })
        });
        let calls = calls.collect::<Option<_>>()?;
        (bytes.count()? == 0).then_some(Self {
            signers,
            writable_signers,
            writable_others,
            keys,
            calls,
        })
    }

    /// An account as every instruction gets it: what one of them writes or has signed, all do.
    pub fn meta(&self, place: usize) -> Option<AccountMeta> {
        let signers = usize::from(self.signers);
        let is_signer = place < signers;
        let is_writable = if is_signer {
            place < usize::from(self.writable_signers)
        } else {
            place < signers.checked_add(usize::from(self.writable_others))?
        };
        Some(AccountMeta {
            pubkey: *self.keys.get(place)?,
            is_signer,
            is_writable,
        })
    }

    /// The instructions, as they will be called; `None` where a place has no key.
    pub fn instructions(&self) -> Option<Vec<Instruction>> {
        let calls = self.calls.iter().map(|call| {
            let accounts = call.accounts.iter();
            Some(Instruction {
                program_id: *self.keys.get(usize::from(call.program))?,
                accounts: accounts
                    .map(|place| self.meta(usize::from(*place)))
                    .collect::<Option<_>>()?,
                data: call.data.clone(),
            })
        });
        calls.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_or_uses_tables_is_not_read() {
        let vault = Pubkey::new_from_array([9; 32]);
        let inner = Instruction {
            program_id: Pubkey::new_from_array([7; 32]),
            accounts: vec![AccountMeta::new(Pubkey::new_from_array([5; 32]), false)],
            data: vec![1, 2, 3],
        };
        let compiled = Compiled::new(&vault, &[inner]).unwrap();
        let bytes = compiled.bytes().unwrap();
        assert_eq!(Compiled::read(&bytes), Some(compiled));
        for end in 0..bytes.len() {
            assert_eq!(Compiled::read(&bytes[..end]), None, "{end}");
        }
        let with_table = [&bytes[..bytes.len() - 1], &[1]].concat();
        assert_eq!(Compiled::read(&with_table), None);
    }

    #[test]
    fn a_place_without_a_key_is_no_instruction() {
        let vault = Pubkey::new_from_array([9; 32]);
        let inner = Instruction::new_with_bytes(vault, &[], Vec::new());
        let mut compiled = Compiled::new(&vault, &[inner]).unwrap();
        assert!(compiled.instructions().is_some());
        compiled.calls[0].accounts.push(1);
        assert_eq!(compiled.instructions(), None);
    }

    #[test]
    fn more_than_its_counts_hold_is_refused() {
        let vault = Pubkey::new_from_array([9; 32]);
        let long = Instruction::new_with_bytes(vault, &[0; 70_000], Vec::new());
        let refused = Compiled::new(&vault, &[long]).unwrap().bytes();
        assert_eq!(refused.unwrap_err().code, "too_large");
        let accounts = (0..300).map(|_| AccountMeta::new(Pubkey::new_unique(), false));
        let wide = Instruction::new_with_bytes(vault, &[], accounts.collect());
        let refused = Compiled::new(&vault, &[wide]);
        assert_eq!(refused.unwrap_err().code, "too_large");
    }
}
