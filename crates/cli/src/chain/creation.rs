//! `create-economy` and `go-live`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anchor_spl::token_2022::spl_token_2022::instruction::{set_authority, AuthorityType};
use homeostat_client::{
    instruction as ix, Council, CouncilArgs, Economy, EconomyAddresses, Funding, Instruction,
    Parameter, Pubkey,
};
use homeostat_ops::creation::{Creation, Found, Mint, Piece, Stage};
use homeostat_ops::economy_file::{read_economy, EconomySpec};
use homeostat_ops::send::pack;
use homeostat_ops::signer::read_address;
use homeostat_ops::tokens::Tokens;
use homeostat_ops::{files, live, program, squads};
use schemars::JsonSchema;
use serde::Serialize;

use super::delivery::{Delivery, SendArgs};
use super::key::Key;
use super::offers;
use super::recipients::{AllowArgs, Check};
use super::refused::{fitting, About, Scene};
use super::status::fraction;
use super::write::{ClusterAnswer, Figures, HandedOver, Intent, Sent, Simulated};
use super::{duration, Answer, ClusterArgs, Context, WhichArgs};
use crate::failure::Failure;

mod handed;

/// Lamports of a signature.
const SIGNATURE: u64 = 5_000;
/// SOL has 9 decimals, as a token may.
const SOL: Tokens = Tokens { decimals: 9 };

/// What `create-economy --help` closes with.
pub const AFTER_LONG_HELP: &str = "\
The file is that of `homeostat demo --economy` (its help lists [economy], [forecast] and [controllers]), and

  [council]
  members    = [\"ADDRESS\", …]     1 to 15; for one that a program signs for, such as a multisig's
                                  vault: { key = \"ADDRESS\", via = \"PROGRAM\" }
  threshold  = 2                  approvals that a proposal needs
  guardian   = \"ADDRESS\"          pauses and vetoes; no member
  [council.delays]                optional; seconds, and a fraction of the stake
  routine = 21600, standard = 172800, critical = 518400, grace = 604800, staker_veto = 0.334

Without [council] the Draft has none, and cannot go live: add it and run again. Before it goes
live every member and the guardian sign once, `homeostat accept-role member` and `… guardian`, so
that no mistyped address is among them; `homeostat status` shows who has not. The creator's own
seat is accepted by `create-economy`.

The vault of a multisig as the creator: --squads MULTISIG stores what is missing there (--keypair is
a member and pays; the vault pays the rents). Its members approve the transactions and execute them
in order; a run before they have stores nothing twice.

The economy is a Draft afterwards: change the file and run again until it is right. Where a run
was stopped, the next one goes on; where nothing is missing, nothing is sent. `name` and `supply`
are for the demo: the token's supply is the mint's.";

/// Arguments of `create-economy`.
#[derive(Clone, Debug, clap::Args)]
pub struct CreateArgs {
    /// Economy file (TOML); `--config FILE.toml` means the same
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The economy's token
    #[arg(long, value_name = "ADDRESS")]
    pub mint: String,
    /// Go on where a target of [forecast] cannot be reached, with the nearest that can
    #[arg(long)]
    pub nearest_targets: bool,
    #[command(flatten)]
    allow: AllowArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// Arguments of `go-live`.
#[derive(Clone, Debug, clap::Args)]
pub struct GoLiveArgs {
    /// Give the mint authority, which the creator holds, to the economy in the same
    /// transaction; it never comes back while the economy lives
    #[arg(long)]
    pub hand_over_mint: bool,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// The answer of `create-economy`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Created {
    /// The command.
    pub command: String,
    /// Where.
    pub cluster: ClusterAnswer,
    /// The economy.
    pub economy: String,
    /// Its token.
    pub mint: String,
    /// Signs for its vaults; a token of the mode `mint` needs it as its mint authority.
    pub authority: String,
    /// Bounties are paid from here: anybody can send lamports to it.
    pub keeper_vault: String,
    /// Its council; absent before there is one.
    pub council: Option<String>,
    /// `absent`, `draft`, `live` or `retired`.
    pub life: String,
    /// What was missing when the command began.
    pub steps: Vec<StepAnswer>,
    /// The transactions that made it.
    pub transactions: Vec<Sent>,
    /// With `--squads`: what its members have to approve and execute, in this order.
    pub handed_over: Vec<HandedOver>,
    /// With `--simulate`: what the first transaction would change. Those after it depend
    /// on it.
    pub simulated: Option<Simulated>,
    /// Whether nothing is missing of what the file says.
    pub complete: bool,
    /// What `go-live` will ask for.
    pub before_go_live: Vec<String>,
}

/// A step.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StepAnswer {
    /// What it does.
    pub what: String,
    /// Rent that it locks at most.
    pub rent_lamports: u64,
}

impl Answer for Created {
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        if let Some(simulated) = &self.simulated {
            let units = simulated.compute_units;
            return writeln!(
                out,
                "the first transaction would go through ({units} compute units); those after it \
                 depend on it"
            );
        }
        if let (Some(first), Some(last)) = (self.handed_over.first(), self.handed_over.last()) {
            writeln!(
                out,
                "waits for approval in Squads: numbers {} to {} of {}, to be executed in this \
                 order; then run this again, which shows what is missing",
                first.transaction_index, last.transaction_index, first.multisig
            )?;
            return writeln!(out, "  economy    {}", self.economy);
        }
        if !self.complete {
            return writeln!(
                out,
                "all that is missing waits in the multisig: nothing was stored"
            );
        }
        match (self.life.as_str(), self.transactions.len()) {
            ("draft", 0) => writeln!(out, "complete already: nothing was sent")?,
            ("draft", count) => writeln!(out, "done in {count} transactions")?,
            (life, _) => writeln!(
                out,
                "the economy is {life}: nothing was sent; its council changes it from here on \
                 (`homeostat proposals`)"
            )?,
        }
        writeln!(out, "  economy    {}", self.economy)?;
        for missing in &self.before_go_live {
            writeln!(out, "before go-live: {missing}")?;
        }
        if self.life == "draft" && self.before_go_live.is_empty() {
            writeln!(out, "next: homeostat go-live --economy {}", self.economy)?;
        }
        Ok(())
    }
}

fn sol(lamports: u64) -> String {
    SOL.show(lamports).to_string()
}

impl CreateArgs {
    /// Refuses what would have to be signed elsewhere.
    ///
    /// # Errors
    ///
    /// It is neither sent, nor tried out, nor stored in a multisig.
    pub fn here_only(&self) -> Result<(), Failure> {
        match self.send.delivery() {
            Delivery::Send | Delivery::Simulate | Delivery::Squads { .. } => Ok(()),
            Delivery::Prepare(_) | Delivery::SignOnly(_) | Delivery::Export(_) => Err(Failure::new(
                "signed_here_only",
                "an economy is created in several transactions, of which each needs the one before",
            )
            .remedy(
                "create it with a key that is here, or with --squads alone; nothing of it is final before go-live, which \
                 takes --prepare",
            )),
        }
    }

    /// The economy file. The Solana command line's `--config` is never TOML: one that is
    /// names the economy, and is taken out of `cluster`.
    ///
    /// # Errors
    ///
    /// None is named.
    pub fn take_file(&self, cluster: &mut ClusterArgs) -> Result<PathBuf, Failure> {
        if let Some(file) = &self.file {
            return Ok(file.clone());
        }
        let toml = |file: &mut String| file.ends_with(".toml");
        cluster
            .config
            .take_if(toml)
            .map(PathBuf::from)
            .ok_or_else(|| {
                Failure::new("no_file", "which economy file?").remedy(
                    "name it: `homeostat create-economy economy.toml --mint ADDRESS`; \
                     examples/economy.toml has every key",
                )
            })
    }
}

/// `create-economy`: makes what a Draft lacks of what `file` says.
///
/// # Errors
///
/// What is wrong with file, mint or wallet, before anything is sent; what the cluster
/// refuses. Whatever was sent before stays, and the next run goes on there.
pub fn create(context: &Context, arguments: &CreateArgs, file: &Path) -> Result<(), Failure> {
    let send = &arguments.send;
    let (simulate, multisig) = match send.delivery() {
        Delivery::Simulate => (true, None),
        Delivery::Squads { multisig, simulate } => (simulate, Some(multisig)),
        _ => (false, None),
    };
    let spec = read_economy(&files::read(file)?, &file.display().to_string())?;
    if arguments.nearest_targets {
        for finding in &spec.findings {
            context.say(&format!("nearest target: {}", finding.text));
        }
    } else {
        spec.require_reachable(
            "change [forecast] as it says, or add --nearest-targets; nothing was sent",
        )?;
    }
    let mint = read_address(&arguments.mint, "--mint")?;
    let own = context.actor(send)?;
    let payer = send.payer(&own)?;
    let connection = &context.connection;
    let creation = Creation {
        mint,
        creator: own.address(),
        via: multisig.map(|_| squads::PROGRAM),
        spec: &spec,
    };
    program::require(connection)?;
    let found = creation.found(&connection.accounts(&creation.reads())?)?;
    if !matches!(found.stage, Stage::Created) {
        let check = Check {
            connection,
            at: &creation.at(),
            allow: arguments.allow,
        };
        if let Some(sponsor) = &spec.sponsor {
            check.wallet(sponsor, "the sponsor")?;
        }
        if let Some(council) = &spec.council {
            check.council(council)?;
        }
    }
    let pieces = creation.missing(&found, &|bytes| connection.rent(bytes))?;
    let instructions: Vec<Instruction> = pieces
        .iter()
        .map(|piece| piece.instruction.clone())
        .collect();
    let handed = multisig
        .map(|multisig| handed::Batches::pack(context, send, multisig, &instructions))
        .transpose()?;
    let batches = match &handed {
        Some(handed) => handed.batches.clone(),
        None => pack(&payer.address(), &instructions),
    };
    context.announce(&creation, &found, &pieces, batches.len());

    let mut transactions = Vec::new();
    let mut handed_over = Vec::new();
    let mut simulated = None;
    if let Some(handed) = handed {
        let stored = handed.store(context, &creation, &pieces, simulate)?;
        (handed_over, simulated) = (stored.handed_over, stored.simulated);
    } else if !batches.is_empty() {
        require_funds(context, send, &own, &payer, &pieces, batches.len())?;
        let what = format!("create the economy of {mint}");
        let mut sender = context.sender(send, context.notes("create-economy", &what, &own));
        sender.watch = simulate;
        if simulate {
            let first = batches.first().map(Vec::as_slice).unwrap_or_default();
            let prepared = sender.prepare(&payer.address(), first)?;
            simulated = Some(context.simulated(&prepared)?);
        } else {
            let signers = [payer.here()?, own.here()?];
            context.warn_of_open("create-economy", &own);
            context.ask(send)?;
            for (number, batch) in batches.iter().enumerate() {
                let receipt = sender
                    .send(signers[0], &signers, batch)
                    .map_err(|failure| fitting("create-economy", failure))
                    .map_err(|failure| stopped(failure, number, batches.len()))?;
                context.say(&format!(
                    "  {} of {} transactions",
                    number + 1,
                    batches.len()
                ));
                transactions.push(receipt.into());
            }
        }
    }
    let at = creation.at();
    let economy = connection.fetch::<Economy>(&at.economy)?;
    let before_go_live = match &economy {
        Some(economy) if live::life(economy) == "draft" => {
            let mint = mint_of(context, &at)?;
            let council = connection.fetch::<Council>(&at.council)?;
            let lacking = lacking(economy, council.as_ref(), &at, &mint);
            lacking
                .iter()
                .map(|failure| format!("{}; {}", failure.message, failure.remedy))
                .collect()
        }
        _ => Vec::new(),
    };
    let council = economy
        .as_ref()
        .is_some_and(|economy| economy.council != Pubkey::default());
    context.answer(&Created {
        command: "create-economy".to_owned(),
        cluster: connection.cluster().into(),
        economy: at.economy.to_string(),
        mint: mint.to_string(),
        authority: at.authority.to_string(),
        keeper_vault: at.keeper_vault.to_string(),
        council: council.then(|| at.council.to_string()),
        life: economy.as_ref().map_or("absent", live::life).to_owned(),
        steps: pieces
            .iter()
            .map(|piece| StepAnswer {
                what: piece.what.clone(),
                rent_lamports: piece.rent,
            })
            .collect(),
        complete: pieces.is_empty() || !transactions.is_empty(),
        transactions,
        handed_over,
        simulated,
        before_go_live,
    })
}

/// A failure on the way, with how far it came.
fn stopped(failure: Failure, done: usize, of: usize) -> Failure {
    if done == 0 {
        return failure;
    }
    Failure {
        message: format!(
            "{} ({done} of {of} transactions went through)",
            failure.message
        ),
        remedy: format!("{}; run it again: it goes on there", failure.remedy),
        ..failure
    }
}

/// Refuses wallets that cannot pay to the end.
fn require_funds(
    context: &Context,
    send: &SendArgs,
    own: &Key,
    payer: &Key,
    pieces: &[Piece],
    transactions: usize,
) -> Result<(), Failure> {
    let connection = &context.connection;
    let count = u64::try_from(transactions).unwrap_or(u64::MAX);
    let same = own.address() == payer.address();
    let signatures = if same { 1 } else { 2 };
    let fees = count.saturating_mul(signatures * SIGNATURE + send.max_priority_fee);
    // A wallet that is not emptied must itself be exempt from rent.
    let least = connection.rent(0)?;
    let rent: u64 = pieces.iter().map(|piece| piece.rent).sum();
    let needs = if same {
        vec![(own.address(), rent + fees + least)]
    } else {
        vec![
            (own.address(), rent + least),
            (payer.address(), fees + least),
        ]
    };
    for (wallet, needed) in needs {
        let held = connection.account(&wallet)?.map_or(0, |it| it.lamports);
        if held < needed {
            return Err(Failure::new(
                "too_little_sol",
                format!(
                    "the wallet {wallet} has {} SOL and needs up to {}: {} SOL are missing",
                    sol(held),
                    sol(needed),
                    sol(needed - held)
                ),
            )
            .remedy(
                "send them to it (`solana airdrop 1` on devnet or a local validator); nothing \
                 was sent",
            ));
        }
    }
    Ok(())
}

fn mint_of(context: &Context, at: &EconomyAddresses) -> Result<Mint, Failure> {
    let account = context.connection.account(&at.mint)?;
    Mint::read(&at.mint, account.as_ref())
}

/// What the program would ask for at the opening, each with its remedy.
fn lacking(
    economy: &Economy,
    council: Option<&Council>,
    at: &EconomyAddresses,
    mint: &Mint,
) -> Vec<Failure> {
    let mut all = Vec::new();
    let tokens = Tokens {
        decimals: economy.decimals,
    };
    if economy.pool_count == 0 {
        let failure = Failure::new("no_pool", "the economy has no pool of its own token");
        all.push(failure.remedy("run `homeostat create-economy` again, which goes on"));
    }
    if let Some(council) = council {
        all.extend(offers::lacking(council));
    } else {
        let failure = Failure::new("no_council", "the economy has no council");
        all.push(
            failure.remedy(
                "add [council] to the economy file and run `homeostat create-economy` again",
            ),
        );
    }
    all.extend(mint.require_no_freeze(&at.mint).err());
    if economy.mints() {
        let held = mint.mint_authority;
        if held != Some(at.authority) {
            let (what, remedy) = match held {
                None => (
                    "nobody can mint the token".to_owned(),
                    "create another economy with mode = \"funded\"".to_owned(),
                ),
                Some(holder) => (
                    format!("{holder} holds the mint authority"),
                    format!(
                        "{}have it run `spl-token authorize {} mint {}`",
                        if holder == economy.creator {
                            "add --hand-over-mint to `homeostat go-live`, or "
                        } else {
                            ""
                        },
                        at.mint,
                        at.authority
                    ),
                ),
            };
            all.push(Failure::new("mint_authority", what).remedy(remedy));
        }
        all.extend(mint.require_below(economy.limits.hard_cap).err());
    } else if economy.totals.supplied == 0 {
        let failure = Failure::new("no_funds", "the vault that rewards come out of is empty");
        all.push(failure.remedy("have its creator fund it: `homeostat fund AMOUNT`"));
    }
    let floor = economy.limits.supply_floor;
    if mint.supply == 0 {
        let failure = Failure::new("no_supply", "the token has no supply");
        all.push(failure.remedy(format!(
            "mint some first: `spl-token mint {} AMOUNT`",
            at.mint
        )));
    } else if mint.supply < floor {
        let what = format!(
            "the supply is {} tokens, below the floor of {}",
            tokens.show(mint.supply),
            tokens.show(floor)
        );
        let failure = Failure::new("below_floor", what);
        all.push(failure.remedy(
            "lower `supply_floor` in the economy file and run `homeostat create-economy` again",
        ));
    }
    all
}

/// `go-live`: starts an economy's clock, once and for all.
///
/// # Errors
///
/// It is not a Draft, somebody else created it, or something is missing, which is listed;
/// what the cluster refuses.
pub fn go_live(context: &Context, arguments: &GoLiveArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let own = context.actor(&arguments.send)?;
    let economy = &live.economy;
    if live.life() != "draft" {
        return Err(Failure::new(
            "not_a_draft",
            format!("the economy {} is {}", live.at.economy, live.life()),
        )
        .remedy("an economy goes live once; `homeostat status` shows it"));
    }
    if own.address() != economy.creator {
        return Err(Failure::new(
            "not_the_creator",
            format!("{} created it, not {}", economy.creator, own.address()),
        )
        .remedy("give the creator's key with --keypair"));
    }
    let mint = mint_of(context, &live.at)?;
    let handed =
        arguments.hand_over_mint && economy.mints() && mint.mint_authority == Some(economy.creator);
    let council = live.council(&context.connection)?;
    let lacking: Vec<Failure> = lacking(economy, council.as_ref(), &live.at, &mint)
        .into_iter()
        .filter(|failure| !(handed && failure.code == "mint_authority"))
        .collect();
    if !lacking.is_empty() {
        return Err(not_ready(lacking));
    }
    let mut instructions = Vec::new();
    let mut what = format!("start the economy {}, once and for all", live.at.economy);
    if handed {
        let hand = set_authority(
            &mint.program,
            &live.at.mint,
            Some(&live.at.authority),
            AuthorityType::MintTokens,
            &economy.creator,
            &[],
        );
        instructions.push(hand.map_err(|error| context.connection.nonsense(error))?);
        what.push_str(&format!(
            ", and hand the mint authority of {} over to it ({})",
            live.at.mint, live.at.authority
        ));
    }
    instructions.push(ix::go_live(
        &live.at,
        &economy.creator,
        &mint.program,
        economy.active_excluded(),
    ));
    let intent = Intent {
        command: "go-live",
        what,
        instructions,
        keys: vec![&own],
        admin: true,
        figures: Figures::default(),
    };
    let scene = Scene {
        live: &live,
        signer: own.address(),
        about: About::Economy,
    };
    context.write_in(&scene, &arguments.send, &own, intent)
}

/// One thing that is missing is its own failure; several are listed.
fn not_ready(mut lacking: Vec<Failure>) -> Failure {
    if lacking.len() == 1 {
        return lacking.remove(0);
    }
    let list: Vec<_> = lacking
        .iter()
        .map(|failure| format!("- {}; {}", failure.message, failure.remedy))
        .collect();
    Failure::new(
        "not_ready",
        format!("{} things are missing:\n{}", list.len(), list.join("\n")),
    )
    .remedy("mend them in any order and run it again; nothing was sent")
}

impl Context {
    /// Shows everything before it is sent.
    fn announce(&self, creation: &Creation<'_>, found: &Found, pieces: &[Piece], count: usize) {
        let at = creation.at();
        let spec = creation.spec;
        let tokens = Tokens {
            decimals: spec.decimals,
        };
        if matches!(found.stage, Stage::Created) {
            self.say(&format!(
                "the economy {} is on {} and no Draft any more",
                at.economy,
                self.connection.cluster()
            ));
            return;
        }
        self.say(&format!(
            "create an economy on {}",
            self.connection.cluster()
        ));
        let mint = format!(
            "{} ({} tokens, {} decimals)",
            creation.mint,
            tokens.show(found.mint.supply),
            found.mint.decimals
        );
        for (name, shown) in [
            ("creator", creation.creator.to_string()),
            ("economy", at.economy.to_string()),
            ("mint", mint),
            ("authority", at.authority.to_string()),
            ("rewards", at.reward_vault.to_string()),
            ("treasury", at.treasury_vault.to_string()),
            ("bounties", at.keeper_vault.to_string()),
            ("log", at.log.to_string()),
            ("council", at.council.to_string()),
        ] {
            self.say(&format!("  {name:<12} {shown}"));
        }
        let council = matches!(found.stage, Stage::Draft(_, Some(_)));
        for line in shown(spec, council) {
            self.say(&format!("  {line}"));
        }
        if pieces.is_empty() {
            return;
        }
        self.say("steps");
        for (number, piece) in pieces.iter().enumerate() {
            let rent = match piece.rent {
                0 => String::new(),
                lamports => format!(" ({} SOL)", sol(lamports)),
            };
            self.say(&format!("  {}. {}{rent}", number + 1, piece.what));
        }
        let rent: u64 = pieces.iter().map(|piece| piece.rent).sum();
        self.say(&format!(
            "rent in all {} SOL at most, in {count} transactions",
            sol(rent)
        ));
    }
}

/// What a file says, for a person; `council` = the Draft has one already.
fn shown(spec: &EconomySpec, council: bool) -> Vec<String> {
    let tokens = Tokens {
        decimals: spec.decimals,
    };
    let limits = &spec.limits;
    let mode = match spec.funding {
        Funding::Mint => "mint: rewards are minted",
        Funding::Funded => "funded: rewards come out of a vault",
    };
    let ppm = |ppm: u32| fraction(i64::from(ppm));
    let mut lines = vec![
        format!("mode         {mode}"),
        format!(
            "period       {}, unbonding {}",
            duration(u64::from(spec.period)),
            duration(u64::from(limits.unbonding))
        ),
        format!(
            "supply       hard cap {} tokens, burns stop at {}",
            tokens.show(limits.hard_cap),
            tokens.show(limits.supply_floor)
        ),
        format!(
            "a period     emits at most {} of the supply and burns at most {}",
            ppm(limits.period_emission_ppm),
            ppm(limits.period_burn_ppm)
        ),
        format!(
            "fees         treasury gets {} of what is not burned, pays out at most {} tokens in 30 d",
            ppm(limits.treasury_ppm),
            tokens.show(limits.outflow_cap)
        ),
        format!(
            "others       smallest stake {} tokens, earns at most {} a year, turnover {}, bounty {} SOL, {} meters",
            tokens.show(limits.min_stake),
            ppm(limits.yield_ppm),
            fraction(i64::try_from(limits.turnover_ppm).unwrap_or(i64::MAX)),
            sol(limits.bounty),
            spec.meters
        ),
    ];
    for (parameter, config) in Parameter::ALL.into_iter().zip(&spec.controllers) {
        let slew = |limit: Option<u64>| match limit.and_then(|ppm| i64::try_from(ppm).ok()) {
            Some(ppm) => fraction(ppm),
            None => "any".to_owned(),
        };
        lines.push(format!(
            "{:<12} {} to {}, starts at {:.6}, target {:.4}, at most +{} -{} a period",
            parameter.name(),
            fraction(config.min),
            fraction(config.max),
            config.bias.to.to_num::<f64>() / 1e6,
            config.setpoint.to,
            slew(config.slew_up),
            slew(config.slew_down),
        ));
    }
    match &spec.council {
        None if council => lines.push("members      as the Draft has them".to_owned()),
        None => lines.push("members      none in the file: it cannot go live without".to_owned()),
        Some(council) => lines.extend(council_shown(council)),
    }
    lines
}

fn council_shown(council: &CouncilArgs) -> Vec<String> {
    let seat = |seat: &homeostat_client::SeatArgs| match seat.via {
        Some(via) => format!("{} (by {via})", seat.key),
        None => seat.key.to_string(),
    };
    let mut lines = vec![format!(
        "members      {} of {} approve",
        council.threshold,
        council.members.len()
    )];
    lines.extend(
        council
            .members
            .iter()
            .map(|member| format!("  member     {}", seat(member))),
    );
    lines.push(format!("  guardian   {}", seat(&council.guardian)));
    let delays = council.delays.unwrap_or(homeostat_client::Delays::DEFAULT);
    let time = |seconds: u32| duration(u64::from(seconds));
    lines.push(format!(
        "  delays     routine {}, standard {}, critical {}, then {} to execute; {} of the stake vetoes",
        time(delays.routine),
        time(delays.standard),
        time(delays.critical),
        time(delays.grace),
        fraction(i64::from(delays.staker_veto_ppm))
    ));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_economy_file_has_a_place_of_its_own_or_is_the_toml_of_config() {
        let arguments = |file: Option<&str>| CreateArgs {
            file: file.map(PathBuf::from),
            allow: AllowArgs::default(),
            nearest_targets: false,
            mint: String::new(),
            send: SendArgs::default(),
        };
        let cluster = |config: &str| ClusterArgs {
            config: Some(config.to_owned()),
            ..ClusterArgs::default()
        };

        let mut solana = cluster("config.yml");
        let file = arguments(Some("e.toml")).take_file(&mut solana).unwrap();
        assert_eq!(
            (file, solana.config),
            ("e.toml".into(), Some("config.yml".into()))
        );

        let mut toml = cluster("e.toml");
        let file = arguments(None).take_file(&mut toml).unwrap();
        assert_eq!((file, toml.config), ("e.toml".into(), None));

        let failure = arguments(None).take_file(&mut cluster("config.yml"));
        assert_eq!(failure.unwrap_err().code, "no_file");
    }
}
