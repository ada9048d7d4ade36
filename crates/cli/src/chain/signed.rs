//! A transaction that is signed in one place and sent from another.

use std::io::{self, Write};

use homeostat_ops::connection::refusal;
use homeostat_ops::offline::{self, assemble, sign_only, Presigned};
use homeostat_ops::send::unsigned;
use solana_hash::Hash;
use solana_message::{Message, VersionedMessage};
use solana_signer::Signer;

use super::delivery::SendArgs;
use super::key::Key;
use super::write::{Intent, Outcome, Sent, Written};
use super::Context;
use crate::failure::Failure;
use crate::output;

impl Context {
    /// With a blockhash from the command line the transaction is built from the
    /// arguments alone, so that every place that signs builds the same bytes.
    pub(super) fn with_blockhash(
        &self,
        arguments: &SendArgs,
        blockhash: &str,
        send: bool,
        own: &Key,
        payer: &Key,
        intent: &Intent<'_>,
    ) -> Result<Option<Written>, Failure> {
        let blockhash: Hash = blockhash.parse().map_err(|_| {
            Failure::new("bad_blockhash", format!("{} is not a blockhash", crate::failure::quoted(blockhash)))
                .remedy("`solana-keygen` does not make them: take the one of `--sign-only` or of `solana nonce`")
        })?;
        let presigned = arguments
            .signer
            .iter()
            .map(|text| text.parse())
            .collect::<Result<Vec<Presigned>, Failure>>()?;
        let authority = match &arguments.nonce_authority {
            Some(source) => Key::read(source)?,
            None => own.clone(),
        };
        let nonce = arguments
            .nonce
            .as_ref()
            .map(|nonce| homeostat_ops::signer::read_address(nonce, "--nonce"))
            .transpose()?;
        let mut instructions = Vec::new();
        if let Some(nonce) = &nonce {
            instructions.push(solana_system_interface::instruction::advance_nonce_account(
                nonce,
                &authority.address(),
            ));
        }
        instructions.extend(intent.instructions.iter().cloned());
        let message = VersionedMessage::Legacy(Message::new_with_blockhash(
            &instructions,
            Some(&payer.address()),
            &blockhash,
        ));
        let keys: Vec<&dyn Signer> = [payer, &authority, own]
            .into_iter()
            .chain(intent.keys.iter().copied())
            .filter_map(Key::signer)
            .collect();
        if !send {
            let signed = sign_only(
                &message,
                &keys,
                &presigned,
                arguments.dump_transaction_message,
            )?;
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
                format => {
                    output::write_json(&mut { out }, &signed, format).map_err(io::Error::other)
                }
            })
            .map_err(|error| {
                Failure::new("write_failed", format!("cannot write to stdout: {error}"))
            })?;
            return Ok(None);
        }
        let transaction = assemble(message, &keys, &presigned)?;
        let life = offline::life(&self.connection, &transaction, nonce.as_ref())?;
        // The trial tells a refusal in words; the real one would only have a number.
        let trial = unsigned(transaction.message.clone());
        let trial = self.connection.simulate(&trial, &[])?;
        if let Some(error) = trial.err {
            let logs = trial.logs.unwrap_or_default();
            return Err(refusal(&error.into(), &logs));
        }
        self.warn_of_open(intent.command, own);
        self.ask(arguments)?;
        let notes = self.notes(intent.command, &intent.what, own);
        let landed = self.sender(arguments, notes).deliver(&transaction, &life)?;
        let slot = landed.ok_or_else(|| {
            Failure::new(
                "expired",
                "the transaction was sent and can land no more; nothing happened",
            )
            .remedy("sign again, with a recent blockhash or the nonce's present value")
        })?;
        let outcome = Outcome::Sent(Sent {
            signature: transaction
                .signatures
                .first()
                .copied()
                .unwrap_or_default()
                .to_string(),
            slot,
            compute_units: trial.units_consumed.unwrap_or_default(),
            priority_fee_lamports: 0,
            attempts: 1,
        });
        Ok(Some(self.written(intent, &payer.address(), outcome)))
    }
}
