//! The control instructions: `crank`, `preview`, `grow_log`, and the decision
//! log, the measurements and the events that a crank leaves.

use anchor_lang::system_program;
use homeostat::state::{
    log::{NOT_CAPPED, SLOT_BYTES},
    pause::Section,
    StoredConfig, StoredDecision, StoredGuardState, StoredState,
};
use homeostat_client::{
    address,
    event::{Event, EVENT_TAG},
    governance, instruction as ix,
    instruction::{Payment, StakeMint},
    log::{self as chain, LogError, Record},
    AccountMeta, AuditLog, Controller, ControllerSettings, DecisionLog, DecisionRecord, Direction,
    Economy, Funding, Life, LimitSettings, Metric, Parameter, PauseReason, Pubkey, Setting,
};
use homeostat_control::{
    create, guarded_step, step, Config, Flags, Fx, GuardConfig, GuardState, HoldReason, Input,
    LatchReason,
};
use homeostat_sandbox::{
    world::{TOKEN, WEEK},
    MintSpec, TokenProgram, Wallet, World, WorldSpec,
};
use homeostat_tests::{
    anchor, attack, exchange, latch, read_only, refused, unchanged, unsigned, HomeostatError,
};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use solana_account::ReadableAccount;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_program::{hash::hashv, rent::Rent};
use solana_signer::Signer;

const YEAR: i128 = 31_536_000;
const PPM: u128 = 1_000_000;
/// Slew limit of the default emission controller (ppm per weekly period).
pub(crate) const EMISSION_SLEW: i64 = 20_000;

/// The default limits of a weekly economy.
pub(crate) fn limits() -> LimitSettings {
    LimitSettings {
        hard_cap: 2_000_000_000 * TOKEN,
        supply_floor: 0,
        turnover_ppm: 4_000_000,
        min_stake: 1,
        bounty: 0,
        period_emission_ppm: 7_671,
        treasury_ppm: 200_000,
        unbonding: WEEK as u32,
        outflow_cap: 0,
        period_burn_ppm: 10_000,
    }
}

/// Tokens per second (Q64.64) of `ppm` a year on `supply`.
fn per_second(supply: u64, ppm: u64) -> u128 {
    let annual = u128::from(supply) * u128::from(ppm);
    let divisor = PPM * YEAR as u128;
    ((annual / divisor) << 64) + ((annual % divisor) << 64) / divisor
}

/// A ratio as the control law reads it: towards zero, 48 fraction bits.
fn ratio(numerator: i128, denominator: u128) -> Fx {
    let bits = (numerator.unsigned_abs() << 48) / denominator;
    let magnitude = Fx::from_bits(bits as i128);
    if numerator < 0 {
        -magnitude
    } else {
        magnitude
    }
}

pub(crate) fn of(economy: &Economy, parameter: Parameter) -> &Controller {
    &economy.controllers[parameter.index()]
}

pub(crate) fn flags(controller: &Controller) -> Flags {
    Flags(controller.last.flags)
}

pub(crate) fn held(controller: &Controller) -> bool {
    flags(controller).contains(Flags::HELD)
}

/// What circulates, counted from the token accounts themselves.
async fn circulating(world: &mut World) -> u64 {
    let at = world.at;
    let mut held = vec![at.reward_vault, at.treasury_vault];
    held.extend((0..world.meters).map(|shard| address::fee_vault(&at.meter(shard))));
    held.extend(world.excluded.clone());
    let mut circulating = world.bank.supply(&at.mint).await;
    for account in held {
        circulating -= world.bank.balance(&account).await;
    }
    circulating
}

/// Tokens out of the reserve to any token account.
pub(crate) async fn give(world: &mut World, to: &Pubkey, amount: u64) {
    let (mint, reserve) = (world.at.mint, world.reserve);
    let creator = world.creator.insecure_clone();
    world
        .bank
        .transfer(&mint, &reserve, to, &creator, amount)
        .await;
}

/// A wallet that has staked `amount` LP tokens, minted for it, in a pool.
pub(crate) async fn liquidity_staker(world: &mut World, lane: usize, amount: u64) -> Wallet {
    let lp = world.pools[lane];
    let key = Keypair::new();
    let tokens = world.bank.create_tokens(&lp.mint, &key.pubkey()).await;
    world.bank.mint_to(&lp.mint, &tokens, amount).await;
    let wallet = Wallet { key, tokens };
    let pool = world.at.pool(&lp.mint);
    world.open_in(&pool, &wallet).await.unwrap();
    let stake = ix::stake(&world.at, &lp, &wallet.pubkey(), &tokens, amount);
    world.bank.send(&[stake], &[&wallet.key]).await.unwrap();
    wallet
}

async fn pay_through(world: &mut World, shard: u8, from: &Wallet, amount: u64) {
    let pay = ix::pay(
        &world.at,
        &world.token_program,
        &Payment {
            payer: from.pubkey(),
            from: from.tokens,
            to: world.reserve,
            shard,
            amount,
            max_fee: u64::MAX,
        },
    );
    world.bank.send(&[pay], &[&from.key]).await.unwrap();
}

async fn log_of(world: &mut World) -> (DecisionLog, Vec<Record>) {
    let log = world.at.log;
    let data = world.bank.data(&log).await.unwrap();
    chain::read(&data).unwrap()
}

fn decision(record: &Record) -> &DecisionRecord {
    match record {
        Record::Decision(record) => record,
        Record::Config(_) => panic!("a configuration where a decision should be"),
    }
}

/// The four decisions of the last crank.
pub(crate) async fn last_decisions(world: &mut World) -> [DecisionRecord; 4] {
    let (_, records) = log_of(world).await;
    let last = &records[records.len() - 4..];
    core::array::from_fn(|index| *decision(&last[index]))
}

/// What a preview of one controller returns.
pub(crate) async fn preview(world: &mut World, controller: u8) -> StoredDecision {
    let economy = world.economy().await;
    let preview = ix::preview(&world.at, &world.pools, &economy, controller);
    let data = world.run(&[preview]).await.unwrap().return_data;
    homeostat_client::decode::preview(&data).unwrap()
}

pub(crate) async fn edit(world: &mut World, edit: impl FnOnce(&mut Economy)) {
    let economy = world.at.economy;
    world.bank.edit::<Economy>(&economy, edit).await;
}

/// The law alone.
fn guards_off(economy: &mut Economy) {
    for controller in &mut economy.controllers {
        controller.guard_config.enabled = 0;
    }
}

pub(crate) async fn assert_sound(world: &mut World) {
    let invariants = world.check_invariants().await;
    assert!(invariants.all_hold(), "{invariants:#?}");
}

// ---------------------------------------------------------------- crank

#[tokio::test]
async fn success_all_controllers_step_on_one_snapshot() {
    let mut world = World::build(&WorldSpec {
        liquidity: vec![1],
        ..WorldSpec::default()
    })
    .await;
    world.staker(100_000_000 * TOKEN).await;
    let live = world.bank.now();

    world.next_period().await.unwrap();

    let economy = world.economy().await;
    assert_eq!(economy.totals.periods, 1);
    assert_eq!(
        (economy.last_crank, economy.next_end),
        (live + WEEK, live + 2 * WEEK)
    );
    let decisions = last_decisions(&mut world).await;
    for (parameter, record) in Parameter::ALL.into_iter().zip(&decisions) {
        let controller = of(&economy, parameter);
        assert_eq!(record.parameter, parameter as u8);
        assert_eq!((record.before.last_at, record.to), (live, live + WEEK));
        assert_eq!(controller.state.last_at, live + WEEK);
        assert_eq!(
            (controller.last.u, controller.state.u),
            (record.u, record.u)
        );
        assert_eq!(u64::from(record.config_seq), controller.config_seq);
        assert!(!held(controller), "{parameter:?}");
    }
    // Both shares of the circulating supply rest on the same C.
    let share = decisions[Parameter::Emission.index()].denominator.get();
    let depth = decisions[Parameter::Liquidity.index()].denominator.get();
    assert_eq!(share, depth);
    assert_sound(&mut world).await;
}

/// What a test knows about a window from its own actions.
struct Window {
    opened: i64,
    /// C and S when the window opened.
    circulating: u64,
    supply: u64,
    /// Stake and depth integrals (base units x seconds).
    stake_seconds: u128,
    depth_seconds: u128,
    volume: u128,
    /// Emission to pools with stake (Q64.64), burns.
    accrued_q64: u128,
    burned: u64,
}

/// Cranks, and compares every measurement and every decision with what follows
/// from the window; returns the supply before the crank minted ahead.
async fn crank_and_compare(world: &mut World, window: &Window) -> u64 {
    let before = world.economy().await;
    let supply = world.bank.supply(&world.at.mint.clone()).await;
    let circulating = circulating(world).await;
    let now = world.bank.now();
    let elapsed = (now - window.opened) as u128;
    world.crank().await.unwrap();
    let after = world.economy().await;
    assert_eq!(after.totals.supply, supply);
    assert_eq!(after.totals.circulating, circulating);

    let c_seconds = (u128::from(window.circulating) + u128::from(circulating)) * elapsed / 2;
    let net = (window.accrued_q64 >> 64) as i128 - i128::from(window.burned);
    let expected: [(i128, u128); 4] = [
        (window.stake_seconds as i128, c_seconds),
        // A turnover of four a year is utilisation 1.
        (window.volume as i128 * YEAR, c_seconds * 4),
        (net * YEAR, u128::from(window.supply) * elapsed),
        (window.depth_seconds as i128, c_seconds),
    ];
    let records = last_decisions(world).await;
    for (index, (numerator, denominator)) in expected.into_iter().enumerate() {
        let parameter = Parameter::ALL[index];
        let reading = &after.readings[index];
        let read = (reading.numerator.get() as i128, reading.denominator.get());
        assert_eq!(read, (numerator, denominator), "{parameter:?}");
        let record = &records[index];
        let logged = (record.numerator.get() as i128, record.denominator.get());
        assert_eq!(logged, read, "{parameter:?}");
        assert_eq!(record.applied, NOT_CAPPED, "{parameter:?}");

        // The law itself, from the state before and the measurement as counted here.
        let controller = of(&before, parameter);
        let y = ratio(numerator, denominator);
        let (state, decision) = step(
            &controller.config(),
            &controller.state(),
            &Input::mean(now, y),
        );
        let stepped = of(&after, parameter);
        assert_eq!(
            stepped.last,
            StoredDecision::from(&decision),
            "{decision:#?}"
        );
        assert_eq!(stepped.state, StoredState::from(&state), "{decision:#?}");
        assert_eq!(record.before, controller.state);
        assert_eq!(record.y, StoredDecision::from(&decision).y);
        assert_eq!(record.u, decision.u);
        assert_eq!(stepped.config, controller.config);
    }
    supply
}

#[tokio::test]
async fn success_measurements_and_decisions_follow_from_what_was_done() {
    let mut world = World::build(&WorldSpec {
        liquidity: vec![1],
        meters: 2,
        excluded: 1,
        ..WorldSpec::default()
    })
    .await;
    let live = world.bank.now();
    let million = 1_000_000 * TOKEN;
    let lp = world.pools[1];
    let amm_vault = lp.amm_vault.unwrap();
    let (team, fee) = (world.excluded[0], |amount: u64| amount * 3 / 1_000);
    let burn = |amount: u64| fee(amount) * 3 / 10;
    let alice = world.wallet(100 * million).await;

    // First window: 300 million staked after 100,000 s, liquidity after 150,000 s,
    // 15 million paid, and one of two shards collected.
    let circulating_then = 1_000 * million;
    world.bank.set_time(live + 100_000).await;
    let staker = world.staker(300 * million).await;
    world.bank.set_time(live + 150_000).await;
    give(&mut world, &team, 50 * million).await;
    give(&mut world, &amm_vault, 80 * million).await;
    let loose = world.bank.create_tokens(&lp.mint, &alice.pubkey()).await;
    world.bank.mint_to(&lp.mint, &loose, 3_000).await;
    liquidity_staker(&mut world, 1, 1_000).await;
    world.bank.set_time(live + 200_000).await;
    pay_through(&mut world, 0, &alice, 10 * million).await;
    pay_through(&mut world, 1, &alice, 5 * million).await;
    world.collect(0).await.unwrap();
    world.bank.set_time(live + WEEK).await;

    let rate = per_second(1_000 * million, 60_000);
    let to_liquidity = rate / PPM * 100_000;
    let mut window = Window {
        opened: live,
        circulating: circulating_then,
        supply: 1_000 * million,
        stake_seconds: u128::from(300 * million) * (WEEK - 100_000) as u128,
        // Liquidity counts with the lower of two touches, and there was none before.
        depth_seconds: 0,
        volume: u128::from(15 * million),
        accrued_q64: (rate - to_liquidity) * (WEEK - 100_000) as u128
            + to_liquidity * (WEEK - 150_000) as u128,
        burned: burn(10 * million),
    };
    let supply = crank_and_compare(&mut world, &window).await;

    // Second window: a third unstakes, the AMM's side shrinks, the other shard is
    // collected at the rates at which it was charged, and one more payment is made.
    let opened = world.bank.now();
    let economy = world.economy().await;
    let rate = per_second(supply, economy.value(Parameter::Emission));
    world.bank.set_time(opened + 50_000).await;
    world.bank.set_balance(&amm_vault, 60 * million).await;
    world.bank.set_time(opened + 300_000).await;
    let depth = u128::from(60 * million) * 1_000 / 4_001;
    liquidity_staker(&mut world, 1, 1).await;
    world.collect(1).await.unwrap();
    pay_through(&mut world, 1, &alice, 7 * million).await;
    world.bank.set_time(opened + 400_000).await;
    world.request_unstake(&staker, 100 * million).await.unwrap();
    world.bank.set_time(opened + WEEK).await;
    window = Window {
        opened,
        circulating: economy.totals.circulating,
        supply,
        stake_seconds: u128::from(300 * million) * 400_000
            + u128::from(200 * million) * (WEEK - 400_000) as u128,
        depth_seconds: depth * WEEK as u128,
        volume: u128::from(7 * million),
        accrued_q64: rate * WEEK as u128,
        burned: burn(5 * million),
    };
    let supply = crank_and_compare(&mut world, &window).await;

    // Third window: claims bring rewards into circulation; half a period late.
    let opened = world.bank.now();
    let economy = world.economy().await;
    let rate = per_second(supply, economy.value(Parameter::Emission));
    world.claim(&staker).await.unwrap();
    let late = WEEK * 3 / 2;
    world.bank.set_time(opened + late).await;
    // Now 1,001 of 4,001 LP tokens are staked; the touch at the crank said so.
    let depth = u128::from(60 * million) * 1_001 / 4_001;
    window = Window {
        opened,
        circulating: economy.totals.circulating,
        supply,
        stake_seconds: u128::from(200 * million) * late as u128,
        depth_seconds: depth * late as u128,
        volume: 0,
        accrued_q64: rate * late as u128,
        burned: 0,
    };
    crank_and_compare(&mut world, &window).await;
}

#[tokio::test]
async fn success_the_next_end_never_comes_too_soon() {
    let mut world = World::new().await;
    let mut end = world.bank.now() + WEEK;
    let lateness = [0, WEEK / 4, WEEK / 2, WEEK * 3 / 4, 5 * WEEK, 0];
    for late in lateness {
        let now = end + late;
        world.bank.set_time(now).await;
        world.crank().await.unwrap();
        end = (end + WEEK).max(now + WEEK / 2);
        assert_eq!(world.economy().await.next_end, end, "{late} s late");
    }
}

#[tokio::test]
async fn success_excluded_accounts_do_not_circulate() {
    let mut world = World::build(&WorldSpec {
        excluded: 2,
        ..WorldSpec::default()
    })
    .await;
    let before = world.economy().await.totals.circulating;
    assert_eq!(before, 1_000_000_000 * TOKEN);
    let [one, other] = world.excluded[..] else {
        panic!("two were created");
    };
    give(&mut world, &one, 111 * TOKEN).await;
    give(&mut world, &other, 222 * TOKEN).await;

    world.next_period().await.unwrap();

    assert_eq!(
        world.economy().await.totals.circulating,
        before - 333 * TOKEN
    );
}

#[tokio::test]
async fn success_the_supply_counter_follows_others_by_one_percent_a_period() {
    // Given a holder who burns a twentieth of all tokens behind the program's back.
    let mut world = World::new().await;
    let whale = world.wallet(50_000_000 * TOKEN).await;
    let mint = world.at.mint;
    let owner = whale.key.insecure_clone();
    world
        .bank
        .burn(&mint, &whale.tokens, &owner, 50_000_000 * TOKEN)
        .await;

    // The counter counts our own mints at once and goes 1 % a period after the rest.
    let mut counted = 1_000_000_000 * TOKEN;
    let mut supplied = 0;
    for period in 1..=7 {
        let before = world.economy().await.totals;
        let real = world.bank.supply(&mint).await;
        world.next_period().await.unwrap();
        let expected = counted + (before.supplied - supplied);
        supplied = before.supplied;
        counted = real.max(expected - expected / 100);
        assert_eq!(world.economy().await.totals.supply, counted, "{period}");
        if period < 5 {
            assert_ne!(counted, real, "{period}");
        } else if period > 5 {
            assert_eq!(counted, real, "{period}");
        }
    }
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_foreign_mints_are_followed_as_slowly() {
    let mut world = World::build(&WorldSpec {
        funding: Funding::Funded,
        ..WorldSpec::default()
    })
    .await;
    let (mint, reserve) = (world.at.mint, world.reserve);
    world
        .bank
        .mint_to(&mint, &reserve, 500_000_000 * TOKEN)
        .await;

    world.next_period().await.unwrap();

    assert_eq!(world.economy().await.totals.supply, 1_010_000_000 * TOKEN);
}

#[tokio::test]
async fn success_a_liquidity_controller_without_pools_is_held() {
    let mut world = World::new().await;
    for period in 1..=6 {
        world.next_period().await.unwrap();
        let economy = world.economy().await;
        let controller = of(&economy, Parameter::Liquidity);
        assert_eq!(controller.last.held, HoldReason::Missing as u8);
        assert_eq!(controller.state.u, 100_000);
        let expired = flags(controller).contains(Flags::HOLD_EXPIRED);
        assert_eq!(expired, period > 4, "{period}");
        // The others go on, and the native pool takes all of the emission.
        assert!(!held(of(&economy, Parameter::Emission)));
        assert_eq!(
            economy.stream.lanes[0].rate_q64.get(),
            economy.stream.emission_rate().unwrap()
        );
    }
}

#[tokio::test]
async fn success_a_period_cap_stops_emission_and_is_seen_by_the_controller() {
    // Given a cap of half of what the rate would emit in a period, and a staker.
    let mut world = World::build(&WorldSpec {
        limits: Some(LimitSettings {
            period_emission_ppm: 575,
            ..limits()
        }),
        ..WorldSpec::default()
    })
    .await;
    let live = world.bank.now();
    let supply = 1_000_000_000 * TOKEN;
    let rate = per_second(supply, 60_000);
    let grant = u128::from(supply) * 575 / PPM;
    let seconds = (grant << 64) / rate;
    let staker = world.staker(TOKEN).await;
    let economy = world.economy().await;
    assert_eq!(economy.stream.emit_until, live + seconds as i64);

    // When the period ends, no more than the cap has been emitted ...
    world.next_period().await.unwrap();
    world.claim(&staker).await.unwrap();
    let claimed = u128::from(world.balance(&staker).await);
    let emitted = rate * seconds;
    assert!(emitted >> 64 <= grant);
    assert!((emitted >> 64) - claimed <= 1, "{claimed}");

    // ... and the controller saw the value that was left of it.
    let record = last_decisions(&mut world).await[Parameter::Emission.index()];
    let applied = 60_000 * (emitted >> 16) / ((rate * WEEK as u128) >> 16);
    assert_eq!(i128::from(record.applied), applied as i128);
    assert!(Flags(record.flags).contains(Flags::CAPPED));
    let economy = world.economy().await;
    assert!(flags(of(&economy, Parameter::Emission)).contains(Flags::CAPPED));
    assert!(!flags(of(&economy, Parameter::Fee)).contains(Flags::CAPPED));

    // Its integral cannot wind up against the cap: the error is positive (nobody
    // stakes) for many periods, and it stays where it is.
    let first = of(&economy, Parameter::Emission).state.integral;
    for _ in 0..5 {
        world.next_period().await.unwrap();
    }
    let economy = world.economy().await;
    let integral = of(&economy, Parameter::Emission).state.integral;
    assert!(integral.get() <= first.get());
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn n8_what_accrues_before_the_hard_cap_is_paid_and_nothing_after() {
    let supply = 1_000_000_000 * TOKEN;
    let room = 1_500_000 * TOKEN;
    let mut world = World::build(&WorldSpec {
        hard_cap: supply + room,
        ..WorldSpec::default()
    })
    .await;
    let staker = world.staker(100 * TOKEN).await;

    for _ in 0..4 {
        world.next_period().await.unwrap();
        assert_sound(&mut world).await;
    }
    world.claim(&staker).await.unwrap();

    let economy = world.economy().await;
    let mint = world.at.mint;
    let emitted = economy.stream.emitted_at(world.bank.now()).unwrap() >> 64;
    assert!(emitted <= u128::from(room));
    assert!(emitted >= u128::from(room) - 200 * u128::from(TOKEN));
    assert!(world.bank.supply(&mint).await <= supply + room);
    let claimed = u128::from(world.balance(&staker).await);
    assert!(emitted - claimed <= 1, "{emitted} {claimed}");
    // The cap is reached to the second, and the stream stands still.
    assert!(economy.stream.emit_until <= world.bank.now() + 100);
    world.bank.advance(WEEK).await;
    let economy = world.economy().await;
    let later = economy.stream.emitted_at(world.bank.now()).unwrap() >> 64;
    assert!(later <= u128::from(room));
}

#[tokio::test]
async fn success_a_funded_economy_emits_what_was_funded() {
    // Given rewards for about half a period of the set rate.
    let mut world = World::build(&WorldSpec {
        funding: Funding::Funded,
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    let funds = 600_000 * TOKEN;
    let (at, program, reserve) = (world.at, world.token_program, world.reserve);
    let creator = world.creator.pubkey();
    let fund = ix::fund_rewards(&at, &creator, &reserve, &program, funds);
    world.run(std::slice::from_ref(&fund)).await.unwrap();
    world.go_live().await.unwrap();
    let live = world.bank.now();
    let rate = per_second(1_000_000_000 * TOKEN, 60_000);
    let seconds = ((u128::from(funds)) << 64) / rate;
    let economy = world.economy().await;
    assert_eq!(economy.stream.emit_until, live + seconds as i64);
    assert_eq!(
        economy.totals.circulating,
        1_000_000_000 * TOKEN - funds,
        "what lies in the reward vault does not circulate"
    );

    // When it is used up, nothing accrues, and the controller knows.
    let staker = world.staker(TOKEN).await;
    world.next_period().await.unwrap();
    let record = last_decisions(&mut world).await[Parameter::Emission.index()];
    assert!(Flags(record.flags).contains(Flags::CAPPED));
    assert!(record.applied < 60_000);
    world.claim(&staker).await.unwrap();
    let claimed = world.balance(&staker).await;
    assert!(claimed <= funds);
    assert!(u128::from(claimed) + 1 >= (rate * seconds) >> 64);
    let economy = world.economy().await;
    assert!(economy.stream.emit_until - world.bank.now() < 2);

    // New funds count from the next crank on; nothing is ever minted.
    world.run(&[fund]).await.unwrap();
    world.next_period().await.unwrap();
    let economy = world.economy().await;
    assert!(economy.stream.emit_until > world.bank.now() + WEEK / 4);
    assert_eq!(world.bank.supply(&at.mint).await, 1_000_000_000 * TOKEN);
    refused(world.top_up().await, HomeostatError::NotMintable);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_a_paused_emission_is_seen_as_capped() {
    let mut world = World::new().await;
    let live = world.bank.now();
    edit(&mut world, |economy| {
        economy.stream.pause_from = live + WEEK / 4;
        economy.stream.pause_until = live + WEEK / 2;
    })
    .await;

    world.next_period().await.unwrap();

    let rate = per_second(1_000_000_000 * TOKEN, 60_000);
    let economy = world.economy().await;
    let emitted = economy.stream.emitted_at(world.bank.now()).unwrap();
    assert_eq!(emitted, rate * (WEEK * 3 / 4) as u128);
    let record = last_decisions(&mut world).await[Parameter::Emission.index()];
    assert_eq!(record.applied, 45_000);
    assert!(Flags(record.flags).contains(Flags::CAPPED));
}

#[tokio::test]
async fn success_a_blocked_burn_is_seen_by_its_controller() {
    let mut world = World::new().await;
    let alice = world.wallet(1_000 * TOKEN).await;
    let mint = world.at.mint;
    pay_through(&mut world, 0, &alice, 1_000 * TOKEN).await;
    // 0.9 tokens shall be burned; the floor lets a third of them go.
    let supply = world.bank.supply(&mint).await;
    edit(&mut world, |economy| {
        economy.limits.supply_floor = supply - 300_000;
    })
    .await;
    world.collect(0).await.unwrap();

    world.next_period().await.unwrap();

    let record = last_decisions(&mut world).await[Parameter::Burn.index()];
    assert_eq!(record.applied, 100_000);
    assert!(Flags(record.flags).contains(Flags::CAPPED));
}

#[tokio::test]
async fn success_the_bounty_is_paid_once_a_period_and_never_blocks() {
    const BOUNTY: u64 = 1_000_000;
    let mut world = World::build(&WorldSpec {
        limits: Some(LimitSettings {
            bounty: BOUNTY,
            ..limits()
        }),
        ..WorldSpec::default()
    })
    .await;
    let keeper = Keypair::new();
    let purse = world.at.keeper_vault;
    let economy = world.economy().await;
    let crank = ix::crank(
        &world.at,
        &keeper.pubkey(),
        &world.token_program,
        &world.pools,
        &economy,
    );
    // What the purse is filled with before a period, and what the keeper gets:
    // nothing from an empty purse; all of an exact one; nothing where dust would
    // stay behind that is not rent-exempt; and again once it is enough.
    let rent = Rent::default().minimum_balance(0);
    let periods = [
        (0, 0),
        (BOUNTY, BOUNTY),
        (BOUNTY + 1, 0),
        (0, 0),
        (rent - 1, BOUNTY),
        (rent, 0),
        (rent - 1, BOUNTY),
    ];
    for (index, (fill, paid)) in periods.into_iter().enumerate() {
        if fill > 0 {
            world.bank.airdrop(&purse, fill).await;
        }
        let held = world.bank.lamports(&purse).await;
        let earned = world.bank.lamports(&keeper.pubkey()).await;
        let end = world.economy().await.next_end;
        world.bank.set_time(end).await;

        world
            .bank
            .send(std::slice::from_ref(&crank), &[&keeper])
            .await
            .unwrap();

        let now = (
            world.bank.lamports(&purse).await,
            world.bank.lamports(&keeper.pubkey()).await,
        );
        assert_eq!(now, (held - paid, earned + paid), "period {index}");
        // A second crank in the period gets nothing.
        attack(
            &mut world,
            "cranking for a second bounty",
            std::slice::from_ref(&crank),
            &[&keeper],
            HomeostatError::TooEarly,
        )
        .await;
        assert_eq!(world.bank.lamports(&purse).await, now.0);
    }
}

#[tokio::test]
async fn success_cranked_tells_what_happened() {
    let mut world = World::build(&WorldSpec {
        limits: Some(LimitSettings {
            bounty: 1_000_000,
            ..limits()
        }),
        ..WorldSpec::default()
    })
    .await;
    let purse = world.at.keeper_vault;
    world.bank.airdrop(&purse, 1_000_000).await;
    world.staker(100_000_000 * TOKEN).await;
    let before = world.economy().await;
    world.bank.set_time(before.next_end + 7).await;
    let crank = world.crank_ix().await;

    let events = world.bank.events(std::slice::from_ref(&crank), &[]).await;
    world.run(&[crank]).await.unwrap();

    let [Event::Cranked(event)] = &events[..] else {
        panic!("one event tells of it");
    };
    let after = world.economy().await;
    assert_eq!(
        (event.economy, event.keeper),
        (world.at.economy, world.creator.pubkey())
    );
    assert_eq!((event.period, event.at), (1, world.bank.now()));
    assert_eq!((event.bounty, event.tripped), (1_000_000, 0));
    assert_eq!(event.next_end, after.next_end);
    assert_eq!(
        (event.old_supply, event.new_supply),
        (before.totals.supply, after.totals.supply)
    );
    assert_eq!(
        (event.old_circulating, event.new_circulating),
        (before.totals.circulating, after.totals.circulating)
    );
    assert_eq!(
        (event.old_supplied, event.new_supplied),
        (before.totals.supplied, after.totals.supplied)
    );
    assert_eq!(
        (event.old_emit_until, event.new_emit_until),
        (before.stream.emit_until, after.stream.emit_until)
    );
    // Nothing has to be believed: the event carries the very bytes under the hash.
    let logged = last_decisions(&mut world).await;
    assert_eq!(event.records, bytemuck::bytes_of(&logged));
}

#[tokio::test]
async fn fail_nobody_but_the_program_emits_events() {
    // An event is a call of the program to itself; a look-alike from outside is
    // refused, whoever signs it.
    let mut world = World::new().await;
    let mallory = Keypair::new();
    let body = homeostat::events::LogGrown {
        economy: world.at.economy,
        log: world.at.log,
        old_slots: 24,
        new_slots: 256,
    };
    let data = [&EVENT_TAG[..], &anchor_lang::Event::data(&body)].concat();
    let call = |authority: Pubkey, is_signer: bool| Instruction {
        program_id: homeostat_client::PROGRAM_ID,
        accounts: vec![AccountMeta::new_readonly(authority, is_signer)],
        data: data.clone(),
    };
    attack(
        &mut world,
        "without the signature",
        &[call(address::event_authority(), false)],
        &[],
        anchor::CONSTRAINT_SIGNER,
    )
    .await;
    attack(
        &mut world,
        "with another one",
        &[call(mallory.pubkey(), true)],
        &[&mallory],
        anchor::CONSTRAINT_SEEDS,
    )
    .await;
}

#[tokio::test]
async fn success_a_controller_steps_on_the_metric_it_is_wired_to() {
    // Given a fee that follows the staked share, and a period of a minute.
    let mut world = World::build(&WorldSpec {
        period: 60,
        controllers: vec![(
            Parameter::Fee,
            ControllerSettings {
                metric: Metric::StakedShare,
                setpoint_q48: Fx::lit("0.5").to_bits(),
                scale_q48: Fx::lit("0.5").to_bits(),
                bias_q48: Fx::from_num(3_000).to_bits(),
                kp_q48: Fx::from_num(1_000).to_bits(),
                ki_q48: 0,
                kd_q48: 0,
                filter_q48: Fx::ONE.to_bits(),
                min_ppm: 500,
                max_ppm: 10_000,
                ..wild(Parameter::Fee, Direction::Direct).1
            },
        )],
        ..WorldSpec::default()
    })
    .await;
    world.staker(750_000_000 * TOKEN).await;

    world.next_period().await.unwrap();

    // The share is 0.75: half a scale above the setpoint, so half of Kp on top.
    let economy = world.economy().await;
    let record = last_decisions(&mut world).await[Parameter::Fee.index()];
    assert_eq!(record.metric, Metric::StakedShare as u8);
    assert_eq!(
        record.numerator,
        economy.readings[Metric::StakedShare as usize].numerator
    );
    assert_eq!(record.y.get(), Fx::lit("0.75"));
    assert_eq!(economy.value(Parameter::Fee), 3_500);
}

#[tokio::test]
async fn success_the_log_alone_recomputes_every_decision() {
    // Given a log that keeps everything, and a life with some of everything:
    // caps, empty pools, late cranks, latches, a supply floor.
    let mut world = World::build(&WorldSpec {
        liquidity: vec![1],
        limits: Some(LimitSettings {
            period_emission_ppm: 1_400,
            ..limits()
        }),
        ..WorldSpec::default()
    })
    .await;
    let payer = world.creator.pubkey();
    for _ in 0..4 {
        let grow = ix::grow_log(&world.at, &payer, 24);
        world.run(&[grow]).await.unwrap();
    }
    let live = world.bank.now();
    let mut latched_at = 0;
    let alice = world.wallet(300_000_000 * TOKEN).await;
    let amm_vault = world.pools[1].amm_vault.unwrap();
    let mint = world.at.mint;
    for period in 0..20 {
        match period {
            2 => drop(world.staker(300_000_000 * TOKEN).await),
            4 => {
                give(&mut world, &amm_vault, 60_000_000 * TOKEN).await;
                liquidity_staker(&mut world, 1, 77).await;
            }
            7 => {
                latched_at = world.bank.now();
                edit(&mut world, |e| latch(&mut e.controllers[1], latched_at)).await;
            }
            11 => {
                let supply = world.bank.supply(&mint).await;
                edit(&mut world, |e| e.limits.supply_floor = supply - 5).await;
            }
            13 => world.bank.advance(3 * WEEK + 11).await,
            15 => world.bank.advance(6 * WEEK).await,
            _ => (),
        }
        if period % 3 != 0 {
            pay_through(&mut world, 0, &alice, (period + 1) * 1_000_000 * TOKEN).await;
            world.collect(0).await.unwrap();
        }
        world.next_period().await.unwrap();
    }

    // The configurations come from the accounts, as their digests confirm; all
    // else from the records.
    let (log, records) = log_of(&mut world).await;
    assert_eq!((log.base_seq, log.head_seq), (0, 84));
    let economy = world.economy().await;
    let (mut capped, mut latched) = (0, 0);
    for (index, controller) in economy.controllers.iter().enumerate() {
        let config = controller.config();
        let Record::Config(first) = &records[index] else {
            panic!("the log begins with the configurations");
        };
        let digest = hashv(&[bytemuck::bytes_of(&controller.config)]).to_bytes();
        assert_eq!(first.digest, digest);
        let guard_config = GuardConfig::from(&first.guard_config);
        assert_eq!(guard_config, controller.guard_config());
        let mut state = create(&config, live).unwrap();
        let mut guard = GuardState::new(live);
        assert_eq!(first.state, StoredState::from(&state));
        for record in records[4 + index..].iter().step_by(4).map(decision) {
            assert_eq!(record.before, StoredState::from(&state));
            let input = chain::input(record);
            // The one thing that no record tells beforehand: the test latched this guard.
            if index == 1 && (state.last_at..record.to).contains(&latched_at) {
                guard = guard.latch(LatchReason::Spike, latched_at);
            }
            let stepped = guarded_step(
                &config,
                &guard_config,
                &state,
                &guard,
                &Input {
                    tripped: false,
                    ..input
                },
            );
            let (after, made) = chain::recompute(&config, &state, record);
            assert_eq!((stepped.state, stepped.decision), (after, made));
            let made = StoredDecision::from(&made);
            assert_eq!(
                (record.y, record.r, record.z, record.p, record.i, record.d),
                (made.y, made.r, made.z, made.p, made.i, made.d)
            );
            assert_eq!(
                (
                    record.f,
                    record.u0,
                    record.raw,
                    record.slewed,
                    record.limited
                ),
                (made.f, made.u0, made.raw, made.slewed, made.limited)
            );
            assert_eq!(
                (record.u, record.flags, record.held),
                (made.u, made.flags, made.held)
            );
            capped += u32::from(input.applied.is_some());
            latched += u32::from(stepped.guard.latched.is_some());
            state = after;
            guard = stepped.guard;
        }
        assert_eq!(controller.state, StoredState::from(&state));
        assert_eq!(controller.guard, StoredGuardState::from(&guard));
    }
    assert!(capped > 2, "the story has caps in it: {capped}");
    assert!(latched > 0, "the story has latches in it: {latched}");
}

#[tokio::test]
async fn success_random_lives_keep_every_invariant() {
    for seed in [0x00c0_ffee, 0x5eed] {
        println!("seed {seed:#x}");
        random_life(seed).await;
    }
}

/// Two hundred random actions of three wallets in a small, fast economy.
async fn random_life(seed: u64) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut world = World::build(&WorldSpec {
        liquidity: vec![2, 1],
        meters: 2,
        excluded: 1,
        period: 3_600,
        limits: Some(LimitSettings {
            unbonding: 7_200,
            bounty: 5_000,
            supply_floor: 999_900_000 * TOKEN,
            // For an odd seed the cap is reached on the way.
            hard_cap: [2_000_000_000, 1_000_050_000][(seed % 2) as usize] * TOKEN,
            ..limits()
        }),
        ..WorldSpec::default()
    })
    .await;
    let mut wallets = Vec::new();
    for _ in 0..3 {
        wallets.push(world.staker(1_000_000 * TOKEN).await);
    }
    for wallet in &wallets {
        give(&mut world, &wallet.tokens, 50_000_000 * TOKEN).await;
    }
    for action in 0..220 {
        let wallet = &wallets[random.next_u32() as usize % wallets.len()];
        let magnitude = 10u64.pow(random.next_u32() % 13);
        let amount = 1 + random.next_u64() % magnitude;
        // Whatever may be refused here is refused for a reason of the wallet's
        // (too little stake, nothing to withdraw); a broken rule shows below.
        let kind = random.next_u32() % 14;
        match kind {
            0 | 1 => drop(world.stake(wallet, amount).await),
            2 => drop(world.request_unstake(wallet, amount).await),
            3 => drop(world.cancel_unstake(wallet, (amount % 8) as u8).await),
            4 => drop(world.withdraw(wallet).await),
            5 => drop(world.claim(wallet).await.unwrap()),
            6 | 7 => {
                let shard = (amount % 2) as u8;
                pay_through(&mut world, shard, wallet, amount + 1).await;
            }
            8 => drop(world.collect((amount % 2) as u8).await.unwrap()),
            9 => {
                let lane = 1 + (amount % 2) as usize;
                let amm_vault = world.pools[lane].amm_vault.unwrap();
                give(&mut world, &amm_vault, amount).await;
                liquidity_staker(&mut world, lane, amount).await;
            }
            10 => drop(world.top_up().await.unwrap()),
            _ => drop(world.next_period().await.unwrap()),
        }
        world
            .bank
            .advance(i64::from(random.next_u32() % 1_200))
            .await;
        if action % 10 == 0 || kind > 10 {
            let invariants = world.check_invariants().await;
            let story = format!("seed {seed:#x} action {action}");
            assert!(invariants.all_hold(), "{story}: {invariants:#?}");
        }
    }
    let economy = world.economy().await;
    assert_eq!(economy.tripped, 0);
    assert!(economy.totals.periods > 10);
    // In the end everybody gets everything out.
    for wallet in &wallets {
        let staked = world.position(wallet).await.amount;
        if staked > 0 {
            world.request_unstake(wallet, staked).await.unwrap();
        }
        world.claim(wallet).await.unwrap();
    }
    world.bank.advance(86_400).await;
    for wallet in &wallets {
        world.withdraw(wallet).await.unwrap();
        world.close_position(wallet).await.unwrap();
    }
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn success_the_largest_and_the_smallest_economy_crank() {
    const YEAR_SECONDS: u32 = 31_536_000;
    // As many base units as the program takes, a year a period, all of it moving,
    // and the next crank after sixty years.
    let largest = u64::MAX / 4;
    let mut world = World::build(&WorldSpec {
        funding: Funding::Funded,
        period: YEAR_SECONDS,
        supply: largest,
        hard_cap: largest,
        liquidity: vec![u16::MAX, 1],
        limits: Some(LimitSettings {
            hard_cap: largest,
            turnover_ppm: 1_000_000_000,
            period_emission_ppm: 100_000,
            ..limits()
        }),
        ..WorldSpec::default()
    })
    .await;
    let alice = world.wallet(largest / 2).await;
    let reserve = world.reserve;
    let creator = world.creator.pubkey();
    world.staker(largest / 8).await;
    let amm_vault = world.pools[1].amm_vault.unwrap();
    give(&mut world, &amm_vault, largest / 8).await;
    liquidity_staker(&mut world, 1, u64::MAX).await;
    let fund = ix::fund_rewards(
        &world.at,
        &creator,
        &reserve,
        &world.token_program,
        largest / 8,
    );
    world.run(&[fund]).await.unwrap();
    for years in [1, 60, 1] {
        pay_through(&mut world, 0, &alice, largest / 8).await;
        world.collect(0).await.unwrap();
        world.bank.advance(years * i64::from(YEAR_SECONDS)).await;
        world.crank().await.unwrap();
        assert_sound(&mut world).await;
    }
    assert_eq!(world.economy().await.tripped, 0);

    // One base unit in the world, a minute a period.
    let mut world = World::build(&WorldSpec {
        period: 60,
        supply: 1,
        hard_cap: 2,
        limits: Some(LimitSettings {
            hard_cap: 2,
            ..limits()
        }),
        ..WorldSpec::default()
    })
    .await;
    world.staker(1).await;
    for _ in 0..3 {
        world.next_period().await.unwrap();
        assert_sound(&mut world).await;
    }
    let economy = world.economy().await;
    assert_eq!(
        economy.readings[0].numerator,
        economy.readings[0].denominator
    );
}

#[tokio::test]
async fn success_a_retired_economy_neither_cranks_nor_charges_but_collects() {
    let mut world = World::new().await;
    let alice = world.wallet(1_000 * TOKEN).await;
    pay_through(&mut world, 0, &alice, 900 * TOKEN).await;
    let end = world.economy().await.next_end;
    edit(&mut world, |economy| economy.life = Life::Retired as u8).await;
    world.bank.set_time(end).await;

    let economy = world.economy().await;
    let refusals = [
        world.crank_ix().await,
        world.pay_ix(&alice, &world.reserve, 2),
        ix::preview(&world.at, &world.pools, &economy, 0),
    ];
    for (index, instruction) in refusals.into_iter().enumerate() {
        let signers: &[&Keypair] = if index == 1 { &[&alice.key] } else { &[] };
        attack(
            &mut world,
            "a retired economy",
            &[instruction],
            signers,
            HomeostatError::NotLive,
        )
        .await;
    }

    world.collect(0).await.unwrap();
    assert_eq!(world.meter(0).await.liability().unwrap(), 0);
}

#[tokio::test]
async fn success_donations_change_no_measurement() {
    async fn story(donate: bool) -> (Vec<(u128, u128)>, Vec<i64>, u64, u64) {
        let mut world = World::build(&WorldSpec {
            liquidity: vec![1],
            ..WorldSpec::default()
        })
        .await;
        let alice = world.wallet(10_000_000 * TOKEN).await;
        let amm_vault = world.pools[1].amm_vault.unwrap();
        give(&mut world, &amm_vault, 1_000 * TOKEN).await;
        let staker = world.staker(100_000_000 * TOKEN).await;
        liquidity_staker(&mut world, 1, 500).await;
        for _ in 0..2 {
            pay_through(&mut world, 0, &alice, 1_000_000 * TOKEN).await;
            if donate {
                let at = world.at;
                for vault in [
                    at.reward_vault,
                    at.treasury_vault,
                    address::fee_vault(&at.meter(0)),
                    address::principal_vault(&world.native_pool()),
                ] {
                    give(&mut world, &vault, 10_000_000 * TOKEN).await;
                }
                world.bank.airdrop(&at.keeper_vault, 10_000_000).await;
                world.bank.airdrop(&at.economy, 10_000_000).await;
            }
            world.collect(0).await.unwrap();
            world.next_period().await.unwrap();
        }
        world.claim(&staker).await.unwrap();
        let economy = world.economy().await;
        let readings = economy.readings.iter();
        (
            readings
                .map(|r| (r.numerator.get(), r.denominator.get()))
                .collect(),
            economy.controllers.iter().map(|c| c.state.u).collect(),
            economy.totals.circulating,
            world.balance(&staker).await,
        )
    }

    assert_eq!(story(true).await, story(false).await);
}

#[tokio::test]
async fn fail_crank_before_going_live_or_while_paused() {
    let mut draft = World::build(&WorldSpec {
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    let crank = draft.crank_ix().await;
    attack(
        &mut draft,
        "cranking a Draft",
        &[crank],
        &[],
        HomeostatError::NotLive,
    )
    .await;

    let mut world = World::new().await;
    let end = world.economy().await.next_end;
    edit(&mut world, |economy| {
        let pause = &mut economy.pauses[Section::Crank as usize];
        (pause.from, pause.until) = (end, end + 3_600);
    })
    .await;
    world.bank.set_time(end).await;
    let crank = world.crank_ix().await;
    attack(
        &mut world,
        "cranking while paused",
        &[crank],
        &[],
        HomeostatError::Paused,
    )
    .await;
    world.bank.set_time(end + 3_600).await;
    world.crank().await.unwrap();
}

#[tokio::test]
async fn fail_crank_with_wrong_fixed_accounts() {
    let mut world = World::new().await;
    let mallory = world.wallet(0).await;
    let end = world.economy().await.next_end;
    world.bank.set_time(end).await;
    let good = world.crank_ix().await;
    let at = world.at;
    let fake_economy = world.bank.forge(&at.economy).await;
    let fake_log = world.bank.forge(&at.log).await;
    let other_mint = world
        .bank
        .create_mint(&MintSpec::plain(TokenProgram::Token2022))
        .await;

    let attacks = [
        (
            "rewards to oneself",
            exchange(good.clone(), &at.reward_vault, &mallory.tokens),
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "rewards to the treasury",
            exchange(good.clone(), &at.reward_vault, &at.treasury_vault),
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "another authority",
            exchange(good.clone(), &at.authority, &mallory.pubkey()),
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "a bounty out of the authority",
            exchange(good.clone(), &at.keeper_vault, &at.authority),
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "another mint",
            exchange(good.clone(), &at.mint, &other_mint),
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "a fake economy",
            exchange(good.clone(), &at.economy, &fake_economy),
            anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM,
        ),
        (
            "a fake log",
            exchange(good.clone(), &at.log, &fake_log),
            anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM,
        ),
        (
            "a meter as log",
            exchange(good.clone(), &at.log, &at.meter(0)),
            anchor::ACCOUNT_DISCRIMINATOR_MISMATCH,
        ),
        (
            "a read-only economy",
            read_only(good.clone(), &at.economy),
            anchor::CONSTRAINT_MUT,
        ),
        (
            "a read-only mint",
            read_only(good.clone(), &at.mint),
            anchor::CONSTRAINT_MUT,
        ),
        (
            "a read-only log",
            read_only(good.clone(), &at.log),
            anchor::CONSTRAINT_MUT,
        ),
        (
            "a read-only reward vault",
            read_only(good.clone(), &at.reward_vault),
            anchor::CONSTRAINT_MUT,
        ),
        (
            "a read-only keepers' vault",
            read_only(good.clone(), &at.keeper_vault),
            anchor::CONSTRAINT_MUT,
        ),
        (
            "events signed by somebody else",
            exchange(good.clone(), &address::event_authority(), &mallory.pubkey()),
            anchor::CONSTRAINT_ADDRESS,
        ),
        (
            "no system program",
            exchange(good.clone(), &system_program::ID, &mallory.pubkey()),
            anchor::INVALID_PROGRAM_ID,
        ),
        (
            "the other token program",
            exchange(
                good.clone(),
                &world.token_program,
                &TokenProgram::Legacy.id(),
            ),
            anchor::CONSTRAINT_MINT_TOKEN_PROGRAM,
        ),
    ];
    for (what, instruction, code) in attacks {
        attack(&mut world, what, &[instruction], &[], code).await;
    }
    let signed = exchange(good, &world.creator.pubkey(), &mallory.pubkey());
    attack(
        &mut world,
        "a keeper who does not sign",
        &[unsigned(signed, &mallory.pubkey())],
        &[],
        anchor::ACCOUNT_NOT_SIGNER,
    )
    .await;
}

#[tokio::test]
async fn fail_crank_with_anything_but_every_pool_meter_and_exclusion_in_order() {
    let mut world = World::build(&WorldSpec {
        liquidity: vec![1, 2],
        meters: 2,
        excluded: 2,
        ..WorldSpec::default()
    })
    .await;
    let end = world.economy().await.next_end;
    world.bank.set_time(end).await;
    let good = world.crank_ix().await;
    // Behind the fixed accounts: native pool; two times pool, AMM vault, LP mint;
    // two meters; two exclusions.
    let count = 1 + 2 * 3 + 2 + 2;
    let fixed = good.accounts.len() - count;
    let stranger = world.wallet(0).await.tokens;
    let twin = world.bank.forge(&world.at.meter(0)).await;

    let mut attacks: Vec<(String, Instruction)> = Vec::new();
    let mut with = |what: String, change: &dyn Fn(&mut Vec<AccountMeta>)| {
        let mut instruction = good.clone();
        change(&mut instruction.accounts);
        attacks.push((what, instruction));
    };
    for index in 0..count {
        let at = fixed + index;
        with(format!("without {index}"), &|accounts| {
            accounts.remove(at);
        });
        with(format!("{index} twice"), &|accounts| {
            accounts.insert(at, accounts[at].clone());
        });
        with(format!("a stranger for {index}"), &|accounts| {
            accounts[at].pubkey = stranger;
        });
        if index + 1 < count {
            with(format!("{index} and the next swapped"), &|accounts| {
                accounts.swap(at, at + 1);
            });
        }
    }
    with("one too many".into(), &|accounts| {
        accounts.push(AccountMeta::new_readonly(stranger, false));
    });
    with("none at all".into(), &|accounts| accounts.truncate(fixed));
    with("only pools and meters".into(), &|accounts| {
        accounts.truncate(accounts.len() - 2);
    });
    with("a forged meter".into(), &|accounts| {
        accounts[fixed + 7].pubkey = twin;
    });
    with("one meter for both".into(), &|accounts| {
        accounts[fixed + 8] = accounts[fixed + 7].clone();
    });
    for (what, instruction) in attacks {
        attack(
            &mut world,
            &what,
            &[instruction],
            &[],
            HomeostatError::WrongRemainingAccounts,
        )
        .await;
    }

    let lp_pool = good.accounts[fixed + 1].pubkey;
    attack(
        &mut world,
        "a liquidity pool that cannot be touched",
        &[read_only(good.clone(), &lp_pool)],
        &[],
        anchor::ACCOUNT_NOT_MUTABLE,
    )
    .await;
    // The same for a preview, which only reads.
    let economy = world.economy().await;
    let mut instruction = ix::preview(&world.at, &world.pools, &economy, 0);
    instruction.accounts.pop();
    attack(
        &mut world,
        "a preview without an exclusion",
        &[instruction],
        &[],
        HomeostatError::WrongRemainingAccounts,
    )
    .await;

    world.run(&[good]).await.unwrap();
}

// ---------------------------------------------------------------- preview

#[tokio::test]
async fn success_a_preview_is_what_the_crank_then_does() {
    let mut world = World::build(&WorldSpec {
        liquidity: vec![1, 3],
        meters: 2,
        excluded: 1,
        ..WorldSpec::default()
    })
    .await;
    let alice = world.wallet(100_000_000 * TOKEN).await;
    let amm_vault = world.pools[1].amm_vault.unwrap();
    give(&mut world, &amm_vault, 10_000_000 * TOKEN).await;
    world.staker(200_000_000 * TOKEN).await;
    liquidity_staker(&mut world, 1, 1_000).await;

    for period in 0..3 {
        pay_through(&mut world, period % 2, &alice, 20_000_000 * TOKEN).await;
        world.collect(0).await.unwrap();
        let end = world.economy().await.next_end;
        world.bank.set_time(end + 77).await;
        let before = world.state().await;
        let mut previews = Vec::new();
        for controller in 0..4 {
            previews.push(preview(&mut world, controller).await);
        }
        unchanged("a preview", &before, &world.state().await);

        world.crank().await.unwrap();

        let economy = world.economy().await;
        for (index, previewed) in previews.iter().enumerate() {
            assert_eq!(
                bytemuck::bytes_of(previewed),
                bytemuck::bytes_of(&economy.controllers[index].last),
                "controller {index} in period {period}"
            );
        }
        // Right after the crank there is nothing new to decide.
        let again = preview(&mut world, 0).await;
        assert!(Flags(again.flags).contains(Flags::REPEATED));
        assert_eq!(again.u, economy.controllers[0].state.u);
    }
}

#[tokio::test]
async fn fail_preview_of_no_controller_or_no_economy() {
    let mut world = World::new().await;
    let economy = world.economy().await;
    for controller in [4, 255] {
        let preview = ix::preview(&world.at, &world.pools, &economy, controller);
        attack(
            &mut world,
            "a fifth controller",
            &[preview],
            &[],
            HomeostatError::NoSuchController,
        )
        .await;
    }
    let good = ix::preview(&world.at, &world.pools, &economy, 0);
    let at = world.at;
    let forged = world.bank.forge(&at.economy).await;
    let mint = world
        .bank
        .create_mint(&MintSpec::plain(TokenProgram::Token2022))
        .await;
    attack(
        &mut world,
        "a forged economy",
        &[exchange(good.clone(), &at.economy, &forged)],
        &[],
        anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM,
    )
    .await;
    for (what, old, new) in [
        ("another mint", at.mint, mint),
        ("another vault", at.reward_vault, at.treasury_vault),
    ] {
        attack(
            &mut world,
            what,
            &[exchange(good.clone(), &old, &new)],
            &[],
            anchor::CONSTRAINT_HAS_ONE,
        )
        .await;
    }

    let mut draft = World::build(&WorldSpec {
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    let economy = draft.economy().await;
    let preview = ix::preview(&draft.at, &draft.pools, &economy, 0);
    attack(
        &mut draft,
        "a Draft",
        &[preview],
        &[],
        HomeostatError::NotLive,
    )
    .await;
}

// ---------------------------------------------------------------- the log

#[tokio::test]
async fn success_the_log_begins_with_the_configurations() {
    let mut world = World::build(&WorldSpec {
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    world.hand_over_mint(Funding::Mint).await;
    let go_live = world.go_live_ix();
    let events = world.bank.events(std::slice::from_ref(&go_live), &[]).await;
    world.run(&[go_live]).await.unwrap();

    let (log, records) = log_of(&mut world).await;
    let economy = world.economy().await;
    let now = world.bank.now();
    assert_eq!((log.base_seq, log.head_seq, log.len), (0, 4, 4));
    assert_eq!(log.base_hash, [0; 32]);
    let [Event::WentLive(event)] = &events[..] else {
        panic!("one event tells of it");
    };
    let size = core::mem::size_of::<StoredConfig>();
    let mut logged = Vec::new();
    for (index, record) in records.iter().enumerate() {
        let Record::Config(record) = record else {
            panic!("a decision before the first crank");
        };
        let controller = &economy.controllers[index];
        assert_eq!(record.seq, index as u64 + 1);
        assert_eq!((record.parameter, record.at), (index as u8, now));
        assert_eq!(record.state, controller.state);
        let config = bytemuck::bytes_of(&controller.config);
        assert_eq!(record.digest, hashv(&[config]).to_bytes());
        // The event carries the configuration behind the digest.
        assert_eq!(&event.configs[index * size..][..size], config);
        logged.extend_from_slice(bytemuck::bytes_of(record));
    }
    assert_eq!(event.records, logged);
}

#[tokio::test]
async fn success_every_crank_adds_four_decisions_and_the_ring_wraps() {
    let mut world = World::new().await;
    let mut hashes: Vec<[u8; 32]> = Vec::new();
    for cranks in 1..=9u64 {
        world.next_period().await.unwrap();
        let (log, records) = log_of(&mut world).await;

        let head = 4 + 4 * cranks;
        assert_eq!(log.head_seq, head);
        assert_eq!(u64::from(log.len), head.min(24));
        assert_eq!(log.base_seq, head.saturating_sub(24));
        // The base is what the chain said when that record was the newest.
        if let Some(before) = log.base_seq.checked_sub(8) {
            assert_eq!(log.base_hash, hashes[before as usize / 4]);
        }
        hashes.push(log.head_hash);
        for (n, record) in records.iter().enumerate() {
            assert_eq!(record.seq(), log.base_seq + n as u64 + 1);
        }
        for (index, record) in records[records.len() - 4..].iter().enumerate() {
            assert_eq!(decision(record).parameter, index as u8);
        }
    }
}

#[tokio::test]
async fn success_a_tampered_log_is_found_out() {
    let mut world = World::new().await;
    for _ in 0..7 {
        world.next_period().await.unwrap();
    }
    let log = world.at.log;
    let data = world.bank.data(&log).await.unwrap();
    assert!(chain::read(&data).is_ok());

    // One flipped bit anywhere in the records or their hashes, ...
    let slots = DecisionLog::SLOTS_AT..DecisionLog::SLOTS_AT + 24 * SLOT_BYTES;
    for at in slots.step_by(101) {
        let mut tampered = data.clone();
        tampered[at] ^= 1;
        assert!(
            matches!(chain::read(&tampered), Err(LogError::Chain { .. })),
            "byte {at}"
        );
    }
    // ... in either end of the chain, ...
    let honest = DecisionLog::SLOTS_AT - core::mem::size_of::<DecisionLog>();
    let edits: [fn(&mut DecisionLog); 6] = [
        |log| log.ring.head_hash[0] ^= 1,
        |log| log.ring.base_hash[31] ^= 1,
        |log| log.ring.head_seq += 1,
        |log| log.ring.base_seq -= 1,
        |log| log.ring.len -= 1,
        |log| log.ring.next -= 1,
    ];
    for (index, edit) in edits.into_iter().enumerate() {
        let mut tampered = data.clone();
        let header = &mut tampered[honest..DecisionLog::SLOTS_AT];
        let mut log: DecisionLog = bytemuck::pod_read_unaligned(header);
        edit(&mut log);
        header.copy_from_slice(bytemuck::bytes_of(&log));
        assert!(chain::read(&tampered).is_err(), "edit {index}");
    }
    // ... a record replaced by its neighbour, or a log cut short.
    let mut tampered = data.clone();
    let (first, second) = (DecisionLog::SLOTS_AT, DecisionLog::SLOTS_AT + SLOT_BYTES);
    tampered.copy_within(first..second, second);
    assert!(chain::read(&tampered).is_err());
    assert!(chain::read(&data[..data.len() - 1]).is_err());
    assert!(chain::read(&data[..100]).is_err());
}

#[tokio::test]
async fn success_grow_log_to_its_largest_capacity() {
    let mut world = World::new().await;
    let payer = world.wallet(0).await;
    world.bank.airdrop(&payer.pubkey(), 2_000_000_000).await;
    let (at, log) = (world.at, world.at.log);

    let mut slots = 24;
    while slots < 256 {
        let grow = ix::grow_log(&at, &payer.pubkey(), 24);
        let held = world.bank.lamports(&payer.pubkey()).await;
        let rent = world.bank.lamports(&log).await;
        let events = world
            .bank
            .events(std::slice::from_ref(&grow), &[&payer.key])
            .await;
        world.bank.send(&[grow], &[&payer.key]).await.unwrap();

        let new = (slots + 24).min(256);
        let [Event::LogGrown(event)] = &events[..] else {
            panic!("one event tells of it");
        };
        assert_eq!(
            (event.log, event.old_slots, event.new_slots),
            (log, slots, new)
        );
        slots = new;
        let space = DecisionLog::space(slots);
        let (header, _) = log_of(&mut world).await;
        assert_eq!(header.allocated, slots);
        assert_eq!(world.bank.data(&log).await.unwrap().len(), space);
        let due = Rent::default().minimum_balance(space);
        assert_eq!(world.bank.lamports(&log).await, due);
        assert_eq!(
            world.bank.lamports(&payer.pubkey()).await,
            held - (due - rent)
        );
    }
    let grow = ix::grow_log(&at, &payer.pubkey(), 1);
    attack(
        &mut world,
        "a 257th slot",
        &[grow],
        &[&payer.key],
        HomeostatError::LogAtCapacity,
    )
    .await;
    // It is used in full, and wraps where it ends.
    for _ in 0..64 {
        world.next_period().await.unwrap();
    }
    let (header, records) = log_of(&mut world).await;
    assert_eq!((header.capacity, records.len()), (256, 256));
    assert_eq!((header.base_seq, header.head_seq), (4, 260));
}

/// Pauses for more and more seconds: a record of the audit log each.
async fn pauses(world: &mut World, seconds: core::ops::RangeInclusive<u32>) {
    let guardian = world.guardian.insecure_clone();
    for seconds in seconds {
        let (section, reason) = (Section::Stake, PauseReason::Incident);
        let pause = governance::pause(&world.at, &guardian.pubkey(), section, seconds, reason);
        world.send_as(&guardian, pause).await.unwrap();
    }
}

#[tokio::test]
async fn success_the_audit_log_grows_to_its_largest_capacity() {
    let mut world = World::new().await;
    let payer = world.wallet(0).await;
    world.bank.airdrop(&payer.pubkey(), 2_000_000_000).await;
    let at = world.at;
    // Given a ring that has turned and whose next record goes into its middle.
    pauses(&mut world, 1..=30).await;
    let before = world.bank.data(&at.audit).await.unwrap();

    let mut slots = 24;
    while slots < 256 {
        let grow = ix::grow_audit(&at, &payer.pubkey(), 58);
        let events = world
            .bank
            .events(std::slice::from_ref(&grow), &[&payer.key])
            .await;
        world.bank.send(&[grow], &[&payer.key]).await.unwrap();

        let new = (slots + 58).min(256);
        let [Event::LogGrown(event)] = &events[..] else {
            panic!("one event tells of it");
        };
        assert_eq!(
            (event.log, event.old_slots, event.new_slots),
            (at.audit, slots, new)
        );
        slots = new;
        let space = AuditLog::space(slots);
        let data = world.bank.data(&at.audit).await.unwrap();
        assert_eq!(data.len(), space);
        // Growing alone changes no record.
        let records = DecisionLog::SLOTS_AT..before.len();
        assert_eq!(data[records.clone()], before[records]);
        let due = Rent::default().minimum_balance(space);
        assert_eq!(world.bank.lamports(&at.audit).await, due);
    }
    let more = ix::grow_audit(&at, &payer.pubkey(), 1);
    attack(
        &mut world,
        "a 257th slot",
        &[more],
        &[&payer.key],
        HomeostatError::LogAtCapacity,
    )
    .await;
    let log: AuditLog = world.bank.fetch(&at.audit).await;
    assert_eq!((log.allocated, log.capacity), (256, 24));
    // The new slots come in when the ring wraps, and all of them are used.
    pauses(&mut world, 31..=330).await;
    let log: AuditLog = world.bank.fetch(&at.audit).await;
    assert_eq!((log.capacity, log.len), (256, 256));
    assert_eq!((log.base_seq, log.head_seq), (75, 331));
}

#[tokio::test]
async fn success_growth_while_wrapped_keeps_the_chain() {
    // Given a ring that has wrapped and whose next record goes into its middle.
    for cranks_before in [5, 6, 7, 10] {
        let mut world = World::new().await;
        for _ in 0..cranks_before {
            world.next_period().await.unwrap();
        }
        let (old, kept) = log_of(&mut world).await;

        let grow = ix::grow_log(&world.at, &world.creator.pubkey(), 11);
        world.run(&[grow]).await.unwrap();

        // Growing alone changes no record; the new slots come in at the next wrap.
        let (grown, records) = log_of(&mut world).await;
        assert_eq!(records, kept);
        assert_eq!((grown.allocated, grown.capacity), (35, old.capacity));
        for _ in 0..12 {
            world.next_period().await.unwrap();
            log_of(&mut world).await;
        }
        let (full, records) = log_of(&mut world).await;
        assert_eq!((full.capacity, records.len()), (35, 35));
        assert_eq!(full.head_seq, old.head_seq + 48);
    }
}

/// Copies of both logs, as if they were another economy's.
async fn foreign_logs(world: &mut World) -> [Pubkey; 2] {
    let mut copies = [Pubkey::default(); 2];
    for (copy, log) in copies.iter_mut().zip([world.at.log, world.at.audit]) {
        let mut account = world.bank.account(&log).await.unwrap();
        let mut data = account.data().to_vec();
        data[16..48].copy_from_slice(Pubkey::new_unique().as_ref());
        account.set_data_from_slice(&data);
        *copy = Pubkey::new_unique();
        world.bank.set_account(copy, &account);
    }
    copies
}

#[tokio::test]
async fn fail_grow_log() {
    let mut world = World::new().await;
    let payer = world.creator.pubkey();
    let at = world.at;
    for slots in [0, 25, 256, u32::MAX] {
        let grow = ix::grow_log(&at, &payer, slots);
        attack(
            &mut world,
            "a step out of range",
            &[grow],
            &[],
            HomeostatError::InvalidParameter,
        )
        .await;
    }
    for slots in [0, 59, 256, u32::MAX] {
        let grow = ix::grow_audit(&at, &payer, slots);
        attack(
            &mut world,
            "a step of the audit log out of range",
            &[grow],
            &[],
            HomeostatError::InvalidParameter,
        )
        .await;
    }
    let good = ix::grow_log(&at, &payer, 1);
    let forged = world.bank.forge(&at.log).await;
    let forged_audit = world.bank.forge(&at.audit).await;
    let [foreign, foreign_audit] = foreign_logs(&mut world).await;
    let forged_economy = world.bank.forge(&at.economy).await;
    let mallory = Keypair::new();
    let attacks = [
        (
            "a forged log",
            exchange(good.clone(), &at.log, &forged),
            anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM,
        ),
        (
            "a forged audit log",
            exchange(good.clone(), &at.log, &forged_audit),
            anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM,
        ),
        (
            "another economy's log",
            exchange(good.clone(), &at.log, &foreign),
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "another economy's audit log",
            exchange(good.clone(), &at.log, &foreign_audit),
            anchor::CONSTRAINT_HAS_ONE,
        ),
        (
            "a forged economy",
            exchange(good.clone(), &at.economy, &forged_economy),
            anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM,
        ),
        (
            "a pool as log",
            exchange(good.clone(), &at.log, &world.native_pool()),
            anchor::ACCOUNT_DISCRIMINATOR_MISMATCH,
        ),
        (
            "somebody else's money",
            unsigned(exchange(good, &payer, &mallory.pubkey()), &mallory.pubkey()),
            anchor::ACCOUNT_NOT_SIGNER,
        ),
    ];
    for (what, instruction, code) in attacks {
        attack(&mut world, what, &[instruction], &[], code).await;
    }
}

// ---------------------------------------------------------------- threats

#[tokio::test]
async fn k1_early_and_double_cranks_are_refused() {
    let mut world = World::new().await;
    let end = world.economy().await.next_end;
    for early in [WEEK, 1] {
        world.bank.set_time(end - early).await;
        let crank = world.crank_ix().await;
        attack(
            &mut world,
            "before the end",
            &[crank],
            &[],
            HomeostatError::TooEarly,
        )
        .await;
    }
    world.bank.set_time(end).await;
    let crank = world.crank_ix().await;
    attack(
        &mut world,
        "twice in a transaction",
        &[crank.clone(), crank.clone()],
        &[],
        HomeostatError::TooEarly,
    )
    .await;
    world.run(std::slice::from_ref(&crank)).await.unwrap();
    attack(
        &mut world,
        "twice in a slot",
        std::slice::from_ref(&crank),
        &[],
        HomeostatError::TooEarly,
    )
    .await;
    // Nor when the clock goes back.
    world.bank.set_time(end - 2 * WEEK).await;
    attack(
        &mut world,
        "in the past",
        &[crank],
        &[],
        HomeostatError::TooEarly,
    )
    .await;
}

#[tokio::test]
async fn k2_a_withheld_crank_gains_nothing() {
    let mut world = World::new().await;
    let live = world.bank.now();
    let staker = world.staker(1_000 * TOKEN).await;
    let rate = per_second(1_000_000_000 * TOKEN, 60_000);
    let until = world.economy().await.stream.emit_until;
    let late = live + 100 * WEEK;
    world.bank.set_time(late).await;

    world.crank().await.unwrap();

    // One step, over at most four periods, by at most one period's slew ...
    let economy = world.economy().await;
    let emission = of(&economy, Parameter::Emission);
    assert_eq!(economy.totals.periods, 1);
    assert_eq!(emission.last.tau.get(), Fx::from_num(4));
    assert!(flags(emission).contains(Flags::GAP));
    assert_eq!((emission.last.from, emission.last.to), (live, late));
    assert_eq!(emission.state.u, 60_000 + EMISSION_SLEW);
    assert_eq!(economy.next_end, late + WEEK / 2);

    // ... and accrual at the old rate, up to `emit_until` and no further.
    let emitted = economy.stream.emitted_at(late).unwrap();
    assert!(until < late);
    assert_eq!(emitted, rate * (until - live) as u128);
    world.claim(&staker).await.unwrap();
    let claimed = u128::from(world.balance(&staker).await);
    assert!((emitted >> 64) - claimed <= 1);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn k3_a_saturated_controller_leaves_its_limit_at_once() {
    // Given a year in which nobody stakes: emission stands at its highest. The guard,
    // which would hold it there for two periods more, is off.
    let mut world = World::new().await;
    edit(&mut world, guards_off).await;
    for _ in 0..40 {
        world.next_period().await.unwrap();
    }
    let economy = world.economy().await;
    let emission = of(&economy, Parameter::Emission);
    assert_eq!(emission.state.u, emission.config.max);
    assert!(flags(emission).contains(Flags::LIMIT_HIGH));

    // When all stake, the first crank already lowers it, as fast as it may.
    world.staker(950_000_000 * TOKEN).await;
    for periods in 1..=3 {
        world.next_period().await.unwrap();
        let economy = world.economy().await;
        let u = of(&economy, Parameter::Emission).state.u;
        assert_eq!(u, 200_000 - periods * EMISSION_SLEW);
    }
}

#[tokio::test]
async fn k4_no_kick_after_a_pause() {
    let mut world = World::new().await;
    world.staker(600_000_000 * TOKEN).await;
    world.next_period().await.unwrap();
    let before = of(&*world.economy().await, Parameter::Emission).state;

    // While cranks are paused for six weeks, nearly everybody leaves or comes.
    let now = world.bank.now();
    edit(&mut world, |economy| {
        let pause = &mut economy.pauses[Section::Crank as usize];
        (pause.from, pause.until) = (now, now + 6 * WEEK);
    })
    .await;
    world.staker(390_000_000 * TOKEN).await;
    world.bank.advance(5 * WEEK).await;
    refused(world.crank().await, HomeostatError::Paused);
    world.bank.advance(WEEK).await;
    world.crank().await.unwrap();

    let economy = world.economy().await;
    let after = of(&economy, Parameter::Emission);
    assert!(flags(after).contains(Flags::GAP));
    assert_eq!(before.u - after.state.u, EMISSION_SLEW);
    // The integral moved no further than the slew limit allows in that time.
    let moved = after.state.integral.get() - before.integral.get();
    assert!(moved.abs() <= Fx::from_num(4 * EMISSION_SLEW));
}

#[tokio::test]
async fn k4_a_latched_guard_holds_one_controller_and_releases_it_without_a_bump() {
    let mut world = World::new().await;
    world.staker(100_000_000 * TOKEN).await;
    for _ in 0..2 {
        world.next_period().await.unwrap();
    }
    let before = world.economy().await;
    let emission = Parameter::Emission.index();
    let now = world.bank.now();
    edit(&mut world, |economy| {
        latch(&mut economy.controllers[emission], now)
    })
    .await;

    // Held: the value and the integral wait, the clock goes on, others step.
    world.next_period().await.unwrap();
    let economy = world.economy().await;
    let controller = &economy.controllers[emission];
    assert_eq!(controller.last.held, HoldReason::Spike as u8);
    assert_eq!(controller.state.u, before.controllers[emission].state.u);
    assert_eq!(
        controller.state.integral,
        before.controllers[emission].state.integral
    );
    assert_eq!(controller.state.last_at, world.bank.now());
    assert!(!held(of(&economy, Parameter::Fee)));
    assert!(!held(of(&economy, Parameter::Burn)));

    // Released: the first sample primes, and u stays where it is.
    let now = world.bank.now();
    edit(&mut world, |economy| {
        economy.controllers[emission].resume_guard(now);
    })
    .await;
    world.next_period().await.unwrap();
    let economy = world.economy().await;
    let released = &economy.controllers[emission];
    assert!(flags(released).contains(Flags::PRIMED));
    assert!(released.state.u.abs_diff(controller.state.u) <= 1);
}

/// A controller with every gain at its highest and no slew limit.
fn wild(parameter: Parameter, direction: Direction) -> (Parameter, ControllerSettings) {
    let highest = Config::MAX_GAIN.to_bits();
    let settings = ControllerSettings {
        metric: Metric::default_for(parameter),
        direction,
        setpoint_q48: Config::MAX_SIGNAL.to_bits(),
        scale_q48: Config::MIN_SCALE.to_bits(),
        bias_q48: Fx::from_num(50_000).to_bits(),
        kp_q48: highest,
        ki_q48: highest,
        kd_q48: highest,
        filter_q48: Config::MIN_FILTER.to_bits(),
        dead_band_q48: 0,
        half_life: 0,
        min_ppm: parameter.floor(),
        max_ppm: parameter.ceiling(),
        slew_up_ppm: None,
        slew_down_ppm: None,
        max_periods: 52,
        max_hold: 1,
        max_age: 0,
        min_samples: 0,
    };
    (parameter, settings)
}

#[tokio::test]
async fn k5_no_error_however_large_leaves_the_limits() {
    let mut world = World::build(&WorldSpec {
        liquidity: vec![1],
        controllers: vec![
            wild(Parameter::Emission, Direction::Reverse),
            wild(Parameter::Fee, Direction::Reverse),
            wild(Parameter::Burn, Direction::Reverse),
            wild(Parameter::Liquidity, Direction::Reverse),
        ],
        ..WorldSpec::default()
    })
    .await;
    // No guard stands between the measurement and the law.
    edit(&mut world, guards_off).await;
    let alice = world.wallet(200_000_000 * TOKEN).await;
    world.staker(TOKEN).await;
    liquidity_staker(&mut world, 1, 1).await;
    for round in 0..6 {
        // A setpoint that jumps from one end of the range to the other.
        let up = round % 2 == 0;
        let setpoint = if up {
            Config::MAX_SIGNAL
        } else {
            -Config::MAX_SIGNAL
        };
        edit(&mut world, |economy| {
            for controller in &mut economy.controllers {
                controller.config.setpoint.from = setpoint.into();
                controller.config.setpoint.to = setpoint.into();
            }
        })
        .await;
        pay_through(&mut world, 0, &alice, 1_000 * TOKEN).await;
        world.collect(0).await.unwrap();

        world.next_period().await.unwrap();

        let economy = world.economy().await;
        for parameter in Parameter::ALL {
            let limit = if up {
                parameter.ceiling()
            } else {
                parameter.floor()
            };
            let controller = of(&economy, parameter);
            assert_eq!(controller.state.u, limit, "{parameter:?} in round {round}");
            assert_eq!(economy.value(parameter), limit.unsigned_abs());
        }
        assert_sound(&mut world).await;
    }

    // A memory that no step has made: the value is kept, and the loop heals.
    edit(&mut world, |economy| {
        for controller in &mut economy.controllers {
            controller.state.integral = Fx::MAX.into();
            controller.last.u0 = Fx::MIN.into();
        }
    })
    .await;
    let before = world.economy().await;
    for _ in 0..3 {
        world.next_period().await.unwrap();
        let economy = world.economy().await;
        for parameter in Parameter::ALL {
            let controller = of(&economy, parameter);
            let range = controller.config.min..=controller.config.max;
            assert!(range.contains(&controller.state.u), "{parameter:?}");
        }
    }
    let economy = world.economy().await;
    assert_eq!(economy.totals.periods, before.totals.periods + 3);
    assert!(economy
        .controllers
        .iter()
        .all(|controller| !held(controller)));
}

#[tokio::test]
async fn k7_limits_tightened_below_the_output_act_at_once() {
    let mut world = World::new().await;
    let alice = world.wallet(10_000 * TOKEN).await;
    let live = world.bank.now();
    let rate = per_second(1_000_000_000 * TOKEN, 60_000);
    edit(&mut world, |economy| {
        economy.controllers[Parameter::Fee.index()].config.max = 700;
        economy.controllers[Parameter::Burn.index()].config.max = 100_000;
        economy.controllers[Parameter::Emission.index()].config.max = 15_000;
    })
    .await;

    // The next payment already pays the lower fee and burns the lower share.
    pay_through(&mut world, 0, &alice, 1_000 * TOKEN).await;
    let meter = world.meter(0).await;
    assert_eq!(meter.fees.get(), u128::from(TOKEN * 7 / 10));
    assert_eq!(meter.pending_burn, TOKEN * 7 / 100);

    // What streams keeps its rate until the crank, which repairs u whatever the slew.
    world.next_period().await.unwrap();
    let economy = world.economy().await;
    assert_eq!(
        economy.stream.emitted_at(world.bank.now()).unwrap(),
        rate * (world.bank.now() - live) as u128
    );
    assert_eq!(of(&economy, Parameter::Fee).state.u, 700);
    assert_eq!(of(&economy, Parameter::Burn).state.u, 100_000);
    assert_eq!(of(&economy, Parameter::Emission).state.u, 15_000);
    assert_eq!(
        economy.stream.emission_rate().unwrap(),
        per_second(economy.totals.supply, 15_000)
    );
}

#[tokio::test]
async fn k8_the_order_inside_a_slot_cannot_mix_windows() {
    let mut world = World::new().await;
    let alice = world.wallet(300_000_000 * TOKEN).await;
    let bob = world.wallet(0).await;
    world
        .pay(&alice, &bob.tokens, 200_000_000 * TOKEN)
        .await
        .unwrap();
    let end = world.economy().await.next_end;
    world.bank.set_time(end).await;
    let before = world.economy().await;

    // A payment and a collect on either side of the crank, in one transaction.
    let (first, second) = (30_000_000 * TOKEN, 20_000_000 * TOKEN);
    let collect = ix::collect(&world.at, &world.token_program, 0);
    let crank = world.crank_ix().await;
    let pays = [
        world.pay_ix(&alice, &bob.tokens, first),
        world.pay_ix(&alice, &bob.tokens, second),
    ];
    let [pay_first, pay_second] = pays;
    world
        .bank
        .send(
            &[pay_first, collect.clone(), crank, pay_second, collect],
            &[&alice.key],
        )
        .await
        .unwrap();

    // What came before is measured and charged by the old rates, in this window.
    let old_rate = before.value(Parameter::Fee);
    let after = world.economy().await;
    let new_rate = after.value(Parameter::Fee);
    assert_ne!(old_rate, new_rate);
    let volume = |economy: &Economy| {
        economy.readings[Metric::Utilisation as usize]
            .numerator
            .get()
    };
    assert_eq!(
        volume(&after),
        u128::from(200_000_000 * TOKEN + first) * YEAR as u128
    );
    let records = last_decisions(&mut world).await;
    assert!(records.iter().all(|record| record.to == end));
    let fees = u128::from((200_000_000 * TOKEN + first) / 1_000_000 * old_rate)
        + u128::from(second / 1_000_000 * new_rate);
    let meter = world.meter(0).await;
    assert_eq!(meter.fees.get(), fees);
    let burned_before = after.tally.burned.get();
    assert!(burned_before < meter.burned.get());

    // What came after belongs to the next window, and only there.
    world.next_period().await.unwrap();
    let next = world.economy().await;
    assert_eq!(volume(&next), u128::from(second) * YEAR as u128);
    assert_eq!(next.tally.burned.get(), meter.burned.get());
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn o4_stake_in_the_last_slot_barely_moves_the_mean() {
    /// A quarter of all tokens staked `seconds` before the crank.
    async fn measured(seconds: i64) -> (Fx, i64) {
        let mut world = World::new().await;
        world.staker(300_000_000 * TOKEN).await;
        let whale = world.wallet(250_000_000 * TOKEN).await;
        world.open(&whale).await.unwrap();
        let end = world.economy().await.next_end;
        world.bank.set_time(end - seconds).await;
        let stake = world.stake_ix(&whale, 250_000_000 * TOKEN);
        if seconds == 0 {
            let crank = world.crank_ix().await;
            world
                .bank
                .send(&[stake, crank], &[&whale.key])
                .await
                .unwrap();
        } else {
            world.bank.send(&[stake], &[&whale.key]).await.unwrap();
            world.next_period().await.unwrap();
        }
        let economy = world.economy().await;
        let emission = of(&economy, Parameter::Emission);
        (emission.last.y.get(), emission.state.u)
    }

    let (honest, u) = measured(WEEK / 2).await;
    let (in_the_slot, same) = measured(0).await;
    let (one_second, _) = measured(1).await;
    let share = honest.to_num::<f64>();
    assert!(share > 0.42, "half a week counts half: {share}");
    assert!((in_the_slot.to_num::<f64>() - 0.3).abs() < 0.001);
    let moved = one_second - in_the_slot;
    assert!(moved > Fx::ZERO && moved < Fx::lit("0.000001"), "{moved}");
    assert_eq!(u, same, "what it moves is bounded by the slew limit");
}

#[tokio::test]
async fn o4_liquidity_of_one_slot_adds_nothing() {
    async fn measured(spike: bool) -> [u128; 3] {
        let mut world = World::build(&WorldSpec {
            liquidity: vec![1],
            ..WorldSpec::default()
        })
        .await;
        let amm_vault = world.pools[1].amm_vault.unwrap();
        let honest = 10_000_000 * TOKEN;
        give(&mut world, &amm_vault, honest).await;
        liquidity_staker(&mut world, 1, 1_000).await;
        let mut seen = [0; 3];
        for seen in &mut seen {
            let end = world.economy().await.next_end;
            world.bank.set_time(end).await;
            if spike {
                world.bank.set_balance(&amm_vault, 40 * honest).await;
            }
            world.crank().await.unwrap();
            world.bank.set_balance(&amm_vault, honest).await;
            // A touch by anybody, once the flash is gone.
            world.bank.advance(60).await;
            liquidity_staker(&mut world, 1, 1).await;
            let economy = world.economy().await;
            *seen = economy.readings[Metric::LiquidityDepth as usize]
                .numerator
                .get();
        }
        seen
    }

    let honest = measured(false).await;
    assert!(honest[2] > 0);
    let spiked = measured(true).await;
    assert_eq!(spiked[0], honest[0]);
    // Neither side of the spike counts with more than what is there for good.
    assert!(spiked[1] <= honest[1] && spiked[2] <= honest[2]);
}

#[tokio::test]
async fn o4_a_dip_of_one_slot_costs_no_more_than_the_days_beside_it() {
    const DAY: i64 = WEEK / 7;
    /// Depth over a week whose crank meets an AMM that was drained for a slot,
    /// when somebody stakes one LP token a day.
    async fn measured(dip: bool) -> (u128, i64) {
        let mut world = World::build(&WorldSpec {
            liquidity: vec![1],
            ..WorldSpec::default()
        })
        .await;
        let amm_vault = world.pools[1].amm_vault.unwrap();
        let honest = 100_000_000 * TOKEN;
        give(&mut world, &amm_vault, honest).await;
        liquidity_staker(&mut world, 1, 1_000_000).await;
        world.next_period().await.unwrap();
        let opened = world.bank.now();
        for day in 1..7 {
            world.bank.set_time(opened + day * DAY).await;
            liquidity_staker(&mut world, 1, 1).await;
        }
        world.bank.set_time(opened + WEEK).await;
        if dip {
            world.bank.set_balance(&amm_vault, 0).await;
        }
        world.crank().await.unwrap();
        let economy = world.economy().await;
        let depth = economy.readings[Metric::LiquidityDepth as usize];
        let u = of(&economy, Parameter::Liquidity).state.u;
        (depth.numerator.get(), u)
    }

    let (honest, u) = measured(false).await;
    let (dipped, v) = measured(true).await;
    // Six days of seven remain, and the value moves within its slew limit.
    assert!(dipped * 1_000 > honest * 6 / 7 * 999, "{dipped} {honest}");
    assert!(dipped < honest);
    assert!(u.abs_diff(v) <= 30_000, "{u} {v}");
}

#[tokio::test]
async fn o7_a_failed_check_latches_instead_of_failing() {
    // Given a reward vault that lacks one unit, which no transaction leads to.
    let mut world = World::new().await;
    let staker = world.staker(100_000_000 * TOKEN).await;
    let alice = world.wallet(1_000 * TOKEN).await;
    world.next_period().await.unwrap();
    let before = world.economy().await;
    let vault = world.at.reward_vault;
    let held_before = world.bank.balance(&vault).await;
    world.bank.set_balance(&vault, held_before - 1).await;
    world.bank.set_time(before.next_end).await;

    // When somebody cranks, it succeeds, ...
    let crank = world.crank_ix().await;
    let events = world.bank.events(std::slice::from_ref(&crank), &[]).await;
    world.run(&[crank]).await.unwrap();

    // ... the latch stays, and nothing is emitted from now on.
    let [Event::Cranked(event)] = &events[..] else {
        panic!("one event tells of it");
    };
    let now = world.bank.now();
    let economy = world.economy().await;
    assert_eq!((event.tripped, economy.tripped), (1, 1));
    assert_eq!(economy.stream.emission_rate().unwrap(), 0);
    assert_eq!(economy.stream.emit_until, now);
    assert_eq!(event.new_emit_until, now);
    assert_eq!(event.old_emit_until, before.stream.emit_until);
    let emitted = economy.stream.emitted_at(now).unwrap();
    assert_eq!(economy.stream.emitted_at(now + 99 * WEEK).unwrap(), emitted);
    for (parameter, record) in Parameter::ALL
        .into_iter()
        .zip(last_decisions(&mut world).await)
    {
        let controller = of(&economy, parameter);
        assert_eq!(controller.last.held, HoldReason::Tripped as u8);
        assert_eq!(record.held, HoldReason::Tripped as u8);
        assert_eq!(controller.state.u, of(&before, parameter).state.u);
    }

    // It survives a vault that is full again: people decide, not balances.
    world.bank.set_balance(&vault, held_before).await;
    world.next_period().await.unwrap();
    let economy = world.economy().await;
    assert_eq!(economy.tripped, 1);
    assert_eq!(
        economy.stream.emitted_at(world.bank.now()).unwrap(),
        emitted
    );

    // Payments and every exit stay open, and what had accrued is paid.
    world
        .pay(&alice, &staker.tokens, 100 * TOKEN)
        .await
        .unwrap();
    world.collect(0).await.unwrap();
    let held = world.balance(&staker).await;
    world.claim(&staker).await.unwrap();
    assert!(world.balance(&staker).await > held);
    world
        .request_unstake(&staker, 100_000_000 * TOKEN)
        .await
        .unwrap();
    world.bank.advance(2 * WEEK).await;
    world.withdraw(&staker).await.unwrap();
    assert!(world.balance(&staker).await > 100_000_000 * TOKEN);
}

#[tokio::test]
async fn o7_a_preview_says_that_the_crank_will_hold() {
    let mut world = World::new().await;
    let end = world.economy().await.next_end;
    let vault = world.at.reward_vault;
    let held_before = world.bank.balance(&vault).await;
    world.bank.set_balance(&vault, held_before - 1).await;
    world.bank.set_time(end).await;
    let mut previews = Vec::new();
    for controller in 0..4 {
        previews.push(preview(&mut world, controller).await);
    }

    world.crank().await.unwrap();

    let economy = world.economy().await;
    for (previewed, controller) in previews.iter().zip(&economy.controllers) {
        assert_eq!(*previewed, controller.last);
        assert_eq!(previewed.held, HoldReason::Tripped as u8);
    }
}

#[tokio::test]
async fn o8_nobody_trips_the_breaker_with_what_they_own() {
    let mut world = World::build(&WorldSpec {
        excluded: 1,
        ..WorldSpec::default()
    })
    .await;
    let mallory = world.staker(100_000_000 * TOKEN).await;
    give(&mut world, &mallory.tokens, 1_000_000 * TOKEN).await;
    let (at, team) = (world.at, world.excluded[0]);
    let targets = [
        at.reward_vault,
        at.treasury_vault,
        address::fee_vault(&at.meter(0)),
        address::principal_vault(&world.native_pool()),
        team,
    ];
    for period in 1..=4 {
        // Dust and more into every vault, the rewards taken out to the last unit
        // at the worst moment, tokens burned, lamports where they do not belong.
        for target in targets {
            let owner = mallory.key.insecure_clone();
            world
                .bank
                .transfer(
                    &at.mint,
                    &mallory.tokens,
                    &target,
                    &owner,
                    1 + period * TOKEN,
                )
                .await;
            world.bank.airdrop(&target, 1_000_000).await;
        }
        let owner = mallory.key.insecure_clone();
        world
            .bank
            .burn(&at.mint, &mallory.tokens, &owner, 1_000 * TOKEN)
            .await;
        world.bank.airdrop(&at.keeper_vault, 1_000_000).await;
        world.bank.airdrop(&at.log, 1_000_000).await;
        pay_through(&mut world, 0, &mallory, 2).await;
        world.collect(0).await.unwrap();
        let end = world.economy().await.next_end;
        world.bank.set_time(end).await;
        let crank = world.crank_ix().await;
        let (top_up, claim) = (world.top_up_ix(), world.claim_ix(&mallory));
        world
            .bank
            .send(
                &[top_up.clone(), claim.clone(), crank, top_up, claim],
                &[&mallory.key],
            )
            .await
            .unwrap();

        let economy = world.economy().await;
        assert_eq!(economy.tripped, 0);
        assert!(!held(of(&economy, Parameter::Emission)));
        assert_eq!(economy.totals.periods, period);
        assert_sound(&mut world).await;
    }
    world
        .request_unstake(&mallory, 100_000_000 * TOKEN)
        .await
        .unwrap();
    world.bank.advance(2 * WEEK).await;
    world.withdraw(&mallory).await.unwrap();
}

#[tokio::test]
async fn n1_a_crank_over_everything_an_economy_can_have_succeeds() {
    let mut world = World::build(&WorldSpec {
        liquidity: vec![1, 2, 3, 4, 5, 6, 7],
        meters: 8,
        excluded: 4,
        ..WorldSpec::default()
    })
    .await;
    let alice = world.wallet(100_000_000 * TOKEN).await;
    world.staker(100_000_000 * TOKEN).await;
    for lane in 1..8 {
        let amm_vault = world.pools[lane].amm_vault.unwrap();
        give(&mut world, &amm_vault, 1_000_000 * TOKEN).await;
        liquidity_staker(&mut world, lane, 1_000).await;
    }
    for shard in 0..8 {
        pay_through(&mut world, shard, &alice, 1_000_000 * TOKEN).await;
    }
    for account in world.excluded.clone() {
        give(&mut world, &account, TOKEN).await;
    }

    for period in 1..=2 {
        let end = world.economy().await.next_end;
        world.bank.set_time(end).await;
        let crank = world.crank_ix().await;
        let table = world.bank.create_table(std::slice::from_ref(&crank));
        world
            .bank
            .send_with_table(&[crank], &[], &table)
            .await
            .unwrap();
        assert_eq!(world.economy().await.totals.periods, period);
    }
    let economy = world.economy().await;
    let million = u128::from(1_000_000 * TOKEN);
    assert_eq!(economy.tally.volume.get(), 8 * million);
    // Since the first crank's touch, each pool stands with all of its AMM vault.
    let depth = &economy.readings[Metric::LiquidityDepth as usize];
    assert_eq!(depth.numerator.get(), 7 * million * WEEK as u128);
    // Every lane gets its weight's part, and the parts make up the whole.
    let lanes = &economy.stream.lanes;
    for lane in 2..8 {
        assert_eq!(
            lanes[lane].rate_q64.get(),
            lanes[1].rate_q64.get() * lane as u128
        );
    }
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn n7_outside_accounts_cannot_stop_crank_or_collect() {
    // Given a liquidity pool whose AMM can close its vault, and a team that can
    // close its wallet.
    const BOUNTY: u64 = 1_000_000;
    let mut world = World::build(&WorldSpec {
        limits: Some(LimitSettings {
            bounty: BOUNTY,
            ..limits()
        }),
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    let amm = Keypair::new();
    let mint = world.at.mint;
    let lp_mint = world
        .bank
        .create_mint(&MintSpec::plain(TokenProgram::Legacy))
        .await;
    let amm_vault = world.bank.create_tokens(&mint, &amm.pubkey()).await;
    let lp = StakeMint {
        mint: lp_mint,
        token_program: TokenProgram::Legacy.id(),
        amm_vault: Some(amm_vault),
    };
    let creator = world.creator.insecure_clone();
    let create = ix::create_pool(&world.at, &creator.pubkey(), &lp, 1);
    world.run(&[create]).await.unwrap();
    world.pools.push(lp);
    let team = world.bank.create_tokens(&mint, &creator.pubkey()).await;
    world.excluded = vec![team];
    let setting = Setting::Excluded {
        accounts: vec![team],
    };
    world.configure(setting).await.unwrap();
    world.hand_over_mint(Funding::Mint).await;
    world.go_live().await.unwrap();
    let alice = world.wallet(1_000 * TOKEN).await;
    give(&mut world, &amm_vault, 1_000 * TOKEN).await;
    liquidity_staker(&mut world, 1, 1_000).await;
    for _ in 0..2 {
        world.next_period().await.unwrap();
    }
    let economy = world.economy().await;
    assert!(
        economy.readings[Metric::LiquidityDepth as usize]
            .numerator
            .get()
            > 0
    );

    // When both close their accounts and the keepers' vault is empty ...
    let reserve = world.reserve;
    world
        .bank
        .transfer(&mint, &amm_vault, &reserve, &amm, 1_000 * TOKEN)
        .await;
    world.bank.close_tokens(&amm_vault, &amm).await;
    world.bank.close_tokens(&team, &creator).await;
    assert_eq!(world.bank.lamports(&world.at.keeper_vault.clone()).await, 0);

    // ... everything goes on: the depth is zero, the team's balance too.
    pay_through(&mut world, 0, &alice, 100 * TOKEN).await;
    world.collect(0).await.unwrap();
    world.next_period().await.unwrap();
    let economy = world.economy().await;
    let depth = &economy.readings[Metric::LiquidityDepth as usize];
    assert_eq!(depth.numerator.get(), 0);
    assert!(!held(of(&economy, Parameter::Liquidity)), "zero is a value");
    for controller in 0..4 {
        preview(&mut world, controller).await;
    }

    // Nor does it matter what comes to live at their addresses: an account of
    // somebody else's program, or lamports alone.
    let forged = world.bank.forge(&mint).await;
    let squatter = world.bank.account(&forged).await.unwrap();
    world.bank.set_account(&team, &squatter);
    world.bank.airdrop(&amm_vault, 1_000_000).await;
    world.next_period().await.unwrap();
    let stranger = world.bank.create_tokens(&lp_mint, &amm.pubkey()).await;
    let other_token = world.bank.account(&stranger).await.unwrap();
    world.bank.set_account(&team, &other_token);
    world.next_period().await.unwrap();
    assert_eq!(world.economy().await.totals.periods, 5);
    assert_sound(&mut world).await;
}
