//! `explain`: why a parameter has its value, term by term.

use std::io::{self, Write};

use homeostat_client::{Controller, Economy, Life, Parameter};
use homeostat_control::{create, Decision, Direction};
use homeostat_settings::human::when;
use schemars::JsonSchema;
use serde::Serialize;

use super::figure::{measure, share, share_of, short};
use super::flags::meaning;
use super::reasons::{metric_of, DecisionAnswer};
use super::sentences::{at_limit, follows};
use super::{Answer, Context, WhichArgs};
use crate::failure::Failure;

/// Arguments of `explain`.
#[derive(Clone, Debug, clap::Args)]
pub struct ExplainArgs {
    /// emission, fee, burn or liquidity
    #[arg(value_parser = ["emission", "fee", "burn", "liquidity"])]
    pub parameter: String,
    #[command(flatten)]
    which: WhichArgs,
}

/// Why a parameter has its value.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Explanation {
    /// The economy.
    pub economy: String,
    /// `draft`, `live` or `retired`.
    pub life: String,
    /// The cluster's time (unix seconds).
    pub now: i64,
    /// The last decision; of an economy whose first period has not ended, what it starts with.
    pub decision: DecisionAnswer,
    /// The value before it.
    pub before: String,
    /// Lowest that the controller may set.
    pub min: String,
    /// Highest that the controller may set.
    pub max: String,
    /// Sentences, one a term.
    pub because: Vec<String>,
    /// What would change the value.
    pub would_change: Vec<String>,
}

/// `explain`: the last decision, term by term; of a Draft, what the parameter is set to.
///
/// # Errors
///
/// No such parameter; the server's.
pub fn explain(context: &Context, arguments: &ExplainArgs) -> Result<(), Failure> {
    let connection = &context.connection;
    let clock = |_: &_, _: &Economy| vec![solana_sdk_ids::sysvar::clock::ID];
    let (live, clock) = context
        .which(&arguments.which)?
        .read_with(connection, clock)?;
    let clock = clock.first().and_then(Option::as_ref);
    let now = connection.clock_of(clock)?.unix_timestamp;
    let economy = &live.economy;
    let wanted = |parameter: &Parameter| parameter.name() == arguments.parameter;
    let found = Parameter::ALL
        .into_iter()
        .zip(&economy.controllers)
        .find(|(parameter, _)| wanted(parameter));
    let Some((parameter, controller)) = found else {
        return Err(Failure::new("no_parameter", "there is no such parameter")
            .remedy("name emission, fee, burn or liquidity"));
    };
    let begun = economy.life != Life::Draft as u8;
    let config = controller.config();
    let last = if begun {
        controller.state().last
    } else {
        // `go_live` starts its controllers by the same function.
        create(&config, now)
            .map_err(|_| connection.nonsense("a controller that cannot start"))?
            .last
    };
    let metric = metric_of(context, controller)?;
    let decision = DecisionAnswer::new(parameter, metric, Some(last.from), &last);
    let mut because = if economy.totals.periods == 0 {
        starting(&decision, begun)
    } else {
        terms(&decision, &last, controller)
    };
    because.extend(at_limit(parameter, controller));
    context.answer(&Explanation {
        economy: live.at.economy.to_string(),
        life: live.life().to_owned(),
        now,
        before: super::figure::fraction(last.u_prev),
        min: super::figure::fraction(config.min),
        max: super::figure::fraction(config.max),
        because,
        would_change: would_change(economy, &decision, controller, now),
        decision,
    })
}

/// Why a parameter has its value before the first crank.
fn starting(decision: &DecisionAnswer, begun: bool) -> Vec<String> {
    let value = share(&decision.u);
    let target = measure(&decision.metric, &decision.target);
    vec![
        if begun {
            format!("no period has ended yet, so it has its starting value {value}")
        } else {
            format!("the economy is a Draft: it starts at {value}, and nothing accrues before")
        },
        format!("its target for the {} is {target}", decision.metric),
    ]
}

/// A sentence a term.
fn terms(decision: &DecisionAnswer, last: &Decision, controller: &Controller) -> Vec<String> {
    let measured = |text: &str| measure(&decision.metric, text);
    let mut because = vec![
        format!(
            "{} was {} and its target is {}: an error of {} scales",
            decision.metric,
            measured(&decision.y),
            measured(&decision.target),
            short(&decision.z)
        ),
        format!("it starts from {} without control", share(&decision.bias)),
        format!("P adds {}: kp x error", share(&decision.p)),
        format!(
            "I adds {}: the errors of earlier periods",
            share(&decision.i)
        ),
        format!(
            "D adds {}: how fast the measurement moves",
            share(&decision.d)
        ),
    ];
    because.extend(follows(controller, last));
    because.push(format!("together {}", share(&decision.raw)));
    if decision.slewed != decision.raw {
        because.push(format!(
            "from {} a period may move it to {} at most",
            share_of(last.u_prev),
            share(&decision.slewed)
        ));
    }
    because.extend(
        decision
            .flags
            .iter()
            .map(|flag| format!("{flag}: {}", meaning(flag))),
    );
    because
}

fn would_change(
    economy: &Economy,
    decision: &DecisionAnswer,
    controller: &Controller,
    now: i64,
) -> Vec<String> {
    let up = matches!(controller.config().direction, Direction::Direct);
    let mut all = vec![format!(
        "{} above {} {} it, below {} it",
        decision.metric,
        measure(&decision.metric, &decision.target),
        if up { "raises" } else { "lowers" },
        if up { "lowers" } else { "raises" },
    )];
    if controller.guard().latched.is_some() {
        all.push("nothing before its guard lets it go, or a proposal resumes it".to_owned());
    }
    match economy.life {
        life if life == Life::Draft as u8 => all.push(
            "its creator, before it goes live: change the economy file and run `homeostat \
             create-economy` again"
                .to_owned(),
        ),
        life if life == Life::Live as u8 => {
            all.push(format!(
                "the next crank decides again, at the earliest {}; `homeostat preview` shows what",
                when(economy.next_end, now)
            ));
            all.push(
                "a proposal may change target, gains and limits: `homeostat proposals`".to_owned(),
            );
        }
        _ => all.push("nothing any more: the economy is retired".to_owned()),
    }
    all
}

impl Answer for Explanation {
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        let it = &self.decision;
        let (value, min, max) = (share(&it.u), share(&self.min), share(&self.max));
        if self.life == "draft" {
            let name = &it.parameter;
            writeln!(out, "{name} starts at {value} (limits {min} to {max})")?;
        } else {
            writeln!(
                out,
                "{} is {value} (it was {}; limits {min} to {max}), decided {}",
                it.parameter,
                share(&self.before),
                when(it.to, self.now)
            )?;
        }
        self.because
            .iter()
            .try_for_each(|line| writeln!(out, "  {line}"))?;
        writeln!(out, "what would change it:")?;
        self.would_change
            .iter()
            .try_for_each(|line| writeln!(out, "  {line}"))
    }
}
