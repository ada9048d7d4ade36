//! One account of an instruction: what the IDL says of it, and what lies at its address.

use anchor_lang::Discriminator;
use anchor_spl::{token, token_2022};
use homeostat::state::Council;
use homeostat_client::{decode::Decode, Economy, Life, PROGRAM_ID};
use homeostat_sandbox::World;
use serde_json::Value;
use solana_account::ReadableAccount;
use solana_instruction::AccountMeta;
use solana_program::{pubkey::Pubkey, sysvar};
use solana_system_interface::program as system_program;

use super::{
    super::{name_of, Interface},
    Case,
};

/// What lies at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing: it has no lamports.
    Absent,
    /// An account of the system program's, such as a wallet.
    System,
    /// State of this program, by its discriminator.
    State([u8; 8]),
    /// A mint of either token program.
    Mint,
    /// A token account of either token program.
    Tokens,
    /// A program.
    Program,
    /// A sysvar, or an account of another program.
    Other,
}

/// Length of a mint without extensions.
const MINT_LENGTH: usize = 82;
/// Where accounts with extensions say what they are, and what a mint says there.
const TYPE_AT: usize = 165;
const TYPE_MINT: u8 = 1;

impl Kind {
    pub(super) async fn at(world: &mut World, key: &Pubkey) -> Self {
        if *key == sysvar::instructions::ID {
            // The runtime writes it into each transaction, so that the bank has none.
            return Self::Other;
        }
        let Some(account) = world.bank.account(key).await else {
            return Self::Absent;
        };
        let (data, owner) = (account.data(), account.owner());
        if account.executable() {
            return Self::Program;
        }
        if *owner == system_program::ID {
            return Self::System;
        }
        if *owner == PROGRAM_ID {
            return Self::State(data[..8].try_into().expect("eight bytes"));
        }
        if *owner != token::ID && *owner != token_2022::ID {
            return Self::Other;
        }
        if data.len() == MINT_LENGTH || data.get(TYPE_AT) == Some(&TYPE_MINT) {
            Self::Mint
        } else {
            Self::Tokens
        }
    }

    /// Whether the program's types tell one from the other. Nothing tells programs and
    /// sysvars apart but their addresses, which are checked first.
    pub(super) fn same_type(self, other: Self) -> bool {
        let wallet = |kind| matches!(kind, Self::Absent | Self::System);
        match self {
            Self::Program | Self::Other => false,
            Self::Absent | Self::System => wallet(other),
            _ => self == other,
        }
    }
}

/// An account of an instruction.
pub(super) struct Slot {
    pub(super) instruction: &'static str,
    pub(super) name: String,
    pub(super) meta: AccountMeta,
    /// What the right account is.
    pub(super) kind: Kind,
    /// It is after the named ones.
    pub(super) remaining: bool,
    /// Its address is derived from other accounts.
    pub(super) derived: bool,
    /// It is derived and does not exist yet.
    pub(super) created: bool,
    /// Its address is the same in every economy.
    pub(super) fixed: bool,
    /// Another account stores its address (`has_one`), or it stores another's.
    pub(super) related: bool,
    /// Some account's address is derived from it.
    pub(super) seed: bool,
    /// The address of an account that is created is derived from it.
    pub(super) seed_of_created: bool,
    /// It may be left out.
    pub(super) optional: bool,
    /// The economy that the instruction acts on is a Draft.
    pub(super) in_draft: bool,
}

/// Accounts that an account's address is derived from, as the IDL tells.
fn seeds(account: &Value) -> Vec<&str> {
    let all = account["pda"]["seeds"].as_array();
    let all = all.into_iter().flatten();
    let paths = all.filter(|seed| seed["kind"] == "account");
    let paths = paths.map(|seed| seed["path"].as_str().expect("a path"));
    paths.collect()
}

/// Accounts that store an account's address, as the IDL tells.
fn relations(account: &Value) -> Vec<&str> {
    let all = account["relations"].as_array().into_iter().flatten();
    all.map(|name| name.as_str().expect("a name")).collect()
}

/// Whether an economy is a Draft; one that is yet to be created is none.
async fn is_draft(world: &mut World, economy: &Pubkey) -> bool {
    let account = world.bank.account(economy).await;
    account.is_some_and(|account| {
        let economy = Economy::decode(account.data()).expect("an economy");
        economy.life == Life::Draft as u8
    })
}

impl Slot {
    /// Every account of an instruction, in order.
    pub(super) async fn all(world: &mut World, interface: &Interface, case: &Case) -> Vec<Self> {
        let metas = &case.instruction.accounts;
        let names = interface.accounts_of(case.name, metas.len());
        let economy = names.iter().position(|name| name == "economy");
        let in_draft = match economy {
            Some(at) => is_draft(world, &metas[at].pubkey).await,
            None => false,
        };
        let mut slots = Vec::new();
        for (meta, name) in metas.iter().zip(names) {
            let account = interface.account(case.name, &name);
            let says = |key: &str| account.is_some_and(|it| it.get(key).is_some());
            let derived = account.is_some_and(|it| !seeds(it).is_empty());
            let optional = says("optional");
            let kind = match name.as_str() {
                // What is left out is read as what it would be.
                "council" if meta.pubkey == PROGRAM_ID => {
                    Kind::State(Council::DISCRIMINATOR.try_into().expect("eight bytes"))
                }
                _ if optional && meta.pubkey == PROGRAM_ID => Kind::Tokens,
                _ => Kind::at(world, &meta.pubkey).await,
            };
            slots.push(Self {
                instruction: case.name,
                meta: meta.clone(),
                kind,
                remaining: account.is_none(),
                derived,
                created: derived && meta.is_writable && kind == Kind::Absent,
                fixed: says("address") || (says("pda") && !derived),
                related: says("relations"),
                seed: false,
                seed_of_created: false,
                optional,
                in_draft,
                name,
            });
        }
        let of_it = |(name, _): &(&str, &Value)| *name == case.name;
        for (_, other) in interface.accounts().filter(of_it) {
            let created = slots
                .iter()
                .any(|slot| slot.created && slot.name == name_of(other));
            for slot in &mut slots {
                let is_seed = seeds(other).contains(&slot.name.as_str());
                slot.seed |= is_seed;
                slot.seed_of_created |= is_seed && created;
                slot.related |= relations(other).contains(&slot.name.as_str());
            }
        }
        slots
    }

    /// Whether it is what events are published through: the program itself.
    pub(super) fn is_callee(&self) -> bool {
        self.name == "program"
    }
}
