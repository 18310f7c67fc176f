//! How often a run asked its engine, and for what.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// By method and resource (Engine API reference): `GET containers/{id}/json`.
static CALLS: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

/// Kinds of resources whose path goes on with a name or an id.
const NAMED: &[&str] = &["containers", "exec", "images", "networks", "volumes"];
/// What stands in the place of a name where no resource is meant.
const COLLECTIONS: &[&str] = &["json", "create", "prune", "search", "load", "get"];

/// Counts a request.
pub(super) fn count(method: &str, path: &str) {
    let kind = kind(method, path);
    *CALLS.lock().unwrap_or_else(PoisonError::into_inner).entry(kind).or_default() += 1;
}

/// The counts until now, by kind; the process asks one engine.
#[must_use]
pub fn counted() -> Vec<(String, u64)> {
    let calls = CALLS.lock().unwrap_or_else(PoisonError::into_inner);
    calls.iter().map(|(kind, count)| (kind.clone(), *count)).collect()
}

/// A request without the version of the API and the names in its path.
fn kind(method: &str, path: &str) -> String {
    let mut segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let is_version =
        |part: &str| part.strip_prefix('v').is_some_and(|rest| rest.starts_with(char::is_numeric));
    if segments.first().is_some_and(|part| is_version(part)) {
        segments.remove(0);
    }
    // A name of an image may have several parts; what is asked of it is the last.
    let told = match segments[..] {
        [kind, name] if NAMED.contains(&kind) && !COLLECTIONS.contains(&name) => {
            format!("{kind}/{{id}}")
        }
        [kind, _, .., last] if NAMED.contains(&kind) => format!("{kind}/{{id}}/{last}"),
        _ => segments.join("/"),
    };
    format!("{method} {told}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_told_without_the_names() {
        for (method, path, expected) in [
            ("GET", "/v1.41/containers/json", "GET containers/json"),
            ("GET", "/v1.41/containers/0f3/json", "GET containers/{id}/json"),
            ("DELETE", "/v1.41/volumes/my_data", "DELETE volumes/{id}"),
            ("GET", "/images/acme/server:1/json", "GET images/{id}/json"),
            ("POST", "/v1.41/exec/0f3/start", "POST exec/{id}/start"),
            ("GET", "/_ping", "GET _ping"),
            ("GET", "/v1.41/volumes", "GET volumes"),
        ] {
            assert_eq!(kind(method, path), expected);
        }
    }

    #[test]
    fn each_request_counts() {
        let of = |kind: &str| {
            let all = counted();
            all.into_iter().find(|(name, _)| name == kind).map_or(0, |(_, count)| count)
        };
        let before = of("GET distribution/of-this-test");
        count("GET", "/v1.41/distribution/of-this-test");
        count("GET", "/v1.41/distribution/of-this-test");
        assert_eq!(of("GET distribution/of-this-test"), before + 2);
    }
}
