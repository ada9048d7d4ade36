//! Gives a Draft its council and its audit log, or the council another shape.

use anchor_lang::prelude::*;

use crate::{
    constants::*,
    events::{emit, CouncilCreated},
    instructions::shared::*,
    seeds,
    state::{log::Ring, AuditKind, AuditLog, AuditRecord, Council, CouncilArgs, Economy},
};

/// Accounts of `create_council`.
#[event_cpi]
#[derive(Accounts)]
pub struct CreateCouncil<'info> {
    /// The economy's creator; pays the rent.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// In Draft.
    #[account(mut)]
    pub economy: AccountLoader<'info, Economy>,
    /// Created, or set up anew.
    /// CHECK: by its seeds.
    #[account(mut)]
    pub council: UncheckedAccount<'info>,
    /// Created with it.
    /// CHECK: by its seeds.
    #[account(mut)]
    pub audit: UncheckedAccount<'info>,
    /// Creates the accounts.
    pub system_program: Program<'info, System>,
}

impl<'info> CreateCouncil<'info> {
    /// The canonical bumps of council and audit log.
    fn check(&self) -> Result<(u8, u8)> {
        self.economy.open()?.require_creator(self.creator.key)?;
        let of = |name, account: &AccountInfo, seed| {
            derived(name, account, &[seed, self.economy.as_ref().key.as_ref()])
        };
        Ok((
            of("council", &self.council, seeds::COUNCIL)?,
            of("audit", &self.audit, seeds::AUDIT)?,
        ))
    }

    fn create(&self, (council_bump, audit_bump): (u8, u8)) -> Result<()> {
        let creator = Creator {
            payer: &self.creator,
        };
        let economy = self.economy.key();
        let mut council = creator.state::<Council>(
            &self.council,
            Council::SPACE,
            &[seeds::COUNCIL, economy.as_ref(), &[council_bump]],
        )?;
        council.bump = council_bump;
        council.economy = economy;
        council.audit = self.audit.key();
        let mut audit = creator.state::<AuditLog>(
            &self.audit,
            AuditLog::space(AUDIT_INITIAL_CAPACITY),
            &[seeds::AUDIT, economy.as_ref(), &[audit_bump]],
        )?;
        audit.bump = audit_bump;
        audit.economy = economy;
        audit.ring = Ring::new(AUDIT_INITIAL_CAPACITY);
        Ok(())
    }

    #[inline(never)]
    fn apply(&'info self, args: &CouncilArgs, bumps: (u8, u8), clock: &Clock) -> Result<Vec<u8>> {
        let mut economy = self.economy.open_mut()?;
        economy.require_draft()?;
        if economy.council == Pubkey::default() {
            self.create(bumps)?;
            economy.council = self.council.key();
        }
        let loader = AccountLoader::<Council>::try_from(self.council.as_ref())?;
        loader.open_mut()?.set_up(args)?;
        AuditRecord {
            subject: args.guardian.key,
            ..AuditRecord::new(AuditKind::CouncilCreated, self.creator.key, clock)
        }
        .append(&self.audit)
    }
}

/// Handles `create_council`.
pub fn create_council<'info>(
    ctx: Context<'info, CreateCouncil<'info>>,
    args: CouncilArgs,
) -> Result<()> {
    let accounts: &'info CreateCouncil<'info> = ctx.accounts;
    let bumps = accounts.check()?;
    let record = accounts.apply(&args, bumps, &Clock::get()?)?;
    emit(
        &accounts.event_authority,
        &CouncilCreated {
            economy: accounts.economy.key(),
            council: accounts.council.key(),
            args,
            record,
        },
    )
}
