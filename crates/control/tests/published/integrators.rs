//! Integral controllers whose numbers are whole: pid-rs and EIP-1559's base fee.

use homeostat_control::{Config, Direction};

use crate::common::*;

/// pid-rs, its tests of an integral controller: Ki 2 per unit of error,
/// setpoint 10, one step per period. One unit of its output is 1 ppm here.
/// Scale 10 keeps the ±8 clamp of z out of the way, so Ki is 20 per unit of z.
/// Whole numbers throughout: exact, no tolerance.
#[test]
fn pid_rs_integral_and_its_reversal_at_the_limit() {
    let controller = |limit: i64| Config {
        setpoint: still(whole(10)),
        scale: whole(10),
        kp: ppm(0),
        ki: ppm(20),
        min: -limit,
        max: limit,
        ..open()
    };
    for (limit, table) in [
        (1_000, &[(0, 20), (0, 40), (5, 50)][..]),
        (50, &[(0, 20), (0, 40), (5, 50), (5, 50), (15, 40)][..]),
    ] {
        // given: one priming sample at the setpoint
        let mut rig = Rig::primed(controller(limit), whole(10));
        for &(y, expected) in table {
            // when
            let decision = rig.after(3_600, whole(y));
            // then
            assert_eq!(decision.u, expected, "y = {y} with limit {limit}");
            assert_eq!(decision.i, whole(expected));
        }
    }
}

/// EIP-1559's base fee: an empty block lowers it by an eighth, in integers. It
/// rests where the eighth is 0, at 7, for ever. The law keeps the fraction in
/// I and must arrive at its limit, however small the increments.
#[test]
fn an_integer_update_stalls_at_7_and_the_law_does_not() {
    // given: EIP-1559 over 500 empty blocks
    let mut base_fee: u64 = 1_000_000_000;
    for _ in 0..500 {
        base_fee -= base_fee / 8;
    }
    assert_eq!(base_fee, 7);

    // when: ours, from the same 7 and a thousandth of a ppm a step
    let config = Config {
        direction: Direction::Direct,
        setpoint: still(ratio(1, 2)),
        scale: ratio(1, 2),
        bias: ppm(7),
        kp: ppm(0),
        ki: still(ratio(1, 1_000)),
        min: 0,
        max: 1_000_000_000,
        ..open()
    };
    let mut rig = Rig::primed(config, whole(0));
    assert_eq!(rig.state.u, 7);
    let empty = (0..7_100).position(|_| rig.after(3_600, whole(0)).u == 0);

    // then: 7 ppm after 7000 thousandths (1/1000 is rounded down, so one more)
    assert!(matches!(empty, Some(6_999 | 7_000)), "{empty:?}");
}
