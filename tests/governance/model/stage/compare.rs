//! How the program's accounts compare with the reference.

use super::*;

impl Play<'_> {
    /// Where program and reference differ: council, economy and a proposal as they were
    /// read last.
    pub fn differences(&self, model: &Model, proposal: Option<u64>) -> Vec<String> {
        let mut apart = Apart(Vec::new());
        self.compare_council(model, &mut apart);
        self.compare_economy(model, &mut apart);
        if let Some(index) = proposal {
            self.compare_proposal(model, index, &mut apart);
        }
        apart.0
    }

    /// The same with every account read afresh, positions and ballots too.
    pub async fn all_differences(&mut self, model: &Model) -> Vec<String> {
        let at = &self.prepared.at;
        let both = [at.council, at.economy];
        self.read(&both, None).await;
        let mut apart = Apart(self.differences(model, None));
        for index in 0..=model.next_index() {
            self.read_proposal(index).await;
            self.compare_proposal(model, index, &mut apart);
        }
        let pool_at = self.prepared.at.pool(&self.prepared.at.mint);
        let pool: Pool = self.bank.fetch(&pool_at).await;
        apart.same("stake of all", &pool.total, &model.staked());
        for (who, stake) in &model.stakes {
            let at = address::position(&pool_at, who);
            let position: Position = self.bank.fetch(&at).await;
            apart.same(
                &format!("stake of {who}"),
                &(position.amount, position.votes_from),
                &(stake.amount, stake.votes_from()),
            );
        }
        let everybody = &self.prepared.cast.everybody;
        for index in 0..model.next_index() {
            let proposal = self.id(index).address(&self.prepared.at.economy);
            for who in everybody
                .iter()
                .filter(|who| model.stakes.contains_key(who))
            {
                let at = address::ballot(&proposal, index, who);
                let stands = self.bank.data(&at).await.is_some();
                let expected = model.ballots.contains_key(&(index, *who));
                apart.same(&format!("ballot {index} of {who}"), &stands, &expected);
            }
        }
        apart.0
    }

    fn compare_council(&self, model: &Model, apart: &mut Apart) {
        let (council, realm) = (&*self.council, &model.realm);
        let members: BTreeMap<Pubkey, (u32, Option<i64>, Pubkey, usize)> = council
            .members
            .iter()
            .filter(|member| member.id != 0)
            .map(|m| {
                let until = (m.offered_until != 0).then_some(m.offered_until);
                let open = usize::from(m.open);
                (m.seat.key, (m.id, until, m.seat.via, open))
            })
            .collect();
        let expected: BTreeMap<_, _> = realm
            .members
            .iter()
            .map(|(key, m)| {
                let via = m.via.unwrap_or_default();
                (*key, (m.id, m.offered_until, via, model.open(Some(m.id))))
            })
            .collect();
        apart.same("members", &members, &expected);
        apart.same("threshold", &council.threshold, &realm.threshold);
        apart.same("delays", &council.delays, &realm.delays);
        apart.same("proposals", &council.proposals, &model.next_index());
        apart.same("open", &usize::from(council.open), &model.open(None));
        let roles = [
            ("guardian", &council.guardian, &realm.guardian),
            ("advisor", &council.advisor, &realm.advisor),
        ];
        for (name, role, office) in roles {
            let offered = &role.offered;
            let expected = office
                .offer
                .as_ref()
                .map_or_else(Default::default, |offer| {
                    (offer.key, offer.via.unwrap_or_default(), offer.until)
                });
            let holder = office.holder.unwrap_or_default();
            apart.same(name, &role.holder.key, &holder);
            apart.same(
                name,
                &(offered.key, offered.via, role.offered_until),
                &expected,
            );
        }
        let permit = &council.permit;
        let permit = Permit {
            stake_mint: permit.stake_mint,
            amm_vault: permit.amm_vault,
            weight: permit.weight,
            pool_until: permit.pool_until,
            meters: permit.meters,
            feeds: permit.feeds,
        };
        apart.same("permit", &permit, &realm.permit);
    }

    fn compare_economy(&self, model: &Model, apart: &mut Apart) {
        let (economy, realm, now) = (&*self.economy, &model.realm, model.now);
        apart.same("life", &(economy.life == 1), &realm.live);
        apart.same(
            "treasury_ppm",
            &economy.limits.treasury_ppm,
            &realm.treasury_ppm,
        );
        apart.same("meters", &economy.meter_count, &realm.meters);
        apart.same("terms", &Terms::of(&economy.limits), &realm.terms);
        apart.same("caps", &Caps::of(&economy.limits), &realm.caps);
        let excluded = economy.active_excluded();
        apart.same("excluded", &excluded, &realm.excluded.as_slice());
        let given_up = economy.given_up.map(|power| power != 0);
        apart.same("given up", &&given_up[..7], &&realm.given_up[..]);
        apart.same("periods", &economy.totals.periods, &realm.periods);
        apart.same("mean_stake", &economy.totals.mean_stake, &model.mean_stake);
        apart.same("next_end", &economy.next_end, &model.next_end);
        for (pause, expected) in economy.pauses.iter().zip(&realm.pauses) {
            let missing = (10 * pause.spent - (now - pause.spent_at)).max(0);
            apart.same(
                "pause",
                &(pause.from, pause.until, missing),
                &(expected.from, expected.until, expected.missing(now)),
            );
        }
        let advice = (economy.advice.pending != 0).then(|| Advice {
            parameter: usize::from(economy.advice.parameter),
            field: Tunable::ALL[usize::from(economy.advice.field)],
            value: economy.advice.value.get().to_bits(),
            over_seconds: economy.advice.over_seconds,
            eta: economy.advice.eta,
        });
        apart.same("advice", &advice, &realm.advice);
        for ((stored, expected), parameter) in economy
            .controllers
            .iter()
            .zip(&realm.controllers)
            .zip(Parameter::ALL)
        {
            let envelope = &stored.envelope;
            let name = parameter.name();
            let anchors = Tunable::ALL.map(|field| envelope.anchor(field).to_bits());
            apart.same(&format!("{name}.anchors"), &anchors, &expected.anchors);
            apart.same(
                &format!("{name}.config"),
                &(stored.config(), stored.config_seq),
                &(expected.config, expected.config_seq),
            );
            apart.same(&format!("{name}.state"), &stored.state(), &expected.state);
            apart.same(
                &format!("{name}.guard"),
                &(stored.guard_config(), stored.guard()),
                &(expected.guard_config, expected.guard),
            );
            let value = expected.value().unsigned_abs();
            apart.same(
                &format!("{name}, in force"),
                &stored.value(parameter),
                &value,
            );
            apart.same(
                &format!("{name}.advice"),
                &(
                    envelope.advice_setpoint.get().to_bits(),
                    envelope.advice_bias.get().to_bits(),
                ),
                &(expected.advice_setpoint, expected.advice_bias),
            );
        }
    }

    fn compare_proposal(&self, model: &Model, index: u64, apart: &mut Apart) {
        let name = |what: &str| format!("proposal {index}.{what}");
        let (proposal, expected) = match (self.proposals.get(&index), model.proposals.get(&index)) {
            (Some(proposal), Some(expected)) => (proposal, expected),
            (there, expected) => {
                let both = (there.is_some(), expected.is_some());
                return apart.same(&name("exists"), &both.0, &both.1);
            }
        };
        // Whose membership has ended counts nowhere.
        let present: BTreeSet<u32> = model.realm.seated().map(|(_, m)| m.id).collect();
        let votes = |ids: &[u32]| -> BTreeSet<u32> {
            ids.iter()
                .filter(|id| present.contains(id))
                .copied()
                .collect()
        };
        let counted = |ids: &BTreeSet<u32>| -> BTreeSet<u32> {
            ids.intersection(&present).copied().collect()
        };
        for (what, ids, expected) in [
            ("approvals", &proposal.approvals, &expected.approvals),
            ("overrides", &proposal.overrides, &expected.overrides),
            ("cancels", &proposal.cancels, &expected.cancels),
        ] {
            apart.same(&name(what), &votes(ids), &counted(expected));
        }
        let stage = [
            Stage::Active,
            Stage::Queued,
            Stage::Executed,
            Stage::Vetoed,
            Stage::Cancelled,
            Stage::Expired,
        ]
        .into_iter()
        .find(|stage| *stage as u8 == proposal.state);
        apart.same(&name("state"), &stage, &Some(expected.stage));
        let gravity = [
            Gravity::Immediate,
            Gravity::Routine,
            Gravity::Standard,
            Gravity::Critical,
            Gravity::Terminal,
        ];
        apart.same(
            &name("class"),
            &gravity.get(usize::from(proposal.class)),
            &Some(&expected.gravity),
        );
        apart.same(
            &name("times (created, active until, queued, snapshot, eta, expires, ended)"),
            &[
                proposal.created_at,
                proposal.active_until,
                proposal.queued_at,
                proposal.snapshot_at,
                proposal.eta,
                proposal.expires_at,
                proposal.ended_at,
            ],
            &[
                expected.created_at,
                expected.active_until,
                expected.queued_at,
                expected.snapshot_at.unwrap_or(0),
                expected.eta,
                expected.expires_at,
                expected.ended_at,
            ],
        );
        apart.same(&name("delays"), &proposal.delays, &expected.delays);
        apart.same(
            &name("veto (weight, base)"),
            &(proposal.veto_weight, proposal.veto_base),
            &(expected.veto_weight, expected.veto_base),
        );
        apart.same(
            &name("flags (overridden, by stakers, replaces, resumes)"),
            &[
                proposal.overridden,
                proposal.vetoed_by_stakers,
                proposal.replaces_guardian,
                proposal.resumes,
            ]
            .map(|flag| flag != 0),
            &[
                expected.overridden,
                expected.vetoed_by_stakers,
                expected.replaces_guardian(),
                expected.resumes(),
            ],
        );
        apart.same(
            &name("proposer"),
            &(proposal.proposer, proposal.proposer_id, proposal.index),
            &(expected.proposer, expected.proposer_id, index),
        );
        apart.same(&name("payer"), &proposal.payer, &self.bank.payer().pubkey());
        let bytes = bytes_of(&expected.actions);
        apart.same(
            &name("actions"),
            &proposal.action_bytes(),
            &bytes.as_slice(),
        );
        apart.same(&name("digest"), &proposal.digest, &hash(&bytes).to_bytes());
    }
}

/// Actions as they are hashed.
fn bytes_of(actions: &[Action]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for action in actions {
        action.serialize(&mut bytes).expect("bytes");
    }
    bytes
}

/// What is not the same.
struct Apart(Vec<String>);

impl Apart {
    fn same<T: PartialEq + core::fmt::Debug>(&mut self, name: &str, program: &T, reference: &T) {
        if program != reference {
            let told = format!("{name}:\n  program   {program:?}\n  reference {reference:?}");
            self.0.push(told);
        }
    }
}
