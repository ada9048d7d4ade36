//! How an economy ends, and what its sponsor takes back: a Draft is given up, funds are recalled
//! after their notice, and a retired economy is wound up and dissolved.

use homeostat_chain::signer::read_address;
use homeostat_chain::Live;
use homeostat_client::instruction::{self as ix, Parts};
use homeostat_client::{Feed, Life, Pubkey};

use super::amount::{Amount, Wanted};
use super::delivery::SendArgs;
use super::plain::{public, signed, PlainArgs};
use super::{Context, WhichArgs};
use crate::failure::Failure;

/// Arguments of `announce-recall`.
#[derive(Clone, Debug, clap::Args)]
pub struct RecallArgs {
    /// The most that will be recalled: tokens, or ALL of what the reward vault has now
    pub amount: Wanted,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// Arguments of `close-pool`.
#[derive(Clone, Debug, clap::Args)]
pub struct ClosePoolArgs {
    /// The liquidity pool of this stake mint
    #[arg(long, value_name = "MINT")]
    pub pool: String,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// `close`: gives up a Draft; its creator gets rent and funds back.
///
/// # Errors
///
/// The economy is live; what the cluster refuses.
pub fn close(context: &Context, arguments: &PlainArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let own = context.actor(&arguments.send)?;
    if live.economy.life != Life::Draft as u8 {
        return Err(Failure::new(
            "not_a_draft",
            format!("the economy is {}; only a Draft is given up", live.life()),
        )
        .remedy(
            "a live economy is retired by a proposal (kind = \"retire\"), then `homeostat \
             wind-up` and `homeostat dissolve`",
        ));
    }
    let tokens = live.tokens_of(&own.address());
    let parts = Parts {
        pools: &live.stakes,
        meters: live.economy.meter_count,
        feeds: live.economy.feed_count,
        council: live.council(&context.connection)?.is_some(),
    };
    let (owner, token_program) = (own.address(), live.token_program());
    let mut instructions =
        super::missing_account(context, &owner, &owner, &live.at.mint, &token_program)?;
    instructions.push(ix::close(
        &live.at,
        &own.address(),
        &tokens,
        &token_program,
        &parts,
    ));
    let what = "give the Draft up; rent and funds come back to its creator".to_owned();
    let send = (&arguments.send, &own);
    signed(context, &live, send, ("close", what), instructions)
}

/// `announce-recall`: the sponsor gives the notice of 30 days.
///
/// # Errors
///
/// It has no sponsor, or another; what the cluster refuses.
pub fn announce_recall(context: &Context, arguments: &RecallArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let own = context.actor(&arguments.send)?;
    require_sponsor(&live, &own.address())?;
    let balance = super::balance(context, &live.at.reward_vault)?;
    let decimals = live.economy.decimals;
    let amount = arguments.amount.base(balance, decimals)?;
    let announce = ix::announce_recall(&live.at.economy, &own.address(), amount);
    let what = format!(
        "announce that up to {} tokens will be recalled, from 30 to 44 days from now",
        Amount::new(amount, decimals)
    );
    let send = (&arguments.send, &own);
    signed(
        context,
        &live,
        send,
        ("announce-recall", what),
        vec![announce],
    )
}

/// `recall`: takes back what was announced, as far as it is not promised to stakers.
///
/// # Errors
///
/// Nothing was announced, or its notice is not over; what the cluster refuses.
pub fn recall(context: &Context, arguments: &PlainArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let own = context.actor(&arguments.send)?;
    require_sponsor(&live, &own.address())?;
    if live.economy.recall == 0 {
        return Err(Failure::new("nothing_announced", "no recall was announced")
            .remedy("`homeostat announce-recall AMOUNT` gives the notice of 30 days"));
    }
    let now = context.connection.clock()?.unix_timestamp;
    let from = live.economy.recall_at;
    if now < from {
        return Err(
            Failure::new("too_early", "the notice of the recall is not over").remedy(format!(
                "recall from {} on, for 14 days",
                homeostat_settings::human::when(from, now)
            )),
        );
    }
    let tokens = live.tokens_of(&own.address());
    let (owner, token_program) = (own.address(), live.token_program());
    let mut instructions =
        super::missing_account(context, &owner, &owner, &live.at.mint, &token_program)?;
    instructions.push(ix::recall(
        &live.at,
        &own.address(),
        &tokens,
        &token_program,
    ));
    let what = format!(
        "recall up to {} tokens, as far as stakers are not owed them",
        Amount::new(live.economy.recall, live.economy.decimals)
    );
    let send = (&arguments.send, &own);
    signed(context, &live, send, ("recall", what), instructions)
}

fn require_sponsor(live: &Live, key: &Pubkey) -> Result<(), Failure> {
    let sponsor = live.economy.sponsor;
    if *key == sponsor {
        return Ok(());
    }
    Err(match sponsor == Pubkey::default() {
        true => Failure::new("no_sponsor", "the economy has no sponsor")
            .remedy("only the sponsor of a Funded economy recalls funds"),
        false => Failure::new("not_the_sponsor", format!("{key} is not the sponsor"))
            .remedy(format!("sign with the key of {sponsor} (--keypair)")),
    })
}

/// Refuses what waits for the economy's retirement.
fn require_retired(live: &Live) -> Result<(), Failure> {
    if live.economy.life == Life::Retired as u8 {
        return Ok(());
    }
    Err(Failure::new(
        "not_retired",
        format!("the economy is {}, not retired", live.life()),
    )
    .remedy("a council retires it by a proposal (kind = \"retire\")"))
}

/// `wind-up`: what nobody is owed goes to the treasury, or to the sponsor.
///
/// # Errors
///
/// The economy is not retired; what the cluster refuses.
pub fn wind_up(context: &Context, arguments: &PlainArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    require_retired(&live)?;
    let own = context.actor(&arguments.send)?;
    let (sponsor, token_program) = (live.economy.sponsor, live.token_program());
    let (to, mut instructions) = if sponsor == Pubkey::default() {
        (live.at.treasury_vault, Vec::new())
    } else {
        let (payer, mint) = (own.address(), &live.at.mint);
        let create = super::missing_account(context, &payer, &sponsor, mint, &token_program)?;
        (live.tokens_of(&sponsor), create)
    };
    instructions.push(ix::wind_up(&live.at, &to, &token_program, &live.economy));
    let what = format!("pay what nobody is owed to {to}");
    public(
        context,
        &live,
        &arguments.send,
        ("wind-up", what),
        instructions,
    )
}

/// `hand-over-mint`: the successor takes the mint authority; 14 days after the retirement anybody
/// gives it to nobody, for ever.
///
/// # Errors
///
/// The economy is not retired; nothing is offered; what the cluster refuses.
pub fn hand_over_mint(context: &Context, arguments: &PlainArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    require_retired(&live)?;
    let own = context.actor(&arguments.send)?;
    let token_program = live.token_program();
    let hand_over = ix::hand_over_mint(&live.at, &own.address(), &token_program);
    let what = "take the mint authority that the retirement offered, or end it for ever".to_owned();
    let send = (&arguments.send, &own);
    signed(
        context,
        &live,
        send,
        ("hand-over-mint", what),
        vec![hand_over],
    )
}

/// `close-pool`: closes an empty liquidity pool; its rent goes to who paid it.
///
/// # Errors
///
/// No such pool; somebody is in it; what the cluster refuses.
pub fn close_pool(context: &Context, arguments: &ClosePoolArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let mint = read_address(&arguments.pool, "--pool")?;
    let (stake, pool) = live.pool(Some(&mint))?;
    let close = ix::close_pool(&live.at, &stake, &pool.payer);
    let what = format!(
        "close the pool of {mint}; its rent goes to {}, who paid it",
        pool.payer
    );
    public(
        context,
        &live,
        &arguments.send,
        ("close-pool", what),
        vec![close],
    )
}

/// `dissolve`: closes a retired economy that is empty; rents go to who paid them.
///
/// # Errors
///
/// The economy is not retired; something in it belongs to somebody; what the cluster refuses.
pub fn dissolve(context: &Context, arguments: &PlainArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    require_retired(&live)?;
    let connection = &context.connection;
    let meters = live.meters(connection)?;
    let meters: Vec<Pubkey> = meters.iter().map(|meter| meter.payer).collect();
    let mut feeds = Vec::new();
    for index in 0..live.economy.feed_count {
        let feed: Option<Feed> = connection.fetch(&live.at.feed(index))?;
        let feed = feed.ok_or_else(|| connection.nonsense("a feed is missing"))?;
        feeds.push(feed.payer);
    }
    let dissolve = ix::dissolve(
        &live.at,
        &live.economy.creator,
        &live.token_program(),
        &meters,
        &feeds,
    );
    let what = "close the retired economy; rents go to who paid them".to_owned();
    public(
        context,
        &live,
        &arguments.send,
        ("dissolve", what),
        vec![dissolve],
    )
}
