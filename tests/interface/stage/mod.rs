//! A living economy in which every instruction of the program has something to do.

mod draft;
mod live;

use std::collections::BTreeSet;

use homeostat::constants::OPEN_TIME;
use homeostat_client::{
    governance::{self, ProposalId},
    instruction::{self as ix, Vault},
    Action, Economy, EconomyAddresses, Funding, PauseReason, Section,
};
use homeostat_sandbox::{fixture, world::TOKEN, Bank, World, WorldSpec};
use homeostat_tests::ECONOMY_0;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_program::pubkey::Pubkey;
use solana_signer::Signer;

use self::{draft::draft, live::stage};

use super::Interface;

/// An instruction that has something to do, and who signs beside the bank's payer.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) instruction: Instruction,
    pub(super) signers: Vec<Keypair>,
}

impl Case {
    pub(super) fn signers(&self) -> Vec<&Keypair> {
        self.signers.iter().collect()
    }

    /// Sends the instruction, which has to go through.
    pub(super) async fn send(&self, world: &mut World) {
        let instruction = core::slice::from_ref(&self.instruction);
        let sent = world.bank.send(instruction, &self.signers()).await;
        sent.unwrap_or_else(|failure| panic!("{}: {failure}", self.name));
    }
}

/// A live economy in which every instruction of the table has something to do.
struct Stage {
    world: World,
    cases: Vec<Case>,
}

impl Stage {
    fn add(&mut self, name: &'static str, instruction: Instruction, signers: &[&Keypair]) {
        self.cases.push(Case {
            name,
            instruction,
            signers: signers.iter().map(|key| key.insecure_clone()).collect(),
        });
    }

    /// What a proposal needs to be decided upon.
    fn decide(
        &mut self,
        name: &'static str,
        act: fn(&EconomyAddresses, &Pubkey, ProposalId) -> Instruction,
        signer: &Keypair,
        id: ProposalId,
    ) {
        let act = act(&self.world.at, &signer.pubkey(), id);
        self.add(name, act, &[signer]);
    }
}

/// A vault lost a token: anybody trips the breaker.
async fn trip(world: &mut World) -> Case {
    let economy = world.economy().await;
    let trip = ix::trip_breaker(&world.at, &world.pools, &economy, Vault::Rewards);
    Case {
        name: "trip_breaker",
        instruction: trip.expect("there is a reward vault"),
        signers: Vec::new(),
    }
}

/// Rewards come from outside; `section` is paused.
async fn funded(mut bank: Bank, section: Section) -> Stage {
    let sponsor = bank.fresh_key();
    let spec = WorldSpec {
        funding: Funding::Funded,
        sponsor: Some(sponsor.pubkey()),
        ..WorldSpec::default()
    };
    let mut world = World::build_on(bank, &spec).await;
    let patron = world.wallet(10 * TOKEN).await;
    let guardian = world.guardian.insecure_clone();
    let (at, program) = (world.at, world.token_program);
    let pause = governance::pause(&at, &guardian.pubkey(), section, 60, PauseReason::Other);
    world.send_as(&guardian, pause).await.unwrap();
    let amount = 5 * TOKEN;
    let fund = ix::fund_rewards(&at, &patron.pubkey(), &patron.tokens, &program, amount);
    world.send_as(&patron.key, fund.clone()).await.unwrap();
    let key = sponsor.pubkey();
    let tokens = world.bank.create_tokens(&at.mint, &key).await;
    // A notice that is over.
    let mut stage = Stage {
        world,
        cases: Vec::new(),
    };
    stage.add("fund_rewards", fund, &[&patron.key]);
    let over_since = stage.world.bank.now() - OPEN_TIME / 2;
    stage
        .world
        .bank
        .edit::<Economy>(&at.economy, |economy| {
            economy.recall = TOKEN;
            economy.recall_at = over_since;
        })
        .await;
    let recall = ix::recall(&at, &key, &tokens, &program);
    stage.add("recall", recall, &[&sponsor]);
    let announce = ix::announce_recall(&at.economy, &key, TOKEN);
    stage.add("announce_recall", announce, &[&sponsor]);
    stage
}

/// An economy that has ended and owes nothing; `section` was paused just before.
async fn retired(mut bank: Bank, section: Section) -> Stage {
    let sponsor = bank.fresh_key();
    let spec = WorldSpec {
        funding: Funding::Funded,
        sponsor: Some(sponsor.pubkey()),
        liquidity: vec![1],
        meters: 0,
        ..WorldSpec::default()
    };
    let mut world = World::build_on(bank, &spec).await;
    world.hand_over_mint(Funding::Mint).await;
    let successor = world.bank.fresh_key();
    let retire = Action::Retire {
        successor: Some(successor.pubkey()),
    };
    let index = world.queue(vec![retire]).await.unwrap();
    let eta = world.proposal(index).await.eta;
    world.bank.set_time(eta).await;
    let guardian = world.guardian.insecure_clone();
    let (at, program) = (world.at, world.token_program);
    let pause = governance::pause(&at, &guardian.pubkey(), section, 60, PauseReason::Other);
    world.send_as(&guardian, pause).await.unwrap();
    world.execute(index).await.unwrap();
    let tokens = world.bank.create_tokens(&at.mint, &sponsor.pubkey()).await;
    let (economy, liquidity) = (world.economy().await, world.pools[1]);
    let creator = world.creator.pubkey();
    let mut stage = Stage {
        world,
        cases: Vec::new(),
    };
    let accept = ix::hand_over_mint(&at, &successor.pubkey(), &program);
    stage.add("hand_over_mint", accept, &[&successor]);
    let wind_up = ix::wind_up(&at, &tokens, &program, &economy);
    stage.add("wind_up", wind_up, &[]);
    let close = ix::close_pool(&at, &liquidity, &creator);
    stage.add("close_pool", close, &[]);
    let dissolve = ix::dissolve(&at, &creator, &program, &[], &[]);
    stage.add("dissolve", dissolve, &[]);
    stage
}

/// An economy of an older layout from before.
fn older(world: &mut World) -> Case {
    let payer = world.bank.payer().pubkey();
    let older = world.bank.fresh_key().pubkey();
    let (_, account) = fixture::read(ECONOMY_0).swap_remove(0);
    fixture::load(&mut world.bank, &[(older, account)]);
    Case {
        name: "migrate",
        instruction: ix::migrate(&older, &payer),
        signers: Vec::new(),
    }
}

/// A second economy on the bank, in which every instruction has the same to do; its Draft
/// has all its parts.
async fn twin(bank: Bank, section: Section) -> (Bank, Vec<Case>) {
    let mut stage = stage(bank, section).await;
    let live = stage.cases.len();
    draft(&mut stage).await;
    let Stage {
        mut world,
        mut cases,
    } = stage;
    for case in &cases[live..] {
        if !["go_live", "close"].contains(&case.name) {
            case.send(&mut world).await;
        }
    }
    cases.push(trip(&mut world).await);
    let funded = funded(world.bank, section).await;
    cases.extend(funded.cases);
    let retired = retired(funded.world.bank, section).await;
    cases.extend(retired.cases);
    (retired.world.bank, cases)
}

/// Shows every instruction of the program, in an order in which each has something to do
/// while `section` is paused. `act` gets it before it is sent, and has to send it: others
/// rest on it. With `beside`, it gets the same instruction of a second economy too, where
/// there is one. Panics when an instruction of the IDL was left out.
pub(super) async fn walk(
    section: Section,
    beside: bool,
    mut act: impl AsyncFnMut(&mut World, &Case, Option<&Case>),
) {
    let mut bank = Bank::start().await;
    let mut twins = Vec::new();
    if beside {
        (bank, twins) = twin(bank, section).await;
    }
    let mut stage = stage(bank, section).await;
    draft(&mut stage).await;
    let Stage { mut world, cases } = stage;
    let mut shown = BTreeSet::new();
    for (index, case) in cases.iter().enumerate() {
        act(&mut world, case, twins.get(index)).await;
        shown.insert(case.name);
    }

    // The breaker comes after all that needs a sound economy.
    let vault = world.at.reward_vault;
    let held = world.bank.balance(&vault).await;
    world.bank.set_balance(&vault, held - 1).await;
    let case = trip(&mut world).await;
    act(&mut world, &case, twins.get(cases.len())).await;
    shown.insert(case.name);
    let case = older(&mut world);
    act(&mut world, &case, None).await;
    shown.insert(case.name);
    let mut beside = cases.len() + 1;
    let mut bank = world.bank;
    for ending in [false, true] {
        let Stage { mut world, cases } = if ending {
            retired(bank, section).await
        } else {
            funded(bank, section).await
        };
        for case in &cases {
            act(&mut world, case, twins.get(beside)).await;
            shown.insert(case.name);
            beside += 1;
        }
        bank = world.bank;
    }

    for name in Interface::read().names() {
        assert!(shown.contains(name), "{name} was not shown");
    }
}
