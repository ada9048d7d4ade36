//! Gives a Draft its council and its audit log, or sets the council up anew.

use anchor_lang::prelude::*;

use crate::{
    constants::*,
    error::HomeostatError,
    events::{publish, CouncilCreated},
    seeds,
    state::{log::Ring, AuditKind, AuditLog, AuditRecord, Council, CouncilArgs, Economy},
};

/// Accounts of `create_council`. Council and audit log may be there already: only the
/// creator gets this far, and only in Draft, where a council has decided nothing yet, so
/// setting it up anew deprives nobody of anything.
#[event_cpi]
#[derive(Accounts)]
pub struct CreateCouncil<'info> {
    /// The economy's creator, who pays the rent.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// The economy; it must be in Draft.
    #[account(mut, has_one = creator @ HomeostatError::Unauthorized)]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's council; it is created, or set up anew.
    #[account(
        init_if_needed,
        payer = creator,
        space = Council::SPACE,
        seeds = [seeds::COUNCIL, economy.key().as_ref()],
        bump,
    )]
    pub council: AccountLoader<'info, Council>,
    /// The council's audit log; it is created with the council, and gets the record. It
    /// may have been grown since, which anybody can do and which must not lock the creator
    /// out.
    #[account(
        init_if_needed,
        payer = creator,
        space = AuditLog::space(AUDIT_INITIAL_CAPACITY).max(audit.data_len()),
        seeds = [seeds::AUDIT, economy.key().as_ref()],
        bump,
    )]
    pub audit: AccountLoader<'info, AuditLog>,
    /// The system program, which creates the accounts.
    pub system_program: Program<'info, System>,
}

impl CreateCouncil<'_> {
    /// Fills in what never changes in the life of the economy. Refused where council or
    /// audit log were there before (`AccountDiscriminatorAlreadySet`).
    fn create(&self, bumps: &CreateCouncilBumps) -> Result<()> {
        let economy = self.economy.key();
        let mut council = self.council.load_init()?;
        council.bump = bumps.council;
        council.economy = economy;
        council.audit = self.audit.key();
        let mut audit = self.audit.load_init()?;
        audit.bump = bumps.audit;
        audit.economy = economy;
        audit.ring = Ring::new(AUDIT_INITIAL_CAPACITY);
        audit.acts = Ring::new(AUDIT_INITIAL_CAPACITY);
        Ok(())
    }

    /// Creates or sets up the council. Returns the bytes of the audit log's record.
    #[inline(never)]
    fn apply(
        &self,
        args: &CouncilArgs,
        bumps: &CreateCouncilBumps,
        clock: &Clock,
    ) -> Result<Vec<u8>> {
        let mut economy = self.economy.load_mut()?;
        economy.require_draft()?;
        if economy.council == Pubkey::default() {
            self.create(bumps)?;
            economy.council = self.council.key();
            self.council.load_init()?.set_up(args)?;
        } else {
            self.council.load_mut()?.set_up(args)?;
        }
        self.record(args, clock)
    }

    /// Appends the record to the log's data without loading the log: an account that this
    /// instruction creates gets its discriminator at the end only, so it cannot be loaded yet.
    fn record(&self, args: &CouncilArgs, clock: &Clock) -> Result<Vec<u8>> {
        let mut record = AuditRecord::new(AuditKind::CouncilCreated, self.creator.key, clock);
        record.subject = args.guardian.key;
        let log: &AccountInfo = self.audit.as_ref();
        Ring::append_to(
            &mut log.try_borrow_mut_data()?,
            &record.place(),
            core::slice::from_mut(&mut record),
        )?;
        Ok(bytemuck::bytes_of(&record).to_vec())
    }
}

/// The creator calls it, as long as the economy is a Draft.
///
/// 1. Creates council and audit log, if they are not there, and sets the council up. Its
///    members and its guardian accept their roles by `accept_role`.
/// 2. Records the council in the audit log.
/// 3. Publishes its members, threshold, guardian and delays.
pub fn create_council(ctx: Context<CreateCouncil>, args: CouncilArgs) -> Result<()> {
    let accounts = &ctx.accounts;
    let record = accounts.apply(&args, &ctx.bumps, &Clock::get()?)?;
    publish(
        &ctx.accounts.event_authority,
        &CouncilCreated {
            economy: accounts.economy.key(),
            council: accounts.council.key(),
            args,
            record,
        },
    )
}
