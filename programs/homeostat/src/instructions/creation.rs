//! Creating accounts at derived addresses, and moving lamports: one copy of the code
//! for all.

use std::cell::RefMut;

use crate::framework::prelude::*;
use bytemuck::{bytes_of, NoUninit};
use solana_program::rent::ACCOUNT_STORAGE_OVERHEAD;

use super::{
    checks::same,
    cpi::{call, payer, writable, Role},
    tokens::Token,
};
use crate::{
    error::{refuse, HomeostatError},
    state::{layout::MARK, Layout},
};

// Instructions of the system program, as it numbers them. Its crate's builders encode
// them with bincode, all of them in one function; a test compares the bytes with theirs.
const CREATE_ACCOUNT: u32 = 0;
const ASSIGN: u32 = 1;
const TRANSFER: u32 = 2;
const ALLOCATE: u32 = 8;

fn system<'info, T: NoUninit>(
    roles: &[Role<'_, 'info>],
    instruction: &T,
    seeds: &[&[&[u8]]],
) -> Result<()> {
    call(&System::id(), roles, bytes_of(instruction), seeds)
}

/// A number of lamports or bytes after the instruction's own number.
#[derive(Clone, Copy, NoUninit)]
#[repr(C, packed)]
struct Amount {
    instruction: u32,
    amount: u64,
}

#[derive(Clone, Copy, NoUninit)]
#[repr(C, packed)]
struct Assign {
    instruction: u32,
    owner: [u8; 32],
}

#[derive(Clone, Copy, NoUninit)]
#[repr(C, packed)]
struct CreateAccount {
    instruction: u32,
    lamports: u64,
    space: u64,
    owner: [u8; 32],
}

/// Moves lamports. `seeds` are empty when `from` signed the transaction.
pub fn transfer_lamports<'info>(
    from: &AccountInfo<'info>,
    to: &AccountInfo<'info>,
    lamports: u64,
    seeds: &[&[&[u8]]],
) -> Result<()> {
    if lamports == 0 {
        return Ok(());
    }
    let transfer = Amount {
        instruction: TRANSFER,
        amount: lamports,
    };
    system(&[payer(from), writable(to)], &transfer, seeds)
}

/// Lamports that exempt an account of `space` bytes from rent, as `Rent::minimum_balance`
/// says; a part of one counts as one. That function multiplies floating-point numbers,
/// for which programs carry nine kilobytes of routines.
#[inline(never)]
pub fn rent_of(space: usize) -> Result<u64> {
    exempt(&Rent::get()?, space).ok_or_else(|| refuse(HomeostatError::MathOverflow))
}

/// The years are a floating-point number of 53 significant bits, as which 1 and 2 are
/// exact.
#[allow(deprecated)]
fn exempt(rent: &Rent, space: usize) -> Option<u64> {
    const FRACTION: u32 = f64::MANTISSA_DIGITS.saturating_sub(1);
    const BIAS: u64 = 1_075;
    let bytes = u64::try_from(space)
        .ok()?
        .checked_add(ACCOUNT_STORAGE_OVERHEAD)?;
    let yearly = bytes.checked_mul(rent.lamports_per_byte_year)?;
    let bits = rent.exemption_threshold.to_bits();
    let one = 1u64 << FRACTION;
    let significant = bits & one.wrapping_sub(1) | one;
    let shift = u32::try_from(BIAS.checked_sub(bits >> FRACTION)?).ok()?;
    // Below 2^117: 64 bits and 53.
    let product = u128::from(yearly).checked_mul(u128::from(significant))?;
    let lost = 1u128.checked_shl(shift)?.wrapping_sub(1);
    u64::try_from(product.checked_add(lost)?.checked_shr(shift)?).ok()
}

/// The canonical bump of an address derived from `seeds`; refuses another address
/// (`ConstraintSeeds`).
#[inline(never)]
pub fn derived(name: &'static str, account: &AccountInfo, seeds: &[&[u8]]) -> Result<u8> {
    let (address, bump) = Pubkey::find_program_address(seeds, &crate::ID);
    same(ErrorCode::ConstraintSeeds, name, &address, account.key)?;
    Ok(bump)
}

/// Seeds of any address here, with its bump.
const MOST_SEEDS: usize = 4;

/// An account to be created.
struct New<'a> {
    /// Bytes.
    space: usize,
    /// Program that owns it.
    owner: &'a Pubkey,
    /// Type and layout version, its first bytes, if it is the program's own.
    mark: Option<[u8; MARK + 1]>,
}

const fn mark<T: Layout>() -> [u8; MARK + 1] {
    let mut mark = [T::VERSION; MARK + 1];
    mark.split_at_mut(MARK).0.copy_from_slice(T::DISCRIMINATOR);
    mark
}

/// Creates accounts for one payer.
pub struct Creator<'a, 'info> {
    /// Signs and pays the rent.
    pub payer: &'a AccountInfo<'info>,
}

impl<'info> Creator<'_, 'info> {
    /// Creates a zeroed account of the program at the address of `seeds` (without bump),
    /// marks its type and layout version, and opens it. Returns the canonical bump with
    /// it; refuses another address (`ConstraintSeeds`), which the log calls `name`.
    pub fn state<'b, T: Layout>(
        &self,
        name: &'static str,
        account: &'b AccountInfo<'info>,
        space: usize,
        seeds: &[&[u8]],
    ) -> Result<(RefMut<'b, T>, u8)> {
        let new = New {
            space,
            owner: &crate::ID,
            mark: Some(const { mark::<T>() }),
        };
        let bump = self.found(name, account, &new, seeds)?;
        let state = account.try_borrow_mut_data()?;
        let size = core::mem::size_of::<T>();
        let state = RefMut::filter_map(state, |data| data.get_mut(MARK..)?.get_mut(..size));
        let state = state.map_err(|_| ErrorCode::AccountDidNotDeserialize)?;
        Ok((RefMut::map(state, bytemuck::from_bytes_mut), bump))
    }

    /// Creates a token account at the address of `seeds` (without bump). Returns the bump.
    #[inline(never)]
    pub fn vault(
        &self,
        name: &'static str,
        account: &AccountInfo<'info>,
        token: &Token<'_, 'info>,
        owner: &Pubkey,
        seeds: &[&[u8]],
    ) -> Result<u8> {
        let new = New {
            space: token.account_space()?,
            owner: token.program.key,
            mark: None,
        };
        let bump = self.found(name, account, &new, seeds)?;
        token.initialize(account, owner)?;
        Ok(bump)
    }

    /// Finds the address, creates the account there, and writes its first bytes.
    #[inline(never)]
    fn found(
        &self,
        name: &'static str,
        account: &AccountInfo<'info>,
        new: &New,
        seeds: &[&[u8]],
    ) -> Result<u8> {
        let bump = derived(name, account, seeds)?;
        let last = [bump];
        let mut signed: [&[u8]; MOST_SEEDS] = [&[]; MOST_SEEDS];
        for (place, seed) in signed.iter_mut().zip(seeds) {
            *place = seed;
        }
        let signed = signed.get_mut(..=seeds.len());
        let signed = signed.ok_or_else(|| refuse(HomeostatError::InvariantViolated))?;
        if let Some(place) = signed.last_mut() {
            *place = &last;
        }
        self.allocate(account, new.space, new.owner, signed)?;
        if let Some(mark) = new.mark {
            let mut data = account.try_borrow_mut_data()?;
            let front = data.first_chunk_mut();
            *front.ok_or_else(|| refuse(ErrorCode::AccountDidNotDeserialize))? = mark;
        }
        Ok(bump)
    }

    /// An address that somebody sent lamports to can still be created: it is funded,
    /// allocated and assigned in steps, which `create_account` would refuse to do.
    #[inline(never)]
    fn allocate(
        &self,
        account: &AccountInfo<'info>,
        space: usize,
        owner: &Pubkey,
        seeds: &[&[u8]],
    ) -> Result<()> {
        let rent = rent_of(space)?;
        let held = account.lamports();
        let space = u64::try_from(space).map_err(|_| ErrorCode::AccountDidNotDeserialize)?;
        let owner = owner.to_bytes();
        if held == 0 {
            let create = CreateAccount {
                instruction: CREATE_ACCOUNT,
                lamports: rent,
                space,
                owner,
            };
            return system(&[payer(self.payer), payer(account)], &create, &[seeds]);
        }
        transfer_lamports(self.payer, account, rent.saturating_sub(held), &[])?;
        let allocate = Amount {
            instruction: ALLOCATE,
            amount: space,
        };
        system(&[payer(account)], &allocate, &[seeds])?;
        let assign = Assign {
            instruction: ASSIGN,
            owner,
        };
        system(&[payer(account)], &assign, &[seeds])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use solana_system_interface::instruction;

    #[test]
    #[allow(deprecated)]
    fn rent_is_what_the_cluster_says() {
        for years in [1.0, 2.0, 0.75, 2.000_244_140_625, 1.0 / 3.0, 1e-9] {
            for lamports_per_byte_year in [0, 1, 348, 3_480, 6_960, 333_333] {
                let rent = Rent {
                    lamports_per_byte_year,
                    exemption_threshold: years,
                    ..Rent::default()
                };
                for space in [0, 1, 165, 7_096, 106_640, 10_485_760] {
                    let (ours, theirs) =
                        (exempt(&rent, space).unwrap(), rent.minimum_balance(space));
                    assert!((theirs..=theirs + 1).contains(&ours), "{rent:?}, {space}");
                    if years.fract() == 0.0 {
                        assert_eq!(ours, theirs, "{rent:?}, {space}");
                    }
                }
            }
        }
    }

    #[test]
    fn instructions_are_those_of_the_system_programs_own_builders() {
        let [from, to, owner]: [Pubkey; 3] = core::array::from_fn(|_| Pubkey::new_unique());
        let (lamports, space) = (0x0102_0304_0506_0708, 0x1112_1314);

        let create = CreateAccount {
            instruction: CREATE_ACCOUNT,
            lamports,
            space,
            owner: owner.to_bytes(),
        };
        let transfer = Amount {
            instruction: TRANSFER,
            amount: lamports,
        };
        let allocate = Amount {
            instruction: ALLOCATE,
            amount: space,
        };
        let assign = Assign {
            instruction: ASSIGN,
            owner: owner.to_bytes(),
        };

        let built = instruction::create_account(&from, &to, lamports, space, &owner);
        assert_eq!(built.data, bytes_of(&create));
        let built = instruction::transfer(&from, &to, lamports);
        assert_eq!(built.data, bytes_of(&transfer));
        assert_eq!(instruction::allocate(&to, space).data, bytes_of(&allocate));
        assert_eq!(instruction::assign(&to, &owner).data, bytes_of(&assign));
    }
}
