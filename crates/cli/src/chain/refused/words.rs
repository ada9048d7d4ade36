//! The program's errors in the words of a command, where its own sentence is for somebody else:
//! it says who signs an instruction of another kind, or what a developer has to do.
//!
//! What has figures is worded in [`super::figures`]; this is what is said where they are missing.

use homeostat::HomeostatError as E;

/// Commands, an error, and the sentence: what happened and, after a semicolon, what to do.
type Row = (&'static [&'static str], E, &'static str);

/// Anchor's errors of an account that does not exist: nobody owns it, or it has no data.
const ABSENT: [u32; 2] = [3_007, 3_012];

/// The steps of a member.
const MEMBER: &[&str] = &[
    "approve",
    "withdraw-approval",
    "override-veto",
    "propose",
    "unpause",
];
/// What the guardian does alone.
const GUARDIAN: &[&str] = &["pause", "veto-advice"];
/// What an economy allows while it is live.
const LIVE: &[&str] = &[
    "stake",
    "pay",
    "fund",
    "top-up",
    "claim",
    "crank",
    "propose",
    "unpause",
    "pause",
    "advise",
    "advisor",
    "veto-advice",
];

const WORDS: &[Row] = &[
    // whose signature
    (GUARDIAN, E::Unauthorized, "This signer is not the guardian; sign with the guardian's key"),
    (&["advise", "advisor"], E::Unauthorized, "This signer is not the advisor; sign with the advisor's key"),
    (&["veto"], E::MissingPermission, "This signer is not the guardian, who alone vetoes; sign with the guardian's key (a staker votes with `homeostat ballot`)"),
    (&["cancel"], E::MissingPermission, "This signer did not make the proposal; while it waits for approvals its proposer cancels it, or withdraw your approval"),
    (MEMBER, E::MissingPermission, "Guardian and advisor do not vote; sign with a seated member's key"),
    (&["execute"], E::NotAMember, "Somebody whom the proposal removes is no member any more; propose again without that"),
    (&["accept-role"], E::NotPendingAuthority, "This role is not offered to the signer, or the offer has run out; the council offers it by a proposal, a Draft's creator with `homeostat create-economy`"),
    (&["go-live"], E::RoleNotAccepted, "A member or the guardian has not accepted its role yet; each of them runs `homeostat accept-role`, then go live"),
    // the economy
    (LIVE, E::NotLive, "The economy is not live; its creator starts a Draft with `homeostat go-live`, and a retired one is over"),
    (&["crank"], E::TooEarly, "The period has not ended yet; `homeostat status` says when it does"),
    (&["go-live"], E::NotDraft, "The economy is live already; there is nothing to do"),
    (&["create-economy"], E::NotDraft, "The economy is live, so its council changes it; see `homeostat propose --help`"),
    (&["go-live"], E::MintAuthorityNotHeld, "The economy does not hold the mint authority; add --hand-over-mint, or set it to the economy's authority address first"),
    (&["execute"], E::MintAuthorityNotHeld, "The economy does not hold the mint authority that the retirement offers; propose it without a successor"),
    (&["go-live"], E::NoFunds, "The reward vault of this Funded economy is empty; fill it with `homeostat fund`, then go live"),
    (&["go-live"], E::NativePoolMissing, "The native pool is missing; run `homeostat create-economy` again, which goes on there"),
    (&["create-economy"], E::NativePoolMissing, "The native pool is missing; run it again, which goes on there"),
    (&["create-economy"], E::NotPermitted, "No proposal has allowed this; propose it first"),
    (&["fund"], E::NotFunded, "This economy mints its rewards; nobody has to fund it"),
    (&["fund"], E::AmountTooSmall, "The amount is zero; name a larger one"),
    (&["top-up", "claim"], E::NotMintable, "A Funded economy mints no rewards; somebody puts them in with `homeostat fund`"),
    (&["claim"], E::RewardVaultShort, "The reward vault has less than is to be paid; in a Funded economy wait until somebody runs `homeostat fund`, else run it again"),
    (&["top-up", "claim", "crank", "execute", "stake"], E::MintCapExceeded, "The supply would exceed the hard cap, so nothing was changed; a proposal can raise it (kind = \"caps\")"),
    (&["propose"], E::MintCapExceeded, "The supply and what is owed would exceed the hard cap; keep `hard_cap` above them"),
    // stake
    (&["unstake"], E::AmountTooSmall, "The amount is zero; name a larger one"),
    (&["withdraw"], E::NothingToWithdraw, "Nothing was unstaked; `homeostat unstake` asks for stake back first"),
    (&["stake"], E::PoolRetired, "The pool is retired; stake in another one (--pool), exits stay open"),
    (&["stake", "pay", "claim", "withdraw", "fund", "collect", "execute"], E::UnexpectedTransfer, "The token transfer delivered an unexpected amount, so nothing was credited; run it again, and ask who issued the mint if it stays"),
    (&["stake"], E::WrongAmmVault, "The pool's AMM vault is not what it was; look at it before you stake there, exits stay open"),
    (&["pay"], E::FeeAboveMax, "The fee at this moment is above the most that is allowed; raise --max-fee, or leave it out"),
    (&["pay"], E::SplitExceedsAmount, "The fee leaves nothing of this payment; pay more"),
    // lists of accounts
    (&["crank", "go-live"], E::WrongRemainingAccounts, "The economy's pools, meters or feeds changed while the transaction was made; run it again"),
    (&["execute"], E::WrongActionAccounts, "The accounts of the actions changed while the transaction was made; run it again"),
    (&["propose", "unpause"], E::WrongActionAccounts, "An account that an action names is not one that it may be; correct its address in the file"),
    (&["propose", "unpause"], E::WrongDigest, "The digest is not that of the actions; use the command line of this program's release"),
    (&["execute", "propose"], E::WrongVault, "The treasury would pay one of the economy's own vaults; name a token account of somebody else"),
    (&["propose"], E::WrongAmmVault, "`amm_vault` is not a token account of the economy's mint that the AMM owns; correct it in the file"),
    (&["propose"], E::PoolOfWallet, "The LP mint's authority or the AMM vault's owner is a wallet or nobody; name the accounts of the AMM's pool"),
    // decisions
    (&["approve", "withdraw-approval", "veto", "override-veto", "cancel", "expire", "execute", "ballot", "close-proposal"], E::WrongProposal, "Another proposal of the same actions is at this address now; read it with `homeostat proposals`, then name its number"),
    (&["execute"], E::OldValueChanged, "A value has changed since it was proposed; propose again, from the present value"),
    (&["propose", "unpause"], E::OldValueChanged, "A value changed while the proposal was made; run it again"),
    (&["execute", "propose", "unpause"], E::NothingToResume, "Nothing is latched, tripped or paused there (any more); leave the action out"),
    (&["execute"], E::NothingChanges, "An action changes nothing any more: the value is in force already; propose what is left without it"),
    (&["execute"], E::StepTooLarge, "The change is too large for one step now; propose it in several steps"),
    (&["execute"], E::OutflowCapExceeded, "The treasury has paid out what its outflow cap allows for now; execute it later: what was paid counts for 30 to 36 days"),
    (&["propose"], E::OutflowCapExceeded, "The payment is above what the outflow cap allows; pay less, or propose a higher cap (kind = \"caps\") first"),
    (&["veto-advice"], E::NoAdvice, "No advice waits; there is nothing to veto"),
    (&["ballot"], E::NotVetoable, "Stakers vote against Standard and graver proposals only; a Routine one can be vetoed by the guardian"),
    (&["veto"], E::NotVetoable, "All that the proposal does is to resume or unpause, or its veto was lifted already; change its effect by another proposal"),
    (&["ballot", "veto"], E::ProposalExpired, "The proposal's time is up, so it can no longer be executed; nothing has to be stopped"),
    (&["override-veto"], E::ProposalExpired, "The time to lift this veto is over; propose the same again"),
    (&["override-veto"], E::AlreadyApproved, "This member has voted to lift the veto already; there is nothing more to sign"),
    (&["cancel"], E::AlreadyApproved, "This member has voted to cancel it already; there is nothing more to sign"),
    (&["pause"], E::InvalidParameter, "A pause of 0 seconds is none; name at least 1 second"),
    (&["approve", "withdraw-approval", "veto", "override-veto", "cancel", "expire", "execute", "ballot", "close-proposal", "propose", "unpause"], E::InvalidState, "The proposal is not in a state that allows this; `homeostat proposals` shows its state"),
    (&["cancel-unstake"], E::NoSuchTicket, "There is no such ticket; `homeostat status --owner ADDRESS` lists those that there are"),
    (&["propose", "execute"], E::DuplicateAccount, "The actions name the same account twice; name different ones"),
    (&["create-economy"], E::DuplicateAccount, "Two accounts that have to differ are the same; correct the addresses in the economy file"),
    (&["create-economy"], E::WrongAmmVault, "The AMM vault is not a token account of the economy's mint that the AMM owns; correct it"),
    // parts, and the end
    (&["close"], E::NotClosable, "The Draft's pools, meters or feeds changed while the transaction was made, or one of them is not empty; run it again, after every position is closed"),
    (&["touch-pool"], E::TouchedLately, "The pool was touched a moment ago; touch it again after a tenth of a period"),
    (&["create-feed"], E::InvalidParameter, "A setting of the feed is out of its range: at most 7 reporters, a quorum of more than half of them, a spread above 0 and at most 0.5, an age of 60 s to 30 d; correct it"),
    (&["create-pool"], E::InvalidParameter, "A weight of 0 is none; name at least --weight 1"),
    (&["recall"], E::AmountTooSmall, "All that is in the vault is promised to stakers for now; recall again later, within the 14 days after the notice"),
    (&["close-pool"], E::PoolInUse, "Somebody is in the pool, or it has weight; wait until the last position is closed, and propose a weight of 0 first (kind = \"pool_weight\")"),
    // how it is called
    (&["execute"], E::CpiForbidden, "A proposal is executed by a transaction itself, not through another program; execute it with a key of your own, without --squads: anybody may"),
    (&["approve", "withdraw-approval", "override-veto", "cancel", "propose", "unpause", "advise", "execute", "accept-role"], E::DurableNonceForbidden, "Durable nonces are forbidden here, because such a signature never expires; prepare it without --nonce"),
];

/// The sentence of an error for a command; none where the program's own fits.
pub(super) fn fitting(command: &str, code: u32) -> Option<&'static str> {
    // Of what a ballot names only the position may be missing.
    if command == "ballot" && ABSENT.contains(&code) {
        return Some(
            "The wallet has never staked in the native pool, and only stake votes; `homeostat \
             stake` opens a position, for later proposals",
        );
    }
    WORDS
        .iter()
        .find(|(commands, known, _)| u32::from(*known) == code && commands.contains(&command))
        .map(|(.., text)| *text)
}

/// What to do where an account that a command creates is there already.
pub(super) fn taken(command: &str) -> &'static str {
    match command {
        "ballot" => {
            "this wallet has voted against the proposal already; its ballot counts, and there is \
             nothing more to sign"
        }
        "create-economy" => {
            "an earlier run has created it meanwhile; run it again: it goes on behind what is there"
        }
        "propose" | "unpause" => {
            "the same actions are proposed already: see `homeostat proposals`, and approve that one"
        }
        "stake" => "the position was opened meanwhile; run it again",
        "go-live" => "somebody was faster; see `homeostat status`",
        _ => "run it again: it uses the account that is there",
    }
}

#[cfg(test)]
pub(super) mod tests;
