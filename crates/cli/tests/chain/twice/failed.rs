//! A transaction that is in a block and failed: it cost its fee and did nothing, and `outcome`
//! says so.

use std::sync::Arc;

use homeostat_sandbox::World;
use homeostat_served::Fault;
use serde_json::json;

use super::{told, withheld, Scene, STATUSES};
use crate::common::bare;

#[test]
fn what_landed_and_failed_is_told_as_that_and_is_no_payment() {
    for (case, is_withheld) in [("told", false), ("looked up later", true)] {
        // given a wallet that is empty between the try-out and the block
        let scene = Scene::new();
        let fixture = Arc::clone(&scene.fixture);
        let empties = Fault::lie(move |_, result| {
            let tokens = fixture.tokens[0];
            fixture.served.with(async move |world: &mut World| {
                world.bank.set_balance(&tokens, 0).await;
            });
            result
        });
        scene.proxy.on("getLatestBlockhash").once(empties);
        if is_withheld {
            let none = Fault::lie(|_, mut result| {
                withheld(&mut result);
                result
            });
            scene.proxy.on(STATUSES).always(none);
        }
        // when it pays, then that is refused, or unknown where the status is withheld
        let said = scene.pay();
        let expected = if is_withheld { 5 } else { 4 };
        assert_eq!(said.code, expected, "{case}: {}", said.stdout);
        let signature = told(&said).remove(0);
        let (_, open) = scene.outcome(&[]);
        let opened = open["transactions"].as_array().map(Vec::len);
        assert_eq!(opened, Some(usize::from(is_withheld)), "{case}: {open:#}");

        // and what became of it is that it failed: with why, and exit code 4
        let (code, failed) = scene.outcome(&[&signature]);
        assert_eq!(code, 4, "{case}: {failed:#}");
        let looked = &failed["transactions"][0];
        assert_eq!(looked["command"], "pay");
        let state = &looked["state"]["failed"];
        assert!(state["slot"].is_u64(), "{case}: {failed:#}");
        let why = state["error"].as_str().expect("a reason");
        assert!(
            why.contains("Error processing Instruction"),
            "{case}: {why}"
        );
        let words = ["outcome", signature.as_str()];
        let text = bare(
            &scene.fixture,
            scene.fixture.served.url(),
            &words,
            "display",
        );
        assert_eq!(text.code, 4, "{case}");
        assert!(text.stdout.contains("and failed: "), "{}", text.stdout);
        assert_eq!(scene.outcome(&[]).1["transactions"], json!([]), "{case}");
    }
}
