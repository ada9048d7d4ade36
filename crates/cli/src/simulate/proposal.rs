//! What a proposal would do: paired runs without it and with it.

use std::path::Path;

use homeostat::state::{CouncilArgs, SeatArgs};
use homeostat_client::{Council, Delays};
use homeostat_settings::change::{decode, Decoded};
use homeostat_settings::files;
use homeostat_settings::proposal_file::{read_proposal, ProposalSpec, State};
use homeostat_settings::tokens::Tokens;
use homeostat_settings::words::class_name;
use homeostat_sim::bench::ordered;
use homeostat_sim::chain::Chain;
use homeostat_sim::effect::{self, Decision, Effect, Figures, Refused, FIGURES};
use homeostat_sim::live::Reach;
use homeostat_sim::plant::START;
use homeostat_sim::policy::Policy;
use homeostat_sim::run::Case;
use homeostat_sim::stats::Bootstrap;

use super::live::Ground;
use super::setting::Lived;
use super::{place, refused_in};
use crate::chain::refused::tried;
use crate::failure::Failure;
use crate::progress::Progress;

/// A proposal that was read and tried out.
pub struct Proposal {
    spec: ProposalSpec,
    council: Box<Council>,
    /// What the file calls it.
    pub title: Option<String>,
    /// Its actions, as people read them.
    pub actions: Vec<Decoded>,
    /// Its class.
    pub class: String,
    /// What it waits after its approval (seconds).
    pub delay: u32,
    /// The epoch at whose start it is executed.
    pub epoch: usize,
    /// Actions of which the simulator shows nothing, by kind.
    pub without_effect: Vec<&'static str>,
}

impl Proposal {
    /// Reads a proposal file against the economy that a run starts in, and tries it out by the
    /// program's rules.
    ///
    /// # Errors
    ///
    /// A wrong file, with its place; what the program would refuse; what the simulator cannot
    /// show; one that waits longer than to the shock.
    pub fn read(path: &Path, lived: &Lived, ground: Option<&Ground>) -> Result<Self, Failure> {
        match ground.and_then(Ground::state) {
            Some(state) => Self::against(path, lived, state),
            None => {
                // An economy that does not exist yet: as it will be when it goes live, with a
                // council that waits as long as a council does by default.
                let mut chain = Chain::go_live(&lived.setting.design, START)
                    .map_err(|error| refused_in("before it began", &error))?;
                chain.economy.decimals = lived.decimals;
                let council = standing_in()?;
                let state = State {
                    economy: &chain.economy,
                    council: &council,
                    feeds: &[],
                    now: START,
                };
                Self::against(path, lived, state)
            }
        }
    }

    fn against(path: &Path, lived: &Lived, state: State<'_>) -> Result<Self, Failure> {
        let bytes = files::read(path)?;
        let spec = read_proposal(&bytes, &path.display().to_string(), state)?;
        let trial = tried(&spec.actions, state)?;
        let tokens = Tokens {
            decimals: state.economy.decimals,
        };
        let actions: Vec<Decoded> = spec
            .actions
            .iter()
            .map(|action| decode(action, tokens, Some(state.economy)))
            .collect();
        let kinds = |reach: Reach| {
            let all = spec.actions.iter().zip(&actions);
            all.filter(move |(action, _)| Reach::of(action) == reach)
                .map(|(_, decoded)| decoded.kind)
        };
        if let Some(kind) = kinds(Reach::Beyond).next() {
            let problem = format!("the simulator cannot show what `{kind}` does");
            return Err(Failure::at("not_simulated", place(path), problem)
                .remedy("leave that action out to see what the others do"));
        }
        let without_effect: Vec<&'static str> = kinds(Reach::NoEffect).collect();
        let delay = state.council.delays.of(trial.class);
        let calendar = &lived.setting.calendar;
        let days = f64::from(delay) / 86_400.0;
        let epoch = (days / calendar.epoch_days).ceil() as usize;
        if epoch > calendar.shock() {
            let shock = calendar.shock() as f64 * calendar.epoch_days;
            let problem =
                format!("waits {days} days; figures are taken from day {shock} of the run on");
            return Err(Failure::at("delay_too_long", place(path), problem)
                .remedy("live through more --epochs"));
        }
        Ok(Self {
            title: spec.title.clone(),
            spec,
            council: Box::new(*state.council),
            class: class_name(trial.class as u8).to_owned(),
            actions,
            delay,
            epoch,
            without_effect,
        })
    }

    /// What is decided and when.
    pub fn decision(&self) -> Decision<'_> {
        Decision {
            actions: &self.spec.actions,
            council: &self.council,
            epoch: self.epoch,
        }
    }

    /// Lives `seeds` runs from `first` on without it and with it, and compares the figures. The
    /// result does not depend on the number of threads.
    ///
    /// # Errors
    ///
    /// A run in which the program refuses something.
    pub fn effects(
        &self,
        lived: &Lived,
        first: u64,
        seeds: usize,
    ) -> Result<Vec<Option<Effect>>, Failure> {
        let case = |index: usize| Case {
            scenario: lived.scenario,
            policy: Policy::Homeostat,
            seed: first.wrapping_add((index / 2) as u64),
        };
        let decision = self.decision();
        let work = |index: usize| -> Result<Figures, Refused> {
            let refused = |error| Refused { epoch: 0, error };
            let mut run = lived.prepare(case(index)).map_err(refused)?;
            effect::live(&mut run, (index % 2 == 1).then_some(&decision))
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let mut progress = Progress::start();
        let mut lives: Vec<Figures> = Vec::with_capacity(2 * seeds);
        ordered(0..2 * seeds, threads, work, |index, figures| {
            let arm = if index % 2 == 1 { "with" } else { "without" };
            let Case { seed, .. } = case(index);
            progress.tell(|| format!("{} of {} runs", index + 1, 2 * seeds));
            lives.push(figures.map_err(|Refused { epoch, error }| {
                let when = format!("in epoch {} of seed {seed}, {arm} the proposal", epoch + 1);
                refused_in(&when, &error)
            })?);
            Ok(())
        })?;
        let bootstrap = Bootstrap::default();
        let compare = |figure: usize| {
            let pairs: Vec<(f64, f64)> = lives
                .chunks_exact(2)
                .map(|pair| (pair[0][figure], pair[1][figure]))
                .collect();
            effect::compare(FIGURES[figure].1, &pairs, &bootstrap)
        };
        Ok((0..FIGURES.len()).map(compare).collect())
    }
}

/// A council of nobody in particular: one member, a guardian, the default delays.
fn standing_in() -> Result<Box<Council>, Failure> {
    let seat = |byte: u8| SeatArgs {
        key: [byte; 32].into(),
        via: None,
    };
    let mut council: Box<Council> = Box::new(bytemuck::Zeroable::zeroed());
    let args = CouncilArgs {
        members: vec![seat(1)],
        append: false,
        threshold: 1,
        guardian: seat(2),
        delays: Some(Delays::DEFAULT),
    };
    let made = council.set_up(&args);
    made.map_err(|error| refused_in("when the council was made", &error))?;
    Ok(council)
}
