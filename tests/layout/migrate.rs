//! `migrate`, and the layouts that it leads to.
//!
//! `fixtures/economy-0.bin` is an economy that the program wrote before it had caps on the
//! treasury and on burns, with its vaults, pool, meter and two stakers: three periods old,
//! rewards accrued, stake unbonding, fees uncollected. Only its version byte was set, since
//! that layout was never deployed. The amounts in the tests are those that the program of
//! that time went on to pay.

use homeostat::state::{
    economy::Outflow,
    layout::{AccountKind, VERSION_AT},
};
use homeostat_client::{
    decode::{Decode, DecodeError},
    event::Event,
    governance, instruction as ix, Economy,
};
use homeostat_sandbox::{
    fixture::{self},
    world::TOKEN,
    Wallet, World, WorldSpec,
};
use homeostat_tests::{anchor, assert_sound, attack, unchanged, ECONOMY_0};
use solana_account::{Account, AccountSharedData, ReadableAccount, WritableAccount};
use solana_program::{pubkey::Pubkey, rent::Rent};
use solana_signer::Signer;

/// When it was written (unix seconds).
const WRITTEN_AT: i64 = 1_769_475_600;

/// Where version 1 has new fields, in the account's data, and how long they are.
const NEW: [(usize, usize); 2] = [(1_200, 16), (1_456, 56)];

/// A world whose economy has the layout of version 0, and the people in it.
pub(super) struct Old {
    pub(super) world: World,
    pub(super) staker: Wallet,
    pub(super) leaver: Wallet,
    pub(super) payer: Wallet,
}

impl Old {
    pub(super) async fn new() -> Self {
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

    pub(super) async fn economy(&mut self) -> AccountSharedData {
        let economy = self.world.at.economy;
        self.world.bank.account(&economy).await.unwrap()
    }

    /// Asserts that `migrate` of `account` is refused with `code` and changes nothing.
    pub(super) async fn refused(&mut self, what: &str, account: &Pubkey, code: impl Into<u32>) {
        let payer = self.world.bank.payer().pubkey();
        let before = self.world.bank.account(account).await;
        let migrate = ix::migrate(account, &payer);
        attack(&mut self.world, what, &[migrate], &[], code).await;
        assert_eq!(self.world.bank.account(account).await, before, "{what}");
    }

    /// Puts an account onto the bank.
    pub(super) fn put(&mut self, owner: &Pubkey, data: Vec<u8>) -> Pubkey {
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
    // and without the yield cap, which nobody staked under
    assert_eq!((now.limits.yield_ppm, now.yield_q64), (u32::MAX, 0));
    assert_eq!(now.totals.outflow, Outflow::default());
    // the stranger paid for what is new
    assert_eq!(after.lamports(), rent.minimum_balance(Economy::SPACE));
    let paid = after.lamports() - before.lamports();
    assert_eq!(paid, rent.minimum_balance(72) - rent.minimum_balance(0));
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
    // Whatever of it builders want to read.
    let data = world.bank.data(&at.economy).await.unwrap();
    let kept = world.bank.account(&at.economy).await.unwrap();
    world.run(&[ix::migrate(&at.economy, &key)]).await.unwrap();
    let economy = world.economy().await;
    world.bank.set_account(&at.economy, &kept);
    assert_eq!(Economy::decode(&data), Err(DecodeError::OtherVersion));

    // when anything but `migrate` and the exits is tried, then it is refused
    let sends = [
        (world.top_up_ix(), None),
        (world.stake_ix(&leaver, TOKEN), Some(&leaver)),
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
                    append: false,
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
        let error = anchor::ACCOUNT_DISCRIMINATOR_MISMATCH;
        attack(&mut world, &what, &[instruction], &signers, error).await;
    }
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
