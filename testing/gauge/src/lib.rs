//! The program behind an entry point of its own, which returns how much heap and
//! stack the instruction used: return data of two little-endian `u64`, in bytes.
//! (Not log lines: the bank truncates a long log.)
//!
//! Heap and stack are read after the program has returned, so they are those of
//! the very same code with the very same allocator. Natively this crate is empty.

#![cfg(target_os = "solana")]

use solana_program::{
    entrypoint::{deserialize, HEAP_LENGTH, HEAP_START_ADDRESS, SUCCESS},
    program::set_return_data,
};

solana_program::custom_heap_default!();
solana_program::custom_panic_default!();

/// Where the stack region begins.
const STACK_START: u64 = 0x2_0000_0000;
/// Bytes of a frame.
const FRAME: u64 = 4096;
/// Frames of the region: the deepest call a program can make.
const FRAMES: u64 = 64;

/// Runs the program and returns what it used.
///
/// # Safety
///
/// `input` is what the loader passes to a program.
#[no_mangle]
pub unsafe extern "C" fn entrypoint(input: *mut u8) -> u64 {
    // SAFETY: the loader's input, as the program's own entry point reads it.
    let (program, accounts, data) = unsafe { deserialize(input) };
    let outcome = homeostat::entry(program, &accounts, data);
    let mut used = [0; 16];
    let (heap, stack) = used.split_at_mut(8);
    heap.copy_from_slice(&heap_used().to_le_bytes());
    stack.copy_from_slice(&stack_used().to_le_bytes());
    set_return_data(&used);
    match outcome {
        Ok(()) => SUCCESS,
        Err(error) => error.into(),
    }
}

/// Bytes between the allocator's position and the end of the heap. It hands out
/// from the top down, never takes back, and keeps its position in the first word.
fn heap_used() -> u64 {
    // SAFETY: the region is mapped, aligned and writable for the whole instruction.
    let position = unsafe { (HEAP_START_ADDRESS as *const u64).read_volatile() };
    let end = HEAP_START_ADDRESS + HEAP_LENGTH as u64;
    match position {
        0 => 0,
        position => end - position,
    }
}

/// Bytes from the start of the stack to the end of the highest word that is not
/// zero. The region is zero when an instruction begins, and frames follow each
/// other without gaps from the start up.
#[inline(never)]
fn stack_used() -> u64 {
    let mut at = STACK_START + FRAME * FRAMES;
    while at > STACK_START {
        at -= 8;
        // SAFETY: inside the stack region, all of which is mapped.
        if unsafe { (at as *const u64).read_volatile() } != 0 {
            return at + 8 - STACK_START;
        }
    }
    0
}
