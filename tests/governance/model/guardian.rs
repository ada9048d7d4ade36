//! A guardian who answers. It has an opinion of everything that waits, and vetoes what it does
//! not like within six hours, the shortest delay that a council can have; it need not do so
//! earlier. Everybody else does anything: members, the advisor, stakers, strangers, and
//! guardians who are replaced by others with the same habit.
//!
//! What is executed against it then is its own replacement, when members lift its veto, and
//! what only lets go of something, which no guardian may stop. What tightens does not wait for it
//! either. Advice that it does not like is never followed.

use homeostat_client::{Action, Class};

use super::{
    super::HOUR,
    reference::{Advice, Proposal},
    steps::{Dice, Step},
    story::Story,
    BTreeMap, Seen, STEPS,
};

/// Seconds in which the guardian answers: the lowest Routine delay that a council can set.
const ANSWER: usize = 6 * HOUR as usize;

const VETOED: &str = "guardian: vetoed what waited";
const AGREED: &str = "guardian: agreed to what was executed";
const REPLACED: &str = "guardian: replaced over its veto";
const LET_GO: &str = "guardian: could not keep what was let go";
const TIGHTENED: &str = "guardian: not asked before what tightens";
const ADVICE_VETOED: &str = "guardian: vetoed advice";
const ADVICE_AGREED: &str = "guardian: agreed to advice that came due";

/// What must occur at least once, or the plot shows nothing.
pub(super) const EXPECTED: [&str; 7] = [
    VETOED,
    AGREED,
    REPLACED,
    LET_GO,
    TIGHTENED,
    ADVICE_VETOED,
    ADVICE_AGREED,
];

/// What the guardian thinks of something that waits.
#[derive(Clone, Copy)]
struct Opinion {
    /// Since when it waits.
    since: i64,
    likes: bool,
    /// When it is vetoed, if it waits then still.
    answer_at: i64,
}

impl Opinion {
    fn new(since: i64, likes: bool, dice: &mut Dice) -> Self {
        Self {
            since,
            likes,
            answer_at: since + dice.below(ANSWER) as i64,
        }
    }
}

/// What is answered.
#[derive(Clone, Copy)]
enum Subject {
    Proposal(u64),
    Advice,
}

/// Everything that the guardian has seen.
#[derive(Default)]
struct Opinions {
    proposals: BTreeMap<u64, Opinion>,
    advice: Option<(Advice, Opinion)>,
}

/// No veto stops it: it lets go, or replaces a guardian whose veto was lifted.
fn is_exempt(proposal: &Proposal) -> bool {
    proposal.resumes() || proposal.overridden
}

impl Story<'_> {
    /// The guardian looks at what waits.
    fn look(&self, opinions: &mut Opinions, dice: &mut Dice) {
        for (index, since) in self.model.waiting() {
            let known = opinions.proposals.get(&index).copied();
            if known.is_none_or(|known| known.since != since) {
                // It likes what it liked, however often that was queued.
                let likes = known.map_or_else(|| dice.chance(35), |known| known.likes);
                let opinion = Opinion::new(since, likes, dice);
                opinions.proposals.insert(index, opinion);
            }
        }
        let pending = self.model.realm.advice.clone();
        let known = opinions.advice.as_ref().map(|(advice, _)| advice);
        if pending.as_ref() != known {
            opinions.advice = pending.map(|advice| {
                let likes = dice.chance(60);
                (advice, Opinion::new(self.model.now, likes, dice))
            });
        }
    }

    /// What the guardian answers next, and when.
    fn next_answer(&self, opinions: &Opinions) -> Option<(i64, Subject)> {
        let waiting = self.model.waiting().filter_map(|(index, _)| {
            let opinion = opinions.proposals.get(&index)?;
            let against = !opinion.likes && !is_exempt(&self.model.proposals[&index]);
            against.then_some((opinion.answer_at, Subject::Proposal(index)))
        });
        let advice = opinions.advice.as_ref().filter(|(advice, opinion)| {
            let pending = self.model.realm.advice.as_ref() == Some(advice);
            pending && self.model.realm.live && !opinion.likes
        });
        let advice = advice.map(|(_, opinion)| (opinion.answer_at, Subject::Advice));
        waiting.chain(advice).min_by_key(|(at, _)| *at)
    }

    /// Lets time pass, in which the guardian answers.
    async fn pass(&mut self, opinions: &Opinions, to: i64) -> Result<(), String> {
        while let Some((at, subject)) = self.next_answer(opinions).filter(|(at, _)| *at <= to) {
            self.set_time(at).await;
            let guardian = self.model.realm.guardian.holder.expect("a guardian");
            match subject {
                Subject::Proposal(index) => {
                    self.must(Step::Veto(guardian, index)).await?;
                    self.tally.note(VETOED, 1);
                }
                Subject::Advice => {
                    self.must(Step::VetoAdvice(guardian)).await?;
                    self.tally.note(ADVICE_VETOED, 1);
                }
            }
        }
        self.set_time(to).await;
        Ok(())
    }

    /// What was executed, as the accounts were just before.
    fn executed(&mut self, opinions: &Opinions, index: u64, before: &Seen) -> Result<(), String> {
        let proposal = before.proposal.as_ref().expect("it was executed");
        let actions = proposal.read().map_err(|error| error.to_string())?;
        let lets_go = actions.iter().all(|action| {
            matches!(
                action,
                Action::Unpause { .. }
                    | Action::RevokeAdvisor { .. }
                    | Action::ResumeController { .. }
                    | Action::ResumeEconomy { .. }
            )
        });
        let replaces = matches!(actions[..], [Action::Guardian { .. }]);
        let likes = opinions.proposals.get(&index).is_some_and(|o| o.likes);
        let what = if lets_go {
            LET_GO
        } else if proposal.class == Class::Immediate as u8 {
            TIGHTENED
        } else if likes {
            AGREED
        } else if replaces && proposal.overridden != 0 {
            REPLACED
        } else {
            return Err("executed against a guardian who answers".into());
        };
        self.tally.note(what, 1);
        Ok(())
    }

    /// Advice that was due when somebody cranked.
    fn followed(&mut self, opinions: &Opinions, before: &Seen) -> Result<(), String> {
        let advice = &before.economy.advice;
        if advice.pending == 0 || self.play.bank.now() < advice.eta {
            return Ok(());
        }
        let known = opinions.advice.as_ref();
        if !known.is_some_and(|(_, opinion)| opinion.likes) {
            return Err("advice came due against a guardian who answers".into());
        }
        self.tally.note(ADVICE_AGREED, 1);
        Ok(())
    }

    /// The whole of it.
    pub(super) async fn run_with_answers(&mut self, dice: &mut Dice) -> Result<(), String> {
        let cast = &self.play.prepared.cast;
        let mut opinions = Opinions::default();
        for _ in 0..STEPS {
            let mut at = self.model.now;
            if dice.chance(25) {
                at = dice.moment(&self.model);
            }
            self.pass(&opinions, at).await?;
            // The guardian's vetoes are its answers and nothing else; it pauses as it likes.
            let guardian = self.model.realm.guardian.holder;
            let step = loop {
                let step = dice.step(&self.model, cast);
                let answers = matches!(step, Step::Veto(..) | Step::VetoAdvice(..));
                if !answers || step.signer().copied() != guardian {
                    break step;
                }
            };
            let index = step.concerns(&self.model);
            let before = self.play.seen(index);
            if self.step(&step).await?.is_ok() {
                match (&step, index) {
                    (Step::Execute(..), Some(index)) => {
                        self.executed(&opinions, index, &before)?;
                    }
                    (Step::Crank, _) => self.followed(&opinions, &before)?,
                    _ => {}
                }
            }
            self.look(&mut opinions, dice);
        }
        self.everybody_leaves().await?;
        self.all_is_the_same().await
    }
}
