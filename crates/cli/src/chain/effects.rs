//! What a transaction that is tried out would change, in the words of the person who sends it: own
//! balances, what somebody else gets, fees, burns, stake, votes.

use std::collections::BTreeMap;

use anchor_spl::{token, token_2022};
use homeostat::seeds;
use homeostat_chain::creation::Mint;
use homeostat_client::decode::Decode;
use homeostat_client::{
    Ballot, Council, Economy, Meter, Parameter, Pool, Position, Proposal, Pubkey, PROGRAM_ID,
};
use homeostat_settings::human::{sol, time};
use homeostat_settings::tokens::Tokens;
use homeostat_settings::words::{state_name, SECTIONS};
use schemars::JsonSchema;
use serde::Serialize;
use solana_account::Account;

use super::figure::share_of;

/// Something that would change, for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Effect {
    /// What it is.
    pub what: String,
    /// Before; empty when there was none.
    pub old: String,
    /// Afterwards; empty when there is none any more.
    pub new: String,
}

/// An account before and after.
pub(super) struct Watched {
    pub(super) address: Pubkey,
    pub(super) old: Option<Account>,
    pub(super) new: Option<Account>,
}

/// What is known of the accounts around.
pub(super) struct Known<'a> {
    /// Whose point of view it is: whoever signs.
    pub(super) signers: &'a [Pubkey],
    /// Decimals of mints.
    pub(super) decimals: BTreeMap<Pubkey, u8>,
    /// The stake mint of pools.
    pools: BTreeMap<Pubkey, Pubkey>,
    /// Token accounts that have a name.
    vaults: BTreeMap<Pubkey, String>,
}

/// The mints of the token accounts and pools among them.
pub(super) fn mints(watched: &[Watched]) -> Vec<Pubkey> {
    let mut all: Vec<Pubkey> = Vec::new();
    for account in watched.iter().flat_map(Watched::states) {
        let mint = match token_parts(account) {
            Some((mint, _)) => Some(mint),
            None => Pool::decode(&account.data).ok().map(|pool| pool.stake_mint),
        };
        all.extend(mint.filter(|mint| !all.contains(mint)));
    }
    all
}

impl Watched {
    fn states(&self) -> impl Iterator<Item = &Account> {
        self.old.iter().chain(&self.new)
    }
}

impl<'a> Known<'a> {
    /// What the accounts say of each other; `mints` are the accounts of [`mints`].
    pub(super) fn of(
        signers: &'a [Pubkey],
        watched: &[Watched],
        mints: impl IntoIterator<Item = (Pubkey, Option<Account>)>,
    ) -> Self {
        let mut known = Self {
            signers,
            decimals: BTreeMap::new(),
            pools: BTreeMap::new(),
            vaults: BTreeMap::new(),
        };
        for (address, account) in mints {
            if let Ok(mint) = Mint::read(&address, account.as_ref()) {
                known.decimals.insert(address, mint.decimals);
            }
        }
        for one in watched {
            for state in one.states() {
                if Economy::decode(&state.data).is_ok() {
                    known.name_vaults(&one.address);
                }
                if let Ok(pool) = Pool::decode(&state.data) {
                    known.name_vaults(&pool.economy);
                    known.pools.insert(one.address, pool.stake_mint);
                    let vault = homeostat_client::address::principal_vault(&one.address);
                    known
                        .vaults
                        .insert(vault, "tokens in the pool's vault".to_owned());
                }
                if let Ok(meter) = Meter::decode(&state.data) {
                    known.name_vaults(&meter.economy);
                    let name = format!("tokens in the fee vault of shard {}", meter.shard);
                    known.vaults.insert(meter.vault, name);
                }
            }
        }
        known
    }

    /// Names the vaults of an economy.
    fn name_vaults(&mut self, economy: &Pubkey) {
        let named = [
            (seeds::REWARDS, "tokens in the reward vault"),
            (seeds::TREASURY, "tokens in the treasury"),
        ];
        for (seed, name) in named {
            let seeds = [seed, economy.as_ref()];
            let (vault, _) = Pubkey::find_program_address(&seeds, &PROGRAM_ID);
            self.vaults.insert(vault, name.to_owned());
        }
    }

    fn amount(&self, mint: &Pubkey, base: u64) -> String {
        match self.decimals.get(mint) {
            Some(decimals) => Tokens {
                decimals: *decimals,
            }
            .told(base),
            None => format!("{base} base units"),
        }
    }

    /// An amount of the only mint that there is.
    fn plain(&self, base: u64) -> String {
        match self.decimals.keys().next() {
            Some(mint) if self.decimals.len() == 1 => self.amount(mint, base),
            _ => format!("{base} base units"),
        }
    }

    /// Whose something is: `your` for the one who signs, and the address where several do.
    fn whose(&self, owner: &Pubkey, what: &str) -> String {
        match self.signers {
            [only] if only == owner => format!("your {what}"),
            all if all.contains(owner) => format!("your {what} ({owner})"),
            _ => format!("{what} of {owner}"),
        }
    }

    /// What a person would say of an account, in order.
    fn facts(&self, address: &Pubkey, account: &Account) -> Vec<(String, String)> {
        if let Some((mint, owner)) = token_parts(account) {
            let amount = tokens(&account.data).unwrap_or(0);
            let name = match self.vaults.get(address) {
                Some(name) => name.clone(),
                None => self.whose(&owner, "tokens"),
            };
            return vec![(name, self.amount(&mint, amount))];
        }
        if account.owner == solana_sdk_ids::system_program::ID {
            return vec![(self.whose(address, "SOL"), sol(account.lamports))];
        }
        if let Ok(mint) = Mint::read(address, Some(account)) {
            let tokens = Tokens {
                decimals: mint.decimals,
            };
            return vec![("supply of the token".to_owned(), tokens.told(mint.supply))];
        }
        let data = &account.data;
        if let Ok(position) = Position::decode(data) {
            return self.position(&position);
        }
        if let Ok(pool) = Pool::decode(data) {
            let total = self.amount(&pool.stake_mint, pool.total);
            return vec![("staked in the pool by all".to_owned(), total)];
        }
        if let Ok(meter) = Meter::decode(data) {
            return [
                ("to be burned", meter.pending_burn),
                ("for the stakers", meter.pending_stakers),
                ("for the treasury", meter.pending_treasury),
            ]
            .into_iter()
            .map(|(whom, base)| (format!("fees not collected yet, {whom}"), self.plain(base)))
            .collect();
        }
        if let Ok(proposal) = Proposal::decode(data) {
            return self.proposal(&proposal);
        }
        if let Ok(ballot) = Ballot::decode(data) {
            let what = self.whose(&ballot.owner, "stake against the proposal");
            return vec![(what, self.plain(ballot.weight))];
        }
        if let Ok(council) = Council::decode(data) {
            return council_facts(&council);
        }
        match Economy::decode(data) {
            Ok(economy) => economy_facts(&economy),
            Err(_) => Vec::new(),
        }
    }

    fn position(&self, position: &Position) -> Vec<(String, String)> {
        let amount = |base: u64| match self.pools.get(&position.pool) {
            Some(mint) => self.amount(mint, base),
            None => self.plain(base),
        };
        let leaving = position.tickets.iter();
        let leaving = leaving.fold(0u64, |sum, ticket| sum.saturating_add(ticket.amount));
        let owner = &position.owner;
        vec![
            (self.whose(owner, "stake"), amount(position.amount)),
            (self.whose(owner, "stake on its way out"), amount(leaving)),
        ]
    }

    fn proposal(&self, proposal: &Proposal) -> Vec<(String, String)> {
        let count = |votes: &[u32]| votes.iter().filter(|vote| **vote != 0).count().to_string();
        let mut facts = vec![
            ("state".to_owned(), state_name(proposal.state).to_owned()),
            ("approvals".to_owned(), count(&proposal.approvals)),
            ("votes to cancel".to_owned(), count(&proposal.cancels)),
            (
                "stake against it".to_owned(),
                self.plain(proposal.veto_weight),
            ),
        ];
        if proposal.eta != 0 {
            facts.push(("can be executed from".to_owned(), time(proposal.eta)));
        }
        let index = proposal.index;
        for (what, _) in &mut facts {
            *what = format!("proposal {index}: {what}");
        }
        facts
    }
}

fn council_facts(council: &Council) -> Vec<(String, String)> {
    let holder = |role: &homeostat::state::council::Role| {
        if role.holder.key == Pubkey::default() {
            "nobody".to_owned()
        } else {
            role.holder.key.to_string()
        }
    };
    vec![
        (
            "members who have accepted".to_owned(),
            council.size().to_string(),
        ),
        ("approvals needed".to_owned(), council.threshold.to_string()),
        ("guardian".to_owned(), holder(&council.guardian)),
        ("advisor".to_owned(), holder(&council.advisor)),
        ("open proposals".to_owned(), council.open.to_string()),
    ]
}

fn economy_facts(economy: &Economy) -> Vec<(String, String)> {
    let mut facts = vec![
        (
            "the economy is".to_owned(),
            homeostat_chain::live::life(economy).to_owned(),
        ),
        (
            "periods ended".to_owned(),
            economy.totals.periods.to_string(),
        ),
        ("this period ends".to_owned(), time(economy.next_end)),
    ];
    for parameter in Parameter::ALL {
        let ppm = i64::try_from(economy.value(parameter)).unwrap_or(i64::MAX);
        facts.push((format!("value of {}", parameter.name()), share_of(ppm)));
    }
    for (word, section) in SECTIONS {
        let until = economy.pause_until(section);
        let until = if until == 0 {
            "never so far".to_owned()
        } else {
            time(until)
        };
        facts.push((format!("{word} paused until"), until));
    }
    facts
}

/// Mint and owner of a token account.
fn token_parts(account: &Account) -> Option<(Pubkey, Pubkey)> {
    tokens(&account.data)?;
    let program = account.owner == token::ID || account.owner == token_2022::ID;
    let key = |place: core::ops::Range<usize>| -> Option<Pubkey> {
        Some(Pubkey::new_from_array(
            account.data.get(place)?.try_into().ok()?,
        ))
    };
    // A mint with extensions is as long as a token account; its type says that it is none.
    const TYPE: usize = 165;
    const OF_MINT: u8 = 1;
    let mint = account.data.get(TYPE) == Some(&OF_MINT);
    (program && !mint).then_some((key(0..32)?, key(32..64)?))
}

/// What would change, in the order of the accounts: the own things first.
pub(super) fn effects(known: &Known<'_>, watched: &[Watched]) -> Vec<Effect> {
    let mut all = Vec::new();
    for one in watched {
        let facts = |state: &Option<Account>| match state {
            // An account that was emptied is gone.
            Some(account) if account.lamports > 0 => known.facts(&one.address, account),
            _ => Vec::new(),
        };
        let (old, new) = (facts(&one.old), facts(&one.new));
        let value = |list: &[(String, String)], what: &str| {
            let found = list.iter().find(|(known, _)| known == what);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let gone = old
            .iter()
            .filter(|(what, _)| new.iter().all(|(known, _)| known != what));
        for (what, _) in new.iter().chain(gone) {
            let (before, after) = (value(&old, what), value(&new, what));
            if before != after {
                all.push(Effect {
                    what: what.clone(),
                    old: before,
                    new: after,
                });
            }
        }
    }
    // SOL pays for it and is not what it is about.
    all.sort_by_key(|effect| match effect.what.strip_prefix("your ") {
        Some(what) if !what.starts_with("SOL") => 0,
        Some(_) => 1,
        None => 2,
    });
    all
}

/// The amount of a token account (base units).
pub(crate) fn tokens(data: &[u8]) -> Option<u64> {
    // Both token programs: mint, owner, amount; a mint account is shorter.
    if data.len() < 165 {
        return None;
    }
    data.get(64..72)?.try_into().ok().map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wallet(lamports: u64) -> Option<Account> {
        Some(Account {
            lamports,
            owner: solana_sdk_ids::system_program::ID,
            ..Account::default()
        })
    }

    fn tokens_of(mint: &Pubkey, owner: &Pubkey, amount: u64) -> Option<Account> {
        let mut data = [mint.as_ref(), owner.as_ref(), &amount.to_le_bytes()].concat();
        data.resize(165, 0);
        Some(Account {
            lamports: 1,
            data,
            owner: token::ID,
            ..Account::default()
        })
    }

    #[test]
    fn a_payment_is_told_from_the_side_of_whoever_pays() {
        // given a payer and a recipient of a token with two decimals
        let [mint, me, them, mine, theirs] = [(); 5].map(|()| Pubkey::new_unique());
        let watched = [
            Watched {
                address: theirs,
                old: None,
                new: tokens_of(&mint, &them, 99_000),
            },
            Watched {
                address: mine,
                old: tokens_of(&mint, &me, 12_345_678),
                new: tokens_of(&mint, &me, 12_245_678),
            },
            Watched {
                address: me,
                old: wallet(2_000_000_000),
                new: wallet(1_999_995_000),
            },
        ];
        assert_eq!(mints(&watched), [mint]);
        let mut known = Known::of(core::slice::from_ref(&me), &watched, []);
        known.decimals.insert(mint, 2);
        // then what is one's own comes first, with separators, old and new
        let told: Vec<String> = effects(&known, &watched)
            .into_iter()
            .map(|effect| format!("{}: {} -> {}", effect.what, effect.old, effect.new))
            .collect();
        assert_eq!(
            told,
            [
                "your tokens: 123,456.78 -> 122,456.78".to_owned(),
                "your SOL: 2 SOL -> 1.999995 SOL".to_owned(),
                format!("tokens of {them}:  -> 990"),
            ]
        );
    }

    #[test]
    fn what_does_not_change_is_not_told_and_what_is_unknown_is_left_to_the_raw_fields() {
        let me = Pubkey::new_unique();
        let other = Some(Account {
            lamports: 5,
            data: vec![1, 2, 3],
            owner: Pubkey::new_unique(),
            ..Account::default()
        });
        let watched = [
            Watched {
                address: me,
                old: wallet(7),
                new: wallet(7),
            },
            Watched {
                address: Pubkey::new_unique(),
                old: None,
                new: other,
            },
        ];
        let known = Known::of(core::slice::from_ref(&me), &watched, []);
        assert_eq!(effects(&known, &watched), []);
    }
}
