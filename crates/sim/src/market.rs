//! The market: a constant-product pool of the token and of money, in which the price is made.

/// A constant-product pool. Tokens and shares are whole base units; money has no smallest unit
/// and no owner outside this model.
#[derive(Clone, Debug, PartialEq)]
pub struct Market {
    /// The tokens in the pool (base units).
    pub tokens: u64,
    /// The money in the pool.
    pub money: f64,
    /// The LP tokens in existence (base units).
    pub shares: u64,
    /// The money that has changed hands.
    pub traded: f64,
}

impl Market {
    /// The fee on a trade (fraction), which stays in the pool.
    pub const FEE: f64 = 0.003;

    /// A pool with `tokens` base units at `price` (money a base unit). There are as many shares
    /// as tokens; whoever founded the pool holds them.
    pub fn new(tokens: u64, price: f64) -> Self {
        Self {
            tokens,
            money: tokens as f64 * price,
            shares: tokens,
            traded: 0.0,
        }
    }

    /// The price of a base unit in money.
    pub fn price(&self) -> f64 {
        self.money / self.tokens as f64
    }

    /// The tokens (base units, rounded down) that `money` buys. At least one token stays.
    pub fn buy(&mut self, money: f64) -> u64 {
        if money <= 0.0 {
            return 0;
        }
        let paid = money * (1.0 - Self::FEE);
        let wanted = self.tokens as f64 * paid / (self.money + paid);
        let bought = (wanted as u64).min(self.tokens.saturating_sub(1));
        self.tokens -= bought;
        self.money += money;
        self.traded += money;
        bought
    }

    /// The money that `tokens` base units bring.
    pub fn sell(&mut self, tokens: u64) -> f64 {
        if tokens == 0 {
            return 0.0;
        }
        let given = tokens as f64 * (1.0 - Self::FEE);
        let money = self.money * given / (self.tokens as f64 + given);
        self.tokens += tokens;
        self.money -= money;
        self.traded += money;
        money
    }

    /// Adds `tokens` base units, with the money that the price asks for, and gives the shares
    /// (base units, rounded down) and that money.
    pub fn join(&mut self, tokens: u64) -> (u64, f64) {
        let part = tokens as f64 / self.tokens as f64;
        let shares = (self.shares as f64 * part) as u64;
        let money = self.money * part;
        self.tokens += tokens;
        self.money += money;
        self.shares += shares;
        (shares, money)
    }

    /// Takes `shares` base units of LP tokens back: tokens (base units, rounded down) and money.
    pub fn leave(&mut self, shares: u64) -> (u64, f64) {
        let part = shares as f64 / self.shares as f64;
        let tokens = ((self.tokens as f64 * part) as u64).min(self.tokens.saturating_sub(1));
        let money = self.money * part;
        self.tokens -= tokens;
        self.money -= money;
        self.shares -= shares;
        (tokens, money)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trade_moves_the_price_along_the_product_and_the_fee_stays() {
        // Given a pool at price 2,
        let mut market = Market::new(1_000_000_000, 2.0);
        let product = |m: &Market| m.tokens as f64 * m.money;
        let before = product(&market);
        // when somebody buys for a tenth of its money and sells it all again,
        let bought = market.buy(2e8);
        assert!(
            (market.price() / 2.0 - 1.21).abs() < 0.002,
            "{}",
            market.price()
        );
        let back = market.sell(bought);
        // then two fees are lost to the pool, and nothing else.
        assert!(
            (back / 2e8 - (1.0 - 2.0 * Market::FEE)).abs() < 1e-3,
            "{back}"
        );
        assert!(product(&market) > before);
        assert_eq!(market.tokens, 1_000_000_000);
    }

    #[test]
    fn shares_are_worth_their_part_and_nothing_is_bought_that_is_not_there() {
        let mut market = Market::new(1_000_000, 1.0);
        let (shares, money) = market.join(500_000);
        assert_eq!((shares, money), (500_000, 500_000.0));
        assert_eq!(market.leave(shares), (500_000, 500_000.0));
        assert!(market.buy(1e30) < 1_000_000);
        assert!(market.tokens >= 1);
        assert_eq!(market.buy(-1.0), 0);
        assert_eq!(market.sell(0), 0.0);
    }
}
