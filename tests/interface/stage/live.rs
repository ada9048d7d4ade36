//! A live economy with people, proposals in every stage, and something to do for each instruction.

use homeostat::{constants::PAUSE_BUDGET, state::action::AdviceRange};
use homeostat_client::{
    governance::{self, q48},
    instruction::{self as ix, Payment, Report},
    Action, FeedSettings, Parameter, PauseReason, RoleKind, Section, Tunable,
};
use homeostat_sandbox::{
    world::{seat, TOKEN},
    Bank, TokenProgram, World, WorldSpec,
};
use solana_keypair::Keypair;
use solana_program::pubkey::Pubkey;
use solana_signer::Signer;

use super::Stage;

pub(super) fn feed(reporter: Pubkey) -> FeedSettings {
    FeedSettings {
        label: *b"a price\0\0\0\0\0\0\0\0\0",
        reporters: vec![reporter],
        quorum: 1,
        max_spread_ppm: 50_000,
        max_age: 3_600,
    }
}

fn tune(field: Tunable, expected: f64, value: f64) -> Vec<Action> {
    vec![Action::Tune {
        parameter: Parameter::Emission,
        field,
        expected_q48: q48(expected),
        value_q48: q48(value),
        over_seconds: 0,
    }]
}

/// Anything that waits a while.
fn standard() -> Vec<Action> {
    tune(Tunable::Setpoint, 0.60, 0.90)
}

/// Many such, no two the same.
fn standard_no(number: u8) -> Vec<Action> {
    tune(Tunable::Setpoint, 0.60, 0.80 + f64::from(number) / 1_000.0)
}

/// Builds the stage; `section` is paused at its end.
pub(super) async fn stage(mut bank: Bank, section: Section) -> Stage {
    let reporter = bank.fresh_key();
    let spec = WorldSpec {
        feeds: vec![Some(feed(reporter.pubkey()))],
        ..WorldSpec::default()
    };
    let mut world = World::build_on(bank, &spec).await;
    let payer = world.bank.payer();
    let members: Vec<Keypair> = world
        .members
        .iter()
        .map(|key| key.insecure_clone())
        .collect();
    let guardian = world.guardian.insecure_clone();
    let (advisor, offered) = (world.bank.fresh_key(), world.bank.fresh_key());

    // People: two stakers, one of whom could veto alone and one who is leaving, and one
    // with an empty position.
    let staker = world.staker(4_000_000 * TOKEN).await;
    let leaver = world.staker(100 * TOKEN).await;
    let empty = world.wallet(0).await;
    world.open(&empty).await.unwrap();
    let rich = world.wallet(1_000 * TOKEN).await;
    let newcomer = world.wallet(0).await;
    world.open(&rich).await.unwrap();
    world.request_unstake(&leaver, 10 * TOKEN).await.unwrap();

    // What proposals allow and offer.
    let late = world.propose_as(&members[2], standard()).await.unwrap();
    let mint = world.at.mint;
    let pool = world.bank.create_amm(&mint, TokenProgram::Legacy).await;
    let (lp, amm_vault) = (pool.mint, pool.amm_vault.unwrap());
    let none = AdviceRange {
        setpoint_q48: 0,
        bias_q48: 0,
    };
    world
        .enact(vec![
            Action::Advisor {
                expected: Pubkey::default(),
                seat: seat(&advisor),
            },
            Action::AdviceRange {
                parameter: Parameter::Emission,
                expected: none,
                value: AdviceRange {
                    setpoint_q48: q48(0.05),
                    ..none
                },
            },
            Action::AllowMeters { count: 1 },
            Action::AllowFeeds { count: 1 },
        ])
        .await
        .unwrap();
    let accept = governance::accept_role(&world.at, &advisor.pubkey(), RoleKind::Advisor);
    world.send_as(&advisor, accept).await.unwrap();
    let late_by = world.proposal(late).await.active_until + 1;
    world.bank.set_time(late_by).await;
    world
        .enact(vec![Action::AllowPool {
            stake_mint: lp,
            amm_vault,
            weight: 3,
        }])
        .await
        .unwrap();
    let member_seat = Action::AddMember {
        seat: seat(&offered),
    };
    world.enact(vec![member_seat]).await.unwrap();
    world.request_unstake(&leaver, 10 * TOKEN).await.unwrap();

    // Proposals in every stage.
    let due = world
        .queue(tune(Tunable::Setpoint, 0.60, 0.61))
        .await
        .unwrap();
    let eta = world.proposal(due).await.eta;
    world.bank.set_time(eta).await;
    let mut opened = Vec::new();
    for (proposer, number) in [0, 0, 1, 1, 2].into_iter().zip(0..) {
        let proposer = members[proposer].insecure_clone();
        let actions = standard_no(number);
        opened.push(world.propose_as(&proposer, actions).await.unwrap());
    }
    let [own, theirs, voted, closed, vetoed] = opened[..] else {
        unreachable!("five were opened")
    };
    for id in [voted, closed] {
        world.approve(2, id).await.unwrap();
    }
    let ballot = governance::cast_ballot(&world.at, &leaver.pubkey(), &payer.pubkey(), closed);
    world.send_as(&leaver.key, ballot).await.unwrap();
    world.veto(closed).await.unwrap();
    let cooled = i64::from(world.council().await.delays.critical) + 1;
    world.bank.advance(cooled).await;
    let replace = Action::Guardian {
        expected: guardian.pubkey(),
        seat: seat(&world.bank.fresh_key()),
    };
    let lifted = world.propose_as(&members[0], vec![replace]).await.unwrap();
    world.veto(lifted).await.unwrap();

    // The pause begins now.
    let pause = |section, seconds| {
        governance::pause(
            &world.at,
            &guardian.pubkey(),
            section,
            seconds,
            PauseReason::Other,
        )
    };
    let most = PAUSE_BUDGET as u32;
    let (all, more) = (pause(section, most - 7_200), pause(section, most - 3_600));
    world.send_as(&guardian, all).await.unwrap();

    let at = world.at;
    let program = world.token_program;
    let economy = world.economy().await;
    let native = world.native_pool();
    let now = world.bank.now();
    let execute = world.execute_ix(due).await;
    let crank = world.crank_ix().await;
    let payment = Payment {
        payer: rich.pubkey(),
        from: rich.tokens,
        to: staker.tokens,
        shard: 0,
        amount: TOKEN,
        max_fee: TOKEN,
    };
    let report = Report {
        sequence: 1,
        value_q48: q48(1.0),
        observed_at: now,
    };
    let key = payer.pubkey();
    let mut stage = Stage {
        world,
        cases: Vec::new(),
    };
    // Users.
    let open = ix::open_position(&at.economy, &native, &newcomer.pubkey(), &key);
    stage.add("open_position", open, &[&newcomer.key]);
    let stake = stage.world.stake_ix(&rich, 10 * TOKEN);
    stage.add("stake", stake, &[&rich.key]);
    let (who, economy_key) = (leaver.pubkey(), at.economy);
    let unstake = ix::request_unstake(&economy_key, &native, &who, TOKEN);
    stage.add("request_unstake", unstake, &[&leaver.key]);
    let withdraw = ix::withdraw(&at, &stage.world.pools[0], &who, &leaver.tokens);
    stage.add("withdraw", withdraw, &[&leaver.key]);
    let ticket = ix::cancel_unstake(&economy_key, &native, &who, 1);
    stage.add("cancel_unstake", ticket, &[&leaver.key]);
    stage.add("top_up", stage.world.top_up_ix(), &[]);
    let claim = stage.world.claim_ix(&staker);
    stage.add("claim", claim, &[&staker.key]);
    let close = ix::close_position(&economy_key, &native, &empty.pubkey(), &key);
    stage.add("close_position", close, &[&empty.key]);
    stage.add("pay", ix::pay(&at, &program, &payment), &[&rich.key]);
    stage.add(
        "charge_fee",
        ix::charge_fee(&at, &program, &payment),
        &[&rich.key],
    );
    stage.add("collect", ix::collect(&at, &program, 0), &[]);
    // Keepers and reporters.
    let feed_key = at.feed(0);
    let report = ix::report_feed(&feed_key, &reporter.pubkey(), &report);
    stage.add("report_feed", report, &[&reporter]);
    let preview = ix::preview(&at, &stage.world.pools, &economy, 0);
    stage.add("preview", preview, &[]);
    stage.add("crank", crank, &[]);
    stage.add("grow_log", ix::grow_log(&at, &key, 1), &[]);
    // Governance.
    stage.add("execute", execute, &[]);
    let propose = governance::propose(&at, &members[2].pubkey(), &key, standard_now(), None);
    stage.add("propose", propose, &[&members[2]]);
    let approve = governance::approve(&at, &members[2].pubkey(), theirs);
    stage.add("approve", approve, &[&members[2]]);
    let withdraw = governance::withdraw_approval;
    stage.decide("withdraw_approval", withdraw, &members[1], voted);
    stage.decide("cancel", governance::cancel, &members[0], own);
    stage.decide("veto", governance::veto, &guardian, vetoed);
    stage.decide(
        "override_veto",
        governance::override_veto,
        &members[1],
        lifted,
    );
    stage.decide("expire", governance::expire, &newcomer.key, late);
    let ballot = governance::cast_ballot(&at, &staker.pubkey(), &key, voted);
    stage.add("cast_ballot", ballot, &[&staker.key]);
    let close = governance::close_ballot(&at, &who, &key, closed);
    stage.add("close_ballot", close, &[]);
    let close = governance::close_proposal(&at, &key, closed);
    stage.add("close_proposal", close, &[]);
    let accept = governance::accept_role(&at, &offered.pubkey(), RoleKind::Member);
    stage.add("accept_role", accept, &[&offered]);
    let (parameter, field) = (Parameter::Emission, Tunable::Setpoint);
    let advise = governance::advise(&at, &advisor.pubkey(), parameter, field, q48(0.58), 0);
    stage.add("advise", advise, &[&advisor]);
    let veto = governance::veto_advice(&at, &guardian.pubkey());
    stage.add("veto_advice", veto, &[&guardian]);
    stage.add("pause", more, &[&guardian]);
    // What was allowed.
    let meter = ix::create_allowed_meter(&at, &key, &program, 1);
    stage.add("create_meter", meter, &[]);
    stage.add("create_feed", ix::create_allowed_feed(&at, &key, 1), &[]);
    let create = ix::create_allowed_pool(&at, &key, &pool, 3);
    stage.add("create_pool", create, &[]);
    stage.world.pools.push(pool);
    stage.add("touch_pool", ix::touch_pool(&at, &pool), &[]);
    stage
}

/// The same after the routine change is executed.
fn standard_now() -> Vec<Action> {
    tune(Tunable::Bias, 60_000.0, 150_000.0)
}
