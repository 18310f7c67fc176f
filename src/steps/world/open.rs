//! On which ports services listen that have no health check: what they listen on is all that tells
//! when they are there.

use std::collections::BTreeSet;

use crate::{
    probe::matrix,
    stack::{dial, engine::Container},
};

/// Ports that the kernel gives to whoever asks for none begin here (`ip_local_port_range` of ip(7)):
/// what listens there listens elsewhere after a restart.
const GIVEN: u16 = 32768;

/// The ports on which a container listens for others; none where nobody can look.
pub(crate) async fn ports(container: &Container) -> Option<BTreeSet<u16>> {
    let tables = dial::tables(container).await.ok()?;
    Some(matrix::listening(&tables).into_iter().filter(|port| *port < GIVEN).collect())
}
