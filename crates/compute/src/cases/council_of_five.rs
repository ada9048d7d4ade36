//! One change of the fee split by a council of five, from its proposal to its execution.

use homeostat_client::Action;
use homeostat_sandbox::WorldSpec;
use solana_keypair::Keypair;

use super::{
    governance::{approve, propose, ripe},
    stage::{ordinary_spec, populated},
};
use crate::bench::{Bench, Error};

/// What the names of these cases begin with; their totals added up are the whole change.
pub const FIVE_MEMBERS: &str = "five members";
/// The approval that reaches the threshold.
const LAST_APPROVAL: &str = "five members, last";

/// Measures it: three of the five approve, the proposer first.
pub async fn measure(bench: &mut Bench) -> Result<(), Error> {
    if !bench.wants(&["propose", "approve", "execute"]) {
        return Ok(());
    }
    let mut world = populated(WorldSpec {
        members: 5,
        threshold: 3,
        ..ordinary_spec()
    })
    .await?;
    world.next_period().await?;
    let keys: Vec<Keypair> = world.members.iter().map(Keypair::insecure_clone).collect();
    let expected_ppm = world.economy().await.limits.treasury_ppm;
    let split = Action::FeeSplit {
        expected_ppm,
        value_ppm: expected_ppm / 2,
    };
    let act = propose(&mut world, 0, vec![split]).await;
    let signer = [&keys[0]];
    bench
        .perform(&mut world, FIVE_MEMBERS, &act, &signer)
        .await?;
    for (member, case) in [(1, FIVE_MEMBERS), (2, LAST_APPROVAL)] {
        let act = approve(&mut world, member, 0).await;
        let signer = [&keys[member]];
        bench.perform(&mut world, case, &act, &signer).await?;
    }
    let act = ripe(&mut world, 0).await;
    bench.measure(&mut world, FIVE_MEMBERS, &act, &[]).await
}
