//! Ports in their short form: `"127.0.0.1:8080-8081:80-81/tcp"`.
//!
//! Compose specification, "ports", "Short syntax":
//! `[HOST:]CONTAINER[/PROTOCOL]`, where `HOST` is `[IP:](port | range)`.

use super::host;

/// One port published, with `mode: ingress` as all of the short form have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// The address of the host to listen on, without brackets; empty for all.
    pub host_ip: String,
    /// The port inside the container.
    pub target: u16,
    /// The port of the host, or the range to pick one from; empty for any.
    pub published: String,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
}

/// Why a text is not a port.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// Something other than an address before the ports.
    #[error("{0:?} is not an IP address: expected one before the ports, IPv6 in brackets or not")]
    Address(String),
    /// Nothing after the last colon.
    #[error("{0:?} names no container port: write \"8080:80\" or \"80\"")]
    NoTarget(String),
    /// A part that is neither a port nor a range.
    #[error("{0:?} is not a port: write a number up to 65535, or a range such as \"8000-8010\"")]
    Number(String),
    /// Two ranges that do not match.
    #[error("{published:?} and {target:?} are ranges of different lengths: expected as many ports")]
    Ranges {
        /// The range of the host.
        published: String,
        /// The range of the container.
        target: String,
    },
    /// A protocol nobody knows.
    #[error("{0:?} is not a protocol: expected tcp, udp or sctp")]
    Protocol(String),
}

/// The ports a short form stands for, one for each port of a container range,
/// in the order of `80/tcp` as text: 100 comes before 99.
pub fn parse(text: &str) -> Result<Vec<Port>, PortError> {
    let (before, last) = text.rsplit_once(':').unwrap_or(("", text));
    let (address, published) = before.rsplit_once(':').unwrap_or(("", before));
    let host_ip = unbracket(address)
        .filter(|ip| ip.is_empty() || host::is_ip(ip))
        .ok_or_else(|| PortError::Address(address.to_owned()))?;
    let (target, protocol) = split_protocol(last);
    if target.is_empty() {
        return Err(PortError::NoTarget(text.to_owned()));
    }
    let (first, end) = range(target)?;
    let hosts = if published.is_empty() { None } else { Some(range(published)?) };
    if first != end && hosts.is_some_and(|(low, high)| high - low != end - first) {
        return Err(PortError::Ranges {
            published: published.to_owned(),
            target: target.to_owned(),
        });
    }
    let name = protocol.to_lowercase();
    if !matches!(name.as_str(), "tcp" | "udp" | "sctp") {
        return Err(PortError::Protocol(protocol.to_owned()));
    }
    let mut ports: Vec<Port> = (first..=end)
        .map(|target| Port {
            host_ip: host_ip.to_owned(),
            target,
            published: match hosts {
                None => String::new(),
                Some((low, high)) if first == end && low != high => format!("{low}-{high}"),
                Some((low, _)) => (low + (target - first)).to_string(),
            },
            protocol: name.clone(),
        })
        .collect();
    ports.sort_by_cached_key(|port| format!("{}/{}", port.target, port.protocol));
    Ok(ports)
}

/// An address without the brackets around it; none if they, or colons outside
/// of them, are not where they belong.
fn unbracket(address: &str) -> Option<&str> {
    match address.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').filter(|inner| !inner.contains(['[', ']'])),
        None => (!address.contains(['[', ']', ':'])).then_some(address),
    }
}

/// Port and protocol, `tcp` by default. What follows a second slash is dropped.
fn split_protocol(text: &str) -> (&str, &str) {
    let mut parts = text.split('/');
    let port = parts.next().unwrap_or_default();
    let protocol = parts.next().filter(|protocol| !protocol.is_empty()).unwrap_or("tcp");
    (port, protocol)
}

/// First and last port of a range; what follows a second dash is dropped.
fn range(text: &str) -> Result<(u16, u16), PortError> {
    let number = |digits: &str| digits.parse::<u16>().ok().filter(|_| !digits.starts_with('+'));
    let mut parts = text.split('-').map(number);
    let first = parts.next().flatten();
    let last = parts.next().unwrap_or(first);
    match (first, last) {
        (Some(first), Some(last)) if first <= last => Ok((first, last)),
        _ => Err(PortError::Number(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Ports as `host_ip|published|target/protocol`.
    fn ports(text: &str) -> Vec<String> {
        let ports = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let print = |port: Port| {
            let Port { host_ip, target, published, protocol } = port;
            format!("{host_ip}|{published}|{target}/{protocol}")
        };
        ports.into_iter().map(print).collect()
    }

    #[test]
    fn each_part_but_the_target_may_be_left_out() {
        assert_eq!(ports("80"), ["||80/tcp"]);
        assert_eq!(ports("8080:080"), ["|8080|80/tcp"]);
        assert_eq!(ports(":80/UDP"), ["||80/udp"]);
        assert_eq!(ports("127.0.0.1::80/sctp"), ["127.0.0.1||80/sctp"]);
        assert_eq!(ports("[::1]:8080:80/"), ["::1|8080|80/tcp"]);
        assert_eq!(ports("[]:8080:80"), ["|8080|80/tcp"]);
    }

    #[test]
    fn a_range_is_many_ports_in_the_order_of_text() {
        assert_eq!(ports("98-100"), ["||100/tcp", "||98/tcp", "||99/tcp"]);
        assert_eq!(ports("1099-1100:99-100"), ["|1100|100/tcp", "|1099|99/tcp"]);
        assert_eq!(ports("8000-8010:80"), ["|8000-8010|80/tcp"]);
        assert_eq!(ports("80-81-x"), ["||80/tcp", "||81/tcp"]);
        assert_eq!(ports("0-65535").len(), 65_536);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for text in ["", ":", "80:", "/tcp", "a", "65536", "-1", "+1", "81-80", "80-", " 80"] {
            assert!(parse(text).is_err(), "{text}");
        }
        for text in ["a:80:80", "::1:80:80", "[::1:80:80", "[fe80::1%eth0]:80:80", "01.2.3.4:80:80"]
        {
            assert!(matches!(parse(text), Err(PortError::Address(_))), "{text}");
        }
        assert!(matches!(parse("80:80-81"), Err(PortError::Ranges { .. })));
        assert!(matches!(parse("80/icmp"), Err(PortError::Protocol(_))));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in r"[0-9\[\]:/.+-]{0,16}(/(tcp|udp|.))?|.{0,8}") {
            let _ = parse(&text);
        }
    }
}
