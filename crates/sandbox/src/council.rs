//! A council at work: what its members, its guardian and anybody else do to proposals.

use homeostat_client::{
    address, governance, Action, Council, EconomyAddresses, Proposal, ProposalState,
};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_program::pubkey::Pubkey;
use solana_signer::Signer;

use crate::{
    bank::{Failure, Receipt},
    world::World,
};

impl World {
    /// The council account.
    pub async fn council(&mut self) -> Council {
        let council = self.at.council;
        self.bank.fetch(&council).await
    }

    /// A proposal account.
    pub async fn proposal(&mut self, index: u64) -> Proposal {
        let proposal = address::proposal(&self.at.economy, index);
        self.bank.fetch(&proposal).await
    }

    /// Index of the next proposal.
    pub async fn next_proposal(&mut self) -> u64 {
        self.council().await.proposals
    }

    /// Sends what somebody signs.
    pub async fn send_as(
        &mut self,
        key: &Keypair,
        instruction: Instruction,
    ) -> Result<Receipt, Failure> {
        self.bank.send(&[instruction], &[key]).await
    }

    /// Proposes as a member; the bank's payer pays. Returns the index.
    pub async fn propose_as(
        &mut self,
        member: &Keypair,
        actions: Vec<Action>,
    ) -> Result<u64, Failure> {
        let index = self.next_proposal().await;
        let payer = self.bank.payer().pubkey();
        let propose = governance::propose(&self.at, &member.pubkey(), &payer, index, actions);
        self.send_as(member, propose).await?;
        Ok(index)
    }

    /// Proposes as the first member.
    pub async fn propose(&mut self, actions: Vec<Action>) -> Result<u64, Failure> {
        let member = self.members[0].insecure_clone();
        self.propose_as(&member, actions).await
    }

    /// Approves what the proposal says, as a member.
    pub async fn approve_as(&mut self, member: &Keypair, index: u64) -> Result<Receipt, Failure> {
        let digest = self.proposal(index).await.digest;
        let approve = governance::approve(&self.at, &member.pubkey(), index, digest);
        self.send_as(member, approve).await
    }

    /// Approves as the member at a place.
    pub async fn approve(&mut self, member: usize, index: u64) -> Result<Receipt, Failure> {
        let member = self.members[member].insecure_clone();
        self.approve_as(&member, index).await
    }

    /// Any act of one signer on one proposal.
    pub async fn decide(
        &mut self,
        act: fn(&EconomyAddresses, &Pubkey, u64) -> Instruction,
        signer: &Keypair,
        index: u64,
    ) -> Result<Receipt, Failure> {
        let act = act(&self.at, &signer.pubkey(), index);
        self.send_as(signer, act).await
    }

    /// Vetoes as the guardian.
    pub async fn veto(&mut self, index: u64) -> Result<Receipt, Failure> {
        let guardian = self.guardian.insecure_clone();
        self.decide(governance::veto, &guardian, index).await
    }

    /// The execute instruction, for the bank's payer.
    pub async fn execute_ix(&mut self, index: u64) -> Instruction {
        let actions = self.proposal(index).await.read().expect("it was proposed");
        let payer = self.bank.payer().pubkey();
        governance::execute(&self.at, &payer, &self.token_program, index, &actions)
    }

    /// Executes now.
    pub async fn execute(&mut self, index: u64) -> Result<Receipt, Failure> {
        let execute = self.execute_ix(index).await;
        self.run(&[execute]).await
    }

    /// Proposes, collects as many approvals as it takes, and says the eta. The state is
    /// Queued then.
    pub async fn queue(&mut self, actions: Vec<Action>) -> Result<u64, Failure> {
        let index = self.propose(actions).await?;
        for member in 1..self.members.len() {
            if self.proposal(index).await.is(ProposalState::Queued) {
                break;
            }
            self.approve(member, index).await?;
        }
        Ok(index)
    }

    /// Lets actions pass all stages: proposed, approved, waited for, executed.
    pub async fn enact(&mut self, actions: Vec<Action>) -> Result<Receipt, Failure> {
        let index = self.queue(actions).await?;
        let eta = self.proposal(index).await.eta;
        let now = self.bank.now();
        self.bank.set_time(eta.max(now)).await;
        self.execute(index).await
    }
}
