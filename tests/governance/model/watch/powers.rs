//! Powers that were given up, and steps, from the accounts alone: no power comes back, what needs
//! it does not happen, and no transaction widens a limit by more than a quarter of the whole.

use homeostat_client::{Parameter, Power};

use super::{say, Seen};

pub(super) fn look(before: &Seen, after: &Seen) -> Result<(), String> {
    let (old, new) = (&before.economy, &after.economy);
    let gone = |power: Power| old.given_up[power as usize] != 0;
    let back = Power::ALL
        .into_iter()
        .any(|power| gone(power) && new.given_up[power as usize] == 0);
    say(back, "a power came back")?;
    let raised = gone(Power::HardCap) && new.limits.hard_cap > old.limits.hard_cap;
    say(raised, "a hard cap rose without the power to raise it")?;
    let raised = gone(Power::OutflowCap) && new.limits.outflow_cap > old.limits.outflow_cap;
    say(raised, "an outflow cap rose without the power to raise it")?;
    let succeeded = gone(Power::Successor) && old.successor != new.successor;
    say(
        succeeded,
        "a successor was named without the power to name one",
    )?;
    for parameter in Parameter::ALL {
        let (was, is) = (
            &old.controllers[parameter as usize].config,
            &new.controllers[parameter as usize].config,
        );
        let wider = (was.min - is.min).max(is.max - was.max);
        let power = match parameter {
            Parameter::Emission => Power::EmissionLimits,
            Parameter::Fee => Power::FeeLimits,
            Parameter::Burn => Power::BurnLimits,
            Parameter::Liquidity => Power::LiquidityLimits,
        };
        let widened = gone(power) && wider > 0;
        say(widened, "limits widened without the power to widen them")?;
        let leapt = 4 * wider > parameter.ceiling();
        say(leapt, "limits widened by more than a step")?;
        let faster = is.slew_up > was.slew_up || is.slew_down > was.slew_down;
        let same = (
            was.min,
            was.max,
            was.mode,
            was.manual,
            was.bias,
            was.setpoint,
        ) == (is.min, is.max, is.mode, is.manual, is.bias, is.setpoint);
        say(
            faster && !same,
            "a slew limit got faster with something else",
        )?;
    }
    Ok(())
}
