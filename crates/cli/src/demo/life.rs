//! The life of the demo's economy: epoch by epoch the simulator decides what people do, the bank
//! gets it as transactions, and everything is checked.

use homeostat_client::{Economy, Parameter};
use homeostat_control::Decision;
use homeostat_sandbox::{Bank, Invariants};
use homeostat_settings::economy_file::EconomySpec;
use homeostat_sim::plant;
use homeostat_sim::policy::Policy;
use homeostat_sim::run::Run;

use super::counts::Counts;
use super::plan::{self, Plan};
use super::stage::Stage;
use crate::failure::Failure;

/// One decision about one parameter.
#[derive(Clone, Debug)]
pub struct Made {
    /// Period that it closed, from 1.
    pub period: u32,
    /// Which parameter.
    pub parameter: Parameter,
    /// As the account holds it.
    pub decision: Decision,
    /// Lower limit in force (ppm).
    pub min: i64,
    /// Upper limit in force (ppm).
    pub max: i64,
}

/// Something that happened to the economy.
#[derive(Clone, Debug)]
pub struct Happened {
    /// Period in which it happened, from 1.
    pub period: u32,
    /// When (unix seconds).
    pub at: i64,
    /// What the time from it on is called.
    pub name: &'static str,
    /// What, for charts and tables.
    pub label: &'static str,
}

/// What a life leaves behind.
pub struct History {
    /// When it went live (unix seconds).
    pub live_at: i64,
    /// Every decision, by period and parameter.
    pub decisions: Vec<Made>,
    /// How many of them equal the simulated one to the last bit.
    pub equal: usize,
    /// What happened, by time.
    pub events: Vec<Happened>,
    /// Transactions.
    pub counts: Counts,
    /// Wallets that took part.
    pub wallets: usize,
    /// Every invariant held at every check, or there would be no record.
    pub invariants: Invariants,
    /// How often all of them were checked.
    pub checks: u32,
    /// The economy at the end.
    pub end: Box<Economy>,
    /// Rewards claimed since the start (base units).
    pub claimed: u128,
    /// Rewards accrued to pools since the start, fees included (base units).
    pub accrued: u128,
    /// The mint's supply at the end (base units).
    pub supply: u64,
    /// The simulated economy, which the bank's is equal to.
    pub steered: plant::World,
    /// The same people and weather under the fixed rule.
    pub fixed: plant::World,
}

impl History {
    /// The decisions about one parameter.
    pub fn of(&self, parameter: Parameter) -> impl Iterator<Item = &Made> {
        let decisions = self.decisions.iter();
        decisions.filter(move |made| made.parameter == parameter)
    }
}

/// The simulated economy, the same under the fixed rule, and the bank's.
pub struct Life<'a> {
    pub(super) spec: &'a EconomySpec,
    plan: &'a Plan<'a>,
    pub(super) steered: Run,
    fixed: Run,
    pub(super) stage: Stage,
    /// The bank's economy as of the last crank.
    pub(super) economy: Box<Economy>,
    pub(super) made: Vec<Made>,
    /// Decisions so far that equal the simulated ones.
    pub(super) equal: usize,
    events: Vec<Happened>,
    pub(super) invariants: Invariants,
    pub(super) checks: u32,
}

impl<'a> Life<'a> {
    /// Builds the economy, gives everybody their tokens, goes live, and lets everybody
    /// stake who wants to from the first second.
    pub async fn begin(plan: &'a Plan<'a>, bank: Bank) -> Result<Self, Failure> {
        let mut steered = plan.begin(Policy::Homeostat)?;
        let fixed = plan.begin(Policy::StaticUntuned)?;
        let mut stage = Stage::build(plan, steered.world.people(), bank).await?;
        stage.play(&steered.world.take_done()).await?;
        let economy = stage.world.economy().await;
        let mut life = Self {
            spec: plan.spec,
            plan,
            steered,
            fixed,
            stage,
            economy,
            made: Vec::new(),
            equal: 0,
            events: Vec::new(),
            invariants: Invariants::default(),
            checks: 0,
        };
        life.check(0).await?;
        Ok(life)
    }

    /// The period that runs, from 1.
    fn period(&self) -> u32 {
        let cranked = self.made.len() / Parameter::ALL.len();
        u32::try_from(cranked).map_or(u32::MAX, |cranked| cranked.saturating_add(1))
    }

    /// Lives through everything; `progress` hears of each period that ended, and of what happened
    /// in it.
    pub async fn live(mut self, mut progress: impl FnMut(u32, &str)) -> Result<History, Failure> {
        let live_at = self.economy.live_at;
        let mut told = 0;
        for epoch in 0..self.plan.calendar.epochs {
            let period = self.period();
            self.epoch(epoch).await?;
            if self.period() > period {
                let news: Vec<&str> = self.events[told..].iter().map(|e| e.label).collect();
                told = self.events.len();
                progress(period, &news.join(", "));
            }
        }
        let supply = self
            .stage
            .world
            .bank
            .supply(&self.stage.world.at.mint)
            .await;
        let accrued = self.accrued()?;
        Ok(History {
            live_at,
            decisions: self.made,
            equal: self.equal,
            events: self.events,
            counts: self.stage.counts,
            wallets: self.stage.wallets(),
            invariants: self.invariants,
            checks: self.checks,
            claimed: self.economy.tally.claimed.get(),
            accrued,
            supply,
            end: self.economy,
            steered: self.steered.world,
            fixed: self.fixed.world,
        })
    }

    /// Emission and fees that have streamed to people up to the last crank (base units).
    fn accrued(&self) -> Result<u128, Failure> {
        let now = self.stage.world.bank.now();
        let stream = &self.economy.stream;
        let streamed = self
            .economy
            .owed_emission(now)
            .and_then(|emission| Ok(emission + stream.fees_at(now)?))
            .map_err(|error| {
                Failure::new("bad_stream", format!("the emission cannot be summed up: {error}"))
                    .remedy("this is a bug of the demo or of the program: report it with the economy file and the seed")
            })?;
        Ok((streamed - self.economy.tally.returned_fees_q64.get()) >> 64)
    }

    /// Lives through an epoch in both simulated economies, and does on the bank what people did in
    /// the steered one.
    pub(super) async fn epoch(&mut self, epoch: usize) -> Result<(), Failure> {
        let period = self.period();
        let shocks = self.plan.shocks.iter();
        let events = shocks
            .filter(|shock| shock.epoch == epoch)
            .map(|shock| Happened {
                period,
                at: self.plan.calendar.start(epoch),
                name: shock.name,
                label: shock.label,
            });
        self.events.extend(events);
        plan::step(&mut self.steered)?;
        plan::step(&mut self.fixed)?;
        self.stage.play(&self.steered.world.take_done()).await?;
        // Between the transactions of a period, not only at its end.
        self.check(period).await?;
        let cranked = self
            .steered
            .world
            .days()
            .last()
            .is_some_and(|day| day.cranked);
        if cranked {
            self.crank(period).await?;
        }
        Ok(())
    }
}
