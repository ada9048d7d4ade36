//! Keys of the command line.

use std::{error::Error, io};

use clap_of_solana::ArgMatches;
use homeostat_client::Pubkey;
use solana_clap_utils::keypair::signer_from_path;
use solana_keypair::{read_keypair, read_keypair_file, Keypair};
use solana_signer::Signer;

use homeostat_settings::failure::{quoted, Failure, Place};

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

/// Finds a signer as the Solana tools do: `usb://ledger?key=ACCOUNT/CHANGE` is a hardware wallet,
/// `prompt:` (with the same `?key=` or `?full-path=`) and `ASK` ask for a seed phrase on the
/// terminal, `-` and `stdin:` read a key from stdin, and all else, `file:` before it or not, is a
/// file. `name` says on the terminal what the seed phrase is for.
///
/// # Errors
///
/// There is no such device, terminal or key. The failure never shows a secret.
pub fn read_signer(source: &str, name: &str) -> Result<Box<dyn Signer>, Failure> {
    let file = source.strip_prefix("file:");
    let file = file.map(|path| path.strip_prefix("//").unwrap_or(path));
    if source.starts_with("usb:") && !has_usb() {
        return Err(no_wallet(source, "this machine has no USB"));
    }
    if source == "ASK" || source.starts_with("prompt:") || source.starts_with("usb:") {
        // What else the Solana tools would look for among their arguments is not there.
        signer_from_path(&ArgMatches::default(), source, name, &mut None)
            .map_err(|error| unusable(source, error.as_ref()))
    } else if source.starts_with("stdin:") {
        Ok(Box::new(read_key("-")?))
    } else {
        Ok(Box::new(read_key(file.unwrap_or(source))?))
    }
}

/// Whether there is a bus to look for devices on: where Linux has none, as in a container, the
/// library that looks for them panics.
fn has_usb() -> bool {
    let bus = std::path::Path::new("/dev/bus/usb");
    !cfg!(target_os = "linux") || bus.read_dir().is_ok_and(|mut all| all.next().is_some())
}

/// Why a hardware wallet or a seed phrase is not to be had.
fn unusable(source: &str, error: &(dyn Error + 'static)) -> Failure {
    if source.starts_with("usb:") {
        return no_wallet(source, &error.to_string());
    }
    // Only what the system said is fit to be shown: any other error may be about the words.
    let why = match error.downcast_ref::<io::Error>() {
        Some(error) => format!("nothing can be asked for: {error}"),
        None => "that is no seed phrase, or no derivation path".to_owned(),
    };
    Failure::new("bad_key", why).remedy(
        "start it on a terminal and type the words of the seed phrase; its account is given as \
         prompt:?key=0/0",
    )
}

/// A hardware wallet is not to be had.
fn no_wallet(source: &str, why: &str) -> Failure {
    let message = format!("{} is not to be had: {why}", quoted(source));
    Failure::new("no_hardware_wallet", message).remedy(
        "connect the wallet, unlock it, open its Solana app, and close other programs that use \
         it; on Linux its maker's udev rules have to be installed; an account is given as \
         usb://ledger?key=0/0",
    )
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
    fn a_source_of_the_solana_tools_is_understood() {
        let file = std::env::temp_dir().join(format!("homeostat-source-{}", std::process::id()));
        let name = file.to_str().unwrap();
        let key = Keypair::new();
        solana_keypair::write_keypair_file(&key, &file).unwrap();
        for source in [
            name.to_owned(),
            format!("file:{name}"),
            format!("file://{name}"),
        ] {
            assert_eq!(read_signer(&source, "key").unwrap().pubkey(), key.pubkey());
        }
        std::fs::remove_file(&file).unwrap();

        // Given a device that is not there, then it is said so, and no file of that name is looked for.
        let source = format!("usb://ledger/{}?key=0/0", Pubkey::new_unique());
        let no_device = read_signer(&source, "key").map(|_| ()).unwrap_err();
        assert_eq!(no_device.code, "no_hardware_wallet");
        assert!(no_device.message.contains("usb://ledger/"));
        let path = read_signer("prompt:?key=zero", "key")
            .map(|_| ())
            .unwrap_err();
        assert_eq!(path.code, "bad_key");
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
