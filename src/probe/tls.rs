//! Which versions of TLS a server accepts.
//!
//! A client that still speaks TLS 1.0 would have to be built on purpose; asking takes one
//! message. A `ClientHello` (RFC 8446, section 4.1.2; RFC 5246, section 7.4.1.2) that offers
//! one version is answered with a `ServerHello` of that version, or with an alert.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::ProbeError;

/// A version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// SSL 3.0 (RFC 6101).
    Ssl3,
    /// TLS 1.0 (RFC 2246).
    Tls1,
    /// TLS 1.1 (RFC 4346).
    Tls11,
    /// TLS 1.2 (RFC 5246).
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
}

/// Every version, the oldest first.
pub const VERSIONS: [Version; 5] =
    [Version::Ssl3, Version::Tls1, Version::Tls11, Version::Tls12, Version::Tls13];

impl Version {
    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ssl3 => "SSL 3.0",
            Self::Tls1 => "TLS 1.0",
            Self::Tls11 => "TLS 1.1",
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        }
    }

    const fn number(self) -> u8 {
        self as u8
    }
}

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It goes on with the version that was offered.
    Accepted,
    /// It does not, and this is what it said.
    Refused(String),
}

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(5);

/// Offers one version to a server.
///
/// # Errors
/// When the server cannot be reached or does not answer in time.
pub async fn offer(
    at: SocketAddr,
    name: Option<&str>,
    version: Version,
) -> Result<Answer, ProbeError> {
    let doing = || format!("offer {} to {at}", version.name());
    let talk = async {
        let mut stream = TcpStream::connect(at).await?;
        stream.write_all(&client_hello(name, version)).await?;
        let mut head = vec![0; 5];
        if let Err(why) = stream.read_exact(&mut head).await {
            // A server that hangs up has answered too.
            return Ok(Answer::Refused(format!("no answer ({})", why.kind())));
        }
        let length = usize::from(u16::from_be_bytes([head[3], head[4]]));
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        Ok::<_, std::io::Error>(answer(head[0], &body, version))
    };
    let late = |_| ProbeError { doing: doing(), why: format!("no answer within {LIMIT:?}") };
    timeout(LIMIT, talk).await.map_err(late)?.map_err(|why| ProbeError::new(doing(), &why))
}

/// What a record means.
fn answer(kind: u8, body: &[u8], offered: Version) -> Answer {
    const ALERT: u8 = 21;
    const HANDSHAKE: u8 = 22;
    const SERVER_HELLO: u8 = 2;
    match (kind, body) {
        (ALERT, [_, 70, ..]) => Answer::Refused("alert: protocol_version".into()),
        (ALERT, [_, 40, ..]) => Answer::Refused("alert: handshake_failure".into()),
        (ALERT, [_, code, ..]) => Answer::Refused(format!("alert {code}")),
        (HANDSHAKE, [SERVER_HELLO, _, _, _, 3, minor, ..]) => {
            // TLS 1.3 says 1.2 here and the truth in an extension.
            let found = if has_tls_13(body) { Version::Tls13.number() } else { *minor };
            if found == offered.number() {
                Answer::Accepted
            } else {
                Answer::Refused(format!("a ServerHello of version 3.{found}"))
            }
        }
        _ => Answer::Refused(format!("a record of type {kind}, which is no answer of TLS")),
    }
}

/// Whether a `ServerHello` has `supported_versions` with TLS 1.3 (RFC 8446, section 4.2.1).
fn has_tls_13(hello: &[u8]) -> bool {
    hello.windows(6).any(|bytes| bytes == [0x00, 0x2b, 0x00, 0x02, 0x03, 0x04])
}

/// Lengths before contents, as all of TLS is written.
fn sized(width: usize, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    [&length[length.len() - width..], content].concat()
}

fn extension(number: u16, content: &[u8]) -> Vec<u8> {
    [number.to_be_bytes().to_vec(), sized(2, content)].concat()
}

fn client_hello(name: Option<&str>, version: Version) -> Vec<u8> {
    /// Suites of every age, for keys of either kind (ECDSA, RSA), so that a refusal is for the version.
    const SUITES: [u16; 19] = [
        0x1301, 0x1302, 0x1303, 0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9, 0xc009, 0xc00a,
        0xc013, 0xc014, 0x0033, 0x0039, 0x009c, 0x002f, 0x0035, 0x000a,
    ];
    let legacy = [3, version.number().min(Version::Tls12.number())];
    let mut extensions = Vec::new();
    if let Some(name) = name {
        let entry = [vec![0], sized(2, name.as_bytes())].concat();
        extensions.extend(extension(0, &sized(2, &entry)));
    }
    // supported_groups: x25519, secp256r1, secp384r1; the uncompressed form of points
    extensions.extend(extension(10, &sized(2, &[0x00, 0x1d, 0x00, 0x17, 0x00, 0x18])));
    extensions.extend(extension(11, &sized(1, &[0])));
    // signature_algorithms: ECDSA, RSA-PSS and RSA with SHA-256 to SHA-512, and SHA-1
    let algorithms = [
        0x04, 0x03, 0x05, 0x03, 0x06, 0x03, 0x08, 0x04, 0x08, 0x05, 0x08, 0x06, 0x04, 0x01, 0x05,
        0x01, 0x06, 0x01, 0x02, 0x01, 0x02, 0x03,
    ];
    extensions.extend(extension(13, &sized(2, &algorithms)));
    if version == Version::Tls13 {
        extensions.extend(extension(43, &sized(1, &[3, 4])));
        // A key of x25519: any 32 bytes are one, and no secret is agreed on here.
        let share = [vec![0x00, 0x1d], sized(2, &[9; 32])].concat();
        extensions.extend(extension(51, &sized(2, &share)));
    }
    let suites: Vec<u8> = SUITES.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    let body = [
        legacy.to_vec(),
        vec![7; 32],
        sized(1, &[]),
        sized(2, &suites),
        sized(1, &[0]),
        sized(2, &extensions),
    ]
    .concat();
    let handshake = [vec![1], sized(3, &body)].concat();
    let record = [3, legacy[1].min(1)];
    [vec![22], record.to_vec(), sized(2, &handshake)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_another_version_is_a_refusal() {
        let hello = |minor: u8| [vec![2, 0, 0, 38, 3, minor], vec![0; 40]].concat();
        assert_eq!(answer(22, &hello(3), Version::Tls12), Answer::Accepted);
        assert_eq!(answer(22, &hello(2), Version::Tls11), Answer::Accepted);
        assert!(matches!(answer(22, &hello(3), Version::Tls1), Answer::Refused(_)));
        assert_eq!(
            answer(21, &[2, 70], Version::Tls1),
            Answer::Refused("alert: protocol_version".into())
        );
    }

    #[test]
    fn tls_13_is_told_by_its_extension() {
        let mut hello = [vec![2, 0, 0, 46, 3, 3], vec![0; 40]].concat();
        hello.extend([0x00, 0x2b, 0x00, 0x02, 0x03, 0x04]);
        assert_eq!(answer(22, &hello, Version::Tls13), Answer::Accepted);
        assert!(matches!(answer(22, &hello, Version::Tls12), Answer::Refused(_)));
    }

    #[test]
    fn every_length_of_a_hello_is_true() {
        for version in VERSIONS {
            let hello = client_hello(Some("shop.example"), version);
            assert_eq!(usize::from(u16::from_be_bytes([hello[3], hello[4]])), hello.len() - 5);
            let body = u32::from_be_bytes([0, hello[6], hello[7], hello[8]]);
            assert_eq!(body as usize, hello.len() - 9);
        }
    }
}
