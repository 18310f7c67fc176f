//! Reachability, measured from inside the source's network namespace.
//!
//! What a name means there is asked of the container's own `hosts` and name servers, and every
//! address is tried: no program of the image is needed, and none can lie.

use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
};

use crate::stack::{
    dial::{self, DialError, Entry, Outcome, Resolved},
    engine::Container,
};

/// What came of connections to a name, and to addresses beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// What the name means there.
    pub name: Resolved,
    /// Each address that was tried, those of the name first.
    pub tried: Vec<(SocketAddr, Outcome)>,
    /// From where it was tried.
    pub way: Entry,
}

impl Reach {
    /// The first address that the name stands for and at which a connection is accepted.
    #[must_use]
    pub fn open_by_name(&self) -> Option<SocketAddr> {
        let Resolved::Known { addresses, .. } = &self.name else { return None };
        self.open().find(|at| addresses.contains(&at.ip()))
    }

    /// The addresses at which a connection is accepted.
    pub fn open(&self) -> impl Iterator<Item = SocketAddr> {
        self.tried.iter().filter(|(_, outcome)| *outcome == Outcome::Open).map(|(at, _)| *at)
    }
}

impl std::fmt::Display for Reach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.name)?;
        for (at, outcome) in &self.tried {
            write!(f, "; {at}: {outcome}")?;
        }
        write!(f, " ({})", self.way)
    }
}

/// Tries to connect from a container to a name's port at every address that the name has there, and at
/// those that are given besides.
///
/// # Errors
/// When the container does not run, or its network cannot be reached.
pub async fn connect(
    from: &Container,
    name: &str,
    port: u16,
    besides: &[IpAddr],
) -> Result<Reach, DialError> {
    let (resolved, mut way) = dial::resolve(from, name).await?;
    let named: &[IpAddr] = match &resolved {
        Resolved::Known { addresses, .. } => addresses,
        Resolved::Unknown { .. } | Resolved::Unanswered { .. } => &[],
    };
    let mut seen = BTreeSet::new();
    let targets: Vec<SocketAddr> = named
        .iter()
        .chain(besides)
        .filter(|address| seen.insert(**address))
        .map(|address| SocketAddr::new(*address, port))
        .collect();
    let mut outcomes = Vec::new();
    if !targets.is_empty() {
        (outcomes, way) = dial::attempts(from, targets.clone()).await?;
    }
    Ok(Reach { name: resolved, tried: targets.into_iter().zip(outcomes).collect(), way })
}
