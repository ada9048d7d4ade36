use homeostat::state::Parameter;
use homeostat_client::forecast::*;
use homeostat_sim::{chain::Design, plant::*, policy::Policy, scenario::*, *};
fn main() {
    for period in [3_600u32, 86_400, 604_800, 2_592_000] {
        for turnover in [0.5, 2.0, 10.0] {
            for (name, width, spread) in [("elastic", 0.05, 0.2), ("inelastic", 0.6, 0.9)] {
                let mut sums = [0.0; 10];
                let n = 4;
                let mut finds = 0;
                for seed in 0..n {
                    let b = Behaviour {
                        turnover,
                        decision_width: width,
                        required_spread: spread,
                        ..Behaviour::of_seed(seed)
                    };
                    let epoch_days = (period as f64 / 86_400.0).min(1.0);
                    let period_days = period as f64 / 86_400.0;
                    let days = if period > 604_800 { 1_500.0 } else { 540.0 };
                    let calendar = Calendar {
                        epochs: (days / epoch_days) as usize,
                        epoch_days,
                        period_days,
                    };
                    let f = Forecast {
                        turnover,
                        stakers: vec![(b.required_yield, 0.42)],
                        provider_yield: b.provider_yield,
                        depth: 0.02,
                        ..Forecast::default()
                    };
                    let d = f.derive(period, u64::MAX / 2).unwrap();
                    finds += d.findings.len();
                    let setting = Setting {
                        people: 200,
                        calendar,
                        design: Design::of_forecast(&d, 1_000_000_000_000_000),
                        constants: [0; 4],
                    };
                    let case = Case {
                        scenario: Scenario::Stationary,
                        policy: Policy::Homeostat,
                        seed,
                    };
                    let w = weather(Scenario::Stationary, &calendar, b.demand_noise, seed);
                    let mut run = setting.prepare_with(case, b, w).unwrap();
                    run.world.run(&mut run.steer).unwrap();
                    let m = Metrics::of(&run.world);
                    for (s, v) in sums.iter_mut().zip([
                        m.emission_at_limit,
                        m.fee_at_limit,
                        m.burn_at_limit,
                        m.liquidity_at_limit,
                        m.staked_share,
                        m.iae / days * 1.5,
                        m.emission,
                        m.effort,
                        m.settling / days * 1.5,
                        m.burned_over_minted,
                    ]) {
                        *s += v / n as f64;
                    }
                }
                println!("{period:8} T {turnover:4} {name:9} finds {finds} | lim e {:.2} f {:.2} b {:.2} l {:.2} | share {:.3} mae {:.3} em {:.3} eff {:.2} settle {:.2} b/m {:.3}", sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6], sums[7], sums[8], sums[9]);
            }
        }
    }
    let _ = Parameter::ALL;
    let _ = MARKET_SHARE;
}
