//! `create-economy --squads`: a vault is the creator, and a member of its multisig stores what is
//! missing, in transactions that its members approve and execute one after the other.

use homeostat_chain::creation::{Creation, Piece};
use homeostat_chain::send::packet;
use homeostat_client::{Instruction, Pubkey};

use super::super::delivery::SendArgs;
use super::super::handover::Handover;
use super::super::write::{Figures, HandedOver, Intent, Outcome, Simulated};
use super::super::Context;
use crate::failure::Failure;

const COMMAND: &str = "create-economy";
const MEMO: &str = "homeostat create-economy";

/// What became of the batches.
pub(super) struct Stored {
    /// Those that were stored now.
    pub handed_over: Vec<HandedOver>,
    /// What storing the first would change.
    pub simulated: Option<Simulated>,
}

/// The multisig of `--squads`, and what is missing in batches that it stores.
pub(super) struct Batches<'a> {
    handover: Handover<'a>,
    pub batches: Vec<Vec<Instruction>>,
}

impl<'a> Batches<'a> {
    /// Packs the pieces by their size in the multisig: as many in each as one packet stores and
    /// another one executes.
    ///
    /// # Errors
    ///
    /// `no_multisig`, `not_a_member`; the server's.
    pub(super) fn pack(
        context: &Context,
        send: &'a SendArgs,
        multisig: &str,
        instructions: &[Instruction],
    ) -> Result<Self, Failure> {
        let handover = Handover::read(context, send, multisig).map_err(|failure| {
            // The web importer takes one transaction, and these are several.
            match failure.code {
                "not_a_member" => failure.remedy("give the key of a member who may with --keypair"),
                _ => failure,
            }
        })?;
        let stored = |batch: &[Instruction]| handover.fits(&handover.compile(batch)?, MEMO);
        let fits = |batch: &[Instruction]| stored(batch).unwrap_or(false);
        let batches = packet::pack_while(instructions, fits);
        Ok(Self { handover, batches })
    }

    /// Stores the batches that do not wait in the multisig already.
    ///
    /// # Errors
    ///
    /// `vault_too_poor`; what the cluster refuses, with how far it came.
    pub(super) fn store(
        mut self,
        context: &Context,
        creation: &Creation<'_>,
        pieces: &[Piece],
        simulate: bool,
    ) -> Result<Stored, Failure> {
        let vault: Pubkey = creation.creator;
        context.require_vault_pays(&vault, pieces.iter().map(|piece| piece.rent).sum())?;
        context.say_pending(&self.handover);
        let mut stored = Stored {
            handed_over: Vec::new(),
            simulated: None,
        };
        let count = self.batches.len();
        let batches = core::mem::take(&mut self.batches);
        for (place, instructions) in batches.into_iter().enumerate() {
            let message = self.handover.compile(&instructions)?;
            if let Some(twin) = self.handover.twin(&message) {
                let number = twin.index;
                context.say(&format!(
                    "  {} of {count} waits already: number {number}",
                    place + 1
                ));
                continue;
            }
            let intent = Intent {
                command: COMMAND,
                what: format!(
                    "create the economy of {}, {} of {count}",
                    creation.mint,
                    place + 1
                ),
                instructions,
                keys: Vec::new(),
                admin: true,
                figures: Figures::default(),
            };
            if place == 0 {
                // The others need what this one makes.
                context.try_in_the_name_of_the_vault(&self.handover, &intent)?;
            }
            let plan = self.handover.plan(context, &message, MEMO)?;
            if simulate {
                if let Outcome::Simulated(mut simulated) =
                    context.store_tried(&self.handover, &intent, &plan)?
                {
                    simulated.untried += count.saturating_sub(place + 1);
                    stored.simulated = Some(simulated);
                }
                break;
            }
            let handed = context
                .stored(&self.handover, &vault, &intent, &plan)
                .map_err(|failure| super::stopped(failure, place, count))?;
            stored.handed_over.push(handed);
            self.handover.multisig.transaction_index = self.handover.multisig.next();
        }
        Ok(stored)
    }
}
