//! Where a browser finds the web server of a stack, and a browser that trusts it.
//!
//! `web:` of `seaworthy.yaml` says what people type. Without it the web server is the service
//! whose declared host port is one that web servers have. Host ports may have been moved: the
//! address then has the port where the declared one is reached now.

use std::net::SocketAddr;

use reqwest::{Certificate, Client, Url};

use super::Context;
use crate::{config::Web, probe::http, run::Failure, stack::Stack};

/// How a request travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    /// As people are told to come.
    AsDeclared,
    /// Without TLS.
    Plain,
}

/// The service and container port that a browser speaks to.
pub(super) fn server(stack: &Stack) -> Result<(String, u16), Failure> {
    match stack.web.as_ref().and_then(|web| web.address.port_or_known_default()) {
        Some(port) => published_on(stack, &[port]),
        None => published_on(stack, &[80, 8080, 8000, 443]),
    }
}

/// The service whose declared host port is the first of these that any has.
fn published_on(stack: &Stack, wanted: &[u16]) -> Result<(String, u16), Failure> {
    let declared = |wanted: &u16| {
        let wanted = wanted.to_string();
        stack.project.services.iter().find_map(|(name, service)| {
            let port = service.ports.iter().find(|port| port.published() == Some(&*wanted))?;
            Some((name.clone(), port.target()))
        })
    };
    let ports = || wanted.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
    wanted.iter().find_map(declared).ok_or_else(|| {
        Failure::finding(
            "a service publishes the web's port",
            format!("none publishes {}", ports()),
        )
        .help("publish the web server, for instance with `ports: [\"80:80\"]`")
    })
}

/// Where a connection for an address leads now.
async fn reached_at(
    stack: &Stack,
    web: Option<&Web>,
    transport: Transport,
) -> Result<(&'static str, SocketAddr), Failure> {
    let secure = web.is_some_and(|web| web.address.scheme() == "https");
    let (scheme, (service, port)) = match (transport, secure) {
        (Transport::Plain, true) => ("http", published_on(stack, &[80])?),
        (_, true) => ("https", server(stack)?),
        (_, false) => ("http", server(stack)?),
    };
    Ok((scheme, stack.published(&service, port).await?))
}

/// The address that a browser would be given for a path.
pub(super) async fn address(
    stack: &Stack,
    path: &str,
    transport: Transport,
) -> Result<Url, Failure> {
    let web = stack.web.as_ref();
    let (scheme, at) = reached_at(stack, web, transport).await?;
    let host = web.and_then(|web| web.address.host_str());
    let text = match host {
        Some(host) => format!("{scheme}://{host}:{}{path}", at.port()),
        None => format!("{scheme}://{at}{path}"),
    };
    Url::parse(&text)
        .map_err(|why| Failure::error(format!("make an address of \"{path}\""), why.to_string()))
}

/// A browser with cookies of its own, which knows where the web server's name leads and trusts
/// the authority that the configuration names, and no other.
pub(super) async fn browser(context: &Context, stack: &Stack) -> Result<Client, Failure> {
    let Some(web) = &stack.web else { return Ok(http::browser(None, &[])?) };
    let (_, at) = reached_at(stack, Some(web), Transport::AsDeclared).await?;
    let host = web.address.host_str().unwrap_or_default().to_owned();
    let mut trusted = Vec::new();
    if let Some(authority) = &web.authority {
        let file = context.config.path(authority);
        let doing = format!("read the certificates of {file}");
        let why = |why: String| {
            Failure::error(doing.clone(), why).help(
                "web.authority in seaworthy.yaml names a file with certificates in PEM; `prepare` may make it",
            )
        };
        let pem = std::fs::read(&file).map_err(|error| why(error.to_string()))?;
        trusted = Certificate::from_pem_bundle(&pem).map_err(|error| why(error.to_string()))?;
    }
    // Without a port: that of the address counts, whichever of the published ones it is.
    Ok(http::browser(Some((&host, SocketAddr::new(at.ip(), 0))), &trusted)?)
}
