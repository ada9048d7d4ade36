//! The served bank through Agave's own client, and the proxy's faults, one a test.

mod methods;
mod proxy;
mod websocket;
