//! A council: how it comes about, and what its members, its guardian and anybody else do to
//! proposals.

use homeostat_client::{
    address,
    governance::{self, ProposalId},
    Action, Council, CouncilArgs, Delays, EconomyAddresses, Proposal, ProposalState, RoleKind,
    Section,
};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_program::pubkey::Pubkey;
use solana_signer::Signer;

use crate::{
    bank::{Failure, Receipt},
    world::{seat, World},
};

/// How many accept their roles in one transaction: their signatures fit a packet.
const ACCEPT_AT_ONCE: usize = 5;

impl World {
    /// A council of the world's members and guardian.
    pub fn council_args(&self, threshold: u8, delays: Option<Delays>) -> CouncilArgs {
        CouncilArgs {
            members: self.members.iter().map(seat).collect(),
            append: false,
            threshold,
            guardian: seat(&self.guardian),
            delays,
        }
    }

    /// The instruction that sets the Draft's council up.
    pub fn create_council_ix(&self, council: CouncilArgs) -> Instruction {
        governance::create_council(&self.at, &self.creator.pubkey(), council)
    }

    /// Gives the Draft its council: the world's members and guardian, who accept their roles.
    pub async fn create_council(
        &mut self,
        threshold: u8,
        delays: Option<Delays>,
    ) -> Result<Receipt, Failure> {
        let council = self.council_args(threshold, delays);
        let create = self.create_council_ix(council);
        let receipt = self.run(&[create]).await?;
        self.has_council = true;
        self.accept_roles().await?;
        Ok(receipt)
    }

    /// The instruction that accepts a role.
    pub fn accept_ix(&self, key: &Keypair, role: RoleKind) -> Instruction {
        governance::accept_role(&self.at, &key.pubkey(), role)
    }

    /// The world's members and guardian accept their roles, a few in each transaction.
    async fn accept_roles(&mut self) -> Result<(), Failure> {
        let members = self.members.iter().map(|key| (key, RoleKind::Member));
        let all: Vec<_> = members
            .chain([(&self.guardian, RoleKind::Guardian)])
            .map(|(key, role)| (key.insecure_clone(), self.accept_ix(key, role)))
            .collect();
        for few in all.chunks(ACCEPT_AT_ONCE) {
            let (keys, accept): (Vec<_>, Vec<_>) = few.iter().map(|(a, b)| (a, b.clone())).unzip();
            self.bank.send(&accept, &keys).await?;
        }
        Ok(())
    }

    /// The council account.
    pub async fn council(&mut self) -> Council {
        let council = self.at.council;
        self.bank.fetch(&council).await
    }

    /// A proposal account.
    pub async fn proposal(&mut self, id: ProposalId) -> Proposal {
        self.bank.fetch(&id.address(&self.at.economy)).await
    }

    /// What the next proposal is known by, if it is of these actions.
    pub async fn next_proposal(&mut self, actions: &[Action]) -> ProposalId {
        ProposalId {
            index: self.council().await.proposals,
            digest: governance::digest(actions),
        }
    }

    /// Sends what somebody signs.
    pub async fn send_as(
        &mut self,
        key: &Keypair,
        instruction: Instruction,
    ) -> Result<Receipt, Failure> {
        self.bank.send(&[instruction], &[key]).await
    }

    /// The instruction of a member who proposes; the bank's payer pays.
    pub fn propose_ix(&self, member: &Keypair, actions: Vec<Action>) -> Instruction {
        let payer = self.bank.payer().pubkey();
        governance::propose(&self.at, &member.pubkey(), &payer, actions, None)
    }

    /// Proposes as a member; the bank's payer pays.
    pub async fn propose_as(
        &mut self,
        member: &Keypair,
        actions: Vec<Action>,
    ) -> Result<ProposalId, Failure> {
        let at = address::proposal(&self.at.economy, &governance::digest(&actions));
        let propose = self.propose_ix(member, actions);
        self.send_as(member, propose).await?;
        Ok(ProposalId::of(&self.bank.fetch(&at).await))
    }

    /// Proposes as the first member.
    pub async fn propose(&mut self, actions: Vec<Action>) -> Result<ProposalId, Failure> {
        let member = self.members[0].insecure_clone();
        self.propose_as(&member, actions).await
    }

    /// Ends the pause of a section that there is now.
    pub async fn unpause(&mut self, section: Section) -> Action {
        Action::Unpause {
            section,
            expected_until: self.economy().await.pause_until(section),
        }
    }

    /// Takes the seat of whoever has that key now.
    pub async fn removal(&mut self, key: &Pubkey) -> Action {
        let council = self.council().await;
        let member = council
            .members
            .iter()
            .find(|member| member.seat.key == *key);
        Action::RemoveMember {
            key: *key,
            expected_id: member.map_or(0, |member| member.id),
        }
    }

    /// Dismisses whoever is the advisor now.
    pub async fn dismissal(&mut self) -> Action {
        Action::RevokeAdvisor {
            expected: self.council().await.advisor.holder.key,
        }
    }

    /// Approves what the proposal says, as a member.
    pub async fn approve_as(
        &mut self,
        member: &Keypair,
        id: ProposalId,
    ) -> Result<Receipt, Failure> {
        self.decide(governance::approve, member, id).await
    }

    /// Approves as the member at a place.
    pub async fn approve(&mut self, member: usize, id: ProposalId) -> Result<Receipt, Failure> {
        let member = self.members[member].insecure_clone();
        self.approve_as(&member, id).await
    }

    /// Any act of one signer on one proposal.
    pub async fn decide(
        &mut self,
        act: fn(&EconomyAddresses, &Pubkey, ProposalId) -> Instruction,
        signer: &Keypair,
        id: ProposalId,
    ) -> Result<Receipt, Failure> {
        let act = act(&self.at, &signer.pubkey(), id);
        self.send_as(signer, act).await
    }

    /// Vetoes as the guardian.
    pub async fn veto(&mut self, id: ProposalId) -> Result<Receipt, Failure> {
        let guardian = self.guardian.insecure_clone();
        self.decide(governance::veto, &guardian, id).await
    }

    /// The execute instruction, for the bank's payer.
    pub async fn execute_ix(&mut self, id: ProposalId) -> Instruction {
        let actions = self.proposal(id).await.read().expect("it was proposed");
        let payer = self.bank.payer().pubkey();
        governance::execute(&self.at, &payer, &self.token_program, id, &actions)
    }

    /// Executes now.
    pub async fn execute(&mut self, id: ProposalId) -> Result<Receipt, Failure> {
        let execute = self.execute_ix(id).await;
        self.run(&[execute]).await
    }

    /// Proposes, collects as many approvals as it takes, and says the eta. The state is
    /// Queued then.
    pub async fn queue(&mut self, actions: Vec<Action>) -> Result<ProposalId, Failure> {
        let id = self.propose(actions).await?;
        for member in 1..self.members.len() {
            if self.proposal(id).await.is(ProposalState::Queued) {
                break;
            }
            self.approve(member, id).await?;
        }
        Ok(id)
    }

    /// Lets actions pass all stages: proposed, approved, waited for, executed.
    pub async fn enact(&mut self, actions: Vec<Action>) -> Result<Receipt, Failure> {
        let id = self.queue(actions).await?;
        let eta = self.proposal(id).await.eta;
        let now = self.bank.now();
        self.bank.set_time(eta.max(now)).await;
        self.execute(id).await
    }
}
