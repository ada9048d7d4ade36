//! The answer of `advisor` for people.

use std::io::{self, Write};

use super::answer::Advice;
use super::figures::KnownAnswer;
use crate::chain::{time, Answer};

impl Answer for Advice {
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "economy      {}, {}", self.economy, time(self.now))?;
        match &self.change {
            Some(change) => writeln!(
                out,
                "ADVISE       {} of {} from {} to {}{}",
                change.field,
                change.parameter,
                change.from,
                change.to,
                match change.over_seconds {
                    0 => String::new(),
                    seconds => format!(", over {seconds} s"),
                }
            )?,
            None => {
                for wait in &self.waits {
                    writeln!(out, "WAIT         {} ({})", wait.text, wait.code)?;
                }
            }
        }
        let list = |out: &mut dyn Write, title: &str, lines: &[String]| {
            if lines.is_empty() {
                return Ok(());
            }
            writeln!(out, "\n{title}")?;
            lines.iter().try_for_each(|line| writeln!(out, "  {line}"))
        };
        list(out, "what it rests on and what it would do", &self.evidence)?;
        list(out, "what would change it", &self.would_change)?;
        list(out, "what is not known", &self.unknown)?;
        if !self.front.is_empty() {
            writeln!(
                out,
                "\n{:<38} {:>9} {:>10} {:>8} {:>8} {:>12}",
                "front", "security", "inflation", "fees", "effort", "improvement"
            )?;
        }
        for tried in &self.front {
            let what = tried
                .change
                .as_ref()
                .map_or("leave all as it is".into(), |change| {
                    format!("{} of {} to {}", change.field, change.parameter, change.to)
                });
            let costs = &tried.costs;
            writeln!(
                out,
                "  {what:<36} {:>9.4} {:>10.4} {:>8.4} {:>8.4} {:>12.5}",
                costs.security, costs.inflation, costs.fees, costs.effort, tried.improvement
            )?;
        }
        let known: Vec<&KnownAnswer> = self.people.iter().filter(|one| one.identified).collect();
        if !known.is_empty() {
            writeln!(
                out,
                "\npeople (90 % intervals)        low     median       high"
            )?;
        }
        for one in known {
            writeln!(
                out,
                "  {:<22} {:>9.4} {:>10.4} {:>10.4}",
                one.parameter, one.low, one.median, one.high
            )?;
        }
        if let Some(wallets) = &self.wallets {
            writeln!(
                out,
                "\n{:<12} {:>24} {:>8} {:>24} {:>10}",
                "wallets", "tokens", "staked", "median stake", "age"
            )?;
            for group in &wallets.groups {
                writeln!(
                    out,
                    "  {:<10} {:>24} {:>6.1} % {:>24} {:>8.1} d",
                    group.wallets,
                    group.tokens.to_string(),
                    group.staked * 100.0,
                    group.median_stake.to_string(),
                    group.stake_age_days
                )?;
            }
        }
        if let Some(file) = &self.proposal_file {
            writeln!(
                out,
                "\nthe proposal is in {file}: `homeostat propose {file}`"
            )?;
        }
        if let Some(sent) = &self.sent {
            writeln!(out)?;
            sent.display(out)?;
        }
        Ok(())
    }
}
