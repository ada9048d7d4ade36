//! What a wallet takes back when it stays, or has left: unbonding stake, and the rents of its
//! position and its ballots.

use homeostat_chain::live::ProposalName;
use homeostat_chain::signer::read_address;
use homeostat_client::governance::{self, ProposalId};
use homeostat_client::{address, instruction as ix, wallet, Ballot};

use super::delivery::SendArgs;
use super::plain::public;
use super::staking::{ExitArgs, PoolArgs, Wallet};
use super::write::Figures;
use super::{Context, WhichArgs};
use crate::failure::Failure;

/// Arguments of `cancel-unstake`.
#[derive(Clone, Debug, clap::Args)]
pub struct CancelArgs {
    /// Number of the ticket, as `status --owner` shows it
    pub ticket: u8,
    #[command(flatten)]
    pool: PoolArgs,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// Arguments of `close-ballot`.
#[derive(Clone, Debug, clap::Args)]
pub struct CloseBallotArgs {
    /// Number or address of the proposal
    pub proposal: ProposalName,
    /// Whose ballot [default: that of --keypair]
    #[arg(long, value_name = "ADDRESS")]
    pub owner: Option<String>,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// `cancel-unstake`: stakes an unbonding ticket again.
///
/// # Errors
///
/// No such ticket; what the cluster refuses.
pub fn cancel_unstake(context: &Context, arguments: &CancelArgs) -> Result<(), Failure> {
    let wallet = Wallet::open(context, &arguments.which, &arguments.pool, &arguments.send)?;
    let position = wallet.opened()?;
    let now = context.connection.clock()?.unix_timestamp;
    let tickets = wallet::unbonding(position, now);
    let ticket = tickets.iter().find(|one| one.ticket == arguments.ticket);
    let ticket = ticket.ok_or_else(|| {
        let list: Vec<String> = tickets
            .iter()
            .map(|one| format!("{} ({} tokens)", one.ticket, wallet.amount(one.amount)))
            .collect();
        Failure::new(
            "no_ticket",
            format!("there is no ticket {}", arguments.ticket),
        )
        .remedy(match list.is_empty() {
            true => "nothing is unbonding".to_owned(),
            false => format!("unbonding are {}", list.join(", ")),
        })
    })?;
    let cancel = ix::cancel_unstake(
        &wallet.live.at.economy,
        &wallet.pool_address(),
        &wallet.owner(),
        arguments.ticket,
    );
    let what = format!("stake {} tokens again", wallet.amount(ticket.amount));
    wallet.write(
        context,
        &arguments.send,
        (
            "cancel-unstake",
            ticket.amount,
            Figures::of(wallet.amount(ticket.amount)),
        ),
        what,
        vec![cancel],
    )
}

/// `close-position`: closes an empty position; its rent goes to who paid it.
///
/// # Errors
///
/// Stake, tickets or rewards remain; what the cluster refuses.
pub fn close_position(context: &Context, arguments: &ExitArgs) -> Result<(), Failure> {
    let wallet = Wallet::open(context, &arguments.which, &arguments.pool, &arguments.send)?;
    let position = wallet.opened()?;
    let close = ix::close_position(
        &wallet.live.at.economy,
        &wallet.pool_address(),
        &wallet.owner(),
        &position.payer,
    );
    let what = format!(
        "close the empty position; its rent goes to {}, who paid it",
        position.payer
    );
    wallet.write(
        context,
        &arguments.send,
        ("close-position", 0, Figures::default()),
        what,
        vec![close],
    )
}

/// `close-ballot`: returns the rent of a ballot whose proposal is final.
///
/// # Errors
///
/// There is no such ballot; the proposal is open; what the cluster refuses.
pub fn close_ballot(context: &Context, arguments: &CloseBallotArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let own = context.actor(&arguments.send)?;
    let owner = match &arguments.owner {
        Some(text) => read_address(text, "--owner")?,
        None => own.address(),
    };
    let council = super::council::seated(context, &live)?;
    let proposal = live.proposal(&context.connection, &council, arguments.proposal)?;
    let id = ProposalId::of(&proposal);
    let place = address::ballot(&id.address(&live.at.economy), id.index, &owner);
    let ballot: Ballot = context.connection.fetch(&place)?.ok_or_else(|| {
        Failure::new(
            "no_ballot",
            format!("{owner} has no ballot on proposal {}", proposal.index),
        )
        .remedy("name the voter with --owner; closed ballots are gone")
    })?;
    let close = governance::close_ballot(&live.at, &owner, &ballot.payer, id);
    let what = format!(
        "close the ballot of {owner} on proposal {}; its rent goes to {}",
        proposal.index, ballot.payer
    );
    public(
        context,
        &live,
        &arguments.send,
        ("close-ballot", what),
        vec![close],
    )
}
