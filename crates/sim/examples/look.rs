use homeostat_sim::{chain::Design, plant::*, policy::Policy, scenario::*, Behaviour};
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let scenario = Scenario::from_name(&args[1]).unwrap();
    let policy = Policy::from_name(&args[2]).unwrap();
    let seed: u64 = args[3].parse().unwrap();
    let n: usize = args[4].parse().unwrap();
    let epochs: usize = args[5].parse().unwrap();
    let calendar = Calendar {
        epochs,
        epoch_days: 1.0,
        period_days: 1.0,
    };
    let behaviour = Behaviour::of_seed(seed);
    let mut design = Design::with_defaults(86_400, 1_000_000_000_000_000);
    if scenario.uses_feed() {
        design.of_mut(homeostat::state::Parameter::Fee).metric = homeostat::state::Metric::Feed0;
    }
    let (design, mut steer) =
        policy.prepare(&design, [60_000, 3_000, 300_000, 100_000], calendar.shock());
    let weather = weather(scenario, &calendar, behaviour.demand_noise, seed);
    let mut world = World::new(&design, behaviour, n, calendar, weather, seed).unwrap();
    let t = std::time::Instant::now();
    world.run(&mut steer).unwrap();
    let s = t.elapsed().as_secs_f64();
    println!("{behaviour:?}");
    for (i, d) in world.days().iter().enumerate() {
        if i % (epochs / 40).max(1) == 0 {
            println!("{i:4} P {:.3} D {:.2} share {:.3} y {:.3} vals {:?} vol {:.2e} burn {:.2e} mint {:.2e} lim {:?} latch {:?} depth/C {:.3} meas {:.3?}", d.price, d.demand, d.staked_share, d.annual_yield, d.values, d.volume, d.burned, d.minted, d.at_limit, d.latched.map(|b| b as u8), d.market/d.circulating, d.measured);
        }
    }
    println!(
        "conserved {} gone {} lives {} | {:.2} M agent-steps/s",
        world.is_conserved(),
        world.people().iter().filter(|p| p.gone).count(),
        world.lives().len(),
        (n * epochs) as f64 / s / 1e6
    );
}
