//! Every crank of a simulated life is sent to the program, on the accounts as they were at that
//! moment: afterwards the economy's account must be the simulated one, byte by byte. Its bytes
//! have every state and every decision of all four controllers, the guards' statistics, the
//! stream, the tally and the totals.

use homeostat_client::{Economy, Meter, Pool};
use homeostat_sandbox::{World, WorldSpec};
use homeostat_sim::{
    chain::{Chain, Design, Error},
    parity::{economy_at, meter_at, pool_at},
    plant::{Outlook, Steering},
    policy::{Policy, Steer},
    run::Run,
    scenario::{Calendar, Scenario},
    Case, Setting,
};

const DAY: u32 = 86_400;
const SUPPLY: u64 = 1_000_000_000_000_000;

/// Steers as a policy does, and keeps the accounts as the controllers find them.
struct Watched {
    steer: Steer,
    before: Option<Chain>,
}

impl Steering for Watched {
    fn steer(
        &mut self,
        chain: &mut Chain,
        snapshot: &homeostat::state::Snapshot,
        report: &homeostat::state::Report,
        outlook: &Outlook,
    ) -> Result<(), Error> {
        self.steer.steer(chain, snapshot, report, outlook)?;
        self.before = Some(chain.clone());
        Ok(())
    }
}

/// Puts the simulated accounts and balances into the bank, at the simulated time.
async fn put(world: &mut World, chain: &Chain) {
    let (economy, mint) = (world.at.economy, world.at.mint);
    let (native, liquidity) = (world.native_pool(), world.economy().await.pools[1].pool);
    let meter = world.economy().await.meters[0];
    let bank = &mut world.bank;
    bank.edit(&economy, |real: &mut Economy| {
        *real = economy_at(real, &chain.economy)
    })
    .await;
    bank.edit(&native, |real: &mut Pool| {
        *real = pool_at(real, &chain.native)
    })
    .await;
    bank.edit(&liquidity, |real: &mut Pool| {
        *real = pool_at(real, &chain.liquidity)
    })
    .await;
    bank.edit(&meter, |real: &mut Meter| {
        *real = meter_at(real, &chain.meter)
    })
    .await;
    bank.set_supply(&mint, chain.supply).await;
    let reward_vault = world.economy().await.reward_vault;
    world
        .bank
        .set_balance(&reward_vault, chain.reward_vault)
        .await;
    world.bank.set_time(chain.now).await;
}

/// Lives through a scenario, sends every crank to the program, and returns how many there were
/// and how many decisions moved a value.
async fn replay(scenario: Scenario, seed: u64, epochs: usize) -> (u32, u32) {
    let spec = WorldSpec {
        period: DAY,
        supply: SUPPLY,
        liquidity: vec![1],
        meters: 1,
        ..WorldSpec::default()
    };
    let mut world = World::build(&spec).await;
    let setting = Setting {
        people: 120,
        calendar: Calendar {
            epochs,
            epoch_days: 1.0,
            period_days: 1.0,
        },
        design: Design::with_defaults(DAY, SUPPLY),
        constants: [0; 4],
    };
    let case = Case {
        scenario,
        policy: Policy::Homeostat,
        seed,
    };
    let Run {
        world: mut simulated,
        steer,
    } = setting.prepare(case).expect("the program takes it");
    let mut watched = Watched {
        steer,
        before: None,
    };
    let (mut cranks, mut moves) = (0, 0);
    while simulated.days().len() < epochs {
        simulated
            .step(&mut watched)
            .expect("the program refuses nothing");
        // Given the accounts as the controllers found them,
        let Some(before) = watched.before.take() else {
            continue;
        };
        put(&mut world, &before).await;
        // when the program cranks them,
        world.crank().await.expect("the crank is due");
        // then the economy is the simulated one.
        let real = world.economy().await;
        let expected = economy_at(&real, &simulated.chain().economy);
        assert_eq!(*real, expected, "{case:?}, day {}", simulated.days().len());
        cranks += 1;
        for (after, before) in real.controllers.iter().zip(&before.economy.controllers) {
            moves += u32::from(after.state.u != before.state.u);
        }
    }
    assert!(simulated.is_conserved(), "a token is lost");
    (cranks, moves)
}

#[tokio::test]
async fn success_simulated_decisions_are_the_programs() {
    for scenario in Scenario::ALL {
        // The plant reports a feed's reading, not the reporters' accounts, so there is no
        // account to give the program.
        if scenario.uses_feed() {
            continue;
        }
        let (sent, moves) = replay(scenario, 2_000, 90).await;
        // Nobody cranks for twenty periods of the outage.
        let cranks = if scenario == Scenario::KeeperOutage {
            70
        } else {
            90
        };
        assert_eq!(sent, cranks, "{scenario:?}");
        assert!(
            moves > 100,
            "{scenario:?}: hardly a value moved in {moves} decisions"
        );
    }
}
