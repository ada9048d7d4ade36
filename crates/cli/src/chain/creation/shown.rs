//! What an economy file says, shown before anything is sent.

use homeostat_chain::creation::{Creation, Found, Piece, Stage};
use homeostat_client::{CouncilArgs, Funding, Parameter};
use homeostat_settings::economy_file::EconomySpec;
use homeostat_settings::human::sol;
use homeostat_settings::parts_file::label_text;
use homeostat_settings::tokens::Tokens;

use super::super::figure::{exact, share, share_of, short, term};
use super::super::{duration, Context};

impl Context {
    /// Shows everything before it is sent.
    pub(super) fn announce(
        &self,
        creation: &Creation<'_>,
        found: &Found,
        pieces: &[Piece],
        count: usize,
    ) {
        let at = creation.at();
        let spec = creation.spec;
        let tokens = Tokens {
            decimals: spec.decimals,
        };
        if matches!(found.stage, Stage::Created) {
            self.say(&format!(
                "the economy {} is on {} and no Draft any more",
                at.economy,
                self.connection.cluster()
            ));
            return;
        }
        self.say(&format!(
            "create an economy on {}",
            self.connection.cluster()
        ));
        let mint = format!(
            "{} ({} tokens, {} decimals)",
            creation.mint,
            tokens.told(found.mint.supply),
            found.mint.decimals
        );
        for (name, shown) in [
            ("creator", creation.creator.to_string()),
            ("economy", at.economy.to_string()),
            ("mint", mint),
            ("authority", at.authority.to_string()),
            ("rewards", at.reward_vault.to_string()),
            ("treasury", at.treasury_vault.to_string()),
            ("bounties", at.keeper_vault.to_string()),
            ("log", at.log.to_string()),
            ("council", at.council.to_string()),
        ] {
            self.say(&format!("  {name:<12} {shown}"));
        }
        let council = matches!(found.stage, Stage::Draft(_, Some(_)));
        for line in shown(spec, council) {
            self.say(&format!("  {line}"));
        }
        if pieces.is_empty() {
            return;
        }
        self.say("steps");
        for (number, piece) in pieces.iter().enumerate() {
            let rent = match piece.rent {
                0 => String::new(),
                lamports => format!(" ({})", sol(lamports)),
            };
            self.say(&format!("  {}. {}{rent}", number + 1, piece.what));
        }
        let rent: u64 = pieces.iter().map(|piece| piece.rent).sum();
        self.say(&format!(
            "rent in all {} at most, in {count} transactions",
            sol(rent)
        ));
    }
}

/// What a file says, for a person; `council` = the Draft has one already.
fn shown(spec: &EconomySpec, council: bool) -> Vec<String> {
    let tokens = Tokens {
        decimals: spec.decimals,
    };
    let limits = &spec.limits;
    let mode = match spec.funding {
        Funding::Mint => "mint: rewards are minted",
        Funding::Funded => "funded: rewards come out of a vault",
    };
    let ppm = |ppm: u32| share_of(i64::from(ppm));
    let mut lines = vec![
        format!("mode         {mode}"),
        format!(
            "period       {}, unbonding {}",
            duration(u64::from(spec.period)),
            duration(u64::from(limits.unbonding))
        ),
        format!(
            "supply       hard cap {} tokens, burns stop at {}",
            tokens.told(limits.hard_cap),
            tokens.told(limits.supply_floor)
        ),
        format!(
            "a period     emits at most {} of the supply and burns at most {}",
            ppm(limits.period_emission_ppm),
            ppm(limits.period_burn_ppm)
        ),
        format!(
            "fees         treasury gets {} of what is not burned, pays out at most {} tokens in 30 d",
            ppm(limits.treasury_ppm),
            tokens.told(limits.outflow_cap)
        ),
        format!(
            "others       smallest stake {} tokens, earns at most {} a year, turnover {}, bounty {}, {} meters",
            tokens.told(limits.min_stake),
            ppm(limits.yield_ppm),
            share_of(i64::try_from(limits.turnover_ppm).unwrap_or(i64::MAX)),
            sol(limits.bounty),
            spec.meters
        ),
    ];
    lines.extend(spec.pools.iter().map(|pool| {
        format!(
            "pool         of {}, weight {}, measures {}",
            pool.stake_mint, pool.weight, pool.amm_vault
        )
    }));
    for (index, feed) in spec.feeds.iter().enumerate() {
        lines.push(format!(
            "feed {index}       {}: {} of {} reporters within {} of the median, no older than {}",
            label_text(&feed.label),
            feed.quorum,
            feed.reporters.len(),
            ppm(feed.max_spread_ppm),
            duration(u64::from(feed.max_age))
        ));
        let reporters = feed.reporters.iter();
        lines.extend(reporters.map(|key| format!("  reporter   {key}")));
    }
    for (parameter, config) in Parameter::ALL.into_iter().zip(&spec.controllers) {
        let slew = |limit: Option<u64>| match limit.and_then(|ppm| i64::try_from(ppm).ok()) {
            Some(ppm) => share_of(ppm),
            None => "any".to_owned(),
        };
        lines.push(format!(
            "{:<12} {} to {}, starts at {}, target {}, at most +{} -{} a period",
            parameter.name(),
            share_of(config.min),
            share_of(config.max),
            share(&term(config.bias.to)),
            short(&exact(config.setpoint.to)),
            slew(config.slew_up),
            slew(config.slew_down),
        ));
    }
    match &spec.council {
        None if council => lines.push("members      as the Draft has them".to_owned()),
        None => lines.push("members      none in the file: it cannot go live without".to_owned()),
        Some(council) => lines.extend(council_shown(council)),
    }
    lines
}

fn council_shown(council: &CouncilArgs) -> Vec<String> {
    let seat = |seat: &homeostat_client::SeatArgs| match seat.via {
        Some(via) => format!("{} (by {via})", seat.key),
        None => seat.key.to_string(),
    };
    let mut lines = vec![format!(
        "members      {} of {} approve",
        council.threshold,
        council.members.len()
    )];
    lines.extend(
        council
            .members
            .iter()
            .map(|member| format!("  member     {}", seat(member))),
    );
    lines.push(format!("  guardian   {}", seat(&council.guardian)));
    let delays = council.delays.unwrap_or(homeostat_client::Delays::DEFAULT);
    let time = |seconds: u32| duration(u64::from(seconds));
    lines.push(format!(
        "  delays     routine {}, standard {}, critical {}, then {} to execute; {} of the stake vetoes",
        time(delays.routine),
        time(delays.standard),
        time(delays.critical),
        time(delays.grace),
        share_of(i64::from(delays.staker_veto_ppm))
    ));
    lines
}
