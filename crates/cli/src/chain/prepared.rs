//! A transaction that is prepared where the cluster is, signed where it is not, and submitted
//! where it is again.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use homeostat_chain::connection::refusal;
use homeostat_chain::envelope::{with_nonce, About, Envelope, Nonce};
use homeostat_chain::offline::{self, assemble, sign_only, Presigned, SignOnly};
use homeostat_chain::send::unsigned;
use homeostat_chain::signer::read_address;
use homeostat_client::{Instruction, PROGRAM_ID};
use homeostat_settings::fields;
use homeostat_settings::human::duration_in;
use solana_hash::Hash;
use solana_message::VersionedMessage;
use solana_signer::Signer;

use super::delivery::SendArgs;
use super::key::Key;
use super::write::{Figures, Intent, Outcome, Prepared, Sent, Written};
use super::{Context, Source};
use crate::failure::Failure;
use crate::output;

/// Arguments of `submit`.
#[derive(Clone, Debug, clap::Args)]
pub struct SubmitArgs {
    /// The file of --prepare, with the signatures that --sign-only put there
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// A signature that is not in the file; may be given several times
    #[arg(long, value_name = "ADDRESS=SIGNATURE")]
    signer: Vec<String>,

    /// Do not ask before writing to mainnet
    #[arg(long)]
    yes: bool,

    /// How long to wait for the transaction's outcome, such as 3m or 180
    #[arg(long, value_name = "TIME", default_value_t = 180,
          value_parser = duration_in(1..=3_600_u64))]
    patience: u64,
}

impl Context {
    /// Tries a transaction out and writes it to a file, with the answers that it was built from.
    pub(super) fn prepare(
        &self,
        arguments: &SendArgs,
        file: &Path,
        own: &Key,
        payer: &Key,
        intent: &Intent<'_>,
    ) -> Result<Written, Failure> {
        let Source::Recorded(recording) = &self.source else {
            return Err(unrecorded());
        };
        // What follows is asked about this moment; whoever signs later does not ask it.
        let answers = recording.answers();
        let (nonce, blockhash, last) = match &arguments.nonce {
            Some(account) => {
                let (nonce, value) = self.nonce(arguments, account, own)?;
                (Some(nonce), value, None)
            }
            None => {
                let (blockhash, life) = self.connection.fresh_blockhash()?;
                (None, blockhash, life.last_height())
            }
        };
        let instructions = with_nonce(nonce.as_ref(), &intent.instructions);
        let notes = self.notes(intent.command, &intent.what, own);
        let sender = self.sender(arguments, notes);
        let prepared = sender.prepare(&payer.address(), &instructions)?;
        let message = sender.message(&payer.address(), &prepared.instructions, &blockhash)?;
        let cluster = self.connection.cluster();
        let about = About {
            command: intent.command.to_owned(),
            what: intent.what.clone(),
            genesis: cluster.genesis.parse().map_err(|_| unrecorded())?,
            url: cluster.url.clone(),
            commitment: self.connection.commitment().commitment,
            key: own.address(),
            payer: payer.address(),
            blockhash,
            nonce,
            answers,
        };
        let envelope = Envelope::new(about, &message);
        envelope.write(file)?;
        let outcome = Outcome::Prepared(Prepared {
            file: file.display().to_string(),
            blockhash: blockhash.to_string(),
            last_valid_block_height: last,
            nonce: nonce.map(|nonce| nonce.account.to_string()),
            signers: offline::wanted(&message)
                .iter()
                .map(ToString::to_string)
                .collect(),
            compute_units: prepared.units,
            priority_fee_lamports: prepared.priority,
        });
        Ok(self.written(intent, &payer.address(), outcome))
    }

    /// A nonce account that the authority may advance, and its value.
    fn nonce(
        &self,
        arguments: &SendArgs,
        account: &str,
        own: &Key,
    ) -> Result<(Nonce, Hash), Failure> {
        let account = read_address(account, "--nonce")?;
        let authority = match &arguments.nonce_authority {
            Some(source) => Key::read(source)?.address(),
            None => own.address(),
        };
        let (value, owner) = self.connection.nonce_at(&account)?.ok_or_else(|| {
            Failure::new("no_nonce", format!("{account} is no nonce account"))
                .remedy("make one with `solana create-nonce-account`, and check --url")
        })?;
        if owner != authority {
            return Err(Failure::new(
                "not_the_nonce_authority",
                format!("{authority} may not advance the nonce {account}, {owner} may"),
            )
            .remedy("give --nonce-authority, as a key or an address"));
        }
        Ok((Nonce { account, authority }, value))
    }

    /// Builds the transaction of a file again from these arguments, and signs it with the keys at
    /// hand. Nothing is connected to, and what the file alone decides is told.
    pub(super) fn sign(
        &self,
        arguments: &SendArgs,
        file: &Path,
        own: &Key,
        payer: &Key,
        intent: &Intent<'_>,
    ) -> Result<(), Failure> {
        let Source::File(envelope) = &self.source else {
            return Err(unrecorded());
        };
        let message = self.same_message(arguments, envelope, file, payer, intent)?;
        let priority = envelope.priority();
        if priority > arguments.max_priority_fee {
            return Err(Failure::new(
                "too_dear",
                format!(
                    "the prepared transaction pays up to {priority} lamports for its priority; \
                     --max-priority-fee allows {}",
                    arguments.max_priority_fee
                ),
            )
            .remedy("raise --max-priority-fee, or prepare it again with a lower price"));
        }
        let authority = arguments.nonce_authority.as_deref().map(Key::read);
        let authority = authority.transpose()?;
        self.tell(envelope, &intent.instructions, priority);
        let keys: Vec<&dyn Signer> = [Some(payer), authority.as_ref(), Some(own)]
            .into_iter()
            .flatten()
            .chain(intent.keys.iter().copied())
            .filter_map(Key::signer)
            .collect();
        let signed = sign_only(
            &message,
            &keys,
            &envelope.signatures()?,
            arguments.dump_transaction_message,
        )?;
        let mut envelope = envelope.as_ref().clone();
        envelope.add(&signed.signers);
        envelope.write(file)?;
        self.print(&signed)
    }

    /// The message that these arguments make of a file's answers, which has to be the file's.
    fn same_message(
        &self,
        arguments: &SendArgs,
        envelope: &Envelope,
        file: &Path,
        payer: &Key,
        intent: &Intent<'_>,
    ) -> Result<VersionedMessage, Failure> {
        let sender = self.sender(arguments, self.notes(intent.command, &intent.what, payer));
        let message = sender.message(
            &payer.address(),
            &envelope.complete(&intent.instructions),
            &envelope.about.blockhash,
        )?;
        if envelope.message()? == message && envelope.about.command == intent.command {
            return Ok(message);
        }
        Err(Failure::new(
            "prepared_differently",
            format!(
                "these arguments do not make the transaction of {}, which is: {}",
                file.display(),
                shown(&envelope.about.what)
            ),
        )
        .remedy(
            "give the command and the arguments that it was prepared with (with addresses for the \
             keys that are not here); if they are the same, somebody changed the file: prepare it \
             again",
        ))
    }

    /// What a signer cannot know from the arguments: it comes from the file alone.
    fn tell(&self, envelope: &Envelope, instructions: &[Instruction], priority: u64) {
        for instruction in instructions {
            let own = instruction.program_id == PROGRAM_ID;
            let read = own
                .then(|| fields::instruction(&instruction.data))
                .flatten();
            let line = match read {
                Some((name, arguments)) => arguments.iter().enumerate().fold(
                    name.to_owned(),
                    |line, (place, (name, value))| {
                        let comma = if place == 0 { "" } else { "," };
                        format!("{line}{comma} {name} {value}")
                    },
                ),
                None => format!(
                    "an instruction of {}, {} bytes",
                    instruction.program_id,
                    instruction.data.len()
                ),
            };
            self.say(&format!("  signs    {line}"));
        }
        self.say(&format!(
            "  priority at most {}
  lives    {}",
            homeostat_settings::human::sol(priority),
            match &envelope.about.nonce {
                Some(nonce) => format!(
                    "until the nonce {} is advanced: it does not expire",
                    nonce.account
                ),
                None => "as long as its blockhash, 150 blocks".to_owned(),
            }
        ));
        self.say(
            "  what the economy's accounts hold was read from the file; amounts above are in base \
             units",
        );
    }

    /// Prints signatures as the Solana command line does.
    fn print(&self, signed: &SignOnly) -> Result<(), Failure> {
        output::to_stdout(|out| match self.format {
            output::Format::Display => {
                writeln!(out, "Blockhash: {}", signed.blockhash)?;
                if let Some(message) = &signed.message {
                    writeln!(out, "Transaction Message: {message}")?;
                }
                let list = |out: &mut dyn Write, title: &str, lines: &[String]| {
                    if lines.is_empty() {
                        return Ok(());
                    }
                    writeln!(out, "{title}:")?;
                    lines.iter().try_for_each(|line| writeln!(out, " {line}"))
                };
                list(out, "Signers (Pubkey=Signature)", &signed.signers)?;
                list(out, "Absent Signers (Pubkey)", &signed.absent)?;
                list(out, "Bad Signatures (Pubkey)", &signed.bad_sig)
            }
            format => output::write_json(&mut { out }, signed, format).map_err(io::Error::other),
        })
        .map_err(|error| crate::output::unwritten(&error))
    }
}

/// `submit`: sends what was prepared and signed.
///
/// # Errors
///
/// No such file; a signature is missing or of another transaction; another cluster; it can land no
/// more (nothing is sent); what the cluster refuses.
pub fn submit(context: &Context, arguments: &SubmitArgs) -> Result<(), Failure> {
    let envelope = Envelope::read(&arguments.file)?;
    let cluster = context.connection.cluster();
    if cluster.genesis != envelope.about.genesis.to_string() {
        return Err(Failure::new(
            "wrong_cluster",
            format!(
                "{} was prepared for the cluster with genesis {} (at {}), and this is {cluster} \
                 with genesis {}",
                arguments.file.display(),
                envelope.about.genesis,
                shown(&envelope.about.url),
                cluster.genesis
            ),
        )
        .remedy("give the --url of the cluster that it was prepared for; nothing was sent"));
    }
    let mut presigned = envelope.signatures()?;
    for text in &arguments.signer {
        presigned.push(text.parse::<Presigned>()?);
    }
    let (command, what) = (shown(&envelope.about.command), shown(&envelope.about.what));
    context.say(&format!(
        "{what}\n  cluster  {cluster}\n  payer    {}",
        envelope.about.payer
    ));
    let transaction = assemble(envelope.message()?, &[], &presigned)?;
    let nonce = envelope.about.nonce.map(|nonce| nonce.account);
    let life = offline::life(&context.connection, &transaction, nonce.as_ref())?;
    // The trial tells a refusal in words; the real one would only have a number.
    let trial = unsigned(transaction.message.clone());
    let trial = context.connection.simulate(&trial, &[])?;
    if let Some(error) = trial.err {
        let logs = trial.logs.unwrap_or_default();
        return Err(refusal(&error.into(), &logs));
    }
    let key = Key::Elsewhere(envelope.about.key);
    context.warn_of_open(&command, &key);
    let send = SendArgs {
        yes: arguments.yes,
        patience: arguments.patience,
        ..SendArgs::default()
    };
    context.ask(&send)?;
    let notes = context.notes(&command, &what, &key);
    let landed = context.sender(&send, notes).deliver(&transaction, &life)?;
    let slot = landed.ok_or_else(|| {
        Failure::new(
            "expired",
            "the transaction was sent and can land no more; nothing happened",
        )
        .remedy("prepare and sign it again")
    })?;
    let signature = transaction.signatures.first().copied().unwrap_or_default();
    context.answer(&Written {
        command,
        what,
        cluster: cluster.into(),
        payer: envelope.about.payer.to_string(),
        figures: Figures::default(),
        outcome: Outcome::Sent(Sent {
            signature: signature.to_string(),
            slot,
            compute_units: trial.units_consumed.unwrap_or_default(),
            priority_fee_lamports: envelope.priority(),
            attempts: 1,
        }),
    })
}

/// A line of a file, fit to be shown: the terminal of whoever reads it is not the writer's.
fn shown(line: &str) -> String {
    let line = line.chars().filter(|letter| !letter.is_control());
    line.take(400).collect()
}

/// A command that forgot to say how it is delivered before it asked the cluster.
fn unrecorded() -> Failure {
    Failure::new(
        "not_recorded",
        "this command does not keep what the cluster answers",
    )
    .remedy("sign it where the cluster can be reached; please report this")
}
