use homeostat::state::{Parameter, Report, Snapshot, Wiring};

use super::*;
use crate::{
    chain::{Chain, Design, Error},
    plant::{Outlook, Steering, World},
    policy::Policy,
    run::{Case, Setting},
    scenario::{Calendar, Scenario},
};

/// Writes down what each crank would publish.
#[derive(Default)]
struct Clerk(Vec<Cranked>);

impl Steering for Clerk {
    fn steer(
        &mut self,
        chain: &mut Chain,
        snapshot: &Snapshot,
        report: &Report,
        _: &Outlook,
    ) -> Result<(), Error> {
        let economy = &chain.economy;
        let mut records = Vec::new();
        for parameter in Parameter::ALL {
            let controller = economy.controller(parameter)?;
            let applied = report.applied(parameter);
            let outcome =
                snapshot.decide(controller, |metric| Ok(report.measured(metric)), applied)?;
            let record = DecisionRecord::new(parameter, controller, &outcome);
            records.extend(bytemuck::bytes_of(&record));
        }
        self.0.push(Cranked {
            economy: Default::default(),
            period: economy.totals.periods + 1,
            at: snapshot.now,
            keeper: Default::default(),
            bounty: 0,
            old_supply: economy.totals.supply,
            new_supply: snapshot.supply,
            old_circulating: economy.totals.circulating,
            new_circulating: snapshot.circulating,
            old_excluded: 0,
            new_excluded: 0,
            old_supplied: 0,
            new_supplied: 0,
            old_emit_until: 0,
            new_emit_until: 0,
            next_end: 0,
            tripped: 0,
            latched: [0; 4],
            at_limit: [0; 4],
            records,
            configs: Vec::new(),
            advice: 0,
        });
        Ok(())
    }
}

/// Seventy days of weekly cranks: what each published, and the history as the simulator
/// tells it. The burn's controller follows the fees if it is to.
fn lived(follows_fees: bool) -> (Vec<Cranked>, History, Limits) {
    let mut design = Design::with_defaults(604_800, 1_000_000_000_000_000);
    let [w, none] = [Metric::EmittedOverFees, Metric::StakedShare].map(Signal::Metric);
    for (parameter, metric, feed_forward) in [
        (Parameter::Emission, Metric::StakedShare, None),
        (Parameter::Fee, Metric::Utilisation, None),
        (
            Parameter::Burn,
            Metric::NetSupplyGrowth,
            follows_fees.then_some(w),
        ),
        (Parameter::Liquidity, Metric::LiquidityDepth, Some(none)),
    ] {
        let controller = design.of_mut(parameter);
        controller.wiring = Wiring {
            feed_forward,
            ..Wiring::of(metric)
        };
        let (y_min, y_max) = metric.range();
        (controller.config.y_min, controller.config.y_max) = (y_min, y_max);
        controller.config.reference = homeostat_control::Reference::Absolute;
        controller.config.average_half_life = 0;
    }
    let setting = Setting {
        people: 60,
        calendar: Calendar {
            epochs: 70,
            epoch_days: 1.0,
            period_days: 7.0,
        },
        design,
        constants: [0; 4],
    };
    let case = Case {
        scenario: Scenario::Stationary,
        policy: Policy::Homeostat,
        seed: 4,
    };
    let mut world: World = setting.prepare(case).unwrap().world;
    let mut clerk = Clerk::default();
    world.run(&mut clerk).unwrap();
    let history = History::of_world(&world, &setting.design);
    (clerk.0, history, setting.design.limits)
}

#[test]
fn what_cranks_published_is_what_happened() {
    for follows_fees in [false, true] {
        // Given ten weekly cranks of a simulated economy,
        let (cranks, seen, limits) = lived(follows_fees);
        // when they are read,
        let told = History::of_cranks(&limits, &cranks).unwrap();
        // then the history is the one that was lived: the same values and sums,
        assert_eq!(told.history.len(), 10);
        assert_eq!(
            (told.history.start, told.history.period),
            (seen.start, 604_800)
        );
        assert_eq!(told.supply, cranks[0].old_supply);
        let near = |a: f64, b: f64, within: f64| (a / b - 1.0).abs() <= within;
        let pairs = told.history.observations.iter().zip(&seen.observations);
        for (week, (told, seen)) in pairs.enumerate() {
            assert_eq!((told.end, told.values), (seen.end, seen.values), "{week}");
            assert!(near(told.volume, seen.volume, 1e-12), "{week}");
            assert!(near(told.staked_share, seen.staked_share, 0.02), "{week}");
            assert!(near(told.circulating, seen.circulating, 0.001), "{week}");
            assert!(near(told.supply, seen.supply, 0.01), "{week}");
            // what is charged of a payment is rounded up, so computed fees are a little less,
            let within = if follows_fees { 1e-12 } else { 0.001 };
            assert!(near(told.fees, seen.fees, within), "{week}");
        }
        for (told, seen) in told.history.first_values.iter().zip(seen.first_values) {
            assert!((told - seen).abs() <= 1.0);
        }
        // and what was computed is said.
        let said = told
            .notes
            .iter()
            .any(|note| note.contains("measures the fees"));
        assert_eq!(said, !follows_fees, "{:?}", told.notes);
    }
}

#[test]
fn a_history_begins_after_what_is_missing() {
    let (cranks, _, limits) = lived(true);
    let told = |change: fn(&mut Vec<Cranked>)| {
        let (mut cranks, ..) = lived(true);
        change(&mut cranks);
        History::of_cranks(&limits, &cranks).unwrap()
    };
    // Given a server that has lost the fourth crank, then six are left, from the fifth on,
    let gap = told(|cranks| drop(cranks.remove(3)));
    assert_eq!(gap.history.len(), 6);
    assert_eq!(gap.history.start, cranks[3].at);
    assert_eq!(gap.supply, cranks[4].old_supply);
    assert!(gap.notes[0].contains("before period 5"), "{:?}", gap.notes);
    // given records that are cut off, the same,
    let cut = told(|cranks| cranks[3].records.truncate(700));
    assert_eq!(cut.history.len(), 6);
    assert!(cut.notes[0].contains("period 4"), "{:?}", cut.notes);
    // and of nothing there is a history of nothing.
    let none = told(Vec::clear);
    assert!(none.history.is_empty() && none.notes.is_empty());
}
