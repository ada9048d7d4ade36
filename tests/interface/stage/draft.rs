//! The life of a Draft, from its creation to going live, and one that is given up.

use homeostat_client::{
    governance::{self},
    instruction::{self as ix, Parts, StakeMint},
    CouncilArgs, EconomyAddresses, EconomyArgs, Funding, LimitSettings, RoleKind, Setting,
};
use homeostat_sandbox::{
    world::{seat, TOKEN},
    MintSpec, TokenProgram,
};
use solana_signer::Signer;

use super::{live::feed, Stage};

/// The life of a Draft: nobody can pause it, and no pause of another economy concerns it.
pub(super) async fn draft(stage: &mut Stage) {
    let payer = stage.world.bank.payer();
    let key = payer.pubkey();
    let mint_spec = MintSpec::plain(TokenProgram::Token2022);
    let mut sites = Vec::new();
    for _ in 0..2 {
        let mint = stage.world.bank.create_mint(&mint_spec).await;
        let tokens = stage.world.bank.create_tokens(&mint, &key).await;
        stage
            .world
            .bank
            .mint_to(&mint, &tokens, 1_000 * TOKEN)
            .await;
        sites.push((mint, tokens));
    }
    let program = TokenProgram::Token2022.id();
    let args = EconomyArgs {
        funding: Funding::Mint,
        period: 604_800,
        hard_cap: 2_000 * TOKEN,
        sponsor: None,
    };
    let (mint, _) = sites[0];
    let at = EconomyAddresses::new(&mint, &key);
    let bank = &mut stage.world.bank;
    bank.set_mint_authority(&mint, Some(&at.authority)).await;
    let create = ix::create_economy(&mint, &program, &key, args);
    stage.add("create_economy", create, &[]);
    // The rest of what a Draft needs goes along.
    let native = StakeMint {
        mint,
        token_program: program,
        amm_vault: None,
    };
    let limits = LimitSettings {
        hard_cap: 2_000 * TOKEN,
        supply_floor: 0,
        turnover_ppm: 4_000_000,
        min_stake: 1,
        bounty: 0,
        period_emission_ppm: 1_000,
        treasury_ppm: 0,
        unbonding: 60,
        outflow_cap: 0,
        period_burn_ppm: 0,
        yield_ppm: u32::MAX,
    };
    let configure = ix::configure(&at.economy, &key, Setting::Limits(limits));
    stage.add("configure", configure, &[]);
    let member = stage.world.members[0].insecure_clone();
    let guardian = stage.world.guardian.insecure_clone();
    let council = CouncilArgs {
        members: vec![seat(&member)],
        append: false,
        threshold: 1,
        guardian: seat(&guardian),
        delays: None,
    };
    let council = governance::create_council(&at, &key, council);
    stage.add("create_council", council, &[]);
    for (role, holder) in [(RoleKind::Member, member), (RoleKind::Guardian, guardian)] {
        let accept = governance::accept_role(&at, &holder.pubkey(), role);
        stage.add("accept_role", accept, &[&holder]);
    }
    stage.add("create_feed", ix::create_feed(&at, &key, 0), &[]);
    let configure = ix::configure_feed(&at, &key, 0, feed(key));
    stage.add("configure_feed", configure, &[]);
    stage.add("create_pool", ix::create_pool(&at, &key, &native, 0), &[]);
    stage.add("go_live", ix::go_live(&at, &key, &program, &[]), &[]);

    let (mint, tokens) = sites[1];
    let at = EconomyAddresses::new(&mint, &key);
    let create = ix::create_economy(&mint, &program, &key, args);
    stage.world.run(&[create]).await.unwrap();
    let close = ix::close(&at, &key, &tokens, &program, &Parts::default());
    stage.add("close", close, &[]);
}
