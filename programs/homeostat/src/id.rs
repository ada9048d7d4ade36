//! The program's address, where `anchor keys sync` looks for it.

use crate::framework::prelude::*;

declare_id!("HojxVCnb3FVhuu285xJKbRZSW5znRRTGAq4b1445aeEa");
