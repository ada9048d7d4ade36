//! The comparison as a page of Markdown.

use core::fmt::Write;

use super::{
    compare::{Against, Comparison, Contender, Line, Plan},
    features,
    sets::SETS,
    train::Trained,
    verdict::{verdicts, Shown},
};

impl Comparison {
    /// The tables and what they say.
    pub fn markdown(&self, plan: &Plan, trained: &Trained) -> String {
        let mut page = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut page, plan, trained);
        page
    }

    fn write(&self, page: &mut String, plan: &Plan, trained: &Trained) -> core::fmt::Result {
        let calendar = &plan.setting.calendar;
        writeln!(
            page,
            "{} people, {} epochs of {} d, periods of {} d, {} scenarios, {} test seeds from {} \
             on. Training on {} seeds below 64, with {} lives or {:.0} simulated years for each \
             learner.\n",
            plan.setting.people,
            calendar.epochs,
            calendar.epoch_days,
            calendar.period_days,
            plan.scenarios.len(),
            plan.test_seeds.len(),
            plan.test_seeds.first().copied().unwrap_or(0),
            plan.training_seeds.len(),
            plan.budget(),
            plan.years(plan.budget()),
        )?;
        writeln!(
            page,
            "The cost is that of tuning: the ITAE of the staked share over that of no steering in \
             the same case, and prices for effort, overshoot, resting at limits and failure. Less \
             is better. Differences are to fixed gains, paired by seed: their mean and their \
             median; ± is one Monte-Carlo standard error, intervals are BCa at 95 %, p is \
             Wilcoxon's signed rank after Holm's correction.\n"
        )?;
        self.write_overall(page, plan, trained)?;
        writeln!(page, "\n## Where it helps and where not\n")?;
        for verdict in verdicts(self) {
            writeln!(page, "- {verdict}")?;
        }
        self.write_scenarios(page, plan)?;
        write_learned(page, trained)
    }

    fn write_overall(
        &self,
        page: &mut String,
        plan: &Plan,
        trained: &Trained,
    ) -> core::fmt::Result {
        writeln!(
            page,
            "| contender | cost | mean difference | median difference | p | wins | years to train \
             | years a decision | failed |\n|---|---|---|---|---|---|---|---|---|"
        )?;
        for line in &self.overall {
            let lives = lives_to_train(line.contender, trained);
            let decided = self.years_a_decision(line.contender, plan);
            let failed = self.failed.iter().find(|(c, _)| *c == line.contender);
            writeln!(
                page,
                "| {} | {} | {:.0} | {} | {} |",
                line.contender.name(),
                figures(line),
                plan.years(lives),
                decided.map_or(String::from("0"), |years| format!("{years:.2}")),
                failed.map_or(0, |(_, count)| *count),
            )?;
        }
        Ok(())
    }

    /// The simulated years in rollouts for each decision; `None` where there are none.
    fn years_a_decision(&self, contender: Contender, plan: &Plan) -> Option<f64> {
        let (_, epochs) = self.imagined.iter().find(|(c, _)| *c == contender)?;
        let lives = plan.scenarios.len() * plan.test_seeds.len();
        let decisions = (lives * plan.decisions()) as f64;
        let years = *epochs as f64 * plan.setting.calendar.epoch_days / 365.0;
        (*epochs > 0).then(|| years / decisions)
    }

    fn write_scenarios(&self, page: &mut String, plan: &Plan) -> core::fmt::Result {
        writeln!(page, "\n## By scenario")?;
        for scenario in &plan.scenarios {
            writeln!(
                page,
                "\n### {}\n\n| contender | cost | mean difference | median difference | p | wins | \
                 shown |\n|---|---|---|---|---|---|---|",
                scenario.name()
            )?;
            let lines = self.by_scenario.iter();
            for line in lines.filter(|line| line.scenario == Some(*scenario)) {
                let shown = match Shown::of(line) {
                    Shown::Helps => "helps",
                    Shown::Harms => "harms",
                    Shown::Nothing => "",
                };
                let name = line.contender.name();
                writeln!(page, "| {name} | {} | {shown} |", figures(line))?;
            }
        }
        Ok(())
    }
}

/// The cells from cost to wins.
fn figures(line: &Line) -> String {
    let cost = format!("{:.3} ± {:.3}", line.cost.mean, line.cost.standard_error);
    let Some(against) = &line.against else {
        return format!("{cost} | | | | ");
    };
    let Against {
        difference,
        paired,
        p,
    } = against;
    let p = if *p < 0.001 {
        String::from("< 0.001")
    } else {
        format!("{p:.3}")
    };
    format!(
        "{cost} | {:+.3} ± {:.3} | {:+.3} [{:+.3}, {:+.3}] | {p} | {:.0} % ± {:.0}",
        difference.mean,
        difference.standard_error,
        paired.median.value,
        paired.median.low,
        paired.median.high,
        100.0 * paired.win_rate,
        100.0 * paired.win_rate_standard_error,
    )
}

/// The lives that a contender spent on training.
fn lives_to_train(contender: Contender, trained: &Trained) -> usize {
    match contender {
        Contender::NoSteering | Contender::FixedGains => 0,
        Contender::SearchedGains => trained.spent.gains,
        Contender::HorizonTrue | Contender::HorizonDrawn | Contender::HorizonFitted => {
            trained.spent.references
        }
        Contender::BanditFrozen | Contender::BanditLearning => trained.spent.bandit,
        Contender::LinearPolicy => trained.spent.policy,
    }
}

fn write_learned(page: &mut String, trained: &Trained) -> core::fmt::Result {
    writeln!(page, "\n## What was learned\n")?;
    writeln!(
        page,
        "| searched gains, for a week | Kp | Ki |\n|---|---|---|"
    )?;
    for parameter in homeostat::state::Parameter::ALL {
        let weekly = trained.gains.of(parameter);
        writeln!(
            page,
            "| {} | {} | {} |",
            parameter.name(),
            weekly.kp,
            weekly.ki
        )?;
    }
    writeln!(
        page,
        "\n| set of gains | Kp times | Ki times | lessons |\n|---|---|---|---|"
    )?;
    for (set, times) in SETS.iter().zip(trained.bandit.times()) {
        writeln!(page, "| {} | {} | {} | {times} |", set.name, set.kp, set.ki)?;
    }
    writeln!(
        page,
        "\n| feature of the linear policy | weight |\n|---|---|"
    )?;
    for (name, weight) in features::NAMES.iter().zip(&trained.policy.weights) {
        writeln!(page, "| {name} | {weight:+.3} |")?;
    }
    writeln!(
        page,
        "\nThe mean error of no steering on the tuning seeds is {:.4}.",
        trained.usual_error
    )
}
