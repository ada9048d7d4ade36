//! What belongs to no single economy, or hides one: the program, wallets, servers.

use homeostat_client::Pubkey;
use homeostat_settings::human::{duration, sol};

use super::lasting::low;
use super::teller::{alarm, turn, Told};
use super::Rules;
use crate::alarms::alarm::{Alarm, Code, Phase, Proof};
use crate::alarms::seen::Levels;
use crate::alarms::view::Program;

/// An alarm of a state that lasts, if it begins or ends.
fn lasting(
    levels: &mut Levels,
    (code, key): (Code, &str),
    turns: (bool, bool),
    (began, ended): (String, String),
    (economy, proof, at): (Option<&Pubkey>, Proof, i64),
) -> Vec<Alarm> {
    let Some((phase, times)) = turn(levels, key, turns.0, turns.1) else {
        return Vec::new();
    };
    let told = Told {
        mark: format!("{key}.{times}"),
        message: if phase == Phase::Began { began } else { ended },
        proof,
        at,
    };
    vec![alarm(code, phase, economy, told)]
}

/// What follows from the program as it was and as it is. An answer of an earlier slot says
/// nothing; the caller keeps the later one.
pub fn judge_program(before: &Program, now: &Program) -> Vec<Alarm> {
    if now.slot <= before.slot {
        return Vec::new();
    }
    let proof = Proof {
        account: now.account.to_string(),
        slot: now.slot,
        ..Proof::default()
    };
    let mut alarms = Vec::new();
    let mut tell = |code: Code, message: String| {
        let told = Told {
            mark: now.slot.to_string(),
            message,
            proof: proof.clone(),
            at: now.now,
        };
        alarms.push(alarm(code, Phase::Happened, None, told));
    };
    let who = |key: &Option<Pubkey>| key.map_or_else(|| "nobody".to_owned(), |key| key.to_string());
    if before.upgrade_authority != now.upgrade_authority {
        let message = format!(
            "Who may replace the program was {} and is {}.",
            who(&before.upgrade_authority),
            who(&now.upgrade_authority)
        );
        tell(Code::UpgradeAuthorityChanged, message);
    }
    if before.deployed != now.deployed {
        let message = format!(
            "The program was deployed in slot {} and again in slot {}, by {}.",
            before.deployed,
            now.deployed,
            who(&before.upgrade_authority)
        );
        tell(Code::ProgramRedeployed, message);
    }
    alarms
}

/// What follows from the balance of a named wallet (lamports), in a slot and at a time (unix
/// seconds).
pub fn judge_wallet(
    levels: &mut Levels,
    wallet: &Pubkey,
    lamports: u64,
    (slot, now): (u64, i64),
    rules: &Rules,
) -> Vec<Alarm> {
    let proof = Proof {
        account: wallet.to_string(),
        slot,
        ..Proof::default()
    };
    lasting(
        levels,
        (Code::WalletLow, &format!("wallet.{wallet}")),
        low(lamports, rules.wallet),
        (
            format!(
                "The wallet {wallet} contains {}, less than {}.",
                sol(lamports),
                sol(rules.wallet)
            ),
            format!("The wallet {wallet} contains {} again.", sol(lamports)),
        ),
        (None, proof, now),
    )
}

/// What follows from an economy that was seen before and is not there, or is again.
pub fn judge_gone(
    levels: &mut Levels,
    economy: &Pubkey,
    gone: bool,
    (slot, now): (u64, i64),
) -> Vec<Alarm> {
    let proof = Proof {
        account: economy.to_string(),
        slot,
        ..Proof::default()
    };
    lasting(
        levels,
        (Code::EconomyGone, "gone"),
        (gone, !gone),
        (
            format!("There is no economy at {economy} any more."),
            format!("The economy {economy} is there again."),
        ),
        (Some(economy), proof, now),
    )
}

/// What follows from having seen nothing newer of the cluster for so long (seconds); the slot and
/// the time (unix seconds) are those of the last view.
pub fn judge_sight(
    levels: &mut Levels,
    unseen: u64,
    (slot, now): (u64, i64),
    rules: &Rules,
) -> Vec<Alarm> {
    let proof = Proof {
        account: homeostat_client::PROGRAM_ID.to_string(),
        slot,
        ..Proof::default()
    };
    lasting(
        levels,
        (Code::Blind, "blind"),
        (unseen >= rules.blind.max(1), unseen == 0),
        (
            format!(
                "Nothing newer than slot {slot} was seen of the cluster for {}.",
                duration(unseen)
            ),
            "The cluster is seen again.".to_owned(),
        ),
        (None, proof, now),
    )
}
