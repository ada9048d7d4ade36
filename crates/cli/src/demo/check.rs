//! Cranks, and the check of everything after each: the invariants of the program, what the
//! records say, and whether the bank's economy is the simulated one.

use homeostat::state::{Meter, Pool, StoredDecision, StoredGuardState, StoredState};
use homeostat_client::instruction as ix;
use homeostat_client::log::{self, Record};
use homeostat_client::{DecisionRecord, Economy, Parameter};
use homeostat_control::{guarded_step, Input};
use homeostat_sim::parity::{economy_at, meter_at, pool_at};
use solana_signer::Signer;

use super::life::{Life, Made};
use super::stage::{refused, LIQUIDITY, NATIVE};
use crate::failure::Failure;

impl Life<'_> {
    /// Collects the fees, previews and makes the decisions, and checks everything.
    pub(super) async fn crank(&mut self, period: u32) -> Result<(), Failure> {
        let now = self.steered.world.chain().now;
        self.stage.world.bank.set_time(now).await;
        let world = &mut self.stage.world;
        let counts = &mut self.stage.counts;
        for shard in 0..self.spec.meters {
            world
                .collect(shard)
                .await
                .map_err(|failure| refused("to collect fees", &failure))?;
            counts.collects += 1;
        }
        let before = world.economy().await;
        let mut previews = Vec::with_capacity(Parameter::ALL.len());
        for parameter in Parameter::ALL {
            let preview = ix::preview(&world.at, &world.pools, &before, parameter.index() as u8);
            let receipt = world
                .run(&[preview])
                .await
                .map_err(|failure| refused("a preview", &failure))?;
            previews.push(receipt.return_data);
            counts.previews += 1;
        }
        let keeper = world.bank.payer().pubkey();
        let crank = ix::crank(
            &world.at,
            &keeper,
            &world.token_program,
            &world.pools,
            &before,
        );
        world
            .run(&[crank])
            .await
            .map_err(|failure| refused("a crank", &failure))?;
        counts.cranks += 1;
        // One transaction each.
        counts.transactions += u32::from(self.spec.meters) + previews.len() as u32 + 1;
        self.economy = self.stage.world.economy().await;

        let records = self.records().await?;
        for (parameter, preview) in Parameter::ALL.into_iter().zip(&previews) {
            let after = self.economy.controllers[parameter.index()];
            let config = &before.controllers[parameter.index()].config;
            self.made.push(Made {
                period,
                parameter,
                decision: after.last.law(),
                min: config.min,
                max: config.max,
            });
            let recomputed = records
                .iter()
                .find(|record| record.parameter == parameter as u8)
                .is_some_and(|record| recomputes(&before, &self.economy, parameter, record));
            let previewed = homeostat_client::decode::preview(preview) == Ok(after.last);
            self.note("decisions_recompute", recomputed, parameter);
            let equal = self.steered.world.chain().economy.controllers[parameter.index()] == after;
            self.equal += usize::from(equal);
            self.note("previews_match", previewed, parameter);
            self.note("decisions_equal_simulation", equal, parameter);
        }
        self.check(period).await
    }

    /// The records that the last crank wrote, out of the log whose chain was checked.
    async fn records(&mut self) -> Result<Vec<DecisionRecord>, Failure> {
        let world = &mut self.stage.world;
        let data = world.bank.data(&world.at.log).await.unwrap_or_default();
        let (_, records) =
            log::read(&data).map_err(|error| {
                Failure::new("bad_log", format!("the decision log is unreadable: {error}"))
                    .remedy("this is a bug of the demo or of the program: report it with the economy file and the seed")
            })?;
        Ok(records
            .iter()
            .rev()
            .take(Parameter::ALL.len())
            .filter_map(|record| match record {
                Record::Decision(decision) => Some(*decision),
                Record::Config(_) => None,
            })
            .collect())
    }

    fn note(&mut self, name: &'static str, holds: bool, parameter: Parameter) {
        *self.invariants.held.entry(name).or_insert(true) &= holds;
        if !holds {
            let evidence = format!("{name}: {}", parameter.name());
            self.invariants.evidence.push(evidence);
        }
    }

    /// Checks every invariant now; the first one that does not hold ends the demo.
    pub(super) async fn check(&mut self, period: u32) -> Result<(), Failure> {
        let found = self.stage.world.check_invariants().await;
        self.invariants.merge(found);
        self.same_accounts().await;
        self.checks += 1;
        let broken: Vec<&str> = self
            .invariants
            .held
            .iter()
            .filter(|(_, holds)| !**holds)
            .map(|(name, _)| *name)
            .collect();
        if broken.is_empty() {
            return Ok(());
        }
        Err(Failure::new(
            "invariant_broken",
            format!(
                "in period {period} this does not hold: {} ({})",
                broken.join(", "),
                self.invariants.evidence.join("; ")
            ),
        )
        .remedy("this is a bug of the program: report it with the economy file, the scenario and the seed"))
    }

    /// Compares the bank's accounts and balances with the simulated ones, to the last bit and the
    /// last base unit.
    async fn same_accounts(&mut self) {
        let simulated = &self.steered.world;
        let chain = simulated.chain();
        let world = &mut self.stage.world;
        let (at, bank) = (world.at, &mut world.bank);
        let mut different: Vec<String> = Vec::new();
        let mut compare = |what: &str, same: bool| {
            if !same {
                different.push(what.to_owned());
            }
        };
        let economy: Box<Economy> = Box::new(bank.fetch(&at.economy).await);
        let cranked = economy.totals.periods == chain.economy.totals.periods;
        // Where a crank is due, the simulated accounts are already those after it.
        if cranked {
            compare("economy", *economy == economy_at(&economy, &chain.economy));
            let pools = [("native pool", NATIVE), ("liquidity pool", LIQUIDITY)];
            for ((what, lane), simulated) in
                pools.into_iter().zip([&chain.native, &chain.liquidity])
            {
                let address = at.pool(&world.pools[lane].mint);
                let mut real: Pool = bank.fetch(&address).await;
                let mut expected = pool_at(&real, simulated);
                // The simulator settles a pool on a withdrawal as well, the program does not; once
                // both are settled they are the same.
                let settled = [&mut real, &mut expected].into_iter().all(|pool| {
                    let settled = pool.settle(&economy.stream, economy.yield_q64, chain.now);
                    settled.is_ok()
                });
                compare(what, settled && real == expected);
            }
            let meter: Meter = bank.fetch(&at.meter(0)).await;
            compare("meter", meter == meter_at(&meter, &chain.meter));
            compare("supply", bank.supply(&at.mint).await == chain.supply);
            for (what, vault, expected) in [
                ("reward vault", at.reward_vault, chain.reward_vault),
                ("treasury", at.treasury_vault, chain.treasury),
            ] {
                compare(what, bank.balance(&vault).await == expected);
            }
        }
        for (number, (person, real)) in simulated
            .people()
            .iter()
            .zip(&self.stage.people)
            .enumerate()
        {
            let held = bank.balance(&real.wallet.tokens).await;
            compare(&format!("wallet {number}"), held == person.liquid);
        }
        let same = different.is_empty();
        *self
            .invariants
            .held
            .entry("accounts_equal_simulation")
            .or_insert(true) &= same;
        if !same {
            let evidence = format!("accounts_equal_simulation: {}", different.join(", "));
            self.invariants.evidence.push(evidence);
        }
    }
}

/// Takes a record's inputs and the state before, steps guard and law off chain, and
/// compares every term and the whole memory with what the chain has.
fn recomputes(
    before: &Economy,
    after: &Economy,
    parameter: Parameter,
    record: &DecisionRecord,
) -> bool {
    let old = &before.controllers[parameter.index()];
    let new = &after.controllers[parameter.index()];
    let input = Input {
        tripped: before.tripped != 0,
        ..log::input(record)
    };
    let made = guarded_step(
        &old.config(),
        &old.guard_config(),
        &old.state(),
        &old.guard(),
        &input,
    );
    // From the record alone it comes out the same.
    log::recompute(&old.config(), &old.state(), record) == (made.state, made.decision)
        && StoredGuardState::from(&made.guard) == new.guard
        && record.before == old.state
        && StoredState::from(&made.state) == new.state
        && StoredDecision::from(&made.decision) == new.last
        && (record.u, record.raw, record.limited) == (new.last.u, new.last.raw, new.last.limited)
        && (record.y, record.r, record.z) == (new.last.y, new.last.r, new.last.z)
        && (record.p, record.i, record.d, record.f)
            == (new.last.p, new.last.i, new.last.d, new.last.f)
        && (record.flags, record.held) == (new.last.flags, new.last.held)
}

#[cfg(test)]
mod tests {
    use homeostat_sandbox::Bank;
    use homeostat_settings::economy_file::EconomySpec;

    use super::super::plan::{Plan, Story};
    use super::*;

    async fn after_one_period<'a>(plan: &'a Plan<'a>) -> Life<'a> {
        let mut life = Life::begin(plan, Bank::start().await)
            .await
            .expect("the economy begins");
        life.epoch(0).await.expect("a period passes");
        life
    }

    #[tokio::test]
    async fn a_broken_invariant_ends_the_demo_by_its_name() {
        let spec = EconomySpec::default();
        let plan = Plan::new(&spec, Story::Mix, 1, 4);
        let mut life = after_one_period(&plan).await;
        let pool = life.stage.pool_address(NATIVE);
        life.stage
            .world
            .bank
            .edit(&pool, |pool: &mut Pool| pool.total += 1)
            .await;
        let failure = life.check(2).await.expect_err("one unit too many");
        assert_eq!(failure.code, "invariant_broken");
        assert!(
            failure.message.contains("period 2")
                && failure.message.contains("pool_totals_match_positions"),
            "{failure}"
        );
    }

    #[tokio::test]
    async fn a_decision_that_was_tampered_with_does_not_recompute() {
        let spec = EconomySpec::default();
        let plan = Plan::new(&spec, Story::Mix, 1, 4);
        let mut life = after_one_period(&plan).await;
        let before = life.economy.clone();
        let world = &mut life.stage.world;
        world.bank.set_time(before.next_end).await;
        world.crank().await.expect("a crank");
        let after = world.economy().await;
        let records = life.records().await.expect("records");
        let parameter = Parameter::Burn;
        let record = *records
            .iter()
            .find(|record| record.parameter == parameter as u8)
            .expect("a record");
        assert!(recomputes(&before, &after, parameter, &record));

        let index = parameter.index();
        let other = DecisionRecord {
            u: record.u + 1,
            ..record
        };
        assert!(!recomputes(&before, &after, parameter, &other));
        let other = DecisionRecord {
            to: record.to + 1,
            ..record
        };
        assert!(!recomputes(&before, &after, parameter, &other));
        let mut old = before.clone();
        old.controllers[index].state.last_at -= 1;
        assert!(!recomputes(&old, &after, parameter, &record));
        let mut new = after.clone();
        new.controllers[index].last.u += 1;
        assert!(!recomputes(&before, &new, parameter, &record));
    }

    #[tokio::test]
    async fn a_token_that_the_simulation_does_not_know_ends_the_demo() {
        let spec = EconomySpec::default();
        let plan = Plan::new(&spec, Story::Mix, 1, 4);
        let mut life = after_one_period(&plan).await;
        // Given a wallet with one base unit more than its simulated owner has,
        let tokens = life.stage.people[3].wallet.tokens;
        let bank = &mut life.stage.world.bank;
        let held = bank.balance(&tokens).await;
        bank.set_balance(&tokens, held + 1).await;
        // when everything is checked, then that wallet is named.
        let failure = life.check(1).await.expect_err("one base unit too many");
        assert!(
            failure
                .message
                .contains("accounts_equal_simulation: wallet 3"),
            "{failure}"
        );
    }
}
