//! Caps and steps: how much was asked for, how much is allowed, and when more is.

use homeostat::constants::{
    CAP_STEP_PARTS, LIMIT_STEP_PARTS, OUTFLOW_STEP_PART, OUTFLOW_STRETCH, OUTFLOW_STRETCHES,
};
use homeostat::state::defaults;
use homeostat::HomeostatError;
use homeostat_client::{Action, Economy};
use homeostat_settings::tokens::Tokens;

use super::Why;
use crate::chain::figure::fraction;
use crate::chain::time;

/// Why actions are refused that ask for too much.
pub(super) fn of_actions(
    error: HomeostatError,
    actions: &[Action],
    economy: &Economy,
    now: i64,
) -> Option<Why> {
    match error {
        HomeostatError::OutflowCapExceeded => {
            let asked = actions.iter().fold(0u64, |sum, action| match action {
                Action::PayTreasury { amount, .. } => sum.saturating_add(*amount),
                _ => sum,
            });
            (asked > 0).then(|| outflow(asked, economy, now))
        }
        HomeostatError::StepTooLarge => actions.iter().find_map(|action| step(action, economy)),
        _ => None,
    }
}

/// Why the treasury does not pay `asked` (base units).
fn outflow(asked: u64, economy: &Economy, now: i64) -> Why {
    let tokens = Tokens {
        decimals: economy.decimals,
    };
    let cap = economy.limits.outflow_cap;
    let raise = "a higher cap (`caps`, `outflow_cap`) acts on the payments of later proposals";
    if cap == 0 {
        return Why::new(
            "the outflow cap is 0 tokens: the treasury pays nothing out",
            format!("propose a cap above 0 first; {raise}"),
        );
    }
    let outflow = &economy.totals.outflow;
    let stretch = (now.max(0).unsigned_abs() / OUTFLOW_STRETCH).max(outflow.newest);
    let reach = OUTFLOW_STRETCHES as u64;
    // What counts still: the number of each stretch and what was paid in it, the oldest first.
    let mut counted: Vec<(u64, u64)> = outflow
        .paid
        .iter()
        .zip(0..reach)
        .map(|(paid, age)| (outflow.newest.saturating_sub(age), *paid))
        .filter(|(number, paid)| *paid > 0 && stretch.saturating_sub(*number) < reach)
        .collect();
    counted.reverse();
    let sum = |counted: &[(u64, u64)]| {
        counted
            .iter()
            .fold(0u64, |sum, (_, paid)| sum.saturating_add(*paid))
    };
    let left = cap.saturating_sub(sum(&counted));
    let what = format!(
        "the treasury shall pay {} tokens, and its outflow cap of {} in 30 days leaves {} now",
        tokens.told(asked),
        tokens.told(cap),
        tokens.told(left)
    );
    let free = (1..=counted.len()).find_map(|gone| {
        let kept = counted.get(gone..).unwrap_or_default();
        let (number, _) = counted.get(gone - 1)?;
        let fits = sum(kept).saturating_add(asked) <= cap;
        fits.then(|| number.saturating_add(reach).saturating_mul(OUTFLOW_STRETCH))
    });
    let remedy = match free.and_then(|at| i64::try_from(at).ok()) {
        Some(at) => format!(
            "pay at most {}, or wait until {}: what was paid before counts until then",
            tokens.told(left),
            time(at)
        ),
        None => format!("pay at most {}; {raise}", tokens.told(left)),
    };
    Why::new(what, remedy)
}

/// The step of an action that is too large, if it is.
fn step(action: &Action, economy: &Economy) -> Option<Why> {
    match action {
        Action::Limits {
            parameter, value, ..
        } => {
            let config = &economy.controller(*parameter).ok()?.config;
            let below = config.min.saturating_sub(value.min_ppm);
            let widened = below.max(value.max_ppm.saturating_sub(config.max));
            let most = parameter.ceiling() / LIMIT_STEP_PARTS;
            (widened > most).then(|| {
                Why::new(
                    format!(
                        "the limits of {} are {} to {} and would widen by {}; one proposal widens \
                         a limit by at most {}",
                        parameter.name(),
                        fraction(config.min),
                        fraction(config.max),
                        fraction(widened),
                        fraction(most)
                    ),
                    format!(
                        "go to at most {} to {} now, and on from there in later proposals",
                        fraction(config.min.saturating_sub(most).max(0)),
                        fraction(config.max.saturating_add(most).min(parameter.ceiling()))
                    ),
                )
            })
        }
        Action::Caps { value, .. } => {
            let limits = &economy.limits;
            let usual = defaults::limits(limits.period, value.hard_cap);
            let supply = economy.totals.supply;
            let tokens = Tokens {
                decimals: economy.decimals,
            };
            let amount = |base: u64| format!("{} tokens", tokens.told(base));
            let ppm = |ppm: u64| fraction(i64::try_from(ppm).unwrap_or(i64::MAX));
            // Name, old and new value, what a step is a quarter of, how it is shown, and whether it
            // widens upwards.
            type Shown<'a> = &'a dyn Fn(u64) -> String;
            let caps: [(&str, u64, u64, u64, Shown<'_>, bool); 5] = [
                (
                    "hard_cap",
                    limits.hard_cap,
                    value.hard_cap,
                    limits.hard_cap,
                    &amount,
                    true,
                ),
                (
                    "supply_floor",
                    limits.supply_floor,
                    value.supply_floor,
                    limits.supply_floor.max(supply),
                    &amount,
                    false,
                ),
                (
                    "period_emission",
                    limits.period_emission_ppm.into(),
                    value.period_emission_ppm.into(),
                    limits
                        .period_emission_ppm
                        .max(usual.period_emission_ppm)
                        .into(),
                    &ppm,
                    true,
                ),
                (
                    "period_burn",
                    limits.period_burn_ppm.into(),
                    value.period_burn_ppm.into(),
                    limits.period_burn_ppm.max(usual.period_burn_ppm).into(),
                    &ppm,
                    true,
                ),
                (
                    "outflow_cap",
                    limits.outflow_cap,
                    value.outflow_cap,
                    limits.outflow_cap.max(supply.div_ceil(OUTFLOW_STEP_PART)),
                    &amount,
                    true,
                ),
            ];
            let found = caps.into_iter().find_map(|(name, old, new, of, show, up)| {
                let by = if up {
                    new.saturating_sub(old)
                } else {
                    old.saturating_sub(new)
                };
                let most = of.div_ceil(CAP_STEP_PARTS);
                (by > most).then(|| {
                    let end = if up {
                        old.saturating_add(most)
                    } else {
                        old.saturating_sub(most)
                    };
                    Why::new(
                        format!(
                            "`{name}` is {} and would be {}; one proposal moves it by at most {}",
                            show(old),
                            show(new),
                            show(most)
                        ),
                        format!(
                            "go to {} now, and on from there in later proposals",
                            show(end)
                        ),
                    )
                })
            });
            found
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_paid_is_free_again_when_its_stretch_is_out_of_reach() {
        // given a cap of 1,000, of which 500 were paid five stretches ago and 300 in this one
        let newest = 3_400;
        let mut economy: Box<Economy> = Box::new(bytemuck::Zeroable::zeroed());
        economy.limits.outflow_cap = 1_000;
        economy.totals.outflow.newest = newest;
        economy.totals.outflow.paid = [300, 0, 0, 0, 0, 500];
        let now = (newest * OUTFLOW_STRETCH) as i64 + 7;
        // when 400 are asked for, then the first 500 have to be out of reach
        let why = outflow(400, &economy, now);
        assert_eq!(
            why.what,
            "the treasury shall pay 400 tokens, and its outflow cap of 1,000 in 30 days leaves 200 now"
        );
        let at = time(((newest + 1) * OUTFLOW_STRETCH) as i64);
        assert!(
            why.remedy
                .contains(&format!("at most 200, or wait until {at}")),
            "{}",
            why.remedy
        );
        // when 800 are asked for, then the others as well
        let at = time(((newest + 6) * OUTFLOW_STRETCH) as i64);
        assert!(outflow(800, &economy, now).remedy.contains(&at));
        // when more than the cap is asked for, then no wait helps; with a cap of 0 none does
        assert!(!outflow(1_001, &economy, now).remedy.contains("wait"));
        economy.limits.outflow_cap = 0;
        let why = outflow(1, &economy, now);
        assert!(why.what.contains("cap is 0") && !why.remedy.contains("wait"));
    }
}
