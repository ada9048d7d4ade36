//! Transactions whose order does not matter, many at a time.

use std::time::Instant;

use super::*;

/// Statuses that a server tells in one request.
const STATUSES: usize = 256;

impl Sender<'_> {
    /// Sends transactions whose order does not matter, and sends again what is missing,
    /// until all have landed. `landed` is told of each one; its error stops the rest.
    /// The first is tried out, and its budget is everybody's: they should be alike.
    ///
    /// # Errors
    ///
    /// As [`Sender::send`]; any number may have landed before.
    pub fn send_all(
        &self,
        payer: &dyn Signer,
        transactions: &[Vec<Instruction>],
        landed: &mut (dyn FnMut() -> Result<(), Failure> + '_),
    ) -> Result<(), Failure> {
        let Some(first) = transactions.first() else {
            return Ok(());
        };
        let budget = self.prepare(&payer.pubkey(), first)?.instructions;
        let budget = budget.get(..2).unwrap_or_default();
        let mut missing: Vec<&Vec<Instruction>> = transactions.iter().collect();
        for attempt in 1..=ATTEMPTS {
            missing = self.round(payer, budget, missing, landed)?;
            if missing.is_empty() {
                return Ok(());
            }
            if attempt < ATTEMPTS {
                self.talk.say(&format!(
                    "{} transactions expired before they landed; signing them anew",
                    missing.len()
                ));
            }
        }
        Err(Failure::new(
            "expired",
            format!(
                "{} of {} transactions expired before they landed",
                missing.len(),
                transactions.len()
            ),
        )
        .remedy("the cluster is busy: run again, which goes on where this stopped"))
    }

    /// As long as one blockhash lives; returns what did not land.
    fn round<'t>(
        &self,
        payer: &dyn Signer,
        budget: &[Instruction],
        transactions: Vec<&'t Vec<Instruction>>,
        landed: &mut (dyn FnMut() -> Result<(), Failure> + '_),
    ) -> Result<Vec<&'t Vec<Instruction>>, Failure> {
        let rpc = self.connection.rpc();
        let told = |error| self.connection.failure(&error);
        let (blockhash, last_height) = rpc
            .get_latest_blockhash_with_commitment(CommitmentConfig::confirmed())
            .map_err(told)?;
        let mut pending = Vec::with_capacity(transactions.len());
        for instructions in transactions {
            let all = [budget, instructions.as_slice()].concat();
            let message = self.message(&payer.pubkey(), &all, &blockhash)?;
            pending.push((instructions, sign(message, &[payer])?));
        }
        let mut sent_at: Option<Instant> = None;
        loop {
            if sent_at.is_none_or(|at| at.elapsed() >= REBROADCAST) {
                sent_at = Some(Instant::now());
                for (_, transaction) in &pending {
                    let signature = transaction.signatures.first().copied().unwrap_or_default();
                    // Whether it arrived is for its status to tell.
                    let _ = self.broadcast(transaction, &signature);
                }
            }
            // Asked before the statuses: what lands in between is seen by them.
            let height = rpc.get_block_height().map_err(told)?;
            let mut left = Vec::with_capacity(pending.len());
            for chunk in pending.chunks(STATUSES) {
                let signatures: Vec<Signature> = chunk
                    .iter()
                    .filter_map(|(_, transaction)| transaction.signatures.first().copied())
                    .collect();
                let answer = rpc.get_signature_statuses(&signatures).map_err(told)?;
                if answer.value.len() != chunk.len() {
                    return Err(self
                        .connection
                        .nonsense("another number of statuses than asked for"));
                }
                for (one, status) in chunk.iter().zip(answer.value) {
                    let sure =
                        status.filter(|it| it.satisfies_commitment(self.connection.commitment()));
                    match sure.map(|status| status.err) {
                        None => left.push(one.clone()),
                        Some(None) => landed()?,
                        Some(Some(error)) => return Err(refusal(&error, &[])),
                    }
                }
            }
            pending = left;
            if pending.is_empty() || height > last_height {
                return Ok(pending.into_iter().map(|(one, _)| one).collect());
            }
            sleep(POLL);
        }
    }
}
