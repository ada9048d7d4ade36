//! The simulator beside the program: what is simulated is what happens on chain.

mod parity;
