use super::*;

/// A life with two voters of a stake, the first with ten times that of the second.
fn life(ballots: usize) -> Life {
    let voter = || Voter {
        cost: 1.0,
        horizon: 1.0,
        tires: 1.0,
    };
    let ballot = |index: usize| Ballot {
        day: 90.0 * (index + 1) as f64,
        importance: 1.0,
        stakes: vec![0.10, 0.01],
        supply: 1.0,
    };
    Life {
        voters: vec![voter(), voter()],
        ballots: (0..ballots).map(ballot).collect(),
    }
}

#[test]
fn who_has_more_to_win_than_a_vote_costs_votes_and_tires_of_it() {
    // Given a gain at which only the larger stake is worth the cost of a millionth,
    let gain = 2e-5;
    let turnout = life(4).turnout(gain, 1.0, 0.0);
    // then it alone votes: a tenth of the supply, ten elevenths of the power.
    assert!((turnout.of_supply - 0.10).abs() < 1e-12);
    assert!((turnout.of_power - 10.0 / 11.0).abs() < 1e-12);
    // At a twentieth of the cost both do.
    assert!((life(4).turnout(gain, 0.05, 0.0).of_power - 1.0).abs() < 1e-12);
    // One who tires with each vote that it remembers sits out while it remembers too many:
    // a vote is worth twice the cost, and the effort is 1 + 2.5 x memory. It votes, then
    // remembers half a vote, which makes 2.25, and then a quarter, which makes 1.625.
    let tired = life(3).turnout(gain, 1.0, 2.5);
    assert!((tired.of_supply - 0.10 * 2.0 / 3.0).abs() < 1e-12);
}

#[test]
fn the_calibrated_gain_gives_the_usual_turnout() {
    // Given lives with very many voters of stakes from 0 to a thousandth,
    let stakes: Vec<f64> = (0..1_000).map(|index| 1e-6 * f64::from(index)).collect();
    let life = Life {
        voters: (0..1_000).map(|number| Voter::new(7, number)).collect(),
        ballots: vec![Ballot {
            day: 14.0,
            importance: 1.0,
            stakes,
            supply: 1.0,
        }],
    };
    let gain = calibrated(&[&life]);
    // then the turnout is the usual one, up to one voter.
    let turnout = life.turnout(gain, 1.0, 1.0).of_supply;
    assert!((turnout - USUAL_TURNOUT).abs() < 1e-3, "{turnout}");
}

#[test]
fn a_report_is_the_same_on_one_thread_and_on_two_and_compares_with_itself_as_equal() {
    let mut plan = Plan::small();
    plan.setting.people = 40;
    plan.setting.calendar.epochs = 90;
    plan.seeds = 2;
    let report = |threads| run(&plan, threads, &mut |_, _| ()).expect("a sound plan");
    let one = report(1);
    assert_eq!(one, report(2));
    assert_eq!(one.lines.len(), POLICIES.len() * 9);
    assert!(one.markdown().contains("composition of the stakers"));
    plan.interval = 91;
    let failure = run(&plan, 1, &mut |_, _| ()).expect_err("no ballot");
    assert_eq!(failure.code, "bad_plan");
}
