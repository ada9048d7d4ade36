//! Every instruction against accounts of a layout version that this release does not know.

use std::collections::BTreeSet;

use homeostat::state::layout::{AccountKind, LAYOUTS, VERSION_AT};
use homeostat_client::{
    address,
    instruction::{self as ix, Vault},
    Meter, Section, PROGRAM_ID,
};
use homeostat_sandbox::World;
use homeostat_tests::{anchor, attack, HomeostatError};
use solana_account::{ReadableAccount, WritableAccount};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_program::pubkey::Pubkey;

use super::stage::walk;

/// They read an economy of an older version too, so that nobody has to wait for a migration.
const EXITS: [&str; 4] = ["request_unstake", "withdraw", "claim", "close_position"];

/// Tries an instruction with each of the program's accounts in another layout version, and
/// notes their types in `tried`.
async fn with_other_versions(
    world: &mut World,
    name: &str,
    instruction: &Instruction,
    signers: &[&Keypair],
    tried: &mut BTreeSet<u8>,
) {
    let keys: BTreeSet<Pubkey> = instruction.accounts.iter().map(|it| it.pubkey).collect();
    for key in keys {
        let Some(account) = world.bank.account(&key).await else {
            continue;
        };
        let layout = LAYOUTS
            .iter()
            .find(|known| account.data().starts_with(known.discriminator));
        let Some(layout) = layout.filter(|_| *account.owner() == PROGRAM_ID) else {
            continue;
        };
        let reads_older = layout.kind == AccountKind::Economy && EXITS.contains(&name);
        for version in [layout.version - 1, layout.version + 1] {
            if reads_older && version < layout.version {
                continue;
            }
            let mut other = account.clone();
            other.data_as_mut_slice()[VERSION_AT] = version;
            world.bank.set_account(&key, &other);
            let what = format!("{name} with {:?} of version {version}", layout.kind);
            let error = match reads_older {
                true => HomeostatError::UnknownVersion.into(),
                false => anchor::ACCOUNT_DISCRIMINATOR_MISMATCH,
            };
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
        tried.insert(layout.kind as u8);
    }
}

/// The breaker with each kind of vault, all of which are short: it writes only when it
/// trips.
async fn trips(world: &mut World) -> [Instruction; 3] {
    let at = world.at;
    let vaults = [
        at.reward_vault,
        address::principal_vault(&world.native_pool()),
        address::fee_vault(&at.meter(0)),
    ];
    for vault in vaults {
        world.bank.set_balance(&vault, 0).await;
    }
    let owe = |meter: &mut Meter| meter.pending_treasury += 1;
    world.bank.edit(&at.meter(0), owe).await;
    let (pools, economy) = (world.pools.clone(), world.economy().await);
    [Vault::Rewards, Vault::Principal(0), Vault::Fees(0)]
        .map(|vault| ix::trip_breaker(&at, &pools, &economy, vault).unwrap())
}

#[tokio::test]
async fn m3_every_instruction_refuses_every_account_of_another_version() {
    let mut tried = BTreeSet::new();
    walk(Section::Emission, false, async |world, case, _| {
        let signers = case.signers();
        match case.name {
            // An older version is what it is for.
            "migrate" => (),
            "trip_breaker" => {
                for trip in trips(world).await {
                    with_other_versions(world, case.name, &trip, &signers, &mut tried).await;
                }
            }
            name => {
                let right = &case.instruction;
                with_other_versions(world, name, right, &signers, &mut tried).await;
            }
        }
        case.send(world).await;
    })
    .await;
    let all: BTreeSet<u8> = LAYOUTS.iter().map(|known| known.kind as u8).collect();
    assert_eq!(tried, all, "every type of account was tried");
}
