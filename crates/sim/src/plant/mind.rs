//! What people think: of the yield they ask for, of where the price goes, of what the token is
//! worth. The same for all, but for what makes each a person.

use super::{Person, DAY, USUAL_FEE};
use crate::{
    behaviour::Behaviour,
    scenario::{Calendar, Weather},
};

/// The time in which half of a price trend is forgotten (days).
const TREND_MEMORY: f64 = 15.0;
/// The time in which half of a drawdown is forgotten (days).
const PEAK_MEMORY: f64 = 60.0;
/// How much a trend can add to the yield that people expect (fraction a year).
const TREND_CAP: f64 = 0.05;

/// What people know and think in an epoch.
#[derive(Clone, Debug)]
pub struct Mind {
    /// How people behave.
    pub behaviour: Behaviour,
    /// The epoch.
    pub epoch: u32,
    /// The weather of the epoch.
    pub weather: Weather,
    /// The yield (fraction) that the mood adds to what people ask for.
    pub mood: f64,
    /// The growth of the price in a year, as its logarithm, as people remember it.
    pub trend: f64,
    /// The drawdown from the remembered peak (fraction).
    pub drawdown: f64,
    /// What payments are of their volume at the usual fee.
    pub fee_factor: f64,
    /// The part of the yield asked for that unbonding costs.
    illiquidity: f64,
    /// The length of an epoch (days).
    epoch_days: f64,
    last_price: f64,
    peak: f64,
}

impl Mind {
    /// What people think at go-live, at a price of 1.
    pub fn new(behaviour: Behaviour, calendar: &Calendar, unbonding: u32) -> Self {
        Self {
            behaviour,
            epoch: 0,
            weather: Weather::QUIET,
            mood: 0.0,
            trend: 0.0,
            drawdown: 0.0,
            fee_factor: 1.0,
            illiquidity: f64::from(unbonding) / DAY / behaviour.horizon,
            epoch_days: calendar.epoch_days,
            last_price: 1.0,
            peak: 1.0,
        }
    }

    /// Takes on another behaviour; what people remember of prices stays.
    pub fn adopt(&mut self, behaviour: Behaviour) {
        self.illiquidity *= self.behaviour.horizon / behaviour.horizon;
        self.behaviour = behaviour;
    }

    /// Starts an epoch with its weather, at a fee rate (fraction).
    pub fn begin(&mut self, epoch: usize, weather: &Weather, fee: f64) {
        self.epoch = u32::try_from(epoch).unwrap_or(u32::MAX);
        self.weather = *weather;
        self.mood = weather.mood * self.behaviour.mood;
        // The floor keeps a free economy from infinite demand.
        let cost = fee.max(USUAL_FEE / 16.0) / USUAL_FEE;
        self.fee_factor = libm::pow(cost, -self.behaviour.fee_elasticity);
    }

    /// Sees the mean price of the epoch.
    pub fn see(&mut self, price: f64) {
        let growth = libm::log(price / self.last_price) / self.epoch_days * 365.0;
        let kept = libm::exp2(-self.epoch_days / TREND_MEMORY);
        self.trend = kept * self.trend + (1.0 - kept) * growth;
        self.peak = price.max(self.peak * libm::exp2(-self.epoch_days / PEAK_MEMORY));
        self.drawdown = 1.0 - price / self.peak;
        self.last_price = price;
    }

    /// The part of its tokens that a person wishes to have invested at an annual yield and in a
    /// mood (both fractions): a logistic curve around what it asks for, which grows with the
    /// mood and with the time that unbonding takes of its horizon.
    pub fn wish(&self, person: &Person, annual_yield: f64, mood: f64) -> f64 {
        self.wish_of(person.required, person.width, annual_yield, mood)
    }

    /// The same of somebody who asks for the yield `required` and has this `width`.
    pub fn wish_of(&self, required: f64, width: f64, annual_yield: f64, mood: f64) -> f64 {
        let expected = (self.behaviour.trend_faith * self.trend).clamp(-TREND_CAP, TREND_CAP);
        let asked = required * (1.0 + self.illiquidity) + mood;
        let surplus = annual_yield + expected - asked;
        1.0 / (1.0 + libm::exp(-2.0 * surplus / width))
    }

    /// What value traders think a base unit is worth, when `growth` is the supply over that at
    /// the start.
    pub fn worth(&self, growth: f64) -> f64 {
        libm::pow(self.weather.demand, self.behaviour.worth_elasticity) / growth
    }

    /// The probability that a person leaves for good in the epoch: more in a drawdown, and where
    /// payments are dear.
    pub fn leaves(&self, fee: f64) -> f64 {
        let dear = (fee / USUAL_FEE - 1.0).max(0.0);
        let factor = 1.0 + 3.0 * self.drawdown + 0.3 * dear;
        (self.behaviour.churn * factor * self.epoch_days).min(1.0)
    }

    /// The probability that somebody comes in the place of one who left.
    pub fn comes(&self) -> f64 {
        // Twenty times as likely as leaving, so that one place in twenty is vacant.
        (20.0 * self.behaviour.churn * self.weather.demand * self.epoch_days).min(1.0)
    }
}
