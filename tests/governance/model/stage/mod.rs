//! The program's side: councils of several shapes on one bank, set back to their
//! beginning before every sequence, and how their accounts compare with the reference.

mod compare;

use std::collections::{BTreeMap, BTreeSet};

use anchor_lang::AnchorSerialize;
use homeostat::state::action::{Caps, Terms};
use homeostat_client::{
    address,
    governance::{self, ProposalId},
    instruction as ix,
    instruction::StakeMint,
    log::{self, Record},
    Action, Council, DecisionRecord, Delays, Economy, EconomyAddresses, Parameter, PauseReason,
    Pool, Position, Proposal, Tunable,
};
use homeostat_sandbox::{Bank, Failure, TokenProgram, World, WorldSpec};
use solana_account::AccountSharedData;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_program::{hash::hash, pubkey::Pubkey};
use solana_signer::Signer;

use super::{
    reference::{Advice, Controller, Given, Gravity, Model, Permit, Realm, Stage, Stake},
    steps::{Cast, Step},
    watch::Seen,
};

/// A council to begin with.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub members: u8,
    pub threshold: u8,
}

/// Stakes of the stakers (base units): one of them can veto alone, all together can.
const STAKES: [u64; 4] = [450_000, 250_000, 200_000, 100_000];
/// So little that ballots are a share of the stake at first, and of a tenth of this
/// when much of it has left.
const SUPPLY: u64 = 6_000_000;
/// Those who are nobody at first.
const STRANGERS: usize = 6;

/// A council, ready to begin.
pub struct Prepared {
    at: EconomyAddresses,
    token_program: Pubkey,
    pools: Vec<StakeMint>,
    keys: BTreeMap<Pubkey, Keypair>,
    tokens: BTreeMap<Pubkey, Pubkey>,
    pub cast: Cast,
    /// Every account as it was when the council was ready.
    beginning: Vec<(Pubkey, AccountSharedData)>,
    began_at: i64,
    beginning_model: Model,
    names: BTreeMap<Pubkey, String>,
}

impl Prepared {
    /// Builds the council's economy; the bank goes in and comes out.
    pub async fn build(bank: Bank, shape: Shape) -> (Bank, Self) {
        let spec = WorldSpec {
            members: shape.members,
            threshold: shape.threshold,
            supply: SUPPLY,
            ..WorldSpec::default()
        };
        let mut world = World::build_on(bank, &spec).await;
        let mut keys = BTreeMap::new();
        let mut names = BTreeMap::new();
        let mut tokens = BTreeMap::new();
        let mut stakers = Vec::new();
        let mut everybody = Vec::new();
        let mut enter = |key: &Keypair, name: String| {
            everybody.push(key.pubkey());
            names.insert(key.pubkey(), name);
            keys.insert(key.pubkey(), key.insecure_clone());
        };
        for (number, member) in world.members.iter().enumerate() {
            enter(member, format!("founder {number}"));
        }
        enter(&world.guardian, "first guardian".into());
        for number in 0..STRANGERS {
            enter(&world.bank.fresh_key(), format!("stranger {number}"));
        }
        for (number, amount) in STAKES.into_iter().enumerate() {
            let wallet = world.wallet(SUPPLY / 5).await;
            world.open(&wallet).await.expect("a position opens");
            world.stake(&wallet, amount).await.expect("stake enters");
            enter(&wallet.key, format!("staker {number}"));
            tokens.insert(wallet.pubkey(), wallet.tokens);
            stakers.push(wallet.pubkey());
        }
        let mint = world.at.mint;
        let cast = Cast {
            everybody,
            stakers,
            program: Pubkey::new_from_array([77; 32]),
            accounts: tokens
                .values()
                .copied()
                .chain([world.reserve, world.at.reward_vault, Pubkey::default()])
                .chain([Pubkey::new_from_array([78; 32])])
                .collect(),
            amm: world.bank.create_amm(&mint, TokenProgram::Legacy).await,
        };
        names.insert(cast.program, "a program".into());

        let economy = world.economy().await;
        let council = world.council().await;
        let pool = world.pool(0).await;
        let members: Vec<Pubkey> = world.members.iter().map(Keypair::pubkey).collect();
        let mut stakes = BTreeMap::new();
        for staker in &cast.stakers {
            let at = address::position(&world.native_pool(), staker);
            let position: Position = world.bank.fetch(&at).await;
            let stake = Stake::of(position.amount, position.votes_from);
            stakes.insert(*staker, stake);
        }
        let beginning_model = Model {
            now: world.bank.now(),
            realm: Realm::new(Given {
                members,
                last_id: council.next_member,
                threshold: shape.threshold,
                guardian: world.guardian.pubkey(),
                delays: Delays::DEFAULT,
                controllers: Parameter::ALL.map(|p| founded(&economy, p)),
                treasury_ppm: economy.limits.treasury_ppm,
                min_stake: economy.min_stake(0),
                terms: Terms::of(&economy.limits),
                caps: Caps::of(&economy.limits),
                supply: economy.totals.supply,
                vaults: vec![world.at.reward_vault],
            }),
            proposals: BTreeMap::new(),
            contents: Vec::new(),
            ballots: BTreeMap::new(),
            stakes,
            period: i64::from(economy.limits.period),
            next_end: economy.next_end,
            last_crank: economy.last_crank,
            mean_stake: 0,
            circulating: economy.totals.circulating,
            stake_seconds: pool.stake_seconds.get(),
            window: (0, 0),
            integrated_at: pool.settled_at,
        };

        let mut accounts: Vec<Pubkey> = world.state().await.into_iter().map(|(at, _)| at).collect();
        accounts.extend(tokens.values());
        let mut beginning = Vec::new();
        for at in accounts {
            let account = world.bank.account(&at).await.unwrap_or_default();
            beginning.push((at, account));
        }
        let World {
            bank,
            at,
            token_program,
            pools,
            ..
        } = world;
        let prepared = Self {
            at,
            token_program,
            pools,
            keys,
            tokens,
            cast,
            beginning,
            began_at: bank.now(),
            beginning_model,
            names,
        };
        (bank, prepared)
    }

    /// The text with names for addresses.
    pub fn told(&self, text: &str) -> String {
        let mut told = text.to_string();
        for (key, name) in &self.names {
            told = told.replace(&key.to_string(), name);
        }
        told
    }
}

/// A controller as the economy was founded with it.
fn founded(economy: &Economy, parameter: Parameter) -> Controller {
    let stored = &economy.controllers[parameter as usize];
    Controller {
        parameter,
        config: stored.config(),
        state: stored.state(),
        guard_config: stored.guard_config(),
        guard: stored.guard(),
        anchors: Tunable::ALL.map(|field| field.ramp(&stored.config).to.get().to_bits()),
        changed_in: [None; 7],
        floor: if parameter == Parameter::Fee { 1 } else { 0 },
        ceiling: if parameter == Parameter::Fee {
            100_000
        } else {
            1_000_000
        },
        advice_setpoint: 0,
        advice_bias: 0,
        config_seq: stored.config_seq,
    }
}

/// One sequence on the program.
pub struct Play<'a> {
    pub bank: &'a mut Bank,
    pub prepared: &'a Prepared,
    /// The accounts as they were read last.
    council: Box<Council>,
    economy: Box<Economy>,
    proposals: BTreeMap<u64, Box<Proposal>>,
    /// What every proposal that ever was is known by, by index.
    digests: BTreeMap<u64, [u8; 32]>,
    /// Proposals, ballots and meters that may be left behind.
    made: BTreeSet<Pubkey>,
}

impl<'a> Play<'a> {
    /// Everything as it was when the council was ready.
    pub async fn begin(bank: &'a mut Bank, prepared: &'a Prepared) -> (Self, Model) {
        for (at, account) in &prepared.beginning {
            bank.set_account(at, account);
        }
        bank.set_time(prepared.began_at).await;
        let council = Box::new(bank.fetch(&prepared.at.council).await);
        let economy = Box::new(bank.fetch(&prepared.at.economy).await);
        let play = Self {
            bank,
            prepared,
            council,
            economy,
            proposals: BTreeMap::new(),
            digests: BTreeMap::new(),
            made: BTreeSet::new(),
        };
        (play, prepared.beginning_model.clone())
    }

    /// Clears what the sequence made, so that the next one finds vacant addresses.
    pub fn end(self) {
        for at in &self.made {
            self.bank.set_account(at, &AccountSharedData::default());
        }
    }

    /// The accounts as they were read last, one proposal among them.
    pub fn seen(&self, proposal: Option<u64>) -> Seen {
        Seen {
            now: self.bank.now(),
            council: self.council.clone(),
            economy: self.economy.clone(),
            proposal: proposal.and_then(|index| self.proposals.get(&index).cloned()),
        }
    }

    /// Sends a step and reads again what it can have written. The answer is the code of
    /// the refusal.
    pub async fn send(
        &mut self,
        step: &Step,
        index: Option<u64>,
    ) -> Result<Result<(), u32>, Failure> {
        let mut proposed = None;
        if let (Step::Propose(_, actions), Some(index)) = (step, index) {
            let known = self.digests.insert(index, governance::digest(actions));
            proposed = Some(index).filter(|_| known.is_none());
        }
        let instruction = self.instruction(step);
        let prepared = self.prepared;
        let signers: Vec<&Keypair> = step
            .signer()
            .map(|who| &prepared.keys[who])
            .into_iter()
            .collect();
        let written: Vec<Pubkey> = instruction
            .accounts
            .iter()
            .filter(|meta| meta.is_writable)
            .map(|meta| meta.pubkey)
            .collect();
        let outcome = match self.bank.send(&[instruction], &signers).await {
            Ok(_) => Ok(()),
            Err(failure) => Err(failure.code().ok_or(failure)?),
        };
        if let Some(index) = index {
            let id = self.id(index);
            let at = id.address(&prepared.at.economy);
            self.made.insert(at);
            if let Step::CastBallot(who, _) = step {
                self.made.insert(address::ballot(&at, index, who));
            }
        }
        if let Step::CreateMeter(shard) = step {
            let meter = prepared.at.meter(*shard);
            self.made.extend([meter, address::fee_vault(&meter)]);
        }
        self.read(&written, index).await;
        if let Some(index) = proposed.filter(|_| outcome.is_err()) {
            self.digests.remove(&index);
        }
        Ok(outcome)
    }

    /// Of council, economy and one proposal those that a transaction can have written:
    /// it names them so.
    async fn read(&mut self, written: &[Pubkey], index: Option<u64>) {
        let at = &self.prepared.at;
        if written.contains(&at.council) {
            *self.council = self.bank.fetch(&at.council).await;
        }
        if written.contains(&at.economy) {
            *self.economy = self.bank.fetch(&at.economy).await;
        }
        let proposal = index.map(|index| self.id(index).address(&at.economy));
        if let Some((index, _)) = index.zip(proposal.filter(|at| written.contains(at))) {
            self.read_proposal(index).await;
        }
    }

    /// Reads what is at the address of a proposal; it may be a later one.
    async fn read_proposal(&mut self, index: u64) {
        let id = self.id(index);
        let at = id.address(&self.prepared.at.economy);
        self.proposals.retain(|_, other| other.digest != id.digest);
        if let Some(data) = self.bank.data(&at).await {
            let proposal: Proposal =
                homeostat_client::decode::Decode::decode(&data).expect("a proposal");
            self.proposals.insert(proposal.index, Box::new(proposal));
        }
    }

    /// What a proposal is known by; one that never was is nowhere.
    fn id(&self, index: u64) -> ProposalId {
        let digest = self.digests.get(&index).copied().unwrap_or([7; 32]);
        ProposalId { index, digest }
    }

    fn instruction(&self, step: &Step) -> Instruction {
        let prepared = self.prepared;
        let at = &prepared.at;
        let payer = self.bank.payer().pubkey();
        match step {
            Step::Propose(who, actions) => {
                governance::propose(at, who, &payer, actions.clone(), None)
            }
            Step::Approve(who, index) => governance::approve(at, who, self.id(*index)),
            Step::Withdraw(who, index) => governance::withdraw_approval(at, who, self.id(*index)),
            Step::Veto(who, index) => governance::veto(at, who, self.id(*index)),
            Step::Override(who, index) => governance::override_veto(at, who, self.id(*index)),
            Step::Cancel(who, index) => governance::cancel(at, who, self.id(*index)),
            Step::Expire(who, index) => governance::expire(at, who, self.id(*index)),
            Step::Execute(who, index) => {
                let id = self.id(*index);
                let mut at_address = self.proposals.values();
                let found = at_address.find(|other| other.digest == id.digest);
                let actions = found.map_or(Vec::new(), |p| p.read().expect("it was proposed"));
                governance::execute(at, who, &prepared.token_program, id, &actions)
            }
            Step::CloseProposal(index) => governance::close_proposal(at, &payer, self.id(*index)),
            Step::Accept(who, role) => governance::accept_role(at, who, *role),
            Step::Advise(who, parameter, field, value, over) => {
                governance::advise(at, who, *parameter, *field, *value, *over)
            }
            Step::VetoAdvice(who) => governance::veto_advice(at, who),
            Step::Pause(who, section, seconds) => {
                governance::pause(at, who, *section, *seconds, PauseReason::Other)
            }
            Step::CastBallot(who, index) => {
                governance::cast_ballot(at, who, &payer, self.id(*index))
            }
            Step::CloseBallot(who, index) => {
                governance::close_ballot(at, who, &payer, self.id(*index))
            }
            Step::Stake(who, amount) => {
                ix::stake(at, &prepared.pools[0], who, &prepared.tokens[who], *amount)
            }
            Step::Unstake(who, amount) => {
                ix::request_unstake(&at.economy, &at.pool(&at.mint), who, *amount)
            }
            Step::CreateMeter(shard) => {
                ix::create_allowed_meter(at, &payer, &prepared.token_program, *shard)
            }
            Step::Crank => {
                let program = &prepared.token_program;
                ix::crank(at, &payer, program, &prepared.pools, &self.economy)
            }
        }
    }

    /// What the last crank measured, and what it decided on that, by parameter: the economy's
    /// affair.
    pub async fn decisions(&mut self) -> [DecisionRecord; 4] {
        let data = self.bank.data(&self.prepared.at.log).await;
        let (_, records) = log::read(&data.expect("a log")).expect("the chain holds");
        let last = &records[records.len() - 4..];
        core::array::from_fn(|index| match &last[index] {
            Record::Decision(record) => *record,
            Record::Config(_) => panic!("a crank ends with four decisions"),
        })
    }

    /// S and C at the last crank: the economy's affair.
    pub fn totals(&self) -> (u64, u64) {
        let totals = &self.economy.totals;
        (totals.supply, totals.circulating)
    }

    /// What is at the address of such actions, as it was read last.
    pub fn holder(&self, actions: &[Action]) -> Option<u64> {
        let digest = governance::digest(actions);
        let mut all = self.proposals.values();
        all.find(|proposal| proposal.digest == digest)
            .map(|proposal| proposal.index)
    }
}
