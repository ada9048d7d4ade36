//! An economy's life: Draft, configuration, go-live, funding, close.

use anchor_lang::{prelude::Pubkey, system_program};
use homeostat::{accounts, instruction as data, instructions as args, state::Economy};
use solana_program::instruction::{AccountMeta, Instruction};

use super::{build, build_with, StakeMint};
use crate::{
    address::{event_authority, fee_vault, principal_vault, EconomyAddresses},
    PROGRAM_ID,
};

/// Creates an economy in Draft with its vaults and its decision log; `creator` signs and pays
/// the rent. `args` has the period (seconds) and the hard cap (base units).
///
/// Refused for a mint with a freeze authority or an extension off the allow-list, and for a
/// period or cap out of range.
pub fn create_economy(
    mint: &Pubkey,
    token_program: &Pubkey,
    creator: &Pubkey,
    args: args::EconomyArgs,
) -> Instruction {
    let at = EconomyAddresses::new(mint, creator);
    build(
        accounts::CreateEconomy {
            creator: *creator,
            mint: *mint,
            economy: at.economy,
            authority: at.authority,
            keeper_vault: at.keeper_vault,
            reward_vault: at.reward_vault,
            treasury_vault: at.treasury_vault,
            log: at.log,
            token_program: *token_program,
            system_program: system_program::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::CreateEconomy { args },
    )
}

/// Changes one setting of a Draft; `creator` signs. The setting replaces what was there as a
/// whole; its fields say their units.
///
/// Refused once the economy is live, and for values that the control law or a cap excludes.
pub fn configure(economy: &Pubkey, creator: &Pubkey, setting: args::Setting) -> Instruction {
    build(
        accounts::Configure {
            creator: *creator,
            economy: *economy,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::Configure { setting },
    )
}

/// Starts the clock, once; `creator` signs. `excluded` are the token accounts that do not
/// circulate, in the order in which they were configured.
///
/// Refused before every member and the guardian have accepted their roles
/// ([`accept_role`](crate::governance::accept_role)), without supply, with a freeze authority
/// on the mint and, in Mint mode, before the mint authority is the economy's.
pub fn go_live(
    at: &EconomyAddresses,
    creator: &Pubkey,
    token_program: &Pubkey,
    excluded: &[Pubkey],
) -> Instruction {
    build_with(
        accounts::GoLive {
            creator: *creator,
            economy: at.economy,
            mint: at.mint,
            authority: at.authority,
            reward_vault: at.reward_vault,
            log: at.log,
            council: at.council,
            token_program: *token_program,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::GoLive {},
        excluded
            .iter()
            .map(|key| AccountMeta::new_readonly(*key, false))
            .collect(),
    )
}

/// Fills the reward vault of a Funded economy with `amount` base units from `funder_tokens`;
/// `funder` signs. What the vault received is credited, after a transfer fee of the mint's.
///
/// Refused in Mint mode and once retired; in Draft only the creator may.
pub fn fund_rewards(
    at: &EconomyAddresses,
    funder: &Pubkey,
    funder_tokens: &Pubkey,
    token_program: &Pubkey,
    amount: u64,
) -> Instruction {
    build(
        accounts::FundRewards {
            funder: *funder,
            economy: at.economy,
            mint: at.mint,
            funder_tokens: *funder_tokens,
            reward_vault: at.reward_vault,
            token_program: *token_program,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::FundRewards { amount },
    )
}

/// Mints into the reward vault what has accrued and is not minted yet; nobody signs. Never
/// refused at the cap, because accrual itself stops there.
pub fn top_up(at: &EconomyAddresses, token_program: &Pubkey) -> Instruction {
    build(
        accounts::TopUp {
            economy: at.economy,
            mint: at.mint,
            authority: at.authority,
            reward_vault: at.reward_vault,
            token_program: *token_program,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::TopUp {},
    )
}

/// Gives the mint authority that a retirement offered to the successor, who signs as `signer`
/// within 14 d of the retirement; afterwards anybody signs, and nobody gets it, for ever.
///
/// Refused where nothing is offered, and for anybody else while the offer lasts.
pub fn hand_over_mint(
    at: &EconomyAddresses,
    signer: &Pubkey,
    token_program: &Pubkey,
) -> Instruction {
    build(
        accounts::HandOverMint {
            signer: *signer,
            economy: at.economy,
            mint: at.mint,
            authority: at.authority,
            token_program: *token_program,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::HandOverMint {},
    )
}

/// Pays everything in the reward vault of a retired economy that nobody is owed to `to`: the
/// treasury vault, or a token account of the sponsor's where the economy has one. Nobody signs.
///
/// Refused unless the economy is retired.
pub fn wind_up(
    at: &EconomyAddresses,
    to: &Pubkey,
    token_program: &Pubkey,
    economy: &Economy,
) -> Instruction {
    let pools = economy.active_pools().map(|slot| slot.pool);
    let pools = pools.map(|pool| AccountMeta::new(pool, false));
    let meters = economy.active_meters().iter();
    let meters = meters.map(|meter| AccountMeta::new_readonly(*meter, false));
    build_with(
        accounts::WindUp {
            economy: at.economy,
            mint: at.mint,
            authority: at.authority,
            reward_vault: at.reward_vault,
            to: *to,
            token_program: *token_program,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::WindUp {},
        pools.chain(meters).collect(),
    )
}

/// Announces that up to `amount` base units of funds will be recalled 30 to 44 d later;
/// `sponsor` signs. Refused unless the economy is live and has this sponsor.
pub fn announce_recall(economy: &Pubkey, sponsor: &Pubkey, amount: u64) -> Instruction {
    build(
        accounts::AnnounceRecall {
            sponsor: *sponsor,
            economy: *economy,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::AnnounceRecall { amount },
    )
}

/// Recalls announced funds to `sponsor_tokens`, as far as they are not promised to stakers;
/// `sponsor` signs. Refused before the notice is over, more than 14 d after that, and where
/// nothing can be recalled.
pub fn recall(
    at: &EconomyAddresses,
    sponsor: &Pubkey,
    sponsor_tokens: &Pubkey,
    token_program: &Pubkey,
) -> Instruction {
    build(
        accounts::Recall {
            sponsor: *sponsor,
            economy: at.economy,
            mint: at.mint,
            authority: at.authority,
            reward_vault: at.reward_vault,
            sponsor_tokens: *sponsor_tokens,
            token_program: *token_program,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::Recall {},
    )
}

/// What a Draft consists of. [`close`] needs all of it, since no part may be left behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts<'a> {
    /// Stake mints of its pools, in the order of `Economy.pools`.
    pub pools: &'a [StakeMint],
    /// How many meters it has.
    pub meters: u8,
    /// How many feeds it has.
    pub feeds: u8,
    /// Whether its council was created.
    pub council: bool,
}

/// Gives up a Draft and closes all its accounts; `creator` signs and gets rent and funds back,
/// the tokens into `creator_tokens`.
///
/// Refused once the economy is live, while somebody has a position, and when a part is missing.
pub fn close(
    at: &EconomyAddresses,
    creator: &Pubkey,
    creator_tokens: &Pubkey,
    token_program: &Pubkey,
    parts: &Parts,
) -> Instruction {
    let mut remaining = Vec::new();
    for stake in parts.pools {
        let pool = at.pool(&stake.mint);
        remaining.extend([
            AccountMeta::new(pool, false),
            AccountMeta::new(principal_vault(&pool), false),
            AccountMeta::new(stake.mint, false),
            AccountMeta::new_readonly(stake.token_program, false),
        ]);
    }
    for shard in 0..parts.meters {
        let meter = at.meter(shard);
        remaining.extend([
            AccountMeta::new(meter, false),
            AccountMeta::new(fee_vault(&meter), false),
        ]);
    }
    remaining.extend((0..parts.feeds).map(|index| AccountMeta::new(at.feed(index), false)));
    if parts.council {
        remaining.extend([
            AccountMeta::new(at.council, false),
            AccountMeta::new(at.audit, false),
        ]);
    }
    build_with(
        accounts::Close {
            creator: *creator,
            economy: at.economy,
            mint: at.mint,
            authority: at.authority,
            creator_tokens: *creator_tokens,
            reward_vault: at.reward_vault,
            treasury_vault: at.treasury_vault,
            log: at.log,
            keeper_vault: at.keeper_vault,
            token_program: *token_program,
            system_program: system_program::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::Close {},
        remaining,
    )
}

/// Closes a liquidity pool without positions, of weight 0 or of a retired economy; nobody
/// signs. `payer` is `Pool.payer`, who gets the rent.
///
/// Refused while somebody has a position in it.
pub fn close_pool(at: &EconomyAddresses, stake: &StakeMint, payer: &Pubkey) -> Instruction {
    let pool = at.pool(&stake.mint);
    build(
        accounts::ClosePool {
            economy: at.economy,
            authority: at.authority,
            pool,
            stake_mint: stake.mint,
            principal_vault: principal_vault(&pool),
            payer: *payer,
            token_program: stake.token_program,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::ClosePool {},
    )
}

/// Closes a retired economy with everything that is left of it; nobody signs. `meters` and
/// `feeds` are the payers of their rent (`Meter.payer`, `Feed.payer`), in order, who get it.
///
/// Refused while anything in it belongs to anybody.
pub fn dissolve(
    at: &EconomyAddresses,
    creator: &Pubkey,
    token_program: &Pubkey,
    meters: &[Pubkey],
    feeds: &[Pubkey],
) -> Instruction {
    let write = |key: Pubkey| AccountMeta::new(key, false);
    let mut remaining = Vec::new();
    let pool = at.pool(&at.mint);
    for (shard, payer) in (0..).zip(meters) {
        let meter = at.meter(shard);
        remaining.extend([meter, fee_vault(&meter), *payer].map(write));
    }
    for (index, payer) in (0..).zip(feeds) {
        remaining.extend([at.feed(index), *payer].map(write));
    }
    build_with(
        accounts::Dissolve {
            creator: *creator,
            economy: at.economy,
            mint: at.mint,
            authority: at.authority,
            pool,
            principal_vault: principal_vault(&pool),
            reward_vault: at.reward_vault,
            treasury_vault: at.treasury_vault,
            council: at.council,
            audit: at.audit,
            log: at.log,
            keeper_vault: at.keeper_vault,
            token_program: *token_program,
            system_program: system_program::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::Dissolve {},
        remaining,
    )
}
