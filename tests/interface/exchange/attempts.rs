//! The exchanges that an instruction invites, from its accounts and what the IDL says of
//! them.

use anchor_spl::{token, token_2022};
use homeostat_client::PROGRAM_ID;
use homeostat_sandbox::{Bank, World};
use solana_account::ReadableAccount;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_program::pubkey::Pubkey;
use solana_signer::Signer;

use super::{
    super::Interface,
    expected::{expected, Given, Outcome},
    slot::{Kind, Slot},
    Case, Exchange,
};

/// One instruction with one exchange in it.
pub(super) struct Attempt {
    pub(super) exchange: Exchange,
    /// The IDL's name of the account that is exchanged.
    pub(super) account: String,
    /// What is in its place.
    pub(super) with: String,
    pub(super) instruction: Instruction,
    pub(super) signers: Vec<Keypair>,
    /// What it must end with, and the exception that says so.
    pub(super) expected: (Outcome, Option<usize>),
    /// It can only be tried on the ELF: a call that the runtime refuses, and with it the
    /// instruction, makes a program that runs natively panic.
    pub(super) only_on_elf: bool,
}

/// Length of an account's discriminator.
const MARK: usize = 8;

/// What is put into a place.
struct With<'a> {
    name: &'a str,
    key: Pubkey,
    kind: Kind,
    /// The instruction writes it in its own place.
    written: bool,
}

impl<'a> With<'a> {
    /// An account that the instruction does not know.
    fn new(name: &'a str, key: Pubkey, kind: Kind) -> Self {
        let written = false;
        Self {
            name,
            key,
            kind,
            written,
        }
    }
}

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
        slot: &Slot,
        with: &With<'_>,
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
        // The call that publishes the event, or creates the account, is the runtime's to
        // refuse.
        let still_called = instruction
            .accounts
            .iter()
            .any(|it| it.pubkey == PROGRAM_ID);
        let refused_by_runtime =
            (slot.is_callee() && !still_called) || (slot.created && exchange == Exchange::ReadOnly);
        let given = Given {
            kind: with.kind,
            both_written: with.written && slot.meta.is_writable,
            still_called,
        };
        self.attempts.push(Attempt {
            exchange,
            account: slot.name.clone(),
            with: with.name.into(),
            signers: signers.map(|key| key.insecure_clone()).collect(),
            instruction,
            expected: expected(exchange, slot, &given),
            only_on_elf: refused_by_runtime && !Bank::runs_elf(),
        });
    }

    /// Puts another account into the place at `at`.
    fn put(&mut self, exchange: Exchange, at: usize, slot: &Slot, with: &With<'_>) {
        self.add(exchange, slot, with, None, |instruction| {
            instruction.accounts[at].pubkey = with.key;
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

/// A key that has nothing to do with any economy.
fn stranger() -> Keypair {
    Keypair::new_from_array([99; 32])
}

/// Exchanges of an account by what lies at its address.
async fn by_contents(world: &mut World, builder: &mut Builder<'_>, at: usize, slot: &Slot) {
    let key = slot.meta.pubkey;
    let Some(account) = world.bank.account(&key).await else {
        return;
    };
    if account.executable() {
        let other = With::new("another program", another_program(&key), Kind::Program);
        builder.put(Exchange::LookAlike, at, slot, &other);
        return;
    }
    if account.owner() == &PROGRAM_ID {
        let other = of_another_type(world, account.data()).await;
        let other = With::new("another type", other, Kind::at(world, &other).await);
        builder.put(Exchange::OtherType, at, slot, &other);
    }
    if !account.data().is_empty() {
        let forged = world.bank.forge(&key).await;
        let forged = With::new("a look-alike", forged, Kind::Other);
        builder.put(Exchange::LookAlike, at, slot, &forged);
        let empty = With::new("lamports alone", stranger().pubkey(), Kind::System);
        builder.put(Exchange::Emptied, at, slot, &empty);
    }
}

/// Exchanges of a signer; `twin` has its role in another economy.
fn by_signer(builder: &mut Builder<'_>, at: usize, slot: &Slot, twin: Option<Keypair>) {
    let key = slot.meta.pubkey;
    let nobody = With::new("nobody's signature", stranger().pubkey(), Kind::System);
    let is_payer = key == builder.payer;
    builder.add(Exchange::Unsigned, slot, &nobody, None, |instruction| {
        if is_payer {
            // The payer of the transaction has signed in any case: another's key is named.
            let meta = &mut instruction.accounts[at];
            (meta.pubkey, meta.is_signer) = (nobody.key, false);
        }
        for meta in &mut instruction.accounts {
            meta.is_signer &= is_payer || meta.pubkey != key;
        }
    });
    let others = [
        Some(("a stranger", stranger())),
        twin.map(|twin| ("who has this role in another economy", twin)),
    ];
    for (name, other) in others.into_iter().flatten() {
        if other.pubkey() != key {
            let with = With::new(name, other.pubkey(), Kind::System);
            builder.add(
                Exchange::OtherSigner,
                slot,
                &with,
                Some(&other),
                |instruction| {
                    instruction.accounts[at].pubkey = with.key;
                },
            );
        }
    }
}

/// An account in the place of every other one, where it then stands twice.
fn by_slot(builder: &mut Builder<'_>, at: usize, slots: &[Slot]) {
    let slot = &slots[at];
    for other in slots {
        let key = other.meta.pubkey;
        // Without the signature that the place asks for there is no such transaction.
        let can_sign = !slot.meta.is_signer || other.meta.is_signer || key == builder.payer;
        if key == slot.meta.pubkey || !can_sign {
            continue;
        }
        // The program's own address means that an optional account is left out.
        let kind = if key == PROGRAM_ID {
            Kind::Program
        } else {
            other.kind
        };
        let exchange = if slot.optional && key == PROGRAM_ID {
            Exchange::LeftOut
        } else if slot.kind.same_type(kind) {
            Exchange::Doubled
        } else {
            Exchange::OtherSlot
        };
        let written = other.meta.is_writable;
        let with = With {
            written,
            ..With::new(&other.name, key, kind)
        };
        builder.put(exchange, at, slot, &with);
    }
}

/// Every exchange of every account of an instruction.
pub(super) async fn attempts(
    world: &mut World,
    interface: &Interface,
    case: &Case,
    twin: Option<&Case>,
) -> Vec<Attempt> {
    let slots = Slot::all(world, interface, case).await;
    let mut builder = Builder {
        case,
        payer: world.bank.payer().pubkey(),
        attempts: Vec::new(),
    };
    world
        .bank
        .airdrop(&stranger().pubkey(), 10_000_000_000)
        .await;
    for (at, slot) in slots.iter().enumerate() {
        let key = slot.meta.pubkey;
        let there = twin.and_then(|twin| twin.instruction.accounts.get(at));
        if slot.meta.is_signer {
            let twin = twin.into_iter().flat_map(|twin| &twin.signers);
            let mut twin = twin.filter(|key| there.is_some_and(|it| it.pubkey == key.pubkey()));
            let twin = twin.next().map(Keypair::insecure_clone);
            by_signer(&mut builder, at, slot, twin);
        } else if key != PROGRAM_ID || slot.is_callee() {
            by_contents(world, &mut builder, at, slot).await;
            if let Some(there) = there.filter(|there| there.pubkey != key) {
                let with = With::new("that of another economy", there.pubkey, slot.kind);
                builder.put(Exchange::OtherEconomy, at, slot, &with);
            }
        }
        // Whoever pays for the transaction is writable, and so is what another place of it
        // has written.
        let mut others = slots.iter().enumerate().filter(|(other, _)| *other != at);
        let elsewhere = others.any(|(_, it)| it.meta.pubkey == key && it.meta.is_writable);
        if slot.meta.is_writable && key != builder.payer && !elsewhere {
            let itself = With::new("itself", key, slot.kind);
            builder.add(Exchange::ReadOnly, slot, &itself, None, |instruction| {
                instruction.accounts[at].is_writable = false;
            });
        }
        by_slot(&mut builder, at, &slots);
    }
    builder.attempts
}
