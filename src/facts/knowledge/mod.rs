//! What is known of public images: one table, each row with the page that says it.
//!
//! A row holds for the images that it names and for what is built on them. Rules ask by fact; nothing
//! here is guessed for an image that no row names, and a row about some versions says nothing of a tag
//! that names none, unless it is about all that are built today.

mod asked;
mod data;
mod demands;
mod doors;
mod folders;
mod health;
mod images;

use std::{collections::HashMap, sync::LazyLock};

pub use self::images::{Image, all, base_of, instructions};
use super::{answers::reference::Reference, products};

/// For which tags a row holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versions {
    /// For every tag.
    All,
    /// From this version on, by the first number of the tag.
    From(u32),
    /// For the versions before this one.
    Below(u32),
    /// For this version.
    Only(u32),
    /// From these versions on, the newest first, each for its own first number; also for a tag that
    /// names none, or no second number: such a tag is that of what was built last.
    Since(&'static [(u32, u32)]),
    /// For tags of which this is a part, between hyphens: `8.3-fpm-alpine`.
    Tagged(&'static str),
}

/// One thing that an image declares or demands.
#[derive(Debug, Clone, Copy)]
pub enum Fact {
    /// It keeps its data in this folder, and makes it a volume of its own unless something is mounted there.
    Volume(&'static str),
    /// It keeps its data in this folder, which is part of the container unless something is mounted there.
    Folder(&'static str),
    /// A folder in or beside that of its data, which is not mounted for the data alone.
    Part(&'static str),
    /// Whether it brings a health check.
    Health(bool),
    /// A variable that moves the data folder; what it says is not judged.
    Moves(&'static str),
    /// A folder that is taken for the data folder, and is none: that of another version, or of a package.
    NotData {
        /// The folder.
        path: &'static str,
        /// What happens.
        why: &'static str,
        /// What to write, where that is not to mount the image's own folder.
        instead: Option<&'static str>,
    },
    /// It does not start with this value.
    Refuses {
        /// The variable.
        variable: &'static str,
        /// The value; none means any that is not empty.
        value: Option<&'static str>,
        /// Variables of which one must be set for that; none means that it is so in any case.
        with: &'static [&'static str],
        /// Variables of which none may be set.
        without: &'static [&'static str],
        /// Why.
        why: &'static str,
        /// What to write.
        remedy: &'static str,
    },
    /// It ends where none of these variables is set.
    Demands {
        /// The variables, by name, or by name and value (`A=b`); the one that is told comes first.
        one_of: &'static [&'static str],
        /// Paths at which a mounted file may say it in their place.
        or_in: &'static [&'static str],
        /// Whether it asks on its first start only, while there is no data.
        first: bool,
        /// What it asks for by them.
        what: &'static str,
        /// What to write.
        remedy: &'static str,
    },
    /// It does not read a variable that others of its kind do.
    Ignores {
        /// The variable.
        variable: &'static str,
        /// What follows from it.
        so: &'static str,
        /// Variables that it reads instead; with one of them, nothing is wrong.
        reads: &'static [&'static str],
        /// What to write.
        remedy: &'static str,
    },
    /// The data lies in a folder named after the node, and the node after the host.
    NamedAfterHost {
        /// The variable that names the node.
        variable: &'static str,
        /// Whether it is the host's name that counts, and not its address.
        hostname: bool,
    },
    /// It writes to this folder when it runs, and does not start where it cannot.
    Writes(&'static str),
    /// The file of settings that can move what is written.
    Settings(&'static str),
    /// Authentication is off.
    Open {
        /// What switches it off.
        by: By,
        /// Variables with which it is on all the same: by name, by name and value (`A=b`), or by a
        /// part of the name (`*A`).
        unless: &'static [&'static str],
        /// The ports of the server.
        ports: &'static [u16],
    },
    /// Its first user has a name and a password that everybody knows.
    WellKnown {
        /// Name and password.
        login: &'static str,
        /// Variables with which it has another, as for `Open`.
        unless: &'static [&'static str],
        /// The ports at which it is asked for.
        ports: &'static [u16],
        /// What to write.
        remedy: &'static str,
    },
    /// Who reaches this port has the host or all data in hand.
    Door {
        /// The port of the container.
        port: u16,
        /// What is behind it.
        what: &'static str,
    },
}

/// What switches authentication off.
#[derive(Debug, Clone, Copy)]
pub enum By {
    /// A variable with one of these values, in small letters; without values, any that is not empty.
    Variable(&'static str, &'static [&'static str]),
    /// Two variables, each with one of its values.
    Both([(&'static str, &'static [&'static str]); 2]),
    /// These words of the command, one after the other; `--a=b` is two words.
    Words(&'static [&'static str]),
    /// That none of these variables is set.
    Missing(&'static [&'static str]),
}

/// A row.
#[derive(Debug)]
pub struct Row {
    /// Names of Docker Official Images, or repositories with their owner.
    pub images: &'static [&'static str],
    /// For which versions.
    pub versions: Versions,
    /// What is known.
    pub fact: Fact,
    /// The page that says it.
    pub source: &'static str,
}

impl Row {
    const fn new(
        images: &'static [&'static str],
        versions: Versions,
        fact: Fact,
        source: &'static str,
    ) -> Self {
        Self { images, versions, fact, source }
    }

    fn is_of(&self, tag: Option<&str>) -> bool {
        let version = || tag.and_then(version);
        let major = || version().map(|(major, _)| major);
        match self.versions {
            Versions::All => true,
            Versions::From(first) => major().is_some_and(|major| major >= first),
            Versions::Below(end) => major().is_some_and(|major| major < end),
            Versions::Only(version) => major() == Some(version),
            Versions::Since(first) => version().is_none_or(|(major, minor)| {
                let newest = first.first().is_none_or(|(newest, _)| major > *newest);
                newest
                    || first.iter().any(|(own, from)| {
                        *own == major && minor.is_none_or(|minor| minor >= *from)
                    })
            }),
            Versions::Tagged(part) => {
                tag.is_some_and(|tag| tag.split('-').any(|word| word == part))
            }
        }
    }
}

/// All rows.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    data::ROWS
        .iter()
        .chain(folders::ROWS)
        .chain(health::ROWS)
        .chain(asked::ROWS)
        .chain(demands::ROWS)
        .chain(doors::ROWS)
}

static BY_NAME: LazyLock<HashMap<&'static str, Vec<&'static Row>>> = LazyLock::new(|| {
    let mut found: HashMap<&'static str, Vec<&'static Row>> = HashMap::new();
    for row in rows() {
        for name in row.images {
            found.entry(name).or_default().push(row);
        }
    }
    found
});

/// The rows about an image.
#[must_use]
pub fn of(image: &str) -> Vec<&'static Row> {
    let reference = Reference::new(image);
    let rows = name(&reference).and_then(|name| BY_NAME.get(name));
    let rows = rows.into_iter().flatten().copied();
    rows.filter(|row| row.is_of(reference.tag)).collect()
}

/// Whether an image brings a health check; none where the table does not say.
#[must_use]
pub fn brings_health_check(image: &str) -> Option<bool> {
    of(image).iter().find_map(|row| match row.fact {
        Fact::Health(brings) => Some(brings),
        _ => None,
    })
}

/// The folders of an image's data: of its own rows first, then of all that are of the same product,
/// whatever their version and maker.
#[must_use]
pub fn data_folders(image: &str) -> Vec<&'static str> {
    let product = products::by_image(image);
    let same = |row: &&Row| {
        let mut names = row.images.iter();
        product.is_some_and(|product| {
            names.any(|name| products::by_image(name).is_some_and(|one| std::ptr::eq(one, product)))
        })
    };
    let mut found = Vec::new();
    for row in of(image).into_iter().chain(rows().filter(same)) {
        if let Fact::Volume(path) | Fact::Folder(path) = row.fact
            && !found.contains(&path)
        {
            found.push(path);
        }
    }
    found
}

/// Whether two servers on this folder of an image would destroy its data. Images that only have a
/// known one's name in theirs are taken for it: an empty folder too many harms nobody.
#[must_use]
pub fn may_hold_data(image: &str, path: &str) -> bool {
    let reference = Reference::new(image);
    let called = reference.base().to_lowercase();
    let last = |name: &&'static str| name.rsplit('/').next().unwrap_or(name);
    let alike = |name: &&'static str| {
        reference.repository == *name
            || reference.repository.ends_with(&format!("/{name}"))
            || last(name) != "server" && called.contains(last(name))
    };
    rows().any(|row| match row.fact {
        Fact::Volume(at) | Fact::Folder(at) | Fact::Part(at) => {
            at == path && row.images.iter().any(&alike)
        }
        _ => false,
    })
}

/// An image as the table calls it. A bare name in a registry of one's own is anybody's image; a
/// mirror of the official ones keeps `library/` before it.
fn name<'a>(reference: &Reference<'a>) -> Option<&'a str> {
    if let Some(official) = reference.official() {
        return Some(official);
    }
    let repository = reference.repository;
    let mirrored = repository.strip_prefix("docker/").unwrap_or(repository);
    match mirrored.strip_prefix("library/") {
        Some(official) => Some(official),
        None => repository.contains('/').then_some(repository),
    }
}

/// The version that a tag names: its first two numbers, or those of a part such as `pg17`.
fn version(tag: &str) -> Option<(u32, Option<u32>)> {
    let number = |text: &str| -> Option<(u32, Option<u32>)> {
        let mut parts = text.split(|c: char| !c.is_ascii_digit() && c != '.').next()?.split('.');
        let major = parts.next()?.parse().ok()?;
        Some((major, parts.next().and_then(|minor| minor.parse().ok())))
    };
    let postgres = tag.split('-').find_map(|part| number(part.strip_prefix("pg")?));
    postgres.or_else(|| number(tag.trim_start_matches('v')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(image: &str) -> Vec<&'static str> {
        let rows = of(image).into_iter();
        rows.filter_map(|row| match row.fact {
            Fact::Volume(path) => Some(path),
            _ => None,
        })
        .collect()
    }

    #[test]
    fn every_row_has_its_page() {
        for row in rows() {
            assert!(row.source.starts_with("https://"), "{row:?}");
            assert!(!row.images.is_empty(), "{row:?}");
        }
    }

    #[test]
    fn a_version_is_the_first_number_of_the_tag() {
        assert_eq!(data("postgres:16-alpine"), ["/var/lib/postgresql/data"]);
        assert_eq!(data("docker.io/library/postgres:18.1"), ["/var/lib/postgresql"]);
        assert_eq!(data("postgres"), Vec::<&str>::new(), "nobody knows which");
        assert_eq!(data("postgres:alpine"), Vec::<&str>::new(), "nobody knows which");
        assert_eq!(data("influxdb:2.7"), ["/var/lib/influxdb2"]);
        assert_eq!(data("influxdb:3-core"), Vec::<&str>::new(), "its command says");
        assert_eq!(data("mongo"), ["/data/db"]);
    }

    #[test]
    fn a_row_since_a_version_is_about_what_is_built_today() {
        let since = |image: &str| {
            let demands = |row: &&Row| matches!(row.fact, Fact::Demands { .. });
            of(image).iter().any(demands)
        };
        for image in [
            "postgres",
            "postgres:latest",
            "postgres:alpine",
            "postgres:18",
            "postgres:12-alpine",
            "postgres:12.2",
            "postgres:11.22",
            "postgis/postgis:16-3.4",
            "timescale/timescaledb:2.17.2-pg16",
        ] {
            assert!(since(image), "{image}");
        }
        for image in ["postgres:12.1", "postgres:11.6-alpine", "postgres:10.0", "postgres:9.6"] {
            assert!(!since(image), "{image}");
        }
    }

    #[test]
    fn an_extension_of_postgres_names_the_version_of_postgres() {
        assert_eq!(data("pgvector/pgvector:pg17"), ["/var/lib/postgresql/data"]);
        assert_eq!(data("pgvector/pgvector:0.8.0-pg18-trixie"), ["/var/lib/postgresql"]);
        assert_eq!(data("pgvector/pgvector:0.8.0"), ["/var/lib/postgresql/data"], "before pg18");
        assert_eq!(data("postgis/postgis:18-3.6"), ["/var/lib/postgresql"]);
    }

    #[test]
    fn a_name_is_an_official_image_only_where_those_are_kept() {
        assert_eq!(data("acme/mongo:7"), Vec::<&str>::new(), "somebody else's");
        assert_eq!(data("registry.example.com/mongo:7"), Vec::<&str>::new(), "anybody's");
        assert_eq!(data("mirror.example.com/library/mongo:7"), ["/data/db"]);
        assert_eq!(data("mirror.example.com/docker/library/mongo:7"), ["/data/db"]);
        assert_eq!(data("registry.example.com/valkey/valkey:8"), ["/data"]);
    }

    #[test]
    fn a_tag_is_a_part_and_no_piece_of_one() {
        let doors = |image: &str| {
            of(image).iter().filter(|row| matches!(row.fact, Fact::Door { .. })).count()
        };
        assert_eq!(doors("php:8.3-fpm-alpine"), 1);
        assert_eq!(doors("php:8.3-apache"), 0);
        assert_eq!(doors("php"), 0);
        assert_eq!(doors("php:8.3-myfpm"), 0);
    }

    #[test]
    fn no_two_rows_say_the_same() {
        let told: Vec<String> = rows()
            .map(|row| format!("{:?} {:?} {:?}", row.images, row.versions, row.fact))
            .collect();
        for (at, one) in told.iter().enumerate() {
            assert!(!told[..at].contains(one), "{one}");
        }
    }
}
