//! What a payment costs.

use anchor_spl::token_2022::spl_token_2022::{
    extension::{
        transfer_fee::{TransferFee as Token2022Fee, TransferFeeConfig},
        BaseStateWithExtensions, StateWithExtensions,
    },
    state::Mint,
};
use homeostat::{
    constants::PPM,
    state::{meter::Charge, Section},
    HomeostatError,
};

use super::refusal;
use crate::{Economy, Parameter};

/// What a payment through `pay` or `charge_fee` costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// What the payer gives (base units): `fee + net == amount`.
    pub amount: u64,
    /// The fee (base units): `amount x fee_ppm`, rounded up, at least 1.
    pub fee: u64,
    /// What is sent to the recipient (base units), before a transfer fee of the mint's own.
    pub net: u64,
    /// The fee rate in force (ppm).
    pub fee_ppm: u64,
}

impl Quote {
    /// A `max_fee` that lets the rate rise by `tolerance_ppm` of itself (50,000 = 5 %)
    /// until the payment lands (base units, rounded up, at most `u64::MAX`). A crank moves the
    /// rate by one slew limit at most. It is a ceiling only: the fee taken is that of the second
    /// in which the payment lands.
    pub fn max_fee(&self, tolerance_ppm: u64) -> u64 {
        let scaled = u128::from(self.fee)
            .saturating_mul(u128::from(PPM).saturating_add(u128::from(tolerance_ppm)));
        u64::try_from(scaled.div_ceil(u128::from(PPM))).unwrap_or(u64::MAX)
    }
}

/// What a payment of `amount` base units would cost at `now`.
///
/// # Errors
///
/// The error with which the program would refuse the payment: `NotLive`, `Paused`, `AmountTooSmall` for 0,
/// `SplitExceedsAmount` when the fee leaves nothing to pay.
///
/// ```
/// use homeostat_client::{wallet::quote, Economy, Life};
///
/// let mut economy: Economy = bytemuck::Zeroable::zeroed();
/// economy.life = Life::Live as u8;
/// let fee = &mut economy.controllers[1];
/// (fee.config.min, fee.config.max, fee.state.u) = (500, 10_000, 3_000);
///
/// let quote = quote(&economy, 1_000_001, 1_800_000_000).unwrap();
/// // 0.3 % is 3,000.003, and a fee rounds up.
/// assert_eq!((quote.fee, quote.net), (3_001, 997_000));
/// assert_eq!(quote.max_fee(100_000), 3_302);
/// ```
pub fn quote(economy: &Economy, amount: u64, now: i64) -> Result<Quote, HomeostatError> {
    economy.require_live().map_err(refusal)?;
    economy.require_open(Section::Pay, now).map_err(refusal)?;
    let fee_ppm = economy.value(Parameter::Fee);
    let charge = Charge::new(amount, fee_ppm).map_err(refusal)?;
    Ok(Quote {
        amount,
        fee: charge.fee,
        net: charge.net,
        fee_ppm,
    })
}

/// The transfer fee that a Token-2022 mint takes itself, whichever program transfers. It is
/// taken besides Homeostat's fee.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransferFee {
    /// Part of what is sent (basis points; 100 = 1 %).
    pub basis_points: u16,
    /// The most that one transfer costs (base units).
    pub maximum: u64,
}

impl TransferFee {
    /// The fee of a mint in an epoch, from the mint account's data; none for SPL Token and
    /// for mints without the extension. `None` when the data is no mint.
    pub fn of_mint(data: &[u8], epoch: u64) -> Option<Self> {
        let mint = StateWithExtensions::<Mint>::unpack(data).ok()?;
        let Ok(config) = mint.get_extension::<TransferFeeConfig>() else {
            return Some(Self::default());
        };
        let fee = config.get_epoch_fee(epoch);
        Some(Self {
            basis_points: fee.transfer_fee_basis_points.into(),
            maximum: fee.maximum_fee.into(),
        })
    }

    /// What the recipient gets of `amount` sent (base units): the mint's fee rounds up.
    ///
    /// ```
    /// use homeostat_client::wallet::TransferFee;
    ///
    /// let one_percent = TransferFee { basis_points: 100, maximum: 5_000 };
    /// assert_eq!(one_percent.arrives(1_001), 990);
    /// assert_eq!(one_percent.arrives(1_000_000), 995_000);
    /// assert_eq!(TransferFee::default().arrives(1_001), 1_001);
    /// ```
    pub fn arrives(&self, amount: u64) -> u64 {
        let fee = Token2022Fee {
            transfer_fee_basis_points: self.basis_points.into(),
            maximum_fee: self.maximum.into(),
            ..Token2022Fee::default()
        };
        fee.calculate_post_fee_amount(amount).unwrap_or(0)
    }
}
