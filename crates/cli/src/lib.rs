//! The `homeostat` command line.
//!
//! Habits: stdout is data and nothing else, stderr is talk; `--output json` never mixes text into
//! the data and turns errors into data too; every error says what is wrong, where,
//! and what to do about it.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod advisor;
mod args;
pub mod bench;
pub mod chain;
pub mod config;
#[cfg(feature = "demo")]
pub mod demo;
pub mod deploy;
pub mod files;
pub mod init;
#[cfg(not(all(feature = "demo", feature = "localnet")))]
mod left_out;
#[cfg(feature = "localnet")]
pub mod localnet;
pub mod output;
pub mod progress;
pub mod replay;
pub mod report;
pub mod schema;
pub mod simulate;
mod stdout;
pub mod token;
pub mod tune;

pub use homeostat_settings::{decimal, document, failure};

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::args::{Arguments, Command};
use crate::chain::council::Step;
use crate::chain::delivery::{Delivery, SendArgs};
use crate::chain::{
    audit, breaker, council, crank, creation, ending, explain, feeds, keeper, leaving, log,
    outcome, parts, payments, prepared, propose, reasons, reporter, staking, status, warp, watch,
    Context,
};
use crate::failure::Failure;
use crate::output::Format;

/// The command line as its parser has it: every command and its options.
pub fn command() -> clap::Command {
    Arguments::command()
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refuse_usage(&error),
    };
    // The program's rules log on stdout where a command applies them here.
    if let Err(error) = stdout::claim() {
        let failure = stdout::not_aside(&error);
        return tell(&failure, arguments.output, ExitCode::FAILURE);
    }
    if arguments.end_with_stdin {
        std::thread::spawn(|| {
            // An error is the end as well.
            let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
            std::process::exit(0);
        });
    }
    let result = match &arguments.command {
        #[cfg(feature = "demo")]
        Command::Demo(demo) => demo::run(demo, arguments.output),
        #[cfg(not(feature = "demo"))]
        Command::Demo(_) => Err(left_out::failure("demo")),
        Command::Replay(replay) => replay::run(replay, arguments.output),
        Command::Simulate(simulate) => {
            simulate::run(simulate, &arguments.cluster, arguments.output)
        }
        Command::Bench(bench) => bench::run(bench, arguments.output),
        Command::Verify(verify) => bench::verify::run(verify, arguments.output),
        Command::Report(report) => bench::report::run(report, arguments.output),
        Command::Tune(tuning) => tune::run(tuning, arguments.output),
        #[cfg(feature = "localnet")]
        Command::Localnet(localnet) => {
            localnet::run(localnet, &arguments.cluster, arguments.output)
        }
        #[cfg(feature = "localnet")]
        Command::LocalnetBank(bank) => return localnet::serve(bank),
        #[cfg(not(feature = "localnet"))]
        Command::Localnet(_) => Err(left_out::failure("localnet")),
        Command::Init(init) => init::run(init, &arguments.cluster, arguments.output),
        Command::Token(token) => token::run(token, &arguments.cluster, arguments.output),
        Command::Config(config) => config::run(config, &arguments.cluster, arguments.output),
        Command::Completion { shell } => {
            let mut command = Arguments::command();
            let mut out = io::BufWriter::new(stdout::data());
            clap_complete::generate(*shell, &mut command, "homeostat", &mut out);
            Ok(())
        }
        Command::Outcome(asked) => {
            match Context::open(&arguments.cluster, arguments.output)
                .and_then(|context| outcome::outcome(&context, asked))
            {
                Ok(code) => return code,
                Err(failure) => Err(failure),
            }
        }
        Command::Keeper(keeper) => {
            match keeper::keeper(&arguments.cluster, arguments.output, keeper) {
                Ok(code) => return code,
                Err(failure) => Err(failure),
            }
        }
        Command::Watch(watching) => {
            match watch::watch(&arguments.cluster, arguments.output, watching) {
                Ok(code) => return code,
                Err(failure) => Err(failure),
            }
        }
        Command::Reporter(reporter) => {
            match reporter::reporter(&arguments.cluster, arguments.output, reporter) {
                Ok(code) => return code,
                Err(failure) => Err(failure),
            }
        }
        Command::Deploy(deployment) => {
            match deploy::run(deployment, &arguments.cluster, arguments.output) {
                Ok(code) => return code,
                Err(failure) => Err(failure),
            }
        }
        command => on_chain(command, &arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => tell(&failure, arguments.output, ExitCode::from(failure.exit())),
    }
}

/// The commands that talk to a cluster.
fn on_chain(command: &Command, arguments: &Arguments) -> Result<(), Failure> {
    let mut cluster = arguments.cluster.clone();
    if let Command::CreateEconomy(create) = command {
        create.here_only()?;
        let file = create.take_file(&mut cluster)?;
        return creation::create(&Context::open(&cluster, arguments.output)?, create, &file);
    }
    if let Command::Warp(warp) = command {
        warp.here_only(&cluster)?;
    }
    let delivery = command.send().map_or(Delivery::Send, SendArgs::delivery);
    let context = &Context::open_for(&cluster, arguments.output, delivery)?;
    match command {
        #[cfg(feature = "localnet")]
        Command::LocalnetBank(_) => Ok(()),
        Command::Demo(_)
        | Command::Replay(_)
        | Command::Simulate(_)
        | Command::Bench(_)
        | Command::Verify(_)
        | Command::Report(_)
        | Command::Tune(_)
        | Command::Keeper(_)
        | Command::Watch(_)
        | Command::Reporter(_)
        | Command::Outcome(_)
        | Command::Deploy(_)
        | Command::Config(_)
        | Command::Init(_)
        | Command::Token(_)
        | Command::Completion { .. }
        | Command::Localnet(_)
        | Command::CreateEconomy(_) => Ok(()),
        Command::GoLive(arguments) => creation::go_live(context, arguments),
        Command::Status(arguments) => status::status(context, arguments),
        Command::Stake(arguments) => staking::stake(context, arguments),
        Command::Unstake(arguments) => staking::unstake(context, arguments),
        Command::Withdraw(arguments) => staking::withdraw(context, arguments),
        Command::Claim(arguments) => staking::claim(context, arguments),
        Command::Pay(arguments) => payments::pay(context, arguments),
        Command::Fund(arguments) => payments::fund(context, arguments),
        Command::TopUp(arguments) => payments::top_up(context, arguments),
        Command::Collect(arguments) => payments::collect(context, arguments),
        Command::Crank(arguments) => crank::crank(context, arguments),
        Command::Preview(arguments) => reasons::preview(context, arguments),
        Command::Explain(arguments) => explain::explain(context, arguments),
        Command::Log(arguments) => log::log(context, arguments),
        Command::Audit(arguments) => audit::audit(context, arguments),
        Command::Proposals(arguments) => council::list(context, arguments),
        Command::Approve(arguments) => council::step(context, arguments, Step::Approve),
        Command::WithdrawApproval(arguments) => {
            council::step(context, arguments, Step::WithdrawApproval)
        }
        Command::Veto(arguments) => council::step(context, arguments, Step::Veto),
        Command::OverrideVeto(arguments) => council::step(context, arguments, Step::OverrideVeto),
        Command::Cancel(arguments) => council::step(context, arguments, Step::Cancel),
        Command::Expire(arguments) => council::step(context, arguments, Step::Expire),
        Command::Execute(arguments) => council::step(context, arguments, Step::Execute),
        Command::Ballot(arguments) => council::step(context, arguments, Step::Ballot),
        Command::CloseProposal(arguments) => council::step(context, arguments, Step::Close),
        Command::Pause(arguments) => council::pause(context, arguments),
        Command::AcceptRole(arguments) => council::accept_role(context, arguments),
        Command::Propose(arguments) => propose::propose(context, arguments),
        Command::Unpause(arguments) => propose::unpause(context, arguments),
        Command::Advisor(arguments) => advisor::run(context, arguments),
        Command::Advise(arguments) => propose::advise(context, arguments),
        Command::CancelUnstake(arguments) => leaving::cancel_unstake(context, arguments),
        Command::ClosePosition(arguments) => leaving::close_position(context, arguments),
        Command::CloseBallot(arguments) => leaving::close_ballot(context, arguments),
        Command::CreatePool(arguments) => parts::create_pool(context, arguments),
        Command::CreateMeter(arguments) => parts::create_meter(context, arguments),
        Command::CreateFeed(arguments) => feeds::create_feed(context, arguments),
        Command::ReportFeed(arguments) => feeds::report_feed(context, arguments),
        Command::TouchPool(arguments) => parts::touch_pool(context, arguments),
        Command::GrowLog(arguments) => parts::grow_log(context, arguments),
        Command::Migrate(arguments) => parts::migrate(context, arguments),
        Command::Close(arguments) => ending::close(context, arguments),
        Command::AnnounceRecall(arguments) => ending::announce_recall(context, arguments),
        Command::Recall(arguments) => ending::recall(context, arguments),
        Command::HandOverMint(arguments) => ending::hand_over_mint(context, arguments),
        Command::WindUp(arguments) => ending::wind_up(context, arguments),
        Command::ClosePool(arguments) => ending::close_pool(context, arguments),
        Command::Dissolve(arguments) => ending::dissolve(context, arguments),
        Command::TripBreaker(arguments) => breaker::trip_breaker(context, arguments),
        Command::VetoAdvice(arguments) => propose::veto_advice(context, arguments),
        Command::Submit(arguments) => prepared::submit(context, arguments),
        Command::Warp(arguments) => warp::warp(context, arguments),
    }
}

/// Prints a failure where the chosen format wants it: text on stderr, JSON on stdout.
fn tell(failure: &Failure, format: Format, code: ExitCode) -> ExitCode {
    // Nothing can be done about a reader that has gone away, least of all here.
    let _ = match format {
        Format::Display => writeln!(io::stderr(), "{failure}"),
        Format::Json | Format::JsonCompact => {
            let answer = BTreeMap::from([("error", failure)]);
            output::to_stdout(|out| {
                output::write_json(&mut { out }, &answer, format).map_err(io::Error::other)
            })
        }
    };
    code
}

/// Help and version are answers, not errors; anything else is wrong usage.
fn refuse_usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    const USAGE: u8 = 2;
    // The command line did not parse, so the wish for JSON is read from its words.
    match Format::wished_for(std::env::args_os()) {
        Format::Display => {
            let _ = error.print();
            ExitCode::from(USAGE)
        }
        format => tell(
            &Failure::new("usage", error.render().to_string().trim())
                .remedy("see `homeostat --help`"),
            format,
            ExitCode::from(USAGE),
        ),
    }
}
