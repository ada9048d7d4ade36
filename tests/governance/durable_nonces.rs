//! Signatures that never expire, and a fake sysvar: neither decides anything.

use homeostat_client::governance;
use homeostat_sandbox::{Failure, Receipt};
use homeostat_tests::{anchor, attack, exchange, unchanged, HomeostatError};
use solana_account::AccountSharedData;
use solana_program::sysvar;

use super::{
    callers::{everything, MULTISIG},
    *,
};

#[tokio::test]
async fn g5_signatures_that_never_expire_decide_nothing() {
    let mut world = World::new().await;
    let (offered, advisor) = (world.bank.fresh_key(), world.bank.fresh_key());
    let offers = vec![
        Action::AddMember {
            seat: seat(&offered),
        },
        Action::Advisor {
            expected: Pubkey::default(),
            seat: seat(&advisor),
        },
        Action::AdviceRange {
            parameter: Parameter::Emission,
            expected: homeostat::state::action::AdviceRange {
                setpoint_q48: 0,
                bias_q48: 0,
            },
            value: homeostat::state::action::AdviceRange {
                setpoint_q48: q48(0.05),
                bias_q48: 0,
            },
        },
    ];
    world.enact(offers).await.unwrap();
    let accept = governance::accept_role(&world.at, &advisor.pubkey(), RoleKind::Advisor);
    world.send_as(&advisor, accept).await.unwrap();
    let active = world.propose(standard()).await.unwrap();
    let due = world.queue(routine()).await.unwrap();
    ripen(&mut world, due).await;
    let advise = governance::advise(
        &world.at,
        &advisor.pubkey(),
        Parameter::Emission,
        Tunable::Setpoint,
        q48(0.61),
        0,
    );
    let nonce = world.bank.create_nonce().await;

    for (what, act, signer) in everything(&mut world, active, due, &offered, &advisor).await {
        if matches!(what, "veto" | "veto advice" | "pause") {
            continue;
        }
        let before = world.state().await;
        let outcome = durable(&mut world, &nonce, act, &signer).await;
        let code: u32 = HomeostatError::DurableNonceForbidden.into();
        let refused = matches!(&outcome, Err(failure) if failure.code() == Some(code));
        assert!(refused, "{what}: {outcome:?}");
        unchanged(what, &before, &world.state().await);
    }

    // What only stops things may lie ready in a drawer.
    world.send_as(&advisor, advise).await.unwrap();
    for (what, act, signer) in everything(&mut world, active, due, &offered, &advisor).await {
        if matches!(what, "veto" | "veto advice" | "pause") {
            let outcome = durable(&mut world, &nonce, act, &signer).await;
            assert!(outcome.is_ok(), "{what}: {outcome:?}");
        }
    }
    assert!(world.proposal(active).await.is(ProposalState::Vetoed));
}

/// Sends with the nonce once it can be used again: what failed has used it too.
async fn durable(
    world: &mut World,
    nonce: &Pubkey,
    act: Instruction,
    signer: &Keypair,
) -> Result<Receipt, Failure> {
    world.bank.new_blockhash().await;
    world.bank.send_durable(nonce, &[act], &[signer]).await
}

#[tokio::test]
async fn o6_a_fake_instructions_sysvar_is_refused() {
    // given accounts that say what the attacker wants: a copy, and another sysvar
    let mut world = World::new().await;
    let (offered, advisor) = (world.bank.fresh_key(), world.bank.fresh_key());
    let offers = vec![
        Action::AddMember {
            seat: seat(&offered),
        },
        Action::Advisor {
            expected: Pubkey::default(),
            seat: seat(&advisor),
        },
    ];
    world.enact(offers).await.unwrap();
    let accept = governance::accept_role(&world.at, &advisor.pubkey(), RoleKind::Advisor);
    world.send_as(&advisor, accept).await.unwrap();
    let active = world.propose(standard()).await.unwrap();
    let due = world.queue(routine()).await.unwrap();
    ripen(&mut world, due).await;
    let fake = world.bank.fresh_key().pubkey();
    let mut account = AccountSharedData::new(10_000_000, 256, &MULTISIG);
    account.set_data_from_slice(&[0; 256]);
    world.bank.set_account(&fake, &account);

    for (what, act, signer) in everything(&mut world, active, due, &offered, &advisor).await {
        for sysvar_key in [fake, sysvar::clock::ID, sysvar::rent::ID] {
            let swapped = exchange(act.clone(), &sysvar::instructions::ID, &sysvar_key);
            let code = anchor::CONSTRAINT_ADDRESS;
            attack(&mut world, what, &[swapped], &[&signer], code).await;
        }
    }
}
