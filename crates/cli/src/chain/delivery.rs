//! How a transaction is delivered: the options of every command that sends one, and what they
//! mean together.

use std::path::{Path, PathBuf};
use std::time::Duration;

use homeostat_chain::squads::Encoding;
use homeostat_chain::Fees;
use homeostat_settings::human::duration_in;

use super::key::Key;
use crate::failure::Failure;

/// Options of every command that sends a transaction.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Transaction")]
pub struct SendArgs {
    /// Price of a compute unit (micro-lamports) [default: what three quarters paid lately, and half
    /// as much again each time that it expires]
    #[arg(long, value_name = "MICRO_LAMPORTS", conflicts_with_all = ["sign_only", "export"])]
    pub with_compute_unit_price: Option<u64>,

    /// Most that the priority of a transaction may cost (lamports)
    #[arg(
        long,
        value_name = "LAMPORTS",
        default_value_t = 100_000,
        conflicts_with = "export"
    )]
    pub max_priority_fee: u64,

    /// Who pays the transaction and its rents, if not --keypair
    #[arg(long, value_name = "KEYPAIR")]
    pub fee_payer: Option<String>,

    /// Send nothing: show what would change, field by field
    #[arg(long)]
    pub simulate: bool,

    /// Do not ask before writing to mainnet
    #[arg(long)]
    pub yes: bool,

    /// How long to wait for a transaction's outcome, such as 3m or 180
    #[arg(long, value_name = "TIME", default_value_t = 180,
          value_parser = duration_in(1..=3_600_u64),
          conflicts_with_all = ["simulate", "prepare", "sign_only", "export"])]
    pub patience: u64,

    /// Send nothing: try it out, and write FILE, with which it is signed where there is no
    /// network; keys may be addresses
    #[arg(long, value_name = "FILE", conflicts_with_all = ["simulate", "sign_only", "squads", "export"])]
    pub prepare: Option<PathBuf>,

    /// Connect to nothing: build the transaction of the FILE of --prepare again, sign it with the
    /// keys at hand, and put the signatures into FILE; `submit FILE` sends it
    #[arg(long, value_name = "FILE", group = "with_nonce",
          conflicts_with_all = ["simulate", "squads", "export"])]
    pub sign_only: Option<PathBuf>,

    /// A durable nonce account: what is prepared does not expire
    #[arg(
        long,
        value_name = "ADDRESS",
        requires = "prepare",
        group = "with_nonce"
    )]
    pub nonce: Option<String>,

    /// Who may advance the nonce, if not --keypair
    #[arg(long, value_name = "KEYPAIR", requires = "with_nonce")]
    pub nonce_authority: Option<String>,

    /// Let the vault of this Squads v4 multisig act: stores the transaction there for its
    /// members; --keypair is a member and pays
    #[arg(long, value_name = "MULTISIG", conflicts_with = "fee_payer")]
    pub squads: Option<String>,

    /// Which vault of the multisig
    #[arg(long, value_name = "INDEX", default_value_t = 0, requires = "squads")]
    pub vault: u8,

    /// With --squads, do not approve there what is stored; without it the member who stores it
    /// approves it in the same transaction, if it may vote
    #[arg(long, requires = "squads", conflicts_with = "export")]
    pub no_approve: bool,

    /// Send nothing: print the transaction unsigned, for a multisig's web importer (base58
    /// for Squads)
    #[arg(long, value_name = "ENCODING", value_parser = ["base58", "base64"], conflicts_with_all = ["fee_payer", "simulate"])]
    pub export: Option<String>,

    /// With --sign-only, print the message in base64 as well
    #[arg(long, requires = "sign_only")]
    pub dump_transaction_message: bool,
}

/// Options of a command whose transaction needs a key that only this process has, so that it is
/// sent from here or not at all.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Transaction")]
pub struct HereArgs {
    /// Price of a compute unit (micro-lamports) [default: what three quarters paid lately]
    #[arg(long, value_name = "MICRO_LAMPORTS")]
    with_compute_unit_price: Option<u64>,

    /// Most that the priority of a transaction may cost (lamports)
    #[arg(long, value_name = "LAMPORTS", default_value_t = 100_000)]
    max_priority_fee: u64,

    /// Who pays the transaction and its rents, if not --keypair
    #[arg(long, value_name = "KEYPAIR")]
    fee_payer: Option<String>,

    /// Send nothing: show what would change
    #[arg(long)]
    simulate: bool,

    /// Do not ask before writing to mainnet
    #[arg(long)]
    yes: bool,

    /// How long to wait for a transaction's outcome (seconds)
    #[arg(long, value_name = "SECONDS", default_value_t = 180,
          value_parser = clap::value_parser!(u64).range(1..=3_600), conflicts_with = "simulate")]
    patience: u64,
}

impl From<&HereArgs> for SendArgs {
    fn from(here: &HereArgs) -> Self {
        Self {
            with_compute_unit_price: here.with_compute_unit_price,
            max_priority_fee: here.max_priority_fee,
            fee_payer: here.fee_payer.clone(),
            simulate: here.simulate,
            yes: here.yes,
            patience: here.patience,
            ..Self::default()
        }
    }
}

/// How a transaction is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery<'a> {
    /// Signed with a recent blockhash, sent, and waited for.
    Send,
    /// Tried out: what would change is shown, and nothing is sent.
    Simulate,
    /// Tried out and written to a file, to be signed elsewhere.
    Prepare(&'a Path),
    /// Signed, with the file that it was prepared in, without a connection.
    SignOnly(&'a Path),
    /// Printed unsigned, for a multisig's web importer.
    Export(Encoding),
    /// Stored in a multisig, for its members.
    Squads {
        /// The multisig's address.
        multisig: &'a str,
        /// Tried out, and nothing is stored.
        simulate: bool,
    },
}

impl SendArgs {
    /// How the options together say that a transaction is delivered. It is decided here and
    /// nowhere else: whoever looked at the options one after the other could send what was only to
    /// be tried out. The parser has refused options of which one would be ignored.
    pub fn delivery(&self) -> Delivery<'_> {
        if let Some(file) = &self.sign_only {
            return Delivery::SignOnly(file);
        }
        if let Some(file) = &self.prepare {
            return Delivery::Prepare(file);
        }
        match (&self.export, &self.squads) {
            (Some(encoding), _) => Delivery::Export(match encoding.as_str() {
                "base64" => Encoding::Base64,
                _ => Encoding::Base58,
            }),
            (None, Some(multisig)) => Delivery::Squads {
                multisig,
                simulate: self.simulate,
            },
            (None, None) if self.simulate => Delivery::Simulate,
            (None, None) => Delivery::Send,
        }
    }

    /// What a transaction may cost.
    pub fn fees(&self) -> Fees {
        Fees {
            price: self.with_compute_unit_price,
            cap: self.max_priority_fee,
        }
    }

    /// How long an outcome is waited for.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.patience)
    }

    /// Who pays: `--fee-payer`, or the command's own key.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn payer(&self, own: &Key) -> Result<Key, Failure> {
        match &self.fee_payer {
            Some(source) => Key::read(source),
            None => Ok(own.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        send: SendArgs,
    }

    /// Every option, with what it needs beside it.
    const OPTIONS: [&[&str]; 15] = [
        &["--simulate"],
        &["--prepare=F"],
        &["--sign-only=F"],
        &["--nonce=N", "--prepare=F"],
        &["--nonce-authority=K", "--nonce=N", "--prepare=F"],
        &["--dump-transaction-message", "--sign-only=F"],
        &["--squads=M"],
        &["--vault=1", "--squads=M"],
        &["--no-approve", "--squads=M"],
        &["--export=base58"],
        &["--fee-payer=P"],
        &["--with-compute-unit-price=1"],
        &["--max-priority-fee=1"],
        &["--yes"],
        &["--patience=1"],
    ];

    /// What each pair comes to: a row for each option, which begins with the option alone and
    /// goes on with it and each of those after it.
    ///
    /// `s` sent · `w` tried out · `p` prepared · `o` signed only · `q` stored in a multisig · `Q`
    /// that tried out · `x` exported · `-` refused
    const MEANING: [&str; 15] = [
        "w-----QQQ-wwww-",
        "p-pp-----pppp-",
        "o--o----o-oo-",
        "pp-----pppp-",
        "p-----pppp-",
        "o----o-oo-",
        "qqqx-qqqq",
        "qqx-qqqq",
        "q--qqqq",
        "x---x-",
        "sssss",
        "ssss",
        "sss",
        "ss",
        "s",
    ];

    fn meaning(words: &[&str]) -> char {
        let Ok(line) = Line::try_parse_from([&["homeostat"], words].concat()) else {
            return '-';
        };
        match line.send.delivery() {
            Delivery::Send => 's',
            Delivery::Simulate => 'w',
            Delivery::Prepare(_) => 'p',
            Delivery::SignOnly(_) => 'o',
            Delivery::Export(_) => 'x',
            Delivery::Squads { simulate, .. } => {
                if simulate {
                    'Q'
                } else {
                    'q'
                }
            }
        }
    }

    #[test]
    fn every_pair_of_options_does_what_both_say_or_is_refused() {
        for (row, first) in OPTIONS.iter().enumerate() {
            let expected: Vec<char> = MEANING[row].chars().collect();
            assert_eq!(expected.len(), OPTIONS.len() - row);
            for (second, expected) in OPTIONS[row..].iter().zip(expected) {
                let mut words = first.to_vec();
                words.extend(second.iter().filter(|word| !first.contains(word)));
                assert_eq!(meaning(&words), expected, "{words:?}");
            }
        }
    }

    #[test]
    fn what_depends_on_another_option_is_refused_without_it() {
        for option in OPTIONS.iter().filter(|option| option.len() > 1) {
            assert_eq!(meaning(&option[..1]), '-', "{option:?}");
        }
    }
}
