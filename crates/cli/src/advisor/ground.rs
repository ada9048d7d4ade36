//! What an advisor stands on: the economy as it is now, and what keeps it from recommending
//! anything before a figure was looked at.

use homeostat_chain::Live;
use homeostat_client::{Council, Funding, Life, Parameter};
use homeostat_settings::words::SECTIONS;

use super::answer::Wait;
use crate::chain::council::seated;
use crate::chain::{time, Context, WhichArgs};
use crate::failure::Failure;

/// The economy as it is now.
pub struct Ground {
    /// Its accounts.
    pub live: Live,
    /// Its council.
    pub council: Box<Council>,
    /// The cluster's time (unix seconds).
    pub now: i64,
}

impl Ground {
    /// Reads it.
    pub fn read(context: &Context, which: &WhichArgs) -> Result<Self, Failure> {
        let live = context.live(which)?;
        Ok(Self {
            council: seated(context, &live)?,
            now: context.connection.clock()?.unix_timestamp,
            live,
        })
    }

    /// Every reason to wait that the accounts tell.
    pub fn hindrances(&self) -> Vec<Wait> {
        let (economy, mut all) = (&self.live.economy, Vec::new());
        let mut wait = |code, text| all.push(Wait { code, text });
        if economy.life != Life::Live as u8 {
            let text = format!("the economy is not live but {}", self.live.life());
            wait("not_live", text);
            return all;
        }
        if economy.funding == Funding::Funded as u8 {
            wait(
                "funded_economy",
                "the economy pays rewards out of a vault; the simulator knows only economies that \
                 mint theirs"
                    .into(),
            );
        }
        if economy.tripped != 0 {
            wait(
                "tripped",
                "a vault was found short, and nothing is emitted until governance resumes".into(),
            );
        }
        for (word, section) in SECTIONS {
            if economy.is_paused(section, self.now) {
                let until = time(economy.pause_until(section));
                wait("paused", format!("{word} is paused until {until}"));
            }
        }
        let controllers = Parameter::ALL.into_iter().zip(&economy.controllers);
        for (parameter, controller) in controllers {
            if let Some(reason) = controller.guard().latched {
                let since = time(controller.guard.latched_since);
                let reason = format!("{reason:?}").to_lowercase();
                let text = format!(
                    "the guard of the {} has been latched since {since} ({reason}); what it \
                     measured may be an attack or an accident",
                    parameter.name()
                );
                wait("guard_latched", text);
            }
        }
        let advice = &economy.advice;
        if advice.pending != 0 {
            let parameter = Parameter::ALL.get(usize::from(advice.parameter));
            let text = format!(
                "other advice waits already, for the {}, and can be applied from {} on",
                parameter.map_or("economy", |parameter| parameter.name()),
                time(advice.eta)
            );
            wait("advice_pending", text);
        }
        all
    }
}
