//! The economy file: TOML with the names of the program, everything optional.

use homeostat::constants::{
    MAX_BOUNTY, MAX_LIFETIME_STREAM, MAX_METERS, MAX_PERIOD, MAX_PERIOD_BURN_PPM,
    MAX_PERIOD_EMISSION_PPM, MAX_REPORTERS, MAX_UNBONDING, MIN_PERIOD, NO_YIELD_CAP, REPORT_AGE,
    TURNOVER_RANGE_PPM,
};
use homeostat::state::{defaults, FeedSettings};
use homeostat_client::forecast::{Derived, Finding};
use homeostat_client::{
    ControllerSettings, CouncilArgs, Funding, LimitSettings, Metric, Parameter, Pubkey, Wiring,
};
use homeostat_control::Config;
use toml::de::DeValue;

use crate::controller_keys::ControllerKeys;
use crate::council_file::council;
use crate::document::{self, Section};
use crate::failure::Failure;
use crate::forecast_file;
use crate::keys::{Keys, SECONDS};
use crate::parts_file::{feeds, pools, PoolSpec};
use crate::tokens::Tokens;
use crate::wiring_keys::{self, WiringKeys};

pub use crate::controller_settings::controller_keys;

/// A week (seconds).
const WEEK: u32 = 604_800;
/// Tokens that an economy starts with.
const SUPPLY: u64 = 1_000_000_000;
/// Decimals of its token.
const DECIMALS: u8 = 6;
/// Least supply (base units): enough for some dozens of wallets.
const LEAST_SUPPLY: u64 = 1_000_000;
/// Most decimals: more would leave no room for tokens in 64 bits.
const MOST_DECIMALS: u8 = 12;
/// Longest name in characters.
const LONGEST_NAME: usize = 40;

const TABLES: [&str; 6] = [
    "economy",
    "forecast",
    "controllers",
    "council",
    "pool",
    "feed",
];

/// Keys of a controller that follows a feed.
const FEED_KEYS: [&str; 2] = ["max_age", "min_samples"];

const ECONOMY_KEYS: [&str; 18] = [
    "name",
    "mode",
    "sponsor",
    "decimals",
    "supply",
    "hard_cap",
    "supply_floor",
    "period",
    "unbonding",
    "treasury_share",
    "turnover",
    "min_stake",
    "yield_cap",
    "bounty",
    "period_emission",
    "period_burn",
    "outflow_cap",
    "meters",
];

/// An economy to bring to life.
#[derive(Clone, Debug, PartialEq)]
pub struct EconomySpec {
    /// What it is called.
    pub name: String,
    /// Where rewards come from.
    pub funding: Funding,
    /// Who gets back what a funded economy does not spend; `None` = its treasury.
    pub sponsor: Option<Pubkey>,
    /// Decimals of its token.
    pub decimals: u8,
    /// Supply at the start (base units).
    pub supply: u64,
    /// Period (seconds).
    pub period: u32,
    /// Limits and fixed parameters.
    pub limits: LimitSettings,
    /// Payment shards.
    pub meters: u8,
    /// Liquidity pools, in the order of their creation.
    pub pools: Vec<PoolSpec>,
    /// Feeds by number.
    pub feeds: Vec<FeedSettings>,
    /// Controllers by parameter.
    pub controllers: [Config; 4],
    /// Which targets of the forecast cannot be reached; the controllers have the nearest ones.
    pub findings: Vec<Finding>,
    /// What they are wired to, by parameter.
    pub wirings: [Wiring; 4],
    /// Who decides over it; `None` = the file does not say. The demo appoints its own.
    pub council: Option<CouncilArgs>,
}

impl Default for EconomySpec {
    /// What the program starts a weekly economy of a thousand million tokens with.
    fn default() -> Self {
        let supply = SUPPLY * 10u64.pow(u32::from(DECIMALS));
        Self {
            name: "Demo".to_owned(),
            funding: Funding::Mint,
            sponsor: None,
            decimals: DECIMALS,
            supply,
            period: WEEK,
            limits: default_limits(WEEK, supply * 2),
            meters: 1,
            pools: Vec::new(),
            feeds: Vec::new(),
            controllers: Parameter::ALL.map(|parameter| defaults::config(parameter, WEEK)),
            findings: Vec::new(),
            wirings: Parameter::ALL.map(defaults::wiring),
            council: None,
        }
    }
}

fn default_limits(period: u32, hard_cap: u64) -> LimitSettings {
    (&defaults::limits(period, hard_cap)).into()
}

impl EconomySpec {
    /// Refuses targets of the forecast that cannot be reached, with the figures of each: their
    /// controllers would run to a limit and stay there.
    ///
    /// # Errors
    ///
    /// There is one; `remedy` says what to do besides changing the forecast.
    pub fn require_reachable(&self, remedy: &str) -> Result<(), Failure> {
        let texts: Vec<&str> = self.findings.iter().map(|f| f.text.as_str()).collect();
        if texts.is_empty() {
            return Ok(());
        }
        Err(Failure::new("unreachable_target", texts.join("; ")).remedy(remedy))
    }

    /// The controllers that differ from the program's defaults, as `configure` takes them.
    pub fn settings(&self) -> Vec<(Parameter, ControllerSettings)> {
        let unusual = |parameter: &Parameter| {
            let wiring = self.wirings.get(parameter.index());
            let config = self.controllers.get(parameter.index());
            wiring != Some(&defaults::wiring(*parameter))
                || config != Some(&defaults::config(*parameter, self.period))
        };
        Parameter::ALL
            .into_iter()
            .filter(unusual)
            .map(|parameter| (parameter, self.controller(parameter)))
            .collect()
    }

    /// One controller, as `configure` takes it.
    pub fn controller(&self, parameter: Parameter) -> ControllerSettings {
        let [emission, fee, burn, liquidity] = &self.controllers;
        let [of_emission, of_fee, of_burn, of_liquidity] = self.wirings;
        let (wiring, config) = match parameter {
            Parameter::Emission => (of_emission, emission),
            Parameter::Fee => (of_fee, fee),
            Parameter::Burn => (of_burn, burn),
            Parameter::Liquidity => (of_liquidity, liquidity),
        };
        ControllerSettings::new(wiring, config)
    }
}

/// Reads and validates an economy file.
///
/// # Errors
///
/// The first thing that is wrong, with line, key, value and allowed range.
pub fn read_economy(bytes: &[u8], name: &str) -> Result<EconomySpec, Failure> {
    let text = document::text(bytes, name, "give an economy file")?;
    let table = document::parse(
        text,
        name,
        "write tables of the form `[economy]` and lines of the form `supply = 1000000`; see \
         `homeostat demo --help`",
    )?;
    let root = Section::root(text, name, table.get_ref());
    root.refuse_unknown_keys(&TABLES, "an economy file", None)?;
    let forecast = match root.value("forecast") {
        Some(_) => Some(root.table("forecast")?),
        None => None,
    };
    let mut spec = economy(&root.table("economy")?, forecast.as_ref())?;
    (spec.pools, spec.feeds) = (pools(&root)?, feeds(&root)?);
    let controllers = root.table("controllers")?;
    controllers.refuse_unknown_keys(&Parameter::ALL.map(Parameter::name), "[controllers]", None)?;
    let places = spec.controllers.iter_mut().zip(&mut spec.wirings);
    for (parameter, (config, wiring)) in Parameter::ALL.into_iter().zip(places) {
        let table = controllers.table(parameter.name())?;
        let settings = controller(&table, parameter, *wiring, *config, &spec.feeds)?;
        *config = settings.config(spec.period);
        *wiring = settings.wiring;
    }
    if root.value("council").is_some() {
        spec.council = Some(council(&root.table("council")?)?);
    }
    Ok(spec)
}

/// A controller as its table says, `wiring` and `config` where that says nothing; it may follow
/// the `feeds`. What it asks of a reading is what the feeds that it follows have by their own
/// rules, unless its table says more.
fn controller(
    section: &Section<'_>,
    parameter: Parameter,
    wiring: Wiring,
    mut config: Config,
    feeds: &[FeedSettings],
) -> Result<ControllerSettings, Failure> {
    let table = format!("[controllers.{}]", parameter.name());
    let mut known = [wiring_keys::KEYS.to_vec(), controller_keys()].concat();
    if !feeds.is_empty() {
        known.extend(FEED_KEYS);
    }
    section.refuse_unknown_keys(&known, &table, None)?;
    let keys = ControllerKeys {
        section: section.clone(),
        range: Some((parameter.floor(), parameter.ceiling())),
    };
    let words = WiringKeys {
        section,
        parameter,
        feeds: feeds.len(),
    };
    let wiring = words.read(wiring, &mut config)?;
    let metrics = wiring.metrics().filter_map(Metric::feed_index);
    let followed: Vec<_> = metrics.filter_map(|index| feeds.get(index)).collect();
    let quorum = followed.iter().map(|feed| u32::from(feed.quorum)).max();
    let age = followed.iter().map(|feed| feed.max_age).max();
    if let (Some(quorum), Some(age)) = (quorum, age) {
        let least = Keys { section }.whole("min_samples", 1, MAX_REPORTERS as i64, "")?;
        let (youngest, oldest) = (*REPORT_AGE.start(), *REPORT_AGE.end());
        let most = Keys { section }.whole("max_age", youngest.into(), oldest.into(), " s")?;
        config.min_samples = least.map_or(quorum, |least| least as u32);
        config.max_age = most.map_or(age, |most| most as u32);
    }
    keys.overlay(&mut config)?;
    keys.validate(&config)?;
    Ok(ControllerSettings::new(wiring, &config))
}

/// The economy as its table says; what it leaves open is what fits the forecast, or the program's
/// default without one.
fn economy(section: &Section<'_>, forecast: Option<&Section<'_>>) -> Result<EconomySpec, Failure> {
    section.refuse_unknown_keys(&ECONOMY_KEYS, "[economy]", None)?;
    let keys = Keys { section };
    let funding = section.word(
        "mode",
        &[("mint", Funding::Mint), ("funded", Funding::Funded)],
        "`mint` or `funded`",
    )?;
    let funding = funding.unwrap_or(Funding::Mint);
    let decimals = keys
        .whole("decimals", 0, i64::from(MOST_DECIMALS), "")?
        .map_or(DECIMALS, |decimals| decimals as u8);
    let tokens = Tokens { decimals };
    let most = MAX_LIFETIME_STREAM;

    let supply = keys.amount("supply", tokens, (LEAST_SUPPLY, most), "")?;
    let supply = match supply {
        Some(supply) => supply,
        None => SUPPLY
            .checked_mul(10u64.pow(u32::from(decimals)))
            .filter(|supply| *supply <= most)
            .ok_or_else(|| keys.unfit("supply", &tokens.range((LEAST_SUPPLY, most), "")))?,
    };
    let hard_cap = keys
        .amount("hard_cap", tokens, (supply, most), ", not below the supply")?
        .unwrap_or(supply.saturating_mul(2).min(most));
    let period = keys
        .whole(
            "period",
            i64::from(MIN_PERIOD),
            i64::from(MAX_PERIOD),
            SECONDS,
        )?
        .map_or(WEEK, |period| period as u32);

    let treasury = keys.fraction("treasury_share", 0, 1_000_000)?;
    let fits = match forecast {
        Some(forecast) => forecast_file::derive(forecast, treasury, period, hard_cap)?,
        None => Derived {
            limits: defaults::limits(period, hard_cap),
            controllers: Parameter::ALL.map(|parameter| defaults::config(parameter, period)),
            wirings: Parameter::ALL.map(defaults::wiring),
            findings: Vec::new(),
        },
    };
    let mut limits: LimitSettings = (&fits.limits).into();
    // The floor must be below the cap, and a live economy is not below its floor.
    let highest_floor = supply.min(hard_cap - 1);
    if let Some(floor) = keys.amount(
        "supply_floor",
        tokens,
        (0, highest_floor),
        ", not above the supply and below hard_cap",
    )? {
        limits.supply_floor = floor;
    }
    if let Some(least) = keys.amount("min_stake", tokens, (1, supply), "")? {
        limits.min_stake = least;
    }
    if let Some(ppm) = keys.fraction("yield_cap", 1, i64::from(NO_YIELD_CAP))? {
        limits.yield_ppm = ppm as u32;
    }
    if let Some(seconds) = keys.whole("unbonding", 0, i64::from(MAX_UNBONDING), SECONDS)? {
        limits.unbonding = seconds as u32;
    }
    if let Some(lamports) = keys.whole("bounty", 0, MAX_BOUNTY as i64, " lamports")? {
        limits.bounty = lamports as u64;
    }
    if let Some(ppm) = treasury {
        limits.treasury_ppm = ppm as u32;
    }
    if let Some(ppm) = keys.fraction("period_emission", 0, i64::from(MAX_PERIOD_EMISSION_PPM))? {
        limits.period_emission_ppm = ppm as u32;
    }
    if let Some(ppm) = keys.fraction("period_burn", 0, i64::from(MAX_PERIOD_BURN_PPM))? {
        limits.period_burn_ppm = ppm as u32;
    }
    if let Some(cap) = keys.amount("outflow_cap", tokens, (0, most), "")? {
        limits.outflow_cap = cap;
    }
    let (low, high) = (*TURNOVER_RANGE_PPM.start(), *TURNOVER_RANGE_PPM.end());
    if let Some(ppm) = keys.fraction("turnover", low as i64, high as i64)? {
        limits.turnover_ppm = ppm as u64;
    }
    let meters = keys
        .whole("meters", 1, MAX_METERS as i64, "")?
        .map_or(1, |meters| meters as u8);
    Ok(EconomySpec {
        name: name(section)?.unwrap_or_else(|| "Demo".to_owned()),
        funding,
        sponsor: sponsor(section, funding)?,
        decimals,
        supply,
        period,
        limits,
        meters,
        pools: Vec::new(),
        feeds: Vec::new(),
        controllers: fits.controllers,
        findings: fits.findings,
        wirings: fits.wirings,
        council: None,
    })
}

/// Who gets back what a funded economy does not spend.
fn sponsor(section: &Section<'_>, funding: Funding) -> Result<Option<Pubkey>, Failure> {
    let Some(value) = section.value("sponsor") else {
        return Ok(None);
    };
    let wrong =
        |problem: &str, remedy: &str| section.wrong("sponsor", "bad_value", problem, remedy);
    if funding != Funding::Funded {
        let remedy = "write mode = \"funded\", or leave the sponsor out";
        return Err(wrong("is for funded economies only", remedy));
    }
    let address = match value.get_ref() {
        DeValue::String(text) => text.parse().ok(),
        _ => None,
    };
    address
        .filter(|address| *address != Pubkey::default())
        .map(Some)
        .ok_or_else(|| wrong("is not an address", "write sponsor = \"ADDRESS\""))
}

/// What the economy is called.
fn name(section: &Section<'_>) -> Result<Option<String>, Failure> {
    let Some(value) = section.value("name") else {
        return Ok(None);
    };
    let remedy =
        format!("`name` must be 1 to {LONGEST_NAME} printable characters, in quotation marks");
    let DeValue::String(name) = value.get_ref() else {
        return Err(section.wrong("name", "bad_type", "is not a text", &remedy));
    };
    let length = name.chars().count();
    if !(1..=LONGEST_NAME).contains(&length) || name.chars().any(char::is_control) {
        return Err(section.wrong("name", "bad_value", "cannot be a name", &remedy));
    }
    Ok(Some(name.to_string()))
}
