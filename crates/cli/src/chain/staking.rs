//! `stake`, `unstake`, `withdraw`, `claim`: what a wallet does with a pool.

use homeostat_chain::live::associated;
use homeostat_chain::signer::read_address;
use homeostat_chain::Live;
use homeostat_client::instruction::{self as ix, StakeMint};
use homeostat_client::wallet::{self, Held, Payout};
use homeostat_client::{Instruction, Pool, Position, Pubkey};
use homeostat_settings::human::when;

use super::amount::{Amount, Wanted};
use super::delivery::SendArgs;
use super::key::Key;
use super::refused::{fitting, About, Scene};
use super::write::{Figures, Intent};
use super::{Context, WhichArgs};
use crate::failure::Failure;

/// Which pool.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct PoolArgs {
    /// Pool of this stake mint [default: the economy's own token]
    #[arg(long, value_name = "MINT")]
    pub pool: Option<String>,
}

/// Arguments of `stake` and `unstake`.
#[derive(Clone, Debug, clap::Args)]
pub struct AmountArgs {
    /// Tokens, or ALL
    pub amount: Wanted,
    #[command(flatten)]
    pool: PoolArgs,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// Arguments of `withdraw` and `claim`.
#[derive(Clone, Debug, clap::Args)]
pub struct ExitArgs {
    #[command(flatten)]
    pub(super) pool: PoolArgs,
    #[command(flatten)]
    pub(super) which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// A wallet in front of a pool.
pub(super) struct Wallet {
    pub(super) live: Live,
    own: Key,
    stake: StakeMint,
    pool: Pool,
    /// The wallet's account of the stake mint.
    tokens: Pubkey,
    position: Option<Position>,
}

impl Wallet {
    pub(super) fn open(
        context: &Context,
        which: &WhichArgs,
        pool: &PoolArgs,
        send: &SendArgs,
    ) -> Result<Self, Failure> {
        let live = context.live(which)?;
        let own = context.actor(send)?;
        let mint = pool
            .pool
            .as_deref()
            .map(|text| read_address(text, "--pool"))
            .transpose()?;
        let (stake, pool) = live.pool(mint.as_ref())?;
        let pool = *pool;
        let tokens = associated(&own.address(), &stake.mint, &stake.token_program);
        let position = live.position(&context.connection, &stake, &own.address())?;
        Ok(Self {
            live,
            own,
            stake,
            pool,
            tokens,
            position,
        })
    }

    pub(super) fn owner(&self) -> Pubkey {
        self.own.address()
    }

    pub(super) fn pool_address(&self) -> Pubkey {
        self.live.at.pool(&self.stake.mint)
    }

    pub(super) fn amount(&self, base: u64) -> Amount {
        Amount::new(base, self.pool.decimals)
    }

    pub(super) fn opened(&self) -> Result<&Position, Failure> {
        self.position.as_ref().ok_or_else(|| {
            Failure::new(
                "no_position",
                format!("{} has nothing in this pool", self.owner()),
            )
            .remedy("`homeostat stake` begins; is --keypair the right wallet?")
        })
    }

    /// `amount` is what is staked or unstaked (base units); 0 for other commands.
    pub(super) fn write(
        &self,
        context: &Context,
        send: &SendArgs,
        (command, amount, figures): (&'static str, u64, Figures),
        what: String,
        instructions: Vec<Instruction>,
    ) -> Result<(), Failure> {
        let intent = Intent {
            command,
            what,
            instructions,
            keys: vec![&self.own],
            admin: false,
            figures,
        };
        context.write_in(&self.scene(amount), send, &self.own, intent)
    }

    /// What a command is about that stakes or unstakes so much (base units).
    fn scene(&self, amount: u64) -> Scene<'_> {
        Scene {
            live: &self.live,
            signer: self.owner(),
            about: About::Stake {
                pool: &self.pool,
                position: self.position.as_ref(),
                amount,
            },
        }
    }
}

/// `stake`: opens the position if there is none.
///
/// # Errors
///
/// A wrong amount or pool; what the cluster refuses.
pub fn stake(context: &Context, arguments: &AmountArgs) -> Result<(), Failure> {
    let wallet = Wallet::open(context, &arguments.which, &arguments.pool, &arguments.send)?;
    let balance = super::balance(context, &wallet.tokens)?;
    let amount = arguments.amount.base(balance, wallet.pool.decimals)?;
    if amount > balance {
        return Err(Failure::new(
            "too_little",
            format!(
                "the wallet has {} tokens, not {}",
                wallet.amount(balance),
                wallet.amount(amount)
            ),
        )
        .remedy(format!(
            "name at most that, or ALL; its token account is {}",
            wallet.tokens
        )));
    }
    let mut instructions = Vec::new();
    if wallet.position.is_none() {
        let payer = arguments.send.payer(&wallet.own)?.address();
        instructions.push(ix::open_position(
            &wallet.live.at.economy,
            &wallet.pool_address(),
            &wallet.owner(),
            &payer,
        ));
    }
    instructions.push(ix::stake(
        &wallet.live.at,
        &wallet.stake,
        &wallet.owner(),
        &wallet.tokens,
        amount,
    ));
    let what = format!("stake {} tokens", wallet.amount(amount));
    wallet.write(
        context,
        &arguments.send,
        ("stake", amount, Figures::of(wallet.amount(amount))),
        what,
        instructions,
    )
}

/// `unstake`: asks for stake back; `withdraw` pays it after the unbonding time.
///
/// # Errors
///
/// A wrong amount or pool; what the cluster refuses.
pub fn unstake(context: &Context, arguments: &AmountArgs) -> Result<(), Failure> {
    let wallet = Wallet::open(context, &arguments.which, &arguments.pool, &arguments.send)?;
    let staked = wallet.opened()?.amount;
    let amount = arguments.amount.base(staked, wallet.pool.decimals)?;
    let request = ix::request_unstake(
        &wallet.live.at.economy,
        &wallet.pool_address(),
        &wallet.owner(),
        amount,
    );
    let now = context.connection.clock()?.unix_timestamp;
    let unbonding = wallet.live.economy.limits.unbonding;
    let leaving = wallet::leaving(wallet.opened()?, amount, now, unbonding).map_err(|error| {
        let failure = homeostat_chain::refusal::of_program(u32::from(error), &[""; 0]);
        context.meaning("unstake", &wallet.scene(amount), failure)
    })?;
    let wallet::Leaving { ready_at, moved } = leaving;
    let mut what = format!(
        "unstake {} tokens; `homeostat withdraw` pays them from {} on",
        wallet.amount(amount),
        when(ready_at, now)
    );
    if moved > 0 {
        what.push_str(&format!(
            ", and with them the {} that were asked for earlier for the same day",
            wallet.amount(moved)
        ));
    }
    let figures = Figures {
        ready_at: Some(ready_at),
        moved: (moved > 0).then(|| wallet.amount(moved)),
        ..Figures::of(wallet.amount(amount))
    };
    wallet.write(
        context,
        &arguments.send,
        ("unstake", amount, figures),
        what,
        vec![request],
    )
}

/// `withdraw`: pays what has waited long enough.
///
/// # Errors
///
/// Nothing is ready; what the cluster refuses.
pub fn withdraw(context: &Context, arguments: &ExitArgs) -> Result<(), Failure> {
    let wallet = Wallet::open(context, &arguments.which, &arguments.pool, &arguments.send)?;
    let position = wallet.opened()?;
    let now = context.connection.clock()?.unix_timestamp;
    let ready = wallet::withdrawable(position, now);
    if ready == 0 {
        let next = wallet::unbonding(position, now)
            .first()
            .map(|ticket| ticket.ready_at);
        let remedy = match next {
            Some(at) => format!("the next tokens are ready {}", when(at, now)),
            None => "`homeostat unstake` asks for stake back first".to_owned(),
        };
        return Err(
            Failure::new("nothing_ready", "nothing is ready to be withdrawn").remedy(remedy),
        );
    }
    let mut instructions = wallet.tokens_account(context)?;
    instructions.push(ix::withdraw(
        &wallet.live.at,
        &wallet.stake,
        &wallet.owner(),
        &wallet.tokens,
    ));
    let what = format!("withdraw {} tokens", wallet.amount(ready));
    wallet.write(
        context,
        &arguments.send,
        ("withdraw", 0, Figures::of(wallet.amount(ready))),
        what,
        instructions,
    )
}

impl Wallet {
    /// Creates the wallet's account of the stake mint where it was closed.
    fn tokens_account(&self, context: &Context) -> Result<Vec<Instruction>, Failure> {
        let (owner, stake) = (self.owner(), &self.stake);
        super::missing_account(context, &owner, &owner, &stake.mint, &stake.token_program)
    }
}

/// `claim`: pays the rewards, and mints what is missing in the vault first.
///
/// # Errors
///
/// There is nothing to claim; what the cluster refuses.
pub fn claim(context: &Context, arguments: &ExitArgs) -> Result<(), Failure> {
    let wallet = Wallet::open(context, &arguments.which, &arguments.pool, &arguments.send)?;
    let position = wallet.opened()?;
    let live = &wallet.live;
    let now = context.connection.clock()?.unix_timestamp;
    let of_rewards = live.tokens_of(&wallet.owner());
    let held = Held {
        pool: &wallet.pool,
        position,
    };
    let failed = |error| {
        let failure = homeostat_chain::refusal::of_program(u32::from(error), &[""; 0]);
        fitting("claim", failure)
    };
    let pending =
        wallet::pending_rewards(&live.economy, &wallet.pool, position, now).map_err(failed)?;
    let payout = Payout {
        owner: wallet.owner(),
        owner_tokens: of_rewards,
        reward_vault_balance: super::balance(context, &live.at.reward_vault)?,
    };
    let claims =
        wallet::claim_all(&live.at, &live.economy, &[held], &payout, now).map_err(failed)?;
    if claims.is_empty() {
        return Err(Failure::new("nothing_to_claim", "there are no rewards yet")
            .remedy("rewards come by the second while something is staked"));
    }
    let (owner, mint) = (wallet.owner(), &live.at.mint);
    let mut instructions =
        super::missing_account(context, &owner, &owner, mint, &live.token_program())?;
    instructions.extend(claims);
    let pending = Amount::new(pending, live.economy.decimals);
    let what = format!("claim {pending} tokens and what accrues meanwhile");
    let deed = ("claim", 0, Figures::of(pending));
    wallet.write(context, &arguments.send, deed, what, instructions)
}
