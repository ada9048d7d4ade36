//! Whether an address can be given tokens or rights: a wallet, that is an address of the system
//! program's that a key signs for. What is given to a token account, a mint, a program or an
//! account of the economy is lost, because nobody can sign for it.
//!
//! The rule is that of `spl-token transfer`: what is no wallet is refused without a flag. Where
//! nobody can ever sign, no flag helps.

use anchor_spl::{token, token_2022};
use homeostat_client::{EconomyAddresses, Pubkey, PROGRAM_ID};
use solana_account::Account;

use crate::{connection::Connection, live::associated};
use homeostat_settings::failure::Failure;

/// The flag by which somebody says that an address is meant though it is no wallet; the name is
/// that of `spl-token`.
pub const FLAG: &str = "--allow-non-system-account-recipient";

/// What is at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A wallet: nothing yet, or lamports, and a key can sign for it.
    Wallet,
    /// A token account.
    TokenAccount {
        /// Whose tokens it holds.
        owner: Pubkey,
        /// Of which token.
        mint: Pubkey,
    },
    /// A mint.
    Mint,
    /// A program.
    Program,
    /// An account of Homeostat, or an address that it signs for.
    Homeostat,
    /// Off the curve: no key signs for it, at most a program does, as for a multisig's vault.
    OffCurve,
    /// An account with the data of another program.
    Owned {
        /// The program.
        by: Pubkey,
    },
}

impl Kind {
    /// What is at `address`, where `account` is. `at` are the addresses of the economy that is
    /// meant, if one is.
    pub fn of(address: &Pubkey, account: Option<&Account>, at: Option<&EconomyAddresses>) -> Self {
        let own = |at: &EconomyAddresses| {
            [
                at.economy,
                at.authority,
                at.reward_vault,
                at.treasury_vault,
                at.keeper_vault,
                at.log,
                at.council,
                at.audit,
            ]
            .contains(address)
        };
        if at.is_some_and(own) || account.is_some_and(|account| account.owner == PROGRAM_ID) {
            return Self::Homeostat;
        }
        let off_curve = !address.is_on_curve();
        let Some(account) = account else {
            return if off_curve {
                Self::OffCurve
            } else {
                Self::Wallet
            };
        };
        if account.executable || *address == PROGRAM_ID {
            return Self::Program;
        }
        if [token::ID, token_2022::ID].contains(&account.owner) {
            return match token_account(&account.data) {
                Some((owner, mint)) => Self::TokenAccount { owner, mint },
                None => Self::Mint,
            };
        }
        if account.owner != solana_sdk_ids::system_program::ID || !account.data.is_empty() {
            return Self::Owned { by: account.owner };
        }
        if off_curve {
            Self::OffCurve
        } else {
            Self::Wallet
        }
    }

    /// Whether somebody may be able to sign for it, so that a flag allows it.
    const fn may_be_meant(self) -> bool {
        matches!(self, Self::Wallet | Self::OffCurve | Self::Owned { .. })
    }
}

/// Owner and mint of a token account; none for a mint. Both programs have them at the same place,
/// and Token-2022 marks what has extensions behind the 165 bytes.
fn token_account(data: &[u8]) -> Option<(Pubkey, Pubkey)> {
    const ACCOUNT: u8 = 2;
    let kind = data.get(165);
    if data.len() < 165 || kind.is_some_and(|kind| *kind != ACCOUNT) {
        return None;
    }
    let key = |from: usize| Pubkey::try_from(data.get(from..from + 32)?).ok();
    Some((key(32)?, key(0)?))
}

/// Who is given something, and by which command.
pub struct Recipient<'a> {
    /// The address.
    pub address: Pubkey,
    /// What it is given as: "the recipient", "the sponsor".
    pub what: &'a str,
    /// Whether somebody said that it is meant though it is no wallet.
    pub allowed: bool,
}

impl Recipient<'_> {
    /// Refuses what is no wallet (`recipient_is_token_account`, `recipient_is_mint`,
    /// `recipient_is_program`, `recipient_is_economy`, `recipient_off_curve`,
    /// `recipient_not_wallet`).
    ///
    /// # Errors
    ///
    /// These, and the server's.
    pub fn require_wallet(
        &self,
        connection: &Connection,
        at: Option<&EconomyAddresses>,
    ) -> Result<(), Failure> {
        let account = connection.account(&self.address)?;
        let kind = Kind::of(&self.address, account.as_ref(), at);
        if kind == Kind::Wallet || (self.allowed && kind.may_be_meant()) {
            return Ok(());
        }
        if let Kind::TokenAccount { owner, mint } = kind {
            let above = connection.account(&owner)?;
            let is_wallet = Kind::of(&owner, above.as_ref(), at) == Kind::Wallet;
            let program = account.map(|account| account.owner).unwrap_or_default();
            return Err(self.token_account(&owner, is_wallet, &mint, &program, at));
        }
        Err(self.refused(kind))
    }

    fn refused(&self, kind: Kind) -> Failure {
        let Self { address, what, .. } = self;
        let name = "name the wallet of whoever is meant";
        let (code, is, remedy) = match kind {
            Kind::Mint => (
                "recipient_is_mint",
                "is a mint, which nobody signs for".to_owned(),
                format!("{name}; nothing was sent"),
            ),
            Kind::Program => (
                "recipient_is_program",
                "is a program, which nobody signs for".to_owned(),
                format!("{name}; nothing was sent"),
            ),
            Kind::Homeostat => (
                "recipient_is_economy",
                "is an account of an economy, which gives nothing back".to_owned(),
                format!(
                    "{name}; `homeostat fund` puts tokens into the rewards, `homeostat collect` \
                     moves fees to the treasury; nothing was sent"
                ),
            ),
            Kind::Owned { by } => (
                "recipient_not_wallet",
                format!("belongs to the program {by}, not to the system program"),
                format!("{name}, or add {FLAG} if that program can sign for it; nothing was sent"),
            ),
            Kind::OffCurve | Kind::Wallet | Kind::TokenAccount { .. } => (
                "recipient_off_curve",
                "is off the curve: no key signs for it".to_owned(),
                format!(
                    "{name}, or add {FLAG} if a program signs for it, as for a multisig's vault; \
                     nothing was sent"
                ),
            ),
        };
        Failure::new(code, format!("{what} {address} {is}")).remedy(remedy)
    }

    /// The refusal of a token account, with its owner's address.
    fn token_account(
        &self,
        owner: &Pubkey,
        is_wallet: bool,
        mint: &Pubkey,
        program: &Pubkey,
        at: Option<&EconomyAddresses>,
    ) -> Failure {
        let Self { address, what, .. } = self;
        let same = at.is_some_and(|at| at.mint == *mint);
        let of = match at {
            Some(_) if same => "of this token".to_owned(),
            _ => format!("of the token {mint}"),
        };
        let remedy = if !is_wallet {
            format!("its owner {owner} is no wallet either; ask for the address of a wallet")
        } else if same && *address == associated(owner, mint, program) {
            format!("name its owner, the wallet {owner}: the tokens arrive in this very account")
        } else {
            format!("if its owner is meant, name the wallet {owner}")
        };
        Failure::new(
            "recipient_is_token_account",
            format!("{what} {address} is a token account {of}, not a wallet"),
        )
        .remedy(format!("{remedy}; nothing was sent"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(owner: Pubkey, data: Vec<u8>) -> Account {
        Account {
            lamports: 1,
            data,
            owner,
            ..Account::default()
        }
    }

    /// On the curve: the address of a key.
    fn wallet() -> Pubkey {
        use solana_signer::Signer;
        solana_keypair::Keypair::new().pubkey()
    }

    fn off_curve() -> Pubkey {
        Pubkey::find_program_address(&[b"vault"], &PROGRAM_ID).0
    }

    #[test]
    fn what_is_at_an_address_is_told() {
        let system = solana_sdk_ids::system_program::ID;
        let stake = solana_sdk_ids::stake::ID;
        let (owner, mint) = (wallet(), wallet());
        let mut tokens = vec![0; 165];
        tokens[..32].copy_from_slice(mint.as_ref());
        tokens[32..64].copy_from_slice(owner.as_ref());
        let mut extended = tokens.clone();
        extended.extend([2, 0, 0]);
        // A mint with extensions is padded to the length of a token account.
        let mut extended_mint = vec![0; 165];
        extended_mint.extend([1, 0, 0]);
        let is_tokens = Kind::TokenAccount { owner, mint };
        let program = Account {
            executable: true,
            ..account(solana_sdk_ids::bpf_loader_upgradeable::ID, vec![0; 36])
        };
        let cases: Vec<(Pubkey, Option<Account>, Kind)> = vec![
            (wallet(), None, Kind::Wallet),
            (wallet(), Some(account(system, vec![])), Kind::Wallet),
            (
                wallet(),
                Some(account(token::ID, tokens.clone())),
                is_tokens,
            ),
            (wallet(), Some(account(token_2022::ID, extended)), is_tokens),
            (off_curve(), Some(account(token::ID, tokens)), is_tokens),
            (wallet(), Some(account(token::ID, vec![0; 82])), Kind::Mint),
            (
                wallet(),
                Some(account(token_2022::ID, extended_mint)),
                Kind::Mint,
            ),
            (wallet(), Some(program), Kind::Program),
            (
                wallet(),
                Some(account(PROGRAM_ID, vec![1])),
                Kind::Homeostat,
            ),
            (off_curve(), None, Kind::OffCurve),
            (off_curve(), Some(account(system, vec![])), Kind::OffCurve),
            // A nonce account has data: its lamports are not all that it is for.
            (
                wallet(),
                Some(account(system, vec![0; 80])),
                Kind::Owned { by: system },
            ),
            (
                wallet(),
                Some(account(stake, vec![0; 200])),
                Kind::Owned { by: stake },
            ),
        ];
        for (row, (address, account, kind)) in cases.into_iter().enumerate() {
            assert_eq!(
                Kind::of(&address, account.as_ref(), None),
                kind,
                "row {row}"
            );
        }
    }

    #[test]
    fn every_address_of_the_economy_is_its_own_before_it_has_an_account() {
        let at = EconomyAddresses::new(&wallet(), &wallet());
        for address in [
            at.economy,
            at.authority,
            at.keeper_vault,
            at.council,
            at.audit,
            at.log,
        ] {
            assert_eq!(Kind::of(&address, None, Some(&at)), Kind::Homeostat);
            assert!(!Kind::Homeostat.may_be_meant());
        }
    }
}
