//! The release check: who stands above every council.

use core::fmt;

use homeostat_ops::Failure;
use serde::Serialize;

use crate::{chain::Chain, file::ClusterFile, loader::Deployed, plan::require_cluster};

/// What the check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Program.
    pub program: String,
    /// Who may upgrade it; `None` = nobody ever.
    pub upgrade_authority: Option<String>,
    /// Who should; `None` = nobody.
    pub publisher: Option<String>,
    /// Slot of the last deployment.
    pub slot: u64,
    /// Whether the ELF on the cluster is the file's.
    pub elf_matches: bool,
    /// Whether the authority is the publisher's multisig, or nobody.
    pub authority_right: bool,
}

impl Status {
    /// Whether the release may be announced.
    pub fn passes(&self) -> bool {
        self.elf_matches && self.authority_right
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nobody = "nobody (it can never change)";
        let who = |key: &Option<String>| key.clone().unwrap_or_else(|| nobody.to_owned());
        let word = |right: bool| if right { "yes" } else { "NO" };
        writeln!(f, "program            {}", self.program)?;
        writeln!(f, "deployed in slot   {}", self.slot)?;
        writeln!(f, "can be upgraded by {}", who(&self.upgrade_authority))?;
        writeln!(f, "publisher          {}", who(&self.publisher))?;
        writeln!(f, "authority is right {}", word(self.authority_right))?;
        writeln!(f, "ELF is the file's  {}", word(self.elf_matches))
    }
}

/// Reads the program's data account and compares.
///
/// # Errors
///
/// Another cluster, no program, the cluster's.
pub fn status(chain: &dyn Chain, file: &ClusterFile) -> Result<Status, Failure> {
    require_cluster(chain, file)?;
    let program = file.program.as_ref().ok_or_else(|| {
        Failure::new("no_program", "the cluster file has no [program]").remedy("add it")
    })?;
    let deployed = Deployed::read(chain, &program.id)?.ok_or_else(|| {
        Failure::new("not_deployed", format!("{} is not deployed", program.id))
            .remedy("`apply` deploys it")
    })?;
    let text = |key: solana_program::pubkey::Pubkey| key.to_string();
    Ok(Status {
        program: text(program.id),
        upgrade_authority: deployed.authority.map(text),
        publisher: program.publisher.map(text),
        slot: deployed.slot,
        elf_matches: deployed.holds(&program.elf),
        authority_right: deployed.authority.is_none() || deployed.authority == program.publisher,
    })
}
