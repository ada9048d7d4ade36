//! `status` as people read it.

use std::io::{self, Write};

use homeostat::constants::PAUSE_BUDGET;
use homeostat_settings::human::{duration, sol, when};

use super::answer::{CouncilAnswer, ParameterAnswer, SeatAnswer, Status};
use crate::chain::figure::{measure, share};
use crate::chain::Answer;

impl Answer for Status {
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        self.about(out)?;
        self.money(out)?;
        self.time(out)?;
        self.people(out)?;
        self.warnings(out)?;
        self.parameters(out)?;
        self.stakes(out)?;
        if self.life == "draft" {
            self.to_do(out)?;
        }
        Ok(())
    }
}

/// A line with its name in front.
fn line(out: &mut dyn Write, name: &str, text: impl core::fmt::Display) -> io::Result<()> {
    writeln!(out, "{name:<12} {text}")
}

impl Status {
    fn is(&self, life: &str) -> bool {
        self.life == life
    }

    /// What an amount is counted in.
    fn unit(&self) -> &str {
        match &self.token {
            Some(token) if !token.symbol.is_empty() => &token.symbol,
            _ => "tokens",
        }
    }

    fn about(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { economy, life, .. } = self;
        line(
            out,
            "economy",
            format!("{economy} ({life}, {})", self.funding),
        )?;
        let called = match &self.token {
            Some(token) => format!(" (calls itself {}, {})", token.name, token.symbol),
            None => String::new(),
        };
        line(out, "token", format!("{}{called}", self.mint))?;
        let cluster = &self.cluster;
        line(out, "cluster", format!("{} {}", cluster.kind, cluster.url))?;
        let authority = self.upgrade_authority.as_deref().unwrap_or("nobody");
        let program = &self.program;
        line(
            out,
            "program",
            format!("{program}, may be replaced by: {authority}"),
        )
    }

    fn money(&self, out: &mut dyn Write) -> io::Result<()> {
        let unit = self.unit();
        let circulating = match &self.circulating {
            Some(amount) => format!(", circulating {amount}"),
            None => String::new(),
        };
        let (supply, cap) = (&self.supply, &self.hard_cap);
        line(
            out,
            "supply",
            format!("{supply} {unit}{circulating}, cap {cap}"),
        )?;
        let held = &self.rewards.balance;
        line(
            out,
            "rewards",
            format!("{held} {unit} in the vault that claims are paid from"),
        )?;
        let treasury = &self.treasury;
        line(
            out,
            "treasury",
            format!(
                "{} {unit} in {}; pays out at most {} in 30 d",
                treasury.balance, treasury.vault, treasury.outflow_cap
            ),
        )?;
        let split = &self.fee_split;
        line(
            out,
            "fees",
            format!(
                "of each fee {} is burned, {} goes to the stakers, {} to the treasury",
                share(&split.burned),
                share(&split.stakers),
                share(&split.treasury)
            ),
        )?;
        let bounty = &self.bounty;
        line(
            out,
            "bounties",
            format!(
                "{} a crank, {} left in {}",
                sol(bounty.lamports),
                sol(bounty.vault_lamports),
                bounty.vault
            ),
        )
    }

    fn time(&self, out: &mut dyn Write) -> io::Result<()> {
        let length = duration(u64::from(self.period_seconds));
        let periods = match self.next_crank_at {
            Some(end) if end > self.now => format!(
                "{} of {length}, this one ends {}",
                self.periods,
                when(end, self.now)
            ),
            Some(end) => format!(
                "{} of {length}, this one ended {}: `homeostat crank`",
                self.periods,
                when(end, self.now)
            ),
            None if self.is("draft") => format!("of {length}, once it is live"),
            None => format!("{} of {length}; it is over", self.periods),
        };
        line(out, "periods", periods)?;
        if let Some(until) = self.emit_until {
            let state = if until > self.now {
                "runs until"
            } else {
                "STOPPED since"
            };
            line(
                out,
                "emission",
                format!("{state} {}", when(until, self.now)),
            )?;
        }
        let unbonding = duration(u64::from(self.unbonding_seconds));
        line(
            out,
            "unbonding",
            format!("{unbonding} between unstake and withdraw"),
        )
    }

    fn people(&self, out: &mut dyn Write) -> io::Result<()> {
        match &self.council {
            Some(council) => council.display(out)?,
            None => line(out, "council", "none yet: nobody can decide, pause or veto")?,
        }
        let spent: Vec<String> = self
            .pause_budget
            .iter()
            .filter_map(|budget| {
                let left = duration(budget.left_seconds.max(0).unsigned_abs());
                let full = when(budget.full_at?, self.now);
                Some(format!("{} {left}, all of it {full}", budget.section))
            })
            .collect();
        let budget = duration(PAUSE_BUDGET.unsigned_abs());
        let spent = match spent.as_slice() {
            [] => "none of it spent".to_owned(),
            spent => format!("left for {}", spent.join("; for ")),
        };
        line(
            out,
            "pauses",
            format!("a section for {budget} in 30 d, {spent}"),
        )
    }

    fn warnings(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.tripped {
            line(
                out,
                "BREAKER",
                "a vault was found short; nothing is emitted until governance resumes",
            )?;
        }
        if !self.given_up.is_empty() {
            line(
                out,
                "given up",
                format!("for ever: {}", self.given_up.join(", ")),
            )?;
        }
        for offer in &self.offers {
            line(out, "not accepted", offer)?;
        }
        for pause in &self.pauses {
            let until = when(pause.until, self.now);
            line(out, "PAUSED", format!("{} until {until}", pause.section))?;
        }
        Ok(())
    }

    fn parameters(&self, out: &mut dyn Write) -> io::Result<()> {
        let value = if self.is("draft") {
            "starts at"
        } else {
            "value"
        };
        writeln!(
            out,
            "\n{:<10} {value:>10} {:>10} {:>10}  {:<19} {:>10} {:>12}",
            "parameter", "min", "max", "steered by", "target", "measured"
        )?;
        for one in &self.parameters {
            one.row(out)?;
        }
        for one in self.parameters.iter().filter(|one| one.held) {
            let until = match one.held_until {
                Some(until) if until > self.now => {
                    format!("until the first crank after {}", when(until, self.now))
                }
                Some(_) => "until the next crank".to_owned(),
                None => "for now".to_owned(),
            };
            line(
                out,
                "HELD",
                format!(
                    "{} stays as it is {until}, or until a proposal resumes it: its guard found \
                     the measurement unlike those before",
                    one.parameter
                ),
            )?;
        }
        let sentences = self.parameters.iter();
        for sentence in sentences.filter_map(|one| one.at_limit.as_ref()) {
            line(out, "AT A LIMIT", sentence)?;
        }
        writeln!(out)
    }

    fn stakes(&self, out: &mut dyn Write) -> io::Result<()> {
        let unit = self.unit();
        for pool in &self.pools {
            let apr = pool.apr.as_deref();
            let apr = apr.map_or(String::new(), |apr| format!(", {} a year", share(apr)));
            let (kind, mint, total) = (&pool.kind, &pool.stake_mint, &pool.total);
            line(out, "pool", format!("{kind} {mint}: {total} staked{apr}"))?;
        }
        if let Some(wallet) = &self.wallet {
            line(
                out,
                "wallet",
                format!(
                    "{}: {} {unit}, {}",
                    wallet.address,
                    wallet.tokens,
                    sol(wallet.lamports)
                ),
            )?;
        }
        for position in &self.positions {
            line(
                out,
                "position",
                format!(
                    "{}: {} staked, {} {unit} to claim",
                    position.stake_mint, position.staked, position.pending
                ),
            )?;
            for ticket in &position.unbonding {
                let ready = if ticket.ready_at <= self.now {
                    "ready: `homeostat withdraw`".to_owned()
                } else {
                    when(ticket.ready_at, self.now)
                };
                let (amount, number) = (&ticket.amount, ticket.ticket);
                line(
                    out,
                    "  unbonding",
                    format!("{amount} (ticket {number}): {ready}"),
                )?;
            }
        }
        Ok(())
    }

    fn to_do(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.before_go_live.is_empty() {
            return writeln!(
                out,
                "\nnothing is missing: `homeostat go-live --economy {}`",
                self.economy
            );
        }
        writeln!(out, "\nbefore it goes live, in this order:")?;
        for (number, missing) in (1..).zip(&self.before_go_live) {
            writeln!(out, "  {number}. {missing}")?;
        }
        writeln!(
            out,
            "  {}. `homeostat go-live --economy {}`",
            self.before_go_live.len().saturating_add(1),
            self.economy
        )
    }
}

impl ParameterAnswer {
    fn row(&self, out: &mut dyn Write) -> io::Result<()> {
        let measured = match &self.measured {
            Some(text) => measure(&self.metric, text),
            None => "-".to_owned(),
        };
        writeln!(
            out,
            "{:<10} {:>10} {:>10} {:>10}  {:<19} {:>10} {measured:>12}",
            self.parameter,
            share(&self.value),
            share(&self.min),
            share(&self.max),
            self.metric,
            measure(&self.metric, &self.target),
        )
    }
}

impl SeatAnswer {
    fn shown(&self) -> String {
        let via = match &self.via {
            Some(program) => format!(" (through {program})"),
            None => String::new(),
        };
        let accepted = if self.accepted {
            ""
        } else {
            ", has not accepted: no vote yet"
        };
        format!("{}{via}{accepted}", self.key)
    }
}

impl CouncilAnswer {
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        let open = match self.open_proposals {
            0 => "no proposal is open".to_owned(),
            1 => "1 proposal is open: `homeostat proposals`".to_owned(),
            count => format!("{count} proposals are open: `homeostat proposals`"),
        };
        let seats = self.members.iter().filter(|member| member.accepted);
        line(
            out,
            "council",
            format!(
                "{} of {} members approve; {open}",
                self.threshold,
                seats.count()
            ),
        )?;
        for member in &self.members {
            line(out, "  member", member.shown())?;
        }
        let guardian = match &self.guardian {
            Some(seat) => format!(
                "{}: pauses and vetoes, also what is approved; approves, raises and resumes nothing",
                seat.shown()
            ),
            None => "nobody".to_owned(),
        };
        line(out, "  guardian", guardian)?;
        if let Some(advisor) = &self.advisor {
            let powers = "recommends values inside the council's range";
            line(out, "  advisor", format!("{}: {powers}", advisor.shown()))?;
        }
        let delays = &self.delays;
        let time = |seconds: u32| duration(u64::from(seconds));
        line(
            out,
            "  delays",
            format!(
                "routine {}, standard {}, critical {}, then {} to execute; {} of the stake vetoes",
                time(delays.routine),
                time(delays.standard),
                time(delays.critical),
                time(delays.grace),
                share(&delays.staker_veto)
            ),
        )
    }
}
