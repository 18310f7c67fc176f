//! Websockets (RFC 6455), and the one by which Vite tells browsers of changes.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use regex::Regex;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest as _, http::HeaderValue},
};

use super::ProbeError;

/// The subprotocol that Vite's client asks for.
const VITE_PROTOCOL: &str = "vite-hmr";

/// A message and when it came.
#[derive(Debug, Clone)]
pub struct Heard {
    /// The text as sent.
    pub text: String,
    /// When.
    pub at: Instant,
}

/// An open websocket with everything heard on it so far.
#[derive(Debug)]
pub struct Socket {
    /// Where it leads.
    pub url: String,
    /// All messages so far.
    pub heard: Vec<Heard>,
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// Where Vite's client connects to, read from the client script (`/@vite/client`) that
/// the server hands to browsers: its base path and its token.
///
/// # Errors
/// What the script lacks.
pub fn vite_address(script: &str, host: &str) -> Result<String, ProbeError> {
    let find = |pattern: &str| -> Option<String> {
        let found = Regex::new(pattern).ok()?.captures(script)?;
        Some(found[1].to_owned())
    };
    let missing = |what: &str| ProbeError {
        doing: "read Vite's client script".into(),
        why: format!("it has no {what}; is this really \"/@vite/client\" of a Vite dev server?"),
    };
    // `const socketHost = `${… || importMetaUrl.hostname}:${hmrPort || importMetaUrl.port}${"/base"}`;`
    let base = find(r#"(?s)const socketHost = `.*?\$\{"([^"]*)"\}`"#)
        .ok_or_else(|| missing("socketHost"))?;
    let token = find(r#"const wsToken = "([^"]*)""#).ok_or_else(|| missing("wsToken"))?;
    Ok(format!("ws://{host}{base}?token={token}"))
}

impl Socket {
    /// Opens Vite's websocket as a browser on `origin` would.
    ///
    /// # Errors
    /// When the server does not switch protocols within `limit`.
    pub async fn open_vite(url: &str, origin: &str, limit: Duration) -> Result<Self, ProbeError> {
        let doing = format!("open the websocket {}", url.split("?token=").next().unwrap_or(url));
        let mut request =
            url.into_client_request().map_err(|why| ProbeError::new(doing.clone(), &why))?;
        let headers = request.headers_mut();
        headers.insert("Sec-WebSocket-Protocol", HeaderValue::from_static(VITE_PROTOCOL));
        headers.insert(
            "Origin",
            HeaderValue::from_str(origin).map_err(|why| ProbeError::new(doing.clone(), &why))?,
        );
        match tokio::time::timeout(limit, connect_async(request)).await {
            Ok(Ok((stream, _))) => Ok(Self { url: url.to_owned(), heard: Vec::new(), stream }),
            Ok(Err(why)) => Err(ProbeError::new(doing, &why)),
            Err(_) => Err(ProbeError { doing, why: format!("no answer within {limit:?}") }),
        }
    }

    /// Waits for a message that fits, among those heard already and those to come.
    ///
    /// # Errors
    /// When none came in time or the server closed the socket.
    pub async fn await_message(
        &mut self,
        limit: Duration,
        fits: impl Fn(&str) -> bool,
    ) -> Result<Heard, ProbeError> {
        if let Some(heard) = self.heard.iter().find(|heard| fits(&heard.text)) {
            return Ok(heard.clone());
        }
        let doing = "wait for a message on the websocket".to_owned();
        let deadline = tokio::time::Instant::now() + limit;
        loop {
            match tokio::time::timeout_at(deadline, self.stream.next()).await {
                Err(_) => {
                    return Err(ProbeError {
                        doing,
                        why: format!("none came within {}", humantime::format_duration(limit)),
                    });
                }
                Ok(None) => return Err(ProbeError { doing, why: "the server closed it".into() }),
                Ok(Some(Err(why))) => return Err(ProbeError::new(doing, &why)),
                Ok(Some(Ok(Message::Text(text)))) => {
                    let heard = Heard { text: text.to_string(), at: Instant::now() };
                    self.heard.push(heard.clone());
                    if fits(&heard.text) {
                        return Ok(heard);
                    }
                }
                Ok(Some(Ok(_))) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_the_client_script() {
        let script = "const socketHost = `${null || importMetaUrl.hostname}:${hmrPort || importMetaUrl.port}${\"/hmr\"}`;\nconst wsToken = \"abc-1\";\n";
        let url = vite_address(script, "127.0.0.1:8080").expect("an address");
        assert_eq!(url, "ws://127.0.0.1:8080/hmr?token=abc-1");
    }

    #[test]
    fn another_script_is_refused() {
        let why = vite_address("<!doctype html>", "x").expect_err("not the client");
        assert!(why.why.contains("socketHost"), "{why}");
    }
}
