//! The proposal file: one to four actions in TOML, with the names and units of the other
//! settings files. The value that an action expects to find is read from the live state;
//! a `tune` may insist on one with `expected`.

use homeostat::constants::{
    MAX_ACTIONS, MAX_BOUNTY, MAX_EXCLUDED, MAX_FEEDS, MAX_METERS, MAX_PERIOD_BURN_PPM,
    MAX_PERIOD_EMISSION_PPM, MAX_REPORTERS, MAX_SPREAD_PPM, MAX_UNBONDING, REPORT_AGE,
    TURNOVER_RANGE_PPM,
};
use homeostat::error::Refusal;
use homeostat::state::action::{AdviceRange, Caps, Ground, OutputLimits, SlewLimits, Terms};
use homeostat_client::{
    Action, Class, Controller, Council, Delays, Economy, Feed, GuardSettings, Metric, Parameter,
    Pubkey, SeatArgs, Tunable,
};
use homeostat_control::{Field, Fx, Mode};
use solana_program::program_error::ProgramError;
use toml::de::DeValue;

use crate::change::{self, places, METRICS, SECTIONS, TUNABLES};
use crate::controller_file::{ControllerKeys, UNLIMITED};
use crate::decimal::{Decimal, DecimalError, PPM};
use crate::economy_file::{controller_settings, Keys, Tokens, CONTROLLER_KEYS};
use crate::failure::Failure;
use crate::settings::{self, Section};

/// Longest title in characters.
const LONGEST_TITLE: usize = 120;
/// Longest ramp (seconds): a year.
const LONGEST_RAMP: i64 = 31_536_000;

/// What a proposal file is read against.
#[derive(Clone, Copy)]
pub struct State<'a> {
    /// The economy.
    pub economy: &'a Economy,
    /// Its council.
    pub council: &'a Council,
    /// Its feeds, by index.
    pub feeds: &'a [Feed],
    /// The cluster's time (unix seconds).
    pub now: i64,
}

/// A proposal to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalSpec {
    /// What it is about, for people who read the file; it does not go on chain.
    pub title: Option<String>,
    /// The actions.
    pub actions: Vec<Action>,
}

/// A kind of action: its word, and its keys besides `kind`.
type Kind = (&'static str, &'static [&'static str]);

const KINDS: [Kind; 29] = [
    ("tune", &["parameter", "field", "value", "over", "expected"]),
    ("resume_controller", &["parameter"]),
    ("resume_economy", &[]),
    ("unpause", &["section"]),
    ("revoke_advisor", &[]),
    ("half_life", &["parameter", "value"]),
    ("slew", &["parameter", "up", "down"]),
    ("mode", &["parameter", "manual", "automatic"]),
    ("limits", &["parameter", "min", "max"]),
    ("fee_split", &["treasury_share"]),
    ("pool_weight", &["lane", "weight"]),
    ("allow_pool", &["stake_mint", "amm_vault", "weight"]),
    ("allow_meters", &["count"]),
    ("allow_feeds", &["count"]),
    ("advisor", &["key", "via"]),
    ("advice_range", &["parameter", "setpoint", "bias"]),
    (
        "caps",
        &[
            "hard_cap",
            "supply_floor",
            "period_emission",
            "period_burn",
            "outflow_cap",
        ],
    ),
    ("terms", &["turnover", "min_stake", "bounty", "unbonding"]),
    ("exclude", &["accounts"]),
    ("wire", &["parameter", "metric", "max_age", "min_samples"]),
    (
        "feed",
        &[
            "index",
            "label",
            "reporters",
            "quorum",
            "max_spread",
            "max_age",
        ],
    ),
    (
        "guard",
        &[
            "parameter",
            "enabled",
            "limit",
            "slack",
            "threshold",
            "floor",
            "half_life",
            "min_samples",
            "frozen",
            "hold_periods",
        ],
    ),
    ("add_member", &["key", "via"]),
    ("remove_member", &["key"]),
    ("threshold", &["value"]),
    ("guardian", &["key", "via"]),
    (
        "delays",
        &["routine", "standard", "critical", "grace", "staker_veto"],
    ),
    ("pay_treasury", &["to", "amount"]),
    ("retire", &["successor"]),
];

/// Reads a proposal file against the live state.
///
/// # Errors
///
/// The first thing that is wrong, with line, key, value and allowed range.
pub fn read_proposal(bytes: &[u8], name: &str, state: State<'_>) -> Result<ProposalSpec, Failure> {
    let text = settings::text(bytes, name, "give a proposal file")?;
    let table = settings::parse(
        text,
        name,
        "write `[[action]]` and lines of the form `kind = \"tune\"`; see `homeostat propose --help`",
    )?;
    let root = Section::root(text, name, table.get_ref());
    root.refuse_unknown_keys(
        &["title", "action"],
        "a proposal file",
        Some("the actions are a list: write [[action]] with two brackets"),
    )?;
    let title = root.parsed(
        "title",
        |title| {
            let fits = (1..=LONGEST_TITLE).contains(&title.chars().count());
            (fits && !title.chars().any(char::is_control)).then(|| title.to_owned())
        },
        &format!("one line of at most {LONGEST_TITLE} characters"),
    )?;
    let sections = root.list("action")?;
    if sections.is_empty() || sections.len() > MAX_ACTIONS {
        return Err(Failure::at(
            "bad_actions",
            root.place(),
            format_args!("has {} actions", sections.len()),
        )
        .remedy(format!(
            "a proposal has 1 to {MAX_ACTIONS}, each below its own [[action]]"
        )));
    }
    let actions = sections
        .iter()
        .map(|section| Reader { section, state }.action())
        .collect::<Result<_, _>>()?;
    Ok(ProposalSpec { title, actions })
}

/// What executing actions now would do.
pub struct Trial {
    /// Their class.
    pub class: Class,
    /// The economy afterwards.
    pub economy: Box<Economy>,
    /// Its council afterwards.
    pub council: Box<Council>,
}

/// Applies actions to copies of the live state, as `propose` does on chain. Token moves
/// and feeds are left to the execution.
///
/// # Errors
///
/// What the program would refuse, in its words.
pub fn try_out(actions: &[Action], state: State<'_>) -> Result<Trial, Failure> {
    let (mut economy, mut council) = (Box::new(*state.economy), Box::new(*state.council));
    let mut ground = Ground {
        economy: &mut economy,
        council: &mut council,
        now: state.now,
    };
    let class = ground.apply(actions, Class::Critical).map_err(refused)?;
    Ok(Trial {
        class,
        economy,
        council,
    })
}

fn refused(refusal: Refusal) -> Failure {
    let said = match u32::try_from(refusal.number()) {
        Ok(code) => homeostat_client::error::explain(code),
        Err(_) => ProgramError::from(refusal).to_string(),
    };
    Failure::new("refused", format!("the program would refuse it: {said}"))
        .remedy("correct the proposal; nothing was sent")
}

/// Reads one action.
struct Reader<'a> {
    section: &'a Section<'a>,
    state: State<'a>,
}

fn pubkey(text: &str) -> Option<Pubkey> {
    text.parse().ok()
}

impl Reader<'_> {
    fn action(&self) -> Result<Action, Failure> {
        let known = KINDS.map(|kind| (kind.0, kind));
        let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
        let allowed = format!("one of {}", words.join(", "));
        let kind = self.section.word("kind", &known, &allowed)?;
        let (kind, keys) = self.section.required("kind", kind, "\"tune\"")?;
        let mut all = vec!["kind"];
        all.extend_from_slice(keys);
        if kind == "wire" {
            all.extend(CONTROLLER_KEYS.map(Field::name));
        }
        self.section
            .refuse_unknown_keys(&all, &format!("a {kind} action"), None)?;
        self.read(kind)
    }

    fn read(&self, kind: &str) -> Result<Action, Failure> {
        let economy = self.state.economy;
        let council = self.state.council;
        Ok(match kind {
            "tune" => return self.tune(),
            "resume_controller" => Action::ResumeController {
                parameter: self.parameter()?,
            },
            "resume_economy" => Action::ResumeEconomy,
            "unpause" => {
                let allowed = "stake, pay, crank or emission";
                let section = self.section.word("section", &SECTIONS, allowed)?;
                Action::Unpause {
                    section: self.section.required("section", section, "\"pay\"")?,
                }
            }
            "revoke_advisor" => Action::RevokeAdvisor,
            "half_life" => {
                let parameter = self.parameter()?;
                let value = self.keys().whole("value", 0, i64::MAX, " s, 0 for none")?;
                Action::HalfLife {
                    parameter,
                    expected: self.controller(parameter).config.half_life,
                    value: self
                        .section
                        .required("value", value, "604800")?
                        .unsigned_abs(),
                }
            }
            "slew" => {
                let parameter = self.parameter()?;
                let config = self.controller(parameter).config();
                let expected = SlewLimits {
                    up_ppm: config.slew_up,
                    down_ppm: config.slew_down,
                };
                let value = SlewLimits {
                    up_ppm: self.slew("up")?.unwrap_or(expected.up_ppm),
                    down_ppm: self.slew("down")?.unwrap_or(expected.down_ppm),
                };
                Action::Slew {
                    parameter,
                    expected,
                    value,
                }
            }
            "mode" => return self.mode(),
            "limits" => {
                let parameter = self.parameter()?;
                let config = &self.controller(parameter).config;
                let (low, high) = (parameter.floor(), parameter.ceiling());
                let expected = OutputLimits {
                    min_ppm: config.min,
                    max_ppm: config.max,
                };
                let min = self.keys().fraction("min", low, high)?;
                let max = self.keys().fraction("max", low, high)?;
                Action::Limits {
                    parameter,
                    expected,
                    value: OutputLimits {
                        min_ppm: min.unwrap_or(expected.min_ppm),
                        max_ppm: max.unwrap_or(expected.max_ppm),
                    },
                }
            }
            "fee_split" => {
                let share = self.keys().fraction("treasury_share", 0, 1_000_000)?;
                let share = self.section.required("treasury_share", share, "0.5")?;
                Action::FeeSplit {
                    expected_ppm: economy.limits.treasury_ppm,
                    value_ppm: share as u32,
                }
            }
            "pool_weight" => {
                let last = i64::from(economy.pool_count) - 1;
                let lane = self.keys().whole("lane", 1, last.max(1), "")?;
                let lane = self.section.required("lane", lane, "1")? as u8;
                let slot = economy.pools.get(usize::from(lane));
                Action::PoolWeight {
                    lane,
                    expected: slot.map_or(0, |slot| slot.weight),
                    value: self.weight()?,
                }
            }
            "allow_pool" => Action::AllowPool {
                stake_mint: self.address("stake_mint")?,
                amm_vault: self.address("amm_vault")?,
                weight: self.weight()?,
            },
            "allow_meters" => Action::AllowMeters {
                count: self.count(MAX_METERS)?,
            },
            "allow_feeds" => Action::AllowFeeds {
                count: self.count(MAX_FEEDS)?,
            },
            "advisor" => Action::Advisor {
                expected: council.advisor.holder.key,
                seat: self.seat()?,
            },
            "advice_range" => return self.advice_range(),
            "caps" => return self.caps(),
            "terms" => return self.terms(),
            "exclude" => {
                let allowed = format!("at most {MAX_EXCLUDED} addresses");
                let accounts = self.section.parsed_list("accounts", pubkey, &allowed)?;
                Action::Exclude {
                    expected: economy.active_excluded().to_vec(),
                    accounts: self
                        .section
                        .required("accounts", accounts, "[\"ADDRESS\"]")?,
                }
            }
            "wire" => return self.wire(),
            "feed" => return self.feed(),
            "guard" => return self.guard(),
            "add_member" => Action::AddMember { seat: self.seat()? },
            "remove_member" => Action::RemoveMember {
                key: self.address("key")?,
            },
            "threshold" => {
                let value = self.keys().whole("value", 1, i64::from(u8::MAX), "")?;
                Action::Threshold {
                    expected: council.threshold,
                    value: self.section.required("value", value, "2")? as u8,
                }
            }
            "guardian" => Action::Guardian {
                expected: council.guardian.holder.key,
                seat: self.seat()?,
            },
            "delays" => return self.delays(),
            "pay_treasury" => {
                let most = i64::MAX.unsigned_abs();
                let amount = self.keys().amount("amount", self.tokens(), (1, most), "")?;
                Action::PayTreasury {
                    to: self.address("to")?,
                    amount: self.section.required("amount", amount, "100")?,
                }
            }
            _ => Action::Retire {
                successor: self.section.parsed("successor", pubkey, "an address")?,
            },
        })
    }

    fn keys(&self) -> Keys<'_> {
        Keys {
            section: self.section,
        }
    }

    fn tokens(&self) -> Tokens {
        Tokens {
            decimals: self.state.economy.decimals,
        }
    }

    fn parameter(&self) -> Result<Parameter, Failure> {
        let allowed = "emission, fee, burn or liquidity";
        let parameter = self
            .section
            .parsed("parameter", change::parameter, allowed)?;
        self.section
            .required("parameter", parameter, "\"emission\"")
    }

    fn controller(&self, parameter: Parameter) -> &Controller {
        let [emission, fee, burn, liquidity] = &self.state.economy.controllers;
        match parameter {
            Parameter::Emission => emission,
            Parameter::Fee => fee,
            Parameter::Burn => burn,
            Parameter::Liquidity => liquidity,
        }
    }

    fn address(&self, key: &str) -> Result<Pubkey, Failure> {
        let found = self.section.parsed(key, pubkey, "an address")?;
        self.section.required(key, found, "\"ADDRESS\"")
    }

    fn seat(&self) -> Result<SeatArgs, Failure> {
        Ok(SeatArgs {
            key: self.address("key")?,
            via: self.section.parsed(
                "via",
                pubkey,
                "the address of the program that signs for it",
            )?,
        })
    }

    fn weight(&self) -> Result<u16, Failure> {
        let weight = self.keys().whole("weight", 1, i64::from(u16::MAX), "")?;
        Ok(self.section.required("weight", weight, "1")? as u16)
    }

    fn count(&self, most: usize) -> Result<u8, Failure> {
        let count = self.keys().whole("count", 0, most as i64, "")?;
        Ok(self.section.required("count", count, "1")? as u8)
    }

    /// A number in its file's unit as fixed point in the program's.
    fn fixed(&self, key: &str, places: i32) -> Result<Option<i128>, Failure> {
        self.keys().number(key, "a decimal number", |number| {
            number.shifted(places).to_fx().map(Fx::to_bits)
        })
    }

    fn slew(&self, key: &str) -> Result<Option<Option<u64>>, Failure> {
        let unlimited =
            |value: &DeValue| matches!(value, DeValue::String(word) if word == UNLIMITED);
        if self
            .section
            .value(key)
            .is_some_and(|value| unlimited(value.get_ref()))
        {
            return Ok(Some(None));
        }
        let rate = self.keys().fraction(key, 0, i64::MAX)?;
        Ok(rate.map(|rate| Some(rate.unsigned_abs())))
    }

    fn truth(&self, key: &str) -> Result<Option<bool>, Failure> {
        match self.section.value(key).map(|value| value.get_ref()) {
            None => Ok(None),
            Some(DeValue::Boolean(truth)) => Ok(Some(*truth)),
            Some(_) => Err(self.section.wrong(
                key,
                "bad_type",
                "is neither true nor false",
                "write true or false",
            )),
        }
    }

    fn tune(&self) -> Result<Action, Failure> {
        let parameter = self.parameter()?;
        let words: Vec<&str> = TUNABLES.iter().map(|(word, _)| *word).collect();
        let allowed = words.join(", ");
        let field = self.section.word("field", &TUNABLES, &allowed)?;
        let field: Tunable = self.section.required("field", field, "\"setpoint\"")?;
        let value = self.fixed("value", places(field))?;
        let value_q48 = self.section.required("value", value, "0.6")?;
        let controller = self.controller(parameter);
        let present = field.ramp(&controller.config).to.get().to_bits();
        let over = self.keys().whole("over", 0, LONGEST_RAMP, " s")?;
        Ok(Action::Tune {
            parameter,
            field,
            expected_q48: self.fixed("expected", places(field))?.unwrap_or(present),
            value_q48,
            over_seconds: over.unwrap_or(0) as u32,
        })
    }

    fn mode(&self) -> Result<Action, Failure> {
        let parameter = self.parameter()?;
        let (low, high) = (parameter.floor(), parameter.ceiling());
        let manual = self.keys().fraction("manual", low, high)?;
        let automatic = self.truth("automatic")?.unwrap_or(false);
        if manual.is_some() == automatic {
            return Err(self.section.wrong(
                "manual",
                "bad_value",
                "does not say which mode",
                "write either `manual = 0.05` (a value) or `automatic = true`",
            ));
        }
        let expected_ppm = match self.controller(parameter).config().mode {
            Mode::Auto => None,
            Mode::Manual(at) => Some(at),
        };
        Ok(Action::Mode {
            parameter,
            expected_ppm,
            value_ppm: manual,
        })
    }

    fn advice_range(&self) -> Result<Action, Failure> {
        let parameter = self.parameter()?;
        let envelope = &self.controller(parameter).envelope;
        let expected = AdviceRange {
            setpoint_q48: envelope.advice_setpoint.get().to_bits(),
            bias_q48: envelope.advice_bias.get().to_bits(),
        };
        Ok(Action::AdviceRange {
            parameter,
            expected,
            value: AdviceRange {
                setpoint_q48: self.fixed("setpoint", 0)?.unwrap_or(expected.setpoint_q48),
                bias_q48: self.fixed("bias", PPM)?.unwrap_or(expected.bias_q48),
            },
        })
    }

    fn caps(&self) -> Result<Action, Failure> {
        let expected = Caps::of(&self.state.economy.limits);
        let (keys, tokens) = (self.keys(), self.tokens());
        let most = i64::MAX.unsigned_abs();
        let hard_cap = keys.amount("hard_cap", tokens, (1, most), "")?;
        let floor = keys.amount("supply_floor", tokens, (0, most), "")?;
        let emission = i64::from(MAX_PERIOD_EMISSION_PPM);
        let emission = keys.fraction("period_emission", 0, emission)?;
        let burn = keys.fraction("period_burn", 0, i64::from(MAX_PERIOD_BURN_PPM))?;
        let outflow = keys.amount("outflow_cap", tokens, (0, most), "")?;
        let ppm = |read: Option<i64>, old: u32| read.map_or(old, |read| read as u32);
        Ok(Action::Caps {
            expected,
            value: Caps {
                hard_cap: hard_cap.unwrap_or(expected.hard_cap),
                supply_floor: floor.unwrap_or(expected.supply_floor),
                period_emission_ppm: ppm(emission, expected.period_emission_ppm),
                period_burn_ppm: ppm(burn, expected.period_burn_ppm),
                outflow_cap: outflow.unwrap_or(expected.outflow_cap),
            },
        })
    }

    fn terms(&self) -> Result<Action, Failure> {
        let expected = Terms::of(&self.state.economy.limits);
        let keys = self.keys();
        let (low, high) = (*TURNOVER_RANGE_PPM.start(), *TURNOVER_RANGE_PPM.end());
        let turnover = keys.fraction("turnover", low as i64, high as i64)?;
        let most = i64::MAX.unsigned_abs();
        let min_stake = keys.amount("min_stake", self.tokens(), (1, most), "")?;
        let bounty = keys.whole("bounty", 0, MAX_BOUNTY as i64, " lamports")?;
        let unbonding = keys.whole("unbonding", 0, i64::from(MAX_UNBONDING), " s")?;
        Ok(Action::Terms {
            expected,
            value: Terms {
                turnover_ppm: turnover.map_or(expected.turnover_ppm, i64::unsigned_abs),
                min_stake: min_stake.unwrap_or(expected.min_stake),
                bounty: bounty.map_or(expected.bounty, i64::unsigned_abs),
                unbonding: unbonding.map_or(expected.unbonding, |read| read as u32),
            },
        })
    }

    fn wire(&self) -> Result<Action, Failure> {
        let parameter = self.parameter()?;
        let controller = self.controller(parameter);
        let present = METRICS
            .iter()
            .find(|(_, metric)| *metric as u8 == controller.metric)
            .map_or(Metric::default_for(parameter), |(_, metric)| *metric);
        let words: Vec<&str> = METRICS.iter().map(|(word, _)| *word).collect();
        let metric = self
            .section
            .word("metric", &METRICS, &words.join(", "))?
            .unwrap_or(present);
        let keys = ControllerKeys {
            section: self.section.clone(),
            range: Some((parameter.floor(), parameter.ceiling())),
        };
        let mut config = controller.config();
        keys.overlay(&mut config)?;
        keys.validate(&config)?;
        let mut settings = controller_settings(metric, &config);
        let age = (i64::from(*REPORT_AGE.start()), i64::from(*REPORT_AGE.end()));
        if let Some(age) = self.keys().whole("max_age", age.0, age.1, " s")? {
            settings.max_age = age as u32;
        }
        let most = MAX_REPORTERS as i64;
        if let Some(least) = self.keys().whole("min_samples", 1, most, "")? {
            settings.min_samples = least as u32;
        }
        Ok(Action::Wire {
            parameter,
            expected_seq: controller.config_seq,
            settings,
        })
    }

    fn feed(&self) -> Result<Action, Failure> {
        let last = (self.state.feeds.len() as i64 - 1).max(0);
        let index = self.keys().whole("index", 0, last, "")?;
        let index = self.section.required("index", index, "0")? as u8;
        let feed = self.state.feeds.get(usize::from(index)).ok_or_else(|| {
            self.section.wrong(
                "index",
                "bad_value",
                "is no feed of the economy",
                "the economy has none yet: propose `allow_feeds` first",
            )
        })?;
        let expected = feed.settings();
        let mut value = expected.clone();
        let label = self.section.parsed(
            "label",
            |text| {
                let mut label = [0; 16];
                label
                    .get_mut(..text.len())?
                    .copy_from_slice(text.as_bytes());
                Some(label)
            },
            "at most 16 bytes",
        )?;
        value.label = label.unwrap_or(value.label);
        let reporters = format!("1 to {MAX_REPORTERS} addresses");
        if let Some(reporters) = self.section.parsed_list("reporters", pubkey, &reporters)? {
            value.reporters = reporters;
        }
        let keys = self.keys();
        if let Some(quorum) = keys.whole("quorum", 1, MAX_REPORTERS as i64, "")? {
            value.quorum = quorum as u8;
        }
        if let Some(spread) = keys.fraction("max_spread", 1, i64::from(MAX_SPREAD_PPM))? {
            value.max_spread_ppm = spread as u32;
        }
        let age = (i64::from(*REPORT_AGE.start()), i64::from(*REPORT_AGE.end()));
        if let Some(age) = keys.whole("max_age", age.0, age.1, " s")? {
            value.max_age = age as u32;
        }
        Ok(Action::Feed {
            index,
            expected,
            value,
        })
    }

    fn guard(&self) -> Result<Action, Failure> {
        let parameter = self.parameter()?;
        let config = self.controller(parameter).guard_config();
        let expected = GuardSettings {
            enabled: config.enabled,
            limit: config.limit,
            slack: config.slack,
            threshold: config.threshold,
            floor: config.floor,
            half_life: config.half_life,
            min_samples: config.min_samples,
            frozen: config.frozen,
            hold_periods: config.hold_periods,
        };
        let mut value = expected;
        if let Some(enabled) = self.truth("enabled")? {
            value.enabled = enabled;
        }
        let keys = self.keys();
        let most = i64::from(u32::MAX);
        for (key, field) in [
            ("limit", &mut value.limit),
            ("slack", &mut value.slack),
            ("threshold", &mut value.threshold),
            ("floor", &mut value.floor),
        ] {
            if let Some(read) = keys.fraction(key, 0, most)? {
                *field = read as u32;
            }
        }
        let most = i64::from(u16::MAX);
        for (key, field) in [
            ("half_life", &mut value.half_life),
            ("min_samples", &mut value.min_samples),
            ("frozen", &mut value.frozen),
            ("hold_periods", &mut value.hold_periods),
        ] {
            if let Some(read) = keys.whole(key, 0, most, "")? {
                *field = read as u16;
            }
        }
        Ok(Action::Guard {
            parameter,
            expected,
            value,
        })
    }

    fn delays(&self) -> Result<Action, Failure> {
        let expected: Delays = self.state.council.delays;
        let mut value = expected;
        for (key, field) in [
            ("routine", &mut value.routine),
            ("standard", &mut value.standard),
            ("critical", &mut value.critical),
            ("grace", &mut value.grace),
        ] {
            if let Some(read) = self.keys().whole(key, 0, i64::from(u32::MAX), " s")? {
                *field = read as u32;
            }
        }
        if let Some(read) = self.keys().fraction("staker_veto", 0, 1_000_000)? {
            value.staker_veto_ppm = read as u32;
        }
        Ok(Action::Delays { expected, value })
    }
}

/// A tunable value from the command line, in the unit of the settings files.
///
/// # Errors
///
/// It is no number, or too large.
pub fn tunable_value(field: Tunable, text: &str) -> Result<i128, DecimalError> {
    let number: Decimal = text.parse()?;
    number.shifted(places(field)).to_fx().map(Fx::to_bits)
}
