//! `token show`: what a founder should know of a token before an economy is made of it.

use std::io::{self, Write};

use anchor_spl::token_2022::spl_token_2022::{
    extension::{BaseStateWithExtensions, ExtensionType, StateWithExtensions},
    state::Mint as MintState,
};
use anchor_spl::token_2022_extensions::spl_token_metadata_interface::state::TokenMetadata;
use homeostat::state::mint_rules;
use homeostat_chain::creation::Mint;
use homeostat_chain::refusal;
use homeostat_chain::signer::read_address;
use homeostat_client::{EconomyAddresses, Pubkey};
use schemars::JsonSchema;
use serde::Serialize;
use solana_program::account_info::AccountInfo;
use solana_program::program_error::ProgramError;

use super::create::MetadataAnswer;
use super::program_name;
use crate::chain::amount::Amount;
use crate::chain::labels::Labels;
use crate::chain::{Answer, Context};
use crate::failure::Failure;

/// Where the extensions of a mint begin: behind the length of a token account and the byte of the
/// account's type.
const EXTENSIONS_AT: usize = 166;
/// Where a mint has its optional freeze authority.
const FREEZE_AT: usize = 46;

/// Arguments of `token show`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ShowArgs {
    /// Address of the token
    mint: String,
    /// Who would make an economy of it: a transfer fee may be in the hands of that economy alone
    /// [default: the wallet of --keypair, if there is one]
    #[arg(long, value_name = "ADDRESS")]
    creator: Option<String>,
}

/// A token.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TokenShown {
    /// Its address.
    pub mint: String,
    /// `Token-2022` or `SPL Token`.
    pub token_program: String,
    /// Decimals.
    pub decimals: u8,
    /// Supply.
    pub supply: Amount,
    /// Who can mint; absent where nobody can.
    pub mint_authority: Option<String>,
    /// Who can freeze balances; absent where nobody can.
    pub freeze_authority: Option<String>,
    /// Its extensions.
    pub extensions: Vec<ExtensionAnswer>,
    /// What it says of itself; absent where the mint has no metadata.
    pub metadata: Option<MetadataAnswer>,
    /// Whether an economy would take it, by the program's own rule.
    pub accepted: bool,
    /// Why not, and what to do.
    pub refused_for: Vec<String>,
    /// What a founder should know besides.
    pub remarks: Vec<String>,
    /// Names of addresses, for people.
    #[serde(skip)]
    labels: Labels,
}

/// An extension of a mint.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ExtensionAnswer {
    /// Its name in Token-2022, or its number where this version does not know it.
    pub name: String,
    /// Whether an economy takes a mint that has it.
    pub accepted: bool,
}

/// The program's rule for a mint with this data.
fn rule(mint: &Pubkey, program: &Pubkey, data: &[u8], authority: &Pubkey) -> Result<(), Failure> {
    let (mut lamports, mut data) = (0, data.to_vec());
    let account = AccountInfo::new(mint, false, false, &mut lamports, &mut data, program, false);
    mint_rules::require_safe(&account, authority).map_err(|error| {
        let number = match ProgramError::from(error) {
            ProgramError::Custom(number) => number,
            _ => 0,
        };
        refusal::of_program(number, &[""; 0])
    })
}

/// Each extension, and whether the program takes a mint that has it alone.
fn extensions(
    mint: &Pubkey,
    program: &Pubkey,
    data: &[u8],
    authority: &Pubkey,
) -> Vec<ExtensionAnswer> {
    let mut all = Vec::new();
    let (Some(base), Some(mut rest)) = (data.get(..EXTENSIONS_AT), data.get(EXTENSIONS_AT..))
    else {
        return all;
    };
    // The freeze authority is told by itself.
    let mut base = base.to_vec();
    if let Some(option) = base.get_mut(FREEZE_AT..FREEZE_AT + 4) {
        option.fill(0);
    }
    while let Some((header, tail)) = rest.split_first_chunk::<4>() {
        let [t0, t1, l0, l1] = *header;
        let kind = u16::from_le_bytes([t0, t1]);
        let length = usize::from(u16::from_le_bytes([l0, l1]));
        if kind == 0 {
            break;
        }
        let value = tail.get(..length).unwrap_or(tail);
        let alone = [&base, &header[..], value].concat();
        all.push(ExtensionAnswer {
            name: ExtensionType::try_from(kind).map_or_else(
                |_| format!("extension {kind}"),
                |known| format!("{known:?}"),
            ),
            accepted: rule(mint, program, &alone, authority).is_ok(),
        });
        rest = tail.get(length..).unwrap_or(&[]);
    }
    all
}

/// What the mint says of itself, where it holds that itself.
fn metadata(data: &[u8]) -> Option<MetadataAnswer> {
    let mint = StateWithExtensions::<MintState>::unpack(data).ok()?;
    let told = mint.get_variable_len_extension::<TokenMetadata>().ok()?;
    let update_authority: Option<Pubkey> = told.update_authority.into();
    Some(MetadataAnswer {
        name: printable(&told.name),
        symbol: printable(&told.symbol),
        uri: printable(&told.uri),
        update_authority: update_authority.map(|key| key.to_string()),
    })
}

/// A stranger's text without what a terminal would obey.
fn printable(text: &str) -> String {
    let fits = |letter: &char| !letter.is_control() && !is_direction(*letter);
    text.chars().filter(fits).take(256).collect()
}

/// Marks that turn the direction of a text, or are not seen.
fn is_direction(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// `token show`.
///
/// # Errors
///
/// There is no such token; the server's.
pub(super) fn show(context: &Context, arguments: &ShowArgs) -> Result<(), Failure> {
    let address = read_address(&arguments.mint, "the token")?;
    let creator = match &arguments.creator {
        Some(text) => Some(read_address(text, "--creator")?),
        // Nobody's key is needed to look at a token.
        None => context.key().ok().map(|key| key.address()),
    };
    let account = context.connection.account(&address)?;
    let mint = Mint::read(&address, account.as_ref())?;
    let data = account.map(|account| account.data).unwrap_or_default();
    let at = EconomyAddresses::new(&address, &creator.unwrap_or_default());
    let judged = rule(&address, &mint.program, &data, &at.authority);
    let extensions = extensions(&address, &mint.program, &data, &at.authority);
    let mut refused_for = Vec::new();
    if let Err(failure) = mint.require_no_freeze(&address) {
        refused_for.push(format!("{}; {}", failure.message, failure.remedy));
    }
    let unsafe_ones = extensions.iter().filter(|extension| !extension.accepted);
    let names: Vec<&str> = unsafe_ones
        .map(|extension| extension.name.as_str())
        .collect();
    if !names.is_empty() {
        refused_for.push(format!(
            "{} could seize, freeze, tax or hide what people hold; a mint keeps its extensions, so \
             create another token: `homeostat token create`",
            names.join(", ")
        ));
    }
    if let (Err(failure), true) = (&judged, refused_for.is_empty()) {
        refused_for.push(format!("{}; {}", failure.message, failure.remedy));
    }
    context.answer(&TokenShown {
        mint: address.to_string(),
        token_program: program_name(&mint.program).to_owned(),
        decimals: mint.decimals,
        supply: Amount::new(mint.supply, mint.decimals),
        mint_authority: mint.mint_authority.map(|key| key.to_string()),
        freeze_authority: mint.freeze_authority.map(|key| key.to_string()),
        remarks: remarks(&mint, &at.authority, creator),
        extensions,
        metadata: metadata(&data),
        accepted: judged.is_ok(),
        refused_for,
        labels: context.labels(),
    })
}

/// What stands in the way of an opening, or decides its mode.
fn remarks(mint: &Mint, authority: &Pubkey, creator: Option<Pubkey>) -> Vec<String> {
    let mut all = Vec::new();
    if mint.supply == 0 {
        all.push("nothing was minted yet: an economy goes live with a supply above 0".to_owned());
    }
    all.push(match mint.mint_authority {
        None => "nobody can mint more: an economy of it has mode = \"funded\"".to_owned(),
        Some(key) if key == *authority => "its economy holds the mint authority".to_owned(),
        Some(key) if Some(key) == creator => {
            "this wallet can mint; `go-live --hand-over-mint` gives that to the economy".to_owned()
        }
        Some(_) => "who can mint has to give that to the economy before it goes live, or the \
                    economy has mode = \"funded\""
            .to_owned(),
    });
    all
}

impl Answer for TokenShown {
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        let who = |key: &Option<String>| match key {
            Some(key) => self.labels.labelled(key),
            None => "nobody".to_owned(),
        };
        if let Some(told) = &self.metadata {
            writeln!(out, "{} ({})", told.name, told.symbol)?;
        }
        writeln!(out, "  mint       {} ({})", self.mint, self.token_program)?;
        writeln!(
            out,
            "  supply     {} tokens of {} decimals",
            self.supply, self.decimals
        )?;
        writeln!(out, "  minting    {}", who(&self.mint_authority))?;
        writeln!(out, "  freezing   {}", who(&self.freeze_authority))?;
        if let Some(told) = &self.metadata {
            if !told.uri.is_empty() {
                writeln!(out, "  more       {}", told.uri)?;
            }
            writeln!(
                out,
                "  metadata   {} can change it",
                who(&told.update_authority)
            )?;
        }
        for extension in &self.extensions {
            let verdict = if extension.accepted {
                "taken"
            } else {
                "refused"
            };
            writeln!(out, "  extension  {}: {verdict}", extension.name)?;
        }
        match self.accepted {
            true => writeln!(out, "an economy would take it")?,
            false => writeln!(out, "no economy takes it:")?,
        }
        let mut lines = self.refused_for.iter().chain(&self.remarks);
        lines.try_for_each(|line| writeln!(out, "- {line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_text_cannot_command_a_terminal() {
        assert_eq!(printable("a\u{1b}[31mb\u{202e}c\u{200b}"), "a[31mbc");
        assert_eq!(printable("Ökonomie 1"), "Ökonomie 1");
        assert_eq!(printable(&"a".repeat(1_000)).len(), 256);
    }
}
