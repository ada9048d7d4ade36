//! Economy files with a value that is none.

use super::demo_with;

#[test]
fn fail_every_bad_value_is_named_with_file_key_and_range() {
    for (index, (economy, parts)) in [
        (
            "[economy]\nsupply = 0\n",
            &[
                "line 2",
                "`economy.supply`",
                "`0` is out of range",
                "1 to 18446744073709.551615 tokens",
            ][..],
        ),
        (
            "[economy]\nsupply = -5\n",
            &["`economy.supply`", "`-5` is out of range"],
        ),
        (
            "[economy]\nsupply = 1e30\n",
            &["`economy.supply`", "out of range"],
        ),
        (
            "[economy]\nsupply = 1_000_000.0000001\n",
            &["`economy.supply`", "too many decimal places"],
        ),
        (
            "[economy]\nsupply = \"many\"\n",
            &[
                "`economy.supply`",
                "is not a decimal number",
                "without quotation marks",
            ],
        ),
        (
            "[economy]\nsupply = nan\n",
            &["`economy.supply`", "is not a finite number"],
        ),
        (
            "[economy]\nsupply = 1000\nhard_cap = 999\n",
            &["`economy.hard_cap`", "1000 to", "not below the supply"],
        ),
        (
            "[economy]\ndecimals = 12\n",
            &[
                "`economy.supply`",
                "by default does not fit the other keys",
                "18446744.073709551615 tokens",
            ],
        ),
        (
            "[economy]\nsupply = 1000\nsupply_floor = 1001\n",
            &["`economy.supply_floor`", "0 to 1000 tokens"],
        ),
        (
            "[economy]\nperiod = 59\n",
            &["`economy.period`", "60 to 2592000 s"],
        ),
        (
            "[economy]\nperiod = 60.5\n",
            &["`economy.period`", "`60.5` has too many decimal places"],
        ),
        (
            "[economy]\nunbonding = 7776001\n",
            &["`economy.unbonding`", "0 to 7776000 s"],
        ),
        (
            "[economy]\ntreasury_share = 1.01\n",
            &["`economy.treasury_share`", "0 to 1"],
        ),
        (
            "[economy]\nturnover = 0.001\n",
            &["`economy.turnover`", "0.01 to 1000"],
        ),
        (
            "[economy]\nmin_stake = 0\n",
            &["`economy.min_stake`", "0.000001 to"],
        ),
        (
            "[economy]\nbounty = 100000001\n",
            &["`economy.bounty`", "0 to 100000000 lamports"],
        ),
        (
            "[economy]\nperiod_emission = 0.2\n",
            &["`economy.period_emission`", "0 to 0.1"],
        ),
        ("[economy]\nmeters = 9\n", &["`economy.meters`", "1 to 8"]),
        (
            "[economy]\ndecimals = 13\n",
            &["`economy.decimals`", "0 to 12"],
        ),
        (
            "[economy]\nmode = \"magic\"\n",
            &["`economy.mode`", "`mint` or `funded`"],
        ),
        (
            "[economy]\nname = \"\"\n",
            &["`economy.name`", "1 to 40 printable characters"],
        ),
        (
            "[economy]\nname = \"a\\u001bb\"\n",
            &["`economy.name`", "cannot be a name"],
        ),
        (
            "[economy]\nsuply = 5\n",
            &[
                "line 2",
                "`suply` is not a key of [economy]",
                "did you mean `supply`?",
            ],
        ),
        (
            "[econmy]\nsupply = 5\n",
            &[
                "`econmy` is not a key of an economy file",
                "did you mean `economy`?",
            ],
        ),
        ("economy = 5\n", &["`economy`", "is not a table"]),
        (
            "[controllers.emision]\nkp = 1\n",
            &[
                "`emision` is not a key of [controllers]",
                "did you mean `emission`?",
            ],
        ),
        (
            "[controllers.fee]\nperiod = 60\n",
            &["`period` is not a key of [controllers.fee]"],
        ),
        (
            "[controllers.emission]\nkp = -0.1\n",
            &[
                "`controllers.emission.kp`",
                "`-0.1` is out of range",
                "0 to 1,000,000",
            ],
        ),
        (
            "[controllers.emission]\nmax = 1.5\n",
            &["`controllers.emission.max`", "0 to 1 and more than min"],
        ),
        (
            "[controllers.fee]\nmin = 0\n",
            &["`controllers.fee.min`", "0.000001 to 0.1 and less than max"],
        ),
        (
            "[controllers.fee]\nmax = 0.11\n",
            &["`controllers.fee.max`", "0.000001 to 0.1"],
        ),
        (
            "[controllers.fee]\nmax = 0.00000011\n",
            &["`controllers.fee.max`", "at most six decimal places"],
        ),
        (
            "[controllers.emission]\nmin = 0.3\n",
            &["`controllers.emission.min`", "less than max (0.2)"],
        ),
        (
            "[controllers.emission]\nmax = 0.05\n",
            &[
                "`controllers.emission.bias`",
                "by default does not fit",
                "from min to max (0.01 to 0.05)",
            ],
        ),
        (
            "[controllers.burn]\nbias = 0.95\n",
            &["`controllers.burn.bias`", "from min to max (0 to 0.9)"],
        ),
        (
            "[controllers.burn]\nscale = 0\n",
            &["`controllers.burn.scale`", "0.000001 to 1,000,000"],
        ),
        (
            "[controllers.burn]\ndead_band = 8\n",
            &["`controllers.burn.dead_band`", "0 to below 8"],
        ),
        (
            "[controllers.burn]\nfilter = 0.001\n",
            &["`controllers.burn.filter`", "0.01 to 1,000 periods"],
        ),
        (
            "[controllers.burn]\nhalf_life = 5\n",
            &["`controllers.burn.half_life`", "max_periods x period"],
        ),
        (
            "[controllers.burn]\nmax_periods = 53\n",
            &["`controllers.burn.max_periods`", "1 to 52"],
        ),
        (
            "[controllers.burn]\nmax_hold = 0\n",
            &["`controllers.burn.max_hold`", "1 to 1,000 periods"],
        ),
        (
            "[controllers.burn]\nslew_up = -1\n",
            &["`controllers.burn.slew_up`", "\"unlimited\""],
        ),
        (
            "[controllers.liquidity]\naction = \"up\"\n",
            &["`controllers.liquidity.action`", "`reverse` or `direct`"],
        ),
        ("[economy\n", &["line 1"]),
    ]
    .into_iter()
    .enumerate()
    {
        let outcome = demo_with(&format!("bad-{index}"), economy, &[]);
        assert_eq!(
            (outcome.code, outcome.stdout.as_str()),
            (Some(1), ""),
            "{economy}"
        );
        assert!(
            outcome.stderr.starts_with("error: economy.toml"),
            "{economy}: {}",
            outcome.stderr
        );
        assert!(
            outcome.stderr.contains("\n  remedy: "),
            "{}",
            outcome.stderr
        );
        for part in parts {
            assert!(
                outcome.stderr.contains(part),
                "{economy}: {part:?} in {}",
                outcome.stderr
            );
        }
    }
}
