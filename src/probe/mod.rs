//! Questions to a running stack. Each module asks in one protocol and returns plain data;
//! what an answer means is the business of the steps.

pub mod amqp;
pub mod browser;
pub mod certificate;
pub mod cgroup;
pub mod connections;
pub mod credentials;
pub mod dead_letters;
pub mod facts;
pub mod files;
pub mod folder;
pub mod http;
pub mod kernel;
pub mod layers;
pub mod listeners;
pub mod matrix;
pub mod mountinfo;
pub mod outside;
pub mod processes;
pub mod qr;
pub mod rabbitmq;
pub mod reach;
pub mod search;
pub mod store;
pub mod tcp;
pub mod tls;
pub mod vite;
pub mod wait;
pub mod websocket;

use crate::stack::dial::DialError;

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
    /// That a container's network could not be reached, with how to reach it.
    pub fn unreached(doing: impl Into<String>, why: &DialError) -> Self {
        let Self { doing, why: reason } = Self::new(doing, why);
        Self { doing, why: format!("{reason}; {}", why.help()) }
    }

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
