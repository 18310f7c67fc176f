//! What a stack is, as plain data: one model with two sources.
//!
//! A [`Fact`] says one thing about one subject. The declared source reads it from the Compose model
//! and the Dockerfiles (a file a topic here); the observed source reads the same fact from the engine
//! and the kernel (`probe::facts`, a file a topic). Who judges facts does not ask where they come
//! from: closed sentences, drift, `seaworthy facts`. Nothing here is async, and nothing here knows of
//! engines.

pub mod answers;
pub mod builds;
pub mod command;
pub mod connections;
pub mod dependencies;
pub mod difference;
pub mod environment;
pub mod given;
pub mod health;
pub mod image;
pub mod images;
pub mod knowledge;
pub mod limits;
pub mod logging;
pub mod mounts;
pub mod networks;
pub mod places;
pub mod ports;
pub mod processes;
pub mod products;
pub mod profiles;
pub mod replicas;
pub mod restart;
pub mod rights;
pub mod services;
pub mod volumes;
pub mod writable;

use std::hash::{BuildHasher, RandomState};

use crate::{
    compose::{Located, Project, Service, journal::Origin, tree::Node},
    words::unshown,
};

/// One thing that is so of one subject.
#[derive(Debug, Clone)]
pub struct Fact<T> {
    /// What it is about: a service, a network, a volume, by its key in the Compose files.
    pub subject: String,
    /// What is so.
    pub value: T,
    /// In whose words it was seen: the kernel's, the engine's; nothing where the files say it.
    pub shown: String,
    /// Where the files declare it, or else its subject. An observed fact has the place of its
    /// declaration.
    pub at: Option<Origin>,
}

/// A part of a fact, in the words of tables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// What it is.
    Known(String),
    /// Nobody can know it from this source, and why: the image says it, and is not at hand.
    Unknown(String),
    /// What is known and never shown.
    Secret(Secret),
}

/// A value that is compared and never shown. The mark is of this process alone: nobody can try values
/// against it later.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Secret {
    /// What is told instead: `12 characters that are not shown`.
    shown: String,
    mark: u64,
}

impl Cell {
    /// A value that is compared and never shown.
    #[must_use]
    pub fn secret(value: &str) -> Self {
        static KEY: std::sync::LazyLock<RandomState> = std::sync::LazyLock::new(RandomState::new);
        Self::Secret(Secret { shown: unshown(value), mark: KEY.hash_one(value) })
    }

    /// What it is, if that is known; of a secret how long it is.
    #[must_use]
    pub fn known(&self) -> Option<&str> {
        match self {
            Self::Known(text) => Some(text),
            Self::Unknown(_) => None,
            Self::Secret(secret) => Some(&secret.shown),
        }
    }

    /// Why nobody knows it.
    #[must_use]
    pub fn unknown(&self) -> Option<&str> {
        match self {
            Self::Unknown(why) => Some(why),
            Self::Known(_) | Self::Secret(_) => None,
        }
    }

    /// The cell in the words of a feature: `?` for what nobody knows, `any` where a table leaves it open.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Unknown(why) if why == LEFT_OPEN => ANY,
            cell => cell.known().unwrap_or("?"),
        }
    }

    /// Whether two cells say the same, as far as both are known.
    #[must_use]
    pub fn agrees(&self, other: &Self) -> bool {
        self.unknown().is_some() || other.unknown().is_some() || self == other
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::Known(text.into())
    }
}

/// What a table writes for what it leaves open.
const ANY: &str = "any";
/// Why a cell is unknown that a table leaves open.
const LEFT_OPEN: &str = "the table leaves it open";

/// A fact as a row of its topic's table; the first cell is its subject.
pub type Row = Fact<Vec<Cell>>;

impl Row {
    /// A row that a file says.
    pub fn new<C: Into<Cell>>(
        subject: &str,
        cells: impl IntoIterator<Item = C>,
        at: Option<Origin>,
    ) -> Self {
        let first = std::iter::once(Cell::from(subject));
        Self {
            subject: subject.to_owned(),
            value: first.chain(cells.into_iter().map(Into::into)).collect(),
            shown: String::new(),
            at: at.filter(|origin| origin.place.file().is_some()),
        }
    }

    /// A row of a feature's table; `any` is left open where that is said to be so, but for the first
    /// cell: that is a name.
    #[must_use]
    pub fn written(cells: &[String], open: bool) -> Self {
        let cell = |(at, text): (usize, &String)| match text.as_str() {
            ANY if open && at > 0 => Cell::Unknown(LEFT_OPEN.into()),
            text => text.into(),
        };
        let subject = cells.first().cloned().unwrap_or_default();
        Self {
            subject,
            value: cells.iter().enumerate().map(cell).collect(),
            shown: String::new(),
            at: None,
        }
    }

    /// The row as tables can say it: of a secret its length.
    #[must_use]
    pub fn sayable(self) -> Self {
        let cell = |cell: Cell| match cell {
            Cell::Secret(secret) => Cell::Known(secret.shown),
            cell => cell,
        };
        Self { value: self.value.into_iter().map(cell).collect(), ..self }
    }

    /// The row in the words of a feature: `| db | 3306 | 3306 | loopback |`, `?` for what nobody knows.
    #[must_use]
    pub fn line(&self) -> String {
        let cells = self.value.iter().map(Cell::word);
        format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
    }
}

/// What is not as it should be, with its own place.
#[derive(Debug, Clone)]
pub struct Violation {
    /// What it is about.
    pub subject: String,
    /// What should be so.
    pub expected: String,
    /// What is so instead.
    pub found: String,
    /// Where the files say it, or declare the subject.
    pub at: Option<Origin>,
    /// What to do.
    pub help: String,
}

/// A kind of facts.
#[derive(Debug, Clone, Copy)]
pub struct Topic {
    /// `ports`, `limits`, …: a word for command lines and sentences.
    pub name: &'static str,
    /// What it is about, in one line.
    pub about: &'static str,
    /// The columns of its table; the first is the subject.
    pub columns: &'static [&'static str],
    /// The columns that say which thing a row is about, by their numbers; the others say what is so
    /// of it.
    pub keys: &'static [usize],
    /// The key of the Compose files under which it is declared, for a subject without a row.
    pub key: &'static str,
    /// The closed sentence that states all of it, without its keyword; its table has these columns.
    pub sentence: Option<&'static str>,
    /// Reads it from the files, sorted by the order of the files.
    pub declared: fn(&Project) -> Vec<Row>,
}

/// Every topic, in the order in which people read about a stack.
pub const TOPICS: &[Topic] = &[
    services::TOPIC,
    images::TOPIC,
    builds::TOPIC,
    ports::TOPIC,
    mounts::TOPIC,
    writable::TOPIC,
    volumes::TOPIC,
    networks::TOPIC,
    networks::ATTACHMENTS,
    dependencies::TOPIC,
    command::TOPIC,
    environment::TOPIC,
    given::SECRETS,
    given::CONFIGS,
    health::TOPIC,
    restart::TOPIC,
    replicas::TOPIC,
    limits::TOPIC,
    rights::TOPIC,
    logging::TOPIC,
    profiles::TOPIC,
];

/// A topic by its name.
#[must_use]
pub fn topic(name: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.name == name)
}

impl Topic {
    /// Whether its rows are about services, and not about a section of the files.
    #[must_use]
    pub fn is_of_services(&self) -> bool {
        self.columns.first() == Some(&"service")
    }

    /// Whether its sentence takes `any` for what a table leaves open.
    #[must_use]
    pub fn leaves_open(&self) -> bool {
        const OPEN: [&str; 11] = [
            environment::TOPIC.name,
            given::SECRETS.name,
            given::CONFIGS.name,
            images::TOPIC.name,
            networks::ATTACHMENTS.name,
            command::TOPIC.name,
            health::TOPIC.name,
            restart::TOPIC.name,
            replicas::TOPIC.name,
            rights::TOPIC.name,
            logging::TOPIC.name,
        ];
        OPEN.contains(&self.name)
    }
}

/// A row for each service, with what a function says of it, at the first of some keys.
fn each(project: &Project, keys: &[&str], cells: impl Fn(&str, &Service) -> Vec<Cell>) -> Vec<Row> {
    let row = |(name, service): (&String, &Located<Service>)| {
        Row::new(name, cells(name, service), Some(place(project, name, keys)))
    };
    answers::services::made(project).map(row).collect()
}

/// A place if a file says it, else that of a service's key, else the service itself.
fn at(origin: Origin, project: &Project, service: &str, key: &str) -> Origin {
    let written = origin.place.file().is_some();
    if written { origin } else { place(project, service, &[key]) }
}

/// `yes` or `no`.
fn yes_or_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

/// A text that may be left out.
fn text(value: Option<&Located<String>>) -> &str {
    value.map_or("", |value| value.as_str())
}

/// Names in one cell, `none` without any.
fn listed<S: AsRef<str>>(names: &[S]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Where the first of these keys of a service is written, else the service itself.
pub(crate) fn place(project: &Project, service: &str, keys: &[&str]) -> Origin {
    let tree = project.tree.get("services").and_then(Node::as_mapping);
    let Some((key, node)) = tree.and_then(|services| services.entry(service)) else {
        return Origin::IMPLIED;
    };
    let written = keys.iter().find_map(|key| {
        let (key, _) = node.as_mapping()?.entry(key)?;
        key.origin.place.file().is_some().then_some(key.origin)
    });
    written.unwrap_or(if key.origin.place.file().is_some() { key.origin } else { node.origin })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of a topic that a Compose file of the folder `/` declares.
    pub(super) fn lines(name: &str, text: &str) -> Vec<String> {
        let project: Project =
            crate::compose::project::load_text("compose.yaml", text).expect("a model").into();
        let rows = (topic(name).expect("a topic").declared)(&project);
        rows.iter().map(Row::line).collect()
    }

    #[test]
    fn a_topic_is_one_of_its_kind_and_its_rows_have_its_columns() {
        let text = "services:\n  a:\n    image: a\n    build: .\n    ports: ['80:80']\n    volumes: ['data:/d']\n    environment: {A: b}\n    secrets: [s]\n    configs: [c]\n    depends_on: [b]\n    profiles: []\n  b: {image: b}\n  p: {image: p, profiles: [x]}\nvolumes: {data: }\nsecrets: {s: {file: ./s}}\nconfigs: {c: {file: ./c}}\n";
        let project: Project =
            crate::compose::project::load_text("compose.yaml", text).expect("a model").into();
        for (at, topic) in TOPICS.iter().enumerate() {
            let name = topic.name;
            assert!(TOPICS[..at].iter().all(|other| other.name != name), "{name} twice");
            assert!(topic.keys.iter().all(|key| *key < topic.columns.len()), "{name}");
            assert!(topic.keys.contains(&0), "{name}");
            let rows = (topic.declared)(&project);
            assert!(!rows.is_empty(), "{name} has no row");
            for row in rows {
                assert_eq!(row.value.len(), topic.columns.len(), "{name}: {}", row.line());
                assert_eq!(row.value[0].known(), Some(row.subject.as_str()), "{name}");
                assert!(row.at.is_some() || name == "networks", "{name}: {}", row.line());
            }
        }
    }

    #[test]
    fn what_a_table_leaves_open_is_told_as_it_is_written() {
        let cells = ["a".to_owned(), "any".to_owned()];
        assert_eq!(Row::written(&cells, true).line(), "| a | any |");
        assert_eq!(Row::written(&cells, false).line(), "| a | any |");
        let row = Row::new("a", [Cell::Unknown("the image decides".into())], None);
        assert_eq!(row.line(), "| a | ? |");
    }

    #[test]
    fn a_table_leaves_open_what_it_says_of_a_thing_and_not_the_thing() {
        let row = Row::written(&["any".to_owned(), "any".to_owned()], true);
        let [name, open] = &row.value[..] else { panic!("two cells: {row:?}") };
        assert_eq!(*name, Cell::from("any"));
        assert!(matches!(open, Cell::Unknown(_)), "{open:?}");
    }

    #[test]
    fn a_secret_is_compared_and_not_shown() {
        let (one, other) = (Cell::secret("hunter2"), Cell::secret("hunter3"));
        assert_ne!(one, other);
        assert_eq!(one, Cell::secret("hunter2"));
        assert!(!format!("{one:?}").contains("hunter2"));
        assert_eq!(one.known(), Some("7 characters that are not shown"));
        assert_eq!(Cell::secret("x").known(), Some("1 character that is not shown"));
    }
}
