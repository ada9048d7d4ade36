//! Packets: how large a transaction is, what fits into one, and who signs it.

use homeostat_client::{Instruction, Pubkey};
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_message::{Message, VersionedMessage};
use solana_signature::Signature;
use solana_signer::{signers::Signers, Signer, SignerError};
use solana_transaction::versioned::VersionedTransaction;

use super::prepare::MOST_UNITS;
use homeostat_settings::failure::Failure;

/// Bytes of a packet.
pub const PACKET: usize = 1_232;

/// Bytes of the transaction with this message.
pub(super) fn size(message: &VersionedMessage) -> usize {
    let signatures = usize::from(message.header().num_required_signatures);
    1 + signatures * 64 + message.serialize().len()
}

/// A transaction with empty signatures, to be tried out.
pub fn unsigned(message: VersionedMessage) -> VersionedTransaction {
    let signatures = usize::from(message.header().num_required_signatures);
    VersionedTransaction {
        signatures: vec![Signature::default(); signatures],
        message,
    }
}

/// Bytes of the transaction of these instructions, with the budget that
/// [`Sender::prepare`](super::Sender::prepare) puts before them.
pub fn bytes(payer: &Pubkey, instructions: &[Instruction]) -> usize {
    let budget = [
        ComputeBudgetInstruction::set_compute_unit_limit(MOST_UNITS),
        ComputeBudgetInstruction::set_compute_unit_price(u64::MAX),
    ];
    let all = [&budget, instructions].concat();
    size(&VersionedMessage::Legacy(Message::new(&all, Some(payer))))
}

/// Whether instructions fit into one packet with those of their budget, without a lookup table.
pub fn fits(payer: &Pubkey, instructions: &[Instruction]) -> bool {
    bytes(payer, instructions) <= PACKET
}

/// Instructions, in order, in as few transactions as they fit into; one that does not fit
/// at all stands alone, and sending it says so.
pub fn pack(payer: &Pubkey, instructions: &[Instruction]) -> Vec<Vec<Instruction>> {
    pack_while(instructions, |batch| fits(payer, batch))
}

/// Instructions, in order, in as few batches as `fits` lets through; one that does not fit at all
/// stands alone.
pub fn pack_while(
    instructions: &[Instruction],
    fits: impl Fn(&[Instruction]) -> bool,
) -> Vec<Vec<Instruction>> {
    let with = |batch: &[Instruction], next: &Instruction| {
        fits(&[batch, core::slice::from_ref(next)].concat())
    };
    let mut batches: Vec<Vec<Instruction>> = Vec::new();
    for instruction in instructions {
        match batches.last_mut() {
            Some(batch) if with(batch, instruction) => batch.push(instruction.clone()),
            _ => batches.push(vec![instruction.clone()]),
        }
    }
    batches
}

/// Signs with everybody whom the message asks; others are not used.
///
/// # Errors
///
/// Somebody's signature is missing or not good; a hardware wallet declines or is not to be had.
pub fn sign(
    message: VersionedMessage,
    signers: &[&dyn Signer],
) -> Result<VersionedTransaction, Failure> {
    let asked = usize::from(message.header().num_required_signatures);
    let keys = message.static_account_keys();
    let wanted: Vec<Pubkey> = keys.iter().take(asked).copied().collect();
    let fit: Vec<&dyn Signer> = signers
        .iter()
        .filter(|signer| wanted.contains(&signer.pubkey()))
        .copied()
        .collect();
    let missing: Vec<_> = wanted
        .iter()
        .filter(|key| fit.pubkeys().iter().all(|has| has != *key))
        .map(ToString::to_string)
        .collect();
    if !missing.is_empty() {
        return Err(Failure::new(
            "missing_signature",
            format!("{} must sign as well", missing.join(", ")),
        )
        .remedy(
            "give its key, or --prepare FILE here, sign elsewhere with --sign-only FILE, and `submit FILE`",
        ));
    }
    VersionedTransaction::try_new(message, &fit).map_err(|error| unsigned_by(&error))
}

/// Why somebody who could sign has not.
fn unsigned_by(error: &SignerError) -> Failure {
    let told = error.to_string();
    match error {
        SignerError::UserCancel(_) => Failure::new(
            "declined",
            format!("the hardware wallet did not sign: {told}"),
        )
        .remedy("nothing was sent; start again and approve it on the device"),
        SignerError::Connection(_) | SignerError::Protocol(_) | SignerError::NoDeviceFound => {
            Failure::new("no_hardware_wallet", format!("it cannot be signed: {told}")).remedy(
                "nothing was sent; unlock the device, open its Solana app and, for what it does \
                 not know, allow blind signing there",
            )
        }
        _ => Failure::new("bad_signature", format!("a signature is not good: {told}"))
            .remedy("it must be of this very transaction: same blockhash, same arguments"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_packed_in_order_into_packets() {
        let payer = Pubkey::new_unique();
        let program = Pubkey::new_unique();
        let bytes = |size: usize| Instruction::new_with_bytes(program, &vec![7; size], Vec::new());
        let sizes = [400, 400, 400, 2_000, 10, 10];
        let packed = pack(&payer, &sizes.map(bytes));
        let shape: Vec<Vec<usize>> = packed
            .iter()
            .map(|batch| batch.iter().map(|one| one.data.len()).collect())
            .collect();
        assert_eq!(
            shape,
            [vec![400, 400], vec![400], vec![2_000], vec![10, 10]]
        );
    }

    type Answer = fn() -> SignerError;

    /// A hardware wallet of which only the answer is left.
    struct Device(Pubkey, Answer);

    impl Signer for Device {
        fn try_pubkey(&self) -> Result<Pubkey, SignerError> {
            Ok(self.0)
        }

        fn try_sign_message(&self, _: &[u8]) -> Result<Signature, SignerError> {
            Err((self.1)())
        }

        fn is_interactive(&self) -> bool {
            true
        }
    }

    #[test]
    fn a_device_that_does_not_sign_is_told_apart_from_a_signature_that_is_not_good() {
        let key = Pubkey::new_unique();
        let answers: [(Answer, &str); 4] = [
            (|| SignerError::UserCancel("no".into()), "declined"),
            (
                || SignerError::Protocol("locked".into()),
                "no_hardware_wallet",
            ),
            (|| SignerError::NoDeviceFound, "no_hardware_wallet"),
            (|| SignerError::Custom("odd".into()), "bad_signature"),
        ];
        for (answer, code) in answers {
            // Given a device with that answer, when it is asked to sign, then it is said so.
            let told = answer().to_string();
            let message = VersionedMessage::Legacy(Message::new(&[], Some(&key)));
            let failure = sign(message, &[&Device(key, answer)]).unwrap_err();
            assert_eq!(failure.code, code);
            assert!(failure.message.contains(&told), "{failure:?}");
        }
    }
}
