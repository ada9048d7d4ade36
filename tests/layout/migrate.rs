//! `migrate`, and the layouts that it leads to.
//!
//! `fixtures/economy-0.bin` is an economy that the program wrote before it had caps on the
//! treasury and on burns, with its vaults, pool, meter and two stakers: three periods old,
//! rewards accrued, stake unbonding, fees uncollected. Only its version byte was set, since
//! that layout was never deployed. The amounts in the tests are those that the program of
//! that time went on to pay.

use homeostat::state::layout::{AccountKind, VERSION_AT};
use homeostat_client::{
    decode::{Decode, DecodeError},
    event::Event,
    governance, instruction as ix, Economy, PROGRAM_ID,
};
use homeostat_sandbox::{
    fixture::{self},
    world::TOKEN,
    Wallet, World, WorldSpec,
};
use homeostat_tests::{anchor, assert_sound, attack, unchanged, HomeostatError};
use solana_account::{Account, AccountSharedData, ReadableAccount, WritableAccount};
use solana_program::{pubkey::Pubkey, rent::Rent};
use solana_signer::Signer;
use solana_transaction_error::TransactionError;

/// The economy of the fixture, first of its accounts.
const ECONOMY_0: &[u8] = include_bytes!("../fixtures/economy-0.bin");

/// When it was written (unix seconds).
const WRITTEN_AT: i64 = 1_769_475_600;

/// Where version 1 has new fields, in the account's data, and how long they are.
const NEW: [(usize, usize); 2] = [(1_200, 16), (1_456, 16)];

/// A world whose economy has the layout of version 0, and the people in it.
struct Old {
    world: World,
    staker: Wallet,
    leaver: Wallet,
    payer: Wallet,
}

impl Old {
    async fn new() -> Self {
        // The same steps, so the same addresses; then what was kept in their place.
        let mut world = World::build(&WorldSpec::default()).await;
        let staker = world.staker(1_000_000 * TOKEN).await;
        let leaver = world.staker(300_000 * TOKEN).await;
        let payer = world.wallet(50_000 * TOKEN).await;
        let kept = fixture::read(ECONOMY_0);
        assert_eq!(kept[0].0, world.at.economy);
        fixture::load(&mut world.bank, &kept);
        world.bank.set_time(WRITTEN_AT).await;
        Self {
            world,
            staker,
            leaver,
            payer,
        }
    }

    async fn economy(&mut self) -> AccountSharedData {
        let economy = self.world.at.economy;
        self.world.bank.account(&economy).await.unwrap()
    }

    /// Asserts that `migrate` of `account` is refused with `code` and changes nothing.
    async fn refused(&mut self, what: &str, account: &Pubkey, code: impl Into<u32>) {
        let payer = self.world.bank.payer().pubkey();
        let before = self.world.bank.account(account).await;
        let migrate = ix::migrate(account, &payer);
        attack(&mut self.world, what, &[migrate], &[], code).await;
        assert_eq!(self.world.bank.account(account).await, before, "{what}");
    }

    /// Puts an account onto the bank.
    fn put(&mut self, owner: &Pubkey, data: Vec<u8>) -> Pubkey {
        let address = self.world.bank.fresh_key().pubkey();
        let account = Account {
            lamports: Rent::default().minimum_balance(data.len()),
            owner: *owner,
            data,
            ..Account::default()
        };
        fixture::load(&mut self.world.bank, &[(address, account)]);
        address
    }
}

/// Data of version 1 without its new fields, its version set back.
fn without_new(data: &[u8]) -> Vec<u8> {
    let mut data = data.to_vec();
    for (at, length) in NEW.iter().rev() {
        data.drain(*at..at + length);
    }
    data[VERSION_AT] = 0;
    data
}

#[tokio::test]
async fn m3_an_older_economy_is_migrated_and_pays_what_it_owed() {
    // given an economy of an older layout, and a stranger
    let mut old = Old::new().await;
    let before = old.economy().await;
    let others = old.world.state().await;
    let stranger = old.world.bank.fresh_key();
    let economy = old.world.at.economy;
    let rent = Rent::default();
    old.world.bank.airdrop(&stranger.pubkey(), 10_000_000).await;

    // when the stranger migrates it
    let migrate = ix::migrate(&economy, &stranger.pubkey());
    let bank = &mut old.world.bank;
    let events = bank
        .events(core::slice::from_ref(&migrate), &[&stranger])
        .await;
    let [Event::Migrated(event)] = &events[..] else {
        panic!("one event")
    };
    assert_eq!(event.kind, AccountKind::Economy);
    assert_eq!((event.old_version, event.new_version), (0, 1));
    assert_eq!(event.account, economy);
    old.world.send_as(&stranger, migrate).await.unwrap();

    // then it says what it said, with the caps of a new economy
    let after = old.economy().await;
    assert_eq!(after.data().len(), Economy::SPACE);
    assert!(without_new(after.data()) == before.data());
    let now = old.world.economy().await;
    assert_eq!(
        (now.limits.outflow_cap, now.limits.period_burn_ppm),
        (0, 10_000)
    );
    assert_eq!((now.totals.outflow, now.totals.outflow_at), (0, 0));
    // the stranger paid for what is new
    assert_eq!(after.lamports(), rent.minimum_balance(Economy::SPACE));
    let paid = after.lamports() - before.lamports();
    assert_eq!(paid, rent.minimum_balance(32) - rent.minimum_balance(0));
    let left = old.world.bank.lamports(&stranger.pubkey()).await;
    assert_eq!(left, 10_000_000 - paid);
    // and no other account changed
    let others_after = old.world.state().await;
    unchanged("the others", &others[1..], &others_after[1..]);

    // and everybody gets what the program of that time would have paid
    let Old {
        mut world,
        staker,
        leaver,
        payer,
    } = old;
    let mut gained = Vec::new();
    let mut held = [world.balance(&staker).await, world.balance(&leaver).await];
    world.top_up().await.unwrap();
    world.claim(&staker).await.unwrap();
    gained.push(world.balance(&staker).await - held[0]);
    world.claim(&leaver).await.unwrap();
    gained.push(world.balance(&leaver).await - held[1]);
    let fees = world.meter(0).await.fees.get();
    let recipient = staker.tokens;
    world.pay(&payer, &recipient, 1_234 * TOKEN).await.unwrap();
    assert_eq!(world.meter(0).await.fees.get() - fees, 2_094_098);
    let unlock = world.position(&leaver).await.tickets[0].unlock_at;
    held = [world.balance(&staker).await, world.balance(&leaver).await];
    world.next_period().await.unwrap();
    let later = unlock.max(world.bank.now());
    world.bank.set_time(later).await;
    world.withdraw(&leaver).await.unwrap();
    gained.push(world.balance(&leaver).await - held[1]);
    world.top_up().await.unwrap();
    world.claim(&staker).await.unwrap();
    gained.push(world.balance(&staker).await - held[0]);
    let paid_then = [
        3_811_429_290_828,
        1_142_281_970_116,
        100_000 * TOKEN,
        1_961_796_041_388,
    ];
    assert_eq!(gained, paid_then);
    world.collect(0).await.unwrap();
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn m3_an_older_economy_is_refused_until_it_is_migrated() {
    // given an economy of an older layout, in which everything has something to do
    let Old {
        mut world,
        staker,
        leaver,
        payer,
    } = Old::new().await;
    let (at, program) = (world.at, world.token_program);
    let key = world.bank.payer().pubkey();
    let (native, first) = (world.native_pool(), world.pools[0]);
    // Whatever of it builders want to read.
    let data = world.bank.data(&at.economy).await.unwrap();
    let kept = world.bank.account(&at.economy).await.unwrap();
    world.run(&[ix::migrate(&at.economy, &key)]).await.unwrap();
    let economy = world.economy().await;
    world.bank.set_account(&at.economy, &kept);
    assert_eq!(Economy::decode(&data), Err(DecodeError::OtherVersion));

    // when anything but `migrate` is tried, then it is refused
    let sends = [
        (world.top_up_ix(), None),
        (world.claim_ix(&staker), Some(&staker)),
        (world.stake_ix(&leaver, TOKEN), Some(&leaver)),
        (
            ix::request_unstake(&at.economy, &native, &leaver.pubkey(), TOKEN),
            Some(&leaver),
        ),
        (
            ix::withdraw(&at, &first, &leaver.pubkey(), &leaver.tokens),
            Some(&leaver),
        ),
        (world.pay_ix(&payer, &staker.tokens, TOKEN), Some(&payer)),
        (ix::collect(&at, &program, 0), None),
        (ix::crank(&at, &key, &program, &world.pools, &economy), None),
        (ix::preview(&at, &world.pools, &economy, 0), None),
        (ix::grow_log(&at, &key, 1), None),
        (
            governance::create_council(
                &at,
                &key,
                homeostat_client::CouncilArgs {
                    members: vec![homeostat_sandbox::world::seat(&world.guardian)],
                    threshold: 1,
                    guardian: homeostat_sandbox::world::seat(&world.members[0]),
                    delays: None,
                },
            ),
            None,
        ),
    ];
    for (instruction, signer) in sends {
        let what = format!("{:?}", &instruction.data[..8]);
        let signers: Vec<_> = signer.iter().map(|wallet| &wallet.key).collect();
        let error = homeostat_tests::anchor::ACCOUNT_DISCRIMINATOR_MISMATCH;
        attack(&mut world, &what, &[instruction], &signers, error).await;
    }
}

#[tokio::test]
async fn m3_nothing_is_migrated_twice() {
    let mut old = Old::new().await;
    let (economy, payer) = (old.world.at.economy, old.world.bank.payer().pubkey());
    let migrate = ix::migrate(&economy, &payer);

    // Both in one transaction: neither counts.
    let twice = [migrate.clone(), migrate.clone()];
    let error = HomeostatError::AlreadyCurrent;
    attack(&mut old.world, "twice at once", &twice, &[], error).await;
    assert_eq!(old.economy().await.data()[VERSION_AT], 0);

    old.world.run(&[migrate]).await.unwrap();
    old.refused("twice", &economy, HomeostatError::AlreadyCurrent)
        .await;
    // Nor is what never had another layout.
    let at = old.world.at;
    let position =
        homeostat_client::address::position(&old.world.native_pool(), &old.staker.pubkey());
    for account in [
        at.log,
        at.council,
        at.audit,
        at.meter(0),
        old.world.native_pool(),
        position,
    ] {
        old.refused("current", &account, HomeostatError::AlreadyCurrent)
            .await;
    }
}

#[tokio::test]
async fn m3_versions_that_this_release_does_not_know_are_refused() {
    let mut old = Old::new().await;
    for (_, account) in fixture::read(ECONOMY_0) {
        if account.owner != PROGRAM_ID {
            continue;
        }
        // Newer, so that migrating were a downgrade; and older than anything was.
        for version in [2, 255, 0] {
            let mut data = account.data.clone();
            if version == 0 && data[VERSION_AT] == 0 {
                continue;
            }
            data[VERSION_AT] = version;
            let address = old.put(&PROGRAM_ID, data);
            old.refused("unknown", &address, HomeostatError::UnknownVersion)
                .await;
        }
    }
}

#[tokio::test]
async fn m3_nothing_but_whole_accounts_of_the_program_are_migrated() {
    let mut old = Old::new().await;
    let whole = old.economy().await.data().to_vec();
    let short = u32::from(anchor_lang::error::ErrorCode::AccountDidNotDeserialize);
    for length in [9, 1_199, 1_455, whole.len() - 1] {
        let address = old.put(&PROGRAM_ID, whole[..length].to_vec());
        old.refused("too short", &address, short).await;
    }
    let address = old.put(&PROGRAM_ID, whole[..8].to_vec());
    old.refused("a mark alone", &address, short).await;
    let none = anchor::ACCOUNT_DISCRIMINATOR_MISMATCH;
    for data in [Vec::new(), whole[..7].to_vec(), vec![0; whole.len()]] {
        let address = old.put(&PROGRAM_ID, data);
        old.refused("no account of ours", &address, none).await;
    }
    let mut other = whole.clone();
    other[7] ^= 1;
    let address = old.put(&PROGRAM_ID, other);
    old.refused("another mark", &address, none).await;

    let foreign = anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM;
    let owner = old.world.bank.fresh_key().pubkey();
    let address = old.put(&owner, whole.clone());
    old.refused("another program's", &address, foreign).await;
    let (mint, wallet) = (old.world.at.mint, old.staker.pubkey());
    old.refused("a mint", &mint, foreign).await;
    old.refused("a wallet", &wallet, foreign).await;
}

#[tokio::test]
async fn m3_a_migration_happens_whole_or_not_at_all() {
    let mut old = Old::new().await;
    let economy = old.world.at.economy;

    // Who has nothing cannot pay the rent of what is new.
    let poor = old.world.bank.fresh_key();
    let migrate = ix::migrate(&economy, &poor.pubkey());
    let lacking = 1; // the system program's "insufficient funds"
    let signers = [&poor];
    // `attack` has the first signer pay the fee: give it that.
    old.world.bank.airdrop(&poor.pubkey(), 900_000).await;
    let migrates = [migrate.clone()];
    let what = "a payer without the rent";
    // 222,720 lamports are missing: more than the payer has beside its own rent.
    let before = old.world.state().await;
    let outcome = old.world.bank.send(&migrates, &signers).await;
    let failure = outcome.expect_err(what);
    let short = matches!(
        failure.error,
        Some(TransactionError::InsufficientFundsForRent { .. })
    );
    assert!(short || failure.code() == Some(lacking), "{failure}");
    unchanged(what, &before, &old.world.state().await);

    // A later instruction that fails takes the migration back.
    let payer = old.world.bank.payer().pubkey();
    let early = ix::top_up(&old.world.at, &old.world.at.mint);
    let both = [ix::migrate(&economy, &payer), early];
    let before = old.world.state().await;
    assert!(old.world.bank.send(&both, &[]).await.is_err());
    unchanged("undone", &before, &old.world.state().await);

    // One before it that succeeds makes no difference: migrated and used at once.
    let both = [ix::migrate(&economy, &payer), old.world.top_up_ix()];
    old.world.run(&both).await.unwrap();

    // The payer signs.
    let mut fresh = Old::new().await;
    let victim = fresh.staker.pubkey();
    let unsigned = homeostat_tests::unsigned(ix::migrate(&economy, &victim), &victim);
    let code = anchor::ACCOUNT_NOT_SIGNER;
    attack(&mut fresh.world, "unsigned", &[unsigned], &[], code).await;
    // The account is written.
    let payer = fresh.world.bank.payer().pubkey();
    let fixed = homeostat_tests::read_only(ix::migrate(&economy, &payer), &economy);
    let code = anchor::CONSTRAINT_MUT;
    attack(&mut fresh.world, "read-only", &[fixed], &[], code).await;
}

#[tokio::test]
async fn success_lamports_that_are_there_already_pay_the_rent() {
    let mut old = Old::new().await;
    let economy = old.world.at.economy;
    let mut account = old.economy().await;
    account.set_lamports(account.lamports() + 10_000_000);
    old.world.bank.set_account(&economy, &account);
    let (key, held) = (old.staker.pubkey(), account.lamports());
    old.world.bank.airdrop(&key, 1_000_000).await;
    let signer = old.staker.key.insecure_clone();
    let before = old.world.bank.lamports(&key).await;
    old.world
        .send_as(&signer, ix::migrate(&economy, &key))
        .await
        .unwrap();
    assert_eq!(old.world.bank.lamports(&economy).await, held);
    assert!(old.world.bank.lamports(&key).await >= before - 20_000);
}
