//! The IDL alone is enough to find accounts: every one that is derived from seeds, named by
//! another account or fixed is found from idl/homeostat.json and from what lies on chain,
//! and is the one that the SDK derives.

use std::collections::{BTreeMap, BTreeSet};

use homeostat_client::{
    address, instruction as ix, Ballot, Council, Economy, Instruction, Meter, Pool, Position,
    Proposal, Pubkey, PROGRAM_ID,
};
use serde_json::Value;

use super::{
    bytes, idl, list, name, size,
    stage::{built, meaning, Stage},
};

/// Account data by address, as a client fetches it.
type Chain = BTreeMap<Pubkey, Vec<u8>>;

/// What the accounts of the stage say of each other on chain.
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
    economy.pools[0].pool = key("pool");
    let mut pool: Pool = bytemuck::Zeroable::zeroed();
    pool.economy = key("economy");
    pool.stake_mint = key("stake_mint");
    pool.principal_vault = key("principal_vault");
    pool.amm_vault = key("amm_vault");
    let mut meter: Meter = bytemuck::Zeroable::zeroed();
    meter.economy = key("economy");
    meter.vault = address::fee_vault(&key("meter"));
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
        (key("position"), stored(&position)),
        (key("council"), stored(&council)),
        (key("proposal"), stored(&proposal)),
        (key("ballot"), stored(&ballot)),
    ])
}

/// The address in a field of an account: the IDL's types say what kind of account the data
/// is and where the field lies in it.
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

/// The bytes of an argument in an instruction's data; those before it have a fixed size.
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

/// Finds what can be found of one instruction's accounts.
struct Resolver<'a> {
    idl: &'a Value,
    described: &'a Value,
    data: &'a [u8],
    chain: &'a Chain,
    known: BTreeMap<String, Pubkey>,
}

impl Resolver<'_> {
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

    /// Goes over the accounts until nothing new is found.
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

/// What nobody can derive: who acts, whose tokens move, and where to begin.
const GIVEN: &[&str] = &[
    "account",
    "amm_vault",
    "ballot",
    "council",
    "creator",
    "creator_tokens",
    "economy",
    "executor",
    "feed",
    "funder",
    "funder_tokens",
    "keeper",
    "log",
    "meter",
    "mint",
    "native_pool",
    "owner",
    "owner_tokens",
    "payer",
    "payer_tokens",
    "pool",
    "proposal",
    "proposer",
    "recipient_tokens",
    "reporter",
    "signer",
    "stake_mint",
    "token_program",
    "vault",
];

#[test]
fn every_account_that_the_idl_describes_is_found_from_the_idl_alone() {
    // given the accounts that a person names, and what lies on chain
    let (idl, stage) = (idl(), Stage::new());
    let chain = chain(&stage);
    let built: BTreeMap<&str, Instruction> = built(&stage)
        .into_iter()
        .map(|instruction| (ix::name(&instruction).expect("it has a name"), instruction))
        .collect();
    let (mut derived, mut related) = (0, 0);
    for described in list(&idl, "instructions") {
        let instruction = &built[name(described)];
        let describes = |account: &&Value| {
            account["address"].is_string()
                || account["pda"].is_object()
                || !list(account, "relations").is_empty()
        };
        // when everything else is looked for
        let accounts = list(described, "accounts");
        let known = accounts.iter().filter(|account| !describes(account));
        let known: BTreeMap<String, Pubkey> = known
            .map(|account| {
                let given = name(account);
                assert!(
                    GIVEN.contains(&given),
                    "{}: nothing says where {given} is",
                    name(described)
                );
                let key = meaning(name(described), given, &stage).expect("the stage knows it");
                (given.to_owned(), key)
            })
            .collect();
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
            derived += usize::from(account["pda"].is_object());
            related += list(account, "relations").len();
            if describes(&account) {
                assert!(found.contains(name(account)), "{what}: not found");
                assert_eq!(resolver.known[name(account)], meta.pubkey, "{what}");
            }
        }
    }
    assert!(derived >= 40, "only {derived} accounts have seeds");
    assert!(
        related >= 100,
        "only {related} accounts are named by another"
    );
}
