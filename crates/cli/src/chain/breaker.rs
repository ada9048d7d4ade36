//! Stopping an economy that owes more than it has.

use homeostat::HomeostatError as E;
use homeostat_client::instruction::{self as ix, Vault};

use super::plain::{public, PlainArgs};
use super::Context;
use crate::failure::Failure;

/// `trip-breaker`: stops the emission and holds every controller where a vault has less than the
/// economy owes from it. Which one that is, is found out by trying each.
///
/// # Errors
///
/// Every vault has what is owed from it (`solvent`); what the cluster refuses.
pub fn trip_breaker(context: &Context, arguments: &PlainArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let own = context.actor(&arguments.send)?;
    let payer = arguments.send.payer(&own)?.address();
    let pools = (0..live.stakes.len()).map(Vault::Principal);
    let meters = (0..live.economy.meter_count).map(Vault::Fees);
    for vault in core::iter::once(Vault::Rewards).chain(pools).chain(meters) {
        let Some(trip) = ix::trip_breaker(&live.at, &live.stakes, &live.economy, vault) else {
            continue;
        };
        let notes = context.notes("trip-breaker", "", &own);
        let sender = context.sender(&arguments.send, notes);
        let trial = sender.prepare(&payer, core::slice::from_ref(&trip));
        match trial {
            Ok(_) => {
                let name = match vault {
                    Vault::Rewards => "the reward vault".to_owned(),
                    Vault::Principal(lane) => format!("the principal vault of pool {lane}"),
                    Vault::Fees(shard) => format!("the fee vault of meter {shard}"),
                };
                let what = format!("stop the emission and hold every controller: {name} is short");
                return public(
                    context,
                    &live,
                    &arguments.send,
                    ("trip-breaker", what),
                    vec![trip],
                );
            }
            Err(failure) if failure.custom == Some(u32::from(E::VaultSolvent)) => {}
            Err(failure) => return Err(failure),
        }
    }
    Err(Failure::new(
        "solvent",
        "every vault holds at least what the economy owes from it",
    )
    .remedy("there is nothing to stop; a guardian pauses with `homeostat pause`"))
}
