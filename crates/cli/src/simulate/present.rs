//! The present of the live economy that a run goes on from.

use std::io::{self, Write};

use homeostat::state::Parameter;
use schemars::JsonSchema;
use serde::Serialize;

use super::live::Ground;
use super::refused_in;
use super::story::figure;
use crate::chain::time;
use crate::failure::Failure;
use crate::report::table::percent;

/// Where a run goes on from. Everything but times and tokens is a fraction.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Present {
    /// The economy's address.
    address: String,
    /// The cluster that it was read from.
    cluster: String,
    /// When (unix seconds).
    at: i64,
    /// The supply (base units).
    supply: u64,
    /// The native stake over the circulating supply of the last crank.
    staked_share: f64,
    /// What was paid in a year over that, in the last period and since. None where nothing was
    /// measured yet.
    turnover: Option<f64>,
    /// Whether the economy is tripped: nothing is emitted and every controller is held.
    tripped: bool,
    /// Whether a controller follows a feed: every feed goes on saying what it says now.
    follows_feeds: bool,
    /// What a crank would decide at this moment, as `preview` says it.
    decisions: Vec<Next>,
}

/// The next value of a parameter.
#[derive(Debug, Serialize, JsonSchema)]
struct Next {
    /// `emission`, `fee`, `burn` or `liquidity`.
    parameter: &'static str,
    /// What was measured.
    y: f64,
    /// The value in force.
    present: f64,
    /// The value from the next crank on.
    next: f64,
}

impl Present {
    /// The present of what was read.
    ///
    /// # Errors
    ///
    /// The program refuses to decide, which it never should.
    pub fn of(ground: &Ground) -> Result<Self, Failure> {
        let start = &ground.start;
        let chain = start.chain();
        let cranked = start.preview();
        let cranked = cranked.map_err(|error| refused_in("before it began", &error))?;
        let next =
            Parameter::ALL
                .into_iter()
                .zip(&cranked.decisions)
                .map(|(parameter, decision)| Next {
                    parameter: parameter.name(),
                    y: decision.y.to_num(),
                    present: chain.economy.value(parameter) as f64 / 1e6,
                    next: decision.u as f64 / 1e6,
                });
        Ok(Self {
            address: ground.address.to_string(),
            cluster: ground.cluster.clone(),
            at: chain.now,
            supply: chain.supply,
            staked_share: chain.native.total as f64 / chain.economy.totals.circulating as f64,
            turnover: start.turnover,
            tripped: chain.economy.tripped != 0,
            follows_feeds: start.uses_feeds(),
            decisions: next.collect(),
        })
    }

    /// Writes it for people.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let paid = match self.turnover {
            Some(turnover) => format!("{} of it paid a year", figure(Some(turnover))),
            None => "no payment measured yet".to_owned(),
        };
        writeln!(
            out,
            "From {}, {}: {} of the circulating supply staked, {paid}",
            self.cluster,
            time(self.at),
            percent(self.staked_share, 2)
        )?;
        if self.tripped {
            writeln!(out, "It is tripped: nothing is emitted until it is resumed")?;
        }
        if self.follows_feeds {
            writeln!(out, "Every feed goes on saying what it says now")?;
        }
        let next = self.decisions.iter().map(|next| {
            let Next { parameter, .. } = next;
            format!(
                "{parameter} {} -> {}",
                percent(next.present, 3),
                percent(next.next, 3)
            )
        });
        writeln!(
            out,
            "A crank now would decide: {}\n",
            next.collect::<Vec<_>>().join(", ")
        )
    }
}
