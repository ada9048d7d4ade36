//! What each instruction costs at least: Homeostat's instructions with the same
//! names, arguments and accounts in plain Anchor, whose handlers do nothing but
//! the same token and system calls with the same amounts, the same syscalls, and
//! an event of the same length.
//!
//! After an instruction's own arguments come those that Homeostat computes: the
//! length of its event (or of its return data), then amounts. The measuring tool
//! reads them from what Homeostat did. Natively this crate is empty.

#![cfg(target_os = "solana")]
// Anchor's macros ask for features that only a program to be published has.
#![allow(unexpected_cfgs)]

use anchor_lang::solana_program::instruction::get_stack_height;
use anchor_lang::{prelude::*, system_program};
use homeostat::{
    constants::MAX_ACTION_BYTES,
    instructions::{EconomyArgs, Setting},
    state::{
        log::SLOT_BYTES, Action, AuditLog, Council, CouncilArgs, Feed, FeedSettings, Meter,
        Parameter, PauseReason, Pool, RoleKind, Section, Tunable,
    },
};
use solana_program::{hash::hash, program::set_return_data};

pub mod context;
pub mod cpi;

use context::*;
use cpi::Authority;

// Homeostat's own address: its accounts belong to it.
declare_id!("HojxVCnb3FVhuu285xJKbRZSW5znRRTGAq4b1445aeEa");

/// Controllers of an economy, each with one record a period.
const CONTROLLERS: usize = 4;

/// Bytes that an economy grew by between layout versions 0 and 1.
const NEW_IN_ECONOMY: usize = 32;

/// Bytes of the longest event.
const LONGEST: usize = 8_192;

/// As many zeros, without a heap allocation: the event costs what sending its
/// bytes costs, not what it takes to gather them.
#[derive(Clone, Copy)]
pub struct Zeros(u16);

impl AnchorSerialize for Zeros {
    fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        static ZEROS: [u8; LONGEST] = [0; LONGEST];
        let length = usize::from(self.0).min(LONGEST);
        writer.write_all(&ZEROS[..length])
    }
}

impl AnchorDeserialize for Zeros {
    fn deserialize_reader<R: std::io::Read>(_: &mut R) -> std::io::Result<Self> {
        Ok(Self(0))
    }
}

/// An event of any length.
#[event]
pub struct Told {
    /// Its bytes.
    pub zeros: Zeros,
}

/// An event with `length` bytes inside.
fn told(length: u16) -> Told {
    Told {
        zeros: Zeros(length),
    }
}

/// A vault that `close` closes: what happens to it before.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy)]
pub struct VaultEnd {
    /// Burned from it (base units); 0 = no burn.
    pub burn: u64,
    /// Whether it withholds transfer fees.
    pub harvest: bool,
}

/// The instructions, as in Homeostat.
#[program]
pub mod homeostat_floor {
    use super::*;

    pub fn create_economy(
        ctx: Context<CreateEconomy>,
        _args: EconomyArgs,
        event: u16,
    ) -> Result<()> {
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn configure(ctx: Context<Configure>, _setting: Setting, event: u16) -> Result<()> {
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn create_pool(ctx: Context<CreatePool>, _weight: u16, event: u16) -> Result<()> {
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn create_meter(ctx: Context<CreateMeter>, _shard: u8, event: u16) -> Result<()> {
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn create_feed(ctx: Context<CreateFeed>, _index: u8, event: u16) -> Result<()> {
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn configure_feed(
        ctx: Context<ConfigureFeed>,
        _settings: FeedSettings,
        event: u16,
    ) -> Result<()> {
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn report_feed(
        ctx: Context<ReportFeed>,
        _sequence: u64,
        _value_q48: i128,
        _observed_at: i64,
        event: u16,
    ) -> Result<()> {
        Clock::get()?;
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn go_live<'info>(ctx: Context<'info, GoLive<'info>>, event: u16, mint: u64) -> Result<()> {
        Clock::get()?;
        cpi::hash_configurations(CONTROLLERS);
        let accounts = &ctx.accounts;
        if mint > 0 {
            Authority {
                info: &accounts.authority,
                economy: &accounts.economy,
            }
            .mint_to(
                &accounts.mint,
                &accounts.reward_vault,
                &accounts.token_program,
                mint,
            )?;
        }
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn fund_rewards(ctx: Context<FundRewards>, amount: u64, event: u16) -> Result<()> {
        Clock::get()?;
        let accounts = &ctx.accounts;
        cpi::transfer(
            &accounts.funder_tokens,
            &accounts.reward_vault,
            &accounts.mint,
            &accounts.funder,
            &accounts.token_program,
            amount,
        )?;
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn top_up(ctx: Context<TopUp>, event: u16, mint: u64) -> Result<()> {
        Clock::get()?;
        if mint > 0 {
            let accounts = &ctx.accounts;
            Authority {
                info: &accounts.authority,
                economy: &accounts.economy,
            }
            .mint_to(
                &accounts.mint,
                &accounts.reward_vault,
                &accounts.token_program,
                mint,
            )?;
            emit_cpi!(told(event));
        }
        Ok(())
    }

    pub fn close<'info>(
        ctx: Context<'info, Close<'info>>,
        event: u16,
        refund: u64,
        keeper: u64,
        vaults: Vec<VaultEnd>,
    ) -> Result<()> {
        close_all(&ctx, refund, keeper, &vaults)?;
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn open_position(ctx: Context<OpenPosition>, event: u16) -> Result<()> {
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn stake(ctx: Context<Stake>, amount: u64, event: u16) -> Result<()> {
        Clock::get()?;
        let accounts = &ctx.accounts;
        cpi::transfer(
            &accounts.owner_tokens,
            &accounts.principal_vault,
            &accounts.stake_mint,
            &accounts.owner,
            &accounts.token_program,
            amount,
        )?;
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn request_unstake(ctx: Context<RequestUnstake>, _amount: u64, event: u16) -> Result<()> {
        Clock::get()?;
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn cancel_unstake(ctx: Context<CancelUnstake>, _ticket: u8, event: u16) -> Result<()> {
        Clock::get()?;
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn withdraw(ctx: Context<Withdraw>, event: u16, amount: u64) -> Result<()> {
        Clock::get()?;
        let accounts = &ctx.accounts;
        Authority {
            info: &accounts.authority,
            economy: &accounts.economy,
        }
        .transfer(
            &accounts.principal_vault,
            &accounts.owner_tokens,
            &accounts.stake_mint,
            &accounts.token_program,
            amount,
        )?;
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn claim(ctx: Context<Claim>, event: u16, amount: u64) -> Result<()> {
        Clock::get()?;
        if amount > 0 {
            let accounts = &ctx.accounts;
            Authority {
                info: &accounts.authority,
                economy: &accounts.economy,
            }
            .transfer(
                &accounts.reward_vault,
                &accounts.owner_tokens,
                &accounts.mint,
                &accounts.token_program,
                amount,
            )?;
        }
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn close_position(ctx: Context<ClosePosition>, event: u16) -> Result<()> {
        Clock::get()?;
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn pay(
        ctx: Context<Pay>,
        _amount: u64,
        _max_fee: u64,
        _event: u16,
        net: u64,
        fee: u64,
    ) -> Result<()> {
        Clock::get()?;
        let accounts = &ctx.accounts;
        cpi::transfer(
            &accounts.payer_tokens,
            &accounts.recipient_tokens,
            &accounts.mint,
            &accounts.payer,
            &accounts.token_program,
            net,
        )?;
        cpi::transfer(
            &accounts.payer_tokens,
            &accounts.vault,
            &accounts.mint,
            &accounts.payer,
            &accounts.token_program,
            fee,
        )
    }

    pub fn charge_fee(
        ctx: Context<ChargeFee>,
        _amount: u64,
        _max_fee: u64,
        _event: u16,
        fee: u64,
    ) -> Result<()> {
        Clock::get()?;
        let accounts = &ctx.accounts;
        cpi::transfer(
            &accounts.payer_tokens,
            &accounts.vault,
            &accounts.mint,
            &accounts.payer,
            &accounts.token_program,
            fee,
        )
    }

    pub fn collect(
        ctx: Context<Collect>,
        event: u16,
        burn: u64,
        stakers: u64,
        treasury: u64,
    ) -> Result<()> {
        sweep(&ctx, burn, stakers, treasury)?;
        if event > 0 {
            emit_cpi!(told(event));
        }
        Ok(())
    }

    pub fn crank<'info>(
        ctx: Context<'info, Crank<'info>>,
        event: u16,
        mint: u64,
        bounty: u64,
        advised: u64,
    ) -> Result<()> {
        Clock::get()?;
        Rent::get()?;
        if advised > 0 {
            cpi::hash_configurations(1);
        }
        cpi::hash_log(CONTROLLERS);
        let accounts = &ctx.accounts;
        if mint > 0 {
            Authority {
                info: &accounts.authority,
                economy: &accounts.economy,
            }
            .mint_to(
                &accounts.mint,
                &accounts.reward_vault,
                &accounts.token_program,
                mint,
            )?;
        }
        if bounty > 0 {
            cpi::pay_keeper(
                &accounts.economy,
                &accounts.keeper_vault,
                accounts.keeper.to_account_info(),
                &accounts.system_program,
                bounty,
            )?;
        }
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn preview<'info>(
        _ctx: Context<'info, Preview<'info>>,
        _controller: u8,
        length: u16,
    ) -> Result<()> {
        Clock::get()?;
        set_return_data(&vec![0; usize::from(length)]);
        Ok(())
    }

    pub fn trip_breaker<'info>(ctx: Context<'info, TripBreaker<'info>>, event: u16) -> Result<()> {
        Clock::get()?;
        cpi::hash_audit();
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn grow_log(ctx: Context<GrowLog>, slots: u32, event: u16, rent: u64) -> Result<()> {
        grow(&ctx, slots, rent)?;
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn migrate(ctx: Context<Migrate>, event: u16, rent: u64) -> Result<()> {
        Clock::get()?;
        let accounts = &ctx.accounts;
        let account = accounts.account.to_account_info();
        pay_rent(&accounts.payer, &accounts.system_program, &account, rent)?;
        account.resize(account.data_len() + NEW_IN_ECONOMY)?;
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn create_council(
        ctx: Context<CreateCouncil>,
        _args: CouncilArgs,
        event: u16,
    ) -> Result<()> {
        Clock::get()?;
        cpi::hash_audit();
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn propose(
        ctx: Context<Propose>,
        actions: Vec<Action>,
        event: u16,
        bytes: u64,
    ) -> Result<()> {
        core::hint::black_box(actions);
        called()?;
        hash_actions(bytes);
        cpi::hash_audit();
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn approve(ctx: Context<Decide>, _digest: [u8; 32], event: u16) -> Result<()> {
        called()?;
        cpi::hash_audit();
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn withdraw_approval(ctx: Context<Decide>, event: u16) -> Result<()> {
        called()?;
        cpi::hash_audit();
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn veto(ctx: Context<Decide>, event: u16) -> Result<()> {
        called()?;
        cpi::hash_audit();
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn override_veto(ctx: Context<Decide>, event: u16) -> Result<()> {
        called()?;
        cpi::hash_audit();
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn cancel(ctx: Context<Decide>, event: u16) -> Result<()> {
        called()?;
        cpi::hash_audit();
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn expire(ctx: Context<Decide>, event: u16) -> Result<()> {
        Clock::get()?;
        cpi::hash_audit();
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn cast_ballot(ctx: Context<CastBallot>, event: u16, vetoes: u64) -> Result<()> {
        Clock::get()?;
        if vetoes > 0 {
            cpi::hash_audit();
        }
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn close_ballot(ctx: Context<CloseBallot>, event: u16) -> Result<()> {
        Clock::get()?;
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn execute<'info>(
        ctx: Context<'info, Execute<'info>>,
        event: u16,
        records: u64,
        mint: u64,
        paid: Vec<u64>,
        successor: Option<Option<Pubkey>>,
    ) -> Result<()> {
        called()?;
        cpi::hash_configurations(records as usize);
        cpi::hash_audit();
        settle(&ctx, mint, &paid, successor)?;
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn close_proposal(ctx: Context<CloseProposal>, event: u16) -> Result<()> {
        Clock::get()?;
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn accept_role(ctx: Context<AcceptRole>, _role: RoleKind, event: u16) -> Result<()> {
        called()?;
        cpi::hash_audit();
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn advise(
        ctx: Context<Office>,
        _parameter: Parameter,
        _field: Tunable,
        _value_q48: i128,
        _over_seconds: u32,
        event: u16,
    ) -> Result<()> {
        called()?;
        cpi::hash_audit();
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn veto_advice(ctx: Context<Office>, event: u16) -> Result<()> {
        called()?;
        cpi::hash_audit();
        emit_cpi!(told(event));
        Ok(())
    }

    pub fn pause(
        ctx: Context<Office>,
        _section: Section,
        _seconds: u32,
        _reason: PauseReason,
        event: u16,
    ) -> Result<()> {
        called()?;
        cpi::hash_audit();
        emit_cpi!(told(event));
        Ok(())
    }
}

/// The clock, and how deep this call is: what only a caller of the right kind may do
/// asks for both.
fn called() -> Result<()> {
    Clock::get()?;
    core::hint::black_box(get_stack_height());
    Ok(())
}

/// Hashes as many bytes as a proposal's actions.
fn hash_actions(bytes: u64) {
    static ZEROS: [u8; MAX_ACTION_BYTES] = [0; MAX_ACTION_BYTES];
    let bytes = (bytes as usize).min(MAX_ACTION_BYTES);
    core::hint::black_box(hash(&ZEROS[..bytes]));
}

/// Moves the tokens that the actions move.
#[inline(never)]
fn settle<'info>(
    ctx: &Context<'info, Execute<'info>>,
    mint: u64,
    paid: &[u64],
    successor: Option<Option<Pubkey>>,
) -> Result<()> {
    let accounts = &ctx.accounts;
    let own_mint = accounts.mint.to_account_info();
    for (part, amount) in ctx.remaining_accounts.chunks_exact(4).zip(paid) {
        Authority {
            info: &UncheckedAccount::try_from(&part[0]),
            economy: &accounts.economy,
        }
        .transfer_loose(
            [&part[1], &own_mint, &part[2], &part[3]],
            *amount,
            accounts.mint.decimals,
        )?;
    }
    if let (Some(successor), [authority, vault, program]) = (successor, ctx.remaining_accounts) {
        Authority {
            info: &UncheckedAccount::try_from(authority),
            economy: &accounts.economy,
        }
        .mint_last([&own_mint, vault, program], mint, successor)?;
    }
    Ok(())
}

#[inline(never)]
fn sweep(ctx: &Context<Collect>, burn: u64, stakers: u64, treasury: u64) -> Result<()> {
    let accounts = &ctx.accounts;
    let authority = Authority {
        info: &accounts.authority,
        economy: &accounts.economy,
    };
    if burn > 0 {
        authority.burn(
            &accounts.mint.to_account_info(),
            &accounts.vault.to_account_info(),
            &accounts.token_program.to_account_info(),
            burn,
        )?;
    }
    for (to, amount) in [
        (&accounts.reward_vault, stakers),
        (&accounts.treasury_vault, treasury),
    ] {
        if amount > 0 {
            authority.transfer(
                &accounts.vault,
                to,
                &accounts.mint,
                &accounts.token_program,
                amount,
            )?;
        }
    }
    Ok(())
}

#[inline(never)]
fn pay_rent<'info>(
    payer: &Signer<'info>,
    system: &Program<'info, System>,
    account: &AccountInfo<'info>,
    rent: u64,
) -> Result<()> {
    Rent::get()?;
    if rent == 0 {
        return Ok(());
    }
    let transfer = system_program::Transfer {
        from: payer.to_account_info(),
        to: account.clone(),
    };
    system_program::transfer(CpiContext::new(system.key(), transfer), rent)
}

#[inline(never)]
fn grow(ctx: &Context<GrowLog>, slots: u32, rent: u64) -> Result<()> {
    let accounts = &ctx.accounts;
    let log = accounts.log.to_account_info();
    pay_rent(&accounts.payer, &accounts.system_program, &log, rent)?;
    log.resize(log.data_len() + SLOT_BYTES * slots as usize)?;
    Ok(())
}

/// Every vault ends as `vaults` says in turn: of the pools, of the meters, of
/// the rewards (after the refund), of the treasury. Then the accounts.
#[inline(never)]
fn close_all<'info>(
    ctx: &Context<'info, Close<'info>>,
    refund: u64,
    keeper: u64,
    vaults: &[VaultEnd],
) -> Result<()> {
    let accounts = &ctx.accounts;
    let authority = Authority {
        info: &accounts.authority,
        economy: &accounts.economy,
    };
    let (creator, mint, program) = (
        accounts.creator.to_account_info(),
        accounts.mint.to_account_info(),
        accounts.token_program.to_account_info(),
    );
    let (reward_vault, treasury_vault) = (
        accounts.reward_vault.to_account_info(),
        accounts.treasury_vault.to_account_info(),
    );
    let mut ends = vaults.iter();
    let mut end = |vault: &AccountInfo<'info>, mint: &AccountInfo<'info>, program| -> Result<()> {
        let end = ends.next().ok_or(ErrorCode::ConstraintRaw)?;
        if end.burn > 0 {
            authority.burn(mint, vault, program, end.burn)?;
        }
        if end.harvest {
            cpi::harvest(mint, vault, program)?;
        }
        authority.close(vault, &creator, program)
    };
    let (pools, meters, feeds) = {
        let economy = accounts.economy.load()?;
        (
            usize::from(economy.pool_count) * 4,
            usize::from(economy.meter_count) * 2,
            usize::from(economy.feed_count),
        )
    };
    let (pools, rest) = ctx.remaining_accounts.split_at(pools);
    let (meters, rest) = rest.split_at(meters);
    let (feeds, council) = rest.split_at(feeds);
    for part in pools.chunks_exact(4) {
        end(&part[1], &part[2], &part[3])?;
    }
    for part in meters.chunks_exact(2) {
        end(&part[1], &mint, &program)?;
    }
    if refund > 0 {
        authority.transfer(
            &accounts.reward_vault,
            &accounts.creator_tokens,
            &accounts.mint,
            &accounts.token_program,
            refund,
        )?;
    }
    end(&reward_vault, &mint, &program)?;
    end(&treasury_vault, &mint, &program)?;
    if keeper > 0 {
        cpi::pay_keeper(
            &accounts.economy,
            &accounts.keeper_vault,
            creator.clone(),
            &accounts.system_program,
            keeper,
        )?;
    }
    for feed in feeds {
        AccountLoader::<Feed>::try_from(feed)?.close(creator.clone())?;
    }
    for pool in pools.iter().step_by(4) {
        AccountLoader::<Pool>::try_from(pool)?.close(creator.clone())?;
    }
    for meter in meters.iter().step_by(2) {
        AccountLoader::<Meter>::try_from(meter)?.close(creator.clone())?;
    }
    if let [council, audit] = council {
        AccountLoader::<Council>::try_from(council)?.close(creator.clone())?;
        AccountLoader::<AuditLog>::try_from(audit)?.close(creator.clone())?;
    }
    accounts.log.close(creator.clone())?;
    accounts.economy.close(creator)
}
