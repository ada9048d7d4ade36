//! How an economy is, as it was read in one slot.

use std::collections::BTreeMap;

use homeostat_client::{Council, Economy, EconomyAddresses, Feed, Proposal, Pubkey};

/// An economy with what belongs to it, all of one slot.
#[derive(Clone, Debug)]
pub struct View {
    /// Its addresses.
    pub at: EconomyAddresses,
    /// The slot of all of this.
    pub slot: u64,
    /// The cluster's clock in that slot (unix seconds).
    pub now: i64,
    /// The economy's account.
    pub economy: Box<Economy>,
    /// Its council; `None` before it has one.
    pub council: Option<Box<Council>>,
    /// The data of its audit log; `None` before it has a council.
    pub audit: Option<Vec<u8>>,
    /// The data of its decision log.
    pub log: Option<Vec<u8>>,
    /// Its feeds, by index.
    pub feeds: BTreeMap<u8, Feed>,
    /// What its keeper vault contains (lamports).
    pub keeper_vault: u64,
    /// What an empty account has to keep (lamports).
    pub rent: u64,
    /// Who may mint its token; `None` = nobody.
    pub mint_authority: Option<Pubkey>,
    /// Proposals by their addresses, as far as they were wanted
    /// ([`wanted_proposals`](super::wanted_proposals)) and are there. They may be of a later slot.
    pub proposals: BTreeMap<Pubkey, Proposal>,
}

/// The program as a cluster has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The account that says so.
    pub account: Pubkey,
    /// Who may replace it; `None` = nobody, for ever.
    pub upgrade_authority: Option<Pubkey>,
    /// The slot of the last deployment.
    pub deployed: u64,
    /// The slot of this answer.
    pub slot: u64,
    /// The cluster's clock then (unix seconds).
    pub now: i64,
}
