//! Ports for JSON-RPC and websocket.

use std::{
    net::{Ipv4Addr, TcpListener},
    ops::Range,
    sync::atomic::{AtomicU16, Ordering},
};

use crate::error::StartError;

/// Where the validator's other sockets go; they are bound at once and kept.
pub(crate) const NODE_PORTS: (u16, u16) = (10_000, 20_000);

/// Where ports for JSON-RPC are looked for: below what systems give to outgoing
/// connections.
const RPC_PORTS: Range<u16> = 20_000..30_000;

/// The port of JSON-RPC; the websocket is on the next one. It is free now, and
/// the validator binds it a few seconds later.
pub(crate) fn rpc_port(wanted: Option<u16>) -> Result<u16, StartError> {
    if let Some(port) = wanted {
        return match (port, port.checked_add(1)) {
            (0, _) | (_, None) => Err(StartError::Ports {
                why: format!("port {port}: choose one from 1 to 65534"),
            }),
            (_, Some(next)) => {
                for port in [port, next] {
                    free(port).map_err(|error| StartError::Ports {
                        why: format!(
                            "port {port}: {error}; JSON-RPC needs one and the websocket the next"
                        ),
                    })?;
                }
                Ok(port)
            }
        };
    }
    // Every process begins elsewhere, and so does every start in a process: two
    // validators that start at once do not find the same pair.
    static STARTS: AtomicU16 = AtomicU16::new(0);
    let pairs = (RPC_PORTS.end - RPC_PORTS.start) / 2;
    let first = u16::try_from(std::process::id() % u32::from(pairs))
        .unwrap_or(0)
        .wrapping_mul(61)
        .wrapping_add(STARTS.fetch_add(1, Ordering::Relaxed));
    (0..pairs)
        .map(|offset| RPC_PORTS.start + first.wrapping_add(offset) % pairs * 2)
        .find(|port| free(*port).is_ok() && free(port + 1).is_ok())
        .ok_or_else(|| StartError::Ports {
            why: format!(
                "no two ports are free from {} to {}",
                RPC_PORTS.start,
                RPC_PORTS.end - 1
            ),
        })
}

/// The validator listens on every interface, so that is what must be free.
fn free(port: u16) -> std::io::Result<()> {
    TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_ports_are_free_and_in_their_range() {
        for _ in 0..100 {
            let port = rpc_port(None).unwrap();
            assert!(
                RPC_PORTS.contains(&port) && port.is_multiple_of(2),
                "{port}"
            );
        }
    }

    #[test]
    fn a_taken_port_is_named() {
        let taken = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = rpc_port(Some(port)).unwrap_err().to_string();
        assert!(error.contains(&port.to_string()), "{error}");
        assert!(rpc_port(Some(0)).is_err());
        assert!(rpc_port(Some(u16::MAX)).is_err());
    }
}
