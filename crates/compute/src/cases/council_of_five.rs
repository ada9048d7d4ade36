//! One change of the fee split by a council of five, from its proposal to its execution.

use homeostat::seeds;
use homeostat_client::{governance, Action, PROGRAM_ID};
use homeostat_sandbox::{World, WorldSpec};
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

/// Goes on to a proposal whose address takes as long to find as the average one: those before
/// it are made and cancelled. Returns its index.
async fn skip_to_mean_bump(world: &mut World, action: &Action) -> Result<u64, Error> {
    loop {
        let index = world.next_proposal().await;
        let economy = world.at.economy;
        let seeds = [seeds::PROPOSAL, economy.as_ref(), &index.to_le_bytes()];
        if Pubkey::find_program_address(&seeds, &PROGRAM_ID).1 == MEAN_BUMP {
            return Ok(index);
        }
        let index = world.propose(vec![action.clone()]).await?;
        let proposer = world.members[0].insecure_clone();
        world.decide(governance::cancel, &proposer, index).await?;
    }
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
    let split = Action::FeeSplit {
        expected_ppm,
        value_ppm: expected_ppm / 2,
    };
    let index = skip_to_mean_bump(&mut world, &split).await?;
    let act = propose(&mut world, 0, vec![split]).await;
    let signer = [&keys[0]];
    bench
        .perform(&mut world, FIVE_MEMBERS, &act, &signer)
        .await?;
    for (member, case) in [(1, FIVE_MEMBERS), (2, LAST_APPROVAL)] {
        let act = approve(&mut world, member, index).await;
        let signer = [&keys[member]];
        bench.perform(&mut world, case, &act, &signer).await?;
    }
    let act = ripe(&mut world, index).await;
    bench.measure(&mut world, FIVE_MEMBERS, &act, &[]).await
}
