//! The words of the command line.

use clap::{Parser, Subcommand};

use crate::advisor;
use crate::bench;
use crate::chain::{
    council, creation, keeper, log, outcome, payments, propose, reasons, staking, status,
    ClusterArgs,
};
use crate::demo;
use crate::localnet;
use crate::output::Format;
use crate::replay;
use crate::simulate;
use crate::tune;

const AFTER_HELP: &str = "\
Exit codes: 0 success, 1 failure, 2 wrong usage, 3 the cluster does not answer or answers nonsense,
4 the cluster refuses the transaction, 5 it was sent and nobody knows what became of it;
`outcome` also has 6 it can still land, and 7 it can land no more.

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
    #[command(long_about = demo::LONG_ABOUT, after_long_help = demo::AFTER_LONG_HELP)]
    Demo(demo::Arguments),
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
    /// Start a validator of your own with an economy that lives on it
    #[command(long_about = localnet::LONG_ABOUT, after_long_help = localnet::AFTER_LONG_HELP)]
    Localnet(localnet::LocalnetArgs),
    /// Create an economy in Draft, as a file says; goes on where it was stopped
    #[command(after_long_help = creation::AFTER_LONG_HELP)]
    CreateEconomy(creation::CreateArgs),
    /// Start an economy's clock, once and for all (creator)
    GoLive(creation::GoLiveArgs),
    /// An economy at a glance, and what a wallet has in it
    Status(status::StatusArgs),
    /// Stake tokens
    Stake(staking::AmountArgs),
    /// Ask for stake back; `withdraw` pays it after the unbonding time
    Unstake(staking::AmountArgs),
    /// Take out what has waited long enough
    Withdraw(staking::ExitArgs),
    /// Take the rewards
    Claim(staking::ExitArgs),
    /// Pay a wallet through the economy, which takes its fee
    Pay(payments::PayArgs),
    /// Put tokens into the reward vault of a Funded economy
    Fund(payments::FundArgs),
    /// Mint what has accrued and is not in the reward vault yet
    TopUp(payments::PlainArgs),
    /// Burn fees and move them to stakers and treasury
    Collect(payments::CollectArgs),
    /// End a period: measure, decide, emit; pays a bounty
    Crank(payments::PlainArgs),
    /// End periods, for ever: the daemon for economies
    #[command(long_about = keeper::LONG_ABOUT)]
    Keeper(keeper::KeeperArgs),
    /// What the next crank would decide
    Preview(reasons::PreviewArgs),
    /// Why a parameter has its value, term by term, and what would change it
    Explain(reasons::ExplainArgs),
    /// The decisions on chain; `log verify` recomputes them
    Log(log::LogArgs),
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
    /// Print a completion script for a shell
    Completion {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    /// What is compared with the bytes of Squads' own package, byte for byte.
    #[test]
    fn every_command_that_a_multisig_can_store_is_compared_with_its_package() {
        let fixture = include_str!("../../ops/tests/fixtures/squads.json");
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
        let kinds = homeostat_ops::proposal_file::kinds()
            .map(|(word, _)| word)
            .collect();
        for (name, keys) in [
            ("propose", kinds),
            ("replay", homeostat_ops::controller_file::keys()),
            ("demo", homeostat_ops::economy_file::controller_keys()),
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
