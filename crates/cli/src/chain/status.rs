//! `status`: an economy at a glance, and what a wallet has in it.
//!
//! It asks four times, whatever is shown: who the server is, the economy, everything that belongs
//! to it at one moment, and who may replace the program.

use homeostat_chain::connection::decode;
use homeostat_chain::creation::Mint;
use homeostat_chain::program::upgrade_authority;
use homeostat_chain::signer::read_address;
use homeostat_chain::{metadata, Live};
use homeostat_client::wallet::{apr_ppm, pending_rewards, unbonding, Summary};
use homeostat_client::{
    address, Controller, Council, EconomyAddresses, Funding, Life, Parameter, Position, Pubkey,
};
use homeostat_control::{create, observe, Fx};
use homeostat_settings::words::{POWERS, SECTIONS};
use solana_account::Account;

use super::amount::Amount;
use super::creation::before_go_live;
use super::effects::tokens;
use super::figure::{fraction, meant, metric_name};
use super::offers;
use super::sentences::at_limit;
use super::{Context, WhichArgs};
use crate::failure::Failure;

mod answer;
mod people;
mod print;

pub use answer::*;

/// Arguments of `status`.
#[derive(Clone, Debug, clap::Args)]
pub struct StatusArgs {
    /// Show what this wallet has as well
    #[arg(long, value_name = "ADDRESS")]
    pub owner: Option<String>,
    #[command(flatten)]
    which: WhichArgs,
}

/// What is read with the pools, by its place.
const CLOCK: usize = 0;
const COUNCIL: usize = 1;
const MINT: usize = 2;
const METADATA: usize = 3;
const REWARDS: usize = 4;
const TREASURY: usize = 5;
const KEEPER: usize = 6;
const WALLET: usize = 7;
const WALLET_TOKENS: usize = 8;
const POSITIONS: usize = 9;

/// An economy with what belongs to it, all of one moment.
struct Seen<'a> {
    context: &'a Context,
    live: Live,
    /// Whose wallet is shown.
    owner: Option<Pubkey>,
    /// The accounts by the places above.
    accounts: Vec<Option<Account>>,
    /// The cluster's time (unix seconds).
    now: i64,
}

/// `status`.
///
/// # Errors
///
/// There is no such economy; the server's.
pub fn status(context: &Context, arguments: &StatusArgs) -> Result<(), Failure> {
    let owner = arguments.owner.as_deref();
    let owner = owner
        .map(|owner| read_address(owner, "--owner"))
        .transpose()?;
    context.answer(&Seen::read(context, &arguments.which, owner)?.answer()?)
}

impl<'a> Seen<'a> {
    fn read(
        context: &'a Context,
        which: &WhichArgs,
        owner: Option<Pubkey>,
    ) -> Result<Self, Failure> {
        let connection = &context.connection;
        let (live, accounts) = context.which(which)?.read_with(connection, |at, economy| {
            let mut wanted = vec![
                solana_sdk_ids::sysvar::clock::ID,
                at.council,
                at.mint,
                metadata::address(&at.mint),
                at.reward_vault,
                at.treasury_vault,
                at.keeper_vault,
            ];
            if let Some(owner) = &owner {
                wanted.push(*owner);
                wanted.push(own_tokens(at, owner, &economy.token_program));
                let pools = economy.active_pools();
                wanted.extend(pools.map(|slot| address::position(&slot.pool, owner)));
            }
            wanted
        })?;
        let clock = accounts.get(CLOCK).and_then(Option::as_ref);
        let now = connection.clock_of(clock)?.unix_timestamp;
        Ok(Self {
            context,
            live,
            owner,
            accounts,
            now,
        })
    }

    fn account(&self, place: usize) -> Option<&Account> {
        self.accounts.get(place).and_then(Option::as_ref)
    }

    /// Tokens of the economy.
    fn amount(&self, base: u64) -> Amount {
        Amount::new(base, self.live.economy.decimals)
    }

    /// What a token account of the economy's mint has.
    fn balance(&self, place: usize) -> Amount {
        let account = self.account(place);
        self.amount(
            account
                .and_then(|account| tokens(&account.data))
                .unwrap_or(0),
        )
    }

    fn lamports(&self, place: usize) -> u64 {
        self.account(place).map_or(0, |account| account.lamports)
    }

    fn answer(&self) -> Result<Status, Failure> {
        let (context, live, now) = (self.context, &self.live, self.now);
        let connection = &context.connection;
        let (at, economy) = (&live.at, &live.economy);
        let draft = economy.life == Life::Draft as u8;
        let summary = Summary::of(economy, now);
        let mint = if draft {
            Some(Mint::read(&at.mint, self.account(MINT))?)
        } else {
            None
        };
        // Until a council is there its address has no account of the program.
        let council = match self.account(COUNCIL).filter(|it| !it.data.is_empty()) {
            Some(account) => Some(decode::<Council>(&at.council, account)?),
            None => None,
        };
        let before_go_live = mint.as_ref().map_or(Vec::new(), |mint| {
            before_go_live(economy, council.as_ref(), at, mint)
        });
        Ok(Status {
            cluster: connection.cluster().into(),
            program: homeostat_client::PROGRAM_ID.to_string(),
            upgrade_authority: upgrade_authority(connection)?
                .map(|authority| authority.to_string()),
            economy: at.economy.to_string(),
            mint: at.mint.to_string(),
            token: metadata::read(&at.mint, self.account(MINT), self.account(METADATA)).map(
                |token| TokenAnswer {
                    name: token.name,
                    symbol: token.symbol,
                },
            ),
            life: live.life().to_owned(),
            funding: match summary.funding {
                Funding::Mint => "mint",
                Funding::Funded => "funded",
            }
            .to_owned(),
            now,
            supply: self.amount(mint.map_or(summary.supply, |mint| mint.supply)),
            circulating: (!draft).then(|| self.amount(summary.circulating)),
            hard_cap: self.amount(summary.hard_cap),
            staked_share: fraction(signed(summary.staked_ppm)),
            periods: summary.periods,
            period_seconds: summary.period_seconds,
            next_crank_at: (economy.life == Life::Live as u8).then_some(summary.next_crank_at),
            unbonding_seconds: summary.unbonding_seconds,
            fee_split: self.fee_split(),
            rewards: VaultAnswer {
                vault: at.reward_vault.to_string(),
                balance: self.balance(REWARDS),
            },
            treasury: TreasuryAnswer {
                vault: at.treasury_vault.to_string(),
                balance: self.balance(TREASURY),
                outflow_cap: self.amount(economy.limits.outflow_cap),
            },
            bounty: BountyAnswer {
                vault: at.keeper_vault.to_string(),
                vault_lamports: self.lamports(KEEPER),
                lamports: economy.limits.bounty,
            },
            emit_until: summary.emit_until.filter(|_| !draft),
            tripped: summary.tripped,
            given_up: POWERS
                .iter()
                .filter(|(_, power)| economy.gave_up(*power))
                .map(|(word, _)| (*word).to_owned())
                .collect(),
            offers: council
                .as_ref()
                .map_or(Vec::new(), |council| offers::open(council, now)),
            council: council
                .as_ref()
                .map(|council| people::council(council, &at.council)),
            before_go_live,
            pauses: SECTIONS
                .iter()
                .zip(summary.paused_until)
                .filter_map(|((section, _), until)| {
                    Some(PauseAnswer {
                        section: (*section).to_owned(),
                        until: until?,
                    })
                })
                .collect(),
            pause_budget: people::pause_budget(economy, now),
            parameters: Parameter::ALL
                .into_iter()
                .zip(&economy.controllers)
                .map(|(parameter, controller)| self.parameter(parameter, controller))
                .collect::<Result<_, Failure>>()?,
            pools: self.pools(),
            wallet: self.owner.map(|owner| WalletAnswer {
                address: owner.to_string(),
                lamports: self.lamports(WALLET),
                tokens: self.balance(WALLET_TOKENS),
            }),
            positions: self.positions()?,
        })
    }

    /// The burn share in force, and the fixed split of the rest.
    fn fee_split(&self) -> FeeSplitAnswer {
        const WHOLE: i64 = 1_000_000;
        let burned = self.in_force(Parameter::Burn).clamp(0, WHOLE);
        let rest = WHOLE.saturating_sub(burned);
        let treasury = i64::from(self.live.economy.limits.treasury_ppm);
        // Both are at most a million: no product overflows.
        let treasury = rest.saturating_mul(treasury) / WHOLE;
        FeeSplitAnswer {
            burned: fraction(burned),
            stakers: fraction(rest.saturating_sub(treasury)),
            treasury: fraction(treasury),
        }
    }

    /// The value of a parameter (ppm): in force, or of a Draft what it starts with.
    fn in_force(&self, parameter: Parameter) -> i64 {
        let economy = &self.live.economy;
        let Ok(controller) = economy.controller(parameter) else {
            return 0;
        };
        if economy.life != Life::Draft as u8 {
            return signed(controller.value(parameter));
        }
        // `go_live` starts its controllers by the same function.
        create(&controller.config(), self.now).map_or(0, |state| state.u)
    }

    fn parameter(
        &self,
        parameter: Parameter,
        controller: &Controller,
    ) -> Result<ParameterAnswer, Failure> {
        let config = controller.config();
        let metric = controller
            .metric()
            .map_err(|_| self.context.connection.nonsense("an unknown metric"))?;
        let guard = controller.guard();
        let measured = self.live.economy.totals.periods > 0;
        // What the guard says at the time of its last look, so that it learns nothing here.
        let none: Option<Fx> = None;
        let (_, verdict) = observe(
            &config,
            &controller.guard_config(),
            &guard,
            none,
            guard.last_at,
        );
        Ok(ParameterAnswer {
            parameter: parameter.name().to_owned(),
            value: fraction(self.in_force(parameter)),
            min: fraction(config.min),
            max: fraction(config.max),
            metric: metric_name(metric),
            target: meant(config.setpoint.to),
            measured: measured.then(|| meant(controller.state().last.y)),
            held: guard.latched.is_some(),
            held_until: verdict.resumes_at,
            at_limit: at_limit(parameter, controller),
        })
    }

    fn pools(&self) -> Vec<PoolAnswer> {
        let apr = |pool| apr_ppm(&self.live.economy, pool, self.now);
        let pools = self.live.pools.iter();
        pools
            .map(|pool| PoolAnswer {
                stake_mint: pool.stake_mint.to_string(),
                kind: if pool.is_native() {
                    "native"
                } else {
                    "liquidity"
                }
                .to_owned(),
                total: Amount::new(pool.total, pool.decimals),
                apr: apr(pool)
                    .filter(|_| pool.is_native())
                    .map(|ppm| fraction(signed(ppm))),
            })
            .collect()
    }

    fn positions(&self) -> Result<Vec<PositionAnswer>, Failure> {
        let connection = &self.context.connection;
        let mut all = Vec::new();
        for (place, pool) in (POSITIONS..).zip(&self.live.pools) {
            let Some(account) = self.account(place) else {
                continue;
            };
            let at = self.live.at.pool(&pool.stake_mint);
            let position: Position = decode(&at, account)?;
            let pending = pending_rewards(&self.live.economy, pool, &position, self.now)
                .map_err(|_| connection.nonsense("accounts that do not belong together"))?;
            let own = |base| Amount::new(base, pool.decimals);
            all.push(PositionAnswer {
                stake_mint: pool.stake_mint.to_string(),
                staked: own(position.amount),
                pending: self.amount(pending),
                unbonding: unbonding(&position, self.now)
                    .into_iter()
                    .map(|ticket| TicketAnswer {
                        ticket: usize::from(ticket.ticket),
                        amount: own(ticket.amount),
                        ready_at: ticket.ready_at,
                    })
                    .collect(),
            });
        }
        Ok(all)
    }
}

fn own_tokens(at: &EconomyAddresses, owner: &Pubkey, token_program: &Pubkey) -> Pubkey {
    homeostat_chain::live::associated(owner, &at.mint, token_program)
}

/// A rate that is never negative (ppm).
fn signed(ppm: u64) -> i64 {
    i64::try_from(ppm).unwrap_or(i64::MAX)
}
