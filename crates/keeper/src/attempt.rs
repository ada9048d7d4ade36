//! One attempt to end one period, on a worker's thread.

use std::sync::{Mutex, PoisonError};

use homeostat_client::{instruction as ix, Economy, Instruction, Pubkey};
use homeostat_ops::connection::decode;
use homeostat_ops::{Connection, Failure, Fees, Live, Receipt, Sender};
use solana_keypair::Keypair;
use solana_message::AddressLookupTableAccount;
use solana_signer::Signer;
use tracing::{info, Level};

use crate::log::{fails, Told};
use crate::table;

/// Base fee of a transaction with one signature (lamports).
pub(crate) const BASE_FEE: u64 = 5_000;

/// What a worker is given.
pub(crate) struct Job {
    pub(crate) live: Box<Live>,
    /// The touches of its pools to send; empty = its period is to be ended.
    pub(crate) touches: Vec<Instruction>,
    /// What its keeper vault holds (lamports).
    pub(crate) vault: u64,
    /// Named by the operator; one that was found must not cost more than it pays.
    pub(crate) named: bool,
    /// The bounty (lamports).
    pub(crate) pays: u64,
    pub(crate) table: Option<AddressLookupTableAccount>,
}

/// What a worker gives back.
pub(crate) struct Done {
    pub(crate) economy: Pubkey,
    /// Its pools were to be touched, and its period was not to be ended.
    pub(crate) touched: bool,
    /// Periods before.
    pub(crate) periods: u64,
    pub(crate) result: Result<Receipt, Failure>,
    /// The economy afterwards, if it could be read.
    pub(crate) after: Option<Box<Economy>>,
    /// What the keeper vault has less (lamports).
    pub(crate) bounty: u64,
    /// Fees of transactions that landed (lamports).
    pub(crate) fees: u64,
    pub(crate) table: Option<AddressLookupTableAccount>,
    /// Failures on the way that did not stop it.
    pub(crate) failures: Vec<Failure>,
}

impl Done {
    /// What a job that nobody has begun comes to.
    pub(crate) fn nothing(job: &Job) -> Self {
        Self {
            economy: job.live.at.economy,
            touched: !job.touches.is_empty(),
            periods: job.live.economy.totals.periods,
            result: Err(Failure::new("not_tried", "not tried")),
            after: None,
            bounty: 0,
            fees: 0,
            table: job.table.clone(),
            failures: Vec::new(),
        }
    }
}

/// What all workers share.
pub(crate) struct Shared {
    pub(crate) connection: Connection,
    pub(crate) key: Keypair,
    pub(crate) fees: Fees,
    pub(crate) collect: bool,
    pub(crate) tables: Vec<Pubkey>,
    /// Held by the worker that makes a table.
    pub(crate) making: Mutex<()>,
}

impl Shared {
    /// Ends the period of an economy that was read as due, or touches its pools.
    pub(crate) fn attempt(&self, job: Job) -> Done {
        let mut done = Done::nothing(&job);
        if done.touched {
            let sent = self
                .sender(self.fees, &[])
                .send(&self.key, &[], &job.touches);
            if let Ok(receipt) = &sent {
                done.fees = BASE_FEE.saturating_add(receipt.priority);
            }
            done.result = sent;
            return done;
        }
        if self.collect && job.named {
            self.collect(&job.live, &mut done);
        }
        let mut fees = self.fees;
        if !job.named {
            // Who made the economy also makes the prices that were paid for it lately.
            fees.cap = fees.cap.min(job.pays.saturating_sub(BASE_FEE));
        }
        done.result = self.crank(&job, fees, &mut done);
        if done.result.is_ok() {
            self.look(&job.live, job.vault, &mut done);
        }
        done
    }

    fn sender<'a>(&'a self, fees: Fees, tables: &'a [AddressLookupTableAccount]) -> Sender<'a> {
        Sender {
            talk: &Told,
            tables,
            ..Sender::new(&self.connection, fees)
        }
    }

    /// Cranks, with `top_up` in front when [`owes_ahead`].
    fn crank(&self, job: &Job, fees: Fees, done: &mut Done) -> Result<Receipt, Failure> {
        let (own, live) = (self.key.pubkey(), &job.live);
        let crank = live.crank(&own);
        let mut instructions = vec![crank.clone()];
        if owes_ahead(live) {
            instructions.insert(0, ix::top_up(&live.at, &live.token_program()));
        }
        let mut tables: Vec<_> = done.table.iter().cloned().collect();
        let prepared = match self.sender(fees, &tables).prepare(&own, &instructions) {
            Err(failure) if failure.code == "too_large" => {
                let made = self.table(live, &crank, job.named, done)?;
                tables = vec![made];
                self.sender(fees, &tables).prepare(&own, &instructions)?
            }
            prepared => prepared?,
        };
        let cost = BASE_FEE.saturating_add(prepared.priority);
        let sent = self
            .sender(fees, &tables)
            .send_prepared(&prepared, &self.key, &[]);
        let landed = match &sent {
            Ok(_) => true,
            // It was tried out before, so it landed, failed, and has cost its fee.
            Err(failure) => failure.code == "refused",
        };
        if landed {
            done.fees = done.fees.saturating_add(cost);
        }
        sent
    }

    fn table(
        &self,
        live: &Live,
        crank: &Instruction,
        may: bool,
        done: &mut Done,
    ) -> Result<AddressLookupTableAccount, Failure> {
        let economy = &live.at.economy;
        let _alone = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let made = table::ensure(
            &self.sender(self.fees, &[]),
            &self.key,
            economy,
            crank,
            &self.tables,
            may,
        )?;
        done.fees = done.fees.saturating_add(made.fees);
        let (table, addresses, added) = (made.table.key, made.table.addresses.len(), made.added);
        if added == 0 {
            info!(name: "table_found", %economy, %table, addresses, added);
        } else {
            info!(name: "table_made", %economy, %table, addresses, added);
        }
        done.table = Some(made.table.clone());
        Ok(made.table)
    }

    /// What the crank has done, as the chain has it.
    fn look(&self, live: &Live, vault: u64, done: &mut Done) {
        let read = self
            .connection
            .accounts(&[live.at.economy, live.at.keeper_vault])
            .and_then(|accounts| {
                let [Some(economy), left] = accounts.as_slice() else {
                    return Err(self.connection.nonsense("an economy that is gone"));
                };
                let left = left.as_ref().map_or(0, |account| account.lamports);
                let economy: Box<Economy> = Box::new(decode(&live.at.economy, economy)?);
                Ok((economy, left))
            });
        match read {
            Ok((economy, left)) => {
                done.bounty = vault.saturating_sub(left).min(economy.limits.bounty);
                done.after = Some(economy);
            }
            Err(failure) => done.failures.push(failure),
        }
    }

    /// Moves the fees of the shards that have some, so that this period's crank streams
    /// the stakers' part. A failure does not stop the crank, which needs none of it.
    fn collect(&self, live: &Live, done: &mut Done) {
        let moved = live.meters(&self.connection).and_then(|meters| {
            let full: Vec<_> = (0..live.economy.meter_count)
                .zip(&meters)
                .filter(|(_, meter)| {
                    let parts = [
                        meter.pending_burn,
                        meter.pending_stakers,
                        meter.pending_treasury,
                    ];
                    parts.iter().any(|part| *part > 0)
                })
                .map(|(shard, _)| ix::collect(&live.at, &live.token_program(), shard))
                .collect();
            if full.is_empty() {
                return Ok(None);
            }
            let receipt = self.sender(self.fees, &[]).send(&self.key, &[], &full)?;
            Ok(Some((full.len(), receipt)))
        });
        let economy = &live.at.economy;
        match moved {
            Ok(None) => {}
            Ok(Some((shards, receipt))) => {
                let fees = BASE_FEE.saturating_add(receipt.priority);
                done.fees = done.fees.saturating_add(fees);
                info!(
                    name: "collected",
                    %economy,
                    shards,
                    signature = %receipt.signature,
                    fee_lamports = fees
                );
            }
            Err(failure) => {
                let level = Level::WARN;
                fails!(level, "collect_failed", &failure, economy = %economy);
                done.failures.push(failure);
            }
        }
    }
}

/// Whether more was claimed than was put into the reward vault. Donated tokens then paid for
/// what has accrued and is not minted yet, as they can when a period ends late. The books are
/// even again once that is minted.
fn owes_ahead(live: &Live) -> bool {
    let claimed: u128 = live.pools.iter().map(|pool| u128::from(pool.claimed)).sum();
    let swept = live.economy.tally.swept_stakers.get();
    live.economy.mints() && claimed > u128::from(live.economy.totals.supplied).saturating_add(swept)
}

#[cfg(test)]
mod tests {
    use homeostat_client::{EconomyAddresses, Pool};

    use super::*;

    #[test]
    fn d1_what_donations_paid_is_minted_before_the_crank() {
        let pool = |claimed| Pool {
            claimed,
            ..bytemuck::Zeroable::zeroed()
        };
        let mut live = Live {
            at: EconomyAddresses::new(&Pubkey::default(), &Pubkey::default()),
            economy: Box::new(bytemuck::Zeroable::zeroed()),
            pools: vec![pool(70), pool(40)],
            stakes: Vec::new(),
        };
        live.economy.totals.supplied = 100;
        assert!(owes_ahead(&live));
        live.economy.tally.swept_stakers.words = [10, 0];
        assert!(!owes_ahead(&live));
        live.pools[0].claimed = 71;
        assert!(owes_ahead(&live));
        live.economy.funding = homeostat_client::Funding::Funded as u8;
        assert!(!owes_ahead(&live));
    }
}
