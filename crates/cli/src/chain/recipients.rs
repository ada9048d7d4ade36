//! Addresses that are given tokens or rights, checked before anything is sent: the rule is that of
//! [`homeostat_chain::recipient`].

use homeostat_chain::live::associated;
use homeostat_chain::recipient::{Kind, Recipient};
use homeostat_chain::squads::{self, Multisig};
use homeostat_chain::{Connection, Live};
use homeostat_client::{Action, CouncilArgs, EconomyAddresses, Pubkey, SeatArgs};

use crate::failure::Failure;

/// Says that an address is meant though it is no wallet.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct AllowArgs {
    /// Give to an address that is no wallet of the system program, such as a multisig's vault
    #[arg(long)]
    pub allow_non_system_account_recipient: bool,
}

/// Where it is checked.
pub struct Check<'a> {
    /// The cluster.
    pub connection: &'a Connection,
    /// The economy's addresses.
    pub at: &'a EconomyAddresses,
    /// Whether somebody said that an address is meant though it is no wallet.
    pub allow: AllowArgs,
}

impl Check<'_> {
    /// Refuses an address that is no wallet.
    ///
    /// # Errors
    ///
    /// As [`Recipient::require_wallet`].
    pub fn wallet(&self, address: &Pubkey, what: &str) -> Result<(), Failure> {
        self.recipient(address, what, self.allow.allow_non_system_account_recipient)
    }

    fn recipient(&self, address: &Pubkey, what: &str, allowed: bool) -> Result<(), Failure> {
        Recipient {
            address: *address,
            what,
            allowed,
        }
        .require_wallet(self.connection, Some(self.at))
    }

    /// Refuses a seat that nobody could ever accept: the key has to sign, or the program that the
    /// seat names signs for it.
    ///
    /// # Errors
    ///
    /// `seat_without_via` for an address off the curve without such a program,
    /// `multisig_instead_of_vault` for a multisig of Squads' where its vault is meant; as
    /// [`Recipient::require_wallet`].
    pub fn seat(&self, seat: &SeatArgs, what: &str) -> Result<(), Failure> {
        if seat.via.is_none() && !seat.key.is_on_curve() {
            let account = self.connection.account(&seat.key)?;
            if Kind::of(&seat.key, account.as_ref(), Some(self.at)) == Kind::OffCurve {
                return Err(Failure::new(
                    "seat_without_via",
                    format!("{what} {} is off the curve: no key signs for it", seat.key),
                )
                .remedy(
                    "name the program that signs for it as `via`, such as a multisig's; without \
                     it the seat could never be accepted; nothing was sent",
                ));
            }
        }
        if seat.via == Some(squads::PROGRAM) {
            self.not_the_multisig(&seat.key, what)?;
        }
        self.recipient(&seat.key, what, true)
    }

    /// Refuses a multisig where its vault is meant: the program signs for vaults alone.
    fn not_the_multisig(&self, key: &Pubkey, what: &str) -> Result<(), Failure> {
        let account = self.connection.account(key)?;
        let multisig = account
            .filter(|account| account.owner == squads::PROGRAM)
            .and_then(|account| Multisig::decode(*key, &account.data));
        let Some(multisig) = multisig else {
            return Ok(());
        };
        Err(Failure::new(
            "multisig_instead_of_vault",
            format!("{what} {key} is a multisig itself; Squads signs for its vaults alone"),
        )
        .remedy(format!(
            "name the vault that shall act, the first one is {}; nothing was sent",
            multisig.vault(0)
        )))
    }

    /// The seats of a council that is to be made.
    ///
    /// # Errors
    ///
    /// As [`Check::seat`].
    pub fn council(&self, council: &CouncilArgs) -> Result<(), Failure> {
        for member in &council.members {
            self.seat(member, "the member")?;
        }
        self.seat(&council.guardian, "the guardian")
    }

    /// What actions give to somebody.
    ///
    /// # Errors
    ///
    /// As [`Check::wallet`], [`Check::seat`] and [`Check::treasury`].
    pub fn actions(&self, live: &Live, actions: &[Action]) -> Result<(), Failure> {
        for action in actions {
            match action {
                Action::PayTreasury { to, .. } => self.treasury(live, to)?,
                Action::Retire {
                    successor: Some(key),
                } => self.wallet(key, "the successor")?,
                Action::AddMember { seat, .. } => self.seat(seat, "the member")?,
                Action::Guardian { seat, .. } => self.seat(seat, "the guardian")?,
                Action::Advisor { seat, .. } => self.seat(seat, "the advisor")?,
                _ => {}
            }
        }
        Ok(())
    }

    /// The recipient of a treasury payment, which is a token account that somebody owns.
    ///
    /// # Errors
    ///
    /// `not_a_token_account` with the address of the one that is meant; as [`Check::wallet`] for
    /// its owner.
    fn treasury(&self, live: &Live, to: &Pubkey) -> Result<(), Failure> {
        let account = self.connection.account(to)?;
        match Kind::of(to, account.as_ref(), Some(self.at)) {
            Kind::TokenAccount { owner, mint } if mint == self.at.mint => {
                self.wallet(&owner, "the owner of the recipient")
            }
            Kind::TokenAccount { mint, .. } => Err(Failure::new(
                "not_a_token_account",
                format!("{to} is a token account of another token, {mint}"),
            )
            .remedy(format!(
                "name one of the economy's token {}; nothing was sent",
                self.at.mint
            ))),
            Kind::Wallet | Kind::OffCurve => {
                let tokens = associated(to, &self.at.mint, &live.token_program());
                let there = self.connection.account(&tokens)?.is_some();
                Err(Failure::new(
                    "not_a_token_account",
                    format!("the treasury pays token accounts, and {to} is none"),
                )
                .remedy(if there {
                    format!("write to = \"{tokens}\", its account for this token")
                } else {
                    format!(
                        "create its account for this token, {tokens} (`spl-token create-account \
                         {} --owner {to}`), and write that address",
                        self.at.mint
                    )
                }))
            }
            _ => self.wallet(to, "the recipient"),
        }
    }
}
