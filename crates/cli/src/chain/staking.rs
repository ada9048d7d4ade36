//! `stake`, `unstake`, `withdraw`, `claim`: what a wallet does with a pool.

use homeostat_client::instruction::{self as ix};
use homeostat_client::{address, Instruction};
use homeostat_ops::live::associated;

use super::amount::Wanted;
use super::write::{Intent, SendArgs};
use super::{Context, WhichArgs};
use crate::failure::Failure;

/// Arguments of `stake`.
#[derive(Clone, Debug, clap::Args)]
pub struct StakeArgs {
    /// Tokens, or ALL that the wallet has
    pub amount: Wanted,

    /// Stake in the pool of this mint [default: the economy's own token]
    #[arg(long, value_name = "MINT")]
    pub pool: Option<String>,

    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// `stake`: opens the position if there is none.
///
/// # Errors
///
/// A wrong amount or pool; what the cluster refuses.
pub fn stake(context: &Context, arguments: &StakeArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let own = context.key()?;
    let payer = arguments.send.payer(&own)?.address();
    let mint = arguments
        .pool
        .as_deref()
        .map(|text| homeostat_ops::signer::read_address(text, "--pool"))
        .transpose()?;
    let (stake, pool) = live.pool(mint.as_ref())?;
    let tokens = associated(&own.address(), &stake.mint, &stake.token_program);
    let balance = super::balance(context, &tokens)?;
    let amount = arguments.amount.base(balance, pool.decimals)?;
    let mut instructions: Vec<Instruction> = Vec::new();
    let pool_address = live.at.pool(&stake.mint);
    if live.position(&context.connection, &stake, &own.address())?.is_none() {
        instructions.push(ix::open_position(&pool_address, &own.address(), &payer));
    }
    instructions.push(ix::stake(&live.at.economy, &stake, &own.address(), &tokens, amount));
    let _ = address::position(&pool_address, &own.address());
    context.write(
        &arguments.send,
        &own,
        Intent {
            command: "stake",
            what: format!(
                "stake {} tokens",
                super::amount::Amount::new(amount, pool.decimals)
            ),
            instructions,
            keys: vec![&own],
            admin: false,
        },
    )
}
