//! The stage of these tests: an address for every account that the IDL names, and every
//! instruction as the SDK builds it from them.

use std::collections::BTreeMap;

use homeostat_client::{
    address,
    governance::{self, ProposalId},
    instruction as ix,
    instruction::{Parts, Payment, Report, StakeMint, Vault},
    Action, CouncilArgs, Economy, EconomyAddresses, EconomyArgs, FeedSettings, Funding,
    Instruction, Parameter, PauseReason, Pubkey, RoleKind, SeatArgs, Section, Setting, Tunable,
    PROGRAM_ID,
};

/// What the proposal contains.
fn content() -> Vec<Action> {
    vec![Action::ResumeEconomy { expected_trip: 1 }]
}

/// The proposal that everybody decides on.
fn proposed() -> ProposalId {
    ProposalId {
        index: 7,
        digest: governance::digest(&content()),
    }
}

/// An economy's addresses, and an address for each account name of the IDL: derived where the
/// program derives it, unique otherwise, so that an exchange of two shows.
pub struct Stage {
    pub at: EconomyAddresses,
    pub keys: BTreeMap<&'static str, Pubkey>,
}

impl Stage {
    pub fn new() -> Self {
        let (mint, creator) = (Pubkey::new_unique(), Pubkey::new_unique());
        let at = EconomyAddresses::new(&mint, &creator);
        let owner = Pubkey::new_unique();
        let pool = at.pool(&at.mint);
        let id = proposed();
        let proposal = id.address(&at.economy);
        let meter = at.meter(2);
        let mut keys = BTreeMap::from([
            ("economy", at.economy),
            ("mint", at.mint),
            ("stake_mint", at.mint),
            ("authority", at.authority),
            ("reward_vault", at.reward_vault),
            ("treasury_vault", at.treasury_vault),
            ("keeper_vault", at.keeper_vault),
            ("log", at.log),
            ("council", at.council),
            ("audit", at.audit),
            ("pool", pool),
            ("native_pool", pool),
            ("principal_vault", address::principal_vault(&pool)),
            ("position", address::position(&pool, &owner)),
            ("meter", meter),
            ("feed", at.feed(3)),
            ("proposal", proposal),
            ("ballot", address::ballot(&proposal, id.index, &owner)),
            ("creator", creator),
            ("owner", owner),
            ("event_authority", address::event_authority()),
            ("program", PROGRAM_ID),
            ("system_program", Pubkey::default()),
            ("instructions", solana_program::sysvar::instructions::ID),
        ]);
        for name in [
            "payer",
            "signer",
            "proposer",
            "executor",
            "keeper",
            "funder",
            "reporter",
            "owner_tokens",
            "creator_tokens",
            "sponsor",
            "sponsor_tokens",
            "to",
            "funder_tokens",
            "payer_tokens",
            "recipient_tokens",
            "token_program",
            "amm_vault",
            "account",
        ] {
            keys.insert(name, Pubkey::new_unique());
        }
        Self { at, keys }
    }

    pub fn key(&self, name: &str) -> Pubkey {
        self.keys[name]
    }
}

/// The address that an account of an instruction has on the stage; `None` for a name that the
/// stage does not know. `vault` is the only name that means different accounts.
pub fn meaning(instruction: &str, account: &str, stage: &Stage) -> Option<Pubkey> {
    let fees = address::fee_vault(&stage.key("meter"));
    Some(match (instruction, account) {
        ("create_meter" | "pay" | "charge_fee" | "collect", "vault") => fees,
        ("trip_breaker", "vault") => stage.at.reward_vault,
        _ => *stage.keys.get(account)?,
    })
}

/// Every instruction of the program as the SDK builds it, with arguments of no importance.
pub fn built(stage: &Stage) -> Vec<Instruction> {
    let at = &stage.at;
    let key = |name: &str| stage.key(name);
    let (creator, payer, owner) = (key("creator"), key("payer"), key("owner"));
    let (signer, token) = (key("signer"), key("token_program"));
    let (pool, tokens) = (key("pool"), key("owner_tokens"));
    let native = StakeMint {
        mint: at.mint,
        token_program: token,
        amm_vault: Some(key("amm_vault")),
    };
    let payment = Payment {
        payer,
        from: key("payer_tokens"),
        to: key("recipient_tokens"),
        shard: 2,
        amount: 1,
        max_fee: 1,
    };
    let report = Report {
        sequence: 1,
        value_q48: 1,
        observed_at: 1,
    };
    let seat = SeatArgs {
        key: signer,
        via: None,
    };
    let council = CouncilArgs {
        members: vec![seat],
        append: false,
        threshold: 1,
        guardian: seat,
        delays: None,
    };
    let excluded = Setting::Excluded { accounts: vec![] };
    let feed = FeedSettings {
        label: [0; 16],
        reporters: vec![signer],
        quorum: 1,
        max_spread_ppm: 1,
        max_age: 60,
    };
    let created = EconomyArgs {
        funding: Funding::Mint,
        period: 604_800,
        hard_cap: 1,
        sponsor: None,
    };
    let economy: Economy = bytemuck::Zeroable::zeroed();
    let parts = Parts::default();
    let id = proposed();
    vec![
        ix::pay(at, &token, &payment),
        ix::charge_fee(at, &token, &payment),
        ix::stake(at, &native, &owner, &tokens, 1),
        ix::claim(at, &pool, &owner, &tokens, &token),
        ix::report_feed(&at.feed(3), &key("reporter"), &report),
        ix::touch_pool(at, &native),
        ix::crank(at, &key("keeper"), &token, &[], &economy),
        ix::preview(at, &[], &economy, 0),
        ix::request_unstake(&at.economy, &pool, &owner, 1),
        ix::withdraw(at, &native, &owner, &tokens),
        ix::top_up(at, &token),
        ix::collect(at, &token, 2),
        ix::cancel_unstake(&at.economy, &pool, &owner, 0),
        ix::open_position(&at.economy, &pool, &owner, &payer),
        ix::close_position(&at.economy, &pool, &owner, &payer),
        ix::fund_rewards(at, &key("funder"), &key("funder_tokens"), &token, 1),
        governance::create_council(at, &creator, council),
        ix::configure(&at.economy, &creator, excluded),
        // With the council, which is optional: a Draft's instructions have none.
        ix::create_allowed_pool(at, &creator, &native, 1),
        ix::create_allowed_meter(at, &creator, &token, 2),
        ix::create_allowed_feed(at, &creator, 3),
        ix::configure_feed(at, &creator, 3, feed),
        ix::go_live(at, &creator, &token, &[]),
        ix::migrate(&key("account"), &payer),
        ix::close(at, &creator, &key("creator_tokens"), &token, &parts),
        ix::hand_over_mint(at, &signer, &token),
        ix::wind_up(at, &key("to"), &token, &economy),
        ix::announce_recall(&at.economy, &key("sponsor"), 1),
        ix::recall(at, &key("sponsor"), &key("sponsor_tokens"), &token),
        ix::close_pool(at, &native, &payer),
        ix::dissolve(at, &creator, &token, &[], &[]),
        ix::trip_breaker(at, &[], &economy, Vault::Rewards).unwrap(),
        governance::propose(at, &key("proposer"), &payer, content(), None),
        governance::approve(at, &signer, id),
        governance::withdraw_approval(at, &signer, id),
        governance::veto(at, &signer, id),
        governance::override_veto(at, &signer, id),
        governance::cast_ballot(at, &owner, &payer, id),
        governance::close_ballot(at, &owner, &payer, id),
        governance::execute(at, &key("executor"), &token, id, &[]),
        governance::cancel(at, &signer, id),
        governance::expire(at, &signer, id),
        governance::close_proposal(at, &payer, id),
        governance::accept_role(at, &signer, RoleKind::Guardian),
        governance::advise(at, &signer, Parameter::Fee, Tunable::Bias, 1, 0),
        governance::veto_advice(at, &signer),
        governance::pause(at, &signer, Section::Pay, 60, PauseReason::Other),
        ix::grow_log(at, &payer, 1),
        ix::create_economy(&at.mint, &token, &creator, created),
    ]
}
