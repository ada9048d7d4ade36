//! The words of the command line.

use clap::{Parser, Subcommand};

use crate::advisor;
use crate::bench;
use crate::chain::{
    audit, council, crank, creation, delivery::SendArgs, ending, explain, feeds, keeper, leaving,
    log, outcome, parts, payments, plain, prepared, propose, reasons, reporter, staking, status,
    warp, watch, ClusterArgs,
};
use crate::config;
#[cfg(feature = "demo")]
use crate::demo;
use crate::deploy;
use crate::init;
#[cfg(not(all(feature = "demo", feature = "localnet")))]
use crate::left_out;
#[cfg(feature = "localnet")]
use crate::localnet;
use crate::output::Format;
use crate::replay;
use crate::simulate;
use crate::token;
use crate::tune;

const AFTER_HELP: &str = "\
Exit codes: 0 success, 1 failure, 2 wrong usage, 3 the cluster does not answer or answers nonsense,
4 the cluster refuses the transaction, 5 it was sent and nobody knows what became of it;
`watch --once` also has 8 alarms were told; `outcome` also has 6 it can still land, and 7 it can land no more; `deploy` 6 a multisig has to sign.

Errors are text on stderr; with --output json or json-compact they are an object on stdout:
  {\"error\": {\"code\": \"bad_number\", \"message\": \"…\", \"remedy\": \"…\",
             \"at\": {\"file\": \"series.csv\", \"line\": 3, \"field\": \"y\"}}}
`code` is stable; `message` and `remedy` are for people; `at` is there when the error has a place.";

/// A token's economy, steered like a thermostat steers a house.
#[derive(Debug, Parser)]
#[command(name = "homeostat", version, after_help = AFTER_HELP)]
pub struct Arguments {
    /// Format of the data on stdout
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        default_value_t
    )]
    pub output: Format,

    /// Which cluster, whose key
    #[command(flatten)]
    pub cluster: ClusterArgs,

    /// End when stdin ends: for a parent that starts this as its child
    #[arg(long, global = true, hide = true)]
    pub end_with_stdin: bool,

    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Live through a year of an economy, in process: every decision, its reasons, and a chart
    #[cfg(feature = "demo")]
    #[command(long_about = demo::LONG_ABOUT, after_long_help = demo::AFTER_LONG_HELP)]
    Demo(demo::Arguments),
    /// Live through a year of an economy, in process (not in this binary)
    #[cfg(not(feature = "demo"))]
    Demo(left_out::Words),
    /// Run the control law over a recorded series: what would it have done?
    #[command(long_about = replay::LONG_ABOUT, after_long_help = replay::AFTER_LONG_HELP)]
    Replay(replay::Arguments),
    /// Live through an economy of simulated people; what does it do?
    #[command(long_about = simulate::LONG_ABOUT, after_long_help = simulate::AFTER_LONG_HELP)]
    Simulate(simulate::Arguments),
    /// Compare Homeostat with ten other policies, over scenarios and seeds
    #[command(long_about = bench::LONG_ABOUT, after_long_help = bench::AFTER_LONG_HELP)]
    Bench(bench::Arguments),
    /// Live some runs of a benchmark again: are its rows true?
    #[command(long_about = bench::verify::LONG_ABOUT)]
    Verify(bench::verify::Arguments),
    /// Make tables and charts of a benchmark's rows
    #[command(long_about = bench::report::LONG_ABOUT)]
    Report(bench::report::Arguments),
    /// Find gains on the simulator, with what they rest on and ready proposals
    #[command(long_about = tune::LONG_ABOUT, after_long_help = tune::AFTER_LONG_HELP)]
    Tune(tune::Arguments),
    /// Start a cluster of your own with an economy that lives on it
    #[cfg(feature = "localnet")]
    #[command(long_about = localnet::LONG_ABOUT, after_long_help = localnet::AFTER_LONG_HELP)]
    Localnet(localnet::LocalnetArgs),
    /// Serve the bank of a localnet: its child
    #[cfg(feature = "localnet")]
    #[command(hide = true)]
    LocalnetBank(localnet::BankArgs),
    /// Start a cluster of your own with an economy that lives on it (not in this binary)
    #[cfg(not(feature = "localnet"))]
    Localnet(left_out::Words),
    /// Move the clock of a localnet on
    #[command(after_long_help = warp::AFTER_LONG_HELP)]
    Warp(warp::WarpArgs),
    /// Deploy or upgrade the program, create economies, migrate accounts, as a file says
    #[command(long_about = deploy::LONG_ABOUT, after_long_help = deploy::AFTER_LONG_HELP)]
    Deploy(deploy::DeployArgs),
    /// Create an economy in Draft, as a file says; goes on where it was stopped
    #[command(after_long_help = creation::AFTER_LONG_HELP)]
    CreateEconomy(creation::CreateArgs),
    /// Start an economy's clock, once and for all (creator)
    GoLive(creation::GoLiveArgs),
    /// Create a pool: the creator in Draft, anybody once a proposal allowed it
    CreatePool(parts::CreatePoolArgs),
    /// Create a payment shard: the creator in Draft, anybody once a proposal allowed it
    CreateMeter(plain::PlainArgs),
    /// Create a feed: the creator in Draft, anybody once a proposal allowed it
    CreateFeed(feeds::CreateFeedArgs),
    /// Let a log hold more records (anybody, who pays its rent)
    GrowLog(parts::GrowArgs),
    /// Bring an account of an older layout to the present one (anybody)
    Migrate(parts::MigrateArgs),
    /// Give a Draft up (creator)
    Close(plain::PlainArgs),
    /// Announce that funds will be recalled in 30 days (sponsor)
    AnnounceRecall(ending::RecallArgs),
    /// Recall what was announced (sponsor)
    Recall(plain::PlainArgs),
    /// Take the mint authority that a retirement offered (successor; after 14 days anybody ends it)
    HandOverMint(plain::PlainArgs),
    /// Pay what nobody is owed in a retired economy (anybody)
    WindUp(plain::PlainArgs),
    /// Close an empty liquidity pool (anybody)
    ClosePool(ending::ClosePoolArgs),
    /// Close a retired economy that is empty (anybody)
    Dissolve(plain::PlainArgs),
    /// An economy at a glance, and what a wallet has in it
    Status(status::StatusArgs),
    /// Stake tokens
    Stake(staking::AmountArgs),
    /// Ask for stake back; `withdraw` pays it after the unbonding time
    Unstake(staking::AmountArgs),
    /// Stake an unbonding ticket again
    CancelUnstake(leaving::CancelArgs),
    /// Take out what has waited long enough
    Withdraw(staking::ExitArgs),
    /// Take the rewards
    Claim(staking::ExitArgs),
    /// Close an empty position, whose rent goes to who paid it
    ClosePosition(staking::ExitArgs),
    /// Pay a wallet through the economy, which takes its fee
    Pay(payments::PayArgs),
    /// Put tokens into the reward vault of a Funded economy
    Fund(payments::FundArgs),
    /// Mint what has accrued and is not in the reward vault yet
    TopUp(plain::PlainArgs),
    /// Burn fees and move them to stakers and treasury
    Collect(payments::CollectArgs),
    /// End a period: measure, decide, emit; pays a bounty
    Crank(crank::CrankArgs),
    /// Measure the depth of a liquidity pool once (anybody)
    TouchPool(parts::TouchArgs),
    /// Tell a feed a value (reporter)
    ReportFeed(feeds::ReportArgs),
    /// Stop the emission where a vault has less than is owed from it (anybody)
    TripBreaker(plain::PlainArgs),
    /// End periods, for ever: the daemon for economies
    #[command(long_about = keeper::LONG_ABOUT)]
    Keeper(keeper::KeeperArgs),
    /// Tell people what they must know about economies: the daemon for alarms
    #[command(long_about = watch::LONG_ABOUT, after_long_help = watch::AFTER_LONG_HELP)]
    Watch(Box<watch::WatchArgs>),
    /// Tell feeds values from files, servers and programs, for ever: the daemon of a reporter
    #[command(long_about = reporter::LONG_ABOUT, after_long_help = reporter::AFTER_LONG_HELP)]
    Reporter(reporter::ReporterArgs),
    /// What the next crank would decide
    Preview(reasons::PreviewArgs),
    /// Why a parameter has its value, term by term, and what would change it
    Explain(explain::ExplainArgs),
    /// The decisions on chain; `log verify` recomputes them
    Log(log::LogArgs),
    /// What council, guardian, advisor and stakers did: who, what, from which value to which, when
    #[command(after_long_help = audit::AFTER_LONG_HELP)]
    Audit(audit::AuditArgs),
    /// Send what --prepare wrote and --sign-only signed
    Submit(prepared::SubmitArgs),
    /// What became of a transaction that was sent, or of all that have no outcome yet
    #[command(after_long_help = outcome::AFTER_LONG_HELP)]
    Outcome(outcome::OutcomeArgs),
    /// Proposals with their actions and timers
    Proposals(council::ListArgs),
    /// Approve a proposal (member)
    Approve(council::StepArgs),
    /// Take an approval back (member)
    WithdrawApproval(council::StepArgs),
    /// Stop a proposal (guardian)
    Veto(council::StepArgs),
    /// Vote to lift the veto of the guardian's replacement (member)
    OverrideVeto(council::StepArgs),
    /// Take a proposal back (proposer, or a threshold of members)
    Cancel(council::StepArgs),
    /// Mark a proposal as too late (anybody)
    Expire(council::StepArgs),
    /// Execute a proposal after its delay (anybody)
    Execute(council::StepArgs),
    /// Vote against a proposal with native stake (staker)
    Ballot(council::StepArgs),
    /// Return the rent of a ballot whose proposal is final (anybody)
    CloseBallot(leaving::CloseBallotArgs),
    /// Return the rent of a final proposal to who paid it (anybody)
    CloseProposal(council::StepArgs),
    /// Pause a section (guardian)
    Pause(council::PauseArgs),
    /// Take a role that a proposal, or the creator of a Draft, offered: member, guardian or advisor
    AcceptRole(council::RoleArgs),
    /// Make a proposal from a file, with its approval (member)
    #[command(after_long_help = propose::AFTER_LONG_HELP)]
    Propose(propose::ProposeArgs),
    /// Propose to end a pause at once (member)
    Unpause(propose::UnpauseArgs),
    /// What should be changed, on what evidence: advice, a proposal, or to wait
    #[command(long_about = advisor::LONG_ABOUT, after_long_help = advisor::AFTER_LONG_HELP)]
    Advisor(Box<advisor::Arguments>),
    /// Recommend a setpoint or a bias within the council's range (advisor)
    Advise(propose::AdviseArgs),
    /// Drop the advice that waits (guardian)
    VetoAdvice(propose::OfficeArgs),
    /// Ask what an economy needs, write its file with reasons, and tell what it would do
    #[command(after_long_help = init::AFTER_LONG_HELP)]
    Init(init::InitArgs),
    /// Create a token, or look at one: supply, authorities, and whether an economy takes it
    Token(token::TokenArgs),
    /// The economy that is meant where none is named, and names of addresses
    #[command(after_long_help = config::AFTER_LONG_HELP)]
    Config(config::ConfigArgs),
    /// Print a completion script for a shell
    Completion {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

impl Command {
    /// How a command that writes delivers its transaction: known before the cluster is asked,
    /// because what is only signed must not ask it.
    pub fn send(&self) -> Option<&SendArgs> {
        match self {
            Self::GoLive(go_live) => Some(&go_live.send),
            Self::Stake(amount) | Self::Unstake(amount) => Some(&amount.send),
            Self::Withdraw(exit) | Self::Claim(exit) | Self::ClosePosition(exit) => {
                Some(&exit.send)
            }
            Self::Pay(pay) => Some(&pay.send),
            Self::Fund(fund) => Some(&fund.send),
            Self::TopUp(plain)
            | Self::CreateMeter(plain)
            | Self::TripBreaker(plain)
            | Self::Close(plain)
            | Self::Recall(plain)
            | Self::HandOverMint(plain)
            | Self::WindUp(plain)
            | Self::Dissolve(plain) => Some(&plain.send),
            Self::Crank(crank) => Some(&crank.send),
            Self::CancelUnstake(cancel) => Some(&cancel.send),
            Self::TouchPool(touch) => Some(&touch.send),
            Self::ReportFeed(report) => Some(&report.send),
            Self::CreatePool(create) => Some(&create.send),
            Self::CreateFeed(create) => Some(&create.send),
            Self::GrowLog(grow) => Some(&grow.send),
            Self::Migrate(migrate) => Some(&migrate.send),
            Self::AnnounceRecall(recall) => Some(&recall.send),
            Self::ClosePool(close) => Some(&close.send),
            Self::CloseBallot(close) => Some(&close.send),
            Self::Collect(collect) => Some(&collect.send),
            Self::Approve(step)
            | Self::WithdrawApproval(step)
            | Self::Veto(step)
            | Self::OverrideVeto(step)
            | Self::Cancel(step)
            | Self::Expire(step)
            | Self::Execute(step)
            | Self::Ballot(step)
            | Self::CloseProposal(step) => Some(&step.send),
            Self::Pause(pause) => Some(&pause.send),
            Self::AcceptRole(role) => Some(&role.send),
            Self::Propose(propose) => Some(&propose.send),
            Self::Unpause(unpause) => Some(&unpause.send),
            Self::Advisor(advisor) => Some(&advisor.delivery),
            Self::Advise(advise) => Some(&advise.send),
            Self::VetoAdvice(office) => Some(&office.send),
            // Several transactions, each of which needs the one before: signed here, or not at all.
            Self::CreateEconomy(_) => None,
            #[cfg(feature = "localnet")]
            Self::LocalnetBank(_) => None,
            Self::Demo(_)
            | Self::Replay(_)
            | Self::Simulate(_)
            | Self::Bench(_)
            | Self::Verify(_)
            | Self::Report(_)
            | Self::Tune(_)
            | Self::Localnet(_)
            | Self::Warp(_)
            | Self::Status(_)
            | Self::Keeper(_)
            | Self::Watch(_)
            | Self::Reporter(_)
            | Self::Preview(_)
            | Self::Explain(_)
            | Self::Log(_)
            | Self::Audit(_)
            | Self::Deploy(_)
            | Self::Submit(_)
            | Self::Outcome(_)
            | Self::Proposals(_)
            | Self::Config(_)
            | Self::Init(_)
            // It has options of its own: its key is here.
            | Self::Token(_)
            | Self::Completion { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    /// The command of each instruction, by its name in the interface description.
    const OF_INSTRUCTIONS: &[(&str, &str)] = &[
        ("accept_role", "accept-role"),
        ("advise", "advise"),
        ("announce_recall", "announce-recall"),
        ("approve", "approve"),
        ("cancel", "cancel"),
        ("cancel_unstake", "cancel-unstake"),
        ("cast_ballot", "ballot"),
        ("claim", "claim"),
        ("close", "close"),
        ("close_ballot", "close-ballot"),
        ("close_pool", "close-pool"),
        ("close_position", "close-position"),
        ("close_proposal", "close-proposal"),
        ("collect", "collect"),
        ("configure", "create-economy"),
        ("configure_feed", "create-feed"),
        ("crank", "crank"),
        ("create_council", "create-economy"),
        ("create_economy", "create-economy"),
        ("create_feed", "create-feed"),
        ("create_meter", "create-meter"),
        ("create_pool", "create-pool"),
        ("dissolve", "dissolve"),
        ("execute", "execute"),
        ("expire", "expire"),
        ("fund_rewards", "fund"),
        ("go_live", "go-live"),
        ("grow_log", "grow-log"),
        ("hand_over_mint", "hand-over-mint"),
        ("migrate", "migrate"),
        ("open_position", "stake"),
        ("override_veto", "override-veto"),
        ("pause", "pause"),
        ("pay", "pay"),
        ("preview", "preview"),
        ("propose", "propose"),
        ("recall", "recall"),
        ("report_feed", "report-feed"),
        ("request_unstake", "unstake"),
        ("stake", "stake"),
        ("top_up", "top-up"),
        ("touch_pool", "touch-pool"),
        ("trip_breaker", "trip-breaker"),
        ("veto", "veto"),
        ("veto_advice", "veto-advice"),
        ("wind_up", "wind-up"),
        ("withdraw", "withdraw"),
        ("withdraw_approval", "withdraw-approval"),
    ];

    /// Instructions without a command: a program charges the fee of its own users' payments.
    const OF_PROGRAMS: &[&str] = &["charge_fee"];

    #[test]
    fn every_instruction_has_a_command() {
        let command = Arguments::command();
        for name in homeostat_client::instruction::NAMES {
            let known = OF_INSTRUCTIONS.iter().find(|(known, _)| known == name);
            match known {
                Some((_, word)) => assert!(command.find_subcommand(word).is_some(), "{word}"),
                None => assert!(OF_PROGRAMS.contains(name), "{name} has no command"),
            }
        }
    }

    /// What is compared with the bytes of Squads' own package, byte for byte.
    #[test]
    fn every_command_that_a_multisig_can_store_is_compared_with_its_package() {
        let fixture = include_str!("../../chain/tests/fixtures/squads.json");
        let fixture: serde_json::Value = serde_json::from_str(fixture).expect("JSON");
        let cases = fixture["cases"].as_array().expect("a list");
        let compared: Vec<&str> = cases
            .iter()
            .filter_map(|case| case["command"].as_str())
            .collect();
        let command = Arguments::command();
        let hands_over = |one: &&clap::Command| {
            one.get_arguments()
                .any(|argument| argument.get_id() == "squads")
        };
        let mut count = 0;
        for one in command.get_subcommands().filter(hands_over) {
            // The program takes an execution from no program.
            let stored = one.get_name() != "execute";
            let is_compared = compared.contains(&one.get_name());
            assert_eq!(is_compared, stored, "{}", one.get_name());
            count += 1;
        }
        assert!(count > 20, "{count}");
    }

    #[test]
    fn the_help_of_a_file_names_every_key_of_it() {
        let command = Arguments::command();
        let help = |name: &str| {
            let found = command.find_subcommand(name).expect("a command");
            found.get_after_long_help().expect("a help").to_string()
        };
        let kinds = homeostat_settings::proposal_file::kinds()
            .map(|(word, _)| word)
            .collect();
        for (name, keys) in [
            ("propose", kinds),
            ("replay", homeostat_settings::controller_file::keys()),
            #[cfg(feature = "demo")]
            ("demo", homeostat_settings::economy_file::controller_keys()),
        ] {
            let help = help(name);
            let words: Vec<&str> = help
                .split(|letter: char| !letter.is_ascii_lowercase() && letter != '_')
                .collect();
            for key in keys {
                assert!(words.contains(&key), "{name} --help lacks {key}");
            }
        }
    }
}
