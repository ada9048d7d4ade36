//! The IDL alone is enough to find accounts. Every account that idl/homeostat.json describes, by
//! seeds, by the account that names it or by a fixed address, is found from the IDL and from the
//! data of accounts on chain, as a generated client would find it, and is the one that the SDK
//! derives.

use std::collections::{BTreeMap, BTreeSet};

use homeostat_client::{
    address, instruction as ix, Ballot, Council, Economy, Feed, Instruction, Meter, Pool, Position,
    Proposal, Pubkey, PROGRAM_ID,
};
use serde_json::Value;

use super::{
    bytes, idl, list, name, size,
    stage::{built, meaning, Stage},
};

/// Account data by address, as a client fetches it.
type Chain = BTreeMap<Pubkey, Vec<u8>>;

/// The accounts of the stage as they lie on chain: each with the addresses that it names.
fn chain(stage: &Stage) -> Chain {
    fn stored<T: homeostat_client::decode::Decode>(state: &T) -> Vec<u8> {
        [T::DISCRIMINATOR, bytemuck::bytes_of(state)].concat()
    }
    let key = |name: &str| stage.key(name);
    let mut economy: Economy = bytemuck::Zeroable::zeroed();
    economy.mint = key("mint");
    economy.creator = key("creator");
    economy.council = key("council");
    economy.authority = key("authority");
    economy.keeper_vault = key("keeper_vault");
    economy.reward_vault = key("reward_vault");
    economy.treasury_vault = key("treasury_vault");
    economy.log = key("log");
    economy.sponsor = key("sponsor");
    let mut pool: Pool = bytemuck::Zeroable::zeroed();
    pool.economy = key("economy");
    pool.stake_mint = key("stake_mint");
    pool.principal_vault = key("principal_vault");
    pool.amm_vault = key("amm_vault");
    pool.payer = key("payer");
    let mut meter: Meter = bytemuck::Zeroable::zeroed();
    meter.economy = key("economy");
    meter.vault = address::fee_vault(&key("meter"));
    let mut feed: Feed = bytemuck::Zeroable::zeroed();
    feed.economy = key("economy");
    let mut position: Position = bytemuck::Zeroable::zeroed();
    position.pool = key("pool");
    position.owner = key("owner");
    position.payer = key("payer");
    let mut council: Council = bytemuck::Zeroable::zeroed();
    council.economy = key("economy");
    council.audit = key("audit");
    let mut proposal: Proposal = bytemuck::Zeroable::zeroed();
    proposal.economy = key("economy");
    proposal.council = key("council");
    proposal.payer = key("payer");
    let mut ballot: Ballot = bytemuck::Zeroable::zeroed();
    ballot.proposal = key("proposal");
    ballot.owner = key("owner");
    ballot.payer = key("payer");
    BTreeMap::from([
        (key("economy"), stored(&economy)),
        (key("pool"), stored(&pool)),
        (key("meter"), stored(&meter)),
        (key("feed"), stored(&feed)),
        (key("position"), stored(&position)),
        (key("council"), stored(&council)),
        (key("proposal"), stored(&proposal)),
        (key("ballot"), stored(&ballot)),
    ])
}

/// The address in the field `wanted` of an account. The discriminator says of which type the
/// data is, and the IDL's description of the type where the field lies in it.
fn field(idl: &Value, data: &[u8], wanted: &str) -> Option<Pubkey> {
    let account = list(idl, "accounts")
        .iter()
        .find(|account| data.starts_with(&bytes(account, "discriminator")))?;
    let kind = list(idl, "types")
        .iter()
        .find(|kind| name(kind) == name(account))?;
    let mut at = bytes(account, "discriminator").len();
    for field in list(&kind["type"], "fields") {
        let length = size(idl, &field["type"])?;
        if name(field) == wanted {
            return Pubkey::try_from(data.get(at..at + length)?).ok();
        }
        at += length;
    }
    None
}

/// The bytes of the argument `wanted` in an instruction's data; `None` unless those before it
/// have a fixed size.
fn argument(idl: &Value, described: &Value, data: &[u8], wanted: &str) -> Option<Vec<u8>> {
    let mut at = bytes(described, "discriminator").len();
    for argument in list(described, "args") {
        let length = size(idl, &argument["type"])?;
        if name(argument) == wanted {
            return data.get(at..at + length).map(<[u8]>::to_vec);
        }
        at += length;
    }
    None
}

/// Finds the accounts of one instruction, beginning with those that are `known`.
struct Resolver<'a> {
    idl: &'a Value,
    described: &'a Value,
    data: &'a [u8],
    chain: &'a Chain,
    known: BTreeMap<String, Pubkey>,
}

impl Resolver<'_> {
    /// The bytes of a seed; `None` while the account that it needs is not known.
    fn seed(&self, seed: &Value) -> Option<Vec<u8>> {
        match seed["kind"].as_str()? {
            "const" => Some(bytes(seed, "value")),
            "arg" => argument(self.idl, self.described, self.data, seed["path"].as_str()?),
            _ => {
                let path = seed["path"].as_str()?;
                let key = match path.split_once('.') {
                    None => *self.known.get(path)?,
                    Some((account, wanted)) => {
                        let data = self.chain.get(self.known.get(account)?)?;
                        field(self.idl, data, wanted)?
                    }
                };
                Some(key.to_bytes().to_vec())
            }
        }
    }

    /// The address of an account; `None` while what it follows from is not known.
    fn find(&self, account: &Value) -> Option<Pubkey> {
        if let Some(fixed) = account["address"].as_str() {
            return fixed.parse().ok();
        }
        if account["pda"].is_object() {
            let seeds = list(&account["pda"], "seeds").iter();
            let seeds: Vec<_> = seeds.map(|seed| self.seed(seed)).collect::<Option<_>>()?;
            let seeds: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
            return Some(Pubkey::find_program_address(&seeds, &PROGRAM_ID).0);
        }
        let mut relations = list(account, "relations").iter().filter_map(Value::as_str);
        relations.find_map(|owner| {
            let data = self.chain.get(self.known.get(owner)?)?;
            field(self.idl, data, name(account))
        })
    }

    /// Goes over the accounts until nothing new is found; the names of those that were.
    fn run(&mut self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        loop {
            let before = found.len();
            for account in list(self.described, "accounts") {
                if let Some(key) = self.find(account) {
                    self.known.insert(name(account).to_owned(), key);
                    found.insert(name(account).to_owned());
                }
            }
            if found.len() == before {
                return found;
            }
        }
    }
}

/// Accounts that the IDL leaves to the client, and why nothing can describe them.
const GIVEN: &[(&str, &str)] = &[
    // Who acts.
    (
        "creator",
        "signs: creates the economy, or builds what a proposal allowed",
    ),
    (
        "executor",
        "signs: anybody, once a proposal's time has come",
    ),
    ("funder", "signs: whoever funds the economy"),
    ("keeper", "signs: anybody, once the period has ended"),
    ("owner", "signs: opens a position"),
    (
        "payer",
        "signs: anybody who pays the rent; or the owner of the tokens, who pays a fee",
    ),
    ("proposer", "signs: one of the council's members"),
    ("reporter", "signs: one of the feed's reporters"),
    (
        "signer",
        "signs: a member, the guardian, the advisor or anybody, as the instruction says",
    ),
    // Whose tokens move: any token account of theirs will do.
    ("creator_tokens", "any token account of the creator's"),
    ("funder_tokens", "any token account of the funder's"),
    ("owner_tokens", "any token account of the owner's"),
    ("payer_tokens", "any token account that the payer may debit"),
    ("recipient_tokens", "whoever is paid"),
    ("sponsor_tokens", "any token account of the sponsor's"),
    (
        "to",
        "the treasury vault, or any token account of the sponsor's where there is one",
    ),
    // What the instruction is about: the client chooses it, and the rest follows from it.
    ("account", "whatever is migrated"),
    ("ballot", "the ballot that is closed"),
    ("economy", "the economy that is acted on"),
    ("feed", "the feed that is configured or reported to"),
    ("log", "the decision log or the audit log, whichever grows"),
    (
        "meter",
        "any meter: payments choose one to spread over them",
    ),
    ("mint", "the mint that an economy is created for"),
    ("pool", "the pool that a position is opened in"),
    ("proposal", "the proposal that is decided on"),
    ("stake_mint", "the mint that a pool is created for"),
    ("vault", "the vault that is said to be short"),
    // What the IDL has no words for.
    ("amm_vault", "optional: only a liquidity pool has one"),
    (
        "council",
        "optional while a Draft is built; elsewhere what the instruction is about",
    ),
    (
        "native_pool",
        "the first entry of the economy's list of pools",
    ),
    (
        "token_program",
        "the owner of the mint, SPL Token or Token-2022",
    ),
];

/// Accounts that name each other: a position is derived from owner and pool, and names both.
/// A client begins at either end, and has to find the rest.
const BEGINNINGS: &[&[&str]] = &[&["owner", "pool"], &["position"]];

#[test]
fn every_account_that_the_idl_describes_is_found_from_the_idl_alone() {
    // given the accounts that the client chooses, and what lies on chain
    let (idl, stage) = (idl(), Stage::new());
    let chain = chain(&stage);
    let built: BTreeMap<&str, Instruction> = built(&stage)
        .into_iter()
        .map(|instruction| (ix::name(&instruction).expect("it has a name"), instruction))
        .collect();
    let (mut derived, mut related) = (0, 0);
    for described in list(&idl, "instructions") {
        let instruction = &built[name(described)];
        let describes = |account: &Value| {
            account["address"].is_string()
                || account["pda"].is_object()
                || !list(account, "relations").is_empty()
        };
        let accounts = list(described, "accounts");
        for account in accounts {
            derived += usize::from(account["pda"].is_object());
            related += list(account, "relations").len();
        }
        for beginning in BEGINNINGS {
            let is_known =
                |account: &Value| !describes(account) || beginning.contains(&name(account));
            let known: BTreeMap<String, Pubkey> = accounts
                .iter()
                .filter(|account| is_known(account))
                .map(|account| {
                    let chosen = name(account);
                    let key = meaning(name(described), chosen, &stage);
                    (chosen.to_owned(), key.expect("the stage knows it"))
                })
                .collect();
            // when everything else is looked for
            let mut resolver = Resolver {
                idl: &idl,
                described,
                data: &instruction.data,
                chain: &chain,
                known,
            };
            let found = resolver.run();
            // then it is what the SDK derives
            for (account, meta) in accounts.iter().zip(&instruction.accounts) {
                let what = format!("{}, account {}", name(described), name(account));
                if describes(account) {
                    assert!(found.contains(name(account)), "{what}: not found");
                    assert_eq!(resolver.known[name(account)], meta.pubkey, "{what}");
                } else {
                    let given = GIVEN.iter().any(|(given, _)| *given == name(account));
                    assert!(given, "{what}: nothing says where it is");
                }
            }
        }
    }
    assert!(derived >= 40, "only {derived} accounts have seeds");
    assert!(
        related >= 100,
        "only {related} accounts are named by another"
    );
}
