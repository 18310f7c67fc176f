//! Where a browser finds the web server of a stack, and a browser that trusts it.
//!
//! `web:` of `seaworthy.yaml` says what people type. Without it the web server is the service
//! whose declared host port is one that web servers have. Host ports may have been moved: the
//! address then has the port where the declared one is reached now.

use std::net::SocketAddr;

use reqwest::{Certificate, Client, Url};

use crate::steps::{Context, world::Transport};
use crate::{
    config::Web,
    probe::http,
    run::Failure,
    stack::{Stack, StackError},
};

/// The service and container port that a browser speaks to.
pub(crate) fn server(stack: &Stack) -> Result<(String, u16), Failure> {
    published_on(stack, &ports_of_the_web(stack))
}

/// The host ports of which the first that any service publishes is the web server's.
fn ports_of_the_web(stack: &Stack) -> Vec<u16> {
    match stack.web.as_ref().and_then(|web| web.address.port_or_known_default()) {
        Some(port) => vec![port],
        None => vec![80, 8080, 8000, 443],
    }
}

/// The address of a path as people type it, whatever port it has been moved to.
pub(crate) fn as_typed(stack: &Stack, path: &str) -> Result<Url, Failure> {
    let published = ports_of_the_web(stack);
    let port = published.into_iter().find(|port| published_on(stack, &[*port]).is_ok());
    let Some(port) = port else { return Err(server(stack).err().unwrap_or_else(|| unnamed(path))) };
    let web = stack.web.as_ref().map(|web| &web.address);
    let (scheme, host) = web.map_or(("http", None), |web| (web.scheme(), web.host_str()));
    let text = format!("{scheme}://{}:{port}{path}", host.unwrap_or("localhost"));
    Url::parse(&text).map_err(|_| unnamed(path))
}

fn unnamed(path: &str) -> Failure {
    Failure::undecided(format!("make an address of \"{path}\""), "the stack's address is none")
}

/// The names by which people on this machine call the host: its own, and the stack's.
pub(crate) fn names_of_the_host(stack: &Stack) -> Vec<String> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned).into();
    let web = stack.web.as_ref().and_then(|web| web.address.host_str());
    names.extend(web.filter(|web| !names.iter().any(|name| name == web)).map(str::to_owned));
    names
}

/// Each host port that a running service publishes, and where it leads now.
pub(crate) async fn doors(stack: &Stack) -> Result<Vec<(u16, SocketAddr)>, Failure> {
    let mut doors = Vec::new();
    for (name, service) in &stack.project.services {
        for port in service.ports.iter().filter(|port| port.protocol() == "tcp") {
            let Some(number) = port.published().and_then(|port| port.parse().ok()) else {
                continue;
            };
            match stack.published(name, port.target()).await {
                Ok(at) => doors.push((number, at)),
                // Behind it is nobody, for browsers too.
                Err(
                    StackError::NoService { .. }
                    | StackError::NoContainer { .. }
                    | StackError::NotPublished { .. },
                ) => {}
                Err(why) => return Err(why.into()),
            }
        }
    }
    Ok(doors)
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
    let (scheme, (service, port)) = door(stack, web, transport)?;
    Ok((scheme, stack.published(&service, port).await?))
}

/// The scheme, the service and the container's port of a request, as the files have it.
fn door(
    stack: &Stack,
    web: Option<&Web>,
    transport: Transport,
) -> Result<(&'static str, (String, u16)), Failure> {
    let secure = web.is_some_and(|web| web.address.scheme() == "https");
    Ok(match (transport, secure) {
        (Transport::Plain, true) => ("http", published_on(stack, &[80])?),
        (_, true) => ("https", server(stack)?),
        (_, false) => ("http", server(stack)?),
    })
}

/// Sees to it that a service publishes what a request goes to: nobody who waits gets an answer
/// where none does.
pub(super) fn published(stack: &Stack, transport: Transport) -> Result<(), Failure> {
    door(stack, stack.web.as_ref(), transport).map(drop)
}

/// The address that a browser would be given for a path.
pub(crate) async fn address(
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
    Url::parse(&text).map_err(|why| {
        Failure::undecided(format!("make an address of \"{path}\""), why.to_string())
    })
}

/// A browser with cookies of its own, which knows where the web server's name leads and trusts
/// the authority that the configuration names, and no other.
pub(crate) async fn browser(context: &Context, stack: &Stack) -> Result<Client, Failure> {
    let Some(web) = &stack.web else { return Ok(http::browser(None, &[])?) };
    let (_, at) = reached_at(stack, Some(web), Transport::AsDeclared).await?;
    let host = web.address.host_str().unwrap_or_default().to_owned();
    let mut trusted = Vec::new();
    if let Some(authority) = &web.authority {
        let file = context.config.path(authority);
        let doing = format!("read the certificates of {file}");
        let why = |why: String| {
            Failure::undecided(doing.clone(), why).help(
                "web.authority in seaworthy.yaml names a file with certificates in PEM; `prepare` may make it",
            )
        };
        let pem = std::fs::read(stack.seen(&file)).map_err(|error| why(error.to_string()))?;
        trusted = Certificate::from_pem_bundle(&pem).map_err(|error| why(error.to_string()))?;
    }
    // Without a port: that of the address counts, whichever of the published ones it is.
    Ok(http::browser(Some((&host, SocketAddr::new(at.ip(), 0))), &trusted)?)
}
