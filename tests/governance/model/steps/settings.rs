//! Settings of controllers, caps, exclusions and powers, as somebody proposes them.

use super::*;

/// Often the same, so that proposals meet.
const PARAMETERS: [Parameter; 5] = [
    Parameter::Emission,
    Parameter::Emission,
    Parameter::Fee,
    Parameter::Burn,
    Parameter::Liquidity,
];

impl Dice {
    /// Two changes of one controller: what each of them may do alone, and not together.
    pub(super) fn pair(&mut self, model: &Model) -> Vec<Action> {
        let parameter = self.pick(&PARAMETERS);
        let other = match self.below(3) {
            0 => self.mode_of(model, parameter, false),
            1 => {
                let limits = model.realm.controllers[parameter as usize].limits();
                Action::Limits {
                    parameter,
                    expected: limits,
                    value: OutputLimits {
                        min_ppm: limits.min_ppm,
                        max_ppm: limits.max_ppm - self.below(3) as i64 * 100,
                    },
                }
            }
            _ => Action::HalfLife {
                parameter,
                expected: model.realm.controllers[parameter as usize].config.half_life,
                value: self.pick(&[0, 31_536_000]),
            },
        };
        let mut pair = vec![self.slew_of(model, parameter, false), other];
        if self.chance(50) {
            pair.rotate_left(1);
        }
        pair
    }

    /// A gain, a reference and a limit; one of them at times a step out of its range.
    pub(super) fn feed_forward(&mut self, model: &Model, wrong: bool) -> Action {
        let parameter = self.pick(&PARAMETERS);
        let c = &model.realm.controllers[parameter as usize];
        let present = c.feed_forward();
        let range = i128::from(c.ceiling - c.floor) << 48;
        Action::FeedForward {
            parameter,
            expected: FeedForward {
                kf_q48: present.kf_q48 + i128::from(wrong),
                ..present
            },
            value: FeedForward {
                kf_q48: self.pick(&[present.kf_q48, 0, -(1 << 60), 1 << 88, 1 << 89]),
                w_ref_q48: self.pick(&[present.w_ref_q48, 0, 1 << 47, 1 << 68]),
                f_max_q48: self.pick(&[present.f_max_q48, 0, range / 10, range, range + 1, -1]),
            },
        }
    }

    pub(super) fn slew(&mut self, model: &Model, wrong: bool) -> Action {
        let parameter = self.pick(&PARAMETERS);
        self.slew_of(model, parameter, wrong)
    }

    fn slew_of(&mut self, model: &Model, parameter: Parameter, wrong: bool) -> Action {
        let c = &model.realm.controllers[parameter as usize];
        let present = c.slew();
        let range = c.ceiling.abs_diff(c.floor);
        let mut way = |present: Option<u64>| {
            let present = present.unwrap_or(range);
            match self.below(24) {
                0 => None,
                1 => Some(0),
                2 => Some(range),
                3 => Some(range + 1),
                4..9 => Some(present),
                9..17 => Some(present - present / 8),
                _ => Some(present + present / 4 + 10),
            }
        };
        let value = SlewLimits {
            up_ppm: way(present.up_ppm),
            down_ppm: way(present.down_ppm),
        };
        Action::Slew {
            parameter,
            expected: SlewLimits {
                up_ppm: present.up_ppm.map(|up| up + u64::from(wrong)),
                ..present
            },
            value,
        }
    }

    pub(super) fn mode(&mut self, model: &Model, wrong: bool) -> Action {
        let parameter = self.pick(&PARAMETERS);
        self.mode_of(model, parameter, wrong)
    }

    fn mode_of(&mut self, model: &Model, parameter: Parameter, wrong: bool) -> Action {
        let c = &model.realm.controllers[parameter as usize];
        let (min, max) = (c.config.min, c.config.max);
        let value_ppm = match self.below(10) {
            0..3 => None,
            3 => Some(max + 1),
            4 => Some(min - 1),
            5 => Some(max),
            6 => Some(min),
            _ => Some(min + self.below((max - min + 1) as usize) as i64),
        };
        let expected_ppm = if wrong { Some(min) } else { c.manual() };
        Action::Mode {
            parameter,
            expected_ppm,
            value_ppm,
        }
    }

    pub(super) fn caps(&mut self, model: &Model, wrong: bool) -> Action {
        let (present, supply) = (model.realm.caps, model.realm.supply);
        let mut value = present;
        // A whole step, and a unit more now and then.
        let beyond = u64::from(self.chance(8));
        for _ in 0..1 + self.below(2) {
            match self.below(9) {
                0 => value.hard_cap = present.hard_cap + present.hard_cap.div_ceil(4) + beyond,
                1 => value.hard_cap = (present.hard_cap / 10 * 9).max(supply - beyond),
                2 => value.supply_floor = supply / 20 * self.below(20) as u64,
                3 => value.period_emission_ppm = present.period_emission_ppm / 10 * 9,
                4 => value.period_emission_ppm += present.period_emission_ppm.div_ceil(4),
                5 => value.period_burn_ppm = present.period_burn_ppm / 10 * 9,
                6 => value.period_burn_ppm = self.pick(&[2_500, 12_500, 100_001]),
                7 => value.outflow_cap /= 2,
                _ => value.outflow_cap += supply.div_ceil(100).div_ceil(4) + beyond,
            }
        }
        let expected = Caps {
            outflow_cap: present.outflow_cap + u64::from(wrong),
            ..present
        };
        Action::Caps { expected, value }
    }

    pub(super) fn exclude(&mut self, model: &Model, cast: &Cast, wrong: bool) -> Action {
        let mut expected = model.realm.excluded.clone();
        if wrong {
            expected.push(Pubkey::default());
        }
        let mut accounts = Vec::new();
        for _ in 0..self.pick(&[0, 1, 1, 2, 3, 5]) {
            let account = self.pick(&cast.accounts);
            // The same account twice only now and then.
            if !accounts.contains(&account) || self.chance(45) {
                accounts.push(account);
            }
        }
        Action::Exclude { expected, accounts }
    }

    pub(super) fn guard(&mut self, model: &Model, wrong: bool) -> Action {
        let parameter = self.pick(&PARAMETERS);
        let c = &model.realm.controllers[parameter as usize];
        let present = GuardSettings::new(&c.guard_config);
        let mut value = present;
        match self.below(10) {
            0 => value.enabled = !present.enabled,
            1 => value.limit = self.pick(&[1_999_999, 2_000_000, 100_000_000, 100_000_001]),
            2 => value.slack = self.pick(&[249_999, 250_000, present.limit]),
            3 => value.threshold = self.pick(&[999_999, 1_000_000, 1_000_000_001]),
            4 => value.floor = self.pick(&[999, 1_000, 1_000_000, 1_000_001]),
            5 => value.half_life = self.pick(&[0, 1, 1_000, 1_001]),
            6 => value.frozen = self.pick(&[0, 1, 2]),
            7 => value.hold_periods = self.pick(&[0, 1, 1_000, 1_001]),
            // One that judges soon.
            _ => {
                value.min_samples = self.pick(&[3, 4, 4, 4]);
                value.limit = self.pick(&[2_000_000, 3_000_000]);
            }
        }
        let expected = GuardSettings {
            floor: present.floor + u32::from(wrong),
            ..present
        };
        Action::Guard {
            parameter,
            expected,
            value,
        }
    }
}
