//! Image references: `registry/repository:tag@digest`.

use std::sync::LazyLock;

use regex::Regex;

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

/// A reference in full, as the engine has it: with its registry, and with a tag or a digest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FullReference {
    /// `docker.io/library/nginx`.
    pub repository: String,
    /// `latest` where nothing is written; none beside a digest that is written, which says more.
    pub tag: Option<String>,
    /// `sha256:…`.
    pub digest: Option<String>,
}

/// No engine accepts this as a reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no reference of an image")]
pub struct NoReference(String);

impl FullReference {
    /// Reads a reference as `ParseDockerRef` of the library `distribution/reference` does.
    ///
    /// # Errors
    /// [`NoReference`] for what that does not accept.
    pub fn new(text: &str) -> Result<Self, NoReference> {
        static FORM: LazyLock<Result<Regex, regex::Error>> = LazyLock::new(|| {
            let host = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?";
            let part = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
            Regex::new(&format!(
                r"^({host}/{part}(?:/{part})*)(?::([0-9A-Za-z_][0-9A-Za-z_.-]{{0,127}}))?(?:@(.+))?$"
            ))
        });
        let none = || NoReference(text.to_owned());
        let is_hex =
            |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        // That would be an image's id.
        if text.len() == 64 && is_hex(text) {
            return Err(none());
        }
        let (host, rest) = match text.split_once('/') {
            Some((host, rest))
                if host.contains(['.', ':'])
                    || host == "localhost"
                    || host.chars().any(char::is_uppercase) =>
            {
                (if host == "index.docker.io" { "docker.io" } else { host }, rest)
            }
            _ => ("docker.io", text),
        };
        let library = if host == "docker.io" && !rest.contains('/') { "library/" } else { "" };
        let full = format!("{host}/{library}{rest}");
        let form = FORM.as_ref().map_err(|_| none())?;
        let found = form.captures(&full).ok_or_else(none)?;
        let part = |at: usize| found.get(at).map(|part| part.as_str().to_owned());
        let (repository, tag, digest) = (part(1).unwrap_or_default(), part(2), part(3));
        if let Some(digest) = &digest {
            let length = match digest.split_once(':') {
                Some(("sha256", hex)) if is_hex(hex) => (hex.len(), 64),
                Some(("sha384", hex)) if is_hex(hex) => (hex.len(), 96),
                Some(("sha512", hex)) if is_hex(hex) => (hex.len(), 128),
                _ => return Err(none()),
            };
            if length.0 != length.1 {
                return Err(none());
            }
        }
        if repository.len() - repository.find('/').map_or(0, |at| at + 1) > 255 {
            return Err(none());
        }
        let tag = match digest {
            Some(_) => None,
            None => Some(tag.unwrap_or_else(|| "latest".into())),
        };
        Ok(Self { repository, tag, digest })
    }
}

impl std::fmt::Display for FullReference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
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

    #[test]
    fn a_reference_is_written_in_full() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let full = |text: &str| FullReference::new(text).map(|full| full.to_string());
        for (text, wanted) in [
            ("nginx", "docker.io/library/nginx:latest"),
            ("index.docker.io/nginx:1", "docker.io/library/nginx:1"),
            ("bitnami/redis", "docker.io/bitnami/redis:latest"),
            ("localhost/a:1", "localhost/a:1"),
            ("r.example.com:5000/a/b__c", "r.example.com:5000/a/b__c:latest"),
            ("[::1]:5000/a", "[::1]:5000/a:latest"),
            ("Host/a", "Host/a:latest"),
        ] {
            assert_eq!(full(text).as_deref(), Ok(wanted), "{text}");
        }
        let with_digest = full(&format!("nginx:1@{digest}"));
        assert_eq!(with_digest.as_deref(), Ok(&*format!("docker.io/library/nginx@{digest}")));
        for text in [
            "",
            "UPPER",
            "a/UPPER",
            "nginx:",
            "nginx@sha256:abc",
            "nginx@md5:d41d8cd98f00b204e9800998ecf8427e",
            "https://example.com/a",
            "a..b",
            "nginx:${TAG}",
            &"a".repeat(64),
            &"x".repeat(256),
        ] {
            assert!(full(text).is_err(), "{text} is taken for a reference");
        }
    }
}
