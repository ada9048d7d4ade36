//! `status`: an economy at a glance, and what a wallet has in it.

use std::io::{self, Write};

use homeostat_chain::program::deployed;
use homeostat_chain::signer::read_address;
use homeostat_client::wallet::{apr_ppm, pending_rewards, unbonding, Summary};
use homeostat_client::{Funding, Metric, Parameter, Section};
use homeostat_settings::words::POWERS;
use schemars::JsonSchema;
use serde::Serialize;

use super::amount::Amount;
use super::offers::{self, OfferAnswer};
use super::reasons::{exact, short};
use super::sentences::at_limit;
use super::write::ClusterAnswer;
use super::{duration, time, Answer, Context, WhichArgs};
use crate::decimal::{Decimal, PPM};
use crate::failure::Failure;

/// Arguments of `status`.
#[derive(Clone, Debug, clap::Args)]
pub struct StatusArgs {
    /// Show what this wallet has as well
    #[arg(long, value_name = "ADDRESS")]
    pub owner: Option<String>,
    #[command(flatten)]
    which: WhichArgs,
}

/// The answer of `status`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Status {
    /// Where.
    pub cluster: ClusterAnswer,
    /// The program.
    pub program: String,
    /// Who may replace the program; absent = nobody, or it is not deployed through the
    /// upgradeable loader.
    pub upgrade_authority: Option<String>,
    /// The economy.
    pub economy: String,
    /// Its token.
    pub mint: String,
    /// `draft`, `live` or `retired`.
    pub life: String,
    /// `mint` or `funded`.
    pub funding: String,
    /// The cluster's time (unix seconds).
    pub now: i64,
    /// Supply as the program counts it.
    pub supply: Amount,
    /// Circulating supply at the last crank.
    pub circulating: Amount,
    /// Highest supply that emission may lead to.
    pub hard_cap: Amount,
    /// Native stake over circulating supply in the last period, as a fraction.
    pub staked_share: String,
    /// Periods so far.
    pub periods: u64,
    /// Length of a period (seconds).
    pub period_seconds: u32,
    /// Earliest time of the next crank (unix seconds).
    pub next_crank_at: i64,
    /// Emission stops then unless a crank comes before (unix seconds); absent = no limit binds.
    pub emit_until: Option<i64>,
    /// Whether a vault was found short: nothing is emitted until governance resumes.
    pub tripped: bool,
    /// The powers that the council gave up for ever: `successor`, `higher_hard_cap`,
    /// `higher_outflow_cap`, `wider_emission_limits`, `wider_fee_limits`, `wider_burn_limits`,
    /// `wider_liquidity_limits`.
    pub given_up: Vec<String>,
    /// The roles that were offered and not accepted yet; a Draft does not go live before.
    pub offers: Vec<OfferAnswer>,
    /// What is paused, and until when.
    pub pauses: Vec<PauseAnswer>,
    /// The four parameters.
    pub parameters: Vec<ParameterAnswer>,
    /// The pools.
    pub pools: Vec<PoolAnswer>,
    /// What the wallet has; with `--owner`.
    pub positions: Vec<PositionAnswer>,
}

/// A pause.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PauseAnswer {
    /// `stake`, `pay`, `crank` or `emission`.
    pub section: String,
    /// Its end (unix seconds).
    pub until: i64,
}

/// A parameter of the economy; every figure is a fraction.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ParameterAnswer {
    /// `emission`, `fee`, `burn` or `liquidity`.
    pub parameter: String,
    /// In force.
    pub value: String,
    /// Lowest that the controller may set.
    pub min: String,
    /// Highest that the controller may set.
    pub max: String,
    /// What it is steered by.
    pub metric: String,
    /// The metric's target.
    pub target: String,
    /// The metric as the last crank took it.
    pub measured: String,
    /// Whether its guard holds it.
    pub held: bool,
    /// That it rests at a limit and would go further, and what would help; absent where it
    /// does not.
    pub at_limit: Option<String>,
}

/// A pool.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PoolAnswer {
    /// What is staked there.
    pub stake_mint: String,
    /// `native` or `liquidity`.
    pub kind: String,
    /// Staked.
    pub total: Amount,
    /// Rewards of a year at this moment's rates over the stake, as a fraction; absent for
    /// liquidity pools (another token) and while nothing is staked.
    pub apr: Option<String>,
}

/// What a wallet has in a pool.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PositionAnswer {
    /// What is staked.
    pub stake_mint: String,
    /// Staked.
    pub staked: Amount,
    /// Rewards that `claim` would pay now.
    pub pending: Amount,
    /// Stake on its way out.
    pub unbonding: Vec<TicketAnswer>,
}

/// Stake on its way out.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TicketAnswer {
    /// Number, for cancelling.
    pub ticket: usize,
    /// How much.
    pub amount: Amount,
    /// When it can be withdrawn (unix seconds).
    pub ready_at: i64,
}

/// Parts per million as a fraction.
pub(super) fn fraction(ppm: impl Into<i64>) -> String {
    Decimal::from(ppm.into()).shifted(-PPM).to_string()
}

/// A metric by name.
pub(super) fn metric_name(metric: Metric) -> String {
    match metric {
        Metric::StakedShare => "staked share".to_owned(),
        Metric::Utilisation => "utilisation".to_owned(),
        Metric::NetSupplyGrowth => "net supply growth".to_owned(),
        Metric::LiquidityDepth => "liquidity depth".to_owned(),
        Metric::BurnedOverEmitted => "burned over emitted".to_owned(),
        Metric::EmittedOverFees => "emitted over fees".to_owned(),
        feed => format!("{feed:?}").to_lowercase(),
    }
}

/// `status`.
///
/// # Errors
///
/// There is no such economy; the server's.
pub fn status(context: &Context, arguments: &StatusArgs) -> Result<(), Failure> {
    let connection = &context.connection;
    let live = context.live(&arguments.which)?;
    let now = connection.clock()?.unix_timestamp;
    let economy = &live.economy;
    let summary = Summary::of(economy, now);
    let amount = |base| Amount::new(base, summary.decimals);
    let signed = |ppm: u64| fraction(i64::try_from(ppm).unwrap_or(i64::MAX));
    let parameters = Parameter::ALL
        .iter()
        .zip(&economy.controllers)
        .map(|(parameter, controller)| {
            let config = controller.config();
            let metric = controller
                .metric()
                .map_err(|_| connection.nonsense("an unknown metric"))?;
            Ok(ParameterAnswer {
                parameter: parameter.name().to_owned(),
                value: signed(controller.value(*parameter)),
                min: fraction(config.min),
                max: fraction(config.max),
                metric: metric_name(metric),
                target: exact(config.setpoint.to),
                measured: exact(controller.state().last.y),
                held: controller.guard().latched.is_some(),
                at_limit: at_limit(*parameter, controller),
            })
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    let pools = live
        .pools
        .iter()
        .map(|pool| PoolAnswer {
            stake_mint: pool.stake_mint.to_string(),
            kind: if pool.is_native() {
                "native"
            } else {
                "liquidity"
            }
            .to_owned(),
            total: Amount::new(pool.total, pool.decimals),
            apr: apr_ppm(economy, pool, now)
                .filter(|_| pool.is_native())
                .map(signed),
        })
        .collect();
    let mut positions = Vec::new();
    if let Some(owner) = &arguments.owner {
        let owner = read_address(owner, "--owner")?;
        for (stake, pool) in live.stakes.iter().zip(&live.pools) {
            let Some(position) = live.position(connection, stake, &owner)? else {
                continue;
            };
            let pending = pending_rewards(economy, pool, &position, now)
                .map_err(|_| connection.nonsense("accounts that do not belong together"))?;
            let own = |base| Amount::new(base, pool.decimals);
            positions.push(PositionAnswer {
                stake_mint: pool.stake_mint.to_string(),
                staked: own(position.amount),
                pending: amount(pending),
                unbonding: unbonding(&position, now)
                    .into_iter()
                    .map(|ticket| TicketAnswer {
                        ticket: usize::from(ticket.ticket),
                        amount: own(ticket.amount),
                        ready_at: ticket.ready_at,
                    })
                    .collect(),
            });
        }
    }
    let council = live.council(connection)?;
    context.answer(&Status {
        cluster: connection.cluster().into(),
        program: homeostat_client::PROGRAM_ID.to_string(),
        upgrade_authority: deployed(connection)?
            .and_then(|program| program.upgrade_authority)
            .map(|authority| authority.to_string()),
        economy: live.at.economy.to_string(),
        mint: live.at.mint.to_string(),
        life: live.life().to_owned(),
        funding: match summary.funding {
            Funding::Mint => "mint",
            Funding::Funded => "funded",
        }
        .to_owned(),
        now,
        supply: amount(summary.supply),
        circulating: amount(summary.circulating),
        hard_cap: amount(summary.hard_cap),
        staked_share: signed(summary.staked_ppm),
        periods: summary.periods,
        period_seconds: summary.period_seconds,
        next_crank_at: summary.next_crank_at,
        emit_until: summary.emit_until,
        tripped: summary.tripped,
        given_up: POWERS
            .iter()
            .filter(|(_, power)| live.economy.gave_up(*power))
            .map(|(word, _)| (*word).to_owned())
            .collect(),
        offers: council.map_or(Vec::new(), |council| offers::open(&council, now)),
        pauses: [
            Section::Stake,
            Section::Pay,
            Section::Crank,
            Section::Emission,
        ]
        .iter()
        .zip(summary.paused_until)
        .filter_map(|(section, until)| {
            Some(PauseAnswer {
                section: format!("{section:?}").to_lowercase(),
                until: until?,
            })
        })
        .collect(),
        parameters,
        pools,
        positions,
    })
}

impl Answer for Status {
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "economy      {} ({}, {})",
            self.economy, self.life, self.funding
        )?;
        writeln!(out, "token        {}", self.mint)?;
        writeln!(
            out,
            "cluster      {} {}",
            self.cluster.kind, self.cluster.url
        )?;
        let authority = self.upgrade_authority.as_deref().unwrap_or("nobody");
        writeln!(
            out,
            "program      {}, may be replaced by: {authority}",
            self.program
        )?;
        writeln!(
            out,
            "supply       {}, circulating {}, cap {}",
            self.supply, self.circulating, self.hard_cap
        )?;
        let left = self.next_crank_at.saturating_sub(self.now);
        let next = if self.life != "live" {
            "not live".to_owned()
        } else if left > 0 {
            format!("ends in {}", duration(left.unsigned_abs()))
        } else {
            format!(
                "over for {}: `homeostat crank`",
                duration(left.unsigned_abs())
            )
        };
        writeln!(
            out,
            "periods      {} of {}, this one {next}",
            self.periods,
            duration(u64::from(self.period_seconds))
        )?;
        if let Some(until) = self.emit_until {
            let state = if until > self.now {
                "runs until"
            } else {
                "STOPPED"
            };
            writeln!(out, "emission     {state} {}", time(until))?;
        }
        if self.tripped {
            writeln!(
                out,
                "BREAKER      a vault was found short; nothing is emitted until governance resumes"
            )?;
        }
        if !self.given_up.is_empty() {
            let powers = self.given_up.join(", ");
            writeln!(out, "given up     for ever: {powers}")?;
        }
        for offer in &self.offers {
            writeln!(out, "not accepted {offer}")?;
        }
        for pause in &self.pauses {
            writeln!(
                out,
                "PAUSED       {} until {}",
                pause.section,
                time(pause.until)
            )?;
        }
        writeln!(
            out,
            "\n{:<10} {:>10} {:>10} {:>10}  {:<18} {:>10} {:>12}",
            "parameter", "value", "min", "max", "steered by", "target", "measured"
        )?;
        for one in &self.parameters {
            writeln!(
                out,
                "{:<10} {:>10} {:>10} {:>10}  {:<18} {:>10} {:>12}{}",
                one.parameter,
                one.value,
                one.min,
                one.max,
                one.metric,
                short(&one.target),
                short(&one.measured),
                if one.held { "  held by its guard" } else { "" }
            )?;
        }
        for sentence in self
            .parameters
            .iter()
            .filter_map(|one| one.at_limit.as_ref())
        {
            writeln!(out, "AT A LIMIT   {sentence}")?;
        }
        writeln!(out)?;
        for pool in &self.pools {
            let apr = pool
                .apr
                .as_deref()
                .and_then(|apr| apr.parse::<Decimal>().ok())
                .map_or(String::new(), |apr| {
                    format!(", APR {} %", apr.shifted(2).rounded(2))
                });
            writeln!(
                out,
                "pool         {} {}: {} staked{apr}",
                pool.kind, pool.stake_mint, pool.total
            )?;
        }
        for position in &self.positions {
            writeln!(
                out,
                "position     {}: {} staked, {} to claim",
                position.stake_mint, position.staked, position.pending
            )?;
            for ticket in &position.unbonding {
                let when = if ticket.ready_at <= self.now {
                    "ready".to_owned()
                } else {
                    time(ticket.ready_at)
                };
                writeln!(
                    out,
                    "  unbonding  {} (ticket {}): {when}",
                    ticket.amount, ticket.ticket
                )?;
            }
        }
        Ok(())
    }
}
