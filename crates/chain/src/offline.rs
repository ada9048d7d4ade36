//! Signing in one place and sending from another, with the JSON of the Solana command line.

use std::str::FromStr;

use base64::{prelude::BASE64_STANDARD, Engine};
use homeostat_client::Pubkey;
use serde::{Deserialize, Serialize};
use solana_message::VersionedMessage;
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use crate::connection::Connection;
use crate::send::Life;
use homeostat_settings::failure::{quoted, Failure};

/// What `--sign-only` prints: `CliSignOnlyData` of the Solana command line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignOnly {
    /// Blockhash of the message.
    pub blockhash: String,
    /// The message in base64, when `--dump-transaction-message` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// `ADDRESS=SIGNATURE` of everybody who has signed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub signers: Vec<String>,
    /// Who has yet to sign.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub absent: Vec<String>,
    /// Whose signature is not good.
    #[serde(rename = "badSig", skip_serializing_if = "Vec::is_empty", default)]
    pub bad_sig: Vec<String>,
}

/// A signature that was made elsewhere: `--signer ADDRESS=SIGNATURE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presigned {
    /// Whose it is.
    pub key: Pubkey,
    /// The signature; `None` when only the address is known.
    pub signature: Option<Signature>,
}

impl FromStr for Presigned {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let bad = |what: &str| {
            Failure::new("bad_signer", format!("{}: {what}", quoted(text)))
                .remedy("write ADDRESS=SIGNATURE as --sign-only printed it")
        };
        let (key, signature) = match text.split_once('=') {
            Some((key, signature)) => (key, Some(signature)),
            None => (text, None),
        };
        Ok(Self {
            key: key.parse().map_err(|_| bad("this is not an address"))?,
            signature: signature
                .map(|signature| signature.parse())
                .transpose()
                .map_err(|_| bad("this is not a signature"))?,
        })
    }
}

/// Signs with the keys at hand and says who has yet to sign.
pub fn sign_only(
    message: &VersionedMessage,
    keys: &[&dyn Signer],
    presigned: &[Presigned],
    dump: bool,
) -> Result<SignOnly, Failure> {
    let bytes = message.serialize();
    let mut out = SignOnly {
        blockhash: message.recent_blockhash().to_string(),
        message: dump.then(|| BASE64_STANDARD.encode(&bytes)),
        ..SignOnly::default()
    };
    for key in wanted(message) {
        let signature = match keys.iter().find(|signer| signer.pubkey() == *key) {
            Some(signer) => Some(signer.try_sign_message(&bytes).map_err(|error| {
                Failure::new("bad_key", format!("{key} cannot sign: {error}"))
                    .remedy("give the key anew with --keypair; nothing was signed")
            })?),
            None => presigned
                .iter()
                .find(|presigned| presigned.key == *key)
                .and_then(|presigned| presigned.signature),
        };
        match signature {
            None => out.absent.push(key.to_string()),
            Some(signature) if signature.verify(key.as_ref(), &bytes) => {
                out.signers.push(format!("{key}={signature}"));
            }
            Some(_) => out.bad_sig.push(key.to_string()),
        }
    }
    Ok(out)
}

/// A transaction of a message and the signatures of everybody it asks.
///
/// # Errors
///
/// Somebody is absent, or a signature is of another message.
pub fn assemble(
    message: VersionedMessage,
    keys: &[&dyn Signer],
    presigned: &[Presigned],
) -> Result<VersionedTransaction, Failure> {
    let signed = sign_only(&message, keys, presigned, false)?;
    if let Some(key) = signed.bad_sig.first() {
        return Err(Failure::new(
            "bad_signature",
            format!("the signature of {key} is of another transaction"),
        )
        .remedy("sign with the arguments that it was prepared with, and give it to nobody who changes it"));
    }
    if !signed.absent.is_empty() {
        return Err(Failure::new(
            "missing_signature",
            format!("{} must sign as well", signed.absent.join(", ")),
        )
        .remedy("each signs with --sign-only FILE, or add --signer ADDRESS=SIGNATURE for each"));
    }
    let signatures = signed
        .signers
        .iter()
        .filter_map(|pair| pair.split_once('=')?.1.parse().ok())
        .collect();
    Ok(VersionedTransaction {
        signatures,
        message,
    })
}

/// How long a transaction lives that was signed somewhere, some time ago: asked before it is
/// sent, for one that can land no more would only be waited for.
///
/// # Errors
///
/// `blockhash_expired`, `nonce_advanced` (nothing was sent), the server's.
pub fn life(
    connection: &Connection,
    transaction: &VersionedTransaction,
    nonce: Option<&Pubkey>,
) -> Result<Life, Failure> {
    let value = transaction.message.recent_blockhash();
    let (life, code, what) = match nonce {
        Some(account) => (
            connection.life_of_nonce(account, value)?,
            "nonce_advanced",
            format!("the nonce account {account} does not have the value {value} (any more)"),
        ),
        None => (
            connection.life_of_blockhash(value)?,
            "blockhash_expired",
            format!("the blockhash {value} is too old, or of another cluster"),
        ),
    };
    let signature = transaction.signatures.first().copied().unwrap_or_default();
    life.ok_or_else(|| {
        Failure::new(
            code,
            format!("{what}: the transaction can land no more; nothing was sent now"),
        )
        .remedy(format!(
            "if this very transaction was sent before, `homeostat outcome {signature}` tells what \
             became of it; else prepare and sign it again"
        ))
    })
}

/// Who has to sign a message, the payer first.
pub fn wanted(message: &VersionedMessage) -> &[Pubkey] {
    let asked = usize::from(message.header().num_required_signatures);
    let keys = message.static_account_keys();
    keys.get(..asked).unwrap_or(keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use solana_hash::Hash;
    use solana_keypair::Keypair;
    use solana_message::Message;
    use solana_system_interface::instruction::transfer;

    fn message(from: &Pubkey, payer: &Pubkey, lamports: u64) -> VersionedMessage {
        let transfer = transfer(from, &Pubkey::new_unique(), lamports);
        VersionedMessage::Legacy(Message::new_with_blockhash(
            &[transfer],
            Some(payer),
            &Hash::new_unique(),
        ))
    }

    #[test]
    fn two_places_sign_one_transaction() {
        // given a transaction of two signers, one of whom is elsewhere
        let (here, there) = (Keypair::new(), Keypair::new());
        let message = message(&there.pubkey(), &here.pubkey(), 1);
        let first = sign_only(&message, &[&here], &[], true).unwrap();
        assert_eq!(first.absent, [there.pubkey().to_string()]);
        assert_eq!(first.signers.len(), 1);
        assert_eq!(
            BASE64_STANDARD.decode(first.message.unwrap()).unwrap(),
            message.serialize()
        );

        // when the other signs
        let second = sign_only(&message, &[&there], &[], false).unwrap();
        let presigned: Presigned = second.signers[0].parse().unwrap();

        // then the first can send
        assert_eq!(
            assemble(message.clone(), &[&here], &[]).unwrap_err().code,
            "missing_signature"
        );
        let transaction = assemble(message, &[&here], &[presigned]).unwrap();
        let bytes = transaction.message.serialize();
        let keys = transaction.message.static_account_keys();
        assert_eq!(transaction.signatures.len(), 2);
        for (signature, key) in transaction.signatures.iter().zip(keys) {
            assert!(signature.verify(key.as_ref(), &bytes));
        }
    }

    #[test]
    fn a_signature_of_another_transaction_is_found() {
        let (here, there) = (Keypair::new(), Keypair::new());
        let other = message(&there.pubkey(), &here.pubkey(), 1);
        let stolen = sign_only(&other, &[&there], &[], false).unwrap();
        let presigned: Presigned = stolen.signers[0].parse().unwrap();
        let message = message(&there.pubkey(), &here.pubkey(), 1_000);
        let signed = sign_only(&message, &[], &[presigned], false).unwrap();
        assert_eq!(signed.bad_sig, [there.pubkey().to_string()]);
        let failure = assemble(message, &[&here], &[presigned]).unwrap_err();
        assert_eq!(failure.code, "bad_signature");
    }

    #[test]
    fn the_json_is_the_solana_command_lines() {
        let key = Keypair::new();
        let message = message(&key.pubkey(), &key.pubkey(), 1);
        let signed = sign_only(&message, &[], &[], false).unwrap();
        assert_eq!(
            serde_json::to_value(signed).unwrap(),
            serde_json::json!({
                "blockhash": message.recent_blockhash().to_string(),
                "absent": [key.pubkey().to_string()],
            })
        );
    }
}
