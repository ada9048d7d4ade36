//! One attempt to end one period, on a worker's thread.

use std::sync::{Mutex, PoisonError};

use homeostat::error::HomeostatError;
use homeostat_chain::connection::decode;
use homeostat_chain::send::{Prepared, BASE_FEE};
use homeostat_chain::{Connection, Fees, Live, Receipt, Sender};
use homeostat_client::{instruction as ix, Economy, Instruction, Pubkey};
use homeostat_settings::Failure;
use solana_keypair::Keypair;
use solana_message::AddressLookupTableAccount;
use solana_signer::Signer;
use tracing::{info, Level};

use crate::crew::Task;
use crate::log::{fails, Told};
use crate::record::Record;
use crate::table;

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

impl Task for Job {
    type Done = Done;

    fn untouched(&self) -> Done {
        Done::nothing(self)
    }

    fn failed(mut untouched: Done, failure: Failure) -> Done {
        untouched.result = Err(failure);
        // It may be what the panic was about; it is found again.
        untouched.table = None;
        untouched
    }
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
            result: Err(Failure::new("not_tried", "the crank was not tried yet")
                .remedy("it is tried at the next look")),
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
    /// Which tables it has had.
    pub(crate) record: Record,
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
            // The economy is read afterwards.
            proves: false,
            ..Sender::new(&self.connection, fees)
        }
    }

    /// Cranks. Where the crank alone is refused because more is owed than was minted, it
    /// goes with a `top_up` in front: only the program knows at that moment.
    fn crank(&self, job: &Job, fees: Fees, done: &mut Done) -> Result<Receipt, Failure> {
        let live = &job.live;
        let economy = &live.at.economy;
        let crank = live.crank(&self.key.pubkey());
        let alone = self.prepare(job, fees, std::slice::from_ref(&crank), &crank, done);
        let short = alone.as_ref().err().filter(|failure| is_short(failure));
        let tops_up = short.is_some() && live.economy.mints();
        let prepared = if tops_up {
            let top_up = ix::top_up(&live.at, &live.token_program());
            self.prepare(job, fees, &[top_up, crank.clone()], &crank, done)?
        } else {
            alone?
        };
        let tables: Vec<_> = done.table.iter().cloned().collect();
        let sent = self
            .sender(fees, &tables)
            .send_prepared(&prepared, &self.key, &[]);
        let landed = match &sent {
            Ok(_) => true,
            // It was tried out before, so it landed, failed, and has cost its fee.
            Err(failure) => failure.code == "refused",
        };
        if landed {
            // One that was signed anew has offered more.
            let priority = sent
                .as_ref()
                .map_or(prepared.priority, |sent| sent.priority);
            done.fees = done.fees.saturating_add(BASE_FEE.saturating_add(priority));
        }
        if let (true, Ok(receipt)) = (tops_up, &sent) {
            info!(name: "topped_up", %economy, signature = %receipt.signature);
        }
        sent
    }

    /// Tries a crank out, with the lookup table that it needs to fit a packet. A table that
    /// the cluster does not accept is forgotten, and looked for at the next attempt.
    fn prepare(
        &self,
        job: &Job,
        fees: Fees,
        instructions: &[Instruction],
        crank: &Instruction,
        done: &mut Done,
    ) -> Result<Prepared, Failure> {
        let own = self.key.pubkey();
        let tables: Vec<_> = done.table.iter().cloned().collect();
        match self.sender(fees, &tables).prepare(&own, instructions) {
            Err(failure) if failure.code == "too_large" => {
                let made = [self.table(&job.live, crank, job.named, done)?];
                self.sender(fees, &made).prepare(&own, instructions)
            }
            Err(failure) => {
                if failure.code == "refused" && failure.custom.is_none() {
                    done.table = None;
                }
                Err(failure)
            }
            prepared => prepared,
        }
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
        let recorded = self.record.table(economy);
        let known: Vec<_> = self.tables.iter().copied().chain(recorded).collect();
        let made = table::ensure(
            &self.sender(self.fees, &[]),
            &self.key,
            economy,
            crank,
            &known,
            may,
        )?;
        self.record.note(economy, &made.table.key);
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
                fails!(Level::WARN, "collect_failed", &failure, economy = %economy);
                done.failures.push(failure);
            }
        }
    }
}

/// Whether a crank was refused because the reward vault has less than is owed from it, which
/// a `top_up` in front mends.
fn is_short(failure: &Failure) -> bool {
    let codes = [
        HomeostatError::InsolventVault,
        HomeostatError::RewardVaultShort,
    ];
    let codes = codes.map(u32::from);
    failure.custom.is_some_and(|code| codes.contains(&code))
}
