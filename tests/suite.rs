//! Integration tests over `solana-program-test`: a file per instruction family.
//! Names begin with `success_`, `fail_`, or the row of the threat table they
//! answer (`s7_...`).

mod control;
mod economy;
mod feeds;
mod fees;
mod governance;
mod governance_model;
mod guard;
mod integration;
mod journeys;
mod layouts;
mod proofs;
mod safety;
mod scenario;
mod staking;
mod steps;
mod table;
mod wide;
