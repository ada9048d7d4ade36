//! An economy that is live and served, with everybody's keys in files.

use std::path::{Path, PathBuf};

use anchor_spl::associated_token::{
    get_associated_token_address_with_program_id,
    spl_associated_token_account::instruction::create_associated_token_account,
};
use homeostat_client::EconomyAddresses;
use homeostat_sandbox::{
    solana_program_test::ProgramTest, world::TOKEN, Bank, Wallet, World, WorldSpec,
};
use solana_keypair::{write_keypair_file, Keypair};
use solana_program::pubkey::Pubkey;
use solana_signer::Signer;
use tempfile::TempDir;

use crate::Served;

/// SOL of everybody who signs (lamports).
const LAMPORTS: u64 = 100_000_000_000;
/// Tokens of each wallet (base units).
const TOKENS: u64 = 1_000_000 * TOKEN;

/// Somebody in the fixture.
pub struct Person {
    /// Signs.
    pub key: Keypair,
    /// The file with the key, as `solana-keygen` writes it.
    pub file: PathBuf,
}

impl Person {
    /// The address.
    pub fn pubkey(&self) -> Pubkey {
        self.key.pubkey()
    }
}

/// A served economy with a council and two wallets; key files and a `config.yml` of the
/// Solana command line lie in a temporary folder.
///
/// ```no_run
/// use homeostat_served::Fixture;
///
/// let fixture = Fixture::live();
/// let mut homeostat = std::process::Command::new("homeostat");
/// homeostat.arg("--config").arg(fixture.config());
/// ```
pub struct Fixture {
    /// The world behind JSON-RPC.
    pub served: Served<World>,
    /// The economy's addresses.
    pub at: EconomyAddresses,
    /// Created the economy; the bank's payer, and the key of `config.yml`.
    pub creator: Person,
    /// Members of the council: three, two of whom decide, unless the spec says otherwise.
    pub members: Vec<Person>,
    /// Pauses and vetoes.
    pub guardian: Person,
    /// Two wallets with SOL and a million tokens each, at their associated accounts.
    pub wallets: Vec<Person>,
    /// The wallets' token accounts.
    pub tokens: Vec<Pubkey>,
    folder: TempDir,
}

impl Fixture {
    /// The default economy, live.
    pub fn live() -> Self {
        Self::of(WorldSpec::default())
    }

    /// An economy by its spec.
    pub fn of(spec: WorldSpec) -> Self {
        Self::with_programs(spec, |_| ())
    }

    /// An economy by its spec, on a bank with the programs that `add` adds.
    pub fn with_programs(
        spec: WorldSpec,
        add: impl FnOnce(&mut ProgramTest) + Send + 'static,
    ) -> Self {
        let build = async move || World::build_on(Bank::start_with(add).await, &spec).await;
        let served = Served::start(build);
        let set_up = served.with(async |world: &mut World| {
            let mut wallets = Vec::new();
            for _ in 0..2 {
                let wallet = associated(world, TOKENS).await;
                wallets.push((wallet.key, wallet.tokens));
            }
            let members: Vec<_> = world.members.iter().map(Keypair::insecure_clone).collect();
            let guardian = world.guardian.insecure_clone();
            let all = members.iter().chain([&guardian]);
            let all = all.chain(wallets.iter().map(|(key, _)| key));
            for key in all {
                world.bank.airdrop(&key.pubkey(), LAMPORTS).await;
            }
            let creator = world.creator.insecure_clone();
            (world.at, creator, members, guardian, wallets)
        });
        let (at, creator, members, guardian, wallets) = set_up;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let person = |name: String, key: Keypair| {
            let file = folder.path().join(format!("{name}.json"));
            write_keypair_file(&key, &file).expect("a key file is written");
            Person { key, file }
        };
        let creator = person("creator".into(), creator);
        let guardian = person("guardian".into(), guardian);
        let numbered = members.into_iter().enumerate();
        let members = numbered
            .map(|(n, key)| person(format!("member-{n}"), key))
            .collect();
        let (keys, tokens): (Vec<_>, Vec<_>) = wallets.into_iter().unzip();
        let numbered = keys.into_iter().enumerate();
        let wallets = numbered
            .map(|(n, key)| person(format!("wallet-{n}"), key))
            .collect();
        let fixture = Self {
            served,
            at,
            creator,
            members,
            guardian,
            wallets,
            tokens,
            folder,
        };
        fixture.write_config(fixture.served.url());
        fixture
    }

    /// What a wallet's token account holds (base units).
    pub fn balance(&self, wallet: usize) -> u64 {
        let tokens = self.tokens[wallet];
        self.served
            .with(async move |world: &mut World| world.bank.balance(&tokens).await)
    }

    /// The folder of the key files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// `config.yml` of the Solana command line.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("config.yml")
    }

    /// Points `config.yml` to another URL, such as that of a [`Proxy`](crate::Proxy).
    pub fn write_config(&self, url: &str) {
        let config = format!(
            "---\njson_rpc_url: \"{url}\"\nwebsocket_url: \"\"\nkeypair_path: \"{}\"\n\
             address_labels: {{}}\ncommitment: \"confirmed\"\n",
            self.creator.file.display()
        );
        std::fs::write(self.config(), config).expect("config.yml is written");
    }
}

/// Creates the associated account of an owner for a token of the program, and returns its address.
///
/// # Panics
///
/// The account is there already.
pub async fn create_associated(
    world: &mut World,
    owner: &Pubkey,
    mint: &Pubkey,
    program: &Pubkey,
) -> Pubkey {
    let payer = world.bank.payer().pubkey();
    let create = create_associated_token_account(&payer, owner, mint, program);
    world
        .run(&[create])
        .await
        .unwrap_or_else(|failure| panic!("creating a token account: {failure}"));
    get_associated_token_address_with_program_id(owner, mint, program)
}

/// A wallet with tokens out of the reserve at its associated account.
async fn associated(world: &mut World, amount: u64) -> Wallet {
    let key = world.bank.fresh_key();
    let (mint, program) = (world.at.mint, world.token_program);
    let tokens = create_associated(world, &key.pubkey(), &mint, &program).await;
    let (reserve, creator) = (world.reserve, world.creator.insecure_clone());
    world
        .bank
        .transfer(&mint, &reserve, &tokens, &creator, amount)
        .await;
    Wallet { key, tokens }
}
