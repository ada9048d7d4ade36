//! The life of an economy: creation, configuration, go-live, funding, the close of a Draft,
//! and what follows a retirement.

pub mod close;
pub mod close_pool;
pub mod closing;
pub mod configure;
pub mod configure_feed;
pub mod create_economy;
pub mod create_feed;
pub mod create_meter;
pub mod create_pool;
pub mod dissolve;
pub mod fund_rewards;
pub mod go_live;
pub mod hand_over_mint;
pub mod permit;
pub mod recall;
pub mod top_up;
pub mod wind_up;

pub use close::*;
pub use close_pool::*;
pub use configure::*;
pub use configure_feed::*;
pub use create_economy::*;
pub use create_feed::*;
pub use create_meter::*;
pub use create_pool::*;
pub use dissolve::*;
pub use fund_rewards::*;
pub use go_live::*;
pub use hand_over_mint::*;
pub use recall::*;
pub use top_up::*;
pub use wind_up::*;
