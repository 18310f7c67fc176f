//! Where a browser finds the web server of a stack, and a browser that trusts it.
//!
//! `web:` of `seaworthy.yaml` says which service it is, and what people type. Without it the web server
//! is the service whose declared host port is one that web servers have, or that alone publishes any. Host ports may have been moved: the
//! address then has the port where the declared one is reached now.

use std::net::SocketAddr;

use reqwest::{Certificate, Client, Url};

use crate::steps::{Context, judging::declared::service, world::Transport};
use crate::{
    config::Web,
    probe::http,
    run::Failure,
    stack::{Stack, StackError},
};

/// The host ports that web servers have.
const PORTS_OF_THE_WEB: [u16; 4] = [80, 8080, 8000, 443];

/// A port of the web server.
struct Door {
    service: String,
    /// The container's.
    target: u16,
    /// The host's, as the files have it.
    published: Option<u16>,
}

/// The service and container port that a browser speaks to.
pub(crate) fn server(stack: &Stack) -> Result<(String, u16), Failure> {
    let door = front(stack)?;
    Ok((door.service, door.target))
}

/// What `web:` names; else the service that publishes a port of the web, or alone publishes any.
fn front(stack: &Stack) -> Result<Door, Failure> {
    let web = stack.web.as_ref();
    let port = address_of(stack).and_then(Url::port_or_known_default);
    if let Some(name) = web.and_then(|web| web.service.as_deref()) {
        service(&stack.project, name)?;
        let doors = doors_of(stack, Some(name));
        let is_typed = |door: &&Door| port.is_some() && door.published == port;
        let found = doors.iter().position(|door| is_typed(&door)).or_else(|| of_the_web(&doors));
        let found = found.or_else(|| (!doors.is_empty()).then_some(0));
        return found.and_then(|at| doors.into_iter().nth(at)).ok_or_else(|| {
            let expected = format!("service \"{name}\" publishes a port");
            let failure = Failure::finding(expected, "it publishes none");
            failure.help("publish the web server, for instance with `ports: [\"80:80\"]`")
        });
    }
    let doors = doors_of(stack, None);
    let found = match port {
        Some(_) => doors.iter().position(|door| door.published == port),
        None => of_the_web(&doors).or_else(|| {
            let first = doors.first().map(|door| door.service.as_str())?;
            doors.iter().all(|door| door.service == first).then_some(0)
        }),
    };
    found.and_then(|at| doors.into_iter().nth(at)).ok_or_else(|| {
        let ports = port.map_or_else(|| PORTS_OF_THE_WEB.to_vec(), |port| vec![port]);
        let ports = ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
        Failure::finding("a service publishes the web's port", format!("none publishes {ports}"))
            .help("publish the web server, for instance with `ports: [\"80:80\"]`, or say which service it is: `web: { service: … }` of the environment in seaworthy.yaml")
    })
}

/// Which of some doors has the first of the ports that web servers have.
fn of_the_web(doors: &[Door]) -> Option<usize> {
    PORTS_OF_THE_WEB
        .iter()
        .find_map(|port| doors.iter().position(|door| door.published == Some(*port)))
}

/// The TCP ports that the services publish, or one of them.
fn doors_of(stack: &Stack, only: Option<&str>) -> Vec<Door> {
    let mut doors = Vec::new();
    for (name, service) in &stack.project.services {
        if only.is_some_and(|only| only != name) {
            continue;
        }
        for port in service.ports.iter().filter(|port| port.protocol() == "tcp") {
            let published = port.published().and_then(|port| port.parse().ok());
            doors.push(Door { service: name.clone(), target: port.target(), published });
        }
    }
    doors
}

fn address_of(stack: &Stack) -> Option<&Url> {
    stack.web.as_ref().and_then(|web| web.address.as_ref())
}

/// The address of a path as people type it, whatever port it has been moved to.
pub(crate) fn as_typed(stack: &Stack, path: &str) -> Result<Url, Failure> {
    let door = front(stack)?;
    let web = address_of(stack);
    let port = web.and_then(Url::port_or_known_default).or(door.published);
    let port = port.ok_or_else(|| unnamed(path))?;
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
    let web = address_of(stack).and_then(Url::host_str);
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
    let address = web.and_then(|web| web.address.as_ref());
    let secure = address.is_some_and(|address| address.scheme() == "https");
    Ok(match (transport, secure) {
        (Transport::Plain, true) => ("http", plain(stack)?),
        (_, true) => ("https", server(stack)?),
        (_, false) => ("http", server(stack)?),
    })
}

/// The port of the web server for those who do not speak TLS.
fn plain(stack: &Stack) -> Result<(String, u16), Failure> {
    let only = stack.web.as_ref().and_then(|web| web.service.as_deref());
    let door = doors_of(stack, only).into_iter().find(|door| door.published == Some(80));
    door.map(|door| (door.service, door.target)).ok_or_else(|| {
        Failure::finding("a service publishes the web's port", "none publishes 80")
            .help("publish the web server, for instance with `ports: [\"80:80\"]`")
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
    let host = address_of(stack).and_then(Url::host_str);
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
    let (Some(web), Some(address)) = (&stack.web, address_of(stack)) else {
        return Ok(http::browser(None, &[])?);
    };
    let (_, at) = reached_at(stack, Some(web), Transport::AsDeclared).await?;
    let host = address.host_str().unwrap_or_default().to_owned();
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
