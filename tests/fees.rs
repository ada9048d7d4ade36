//! The fees instructions.
