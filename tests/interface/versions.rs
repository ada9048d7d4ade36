//! Every instruction against accounts of a layout version that this release does not know.

use std::{collections::BTreeSet, fs, path::Path};

use homeostat::{
    constants::PAUSE_BUDGET,
    state::{
        action::AdviceRange,
        layout::{LAYOUTS, VERSION_AT},
    },
};
use homeostat_client::{
    address,
    governance::{self, q48},
    instruction::{self as ix, Parts, Payment, Report, StakeMint, Vault},
    Action, CouncilArgs, EconomyAddresses, EconomyArgs, FeedSettings, Funding, LimitSettings,
    Meter, Parameter, PauseReason, RoleKind, Section, Setting, Tunable, PROGRAM_ID,
};
use homeostat_sandbox::{
    fixture,
    world::{seat, TOKEN},
    MintSpec, TokenProgram, World, WorldSpec,
};
use homeostat_tests::{attack, HomeostatError};
use serde_json::Value;
use solana_account::{ReadableAccount, WritableAccount};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_program::pubkey::Pubkey;
use solana_signer::Signer;

use super::{
    instructions,
    stage::{draft, stage},
    ECONOMY_0,
};

/// Tries an instruction with each of the program's accounts in another layout version.
async fn with_other_versions(
    world: &mut World,
    name: &str,
    instruction: &Instruction,
    signers: &[&Keypair],
) {
    let keys: BTreeSet<Pubkey> = instruction.accounts.iter().map(|it| it.pubkey).collect();
    for key in keys {
        let Some(account) = world.bank.account(&key).await else {
            continue;
        };
        let layout = LAYOUTS
            .iter()
            .find(|known| account.data().starts_with(known.mark));
        let Some(layout) = layout.filter(|_| *account.owner() == PROGRAM_ID) else {
            continue;
        };
        for version in [layout.version - 1, layout.version + 1] {
            let mut other = account.clone();
            other.data_as_mut_slice()[VERSION_AT] = version;
            world.bank.set_account(&key, &other);
            let what = format!("{name} with {:?} of version {version}", layout.kind);
            let error = HomeostatError::WrongVersion;
            attack(
                world,
                &what,
                core::slice::from_ref(instruction),
                signers,
                error,
            )
            .await;
        }
        world.bank.set_account(&key, &account);
    }
}

#[tokio::test]
async fn m3_every_instruction_refuses_every_account_of_another_version() {
    // given an economy in which every instruction has something to do
    let mut stage = stage(Section::Emission).await;
    draft(&mut stage).await;
    // when accounts of each have another version, then it is refused
    for (name, instructions, signers) in core::mem::take(&mut stage.sends) {
        let signers: Vec<&Keypair> = signers.iter().collect();
        for instruction in instructions {
            with_other_versions(&mut stage.world, name, &instruction, &signers).await;
            let sent = stage.world.bank.send(&[instruction], &signers).await;
            if let Err(failure) = sent {
                panic!("{name}: {failure}");
            }
        }
    }

    let at = stage.world.at;
    let (pools, economy) = (stage.world.pools.clone(), stage.world.economy().await);
    // A breaker writes only when it trips.
    let vaults = [
        at.reward_vault,
        address::principal_vault(&stage.world.native_pool()),
        address::fee_vault(&at.meter(0)),
    ];
    for vault in vaults {
        stage.world.bank.set_balance(&vault, 0).await;
    }
    let owe = |meter: &mut Meter| meter.pending_treasury += 1;
    stage.world.bank.edit(&at.meter(0), owe).await;
    let trips = [Vault::Rewards, Vault::Principal(0), Vault::Fees(0)]
        .map(|vault| ix::trip_breaker(&at, &pools, &economy, vault).unwrap());
    for trip in trips {
        with_other_versions(&mut stage.world, "trip_breaker", &trip, &[]).await;
    }

    let mut funded = World::build(&WorldSpec {
        funding: Funding::Funded,
        ..WorldSpec::default()
    })
    .await;
    let patron = funded.wallet(10 * TOKEN).await;
    let (at, program) = (funded.at, funded.token_program);
    let fund = ix::fund_rewards(&at, &patron.pubkey(), &patron.tokens, &program, TOKEN);
    with_other_versions(&mut funded, "fund_rewards", &fund, &[&patron.key]).await;
}
