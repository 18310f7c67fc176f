//! Websockets (RFC 6455), and the one by which Vite tells browsers of changes.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures::{SinkExt as _, StreamExt as _};
use reqwest::Url;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest as _, http::HeaderValue},
};

use super::{ProbeError, vite::without_token};

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
    /// Where it leads, without its token.
    pub url: String,
    /// All messages so far.
    pub heard: Vec<Heard>,
    /// The subprotocol that the server took.
    pub protocol: Option<String>,
    stream: WebSocketStream<TcpStream>,
}

impl Socket {
    /// Opens Vite's websocket of this address, at the place where the address leads, as a page
    /// of `origin` would.
    ///
    /// # Errors
    /// When the server does not switch protocols within `limit`.
    pub async fn open_vite(
        url: &Url,
        at: SocketAddr,
        origin: &str,
        limit: Duration,
    ) -> Result<Self, ProbeError> {
        Self::open(url, at, &[("Origin", origin), ("Sec-WebSocket-Protocol", VITE_PROTOCOL)], limit)
            .await
    }

    /// Opens the websocket of this address, at the place where the address leads, with these
    /// headers beside those that a websocket needs.
    ///
    /// # Errors
    /// When the server does not switch protocols within `limit`.
    pub async fn open(
        url: &Url,
        at: SocketAddr,
        headers: &[(&'static str, &str)],
        limit: Duration,
    ) -> Result<Self, ProbeError> {
        let doing = format!("open the websocket {}", without_token(url));
        let failed = |why: &dyn std::error::Error| ProbeError::new(doing.clone(), why);
        let mut request = url.as_str().into_client_request().map_err(|why| failed(&why))?;
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).map_err(|why| failed(&why))?;
            request.headers_mut().insert(*name, value);
        }
        let open = async {
            let stream = TcpStream::connect(at).await.map_err(|why| failed(&why))?;
            client_async(request, stream).await.map_err(|why| failed(&why))
        };
        match tokio::time::timeout(limit, open).await {
            Ok(opened) => {
                let (stream, response) = opened?;
                let protocol = response.headers().get("Sec-WebSocket-Protocol");
                let protocol = protocol.and_then(|name| name.to_str().ok()).map(str::to_owned);
                Ok(Self { url: without_token(url), heard: Vec::new(), protocol, stream })
            }
            Err(_) => Err(ProbeError { doing, why: format!("no answer within {limit:?}") }),
        }
    }

    /// Sends a text.
    ///
    /// # Errors
    /// When the websocket is closed.
    pub async fn send(&mut self, text: &str) -> Result<(), ProbeError> {
        let sent = self.stream.send(Message::text(text)).await;
        sent.map_err(|why| ProbeError::new("send on the websocket", &why))
    }

    /// Listens for a time; whatever comes is kept.
    ///
    /// # Errors
    /// When the server closed the websocket meanwhile.
    pub async fn listen(&mut self, time: Duration) -> Result<(), ProbeError> {
        let deadline = tokio::time::Instant::now() + time;
        let doing = || "listen to the websocket".to_owned();
        loop {
            match tokio::time::timeout_at(deadline, self.stream.next()).await {
                Err(_) => return Ok(()),
                Ok(None | Some(Ok(Message::Close(_)))) => {
                    return Err(ProbeError { doing: doing(), why: "the server closed it".into() });
                }
                Ok(Some(Err(why))) => return Err(ProbeError::new(doing(), &why)),
                Ok(Some(Ok(Message::Text(text)))) => {
                    self.heard.push(Heard { text: text.to_string(), at: Instant::now() });
                }
                Ok(Some(Ok(_))) => {}
            }
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
