use super::*;

#[test]
fn a_delay_is_counted_from_the_attack_and_ends_with_the_window() {
    let events = [3.0, 10.0, 12.0, 50.0];
    assert_eq!(delay(events, 10.0, 30.0), Some(2.0));
    assert_eq!(delay(events, 12.0, 30.0), None);
    assert_eq!(delay(events, 12.0, 40.0), Some(38.0));
    assert_eq!(words("StakedShare"), "staked share");
}

#[test]
fn a_silent_feed_is_noticed_by_the_loop_that_reads_it_and_by_no_other() {
    // Given an economy whose fee follows a feed,
    let plan = Plan {
        people: 40,
        days: 120,
        ..Plan::small()
    };
    // when the feed falls silent at the shock,
    let outcome = plan.perform(Task::Attack(Attack::StaleFeed), &[], 1_000);
    let Some(Outcome::Attacked(noticed)) = outcome else {
        panic!("the life failed");
    };
    // then the fee's loop notices within two periods, and nobody without the silence.
    let fee = noticed[Parameter::Fee.index()];
    assert!(
        fee.delay.is_some_and(|periods| periods <= 2.0),
        "{noticed:?}"
    );
    assert!(noticed.iter().all(|one| !one.by_chance), "{noticed:?}");
    let emission = noticed[Parameter::Emission.index()];
    assert_eq!(emission.delay, None);
}

#[test]
fn a_report_is_the_same_on_one_thread_and_on_two() {
    let plan = Plan {
        people: 30,
        days: 120,
        seeds: 2,
        series: vec![],
        ..Plan::small()
    };
    let report = |threads| run(&plan, threads, &mut |_, _| ()).expect("a sound plan");
    let one = report(1);
    assert_eq!(one, report(2));
    assert_eq!(one.alarms.len(), HONEST.len());
    assert_eq!(one.detections.len(), Attack::ALL.len());
    let page = one.markdown();
    assert!(
        page.contains("| whale exit |") && page.contains("| crash |"),
        "{page}"
    );
}

#[test]
fn what_cannot_be_lived_is_refused_by_name() {
    let code = |plan: Plan| run(&plan, 1, &mut |_, _| ()).expect_err("no plan").code;
    assert_eq!(
        code(Plan {
            series: vec!["doge"],
            ..Plan::small()
        }),
        "unknown_series"
    );
    assert_eq!(
        code(Plan {
            days: 10,
            ..Plan::small()
        }),
        "bad_plan"
    );
    let mut broken = Plan::small();
    broken.design.controllers[0].config.min = 1_000_000;
    assert_eq!(code(broken), "refused_design");
}
