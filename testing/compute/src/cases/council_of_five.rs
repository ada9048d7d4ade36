//! One change of the fee split by a council of five, from its proposal to its execution.

use homeostat::seeds;
use homeostat_client::{governance, Action, PROGRAM_ID};
use homeostat_sandbox::WorldSpec;
use solana_keypair::Keypair;
use solana_program::pubkey::Pubkey;

use super::{
    governance::{approve, propose, ripe},
    stage::{ordinary_spec, populated},
};
use crate::bench::{Bench, Error};

/// What the names of these cases begin with; their totals added up are the whole change.
pub const FIVE_MEMBERS: &str = "five members";
/// The approval that reaches the threshold.
const LAST_APPROVAL: &str = "five members, last";

/// Bump of a proposal's address that takes two steps to find. One step more or less is
/// 1,500 compute units, and two is the mean.
const MEAN_BUMP: u8 = 254;

/// A change of the fee split whose address takes as long to find as the average one.
fn split_of_mean_bump(economy: &Pubkey, expected_ppm: u32) -> Result<Action, Error> {
    let split = |value_ppm| Action::FeeSplit {
        expected_ppm,
        value_ppm,
    };
    let takes_the_mean = |action: &Action| {
        let digest = governance::digest(std::slice::from_ref(action));
        let seeds = [seeds::PROPOSAL, economy.as_ref(), &digest];
        Pubkey::find_program_address(&seeds, &PROGRAM_ID).1 == MEAN_BUMP
    };
    (expected_ppm / 2..expected_ppm)
        .map(split)
        .find(takes_the_mean)
        .ok_or_else(|| Error("no address takes two steps to find".into()))
}

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
    let split = split_of_mean_bump(&world.at.economy, expected_ppm)?;
    let (act, index) = propose(&mut world, 0, vec![split]).await;
    let signer = [&keys[0]];
    bench
        .perform(&mut world, FIVE_MEMBERS, &act, &signer)
        .await?;
    for (member, case) in [(1, FIVE_MEMBERS), (2, LAST_APPROVAL)] {
        let act = approve(&world, member, index);
        let signer = [&keys[member]];
        bench.perform(&mut world, case, &act, &signer).await?;
    }
    let act = ripe(&mut world, index).await;
    bench.measure(&mut world, FIVE_MEMBERS, &act, &[]).await
}
