//! The life of an economy: creation, configuration, go-live, funding, and the close of a
//! Draft.

pub mod close;
pub mod configure;
pub mod configure_feed;
pub mod create_economy;
pub mod create_feed;
pub mod create_meter;
pub mod create_pool;
pub mod fund_rewards;
pub mod go_live;
pub mod permit;
pub mod top_up;

pub use close::*;
pub use configure::*;
pub use configure_feed::*;
pub use create_economy::*;
pub use create_feed::*;
pub use create_meter::*;
pub use create_pool::*;
pub use fund_rewards::*;
pub use go_live::*;
pub use top_up::*;
