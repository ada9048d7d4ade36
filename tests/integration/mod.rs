//! What builds on the program: a program that charges fees by CPI, a wallet's back end, the
//! SDK's figures against what the bank does, and the guide that explains them.

mod backend;
mod guide;
mod subscription;
mod wallet;
