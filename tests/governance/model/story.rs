//! One sequence: step by step on the program and on the reference.

use homeostat::state::action::Terms;
use homeostat_client::{log, Parameter};
use homeostat_tests::HomeostatError;

use super::*;

/// What a sequence is about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Plot {
    /// Anybody does anything.
    Anything,
    /// Anybody does anything, but the guardian answers whatever waits in time.
    GuardianAnswers,
}

/// One sequence as far as it went.
pub(super) struct Story<'a> {
    pub(super) play: Play<'a>,
    pub(super) model: Model,
    watch: Watch,
    pub(super) tally: Tally,
    lines: Vec<String>,
}

impl Story<'_> {
    pub(super) async fn set_time(&mut self, at: i64) {
        if at > self.model.now {
            self.play.bank.set_time(at).await;
            self.model.now = at;
        }
    }

    /// A step on both sides.
    pub(super) async fn step(&mut self, step: &Step) -> Result<Result<(), u32>, String> {
        let index = step.concerns(&self.model);
        let before = self.play.seen(index);
        // What is proposed again is refused for what is at its address.
        let holder = match step {
            Step::Propose(_, actions) => self.play.holder(actions),
            _ => index,
        };
        let held = self.play.seen(holder);
        let expected = step.expected(&mut self.model);
        self.lines.push(format!(
            "{:>9} s  {step:?}: {}",
            self.model.now - Bank::GENESIS,
            told(&expected)
        ));
        let answer = self.play.send(step, index).await;
        let answer = answer.map_err(|failure| format!("no code: {failure}"))?;
        if answer != expected {
            let (program, reference) = (told(&answer), told(&expected));
            return Err(format!("program: {program}, reference: {reference}"));
        }
        self.tally.count(step, &answer);
        if let Err(code) = answer {
            Watch::refused(step, code, &held)?;
        }
        if answer.is_ok() {
            if matches!(step, Step::Crank) {
                self.steer().await?;
            }
            let after = self.play.seen(index);
            self.tally.count_change(&before, &after);
            self.watch.look(step, index, &before, &after)?;
        }
        // A transaction writes nothing that it does not name; at the end all is read.
        let apart = self.play.differences(&self.model, index);
        if apart.is_empty() {
            return Ok(answer);
        }
        Err(apart.join("\n"))
    }

    /// The control law's part of a crank, on what the program measured. The staked share it
    /// measured has to be that of the model's stakes.
    async fn steer(&mut self) -> Result<(), String> {
        let records = self.play.decisions().await;
        let (supply, circulating) = self.play.totals();
        let (stake, seconds) = self.model.window;
        let both = u128::from(self.model.circulating) + u128::from(circulating);
        let expected = (stake, (both * u128::from(seconds)) >> 1);
        let share = &records[Parameter::Emission as usize];
        let measured = (share.numerator.get(), share.denominator.get());
        if measured != expected {
            return Err(format!(
                "staked share: {measured:?}, reference: {expected:?}"
            ));
        }
        self.model.realm.steer(&records.each_ref().map(log::input));
        self.model.circulating = circulating;
        self.model.realm.supply = supply;
        Ok(())
    }

    /// A step that has to go through.
    pub(super) async fn must(&mut self, step: Step) -> Result<(), String> {
        let answer = self.step(&step).await?;
        answer.map_err(|code| format!("somebody is stuck: {}", name(code)))
    }

    fn seated(&self) -> Vec<Pubkey> {
        self.model.realm.seated().map(|(key, _)| *key).collect()
    }

    /// Approvals up to the threshold, by who has not given one.
    async fn approve(&mut self, index: u64) -> Result<(), String> {
        for who in self.seated() {
            if self.model.proposals[&index].stage == Stage::Queued {
                return Ok(());
            }
            let id = self.model.realm.members[&who].id;
            if !self.model.proposals[&index].approvals.contains(&id) {
                self.must(Step::Approve(who, index)).await?;
            }
        }
        Ok(())
    }

    async fn propose(&mut self, actions: Vec<Action>) -> Result<u64, String> {
        let who = self.seated()[0];
        let step = Step::Propose(who, actions);
        let index = step.concerns(&self.model).expect("it is proposed");
        self.must(step).await?;
        self.approve(index).await?;
        Ok(index)
    }

    async fn execute_in_time(&mut self, index: u64) -> Result<(), String> {
        self.set_time(self.model.proposals[&index].eta).await;
        let anybody = self.play.prepared.cast.everybody[0];
        self.must(Step::Execute(anybody, index)).await
    }

    /// Whatever is open, paused or voted on, everybody's stake leaves.
    pub(super) async fn everybody_leaves(&mut self) -> Result<(), String> {
        for (who, stake) in self.model.stakes.clone() {
            if stake.amount > 0 {
                self.must(Step::Unstake(who, stake.amount)).await?;
            }
        }
        Ok(())
    }

    /// One member opens all that its share allows. Everybody else governs on.
    async fn one_member_floods(&mut self) -> Result<(), String> {
        let seated = self.seated();
        let [_, .., flooder] = seated[..] else {
            return Ok(());
        };
        for number in 0.. {
            let action = Action::FeeSplit {
                expected_ppm: self.model.realm.treasury_ppm,
                value_ppm: 1_000 + number,
            };
            let answer = self.step(&Step::Propose(flooder, vec![action])).await?;
            match answer {
                Ok(()) => {}
                Err(code) if code == u32::from(HomeostatError::TooManyOpen) => break,
                Err(code) => return Err(format!("a flood ends with {}", name(code))),
            }
        }
        Ok(())
    }

    /// Whatever happened, an honest threshold still governs: within what time frees
    /// for everybody, against a guardian who vetoes everything.
    async fn still_governs(&mut self) -> Result<(), String> {
        let now = self.model.now;
        let open = self.model.proposals.values().filter(|p| p.is_open());
        let late = open.map(|p| p.open_until(&self.model.realm) + 1);
        // And until what was vetoed can be proposed again.
        let all = self.model.proposals.values();
        let vetoed = all.filter(|p| p.stage == Stage::Vetoed);
        let cold = vetoed.map(|p| p.ended_at + 14 * 86_400 + 1);
        let free = late.chain(cold).max().unwrap_or(now);
        self.set_time(free).await;
        let anybody = self.play.prepared.cast.everybody[0];
        let open: Vec<u64> = self
            .model
            .proposals
            .iter()
            .filter(|(_, p)| p.is_open())
            .map(|(index, _)| *index)
            .collect();
        for index in open {
            self.must(Step::Expire(anybody, index)).await?;
        }

        let guardian = self.model.realm.guardian.holder.unwrap();
        let members = &self.model.realm.members;
        let everybody = &self.play.prepared.cast.everybody;
        // Nobody is guardian and member, or guardian and advisor.
        let advisor = &self.model.realm.advisor;
        let offered = advisor.offer.as_ref().map(|offer| offer.key);
        let taken = [Some(guardian), advisor.holder, offered];
        let successor = everybody
            .iter()
            .find(|key| !members.contains_key(*key) && !taken.contains(&Some(**key)));
        let successor = successor.copied();
        self.one_member_floods().await?;
        if let Some(successor) = successor {
            let index = self
                .propose(vec![Action::Guardian {
                    expected: guardian,
                    seat: SeatArgs {
                        key: successor,
                        via: None,
                    },
                }])
                .await?;
            self.must(Step::Veto(guardian, index)).await?;
            for who in self.seated() {
                if self.model.proposals[&index].stage == Stage::Vetoed {
                    self.must(Step::Override(who, index)).await?;
                }
            }
            let lifted = self.model.proposals[&index].eta - self.model.now;
            if lifted > 30 * 86_400 {
                return Err("a guardian stays for more than 30 days over a lifted veto".into());
            }
            let again = self.step(&Step::Veto(guardian, index)).await?;
            if again.is_ok() {
                return Err("a second veto of the guardian's own replacement".into());
            }
            self.execute_in_time(index).await?;
            self.must(Step::Accept(successor, RoleKind::Guardian))
                .await?;
        }
        let expected = self.model.realm.terms;
        let value = Terms {
            bounty: expected.bounty.abs_diff(1),
            ..expected
        };
        let index = self
            .propose(vec![Action::Terms { expected, value }])
            .await?;
        self.execute_in_time(index).await
    }

    /// The whole of it.
    async fn run(&mut self, dice: &mut Dice) -> Result<(), String> {
        let cast = &self.play.prepared.cast;
        for _ in 0..STEPS {
            if dice.chance(25) {
                let at = dice.moment(&self.model);
                self.set_time(at).await;
            }
            let step = dice.step(&self.model, cast);
            let _ = self.step(&step).await?;
        }
        self.everybody_leaves().await?;
        self.still_governs().await?;
        self.all_is_the_same().await
    }

    /// Reads everything once more and compares it with the reference.
    pub(super) async fn all_is_the_same(&mut self) -> Result<(), String> {
        let apart = self.play.all_differences(&self.model).await;
        if apart.is_empty() {
            return Ok(());
        }
        Err(format!("at the end:\n{}", apart.join("\n")))
    }
}

/// Plays one sequence; tells what went wrong.
pub(super) async fn sequence(
    bank: &mut Bank,
    prepared: &Prepared,
    plot: Plot,
    number: u64,
) -> Result<Tally, String> {
    let (play, model) = Play::begin(bank, prepared).await;
    let mut story = Story {
        play,
        model,
        watch: Watch::default(),
        tally: Tally::default(),
        lines: Vec::new(),
    };
    let mut dice = Dice::new(SEED.wrapping_add(number));
    let outcome = match plot {
        Plot::Anything => story.run(&mut dice).await,
        Plot::GuardianAnswers => story.run_with_answers(&mut dice).await,
    };
    let Story {
        play,
        watch,
        mut tally,
        lines,
        ..
    } = story;
    for (what, times) in watch.notes() {
        tally.note(what, times);
    }
    play.end();
    outcome.map(|()| tally).map_err(|wrong| {
        let last = lines.len().saturating_sub(60);
        let text = format!(
            "{plot:?}, seed {SEED:#x}, sequence {number} (GOVERNANCE_FIRST={number} \
             GOVERNANCE_SEQUENCES=1), step {}:\n{}\n{wrong}",
            lines.len(),
            lines[last..].join("\n")
        );
        prepared.told(&text)
    })
}
