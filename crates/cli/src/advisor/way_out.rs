//! What a recommendation becomes: advice on chain, or a proposal file.

use std::fs;
use std::path::Path;

use homeostat_client::{governance, Tunable};
use homeostat_sim::advisor::recommend::Move;

use super::answer::{value, Advice};
use super::ground::Ground;
use crate::chain::delivery::SendArgs;
use crate::chain::key::Key;
use crate::chain::refused::{About, Scene};
use crate::chain::write::{Figures, Intent, Written};
use crate::chain::{time, Context};
use crate::failure::Failure;

/// The key that advises.
///
/// # Errors
///
/// It cannot be read; it is not the advisor's.
pub fn advisor(context: &Context, ground: &Ground, delivery: &SendArgs) -> Result<Key, Failure> {
    let own = context.actor(delivery)?;
    let holder = ground.council.advisor.holder.key;
    if own.address() != holder {
        let message = if holder == Default::default() {
            "the economy has no advisor".to_owned()
        } else {
            format!("{} is not the advisor, who is {holder}", own.address())
        };
        return Err(Failure::new("not_the_advisor", message).remedy(
            "give the advisor's key with --keypair; a council appoints one with an `advisor` \
             action; nothing was sent",
        ));
    }
    Ok(own)
}

/// Sends the change as advice. `None` when signatures were printed.
///
/// # Errors
///
/// What the cluster refuses.
pub fn send(
    context: &Context,
    ground: &Ground,
    delivery: &SendArgs,
    own: &Key,
    change: &Move,
) -> Result<Option<Written>, Failure> {
    let instruction = governance::advise(
        &ground.live.at,
        &own.address(),
        change.parameter,
        change.field,
        change.to.to_bits(),
        change.over_seconds,
    );
    let intent = Intent {
        command: "advisor",
        what: format!(
            "advise: {} of {} to {}",
            field(change.field),
            change.parameter.name(),
            value(change.field, change.to)
        ),
        instructions: vec![instruction],
        keys: vec![own],
        admin: true,
        figures: Figures::default(),
    };
    let scene = Scene {
        live: &ground.live,
        signer: own.address(),
        about: About::Advice {
            parameter: change.parameter,
            field: change.field,
        },
    };
    context.perform_in(&scene, delivery, own, intent)
}

/// The word of a setpoint or a bias.
pub fn field(field: Tunable) -> &'static str {
    let words = homeostat_settings::words::TUNABLES;
    let found = words.iter().find(|(_, one)| *one == field);
    found.map_or("setpoint", |(word, _)| word)
}

/// Refuses a file that cannot be written; leaves no new one behind.
pub fn writable(path: &Path) -> Result<(), Failure> {
    crate::files::writable(path).map_err(|failure| failure.remedy("give another --proposal file"))
}

/// Writes a file that `propose` takes. It insists on the value that the search started from, so
/// that it is refused once that has changed.
///
/// # Errors
///
/// The file cannot be written.
pub fn write_proposal(path: &Path, advice: &Advice, change: &Move) -> Result<(), Failure> {
    fs::write(path, proposal(advice, change)).map_err(|error| {
        crate::files::unwritable(path, &error).remedy("give another --proposal file")
    })
}

fn proposal(advice: &Advice, change: &Move) -> String {
    let (parameter, field) = (change.parameter.name(), field(change.field));
    let [from, to] = [change.from, change.to].map(|number| value(change.field, number));
    let mut text = format!(
        "# Made by `homeostat advisor` for the economy {} at {}.\n",
        advice.economy,
        time(advice.now)
    );
    for sentence in &advice.evidence {
        text.push_str(&format!("# {sentence}\n"));
    }
    text.push_str(&format!(
        "title = \"Advisor: {field} of {parameter} from {from} to {to}\"\n\n\
         [[action]]\nkind = \"tune\"\nparameter = \"{parameter}\"\nfield = \"{field}\"\n\
         expected = {from}\nvalue = {to}\nover = {}\n",
        change.over_seconds
    ));
    text
}
