use homeostat_sim::{chain::Design, policy::Policy, scenario::*, *};
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let n: usize = args[1].parse().unwrap();
    let epochs: usize = args[2].parse().unwrap();
    let seeds: u64 = args[3].parse().unwrap();
    let design = Design::with_defaults(86_400, 1_000_000_000_000_000);
    let setting = Setting {
        people: n,
        calendar: Calendar {
            epochs,
            epoch_days: 1.0,
            period_days: 1.0,
        },
        design,
        constants: [60_000, 3_000, 300_000, 100_000],
    };
    let cols = [
        "itae",
        "staked_share",
        "emission",
        "security_per_net",
        "security_per_issued",
        "volatility",
        "price_drawdown",
        "retention_180",
        "effort",
        "emission_at_limit",
        "fee_at_limit",
        "burn_at_limit",
        "liquidity_at_limit",
        "attacker_profit",
        "guard_alarms",
        "guard_delay",
        "fee_p95",
        "inflation",
        "nakamoto",
        "gini",
        "runway",
    ];
    println!(
        "{:18} {:16} {}",
        "",
        "",
        cols.map(|c| format!("{:>10.10}", c)).join(" ")
    );
    for scenario in Scenario::ALL {
        for policy in Policy::ALL {
            let rows: Vec<_> = (0..seeds)
                .map(|seed| {
                    setting.run(Case {
                        scenario,
                        policy,
                        seed: 100 + seed,
                    })
                })
                .collect();
            let failed = rows.iter().filter(|r| r.is_none()).count();
            let m: Vec<String> = cols
                .iter()
                .map(|c| {
                    let k = Metrics::NAMES.iter().position(|x| x == c).unwrap();
                    let v: Vec<f64> = rows
                        .iter()
                        .flatten()
                        .map(|r| r.values()[k])
                        .filter(|v| v.is_finite())
                        .collect();
                    format!("{:10.4}", v.iter().sum::<f64>() / v.len() as f64)
                })
                .collect();
            println!(
                "{:18} {:16} {} {}",
                scenario.name(),
                policy.name(),
                m.join(" "),
                failed
            );
        }
    }
}
