//! Three defects of Anchor 1.2.0 that its release 1.2.2 mended, and that this program must
//! not have: an account that is closed into itself, data that is written after the account
//! has another owner, and `init` of an address that holds lamports already.

use std::collections::BTreeSet;

use homeostat_client::{Ballot, Economy, Pool, Position, Proposal, Section, PROGRAM_ID};
use homeostat_sandbox::World;
use homeostat_tests::{anchor, attack, attack_ends_with};
use solana_account::{AccountSharedData, ReadableAccount};
use solana_instruction::{error::InstructionError, AccountMeta};
use solana_program::{pubkey::Pubkey, rent::Rent};
use solana_signer::Signer;
use solana_system_interface::{instruction::transfer, program as system_program};

use super::{
    stage::{walk, Case},
    Interface,
};

/// Instructions that close an account of the program: what they close, and who gets the
/// rent.
const CLOSING: [(&str, &str, &str); 6] = [
    ("close", "economy", "creator"),
    ("close_ballot", "ballot", "payer"),
    ("close_pool", "pool", "payer"),
    ("close_position", "position", "payer"),
    ("close_proposal", "proposal", "payer"),
    ("dissolve", "economy", "creator"),
];

/// Instructions that create accounts.
const CREATING: [&str; 8] = [
    "cast_ballot",
    "create_council",
    "create_economy",
    "create_feed",
    "create_meter",
    "create_pool",
    "open_position",
    "propose",
];

/// Fee of a transaction (lamports a signature).
const FEE: u64 = 5_000;

/// A case whose accounts are found by their names in the IDL.
struct Named<'a> {
    case: &'a Case,
    names: Vec<String>,
}

impl<'a> Named<'a> {
    fn new(interface: &Interface, case: &'a Case) -> Self {
        let names = interface.accounts_of(case.name, case.instruction.accounts.len());
        Self { case, names }
    }

    /// Place of an account among those of the instruction.
    fn place(&self, name: &str) -> usize {
        let place = self.names.iter().position(|known| known == name);
        place.unwrap_or_else(|| panic!("{} has no {name}", self.case.name))
    }

    fn key(&self, name: &str) -> Pubkey {
        self.case.instruction.accounts[self.place(name)].pubkey
    }
}

/// What an instruction closes and who gets the rent, if it closes anything.
fn closing(case: &Case) -> Option<(&'static str, &'static str)> {
    let row = CLOSING.iter().find(|(name, ..)| *name == case.name)?;
    Some((row.1, row.2))
}

/// Makes the account that an instruction closes name itself as who gets the rent.
async fn name_itself(world: &mut World, instruction: &str, key: &Pubkey) {
    let bank = &mut world.bank;
    match instruction {
        "close" | "dissolve" => bank.edit(key, |it: &mut Economy| it.creator = *key).await,
        "close_ballot" => bank.edit(key, |it: &mut Ballot| it.payer = *key).await,
        "close_pool" => bank.edit(key, |it: &mut Pool| it.payer = *key).await,
        "close_position" => bank.edit(key, |it: &mut Position| it.payer = *key).await,
        "close_proposal" => bank.edit(key, |it: &mut Proposal| it.payer = *key).await,
        other => panic!("{other} closes nothing"),
    }
}

#[tokio::test]
async fn m8_no_account_is_closed_into_itself() {
    let interface = Interface::read();
    let mut tried = 0;
    walk(Section::Emission, false, async |world, case, _| {
        if let Some((closed, rent_to)) = closing(case) {
            let named = Named::new(&interface, case);
            let key = named.key(closed);
            let mut itself = case.instruction.clone();
            // A derived address cannot sign, so that it is no creator in any case.
            itself.accounts[named.place(rent_to)] = AccountMeta::new(key, false);
            let signs = case.name == "close";
            let honest = world.bank.account(&key).await.expect("it is there");

            // given an account that names somebody else, and one that names itself
            for forged in [false, true] {
                if forged {
                    name_itself(world, case.name, &key).await;
                }
                let before = world.bank.account(&key).await;

                // when its rent is sent to itself, then nothing happens
                let code = match (signs, forged) {
                    (true, _) => anchor::ACCOUNT_NOT_SIGNER,
                    (false, false) => anchor::CONSTRAINT_HAS_ONE,
                    (false, true) => anchor::CONSTRAINT_CLOSE,
                };
                let what = format!("{} into itself, forged: {forged}", case.name);
                let sent = core::slice::from_ref(&itself);
                attack(world, &what, sent, &case.signers(), code).await;
                assert_eq!(world.bank.account(&key).await, before, "{what}");
            }
            world.bank.set_account(&key, &honest);
            tried += 1;
        }
        case.send(world).await;
    })
    .await;
    assert_eq!(tried, CLOSING.len());
}

/// A creator that signs can be none of the Draft's accounts, because nobody has the key of a
/// derived address. Even if it could be, nothing would be closed into itself: where an
/// attribute closes the account Anchor refuses, and where the handler does, the runtime,
/// which misses the lamports.
#[tokio::test]
async fn m8_no_part_of_a_draft_is_closed_into_itself_by_its_own_signature() {
    let interface = Interface::read();
    let mut tried = 0;
    let closed = InstructionError::Custom(anchor::CONSTRAINT_CLOSE);
    let parts = [
        ("economy", closed.clone()),
        ("log", closed),
        ("feed", InstructionError::UnbalancedInstruction),
    ];
    walk(Section::Emission, false, async |world, case, _| {
        if case.name == "close" {
            let named = Named::new(&interface, case);
            let economy = named.key("economy");
            let honest = world.bank.account(&economy).await.expect("it is there");
            for (part, error) in &parts {
                // given a Draft whose creator's own address is one of its parts
                let creator = world.bank.fresh_key();
                let key = creator.pubkey();
                let tokens = world.bank.create_tokens(&named.key("mint"), &key).await;
                let edit = |economy: &mut Economy| {
                    economy.creator = key;
                    match *part {
                        "log" => economy.log = key,
                        "feed" => (economy.feeds[0], economy.feed_count) = (key, 1),
                        _ => (),
                    }
                };
                world.bank.edit(&economy, edit).await;
                let mut close = case.instruction.clone();
                let like = if *part == "feed" {
                    close.accounts.push(AccountMeta::new(key, false));
                    world.at.feed(0)
                } else {
                    close.accounts[named.place(part)].pubkey = key;
                    named.key(part)
                };
                let forged = world.bank.account(&like).await.expect("it is there");
                world.bank.set_account(&key, &forged);
                close.accounts[named.place("creator")].pubkey = key;
                close.accounts[named.place("creator_tokens")].pubkey = tokens;

                // when it is closed, then nothing happens
                let what = format!("a creator that is the {part}");
                let sent = core::slice::from_ref(&close);
                attack_ends_with(world, &what, sent, &[&creator], error).await;
                assert_eq!(world.bank.account(&key).await, Some(forged), "{what}");
                world.bank.set_account(&economy, &honest);
                tried += 1;
            }
        }
        case.send(world).await;
    })
    .await;
    assert_eq!(tried, parts.len());
}

/// The accounts that an instruction writes and that are there, and who owns them.
async fn owners(world: &mut World, case: &Case) -> Vec<(Pubkey, Pubkey)> {
    let mut owners = Vec::new();
    for meta in case.instruction.accounts.iter().filter(|it| it.is_writable) {
        if let Some(account) = world.bank.account(&meta.pubkey).await {
            owners.push((meta.pubkey, *account.owner()));
        }
    }
    owners
}

#[tokio::test]
async fn m8_a_closed_account_is_gone_and_no_other_changes_its_owner() {
    const SENT_BACK: u64 = 10_000_000;
    let interface = Interface::read();
    let mut closers = BTreeSet::new();
    walk(Section::Emission, false, async |world, case, _| {
        let before = owners(world, case).await;
        let mut revived = None;
        if let Some((closed, _)) = closing(case) {
            // given lamports that are sent back in the transaction that closes the account
            let key = Named::new(&interface, case).key(closed);
            let payer = world.bank.payer().pubkey();
            let close = case.instruction.clone();
            let back = transfer(&payer, &key, SENT_BACK);

            // when it is closed a second time, then it is an account of the program no more
            let twice = [close.clone(), back.clone(), close.clone()];
            let what = format!("{} twice", case.name);
            let code = anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM;
            attack(world, &what, &twice, &case.signers(), code).await;

            // when it is closed once, then only what was sent back is there
            let sent = world.bank.send(&[close, back], &case.signers()).await;
            sent.unwrap_or_else(|failure| panic!("{}: {failure}", case.name));
            let left = world.bank.account(&key).await;
            let left = left.expect("lamports were sent to it");
            assert_eq!(left.lamports(), SENT_BACK, "{}", case.name);
            assert_eq!(left.owner(), &system_program::ID, "{}", case.name);
            assert!(left.data().is_empty(), "{}", case.name);
            revived = Some(key);
        } else {
            case.send(world).await;
        }

        // then every other account is whose it was, or gone
        for (key, owner) in before {
            match world.bank.account(&key).await {
                Some(_) if revived == Some(key) => {
                    closers.insert(case.name);
                }
                Some(account) => {
                    assert_eq!(*account.owner(), owner, "{}: {key}", case.name);
                    let emptied = owner == PROGRAM_ID && account.data().is_empty();
                    assert!(!emptied, "{}: {key}", case.name);
                }
                None if owner == PROGRAM_ID => {
                    closers.insert(case.name);
                }
                None => (),
            }
        }
    })
    .await;
    let known = BTreeSet::from(CLOSING.map(|(name, ..)| name));
    assert_eq!(closers, known, "instructions that close an account");
}

/// Every account is created where `ahead` lamports lie already. They count towards its
/// rent; the payer pays what is missing, and takes nothing of what is too much.
async fn created_with(ahead: u64) {
    let interface = Interface::read();
    let mut creators = BTreeSet::new();
    walk(Section::Emission, false, async |world, case, _| {
        // given lamports at every address that does not exist yet and is derived
        let named = Named::new(&interface, case);
        let mut created = Vec::new();
        for (meta, name) in case.instruction.accounts.iter().zip(&named.names) {
            let there = world.bank.account(&meta.pubkey).await.is_some();
            if meta.is_writable && !there && interface.is_derived(case.name, name) {
                let lamports = AccountSharedData::new(ahead, 0, &system_program::ID);
                world.bank.set_account(&meta.pubkey, &lamports);
                created.push((meta.pubkey, name.as_str()));
            }
        }
        let payer = world.bank.payer();
        let before = world.bank.lamports(&payer.pubkey()).await;

        // when the instruction is sent, then it succeeds
        case.send(world).await;

        // then the accounts are the program's or its vaults, and hold at least their rent
        let mut missing = 0;
        for (key, name) in &created {
            let what = format!("{}: {name}", case.name);
            let account = world.bank.account(key).await.expect("it was created");
            let owner = if name.ends_with("vault") {
                named.key("token_program")
            } else {
                PROGRAM_ID
            };
            assert_eq!(*account.owner(), owner, "{what}");
            let rent = Rent::default().minimum_balance(account.data().len());
            assert_eq!(account.lamports(), rent.max(ahead), "{what}");
            missing += rent.saturating_sub(ahead);
        }
        if !created.is_empty() {
            // then the payer paid what was missing, and the fee
            let others = case.signers.iter();
            let others = others.filter(|key| key.pubkey() != payer.pubkey()).count();
            let fee = FEE * (1 + others as u64);
            let after = world.bank.lamports(&payer.pubkey()).await;
            assert_eq!(before - after, missing + fee, "{}", case.name);
            creators.insert(case.name);
        }
    })
    .await;
    assert_eq!(creators, BTreeSet::from(CREATING));
}

#[tokio::test]
async fn i2_a_lamport_sent_ahead_stops_no_creation() {
    created_with(1).await;
}

#[tokio::test]
async fn i2_more_than_the_rent_sent_ahead_stops_no_creation() {
    created_with(1_000_000_000).await;
}
