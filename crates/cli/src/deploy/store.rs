//! What the publisher's vault has to do, stored in its multisig by a member, as every other
//! command does with `--squads`.

use homeostat_chain::signer::read_address;
use homeostat_client::Pubkey;
use homeostat_migrations::run::Upgrade;
use homeostat_migrations::{ClusterFile, Publisher, Signed};

use crate::chain::delivery::SendArgs;
use crate::chain::write::{Figures, HandedOver, Intent, Outcome};
use crate::chain::Context;
use crate::failure::Failure;

/// A multisig, and which of its vaults the publisher's is.
pub(super) struct Vault {
    multisig: Pubkey,
    index: u8,
}

/// The multisig of `--squads`, which is the file's.
///
/// # Errors
///
/// `not_the_publisher`; it is no address.
pub(super) fn publishers(multisig: &str, file: &ClusterFile) -> Result<Vault, Failure> {
    let multisig = read_address(multisig, "--squads")?;
    match file.program.as_ref().map(|program| program.publisher) {
        Some(Publisher::Multisig {
            address,
            vault_index,
        }) if address == multisig => Ok(Vault {
            multisig,
            index: vault_index,
        }),
        _ => Err(Failure::new(
            "not_the_publisher",
            format!("{multisig} is not the multisig that the cluster file names"),
        )
        .remedy("nothing was sent; correct --squads, or name it in [publisher]")),
    }
}

/// Stores the first of what is left for the vault: one at a time, since a program changes once a
/// slot and a transaction is tried out before it is stored. `None` = nothing is left.
///
/// # Errors
///
/// The payer may not store anything; the cluster's.
pub(super) fn next(
    context: &Context,
    send: &SendArgs,
    vault: &Vault,
    upgrade: &Upgrade,
) -> Result<Option<HandedOver>, Failure> {
    let Some(next) = upgrade.transactions.first() else {
        return Ok(None);
    };
    let what = match next.what {
        Signed::Room => "makes room in",
        Signed::Upgrade => "upgrades",
    };
    let send = SendArgs {
        squads: Some(vault.multisig.to_string()),
        vault: vault.index,
        ..send.clone()
    };
    let actor = context.actor(&send)?;
    let intent = Intent {
        command: "deploy",
        what: format!("{} {what} {}", upgrade.authority, upgrade.program),
        instructions: vec![next.instruction.clone()],
        keys: Vec::new(),
        admin: false,
        figures: Figures::default(),
    };
    Ok(match context.perform(&send, &actor, intent)? {
        Some(written) => match written.outcome {
            Outcome::HandedOver(handed) => Some(handed),
            Outcome::Sent(_)
            | Outcome::Simulated(_)
            | Outcome::Exported(_)
            | Outcome::Prepared(_) => None,
        },
        None => None,
    })
}
