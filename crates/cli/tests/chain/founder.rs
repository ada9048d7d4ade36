//! Somebody who founds an economy, over the command line.

use std::fs;
use std::path::PathBuf;

use homeostat_client::{Economy, EconomyAddresses, Pubkey};
use homeostat_sandbox::{MintSpec, TokenProgram, World};
use homeostat_served::{create_associated, Fixture};
use solana_keypair::{write_keypair_file, Keypair};
use solana_signer::Signer;

use crate::common::{run_at, Said};

pub const SOL: u64 = 1_000_000_000;
/// Base units of a token with 6 decimals.
pub const TOKEN: u64 = 1_000_000;
/// What the founder's token has at the start (base units).
pub const SUPPLY: u64 = 1_000_000 * TOKEN;
/// Changes every controller and has a limit: more than one transaction.
pub const CHANGED: &str = "[economy]\nbounty = 5_000\nmeters = 2\n\
    [controllers.emission]\nki = 0.01\n[controllers.fee]\nki = 0.0001\n\
    [controllers.burn]\nki = 0.01\n[controllers.liquidity]\nki = 0.005\n";

/// A founder with SOL, a token and an economy file, on a served bank.
pub struct Founder {
    pub fixture: Fixture,
    pub key: PathBuf,
    pub mint: Pubkey,
    pub at: EconomyAddresses,
}

/// What is unusual about a founder's token.
#[derive(Clone, Copy, Default)]
pub struct Token {
    pub freeze: bool,
    pub decimals: Option<u8>,
    /// Nobody can mint.
    pub fixed: bool,
    /// Nothing was minted.
    pub empty: bool,
}

impl Founder {
    /// Ten SOL, a million tokens, the mint authority, and a file that changes much.
    pub fn new() -> Self {
        Self::with(10 * SOL, Token::default())
    }

    pub fn with(lamports: u64, token: Token) -> Self {
        Self::on(Fixture::live(), lamports, token)
    }

    /// The same as [`Founder::new`] on a bank that is there.
    pub fn rich_on(fixture: Fixture) -> Self {
        Self::on(fixture, 10 * SOL, Token::default())
    }

    pub fn on(fixture: Fixture, lamports: u64, token: Token) -> Self {
        let key = Keypair::new();
        let file = fixture.folder().join("founder.json");
        write_keypair_file(&key, &file).unwrap();
        let founder = key.pubkey();
        let mint = fixture.served.with(async move |world: &mut World| {
            let bank = &mut world.bank;
            if lamports > 0 {
                bank.airdrop(&founder, lamports).await;
            }
            let plain = MintSpec::plain(TokenProgram::Token2022);
            let spec = MintSpec {
                decimals: token.decimals.unwrap_or(plain.decimals),
                freeze_authority: token.freeze.then_some(founder),
                ..plain
            };
            let mint = bank.create_mint(&spec).await;
            if !token.empty {
                let program = TokenProgram::Token2022.id();
                let reserve = create_associated(world, &founder, &mint, &program).await;
                world.bank.mint_to(&mint, &reserve, SUPPLY).await;
            }
            let bank = &mut world.bank;
            let authority = (!token.fixed).then_some(&founder);
            bank.set_mint_authority(&mint, authority).await;
            mint
        });
        let founder = Self {
            at: EconomyAddresses::new(&mint, &founder),
            fixture,
            key: file,
            mint,
        };
        founder.write(&format!("{CHANGED}{}", founder.council(2)));
        founder
    }

    pub fn file(&self) -> PathBuf {
        self.fixture.folder().join("economy.toml")
    }

    pub fn write(&self, text: &str) {
        fs::write(self.file(), text).unwrap();
    }

    /// The `[council]` of the fixture's people.
    pub fn council(&self, threshold: u8) -> String {
        let members: Vec<_> = self.fixture.members.iter().map(|it| it.pubkey()).collect();
        let listed: Vec<_> = members.iter().map(|key| format!("\"{key}\"")).collect();
        format!(
            "[council]\nmembers = [{}]\nthreshold = {threshold}\nguardian = \"{}\"\n",
            listed.join(", "),
            self.fixture.guardian.pubkey()
        )
    }

    /// The words that create the economy, without a key.
    pub fn creation(&self) -> Vec<String> {
        let (file, mint) = (self.file().display().to_string(), self.mint.to_string());
        ["create-economy", &file, "--mint", &mint]
            .map(str::to_owned)
            .to_vec()
    }

    pub fn create_at(&self, url: &str, more: &[&str]) -> Said {
        let (words, key) = (self.creation(), self.key.display().to_string());
        let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
        words.extend(["--keypair", &key]);
        words.extend(more);
        run_at(&self.fixture, url, &words)
    }

    pub fn create(&self, more: &[&str]) -> Said {
        self.create_at(self.fixture.served.url(), more)
    }

    pub fn go_live(&self, more: &[&str]) -> Said {
        let (economy, key) = (self.at.economy.to_string(), self.key.display().to_string());
        let mut words = vec!["go-live", "--economy", &economy, "--keypair", &key];
        words.extend(more);
        run_at(&self.fixture, self.fixture.served.url(), &words)
    }

    /// Members and guardian accept their roles, each from a machine of its own.
    pub fn accept(&self) {
        let members = self.fixture.members.iter().map(|it| (it, "member"));
        for (who, role) in members.chain([(&self.fixture.guardian, "guardian")]) {
            let (economy, key) = (self.at.economy.to_string(), who.file.display().to_string());
            let words = [
                "accept-role",
                role,
                "--economy",
                &economy,
                "--keypair",
                &key,
            ];
            let said = run_at(&self.fixture, self.fixture.served.url(), &words);
            assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
        }
    }

    /// What `status` says of roles that were not accepted.
    pub fn offers(&self) -> usize {
        let economy = self.at.economy.to_string();
        let words = ["status", "--economy", &economy];
        let said = run_at(&self.fixture, self.fixture.served.url(), &words);
        said.json()["offers"].as_array().unwrap().len()
    }

    /// The economy, if there is one.
    pub fn economy(&self) -> Option<Box<Economy>> {
        let at = self.at.economy;
        self.fixture.served.with(async move |world: &mut World| {
            match world.bank.account(&at).await {
                Some(_) => Some(Box::new(world.bank.fetch::<Economy>(&at).await)),
                None => None,
            }
        })
    }

    /// The founder's address.
    pub fn address(&self) -> Pubkey {
        let founder = homeostat_chain::signer::read_key(&self.key.display().to_string());
        founder.unwrap().pubkey()
    }

    pub fn lamports(&self) -> u64 {
        let founder = self.address();
        let read = async move |world: &mut World| world.bank.lamports(&founder).await;
        self.fixture.served.with(read)
    }
}
