//! What actions would do to the live state, by the program's own rules.

use anchor_lang::prelude::{Error, ProgramError};
use homeostat::state::action::ExecutionContext;
use homeostat_client::{Action, Class, Council, Economy};

use crate::refusal::of_program;
use homeostat_settings::failure::Failure;
use homeostat_settings::proposal_file::State;

/// What executing actions now would do.
pub struct Trial {
    /// Their class.
    pub class: Class,
    /// The economy afterwards.
    pub economy: Box<Economy>,
    /// Its council afterwards.
    pub council: Box<Council>,
}

/// Applies actions to copies of the live state, as `propose` does on chain. Token moves
/// and feeds are left to the execution.
///
/// # Errors
///
/// What the program would refuse, in its words.
pub fn try_out(actions: &[Action], state: State<'_>) -> Result<Trial, Failure> {
    let (mut economy, mut council) = (Box::new(*state.economy), Box::new(*state.council));
    let mut context = ExecutionContext {
        economy: &mut economy,
        council: &mut council,
        now: state.now,
    };
    let class = context.apply(actions, Class::GRAVEST).map_err(refused)?;
    Ok(Trial {
        class,
        economy,
        council,
    })
}

fn refused(error: Error) -> Failure {
    match ProgramError::from(error) {
        ProgramError::Custom(code) => of_program(code, &[""; 0]),
        other => Failure::new("refused", other.to_string()).remedy("correct the proposal"),
    }
}
