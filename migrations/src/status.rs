//! The release check: who stands above every council.

use core::fmt;

use homeostat_client::Pubkey;
use homeostat_settings::Failure;
use schemars::JsonSchema;
use serde::Serialize;
use solana_account::Account;

use crate::{
    chain::Chain, file::ClusterFile, loader::Deployed, plan::require_cluster, publisher::Publisher,
};

/// The program-metadata program.
const METADATA: Pubkey = Pubkey::from_str_const("ProgM6JCCvbYkfKqJYHePx4xxSUSqJp7rh8Lyv7nk7S");
/// Seed of interface descriptions there.
const IDL: &[u8; 16] = b"idl\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// The one account with a program's interface description that clients read. Anybody can
/// publish another, at an address with their own key among its seeds.
pub fn idl_address(program: &Pubkey) -> Pubkey {
    Pubkey::find_program_address(&[program.as_ref(), IDL], &METADATA).0
}

/// Whether an account is the finished, canonical metadata of a program: kind (2), program,
/// authority, whether it may change, whether it is canonical.
fn is_canonical(account: &Account, program: &Pubkey) -> bool {
    let data = &account.data;
    account.owner == METADATA
        && data.first() == Some(&2)
        && data.get(1..33) == Some(program.as_ref())
        && data.get(66) == Some(&1)
}

/// The multisig behind the publisher's vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Behind {
    /// Its own account.
    pub address: String,
    /// Approvals that it acts with.
    pub threshold: u16,
    /// Wait between the last of them and the execution (seconds).
    pub time_lock: u32,
}

/// What the check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Status {
    /// Program.
    pub program: String,
    /// Who may upgrade it; `None` = nobody ever.
    pub upgrade_authority: Option<String>,
    /// Who should: the publisher's vault or key; `None` = nobody.
    pub publisher: Option<String>,
    /// The multisig behind a vault; `None` = the publisher is none.
    pub multisig: Option<Behind>,
    /// Slot of the last deployment.
    pub slot: u64,
    /// Where clients read the interface description: the canonical account of the
    /// program-metadata program, which only the upgrade authority can create.
    pub idl: String,
    /// Whether it is there.
    pub idl_published: bool,
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
        if let Some(multisig) = &self.multisig {
            let Behind {
                address,
                threshold,
                time_lock,
            } = multisig;
            writeln!(
                f,
                "  multisig         {address}, {threshold} approvals, then {time_lock} s"
            )?;
        }
        let there = if self.idl_published {
            ""
        } else {
            " (not published)"
        };
        writeln!(f, "IDL, canonical     {}{there}", self.idl)?;
        writeln!(f, "authority is right {}", word(self.authority_right))?;
        writeln!(f, "ELF is the file's  {}", word(self.elf_matches))
    }
}

/// Reads the program's data account and compares.
///
/// # Errors
///
/// Another cluster, no program, no multisig where one is named, the cluster's.
pub fn status(chain: &dyn Chain, file: &ClusterFile) -> Result<Status, Failure> {
    require_cluster(chain, file)?;
    let program = file.program.as_ref().ok_or_else(|| {
        Failure::new("no_program", "the cluster file has no [program]").remedy("add it")
    })?;
    let deployed = Deployed::read(chain, &program.id)?.ok_or_else(|| {
        Failure::new("not_deployed", format!("{} is not deployed", program.id))
            .remedy("`homeostat deploy apply` deploys it")
    })?;
    let idl = idl_address(&program.id);
    let published = chain.account(&idl)?;
    let text = |key: Pubkey| key.to_string();
    let publisher = program.publisher.authority();
    let multisig = match program.publisher {
        Publisher::Multisig { address, .. } => {
            let multisig = chain.multisig(&address)?;
            Some(Behind {
                address: text(address),
                threshold: multisig.threshold,
                time_lock: multisig.time_lock,
            })
        }
        Publisher::Nobody | Publisher::Key(_) => None,
    };
    Ok(Status {
        program: text(program.id),
        upgrade_authority: deployed.authority.map(text),
        publisher: publisher.map(text),
        multisig,
        slot: deployed.slot,
        idl: text(idl),
        idl_published: published.is_some_and(|account| is_canonical(&account, &program.id)),
        elf_matches: deployed.holds(&program.elf),
        authority_right: deployed.authority.is_none() || deployed.authority == publisher,
    })
}
