use super::*;

const WEEK: u32 = 604_800;
const CAP: u64 = 2_000_000_000_000_000;

fn derived(forecast: &Forecast) -> Derived {
    forecast.derive(WEEK, CAP).expect("the forecast is sound")
}

fn bias(derived: &Derived, parameter: Parameter) -> f64 {
    derived.controllers[parameter.index()]
        .bias
        .to
        .to_num::<f64>()
        / 1e6
}

/// What the program checks of limits and controllers when an economy is configured.
fn assert_taken(derived: &Derived) {
    let loops = derived.controllers.iter().zip(&derived.wirings);
    for ((config, wiring), parameter) in loops.zip(Parameter::ALL) {
        crate::Controller::validate(config, parameter, wiring).expect("the program takes it");
    }
    let mut economy = <crate::Economy as bytemuck::Zeroable>::zeroed();
    economy.limits = derived.limits;
    economy.validate_limits().expect("the program takes it");
}

#[test]
fn the_sums_of_a_quiet_economy_add_up() {
    // Given that 60 % stake at 10 %, fees on a turnover of 4, and a twenty-fifth to be burned,
    let forecast = Forecast {
        stakers: vec![(0.05, 0.4), (0.10, 0.6)],
        burned_over_emitted: 0.04,
        treasury_needs: 0.001,
        depth: 0.03,
        provider_yield: 0.10,
        ..Forecast::default()
    };
    let fits = derived(&forecast);
    // when the economy is derived, then nothing is out of reach,
    assert_eq!(fits.findings, []);
    // stakers earn 6 % of the supply and providers 0.6 %,
    let emission = bias(&fits, Parameter::Emission);
    assert!((emission - 0.066).abs() < 1e-5, "{emission}");
    let liquidity = bias(&fits, Parameter::Liquidity);
    assert!((liquidity - 0.006 / 0.066).abs() < 1e-5, "{liquidity}");
    // and the fees of a year are exactly what is burned and what the treasury's part needs.
    let fees = 4.0 * bias(&fits, Parameter::Fee);
    let burned = fees * bias(&fits, Parameter::Burn);
    assert!((burned - 0.04 * emission).abs() < 1e-5, "{burned}");
    let treasury = (fees - burned) * 0.2;
    assert!(treasury >= 0.001 - 1e-6, "{treasury}");
    assert_taken(&fits);
}

#[test]
fn a_curve_through_the_pairs_says_who_stakes() {
    let forecast = Forecast {
        stakers: vec![(0.02, 0.2), (0.05, 0.5), (0.20, 0.8)],
        ..Forecast::default()
    };
    for (annual_yield, share) in &forecast.stakers {
        assert!((forecast.yield_for(*share) / annual_yield - 1.0).abs() < 1e-9);
        assert!((forecast.share_at(*annual_yield) - share).abs() < 1e-6);
    }
    let mut before = 0.0;
    for percent in 2..98 {
        let annual_yield = forecast.yield_for(f64::from(percent) / 100.0);
        assert!(annual_yield > before);
        before = annual_yield;
    }
}

#[test]
fn what_cannot_be_reached_is_said_with_figures_and_replaced_by_what_can() {
    // Given stakers who ask for far more than the founder accepts,
    let dear = Forecast {
        stakers: vec![(0.50, 0.5)],
        most_emission: 0.10,
        ..Forecast::default()
    };
    let fits = derived(&dear);
    let finding = fits
        .findings
        .iter()
        .find(|f| f.parameter == Parameter::Emission)
        .unwrap();
    assert!(finding.needed > 0.3 && finding.most == 0.10 / 1.5);
    // then the target is the one that two thirds of it pay for, and the text has the figures.
    let share: f64 = fits.controllers[0].setpoint.to.to_num();
    assert!((share - finding.reachable).abs() < 1e-9);
    let paid = dear.yield_for(share) * share / (1.0 - bias(&fits, Parameter::Liquidity));
    assert!((paid - 0.10 / 1.5).abs() < 1e-4, "{paid}");
    assert!(finding.text.contains("60 % staked") && finding.text.contains("10.0 %"));

    // Given a turnover of a half, which brings in next to nothing, and a treasury that needs more,
    let slow = Forecast {
        turnover: 0.5,
        burned_over_emitted: 0.5,
        treasury_needs: 0.01,
        ..Forecast::default()
    };
    let Derived { findings, .. } = derived(&slow);
    assert!(findings.iter().any(|f| f.parameter == Parameter::Fee));
    let burn = findings
        .iter()
        .find(|f| f.parameter == Parameter::Burn)
        .unwrap();
    assert!(burn.needed > 0.9 && burn.reachable < 0.5, "{burn:?}");

    // Given a depth that no liquidity share pays for.
    let deep = Forecast {
        depth: 0.5,
        ..Forecast::default()
    };
    let Derived { findings, .. } = derived(&deep);
    let liquidity = findings
        .iter()
        .find(|f| f.parameter == Parameter::Liquidity)
        .unwrap();
    assert!(
        liquidity.reachable < 0.5 && liquidity.reachable > 0.01,
        "{liquidity:?}"
    );
}

#[test]
fn every_sound_forecast_makes_an_economy_that_the_program_takes() {
    const SEED: u64 = 0x666f_7265;
    println!("seed {SEED:#x}");
    let mut state = SEED;
    // Knuth's linear congruential generator; its high bits are random enough for a test.
    let mut between = move |low: f64, high: f64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        low + (high - low) * ((state >> 11) as f64 / (1u64 << 53) as f64)
    };
    for story in 0..400 {
        let mut log = |low: f64, high: f64| libm::exp(between(libm::log(low), libm::log(high)));
        let (turnover, asked, most, fee) = (
            log(0.01, 1_000.0),
            log(0.001, 10.0),
            log(0.001, 1.0),
            log(0.00001, 0.1),
        );
        let (provider_yield, depth, circulating) =
            (log(0.0001, 10.0), log(0.0001, 1.0), log(0.01, 1.0));
        let forecast = Forecast {
            turnover,
            stakers: vec![(asked, between(0.01, 0.99))],
            staked_share: between(0.01, 0.95),
            most_emission: most,
            treasury_needs: between(0.0, 0.1),
            treasury_share: between(0.01, 1.0),
            fee,
            burned_over_emitted: between(0.0, 2.0),
            provider_yield,
            depth,
            circulating,
        };
        let period = [60, 3_600, 86_400, WEEK, 2_592_000][story % 5];
        println!("story {story}: {forecast:?}");
        assert_taken(&forecast.derive(period, CAP).expect("it is in range"));
    }
}

#[test]
fn what_is_out_of_range_is_named() {
    let field = |forecast: Forecast| forecast.derive(WEEK, CAP).err().map(|e| e.field);
    let sound = Forecast::default();
    assert_eq!(field(sound.clone()), None);
    assert_eq!(
        field(Forecast {
            turnover: 0.0,
            ..sound.clone()
        }),
        Some("turnover")
    );
    assert_eq!(
        field(Forecast {
            turnover: f64::NAN,
            ..sound.clone()
        }),
        Some("turnover")
    );
    assert_eq!(
        field(Forecast {
            staked_share: 1.0,
            ..sound.clone()
        }),
        Some("staked_share")
    );
    assert_eq!(
        field(Forecast {
            stakers: vec![],
            ..sound.clone()
        }),
        Some("stakers")
    );
    let falling = vec![(0.1, 0.5), (0.2, 0.4)];
    assert_eq!(
        field(Forecast {
            stakers: falling,
            ..sound.clone()
        }),
        Some("stakers")
    );
    assert_eq!(field(Forecast { fee: 0.5, ..sound }), Some("fee"));
}
