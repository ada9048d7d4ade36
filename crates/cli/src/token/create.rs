//! `token create`.

use std::io::{self, Write};
use std::path::PathBuf;

use anchor_spl::token_2022::spl_token_2022::{
    extension::{metadata_pointer, ExtensionType},
    instruction as spl,
    state::Mint as MintState,
};
use anchor_spl::token_2022_extensions::spl_token_metadata_interface::{
    instruction as metadata, state::TokenMetadata,
};
use anchor_spl::{token, token_2022};
use homeostat_chain::creation::Mint;
use homeostat_chain::live::associated;
use homeostat_chain::recipient::Recipient;
use homeostat_chain::send::BASE_FEE;
use homeostat_chain::signer::read_address;
use homeostat_client::{Instruction, Pubkey};
use schemars::JsonSchema;
use serde::Serialize;
use solana_system_interface::instruction as system;

use super::program_name;
use crate::chain::amount::{Amount, Wanted};
use crate::chain::create_associated;
use crate::chain::creation::require_funds;
use crate::chain::delivery::{Delivery, HereArgs, SendArgs};
use crate::chain::key::Key;
use crate::chain::recipients::AllowArgs;
use crate::chain::write::{ClusterAnswer, Figures, Intent, Outcome};
use crate::chain::{Answer, Context};
use crate::failure::{quoted, Failure};

/// What `token create --help` closes with.
pub(super) const AFTER_LONG_HELP: &str = "\
The token has no freeze authority, and never can have one: whoever held it could lock what others
staked. Of Token-2022's extensions it has the metadata pointer and the metadata alone, which every
economy takes; the pointer leads to the mint itself, and nobody can turn it elsewhere.

The wallet of --keypair is the mint authority until `go-live --hand-over-mint` gives it to the
economy; with --fixed-supply nobody ever mints more, and the economy pays its rewards out of a vault
(mode = \"funded\").

For SPL Token there is no metadata inside the mint, and no metadata program is called: wallets show
the address until somebody creates metadata elsewhere.

All of it is one transaction: a token is there with its whole supply, or not at all. With
--mint-keypair the same words again tell what is there. A file that exists is read and never written
to; one that does not gets a new key.";

/// Longest name, symbol and address of further metadata in bytes: what wallets show of other tokens.
const LONGEST: [(&str, usize); 3] = [("--name", 32), ("--symbol", 10), ("--uri", 200)];

/// Which token program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Program {
    /// Token-2022, with the metadata in the mint
    #[value(name = "token-2022")]
    Token2022,
    /// SPL Token, without metadata
    SplToken,
}

/// Arguments of `token create`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct CreateArgs {
    /// Token program
    #[arg(long, value_enum, value_name = "PROGRAM", default_value = "token-2022")]
    token_program: Program,
    /// Name, at most 32 bytes (Token-2022)
    #[arg(long)]
    name: Option<String>,
    /// Symbol, at most 10 bytes (Token-2022)
    #[arg(long)]
    symbol: Option<String>,
    /// Address of a JSON document with image and description, at most 200 bytes (Token-2022)
    #[arg(long)]
    uri: Option<String>,
    /// Decimals of a token
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u8).range(0..=12))]
    decimals: u8,
    /// Tokens to mint
    #[arg(long, value_name = "TOKENS")]
    supply: Wanted,
    /// Wallet that gets them [default: that of --keypair]
    #[arg(long, value_name = "OWNER")]
    to: Option<String>,
    /// Nobody ever mints more; the economy's mode is then `funded`
    #[arg(long)]
    fixed_supply: bool,
    /// Who may change name, symbol and uri: an address, or `none` [default: that of --keypair]
    #[arg(long, value_name = "ADDRESS")]
    metadata_authority: Option<String>,
    /// Key of the mint's address; a new one is written where there is no such file [default: a
    /// new key that is kept nowhere]
    #[arg(long, value_name = "FILE")]
    mint_keypair: Option<PathBuf>,
    #[command(flatten)]
    allow: AllowArgs,
    #[command(flatten)]
    here: HereArgs,
}

/// A token that was created, or would be.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TokenCreated {
    /// Where.
    pub cluster: ClusterAnswer,
    /// Its address.
    pub mint: String,
    /// `Token-2022` or `SPL Token`.
    pub token_program: String,
    /// Decimals.
    pub decimals: u8,
    /// What was minted.
    pub supply: Amount,
    /// Who has it.
    pub owner: String,
    /// In which token account.
    pub token_account: String,
    /// Who can mint more; absent where nobody can.
    pub mint_authority: Option<String>,
    /// Name and symbol; absent for SPL Token.
    pub metadata: Option<MetadataAnswer>,
    /// Rent that the mint and the token account lock at most (lamports).
    pub rent_lamports: u64,
    /// What became of it.
    pub outcome: Outcome,
}

/// What a mint says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MetadataAnswer {
    /// Name.
    pub name: String,
    /// Symbol.
    pub symbol: String,
    /// Address of further metadata; empty without.
    pub uri: String,
    /// Who may change them; absent where nobody may.
    pub update_authority: Option<String>,
}

/// The metadata that the arguments ask for; none for SPL Token.
fn wanted(arguments: &CreateArgs, own: &Pubkey) -> Result<Option<MetadataAnswer>, Failure> {
    let usage = |message: String, remedy: &str| Err(Failure::new("usage", message).remedy(remedy));
    let given = [&arguments.name, &arguments.symbol, &arguments.uri];
    if arguments.token_program == Program::SplToken {
        let authority = arguments.metadata_authority.is_some();
        if authority || given.iter().any(|text| text.is_some()) {
            return usage(
                "an SPL Token mint has no room for name, symbol and uri".to_owned(),
                "leave them out: no metadata program is called; or take --token-program token-2022",
            );
        }
        return Ok(None);
    }
    for ((flag, longest), text) in LONGEST.into_iter().zip(given) {
        let Some(text) = text else {
            if flag != "--uri" {
                return usage(
                    format!("{flag} is missing"),
                    "wallets show a token by its name and symbol: --name \"My token\" --symbol MINE",
                );
            }
            continue;
        };
        let fits = (1..=longest).contains(&text.len()) && text.trim() == text;
        if !fits || text.chars().any(char::is_control) {
            return Err(Failure::new(
                "bad_value",
                format!("{flag} {} has {} bytes", quoted(text), text.len()),
            )
            .remedy(format!(
                "write 1 to {longest} bytes of printable characters, without spaces at the ends"
            )));
        }
    }
    let update_authority = match arguments.metadata_authority.as_deref() {
        None => Some(*own),
        Some("none") => None,
        Some(text) => Some(read_address(text, "--metadata-authority")?),
    };
    let text = |given: &Option<String>| given.clone().unwrap_or_default();
    Ok(Some(MetadataAnswer {
        name: text(&arguments.name),
        symbol: text(&arguments.symbol),
        uri: text(&arguments.uri),
        update_authority: update_authority.map(|key| key.to_string()),
    }))
}

/// `token create`.
///
/// # Errors
///
/// Wrong arguments; an address that no wallet has; `mint_exists` with what is there; what the
/// cluster refuses.
pub(super) fn create(context: &Context, arguments: &CreateArgs) -> Result<(), Failure> {
    let send = SendArgs::from(&arguments.here);
    let connection = &context.connection;
    let own = context.key()?;
    let payer = send.payer(&own)?;
    let told = wanted(arguments, &own.address())?;
    let supply = arguments.supply.base(0, arguments.decimals)?;
    let owner = match &arguments.to {
        None => own.address(),
        Some(text) => {
            let owner = read_address(text, "--to")?;
            let allowed = arguments.allow.allow_non_system_account_recipient;
            Recipient {
                address: owner,
                what: "the owner",
                allowed,
            }
            .require_wallet(connection, None)?;
            owner
        }
    };
    let keep = send.delivery() == Delivery::Send;
    let mint_key = Key::from(super::key::of(arguments.mint_keypair.as_deref(), keep)?);
    let mint = mint_key.address();
    refuse_taken(context, &mint)?;
    let new = NewToken {
        program: match arguments.token_program {
            Program::Token2022 => token_2022::ID,
            Program::SplToken => token::ID,
        },
        mint,
        decimals: arguments.decimals,
        own: own.address(),
        payer: payer.address(),
        owner,
        supply,
        fixed: arguments.fixed_supply,
    };
    let (instructions, rent) = new
        .instructions(told.as_ref(), &|bytes| connection.rent(bytes))?
        .map_err(|error| connection.nonsense(error))?;
    // The mint's key signs as well.
    let locked = rent.saturating_add(BASE_FEE);
    require_funds(context, &send, (&payer, &payer), locked, 1)?;
    let shown = Amount::new(supply, arguments.decimals);
    let name = told.as_ref().map_or_else(
        || "a token without metadata".to_owned(),
        |told| format!("the token {} ({})", told.name, told.symbol),
    );
    let more = match arguments.fixed_supply {
        true => "nobody can mint more".to_owned(),
        false => format!("{} can mint more", own.address()),
    };
    let intent = Intent {
        command: "token create",
        what: format!(
            "create {name} at {mint} with {} decimals and {shown} tokens for {owner}; {more}, \
             nobody can freeze it",
            arguments.decimals
        ),
        instructions,
        keys: vec![&own, &mint_key],
        admin: false,
        figures: Figures::of(shown.clone()),
    };
    let Some(written) = context.perform(&send, &own, intent)? else {
        return Ok(());
    };
    context.answer(&TokenCreated {
        cluster: written.cluster,
        mint: mint.to_string(),
        token_program: program_name(&new.program).to_owned(),
        decimals: arguments.decimals,
        supply: shown,
        owner: owner.to_string(),
        token_account: new.tokens().to_string(),
        mint_authority: (!arguments.fixed_supply).then(|| own.address().to_string()),
        metadata: told,
        rent_lamports: rent,
        outcome: written.outcome,
    })
}

/// Refuses an address that has something already, and says what.
fn refuse_taken(context: &Context, mint: &Pubkey) -> Result<(), Failure> {
    let Some(account) = context.connection.account(mint)? else {
        return Ok(());
    };
    match Mint::read(mint, Some(&account)) {
        Ok(there) => Err(Failure::new(
            "mint_exists",
            format!(
                "{mint} is a token already: {}, {} decimals, a supply of {} tokens; {} can mint more",
                program_name(&there.program),
                there.decimals,
                Amount::new(there.supply, there.decimals),
                there
                    .mint_authority
                    .map_or_else(|| "nobody".to_owned(), |key| key.to_string()),
            ),
        )
        .remedy(format!(
            "nothing was sent; `homeostat token show {mint}` shows all of it; for another token \
             name another --mint-keypair"
        ))),
        Err(_) => Err(Failure::new(
            "mint_taken",
            format!("there is an account at {mint} already, which is no token"),
        )
        .remedy("nothing was sent; name another --mint-keypair")),
    }
}

/// A token to create.
struct NewToken {
    program: Pubkey,
    mint: Pubkey,
    decimals: u8,
    /// Signs, and is the mint authority.
    own: Pubkey,
    payer: Pubkey,
    /// Gets the supply (base units).
    owner: Pubkey,
    supply: u64,
    /// Whether the mint authority is given up.
    fixed: bool,
}

type Built<T> = Result<T, solana_program::program_error::ProgramError>;

impl NewToken {
    fn tokens(&self) -> Pubkey {
        associated(&self.owner, &self.mint, &self.program)
    }

    /// Bytes of the mint when it is created, and with its metadata.
    fn sizes(&self, told: Option<&MetadataAnswer>) -> Built<(usize, usize)> {
        const PLAIN: usize = 82;
        let Some(told) = told else {
            return Ok((PLAIN, PLAIN));
        };
        let space = ExtensionType::try_calculate_account_len::<MintState>(&[
            ExtensionType::MetadataPointer,
        ])?;
        let metadata = TokenMetadata {
            name: told.name.clone(),
            symbol: told.symbol.clone(),
            uri: told.uri.clone(),
            ..TokenMetadata::default()
        };
        Ok((space, space.saturating_add(metadata.tlv_size_of()?)))
    }

    /// Everything in order, and the rent that it locks at most (lamports). The outer failure is
    /// that of `rent`.
    fn instructions(
        &self,
        told: Option<&MetadataAnswer>,
        rent: &dyn Fn(usize) -> Result<u64, Failure>,
    ) -> Result<Built<(Vec<Instruction>, u64)>, Failure> {
        // A token account with the longest extension that it gets here.
        const TOKENS: usize = 170;
        let (space, whole) = match self.sizes(told) {
            Ok(sizes) => sizes,
            Err(error) => return Ok(Err(error)),
        };
        let (locked, tokens) = (rent(whole)?, rent(TOKENS)?);
        Ok(self
            .build(told, space, locked)
            .map(|built| (built, locked.saturating_add(tokens))))
    }

    fn build(
        &self,
        told: Option<&MetadataAnswer>,
        space: usize,
        lamports: u64,
    ) -> Built<Vec<Instruction>> {
        let (program, mint, own) = (&self.program, &self.mint, &self.own);
        let mut all = vec![system::create_account(
            &self.payer,
            mint,
            lamports,
            space as u64,
            program,
        )];
        if told.is_some() {
            all.push(metadata_pointer::instruction::initialize(
                program,
                mint,
                None,
                Some(*mint),
            )?);
        }
        all.push(spl::initialize_mint2(
            program,
            mint,
            own,
            None,
            self.decimals,
        )?);
        if let Some(told) = told {
            let named = told.update_authority.as_deref();
            let authority = named.and_then(|key| key.parse().ok()).unwrap_or(*own);
            all.push(metadata::initialize(
                program,
                mint,
                &authority,
                mint,
                own,
                told.name.clone(),
                told.symbol.clone(),
                told.uri.clone(),
            ));
            if named.is_none() {
                all.push(metadata::update_authority(
                    program,
                    mint,
                    own,
                    Default::default(),
                ));
            }
        }
        all.push(create_associated(&self.payer, &self.owner, mint, program));
        all.push(spl::mint_to(
            program,
            mint,
            &self.tokens(),
            own,
            &[],
            self.supply,
        )?);
        if self.fixed {
            let minting = spl::AuthorityType::MintTokens;
            all.push(spl::set_authority(program, mint, None, minting, own, &[])?);
        }
        Ok(all)
    }
}

impl Answer for TokenCreated {
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        match &self.outcome {
            Outcome::Simulated(simulated) => writeln!(
                out,
                "would go through ({} compute units); nothing was sent",
                simulated.compute_units
            )?,
            _ => writeln!(out, "done")?,
        }
        writeln!(out, "  mint       {} ({})", self.mint, self.token_program)?;
        writeln!(
            out,
            "  supply     {} tokens of {} decimals, for {}",
            self.supply, self.decimals, self.owner
        )?;
        writeln!(out, "  account    {}", self.token_account)?;
        match &self.mint_authority {
            Some(key) => writeln!(
                out,
                "  minting    {key}, until `go-live --hand-over-mint` gives it to an economy"
            )?,
            None => writeln!(out, "  minting    nobody; an economy is `funded`")?,
        }
        writeln!(out, "  freezing   nobody")?;
        match &self.metadata {
            Some(told) => writeln!(
                out,
                "  metadata   {} ({}), in the mint; {} can change it",
                told.name,
                told.symbol,
                told.update_authority.as_deref().unwrap_or("nobody")
            )?,
            None => writeln!(
                out,
                "  metadata   none: no metadata program was called, so wallets show the address"
            )?,
        }
        if let Outcome::Sent(sent) = &self.outcome {
            writeln!(out, "  signature  {}", sent.signature)?;
            writeln!(out, "next: homeostat init --mint {}", self.mint)?;
        }
        Ok(())
    }
}
