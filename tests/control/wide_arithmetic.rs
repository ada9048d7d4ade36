//! 128-bit products and quotients where the program runs: on the ELF they are the
//! routines of `homeostat-sbf-builtins`, natively the processor's.

use homeostat_probe::{
    process,
    products::{request, Operation},
};
use homeostat_sandbox::Bank;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use solana_instruction::Instruction;
use solana_program::pubkey::Pubkey;
use solana_program_test::processor;

const PROBE: Pubkey = Pubkey::new_from_array([7; 32]);
/// Pairs of operands that fit a transaction.
const PAIRS: usize = 30;

async fn bank() -> Bank {
    Bank::start_with(|test| test.add_program("homeostat_probe", PROBE, processor!(process))).await
}

/// What the program makes of the pairs, and the compute units it used.
async fn ask(bank: &mut Bank, operation: Operation, pairs: &[(u128, u128)]) -> (Vec<u128>, u64) {
    let data = request(operation, pairs);
    let instruction = Instruction::new_with_bytes(PROBE, &data, Vec::new());
    let receipt = bank.send(&[instruction], &[]).await.unwrap();
    let mut results = receipt.return_data;
    results.resize(16 * pairs.len(), 0); // zeros at the end are cut off
    let results = results
        .chunks_exact(16)
        .map(|bytes| u128::from_le_bytes(bytes.try_into().unwrap()))
        .collect();
    (results, receipt.units)
}

async fn agree(bank: &mut Bank, pairs: &[(u128, u128)]) {
    for operation in Operation::ALL {
        for pairs in pairs.chunks(PAIRS) {
            let (results, _) = ask(bank, operation, pairs).await;
            for ((a, b), result) in pairs.iter().zip(results) {
                let expected = operation.apply(*a, *b);
                assert_eq!(result, expected, "{operation:?} {a:#x} {b:#x}");
            }
        }
    }
}

#[tokio::test]
async fn success_wide_arithmetic_agrees_at_the_edges() {
    let edges: Vec<u128> = [0, 1, 31, 32, 33, 63, 64, 65, 96, 127]
        .into_iter()
        .flat_map(|bit| [1_u128 << bit, (1 << bit) - 1, !(1 << bit)])
        .chain([3, 10, u128::MAX << 64, u128::MAX - 2])
        .collect();
    let pairs: Vec<_> = edges
        .iter()
        .flat_map(|a| edges.iter().map(move |b| (*a, *b)))
        .collect();
    agree(&mut bank().await, &pairs).await;
}

#[tokio::test]
async fn success_wide_arithmetic_agrees_on_random_operands() {
    let mut random = ChaCha8Rng::seed_from_u64(128);
    let mut number = || {
        let bits = u128::from(random.next_u64()) << 64 | u128::from(random.next_u64());
        let bits = bits >> (random.next_u32() % 128);
        // Negative for the signed operations.
        if random.next_u32() % 4 == 0 {
            !bits
        } else {
            bits
        }
    };
    let pairs: Vec<_> = (0..1_500).map(|_| (number(), number())).collect();
    agree(&mut bank().await, &pairs).await;
}

/// The control law multiplies and divides dozens of times a crank.
#[tokio::test]
async fn success_wide_arithmetic_is_cheap() {
    let mut bank = bank().await;
    let (word, wide) = (0xfedc_ba98_7654_3210_u128, 0x0123_4567_89ab_cdef_u128 << 60);
    let rows = [
        ("product", Operation::Multiply, wide, wide, 100),
        ("64 by 64 bits", Operation::Divide, word, 1_000_003, 100),
        ("128 by 32 bits", Operation::Divide, wide, 1_000_003, 150),
        ("128 by 64 bits", Operation::Divide, wide, word, 250),
        ("128 by 128 bits", Operation::Divide, wide, word << 30, 300),
        ("signed", Operation::DivideSigned, !wide, word, 300),
    ];
    for (what, operation, a, b, most) in rows {
        let pairs = [(a, b); PAIRS];
        let (_, all) = ask(&mut bank, operation, &pairs).await;
        let (_, one) = ask(&mut bank, operation, &pairs[..1]).await;
        let (_, nothing) = ask(&mut bank, Operation::None, &pairs).await;
        let (_, nothing_once) = ask(&mut bank, Operation::None, &pairs[..1]).await;
        if Bank::runs_elf() {
            // The loop around it costs the same for every operation.
            let loops = nothing - nothing_once;
            let units = (all - one).saturating_sub(loops) / (PAIRS as u64 - 1);
            println!("{what}: {units} compute units");
            assert!(units <= most, "{what}: {units} compute units");
        }
    }
}
