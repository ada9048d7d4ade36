//! Actions of proposals as people read them: what changes, from which value to which, in
//! the units of the settings files.

use homeostat_client::{
    Action, ControllerSettings, Delays, Economy, FeedSettings, GuardSettings, Metric, Parameter,
    Pubkey, SeatArgs, Section, Tunable,
};
use homeostat_control::Fx;
use schemars::JsonSchema;
use serde::Serialize;

use crate::controller_file::UNLIMITED;
use crate::decimal::{Decimal, PPM};
use crate::economy_file::{controller_settings, Tokens};

/// A field that an action changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Row {
    /// Its name, as in a proposal file.
    pub field: String,
    /// Value that the action expects; empty when it expects none.
    pub old: String,
    /// Value afterwards; empty when it is taken away.
    pub new: String,
}

/// An action, decoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Decoded {
    /// Its kind, as in a proposal file.
    pub kind: &'static str,
    /// What it is about: a parameter, a section, an index; empty when there is no choice.
    pub on: String,
    /// What changes.
    pub rows: Vec<Row>,
}

/// Words of the sections.
pub const SECTIONS: [(&str, Section); 4] = [
    ("stake", Section::Stake),
    ("pay", Section::Pay),
    ("crank", Section::Crank),
    ("emission", Section::Emission),
];

/// Words of the tunable quantities.
pub const TUNABLES: [(&str, Tunable); Tunable::COUNT] = [
    ("setpoint", Tunable::Setpoint),
    ("bias", Tunable::Bias),
    ("kp", Tunable::Kp),
    ("ki", Tunable::Ki),
    ("kd", Tunable::Kd),
    ("filter", Tunable::Filter),
    ("dead_band", Tunable::DeadBand),
];

/// Words of the metrics.
pub const METRICS: [(&str, Metric); 8] = [
    ("staked_share", Metric::StakedShare),
    ("utilisation", Metric::Utilisation),
    ("net_supply_growth", Metric::NetSupplyGrowth),
    ("liquidity_depth", Metric::LiquidityDepth),
    ("feed_0", Metric::Feed0),
    ("feed_1", Metric::Feed1),
    ("feed_2", Metric::Feed2),
    ("feed_3", Metric::Feed3),
];

fn word<T: PartialEq>(words: &[(&'static str, T)], meaning: &T) -> &'static str {
    words
        .iter()
        .find(|(_, known)| known == meaning)
        .map_or("?", |(word, _)| word)
}

/// Decimal places from a settings file's unit to the program's: fractions there, parts
/// per million here.
pub const fn places(field: Tunable) -> i32 {
    match field {
        Tunable::Bias | Tunable::Kp | Tunable::Ki | Tunable::Kd => PPM,
        Tunable::Setpoint | Tunable::Filter | Tunable::DeadBand => 0,
    }
}

/// A fixed-point value in a file's unit.
fn fixed(bits: i128, places: i32) -> String {
    Decimal::shortest(Fx::from_bits(bits))
        .shifted(-places)
        .to_string()
}

/// Parts per million as a fraction.
fn ppm(value: impl Into<i64>) -> String {
    Decimal::from(value.into()).shifted(-PPM).to_string()
}

fn wide_ppm(value: u64) -> String {
    i64::try_from(value).map_or_else(|_| UNLIMITED.to_owned(), ppm)
}

fn slew(value: Option<u64>) -> String {
    value.map_or_else(|| UNLIMITED.to_owned(), wide_ppm)
}

fn mode(value: Option<i64>) -> String {
    value.map_or_else(
        || "automatic".to_owned(),
        |at| format!("manual at {}", ppm(at)),
    )
}

fn holder(key: &Pubkey) -> String {
    if *key == Pubkey::default() {
        "nobody".to_owned()
    } else {
        key.to_string()
    }
}

fn seat(seat: &SeatArgs) -> String {
    match seat.via {
        Some(via) => format!("{} (signs through {via})", seat.key),
        None => seat.key.to_string(),
    }
}

/// Rows of what differs, or of everything when nothing is known of the old values.
struct Rows {
    list: Vec<Row>,
    all: bool,
}

impl Rows {
    fn differing() -> Self {
        Self {
            list: Vec::new(),
            all: false,
        }
    }

    fn put(&mut self, field: &str, old: String, new: String) -> &mut Self {
        if self.all || old != new {
            self.list.push(Row {
                field: field.to_owned(),
                old,
                new,
            });
        }
        self
    }
}

fn one(field: &str, old: String, new: String) -> Vec<Row> {
    vec![Row {
        field: field.to_owned(),
        old,
        new,
    }]
}

/// Decodes an action. `economy`, if it is known, tells what a rewired controller was.
pub fn decode(action: &Action, tokens: Tokens, economy: Option<&Economy>) -> Decoded {
    let amount = |base: u64| tokens.show(base).to_string();
    let about = |kind: &'static str, on: &str, rows: Vec<Row>| Decoded {
        kind,
        on: on.to_owned(),
        rows,
    };
    match action {
        Action::Tune {
            parameter,
            field,
            expected_q48,
            value_q48,
            over_seconds,
        } => {
            let places = places(*field);
            let mut rows = one(
                word(&TUNABLES, field),
                fixed(*expected_q48, places),
                fixed(*value_q48, places),
            );
            if *over_seconds > 0 {
                rows.extend(one("over", String::new(), format!("{over_seconds} s")));
            }
            about("tune", parameter.name(), rows)
        }
        Action::ResumeController { parameter } => about(
            "resume_controller",
            parameter.name(),
            one("guard", "holds".to_owned(), "released".to_owned()),
        ),
        Action::ResumeEconomy => about(
            "resume_economy",
            "",
            one("breaker", "tripped".to_owned(), "released".to_owned()),
        ),
        Action::Unpause { section } => about(
            "unpause",
            word(&SECTIONS, section),
            one("pause", "paused".to_owned(), String::new()),
        ),
        Action::RevokeAdvisor => about(
            "revoke_advisor",
            "",
            one("advisor", String::new(), "nobody".to_owned()),
        ),
        Action::HalfLife {
            parameter,
            expected,
            value,
        } => about(
            "half_life",
            parameter.name(),
            one("half_life", format!("{expected} s"), format!("{value} s")),
        ),
        Action::Slew {
            parameter,
            expected,
            value,
        } => {
            let mut rows = Rows::differing();
            rows.put("slew_up", slew(expected.up_ppm), slew(value.up_ppm))
                .put("slew_down", slew(expected.down_ppm), slew(value.down_ppm));
            about("slew", parameter.name(), rows.list)
        }
        Action::Mode {
            parameter,
            expected_ppm,
            value_ppm,
        } => about(
            "mode",
            parameter.name(),
            one("mode", mode(*expected_ppm), mode(*value_ppm)),
        ),
        Action::Limits {
            parameter,
            expected,
            value,
        } => {
            let mut rows = Rows::differing();
            rows.put("min", ppm(expected.min_ppm), ppm(value.min_ppm))
                .put("max", ppm(expected.max_ppm), ppm(value.max_ppm));
            about("limits", parameter.name(), rows.list)
        }
        Action::FeeSplit {
            expected_ppm,
            value_ppm,
        } => about(
            "fee_split",
            "",
            one("treasury_share", ppm(*expected_ppm), ppm(*value_ppm)),
        ),
        Action::PoolWeight {
            lane,
            expected,
            value,
        } => about(
            "pool_weight",
            &format!("pool {lane}"),
            one("weight", expected.to_string(), value.to_string()),
        ),
        Action::AllowPool {
            stake_mint,
            amm_vault,
            weight,
        } => {
            let mut rows = Rows::differing();
            rows.put("stake_mint", String::new(), stake_mint.to_string())
                .put("amm_vault", String::new(), amm_vault.to_string())
                .put("weight", String::new(), weight.to_string());
            about("allow_pool", "", rows.list)
        }
        Action::AllowMeters { count } => about(
            "allow_meters",
            "",
            one("count", String::new(), count.to_string()),
        ),
        Action::AllowFeeds { count } => about(
            "allow_feeds",
            "",
            one("count", String::new(), count.to_string()),
        ),
        Action::Advisor {
            expected,
            seat: offered,
        } => about(
            "advisor",
            "",
            one("advisor", holder(expected), seat(offered)),
        ),
        Action::AdviceRange {
            parameter,
            expected,
            value,
        } => {
            let mut rows = Rows::differing();
            rows.put(
                "setpoint",
                fixed(expected.setpoint_q48, 0),
                fixed(value.setpoint_q48, 0),
            )
            .put(
                "bias",
                fixed(expected.bias_q48, PPM),
                fixed(value.bias_q48, PPM),
            );
            about("advice_range", parameter.name(), rows.list)
        }
        Action::Caps { expected, value } => {
            let mut rows = Rows::differing();
            rows.put(
                "hard_cap",
                amount(expected.hard_cap),
                amount(value.hard_cap),
            )
            .put(
                "supply_floor",
                amount(expected.supply_floor),
                amount(value.supply_floor),
            )
            .put(
                "period_emission",
                ppm(expected.period_emission_ppm),
                ppm(value.period_emission_ppm),
            )
            .put(
                "period_burn",
                ppm(expected.period_burn_ppm),
                ppm(value.period_burn_ppm),
            )
            .put(
                "outflow_cap",
                amount(expected.outflow_cap),
                amount(value.outflow_cap),
            );
            about("caps", "", rows.list)
        }
        Action::Terms { expected, value } => {
            let mut rows = Rows::differing();
            rows.put(
                "turnover",
                wide_ppm(expected.turnover_ppm),
                wide_ppm(value.turnover_ppm),
            )
            .put(
                "min_stake",
                amount(expected.min_stake),
                amount(value.min_stake),
            )
            .put(
                "bounty",
                format!("{} lamports", expected.bounty),
                format!("{} lamports", value.bounty),
            )
            .put(
                "unbonding",
                format!("{} s", expected.unbonding),
                format!("{} s", value.unbonding),
            );
            about("terms", "", rows.list)
        }
        Action::Exclude { expected, accounts } => {
            about("exclude", "", lists("account", expected, accounts))
        }
        Action::Wire {
            parameter,
            expected_seq,
            settings,
        } => {
            let old = economy.and_then(|economy| {
                let controller = economy.controllers.get(parameter.index())?;
                let metric = METRICS
                    .iter()
                    .find(|(_, metric)| *metric as u8 == controller.metric)?;
                (controller.config_seq == *expected_seq)
                    .then(|| controller_settings(metric.1, &controller.config()))
            });
            about("wire", parameter.name(), wired(old.as_ref(), settings))
        }
        Action::Feed {
            index,
            expected,
            value,
        } => about("feed", &format!("feed {index}"), feed(expected, value)),
        Action::Guard {
            parameter,
            expected,
            value,
        } => about("guard", parameter.name(), guard(expected, value)),
        Action::AddMember { seat: offered } => about(
            "add_member",
            "",
            one("member", String::new(), seat(offered)),
        ),
        Action::RemoveMember { key } => about(
            "remove_member",
            "",
            one("member", key.to_string(), String::new()),
        ),
        Action::Threshold { expected, value } => about(
            "threshold",
            "",
            one("threshold", expected.to_string(), value.to_string()),
        ),
        Action::Guardian {
            expected,
            seat: offered,
        } => about(
            "guardian",
            "",
            one("guardian", holder(expected), seat(offered)),
        ),
        Action::Delays { expected, value } => about("delays", "", delays(expected, value)),
        Action::PayTreasury { to, amount: base } => {
            let mut rows = Rows::differing();
            rows.put("to", String::new(), to.to_string()).put(
                "amount",
                String::new(),
                amount(*base),
            );
            about("pay_treasury", "", rows.list)
        }
        Action::Retire { successor } => about(
            "retire",
            "",
            one(
                "mint_authority",
                "the economy".to_owned(),
                successor.map_or_else(
                    || "nobody, for ever".to_owned(),
                    |successor| successor.to_string(),
                ),
            ),
        ),
    }
}

/// Entries that come and go.
fn lists(field: &str, old: &[Pubkey], new: &[Pubkey]) -> Vec<Row> {
    let gone = old.iter().filter(|key| !new.contains(key));
    let come = new.iter().filter(|key| !old.contains(key));
    gone.map(|key| (key.to_string(), String::new()))
        .chain(come.map(|key| (String::new(), key.to_string())))
        .map(|(old, new)| Row {
            field: field.to_owned(),
            old,
            new,
        })
        .collect()
}

fn wired(old: Option<&ControllerSettings>, new: &ControllerSettings) -> Vec<Row> {
    let mut rows = Rows {
        list: Vec::new(),
        all: old.is_none(),
    };
    let mut put = |field: &str, shown: &dyn Fn(&ControllerSettings) -> String| {
        rows.put(field, old.map(shown).unwrap_or_default(), shown(new));
    };
    put("metric", &|it| word(&METRICS, &it.metric).to_owned());
    put("action", &|it| format!("{:?}", it.direction).to_lowercase());
    put("setpoint", &|it| fixed(it.setpoint_q48, 0));
    put("scale", &|it| fixed(it.scale_q48, 0));
    put("bias", &|it| fixed(it.bias_q48, PPM));
    put("kp", &|it| fixed(it.kp_q48, PPM));
    put("ki", &|it| fixed(it.ki_q48, PPM));
    put("kd", &|it| fixed(it.kd_q48, PPM));
    put("filter", &|it| fixed(it.filter_q48, 0));
    put("dead_band", &|it| fixed(it.dead_band_q48, 0));
    put("half_life", &|it| format!("{} s", it.half_life));
    put("min", &|it| ppm(it.min_ppm));
    put("max", &|it| ppm(it.max_ppm));
    put("slew_up", &|it| slew(it.slew_up_ppm));
    put("slew_down", &|it| slew(it.slew_down_ppm));
    put("max_periods", &|it| it.max_periods.to_string());
    put("max_hold", &|it| it.max_hold.to_string());
    put("max_age", &|it| format!("{} s", it.max_age));
    put("min_samples", &|it| it.min_samples.to_string());
    rows.list
}

/// A feed's label without its padding.
pub fn label(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .trim_end_matches('\0')
        .to_owned()
}

fn feed(old: &FeedSettings, new: &FeedSettings) -> Vec<Row> {
    let mut rows = Rows::differing();
    rows.put("label", label(&old.label), label(&new.label))
        .put("quorum", old.quorum.to_string(), new.quorum.to_string())
        .put(
            "max_spread",
            ppm(old.max_spread_ppm),
            ppm(new.max_spread_ppm),
        )
        .put(
            "max_age",
            format!("{} s", old.max_age),
            format!("{} s", new.max_age),
        );
    rows.list
        .extend(lists("reporter", &old.reporters, &new.reporters));
    rows.list
}

fn guard(old: &GuardSettings, new: &GuardSettings) -> Vec<Row> {
    let mut rows = Rows::differing();
    let mut put = |field: &str, shown: &dyn Fn(&GuardSettings) -> String| {
        rows.put(field, shown(old), shown(new));
    };
    put("enabled", &|it| it.enabled.to_string());
    put("limit", &|it| ppm(it.limit));
    put("slack", &|it| ppm(it.slack));
    put("threshold", &|it| ppm(it.threshold));
    put("floor", &|it| ppm(it.floor));
    put("half_life", &|it| it.half_life.to_string());
    put("min_samples", &|it| it.min_samples.to_string());
    put("frozen", &|it| it.frozen.to_string());
    put("hold_periods", &|it| it.hold_periods.to_string());
    rows.list
}

fn delays(old: &Delays, new: &Delays) -> Vec<Row> {
    let mut rows = Rows::differing();
    let mut put = |field: &str, shown: &dyn Fn(&Delays) -> String| {
        rows.put(field, shown(old), shown(new));
    };
    put("routine", &|it| format!("{} s", it.routine));
    put("standard", &|it| format!("{} s", it.standard));
    put("critical", &|it| format!("{} s", it.critical));
    put("grace", &|it| format!("{} s", it.grace));
    put("staker_veto", &|it| ppm(it.staker_veto_ppm));
    rows.list
}

/// The parameter of a word.
pub fn parameter(text: &str) -> Option<Parameter> {
    Parameter::ALL
        .into_iter()
        .find(|parameter| parameter.name() == text)
}

impl core::fmt::Display for Decoded {
    /// `tune emission: setpoint 0.6 -> 0.59`; `-` stands for nothing.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.kind)?;
        if !self.on.is_empty() {
            write!(f, " {}", self.on)?;
        }
        fn shown(value: &str) -> &str {
            if value.is_empty() {
                "-"
            } else {
                value
            }
        }
        for (index, row) in self.rows.iter().enumerate() {
            let between = if index == 0 { ": " } else { ", " };
            write!(f, "{between}{}", row.field)?;
            match (row.old.as_str(), row.new.as_str()) {
                ("", new) => write!(f, " {new}")?,
                (old, new) => write!(f, " {} -> {}", shown(old), shown(new))?,
            }
        }
        Ok(())
    }
}
