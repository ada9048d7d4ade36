//! Commands that this binary was built without.

use std::ffi::OsString;

use crate::failure::Failure;

/// Whatever stands behind the name of a command that is not here.
#[derive(Clone, Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Words {
    /// What the command would take
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub words: Vec<OsString>,
}

/// Says which feature brings the command, which has its name.
pub fn failure(feature: &str) -> Failure {
    Failure::new(
        "left_out",
        format!("this binary was built without the feature `{feature}`, which has that command"),
    )
    .remedy(format!(
        "in a checkout, run `cargo homeostat {feature}`, or install it with \
         `cargo install --path crates/cli --locked --profile dist --features {feature}`"
    ))
}
