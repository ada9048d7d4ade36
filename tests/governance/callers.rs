//! Attacks through other programs, through signatures that never expire, and with fake
//! sysvars: who may call what, and from where.

use homeostat_client::{governance, CouncilArgs, PROGRAM_ID};
use homeostat_probe::{
    caller::{call, vault_seeds},
    process,
};
use homeostat_sandbox::Bank;
use homeostat_tests::{attack, unchanged, HomeostatError};
use solana_program_test::processor;

use super::*;

/// The program that members name.
pub(super) const MULTISIG: Pubkey = Pubkey::new_from_array([21; 32]);

/// The same code at another address: an attacker's.
pub(super) const ATTACKER: Pubkey = Pubkey::new_from_array([22; 32]);

/// A bank with both programs.
pub(super) async fn bank() -> Bank {
    Bank::start_with(|test| {
        for id in [MULTISIG, ATTACKER] {
            test.add_program("homeostat_probe", id, processor!(process));
        }
    })
    .await
}

/// The default economy on that bank.
async fn world() -> World {
    World::build_on(bank().await, &WorldSpec::default()).await
}

/// An economy with one member, threshold 1, on that bank. `accept` says how these two accept
/// their roles, and `signers` sign for it.
async fn world_of(
    member: SeatArgs,
    guardian: Option<SeatArgs>,
    accept: impl Fn(&World) -> Vec<Instruction>,
    signers: &[&Keypair],
) -> World {
    let draft = WorldSpec {
        draft: true,
        ..WorldSpec::default()
    };
    let mut world = World::build_on(bank().await, &draft).await;
    let council = CouncilArgs {
        members: vec![member],
        guardian: guardian.unwrap_or(seat(&world.guardian)),
        ..world.council_args(1, None)
    };
    let create = world.create_council_ix(council);
    world.run(&[create]).await.unwrap();
    let accept = accept(&world);
    world.bank.send(&accept, signers).await.unwrap();
    world.hand_over_mint(homeostat_client::Funding::Mint).await;
    world.go_live().await.unwrap();
    world
}

/// A vault of the multisig's, with what signs for it.
pub(super) struct Vault {
    multisig: Pubkey,
    pub(super) key: Pubkey,
    bump: [u8; 1],
}

impl Vault {
    fn new() -> Self {
        Self::numbered(23)
    }

    /// The vault of one of many multisigs.
    pub(super) fn numbered(number: u8) -> Self {
        let multisig = Pubkey::new_from_array([number; 32]);
        let (key, bump) = Pubkey::find_program_address(&vault_seeds(&multisig, &[0]), &MULTISIG);
        Self {
            multisig,
            key,
            bump: [bump],
        }
    }

    /// The vault's seat.
    pub(super) fn seat(&self) -> SeatArgs {
        SeatArgs {
            key: self.key,
            via: Some(MULTISIG),
        }
    }

    /// The multisig calls in the vault's name.
    pub(super) fn calls(&self, levels: u8, inner: &Instruction) -> Instruction {
        let [a, b, c, d] = vault_seeds(&self.multisig, &[0]);
        call(&MULTISIG, levels, &[a, b, c, d, &self.bump], inner)
    }
}

/// A direct signature, forwarded by a program.
pub(super) fn through(program: &Pubkey, levels: u8, inner: &Instruction) -> Instruction {
    call(program, levels, &[], inner)
}

#[tokio::test]
async fn g16_a_multisig_of_another_program_is_the_sole_member() {
    // given a vault that holds lamports and the only seat
    let vault = Vault::new();
    let accept = |world: &World| {
        let accept = governance::accept_role(&world.at, &vault.key, RoleKind::Member);
        vec![vault.calls(0, &accept)]
    };
    let mut world = world_of(vault.seat(), None, accept, &[]).await;
    world.bank.airdrop(&vault.key, 1_000_000_000).await;

    // when it proposes, and pays the rent itself
    let id = world.next_proposal(&routine()).await;
    let propose = governance::propose(&world.at, &vault.key, &vault.key, routine(), None);
    let propose = vault.calls(0, &propose);
    world.run(&[propose]).await.unwrap();
    // then that is an approval too; what it does all day works
    assert!(world.proposal(id).await.is(ProposalState::Queued));
    let withdraw = governance::withdraw_approval(&world.at, &vault.key, id);
    let approve = governance::approve(&world.at, &vault.key, id);
    for act in [withdraw, approve] {
        let act = vault.calls(0, &act);
        world.run(&[act]).await.unwrap();
    }
    ripen(&mut world, id).await;
    world.execute(id).await.unwrap();
    let close = governance::close_proposal(&world.at, &vault.key, id);
    world.run(&[close]).await.unwrap();
    assert_eq!(world.bank.lamports(&vault.key).await, 1_000_000_000);

    // but not from deeper in the stack
    let again = governance::propose(&world.at, &vault.key, &vault.key, standard(), None);
    let error = HomeostatError::CpiForbidden;
    for levels in [1, 2] {
        let deep = vault.calls(levels, &again);
        let what = format!("from stack height {}", 2 + levels);
        attack(&mut world, &what, &[deep], &[], error).await;
    }
    // nor below another program
    let below = through(&ATTACKER, 0, &vault.calls(0, &again));
    let mut below = below;
    below
        .accounts
        .push(solana_instruction::AccountMeta::new_readonly(
            PROGRAM_ID, false,
        ));
    attack(&mut world, "below another program", &[below], &[], error).await;
}

#[tokio::test]
async fn g16_via_names_the_one_program_that_may_call() {
    // given a member with a key of its own and a program that calls for it
    let mut bank_of_keys = bank().await;
    let key = bank_of_keys.fresh_key();
    drop(bank_of_keys);
    let mut world = world_of(
        SeatArgs {
            key: key.pubkey(),
            via: Some(MULTISIG),
        },
        None,
        |world| {
            let accept = world.accept_ix(&key, RoleKind::Member);
            vec![through(&MULTISIG, 0, &accept)]
        },
        &[&key],
    )
    .await;
    let propose = world.propose_ix(&key, routine());
    let error = HomeostatError::CpiForbidden;

    attack(
        &mut world,
        "directly",
        std::slice::from_ref(&propose),
        &[&key],
        error,
    )
    .await;
    let other = through(&ATTACKER, 0, &propose);
    attack(
        &mut world,
        "through another",
        std::slice::from_ref(&other),
        &[&key],
        error,
    )
    .await;
    let deep = through(&MULTISIG, 1, &propose);
    attack(&mut world, "from deeper", &[deep], &[&key], error).await;
    // That the right program is called somewhere else in the transaction is nothing.
    let payer = world.bank.payer().pubkey();
    let transfer = solana_system_interface::instruction::transfer(&payer, &key.pubkey(), 1_000_000);
    let decoy = through(&MULTISIG, 0, &transfer);
    let code: u32 = error.into();
    let before = world.state().await;
    for both in [[decoy.clone(), other.clone()], [other, decoy]] {
        let outcome = world.bank.send(&both, &[&key]).await;
        homeostat_tests::refused_with(outcome, code);
    }
    unchanged("a decoy", &before, &world.state().await);

    let right = through(&MULTISIG, 0, &propose);
    world.bank.send(&[right], &[&key]).await.unwrap();
}

#[tokio::test]
async fn g16_whoever_signs_for_itself_is_called_through_nothing() {
    let mut world = world().await;
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

    let error = HomeostatError::CpiForbidden;
    for (what, inner, signer) in everything(&mut world, active, due, &offered, &advisor).await {
        for (levels, program) in [(0, MULTISIG), (0, ATTACKER), (1, ATTACKER)] {
            let forwarded = through(&program, levels, &inner);
            attack(&mut world, what, &[forwarded], &[&signer], error).await;
        }
    }
    // What anybody may do anyhow, a program may do too.
    world.veto(active).await.unwrap();
    cool(&mut world).await;
    let payer = world.bank.payer();
    let close = governance::close_proposal(&world.at, &payer.pubkey(), active);
    let close = through(&ATTACKER, 1, &close);
    world.run(&[close]).await.unwrap();
}

/// Every act of governance that looks at its caller, and who signs it. `active` is an
/// Active proposal of member 0, `due` one to be executed.
pub(super) async fn everything(
    world: &mut World,
    active: ProposalId,
    due: ProposalId,
    offered: &Keypair,
    advisor: &Keypair,
) -> Vec<(&'static str, Instruction, Keypair)> {
    let (first, second) = (member(world, 0), member(world, 1));
    let guardian = world.guardian.insecure_clone();
    let at = world.at;
    let mut all = Vec::new();
    let payer = world.bank.payer();
    let propose = world.propose_ix(&first, standard_no(0));
    all.push(("propose", propose, first.insecure_clone()));
    let approve = governance::approve(&world.at, &second.pubkey(), active);
    all.push(("approve", approve, second.insecure_clone()));
    let of = |act: fn(&_, &_, _) -> _, key: &Keypair| act(&at, &key.pubkey(), active);
    for (what, act) in [
        (
            "withdraw",
            governance::withdraw_approval as fn(&_, &_, _) -> _,
        ),
        ("cancel", governance::cancel),
        ("override", governance::override_veto),
    ] {
        all.push((what, of(act, &first), first.insecure_clone()));
    }
    all.push((
        "veto",
        of(governance::veto, &guardian),
        guardian.insecure_clone(),
    ));
    let execute = world.execute_ix(due).await;
    all.push(("execute", execute, payer));
    let accept = governance::accept_role(&at, &offered.pubkey(), RoleKind::Member);
    all.push(("accept", accept, offered.insecure_clone()));
    let advise = governance::advise(
        &at,
        &advisor.pubkey(),
        Parameter::Emission,
        Tunable::Setpoint,
        q48(0.61),
        0,
    );
    all.push(("advise", advise, advisor.insecure_clone()));
    let veto = governance::veto_advice(&at, &guardian.pubkey());
    all.push(("veto advice", veto, guardian.insecure_clone()));
    let pause = governance::pause(
        &at,
        &guardian.pubkey(),
        Section::Pay,
        60,
        PauseReason::Other,
    );
    all.push(("pause", pause, guardian));
    all
}

#[tokio::test]
async fn g16_guardian_and_new_holders_act_through_their_program_too() {
    let vault = Vault::new();
    let mut bank_of_keys = bank().await;
    let key = bank_of_keys.fresh_key();
    drop(bank_of_keys);
    let mut world = world_of(
        seat(&key),
        Some(vault.seat()),
        |world| {
            let accept = governance::accept_role(&world.at, &vault.key, RoleKind::Guardian);
            vec![
                world.accept_ix(&key, RoleKind::Member),
                vault.calls(0, &accept),
            ]
        },
        &[&key],
    )
    .await;
    let pause = governance::pause(&world.at, &vault.key, Section::Pay, 60, PauseReason::Other);
    let error = HomeostatError::CpiForbidden;
    let deep = vault.calls(1, &pause);
    attack(&mut world, "a deep pause", &[deep], &[], error).await;
    world.run(&[vault.calls(0, &pause)]).await.unwrap();

    // A seat that was offered to a vault is accepted through the program it names.
    let second = Vault::numbered(24);
    world.members = vec![key];
    let offer = Action::AddMember {
        seat: second.seat(),
    };
    world.enact(vec![offer]).await.unwrap();
    let accept = governance::accept_role(&world.at, &second.key, RoleKind::Member);
    let deep = second.calls(1, &accept);
    attack(&mut world, "a deep acceptance", &[deep], &[], error).await;
    world.run(&[second.calls(0, &accept)]).await.unwrap();
    assert_eq!(world.council().await.size(), 2);
}
