//! Making proposals, and what the advisor does: `propose`, `unpause`, `advise`,
//! `veto-advice`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use homeostat_chain::Live;
use homeostat_client::{
    address, governance, Action, Class, Council, Feed, Proposal, Pubkey, Reason, Tunable,
};
use homeostat_settings::change::Decoded;
use homeostat_settings::human::duration_in;
use homeostat_settings::proposal_file::{read_proposal, tunable_value, State};
use homeostat_settings::words::{self, class_name, TUNABLES};
use homeostat_settings::{fields, files};
use schemars::JsonSchema;
use serde::Serialize;

use super::council::{decoded, seated, section};
use super::delivery::SendArgs;
use super::recipients::{AllowArgs, Check};
use super::refused::{tried, About, Scene};
use super::why::{GiveArgs, Shown};
use super::write::{Change, Figures, Intent, Written};
use super::{duration, time, Answer, Context, WhichArgs};
use crate::failure::{quoted, Failure};

/// What `propose --help` says at length.
pub const AFTER_LONG_HELP: &str = "\
The file has one to four actions. What an action does not name stays as it is; the value that it
expects to find is read from the cluster, and the proposal fails later if that has changed.

  title = \"Aim at 62 % staked\"

  [[action]]
  kind = \"tune\"              # setpoint, bias, kp, ki, kd, filter or dead_band
  parameter = \"emission\"     # emission, fee, burn or liquidity
  field = \"setpoint\"
  value = 0.62
  over = 2592000             # a ramp of 30 days (seconds)

  [[action]]
  kind = \"limits\"
  parameter = \"fee\"
  max = 0.02

Other kinds: resume_controller, resume_economy, unpause, revoke_advisor, half_life, feed_forward,
slew, mode, fee_split, pool_weight, min_stake, allow_pool, allow_meters, allow_feeds, advisor, advice_range,
caps, terms, exclude, wire, feed, guard, add_member, remove_member, threshold, guardian, delays, pay_treasury,
retire, give_up. A kind's keys are listed when one is wrong; docs/GOVERNANCE.md describes them.

Fractions as in the other settings files (0.62 is 62 %), tokens as tokens, times in seconds.

A member that is a multisig: --squads MULTISIG stores the proposal with its members (--keypair is
one of them); --export base58 prints it for the web importer instead.";

/// Arguments of `propose`.
#[derive(Clone, Debug, clap::Args)]
pub struct ProposeArgs {
    /// Proposal file (TOML); see --help for its form
    pub file: PathBuf,
    #[command(flatten)]
    reason: GiveArgs,
    #[command(flatten)]
    allow: AllowArgs,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// Arguments of `unpause`.
#[derive(Clone, Debug, clap::Args)]
pub struct UnpauseArgs {
    /// stake, pay, crank or emission
    #[arg(value_parser = ["stake", "pay", "crank", "emission"])]
    pub section: String,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// Arguments of `advise`.
#[derive(Clone, Debug, clap::Args)]
pub struct AdviseArgs {
    /// emission, fee, burn or liquidity
    #[arg(value_parser = ["emission", "fee", "burn", "liquidity"])]
    pub parameter: String,
    /// setpoint or bias
    #[arg(value_parser = ["setpoint", "bias"])]
    pub field: String,
    /// New value (fraction)
    #[arg(allow_negative_numbers = true)]
    pub value: String,
    /// Duration of the ramp, such as 2d or 172800
    #[arg(long, value_name = "TIME", default_value_t = 0,
          value_parser = duration_in(0..=u32::MAX))]
    pub over: u32,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// Arguments of `veto-advice`.
#[derive(Clone, Debug, clap::Args)]
pub struct OfficeArgs {
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// What a proposal would do, as the live state is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Intended {
    /// Number that it gets, unless another is made first or the same is open already; of a
    /// multisig's it is that at the execution, and `address` is what names it until then.
    pub index: u64,
    /// Where its account will be.
    pub address: String,
    /// Why it is made, if that is said.
    pub reason: Option<Shown>,
    /// The file's title.
    pub title: Option<String>,
    /// `immediate`, `routine`, `standard` or `critical`: that of its gravest action.
    pub class: String,
    /// Approvals that it needs; the proposer's is given with it.
    pub threshold: u8,
    /// Wait between the last approval and the execution (seconds).
    pub delay: u32,
    /// Time after that in which it can be executed (seconds).
    pub grace: u32,
    /// What it does: expected and new values.
    pub actions: Vec<Decoded>,
    /// Fields of economy and council that differ afterwards, if it were executed now. Moves
    /// of tokens and settings of feeds are not among them.
    pub effects: Vec<Change>,
}

/// The answer of `propose`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Proposed {
    /// What it would do.
    pub proposal: Intended,
    /// What became of the transaction.
    #[serde(flatten)]
    pub written: Written,
}

impl Answer for Proposed {
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        self.written.display(out)
    }
}

/// The live state that proposals are read against.
struct Ground {
    live: Live,
    council: Box<Council>,
    feeds: Vec<Feed>,
    now: i64,
}

impl Ground {
    fn read(context: &Context, which: &WhichArgs) -> Result<Self, Failure> {
        let live = context.live(which)?;
        let council = seated(context, &live)?;
        let connection = &context.connection;
        let keys = live.economy.active_feeds();
        let mut feeds = Vec::with_capacity(keys.len());
        for (key, account) in keys.iter().zip(connection.accounts(keys)?) {
            let account = account.ok_or_else(|| connection.nonsense("a feed is missing"))?;
            feeds.push(homeostat_chain::connection::decode::<Feed>(key, &account)?);
        }
        Ok(Self {
            now: connection.clock()?.unix_timestamp,
            live,
            council,
            feeds,
        })
    }

    fn state(&self) -> State<'_> {
        State {
            economy: &self.live.economy,
            council: &self.council,
            feeds: &self.feeds,
            now: self.now,
        }
    }

    /// Tries the actions on a copy of the live state.
    fn intend(&self, what: &What) -> Result<Intended, Failure> {
        let What {
            title,
            actions,
            reason,
        } = what;
        let trial = tried(actions, self.state())?;
        let mut effects = Vec::new();
        for (address, account, differing) in [
            (
                self.live.at.economy,
                "Economy",
                fields::differing(&*self.live.economy, &*trial.economy),
            ),
            (
                self.live.at.council,
                "Council",
                fields::differing(&*self.council, &*trial.council),
            ),
        ] {
            effects.extend(differing.into_iter().map(|(field, old, new)| Change {
                address: address.to_string(),
                account: account.to_owned(),
                field,
                old,
                new,
            }));
        }
        let delays = &self.council.delays;
        Ok(Intended {
            index: self.council.proposals,
            address: address::proposal(&self.live.at.economy, &governance::digest(actions))
                .to_string(),
            reason: reason.as_ref().map(Shown::of),
            title: title.clone(),
            class: class_name(trial.class as u8).to_owned(),
            threshold: self.council.threshold,
            delay: delays.of(trial.class),
            grace: if trial.class == Class::Immediate {
                0
            } else {
                delays.grace
            },
            actions: decoded(&self.live, actions),
            effects,
        })
    }
}

/// What is proposed.
struct What {
    title: Option<String>,
    actions: Vec<Action>,
    reason: Option<Reason>,
}

fn show(context: &Context, intended: &Intended, now: i64) {
    if let Some(title) = &intended.title {
        context.say(title);
    }
    if let Some(reason) = &intended.reason {
        context.say(&format!("  {}", reason.line()));
    }
    for action in &intended.actions {
        context.say(&format!("  {} {}", action.kind, action.on));
        for row in &action.rows {
            let shown = |value: &str| if value.is_empty() { "-" } else { value }.to_owned();
            context.say(&format!(
                "    {:<16} {} -> {}",
                row.field,
                shown(&row.old),
                shown(&row.new)
            ));
        }
    }
    let delay = u64::from(intended.delay);
    context.say(&format!(
        "  {}: needs {} approval{}, then {}",
        intended.class,
        intended.threshold,
        if intended.threshold == 1 { "" } else { "s" },
        if delay == 0 {
            "anybody can execute it at once".to_owned()
        } else {
            let eta = now.saturating_add(i64::from(intended.delay));
            format!(
                "waits {} (if approved now: until {}) and can be executed for {}",
                duration(delay),
                time(eta),
                duration(u64::from(intended.grace))
            )
        }
    ));
    context.detail(|| {
        let effects = intended.effects.iter();
        let lines: Vec<String> = effects
            .map(|change| format!("  {}: {} -> {}", change.field, change.old, change.new))
            .collect();
        lines.join("\n")
    });
}

/// Refuses to let a vault approve what it approves already: proposing what is open is an approval.
fn not_approved(council: &Council, proposal: &Proposal, vault: &Pubkey) -> Result<(), Failure> {
    let votes = council.members.iter().zip(&proposal.approvals);
    let mut given = votes.filter(|(member, given)| member.is_seated() && member.id == **given);
    if !proposal.is_open() || !given.any(|(member, _)| member.seat.key == *vault) {
        return Ok(());
    }
    let index = proposal.index;
    Err(Failure::new(
        "approved_already",
        format!("the vault {vault} approves these actions already: proposal {index} is open"),
    )
    .remedy(format!(
        "`homeostat proposals {index}` shows it; nothing was stored"
    )))
}

/// Shows what actions would do, and proposes them.
fn submit(
    context: &Context,
    ground: &Ground,
    what: What,
    command: &'static str,
    send: &SendArgs,
) -> Result<(), Failure> {
    let intended = ground.intend(&what)?;
    let What {
        actions, reason, ..
    } = what;
    show(context, &intended, ground.now);
    let own = context.actor(send)?;
    let payer = send.payer(&own)?;
    let at = address::proposal(&ground.live.at.economy, &governance::digest(&actions));
    // Its number is known when it is made: in a multisig that may be days later, after others.
    let name = match &send.squads {
        Some(_) => format!("proposal {at}"),
        None => format!("proposal {}", intended.index),
    };
    let what = match &intended.title {
        Some(title) => format!("{name}: {title}"),
        None => {
            let list: Vec<String> = intended.actions.iter().map(ToString::to_string).collect();
            format!("{name}: {}", list.join("; "))
        }
    };
    let instruction = governance::propose(
        &ground.live.at,
        &own.address(),
        &payer.address(),
        actions.clone(),
        reason,
    );
    if send.squads.is_some() {
        let calls = core::slice::from_ref(&instruction);
        context.require_callable(&ground.live, &own.address(), calls)?;
        match context.connection.fetch::<Proposal>(&at)? {
            Some(proposal) => not_approved(&ground.council, &proposal, &own.address())?,
            // What acts through a multisig pays its rent itself.
            None => {
                let rent = context.connection.rent(Proposal::SPACE)?;
                context.require_vault_pays(&own.address(), rent)?;
            }
        }
    }
    let intent = Intent {
        command,
        what,
        instructions: vec![instruction],
        keys: vec![&own],
        admin: true,
        figures: Figures::default(),
    };
    let scene = Scene {
        live: &ground.live,
        signer: own.address(),
        about: About::Actions {
            actions: &actions,
            council: &ground.council,
        },
    };
    if let Some(written) = context.perform_in(&scene, send, &own, intent)? {
        context.detail(|| format!("its account is {}", intended.address));
        context.answer(&Proposed {
            proposal: intended,
            written,
        })?;
    }
    Ok(())
}

/// `propose`: reads a file, shows and tries out what it would change, and proposes it.
///
/// # Errors
///
/// A wrong file; what the program or the cluster refuses.
pub fn propose(context: &Context, arguments: &ProposeArgs) -> Result<(), Failure> {
    let path: &Path = &arguments.file;
    let bytes = files::read(path)?;
    let ground = Ground::read(context, &arguments.which)?;
    let spec = read_proposal(&bytes, &path.display().to_string(), ground.state())?;
    let check = Check {
        connection: &context.connection,
        at: &ground.live.at,
        allow: arguments.allow,
    };
    check.actions(&ground.live, &spec.actions)?;
    let what = What {
        title: spec.title,
        actions: spec.actions,
        reason: arguments.reason.reason()?,
    };
    submit(context, &ground, what, "propose", &arguments.send)
}

/// `unpause`: proposes to end a pause, which takes effect at the threshold without a delay.
///
/// # Errors
///
/// It is not paused; what the cluster refuses.
pub fn unpause(context: &Context, arguments: &UnpauseArgs) -> Result<(), Failure> {
    let ground = Ground::read(context, &arguments.which)?;
    let section = section(&arguments.section);
    if !ground.live.economy.is_paused(section, ground.now) {
        return Err(
            Failure::new("not_paused", format!("{} is not paused", arguments.section))
                .remedy("`homeostat status` shows the pauses; they also end by themselves"),
        );
    }
    let what = What {
        title: None,
        actions: vec![Action::Unpause {
            section,
            expected_until: ground.live.economy.pause_until(section),
        }],
        reason: None,
    };
    submit(context, &ground, what, "unpause", &arguments.send)
}

/// `advise`: the advisor recommends a value, which the crank applies after the routine
/// delay unless the guardian vetoes it.
///
/// # Errors
///
/// No number; what the cluster refuses.
pub fn advise(context: &Context, arguments: &AdviseArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let own = context.actor(&arguments.send)?;
    let wrong = |what: String| {
        Failure::new("bad_value", what).remedy("see `homeostat advise --help`; nothing was sent")
    };
    let parameter = words::parameter(&arguments.parameter)
        .ok_or_else(|| wrong(format!("{} is no parameter", quoted(&arguments.parameter))))?;
    let field = TUNABLES
        .iter()
        .find(|(word, _)| *word == arguments.field)
        .map_or(Tunable::Setpoint, |(_, field)| *field);
    let value = tunable_value(field, &arguments.value)
        .map_err(|error| wrong(format!("{} {error}", quoted(&arguments.value))))?;
    let instruction = governance::advise(
        &live.at,
        &own.address(),
        parameter,
        field,
        value,
        arguments.over,
    );
    let intent = Intent {
        command: "advise",
        what: format!(
            "advise: {} of {} to {}",
            arguments.field, arguments.parameter, arguments.value
        ),
        instructions: vec![instruction],
        keys: vec![&own],
        admin: true,
        figures: Figures::default(),
    };
    let scene = Scene {
        live: &live,
        signer: own.address(),
        about: About::Advice { parameter, field },
    };
    context.write_in(&scene, &arguments.send, &own, intent)
}

/// `veto-advice`: the guardian drops the advice that waits.
///
/// # Errors
///
/// None waits; what the cluster refuses.
pub fn veto_advice(context: &Context, arguments: &OfficeArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let own = context.actor(&arguments.send)?;
    let intent = Intent {
        command: "veto-advice",
        what: "veto the advice that waits".to_owned(),
        instructions: vec![governance::veto_advice(&live.at, &own.address())],
        keys: vec![&own],
        admin: false,
        figures: Figures::default(),
    };
    let scene = Scene {
        live: &live,
        signer: own.address(),
        about: About::Economy,
    };
    context.write_in(&scene, &arguments.send, &own, intent)
}
