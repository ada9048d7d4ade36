//! Reading economies, and giving what is due to the workers.

use std::time::Duration;

use homeostat_chain::{send::BASE_FEE, Live};
use homeostat_client::{Economy, Pubkey};
use homeostat_settings::Failure;
use tracing::{error, info, warn, Level};

use crate::attempt::Job;
use crate::health::Place;
use crate::log::leveled;
use crate::metrics::Ending;
use crate::options::POOREST;
use crate::purse::Purse;
use crate::touch;
use crate::watch::{bounty, judge, State};

use super::{delay, Round};

/// Polls for which a server may be behind this keeper's own crank.
const SETTLE: u32 = 20;

impl Round {
    /// Reads economies, and gives those that are due to the workers.
    pub(super) fn consider(&mut self, economies: &[Pubkey]) -> Result<(), Failure> {
        let connection = &self.shared.connection;
        let lives = Live::read_all(connection, economies)?;
        let vaults: Vec<Pubkey> = lives
            .iter()
            .flatten()
            .map(|live| live.at.keeper_vault)
            .collect();
        let mut held = connection.accounts(&vaults)?.into_iter();
        for (economy, live) in economies.iter().zip(lives) {
            match live {
                Ok(live) => {
                    let vault = held.next().flatten().map_or(0, |vault| vault.lamports);
                    self.reconcile(economy, live, vault);
                }
                Err(failure) => self.broken(economy, failure),
            }
        }
        Ok(())
    }

    /// Compares an economy with what was known of it, and has its period ended if that is
    /// over.
    fn reconcile(&mut self, economy: &Pubkey, live: Live, vault: u64) {
        let own = self.own();
        let settle = self.options.poll.saturating_mul(SETTLE);
        let (now, once, jitter) = (self.now, self.options.once, self.options.jitter);
        let Some(watch) = self.watches.get_mut(economy) else {
            return;
        };
        let state = &live.economy;
        let periods = state.totals.periods;
        match watch.cranked {
            Some((before, at)) if periods <= before => {
                if at.elapsed() < settle {
                    return;
                }
                // Confirmed, and yet not there: the server lied, or a fork was dropped.
                watch.cranked = None;
                watch.periods = Some(periods);
                error!(name: "vanished", %economy, period = before.saturating_add(1));
            }
            Some(_) => watch.cranked = None,
            None => {}
        }
        let moved = watch.periods.is_some_and(|known| periods > known);
        if moved {
            let by = periods.saturating_sub(watch.periods.unwrap_or(periods));
            let lateness_s = (by == 1 && watch.next_end > 0)
                .then(|| state.last_crank.saturating_sub(watch.next_end).max(0));
            if let Some(lateness) = lateness_s {
                self.metrics.lateness(economy, lateness);
            }
            let (period, next_end) = (periods, state.next_end);
            if watch.in_doubt {
                // It may have been the transaction that nobody knew about.
                info!(name: "settled", %economy, period, next_end, lateness_s);
            } else {
                info!(name: "beaten", %economy, period, next_end, lateness_s);
            }
            self.metrics.ended(economy, Ending::Beaten, by);
            watch.in_doubt = false;
            self.metrics.health().recovered(Place::Worker(*economy));
            watch.backoff.reset();
            watch.not_before = None;
            self.metrics.backoff(economy, Duration::ZERO);
        }
        watch.periods = Some(periods);
        watch.next_end = state.next_end;
        watch.delay = if once {
            0
        } else {
            delay(&own, economy, periods, jitter)
        };
        let pays = bounty(state, vault, POOREST);
        let usual = if watch.named { 0 } else { BASE_FEE };
        let least = self.options.min_bounty.unwrap_or(usual);
        let before = std::mem::replace(
            &mut watch.state,
            judge(state, now, watch.delay, pays, least),
        );
        let unpaid = state.limits.bounty > 0 && pays == 0;
        if unpaid && watch.named && !watch.told_unpaid {
            warn!(
                name: "no_bounty",
                %economy,
                vault_lamports = vault,
                bounty_lamports = state.limits.bounty,
                remedy = "send SOL to the economy's keeper vault"
            );
        }
        watch.told_unpaid = unpaid;
        self.metrics.next_end(economy, state.next_end);
        self.metrics.state(economy, &watch.state);
        let after = watch.state.clone();
        let named = watch.named;
        if before.name() != after.name() {
            self.tell(economy, &before, &after, state, named);
        }
        if after == State::Waiting && named {
            self.touch(economy, &live);
        }
        if after != State::Due {
            let result = if moved { "beaten" } else { after.name() };
            self.keep(economy, result, None, None);
            return;
        }
        if self.purse == Purse::Empty {
            let failure = Failure::new("too_little", "the keeper's wallet cannot pay a crank")
                .remedy("send SOL to it: the metric wallet_lamports has its address and balance");
            self.keep(economy, "due", None, Some(&failure));
            return;
        }
        if self.room() == 0 {
            self.backlog = true;
            return;
        }
        let Some(watch) = self.watches.get_mut(economy) else {
            return;
        };
        let job = Job {
            live: Box::new(live),
            touches: Vec::new(),
            vault,
            named: watch.named,
            pays,
            table: watch.table.clone(),
        };
        // The workers live as long as this end of the channel.
        if self.jobs.send(job).is_ok() {
            watch.busy = true;
            self.busy = self.busy.saturating_add(1);
        }
    }

    /// Gives the touches of an economy's pools that are due to the workers. They are paid for
    /// like the cranks of economies that the operator named.
    fn touch(&mut self, economy: &Pubkey, live: &Live) {
        let touches = touch::due(live, self.now);
        let able = self.purse != Purse::Empty && self.room() > 0;
        let Some(watch) = self.watches.get_mut(economy) else {
            return;
        };
        if touches.is_empty() || !able {
            return;
        }
        let job = Job {
            live: Box::new(live.clone()),
            touches,
            vault: 0,
            named: true,
            pays: 0,
            table: watch.table.clone(),
        };
        if self.jobs.send(job).is_ok() {
            watch.busy = true;
            self.busy = self.busy.saturating_add(1);
        }
    }

    /// Tells of a state that is new and not the course of things.
    fn tell(&self, economy: &Pubkey, before: &State, after: &State, state: &Economy, named: bool) {
        // A failure was told, and its end will be by the crank.
        let usual =
            |state: &State| matches!(state, State::Waiting | State::Due | State::Failing(_));
        if usual(before) && usual(after) {
            return;
        }
        let (until, next_end) = match after {
            State::Paused(until) => (Some(*until), None),
            State::Waiting | State::Due => (None, Some(state.next_end)),
            _ => (None, None),
        };
        let level = match after {
            // A search finds them by the thousand.
            _ if !named && *before == State::Unknown => Level::DEBUG,
            State::Paused(_) | State::Unpaid => Level::WARN,
            _ => Level::INFO,
        };
        leveled!(level, "state", %economy, state = after.name(), until, next_end);
    }
}
