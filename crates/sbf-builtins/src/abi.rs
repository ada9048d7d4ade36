//! The names and the calling convention that LLVM expects.
//!
//! `extern "unadjusted"` leaves the signature as LLVM has it: four registers in,
//! two out. Any other convention makes rustc return 16 bytes through a pointer.

// Linked for its memory routines.
extern crate solana_compiler_builtins as _;

/// See the function of the same name for other builds.
#[inline(always)]
pub fn opaque(mut value: u64) -> u64 {
    // SAFETY: the assembly is empty; it touches nothing but the value's register.
    unsafe {
        core::arch::asm!("/* {0} */", inout(reg) value, options(pure, nomem, nostack, preserves_flags));
    }
    value
}

/// `a x b`.
#[no_mangle]
pub extern "unadjusted" fn __multi3(a: u128, b: u128) -> u128 {
    crate::multiply(a, b)
}

/// `a / b`, unsigned.
#[no_mangle]
pub extern "unadjusted" fn __udivti3(a: u128, b: u128) -> u128 {
    crate::divide(a, b).0
}

/// `a % b`, unsigned.
#[no_mangle]
pub extern "unadjusted" fn __umodti3(a: u128, b: u128) -> u128 {
    crate::divide(a, b).1
}

/// `a / b`, signed.
#[no_mangle]
pub extern "unadjusted" fn __divti3(a: i128, b: i128) -> i128 {
    crate::divide_signed(a, b).0
}

/// `a % b`, signed.
#[no_mangle]
pub extern "unadjusted" fn __modti3(a: i128, b: i128) -> i128 {
    crate::divide_signed(a, b).1
}
