//! `go-live`: what a Draft still lacks, and its opening.

use anchor_spl::token_2022::spl_token_2022::instruction::{set_authority, AuthorityType};
use homeostat_chain::creation::Mint;
use homeostat_client::{instruction as ix, Council, Economy, EconomyAddresses};
use homeostat_settings::tokens::Tokens;

use super::super::delivery::SendArgs;
use super::super::offers;
use super::super::refused::{About, Scene};
use super::super::write::{Figures, Intent};
use super::super::{Context, WhichArgs};
use crate::failure::Failure;

/// Arguments of `go-live`.
#[derive(Clone, Debug, clap::Args)]
pub struct GoLiveArgs {
    /// Give the mint authority, which the creator holds, to the economy in the same
    /// transaction; it never comes back while the economy lives
    #[arg(long)]
    pub hand_over_mint: bool,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

pub(super) fn mint_of(context: &Context, at: &EconomyAddresses) -> Result<Mint, Failure> {
    let account = context.connection.account(&at.mint)?;
    Mint::read(&at.mint, account.as_ref())
}

/// What a Draft lacks before `go-live`, in the order in which to do it: what is wrong, and what to
/// do.
pub(in crate::chain) fn before_go_live(
    economy: &Economy,
    council: Option<&Council>,
    at: &EconomyAddresses,
    mint: &Mint,
) -> Vec<String> {
    let lacking = lacking(economy, council, at, mint);
    let told = |failure: &Failure| format!("{}; {}", failure.message, failure.remedy);
    lacking.iter().map(told).collect()
}

/// What the program would ask for at the opening, each with its remedy, in the order in which to
/// do it.
fn lacking(
    economy: &Economy,
    council: Option<&Council>,
    at: &EconomyAddresses,
    mint: &Mint,
) -> Vec<Failure> {
    let mut all = Vec::new();
    let tokens = Tokens {
        decimals: economy.decimals,
    };
    if economy.pool_count == 0 {
        let failure = Failure::new("no_pool", "the economy has no pool of its own token");
        all.push(failure.remedy("run `homeostat create-economy` again, which goes on"));
    }
    if let Some(council) = council {
        all.extend(offers::lacking(council));
    } else {
        let failure = Failure::new("no_council", "the economy has no council");
        all.push(
            failure.remedy(
                "add [council] to the economy file and run `homeostat create-economy` again",
            ),
        );
    }
    all.extend(mint.require_no_freeze(&at.mint).err());
    // What is minted is minted before nobody can mint any more.
    let floor = economy.limits.supply_floor;
    if mint.supply == 0 {
        let failure = Failure::new("no_supply", "the token has no supply");
        all.push(failure.remedy(format!(
            "mint some first: `spl-token mint {} AMOUNT`",
            at.mint
        )));
    } else if mint.supply < floor {
        let what = format!(
            "the supply is {} tokens, below the floor of {}",
            tokens.told(mint.supply),
            tokens.told(floor)
        );
        let failure = Failure::new("below_floor", what);
        all.push(failure.remedy(
            "lower `supply_floor` in the economy file and run `homeostat create-economy` again",
        ));
    }
    if economy.mints() {
        let held = mint.mint_authority;
        if held != Some(at.authority) {
            let (what, remedy) = match held {
                None => (
                    "nobody can mint the token".to_owned(),
                    "create another economy with mode = \"funded\"".to_owned(),
                ),
                Some(holder) => (
                    format!("{holder} holds the mint authority"),
                    format!(
                        "{}have it run `spl-token authorize {} mint {}`",
                        if holder == economy.creator {
                            "add --hand-over-mint to `homeostat go-live`, or "
                        } else {
                            ""
                        },
                        at.mint,
                        at.authority
                    ),
                ),
            };
            all.push(Failure::new("mint_authority", what).remedy(remedy));
        }
        all.extend(mint.require_below(economy.limits.hard_cap).err());
    } else if economy.totals.supplied == 0 {
        let failure = Failure::new("no_funds", "the vault that rewards come out of is empty");
        all.push(failure.remedy("have its creator fund it: `homeostat fund AMOUNT`"));
    }
    all
}

/// `go-live`: starts an economy's clock, once and for all.
///
/// # Errors
///
/// It is not a Draft, somebody else created it, or something is missing, which is listed;
/// what the cluster refuses.
pub fn go_live(context: &Context, arguments: &GoLiveArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let own = context.actor(&arguments.send)?;
    let economy = &live.economy;
    if live.life() != "draft" {
        return Err(Failure::new(
            "not_a_draft",
            format!("the economy {} is {}", live.at.economy, live.life()),
        )
        .remedy("an economy goes live once; `homeostat status` shows it"));
    }
    if own.address() != economy.creator {
        return Err(Failure::new(
            "not_the_creator",
            format!("{} created it, not {}", economy.creator, own.address()),
        )
        .remedy("give the creator's key with --keypair"));
    }
    let mint = mint_of(context, &live.at)?;
    let handed =
        arguments.hand_over_mint && economy.mints() && mint.mint_authority == Some(economy.creator);
    let council = live.council(&context.connection)?;
    let lacking: Vec<Failure> = lacking(economy, council.as_ref(), &live.at, &mint)
        .into_iter()
        .filter(|failure| !(handed && failure.code == "mint_authority"))
        .collect();
    if !lacking.is_empty() {
        return Err(not_ready(lacking));
    }
    let mut instructions = Vec::new();
    let mut what = format!("start the economy {}, once and for all", live.at.economy);
    if handed {
        let hand = set_authority(
            &mint.program,
            &live.at.mint,
            Some(&live.at.authority),
            AuthorityType::MintTokens,
            &economy.creator,
            &[],
        );
        instructions.push(hand.map_err(|error| context.connection.nonsense(error))?);
        what.push_str(&format!(
            ", and hand the mint authority of {} over to it ({})",
            live.at.mint, live.at.authority
        ));
    }
    instructions.push(ix::go_live(
        &live.at,
        &economy.creator,
        &mint.program,
        economy.active_excluded(),
    ));
    let intent = Intent {
        command: "go-live",
        what,
        instructions,
        keys: vec![&own],
        admin: true,
        figures: Figures::default(),
    };
    let scene = Scene {
        live: &live,
        signer: own.address(),
        about: About::Economy,
    };
    context.write_in(&scene, &arguments.send, &own, intent)
}

/// One thing that is missing is its own failure; several are listed.
fn not_ready(mut lacking: Vec<Failure>) -> Failure {
    if lacking.len() == 1 {
        return lacking.remove(0);
    }
    let list: Vec<_> = lacking
        .iter()
        .map(|failure| format!("- {}; {}", failure.message, failure.remedy))
        .collect();
    Failure::new(
        "not_ready",
        format!("{} things are missing:\n{}", list.len(), list.join("\n")),
    )
    .remedy("mend them in any order and run it again; nothing was sent")
}
