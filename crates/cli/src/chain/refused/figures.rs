//! Which figure was wrong, what its range is, and when it will be right.

use homeostat::HomeostatError as E;
use homeostat_client::{wallet, Economy, Life, Parameter, RoleKind, Tunable};
use homeostat_settings::tokens::Tokens;
use homeostat_settings::words::TUNABLES;

use super::proposals::One;
use super::{pauses, seats, spending, About, Scene, Why};
use crate::chain::figure::{exact, share_of, short, term};
use crate::chain::{duration, time};

/// Why a command was refused, as far as its accounts say; `now` in unix seconds.
pub(super) fn of(command: &str, scene: &Scene<'_>, error: E, now: i64) -> Option<Why> {
    let economy: &Economy = &scene.live.economy;
    let wait = |at: i64| duration(at.saturating_sub(now).max(0).unsigned_abs());
    match error {
        E::Paused => return pauses::paused(command, economy, now),
        E::NotLive => return not_live(command, economy),
        E::TooEarly if command == "crank" => {
            return Some(Why::new(
                format!("the period ends {}", time(economy.next_end)),
                format!("wait {}", wait(economy.next_end)),
            ))
        }
        E::ChangedThisPeriod => {
            return Some(Why::new(
                "this field was changed in this period already",
                format!(
                    "wait for the next crank, {} at the earliest ({} from now)",
                    time(economy.next_end),
                    wait(economy.next_end)
                ),
            ))
        }
        _ => {}
    }
    match scene.about {
        About::Economy => None,
        About::Stake {
            pool,
            position,
            amount,
        } => {
            let tokens = Tokens {
                decimals: pool.decimals,
            };
            match error {
                E::AmountTooSmall => Some(Why::new(
                    format!("{} tokens are too few", tokens.told(amount)),
                    if command == "stake" {
                        format!(
                            "stake at least {} tokens",
                            tokens.told(economy.min_stake(pool.lane))
                        )
                    } else {
                        "name an amount above 0".to_owned()
                    },
                )),
                E::InsufficientStake => {
                    let staked = position.map_or(0, |position| position.amount);
                    Some(Why::new(
                        format!(
                            "{} tokens are staked, not {}",
                            tokens.told(staked),
                            tokens.told(amount)
                        ),
                        "unstake at most that, or ALL",
                    ))
                }
                E::StillLocked => {
                    let first = wallet::unbonding(position?, now).into_iter().next()?;
                    Some(Why::new(
                        format!(
                            "the next {} tokens are ready {}",
                            tokens.told(first.amount),
                            time(first.ready_at)
                        ),
                        format!("wait {}", wait(first.ready_at)),
                    ))
                }
                _ => None,
            }
        }
        About::Payment { amount, max_fee } => payment(economy, error, amount, max_fee),
        About::Pause { section, seconds } => match error {
            E::PauseBudgetExceeded => pauses::budget(section, seconds, economy, now),
            E::PauseNotLonger => Some(pauses::not_longer(section, economy, now)),
            _ => None,
        },
        About::Proposal {
            proposal,
            council,
            actions,
        } => match error {
            E::CpiForbidden if command != "execute" => seats::via(council, &scene.signer),
            E::OutflowCapExceeded | E::StepTooLarge => {
                spending::of_actions(error, actions, economy, now)
            }
            _ => One {
                command,
                proposal,
                council,
                signer: &scene.signer,
                now,
            }
            .why(error),
        },
        About::Actions { actions, council } => match error {
            E::NotAMember | E::MissingPermission => Some(seats::not_member(council, &scene.signer)),
            E::TooManyOpen => seats::too_many_open(council, &scene.signer),
            E::CpiForbidden => seats::via(council, &scene.signer),
            _ => spending::of_actions(error, actions, economy, now),
        },
        About::Advice { parameter, field } => match error {
            E::AdvicePending => Some(Why::new(
                format!(
                    "advice on {} of {} waits until {}",
                    waiting(economy).0,
                    waiting(economy).1,
                    time(economy.advice.eta)
                ),
                format!(
                    "wait for the first crank after that ({} from now), or have the guardian drop \
                     it: `homeostat veto-advice`",
                    wait(economy.advice.eta)
                ),
            )),
            E::OutsideAdvice => outside(economy, parameter, field),
            _ => None,
        },
        About::Role(_) => None,
    }
}

/// The refusals that only the council explains.
pub(super) fn of_council(
    command: &str,
    scene: &Scene<'_>,
    council: &homeostat_client::Council,
    error: E,
    now: i64,
) -> Option<Why> {
    let signer = &scene.signer;
    match (error, scene.about) {
        (E::Unauthorized, _) => match command {
            "pause" | "veto-advice" => Some(seats::not_holder(RoleKind::Guardian, council, signer)),
            "advise" | "advisor" => Some(seats::not_holder(RoleKind::Advisor, council, signer)),
            _ => None,
        },
        (E::NotPendingAuthority, About::Role(role)) => {
            Some(seats::no_offer(role, council, signer, now))
        }
        (E::CpiForbidden, _) => seats::via(council, signer),
        _ => None,
    }
}

fn not_live(command: &str, economy: &Economy) -> Option<Why> {
    let remedy = match (economy.life == Life::Draft as u8, command) {
        (true, _) => "its creator starts it with `homeostat go-live`",
        (false, "pay") => "pay with a plain transfer of the token (`spl-token transfer`)",
        (false, "stake") => "claims and withdrawals stay open",
        (false, _) => "it is over for ever; claims and withdrawals stay open",
    };
    let state = homeostat_chain::live::life(economy);
    Some(Why::new(
        format!("the economy is not live: it is {state}"),
        remedy,
    ))
}

/// What advice waits: its quantity and its parameter.
fn waiting(economy: &Economy) -> (&'static str, &'static str) {
    let advice = &economy.advice;
    let field = TUNABLES
        .iter()
        .find(|(_, field)| *field as u8 == advice.field)
        .map_or("a value", |(word, _)| *word);
    let parameter = Parameter::ALL
        .into_iter()
        .find(|parameter| *parameter as u8 == advice.parameter)
        .map_or("a controller", Parameter::name);
    (field, parameter)
}

/// `OutsideAdvice`: the range around what the council set last.
fn outside(economy: &Economy, parameter: Parameter, field: Tunable) -> Option<Why> {
    let envelope = &economy.controller(parameter).ok()?.envelope;
    let (width, word, show): (_, _, fn(homeostat_control::Fx) -> String) = match field {
        Tunable::Setpoint => (envelope.advice_setpoint.get(), "setpoint", exact),
        Tunable::Bias => (envelope.advice_bias.get(), "bias", term),
        _ => return None,
    };
    let (anchor, name) = (envelope.anchor(field), parameter.name());
    if width == homeostat_control::Fx::ZERO {
        return Some(Why::new(
            format!("the advisor has no range for the {word} of {name}"),
            "the council gives one by a proposal (kind = \"advice_range\")",
        ));
    }
    Some(Why::new(
        format!(
            "the advisor's range for the {word} of {name} is {} to {}, and not further from {} \
             than a tenth of its scale or span",
            short(&show(anchor.saturating_sub(width))),
            short(&show(anchor.saturating_add(width))),
            short(&show(anchor))
        ),
        "advise a value inside it, or let a member propose the other one",
    ))
}

fn payment(economy: &Economy, error: E, amount: u64, max_fee: u64) -> Option<Why> {
    let tokens = Tokens {
        decimals: economy.decimals,
    };
    let rate = i64::try_from(economy.value(Parameter::Fee)).unwrap_or(i64::MAX);
    match error {
        E::FeeAboveMax => {
            let charge = homeostat::state::meter::Charge::new(amount, rate.unsigned_abs()).ok()?;
            Some(Why::new(
                format!(
                    "the fee is {} tokens ({} of the payment), and at most {} are allowed",
                    tokens.told(charge.fee),
                    share_of(rate),
                    tokens.told(max_fee)
                ),
                "raise --max-fee to that, or leave it out",
            ))
        }
        E::SplitExceedsAmount | E::AmountTooSmall => Some(Why::new(
            format!(
                "of {} tokens the fee leaves nothing: it is {} of a payment and at least {}",
                tokens.told(amount),
                share_of(rate),
                tokens.told(1)
            ),
            "pay more",
        )),
        _ => None,
    }
}
