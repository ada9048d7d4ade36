//! `token`: a token to begin with, and what there is to know of one.

mod create;
mod key;
mod show;

use anchor_spl::{token, token_2022};
use homeostat_client::Pubkey;

use crate::chain::{ClusterArgs, Context};
use crate::failure::Failure;
use crate::output::Format;

pub use create::TokenCreated;
pub use show::TokenShown;

/// Arguments of `token`.
#[derive(Clone, Debug, clap::Args)]
pub struct TokenArgs {
    #[command(subcommand)]
    what: What,
}

/// What to do.
#[derive(Clone, Debug, clap::Subcommand)]
enum What {
    /// Create a token without freeze authority, and its whole supply, in one transaction
    #[command(after_long_help = create::AFTER_LONG_HELP)]
    Create(Box<create::CreateArgs>),
    /// Supply, authorities, extensions, and whether an economy would take it
    Show(show::ShowArgs),
}

/// `token`.
///
/// # Errors
///
/// Those of its parts.
pub fn run(arguments: &TokenArgs, cluster: &ClusterArgs, format: Format) -> Result<(), Failure> {
    let context = Context::open(cluster, format)?;
    match &arguments.what {
        What::Create(create) => create::create(&context, create),
        What::Show(show) => show::show(&context, show),
    }
}

/// A token program in words.
fn program_name(program: &Pubkey) -> &'static str {
    match *program {
        token::ID => "SPL Token",
        token_2022::ID => "Token-2022",
        _ => "another program",
    }
}
