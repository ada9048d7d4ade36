//! A founder's forecast: the economy that fits it is created, and a target out of reach is refused.

use super::creation::{said, Founder};

/// What comes of so little volume burns hardly anything.
const HARDLY_USED: &str = "[forecast]\nturnover = 0.5\nburned_over_emitted = 0.5\n";

#[test]
fn an_economy_is_created_that_fits_the_forecast() {
    // given a founder who expects that 60 % stake at 10 %, and much volume
    let founder = Founder::new();
    founder.write(
        "[forecast]\nturnover = 8\nprovider_yield = 0.1\n\
         stakers = [{ yield = 0.05, staked = 0.4 }, { yield = 0.10, staked = 0.6 }]\n",
    );

    // when it is created
    let created = founder.create(&[]);
    assert_eq!(created.code, 0, "{}{}", created.stdout, created.stderr);

    // then the Draft emits what 60 % staked and the depth cost, and counts on that volume
    let economy = founder.economy().expect("it was created");
    let [emission, ..] = economy.controllers;
    assert_eq!(emission.config().bias.to.to_num::<i64>(), 66_000);
    assert_eq!(economy.limits.turnover_ppm, 8_000_000);

    // and a second run finds nothing missing
    let again = founder.create(&[]);
    assert_eq!(again.json()["steps"].as_array().unwrap().len(), 0);
}

#[test]
fn a_target_out_of_reach_is_refused_with_its_figures() {
    // given a forecast in which half of the emission cannot be burned
    let founder = Founder::new();
    founder.write(HARDLY_USED);
    let before = founder.lamports();

    // when the economy is to be created
    let refused = founder.create(&[]);

    // then it is not, and the refusal says what is needed, what there is, and what to do
    let (code, error) = said(&refused);
    assert_eq!(
        (code, error.as_str()),
        (1, "unreachable_target"),
        "{}",
        refused.stderr
    );
    let text = format!("{}{}", refused.stdout, refused.stderr);
    for figure in [
        "50 % of the emission",
        "Lower burned_over_emitted",
        "--nearest-targets",
    ] {
        assert!(text.contains(figure), "{figure}: {text}");
    }
    assert!(founder.economy().is_none());
    assert_eq!(founder.lamports(), before);

    // when the founder takes the nearest targets, then those are created
    let created = founder.create(&["--nearest-targets"]);
    assert_eq!(created.code, 0, "{}{}", created.stdout, created.stderr);
    assert!(
        created.stderr.contains("nearest target: "),
        "{}",
        created.stderr
    );
    assert!(founder.economy().is_some());
}
