//! The names of instructions.

use anchor_lang::Discriminator;
use homeostat::instruction as data;
use solana_program::instruction::Instruction;

use crate::PROGRAM_ID;

macro_rules! names {
    ($($type:ident = $name:literal),* $(,)?) => {
        /// Every instruction's name, as in the IDL.
        pub const NAMES: &[&str] = &[$($name),*];

        /// The name of an instruction of the program, as in the IDL; `None` when it is
        /// another program's, or unknown to this version of the SDK.
        ///
        /// ```
        /// use homeostat_client::{instruction, EconomyAddresses, Pubkey};
        ///
        /// let [mint, creator, program] = [(); 3].map(|()| Pubkey::new_unique());
        /// let at = EconomyAddresses::new(&mint, &creator);
        /// let top_up = instruction::top_up(&at, &program);
        /// assert_eq!(instruction::name(&top_up), Some("top_up"));
        /// ```
        pub fn name(instruction: &Instruction) -> Option<&'static str> {
            if instruction.program_id != PROGRAM_ID {
                return None;
            }
            $(if instruction.data.starts_with(data::$type::DISCRIMINATOR) {
                return Some($name);
            })*
            None
        }
    };
}

names!(
    Pay = "pay",
    ChargeFee = "charge_fee",
    Stake = "stake",
    Claim = "claim",
    ReportFeed = "report_feed",
    TouchPool = "touch_pool",
    Crank = "crank",
    Preview = "preview",
    RequestUnstake = "request_unstake",
    Withdraw = "withdraw",
    TopUp = "top_up",
    Collect = "collect",
    CancelUnstake = "cancel_unstake",
    OpenPosition = "open_position",
    ClosePosition = "close_position",
    FundRewards = "fund_rewards",
    CreateEconomy = "create_economy",
    Configure = "configure",
    CreatePool = "create_pool",
    CreateMeter = "create_meter",
    CreateFeed = "create_feed",
    ConfigureFeed = "configure_feed",
    GoLive = "go_live",
    Close = "close",
    HandOverMint = "hand_over_mint",
    WindUp = "wind_up",
    AnnounceRecall = "announce_recall",
    Recall = "recall",
    ClosePool = "close_pool",
    Dissolve = "dissolve",
    TripBreaker = "trip_breaker",
    CreateCouncil = "create_council",
    Propose = "propose",
    Approve = "approve",
    WithdrawApproval = "withdraw_approval",
    Veto = "veto",
    OverrideVeto = "override_veto",
    CastBallot = "cast_ballot",
    CloseBallot = "close_ballot",
    Execute = "execute",
    Cancel = "cancel",
    Expire = "expire",
    CloseProposal = "close_proposal",
    AcceptRole = "accept_role",
    Advise = "advise",
    VetoAdvice = "veto_advice",
    Pause = "pause",
    GrowLog = "grow_log",
    Migrate = "migrate",
);
