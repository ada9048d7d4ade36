//! Gives a Draft its council and its audit log, or the council another shape.

use crate::framework::prelude::*;

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
    fn check(&self) -> Result<()> {
        self.economy.open()?.require_creator(self.creator.key)
    }

    /// Creates council and audit log, at their addresses.
    fn create(&self) -> Result<()> {
        let creator = Creator {
            payer: &self.creator,
        };
        let economy = self.economy.key();
        let (mut council, bump) = creator.state::<Council>(
            "council",
            &self.council,
            Council::SPACE,
            &[seeds::COUNCIL, economy.as_ref()],
        )?;
        council.bump = bump;
        council.economy = economy;
        council.audit = self.audit.key();
        let (mut audit, bump) = creator.state::<AuditLog>(
            "audit",
            &self.audit,
            AuditLog::space(AUDIT_INITIAL_CAPACITY),
            &[seeds::AUDIT, economy.as_ref()],
        )?;
        audit.bump = bump;
        audit.economy = economy;
        audit.ring = Ring::new(AUDIT_INITIAL_CAPACITY);
        Ok(())
    }

    #[inline(never)]
    fn apply(&'info self, args: &CouncilArgs, clock: &Clock) -> Result<Vec<u8>> {
        let mut economy = self.economy.open_mut()?;
        economy.require_draft()?;
        if economy.council == Pubkey::default() {
            self.create()?;
            economy.council = self.council.key();
        }
        has_one(&economy.council, &self.council)?;
        let loader = loader::<Council>(self.council.as_ref())?;
        {
            let mut council = loader.open_mut()?;
            has_one(&council.audit, &self.audit)?;
            council.set_up(args)?;
        }
        let mut record = AuditRecord::new(AuditKind::CouncilCreated, self.creator.key, clock);
        record.subject = args.guardian.key;
        record.append(&self.audit)
    }
}

/// Handles `create_council`.
pub fn create_council<'info>(
    ctx: Context<'info, CreateCouncil<'info>>,
    args: CouncilArgs,
) -> Result<()> {
    let accounts: &'info CreateCouncil<'info> = ctx.accounts;
    accounts.check()?;
    let record = accounts.apply(&args, &clock()?)?;
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
