//! Keys of the command line.

use std::io;

use homeostat_client::Pubkey;
use solana_keypair::{read_keypair, read_keypair_file, Keypair};

use crate::failure::{quoted, Failure, Place};

/// Reads a key: a file of `solana-keygen`, or `-` for stdin.
///
/// # Errors
///
/// It cannot be read, or is no key. The failure never shows what was read.
pub fn read_key(source: &str) -> Result<Keypair, Failure> {
    let (key, name) = if source == "-" {
        (read_keypair(&mut io::stdin().lock()), "stdin")
    } else {
        (read_keypair_file(source), source)
    };
    key.map_err(|error| {
        // A parse error may quote the file; only what the system said is fit to be shown.
        let why = match error.downcast_ref::<io::Error>() {
            Some(error) => format!("cannot be read: {error}"),
            None => "does not hold a key".to_owned(),
        };
        Failure::at("bad_key", Place::file(name), why).remedy(
            "give a file that `solana-keygen new` wrote (64 numbers in brackets) with --keypair, \
             or set one with `solana config set --keypair`",
        )
    })
}

/// Reads an address.
///
/// # Errors
///
/// It is none; `what` names it in the message.
pub fn read_address(text: &str, what: &str) -> Result<Pubkey, Failure> {
    text.parse().map_err(|_| {
        Failure::new(
            "bad_address",
            format!("{} is not an address ({what})", quoted(text)),
        )
        .remedy("an address has 32 to 44 letters and digits, without 0, O, I and l")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use solana_signer::Signer;

    #[test]
    fn a_key_is_read_and_what_is_none_is_not_shown() {
        let file = std::env::temp_dir().join(format!("homeostat-key-{}", std::process::id()));
        let name = file.to_str().unwrap();
        let key = Keypair::new();
        solana_keypair::write_keypair_file(&key, &file).unwrap();
        assert_eq!(read_key(name).unwrap().pubkey(), key.pubkey());

        std::fs::write(&file, "[1,2,3] secret").unwrap();
        let failure = read_key(name).unwrap_err();
        assert_eq!(failure.code, "bad_key");
        assert!(!failure.to_string().contains("secret"));
        std::fs::remove_file(&file).unwrap();
        assert!(read_key(name)
            .unwrap_err()
            .message
            .contains("cannot be read"));
    }

    #[test]
    fn an_address_is_read() {
        let key = Pubkey::new_unique();
        assert_eq!(read_address(&key.to_string(), "mint").unwrap(), key);
        assert_eq!(
            read_address("0OIl", "mint").unwrap_err().code,
            "bad_address"
        );
    }
}
