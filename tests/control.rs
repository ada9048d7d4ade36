//! The control instructions.
