//! The anomaly guard at work: what latches a controller, and what does not.

use homeostat::events::Cranked;
use homeostat_client::{
    event::Event, ControllerSettings, Direction, Economy, LimitSettings, Metric, Parameter, Wiring,
};
use homeostat_control::{Flags, Fx, HoldReason, LatchReason};
use homeostat_sandbox::{world::TOKEN, Wallet, World, WorldSpec};

use super::{
    assert_sound, flags, give, held, last_decisions, limits, liquidity_staker, of, preview,
};

pub(super) const MILLION: u64 = 1_000_000 * TOKEN;
pub(super) const SPIKE: u8 = LatchReason::Spike as u8;
pub(super) const OPEN: [u8; 4] = [0; 4];

/// Periods until every guard has learnt enough to judge, and two more.
pub(super) const CALM: usize = 10;

/// An economy at rest.
pub(super) struct Calm {
    pub(super) world: World,
    /// Has 300 of the 600 million staked tokens.
    pub(super) whale: Wallet,
    /// Pays a million tokens a period.
    pub(super) buyer: Wallet,
}

impl Calm {
    pub(super) async fn new() -> Self {
        Self::build(&WorldSpec {
            liquidity: vec![1],
            ..WorldSpec::default()
        })
        .await
    }

    /// The same every period, until the guards know it.
    pub(super) async fn build(spec: &WorldSpec) -> Self {
        let mut world = World::build(spec).await;
        world.staker(300 * MILLION).await;
        let whale = world.staker(300 * MILLION).await;
        let buyer = world.wallet(60 * MILLION).await;
        if !spec.liquidity.is_empty() {
            let amm_vault = world.pools[1].amm_vault.unwrap();
            give(&mut world, &amm_vault, 50 * MILLION).await;
            liquidity_staker(&mut world, 1, 77).await;
        }
        let mut calm = Self {
            world,
            whale,
            buyer,
        };
        for _ in 0..CALM {
            let event = calm.period().await;
            assert_eq!(event.latched, OPEN);
        }
        calm
    }

    /// One period's payments and fees, then its crank.
    pub(super) async fn period(&mut self) -> Cranked {
        let reserve = self.world.reserve;
        self.world
            .pay(&self.buyer, &reserve, MILLION)
            .await
            .unwrap();
        self.world.collect(0).await.unwrap();
        self.crank().await
    }

    /// Cranks at the end of the period; what it tells.
    pub(super) async fn crank(&mut self) -> Cranked {
        self.world.go_to_end().await;
        let crank = self.world.crank_ix().await;
        let mut events = self
            .world
            .bank
            .events(std::slice::from_ref(&crank), &[])
            .await;
        self.world.run(&[crank]).await.unwrap();
        match events.pop() {
            Some(Event::Cranked(event)) => event,
            _ => panic!("a crank tells of itself"),
        }
    }

    /// Half of the stake leaves at the start of a period.
    pub(super) async fn run(&mut self) {
        self.world
            .request_unstake(&self.whale, 300 * MILLION)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn o7_a_spike_latches_its_controller_and_no_other() {
    // Given an economy at rest, whose whale leaves.
    let mut calm = Calm::new().await;
    let before = calm.world.economy().await;
    calm.run().await;

    // When the crank measures half the stake, it succeeds,
    calm.world
        .pay(&calm.buyer, &calm.world.reserve.clone(), MILLION)
        .await
        .unwrap();
    calm.world.collect(0).await.unwrap();
    calm.world.go_to_end().await;
    let end = calm.world.bank.now();
    let previewed = preview(&mut calm.world, Parameter::Emission as u8).await;
    let event = calm.crank().await;

    // then the latch is on chain, the value stays, and it was foretold.
    let economy = calm.world.economy().await;
    let emission = of(&economy, Parameter::Emission);
    assert_eq!(event.latched, [SPIKE, 0, 0, 0]);
    assert_eq!((event.tripped, economy.tripped), (0, 0));
    assert_eq!(emission.guard.latched, SPIKE);
    assert_eq!(emission.guard.latched_since, end);
    assert_eq!(emission.last.held, HoldReason::Spike as u8);
    assert_eq!(previewed, emission.last);
    let was = of(&before, Parameter::Emission);
    assert_eq!(emission.state.u, was.state.u);
    assert_eq!(emission.state.integral, was.state.integral);
    assert_eq!(emission.state.last_at, end);
    let record = last_decisions(&mut calm.world).await[Parameter::Emission.index()];
    assert_eq!(record.held, HoldReason::Spike as u8);
    // The others steered, the emission goes on at its value.
    for parameter in [Parameter::Fee, Parameter::Burn, Parameter::Liquidity] {
        let other = of(&economy, parameter);
        assert!(!held(other), "{parameter:?}");
        assert_eq!(other.last.to, end);
        assert_eq!(other.guard.latched, 0);
    }
    assert!(economy.stream.emission_rate().unwrap() > 0);
    assert!(economy.stream.emit_until > end);

    // And it stays, whatever else happens, over the next crank too.
    let event = calm.period().await;
    assert_eq!(event.latched, [SPIKE, 0, 0, 0]);
    assert_sound(&mut calm.world).await;
}

#[tokio::test]
async fn success_saturation_is_a_flag_and_no_latch() {
    // Given an economy in which nobody stakes: emission goes to its highest.
    let mut world = World::new().await;
    for _ in 0..40 {
        world.next_period().await.unwrap();
        let economy = world.economy().await;
        assert!(economy.controllers.iter().all(|c| c.guard.latched == 0));
    }
    let economy = world.economy().await;
    let emission = of(&economy, Parameter::Emission);
    assert_eq!(emission.state.u, emission.config.max);
    let record = last_decisions(&mut world).await[Parameter::Emission.index()];
    assert!(Flags(record.flags).contains(Flags::LIMIT_HIGH));
    assert_eq!(record.held, 0);
}

#[tokio::test]
async fn o8_dust_and_donations_trip_nothing() {
    let mut calm = Calm::new().await;
    let at = calm.world.at;
    let fees = homeostat_client::address::fee_vault(&at.meter(0));
    let pool = calm.world.native_pool();
    let principal = homeostat_client::address::principal_vault(&pool);
    for _ in 0..4 {
        // Ten million tokens, a hundredth of the supply, into every vault,
        for vault in [at.reward_vault, at.treasury_vault, fees, principal] {
            give(&mut calm.world, &vault, 10 * MILLION).await;
        }
        // dust in every place that takes any.
        calm.world.staker(1).await;
        let reserve = calm.world.reserve;
        calm.world.pay(&calm.buyer, &reserve, 2).await.unwrap();
        assert_eq!(calm.period().await.latched, OPEN);
    }
    assert_sound(&mut calm.world).await;
}

#[tokio::test]
async fn o4_a_spike_of_one_slot_moves_nothing_that_it_pays_for() {
    // Given a quarter of the supply staked one second before the crank:
    let mut calm = Calm::new().await;
    let flash = calm.world.wallet(150 * MILLION).await;
    calm.world.open(&flash).await.unwrap();
    let before = calm.world.economy().await;
    calm.world.bank.set_time(before.next_end - 1).await;
    calm.world.stake(&flash, 150 * MILLION).await.unwrap();
    // and as much wash volume in the slot of the crank as a fortune can pay for.
    let fortune = calm.world.wallet(100 * MILLION).await;
    let reserve = calm.world.reserve;
    let fee = fee_of(&before);
    calm.world
        .pay(&fortune, &reserve, 100 * MILLION)
        .await
        .unwrap();

    let event = calm.period().await;

    // A second of stake is a second in a week; the volume is an outlier, and so is what it
    // burned. The fee rate, for which it was paid, waits, and the burn share with it.
    assert_eq!(event.latched, [0, SPIKE, SPIKE, 0]);
    let economy = calm.world.economy().await;
    let emission = of(&economy, Parameter::Emission);
    let old = of(&before, Parameter::Emission);
    let moved = (emission.last.y.get() - old.last.y.get()).abs();
    assert!(moved < Fx::lit("0.005"), "{moved}");
    assert_eq!(fee_of(&economy), fee);
    let paid = 100 * MILLION / 1_000_000 * fee;
    assert!(calm.world.meter(0).await.fees.get() >= u128::from(paid));
}

fn fee_of(economy: &Economy) -> u64 {
    economy.value(Parameter::Fee)
}

#[tokio::test]
async fn k3_a_binding_cap_winds_nothing_up() {
    // Given emission that wants up (half the stake it aims at) and a cap of a period
    // that lets less through than the value in force.
    let mut calm = Calm::build(&WorldSpec {
        limits: Some(LimitSettings {
            period_emission_ppm: 500,
            ..limits()
        }),
        controllers: vec![(Parameter::Emission, pure_integral())],
        ..WorldSpec::default()
    })
    .await;
    // When it binds for half a year,
    for _ in 0..26 {
        assert_eq!(calm.period().await.latched, OPEN);
        let economy = calm.world.economy().await;
        assert!(flags(of(&economy, Parameter::Emission)).contains(Flags::CAPPED));
    }

    // then the value set is no further above the one in force (500 ppm a week are 26,071 a
    // year) than one period's increment,
    let economy = calm.world.economy().await;
    let rested = of(&economy, Parameter::Emission);
    let increment = rested.last.z.get().to_num::<f64>() * 20_000.0;
    let above = (rested.state.u - 26_071) as f64;
    assert!(
        increment > 0.0 && above <= increment + 2.0,
        "{above} {increment}"
    );

    // and the first decision after the error has turned lowers it.
    calm.world.staker(40 * MILLION).await;
    assert_eq!(calm.period().await.latched, OPEN);
    let economy = calm.world.economy().await;
    assert!(of(&economy, Parameter::Emission).state.u < rested.state.u);
}

/// An integral and nothing else, aiming at 620 of 1,000 tokens staked.
fn pure_integral() -> ControllerSettings {
    let ppm = |value: i128| value << 48;
    ControllerSettings {
        wiring: Wiring::of(Metric::StakedShare),
        direction: Direction::Reverse,
        setpoint_q48: Fx::lit("0.62").to_bits(),
        average_half_life: 0,
        scale_q48: Fx::lit("0.62").to_bits(),
        bias_q48: ppm(60_000),
        kp_q48: 0,
        ki_q48: ppm(20_000),
        kd_q48: 0,
        filter_q48: ppm(1),
        dead_band_q48: 0,
        half_life: 0,
        min_ppm: 10_000,
        max_ppm: 200_000,
        slew_up_ppm: None,
        slew_down_ppm: None,
        kf_q48: 0,
        w_ref_q48: 0,
        f_max_q48: 0,
        max_periods: 4,
        max_hold: 4,
        max_age: 0,
        min_samples: 0,
    }
}
