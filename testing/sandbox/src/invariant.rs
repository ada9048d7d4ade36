//! What must hold after every transaction, computed from accounts alone.

use std::collections::BTreeMap;

use homeostat_client::{address, Life, Parameter, Position};

use crate::world::World;

/// Each invariant by name, and whether it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invariants {
    /// Name -> holds.
    pub held: BTreeMap<&'static str, bool>,
    /// The figures behind those that do not hold.
    pub evidence: Vec<String>,
}

impl Invariants {
    fn check(&mut self, name: &'static str, holds: bool, evidence: impl FnOnce() -> String) {
        let so_far = self.held.entry(name).or_insert(true);
        *so_far &= holds;
        if !holds {
            self.evidence.push(format!("{name}: {}", evidence()));
        }
    }

    /// True when all of them hold.
    pub fn all_hold(&self) -> bool {
        self.held.values().all(|holds| *holds)
    }

    /// Adds another check of the same invariants.
    pub fn merge(&mut self, other: Self) {
        for (name, holds) in other.held {
            *self.held.entry(name).or_insert(true) &= holds;
        }
        self.evidence.extend(other.evidence);
    }
}

const fn whole(q64: u128) -> u64 {
    (q64 >> 64) as u64
}

impl World {
    /// Checks the invariants of DESIGN section 2 against every account and
    /// position of the economy.
    pub async fn check_invariants(&mut self) -> Invariants {
        let mut result = Invariants::default();
        let now = self.bank.now();
        let economy = self.economy().await;
        let at = self.at;
        let vault = self.bank.balance(&at.reward_vault).await;
        let treasury = self.bank.balance(&at.treasury_vault).await;
        let supply = self.bank.supply(&at.mint).await;

        let mut native_stake = 0;
        let mut claimed = economy.closed.claimed.get();
        let mut returned_emission = economy.closed.returned_emission_q64.get();
        let mut returned_fees = 0u128;
        for stake in self.pools.clone() {
            let address = at.pool(&stake.mint);
            let mut pool: homeostat_client::Pool = self.bank.fetch(&address).await;
            let principal = self.bank.balance(&address::principal_vault(&address)).await;
            let mut stakes = 0u64;
            let mut tickets = 0u64;
            let mut pending = 0u128;
            pool.settle(&economy.stream, economy.yield_q64, now)
                .expect("the pool settles");
            for (of, owner) in self.positions.clone() {
                if of != address {
                    continue;
                }
                let mut position: Position = self.bank.fetch(&address::position(&of, &owner)).await;
                position.settle(&pool).expect("the position settles");
                stakes += position.amount;
                tickets += position.tickets.iter().map(|t| t.amount).sum::<u64>();
                pending += position.pending_q64.get();
            }
            result.check("stake_is_backed", principal >= stakes + tickets, || {
                format!("vault {principal} < {stakes} + {tickets}")
            });
            result.check(
                "pool_totals_match_positions",
                (pool.total, pool.unbonding) == (stakes, tickets),
                || format!("{} {} != {stakes} {tickets}", pool.total, pool.unbonding),
            );
            let distributed = pool.distributed_q64.get();
            let paid = u128::from(pool.claimed) << 64;
            result.check(
                "positions_within_distributed",
                pending + paid <= distributed,
                || format!("{} + {paid} > {distributed}", pending),
            );
            if pool.is_native() {
                native_stake = pool.total;
            }
            claimed += u128::from(pool.claimed);
            returned_emission += pool.returned_emission_q64.get();
            returned_fees += pool.returned_fees_q64.get();
        }

        let taxed = self.bank.taxes_transfers(&at.mint).await;
        let mut swept = 0u128;
        let mut to_treasury = 0u128;
        for shard in 0..self.meters {
            let meter = self.meter(shard).await;
            let fees = self
                .bank
                .balance(&address::fee_vault(&at.meter(shard)))
                .await;
            let pending = meter.pending_burn + meter.pending_stakers + meter.pending_treasury;
            result.check("fees_are_backed", fees >= pending, || {
                format!("shard {shard}: vault {fees} < {pending}")
            });
            let moved = meter.burned.get() + meter.swept_stakers.get() + meter.swept_treasury.get();
            let accounted = moved + u128::from(pending);
            // A transfer fee keeps a part of what collect moves.
            result.check(
                "burned_stakers_treasury_equal_fees",
                accounted == meter.fees.get() || (taxed && accounted < meter.fees.get()),
                || format!("shard {shard}: {moved} + {pending} != {}", meter.fees.get()),
            );
            swept += meter.swept_stakers.get();
            to_treasury += meter.swept_treasury.get();
        }

        let emitted = economy.stream.emitted_at(now).expect("in range");
        let streamed_fees = economy.stream.fees_at(now).expect("in range");
        let owed_emission = emitted.saturating_sub(returned_emission);
        let mintable = economy.mintable(now).expect("in range");
        let retired = economy.life == Life::Retired as u8;
        let unstreamed = if retired {
            // What nobody is owed may have left the vault, or fees be swept and not stream yet.
            let seconds = (economy.stream.fee_until - now.max(economy.stream.t0)).max(0);
            let left = economy.stream.fee_rate_q64.get() * seconds as u128;
            left * u128::from(native_stake > 0)
        } else {
            (swept << 64)
                .saturating_add(returned_fees)
                .saturating_sub(streamed_fees)
        };
        // accrued - claimed + unstreamed fees, in Q64.64.
        let owed = owed_emission + (streamed_fees - returned_fees) + unstreamed - (claimed << 64);
        let backed = (u128::from(vault) + u128::from(mintable)) << 64;
        result.check("rewards_are_backed", backed >= owed, || {
            format!("vault {vault} + mintable {mintable} < {}", whole(owed))
        });
        result.check(
            "reward_vault_balances",
            retired
                || u128::from(vault)
                    >= (u128::from(economy.totals.supplied) + swept).saturating_sub(claimed),
            || {
                format!(
                    "vault {vault} < {} + {swept} - {claimed}",
                    economy.totals.supplied
                )
            },
        );
        result.check(
            "treasury_balances",
            u128::from(treasury) + u128::from(economy.totals.treasury_paid) >= to_treasury,
            || format!("vault {treasury} < {to_treasury}"),
        );
        result.check(
            "claims_within_emitted",
            claimed <= u128::from(whole(emitted + streamed_fees)),
            || format!("{claimed} > {}", whole(emitted + streamed_fees)),
        );
        let cap = economy.limits.hard_cap;
        if economy.mints() {
            result.check(
                "supply_within_cap",
                u128::from(supply) + u128::from(mintable) <= u128::from(cap),
                || format!("{supply} + {mintable} > {cap}"),
            );
        }
        // Below a raised minimum a value may be still on its way, above a maximum never.
        let mut controllers = economy.controllers.iter().zip(Parameter::ALL);
        let within = controllers.all(|(controller, parameter)| {
            (parameter.floor()..=controller.config.max).contains(&controller.state.u)
        });
        result.check("parameters_within_limits", within, String::new);
        let log = self.bank.data(&at.log).await.unwrap_or_default();
        let chain = homeostat_client::log::read(&log);
        result.check("log_chain_is_whole", chain.is_ok(), || format!("{chain:?}"));
        result
    }
}
