//! What is left to do, from what the chain says now.

use core::fmt;

use homeostat::state::layout::{Known, LAYOUTS};
use homeostat_chain::creation::{Creation, Part, Piece};
use homeostat_chain::send::BASE_FEE;
use homeostat_client::Pubkey;
use homeostat_settings::Failure;
use schemars::JsonSchema;
use serde::Serialize;
use solana_loader_v3_interface::state::UpgradeableLoaderState as Loader;

use crate::{
    chain::Chain,
    file::{ClusterFile, EconomyPlan, Program},
    loader::{
        buffer_address, extends_with_signature, rent_of_room, shortage, Buffer, Deployed, CHUNK,
    },
    publisher::{require_holder, Publisher},
};

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Creates the buffer for the ELF.
    CreateBuffer,
    /// Writes these chunks of the ELF (offsets).
    WriteBuffer(Vec<usize>),
    /// Makes room for a larger ELF (bytes).
    Extend(u32),
    /// Deploys the buffer for the first time.
    Deploy,
    /// Upgrades the program to the buffer.
    Upgrade,
    /// Hands the buffer to the authority, who is somebody else.
    HandBuffer,
    /// Hands the program to the authority.
    HandProgram,
    /// The authority has to upgrade: nothing that this tool can do.
    Await,
    /// Sends an instruction of an economy's creator: which economy, and what for.
    Economy(usize, Part),
    /// Migrates these accounts.
    Migrate(Vec<Pubkey>),
}

/// A step with what it costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Planned {
    /// The step.
    #[serde(skip)]
    pub step: Step,
    /// What it does.
    pub what: String,
    /// Rent that it locks (lamports).
    pub rent: u64,
    /// Fees of its signatures (lamports), without priority.
    pub fees: u64,
}

/// Everything that is left to do, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Steps.
    pub steps: Vec<Planned>,
}

impl Plan {
    /// Rent and fees (lamports).
    pub fn cost(&self) -> (u64, u64) {
        let sum = |of: fn(&Planned) -> u64| self.steps.iter().map(of).sum();
        (sum(|step| step.rent), sum(|step| step.fees))
    }

    fn add(&mut self, step: Step, what: String, rent: u64, signatures: usize) {
        self.steps.push(Planned {
            step,
            what,
            rent,
            fees: BASE_FEE.saturating_mul(signatures as u64),
        });
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.steps.is_empty() {
            return writeln!(f, "nothing to do");
        }
        for (index, step) in self.steps.iter().enumerate() {
            writeln!(
                f,
                "{:>3}. {} (rent {}, fees {} lamports)",
                index + 1,
                step.what,
                step.rent,
                step.fees
            )?;
        }
        let (rent, fees) = self.cost();
        writeln!(
            f,
            "in all: rent {rent}, fees {fees} lamports, without priority fees"
        )
    }
}

/// Computes it. Changes nothing.
///
/// # Errors
///
/// Another cluster than the file's; something in the way that the tool must not touch;
/// the cluster's.
pub fn plan(chain: &dyn Chain, file: &ClusterFile, payer: &Pubkey) -> Result<Plan, Failure> {
    require_cluster(chain, file)?;
    let mut plan = Plan::default();
    let mut awaits = false;
    if let Some(program) = &file.program {
        awaits = plan_program(&mut plan, chain, program, payer)?;
    }
    for (index, economy) in file.economies.iter().enumerate() {
        plan_economy(&mut plan, chain, index, economy, payer)?;
    }
    // With the old program there is nothing to migrate to.
    if !awaits {
        plan_migrations(&mut plan, chain, file.batch)?;
    }
    Ok(plan)
}

/// Refuses another cluster than the file's.
///
/// # Errors
///
/// It is another.
pub fn require_cluster(chain: &dyn Chain, file: &ClusterFile) -> Result<(), Failure> {
    let genesis = chain.genesis();
    if genesis == file.genesis {
        return Ok(());
    }
    Err(Failure::new(
        "wrong_cluster",
        format!(
            "the cluster's genesis is {genesis}, the cluster file's {}",
            file.genesis
        ),
    )
    .remedy("nothing was sent; check `cluster.url` and `cluster.genesis`"))
}

/// The program's steps; whether they end in waiting for somebody else.
fn plan_program(
    plan: &mut Plan,
    chain: &dyn Chain,
    program: &Program,
    payer: &Pubkey,
) -> Result<bool, Failure> {
    let deployed = Deployed::read(chain, &program.id)?;
    let ours = program.authority == *payer;
    if let Some(deployed) = &deployed {
        let known =
            deployed.authority == Some(program.authority) || deployed.authority == Some(*payer);
        let right = deployed.holds(&program.elf);
        // Nobody may, and nobody needs to.
        let settled =
            right && deployed.authority.is_none() && program.publisher == Publisher::Nobody;
        if !(known || settled) {
            return Err(wrong_authority(deployed, program, payer));
        }
    } else if program.key.is_none() {
        return Err(Failure::new(
            "no_program_key",
            format!(
                "{} is not deployed yet, and its key is not given",
                program.id
            ),
        )
        .remedy("write `program.keypair`; only the first deployment needs it"));
    }
    // Who upgrades: the payer as long as it holds the authority.
    let by_payer = deployed
        .as_ref()
        .is_none_or(|deployed| deployed.authority == Some(*payer));
    // Asked before anything is paid for, and again before each step, so right before the last.
    let holder = match !ours && by_payer {
        true => Some(require_holder(chain, program)?),
        false => None,
    };
    if deployed
        .as_ref()
        .is_some_and(|deployed| deployed.holds(&program.elf))
    {
        if let Some(holder) = holder {
            hand_program(plan, program, &holder);
        }
        return Ok(false);
    }

    let (address, _) = buffer_address(payer, &program.elf)?;
    let buffer = Buffer::read(chain, &address)?;
    let all: Vec<usize> = (0..program.elf.len()).step_by(CHUNK).collect();
    let missing = match &buffer {
        None => {
            let rent = chain.rent(Loader::size_of_buffer(program.elf.len()))?;
            let what = format!("create the buffer {address}, {} bytes", program.elf.len());
            plan.add(Step::CreateBuffer, what, rent, 1);
            all
        }
        Some(buffer) => buffer.missing(&program.elf),
    };
    let handed = match buffer.as_ref().map(|buffer| buffer.authority) {
        None => false,
        Some(Some(holder)) if holder == *payer => false,
        Some(Some(holder)) if holder == program.authority && missing.is_empty() => true,
        Some(holder) => {
            return Err(Failure::new(
                "bad_buffer",
                format!(
                    "the buffer {address} is {}'s, not the payer's",
                    holder.map_or("nobody".to_owned(), |holder| holder.to_string())
                ),
            )
            .remedy("its holder has to close it, or deploy with another payer"))
        }
    };
    if !missing.is_empty() {
        let what = format!("write {} chunks of the ELF", missing.len());
        let count = missing.len();
        plan.add(Step::WriteBuffer(missing), what, 0, count);
    }
    match &deployed {
        None => {
            // The buffer's rent moves to the program's data, which is a little larger.
            let size = program.elf.len();
            let data = chain.rent(Loader::size_of_programdata(size))?;
            let moved = chain.rent(Loader::size_of_buffer(size))?;
            let rent = chain.rent(Loader::size_of_program())?;
            let rent = rent.saturating_add(data.saturating_sub(moved));
            let what = format!("deploy {} (the buffer's rent moves to it)", program.id);
            plan.add(Step::Deploy, what, rent, 2);
        }
        Some(deployed) => {
            let signed = extends_with_signature(chain)?;
            // Where the authority has to sign for it, it goes along with the upgrade.
            let by = shortage(deployed, &program.elf).filter(|_| by_payer || !signed);
            if let Some(by) = by {
                let rent = rent_of_room(chain, deployed.room.len(), by)?;
                let what = format!("make room for {by} bytes more");
                plan.add(Step::Extend(by), what, rent, 1);
            }
            if by_payer {
                let what = format!("upgrade {} (the buffer's rent comes back)", program.id);
                plan.add(Step::Upgrade, what, 0, 1);
            } else {
                if !handed {
                    let what = format!("hand the buffer to {}", program.authority);
                    plan.add(Step::HandBuffer, what, 0, 1);
                }
                let what = format!(
                    "wait until {} upgrades {} to the buffer {address}",
                    program.authority, program.id
                );
                plan.add(Step::Await, what, 0, 0);
                return Ok(true);
            }
        }
    }
    if let Some(holder) = holder {
        hand_program(plan, program, &holder);
    }
    Ok(false)
}

fn hand_program(plan: &mut Plan, program: &Program, holder: &str) {
    let what = format!(
        "hand {} to {}, who alone may upgrade it: {holder}",
        program.id, program.authority
    );
    plan.add(Step::HandProgram, what, 0, 1);
}

fn wrong_authority(deployed: &Deployed, program: &Program, payer: &Pubkey) -> Failure {
    match deployed.authority {
        None => Failure::new(
            "immutable",
            format!("{} can never be upgraded: it has no authority", program.id),
        )
        .remedy("deploy under another program key"),
        Some(holder) => Failure::new(
            "wrong_authority",
            format!(
                "{holder} may upgrade {}; neither the payer {payer} nor `program.authority` {} may",
                program.id, program.authority
            ),
        )
        .remedy("nothing was sent; pay with the authority's key, or correct `program.authority`"),
    }
}

fn plan_economy(
    plan: &mut Plan,
    chain: &dyn Chain,
    index: usize,
    economy: &EconomyPlan,
    payer: &Pubkey,
) -> Result<(), Failure> {
    let signatures = if economy.creator.pubkey() == *payer {
        1
    } else {
        2
    };
    for piece in pieces(chain, economy)? {
        plan.add(
            Step::Economy(index, piece.part),
            format!("{}: {}", economy.name, piece.what),
            piece.rent,
            signatures,
        );
    }
    Ok(())
}

/// What an economy still lacks.
///
/// # Errors
///
/// What its program would refuse; the cluster's.
pub fn pieces(chain: &dyn Chain, economy: &EconomyPlan) -> Result<Vec<Piece>, Failure> {
    let creation = Creation {
        mint: economy.mint,
        creator: economy.creator.pubkey(),
        spec: &economy.spec,
        via: None,
    };
    let accounts = chain.accounts(&creation.reads())?;
    let found = creation.found(&accounts).map_err(|failure| Failure {
        message: format!("[economies.{}]: {}", economy.name, failure.message),
        ..failure
    })?;
    creation.missing(&found, &|bytes| chain.rent(bytes))
}

/// A step for every layout that accounts still have and can leave.
fn plan_migrations(plan: &mut Plan, chain: &dyn Chain, batch: usize) -> Result<(), Failure> {
    for known in LAYOUTS {
        for version in 0..known.version {
            let Some(growth) = growth(known, version) else {
                continue;
            };
            let accounts = chain.beginning_with(&known.discriminator_of(version))?;
            if accounts.is_empty() {
                continue;
            }
            let (count, transactions) = (accounts.len(), accounts.len().div_ceil(batch));
            let what = format!(
                "migrate {count} accounts ({:?}, layout {version} to {}) in {transactions} \
                 transactions",
                known.kind, known.version
            );
            let rent = chain.rent(growth)?.saturating_sub(chain.rent(0)?);
            let rent = rent.saturating_mul(count as u64);
            plan.add(Step::Migrate(accounts), what, rent, transactions);
        }
    }
    Ok(())
}

/// Bytes that an account of this layout version grows by; `None` = nothing leads from it.
fn growth(known: &Known, version: u8) -> Option<usize> {
    (version..known.version).try_fold(0, |sum, version| {
        let step = known.step(version).ok()?;
        let new = step.fields.iter().map(|(_, bytes)| bytes.len());
        Some(sum + new.sum::<usize>())
    })
}
