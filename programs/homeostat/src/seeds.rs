//! The seeds of every program-derived address, in one place.

/// `["economy", mint, creator]` -> `Economy`.
pub const ECONOMY: &[u8] = b"economy";
/// `["authority", economy]`: the data-less address that signs for the mint and every vault.
pub const AUTHORITY: &[u8] = b"authority";
/// `["rewards", economy]`: the token account that claims are paid from.
pub const REWARDS: &[u8] = b"rewards";
/// `["treasury", economy]`: the token account of the treasury.
pub const TREASURY: &[u8] = b"treasury";
/// `["keeper", economy]`: the data-less address whose lamports pay crank bounties.
pub const KEEPER: &[u8] = b"keeper";
/// `["log", economy]` -> `DecisionLog`.
pub const LOG: &[u8] = b"log";
/// `["pool", economy, stake mint]` -> `Pool`.
pub const POOL: &[u8] = b"pool";
/// `["principal", pool]`: the token account that holds a pool's stake.
pub const PRINCIPAL: &[u8] = b"principal";
/// `["position", pool, owner]` -> `Position`.
pub const POSITION: &[u8] = b"position";
/// `["meter", economy, shard]` -> `Meter`.
pub const METER: &[u8] = b"meter";
/// `["fees", meter]`: the token account that holds a meter's uncollected fees.
pub const FEES: &[u8] = b"fees";
/// `["feed", economy, index]` -> `Feed`.
pub const FEED: &[u8] = b"feed";
/// `["council", economy]` -> `Council`.
pub const COUNCIL: &[u8] = b"council";
/// `["audit", economy]` -> `AuditLog`.
pub const AUDIT: &[u8] = b"audit";
/// `["proposal", economy, digest]` -> `Proposal`; the digest of the actions.
pub const PROPOSAL: &[u8] = b"proposal";
/// `["ballot", proposal, index, owner]` -> `Ballot`; the index as 8 little-endian bytes.
pub const BALLOT: &[u8] = b"ballot";
