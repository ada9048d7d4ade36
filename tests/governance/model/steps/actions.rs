//! What somebody proposes: sound actions most of the time.

use super::*;

impl Dice {
    pub(super) fn seat(&mut self, model: &Model, cast: &Cast) -> SeatArgs {
        let realm = &model.realm;
        let strangers: Vec<Pubkey> = cast
            .everybody
            .iter()
            .filter(|key| !realm.members.contains_key(key) && realm.guardian.holder != Some(**key))
            .copied()
            .collect();
        let key = match self.below(20) {
            0 => Pubkey::default(),
            1 | 2 => self.pick(&cast.everybody),
            _ => self.pick_or(&strangers, cast.everybody[0]),
        };
        let via = match self.below(30) {
            0 => Some(Pubkey::default()),
            1 | 2 => Some(cast.program),
            _ => None,
        };
        SeatArgs { key, via }
    }

    pub(super) fn actions(&mut self, model: &Model, cast: &Cast) -> Vec<Action> {
        match self.below(40) {
            0 => Vec::new(),
            1 => {
                let expected = cast.everybody[0];
                vec![Action::RevokeAdvisor { expected }; 5]
            }
            // Who leaves and how many are needed, together.
            2..5 => {
                let mut actions = vec![self.removal(model, cast)];
                actions.extend([self.threshold(model)]);
                if self.chance(50) {
                    actions.rotate_left(1);
                }
                actions
            }
            5..8 if model.realm.advisor.holder.is_none() => {
                let advisor = Action::Advisor {
                    expected: Pubkey::default(),
                    seat: self.seat(model, cast),
                };
                vec![advisor, self.advice_range(model, false)]
            }
            // What is one proposal's business and the slew limit's, together.
            8..11 => self.pair(model),
            11..15 => {
                let mut actions = Vec::new();
                for _ in 0..2 + self.below(2) {
                    actions.push(self.action(model, cast));
                }
                // Whether somebody is offered what the same proposal takes from them is
                // a question of places, which the reference has not.
                let removes = |action: &Action| matches!(action, Action::RemoveMember { .. });
                if actions.iter().any(removes) {
                    actions.retain(|action| !matches!(action, Action::AddMember { .. }));
                }
                // More lists of accounts than one do not fit a proposal.
                actions.retain(|action| !matches!(action, Action::Exclude { .. }));
                actions
            }
            _ => vec![self.action(model, cast)],
        }
    }

    pub(super) fn removal(&mut self, model: &Model, cast: &Cast) -> Action {
        let members: Vec<Pubkey> = model.realm.members.keys().copied().collect();
        let key = if self.chance(92) {
            self.pick(&members)
        } else {
            self.pick(&cast.everybody)
        };
        let id = model.realm.members.get(&key).map_or(0, |member| member.id);
        Action::RemoveMember {
            key,
            expected_id: id + u32::from(self.chance(3)),
        }
    }

    pub(super) fn threshold(&mut self, model: &Model) -> Action {
        let realm = &model.realm;
        let size = realm.size();
        // Mostly one that can be reached.
        let value = match self.below(6) {
            0 => self.below(size + 3),
            1 => size,
            _ => 1 + self.below(size.min(4)),
        } as u8;
        Action::Threshold {
            expected: realm.threshold + u8::from(self.chance(6)),
            value,
        }
    }

    pub(super) fn action(&mut self, model: &Model, cast: &Cast) -> Action {
        let realm = &model.realm;
        let wrong = self.chance(6);
        match self.below(138) {
            100..109 => self.slew(model, wrong),
            109..115 => self.mode(model, wrong),
            115..123 => self.caps(model, wrong),
            123..128 => self.exclude(model, cast, wrong),
            128..132 => self.guard(model, wrong),
            132..136 => {
                let power = self.pick(&Power::ALL);
                Action::GiveUp { power }
            }
            136..138 => Action::Retire {
                successor: self.pick(&[None, None, Some(cast.program), Some(Pubkey::default())]),
            },
            0..19 => self.tune(model, wrong),
            19..28 => self.limits(model, wrong),
            28..34 => {
                let seat = self.seat(model, cast);
                Action::AddMember { seat }
            }
            34..40 => self.removal(model, cast),
            40..47 => self.threshold(model),
            47..59 => {
                let seat = self.seat(model, cast);
                let holder = realm.guardian.holder.unwrap();
                let expected = if wrong { cast.everybody[0] } else { holder };
                Action::Guardian { expected, seat }
            }
            59..65 => Action::Delays {
                expected: Delays {
                    grace: realm.delays.grace + u32::from(wrong),
                    ..realm.delays
                },
                value: self.delays(),
            },
            65..73 => Action::Advisor {
                expected: if wrong {
                    cast.everybody[0]
                } else {
                    realm.advisor.holder.unwrap_or_default()
                },
                seat: self.seat(model, cast),
            },
            73..81 => self.advice_range(model, wrong),
            81 => {
                let advisor = &realm.advisor;
                let offered = advisor.offer.as_ref().map(|offer| offer.key);
                let known = advisor.holder.or(offered);
                Action::RevokeAdvisor {
                    expected: known.filter(|_| !wrong).unwrap_or(cast.everybody[0]),
                }
            }
            82..88 => {
                let paused = |section: &Section| model.now < realm.pauses[*section as usize].until;
                let open: Vec<Section> = SECTIONS.into_iter().filter(paused).collect();
                let any = self.pick(&SECTIONS);
                let section = self.pick_or(&open, any);
                Action::Unpause {
                    section,
                    expected_until: realm.pauses[section as usize].until + i64::from(wrong),
                }
            }
            88..90 => Action::FeeSplit {
                expected_ppm: realm.treasury_ppm + u32::from(wrong),
                value_ppm: self.pick(&[0, 150_000, 1_000_000, 1_000_001]),
            },
            90..92 => Action::AllowMeters {
                count: self.pick(&[0, 1, 2, 8]),
            },
            92 if self.chance(50) => Action::AllowFeeds {
                count: self.pick(&[0, 1, 4]),
            },
            92 => Action::AllowPool {
                stake_mint: self.pick(&[Pubkey::default(), cast.amm.mint, cast.amm.mint]),
                amm_vault: cast.amm.amm_vault.unwrap(),
                weight: self.pick(&[0, 1, 7, 9]),
            },
            93 => Action::PoolWeight {
                lane: self.below(3) as u8,
                expected: 0,
                value: 5,
            },
            94 => {
                let parameter = self.pick(&Parameter::ALL);
                let c = &realm.controllers[parameter as usize];
                Action::HalfLife {
                    parameter,
                    expected: c.config.half_life + u64::from(wrong),
                    value: {
                        let shortest = c.shortest_half_life();
                        self.pick(&[0, 1, shortest - 1, shortest])
                    },
                }
            }
            95 if self.chance(60) => self.feed_forward(model, wrong),
            95 => Action::MinStake {
                lane: u8::from(self.chance(10)),
                expected: realm.min_stake + u64::from(wrong),
                value: self.pick(&[0, 1, 20_000]),
            },
            96 => {
                let expected = Terms {
                    bounty: realm.terms.bounty + u64::from(wrong),
                    ..realm.terms
                };
                let value = Terms {
                    bounty: self.pick(&[0, 5_000, 100_000_000, 100_000_001]),
                    unbonding: self.pick(&[0, 86_400, 7_776_000, 7_776_001]),
                    yield_ppm: self.pick(&[0, 1, 1_000_000, u32::MAX]),
                    ..realm.terms
                };
                Action::Terms { expected, value }
            }
            97 => Action::ResumeEconomy { expected_trip: 1 },
            98 => {
                let held = |p: &Parameter| realm.controllers[*p as usize].held_since().is_some();
                let held: Vec<Parameter> = Parameter::ALL.into_iter().filter(held).collect();
                let any = self.pick(&Parameter::ALL);
                let parameter = self.pick_or(&held, any);
                let since = realm.controllers[parameter as usize].held_since();
                Action::ResumeController {
                    parameter,
                    expected_since: since.unwrap_or(0) + i64::from(wrong),
                }
            }
            _ => self.tune(model, wrong),
        }
    }

    pub(super) fn advice_range(&mut self, model: &Model, wrong: bool) -> Action {
        let parameter = self.pick(&[Parameter::Emission, Parameter::Emission, Parameter::Fee]);
        let c = &model.realm.controllers[parameter as usize];
        let expected = AdviceRange {
            setpoint_q48: c.advice_setpoint + i128::from(wrong),
            bias_q48: c.advice_bias,
        };
        let value = match self.below(12) {
            0 => AdviceRange {
                setpoint_q48: -1,
                bias_q48: 0,
            },
            1 => AdviceRange {
                setpoint_q48: 0,
                bias_q48: 0,
            },
            _ => AdviceRange {
                // Beyond the envelope now and then.
                setpoint_q48: c.scale() / 20 * self.pick(&[0, 1, 1, 2, 2, 3]),
                bias_q48: i128::from((c.config.max - c.config.min) / self.pick(&[10, 10, 20, 9]))
                    << 48,
            },
        };
        Action::AdviceRange {
            parameter,
            expected,
            value,
        }
    }

    pub(super) fn tune(&mut self, model: &Model, wrong: bool) -> Action {
        // Often the same, so that they meet.
        let parameter = self.pick(&[Parameter::Emission, Parameter::Emission, Parameter::Fee]);
        let c = &model.realm.controllers[parameter as usize];
        let field = self.pick(&[
            Tunable::Setpoint,
            Tunable::Setpoint,
            Tunable::Bias,
            Tunable::Kp,
        ]);
        let anchor = c.anchors[field as usize];
        let whole = match field {
            Tunable::Setpoint => c.scale(),
            Tunable::Bias => i128::from(c.config.max - c.config.min) << 48,
            _ => anchor,
        };
        // Both edges of the envelope are among them.
        let percent = self.pick(&[-30, -11, -10, -5, 0, 0, 0, 5, 9, 10, 11, 40]);
        let mut value = anchor + whole * percent / 100;
        if self.chance(10) {
            // Where it goes already, which changes something on the way at most.
            value = c.target(field);
        }
        if field == Tunable::Bias && self.chance(90) {
            value = value.clamp(
                i128::from(c.config.min) << 48,
                i128::from(c.config.max) << 48,
            );
        }
        if field == Tunable::Setpoint && self.chance(90) {
            value = value.clamp(c.credible().0, c.credible().1);
        }
        if self.chance(4) {
            value = self.pick(&[q48(-2e6), q48(2e6), -1]);
        }
        let over_seconds = match field {
            Tunable::Bias => self.pick(&[0, 0, 604_800, 31_536_001]),
            _ => self.pick(&[0, 3_600, 604_800, 31_536_000, 31_536_001]),
        };
        Action::Tune {
            parameter,
            field,
            expected_q48: c.target(field) + i128::from(wrong),
            value_q48: value,
            over_seconds,
        }
    }

    pub(super) fn limits(&mut self, model: &Model, wrong: bool) -> Action {
        // Often where another one waits: narrower than now, wider than that.
        let waiting = model.proposals.values().filter(|p| p.is_open());
        let waiting: Vec<(Parameter, OutputLimits)> = waiting
            .flat_map(|proposal| &proposal.actions)
            .filter_map(|action| match action {
                Action::Limits {
                    parameter, value, ..
                } => Some((*parameter, *value)),
                _ => None,
            })
            .collect();
        let rival = if waiting.is_empty() || self.chance(40) {
            None
        } else {
            Some(self.pick(&waiting))
        };
        let any = self.pick(&Parameter::ALL);
        let parameter = rival.map_or(any, |(parameter, _)| parameter);
        let c = &model.realm.controllers[parameter as usize];
        let expected = OutputLimits {
            min_ppm: c.config.min - i64::from(wrong),
            max_ppm: c.config.max,
        };
        let step = c.ceiling / 4;
        let bias = (c.target(Tunable::Bias) >> 48) as i64;
        let between = (c.value() + bias) / 2;
        let value = match self.below(14) {
            // A maximum below the value in force, or a minimum above it.
            10.. if c.value() > bias => OutputLimits {
                min_ppm: c.config.min,
                max_ppm: between,
            },
            10.. if c.value() < bias => OutputLimits {
                min_ppm: between,
                max_ppm: c.config.max,
            },
            _ if rival.is_some() => OutputLimits {
                min_ppm: c.config.min,
                max_ppm: (c.config.max + rival.map_or(c.config.max, |(_, value)| value.max_ppm))
                    / 2,
            },
            0 => OutputLimits {
                min_ppm: c.config.max,
                max_ppm: c.config.min,
            },
            1 => OutputLimits {
                min_ppm: c.config.min,
                max_ppm: c.config.max + step + self.below(2) as i64,
            },
            2 => OutputLimits {
                min_ppm: c.floor - self.below(2) as i64,
                max_ppm: c.config.max,
            },
            3..7 => OutputLimits {
                min_ppm: c.config.min + (c.config.max - c.config.min) / 20,
                max_ppm: c.config.max - (c.config.max - c.config.min) / 20 * self.below(3) as i64,
            },
            _ => OutputLimits {
                min_ppm: c.config.min,
                max_ppm: c.config.max + c.ceiling / 50,
            },
        };
        Action::Limits {
            parameter,
            expected,
            value,
        }
    }

    pub(super) fn delays(&mut self) -> Delays {
        let hour = HOUR as u32;
        let routine = self.pick(&[6, 6, 12, 24, 168, 5]) * hour;
        let standard = self.pick(&[24, 24, 36, 48, 48, 23]) * hour;
        let critical = self.pick(&[72, 72, 80, 96, 150, 71]) * hour;
        Delays {
            routine,
            standard,
            critical,
            grace: self.pick(&[24, 48, 168, 168, 720, 23]) * hour,
            staker_veto_ppm: self.pick(&[100_000, 334_000, 334_000, 500_000, 500_001]),
        }
    }
}
