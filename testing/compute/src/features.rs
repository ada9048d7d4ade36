//! Which of the runtime's features are off while measuring.
//!
//! A test bank switches every feature on that its release knows. What is not
//! surely live on mainnet and makes anything cheaper, or lets a transaction do
//! more, is switched off again, so that no figure is too low.

use agave_feature_set as feature;
use solana_program::pubkey::Pubkey;
use solana_program_test::ProgramTest;

/// A feature that is off.
#[derive(Clone, Copy, Debug)]
pub struct Off {
    /// Its address.
    pub id: fn() -> Pubkey,
    /// Its name in the runtime's source.
    pub name: &'static str,
    /// What would change with it.
    pub why: &'static str,
}

macro_rules! off {
    ($($name:ident: $why:literal;)*) => {
        &[$(Off {
            id: feature::$name::id,
            name: stringify!($name),
            why: $why,
        }),*]
    };
}

/// Every feature that is off.
pub const OFF: &[Off] = off! {
    increase_tx_account_lock_limit: "128 instead of 64 accounts a transaction";
    raise_cpi_nesting_limit_to_8: "calls 8 instead of 4 deep (SIMD-0268)";
    increase_cpi_account_info_limit: "a call costs 946 CU and its accounts' bytes instead of 1,000 CU (SIMD-0339)";
    syscall_parameter_address_restrictions: "first part of direct mapping (SIMD-0219)";
    virtual_address_space_adjustments: "second part of direct mapping";
    account_data_direct_mapping: "third part: calls copy no account data";
    deprecate_rent_exemption_threshold: "rent without floating-point arithmetic (SIMD-0194)";
    set_lamports_per_byte_to_6333: "cheaper rent (SIMD-0437)";
    set_lamports_per_byte_to_5080: "the same";
    set_lamports_per_byte_to_2575: "the same";
    set_lamports_per_byte_to_1322: "the same";
    set_lamports_per_byte_to_696: "the same";
    create_account_allow_prefund: "one call instead of three to create an account that holds lamports (SIMD-0312)";
    provide_instruction_data_offset_in_vm_r2: "finding the instruction data without walking the accounts (SIMD-0321)";
    direct_account_pointers_in_program_input: "finding an account without walking those before it (SIMD-0449)";
};

/// Switches them off on a bank to be.
pub fn switch_off(test: &mut ProgramTest) {
    for off in OFF {
        test.deactivate_feature((off.id)());
    }
}
