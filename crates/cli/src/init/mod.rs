//! `init`: asks what an economy file needs, writes it with the reasons, and tells what it would do.

mod answers;
mod ask;
mod text;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use homeostat_chain::creation::Mint;
use homeostat_chain::signer::read_address;
use homeostat_client::{Funding, Pubkey};
use homeostat_settings::economy_file::read_economy;
use homeostat_settings::files;
use homeostat_settings::tokens::Tokens;
use schemars::JsonSchema;
use serde::Serialize;

use crate::chain::{print, Answer, ClusterArgs, Context};
use crate::failure::{Failure, Place};
use crate::output::Format;
use crate::simulate::{smoke, Figure, Smoke};

pub use answers::AnswerArgs;

/// What `init --help` closes with.
pub const AFTER_LONG_HELP: &str = "\
On a terminal it asks what no option answers; an empty line takes what stands in brackets. --yes
asks nothing and takes that everywhere. Shares and rates are fractions (0.06 = 6 %), rates are a
year's; durations are such as 12h, 7d or seconds.

What the answers leave open follows from the forecast: the emission that the staked share costs, the
fee that treasury and burns need, the limits around them. Targets that contradict each other are
refused with their figures, before anything is written; --nearest-targets writes the nearest ones.

The file is TOML with the reason for each value beside it, to be changed by hand and given to
`simulate --economy`, `demo --economy` and `create-economy`. One that is there is kept, unless --force.

After that people live through a quiet year of it, eight times: 200 people each, drawn anew from
ranges of behaviour. The intervals say how much these years differ, not how wrong the model of
people and market may be.";

/// Arguments of `init`.
#[derive(Clone, Debug, clap::Args)]
pub struct InitArgs {
    /// File to write
    #[arg(value_name = "FILE", default_value = "economy.toml")]
    pub file: PathBuf,
    /// Ask nothing: what no option answers is as usual
    #[arg(long)]
    pub yes: bool,
    /// Replace the file if there is one
    #[arg(long)]
    pub force: bool,
    /// Where a target cannot be reached, write the nearest that can
    #[arg(long)]
    pub nearest_targets: bool,
    /// Do not live through a year of it
    #[arg(long)]
    pub no_simulation: bool,
    /// A token that exists: its decimals and supply are read from the cluster
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["decimals", "supply"])]
    pub mint: Option<String>,
    #[command(flatten)]
    answers: AnswerArgs,
}

/// What was written, and what it would do.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Initiated {
    /// The file.
    pub file: String,
    /// The economy's name.
    pub economy: String,
    /// Whether the file has a council, without which nothing goes live.
    pub council: bool,
    /// Targets that cannot be reached, with figures; the file has the nearest.
    pub findings: Vec<String>,
    /// A quiet year of it; absent where none was lived.
    pub simulation: Option<Smoke>,
    /// The same in words.
    pub told: Vec<String>,
    /// What to do next.
    pub next: Vec<String>,
}

/// `init`.
///
/// # Errors
///
/// A wrong answer; `file_exists`; `unreachable_target` with the figures of targets that contradict
/// each other; nobody to ask; a run in which the program refuses something.
pub fn run(arguments: &InitArgs, cluster: &ClusterArgs, format: Format) -> Result<(), Failure> {
    let file = arguments.file.display().to_string();
    if arguments.file.exists() && !arguments.force {
        return Err(
            Failure::at("file_exists", Place::file(&file), "is there already")
                .remedy("name another file, or replace it with --force; nothing was written"),
        );
    }
    let mut given = arguments.answers.given();
    let mint = match &arguments.mint {
        Some(text) => Some(token(
            &read_address(text, "--mint")?,
            cluster,
            format,
            &mut given,
        )?),
        None => None,
    };
    let here = io::stdin().is_terminal() && io::stderr().is_terminal();
    if !arguments.yes && !here {
        return Err(
            Failure::new("usage", "there is no terminal to ask on").remedy(
                "add --yes, which takes the usual for whatever no option answers \
             (`homeostat init --help` lists them)",
            ),
        );
    }
    let (mut input, mut talk) = (io::stdin().lock(), io::stderr());
    let mut asking = match arguments.yes {
        true => ask::Asking::usual(),
        false => ask::Asking::on(&mut input, &mut talk),
    };
    let answers = answers::collect(&given, &mut asking)?;
    let text = text::economy(&answers, mint.as_ref());
    let spec = read_economy(text.as_bytes(), &file)?;
    if !arguments.nearest_targets {
        spec.require_reachable(
            "answer otherwise as it says, or add --nearest-targets; nothing was written",
        )?;
    }
    files::replace(&arguments.file, text.as_bytes())?;
    let simulation = match (arguments.no_simulation, spec.funding) {
        (false, Funding::Mint) => Some(smoke(&arguments.file)?),
        _ => None,
    };
    let mut told = simulation.as_ref().map(words).unwrap_or_default();
    if spec.funding == Funding::Funded {
        told.push(
            "The simulator knows economies that mint their rewards, so nothing was lived through; \
             `demo --economy` shows a funded one."
                .to_owned(),
        );
    }
    let council = spec.council.is_some();
    print(
        &Initiated {
            economy: spec.name.clone(),
            council,
            findings: spec.findings.iter().map(|it| it.text.clone()).collect(),
            simulation,
            told,
            next: next(&file, mint.as_ref(), council),
            file,
        },
        format,
    )
}

/// Reads a token and takes its decimals and supply for answers.
fn token(
    address: &Pubkey,
    cluster: &ClusterArgs,
    format: Format,
    given: &mut answers::Given,
) -> Result<Pubkey, Failure> {
    let context = Context::open(cluster, format)?;
    let account = context.connection.account(address)?;
    let mint = Mint::read(address, account.as_ref())?;
    mint.require_no_freeze(address)?;
    let tokens = Tokens {
        decimals: mint.decimals,
    };
    given.insert("decimals", mint.decimals.to_string());
    given.insert("supply", tokens.show(mint.supply).to_string());
    if mint.mint_authority.is_none() {
        let mode = given.entry("mode").or_insert_with(|| "funded".to_owned());
        if mode != "funded" {
            return Err(Failure::new(
                "fixed_supply",
                format!("nobody can mint {address}: its supply is fixed"),
            )
            .remedy("take --mode funded: rewards come out of a vault; nothing was written"));
        }
    }
    Ok(*address)
}

/// What a year was like, for a person.
fn words(lived: &Smoke) -> Vec<String> {
    let percent = |value: f64| {
        let text = format!("{:.2}", value * 100.0);
        let text = text.trim_end_matches('0').trim_end_matches('.');
        match text {
            "-0" => "0".to_owned(),
            text => text.to_owned(),
        }
    };
    let with = |figure: &Figure, of: fn(f64) -> f64| {
        format!(
            "{} % ({} to {} %)",
            percent(of(figure.mean)),
            percent(of(figure.low)),
            percent(of(figure.high))
        )
    };
    let plain: fn(f64) -> f64 = |value| value;
    let mut all = Vec::new();
    let mut tell = |name: &str, of: fn(f64) -> f64, sentence: &dyn Fn(&str) -> String| {
        if let Some(figure) = lived.figure(name) {
            all.push(sentence(&with(figure, of)));
        }
    };
    tell("staked_share", plain, &|share| {
        format!("Of the circulating tokens {share} are staked.")
    });
    tell("emission", plain, &|rate| {
        format!("Rewards of {rate} of the supply are emitted in a year.")
    });
    // The growth is a logarithm.
    tell("inflation", f64::exp_m1, &|rate| {
        format!("The supply changes by {rate} in a year, after burns.")
    });
    tell("fee_burden", plain, &|rate| {
        format!("A payment costs a fee of {rate}.")
    });
    tell("burned_over_emitted", plain, &|share| {
        format!("Of what is emitted {share} are burned again.")
    });
    let worst = lived.at_limit.iter().filter(|figure| figure.mean > 0.0);
    let worst: Vec<String> = worst
        .map(|figure| {
            format!(
                "{} in {} of the decisions",
                figure.name,
                with(figure, plain)
            )
        })
        .collect();
    all.push(match worst.as_slice() {
        [] => "No parameter rests at one of its limits.".to_owned(),
        some => format!("At a limit, and wanting further: {}.", some.join(", ")),
    });
    all
}

fn next(file: &str, mint: Option<&Pubkey>, council: bool) -> Vec<String> {
    let mut all = vec![format!(
        "homeostat simulate --economy {file} --scenario crash"
    )];
    if !council {
        all.push(format!(
            "write the [council] at the end of {file}: without one nothing goes live"
        ));
    }
    match mint {
        Some(mint) => all.push(format!("homeostat create-economy {file} --mint {mint}")),
        None => {
            all.push(
                "homeostat token create --name NAME --symbol SYMBOL --supply TOKENS".to_owned(),
            );
            all.push(format!("homeostat create-economy {file} --mint ADDRESS"));
        }
    }
    all
}

impl Answer for Initiated {
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "wrote {}: the economy {}", self.file, self.economy)?;
        for finding in &self.findings {
            writeln!(out, "nearest target: {finding}")?;
        }
        if let Some(lived) = &self.simulation {
            writeln!(
                out,
                "\n{} quiet years of {:.0} days, {} people each; the means, with their 95 % intervals:",
                lived.seeds, lived.days, lived.people
            )?;
        }
        for sentence in &self.told {
            writeln!(out, "  {sentence}")?;
        }
        writeln!(out, "\nnext:")?;
        self.next
            .iter()
            .try_for_each(|line| writeln!(out, "  {line}"))
    }
}
