//! What an economy's Draft still lacks of what a file says, from what the cluster has.
//!
//! Nothing is remembered: run again after a failure anywhere, it plans what is missing.

use anchor_spl::token_2022::spl_token_2022::{
    extension::PodStateWithExtensions,
    pod::{PodAccount, PodCOption, PodMint},
};
use homeostat::{
    constants::{AUDIT_INITIAL_CAPACITY, LOG_INITIAL_CAPACITY},
    state::{council::Seat, defaults, FeedSettings},
};
use homeostat_client::{
    decode::Decode,
    governance,
    instruction::{self as ix, StakeMint},
    AuditLog, Council, CouncilArgs, DecisionLog, Economy, EconomyAddresses, EconomyArgs, Feed,
    Funding, Instruction, Life, Meter, Parameter, Pool, Pubkey, RoleKind, SeatArgs, Setting,
};
use solana_account::Account;

use homeostat_settings::{
    economy_file::EconomySpec,
    failure::{quoted, Failure},
    parts_file::{label_text, PoolSpec},
    tokens::Tokens,
    words::{word, ROLES},
};

/// Bytes of a token account with the longest extension that a vault gets.
const VAULT: usize = 182;

/// A part of a Draft, made or set by one instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The economy itself.
    Economy,
    /// Its limits.
    Limits,
    /// A controller.
    Controller(Parameter),
    /// A feed, by number.
    Feed(u8),
    /// A feed's label, reporters and rules, by number.
    Reporters(u8),
    /// The pool of its own mint.
    Pool,
    /// A liquidity pool, by its place in the file.
    Liquidity(u8),
    /// A meter, by shard.
    Meter(u8),
    /// Its council and audit log, or the council's new shape, or more of its members.
    Council,
    /// The creator's own role in the council, accepted.
    Role(RoleKind),
}

/// A part that is missing or different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Which one.
    pub part: Part,
    /// What its instruction does, for a person.
    pub what: String,
    /// Rent that it locks at most (lamports).
    pub rent: u64,
    /// Signed by the creator, who pays the rent.
    pub instruction: Instruction,
}

/// A mint of either token program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mint {
    /// Its token program.
    pub program: Pubkey,
    /// Supply (base units).
    pub supply: u64,
    /// Decimals.
    pub decimals: u8,
    /// Who may mint.
    pub mint_authority: Option<Pubkey>,
    /// Who may freeze balances.
    pub freeze_authority: Option<Pubkey>,
}

impl Mint {
    /// Reads a mint.
    ///
    /// # Errors
    ///
    /// `no_mint`: nothing is there; `not_a_mint`: something else is.
    pub fn read(address: &Pubkey, account: Option<&Account>) -> Result<Self, Failure> {
        use anchor_spl::{token, token_2022};
        let account = account.ok_or_else(|| {
            Failure::new("no_mint", format!("there is no mint {address}"))
                .remedy("create it first (`homeostat token create`), or correct address and --url")
        })?;
        let other = |what: &str| {
            Failure::new("not_a_mint", format!("{address} {what}"))
                .remedy("give the address of a token, not of a wallet or a token account")
        };
        if account.owner != token::ID && account.owner != token_2022::ID {
            let what = format!("belongs to {}, which is no token program", account.owner);
            return Err(other(&what));
        }
        let mint = PodStateWithExtensions::<PodMint>::unpack(&account.data)
            .map_err(|_| other("is a token program's, but not a mint"))?;
        let key = |option: PodCOption<Pubkey>| option.ok_or(()).ok();
        Ok(Self {
            program: account.owner,
            supply: mint.base.supply.into(),
            decimals: mint.base.decimals,
            mint_authority: key(mint.base.mint_authority),
            freeze_authority: key(mint.base.freeze_authority),
        })
    }

    /// Refuses a mint whose balances somebody can freeze.
    ///
    /// # Errors
    ///
    /// `freeze_authority`.
    pub fn require_no_freeze(&self, address: &Pubkey) -> Result<(), Failure> {
        match self.freeze_authority {
            None => Ok(()),
            Some(holder) => Err(Failure::new(
                "freeze_authority",
                format!("{holder} can freeze balances of {address}"),
            )
            .remedy(format!(
                "have it give that up: `spl-token authorize {address} freeze --disable`"
            ))),
        }
    }

    /// Refuses a supply above the hard cap.
    ///
    /// # Errors
    ///
    /// `above_hard_cap`.
    pub fn require_below(&self, hard_cap: u64) -> Result<(), Failure> {
        if self.supply <= hard_cap {
            return Ok(());
        }
        let tokens = Tokens {
            decimals: self.decimals,
        };
        Err(Failure::new(
            "above_hard_cap",
            format!(
                "the supply is {} tokens already, the hard cap {}",
                tokens.told(self.supply),
                tokens.told(hard_cap)
            ),
        )
        .remedy("raise `hard_cap` in the economy file and run `homeostat create-economy` again"))
    }
}

/// An economy to create.
#[derive(Clone, Copy, Debug)]
pub struct Creation<'a> {
    /// Its mint.
    pub mint: Pubkey,
    /// Signs, and pays the rent.
    pub creator: Pubkey,
    /// The program that calls for the creator, where that is a multisig's vault.
    pub via: Option<Pubkey>,
    /// What it is to be like.
    pub spec: &'a EconomySpec,
}

/// What the cluster has of it.
#[derive(Clone, Debug)]
pub struct Found {
    /// The mint.
    pub mint: Mint,
    /// How far it is.
    pub stage: Stage,
    /// The liquidity pools of the file, in its order.
    pub pools: Vec<FoundPool>,
    /// The feeds of the file that are there, with their settings.
    pub feeds: Vec<Option<FeedSettings>>,
}

/// What the cluster has of a liquidity pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundPool {
    /// The token program of its stake mint.
    pub token_program: Pubkey,
    /// Whether it was created.
    pub made: bool,
}

/// Accounts that are looked at before those of pools and feeds.
const FIRST: usize = 3;
/// Accounts of a liquidity pool: stake mint, AMM vault, the pool.
const OF_POOL: usize = 3;

/// How far an economy is.
#[derive(Clone, Debug)]
pub enum Stage {
    /// Not begun.
    Nothing,
    /// It can still be changed by its creator.
    Draft(Box<Economy>, Option<Box<Council>>),
    /// Live, retired, or of an older layout: it was created.
    Created,
}

impl Creation<'_> {
    /// Its addresses.
    pub fn at(&self) -> EconomyAddresses {
        EconomyAddresses::new(&self.mint, &self.creator)
    }

    /// The accounts that [`Creation::found`] wants, in order.
    pub fn reads(&self) -> Vec<Pubkey> {
        let at = self.at();
        let pools = self.spec.pools.iter();
        let pools = pools.flat_map(|it| [it.stake_mint, it.amm_vault, at.pool(&it.stake_mint)]);
        let feeds = (0..).zip(&self.spec.feeds).map(|(index, _)| at.feed(index));
        let first: [Pubkey; FIRST] = [self.mint, at.economy, at.council];
        first.into_iter().chain(pools).chain(feeds).collect()
    }

    /// Looks at the accounts of [`Creation::reads`], and refuses what the program would
    /// refuse now or at the opening and no later step could mend.
    ///
    /// # Errors
    ///
    /// As [`Mint::read`], [`Mint::require_no_freeze`] and [`Mint::require_below`];
    /// `wrong_decimals`, `fixed_supply`, `other_draft`; `own_mint_as_liquidity`,
    /// `wrong_amm_vault`, `other_pool`; an account that is unreadable.
    pub fn found(&self, accounts: &[Option<Account>]) -> Result<Found, Failure> {
        let at = self.at();
        let account = |place: usize| accounts.get(place).and_then(Option::as_ref);
        // An address that somebody sent lamports to is still free.
        let state = |place: usize| account(place).filter(|account| !account.data.is_empty());
        let mint = Mint::read(&self.mint, account(0))?;
        let spec = self.spec;
        if mint.decimals != spec.decimals {
            return Err(Failure::new(
                "wrong_decimals",
                format!(
                    "{} has {} decimals, the economy file says {}",
                    self.mint, mint.decimals, spec.decimals
                ),
            )
            .remedy(format!(
                "write decimals = {} under [economy] and look at every amount again, or correct \
                 the mint's address",
                mint.decimals
            )));
        }
        let stage = match state(1).map(|account| Economy::decode(&account.data)) {
            None => Stage::Nothing,
            Some(Ok(economy)) if economy.life == Life::Draft as u8 => {
                let council = state(2)
                    .map(|account| crate::connection::decode::<Council>(&at.council, account))
                    .transpose()?;
                Stage::Draft(Box::new(economy), council.map(Box::new))
            }
            Some(_) => {
                return Ok(Found {
                    mint,
                    stage: Stage::Created,
                    pools: Vec::new(),
                    feeds: Vec::new(),
                })
            }
        };
        mint.require_no_freeze(&self.mint)?;
        if spec.funding == Funding::Mint {
            if mint.mint_authority.is_none() {
                return Err(Failure::new(
                    "fixed_supply",
                    format!("nobody can mint {}: its supply is fixed", self.mint),
                )
                .remedy("write mode = \"funded\" under [economy]: rewards come out of a vault"));
            }
            mint.require_below(spec.limits.hard_cap)?;
        }
        if let Stage::Draft(economy, _) = &stage {
            let same = economy.limits.period == spec.period
                && economy.funding == spec.funding as u8
                && economy.decimals == spec.decimals;
            if !same {
                return Err(Failure::new(
                    "other_draft",
                    format!(
                        "the Draft {} has a period of {} s and the mode {}, which stay as they \
                         are",
                        at.economy,
                        economy.limits.period,
                        if economy.mints() { "mint" } else { "funded" }
                    ),
                )
                .remedy(
                    "write the same `period` and `mode`, or create it with another --keypair",
                ));
            }
        }
        let draft = match &stage {
            Stage::Draft(economy, _) => Some(&**economy),
            _ => None,
        };
        let (pools, feeds) = accounts
            .get(FIRST..)
            .unwrap_or_default()
            .split_at_checked(spec.pools.len().saturating_mul(OF_POOL))
            .unwrap_or_default();
        let pools = spec.pools.iter().zip(pools.chunks(OF_POOL));
        let pools = pools.map(|(wanted, accounts)| self.found_pool(wanted, accounts, draft));
        let pools = pools.collect::<Result<_, Failure>>()?;
        let feeds = (0..).zip(feeds).map(|(index, account)| {
            let there = account.as_ref().filter(|it| !it.data.is_empty());
            let feed = there.map(|it| crate::connection::decode::<Feed>(&at.feed(index), it));
            Ok(feed.transpose()?.map(|feed| feed.settings()))
        });
        let feeds = feeds.collect::<Result<_, Failure>>()?;
        Ok(Found {
            mint,
            stage,
            pools,
            feeds,
        })
    }

    /// What there is of a liquidity pool: a pool of a Draft stays as it was made.
    fn found_pool(
        &self,
        wanted: &PoolSpec,
        accounts: &[Option<Account>],
        draft: Option<&Economy>,
    ) -> Result<FoundPool, Failure> {
        let PoolSpec {
            stake_mint,
            amm_vault,
            weight,
        } = wanted;
        let account = |place: usize| accounts.get(place).and_then(Option::as_ref);
        if *stake_mint == self.mint {
            return Err(Failure::new(
                "own_mint_as_liquidity",
                format!("[[pool]] names the economy's own mint {stake_mint}"),
            )
            .remedy(
                "leave it out: the pool of the own mint is always made; a [[pool]] is for an AMM's \
                 LP mint",
            ));
        }
        let token_program = Mint::read(stake_mint, account(0))?.program;
        let measured = account(1)
            .filter(|it| [anchor_spl::token::ID, anchor_spl::token_2022::ID].contains(&it.owner))
            .and_then(|it| {
                let vault = PodStateWithExtensions::<PodAccount>::unpack(&it.data).ok()?;
                Some(vault.base.mint)
            });
        if measured != Some(self.mint) {
            return Err(Failure::new(
                "wrong_amm_vault",
                format!(
                    "the amm_vault {amm_vault} of the pool of {stake_mint} is no token account of \
                     {}",
                    self.mint
                ),
            )
            .remedy("name the AMM's token account that holds the economy's token"));
        }
        let made = account(2).filter(|it| !it.data.is_empty());
        let (Some(made), Some(draft)) = (made, draft) else {
            return Ok(FoundPool {
                token_program,
                made: false,
            });
        };
        let address = self.at().pool(stake_mint);
        let pool: Pool = crate::connection::decode(&address, made)?;
        let slot = draft.pools.get(usize::from(pool.lane));
        let has = slot.map_or(0, |slot| slot.weight);
        if pool.amm_vault != *amm_vault || has != *weight {
            return Err(Failure::new(
                "other_pool",
                format!(
                    "the Draft's pool of {stake_mint} has the weight {has} and measures {}; the \
                     file says {weight} and {amm_vault}",
                    pool.amm_vault
                ),
            )
            .remedy(
                "a pool of a Draft stays as it was made: write the same, or close the Draft \
                 (`homeostat close`) and create it anew; a live economy's council changes weights",
            ));
        }
        Ok(FoundPool {
            token_program,
            made: true,
        })
    }

    /// What is missing, in the order in which it has to be made. `rent` says what exempts
    /// an account of so many bytes (lamports).
    ///
    /// # Errors
    ///
    /// Those of `rent`.
    pub fn missing(
        &self,
        found: &Found,
        rent: &dyn Fn(usize) -> Result<u64, Failure>,
    ) -> Result<Vec<Piece>, Failure> {
        let (draft, council) = match &found.stage {
            Stage::Created => return Ok(Vec::new()),
            Stage::Nothing => (None, None),
            Stage::Draft(economy, council) => (Some(economy), council.as_ref()),
        };
        let (spec, creator, at) = (self.spec, &self.creator, self.at());
        let program = &found.mint.program;
        let mut pieces = Vec::new();
        let mut add = |part, what: String, rent, instruction| {
            pieces.push(Piece {
                part,
                what,
                rent,
                instruction,
            });
        };
        let vault = rent(VAULT)?;
        if draft.is_none() {
            let args = EconomyArgs {
                funding: spec.funding,
                period: spec.period,
                hard_cap: spec.limits.hard_cap,
                sponsor: spec.sponsor,
            };
            let log = rent(DecisionLog::space(LOG_INITIAL_CAPACITY))?;
            add(
                Part::Economy,
                format!("create the economy {}", at.economy),
                rent(Economy::SPACE)? + log + 2 * vault,
                ix::create_economy(&self.mint, program, creator, args),
            );
        }
        let limits = match draft {
            Some(draft) => (&draft.limits).into(),
            None => (&defaults::limits(spec.period, spec.limits.hard_cap)).into(),
        };
        if spec.limits != limits {
            let set = ix::configure(&at.economy, creator, Setting::Limits(spec.limits));
            add(Part::Limits, "set its limits".to_owned(), 0, set);
        }
        // A controller can only follow a feed that is there.
        for (index, (settings, there)) in (0..).zip(spec.feeds.iter().zip(&found.feeds)) {
            if there.is_none() {
                add(
                    Part::Feed(index),
                    format!("create feed {index}"),
                    rent(Feed::SPACE)?,
                    ix::create_feed(&at, creator, index),
                );
            }
            if there.as_ref() != Some(settings) {
                let label = quoted(&label_text(&settings.label));
                let what = format!("set the reporters and rules of feed {index}, {label}");
                let set = ix::configure_feed(&at, creator, index, settings.clone());
                add(Part::Reporters(index), what, 0, set);
            }
        }
        for (place, parameter) in Parameter::ALL.into_iter().enumerate() {
            let (now, wiring) = match draft.and_then(|draft| draft.controllers.get(place)) {
                Some(controller) => (controller.config(), controller.wiring().ok()),
                None => (
                    defaults::config(parameter, spec.period),
                    Some(defaults::wiring(parameter)),
                ),
            };
            if spec.controllers.get(place) != Some(&now)
                || spec.wirings.get(place) != wiring.as_ref()
            {
                let setting = Setting::Controller {
                    parameter,
                    settings: spec.controller(parameter),
                };
                add(
                    Part::Controller(parameter),
                    format!("set its controller {}", parameter.name()),
                    0,
                    ix::configure(&at.economy, creator, setting),
                );
            }
        }
        if draft.is_none_or(|draft| draft.pool_count == 0) {
            let native = StakeMint {
                mint: self.mint,
                token_program: *program,
                amm_vault: None,
            };
            add(
                Part::Pool,
                "create its pool".to_owned(),
                rent(Pool::SPACE)? + vault,
                ix::create_pool(&at, creator, &native, 0),
            );
        }
        for (place, (pool, there)) in (0..).zip(spec.pools.iter().zip(&found.pools)) {
            if !there.made {
                let stake = StakeMint {
                    mint: pool.stake_mint,
                    token_program: there.token_program,
                    amm_vault: Some(pool.amm_vault),
                };
                add(
                    Part::Liquidity(place),
                    format!(
                        "create the pool of {}, with weight {}",
                        pool.stake_mint, pool.weight
                    ),
                    rent(Pool::SPACE)? + vault,
                    ix::create_pool(&at, creator, &stake, pool.weight),
                );
            }
        }
        for shard in draft.map_or(0, |draft| draft.meter_count)..spec.meters {
            add(
                Part::Meter(shard),
                format!("create its meter {shard}"),
                rent(Meter::SPACE)? + vault,
                ix::create_meter(&at, creator, program, shard),
            );
        }
        if let Some(args) = &spec.council {
            let parts = still_to_tell(council.map(|it| &**it), args);
            let parts = parts.map_or(Vec::new(), |args| governance::council_parts(&args));
            for (place, part) in parts.into_iter().enumerate() {
                let (what, rent) = match (council, place) {
                    (None, 0) => {
                        let audit = rent(AuditLog::space(AUDIT_INITIAL_CAPACITY))?;
                        let what = format!("create its council {}", at.council);
                        (what, rent(Council::SPACE)? + audit)
                    }
                    _ if part.append && !part.members.is_empty() => (
                        format!("add {} members to its council", part.members.len()),
                        0,
                    ),
                    _ => ("set its council up anew".to_owned(), 0),
                };
                let create = governance::create_council(&at, creator, part);
                add(Part::Council, what, rent, create);
            }
        }
        for (role, seat) in self.not_accepted(found) {
            if seat.key == *creator && seat.via == self.via {
                let what = format!("accept the role of {}", word(&ROLES, &role));
                let accept = governance::accept_role(&at, creator, role);
                add(Part::Role(role), what, 0, accept);
            }
        }
        Ok(pieces)
    }

    /// Who of the file's council has not accepted the role yet.
    pub fn not_accepted(&self, found: &Found) -> Vec<(RoleKind, SeatArgs)> {
        let council = match &found.stage {
            Stage::Created => return Vec::new(),
            Stage::Nothing => None,
            Stage::Draft(_, council) => council.as_deref(),
        };
        let Some(args) = &self.spec.council else {
            return Vec::new();
        };
        let accepted = |role, args: &SeatArgs| match (council, role) {
            (None, _) => false,
            (Some(council), RoleKind::Member) => {
                council.seated().any(|member| is(&member.seat, args))
            }
            (Some(council), _) => is(&council.guardian.holder, args),
        };
        let members = args.members.iter().map(|seat| (RoleKind::Member, *seat));
        members
            .chain([(RoleKind::Guardian, args.guardian)])
            .filter(|(role, seat)| !accepted(*role, seat))
            .collect()
    }
}

/// What `create_council` has still to be told, so that a council is as the file says. Members
/// who are there already, in the file's order, are kept: then they need not accept again.
fn still_to_tell(council: Option<&Council>, args: &CouncilArgs) -> Option<CouncilArgs> {
    let Some(council) = council else {
        return Some(args.clone());
    };
    let mut wanted = args.members.iter();
    let named = council.members.iter().filter(|member| member.id != 0);
    for member in named {
        if !wanted.next().is_some_and(|args| is(&member.seat, args)) {
            return Some(args.clone());
        }
    }
    let guardian = &council.guardian;
    let same = council.threshold == args.threshold
        && (is(&guardian.holder, &args.guardian) || is(&guardian.offered, &args.guardian))
        && council.delays == args.delays.unwrap_or(homeostat_client::Delays::DEFAULT);
    let rest = wanted.copied().collect::<Vec<_>>();
    (!rest.is_empty() || !same).then(|| CouncilArgs {
        members: rest,
        append: true,
        ..args.clone()
    })
}

/// Whether a seat is as the arguments say.
fn is(seat: &Seat, args: &SeatArgs) -> bool {
    seat.key == args.key && seat.via == args.via.unwrap_or_default()
}
