//! Integration tests over `solana-program-test`, in the folders of the program's
//! instructions. Names of tests begin with `success_`, `fail_`, or the code of the attack
//! that they play (`s7_...`); `threats.toml` says what each code means.

mod control;
mod economy;
mod fees;
mod governance;
mod integration;
mod interface;
mod layout;
mod own_settings;
mod promises;
mod simulation;
mod staking;
mod threats;
