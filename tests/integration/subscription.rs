//! `examples/subscription`: a program of somebody else's that charges the fee by CPI. The
//! fee is exact, a refusal inside the call undoes the whole, and nothing that a customer or
//! a stranger passes leads the charge elsewhere.

use anchor_lang::{system_program, InstructionData, ToAccountMetas};
use homeostat_client::{address, governance, PauseReason, Pubkey, Section, PROGRAM_ID};
use homeostat_sandbox::{
    anchor_processor,
    world::{TOKEN, WEEK},
    Bank, TokenProgram, Wallet, World, WorldSpec,
};
use homeostat_subscription::{
    accounts, instruction as data, Shop, Subscription, SubscriptionError, SHOP, SUBSCRIPTION,
};
use homeostat_tests::{
    anchor, assert_sound, exchange, refused, refused_with, token, unchanged, HomeostatError,
};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// A period's price, and the fee on it at a new economy's 0.3 %: 30,000.021, rounded up.
const PRICE: u64 = 10_000_007;
const FEE: u64 = 30_001;

/// A bank with the shop's program too.
async fn bank() -> Bank {
    Bank::start_with(|test| {
        test.add_program(
            "homeostat_subscription",
            homeostat_subscription::ID,
            anchor_processor!(homeostat_subscription::entry),
        )
    })
    .await
}

/// An economy, a shop in it, and a customer.
struct Street {
    world: World,
    /// Owns the shop.
    merchant: Wallet,
    customer: Wallet,
    shop: Pubkey,
    subscription: Pubkey,
}

fn derive(seeds: &[&[u8]]) -> Pubkey {
    Pubkey::find_program_address(seeds, &homeostat_subscription::ID).0
}

impl Street {
    async fn new() -> Self {
        Self::with(&WorldSpec::default()).await
    }

    async fn with(spec: &WorldSpec) -> Self {
        let mut world = World::build_on(bank().await, spec).await;
        let merchant = world.wallet(0).await;
        let customer = world.wallet(100 * TOKEN).await;
        for wallet in [&merchant, &customer] {
            world.bank.airdrop(&wallet.pubkey(), 1_000_000_000).await;
        }
        let shop = derive(&[SHOP, merchant.pubkey().as_ref()]);
        let subscription = derive(&[SUBSCRIPTION, shop.as_ref(), customer.pubkey().as_ref()]);
        let mut street = Self {
            world,
            merchant,
            customer,
            shop,
            subscription,
        };
        let open = street.open_shop(PRICE, WEEK as u32);
        let key = street.merchant.key.insecure_clone();
        street.world.bank.send(&[open], &[&key]).await.unwrap();
        street
    }

    fn build(accounts: impl ToAccountMetas, data: impl InstructionData) -> Instruction {
        Instruction {
            program_id: homeostat_subscription::ID,
            accounts: accounts.to_account_metas(None),
            data: data.data(),
        }
    }

    fn open_shop(&self, price: u64, period: u32) -> Instruction {
        let accounts = accounts::OpenShop {
            owner: self.merchant.pubkey(),
            shop: self.shop,
            economy: self.world.at.economy,
            mint: self.world.at.mint,
            till: self.merchant.tokens,
            system_program: system_program::ID,
        };
        Self::build(accounts, data::OpenShop { price, period })
    }

    fn charge(&self) -> accounts::Charge {
        let meter = self.world.at.meter(0);
        accounts::Charge {
            homeostat: PROGRAM_ID,
            economy: self.world.at.economy,
            meter,
            fee_vault: address::fee_vault(&meter),
            mint: self.world.at.mint,
            payer_tokens: self.customer.tokens,
            token_program: self.world.token_program,
        }
    }

    fn subscribe(&self, max_fee: u64) -> Instruction {
        let accounts = accounts::Subscribe {
            customer: self.customer.pubkey(),
            shop: self.shop,
            subscription: self.subscription,
            till: self.merchant.tokens,
            charge: self.charge(),
            system_program: system_program::ID,
        };
        Self::build(accounts, data::Subscribe { max_fee })
    }

    fn renew(&self) -> Instruction {
        let accounts = accounts::Renew {
            shop: self.shop,
            subscription: self.subscription,
            till: self.merchant.tokens,
            charge: self.charge(),
        };
        Self::build(accounts, data::Renew {})
    }

    fn tip(&self, amount: u64, max_fee: u64) -> Instruction {
        let accounts = accounts::Tip {
            customer: self.customer.pubkey(),
            shop: self.shop,
            till: self.merchant.tokens,
            charge: self.charge(),
        };
        Self::build(accounts, data::Tip { amount, max_fee })
    }

    fn cancel(&self) -> Instruction {
        let accounts = accounts::Cancel {
            customer: self.customer.pubkey(),
            subscription: self.subscription,
        };
        Self::build(accounts, data::Cancel {})
    }

    /// Sends as the customer, where the customer's signature is asked for.
    async fn send(
        &mut self,
        instruction: Instruction,
    ) -> Result<homeostat_sandbox::Receipt, homeostat_sandbox::Failure> {
        let key = self.customer.key.insecure_clone();
        let signs =
            |meta: &solana_instruction::AccountMeta| meta.is_signer && meta.pubkey == key.pubkey();
        let signers = if instruction.accounts.iter().any(signs) {
            vec![&key]
        } else {
            vec![]
        };
        self.world.bank.send(&[instruction], &signers).await
    }

    /// Lets the subscription's address take up to `amount` out of the customer's tokens.
    async fn approve(&mut self, amount: u64) {
        let (tokens, delegate) = (self.customer.tokens, self.subscription);
        let key = self.customer.key.insecure_clone();
        self.world
            .bank
            .approve(&tokens, &delegate, &key, amount)
            .await;
    }

    async fn paid_until(&mut self) -> i64 {
        self.read::<Subscription>(self.subscription)
            .await
            .paid_until
    }

    async fn read<T: anchor_lang::AccountDeserialize>(&mut self, address: Pubkey) -> T {
        let data = self.world.bank.data(&address).await.expect("it exists");
        T::try_deserialize(&mut data.as_slice()).expect("it has this type")
    }

    /// Balances of customer, till and fee vault.
    async fn money(&mut self) -> (u64, u64, u64) {
        let (customer, till) = (self.customer.tokens, self.merchant.tokens);
        let vault = self.charge().fee_vault;
        let bank = &mut self.world.bank;
        (
            bank.balance(&customer).await,
            bank.balance(&till).await,
            bank.balance(&vault).await,
        )
    }

    /// Every account that an attack could reach.
    async fn state(&mut self) -> Vec<(Pubkey, Vec<u8>)> {
        let mut state = self.world.state().await;
        for key in [
            self.shop,
            self.subscription,
            self.customer.tokens,
            self.merchant.tokens,
        ] {
            state.push((key, self.world.bank.data(&key).await.unwrap_or_default()));
        }
        state
    }

    /// Refused with `code`, and nothing moved anywhere.
    async fn attack(&mut self, what: &str, instruction: Instruction, code: u32) {
        let before = self.state().await;
        let outcome = self.send(instruction).await;
        println!("{what}");
        refused_with(outcome, code);
        unchanged(what, &before, &self.state().await);
    }
}

#[tokio::test]
async fn success_a_subscription_is_paid_and_the_fee_is_exact() {
    for program in [TokenProgram::Legacy, TokenProgram::Token2022] {
        // given a shop
        let mut street = Street::with(&WorldSpec {
            program,
            ..WorldSpec::default()
        })
        .await;
        let shop: Shop = street.read(street.shop).await;
        assert_eq!((shop.price, shop.mint), (PRICE, street.world.at.mint));

        // when a customer subscribes who accepts exactly this fee
        let subscribe = street.subscribe(FEE);
        let receipt = street.send(subscribe).await.unwrap();

        // then till and fee vault have what was paid between them
        let before = 100 * TOKEN;
        assert_eq!(street.money().await, (before - PRICE, PRICE - FEE, FEE));
        let meter = street.world.meter(0).await;
        assert_eq!((meter.payments, meter.volume.get()), (1, u128::from(PRICE)));
        let now = street.world.bank.now();
        assert_eq!(street.paid_until().await, now + WEEK);
        if Bank::runs_elf() {
            // What docs/INTEGRATION.md says about the budget of such a call.
            println!("subscribe: {} CU", receipt.units);
            assert!(receipt.units < 40_000, "{} CU", receipt.units);
        }
        assert_sound(&mut street.world).await;
    }
}

#[tokio::test]
async fn success_anyone_renews_out_of_the_allowance_once_a_period() {
    // given a subscription and an allowance for two more periods
    let mut street = Street::new().await;
    let subscribe = street.subscribe(FEE);
    street.send(subscribe).await.unwrap();
    street.approve(2 * PRICE).await;

    // when a stranger renews too early, nothing happens
    let renew = street.renew();
    let early = street.send(renew.clone()).await;
    refused_with(early, SubscriptionError::PaidAlready.into());

    // then in time, twice, and not a third time
    for period in 1..=2u64 {
        street.world.bank.advance(WEEK).await;
        let (customer, till, fees) = street.money().await;
        street.send(renew.clone()).await.unwrap();
        let now = street.world.bank.now();
        assert_eq!(street.paid_until().await, now + WEEK, "period {period}");
        let after = (customer - PRICE, till + PRICE - FEE, fees + FEE);
        assert_eq!(street.money().await, after, "period {period}");
    }
    street.world.bank.advance(WEEK).await;
    // Without a delegate left, the program's signature is a stranger's.
    street
        .attack("a third renewal", renew.clone(), token::OWNER_MISMATCH)
        .await;

    // and a cancelled subscription cannot be renewed at all
    street.approve(2 * PRICE).await;
    let cancel = street.cancel();
    street.send(cancel).await.unwrap();
    street
        .attack("after the end", renew, anchor::ACCOUNT_NOT_INITIALIZED)
        .await;
}

#[tokio::test]
async fn success_a_program_that_moves_the_tokens_itself_charges_the_fee_on_top() {
    let mut street = Street::new().await;
    let tip = street.tip(PRICE, FEE);

    street.send(tip).await.unwrap();

    let spent = PRICE + FEE;
    assert_eq!(street.money().await, (100 * TOKEN - spent, PRICE, FEE));
    assert_eq!(street.world.meter(0).await.volume.get(), u128::from(PRICE));
}

#[tokio::test]
async fn fail_a_fee_above_max_fee_undoes_the_whole() {
    let mut street = Street::new().await;
    let error = u32::from(HomeostatError::FeeAboveMax);
    let (subscribe, tip) = (street.subscribe(FEE - 1), street.tip(PRICE, FEE - 1));
    street.attack("a fee above max_fee", subscribe, error).await;
    // The tokens had moved already when the fee was refused.
    street.attack("a tip's fee above max_fee", tip, error).await;

    // A renewal is bound to what the customer accepted, not to what the caller does.
    let subscribe = street.subscribe(FEE);
    street.send(subscribe).await.unwrap();
    street.approve(PRICE).await;
    street.world.bank.advance(WEEK).await;
    let economy = street.world.at.economy;
    street
        .world
        .bank
        .edit::<homeostat_client::Economy>(&economy, |economy| {
            economy.controllers[1].state.u = 3_001
        })
        .await;
    let renew = street.renew();
    street
        .attack("a renewal at a higher rate", renew, error)
        .await;
}

#[tokio::test]
async fn fail_nothing_is_sold_while_payments_are_paused() {
    let mut street = Street::new().await;
    let guardian = street.world.guardian.insecure_clone();
    let pause = governance::pause(
        &street.world.at,
        &guardian.pubkey(),
        Section::Pay,
        3_600,
        PauseReason::Incident,
    );
    street
        .world
        .bank
        .send(&[pause], &[&guardian])
        .await
        .unwrap();

    let error = u32::from(HomeostatError::Paused);
    let (subscribe, tip) = (street.subscribe(FEE), street.tip(PRICE, FEE));
    street.attack("subscribe", subscribe.clone(), error).await;
    street.attack("tip", tip, error).await;

    // The pause ends by itself.
    street.world.bank.advance(3_600).await;
    street.send(subscribe).await.unwrap();
}

/// Another economy for the same mint, made by the customer, whose fee is next to nothing.
async fn cheap_economy(street: &mut Street) -> homeostat_client::EconomyAddresses {
    use homeostat_client::{instruction as ix, EconomyAddresses, EconomyArgs, Funding};
    let mint = street.world.at.mint;
    let customer = street.customer.key.insecure_clone();
    let cheap = EconomyAddresses::new(&mint, &customer.pubkey());
    let args = EconomyArgs {
        funding: Funding::Funded,
        period: WEEK as u32,
        hard_cap: 2_000_000_000 * TOKEN,
        sponsor: None,
    };
    let program = street.world.token_program;
    let create = ix::create_economy(&mint, &program, &customer.pubkey(), args);
    let meter = ix::create_meter(&cheap, &customer.pubkey(), &program, 0);
    street
        .world
        .bank
        .send(&[create, meter], &[&customer])
        .await
        .unwrap();
    cheap
}

#[tokio::test]
async fn fail_a_charge_cannot_be_led_elsewhere() {
    let mut street = Street::new().await;
    let cheap = cheap_economy(&mut street).await;
    let at = street.world.at;
    let (meter, vault) = (at.meter(0), address::fee_vault(&at.meter(0)));
    let cheap_meter = cheap.meter(0);
    let cheap_vault = address::fee_vault(&cheap_meter);
    // A token account like a fee vault, of a program without a meter: the customer's own.
    let own = street.world.wallet_from(Keypair::new(), 0).await.tokens;
    let other_shop = street.world.wallet(0).await.tokens;
    let wrong_economy = anchor::CONSTRAINT_RAW;
    let has_one = anchor::CONSTRAINT_HAS_ONE;

    for instruction in [street.subscribe(FEE), street.tip(PRICE, FEE)] {
        let swap = |pairs: &[(&Pubkey, &Pubkey)]| {
            pairs
                .iter()
                .fold(instruction.clone(), |ix, (old, new)| exchange(ix, old, new))
        };
        let attacks = [
            (
                "another economy",
                swap(&[(&at.economy, &cheap.economy)]),
                wrong_economy,
            ),
            (
                "another economy with its meter and vault",
                swap(&[
                    (&at.economy, &cheap.economy),
                    (&meter, &cheap_meter),
                    (&vault, &cheap_vault),
                ]),
                wrong_economy,
            ),
            (
                "another economy's meter",
                swap(&[(&meter, &cheap_meter)]),
                has_one,
            ),
            (
                "another economy's meter and vault",
                swap(&[(&meter, &cheap_meter), (&vault, &cheap_vault)]),
                has_one,
            ),
            (
                "another meter's vault",
                swap(&[(&vault, &cheap_vault)]),
                has_one,
            ),
            (
                "the customer's own account for a vault",
                swap(&[(&vault, &own)]),
                has_one,
            ),
            (
                "another program in Homeostat's place",
                swap(&[(&PROGRAM_ID, &street.world.token_program)]),
                anchor::INVALID_PROGRAM_ID,
            ),
            (
                "another till",
                swap(&[(&street.merchant.tokens, &other_shop)]),
                has_one,
            ),
            (
                "an economy that is an account of another program",
                swap(&[(&at.economy, &street.shop)]),
                anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM,
            ),
        ];
        for (what, attack, code) in attacks {
            street.attack(what, attack, code).await;
        }
        // In its own place the meter is no economy: the account type decides.
        let meter_as_economy = swap(&[(&at.economy, &at.treasury_vault)]);
        let code = anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM;
        street
            .attack("a vault as economy", meter_as_economy, code)
            .await;
    }
}

#[tokio::test]
async fn fail_nobody_renews_with_a_strangers_tokens() {
    // given two customers with allowances, one subscribed
    let mut street = Street::new().await;
    let subscribe = street.subscribe(FEE);
    street.send(subscribe).await.unwrap();
    let stranger = street.world.wallet(100 * TOKEN).await;
    let delegate = street.subscription;
    street
        .world
        .bank
        .approve(&stranger.tokens, &delegate, &stranger.key, 10 * PRICE)
        .await;
    street.world.bank.advance(WEEK).await;

    // when a renewal names the other's tokens, although they are approved
    let renew = exchange(street.renew(), &street.customer.tokens, &stranger.tokens);
    street
        .attack("a stranger's tokens", renew, anchor::CONSTRAINT_RAW)
        .await;
    assert_eq!(street.world.balance(&stranger).await, 100 * TOKEN);
}

#[tokio::test]
async fn fail_a_shop_without_a_price_does_not_open() {
    let mut street = Street::new().await;
    let other = street.world.wallet(0).await;
    street
        .world
        .bank
        .airdrop(&other.pubkey(), 1_000_000_000)
        .await;
    street.merchant = other;
    street.shop = derive(&[SHOP, street.merchant.pubkey().as_ref()]);
    for (price, period) in [(0, 1), (1, 0)] {
        let open = street.open_shop(price, period);
        let key = street.merchant.key.insecure_clone();
        let outcome = street.world.bank.send(&[open], &[&key]).await;
        refused_with(outcome, SubscriptionError::NoPrice.into());
    }
    // A price that is all fee leaves nothing to pay.
    let open = street.open_shop(1, 1);
    let key = street.merchant.key.insecure_clone();
    street.world.bank.send(&[open], &[&key]).await.unwrap();
    street.subscription = derive(&[
        SUBSCRIPTION,
        street.shop.as_ref(),
        street.customer.pubkey().as_ref(),
    ]);
    let subscribe = street.subscribe(u64::MAX);
    refused(
        street.send(subscribe).await,
        HomeostatError::SplitExceedsAmount,
    );
}
