//! Containers that have ended, judged by what they were created with: whom they might reach. The kernel has nothing to say of them any more.

use crate::steps::judging::looks;
use crate::{run::Failure, stack::engine::Container, words::quoted_list};

/// That it was on no network with anybody else: it reached nobody, and nobody reached it.
///
/// # Errors
/// Undecided when it was: who reached whom nobody can try any more.
pub(crate) fn alone(
    container: &Container,
    all: &[Container],
    why: &str,
    expected: &str,
) -> Result<String, Failure> {
    if container.addresses.is_empty() {
        let why = format!("{why}, and it was in the network of another container");
        return Err(looks::gone(container, expected, &why));
    }
    let shares = |other: &&Container| {
        other.service != container.service
            && other.addresses.keys().any(|name| container.addresses.contains_key(name))
    };
    if let Some(other) = all.iter().find(shares) {
        let why = format!("{why}, and it was on a network with {}", other.name);
        return Err(looks::gone(container, expected, &why));
    }
    let names = quoted_list(container.addresses.keys().map(String::as_str));
    Ok(looks::by_configuration(why, &format!("it was on {names}, with no other service")))
}
