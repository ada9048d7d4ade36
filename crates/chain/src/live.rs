//! An economy as it is on a cluster, with everything that instructions on it need.

use core::mem::offset_of;

use homeostat_client::{
    address,
    governance::{self, ProposalId},
    instruction::{self as ix, StakeMint},
    Action, Council, Economy, EconomyAddresses, Instruction, Life, Meter, Pool, PoolKind, Position,
    Proposal, Pubkey,
};

use crate::{
    connection::{decode, Connection},
    creation::Mint,
    program,
};
use homeostat_settings::failure::Failure;
use solana_account::Account;

/// Which economy: by its address, or by its mint and, if there are several, its creator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Which {
    /// Its address.
    pub economy: Option<Pubkey>,
    /// Its mint.
    pub mint: Option<Pubkey>,
    /// Who made it.
    pub creator: Option<Pubkey>,
}

/// Which proposal: by its index or by its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProposalName {
    /// Its index.
    Index(u64),
    /// Its address, for servers that do not search.
    Address(Pubkey),
}

impl core::fmt::Display for ProposalName {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Index(index) => index.fmt(out),
            Self::Address(address) => address.fmt(out),
        }
    }
}

impl core::str::FromStr for ProposalName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let index = text.parse().map(Self::Index);
        index
            .or_else(|_| text.parse().map(Self::Address))
            .map_err(|_| "give the proposal's number or its address".to_owned())
    }
}

/// An economy that was read.
#[derive(Clone, Debug)]
pub struct Live {
    /// Its addresses.
    pub at: EconomyAddresses,
    /// The account.
    pub economy: Box<Economy>,
    /// Its pools, the native one first.
    pub pools: Vec<Pool>,
    /// The same as instructions want them.
    pub stakes: Vec<StakeMint>,
}

impl Which {
    /// The economy at this address.
    pub const fn of_economy(economy: Pubkey) -> Self {
        Self {
            economy: Some(economy),
            mint: None,
            creator: None,
        }
    }

    /// The economy of this token.
    pub const fn of_mint(mint: Pubkey) -> Self {
        Self {
            economy: None,
            mint: Some(mint),
            creator: None,
        }
    }

    /// Finds the economy's address.
    ///
    /// # Errors
    ///
    /// Nothing named; no economy of that mint, or several none of which holds it (then they are
    /// listed).
    pub fn find(&self, connection: &Connection) -> Result<Pubkey, Failure> {
        match (self.economy, self.mint, self.creator) {
            (Some(economy), _, _) => Ok(economy),
            (None, Some(mint), Some(creator)) => Ok(EconomyAddresses::new(&mint, &creator).economy),
            (None, Some(mint), None) => Self::holder(connection, &mint),
            (None, None, _) => Err(Failure::new("no_economy", "which economy?").remedy(
                "name it with --economy ADDRESS, or by its token with --mint ADDRESS \
                 (or set HOMEOSTAT_ECONOMY, or a default: `homeostat config set --economy ADDRESS`)",
            )),
        }
    }

    /// Anybody can make a Draft for any mint: of several the one is meant that is not a Draft and
    /// holds the mint, which only its own `go_live` could give it.
    fn holder(connection: &Connection, mint: &Pubkey) -> Result<Pubkey, Failure> {
        let found = connection.search::<Economy>(&[(offset_of!(Economy, mint), mint.as_ref())])?;
        match found.as_slice() {
            [(economy, _)] => Ok(*economy),
            [] => Err(Failure::new(
                "unknown_mint",
                format!("{mint} has no economy on {}", connection.cluster()),
            )
            .remedy("check the address and --url; `homeostat create-economy` makes one")),
            many => {
                let account = connection.account(mint)?;
                let holder = Mint::read(mint, account.as_ref())?.mint_authority;
                if let Some((economy, _)) = many.iter().find(|(_, state)| {
                    let at = EconomyAddresses::new(mint, &state.creator);
                    state.life != Life::Draft as u8 && holder == Some(at.authority)
                }) {
                    return Ok(*economy);
                }
                const MOST: usize = 8;
                let list: Vec<_> = many
                    .iter()
                    .take(MOST)
                    .map(|(economy, state)| format!("{economy} (of {})", state.creator))
                    .collect();
                let more = if many.len() > MOST { ", …" } else { "" };
                Err(Failure::new(
                    "ambiguous_mint",
                    format!(
                        "{mint} has {} economies, none of which holds the mint: {}{more}",
                        many.len(),
                        list.join(", ")
                    ),
                )
                .remedy(
                    "anybody can make one for any mint; name yours with --economy or --creator",
                ))
            }
        }
    }

    /// Finds it and reads it with other accounts; see [`Live::read_with`].
    ///
    /// # Errors
    ///
    /// As [`Which::read`].
    pub fn read_with(
        &self,
        connection: &Connection,
        also: impl FnOnce(&EconomyAddresses, &Economy) -> Vec<Pubkey>,
    ) -> Result<(Live, Vec<Option<Account>>), Failure> {
        Live::read_with(connection, &self.find(connection)?, also)
    }

    /// Finds and reads it.
    ///
    /// # Errors
    ///
    /// As [`Which::find`]; it is not there, or what is there is no economy.
    pub fn read(&self, connection: &Connection) -> Result<Live, Failure> {
        Live::read(connection, &self.find(connection)?)
    }
}

impl Live {
    /// Reads an economy and its pools.
    ///
    /// # Errors
    ///
    /// It is not there, or what is there is no economy.
    pub fn read(connection: &Connection, address: &Pubkey) -> Result<Self, Failure> {
        let one = Self::read_all(connection, &[*address])?.pop();
        match one.unwrap_or_else(|| Err(connection.nonsense("no economy"))) {
            Err(failure) if failure.code == "no_economy" => Err(no_economy(connection, address)),
            read => read,
        }
    }

    /// Reads economies and their pools, in order: one request for the economies and one
    /// for the pools of every hundred accounts. What is wrong with one of them is its own
    /// failure.
    ///
    /// # Errors
    ///
    /// The server's.
    pub fn read_all(
        connection: &Connection,
        addresses: &[Pubkey],
    ) -> Result<Vec<Result<Self, Failure>>, Failure> {
        let accounts = connection.accounts(addresses)?;
        let economies: Vec<Result<Box<Economy>, Failure>> = addresses
            .iter()
            .zip(accounts)
            .map(|(address, account)| match account {
                Some(account) => decode(address, &account).map(Box::new),
                None => Err(Failure::new(
                    "no_economy",
                    format!("there is no economy at {address}"),
                )
                .remedy("check the address and --url")),
            })
            .collect();
        let slots: Vec<Pubkey> = economies
            .iter()
            .flatten()
            .flat_map(|economy| economy.active_pools())
            .map(|slot| slot.pool)
            .collect();
        let mut accounts = slots.iter().zip(connection.accounts(&slots)?);
        let whole = |(address, economy): (&Pubkey, Result<Box<Economy>, Failure>)| {
            let economy = economy?;
            // All of them are taken, so that the next economy finds its own.
            let own: Vec<_> = accounts
                .by_ref()
                .take(economy.active_pools().count())
                .collect();
            let mut pools = Vec::with_capacity(own.len());
            for (pool, account) in own {
                let account = account.ok_or_else(|| connection.nonsense("a pool is missing"))?;
                pools.push(decode::<Pool>(pool, &account)?);
            }
            Self::assemble(connection, address, economy, pools)
        };
        Ok(addresses.iter().zip(economies).map(whole).collect())
    }

    /// Reads an economy, then its pools and the accounts that `also` names, in order, in one
    /// request: two in all.
    ///
    /// # Errors
    ///
    /// As [`Live::read`].
    pub fn read_with(
        connection: &Connection,
        address: &Pubkey,
        also: impl FnOnce(&EconomyAddresses, &Economy) -> Vec<Pubkey>,
    ) -> Result<(Self, Vec<Option<Account>>), Failure> {
        let account = connection
            .account(address)?
            .ok_or_else(|| no_economy(connection, address))?;
        let economy: Box<Economy> = Box::new(decode(address, &account)?);
        let at = EconomyAddresses::new(&economy.mint, &economy.creator);
        let slots: Vec<Pubkey> = economy.active_pools().map(|slot| slot.pool).collect();
        let wanted = [slots.clone(), also(&at, &economy)].concat();
        let mut accounts = connection.accounts(&wanted)?.into_iter();
        let mut pools = Vec::with_capacity(slots.len());
        for (pool, account) in slots.iter().zip(accounts.by_ref()) {
            let account = account.ok_or_else(|| connection.nonsense("a pool is missing"))?;
            pools.push(decode::<Pool>(pool, &account)?);
        }
        let live = Self::assemble(connection, address, economy, pools)?;
        Ok((live, accounts.collect()))
    }

    fn assemble(
        connection: &Connection,
        address: &Pubkey,
        economy: Box<Economy>,
        pools: Vec<Pool>,
    ) -> Result<Self, Failure> {
        let at = EconomyAddresses::new(&economy.mint, &economy.creator);
        if at.economy != *address {
            return Err(connection.nonsense("an economy that is not at its address"));
        }
        let stakes = pools
            .iter()
            .map(|pool| StakeMint {
                mint: pool.stake_mint,
                token_program: pool.stake_token_program,
                amm_vault: (pool.kind == PoolKind::Liquidity as u8).then_some(pool.amm_vault),
            })
            .collect();
        Ok(Self {
            at,
            economy,
            pools,
            stakes,
        })
    }

    /// `Life` by name.
    pub fn life(&self) -> &'static str {
        life(&self.economy)
    }

    /// The token program of the economy's mint.
    pub fn token_program(&self) -> Pubkey {
        self.economy.token_program
    }

    /// The token account that wallets use for the economy's mint.
    pub fn tokens_of(&self, owner: &Pubkey) -> Pubkey {
        associated(owner, &self.at.mint, &self.token_program())
    }

    /// The pool of a stake mint; the native one without a mint.
    ///
    /// # Errors
    ///
    /// There is no such pool.
    pub fn pool(&self, stake_mint: Option<&Pubkey>) -> Result<(StakeMint, &Pool), Failure> {
        let mint = stake_mint.unwrap_or(&self.at.mint);
        self.stakes
            .iter()
            .zip(&self.pools)
            .find(|(stake, _)| stake.mint == *mint)
            .map(|(stake, pool)| (*stake, pool))
            .ok_or_else(|| {
                let known: Vec<_> = self
                    .stakes
                    .iter()
                    .map(|stake| stake.mint.to_string())
                    .collect();
                Failure::new("no_pool", format!("there is no pool for {mint}")).remedy(format!(
                    "the economy's pools take {}",
                    if known.is_empty() {
                        "nothing yet".to_owned()
                    } else {
                        known.join(", ")
                    }
                ))
            })
    }

    /// A wallet's position in a pool; `None` when it never opened one.
    ///
    /// # Errors
    ///
    /// The server's.
    pub fn position(
        &self,
        connection: &Connection,
        stake: &StakeMint,
        owner: &Pubkey,
    ) -> Result<Option<Position>, Failure> {
        connection.fetch(&address::position(&self.at.pool(&stake.mint), owner))
    }

    /// Its meters, by shard.
    ///
    /// # Errors
    ///
    /// The server's.
    pub fn meters(&self, connection: &Connection) -> Result<Vec<Meter>, Failure> {
        let addresses: Vec<_> = (0..self.economy.meter_count)
            .map(|shard| self.at.meter(shard))
            .collect();
        addresses
            .iter()
            .zip(connection.accounts(&addresses)?)
            .map(|(address, account)| {
                let account = account.ok_or_else(|| connection.nonsense("a meter is missing"))?;
                decode(address, &account)
            })
            .collect()
    }

    /// Its council; `None` before there is one.
    ///
    /// # Errors
    ///
    /// The server's.
    pub fn council(&self, connection: &Connection) -> Result<Option<Council>, Failure> {
        connection.fetch(&self.at.council)
    }

    /// A proposal, as its votes make it now.
    ///
    /// # Errors
    ///
    /// The server's, many of which refuse to search by index; there is none of that name.
    pub fn proposal(
        &self,
        connection: &Connection,
        council: &Council,
        name: ProposalName,
    ) -> Result<Proposal, Failure> {
        let found = match name {
            ProposalName::Address(address) => connection.fetch::<Proposal>(&address)?,
            ProposalName::Index(index) => {
                let fields: [(usize, &[u8]); 2] = [
                    (offset_of!(Proposal, economy), self.at.economy.as_ref()),
                    (offset_of!(Proposal, index), &index.to_le_bytes()),
                ];
                let found = connection.search::<Proposal>(&fields)?;
                found.into_iter().next().map(|(_, proposal)| proposal)
            }
        };
        let mut proposal = found
            .filter(|proposal| proposal.economy == self.at.economy)
            .ok_or_else(|| {
                Failure::new("no_proposal", format!("there is no proposal {name}"))
                    .remedy("`homeostat proposals` lists them; closed ones are in the audit log")
            })?;
        settle(connection, &mut proposal, council)?;
        Ok(proposal)
    }

    /// Every proposal that exists, oldest first, as its votes make it now.
    ///
    /// # Errors
    ///
    /// The server's; many public servers refuse such a search.
    pub fn proposals(
        &self,
        connection: &Connection,
        council: &Council,
    ) -> Result<Vec<Proposal>, Failure> {
        let fields = [(offset_of!(Proposal, economy), self.at.economy.as_ref())];
        let mut all = Vec::new();
        for (_, mut proposal) in connection.search::<Proposal>(&fields)? {
            settle(connection, &mut proposal, council)?;
            all.push(proposal);
        }
        all.sort_by_key(|proposal| proposal.index);
        Ok(all)
    }

    /// Ends a period.
    pub fn crank(&self, keeper: &Pubkey) -> Instruction {
        ix::crank(
            &self.at,
            keeper,
            &self.token_program(),
            &self.stakes,
            &self.economy,
        )
    }

    /// One decision as return data.
    pub fn preview(&self, controller: u8) -> Instruction {
        ix::preview(&self.at, &self.stakes, &self.economy, controller)
    }

    /// Executes a proposal with these actions.
    pub fn execute(&self, anybody: &Pubkey, id: ProposalId, actions: &[Action]) -> Instruction {
        governance::execute(&self.at, anybody, &self.token_program(), id, actions)
    }
}

/// Brings a proposal to the state that its votes give it now, as the program does first.
fn settle(
    connection: &Connection,
    proposal: &mut Proposal,
    council: &Council,
) -> Result<(), Failure> {
    let settled = proposal.settle(council);
    settled.map_err(|_| connection.nonsense("a proposal of no class"))?;
    Ok(())
}

/// `Life` by name.
pub fn life(economy: &Economy) -> &'static str {
    match economy.life {
        life if life == Life::Draft as u8 => "draft",
        life if life == Life::Live as u8 => "live",
        _ => "retired",
    }
}

/// The associated token account.
pub fn associated(owner: &Pubkey, mint: &Pubkey, token_program: &Pubkey) -> Pubkey {
    anchor_spl::associated_token::get_associated_token_address_with_program_id(
        owner,
        mint,
        token_program,
    )
}

/// Why there is nothing: the program is missing, or only the economy.
pub fn no_economy(connection: &Connection, address: &Pubkey) -> Failure {
    match program::require(connection) {
        Err(failure) => failure,
        Ok(()) => Failure::new(
            "no_economy",
            format!(
                "there is no economy at {address} on {}",
                connection.cluster()
            ),
        )
        .remedy("check the address and --url; `homeostat create-economy` makes one"),
    }
}
