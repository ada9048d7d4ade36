//! What people decide: `proposals`, and every step of a proposal that exists.

use std::io::{self, Write};

use homeostat_chain::connection::decode as account_of;
use homeostat_chain::live::ProposalName;
use homeostat_chain::Live;
use homeostat_client::{
    governance::{self, ProposalId},
    Action, Council, Instruction, PauseReason, Proposal, Pubkey, RoleKind, Section,
};
use homeostat_settings::change::{decode, Decoded};
use homeostat_settings::human::{duration, duration_in, when};
use homeostat_settings::tokens::Tokens;
use homeostat_settings::words::{class_name, state_name, ROLES, SECTIONS};
use schemars::JsonSchema;
use serde::Serialize;

use super::delivery::SendArgs;
use super::figure::{fraction, share};
use super::refused::{About, Scene};
use super::why::{hexadecimal, CheckArgs, Shown};
use super::write::{Figures, Intent};
use super::{Answer, Context, WhichArgs};
use crate::failure::Failure;

/// Arguments of `proposals`.
#[derive(Clone, Debug, clap::Args)]
pub struct ListArgs {
    /// Only this one: its number or its address
    pub proposal: Option<ProposalName>,
    #[command(flatten)]
    reason: CheckArgs,
    #[command(flatten)]
    which: WhichArgs,
}

/// Arguments of a step of a proposal.
#[derive(Clone, Debug, clap::Args)]
pub struct StepArgs {
    /// The proposal's number or its address
    pub proposal: ProposalName,
    #[command(flatten)]
    reason: CheckArgs,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// Arguments of `pause`.
#[derive(Clone, Debug, clap::Args)]
pub struct PauseArgs {
    /// stake, pay, crank or emission
    #[arg(value_parser = ["stake", "pay", "crank", "emission"])]
    pub section: String,
    /// How long, such as 6h or 21600; the budget is 72 h in 30 d
    #[arg(value_name = "TIME", value_parser = duration_in(0..=u32::MAX))]
    pub seconds: u32,
    /// Why
    #[arg(long, value_parser = ["incident", "exploit", "oracle", "market", "upgrade", "other"])]
    pub reason: String,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// The proposals of an economy.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Proposals {
    /// The economy.
    pub economy: String,
    /// The cluster's time (unix seconds).
    pub now: i64,
    /// Approvals that a proposal needs.
    pub threshold: u8,
    /// Those that exist, oldest first; closed ones are in the audit log.
    pub proposals: Vec<ProposalAnswer>,
}

/// A proposal.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ProposalAnswer {
    /// Number.
    pub index: u64,
    /// `active`, `queued`, `executed`, `vetoed`, `cancelled` or `expired`.
    pub state: String,
    /// `immediate`, `routine`, `standard` or `critical`.
    pub class: String,
    /// Who proposed it.
    pub proposer: String,
    /// When (unix seconds).
    pub created_at: i64,
    /// Last second in which it can reach the threshold, while it is active, or be executed,
    /// once it is queued (unix seconds).
    pub open_until: i64,
    /// Earliest execution (unix seconds); absent before it is queued.
    pub eta: Option<i64>,
    /// Present members who approve it.
    pub approved_by: Vec<String>,
    /// Present members who vote to cancel it, once it is queued.
    pub cancelled_by: Vec<String>,
    /// Stake whose ballots are against it, as a share of what they are counted against: the
    /// native stake, or a tenth of the circulating supply if that is more (fraction).
    pub against: String,
    /// What is approved, in hexadecimal.
    pub digest: String,
    /// Where its account is.
    pub address: String,
    /// Why it was made, if it says so.
    pub reason: Option<Shown>,
    /// The actions with expected and new values.
    pub actions: Vec<Decoded>,
}

fn answer(
    context: &Context,
    live: &Live,
    council: &Council,
    proposal: &Proposal,
    reason: &CheckArgs,
) -> Result<ProposalAnswer, Failure> {
    let actions = proposal.read().map_err(|_| {
        context
            .connection
            .nonsense("a proposal that cannot be read")
    })?;
    Ok(ProposalAnswer {
        index: proposal.index,
        state: state_name(proposal.state).to_owned(),
        class: class_name(proposal.class).to_owned(),
        proposer: proposal.proposer.to_string(),
        created_at: proposal.created_at,
        open_until: if proposal.eta == 0 {
            proposal.active_until
        } else {
            proposal.expires_at
        },
        eta: (proposal.eta != 0).then_some(proposal.eta),
        approved_by: voters(council, &proposal.approvals),
        cancelled_by: voters(council, &proposal.cancels),
        against: fraction(share_ppm(proposal.veto_weight, proposal.veto_base)),
        digest: hexadecimal(&proposal.digest),
        address: ProposalId::of(proposal)
            .address(&live.at.economy)
            .to_string(),
        reason: reason.shown(proposal.reason().as_ref())?,
        actions: decoded(live, &actions),
    })
}

/// The present members whose votes these are.
fn voters(council: &Council, votes: &[u32]) -> Vec<String> {
    let members = council.members.iter().zip(votes);
    members
        .filter(|(member, given)| member.is_seated() && member.id == **given)
        .map(|(member, _)| member.seat.key.to_string())
        .collect()
}

/// What a member's vote to cancel comes to: the end, or one of the votes that it takes.
fn cancels(council: &Council, proposal: &Proposal, member: &Pubkey, now: i64) -> String {
    let plain = "cancel".to_owned();
    let mut after = *proposal;
    let Ok(place) = council.place(member) else {
        return plain;
    };
    match after.cancel(council, place, now) {
        Ok(false) => format!(
            "vote, {} of {}, to cancel",
            council.count(&after.cancels),
            council.threshold
        ),
        Ok(true) | Err(_) => plain,
    }
}

/// A part in millionths, rounded down: what is shown as enough is enough.
fn share_ppm(part: u64, whole: u64) -> i64 {
    let ppm = u128::from(part) * 1_000_000 / u128::from(whole.max(1));
    i64::try_from(ppm).unwrap_or(i64::MAX)
}

/// The council.
///
/// # Errors
///
/// There is none yet; the server's.
pub(crate) fn seated(context: &Context, live: &Live) -> Result<Box<Council>, Failure> {
    let council = live.council(&context.connection)?;
    council.map(Box::new).ok_or_else(unseated)
}

fn unseated() -> Failure {
    Failure::new("no_council", "the economy has no council yet")
        .remedy("its creator makes one: `homeostat create-economy` with a [council] in the file")
}

/// Actions as people read them.
pub(super) fn decoded(live: &Live, actions: &[Action]) -> Vec<Decoded> {
    let tokens = Tokens {
        decimals: live.economy.decimals,
    };
    actions
        .iter()
        .map(|action| decode(action, tokens, Some(&live.economy)))
        .collect()
}

/// `proposals`.
///
/// # Errors
///
/// There is no council, or no such proposal; the server's.
pub fn list(context: &Context, arguments: &ListArgs) -> Result<(), Failure> {
    let connection = &context.connection;
    let (live, beside) = context
        .which(&arguments.which)?
        .read_with(connection, |at, _| {
            vec![solana_sdk_ids::sysvar::clock::ID, at.council]
        })?;
    let [clock, council] = beside.as_slice() else {
        return Err(connection.nonsense("another number of accounts than asked for"));
    };
    let now = connection.clock_of(clock.as_ref())?.unix_timestamp;
    // Until a council is there its address has no account of the program.
    let council = match council.as_ref().filter(|it| !it.data.is_empty()) {
        Some(account) => account_of::<Council>(&live.at.council, account)?,
        None => return Err(unseated()),
    };
    let found = match arguments.proposal {
        Some(name) => vec![live.proposal(connection, &council, name)?],
        None => live.proposals(connection, &council)?,
    };
    let proposals = found
        .iter()
        .map(|proposal| answer(context, &live, &council, proposal, &arguments.reason))
        .collect::<Result<_, _>>()?;
    context.answer(&Proposals {
        economy: live.at.economy.to_string(),
        now,
        threshold: council.threshold,
        proposals,
    })
}

impl Answer for Proposals {
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.proposals.is_empty() {
            writeln!(out, "no proposals")?;
        }
        for one in &self.proposals {
            writeln!(
                out,
                "{}  {} {}, by {} on {}",
                one.index,
                one.class,
                one.state,
                one.proposer,
                when(one.created_at, self.now)
            )?;
            if matches!(one.state.as_str(), "active" | "queued") {
                let against = match one.against.as_str() {
                    "0" => String::new(),
                    against => format!(", ballots of {} against it", share(against)),
                };
                writeln!(
                    out,
                    "   {} of {} approvals{against}; open until {}",
                    one.approved_by.len(),
                    self.threshold,
                    when(one.open_until, self.now)
                )?;
                if !one.cancelled_by.is_empty() {
                    writeln!(
                        out,
                        "   {} of {} votes to cancel it: {}",
                        one.cancelled_by.len(),
                        self.threshold,
                        one.cancelled_by.join(", ")
                    )?;
                }
            }
            if let Some(eta) = one.eta.filter(|_| one.state == "queued") {
                if eta > self.now {
                    writeln!(out, "   can be executed from {} on", when(eta, self.now))?;
                } else {
                    writeln!(
                        out,
                        "   can be executed now: `homeostat execute {}`",
                        one.index
                    )?;
                }
            }
            if let Some(reason) = &one.reason {
                writeln!(out, "   {}", reason.line())?;
            }
            one.actions
                .iter()
                .try_for_each(|action| writeln!(out, "   {action}"))?;
        }
        Ok(())
    }
}

/// What somebody does with a proposal that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A member approves.
    Approve,
    /// A member takes the approval back.
    WithdrawApproval,
    /// The guardian vetoes.
    Veto,
    /// A member votes to lift the veto of the guardian's replacement.
    OverrideVeto,
    /// The proposer, or a threshold of members, takes it back.
    Cancel,
    /// Anybody marks it as too late.
    Expire,
    /// Anybody executes it after its eta.
    Execute,
    /// A staker votes against it.
    Ballot,
    /// Anybody returns the rent of a final one.
    Close,
}

impl Step {
    const fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::WithdrawApproval => "withdraw-approval",
            Self::Veto => "veto",
            Self::OverrideVeto => "override-veto",
            Self::Cancel => "cancel",
            Self::Expire => "expire",
            Self::Execute => "execute",
            Self::Ballot => "ballot",
            Self::Close => "close-proposal",
        }
    }

    /// Whether the program refuses durable nonces for it.
    const fn admin(self) -> bool {
        !matches!(self, Self::Veto | Self::Ballot | Self::Close)
    }

    fn instruction(
        self,
        live: &Live,
        proposal: &Proposal,
        signer: &Pubkey,
        actions: &[Action],
    ) -> Instruction {
        let (at, id) = (&live.at, ProposalId::of(proposal));
        match self {
            Self::Approve => governance::approve(at, signer, id),
            Self::WithdrawApproval => governance::withdraw_approval(at, signer, id),
            Self::Veto => governance::veto(at, signer, id),
            Self::OverrideVeto => governance::override_veto(at, signer, id),
            Self::Cancel => governance::cancel(at, signer, id),
            Self::Expire => governance::expire(at, signer, id),
            Self::Execute => live.execute(signer, id, actions),
            Self::Ballot => governance::cast_ballot(at, signer, signer, id),
            Self::Close => governance::close_proposal(at, &proposal.payer, id),
        }
    }
}

/// A step of a proposal, with its actions shown before.
///
/// # Errors
///
/// There is no such proposal; what the cluster refuses.
pub fn step(context: &Context, arguments: &StepArgs, step: Step) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let own = context.actor(&arguments.send)?;
    let council = seated(context, &live)?;
    let proposal = live.proposal(&context.connection, &council, arguments.proposal)?;
    let shown = answer(context, &live, &council, &proposal, &arguments.reason)?;
    if let Some(reason) = &shown.reason {
        context.say(&format!("  {}", reason.line()));
    }
    for action in &shown.actions {
        context.say(&format!("  {action}"));
    }
    let actions = proposal.read().map_err(|_| {
        context
            .connection
            .nonsense("a proposal that cannot be read")
    })?;
    let signs = !matches!(step, Step::Close);
    let intent = Intent {
        command: step.name(),
        what: format!(
            "{} proposal {} ({} {})",
            match step {
                Step::Cancel => {
                    let now = context.connection.clock()?.unix_timestamp;
                    cancels(&council, &proposal, &own.address(), now)
                }
                _ => step.name().to_owned(),
            },
            proposal.index,
            shown.class,
            shown.state
        ),
        instructions: vec![step.instruction(&live, &proposal, &own.address(), &actions)],
        keys: if signs { vec![&own] } else { Vec::new() },
        admin: step.admin(),
        figures: Figures::default(),
    };
    let scene = Scene {
        live: &live,
        signer: own.address(),
        about: About::Proposal {
            proposal: &proposal,
            council: &council,
            actions: &actions,
        },
    };
    context.write_in(&scene, &arguments.send, &own, intent)
}

/// The section of a word that clap has let through.
pub(super) fn section(word: &str) -> Section {
    SECTIONS
        .iter()
        .find(|(known, _)| *known == word)
        .map_or(Section::Emission, |(_, section)| *section)
}

/// Arguments of `accept-role`.
#[derive(Clone, Debug, clap::Args)]
pub struct RoleArgs {
    /// member, guardian or advisor
    #[arg(value_parser = ["member", "guardian", "advisor"])]
    pub role: String,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// `accept-role`: whoever was offered a role by a proposal, or in Draft by the creator, takes it.
///
/// # Errors
///
/// What the cluster refuses.
pub fn accept_role(context: &Context, arguments: &RoleArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let own = context.actor(&arguments.send)?;
    // Clap has let no other word through.
    let role = ROLES
        .iter()
        .find(|(word, _)| *word == arguments.role)
        .map_or(RoleKind::Member, |(_, role)| *role);
    let intent = Intent {
        command: "accept-role",
        what: format!("accept the role of {}", arguments.role),
        instructions: vec![governance::accept_role(&live.at, &own.address(), role)],
        keys: vec![&own],
        admin: true,
        figures: Figures::default(),
    };
    let scene = Scene {
        live: &live,
        signer: own.address(),
        about: About::Role(role),
    };
    context.write_in(&scene, &arguments.send, &own, intent)
}

/// `pause`: the guardian pauses a section.
///
/// # Errors
///
/// What the cluster refuses.
pub fn pause(context: &Context, arguments: &PauseArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let own = context.actor(&arguments.send)?;
    let section = section(&arguments.section);
    let reason = match arguments.reason.as_str() {
        "incident" => PauseReason::Incident,
        "exploit" => PauseReason::Exploit,
        "oracle" => PauseReason::Oracle,
        "market" => PauseReason::Market,
        "upgrade" => PauseReason::Upgrade,
        _ => PauseReason::Other,
    };
    let pause = governance::pause(&live.at, &own.address(), section, arguments.seconds, reason);
    let intent = Intent {
        command: "pause",
        what: format!(
            "pause {} for {}; it ends by itself, exits stay open",
            arguments.section,
            duration(u64::from(arguments.seconds))
        ),
        instructions: vec![pause],
        keys: vec![&own],
        admin: false,
        figures: Figures::default(),
    };
    let scene = Scene {
        live: &live,
        signer: own.address(),
        about: About::Pause {
            section,
            seconds: arguments.seconds,
        },
    };
    context.write_in(&scene, &arguments.send, &own, intent)
}
