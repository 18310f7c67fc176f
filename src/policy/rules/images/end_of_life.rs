//! When support for versions of official images ended. The rule's document holds the same table
//! for people; a test keeps the two together.

use crate::facts::answers::reference::Reference;

/// A version that is past its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    /// The product and its version.
    pub what: String,
    /// The month of the end.
    pub ended: &'static str,
}

type Versions = &'static [(&'static str, &'static str)];

/// Versions by image: the first components of a tag, and the month of their end.
#[rustfmt::skip]
static ENDED: &[(&str, Versions)] = &[
    ("alpine", &[
        ("3.8", "2020-05"), ("3.9", "2020-11"), ("3.10", "2021-05"), ("3.11", "2021-11"), ("3.12", "2022-05"),
        ("3.13", "2022-11"), ("3.14", "2023-05"), ("3.15", "2023-11"), ("3.16", "2024-05"), ("3.17", "2024-11"),
        ("3.18", "2025-05"), ("3.19", "2025-11"), ("3.20", "2026-04"),
    ]),
    ("centos", &[("6", "2020-11"), ("7", "2024-06"), ("8", "2021-12")]),
    ("debian", &[("8", "2020-06"), ("9", "2022-06"), ("10", "2024-06"), ("11", "2026-08")]),
    ("elasticsearch", ELASTIC),
    ("kibana", ELASTIC),
    ("logstash", ELASTIC),
    ("mariadb", &[
        ("5.5", "2020-04"), ("10.0", "2019-03"), ("10.1", "2020-10"), ("10.2", "2022-05"), ("10.3", "2023-05"),
        ("10.4", "2024-06"), ("10.5", "2025-06"), ("10.6", "2026-07"),
    ]),
    ("mongo", &[
        ("2.6", "2016-10"), ("3.0", "2018-02"), ("3.2", "2018-09"), ("3.4", "2020-01"), ("3.6", "2021-04"),
        ("4.0", "2022-04"), ("4.2", "2023-04"), ("4.4", "2024-02"), ("5", "2024-10"), ("6", "2025-07"),
    ]),
    ("mysql", &[("5.5", "2018-12"), ("5.6", "2021-02"), ("5.7", "2023-10"), ("5", "2023-10"), ("8.0", "2026-04")]),
    ("node", &[
        ("4", "2018-04"), ("6", "2019-04"), ("8", "2019-12"), ("9", "2018-06"), ("10", "2021-04"), ("11", "2019-06"),
        ("12", "2022-04"), ("13", "2020-06"), ("14", "2023-04"), ("15", "2021-06"), ("16", "2023-09"), ("17", "2022-06"),
        ("18", "2025-04"), ("19", "2023-06"), ("20", "2026-04"), ("21", "2024-06"), ("23", "2025-06"), ("25", "2026-06"),
    ]),
    ("php", &[
        ("5", "2018-12"), ("7.0", "2019-01"), ("7.1", "2019-12"), ("7.2", "2020-11"), ("7.3", "2021-12"),
        ("7", "2022-11"), ("8.0", "2023-11"), ("8.1", "2025-12"),
    ]),
    ("postgres", &[
        ("9.3", "2018-11"), ("9.4", "2020-02"), ("9.5", "2021-02"), ("9", "2021-11"), ("10", "2022-11"), ("11", "2023-11"), ("12", "2024-11"), ("13", "2025-11"), ("14", "2026-11"),
    ]),
    ("python", &[
        ("2", "2020-01"), ("3.5", "2020-09"), ("3.6", "2021-12"), ("3.7", "2023-06"), ("3.8", "2024-10"),
        ("3.9", "2025-10"), ("3.10", "2026-10"),
    ]),
    ("redis", &[("4", "2020-04"), ("5", "2022-04")]),
    ("ruby", &[("2.4", "2020-04"), ("2.5", "2021-04"), ("2.6", "2022-04"), ("2", "2023-03"), ("3.0", "2024-04"), ("3.1", "2025-03"), ("3.2", "2026-03")]),
    ("ubuntu", &[("14.04", "2019-04"), ("16.04", "2021-04"), ("18.04", "2023-05"), ("20.04", "2025-05")]),
];

const ELASTIC: Versions = &[("5", "2019-03"), ("6", "2022-02"), ("7", "2026-01")];

/// Distributions by the names of their releases, as words of a tag.
#[rustfmt::skip]
static RELEASES: &[(&str, &str, &str)] = &[
    ("jessie", "Debian", "2020-06"), ("stretch", "Debian", "2022-06"), ("buster", "Debian", "2024-06"),
    ("bullseye", "Debian", "2026-08"), ("trusty", "Ubuntu", "2019-04"), ("xenial", "Ubuntu", "2021-04"),
    ("bionic", "Ubuntu", "2023-05"), ("focal", "Ubuntu", "2025-05"),
];

/// Whether what an image holds is past its end.
pub fn life_of(image: &Reference<'_>) -> Option<Life> {
    let elastic = || (image.registry == Some("docker.elastic.co")).then(|| image.base());
    let (name, tag) = (image.official().or_else(elastic)?, image.tag?);
    let versions = ENDED.iter().find(|(known, _)| *known == name).map(|(_, versions)| *versions);
    let ended = versions.unwrap_or_default().iter().find(|(version, _)| is_of(tag, version));
    if let Some((version, ended)) = ended {
        return Some(Life { what: format!("{name} {version}"), ended });
    }
    let mut words = tag.split('-');
    let (release, system, ended) =
        words.find_map(|word| RELEASES.iter().find(|(release, ..)| *release == word))?;
    Some(Life { what: format!("{system} {release}"), ended })
}

/// Whether a tag is of a version: `5.7.44-debian` is of `5.7` and of `5`.
fn is_of(tag: &str, version: &str) -> bool {
    let rest = tag.strip_prefix('v').unwrap_or(tag).strip_prefix(version);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_of_the_version_that_it_starts_with() {
        let ended = |image| life_of(&Reference::new(image)).map(|life| life.what);
        assert_eq!(ended("mysql:5.7.44-debian").as_deref(), Some("mysql 5.7"));
        assert_eq!(ended("node:18.19.1").as_deref(), Some("node 18"));
        assert_eq!(ended("python:3.12-slim-buster").as_deref(), Some("Debian buster"));
        for supported in
            ["python:3.14", "node:22", "mysql:8", "mysql:8.4", "redis:50", "acme/node:18", "node"]
        {
            assert_eq!(ended(supported), None, "{supported}");
        }
    }

    #[test]
    fn the_document_holds_the_table() {
        let document = include_str!("end_of_life_image.md");
        for (image, versions) in ENDED {
            let row = document.lines().find(|line| line.starts_with('|') && line.contains(image));
            let row = row.unwrap_or_else(|| panic!("no row for {image}"));
            for (version, ended) in *versions {
                // Odd releases of Node.js are told as one.
                assert!(row.contains(ended) || *image == "node", "{image} {version}: {ended}");
            }
        }
    }
}
