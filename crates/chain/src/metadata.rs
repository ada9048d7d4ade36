//! What a token calls itself: the name and the symbol of its metadata, in the mint itself
//! (Token-2022) or in an account of Metaplex's token metadata program.
//!
//! Whoever made the token chose both, so they prove nothing: they are shown beside the mint's
//! address, never instead of it.

use anchor_spl::{
    token_2022,
    token_2022::spl_token_2022::{
        extension::{BaseStateWithExtensions, PodStateWithExtensions},
        pod::PodMint,
    },
    token_2022_extensions::spl_token_metadata_interface::state::TokenMetadata,
};
use homeostat_client::Pubkey;
use homeostat_settings::human::foreign;
use solana_account::Account;

/// Metaplex's token metadata program.
pub const METAPLEX: Pubkey = Pubkey::from_str_const("metaqbxxUerdq28cj1RbAWkYQm3ybzjb6a8bt518x1s");

/// First byte of a Metaplex account that describes a token.
const METADATA_V1: u8 = 4;

/// Most characters of a name that are shown; Metaplex allows 32 bytes.
const LONGEST_NAME: usize = 32;
/// Most characters of a symbol that are shown; Metaplex allows 10 bytes.
const LONGEST_SYMBOL: usize = 10;

/// What a token calls itself, fit to be shown on a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenName {
    /// Its name.
    pub name: String,
    /// Its symbol.
    pub symbol: String,
}

/// Where Metaplex's metadata of a mint lies.
pub fn address(mint: &Pubkey) -> Pubkey {
    let seeds = [b"metadata".as_slice(), METAPLEX.as_ref(), mint.as_ref()];
    Pubkey::find_program_address(&seeds, &METAPLEX).0
}

/// The name of a mint, from its account and from the one at [`address`]; `None` when neither has
/// one, or what they have cannot be read.
pub fn read(
    mint: &Pubkey,
    account: Option<&Account>,
    metadata: Option<&Account>,
) -> Option<TokenName> {
    let own = account
        .filter(|account| account.owner == token_2022::ID)
        .and_then(|account| in_mint(&account.data));
    let beside = || {
        let metadata = metadata.filter(|account| account.owner == METAPLEX)?;
        fields(metadata.data.strip_prefix(&[METADATA_V1])?, mint)
    };
    let (name, symbol) = own.or_else(beside)?;
    let shown = TokenName {
        name: foreign(&name, LONGEST_NAME),
        symbol: foreign(&symbol, LONGEST_SYMBOL),
    };
    (!shown.name.is_empty() || !shown.symbol.is_empty()).then_some(shown)
}

fn in_mint(data: &[u8]) -> Option<(String, String)> {
    let mint = PodStateWithExtensions::<PodMint>::unpack(data).ok()?;
    let own = mint.get_variable_len_extension::<TokenMetadata>().ok()?;
    Some((own.name, own.symbol))
}

/// Update authority, mint, name and symbol; the texts are filled up with zeros.
fn fields(data: &[u8], mint: &Pubkey) -> Option<(String, String)> {
    let (_, rest) = data.split_at_checked(32)?;
    let rest = rest.strip_prefix(mint.as_ref())?;
    let (name, rest) = text(rest)?;
    let (symbol, _) = text(rest)?;
    Some((name, symbol))
}

/// A text with its length in front, and what follows it.
fn text(data: &[u8]) -> Option<(String, &[u8])> {
    let (length, rest) = data.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (text, rest) = rest.split_at_checked(length)?;
    Some((String::from_utf8_lossy(text).into_owned(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metaplex(mint: &Pubkey, name: &str, symbol: &str) -> Account {
        let mut data = vec![METADATA_V1];
        data.extend([7; 32]);
        data.extend(mint.as_ref());
        for (text, room) in [(name, 32), (symbol, 10)] {
            let mut padded = text.as_bytes().to_vec();
            padded.resize(room.max(padded.len()), 0);
            data.extend((padded.len() as u32).to_le_bytes());
            data.extend(padded);
        }
        Account {
            data,
            owner: METAPLEX,
            ..Account::default()
        }
    }

    #[test]
    fn a_name_is_read_without_what_fills_it_up() {
        let mint = Pubkey::new_unique();
        let read = read(&mint, None, Some(&metaplex(&mint, "Homeostat", "HOM"))).unwrap();
        assert_eq!(
            (read.name.as_str(), read.symbol.as_str()),
            ("Homeostat", "HOM")
        );
    }

    #[test]
    fn hu1_a_name_cannot_write_over_the_lines_around_it() {
        let mint = Pubkey::new_unique();
        let hostile = metaplex(&mint, "A\u{1b}[2J\u{1b}[1;1Hsupply 1\r\n", "\u{202e}MOH");
        let read = read(&mint, None, Some(&hostile)).unwrap();
        assert_eq!(read.name, "A[2J[1;1Hsupply 1");
        assert_eq!(read.symbol, "MOH");
    }

    #[test]
    fn what_is_no_metadata_of_the_mint_has_no_name() {
        let mint = Pubkey::new_unique();
        let good = metaplex(&mint, "Homeostat", "HOM");
        // of another mint, of another program, cut off anywhere, empty
        let other = Pubkey::new_unique();
        assert_eq!(read(&other, None, Some(&good)), None);
        let mut owned = good.clone();
        owned.owner = other;
        assert_eq!(read(&mint, None, Some(&owned)), None);
        for length in 0..good.data.len() {
            let mut short = good.clone();
            short.data.truncate(length);
            assert_eq!(read(&mint, None, Some(&short)), None, "{length}");
        }
        assert_eq!(read(&mint, None, Some(&metaplex(&mint, "", ""))), None);
        let mut long = good;
        long.data[65..69].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(read(&mint, None, Some(&long)), None);
        assert_eq!(read(&mint, None, None), None);
    }
}
