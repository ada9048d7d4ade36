//! The economy instructions.
