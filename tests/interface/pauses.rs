//! Every instruction while a section is paused: exits and governance work, the rest as the table says.

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
    stage::{draft, stage, Sent},
    table::{Refused, Works, TABLE},
    ECONOMY_0,
};

/// Sends one instruction and asserts what the table says of it.
async fn send(world: &mut World, section: Section, sent: &Sent) {
    let (name, instructions, signers) = sent;
    let (_, behaviour, _) = TABLE
        .iter()
        .find(|(row, ..)| row == name)
        .unwrap_or_else(|| panic!("{name} has no row"));
    let signers: Vec<&Keypair> = signers.iter().collect();
    let what = format!("{name} while {section:?} is paused");
    match behaviour[section as usize] {
        Works => {
            if let Err(failure) = world.bank.send(instructions, &signers).await {
                panic!("{what}: {failure}");
            }
        }
        Refused => {
            let error = HomeostatError::Paused;
            attack(world, &what, instructions, &signers, error).await;
        }
    }
}

/// Sends every instruction while a section is paused.
async fn everything(section: Section) {
    let mut stage = stage(section).await;
    draft(&mut stage).await;
    let mut sent = BTreeSet::new();
    for one in core::mem::take(&mut stage.sends) {
        send(&mut stage.world, section, &one).await;
        sent.insert(one.0);
    }
    // The breaker comes last: a vault loses a token first.
    let vault = stage.world.at.reward_vault;
    let held = stage.world.bank.balance(&vault).await;
    stage.world.bank.set_balance(&vault, held - 1).await;
    let economy = stage.world.economy().await;
    let (at, pools) = (stage.world.at, stage.world.pools.clone());
    let trip = ix::trip_breaker(&at, &pools, &economy, Vault::Rewards).unwrap();
    let trip = ("trip_breaker", vec![trip], Vec::new());
    send(&mut stage.world, section, &trip).await;
    sent.insert(trip.0);

    // Funded rewards come from outside.
    let mut funded = World::build(&WorldSpec {
        funding: Funding::Funded,
        ..WorldSpec::default()
    })
    .await;
    let patron = funded.wallet(10 * TOKEN).await;
    let guardian = funded.guardian.insecure_clone();
    let pause = governance::pause(
        &funded.at,
        &guardian.pubkey(),
        section,
        60,
        PauseReason::Other,
    );
    funded.send_as(&guardian, pause).await.unwrap();
    let (at, program) = (funded.at, funded.token_program);
    let fund = ix::fund_rewards(&at, &patron.pubkey(), &patron.tokens, &program, TOKEN);
    let one = ("fund_rewards", vec![fund], vec![patron.key]);
    send(&mut funded, section, &one).await;
    sent.insert(one.0);

    // And an older layout from before.
    let world = &mut stage.world;
    let payer = world.bank.payer().pubkey();
    let older = world.bank.fresh_key().pubkey();
    let (_, account) = fixture::read(ECONOMY_0).swap_remove(0);
    fixture::load(&mut world.bank, &[(older, account)]);
    let one = ("migrate", vec![ix::migrate(&older, &payer)], Vec::new());
    send(world, section, &one).await;
    sent.insert(one.0);

    // Nothing was left out.
    for name in instructions() {
        assert!(sent.contains(name.as_str()), "{name} was not sent");
    }
}

#[tokio::test]
async fn p3_every_instruction_while_staking_is_paused() {
    everything(SECTIONS[0]).await;
}

#[tokio::test]
async fn p3_every_instruction_while_payments_are_paused() {
    everything(SECTIONS[1]).await;
}

#[tokio::test]
async fn p3_every_instruction_while_the_crank_is_paused() {
    everything(SECTIONS[2]).await;
}

#[tokio::test]
async fn p3_every_instruction_while_the_emission_is_paused() {
    everything(SECTIONS[3]).await;
}
