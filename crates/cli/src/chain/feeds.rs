//! Quantities from outside: a feed is created, and its reporters tell it values.

use homeostat::state::FeedSettings;
use homeostat_chain::feeds::{no_feed, reporter};
use homeostat_chain::signer::read_address;
use homeostat_client::instruction::{self as ix, Report};
use homeostat_client::{Feed, Pubkey};
use homeostat_settings::human::duration_in;
use homeostat_settings::parts_file;

use super::delivery::SendArgs;
use super::parts::{is_draft, not_allowed};
use super::plain::signed;
use super::{Context, WhichArgs};
use crate::decimal::{Decimal, PPM};
use crate::failure::{quoted, Failure};

/// Arguments of `create-feed`.
#[derive(Clone, Debug, clap::Args)]
pub struct CreateFeedArgs {
    /// In Draft: what is reported, and in which unit (at most 16 bytes)
    #[arg(long, requires = "reporter")]
    pub label: Option<String>,
    /// In Draft: who reports; may be given several times
    #[arg(long, value_name = "ADDRESS", requires = "label")]
    pub reporter: Vec<String>,
    /// In Draft: the fewest reports that make a reading [default: more than half]
    #[arg(long, value_name = "NUMBER", requires = "label")]
    pub quorum: Option<u8>,
    /// In Draft: the largest distance of a report from the median that counts (fraction)
    #[arg(long, value_name = "FRACTION", default_value = "0.05")]
    pub max_spread: Decimal,
    /// In Draft: the oldest report that counts, such as 1h or 3600
    #[arg(long, value_name = "TIME", default_value_t = 3_600,
          value_parser = duration_in(0..=u32::MAX))]
    pub max_age: u32,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// Arguments of `report-feed`.
#[derive(Clone, Debug, clap::Args)]
pub struct ReportArgs {
    /// Number of the feed, from 0
    pub feed: u8,
    /// The value in the feed's unit, above 0 and at most 1,000,000
    pub value: Decimal,
    /// When that was so (unix seconds) [default: now, by the cluster's clock]
    #[arg(long, value_name = "UNIX_SECONDS")]
    pub observed_at: Option<i64>,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// `create-feed`: another quantity from outside. In Draft the creator sets its reporters at once;
/// of a live economy a proposal does (kind = "feed").
///
/// # Errors
///
/// None is allowed; wrong settings; what the cluster refuses.
pub fn create_feed(context: &Context, arguments: &CreateFeedArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let own = context.actor(&arguments.send)?;
    let (owner, index) = (own.address(), live.economy.feed_count);
    let instructions = if is_draft(&live) {
        let mut all = vec![ix::create_feed(&live.at, &owner, index)];
        if let Some(label) = &arguments.label {
            let settings = feed_settings(arguments, label)?;
            all.push(ix::configure_feed(&live.at, &owner, index, settings));
        }
        all
    } else {
        if arguments.label.is_some() {
            return Err(Failure::new(
                "not_a_draft",
                "the reporters of a live economy's feed are set by a proposal",
            )
            .remedy("create it without --label and --reporter, then propose (kind = \"feed\")"));
        }
        let council = live.council(&context.connection)?;
        if council.is_none_or(|council| council.permit.feeds == 0) {
            return Err(not_allowed("feed"));
        }
        vec![ix::create_allowed_feed(&live.at, &owner, index)]
    };
    let what = match &arguments.label {
        Some(label) => format!("create feed {index}, {}", quoted(label)),
        None => format!("create feed {index}, without reporters"),
    };
    let send = (&arguments.send, &own);
    signed(context, &live, send, ("create-feed", what), instructions)
}

/// What a Draft's feed is set to; the program says which values are out of range.
fn feed_settings(arguments: &CreateFeedArgs, label: &str) -> Result<FeedSettings, Failure> {
    let bad = |what: String, remedy: &str| Failure::new("bad_feed", what).remedy(remedy);
    let named = parts_file::label(label).filter(|_| !label.is_empty());
    let named = named.ok_or_else(|| {
        bad(
            format!("{} is no label", quoted(label)),
            "name what is reported and its unit in 1 to 16 bytes",
        )
    })?;
    let reporters = arguments
        .reporter
        .iter()
        .map(|text| read_address(text, "--reporter"))
        .collect::<Result<Vec<Pubkey>, Failure>>()?;
    let spread = arguments.max_spread.clone().shifted(PPM).to_u64().ok();
    let spread = spread.and_then(|ppm| u32::try_from(ppm).ok());
    let max_spread_ppm = spread.ok_or_else(|| {
        bad(
            format!("{} is no spread", quoted(&arguments.max_spread.to_string())),
            "write a fraction with at most 6 decimal places, such as 0.05",
        )
    })?;
    let majority = parts_file::majority(reporters.len());
    Ok(FeedSettings {
        label: named,
        reporters,
        quorum: arguments.quorum.unwrap_or(majority),
        max_spread_ppm,
        max_age: arguments.max_age,
    })
}

/// `report-feed`: a reporter tells a feed a value, which controllers see with the next crank.
///
/// # Errors
///
/// No such feed; the key is no reporter's; a value out of range; what the cluster refuses.
pub fn report_feed(context: &Context, arguments: &ReportArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let own = context.actor(&arguments.send)?;
    let address = live.at.feed(arguments.feed);
    let feed: Feed = context
        .connection
        .fetch(&address)?
        .ok_or_else(|| no_feed(arguments.feed, live.economy.feed_count))?;
    let reporter = reporter(&feed, arguments.feed, &own.address())?;
    let value = arguments.value.to_fx().map_err(|error| {
        let value = quoted(&arguments.value.to_string());
        Failure::new("bad_value", format!("{value} {error}"))
            .remedy("write the value in the feed's unit, above 0 and at most 1,000,000")
    })?;
    let observed_at = match arguments.observed_at {
        Some(at) => at,
        None => context.connection.clock()?.unix_timestamp,
    };
    let report = Report {
        sequence: reporter.sequence.saturating_add(1),
        value_q48: value.to_bits(),
        observed_at,
    };
    let what = format!(
        "report {} to feed {} as of {}",
        arguments.value,
        arguments.feed,
        super::time(observed_at)
    );
    let report = ix::report_feed(&address, &own.address(), &report);
    let send = (&arguments.send, &own);
    signed(context, &live, send, ("report-feed", what), vec![report])
}
