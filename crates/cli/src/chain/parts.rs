//! What an economy consists of: its pools, meters and logs (feeds: [`super::feeds`]).
//!
//! The creator adds parts to a Draft; once the economy is live a proposal allows one, and anybody
//! creates it and pays its rent.

use homeostat_chain::signer::read_address;
use homeostat_chain::Live;
use homeostat_client::instruction::{self as ix, StakeMint};
use homeostat_client::{Life, Pubkey};

use super::delivery::SendArgs;
use super::plain::{public, signed, PlainArgs};
use super::{Context, WhichArgs};
use crate::failure::Failure;

/// Arguments of `create-pool`.
#[derive(Clone, Debug, clap::Args)]
pub struct CreatePoolArgs {
    /// Mint that is staked [default: what a proposal allowed; in Draft, the economy's own token]
    #[arg(long, value_name = "MINT")]
    pub pool: Option<String>,
    /// The AMM's vault of the economy's token, for a liquidity pool [default: what a proposal
    /// allowed]
    #[arg(long, value_name = "ADDRESS", requires = "pool")]
    pub amm_vault: Option<String>,
    /// Share of the liquidity emission, relative to the other liquidity pools [default: what a
    /// proposal allowed; in Draft, 1]
    #[arg(long, value_name = "NUMBER", requires = "pool")]
    pub weight: Option<u16>,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// Arguments of `touch-pool`.
#[derive(Clone, Debug, clap::Args)]
pub struct TouchArgs {
    /// The liquidity pool of this stake mint
    #[arg(long, value_name = "MINT")]
    pub pool: String,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// Arguments of `grow-log`.
#[derive(Clone, Debug, clap::Args)]
pub struct GrowArgs {
    /// How many records more it shall hold: 20 at a time, up to 256 in all
    #[arg(value_parser = clap::value_parser!(u32).range(1..=20))]
    pub slots: u32,
    /// The audit log instead of the decision log
    #[arg(long)]
    pub audit: bool,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// Arguments of `migrate`.
#[derive(Clone, Debug, clap::Args)]
pub struct MigrateArgs {
    /// The account [default: the economy]
    #[arg(value_name = "ADDRESS")]
    pub account: Option<String>,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// Whether the creator still adds its parts.
pub(super) fn is_draft(live: &Live) -> bool {
    live.economy.life == Life::Draft as u8
}

/// What a live economy has not allowed.
pub(super) fn not_allowed(what: &str) -> Failure {
    Failure::new(
        "not_allowed",
        format!("no proposal has allowed another {what}"),
    )
    .remedy(format!(
        "propose it first (kind = \"allow_{what}s\", or \"allow_pool\" for a pool): see `homeostat \
         propose --help`"
    ))
}

/// `create-pool`: the creator's of a Draft, or the one that a proposal allowed.
///
/// # Errors
///
/// None is allowed; no such mint; what the cluster refuses.
pub fn create_pool(context: &Context, arguments: &CreatePoolArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let own = context.actor(&arguments.send)?;
    let read = |text: &Option<String>, name: &str| {
        let text = text.as_deref();
        text.map(|text| read_address(text, name)).transpose()
    };
    let (mut mint, mut amm_vault) = (
        read(&arguments.pool, "--pool")?,
        read(&arguments.amm_vault, "--amm-vault")?,
    );
    let mut weight = arguments.weight;
    let draft = is_draft(&live);
    if !draft {
        let council = live.council(&context.connection)?;
        let permit = council.map(|council| council.permit).unwrap_or_default();
        if permit.stake_mint == Pubkey::default() {
            return Err(not_allowed("pool"));
        }
        mint = mint.or(Some(permit.stake_mint));
        amm_vault = amm_vault.or(Some(permit.amm_vault));
        weight = weight.or(Some(permit.weight));
    }
    let mint = mint.unwrap_or(live.at.mint);
    let account = context.connection.account(&mint)?.ok_or_else(|| {
        Failure::new("no_mint", format!("there is no mint at {mint}"))
            .remedy("check --pool and the cluster (--url)")
    })?;
    let stake = StakeMint {
        mint,
        token_program: account.owner,
        amm_vault,
    };
    let weight = weight.unwrap_or(1);
    let create = match draft {
        true => ix::create_pool(&live.at, &own.address(), &stake, weight),
        false => ix::create_allowed_pool(&live.at, &own.address(), &stake, weight),
    };
    let what = format!("create the pool of {mint}, with weight {weight}");
    let send = (&arguments.send, &own);
    signed(context, &live, send, ("create-pool", what), vec![create])
}

/// `create-meter`: another payment shard.
///
/// # Errors
///
/// None is allowed; what the cluster refuses.
pub fn create_meter(context: &Context, arguments: &PlainArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let own = context.actor(&arguments.send)?;
    let (owner, token_program) = (own.address(), live.token_program());
    let shard = live.economy.meter_count;
    let create = if is_draft(&live) {
        ix::create_meter(&live.at, &owner, &token_program, shard)
    } else {
        let council = live.council(&context.connection)?;
        if council.is_none_or(|council| council.permit.meters == 0) {
            return Err(not_allowed("meter"));
        }
        ix::create_allowed_meter(&live.at, &owner, &token_program, shard)
    };
    let what = format!("create meter {shard}");
    let send = (&arguments.send, &own);
    signed(context, &live, send, ("create-meter", what), vec![create])
}

/// `touch-pool`: measures the depth of a liquidity pool once; a period's is the median.
///
/// # Errors
///
/// No such pool; what the cluster refuses.
pub fn touch_pool(context: &Context, arguments: &TouchArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let mint = read_address(&arguments.pool, "--pool")?;
    let (stake, _) = live.pool(Some(&mint))?;
    if stake.amm_vault.is_none() {
        return Err(
            Failure::new("no_depth", "the native pool has no depth to measure")
                .remedy("give a liquidity pool with --pool"),
        );
    }
    let touch = ix::touch_pool(&live.at, &stake);
    let what = format!("measure the depth of the pool of {mint}");
    public(
        context,
        &live,
        &arguments.send,
        ("touch-pool", what),
        vec![touch],
    )
}

/// `grow-log`: lets a log remember more; whoever does it pays the rent.
///
/// # Errors
///
/// It has as many records as it may; what the cluster refuses.
pub fn grow_log(context: &Context, arguments: &GrowArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let own = context.actor(&arguments.send)?;
    let (name, grow) = match arguments.audit {
        true => (
            "audit log",
            ix::grow_audit(&live.at, &own.address(), arguments.slots),
        ),
        false => (
            "decision log",
            ix::grow_log(&live.at, &own.address(), arguments.slots),
        ),
    };
    let what = format!("let the {name} hold {} records more", arguments.slots);
    let send = (&arguments.send, &own);
    signed(context, &live, send, ("grow-log", what), vec![grow])
}

/// `migrate`: brings an account of an older layout to the present one.
///
/// # Errors
///
/// It is current, or none of the program's; what the cluster refuses.
pub fn migrate(context: &Context, arguments: &MigrateArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let own = context.actor(&arguments.send)?;
    let account = match &arguments.account {
        Some(text) => read_address(text, "the account")?,
        None => live.at.economy,
    };
    let migrate = ix::migrate(&account, &own.address());
    let what = format!("bring {account} to the present layout");
    let send = (&arguments.send, &own);
    signed(context, &live, send, ("migrate", what), vec![migrate])
}
