//! An economy on a real cluster: deployed, founded, lived in for three periods,
//! and read back from blocks, accounts and notifications.

use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use homeostat::{
    events::Cranked,
    state::{
        log::{NOT_CAPPED, RECORD_BYTES},
        StoredDecision, StoredState,
    },
    HomeostatError,
};
use homeostat_client::{
    address,
    decode::Decode,
    error,
    event::Event,
    governance, instruction as ix,
    instruction::{Payment, StakeMint},
    log::{self, LogError, Record},
    ControllerSettings, CouncilArgs, DecisionLog, DecisionRecord, Economy, EconomyAddresses,
    EconomyArgs, Funding, Instruction, Life, LimitSettings, Meter, Parameter, Pool, Position,
    Pubkey, RoleKind, SeatArgs, Setting, PROGRAM_ID,
};
use homeostat_validator::{Loading, Options, Validator};
use solana_commitment_config::CommitmentConfig;
use solana_keypair::Keypair;
use solana_loader_v3_interface::{get_program_data_address, state::UpgradeableLoaderState};
use solana_program::hash::hashv;
use solana_pubsub_client::pubsub_client::PubsubClient;
use solana_rpc_client_api::{
    config::{
        RpcAccountInfoConfig, RpcTransactionLogsConfig, RpcTransactionLogsFilter, UiAccountEncoding,
    },
    response::{Response, RpcLogsResponse, UiAccount},
};
use solana_signer::Signer;

use crate::{
    alone,
    chain::{Chain, Landed, TOKEN_PROGRAM},
    elf,
};

const TOKEN: u64 = 1_000_000;
const MILLION: u64 = 1_000_000 * TOKEN;
const SUPPLY: u64 = 1_000 * MILLION;
const YEAR: u128 = 31_536_000;
const PPM: u128 = 1_000_000;
/// The shortest that the program allows (seconds).
const PERIOD: i64 = 60;
/// How long a notification may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// What a crank earns (lamports).
const BOUNTY: u64 = 50_000;
/// What goes into the keeper vault (lamports).
const KEEPER_FUND: u64 = 1_000_000_000;
/// A million and a bit less than one token, so that the fee does not come out even.
const PAYMENT: u64 = 1_000_000_007;
/// 0.3 % of it, rounded up.
const FEE: u64 = 3_000_001;
/// A tenth of the fee to be burned, a fifth of the rest to the treasury.
const BURN: u64 = 300_000;
const TREASURY: u64 = 540_000;
const STAKERS: u64 = FEE - BURN - TREASURY;
/// Starting values (ppm); a period of a minute moves them by 1 at most.
const EMISSION_PPM: u64 = 60_000;
const FEE_PPM: u64 = 3_000;

/// Tokens per second (Q64.64) of `ppm` a year on `supply`.
fn per_second(supply: u64, ppm: u64) -> u128 {
    let annual = u128::from(supply) * u128::from(ppm);
    let divisor = PPM * YEAR;
    ((annual / divisor) << 64) + ((annual % divisor) << 64) / divisor
}

fn ceil(q64: u128) -> u64 {
    (q64.div_ceil(1 << 64)) as u64
}

struct Wallet {
    key: Keypair,
    tokens: Pubkey,
    /// When it staked (unix seconds).
    since: i64,
    stake: u64,
}

/// What streamed at constant rates, from `from` to the next stretch.
struct Stretch {
    from: i64,
    rate_q64: u128,
    fee_rate_q64: u128,
    fee_until: i64,
}

/// Everything that streamed to the native pool in `(from, to]` (Q64.64): emission
/// and fees.
fn streamed(stretches: &[Stretch], from: i64, to: i64) -> (u128, u128) {
    let (mut emission, mut fees) = (0, 0);
    for (index, stretch) in stretches.iter().enumerate() {
        let end = stretches
            .get(index + 1)
            .map_or(to, |next| next.from.min(to));
        let begin = stretch.from.max(from);
        let seconds = |end: i64| (end - begin).max(0) as u128;
        emission += stretch.rate_q64 * seconds(end);
        fees += stretch.fee_rate_q64 * seconds(end.min(stretch.fee_until));
    }
    (emission, fees)
}

struct Story {
    chain: Chain,
    at: EconomyAddresses,
    native: StakeMint,
    reserve: Pubkey,
    alice: Wallet,
    bob: Wallet,
    stretches: Vec<Stretch>,
    /// Log records as the events told them, back to back.
    told: Vec<u8>,
    live_at: i64,
    volume: u64,
    burned: u64,
    /// What is left of the slew limits (seconds), and how far they were used (ppm).
    slew: i64,
    moved: u64,
    /// The same of the fee.
    fee_slew: i64,
    fee_moved: u64,
}

impl Story {
    fn creator(&self) -> Pubkey {
        self.chain.payer.pubkey()
    }

    fn economy(&self) -> Box<Economy> {
        self.chain.fetch(&self.at.economy)
    }

    fn pool(&self) -> Pubkey {
        self.at.pool(&self.at.mint)
    }

    fn crank_ix(&self) -> Instruction {
        ix::crank(
            &self.at,
            &self.creator(),
            &TOKEN_PROGRAM,
            &[self.native],
            &self.economy(),
        )
    }

    /// Bytes of every account that a crank could change.
    fn state(&self) -> Vec<Vec<u8>> {
        let (pool, meter) = (self.pool(), self.at.meter(0));
        [
            self.at.economy,
            self.at.mint,
            self.at.log,
            self.at.reward_vault,
            self.at.treasury_vault,
            pool,
            meter,
            address::principal_vault(&pool),
            address::fee_vault(&meter),
        ]
        .iter()
        .map(|key| self.chain.data(key))
        .collect()
    }

    /// Remembers what streams from now on.
    fn stretch(&mut self, economy: &Economy) {
        let stream = &economy.stream;
        // One pool gets everything, at the rate in force on the supply counted.
        let rate = stream.lanes[0].rate_q64.get();
        let value = economy.value(Parameter::Emission);
        assert_eq!(rate, per_second(economy.totals.supply, value));
        assert!(stream.emit_until > stream.t0 + 10 * PERIOD, "no cap binds");
        self.stretches.push(Stretch {
            from: stream.t0,
            rate_q64: rate,
            fee_rate_q64: stream.fee_rate_q64.get(),
            fee_until: stream.fee_until,
        });
    }
}

/// The only event of a transaction that went through.
fn only(landed: &Landed) -> &Event {
    assert!(!landed.failed);
    assert_eq!(landed.events.len(), 1);
    &landed.events[0]
}

/// The event of one kind in a transaction.
macro_rules! told {
    ($landed:expr, $kind:ident) => {
        match only(&$landed) {
            Event::$kind(event) => event,
            _ => panic!("another event than {}", stringify!($kind)),
        }
    };
}

#[test]
fn an_economy_lives_three_periods_on_a_real_cluster() {
    let _alone = alone();
    let begin = Instant::now();
    let validator = deployed();
    let mut story = founded(&validator);
    went_live(&mut story);
    an_early_crank_changes_nothing(&story);
    staked(&mut story);
    paid(&mut story);
    let ears = listening(&story, &validator);
    for period in 1..=3 {
        cranked(&mut story, &ears, period);
    }
    assert!(
        ears.economies.is_empty() && ears.logs.is_empty(),
        "and nothing else"
    );
    claimed(&mut story);
    the_log_proves_itself(&story);
    every_token_is_somewhere(&story);

    let folder = validator.ledger().to_path_buf();
    assert!(folder.is_dir());
    validator.stop().unwrap();
    assert!(!folder.exists(), "a temporary ledger is removed");
    println!("all: {:.1} s", begin.elapsed().as_secs_f64());
}

/// The program as it was built, deployed by transactions.
fn deployed() -> Validator {
    let validator = Validator::start(Options {
        loading: Loading::Deployed,
        ..Options::new(elf())
    })
    .unwrap();
    let deployed_in = validator.deployed_in().expect("it was not there before");
    println!(
        "started in {:.1} s, deployed in {:.1} s",
        validator.started_in().as_secs_f64(),
        deployed_in.as_secs_f64()
    );

    let chain = Chain::of(&validator);
    let account = chain
        .rpc
        .get_account(&get_program_data_address(&PROGRAM_ID))
        .unwrap();
    let file = std::fs::read(elf()).unwrap();
    let metadata = UpgradeableLoaderState::size_of_programdata_metadata();
    assert_eq!(account.owner, solana_sdk_ids::bpf_loader_upgradeable::ID);
    assert_eq!(
        account.data[metadata..],
        file,
        "not one byte of the ELF differs"
    );
    // Kind (4 bytes), slot of the deployment, whether there is an authority, authority.
    let slot = u64::from_le_bytes(account.data[4..12].try_into().unwrap());
    assert!(slot > 0, "a preloaded program is of slot 0");
    assert_eq!(account.data[12], 1);
    assert_eq!(account.data[13..45], chain.payer.pubkey().to_bytes());
    validator
}

/// A mint, and an economy for it in Draft.
fn founded(validator: &Validator) -> Story {
    let chain = Chain::of(validator);
    let creator = chain.payer.pubkey();
    let mint = chain.create_mint();
    let reserve = chain.create_tokens(&mint, &creator, SUPPLY - 410 * MILLION);
    let wallet = |tokens: u64, stake: u64| {
        let key = Keypair::new();
        let tokens = chain.create_tokens(&mint, &key.pubkey(), tokens);
        Wallet {
            key,
            tokens,
            since: 0,
            stake,
        }
    };
    let alice = wallet(305 * MILLION, 300 * MILLION);
    let bob = wallet(105 * MILLION, 100 * MILLION);
    let at = EconomyAddresses::new(&mint, &creator);
    let native = StakeMint {
        mint,
        token_program: TOKEN_PROGRAM,
        amm_vault: None,
    };

    let args = EconomyArgs {
        funding: Funding::Mint,
        period: PERIOD as u32,
        hard_cap: 2 * SUPPLY,
        sponsor: None,
    };
    let create = ix::create_economy(&mint, &TOKEN_PROGRAM, &creator, args);
    let landed = chain.run(&[create], &[]);
    let created = told!(landed, EconomyCreated);
    assert_eq!(
        (created.economy, created.mint, created.creator),
        (at.economy, mint, creator)
    );
    assert_eq!(created.funding, Funding::Mint);
    assert_eq!((created.period, created.hard_cap), (60, 2 * SUPPLY));

    let limits = LimitSettings {
        hard_cap: 2 * SUPPLY,
        supply_floor: 0,
        turnover_ppm: 4_000_000,
        min_stake: 1,
        bounty: BOUNTY,
        period_emission_ppm: 1_000,
        treasury_ppm: 200_000,
        unbonding: 604_800,
        outflow_cap: 0,
        period_burn_ppm: 10_000,
        yield_ppm: u32::MAX,
    };
    let configure = ix::configure(&at.economy, &creator, Setting::Limits(limits));
    let landed = chain.run(&[configure], &[]);
    let configured = told!(landed, EconomyConfigured);
    assert_eq!(
        (configured.economy, configured.parameter),
        (at.economy, None)
    );
    assert_ne!(configured.old, configured.new);

    // The fee's default slew limit, 1,000 ppm a week, is 0 in periods as short as these.
    let parameter = Parameter::Fee;
    let economy = chain.fetch::<Economy>(&at.economy);
    let controller = &economy.controllers[parameter as usize];
    let settings = ControllerSettings {
        slew_up_ppm: Some(1),
        slew_down_ppm: Some(1),
        ..ControllerSettings::new(controller.wiring().unwrap(), &controller.config())
    };
    let setting = Setting::Controller {
        parameter,
        settings,
    };
    chain.run(&[ix::configure(&at.economy, &creator, setting)], &[]);

    let landed = chain.run(&[ix::create_pool(&at, &creator, &native, 0)], &[]);
    let created = told!(landed, PoolCreated);
    assert_eq!((created.pool, created.lane), (at.pool(&mint), 0));
    let landed = chain.run(&[ix::create_meter(&at, &creator, &TOKEN_PROGRAM, 0)], &[]);
    let created = told!(landed, MeterCreated);
    assert_eq!((created.meter, created.shard), (at.meter(0), 0));
    let seat = |key| SeatArgs { key, via: None };
    let council = CouncilArgs {
        members: vec![seat(creator)],
        append: false,
        threshold: 1,
        guardian: seat(alice.key.pubkey()),
        delays: None,
    };
    let create = governance::create_council(&at, &creator, council.clone());
    let landed = chain.run(&[create], &[]);
    let created = told!(landed, CouncilCreated);
    assert_eq!(created.council, at.council);
    assert_eq!(created.args, council);
    let accept = governance::accept_role(&at, &creator, RoleKind::Member);
    let landed = chain.run(&[accept], &[]);
    assert_eq!(told!(landed, RoleAccepted).new_holder, creator);
    let accept = governance::accept_role(&at, &alice.key.pubkey(), RoleKind::Guardian);
    let landed = chain.run(&[accept], &[&alice.key]);
    assert_eq!(told!(landed, RoleAccepted).role, RoleKind::Guardian);
    let fund =
        solana_system_interface::instruction::transfer(&creator, &at.keeper_vault, KEEPER_FUND);
    chain.run(&[fund], &[]);
    chain.hand_over(&mint, &at.authority);

    let economy = chain.fetch::<Economy>(&at.economy);
    assert_eq!(economy.life, Life::Draft as u8);
    assert_eq!(economy.limits.bounty, BOUNTY);
    Story {
        chain,
        at,
        native,
        reserve,
        alice,
        bob,
        stretches: Vec::new(),
        told: Vec::new(),
        live_at: 0,
        volume: 0,
        burned: 0,
        slew: PERIOD,
        moved: 0,
        fee_slew: PERIOD,
        fee_moved: 0,
    }
}

fn went_live(story: &mut Story) {
    let go_live = ix::go_live(&story.at, &story.creator(), &TOKEN_PROGRAM, &[]);
    let landed = story.chain.run(&[go_live], &[]);

    let live = told!(landed, WentLive);
    assert_eq!((live.economy, live.at), (story.at.economy, landed.at));
    assert_eq!((live.supply, live.circulating), (SUPPLY, SUPPLY));
    let rate = per_second(SUPPLY, EMISSION_PPM);
    assert_eq!(live.minted, ceil(rate * PERIOD as u128));
    assert_eq!(landed.others, 1, "and a mint instruction");
    assert_eq!(live.records.len(), 4 * RECORD_BYTES);

    let economy = story.economy();
    assert_eq!(economy.life, Life::Live as u8);
    assert_eq!((economy.live_at, economy.next_end), (live.at, live.at + 60));
    assert_eq!(economy.stream.emit_until, live.emit_until);
    assert_eq!(economy.value(Parameter::Emission), EMISSION_PPM);
    assert_eq!(economy.value(Parameter::Fee), FEE_PPM);
    assert_eq!(story.chain.tokens(&story.at.reward_vault), live.minted);
    assert_eq!(story.chain.supply(&story.at.mint), SUPPLY + live.minted);
    story.live_at = live.at;
    story.told.extend_from_slice(&live.records);
    story.stretch(&economy);
}

fn an_early_crank_changes_nothing(story: &Story) {
    let (before, keeper) = (story.state(), lamports(story));
    let code = u32::from(HomeostatError::TooEarly);

    // refused before it is sent on
    let crank = story.crank_ix();
    assert_eq!(
        story.chain.refused(std::slice::from_ref(&crank), &[]),
        Some(code)
    );
    assert!(error::explain(code).starts_with("TooEarly (6021): "));

    // and in a block, where it costs its fee and does nothing
    let payer = story.creator();
    let had = story.chain.rpc.get_balance(&payer).unwrap();
    let landed = story.chain.force(&[crank], &[]);
    assert!(landed.failed && landed.at < story.live_at + PERIOD);
    assert_eq!(landed.code, Some(code));
    assert!(landed.events.is_empty());
    assert_eq!(story.state(), before);
    assert_eq!(lamports(story), keeper);
    assert_eq!(
        story.chain.rpc.get_balance(&payer).unwrap(),
        had - landed.fee
    );
    assert_eq!(landed.fee, 5_000, "one signature");
}

/// What the keeper vault holds.
fn lamports(story: &Story) -> u64 {
    story.chain.rpc.get_balance(&story.at.keeper_vault).unwrap()
}

fn staked(story: &mut Story) {
    let pool = story.pool();
    let mut total = 0;
    for who in ["alice", "bob"] {
        let wallet = if who == "alice" {
            &story.alice
        } else {
            &story.bob
        };
        let owner = wallet.key.pubkey();
        let open = ix::open_position(&story.at.economy, &pool, &owner, &story.creator());
        let stake = ix::stake(
            &story.at,
            &story.native,
            &owner,
            &wallet.tokens,
            wallet.stake,
        );
        let landed = story.chain.run(&[open, stake], &[&wallet.key]);
        total += wallet.stake;

        let [Event::PositionOpened(opened), Event::Staked(event)] = &landed.events[..] else {
            panic!("{who} opened a position and staked");
        };
        let position = address::position(&pool, &owner);
        assert_eq!((opened.pool, opened.position), (pool, position));
        assert_eq!((event.pool, event.owner), (pool, owner));
        assert_eq!((event.old_amount, event.new_amount), (0, wallet.stake));
        assert_eq!((event.amount, event.total), (wallet.stake, total));
        let position = story.chain.fetch::<Position>(&position);
        assert_eq!(position.amount, wallet.stake);
        assert_eq!(position.votes_from, landed.at);
        let since = landed.at;
        if who == "alice" {
            story.alice.since = since;
        } else {
            story.bob.since = since;
        }
    }
    let vault = address::principal_vault(&pool);
    assert_eq!(story.chain.tokens(&vault), 400 * MILLION);
    assert_eq!(story.chain.tokens(&story.alice.tokens), 5 * MILLION);
    assert_eq!(story.chain.fetch::<Pool>(&pool).total, 400 * MILLION);
}

fn paid(story: &mut Story) {
    let meter = story.at.meter(0);
    let vault = address::fee_vault(&meter);
    let pay = ix::pay(
        &story.at,
        &TOKEN_PROGRAM,
        &Payment {
            payer: story.alice.key.pubkey(),
            from: story.alice.tokens,
            to: story.bob.tokens,
            shard: 0,
            amount: PAYMENT,
            max_fee: FEE,
        },
    );
    let landed = story.chain.run(&[pay], &[&story.alice.key]);
    assert!(landed.events.is_empty(), "meters tell about payments");
    assert_eq!(
        story.chain.tokens(&story.alice.tokens),
        5 * MILLION - PAYMENT
    );
    assert_eq!(
        story.chain.tokens(&story.bob.tokens),
        5 * MILLION + PAYMENT - FEE
    );
    assert_eq!(story.chain.tokens(&vault), FEE);

    let landed = story
        .chain
        .run(&[ix::collect(&story.at, &TOKEN_PROGRAM, 0)], &[]);
    let collected = told!(landed, Collected);
    assert_eq!(
        (collected.economy, collected.meter),
        (story.at.economy, meter)
    );
    assert_eq!(
        (collected.burned, collected.stakers, collected.treasury),
        (BURN, STAKERS, TREASURY)
    );
    assert_eq!(
        (collected.payments, collected.volume),
        (1, u128::from(PAYMENT))
    );
    assert_eq!(story.chain.tokens(&vault), 0);
    assert_eq!(story.chain.tokens(&story.at.treasury_vault), TREASURY);
    let meter = story.chain.fetch::<Meter>(&meter);
    assert_eq!(meter.fees.get(), u128::from(FEE));
    (story.volume, story.burned) = (PAYMENT, BURN);
}

/// What a period leads to, from what was done in it: `(numerator, denominator)`
/// behind every metric.
fn measured(story: &Story, before: &Economy, event: &Cranked) -> [Option<(i128, u128)>; 4] {
    let (from, to) = (before.last_crank, event.at);
    let elapsed = (to - from) as u128;
    let staked = |wallet: &Wallet| u128::from(wallet.stake) * (to - wallet.since.max(from)) as u128;
    let c_seconds =
        (u128::from(event.old_circulating) + u128::from(event.new_circulating)) * elapsed / 2;
    // The first payment and its burn were in the first period.
    let first = event.period == 1;
    let volume = if first { story.volume } else { 0 };
    let burned = if first { story.burned } else { 0 };
    // What streamed before anybody staked goes back to the grant.
    let (accrued, _) = streamed(&story.stretches, from.max(story.alice.since), to);
    let emitted = accrued >> 64;
    [
        Some((
            (staked(&story.alice) + staked(&story.bob)) as i128,
            c_seconds,
        )),
        Some(((u128::from(volume) * YEAR) as i128, c_seconds * 4)),
        (emitted > 0).then(|| (i128::from(burned), emitted)),
        None,
    ]
}

/// What the websocket tells, from its subscription on.
struct Ears {
    /// The economy's account: only cranks write it while it is Live.
    economies: Receiver<Response<UiAccount>>,
    /// Logs of the transactions that name the economy.
    logs: Receiver<Response<RpcLogsResponse>>,
}

fn listening(story: &Story, validator: &Validator) -> Ears {
    let (subscription, economies) = PubsubClient::account_subscribe(
        validator.ws_url(),
        &story.at.economy,
        Some(RpcAccountInfoConfig {
            encoding: Some(UiAccountEncoding::Base64),
            commitment: Some(CommitmentConfig::confirmed()),
            ..RpcAccountInfoConfig::default()
        }),
    )
    .unwrap();
    // Dropping it would wait for a message that never comes.
    std::mem::forget(subscription);
    let (subscription, logs) = PubsubClient::logs_subscribe(
        validator.ws_url(),
        RpcTransactionLogsFilter::Mentions(vec![story.at.economy.to_string()]),
        RpcTransactionLogsConfig {
            commitment: Some(CommitmentConfig::confirmed()),
        },
    )
    .unwrap();
    std::mem::forget(subscription);
    Ears { economies, logs }
}

fn cranked(story: &mut Story, ears: &Ears, period: u64) {
    let chain = &story.chain;
    let before = story.economy();
    println!(
        "period {period}: waiting {} s for its end",
        before.next_end - chain.now()
    );
    chain.wait_until(before.next_end);

    // given what there is before
    let supply = chain.supply(&story.at.mint);
    let vaults = chain.tokens(&story.at.reward_vault) + chain.tokens(&story.at.treasury_vault);
    let (keeper, payer) = (lamports(story), story.creator());
    let had = chain.rpc.get_balance(&payer).unwrap();

    // when somebody cranks
    let landed = chain.run(&[story.crank_ix()], &[]);

    // then both notifications tell of this very transaction
    let notified = ears.economies.recv_timeout(PATIENCE).unwrap();
    assert_eq!(notified.context.slot, landed.slot);
    let notified = Economy::decode(&notified.value.data.decode().unwrap()).unwrap();
    assert_eq!(
        (notified.totals.periods, notified.last_crank),
        (period, landed.at)
    );
    let notified = ears.logs.recv_timeout(PATIENCE).unwrap();
    assert_eq!(notified.value.signature, landed.signature.to_string());
    assert_eq!(notified.value.err, None);
    assert_eq!(notified.context.slot, landed.slot);

    // and the event, its numbers
    let event = told!(landed, Cranked);
    assert_eq!((event.economy, event.keeper), (story.at.economy, payer));
    assert_eq!((event.period, event.at), (period, landed.at));
    assert!(event.at >= before.next_end);
    assert_eq!(
        (event.old_supply, event.new_supply),
        (before.totals.supply, supply)
    );
    assert_eq!(event.old_circulating, before.totals.circulating);
    assert_eq!(
        event.new_circulating,
        supply - vaults,
        "no fee is uncollected"
    );
    assert_eq!(event.old_supplied, before.totals.supplied);
    assert_eq!(event.old_emit_until, before.stream.emit_until);
    assert_eq!(event.tripped, 0);
    assert_eq!(
        event.next_end,
        (before.next_end + PERIOD).max(event.at + PERIOD / 2)
    );
    assert_eq!(event.records.len(), 4 * RECORD_BYTES);

    // and the lamports and tokens that moved
    assert_eq!(event.bounty, BOUNTY);
    assert_eq!(lamports(story), keeper - BOUNTY);
    assert_eq!(
        chain.rpc.get_balance(&payer).unwrap(),
        had + BOUNTY - landed.fee
    );
    let ahead = event.new_supplied - event.old_supplied;
    assert_eq!(chain.supply(&story.at.mint), supply + ahead);
    assert_eq!(
        chain.tokens(&story.at.reward_vault) + chain.tokens(&story.at.treasury_vault),
        vaults + ahead
    );

    // and what was measured and decided follows from what was done, by the law
    let after = story.economy();
    assert_eq!((after.totals.periods, after.last_crank), (period, event.at));
    assert_eq!(after.totals.supplied, event.new_supplied);
    let expected = measured(story, &before, event);
    for (index, parameter) in Parameter::ALL.into_iter().enumerate() {
        let bytes = &event.records[index * RECORD_BYTES..][..RECORD_BYTES];
        let record: DecisionRecord = bytemuck::pod_read_unaligned(bytes);
        assert_eq!((record.parameter, record.to), (parameter as u8, event.at));
        let read = (record.denominator.get() > 0)
            .then(|| (record.numerator.get() as i128, record.denominator.get()));
        assert_eq!(read, expected[index], "{parameter:?}");
        assert_eq!(record.applied, NOT_CAPPED, "{parameter:?}");
        let (old, new) = (&before.controllers[index], &after.controllers[index]);
        let (state, decision) = log::recompute(&old.config(), &old.state(), &record);
        assert_eq!(record.before, old.state, "{parameter:?}");
        assert_eq!(record.u, decision.u, "{parameter:?}");
        assert_eq!(event.latched[index], 0, "{parameter:?}");
        assert_eq!(new.state, StoredState::from(&state), "{parameter:?}");
        assert_eq!(new.last, StoredDecision::from(&decision), "{parameter:?}");
    }
    // Two fifths staked where three are wanted, and hardly a payment: more rewards,
    // lower fees, as fast as the slew limits allow: by 1 ppm for every 60 s, of which
    // no more than 60 are saved up. A crank that follows a late one too soon waits.
    story.slew = (story.slew + event.at - before.last_crank).min(PERIOD);
    if story.slew == PERIOD {
        story.slew = 0;
        story.moved += 1;
    }
    assert!(period > 1 || story.moved == 1);
    assert_eq!(after.value(Parameter::Emission), EMISSION_PPM + story.moved);
    // The first period is what the fee takes for the usual, so that it moves from the second on.
    story.fee_slew = (story.fee_slew + event.at - before.last_crank).min(PERIOD);
    if period > 1 && story.fee_slew == PERIOD {
        story.fee_slew = 0;
        story.fee_moved += 1;
    }
    assert_eq!(after.value(Parameter::Fee), FEE_PPM - story.fee_moved);

    println!(
        "period {period}: slot {}, {} s late, staked share {:.4}, emission {} ppm, fee {} ppm",
        landed.slot,
        event.at - before.next_end,
        expected[0].map_or(0.0, |(n, d)| n as f64 / d as f64),
        after.value(Parameter::Emission),
        after.value(Parameter::Fee),
    );
    let records = event.records.clone();
    story.told.extend_from_slice(&records);
    story.stretch(&after);
    if period == 1 {
        // The stakers' part of the fee streams over the next period.
        let stretch = story.stretches.last().unwrap();
        assert_eq!(
            stretch.fee_rate_q64,
            (u128::from(STAKERS) << 64) / PERIOD as u128
        );
        assert_eq!(stretch.fee_until, stretch.from + PERIOD);
    }
}

fn claimed(story: &mut Story) {
    let pool = story.pool();
    let mut paid = 0;
    for (who, wallet) in [("alice", &story.alice), ("bob", &story.bob)] {
        let owner = wallet.key.pubkey();
        let had = story.chain.tokens(&wallet.tokens);
        let top_up = ix::top_up(&story.at, &TOKEN_PROGRAM);
        let claim = ix::claim(&story.at, &pool, &owner, &wallet.tokens, &TOKEN_PROGRAM);
        let landed = story.chain.run(&[top_up, claim], &[&wallet.key]);

        let Some(Event::Claimed(event)) = landed.events.last() else {
            panic!("{who} claimed");
        };
        assert_eq!((event.pool, event.owner), (pool, owner));
        assert_eq!(event.old_claimed, paid);
        paid += event.amount;
        assert_eq!(event.new_claimed, paid);
        assert_eq!(story.chain.tokens(&wallet.tokens), had + event.amount);

        // Alice has everything until Bob comes, then three quarters.
        let alone = if who == "alice" {
            let (emission, fees) = streamed(&story.stretches, wallet.since, story.bob.since);
            emission + fees
        } else {
            0
        };
        let (emission, fees) = streamed(&story.stretches, story.bob.since, landed.at);
        let shared = (emission + fees) / 400 * u128::from(wallet.stake / MILLION);
        let expected = ((alone + shared) >> 64) as u64;
        println!("{who} claims {}, expected {expected}", event.amount);
        assert!(expected > 80 * TOKEN, "three minutes are worth something");
        assert!(event.amount.abs_diff(expected) <= 1, "{who}");
    }
    let pool = story.chain.fetch::<Pool>(&pool);
    assert_eq!(pool.claimed, paid);
}

fn the_log_proves_itself(story: &Story) {
    let data = story.chain.data(&story.at.log);

    // The account proves its own chain: four configurations, twelve decisions.
    let (header, records) = log::read(&data).unwrap();
    assert_eq!(
        (header.base_seq, header.head_seq, records.len()),
        (0, 16, 16)
    );
    for (index, record) in records.iter().enumerate() {
        assert_eq!(record.seq(), index as u64 + 1);
        assert_eq!(matches!(record, Record::Config(_)), index < 4);
    }
    let decisions: Vec<_> = records
        .iter()
        .filter_map(|record| match record {
            Record::Decision(record) => Some(record),
            Record::Config(_) => None,
        })
        .collect();
    // The windows follow each other without a gap.
    for pair in decisions.windows(5) {
        assert_eq!(pair[4].before.last_at, pair[0].to);
    }

    // What the events told is the same chain, from its beginning to its head.
    let mut hash = [0; 32];
    for (told, record) in story.told.chunks(RECORD_BYTES).zip(&records) {
        let kept: &[u8] = match record {
            Record::Decision(record) => bytemuck::bytes_of(record),
            Record::Config(record) => bytemuck::bytes_of(record),
        };
        assert_eq!(told, kept);
        hash = hashv(&[&hash, told]).to_bytes();
    }
    assert_eq!(story.told.len(), 16 * RECORD_BYTES);
    assert_eq!(hash, header.head_hash);

    // One bit of one decision, and it no longer does.
    let mut forged = data;
    let seventh = DecisionLog::SLOTS_AT + 6 * (RECORD_BYTES + 32);
    forged[seventh + 100] ^= 1;
    assert_eq!(log::read(&forged), Err(LogError::Chain { seq: 7 }));
}

fn every_token_is_somewhere(story: &Story) {
    let (chain, at) = (&story.chain, &story.at);
    let economy = story.economy();
    let claimed = chain.fetch::<Pool>(&story.pool()).claimed;
    let supply = chain.supply(&at.mint);
    assert_eq!(supply, SUPPLY + economy.totals.supplied - BURN);
    let rewards = chain.tokens(&at.reward_vault);
    assert_eq!(rewards, economy.totals.supplied + STAKERS - claimed);
    let held: u64 = [
        story.reserve,
        story.alice.tokens,
        story.bob.tokens,
        at.treasury_vault,
        address::principal_vault(&story.pool()),
        address::fee_vault(&at.meter(0)),
    ]
    .iter()
    .map(|account| chain.tokens(account))
    .sum();
    assert_eq!(held + rewards, supply);
    assert_eq!(lamports(story), KEEPER_FUND - 3 * BOUNTY);
}
