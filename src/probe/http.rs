//! HTTP as a browser speaks it: cookies kept, redirects shown and not followed.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use indexmap::IndexMap;
use reqwest::{Certificate, Client, Method, RequestBuilder, Url, redirect};

use super::ProbeError;

/// How much of a body is kept as evidence.
const BODY_SHOWN: usize = 400;

/// A request to be sent.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The whole address.
    pub url: Url,
    /// Headers beyond those that the client sends by itself.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
}

/// What a request carries.
#[derive(Debug, Clone)]
pub enum Body {
    /// Nothing.
    None,
    /// JSON.
    Json(serde_json::Value),
    /// The fields of a form.
    Form(Vec<(String, String)>),
    /// Text as it is, of the type that a header may state.
    Text(String),
}

impl Body {
    /// Puts it into a request.
    fn fill(&self, builder: RequestBuilder, url: &Url) -> RequestBuilder {
        match self {
            Self::None => builder,
            Self::Json(json) => builder.json(json),
            Self::Form(fields) => {
                // The query of an address is written as a form is.
                let mut form = url.clone();
                form.set_query(None);
                form.query_pairs_mut().extend_pairs(fields);
                builder
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .body(form.query().unwrap_or_default().to_owned())
            }
            Self::Text(text) => builder.body(text.clone()),
        }
    }
}

/// A request and its response.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The method.
    pub method: Method,
    /// The whole address.
    pub url: Url,
    /// The id that was sent along, for following the request.
    pub id: String,
    /// The status code.
    pub status: u16,
    /// Response headers in the order they came; several of one name are joined by `, `.
    pub headers: IndexMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
    /// From the first byte sent to the last one received.
    pub duration: Duration,
}

impl Exchange {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body for people: as text, or how long it is when it is none.
    #[must_use]
    pub fn legible(&self) -> String {
        str::from_utf8(&self.body)
            .map_or_else(|_| format!("({} bytes, not text)", self.body.len()), str::to_owned)
    }

    /// The response's head and the beginning of its body.
    #[must_use]
    pub fn shown(&self) -> String {
        let mut lines = vec![format!(
            "{} {} -> {} in {:.0?}",
            self.method, self.url, self.status, self.duration
        )];
        lines.extend(self.headers.iter().map(|(name, value)| format!("{name}: {value}")));
        let text = self.legible();
        if !text.trim().is_empty() {
            lines.push(String::new());
            let shown: String = text.chars().take(BODY_SHOWN).collect();
            let more = if shown.len() < text.len() { " …" } else { "" };
            lines.push(format!("{shown}{more}"));
        }
        lines.join("\n")
    }

    /// A field of the JSON body, by dots: `data.0.id`.
    #[must_use]
    pub fn field(&self, path: &str) -> Option<String> {
        let body: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        field(&body, path)
    }
}

/// A field of JSON as text; dots lead inwards.
#[must_use]
pub fn field(value: &serde_json::Value, path: &str) -> Option<String> {
    let found = descend(value, path)?;
    Some(found.as_str().map_or_else(|| found.to_string(), str::to_owned))
}

/// Follows a path inwards; a key may itself have dots in it.
fn descend<'v>(value: &'v serde_json::Value, path: &str) -> Option<&'v serde_json::Value> {
    let step = |key: &str| match value {
        serde_json::Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        value => value.get(key),
    };
    if let Some(found) = step(path) {
        return Some(found);
    }
    path.match_indices('.').find_map(|(at, _)| descend(step(&path[..at])?, &path[at + 1..]))
}

/// A client with cookies of its own. `server` is a name and where it leads; certificates, where
/// there are any, take the place of those that are known.
///
/// # Errors
/// When the operating system gives no means for one.
pub fn browser(
    server: Option<(&str, SocketAddr)>,
    trusted: &[Certificate],
) -> Result<Client, ProbeError> {
    let mut builder = Client::builder();
    if let Some((name, at)) = server {
        builder = builder.resolve(name, at);
    }
    if !trusted.is_empty() {
        builder = builder.tls_certs_only(trusted.iter().cloned());
    }
    builder
        .cookie_store(true)
        .redirect(redirect::Policy::none())
        .user_agent(concat!("seaworthy/", env!("CARGO_PKG_VERSION")))
        .no_proxy()
        .build()
        .map_err(|why| ProbeError::new("make an HTTP client", &why))
}

/// A client with cookies of its own for one port of one service, of whatever certificate.
///
/// # Errors
/// When the operating system gives no means for one.
pub fn visitor(name: &str, at: SocketAddr) -> Result<Client, ProbeError> {
    Client::builder()
        .resolve(name, at)
        .tls_danger_accept_invalid_certs(true)
        .cookie_store(true)
        .redirect(redirect::Policy::none())
        .user_agent(concat!("seaworthy/", env!("CARGO_PKG_VERSION")))
        .no_proxy()
        .build()
        .map_err(|why| ProbeError::new("make an HTTP client", &why))
}

/// Sends a request and reads the whole response.
///
/// # Errors
/// When there is no response: refused, reset, or none within `limit`.
pub async fn send(
    client: &Client,
    request: &Request,
    id: (&str, &str),
    limit: Duration,
) -> Result<Exchange, ProbeError> {
    let doing = || format!("{} {}", request.method, request.url);
    let mut builder = client
        .request(request.method.clone(), request.url.clone())
        .timeout(limit)
        .header(id.0, id.1);
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    builder = request.body.fill(builder, &request.url);
    let begun = Instant::now();
    let response =
        builder.send().await.map_err(|why| ProbeError::new(doing(), &why.without_url()))?;
    let status = response.status().as_u16();
    let mut headers: IndexMap<String, String> = IndexMap::new();
    for (name, value) in response.headers() {
        let value = String::from_utf8_lossy(value.as_bytes());
        headers
            .entry(name.to_string())
            .and_modify(|known| {
                known.push_str(", ");
                known.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    let body =
        response.bytes().await.map_err(|why| ProbeError::new(doing(), &why.without_url()))?;
    Ok(Exchange {
        method: request.method.clone(),
        url: request.url.clone(),
        id: id.1.to_owned(),
        status,
        headers,
        body: body.to_vec(),
        duration: begun.elapsed(),
    })
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Unanswered {
    /// Nobody took the question, or nobody answered in time.
    Unasked(String),
    /// The connection was closed, or what came is no HTTP.
    HungUp(String),
}

/// Status and everything that is sent, head and body, by whoever has whatever certificate.
///
/// # Errors
/// [`Unanswered`].
pub async fn raw(url: &str, method: Method, limit: Duration) -> Result<(u16, String), Unanswered> {
    let why = |why: reqwest::Error| {
        let unasked = why.is_builder() || why.is_connect() || why.is_timeout();
        let told = ProbeError::new("ask for a page", &why.without_url()).why;
        if unasked { Unanswered::Unasked(told) } else { Unanswered::HungUp(told) }
    };
    let client = Client::builder()
        .redirect(redirect::Policy::none())
        .tls_danger_accept_invalid_certs(true)
        .no_proxy()
        .timeout(limit)
        .build()
        .map_err(why)?;
    let response = client.request(method, url).send().await.map_err(why)?;
    let status = response.status().as_u16();
    let mut text = String::new();
    for (name, value) in response.headers() {
        text.push_str(name.as_str());
        text.push_str(": ");
        text.push_str(&String::from_utf8_lossy(value.as_bytes()));
        text.push('\n');
    }
    text.push_str(&String::from_utf8_lossy(&response.bytes().await.map_err(why)?));
    Ok((status, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_path() {
        let exchange = Exchange {
            method: Method::GET,
            url: Url::parse("http://localhost/").expect("an address"),
            id: String::new(),
            status: 200,
            headers: IndexMap::new(),
            body: br#"{"data": [{"id": 7, "name": "a"}], "config": {"app.name": "x"}}"#.to_vec(),
            duration: Duration::ZERO,
        };
        assert_eq!(exchange.field("data.0.id").as_deref(), Some("7"));
        assert_eq!(exchange.field("data.0.name").as_deref(), Some("a"));
        assert_eq!(exchange.field("config.app.name").as_deref(), Some("x"));
        assert_eq!(exchange.field("data.1.name"), None);
    }
}
