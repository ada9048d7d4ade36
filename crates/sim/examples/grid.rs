use homeostat::state::Parameter;
use homeostat_control::{Fx, Ramp};
use homeostat_sim::{chain::Design, policy::Policy, scenario::*, *};
fn main() {
    let n = 300;
    let epochs = 540;
    let seeds = 6;
    let base = Design::with_defaults(86_400, 1_000_000_000_000_000);
    let calendar = Calendar {
        epochs,
        epoch_days: 1.0,
        period_days: 1.0,
    };
    let scen = [
        Scenario::Stationary,
        Scenario::Bull,
        Scenario::Crash,
        Scenario::LowParticipation,
        Scenario::RegimeSwitching,
    ];
    let eval = |design: &Design, policy: Policy| -> Vec<(f64, f64, f64, f64)> {
        let setting = Setting {
            people: n,
            calendar,
            design: design.clone(),
            constants: [60_000, 3_000, 300_000, 100_000],
        };
        scen.iter()
            .map(|s| {
                let rows: Vec<Metrics> = (0..seeds)
                    .filter_map(|seed| {
                        setting.run(Case {
                            scenario: *s,
                            policy,
                            seed,
                        })
                    })
                    .collect();
                let k = rows.len() as f64;
                (
                    rows.iter().map(|m| m.itae).sum::<f64>() / k,
                    rows.iter().map(|m| m.effort).sum::<f64>() / k,
                    rows.iter().map(|m| m.emission).sum::<f64>() / k,
                    rows.iter().map(|m| m.security_per_net).sum::<f64>() / k,
                )
            })
            .collect()
    };
    let show = |name: &str, r: &[(f64, f64, f64, f64)]| {
        println!(
            "{name:34} {}",
            r.iter()
                .map(|x| format!("{:6.0} {:5.2} {:.3} {:5.2} |", x.0, x.1, x.2, x.3))
                .collect::<String>()
        )
    };
    show("static", &eval(&base, Policy::StaticUntuned));
    show("cosmos", &eval(&base, Policy::Cosmos));
    show("oracle", &eval(&base, Policy::Oracle));
    for (kp, ki, kd, db) in [
        (1.0, 1.0, 0.0, 0.02),
        (0.5, 1.0, 0.0, 0.02),
        (2.0, 1.0, 0.0, 0.02),
        (4.0, 1.0, 0.0, 0.02),
        (1.0, 0.5, 0.0, 0.02),
        (1.0, 2.0, 0.0, 0.02),
        (1.0, 4.0, 0.0, 0.02),
        (2.0, 2.0, 0.0, 0.02),
        (2.0, 2.0, 0.0, 0.0),
        (2.0, 1.0, 2.0, 0.02),
        (2.0, 1.0, 8.0, 0.02),
        (2.0, 0.5, 0.0, 0.02),
        (4.0, 0.5, 0.0, 0.02),
        (1.0, 0.25, 0.0, 0.02),
    ] {
        let mut d = base.clone();
        let c = &mut d.of_mut(Parameter::Emission).config;
        let mul = |r: Ramp, f: f64| Ramp::constant(r.to * Fx::from_num(f));
        c.kp = mul(c.kp, kp);
        c.ki = mul(c.ki, ki);
        c.kd = Ramp::constant(Fx::from_num(kd * 100_000.0));
        c.filter = Ramp::constant(Fx::from_num(3));
        c.dead_band = Ramp::constant(Fx::from_num(db));
        show(
            &format!("kp x{kp} ki x{ki} kd {kd} db {db}"),
            &eval(&d, Policy::Homeostat),
        );
    }
}
