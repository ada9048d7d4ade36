//! What a council decides, executed in the simulator by the program's own rules.

use homeostat::{
    error::HomeostatError,
    state::{action::ExecutionContext, Action, Class, Council},
};

use crate::chain::{Chain, Error};

/// What the simulator has of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All of its effect.
    Simulated,
    /// Nothing in the simulator depends on it: who decides, what may be created later.
    NoEffect,
    /// Something that the simulator does not have depends on it.
    Beyond,
}

impl Reach {
    /// How far the simulator can show what an action does.
    pub fn of(action: &Action) -> Self {
        match action {
            Action::Tune { .. }
            | Action::ResumeController { .. }
            | Action::ResumeEconomy { .. }
            | Action::HalfLife { .. }
            | Action::FeedForward { .. }
            | Action::Slew { .. }
            | Action::Mode { .. }
            | Action::Limits { .. }
            | Action::FeeSplit { .. }
            | Action::Caps { .. }
            | Action::Terms { .. }
            | Action::Wire { .. }
            | Action::Guard { .. }
            | Action::RevokeAdvisor { .. }
            | Action::PayTreasury { .. } => Self::Simulated,
            // A run does not start in an economy that is paused.
            Action::Unpause { .. }
            | Action::MinStake { .. }
            | Action::AllowPool { .. }
            | Action::AllowMeters { .. }
            | Action::AllowFeeds { .. }
            | Action::Advisor { .. }
            | Action::AdviceRange { .. }
            | Action::AddMember { .. }
            | Action::RemoveMember { .. }
            | Action::Threshold { .. }
            | Action::Guardian { .. }
            | Action::Delays { .. }
            | Action::GiveUp { .. } => Self::NoEffect,
            Action::PoolWeight { .. }
            | Action::Exclude { .. }
            | Action::Feed { .. }
            | Action::Retire { .. } => Self::Beyond,
        }
    }
}

/// Executes those of the `actions` that the simulator has, as the instruction `execute` does: all
/// of them or none. Returns the tokens that were paid out of the treasury (base units). Refuses
/// what the program refuses.
pub fn execute(chain: &mut Chain, council: &Council, actions: &[Action]) -> Result<u64, Error> {
    let simulated = |action: &&Action| Reach::of(action) == Reach::Simulated;
    let actions: Vec<Action> = actions.iter().filter(simulated).cloned().collect();
    let (mut economy, mut council) = (chain.economy.clone(), Box::new(*council));
    let now = chain.now;
    let mut context = ExecutionContext {
        economy: &mut economy,
        council: &mut council,
        now,
    };
    context.apply(&actions, Class::GRAVEST)?;
    economy.re_rate(chain.supply, now)?;
    economy.config_seq = economy.config_seq.saturating_add(1);
    economy.invariant(chain.supply, now)?;
    let mut paid = 0u64;
    for action in &actions {
        if let Action::PayTreasury { amount, .. } = action {
            paid = paid
                .checked_add(*amount)
                .ok_or(HomeostatError::MathOverflow)?;
        }
    }
    let left = chain.treasury.checked_sub(paid);
    chain.treasury = left.ok_or(HomeostatError::InvariantViolated)?;
    chain.economy = economy;
    Ok(paid)
}
