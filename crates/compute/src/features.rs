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

/// Every feature that is off.
pub const OFF: &[Off] = &[
    Off {
        id: feature::increase_tx_account_lock_limit::id,
        name: "increase_tx_account_lock_limit",
        why: "128 instead of 64 accounts a transaction",
    },
    Off {
        id: feature::raise_cpi_nesting_limit_to_8::id,
        name: "raise_cpi_nesting_limit_to_8",
        why: "calls 8 instead of 4 deep (SIMD-0268)",
    },
    Off {
        id: feature::increase_cpi_account_info_limit::id,
        name: "increase_cpi_account_info_limit",
        why: "a call costs 946 CU and its accounts' bytes instead of 1,000 CU (SIMD-0339)",
    },
    Off {
        id: feature::syscall_parameter_address_restrictions::id,
        name: "syscall_parameter_address_restrictions",
        why: "first part of direct mapping (SIMD-0219)",
    },
    Off {
        id: feature::virtual_address_space_adjustments::id,
        name: "virtual_address_space_adjustments",
        why: "second part of direct mapping",
    },
    Off {
        id: feature::account_data_direct_mapping::id,
        name: "account_data_direct_mapping",
        why: "third part: calls copy no account data",
    },
    Off {
        id: feature::deprecate_rent_exemption_threshold::id,
        name: "deprecate_rent_exemption_threshold",
        why: "rent without floating-point arithmetic (SIMD-0194)",
    },
    Off {
        id: feature::set_lamports_per_byte_to_6333::id,
        name: "set_lamports_per_byte_to_6333",
        why: "cheaper rent (SIMD-0437)",
    },
    Off {
        id: feature::set_lamports_per_byte_to_5080::id,
        name: "set_lamports_per_byte_to_5080",
        why: "the same",
    },
    Off {
        id: feature::set_lamports_per_byte_to_2575::id,
        name: "set_lamports_per_byte_to_2575",
        why: "the same",
    },
    Off {
        id: feature::set_lamports_per_byte_to_1322::id,
        name: "set_lamports_per_byte_to_1322",
        why: "the same",
    },
    Off {
        id: feature::set_lamports_per_byte_to_696::id,
        name: "set_lamports_per_byte_to_696",
        why: "the same",
    },
    Off {
        id: feature::create_account_allow_prefund::id,
        name: "create_account_allow_prefund",
        why: "one call instead of three to create an account that holds lamports (SIMD-0312)",
    },
    Off {
        id: feature::provide_instruction_data_offset_in_vm_r2::id,
        name: "provide_instruction_data_offset_in_vm_r2",
        why: "finding the instruction data without walking the accounts (SIMD-0321)",
    },
    Off {
        id: feature::direct_account_pointers_in_program_input::id,
        name: "direct_account_pointers_in_program_input",
        why: "finding an account without walking those before it (SIMD-0449)",
    },
];

/// Switches them off on a bank to be.
pub fn switch_off(test: &mut ProgramTest) {
    for off in OFF {
        test.deactivate_feature((off.id)());
    }
}
