//! A transaction on its way between machines: prepared where the cluster is, signed where it is
//! not, submitted where it is again.
//!
//! The file has the message, the signatures so far, and the cluster's answers that the message was
//! built from ([`crate::answers`]). Whoever signs does not sign the message of the file: it is
//! built again from the signer's own arguments, and has to be the same. What the file decides
//! alone is told before it is signed: the accounts' contents, the blockhash, and the price.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use base64::{prelude::BASE64_STANDARD, Engine};
use homeostat_client::{Instruction, Pubkey};
use serde::{Deserialize, Serialize};
use solana_commitment_config::CommitmentLevel;
use solana_hash::Hash;
use solana_message::VersionedMessage;

use crate::answers::Answers;
use crate::offline::Presigned;
use crate::send::fee::priority;
use crate::send::prepare::{advances_nonce, budget, budgeted};
use homeostat_settings::failure::{Failure, Place};
use homeostat_settings::files;

/// The format of the file. Another number is of another version.
const FORMAT: &str = "homeostat-transaction/2";
/// Largest file (bytes): the accounts of the largest economy take some hundred thousand.
const LARGEST: u64 = 16 << 20;

/// A durable nonce in a blockhash's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nonce {
    /// The nonce account.
    #[serde(with = "text")]
    pub account: Pubkey,
    /// Who advances it.
    #[serde(with = "text")]
    pub authority: Pubkey,
}

/// What is known of a transaction before its message is built.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// The command that prepares it.
    pub command: String,
    /// What it does, in a line for a person.
    pub what: String,
    /// Genesis of the cluster that it is for.
    #[serde(with = "text")]
    pub genesis: Hash,
    /// Where it is prepared, without what may be a secret.
    pub url: String,
    /// How sure the answers were asked to be.
    pub commitment: CommitmentLevel,
    /// Who acts.
    #[serde(with = "text")]
    pub key: Pubkey,
    /// Who pays.
    #[serde(with = "text")]
    pub payer: Pubkey,
    /// The blockhash, or the nonce's value.
    #[serde(with = "text")]
    pub blockhash: Hash,
    /// Set when the transaction does not expire.
    pub nonce: Option<Nonce>,
    /// What the cluster answered to the command.
    pub answers: Answers,
}

/// A transaction, what it was built from, and who has signed it so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// Name and version of the format.
    format: String,
    /// What was known before the message was built.
    pub about: About,
    /// Most compute units that it may use.
    pub compute_unit_limit: u32,
    /// Price of one (micro-lamports).
    pub compute_unit_price: u64,
    /// The message in base64.
    message: String,
    /// Signatures so far, by address.
    signatures: BTreeMap<String, String>,
}

impl Envelope {
    /// Puts a message into an envelope, with nobody's signature. The budget is read from the
    /// message.
    pub fn new(about: About, message: &VersionedMessage) -> Self {
        let (compute_unit_limit, compute_unit_price) = budget(message);
        Self {
            format: FORMAT.to_owned(),
            about,
            compute_unit_limit,
            compute_unit_price,
            message: BASE64_STANDARD.encode(message.serialize()),
            signatures: BTreeMap::new(),
        }
    }

    /// Reads a file, and checks that what it says about its message is so: whoever believed it
    /// about a nonce that the message does not have would take for dead what can still land.
    ///
    /// # Errors
    ///
    /// `unreadable_file`; `bad_envelope`: no such file, or one that contradicts itself.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let bytes = File::open(path)
            .and_then(|file| files::read_up_to(file, LARGEST))
            .map_err(|error| files::unreadable(&name, &error))?;
        let bad = |what: String| {
            Failure::at("bad_envelope", Place::file(name.clone()), what)
                .remedy("give a file that `--prepare` wrote, as it wrote it; prepare it again")
        };
        if bytes.len() as u64 > LARGEST {
            return Err(bad(format!("is larger than {LARGEST} bytes")));
        }
        let envelope: Self = serde_json::from_slice(&bytes)
            .map_err(|error| bad(format!("is no prepared transaction: {error}")))?;
        match envelope.contradiction() {
            Some(what) => Err(bad(what)),
            None => Ok(envelope),
        }
    }

    /// Writes the file as a whole.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let mut text = serde_json::to_vec_pretty(self).map_err(|error| {
            Failure::new(
                "unwritable_file",
                format!("what was prepared cannot be encoded: {error}"),
            )
            .remedy("prepare it again; if it stays, report it with the command")
        })?;
        text.push(b'\n');
        files::replace(path, &text)
    }

    /// The message.
    ///
    /// # Errors
    ///
    /// It is none; a file that was read has one.
    pub fn message(&self) -> Result<VersionedMessage, Failure> {
        self.decoded().ok_or_else(|| {
            Failure::new("bad_envelope", "the prepared transaction has no message")
                .remedy("prepare it again")
        })
    }

    /// The signatures so far.
    ///
    /// # Errors
    ///
    /// One of them is none.
    pub fn signatures(&self) -> Result<Vec<Presigned>, Failure> {
        let pairs = self.signatures.iter();
        pairs
            .map(|(key, signature)| format!("{key}={signature}").parse())
            .collect()
    }

    /// Adds `ADDRESS=SIGNATURE` pairs.
    pub fn add(&mut self, pairs: &[String]) {
        for pair in pairs {
            if let Some((key, signature)) = pair.split_once('=') {
                self.signatures.insert(key.to_owned(), signature.to_owned());
            }
        }
    }

    /// The instructions that somebody else's arguments come to, with the nonce and the budget of
    /// this envelope: what its message must consist of.
    pub fn complete(&self, instructions: &[Instruction]) -> Vec<Instruction> {
        budgeted(
            &with_nonce(self.about.nonce.as_ref(), instructions),
            self.compute_unit_limit,
            self.compute_unit_price,
        )
    }

    /// What its priority costs at most (lamports).
    pub fn priority(&self) -> u64 {
        priority(self.compute_unit_price, self.compute_unit_limit)
    }

    fn decoded(&self) -> Option<VersionedMessage> {
        let bytes = BASE64_STANDARD.decode(&self.message).ok()?;
        let message: VersionedMessage = bincode::deserialize(&bytes).ok()?;
        // Nothing before or after it.
        (message.serialize() == bytes).then_some(message)
    }

    /// What it says about its message that is not so.
    fn contradiction(&self) -> Option<String> {
        if self.format != FORMAT {
            return Some(format!("is not of the format {FORMAT}"));
        }
        let Some(message) = self.decoded() else {
            return Some("its message is none".to_owned());
        };
        let said = |what: &str| Some(format!("its message has another {what} than it says"));
        if *message.recent_blockhash() != self.about.blockhash {
            return said("blockhash");
        }
        if message.static_account_keys().first() != Some(&self.about.payer) {
            return said("payer");
        }
        if nonce_of(&message) != self.about.nonce.map(|nonce| nonce.account) {
            return said("nonce");
        }
        if budget(&message) != (self.compute_unit_limit, self.compute_unit_price) {
            return said("budget");
        }
        None
    }
}

/// Instructions after the advance of their nonce, where they have one.
pub fn with_nonce(nonce: Option<&Nonce>, instructions: &[Instruction]) -> Vec<Instruction> {
    let advance = nonce.map(|nonce| {
        solana_system_interface::instruction::advance_nonce_account(
            &nonce.account,
            &nonce.authority,
        )
    });
    advance
        .into_iter()
        .chain(instructions.iter().cloned())
        .collect()
}

/// The nonce account that a message's first instruction advances: then it does not expire.
fn nonce_of(message: &VersionedMessage) -> Option<Pubkey> {
    let keys = message.static_account_keys();
    let first = message.instructions().first()?;
    let program = keys.get(usize::from(first.program_id_index))?;
    let advances = advances_nonce(program, &first.data);
    let account = first.accounts.first().filter(|_| advances)?;
    keys.get(usize::from(*account)).copied()
}

/// Values as people write them.
mod text {
    use core::{fmt::Display, str::FromStr};

    use serde::{de::Error, Deserialize, Deserializer, Serializer};

    pub fn serialize<T: Display, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub fn deserialize<'de, T: FromStr, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        let text = String::deserialize(from)?;
        let bad = |_| D::Error::custom("neither an address nor a hash");
        text.parse().map_err(bad)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offline::sign_only;
    use solana_keypair::Keypair;
    use solana_message::Message;
    use solana_signer::Signer;
    use solana_system_interface::instruction::transfer;

    fn envelope(payer: &Pubkey, nonce: Option<Nonce>) -> (Envelope, Vec<Instruction>) {
        let instructions = vec![transfer(payer, &Pubkey::new_unique(), 7)];
        let blockhash = Hash::new_unique();
        let all = budgeted(&with_nonce(nonce.as_ref(), &instructions), 1_234, 56);
        let message =
            VersionedMessage::Legacy(Message::new_with_blockhash(&all, Some(payer), &blockhash));
        let about = About {
            command: "stake".to_owned(),
            what: "stake 5 tokens".to_owned(),
            genesis: Hash::new_unique(),
            url: "http://127.0.0.1".to_owned(),
            commitment: CommitmentLevel::Confirmed,
            key: *payer,
            payer: *payer,
            blockhash,
            nonce,
            answers: Answers::default(),
        };
        (Envelope::new(about, &message), instructions)
    }

    fn nonce() -> Nonce {
        Nonce {
            account: Pubkey::new_unique(),
            authority: Pubkey::new_unique(),
        }
    }

    #[test]
    fn a_file_carries_message_budget_and_signatures() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("transaction.json");
        let key = Keypair::new();
        for nonce in [None, Some(nonce())] {
            // given an envelope that was signed
            let (mut envelope, instructions) = envelope(&key.pubkey(), nonce);
            let message = envelope.message().unwrap();
            let signed = sign_only(&message, &[&key], &[], false).unwrap();
            envelope.add(&signed.signers);
            // when it is written and read, then nothing is lost
            envelope.write(&file).unwrap();
            let read = Envelope::read(&file).unwrap();
            assert_eq!(read, envelope);
            assert_eq!(
                (read.compute_unit_limit, read.compute_unit_price),
                (1_234, 56)
            );
            // 1,234 x 56 = 69,104 micro-lamports, rounded up.
            assert_eq!(read.priority(), 1);
            assert_eq!(read.signatures().unwrap()[0].key, key.pubkey());
            // and the same arguments build the same message.
            let again = Message::new_with_blockhash(
                &read.complete(&instructions),
                Some(&read.about.payer),
                &read.about.blockhash,
            );
            assert_eq!(again.serialize(), message.serialize());
        }
    }

    #[test]
    fn a_file_that_contradicts_itself_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("transaction.json");
        let payer = Pubkey::new_unique();
        let (good, _) = envelope(&payer, Some(nonce()));
        let (other, _) = envelope(&payer, None);
        type Change = fn(&mut Envelope);
        let changes: [(&str, Change); 7] = [
            ("blockhash", |it| it.about.blockhash = Hash::new_unique()),
            ("payer", |it| it.about.payer = Pubkey::new_unique()),
            ("nonce", |it| it.about.nonce = None),
            ("nonce", |it| it.about.nonce = Some(nonce())),
            ("budget", |it| it.compute_unit_price += 1),
            ("message", |it| it.message = "AAAA".to_owned()),
            ("format", |it| it.format = "another/1".to_owned()),
        ];
        for (what, change) in changes {
            let mut changed = good.clone();
            change(&mut changed);
            changed.write(&file).unwrap();
            let refused = Envelope::read(&file).unwrap_err();
            assert_eq!(refused.code, "bad_envelope");
            assert!(refused.message.contains(what), "{}", refused.message);
        }
        // A nonce that the message does not have is no nonce either.
        let mut changed = other;
        changed.about.nonce = Some(nonce());
        changed.write(&file).unwrap();
        assert_eq!(Envelope::read(&file).unwrap_err().code, "bad_envelope");
        // What is no such file is told with its name.
        std::fs::write(&file, "[1, 2]").unwrap();
        let refused = Envelope::read(&file).unwrap_err();
        assert_eq!(refused.code, "bad_envelope");
        assert!(refused.message.contains("transaction.json"));
        let missing = folder.path().join("none.json");
        let refused = Envelope::read(&missing).unwrap_err();
        assert_eq!(refused.code, "unreadable_file");
    }
}
