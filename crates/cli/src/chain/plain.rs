//! Commands that are about an economy as a whole.

use homeostat_chain::Live;
use homeostat_client::Instruction;

use super::delivery::SendArgs;
use super::key::Key;
use super::refused::{About, Scene};
use super::write::{Figures, Intent};
use super::{Context, WhichArgs};
use crate::failure::Failure;

/// Arguments of commands that need nothing but an economy and a key.
#[derive(Clone, Debug, clap::Args)]
pub struct PlainArgs {
    #[command(flatten)]
    pub(super) which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// What a command does: its name, and a line for a person.
pub(super) type Deed = (&'static str, String);

/// Sends what anybody may send: nobody but the payer signs.
///
/// # Errors
///
/// What the cluster refuses.
pub(super) fn public(
    context: &Context,
    live: &Live,
    send: &SendArgs,
    deed: Deed,
    instructions: Vec<Instruction>,
) -> Result<(), Failure> {
    let own = context.actor(send)?;
    deliver(context, live, (send, &own), deed, instructions, Vec::new())
}

/// Sends what `own` signs.
///
/// # Errors
///
/// What the cluster refuses.
pub(super) fn signed(
    context: &Context,
    live: &Live,
    (send, own): (&SendArgs, &Key),
    deed: Deed,
    instructions: Vec<Instruction>,
) -> Result<(), Failure> {
    deliver(context, live, (send, own), deed, instructions, vec![own])
}

fn deliver(
    context: &Context,
    live: &Live,
    (send, own): (&SendArgs, &Key),
    (command, what): Deed,
    instructions: Vec<Instruction>,
    keys: Vec<&Key>,
) -> Result<(), Failure> {
    let intent = Intent {
        command,
        what,
        instructions,
        keys,
        admin: false,
        figures: Figures::default(),
    };
    let scene = Scene {
        live,
        signer: own.address(),
        about: About::Economy,
    };
    context.write_in(&scene, send, own, intent)
}
