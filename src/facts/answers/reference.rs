//! Image references: `registry/repository:tag@digest`.

/// A reference in its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference<'a> {
    /// The host before the repository, if one is written.
    pub registry: Option<&'a str>,
    /// The repository with the names before it.
    pub repository: &'a str,
    /// What follows the colon.
    pub tag: Option<&'a str>,
    /// What follows the at sign.
    pub digest: Option<&'a str>,
}

impl<'a> Reference<'a> {
    /// Takes a reference apart; nothing is checked.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        let (before, digest) = match text.split_once('@') {
            Some((before, digest)) => (before, Some(digest)),
            None => (text, None),
        };
        let slash = before.rfind('/').map_or(0, |at| at + 1);
        let (name, tag) = match before[slash..].find(':') {
            Some(at) => (&before[..slash + at], Some(&before[slash + at + 1..])),
            None => (before, None),
        };
        let (registry, repository) = match name.split_once('/') {
            Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => {
                (Some(host), rest)
            }
            _ => (None, name),
        };
        Self { registry, repository, tag, digest }
    }

    /// The last part of the repository.
    #[must_use]
    pub fn base(&self) -> &'a str {
        self.repository.rsplit('/').next().unwrap_or_default()
    }

    /// The name of a Docker Official Image, if this is one.
    #[must_use]
    pub fn official(&self) -> Option<&'a str> {
        let hub = matches!(self.registry, None | Some("docker.io" | "index.docker.io"));
        let name = self.repository.strip_prefix("library/").unwrap_or(self.repository);
        (hub && !name.contains('/')).then_some(name)
    }

    /// Whether no version is named: no tag, or one that moves with every release.
    #[must_use]
    pub fn is_floating(&self) -> bool {
        self.digest.is_none() && self.tag.is_none_or(|tag| FLOATING.contains(&tag))
    }
}

/// Tags that name no version.
#[rustfmt::skip]
const FLOATING: &[&str] = &[
    "latest", "stable", "edge", "nightly", "dev", "develop", "test", "main", "master", "canary", "rolling", "next",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_taken_apart() {
        let parts = |text| {
            let Reference { registry, repository, tag, digest } = Reference::new(text);
            (registry, repository, tag, digest)
        };
        assert_eq!(parts("mysql"), (None, "mysql", None, None));
        assert_eq!(parts("a/b:1@sha256:0"), (None, "a/b", Some("1"), Some("sha256:0")));
        assert_eq!(parts("r.example.com:5000/b"), (Some("r.example.com:5000"), "b", None, None));
        assert_eq!(parts("localhost/b:"), (Some("localhost"), "b", Some(""), None));
        assert_eq!(Reference::new("library/mysql:8").official(), Some("mysql"));
        assert_eq!(Reference::new("bitnami/mysql:8").official(), None);
    }
}
