//! The chain side of the plant: the program's own accounts, and what its instructions do to
//! them.
//!
//! [`Chain`] has the accounts of one economy with a native pool, one liquidity pool and one
//! meter, and the token balances that the token program would keep. Each method is the effect of
//! the instruction of that name, in the same order of calls; signatures, account checks and rent
//! have no place here. Anything that the program would refuse is an [`Error`] of the same code.

use anchor_lang::prelude::Result;
use bytemuck::Zeroable;
use homeostat::{
    error::HomeostatError,
    state::{
        meter::{Charge, Split, SweepRules},
        Advice, Controller, Economy, FeedReading, Life, Meter, Metric, Parameter, Pool, PoolKind,
        Position, Report, Snapshot, Tally, Wiring,
    },
};
use homeostat_client::forecast::Derived;
use homeostat_control::{create, Config, Decision, GuardConfig, GuardState};

pub use anchor_lang::error::Error;

/// The lane of the liquidity pool; the native pool's is 0.
const LIQUIDITY: usize = 1;

/// What a new economy is made of.
#[derive(Clone, Debug)]
pub struct Design {
    /// The tokens at go-live (base units).
    pub supply: u64,
    /// Those of them that do not circulate, the team's for example (base units).
    pub excluded: u64,
    /// The limits and fixed parameters.
    pub limits: homeostat::state::Limits,
    /// The controllers, by parameter.
    pub controllers: [Loop; 4],
}

/// One controller of a [`Design`].
#[derive(Clone, Copy, Debug)]
pub struct Loop {
    /// What it measures and follows.
    pub wiring: Wiring,
    /// The control law.
    pub config: Config,
    /// The anomaly guard.
    pub guard: GuardConfig,
}

impl Design {
    /// What `create_economy` gives an economy with this period (seconds) and supply (base units):
    /// the program's defaults, a hard cap that never binds, and nothing excluded.
    pub fn with_defaults(period: u32, supply: u64) -> Self {
        use homeostat::state::defaults;
        Self {
            supply,
            excluded: 0,
            limits: defaults::limits(period, u64::MAX / 2),
            controllers: Parameter::ALL.map(|parameter| Loop {
                wiring: defaults::wiring(parameter),
                config: defaults::config(parameter, period),
                guard: defaults::guard(parameter, period),
            }),
        }
    }

    /// The design of an economy that fits a forecast, with a supply (base units).
    pub fn of_forecast(derived: &Derived, supply: u64) -> Self {
        let period = derived.limits.period;
        let mut design = Self::with_defaults(period, supply);
        design.limits = derived.limits;
        let loops = derived.controllers.iter().zip(&derived.wirings);
        for (controller, (config, wiring)) in design.controllers.iter_mut().zip(loops) {
            controller.config = *config;
            controller.wiring = *wiring;
        }
        design
    }

    /// The controller of a parameter.
    pub fn of(&self, parameter: Parameter) -> &Loop {
        &self.controllers[parameter.index()]
    }

    /// The same, to change it.
    pub fn of_mut(&mut self, parameter: Parameter) -> &mut Loop {
        &mut self.controllers[parameter.index()]
    }
}

/// What one crank decided and on what.
#[derive(Clone, Copy, Debug)]
pub struct Cranked {
    /// The decisions, by parameter.
    pub decisions: [Decision; 4],
    /// True for each controller whose guard is latched after the step.
    pub latched: [bool; 4],
    /// The time of the crank (unix seconds).
    pub at: i64,
}

/// An economy on chain.
#[derive(Clone)]
pub struct Chain {
    /// The economy's account.
    pub economy: Box<Economy>,
    /// The native pool.
    pub native: Pool,
    /// The liquidity pool.
    pub liquidity: Pool,
    /// The meter that all payments go through.
    pub meter: Meter,
    /// The mint's supply (base units).
    pub supply: u64,
    /// The balance of the reward vault (base units).
    pub reward_vault: u64,
    /// The balance of the treasury (base units).
    pub treasury: u64,
    /// The balance of the excluded accounts (base units).
    pub excluded: u64,
    /// The readings of the feeds, which the plant reports.
    pub feeds: [Option<FeedReading>; 4],
    /// The cluster's clock (unix seconds).
    pub now: i64,
}

impl Chain {
    /// Creates an economy by `design` and takes it live at `now` (unix seconds). Refuses what the
    /// program refuses.
    pub fn go_live(design: &Design, now: i64) -> Result<Self> {
        let mut economy = Box::new(Economy::zeroed());
        economy.limits = design.limits;
        economy.pool_count = 2;
        economy.meter_count = 1;
        // The zero address stands for no pool, so each gets one of its own.
        for (slot, (kind, weight)) in economy
            .pools
            .iter_mut()
            .zip([(PoolKind::Native, 0), (PoolKind::Liquidity, 1)])
        {
            slot.pool = [kind as u8 + 1; 32].into();
            slot.kind = kind as u8;
            slot.weight = weight;
        }
        for ((controller, parameter), design) in economy
            .controllers
            .iter_mut()
            .zip(Parameter::ALL)
            .zip(&design.controllers)
        {
            Controller::validate(&design.config, parameter, &design.wiring)?;
            Controller::validate_guard(&design.guard, parameter)?;
            *controller = Controller {
                config: (&design.config).into(),
                guard_config: (&design.guard).into(),
                ..Controller::default()
            };
            controller.set_wiring(&design.wiring);
        }
        // Every feed that a controller measures exists; what it reports is the plant's.
        let read = design.controllers.iter().flat_map(|c| c.wiring.metrics());
        for index in read.filter_map(Metric::feed_index) {
            economy.feeds[index] = [index as u8 + 16; 32].into();
            economy.feed_count = economy.feed_count.max(index as u8 + 1);
        }
        economy.validate()?;
        if design.supply == 0 {
            return Err(HomeostatError::NoSupply.into());
        }
        economy.life = Life::Draft as u8;
        economy.go_live(design.supply, design.excluded, now)?;
        for controller in &mut economy.controllers {
            let state =
                create(&controller.config(), now).map_err(|_| HomeostatError::InvalidParameter)?;
            controller.remember(&state);
            controller.guard = (&GuardState::new(now)).into();
            controller.envelope.anchor_all(&controller.config);
        }
        let pool = |kind: PoolKind, lane| Pool {
            kind: kind as u8,
            lane,
            settled_at: now,
            ..Pool::zeroed()
        };
        let mut chain = Self {
            economy,
            native: pool(PoolKind::Native, 0),
            liquidity: pool(PoolKind::Liquidity, LIQUIDITY as u8),
            meter: Meter::zeroed(),
            supply: design.supply,
            reward_vault: 0,
            treasury: 0,
            excluded: design.excluded,
            feeds: [None; 4],
            now,
        };
        let ahead = chain.economy.open_period(chain.supply, now)?;
        chain.mint_rewards(ahead)?;
        chain.economy.invariant(chain.supply, now)?;
        Ok(chain)
    }

    fn mint_rewards(&mut self, amount: u64) -> Result<()> {
        self.supply = self
            .supply
            .checked_add(amount)
            .ok_or(HomeostatError::MathOverflow)?;
        self.reward_vault = self
            .reward_vault
            .checked_add(amount)
            .ok_or(HomeostatError::MathOverflow)?;
        self.economy.supply_rewards(amount)
    }

    /// The pool of the kind.
    pub fn pool(&self, kind: PoolKind) -> &Pool {
        match kind {
            PoolKind::Native => &self.native,
            PoolKind::Liquidity => &self.liquidity,
        }
    }

    /// Settles a pool and a position in it, and gives the pool.
    fn settled(&mut self, kind: PoolKind, position: &mut Position) -> Result<&mut Pool> {
        let pool = match kind {
            PoolKind::Native => &mut self.native,
            PoolKind::Liquidity => &mut self.liquidity,
        };
        pool.settle(&self.economy.stream, self.economy.yield_q64, self.now)?;
        position.settle(pool)?;
        Ok(pool)
    }

    /// `open_position`: an empty position that earns from now on.
    pub fn open_position(&mut self, kind: PoolKind) -> Result<Position> {
        let mut position = Position::zeroed();
        let pool = self.settled(kind, &mut position)?;
        pool.open_position()?;
        Ok(position)
    }

    /// `stake`: adds `amount` (base units) to a position.
    pub fn stake(&mut self, kind: PoolKind, position: &mut Position, amount: u64) -> Result<()> {
        let now = self.now;
        let pool = self.settled(kind, position)?;
        position.add(amount, now)?;
        pool.add_stake(amount)
    }

    /// `request_unstake`: moves `amount` (base units) into a ticket.
    pub fn unstake(&mut self, kind: PoolKind, position: &mut Position, amount: u64) -> Result<()> {
        let now = self.now;
        let unlock_at = now.saturating_add(i64::from(self.economy.limits.unbonding));
        let pool = self.settled(kind, position)?;
        position.unbond(amount, now, unlock_at)?;
        pool.begin_unbonding(amount)
    }

    /// `withdraw`: what has unlocked of a position's tickets (base units).
    pub fn withdraw(&mut self, kind: PoolKind, position: &mut Position) -> Result<u64> {
        let now = self.now;
        let pool = self.settled(kind, position)?;
        let amount = position.withdraw(now)?;
        pool.end_unbonding(amount)?;
        Ok(amount)
    }

    /// `top_up` and `claim`: the rewards of a position (base units).
    pub fn claim(&mut self, kind: PoolKind, position: &mut Position) -> Result<u64> {
        let mintable = self.economy.mintable(self.now)?;
        self.mint_rewards(mintable)?;
        let pool = self.settled(kind, position)?;
        let amount = position.debit_rewards()?;
        pool.pay_out(amount)?;
        self.reward_vault = self
            .reward_vault
            .checked_sub(amount)
            .ok_or(HomeostatError::RewardVaultShort)?;
        Ok(amount)
    }

    /// `pay`: charges a payment of `amount` base units; the recipient gets [`Charge::net`].
    /// Refuses an amount of which the fee leaves nothing.
    pub fn pay(&mut self, amount: u64) -> Result<Charge> {
        let economy = &self.economy;
        let charge = Charge::new(amount, economy.value(Parameter::Fee))?;
        let split = Split::new(
            charge.fee,
            economy.value(Parameter::Burn),
            u64::from(economy.limits.treasury_ppm),
        )?;
        self.meter.record(amount, &split)?;
        Ok(charge)
    }

    /// `collect`: burns, and moves fees to the reward vault and the treasury.
    pub fn collect(&mut self) -> Result<()> {
        let rules = SweepRules::of(&self.economy, self.supply);
        let sweep = self.meter.sweep(&rules)?;
        self.economy.count_burn(sweep.burn);
        self.supply = self
            .supply
            .checked_sub(sweep.burn)
            .ok_or(HomeostatError::MathOverflow)?;
        self.reward_vault = self
            .reward_vault
            .checked_add(sweep.stakers)
            .ok_or(HomeostatError::MathOverflow)?;
        self.treasury = self
            .treasury
            .checked_add(sweep.treasury)
            .ok_or(HomeostatError::MathOverflow)?;
        self.meter.swept(sweep.stakers, sweep.treasury)
    }

    /// `touch_pool`: measures the liquidity pool's depth, unless the last touch is too recent.
    /// `amm_balance` is the AMM's balance of the token (base units), `lp_supply` that of its LP
    /// mint.
    pub fn touch_pool(&mut self, amm_balance: u64, lp_supply: u64) {
        self.liquidity
            .touch(&self.economy, self.now, amm_balance, lp_supply);
    }

    /// True once the period is over.
    pub fn is_due(&self) -> bool {
        self.economy.stream.time(self.now) >= self.economy.next_end
    }

    /// The sums over pools and meter, as `crank` gathers them.
    fn tally(&self, now: i64) -> Result<Tally> {
        let mut tally = Tally::default();
        tally.add_pool(&self.native, &self.economy, now)?;
        tally.add_pool(&self.liquidity, &self.economy, now)?;
        tally.add_meter(&self.meter)?;
        Ok(tally)
    }

    /// The first half of `crank`: settles the native pool and measures. Refuses while the period
    /// runs (`TooEarly`).
    pub fn measure(&mut self) -> Result<(Snapshot, Report)> {
        let now = self.economy.stream.time(self.now);
        if now < self.economy.next_end {
            return Err(HomeostatError::TooEarly.into());
        }
        let economy = &mut self.economy;
        self.native
            .settle(&economy.stream, economy.yield_q64, now)?;
        let snapshot = Snapshot::new(
            &self.economy,
            self.tally(now)?,
            self.feeds,
            self.supply,
            self.excluded,
            self.reward_vault,
            now,
        )?;
        let report = snapshot.report(&self.economy)?;
        Ok((snapshot, report))
    }

    /// The second half of `crank`: steps the controllers on that snapshot, opens the next
    /// period and mints its rewards ahead.
    pub fn crank(&mut self, snapshot: &Snapshot, report: &Report) -> Result<Cranked> {
        let now = snapshot.now;
        if snapshot.tripped {
            self.economy.trip(now)?;
        }
        let mut cranked = Cranked {
            decisions: self.economy.controllers.map(|c| c.state().last),
            latched: [false; 4],
            at: now,
        };
        for parameter in Parameter::ALL {
            self.economy.regulate(snapshot, report, parameter)?;
            let controller = self.economy.controller(parameter)?;
            cranked.decisions[parameter.index()] = controller.state().last;
            cranked.latched[parameter.index()] = controller.guard.latched != 0;
        }
        let ahead = self.economy.roll(snapshot, report, self.supply)?;
        self.mint_rewards(ahead)?;
        self.economy.invariant(self.supply, now)?;
        Ok(cranked)
    }

    /// Sets a parameter by hand from the next crank on: to `value` (ppm), within its limits.
    pub fn set_by_hand(&mut self, parameter: Parameter, value: i64) -> Result<()> {
        let config = &mut self.economy.controller_mut(parameter)?.config;
        config.mode = 1;
        config.manual = value.clamp(config.min, config.max);
        Ok(())
    }

    /// Takes a parameter's slew limits away.
    pub fn lift_slew(&mut self, parameter: Parameter) -> Result<()> {
        let config = &mut self.economy.controller_mut(parameter)?.config;
        config.slew_up = u64::MAX;
        config.slew_down = u64::MAX;
        Ok(())
    }

    /// Applies advice that is due, as `crank` does before the controllers step; leaves the rest in
    /// `advice`. What its controller no longer allows is dropped.
    pub fn follow_due(&mut self, advice: &mut Option<Advice>) -> Result<()> {
        if let Some(due) = advice.take_if(|advice| advice.due(self.now).is_some()) {
            self.economy.advice = due;
            self.economy.follow_advice(self.now)?;
        }
        Ok(())
    }

    /// What a base unit of stake in the pool earns in a year at the present rates (base units),
    /// fees included; `None` while nobody is staked.
    pub fn annual_yield(&self, kind: PoolKind) -> Option<f64> {
        let pool = self.pool(kind);
        let stream = &self.economy.stream;
        let lane = &stream.lanes[usize::from(pool.lane)];
        let mut per_second = if self.now < stream.emit_until {
            units(lane.rate_q64.get())
        } else {
            0.0
        };
        if kind == PoolKind::Native && self.now < stream.fee_until {
            per_second += units(stream.fee_rate_q64.get());
        }
        (pool.total > 0).then(|| per_second * YEAR / pool.total as f64)
    }

    /// Every token is somewhere: in somebody's wallet, which `wallets` adds up, or in one of the
    /// program's vaults (base units).
    pub fn is_conserved(&self, wallets: u128) -> bool {
        let vaults = [
            self.reward_vault,
            self.treasury,
            self.excluded,
            self.native.total,
            self.native.unbonding,
        ];
        let fees = self.meter.liability().map_or(0, u128::from);
        vaults.iter().map(|v| u128::from(*v)).sum::<u128>() + fees + wallets
            == u128::from(self.supply)
    }
}

/// A year (seconds).
const YEAR: f64 = homeostat::constants::YEAR as f64;

/// A Q64.64 number. Its low bits may be lost: agents do not see them.
fn units(q64: u128) -> f64 {
    q64 as f64 / 18_446_744_073_709_551_616.0
}
