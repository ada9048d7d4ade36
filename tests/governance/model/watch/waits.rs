//! How long actions have to wait, read off the state before them.

use homeostat_client::{Action, Delays, Parameter};

use super::Seen;

fn always_critical(action: &Action) -> bool {
    matches!(
        action,
        Action::Terms { .. }
            | Action::MinStake { .. }
            | Action::AllowPool { .. }
            | Action::Exclude { .. }
            | Action::Wire { .. }
            | Action::Feed { .. }
            | Action::Guard { .. }
            | Action::AddMember { .. }
            | Action::RemoveMember { .. }
            | Action::Threshold { .. }
            | Action::Guardian { .. }
            | Action::Delays { .. }
            | Action::PayTreasury { .. }
            | Action::GiveUp { .. }
    )
}

fn always_standard(action: &Action) -> bool {
    matches!(
        action,
        Action::HalfLife { .. }
            | Action::FeedForward { .. }
            | Action::Mode { .. }
            | Action::Limits { .. }
            | Action::FeeSplit { .. }
            | Action::PoolWeight { .. }
            | Action::AllowMeters { .. }
            | Action::AllowFeeds { .. }
            | Action::Advisor { .. }
    )
}

/// Whether a slew limit lets a value move faster; none = unlimited.
fn faster(old: u64, new: Option<u64>) -> bool {
    new.unwrap_or(u64::MAX) > old
}

/// Shortest wait that such actions allow (s), as things stood before them.
pub(super) fn shortest_wait(actions: &[Action], before: &Seen, delays: &Delays) -> i64 {
    // Of several actions on the same value the last one counts.
    let limits = |parameter: Parameter| {
        let last = actions.iter().rev().find_map(|action| match action {
            Action::Limits {
                parameter: of,
                value,
                ..
            } if *of == parameter => Some(value),
            _ => None,
        });
        let config = &before.economy.controllers[parameter as usize].config;
        last.is_some_and(|value| value.min_ppm < config.min || value.max_ppm > config.max)
    };
    let range = |parameter: Parameter| {
        let last = actions.iter().rev().find_map(|action| match action {
            Action::AdviceRange {
                parameter: of,
                value,
                ..
            } if *of == parameter => Some(value),
            _ => None,
        });
        let envelope = &before.economy.controllers[parameter as usize].envelope;
        last.is_some_and(|value| {
            value.setpoint_q48 > envelope.advice_setpoint.get().to_bits()
                || value.bias_q48 > envelope.advice_bias.get().to_bits()
        })
    };
    let reach = |parameter: Parameter| {
        let last = actions.iter().rev().find_map(|action| match action {
            Action::FeedForward {
                parameter: of,
                value,
                ..
            } if *of == parameter => Some(value.f_max_q48),
            _ => None,
        });
        let config = &before.economy.controllers[parameter as usize].config;
        last.is_some_and(|f_max| f_max > config.f_max.get().to_bits())
    };
    let slew = |parameter: Parameter| {
        let last = actions.iter().rev().find_map(|action| match action {
            Action::Slew {
                parameter: of,
                value,
                ..
            } if *of == parameter => Some(value),
            _ => None,
        });
        let config = &before.economy.controllers[parameter as usize].config;
        last.is_some_and(|value| {
            faster(config.slew_up, value.up_ppm) || faster(config.slew_down, value.down_ppm)
        })
    };
    let caps = actions.iter().rev().find_map(|action| match action {
        Action::Caps { value, .. } => Some(value),
        _ => None,
    });
    let old = &before.economy.limits;
    let raised = caps.is_some_and(|new| {
        new.hard_cap > old.hard_cap
            || new.supply_floor < old.supply_floor
            || new.period_emission_ppm > old.period_emission_ppm
            || new.period_burn_ppm > old.period_burn_ppm
            || new.outflow_cap > old.outflow_cap
    });
    let tunes = |action: &Action| {
        matches!(
            action,
            Action::Tune { .. } | Action::ResumeController { .. } | Action::ResumeEconomy { .. }
        )
    };
    let ends = |action: &Action| matches!(action, Action::Retire { .. });
    let any = |of: &dyn Fn(&Action) -> bool| actions.iter().any(of);
    let widened = Parameter::ALL.into_iter().any(limits) || Parameter::ALL.into_iter().any(reach);
    let sped_up = Parameter::ALL.into_iter().any(slew);
    let trusts = Parameter::ALL.into_iter().any(range);
    i64::from(if any(&ends) {
        delays.critical + 14 * 86_400
    } else if any(&always_critical) || widened || sped_up || raised {
        delays.critical
    } else if any(&always_standard) || trusts {
        delays.standard
    } else if any(&tunes) {
        delays.routine
    } else {
        0
    })
}
