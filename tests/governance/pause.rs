//! Attacks on pauses: for ever, by others, and as a weapon against those who would end them.

use homeostat::constants::{PAUSE_BUDGET, PAUSE_REFILL};
use homeostat_client::governance;
use homeostat_tests::{anchor, attack, exchange, unsigned, HomeostatError};

use super::{propose::two_worlds, *};

const SECTIONS: [Section; Section::COUNT] = [
    Section::Stake,
    Section::Pay,
    Section::Crank,
    Section::Emission,
];

/// The guardian's pause.
fn pause_ix(world: &World, section: Section, seconds: i64) -> Instruction {
    governance::pause(
        &world.at,
        &world.guardian.pubkey(),
        section,
        seconds as u32,
        PauseReason::Incident,
    )
}

async fn pause(world: &mut World, section: Section, seconds: i64) {
    let guardian = world.guardian.insecure_clone();
    let pause = pause_ix(world, section, seconds);
    world.send_as(&guardian, pause).await.unwrap();
}

#[tokio::test]
async fn p1_nobody_but_the_guardian_pauses() {
    let mut world = World::new().await;
    let mut others: Vec<_> = strangers(&mut world)
        .await
        .into_iter()
        .filter(|(who, ..)| *who != "the guardian")
        .map(|(who, key, _)| (who, key))
        .collect();
    others.push(("a member", member(&world, 0)));
    for (who, key) in others {
        let pause = governance::pause(
            &world.at,
            &key.pubkey(),
            Section::Stake,
            60,
            PauseReason::Other,
        );
        let error = HomeostatError::Unauthorized;
        attack(&mut world, who, &[pause], &[&key], error).await;
    }
    let forged = unsigned(
        pause_ix(&world, Section::Stake, 60),
        &world.guardian.pubkey(),
    );
    let code = anchor::ACCOUNT_NOT_SIGNER;
    attack(&mut world, "unsigned", &[forged], &[], code).await;
}

#[tokio::test]
async fn p1_a_guardian_pauses_its_own_economy_only() {
    let (mut world, other) = two_worlds().await;
    let guardian = world.guardian.insecure_clone();
    let pause = pause_ix(&world, Section::Stake, 60);
    let at = world.at;
    for (what, old, new) in [
        ("their economy", at.economy, other.economy),
        ("their council", at.council, other.council),
        ("their audit log", at.audit, other.audit),
    ] {
        let swapped = exchange(pause.clone(), &old, &new);
        let code = anchor::CONSTRAINT_HAS_ONE;
        attack(&mut world, what, &[swapped], &[&guardian], code).await;
    }
}

#[tokio::test]
async fn p1_pauses_belong_to_a_live_economy() {
    let mut draft = World::build(&WorldSpec {
        draft: true,
        ..WorldSpec::default()
    })
    .await;
    let guardian = draft.guardian.insecure_clone();
    let pause = pause_ix(&draft, Section::Stake, 60);
    let error = HomeostatError::NotLive;
    attack(&mut draft, "in Draft", &[pause], &[&guardian], error).await;

    let mut world = World::new().await;
    let guardian = world.guardian.insecure_clone();
    let nothing = pause_ix(&world, Section::Stake, 0);
    let error = HomeostatError::InvalidParameter;
    attack(&mut world, "for no time", &[nothing], &[&guardian], error).await;
    let retire = vec![Action::Retire { successor: None }];
    world.enact(retire).await.unwrap();
    let pause = pause_ix(&world, Section::Stake, 60);
    let error = HomeostatError::NotLive;
    attack(&mut world, "retired", &[pause], &[&guardian], error).await;
}

#[tokio::test]
async fn p2_a_guardian_cannot_pause_for_ever() {
    let mut world = World::new().await;
    let staker = world.wallet(1_000 * TOKEN).await;
    world.open(&staker).await.unwrap();
    let guardian = world.guardian.insecure_clone();
    let error = HomeostatError::PauseBudgetExceeded;
    let start = world.bank.now();

    // The whole budget, and not a second more.
    let all = [pause_ix(&world, Section::Stake, PAUSE_BUDGET + 1)];
    attack(&mut world, "a second more", &all, &[&guardian], error).await;
    pause(&mut world, Section::Stake, PAUSE_BUDGET).await;
    let more = [pause_ix(&world, Section::Stake, PAUSE_BUDGET + 1)];
    attack(&mut world, "an extension", &more, &[&guardian], error).await;
    refused(world.stake(&staker, TOKEN).await, HomeostatError::Paused);

    // Re-paused at each expiry, with all that came back: it dwindles to a tenth.
    let mut paused = PAUSE_BUDGET;
    for _ in 0..6 {
        let until = world.economy().await.pauses[0].until;
        world.bank.set_time(until).await;
        // After the stored end everything works without a transaction.
        world.stake(&staker, TOKEN).await.unwrap();
        let held = world.economy().await.pauses[0].budget(until);
        assert!(held <= PAUSE_BUDGET / PAUSE_REFILL + 1);
        if held == 0 {
            break;
        }
        let more = [pause_ix(&world, Section::Stake, held + 1)];
        attack(&mut world, "again", &more, &[&guardian], error).await;
        pause(&mut world, Section::Stake, held).await;
        paused += held;
    }
    let passed = world.bank.now() - start;
    assert!(paused <= PAUSE_BUDGET + passed / PAUSE_REFILL + 1);
    // The other sections have budgets of their own.
    pause(&mut world, Section::Pay, PAUSE_BUDGET).await;
}

#[tokio::test]
async fn p2_an_early_end_gives_the_guardian_nothing_back() {
    let mut world = World::new().await;
    let guardian = world.guardian.insecure_clone();
    for section in SECTIONS {
        pause(&mut world, section, PAUSE_BUDGET).await;
        let unpause = world.unpause(section).await;
        world.enact(vec![unpause]).await.unwrap();
        let again = pause_ix(&world, section, 60);
        let error = HomeostatError::PauseBudgetExceeded;
        let what = format!("{section:?} again");
        attack(&mut world, &what, &[again], &[&guardian], error).await;
    }
    // And where nothing is paused there is nothing to end.
    let member = member(&world, 0);
    let unpause = world.unpause(Section::Stake).await;
    let propose = world.propose_ix(&member, vec![unpause]);
    let error = HomeostatError::NothingToResume;
    attack(&mut world, "unpaused", &[propose], &[&member], error).await;
}

#[tokio::test]
async fn p4_a_bad_guardian_is_removed_while_everything_is_paused() {
    // given everything paused for as long as a guardian can
    let mut world = World::new().await;
    let new = world.bank.fresh_key();
    for section in SECTIONS {
        pause(&mut world, section, PAUSE_BUDGET).await;
    }
    // when the members replace it, over its veto
    let replace = Action::Guardian {
        expected: world.guardian.pubkey(),
        seat: seat(&new),
    };
    let index = world.queue(vec![replace]).await.unwrap();
    world.veto(index).await.unwrap();
    for place in [0, 1] {
        let member = member(&world, place);
        world
            .decide(governance::override_veto, &member, index)
            .await
            .unwrap();
    }
    ripen(&mut world, index).await;
    for section in SECTIONS {
        pause(&mut world, section, HOUR).await;
    }
    world.execute(index).await.unwrap();
    let accept = governance::accept_role(&world.at, &new.pubkey(), RoleKind::Guardian);
    world.send_as(&new, accept).await.unwrap();

    // then the old one pauses no more, and the council ends what it began
    let guardian = world.guardian.insecure_clone();
    let last = pause_ix(&world, Section::Stake, 60);
    let error = HomeostatError::Unauthorized;
    attack(&mut world, "the old guardian", &[last], &[&guardian], error).await;
    let mut all = Vec::new();
    for section in SECTIONS {
        all.push(world.unpause(section).await);
    }
    world.enact(all).await.unwrap();
    let now = world.bank.now();
    let economy = world.economy().await;
    assert!(SECTIONS
        .iter()
        .all(|section| !economy.is_paused(*section, now)));
}

#[tokio::test]
async fn u8_exits_stay_open_while_everything_is_paused() {
    let mut world = World::new().await;
    let staker = world.staker(1_000 * TOKEN).await;
    world.bank.advance(DAY).await;
    world.request_unstake(&staker, 400 * TOKEN).await.unwrap();
    world.bank.advance(7 * DAY).await;
    for section in SECTIONS {
        pause(&mut world, section, PAUSE_BUDGET).await;
    }
    world.bank.advance(HOUR).await;
    let held = world.balance(&staker).await;
    world.claim(&staker).await.unwrap();
    assert!(world.balance(&staker).await > held);
    world.withdraw(&staker).await.unwrap();
    world.request_unstake(&staker, 600 * TOKEN).await.unwrap();
    // What was asked for during the pause is paid during the next one.
    world.bank.advance(7 * DAY).await;
    for section in SECTIONS {
        pause(&mut world, section, HOUR).await;
    }
    world.withdraw(&staker).await.unwrap();
    world.claim(&staker).await.unwrap();
    world.close_position(&staker).await.unwrap();
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn s9_nothing_is_staked_while_staking_is_paused() {
    let mut world = World::new().await;
    let staker = world.staker(1_000 * TOKEN).await;
    let more = world.wallet(1_000 * TOKEN).await;
    world.open(&more).await.unwrap();
    world.request_unstake(&staker, TOKEN).await.unwrap();
    pause(&mut world, Section::Stake, HOUR).await;
    let error = HomeostatError::Paused;
    let stake = [world.stake_ix(&more, TOKEN)];
    attack(&mut world, "stake", &stake, &[&more.key], error).await;
    let pool = world.native_pool();
    let rebond = ix::cancel_unstake(&world.at.economy, &pool, &staker.pubkey(), 0);
    attack(&mut world, "rebond", &[rebond], &[&staker.key], error).await;
    world.bank.advance(HOUR - 1).await;
    attack(&mut world, "the last second", &stake, &[&more.key], error).await;
    world.bank.advance(1).await;
    world.bank.send(&stake, &[&more.key]).await.unwrap();
}

#[tokio::test]
async fn k4_a_crank_after_a_pause_takes_no_more_than_a_step() {
    // given a quarter of the supply staked, and a period decided upon
    let mut world = World::new().await;
    let whale = world.staker(250_000_000 * TOKEN).await;
    world.next_period().await.unwrap();
    let before = world.economy().await.controllers[0];
    // when cranks are paused beyond the period's end and the measurement jumps meanwhile
    let end = world.economy().await.next_end;
    world.bank.set_time(end - HOUR).await;
    pause(&mut world, Section::Crank, PAUSE_BUDGET).await;
    world
        .request_unstake(&whale, 200_000_000 * TOKEN)
        .await
        .unwrap();
    world.bank.set_time(end).await;
    refused(world.crank().await, HomeostatError::Paused);
    world.bank.advance(DAY).await;
    let unpause = world.unpause(Section::Crank).await;
    world.enact(vec![unpause]).await.unwrap();
    world.crank().await.unwrap();
    // then the output moves by one period's slew at most
    let after = world.economy().await.controllers[0];
    let moved = (after.state.u - before.state.u).unsigned_abs();
    assert!(moved > 0 && moved <= before.config.slew_up, "{moved}");
}

#[tokio::test]
async fn n16_a_pause_of_a_second_a_period_leaves_the_emission_as_it_is() {
    // Given two economies in which 54 % of the supply is staked where 60 % is the target, so
    // that the emission has to rise for weeks,
    let mut rates = Vec::new();
    for paused in [false, true] {
        let mut world = World::new().await;
        world.staker(540_000_000 * TOKEN).await;
        for _ in 0..20 {
            // when the guardian of one of them pauses it for a second in each of twenty periods,
            if paused {
                pause(&mut world, Section::Emission, 1).await;
            }
            world.next_period().await.unwrap();
        }
        let economy = world.economy().await;
        let integral = economy.controllers[0].state.integral.get();
        assert!(integral > 1_000, "{integral}");
        rates.push(economy.value(Parameter::Emission));
    }
    // then its emission is what the other's is, within 1 %.
    let (free, paused) = (rates[0], rates[1]);
    assert!(free > 90_000, "{free}");
    assert!(free.abs_diff(paused) * 100 <= free, "{free} {paused}");
}
