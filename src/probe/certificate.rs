//! The certificate that a server shows, whoever signed it.

use std::{
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::{Duration, SystemTime},
};

use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};
use x509_cert::der::Decode as _;

use super::ProbeError;

/// How long a handshake may take.
const LIMIT: Duration = Duration::from_secs(5);

/// What a certificate says (RFC 5280).
#[derive(Debug, Clone)]
pub struct Shown {
    /// Whose it is, as a distinguished name.
    pub subject: String,
    /// Who signed it, as a distinguished name.
    pub issuer: String,
    /// From when it is valid.
    pub from: SystemTime,
    /// Until when it is valid.
    pub until: SystemTime,
    der: CertificateDer<'static>,
}

impl Shown {
    fn read(der: CertificateDer<'static>) -> Result<Self, String> {
        let read = x509_cert::Certificate::from_der(&der).map_err(|why| why.to_string())?;
        let read = read.tbs_certificate();
        Ok(Self {
            subject: read.subject().to_string(),
            issuer: read.issuer().to_string(),
            from: read.validity().not_before.to_system_time(),
            until: read.validity().not_after.to_system_time(),
            der,
        })
    }

    /// Why it is not for a name; none if it is (RFC 9525: the alternative names alone count).
    #[must_use]
    pub fn refuses(&self, name: &str) -> Option<String> {
        let name = match ServerName::try_from(name.to_owned()) {
            Ok(name) => name,
            Err(why) => return Some(why.to_string()),
        };
        let parsed = ParsedCertificate::try_from(&self.der);
        parsed
            .and_then(|parsed| verify_server_name(&parsed, &name))
            .err()
            .map(|why| why.to_string())
    }

    /// For how many whole days from a time on it is valid; none if it is not valid then.
    #[must_use]
    pub fn days(&self, now: SystemTime) -> Option<u64> {
        const DAY: u64 = 24 * 60 * 60;
        now.duration_since(self.from).ok()?;
        self.until.duration_since(now).ok().map(|left| left.as_secs() / DAY)
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "of \"{}\", issued by \"{}\", valid from {} to {}",
            self.subject,
            self.issuer,
            humantime::format_rfc3339_seconds(self.from),
            humantime::format_rfc3339_seconds(self.until)
        )
    }
}

/// Takes every certificate: what is wrong with it is for the sentence to say.
#[derive(Debug)]
struct Any(Arc<CryptoProvider>);

impl ServerCertVerifier for Any {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// The certificate that a server shows to who asks for a name.
///
/// # Errors
/// When the server cannot be reached, or does not speak TLS.
pub async fn shown(at: SocketAddr, name: &str) -> Result<Shown, ProbeError> {
    let doing = format!("ask for the certificate of \"{name}\" at {at}");
    let asked = name.to_owned();
    let shown = tokio::task::spawn_blocking(move || ask(at, &asked)).await;
    let shown = shown.map_err(|why| ProbeError::new(doing.clone(), &why))?;
    shown.map_err(|why| ProbeError { doing, why })
}

fn ask(at: SocketAddr, name: &str) -> Result<Shown, String> {
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|why| why.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Any(provider)))
        .with_no_client_auth();
    let asked = ServerName::try_from(name.to_owned()).map_err(|why| why.to_string())?;
    let mut talk = ClientConnection::new(Arc::new(config), asked).map_err(|why| why.to_string())?;
    let mut stream = TcpStream::connect_timeout(&at, LIMIT).map_err(|why| why.to_string())?;
    stream.set_read_timeout(Some(LIMIT)).map_err(|why| why.to_string())?;
    stream.set_write_timeout(Some(LIMIT)).map_err(|why| why.to_string())?;
    while talk.is_handshaking() {
        talk.complete_io(&mut stream).map_err(|why| why.to_string())?;
    }
    let chain = talk.peer_certificates().unwrap_or_default();
    let first = chain.first().ok_or("the server shows no certificate")?;
    Shown::read(first.clone().into_owned())
}
