//! Questions to a running stack. Each module asks in one protocol and returns plain data;
//! what an answer means is the business of the steps.

pub mod cgroup;
pub mod connections;
pub mod credentials;
pub mod http;
pub mod kernel;
pub mod layers;
pub mod listeners;
pub mod matrix;
pub mod mountinfo;
pub mod outside;
pub mod qr;
pub mod reach;
pub mod redis;
pub mod search;
pub mod sql;
pub mod tap;
pub mod tls;
pub mod wait;
pub mod websocket;

/// A question that could not be asked or was not answered.
#[derive(Debug, thiserror::Error)]
#[error("{doing}: {why}")]
pub struct ProbeError {
    /// What was tried, for instance `connect to 172.20.0.2:6379`.
    pub doing: String,
    /// What came of it.
    pub why: String,
}

impl ProbeError {
    /// An error with the whole chain of reasons in one line.
    pub fn new(doing: impl Into<String>, why: &dyn std::error::Error) -> Self {
        let mut reasons = vec![why.to_string()];
        let mut next = why.source();
        while let Some(reason) = next {
            let text = reason.to_string();
            if !reasons.iter().any(|known| known.contains(&text)) {
                reasons.push(text);
            }
            next = reason.source();
        }
        Self { doing: doing.into(), why: reasons.join(": ") }
    }
}
