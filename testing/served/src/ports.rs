//! Ports of this machine.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
};

/// How often two neighbouring ports are looked for.
const TRIES: usize = 200;

/// Why no port could be had.
#[derive(Debug)]
pub struct PortError {
    /// The port that was wished for; `None` when any would do.
    pub port: Option<u16>,
    /// What is wrong with it.
    pub why: String,
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "port {port}: {}", self.why),
            None => write!(f, "no two ports are free: {}", self.why),
        }
    }
}

impl std::error::Error for PortError {}

/// Listens on a port of this machine alone; 0 is any.
pub(crate) fn bind(port: u16) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Two neighbouring ports: JSON-RPC, and the websocket where clients look for it, one above.
pub(crate) fn pair(wished: Option<u16>) -> Result<[TcpListener; 2], PortError> {
    let failed = |port, why: &dyn fmt::Display| PortError {
        port,
        why: why.to_string(),
    };
    if let Some(port) = wished {
        let above = port.checked_add(1).filter(|_| port > 0);
        let above = above.ok_or_else(|| failed(Some(port), &"choose one from 1 to 65534"))?;
        let bound = |port| {
            bind(port).map_err(|error| {
                let words = "JSON-RPC needs one and the websocket the next";
                failed(Some(port), &format_args!("{error}; {words}"))
            })
        };
        return Ok([bound(port)?, bound(above)?]);
    }
    let mut last = String::from("the last one has no neighbour");
    for _ in 0..TRIES {
        let any = bind(0).map_err(|error| failed(None, &error))?;
        let port = any.local_addr().map_err(|error| failed(None, &error))?;
        match port.port().checked_add(1).map(bind) {
            Some(Ok(above)) => return Ok([any, above]),
            Some(Err(error)) => last = error.to_string(),
            None => {}
        }
    }
    Err(failed(None, &last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_ports_are_neighbours_and_a_taken_one_is_named() {
        let [rpc, websocket] = pair(None).unwrap();
        let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
        assert_eq!(port(&websocket), port(&rpc) + 1);
        let error = pair(Some(port(&rpc))).unwrap_err();
        assert_eq!(error.port, Some(port(&rpc)));
        for impossible in [0, u16::MAX] {
            let error = pair(Some(impossible)).unwrap_err().to_string();
            assert!(error.contains("from 1 to 65534"), "{error}");
        }
    }
}
