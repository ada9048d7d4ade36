//! Every instruction while a section is paused: exits and governance work, the rest as the table says.

use homeostat_client::Section;
use homeostat_sandbox::World;
use homeostat_tests::{attack, HomeostatError};

use super::{
    stage::{walk, Case},
    table::{Refused, Works, TABLE},
};

/// Sends one instruction and asserts what the table says of it.
async fn send(world: &mut World, section: Section, case: &Case) {
    let Case {
        name, instruction, ..
    } = case;
    let (_, behaviour, _) = TABLE
        .iter()
        .find(|(row, ..)| row == name)
        .unwrap_or_else(|| panic!("{name} has no row"));
    let instruction = core::slice::from_ref(instruction);
    let signers = case.signers();
    let what = format!("{name} while {section:?} is paused");
    match behaviour[section as usize] {
        Works => {
            if let Err(failure) = world.bank.send(instruction, &signers).await {
                panic!("{what}: {failure}");
            }
        }
        Refused => {
            let error = HomeostatError::Paused;
            attack(world, &what, instruction, &signers, error).await;
        }
    }
}

/// Sends every instruction while a section is paused.
async fn everything(section: Section) {
    walk(section, false, async |world, case, _| {
        send(world, section, case).await;
    })
    .await;
}

#[tokio::test]
async fn p3_every_instruction_while_staking_is_paused() {
    everything(Section::Stake).await;
}

#[tokio::test]
async fn p3_every_instruction_while_payments_are_paused() {
    everything(Section::Pay).await;
}

#[tokio::test]
async fn p3_every_instruction_while_the_crank_is_paused() {
    everything(Section::Crank).await;
}

#[tokio::test]
async fn p3_every_instruction_while_the_emission_is_paused() {
    everything(Section::Emission).await;
}
