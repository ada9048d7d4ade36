//! `pay`, `fund`, `top-up`, `collect`.

use homeostat_chain::live::associated;
use homeostat_chain::refusal;
use homeostat_chain::signer::read_address;
use homeostat_chain::Live;
use homeostat_client::instruction::{self as ix, Payment};
use homeostat_client::wallet::quote;
use homeostat_client::Pubkey;
use homeostat_settings::human::{sol, SOL_DECIMALS};
use solana_system_interface::instruction as system;

use super::amount::{Amount, Wanted};
use super::delivery::SendArgs;
use super::plain::{public, signed, PlainArgs};
use super::recipients::{AllowArgs, Check};
use super::refused::{About, Scene};
use super::write::{Figures, Intent};
use super::{Context, WhichArgs};
use crate::failure::Failure;

/// Arguments of `pay`.
#[derive(Clone, Debug, clap::Args)]
pub struct PayArgs {
    /// Wallet that is paid
    pub recipient: String,
    /// Tokens, fee included, or ALL
    pub amount: Wanted,
    /// Most that the fee may be (tokens) [default: 10 % above the fee of this moment]
    #[arg(long, value_name = "TOKENS")]
    pub max_fee: Option<Wanted>,
    /// Payment shard [default: one that depends on the wallet]
    #[arg(long)]
    pub shard: Option<u8>,
    /// Create the recipient's token account if there is none (its rent is yours)
    #[arg(long)]
    pub fund_recipient: bool,
    #[command(flatten)]
    allow: AllowArgs,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// Arguments of `fund`.
#[derive(Clone, Debug, clap::Args)]
pub struct FundArgs {
    /// Tokens, or ALL; SOL with --bounties
    pub amount: Wanted,
    /// Put SOL into the vault that bounties are paid from, of an economy of either mode
    #[arg(long)]
    pub bounties: bool,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// Arguments of `collect`.
#[derive(Clone, Debug, clap::Args)]
pub struct CollectArgs {
    /// Payment shard [default: all of them]
    #[arg(long)]
    pub shard: Option<u8>,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// `pay`: pays a wallet through the economy, which takes its fee.
///
/// # Errors
///
/// A wrong recipient or amount; what the cluster refuses.
pub fn pay(context: &Context, arguments: &PayArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let own = context.actor(&arguments.send)?;
    let recipient = read_address(&arguments.recipient, "the recipient")?;
    let check = Check {
        connection: &context.connection,
        at: &live.at,
        allow: arguments.allow,
    };
    check.wallet(&recipient, "the recipient")?;
    let decimals = live.economy.decimals;
    let from = live.tokens_of(&own.address());
    let to = associated(&recipient, &live.at.mint, &live.token_program());
    let amount = affordable(context, &from, &arguments.amount, decimals)?;
    let now = context.connection.clock()?.unix_timestamp;
    let scene = |max_fee: u64| Scene {
        live: &live,
        signer: own.address(),
        about: About::Payment { amount, max_fee },
    };
    let quote = quote(&live.economy, amount, now).map_err(|error| {
        let failure = refusal::of_program(u32::from(error), &[""; 0]);
        context.meaning("pay", &scene(0), failure)
    })?;
    // A tenth covers a crank in between; what is not charged is not taken.
    const TOLERANCE_PPM: u64 = 100_000;
    let max_fee = match &arguments.max_fee {
        Some(most) => most.base(amount, decimals)?,
        None => quote.max_fee(TOLERANCE_PPM),
    };
    let meters = live.economy.meter_count;
    let shard = match arguments.shard {
        Some(shard) if shard >= meters => {
            return Err(
                Failure::new("no_shard", format!("there is no shard {shard}")).remedy(format!(
                    "the economy has shards 0 to {}",
                    meters.saturating_sub(1)
                )),
            )
        }
        Some(shard) => shard,
        None => own.address().to_bytes()[0].checked_rem(meters).unwrap_or(0),
    };
    let mut instructions = Vec::new();
    if context.connection.account(&to)?.is_none() {
        if !arguments.fund_recipient {
            return Err(Failure::new(
                "no_token_account",
                format!("{recipient} has no account for this token yet"),
            )
            .remedy("add --fund-recipient to pay its rent, and check the address"));
        }
        instructions.push(super::create_associated(
            &arguments.send.payer(&own)?.address(),
            &recipient,
            &live.at.mint,
            &live.token_program(),
        ));
    }
    let payment = Payment {
        payer: own.address(),
        from,
        to,
        shard,
        amount,
        max_fee,
    };
    instructions.push(ix::pay(&live.at, &live.token_program(), &payment));
    let intent = Intent {
        command: "pay",
        what: format!(
            "pay {} tokens to {recipient}: {} arrive, the fee is {} (at most {})",
            Amount::new(amount, decimals),
            Amount::new(quote.net, decimals),
            Amount::new(quote.fee, decimals),
            Amount::new(max_fee, decimals),
        ),
        instructions,
        keys: vec![&own],
        admin: false,
        figures: Figures {
            amount: Some(Amount::new(amount, decimals)),
            fee: Some(Amount::new(quote.fee, decimals)),
            max_fee: Some(Amount::new(max_fee, decimals)),
            arrives: Some(Amount::new(quote.net, decimals)),
            ..Figures::default()
        },
    };
    context.write_in(&scene(max_fee), &arguments.send, &own, intent)
}

/// An amount that `from`, a wallet's token account, has (base units).
///
/// # Errors
///
/// It has less (`too_little`); a wrong amount; the server's.
fn affordable(
    context: &Context,
    from: &Pubkey,
    amount: &Wanted,
    decimals: u8,
) -> Result<u64, Failure> {
    let balance = super::balance(context, from)?;
    let amount = amount.base(balance, decimals)?;
    if amount > balance {
        return Err(Failure::new(
            "too_little",
            format!(
                "the wallet has {} tokens, not {}",
                Amount::new(balance, decimals),
                Amount::new(amount, decimals)
            ),
        )
        .remedy(format!(
            "name at most that, or ALL; its token account is {from}"
        )));
    }
    Ok(amount)
}

/// `fund`: puts a wallet's tokens into the reward vault of a Funded economy, or its SOL into the
/// keeper's vault of any.
///
/// # Errors
///
/// A wrong amount; an economy that mints its rewards (`mints_rewards`); what the cluster refuses.
pub fn fund(context: &Context, arguments: &FundArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    if arguments.bounties {
        return fund_bounties(context, arguments, &live);
    }
    if live.economy.mints() {
        return Err(
            Failure::new("mints_rewards", "the economy mints its rewards itself")
                .remedy("nobody has to fund it; `top-up` mints what has accrued"),
        );
    }
    let own = context.actor(&arguments.send)?;
    let decimals = live.economy.decimals;
    let from = live.tokens_of(&own.address());
    let amount = affordable(context, &from, &arguments.amount, decimals)?;
    let token_program = live.token_program();
    let fund = ix::fund_rewards(&live.at, &own.address(), &from, &token_program, amount);
    let what = format!(
        "put {} tokens into the reward vault; they are the stakers' from then on",
        Amount::new(amount, decimals)
    );
    let send = (&arguments.send, &own);
    signed(context, &live, send, ("fund", what), vec![fund])
}

/// Puts SOL into the vault that bounties are paid from. Nobody gets it back but who ends periods.
fn fund_bounties(context: &Context, arguments: &FundArgs, live: &Live) -> Result<(), Failure> {
    let own = context.actor(&arguments.send)?;
    let lamports = arguments.amount.base(0, SOL_DECIMALS)?;
    let held = |address: &Pubkey| -> Result<u64, Failure> {
        let account = context.connection.account(address)?;
        Ok(account.map_or(0, |account| account.lamports))
    };
    let (own_lamports, there) = (held(&own.address())?, held(&live.at.keeper_vault)?);
    if own_lamports < lamports {
        return Err(Failure::new(
            "too_little_sol",
            format!(
                "the wallet {} has {}, not {}",
                own.address(),
                sol(own_lamports),
                sol(lamports)
            ),
        )
        .remedy("send it SOL, or put less into the vault; nothing was sent"));
    }
    let after = there.saturating_add(lamports);
    let least = context.connection.rent(0)?;
    if after < least {
        return Err(Failure::new(
            "bad_amount",
            format!(
                "the vault would have {}, less than the {} that exempt it from rent",
                sol(after),
                sol(least)
            ),
        )
        .remedy("put more into it; nothing was sent"));
    }
    let bounty = live.economy.limits.bounty;
    let lasts = match after.checked_div(bounty) {
        None => "which pays nothing while `bounty` is 0".to_owned(),
        Some(periods) => format!(
            "which then has {}, for {periods} periods of {bounty} lamports",
            sol(after)
        ),
    };
    let what = format!(
        "put {} into the vault for bounties {}, {lasts}",
        sol(lamports),
        live.at.keeper_vault
    );
    let transfer = system::transfer(&own.address(), &live.at.keeper_vault, lamports);
    let send = (&arguments.send, &own);
    signed(context, live, send, ("fund", what), vec![transfer])
}

/// `top-up`: mints what has accrued and is not in the vault yet.
///
/// # Errors
///
/// What the cluster refuses.
pub fn top_up(context: &Context, arguments: &PlainArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let top_up = ix::top_up(&live.at, &live.token_program());
    let what = "top the reward vault up with what has accrued".to_owned();
    public(
        context,
        &live,
        &arguments.send,
        ("top-up", what),
        vec![top_up],
    )
}

/// `collect`: burns fees and moves them to stakers and treasury.
///
/// # Errors
///
/// What the cluster refuses.
pub fn collect(context: &Context, arguments: &CollectArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let shards = match arguments.shard {
        Some(shard) => shard..shard.saturating_add(1),
        None => 0..live.economy.meter_count,
    };
    let what = format!("collect the fees of {} shards", shards.len());
    let instructions = shards
        .map(|shard| ix::collect(&live.at, &live.token_program(), shard))
        .collect();
    public(
        context,
        &live,
        &arguments.send,
        ("collect", what),
        instructions,
    )
}
