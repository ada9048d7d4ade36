//! Governance: proposals, ballots, roles, advice, pauses.

use homeostat::{constants::MAX_REASON_URI, state::action::AdviceRange};
use homeostat_client::{
    address,
    governance::{self as gov, ProposalId},
    Action, CouncilArgs, Parameter, PauseReason, RoleKind, SeatArgs, Section, Tunable,
};
use homeostat_sandbox::{
    world::{seat, TOKEN, WEEK},
    World,
};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_program::pubkey::Pubkey;
use solana_signer::Signer;

use super::{
    actions::{four_ramps, longest, narrower, new_guardian, ramp},
    stage::{heaviest_spec, ordinary_spec, populated, turn_log, DUST, MOST_MEMBERS},
    ORDINARY, REPEATED, WORST,
};
use crate::bench::{Bench, Error};

/// All but `create_council`, which belongs to a Draft.
const INSTRUCTIONS: [&str; 15] = [
    "propose",
    "approve",
    "withdraw_approval",
    "veto",
    "override_veto",
    "cast_ballot",
    "close_ballot",
    "execute",
    "cancel",
    "expire",
    "close_proposal",
    "accept_role",
    "advise",
    "veto_advice",
    "pause",
];

/// Four ramps instead of three whole configurations and a ramp: shorter, more arithmetic.
const FOUR_RAMPS: &str = "four ramps";
/// The same with a reason.
const REASON: &str = "with a reason";
/// What another member has proposed: an approval.
const JOINED: &str = "open already";
/// A payment out of the treasury.
const TREASURY: &str = "treasury";
/// The end of an economy.
const RETIREMENT: &str = "retirement";

const HOUR: u32 = 3_600;
/// Measures this family of instructions.
pub async fn measure(bench: &mut Bench) -> Result<(), Error> {
    if !bench.wants(&INSTRUCTIONS) {
        return Ok(());
    }
    ordinary(bench).await?;
    worst(bench).await
}

/// The council that the worst case creates: fifteen members, each with a program that
/// calls for it.
pub fn full_council(keys: &[Keypair], guardian: &Keypair) -> CouncilArgs {
    let through = |key: &Keypair| SeatArgs {
        via: Some(Pubkey::new_from_array([7; 32])),
        ..seat(key)
    };
    CouncilArgs {
        members: keys.iter().map(through).collect(),
        append: false,
        threshold: MOST_MEMBERS,
        guardian: through(guardian),
        delays: None,
    }
}

/// Gives the economy an advisor who may recommend setpoints of the emission.
async fn appoint_advisor(world: &mut World) -> Result<Keypair, Error> {
    let advisor = world.bank.fresh_key();
    let none = AdviceRange {
        setpoint_q48: 0,
        bias_q48: 0,
    };
    let offer = Action::Advisor {
        expected: Pubkey::default(),
        seat: seat(&advisor),
    };
    let range = Action::AdviceRange {
        parameter: Parameter::Emission,
        expected: none,
        value: AdviceRange {
            setpoint_q48: gov::q48(0.05),
            ..none
        },
    };
    world.enact(vec![offer, range]).await?;
    let accept = gov::accept_role(&world.at, &advisor.pubkey(), RoleKind::Advisor);
    world.send_as(&advisor, accept).await?;
    Ok(advisor)
}

fn advise(world: &World, advisor: &Keypair, setpoint: f64) -> Instruction {
    let (field, value) = (Tunable::Setpoint, gov::q48(setpoint));
    let who = advisor.pubkey();
    gov::advise(&world.at, &who, Parameter::Emission, field, value, HOUR)
}

/// A proposal by the member at `place`, paid for by the bank's payer, and what it will be known
/// by.
pub async fn propose(
    world: &mut World,
    place: usize,
    actions: Vec<Action>,
) -> (Instruction, ProposalId) {
    let id = world.next_proposal(&actions).await;
    (world.propose_ix(&world.members[place], actions), id)
}

/// The approval of the member at `place`.
pub fn approve(world: &World, place: usize, id: ProposalId) -> Instruction {
    gov::approve(&world.at, &world.members[place].pubkey(), id)
}

/// The execution of a queued proposal, as soon as it may be.
pub async fn ripe(world: &mut World, index: ProposalId) -> Instruction {
    let eta = world.proposal(index).await.eta;
    world.bank.set_time(eta).await;
    world.execute_ix(index).await
}

/// Three members, two of whom decide.
async fn ordinary(bench: &mut Bench) -> Result<(), Error> {
    let mut world = populated(ordinary_spec()).await?;
    let alice = world.staker(1_000_003 * TOKEN).await;
    world.next_period().await?;
    let (at, payer) = (world.at, world.bank.payer().pubkey());
    let keys: Vec<Keypair> = world.members.iter().map(Keypair::insecure_clone).collect();
    let [first, second, third] = [&keys[0], &keys[1], &keys[2]];
    let guardian = world.guardian.insecure_clone();

    // A Routine proposal, then a Standard one.
    let small = ramp(&mut world, Parameter::Emission, Tunable::Setpoint, 0.61).await;
    let (act, small) = propose(&mut world, 0, vec![small]).await;
    bench.perform(&mut world, ORDINARY, &act, &[first]).await?;
    let large = narrower(&mut world).await;
    let (mut act, large) = propose(&mut world, 0, vec![large]).await;
    bench.perform(&mut world, REPEATED, &act, &[first]).await?;
    // Proposed by another member, who approves what is there.
    act.accounts[0].pubkey = second.pubkey();
    bench.measure(&mut world, JOINED, &act, &[second]).await?;
    for (member, key, case) in [(1, second, ORDINARY), (2, third, REPEATED)] {
        let act = approve(&world, member, small);
        bench.perform(&mut world, case, &act, &[key]).await?;
    }
    for member in [1, 2] {
        world.approve(member, large).await?;
    }
    for (key, case) in [(third, ORDINARY), (second, REPEATED)] {
        let act = gov::withdraw_approval(&at, &key.pubkey(), large);
        bench.perform(&mut world, case, &act, &[key]).await?;
    }
    let act = gov::cast_ballot(&at, &alice.pubkey(), &payer, large);
    let bank = &mut world.bank;
    bench.perform(bank, ORDINARY, &act, &[&alice.key]).await?;
    let act = gov::veto(&at, &guardian.pubkey(), large);
    bench.perform(bank, ORDINARY, &act, &[&guardian]).await?;
    let act = gov::close_ballot(&at, &alice.pubkey(), &payer, large);
    bench.measure(bank, ORDINARY, &act, &[]).await?;
    let ballot = act;
    let act = ripe(&mut world, small).await;
    bench.perform(&mut world, ORDINARY, &act, &[]).await?;

    // The veto has cooled.
    world.bank.advance(WEEK).await;
    let close = gov::close_proposal(&at, &payer, large);
    let bank = &mut world.bank;
    bench.perform(bank, ORDINARY, &close, &[]).await?;
    // The ballot's proposal has been closed.
    bench.measure(bank, REPEATED, &ballot, &[]).await?;

    let replacement = new_guardian(&mut world);
    let index = world.queue(vec![replacement]).await?;
    world.veto(index).await?;
    for (key, case) in [(first, ORDINARY), (second, REPEATED)] {
        let act = gov::override_veto(&at, &key.pubkey(), index);
        bench.perform(&mut world, case, &act, &[key]).await?;
    }

    let large = narrower(&mut world).await;
    let index = world.propose(vec![large.clone()]).await?;
    let act = gov::cancel(&at, &first.pubkey(), index);
    bench.perform(&mut world, ORDINARY, &act, &[first]).await?;
    let index = world.propose(vec![large]).await?;
    world.bank.advance(3 * WEEK).await;
    let act = gov::expire(&at, &payer, index);
    bench.measure(&mut world, ORDINARY, &act, &[]).await?;

    let new = world.bank.fresh_key();
    world
        .enact(vec![Action::AddMember { seat: seat(&new) }])
        .await?;
    let act = gov::accept_role(&at, &new.pubkey(), RoleKind::Member);
    bench.perform(&mut world, ORDINARY, &act, &[&new]).await?;
    let advisor = appoint_advisor(&mut world).await?;
    let advise = advise(&world, &advisor, 0.613);
    let bank = &mut world.bank;
    bench.perform(bank, ORDINARY, &advise, &[&advisor]).await?;
    let veto = gov::veto_advice(&at, &guardian.pubkey());
    bench.perform(bank, ORDINARY, &veto, &[&guardian]).await?;
    bench.perform(bank, REPEATED, &advise, &[&advisor]).await?;
    bench.measure(bank, REPEATED, &veto, &[&guardian]).await?;
    let reason = PauseReason::Incident;
    let pause = gov::pause(&at, &guardian.pubkey(), Section::Stake, HOUR, reason);
    bench.perform(bank, ORDINARY, &pause, &[&guardian]).await?;
    bank.advance(60).await;
    bench.measure(bank, REPEATED, &pause, &[&guardian]).await
}

/// Fifteen members who all have to approve, the last of them acting last; a council
/// whose audit log has turned.
async fn worst(bench: &mut Bench) -> Result<(), Error> {
    let mut world = populated(heaviest_spec()).await?;
    let whale = world.wallet(260_000_000 * TOKEN).await;
    world.open(&whale).await?;
    world.stake(&whale, 250_000_000 * TOKEN).await?;
    turn_log(&mut world).await?;
    let (at, payer) = (world.at, world.bank.payer().pubkey());
    let keys: Vec<Keypair> = world.members.iter().map(Keypair::insecure_clone).collect();
    let last = keys.len() - 1;
    let [key, guardian] = [keys[last].insecure_clone(), world.guardian.insecure_clone()];

    // The audit log holds 24 records; appointing and replacing writes thirty.
    let advisor = appoint_advisor(&mut world).await?;
    let removal = world.removal(&keys[last].pubkey()).await;
    world
        .enact(vec![
            Action::Threshold {
                expected: MOST_MEMBERS,
                value: MOST_MEMBERS - 1,
            },
            removal,
            Action::AddMember { seat: seat(&key) },
        ])
        .await?;
    let accept = gov::accept_role(&at, &key.pubkey(), RoleKind::Member);
    bench.perform(&mut world, WORST, &accept, &[&key]).await?;
    world
        .enact(vec![Action::Threshold {
            expected: MOST_MEMBERS - 1,
            value: MOST_MEMBERS,
        }])
        .await?;

    let ramps = four_ramps(&mut world).await;
    let (act, _) = propose(&mut world, last, ramps.clone()).await;
    bench.measure(&mut world, FOUR_RAMPS, &act, &[&key]).await?;
    let reason = Some(gov::reason(&"w".repeat(MAX_REASON_URI), b"why"));
    let act = gov::propose(&at, &key.pubkey(), &payer, ramps.clone(), reason);
    bench.measure(&mut world, REASON, &act, &[&key]).await?;
    let actions = longest(&mut world).await;
    let (act, index) = propose(&mut world, last, actions).await;
    let proposal = index.address(&at.economy);
    world.bank.airdrop(&proposal, DUST).await;
    bench.perform(&mut world, WORST, &act, &[&key]).await?;

    // The last approval of fifteen, taken back and given again.
    for member in 0..last - 1 {
        world.approve(member, index).await?;
    }
    let act = approve(&world, last - 1, index);
    let before = [&keys[last - 1]];
    bench.perform(&mut world, WORST, &act, &before).await?;
    let withdraw = gov::withdraw_approval(&at, &key.pubkey(), index);
    bench.measure(&mut world, WORST, &withdraw, &[&key]).await?;
    let act = ripe(&mut world, index).await;
    bench.measure(&mut world, WORST, &act, &[]).await?;
    let index = world.queue(ramps).await?;
    let act = ripe(&mut world, index).await;
    bench.measure(&mut world, FOUR_RAMPS, &act, &[]).await?;

    let bank = &mut world.bank;
    let veto = gov::veto(&at, &guardian.pubkey(), index);
    bench.measure(bank, WORST, &veto, &[&guardian]).await?;
    let proposal = index.address(&at.economy);
    let ballot = address::ballot(&proposal, index.index, &whale.pubkey());
    bank.airdrop(&ballot, DUST).await;
    let act = gov::cast_ballot(&at, &whale.pubkey(), &payer, index);
    bench.perform(bank, WORST, &act, &[&whale.key]).await?;
    let act = gov::close_ballot(&at, &whale.pubkey(), &payer, index);
    bench.measure(bank, WORST, &act, &[]).await?;
    bank.advance(2 * WEEK).await;
    let act = gov::close_proposal(&at, &payer, index);
    bench.measure(bank, WORST, &act, &[]).await?;

    let replacement = new_guardian(&mut world);
    let index = world.queue(vec![replacement]).await?;
    for member in &keys[..last] {
        world.decide(gov::cancel, member, index).await?;
    }
    let act = gov::cancel(&at, &key.pubkey(), index);
    bench.measure(&mut world, WORST, &act, &[&key]).await?;
    world.veto(index).await?;
    for member in &keys[..last] {
        world.decide(gov::override_veto, member, index).await?;
    }
    let act = gov::override_veto(&at, &key.pubkey(), index);
    bench.perform(&mut world, WORST, &act, &[&key]).await?;
    let expires_at = world.proposal(index).await.expires_at;
    world.bank.set_time(expires_at + 1).await;
    let act = gov::expire(&at, &payer, index);
    bench.measure(&mut world, WORST, &act, &[]).await?;

    // Advice while all four controllers are on ramps.
    let ramps = four_ramps(&mut world).await;
    world.enact(ramps).await?;
    let (by_advisor, by_guardian) = ([&advisor], [&guardian]);
    let act = advise(&world, &advisor, 0.687);
    bench.perform(&mut world, WORST, &act, &by_advisor).await?;
    let act = gov::veto_advice(&at, &guardian.pubkey());
    bench.measure(&mut world, WORST, &act, &by_guardian).await?;
    world.next_period().await?;
    let reason = PauseReason::Exploit;
    let act = gov::pause(&at, &guardian.pubkey(), Section::Emission, HOUR, reason);
    world.send_as(&guardian, act.clone()).await?;
    world.bank.advance(60).await;
    bench.measure(&mut world, WORST, &act, &by_guardian).await?;

    let to = world.wallet(0).await.tokens;
    let amount = world.bank.balance(&at.treasury_vault).await / 100;
    let payment = Action::PayTreasury { to, amount };
    let successor = Some(guardian.pubkey());
    let retirement = Action::Retire { successor };
    for (action, case) in [(payment, TREASURY), (retirement, RETIREMENT)] {
        let index = world.queue(vec![action]).await?;
        let act = ripe(&mut world, index).await;
        bench.perform(&mut world, case, &act, &[]).await?;
    }
    Ok(())
}
