//! What a decision of a council would do: the same people, under the same luck, live without it
//! and with it.
//!
//! Figures are those that people vote about. Each is taken from the shock on, a third into the
//! run, as the metrics are: by then a decision that waited its delay has been in force for a
//! while.

use homeostat::state::{Action, Council, Metric, Parameter, Reference};
use serde::Serialize;

use crate::{
    chain::Error,
    metrics::{Better, Metrics},
    plant::World,
    run::Run,
    stats::{Bootstrap, Estimate},
};

/// The names of the figures, and which direction of each is better.
pub const FIGURES: [(&str, Better); COUNT] = [
    ("staked_share", Better::Neither),
    ("staked_share_error", Better::Less),
    ("emission", Better::Neither),
    ("inflation", Better::Less),
    ("fee_burden", Better::Less),
    ("burned_over_emitted", Better::Neither),
    ("volatility", Better::Less),
    ("at_limit", Better::Less),
    ("guard_latched", Better::Less),
    ("attacker_profit", Better::Less),
];
const COUNT: usize = 10;

/// The figures of one run, in the order of [`FIGURES`]:
///
/// - the mean staked share;
/// - the mean absolute distance of the staked share from the setpoint in force, where the
///   emission's controller measures it against a setpoint that is no multiple of another value;
/// - the mean emission rate in force (fraction a year);
/// - the growth of the supply in a year, as its logarithm;
/// - the fees over the volume that they were charged on;
/// - the tokens burned over those emitted;
/// - the volatility of the price in a year;
/// - the part of the cranks in which a controller rested at a limit and wanted further, over all
///   controllers;
/// - the part of the time in which a guard was latched, over all controllers;
/// - what attackers earned and paid over what they own, less the same of chasers, in a year,
///   where the scenario has them play.
///
/// What cannot be told is not a number.
pub type Figures = [f64; COUNT];

/// What is decided and when it is executed.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    /// What a council decides.
    pub actions: &'a [Action],
    /// The council.
    pub council: &'a Council,
    /// The epoch at whose start it is executed.
    pub epoch: usize,
}

/// A run that ended early.
#[derive(Debug)]
pub struct Refused {
    /// The epoch.
    pub epoch: usize,
    /// What the program said.
    pub error: Error,
}

/// Lives a run to its end, with a decision or without one, and takes its figures.
///
/// # Errors
///
/// What the program refuses.
pub fn live(run: &mut Run, decision: Option<&Decision<'_>>) -> Result<Figures, Refused> {
    let shock = run.world.calendar().shock();
    let epochs = run.world.calendar().epochs;
    let mut distance = (0.0, 0usize);
    for epoch in 0..epochs {
        let refused = |error| Refused { epoch, error };
        if let Some(decision) = decision.filter(|decision| decision.epoch == epoch) {
            let enacted = run.world.enact(decision.council, decision.actions);
            enacted.map_err(refused)?;
        }
        run.world.step(&mut run.steer).map_err(refused)?;
        if epoch < shock {
            continue;
        }
        let lived = run.world.days().last();
        if let Some((day, target)) = lived.zip(target(&run.world)) {
            distance.0 += (day.staked_share - target).abs();
            distance.1 += 1;
        }
    }
    Ok(figures(&run.world, distance.0 / distance.1 as f64))
}

/// The staked share that the emission's controller aims at now, if it does.
fn target(world: &World) -> Option<f64> {
    let chain = world.chain();
    let controller = chain.economy.controller(Parameter::Emission).ok()?;
    let wiring = controller.wiring().ok()?;
    let aims = wiring.metric == Metric::StakedShare && wiring.reference == Reference::Absolute;
    let setpoint = controller.config().setpoint;
    aims.then(|| setpoint.at(chain.now).to_num())
}

fn figures(world: &World, error: f64) -> Figures {
    let metrics = Metrics::of(world);
    let shock = world.calendar().shock();
    let days = world.days().get(shock..).unwrap_or_default();
    let sum = |of: &dyn Fn(&crate::plant::Day) -> f64| days.iter().map(of).sum::<f64>();
    let latched = |day: &crate::plant::Day| {
        let count = day.latched.iter().filter(|latched| **latched).count();
        count as f64 / day.latched.len() as f64
    };
    let at_limit = [
        metrics.emission_at_limit,
        metrics.fee_at_limit,
        metrics.burn_at_limit,
        metrics.liquidity_at_limit,
    ];
    let plays = world.weather().gaming;
    [
        metrics.staked_share,
        error,
        metrics.emission,
        metrics.inflation,
        sum(&|day| day.fees) / sum(&|day| day.volume),
        sum(&|day| day.burned) / sum(&|day| day.issued),
        metrics.volatility,
        at_limit.iter().sum::<f64>() / at_limit.len() as f64,
        sum(&latched) / days.len() as f64,
        if plays {
            metrics.attacker_profit
        } else {
            f64::NAN
        },
    ]
}

/// What can be said of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Verdict {
    /// The interval lies on the better side of 0.
    Better,
    /// The interval lies on the worse side of 0.
    Worse,
    /// It lies below 0, of a figure that only describes.
    Lower,
    /// It lies above 0, of such a figure.
    Higher,
    /// It has 0 in it.
    NoDifferenceSeen,
}

/// One figure without the decision and with it, over seeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// The mean without.
    pub without: f64,
    /// The mean with.
    pub with: f64,
    /// The mean difference, with less without, with its BCa interval of 95 %.
    pub difference: Estimate,
    /// The seeds that it could be told of, in both runs.
    pub seeds: usize,
    /// What that says.
    pub verdict: Verdict,
}

/// Compares a figure over pairs: without, with. `None` where fewer than two pairs have it.
pub fn compare(better: Better, pairs: &[(f64, f64)], bootstrap: &Bootstrap) -> Option<Effect> {
    let finite = |(without, with): &&(f64, f64)| without.is_finite() && with.is_finite();
    let pairs: Vec<(f64, f64)> = pairs.iter().filter(finite).copied().collect();
    let differences: Vec<f64> = pairs.iter().map(|(without, with)| with - without).collect();
    let mean = |values: &mut [f64]| values.iter().sum::<f64>() / values.len() as f64;
    let difference = bootstrap.bca(&differences, mean).ok()?;
    let (mut without, mut with): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let verdict = match better {
        _ if !difference.excludes(0.0) => Verdict::NoDifferenceSeen,
        Better::Neither if difference.value < 0.0 => Verdict::Lower,
        Better::Neither => Verdict::Higher,
        Better::Less if difference.value < 0.0 => Verdict::Better,
        Better::More if difference.value > 0.0 => Verdict::Better,
        Better::Less | Better::More => Verdict::Worse,
    };
    Some(Effect {
        without: mean(&mut without),
        with: mean(&mut with),
        difference,
        seeds: pairs.len(),
        verdict,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_counts_when_its_interval_says_so_and_what_cannot_be_told_is_left_out() {
        let bootstrap = Bootstrap {
            resamples: 1_000,
            ..Bootstrap::default()
        };
        // Given a figure that is a tenth lower with a decision, and one seed that has none,
        let mut pairs: Vec<(f64, f64)> = (1..=12)
            .map(|seed| (1.0 + 0.01 * f64::from(seed), 0.9 + 0.012 * f64::from(seed)))
            .collect();
        pairs.push((f64::NAN, 0.5));
        // when it is compared, then it is better, or lower, or worse, by what it is;
        for (better, verdict) in [
            (Better::Less, Verdict::Better),
            (Better::More, Verdict::Worse),
            (Better::Neither, Verdict::Lower),
        ] {
            let effect = compare(better, &pairs, &bootstrap).expect("twelve seeds");
            assert_eq!((effect.verdict, effect.seeds), (verdict, 12));
            assert!((effect.difference.value + 0.087).abs() < 1e-12);
            assert!((effect.with - effect.without - effect.difference.value).abs() < 1e-12);
        }
        // where nothing differs, nothing is seen, and of one seed nothing is said.
        let same = [(0.3, 0.3), (0.4, 0.4), (0.5, 0.5)];
        let effect = compare(Better::Less, &same, &bootstrap).expect("three seeds");
        assert_eq!(effect.verdict, Verdict::NoDifferenceSeen);
        assert_eq!((effect.difference.low, effect.difference.high), (0.0, 0.0));
        let mixed = [(0.0, 1.0), (0.0, -1.0), (0.0, 0.5), (0.0, -0.5)];
        let effect = compare(Better::Less, &mixed, &bootstrap).expect("four seeds");
        assert_eq!(effect.verdict, Verdict::NoDifferenceSeen);
        assert_eq!(compare(Better::Less, &pairs[..1], &bootstrap), None);
    }
}
