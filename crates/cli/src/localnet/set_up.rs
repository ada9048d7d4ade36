//! What a local cluster needs to be of use: a token, people with SOL and tokens, an
//! economy that is live, and a stake. Only what is missing is made.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anchor_spl::token;
use anchor_spl::token_2022::spl_token_2022::instruction as spl;
use homeostat_chain::creation::{Creation, Found, Mint, Stage};
use homeostat_chain::live::associated;
use homeostat_chain::send::pack;
use homeostat_chain::signer::read_key;
use homeostat_chain::{Connection, Fees, Sender};
use homeostat_client::instruction::{self as ix, StakeMint};
use homeostat_client::{
    address, governance, CouncilArgs, EconomyAddresses, Instruction, Position, Pubkey, SeatArgs,
};
use homeostat_settings::economy_file::{read_economy, EconomySpec};
use homeostat_settings::Failure;
use solana_keypair::{write_keypair_file, Keypair};
use solana_signer::Signer;
use solana_system_interface::instruction as system;

use crate::chain::create_associated;

/// The economy file.
const ECONOMY: &str = include_str!("economy.toml");
/// What everybody gets (lamports).
const LAMPORTS: u64 = 100_000_000_000;
/// What the keeper vault gets for bounties (lamports).
const BOUNTIES: u64 = 1_000_000_000;
/// Part of the supply that each wallet with tokens gets: a hundredth.
const PART: u64 = 100;
/// Members whose approval a proposal needs.
const THRESHOLD: u8 = 2;
/// How long what was sent may take to be confirmed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody with a key file.
pub struct Person {
    /// `alice`, `member-1`.
    pub name: &'static str,
    /// The key.
    pub key: Keypair,
    /// Its file.
    pub file: PathBuf,
}

impl Person {
    /// The key of a file; made when there is none.
    fn of(name: &'static str, folder: &Path) -> Result<Self, Failure> {
        let file = folder.join(format!("{name}.json"));
        let shown = file.display().to_string();
        if !file.exists() {
            write_keypair_file(&Keypair::new(), &file).map_err(|error| {
                Failure::new(
                    "unwritable_file",
                    format!("{shown} cannot be written: {error}"),
                )
                .remedy("check that the folder is yours and has room")
            })?;
        }
        Ok(Self {
            name,
            key: read_key(&shown)?,
            file,
        })
    }

    /// The address.
    pub fn address(&self) -> Pubkey {
        self.key.pubkey()
    }
}

/// Everybody on the local cluster.
pub struct People {
    /// Created the economy; has the SOL of the genesis and most tokens.
    pub founder: Person,
    /// Has SOL, tokens and a stake.
    pub alice: Person,
    /// Has SOL and tokens.
    pub bob: Person,
    /// Cranks.
    pub keeper: Person,
    /// The council.
    pub members: [Person; 3],
    /// Pauses and vetoes.
    pub guardian: Person,
    mint: Person,
}

impl People {
    /// Reads the key files of a folder and makes those that are missing; the founder is
    /// whom the genesis paid.
    ///
    /// # Errors
    ///
    /// A file cannot be read or written.
    pub fn of(folder: &Path, founder: PathBuf) -> Result<Self, Failure> {
        let person = |name| Person::of(name, folder);
        Ok(Self {
            founder: Person {
                name: "founder",
                key: read_key(&founder.display().to_string())?,
                file: founder,
            },
            alice: person("alice")?,
            bob: person("bob")?,
            keeper: person("keeper")?,
            members: [
                person("member-1")?,
                person("member-2")?,
                person("member-3")?,
            ],
            guardian: person("guardian")?,
            mint: person("mint")?,
        })
    }

    /// Everybody but the mint.
    pub fn all(&self) -> impl Iterator<Item = &Person> {
        [&self.founder, &self.alice, &self.bob, &self.keeper]
            .into_iter()
            .chain(&self.members)
            .chain([&self.guardian])
    }

    /// The economy's addresses.
    pub fn at(&self) -> EconomyAddresses {
        EconomyAddresses::new(&self.mint.address(), &self.founder.address())
    }

    /// Members whose approval a proposal needs.
    pub const fn threshold() -> u8 {
        THRESHOLD
    }

    /// The economy file, with these people as its council.
    fn spec(&self) -> Result<EconomySpec, Failure> {
        let seat = |person: &Person| SeatArgs {
            key: person.address(),
            via: None,
        };
        let mut spec = read_economy(ECONOMY.as_bytes(), "economy.toml")?;
        spec.council = Some(CouncilArgs {
            members: self.members.iter().map(seat).collect(),
            append: false,
            threshold: THRESHOLD,
            guardian: seat(&self.guardian),
            delays: None,
        });
        Ok(spec)
    }

    /// Makes what is missing; `go_on` is asked before every transaction.
    ///
    /// # Errors
    ///
    /// The cluster's; that of `go_on`.
    pub fn settle(
        &self,
        connection: &Connection,
        go_on: &dyn Fn() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let missing = self.missing(connection)?;
        let founder = &self.founder.key;
        let council = self.members.iter().chain([&self.guardian]);
        let signers: Vec<&dyn Signer> = [founder, &self.mint.key, &self.alice.key]
            .into_iter()
            .chain(council.map(|person| &person.key))
            .map(|key| key as &dyn Signer)
            .collect();
        let sender = Sender::new(connection, Fees::default());
        for batch in pack(&founder.pubkey(), &missing) {
            go_on()?;
            sender.send(founder, &signers, &batch)?;
        }
        Ok(())
    }

    /// Waits until a reader with this connection's commitment sees everything.
    ///
    /// # Errors
    ///
    /// It does not come; the cluster's; that of `go_on`.
    pub fn wait(
        &self,
        connection: &Connection,
        go_on: &dyn Fn() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let begin = Instant::now();
        while connection.fetch::<Position>(&self.stake())?.is_none() {
            go_on()?;
            if begin.elapsed() > PATIENCE {
                return Err(
                    Failure::new("rpc_stalled", "the validator confirms nothing")
                        .remedy("the machine may be too busy; try again"),
                );
            }
            sleep(super::child::POLL);
        }
        Ok(())
    }

    /// Alice's position.
    fn stake(&self) -> Pubkey {
        let at = self.at();
        address::position(&at.pool(&at.mint), &self.alice.address())
    }

    fn missing(&self, connection: &Connection) -> Result<Vec<Instruction>, Failure> {
        let spec = self.spec()?;
        let (at, founder, program) = (self.at(), self.founder.address(), token::ID);
        let unfit = |error| connection.nonsense(error);
        let creation = Creation {
            mint: at.mint,
            creator: founder,
            via: None,
            spec: &spec,
        };
        let tokens_of = |person: &Person| associated(&person.address(), &at.mint, &program);
        let others: Vec<&Person> = self.all().skip(1).collect();
        let holders = [&self.alice, &self.bob];

        let mut wanted = creation.reads().to_vec();
        wanted.extend([at.keeper_vault, self.stake()]);
        wanted.extend(holders.map(tokens_of));
        wanted.extend(others.iter().map(|person| person.address()));
        let accounts = connection.accounts(&wanted)?;
        let (state, rest) = accounts.split_at_checked(3).unwrap_or_default();
        let (single, rest) = rest.split_at_checked(2).unwrap_or_default();
        let (held, wallets) = rest.split_at_checked(holders.len()).unwrap_or_default();
        let there = |place: usize| single.get(place).is_some_and(Option::is_some);

        let mut todo = Vec::new();
        let found = if state.first().is_some_and(Option::is_some) {
            creation.found(state)?
        } else {
            const MINT: usize = 82;
            let reserve = tokens_of(&self.founder);
            todo.extend([
                system::create_account(
                    &founder,
                    &at.mint,
                    connection.rent(MINT)?,
                    MINT as u64,
                    &program,
                ),
                spl::initialize_mint2(&program, &at.mint, &founder, None, spec.decimals)
                    .map_err(unfit)?,
                create_associated(&founder, &founder, &at.mint, &program),
                spl::mint_to(&program, &at.mint, &reserve, &founder, &[], spec.supply)
                    .map_err(unfit)?,
            ]);
            Found {
                mint: Mint {
                    program,
                    supply: spec.supply,
                    decimals: spec.decimals,
                    mint_authority: Some(founder),
                    freeze_authority: None,
                },
                stage: Stage::Nothing,
                pools: Vec::new(),
                feeds: Vec::new(),
            }
        };
        for (person, _) in others.iter().zip(wallets).filter(|(_, it)| it.is_none()) {
            todo.push(system::transfer(&founder, &person.address(), LAMPORTS));
        }
        for (person, _) in holders.iter().zip(held).filter(|(_, it)| it.is_none()) {
            let (from, to) = (tokens_of(&self.founder), tokens_of(person));
            let amount = spec.supply / PART;
            todo.push(create_associated(
                &founder,
                &person.address(),
                &at.mint,
                &program,
            ));
            todo.push(
                spl::transfer_checked(
                    &program,
                    &from,
                    &at.mint,
                    &to,
                    &founder,
                    &[],
                    amount,
                    spec.decimals,
                )
                .map_err(unfit)?,
            );
        }
        if !there(0) {
            todo.push(system::transfer(&founder, &at.keeper_vault, BOUNTIES));
        }
        let pieces = creation.missing(&found, &|bytes| connection.rent(bytes))?;
        todo.extend(pieces.into_iter().map(|piece| piece.instruction));
        let accept = creation.not_accepted(&found).into_iter();
        todo.extend(accept.map(|(role, seat)| governance::accept_role(&at, &seat.key, role)));
        if !matches!(found.stage, Stage::Created) {
            if found.mint.mint_authority == Some(founder) {
                todo.push(
                    spl::set_authority(
                        &program,
                        &at.mint,
                        Some(&at.authority),
                        spl::AuthorityType::MintTokens,
                        &founder,
                        &[],
                    )
                    .map_err(unfit)?,
                );
            }
            todo.push(ix::go_live(&at, &founder, &program, &[]));
        }
        if !there(1) {
            let alice = self.alice.address();
            let native = StakeMint {
                mint: at.mint,
                token_program: program,
                amm_vault: None,
            };
            let pool = at.pool(&at.mint);
            todo.push(ix::open_position(&at.economy, &pool, &alice, &founder));
            todo.push(ix::stake(
                &at,
                &native,
                &alice,
                &tokens_of(&self.alice),
                spec.supply / PART / 2,
            ));
        }
        Ok(todo)
    }
}
