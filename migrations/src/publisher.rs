//! Who may upgrade a released program, and whether that is somebody.
//!
//! The loader gives a program's upgrade authority to any address, and asks only the old
//! authority. An address that no key and no program signs for has the program for ever: nobody
//! can upgrade it, and nobody can give it back. The classic way there is a multisig's own account,
//! whose address its web pages show, in the place of its vault, which signs.

use homeostat_chain::squads;
use homeostat_client::Pubkey;
use homeostat_settings::Failure;
use solana_sdk_ids::system_program;

use crate::{
    chain::Chain,
    file::{Keys, Program},
};

/// Who publishes a program: who alone may upgrade what is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publisher {
    /// Nobody: what is released can never change.
    Nobody,
    /// Whoever holds this key.
    Key(Pubkey),
    /// The members of a Squads v4 multisig, through one of its vaults.
    Multisig {
        /// The multisig's own account.
        address: Pubkey,
        /// Which vault.
        vault_index: u8,
    },
}

impl Publisher {
    /// Reads `[publisher]`; nobody when there is none.
    pub(crate) fn read(keys: &Keys<'_>) -> Result<Self, Failure> {
        let known = ["multisig", "vault_index", "key"];
        keys.section
            .refuse_unknown_keys(&known, "[publisher]", None)?;
        let vault_index = keys.whole("vault_index", 0, u8::MAX)?;
        match (keys.text("multisig")?, keys.text("key")?) {
            (Some(_), Some(_)) => Err(keys.wrong(
                "key",
                "stands beside a multisig",
                "keep one of the two: who alone may upgrade the program",
            )),
            (Some(_), None) => Ok(Self::Multisig {
                address: keys.address("multisig")?,
                vault_index: vault_index.unwrap_or(0),
            }),
            (None, _) if vault_index.is_some() => Err(keys.wrong(
                "vault_index",
                "stands alone",
                "add `multisig`, whose vault it is",
            )),
            (None, Some(_)) => {
                let key = keys.address("key")?;
                if key.is_on_curve() {
                    return Ok(Self::Key(key));
                }
                Err(keys.section.wrong(
                    "key",
                    "nobodys_address",
                    "is off the curve: no key signs for it",
                    "where it is a vault, name its multisig (multisig, vault_index) in its place",
                ))
            }
            (None, None) => Ok(Self::Nobody),
        }
    }

    /// The address that signs an upgrade; `None` = none does.
    pub fn authority(&self) -> Option<Pubkey> {
        match self {
            Self::Nobody => None,
            Self::Key(key) => Some(*key),
            Self::Multisig {
                address,
                vault_index,
            } => Some(squads::vault(address, *vault_index)),
        }
    }
}

/// Refuses to let `program.authority` have the program unless it is the vault of the publisher's
/// multisig, which is on the cluster, or a key. Returns who that is, in words.
///
/// # Errors
///
/// `multisig_not_vault`, `no_multisig`, `not_the_publisher`, `nobodys_address`; the cluster's.
pub fn require_holder(chain: &dyn Chain, program: &Program) -> Result<String, Failure> {
    let authority = program.authority;
    let refused = |code, message: String, remedy: &str| {
        Err(Failure::new(code, message).remedy(format!("nothing was sent; {remedy}")))
    };
    if let Some(account) = chain.account(&authority)? {
        if account.owner == squads::PROGRAM {
            return refused(
                "multisig_not_vault",
                format!(
                    "`program.authority` {authority} is an account of Squads itself, which signs \
                     for nothing: with the program in its hands nobody could ever upgrade it"
                ),
                &match chain.multisig(&authority) {
                    Ok(multisig) => format!(
                        "write the vault in its place: vault 0 of this multisig is {}",
                        multisig.vault(0)
                    ),
                    Err(_) => "write the multisig's vault in its place".to_owned(),
                },
            );
        }
        // A wallet, or a vault that has been paid something.
        if account.owner != system_program::ID || !account.data.is_empty() {
            return refused(
                "nobodys_address",
                format!(
                    "`program.authority` {authority} is no wallet and no vault: it is an account \
                     of {}, with {} bytes of data",
                    account.owner,
                    account.data.len()
                ),
                "write the address of the publisher's vault or key",
            );
        }
    }
    match program.publisher {
        Publisher::Multisig {
            address,
            vault_index,
        } => {
            let multisig = chain.multisig(&address)?;
            let vault = multisig.vault(vault_index);
            if vault == authority {
                return Ok(format!(
                    "vault {vault_index} of the multisig {address}, which acts with {} approvals",
                    multisig.threshold
                ));
            }
            let other = (0..=u8::MAX).find(|index| multisig.vault(*index) == authority);
            refused(
                "not_the_publisher",
                format!(
                    "`program.authority` is {authority}, but vault {vault_index} of the \
                     publisher's multisig {address} is {vault}"
                ),
                &match other {
                    Some(index) => format!(
                        "that is its vault {index}: correct `publisher.vault_index` or \
                         `program.authority`"
                    ),
                    None => "compare both with the multisig's page, and correct one".to_owned(),
                },
            )
        }
        Publisher::Key(key) if key != authority => refused(
            "not_the_publisher",
            format!("`program.authority` is {authority}, but the publisher's key is {key}"),
            "correct one of the two",
        ),
        // Only a program signs for an address off the curve, and none is named.
        Publisher::Key(_) | Publisher::Nobody if !authority.is_on_curve() => refused(
            "nobodys_address",
            format!(
                "no key signs for `program.authority` {authority}: it is off the curve, and no \
                 multisig is named whose vault it is"
            ),
            "name the multisig in [publisher] (multisig, vault_index), or write a key's address",
        ),
        Publisher::Key(_) | Publisher::Nobody => Ok("whoever holds that key".to_owned()),
    }
}
