//! The table of actions. Each kind of action that a proposal can have stands here once, with
//! its word, its keys, their units and ranges, and its names where it is shown. Proposal
//! files are read from it, and proposals are shown from it.

mod addresses;
mod choice;
#[macro_use]
mod grammar;
pub(crate) mod numbers;
pub(crate) mod reader;
mod unit;
mod wire;

use homeostat::constants::{
    MAX_BOUNTY, MAX_EXCLUDED, MAX_FEEDS, MAX_METERS, MAX_PERIOD_BURN_PPM, MAX_PERIOD_EMISSION_PPM,
    MAX_REPORTERS, MAX_SPREAD_PPM, MAX_UNBONDING, NO_YIELD_CAP, REPORT_AGE, TURNOVER_RANGE_PPM,
};
use homeostat::state::action::{Caps, Terms};
use homeostat_client::{Action, Economy};

use self::{
    addresses::{Address, Addresses, Leaver, Seat, Successor},
    choice::{
        AnyPoolLane, Choice, FeedIndex, ParameterName, PoolLane, PowerName, SectionName,
        TunableName,
    },
    numbers::{Amount, Fixed, Fraction, Mode, Ramp, Slew, Whole},
    reader::Reader,
    unit::{Boolean, Change, Label, Unit},
};
use crate::{
    change::{Decoded, Row},
    failure::Failure,
    tokens::Tokens,
    words::{word, TUNABLES},
};

/// A kind of action.
pub(crate) struct Kind {
    /// Its word.
    pub(crate) word: &'static str,
    /// Its keys besides `kind`.
    pub(crate) keys: fn() -> Vec<&'static str>,
    /// Reads one.
    pub(crate) read: fn(&Reader<'_>) -> Result<Action, Failure>,
}

/// The changed rows.
fn differing(rows: &[Vec<Row>]) -> Vec<Row> {
    let mut rows = rows.concat();
    rows.retain(|row| row.old != row.new);
    rows
}

/// Weight of a pool.
const WEIGHT: Whole = Whole::number(1, u16::MAX as i64);
/// The same; 0 retires the pool.
const WEIGHT_OR_NONE: Whole = Whole::number(0, u16::MAX as i64);
/// A stake in a pool, in base units: pools differ in their tokens' decimals.
const STAKE: Whole = Whole {
    suffix: " base units",
    ..Whole::number(1, i64::MAX)
};
/// A delay or a grace; the program knows the range of each.
const DELAY: Whole = Whole::seconds(0, u32::MAX as i64);
/// A guard's quantity in deviations, or in error scales.
const DEVIATIONS: Fraction = Fraction {
    low: 0,
    high: u32::MAX as i64,
};
/// A number of periods or samples of a guard.
const SAMPLES: Whole = Whole::number(0, u16::MAX as i64);
/// Yearly volume over circulating supply.
const TURNOVER: Fraction = Fraction {
    low: *TURNOVER_RANGE_PPM.start() as i64,
    high: *TURNOVER_RANGE_PPM.end() as i64,
};
/// Oldest report that counts, and oldest reading that a controller follows.
const AGE: Whole = Whole::seconds(*REPORT_AGE.start() as i64, *REPORT_AGE.end() as i64);

actions! {
    with reader;

    "tune" = Tune {
        on parameter: ParameterName;
        pick field: TunableName;
        set expected_q48 => value_q48: "value" as word(&TUNABLES, &field), Fixed::of(field),
            like "0.6", from reader.target(parameter, field), insist "expected";
        new over_seconds: "over" as "over", Ramp, like "2592000";
    }
    "resume_controller" = ResumeController {
        on parameter: ParameterName;
        find expected_since: "latched_since" =
            reader.controller(parameter).guard.latched_since;
        says "guard": "holds" => "released";
    }
    "resume_economy" = ResumeEconomy {
        find expected_trip: "trip" = reader.state.economy.trips;
        says "breaker": "tripped" => "released";
    }
    "unpause" = Unpause {
        on section: SectionName;
        find expected_until: "until" = reader.state.economy.pause_until(section);
        says "pause": "paused" => "";
    }
    "revoke_advisor" = RevokeAdvisor {
        find expected: "address" = reader.advisor()?;
        says "advisor": "" => "nobody";
    }
    "half_life" = HalfLife {
        on parameter: ParameterName;
        set expected => value: "value" as "half_life",
            Whole::seconds(0, i64::MAX).hint(", 0 for none"),
            like "604800", from reader.controller(parameter).config.half_life;
    }
    "feed_forward" = FeedForward {
        on parameter: ParameterName;
        change expected => value {
            kf_q48: "kf", Fixed::PPM;
            w_ref_q48: "w_ref", Fixed::PLAIN;
            f_max_q48: "f_max", Fixed::PPM;
        } from reader.feed_forward(parameter);
    }
    "slew" = Slew {
        on parameter: ParameterName;
        change expected => value {
            up_ppm: "up" as "slew_up", Slew;
            down_ppm: "down" as "slew_down", Slew;
        } from reader.slew(parameter);
    }
    "mode" = Mode {
        on parameter: ParameterName;
        set expected_ppm => value_ppm: "manual" | "automatic" as "mode",
            Mode { low: parameter.floor(), high: parameter.ceiling() },
            like "0.05", from reader.manual(parameter);
    }
    "limits" = Limits {
        on parameter: ParameterName;
        change expected => value {
            min_ppm: "min", Fraction { low: parameter.floor(), high: parameter.ceiling() };
            max_ppm: "max", Fraction { low: parameter.floor(), high: parameter.ceiling() };
        } from reader.limits(parameter);
    }
    "fee_split" = FeeSplit {
        set expected_ppm => value_ppm: "treasury_share" as "treasury_share", Fraction::SHARE,
            like "0.5", from reader.state.economy.limits.treasury_ppm;
    }
    "pool_weight" = PoolWeight {
        on lane: PoolLane;
        set expected => value: "weight" as "weight", WEIGHT_OR_NONE,
            like "1", from reader.weight(lane);
    }
    "min_stake" = MinStake {
        on lane: AnyPoolLane;
        set expected => value: "value" as "min_stake", STAKE,
            like "1000000", from reader.state.economy.min_stake(lane);
    }
    "allow_pool" = AllowPool {
        new stake_mint: "stake_mint" as "stake_mint", Address, like "\"ADDRESS\"";
        new amm_vault: "amm_vault" as "amm_vault", Address, like "\"ADDRESS\"";
        new weight: "weight" as "weight", WEIGHT, like "1";
    }
    "allow_meters" = AllowMeters {
        new count: "count" as "count", Whole::number(0, MAX_METERS as i64), like "1";
    }
    "allow_feeds" = AllowFeeds {
        new count: "count" as "count", Whole::number(0, MAX_FEEDS as i64), like "1";
    }
    "advisor" = Advisor {
        set expected => seat: "key" | "via" as "advisor", Seat,
            like "\"ADDRESS\"", from reader.state.council.advisor.holder.key;
    }
    "advice_range" = AdviceRange {
        on parameter: ParameterName;
        change expected => value {
            setpoint_q48: "setpoint", Fixed::PLAIN;
            bias_q48: "bias", Fixed::PPM;
        } from reader.advice_range(parameter);
    }
    "caps" = Caps {
        change expected => value {
            hard_cap: "hard_cap", Amount { least: 1 };
            supply_floor: "supply_floor", Amount { least: 0 };
            period_emission_ppm: "period_emission",
                Fraction { low: 0, high: MAX_PERIOD_EMISSION_PPM as i64 };
            period_burn_ppm: "period_burn", Fraction { low: 0, high: MAX_PERIOD_BURN_PPM as i64 };
            outflow_cap: "outflow_cap", Amount { least: 0 };
        } from Caps::of(&reader.state.economy.limits);
    }
    "terms" = Terms {
        change expected => value {
            turnover_ppm: "turnover", TURNOVER;
            bounty: "bounty", Whole::lamports(0, MAX_BOUNTY as i64);
            unbonding: "unbonding", Whole::seconds(0, MAX_UNBONDING as i64);
            yield_ppm: "yield_cap", Fraction { low: 1, high: NO_YIELD_CAP as i64 };
        } from Terms::of(&reader.state.economy.limits);
    }
    "exclude" = Exclude {
        set expected => accounts: "accounts" as "account",
            Addresses { least: 0, most: MAX_EXCLUDED },
            like "[\"ADDRESS\"]", from reader.state.economy.active_excluded().to_vec();
    }
    "wire" = Wire {
        on parameter: ParameterName;
        by wire(parameter): expected_seq, settings;
    }
    "feed" = Feed {
        on index: FeedIndex;
        change expected => value {
            label: "label", Label;
            quorum: "quorum", Whole::number(1, MAX_REPORTERS as i64);
            max_spread_ppm: "max_spread", Fraction { low: 1, high: MAX_SPREAD_PPM as i64 };
            max_age: "max_age", AGE;
            reporters: "reporters" as "reporter", Addresses { least: 1, most: MAX_REPORTERS };
        } from reader.feed(index)?.settings();
    }
    "guard" = Guard {
        on parameter: ParameterName;
        change expected => value {
            enabled: "enabled", Boolean;
            limit: "limit", DEVIATIONS;
            slack: "slack", DEVIATIONS;
            threshold: "threshold", DEVIATIONS;
            floor: "floor", DEVIATIONS;
            half_life: "half_life", SAMPLES;
            min_samples: "min_samples", SAMPLES;
            frozen: "frozen", SAMPLES;
            hold_periods: "hold_periods", SAMPLES;
        } from reader.guard(parameter);
    }
    "add_member" = AddMember {
        new seat: "key" | "via" as "member", Seat, like "\"ADDRESS\"";
    }
    "remove_member" = RemoveMember {
        new key: "key" as "member", Leaver, like "\"ADDRESS\"";
        find expected_id: "membership" = reader.membership(&key);
    }
    "threshold" = Threshold {
        set expected => value: "value" as "threshold", Whole::number(1, u8::MAX as i64),
            like "2", from reader.state.council.threshold;
    }
    "guardian" = Guardian {
        set expected => seat: "key" | "via" as "guardian", Seat,
            like "\"ADDRESS\"", from reader.state.council.guardian.holder.key;
    }
    "delays" = Delays {
        change expected => value {
            routine: "routine", DELAY;
            standard: "standard", DELAY;
            critical: "critical", DELAY;
            grace: "grace", DELAY;
            staker_veto_ppm: "staker_veto", Fraction::SHARE;
        } from reader.state.council.delays;
    }
    "pay_treasury" = PayTreasury {
        new to: "to" as "to", Address, like "\"ADDRESS\"";
        new amount: "amount" as "amount", Amount { least: 1 }, like "100";
    }
    "retire" = Retire {
        new successor: "successor" as "mint_authority", Successor, like "\"ADDRESS\"";
    }
    "give_up" = GiveUp {
        on power: PowerName;
        says "power": "held" => "given up for ever";
    }
}
