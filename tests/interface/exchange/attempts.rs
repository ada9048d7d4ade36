//! The exchanges that an instruction invites, from its accounts and what the IDL says of
//! them.

use anchor_spl::{token, token_2022};
use homeostat_client::PROGRAM_ID;
use homeostat_sandbox::World;
use solana_account::ReadableAccount;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_program::pubkey::Pubkey;
use solana_signer::Signer;

use super::{super::Interface, Case, Exchange};

/// One instruction with one exchange in it.
pub(super) struct Attempt {
    pub(super) exchange: Exchange,
    /// The IDL's name of the account that is exchanged.
    pub(super) account: String,
    /// What is in its place.
    pub(super) with: String,
    pub(super) instruction: Instruction,
    pub(super) signers: Vec<Keypair>,
}

/// Length of an account's discriminator.
const MARK: usize = 8;

/// Collects attempts on one instruction.
struct Builder<'a> {
    case: &'a Case,
    /// Signs every transaction and pays for it, whatever the instruction says.
    payer: Pubkey,
    attempts: Vec<Attempt>,
}

impl Builder<'_> {
    /// Adds the instruction as `change` leaves it; `extra` can sign beside those of the
    /// case.
    fn add(
        &mut self,
        exchange: Exchange,
        account: &str,
        with: impl Into<String>,
        extra: Option<&Keypair>,
        change: impl FnOnce(&mut Instruction),
    ) {
        let mut instruction = self.case.instruction.clone();
        change(&mut instruction);
        let signs = |key: &Keypair| {
            let mut metas = instruction.accounts.iter();
            metas.any(|meta| meta.is_signer && meta.pubkey == key.pubkey())
        };
        let signers = self.case.signers.iter().chain(extra);
        let signers = signers.filter(|key| signs(key));
        self.attempts.push(Attempt {
            exchange,
            account: account.into(),
            with: with.into(),
            signers: signers.map(|key| key.insecure_clone()).collect(),
            instruction,
        });
    }

    fn put(&mut self, exchange: Exchange, slot: usize, account: &str, with: &str, key: Pubkey) {
        self.add(exchange, account, with, None, |instruction| {
            instruction.accounts[slot].pubkey = key;
        });
    }
}

/// An account of the program that begins with another discriminator than `data`.
async fn of_another_type(world: &mut World, data: &[u8]) -> Pubkey {
    let (log, pool) = (world.at.log, world.native_pool());
    let log_data = world.bank.data(&log).await.expect("the log exists");
    if data[..MARK] == log_data[..MARK] {
        pool
    } else {
        log
    }
}

/// Another program than this one, which stands in for it.
fn another_program(key: &Pubkey) -> Pubkey {
    if *key == token::ID {
        token_2022::ID
    } else {
        token::ID
    }
}

/// Exchanges of a slot by what lies at its address.
async fn by_contents(
    world: &mut World,
    builder: &mut Builder<'_>,
    slot: usize,
    name: &str,
    key: &Pubkey,
) {
    let Some(account) = world.bank.account(key).await else {
        return;
    };
    if account.executable() {
        let other = another_program(key);
        builder.put(Exchange::LookAlike, slot, name, "another program", other);
        return;
    }
    if account.owner() == &PROGRAM_ID {
        let other = of_another_type(world, account.data()).await;
        builder.put(Exchange::OtherType, slot, name, "another type", other);
    }
    if !account.data().is_empty() {
        let forged = world.bank.forge(key).await;
        builder.put(Exchange::LookAlike, slot, name, "a look-alike", forged);
    }
}

/// Exchanges of a signer.
fn by_signer(builder: &mut Builder<'_>, slot: usize, name: &str, twin: Option<Keypair>) {
    let (exchange, key) = (
        Exchange::Unsigned,
        builder.case.instruction.accounts[slot].pubkey,
    );
    let stranger = Keypair::new_from_array([99; 32]);
    if key == builder.payer {
        // The payer of the transaction has signed in any case: another's key is named.
        builder.add(exchange, name, "nobody's signature", None, |instruction| {
            let meta = &mut instruction.accounts[slot];
            (meta.pubkey, meta.is_signer) = (stranger.pubkey(), false);
        });
    } else {
        builder.add(exchange, name, "nobody's signature", None, |instruction| {
            for meta in &mut instruction.accounts {
                meta.is_signer &= meta.pubkey != key;
            }
        });
    }
    let others = [Some(stranger), twin].into_iter().flatten();
    for other in others.filter(|other| other.pubkey() != key) {
        let with = if other.pubkey() == Keypair::new_from_array([99; 32]).pubkey() {
            "a stranger"
        } else {
            "who has this role in another economy"
        };
        let exchange = Exchange::OtherSigner;
        builder.add(exchange, name, with, Some(&other), |instruction| {
            instruction.accounts[slot].pubkey = other.pubkey();
        });
    }
}

/// Every exchange of every account of an instruction.
pub(super) async fn attempts(
    world: &mut World,
    interface: &Interface,
    case: &Case,
    twin: Option<&Case>,
) -> Vec<Attempt> {
    let metas = case.instruction.accounts.clone();
    let names = interface.accounts_of(case.name, metas.len());
    let mut builder = Builder {
        case,
        payer: world.bank.payer().pubkey(),
        attempts: Vec::new(),
    };
    let stranger = Keypair::new_from_array([99; 32]).pubkey();
    world.bank.airdrop(&stranger, 10_000_000_000).await;
    for (slot, (meta, name)) in metas.iter().zip(&names).enumerate() {
        let there = twin.and_then(|twin| twin.instruction.accounts.get(slot));
        if meta.is_signer {
            let twin = twin.into_iter().flat_map(|twin| &twin.signers);
            let mut twin = twin.filter(|key| there.is_some_and(|it| it.pubkey == key.pubkey()));
            by_signer(
                &mut builder,
                slot,
                name,
                twin.next().map(Keypair::insecure_clone),
            );
        } else if meta.pubkey != PROGRAM_ID || name == "program" {
            by_contents(world, &mut builder, slot, name, &meta.pubkey).await;
            if let Some(there) = there.filter(|there| there.pubkey != meta.pubkey) {
                let with = "that of another economy";
                builder.put(Exchange::OtherEconomy, slot, name, with, there.pubkey);
            }
        }
        // Whoever pays for the transaction is writable, and so is what another slot of it
        // has written.
        let elsewhere = metas
            .iter()
            .enumerate()
            .any(|(other, it)| other != slot && it.pubkey == meta.pubkey && it.is_writable);
        if meta.is_writable && meta.pubkey != builder.payer && !elsewhere {
            builder.add(Exchange::ReadOnly, name, "itself", None, |instruction| {
                instruction.accounts[slot].is_writable = false;
            });
        }
        for (other, role) in metas.iter().zip(&names) {
            let can_sign = !meta.is_signer || other.is_signer || other.pubkey == builder.payer;
            if other.pubkey != meta.pubkey && can_sign {
                builder.put(Exchange::OtherSlot, slot, name, role, other.pubkey);
            }
        }
    }
    builder.attempts
}
