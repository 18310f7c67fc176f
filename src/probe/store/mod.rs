//! Stores: what a database holds, what lies at the keys of a key-value store, and what both are asked.
//!
//! Which product a container runs is said by [`detect`]; [`SPOKEN`] says what can be asked of it. Each
//! product is a file here and a line there, and speaks through [`Database`] or [`KeyValue`], so that
//! whoever asks knows no product by name. The credentials are those that the service itself was given.

mod contents;
pub mod dump;
mod mysql;
mod postgres;
pub mod redis;

use std::fmt;

use futures::future::LocalBoxFuture;
use indexmap::IndexMap;

pub use self::contents::{Part, Rows, differences};
use super::{ProbeError, listeners};
use crate::{
    facts::products::{self, Product, Signs},
    stack::{
        dial,
        engine::{Container, Engine},
    },
};

/// A row: values as text by column; `None` is SQL's NULL.
pub type Record = IndexMap<String, Option<String>>;
/// What an answer of a store takes.
pub type Answer<'a, T> = LocalBoxFuture<'a, Result<T, ProbeError>>;
/// Connects to a database.
pub type OpenDatabase = for<'a> fn(&'a Container, Login) -> Answer<'a, Box<dyn Database>>;
/// Connects to a key-value store.
pub type OpenKeyValue = for<'a> fn(&'a Container) -> Answer<'a, Box<dyn KeyValue>>;
/// Begins to listen to a store.
pub type OpenTap = fn(Container) -> Answer<'static, Box<dyn Tap>>;

/// As whom to connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// The application's user and database.
    Application,
    /// The administrator.
    Root,
}

/// An open connection to a database.
pub trait Database: fmt::Debug {
    /// The rows of a table in which every given column has the given text, or is NULL; `None` when
    /// there is no such table.
    fn rows<'a>(
        &'a mut self,
        table: &'a str,
        wanted: &'a [(String, Option<String>)],
    ) -> Answer<'a, Option<Vec<Record>>>;

    /// How many rows a table has; `None` when there is no such table.
    fn count<'a>(&'a mut self, table: &'a str) -> Answer<'a, Option<u64>>;

    /// The schemas that have a table of this name, where it is not looked for.
    fn elsewhere<'a>(&'a mut self, _table: &'a str) -> Answer<'a, Vec<String>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// What a statement that only reads returns: its columns, and the values of each row.
    fn query<'a>(&'a mut self, statement: &'a str) -> Answer<'a, Table>;

    /// The names of the server's databases that the user may see, in order.
    fn databases(&mut self) -> Answer<'_, Vec<String>>;

    /// The names of the extensions that are installed in the database.
    fn extensions(&mut self) -> Answer<'_, Vec<String>>;

    /// How a statement would be executed.
    fn plan<'a>(&'a mut self, statement: &'a str) -> Answer<'a, Plan>;

    /// What a user may do, and what of it is all rights on one database.
    fn rights<'a>(&'a mut self, user: &'a str, database: &'a str) -> Answer<'a, Rights>;

    /// All that a database holds.
    fn contents<'a>(&'a mut self, database: &'a str) -> Answer<'a, Vec<Part>>;

    /// Ends the connection in good order.
    fn close(self: Box<Self>) -> LocalBoxFuture<'static, ()>;
}

/// What a query returned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// The names of its columns.
    pub columns: Vec<String>,
    /// The values of each row, as text; `None` is SQL's NULL.
    pub rows: Vec<Vec<Option<String>>>,
}

/// How a database would execute a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// In the server's words, a line a step.
    pub lines: Vec<String>,
    /// The first table that it would read.
    pub table: Option<String>,
    /// Whether it would read a table as a whole, or without a key.
    pub scans: bool,
}

/// What a user of a database may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// Each right in the server's words; none when there is no such user.
    pub all: Vec<String>,
    /// Whether one of them is all rights on the database.
    pub owns: bool,
    /// Whether any is about something else.
    pub more: bool,
    /// How a service gets a user that owns one database and nothing else.
    pub advice: &'static str,
}

/// How long a key lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// There is no such key.
    None,
    /// Until somebody removes it.
    Endless,
    /// So long from now.
    Ends(std::time::Duration),
}

/// Whether a user may run a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permission {
    /// The user may.
    Given,
    /// The user may not, in the server's words.
    Refused(String),
    /// There is no such user; these are there.
    NoUser(Vec<String>),
}

/// An open connection to a key-value store.
pub trait KeyValue: fmt::Debug {
    /// What lies at a key: a `string`, a `list`, a `hash`; `None` when there is no such key.
    fn kind<'a>(&'a self, key: &'a str) -> Answer<'a, Option<String>>;

    /// The string at a key; `None` when there is no such key.
    fn value<'a>(&'a self, key: &'a str) -> Answer<'a, Option<String>>;

    /// The names of keys that fit a pattern, in order (`*` is any text).
    fn keys<'a>(&'a self, pattern: &'a str) -> Answer<'a, Vec<String>>;

    /// The items of a list; empty when there is no such key.
    fn list<'a>(&'a self, key: &'a str) -> Answer<'a, Vec<String>>;

    /// The fields of a hash, in order; none when there is no such key.
    fn hash<'a>(&'a self, key: &'a str) -> Answer<'a, Record>;

    /// The members of a set, in order; empty when there is no such key.
    fn members<'a>(&'a self, key: &'a str) -> Answer<'a, Vec<String>>;

    /// The entries of a stream, each its id and its fields in a line; empty when there is no such key.
    fn stream<'a>(&'a self, key: &'a str) -> Answer<'a, Vec<String>>;

    /// How long a key lives.
    fn life<'a>(&'a self, key: &'a str) -> Answer<'a, Life>;

    /// Whether a user may run a command, which is not run.
    fn may<'a>(&'a self, user: &'a str, command: &'a str) -> Answer<'a, Permission>;

    /// Sets a key to a string.
    fn set<'a>(&'a self, key: &'a str, value: &'a str) -> Answer<'a, ()>;

    /// Subscribes to a channel.
    fn subscribe<'a>(&'a self, channel: &'a str) -> Answer<'a, Subscription>;
}

/// What listens to a store: it is opened before the request that a scenario asks about, and tells
/// afterwards which commands carried its id. Whoever hears nothing proves first that it would have.
pub trait Tap: fmt::Debug + Send + Sync {
    /// The container that is listened to.
    fn container(&self) -> &Container;

    /// Whether the connection by which it listens is still there, as far as we know.
    fn is_open(&self) -> bool;

    /// The commands or statements heard so far in which a text occurs.
    fn heard<'a>(&'a self, text: &'a str) -> Answer<'a, Vec<String>>;

    /// Puts the server's settings back.
    fn close(&self) -> Answer<'_, ()>;
}

/// An open subscription to a channel.
#[derive(Debug)]
pub struct Subscription {
    /// The service whose server it is.
    pub service: String,
    /// The channel's name.
    pub channel: String,
    messages: tokio::sync::mpsc::UnboundedReceiver<String>,
    /// What arrived so far.
    pub heard: Vec<String>,
}

impl Subscription {
    /// Waits for a message that contains a text; `None` when none came in time.
    pub async fn hear(&mut self, text: &str, limit: std::time::Duration) -> Option<String> {
        if let Some(heard) = self.heard.iter().find(|heard| heard.contains(text)) {
            return Some(heard.clone());
        }
        let deadline = tokio::time::Instant::now() + limit;
        while let Ok(Some(message)) = tokio::time::timeout_at(deadline, self.messages.recv()).await
        {
            self.heard.push(message.clone());
            if message.contains(text) {
                return Some(message);
            }
        }
        None
    }
}

/// What can be asked of a product, and how.
#[derive(Debug)]
pub struct Spoken {
    /// The products by their names in [`products::PRODUCTS`].
    products: &'static [&'static str],
    database: Option<OpenDatabase>,
    key_value: Option<OpenKeyValue>,
    tap: Option<OpenTap>,
    /// What its server needs so that it can be listened to.
    to_be_heard: &'static str,
    dump: Option<dump::Load>,
}

impl Spoken {
    /// A store that keeps to itself what it is asked: its log says nothing of it.
    const fn deaf(products: &'static [&'static str]) -> Self {
        Self { products, to_be_heard: "", database: None, key_value: None, tap: None, dump: None }
    }
}

/// Whom we can ask; a product a line.
static SPOKEN: &[Spoken] = &[
    mysql::SPOKEN,
    postgres::SPOKEN,
    redis::SPOKEN,
    Spoken::deaf(&["MongoDB"]),
    Spoken::deaf(&["Memcached"]),
];

fn spoken(product: &Product) -> Option<&'static Spoken> {
    SPOKEN.iter().find(|spoken| spoken.products.contains(&product.name))
}

/// The names of the products of which something can be asked.
fn names(asks: impl Fn(&Spoken) -> bool) -> Vec<&'static str> {
    let fits = SPOKEN.iter().filter(|spoken| asks(spoken));
    fits.flat_map(|spoken| spoken.products).copied().collect()
}

/// A way to ask a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// For rows.
    Database,
    /// For keys.
    KeyValue,
    /// For the statements that it is given by others.
    Tap,
    /// By a dump that it is to restore.
    Dump,
}

/// The products that can be asked in a way.
#[must_use]
pub fn asked(means: Means) -> Vec<&'static str> {
    names(|spoken| match means {
        Means::Database => spoken.database.is_some(),
        Means::KeyValue => spoken.key_value.is_some(),
        Means::Tap => spoken.tap.is_some(),
        Means::Dump => spoken.dump.is_some(),
    })
}

/// The product that a container runs: by its programs while it runs, else by its image and command.
///
/// # Errors
/// When the engine does not list its programs.
pub async fn detect(
    engine: &Engine,
    container: &Container,
) -> Result<Option<&'static Product>, ProbeError> {
    let mut programs = None;
    if container.state == "running" {
        let listed = engine.programs(container).await;
        let doing = || format!("see which programs run in {}", container.name);
        programs = Some(listed.map_err(|why| ProbeError::new(doing(), &why))?);
    }
    Ok(products::detect(&signs(container, programs.as_deref())))
}

fn signs<'a>(container: &'a Container, programs: Option<&'a [String]>) -> Signs<'a> {
    Signs {
        image: Some(&container.image),
        command: container.command.iter().map(String::as_str).collect(),
        programs,
        ports: Vec::new(),
        variables: container.environment.keys().map(String::as_str).collect(),
    }
}

/// As [`detect`]; a server under a name that nobody knows is known by the port that it listens on.
async fn detect_by_port(
    engine: &Engine,
    container: &Container,
) -> Result<Option<&'static Product>, ProbeError> {
    if let Some(product) = detect(engine, container).await? {
        return Ok(Some(product));
    }
    let doing = || format!("see which ports {} listens on", container.name);
    let tables = dial::tables(container).await;
    let tables = tables.map_err(|why| ProbeError::unreached(doing(), &why))?;
    let ports: Vec<u16> =
        listeners::in_tables(&tables).into_iter().map(|listener| listener.port).collect();
    let asked = ports.iter().find_map(|port| products::listening_on(*port));
    Ok(products::detect(&Signs { ports, ..signs(container, Some(&[])) }).or(asked))
}

/// What a service runs, by its product, else by its image.
fn runs(container: &Container, product: Option<&Product>) -> String {
    let what = product.map_or_else(
        || format!("the image {}", container.image),
        |product| product.name.to_owned(),
    );
    format!("service \"{}\" runs {what}", container.service)
}

/// What a service runs in place of a product; none where it does run that, or nobody can tell.
pub async fn in_place_of(engine: &Engine, container: &Container, wanted: &str) -> Option<String> {
    let found = detect_by_port(engine, container).await.ok()?;
    // Before its server listens, its image alone tells.
    let by_image = products::detect(&signs(container, None));
    if found.into_iter().chain(by_image).any(|product| product.name == wanted) {
        return None;
    }
    Some(format!("{}, not {wanted}", runs(container, found.or(by_image))))
}

/// How a container is asked for something; an error that names what runs there instead.
async fn way<T>(
    engine: &Engine,
    container: &Container,
    what: &str,
    of: impl Fn(&Spoken) -> Option<T>,
) -> Result<T, ProbeError> {
    let product = detect_by_port(engine, container).await?;
    let way = product.and_then(spoken).and_then(&of);
    way.ok_or_else(|| {
        let known = names(|spoken| of(spoken).is_some()).join(", ");
        let runs = runs(container, product);
        ProbeError {
            doing: format!("ask {} as {what}", container.name),
            why: format!("{runs}, not {known}; name the service in which one of them runs"),
        }
    })
}

/// How the database in a container is connected to.
///
/// # Errors
/// When none runs there that we can ask; when nobody can tell.
pub async fn database(engine: &Engine, container: &Container) -> Result<OpenDatabase, ProbeError> {
    way(engine, container, "a database", |spoken| spoken.database).await
}

/// Connects to the key-value store in a container.
///
/// # Errors
/// As [`database`], and the server's refusal.
pub async fn key_value(
    engine: &Engine,
    container: &Container,
) -> Result<Box<dyn KeyValue>, ProbeError> {
    let open = way(engine, container, "a key-value store", |spoken| spoken.key_value).await?;
    open(container).await
}

/// All that a database of a container holds, as its administrator sees it.
///
/// # Errors
/// As [`database`], and the server's refusal.
pub async fn contents(
    engine: &Engine,
    container: &Container,
    database: &str,
) -> Result<Vec<Part>, ProbeError> {
    let open = self::database(engine, container).await?;
    let mut connection = open(container, Login::Root).await?;
    let parts = connection.contents(database).await;
    connection.close().await;
    parts
}

/// Why a store cannot be listened to, and what it needs.
#[derive(Debug)]
pub struct Deaf {
    /// What was tried, and what came of it.
    pub why: ProbeError,
    /// What it needs to be.
    pub needs: String,
}

/// Listens to the store in a container; none where none runs whose commands its log does not tell.
///
/// # Errors
/// A store that cannot be listened to.
pub async fn tap(engine: &Engine, container: Container) -> Result<Option<Box<dyn Tap>>, Deaf> {
    let listened = || names(|spoken| spoken.tap.is_some()).join(", ");
    let deaf = |why| Deaf { why, needs: format!("seaworthy can listen to {}", listened()) };
    let Some(product) = detect(engine, &container).await.map_err(deaf)? else { return Ok(None) };
    let Some(spoken) = spoken(product) else { return Ok(None) };
    let Some(open) = spoken.tap else {
        return Err(deaf(ProbeError {
            doing: format!("listen to {} in {}", product.name, container.name),
            why: "there is no way to see which commands it is given".into(),
        }));
    };
    let opened = open(container).await;
    opened.map(Some).map_err(|why| Deaf { why, needs: spoken.to_be_heard.to_owned() })
}

/// Whether a statement reads: whether it is, or holds, a query.
#[must_use]
pub fn reads(statement: &str) -> bool {
    statement.to_lowercase().contains("select")
}

/// A row in one line.
#[must_use]
pub fn shown(record: &Record) -> String {
    let cells: Vec<String> =
        record.iter().map(|(name, value)| format!("{name}={}", cell(value.as_deref()))).collect();
    cells.join(" ")
}

/// A value as a cell of a feature's table: SQL's NULL is `NULL`, and what would be read as something
/// else stands in quotes.
#[must_use]
pub fn cell(value: Option<&str>) -> String {
    match value {
        None => "NULL".to_owned(),
        Some(text) if text == "NULL" || text != text.trim() || text.starts_with('"') => {
            format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
        }
        Some(text) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_product_that_is_spoken_to_is_known_and_has_one_line() {
        let mut seen = Vec::new();
        for name in SPOKEN.iter().flat_map(|spoken| spoken.products) {
            assert!(products::PRODUCTS.iter().any(|known| known.name == *name), "{name}");
            assert!(!seen.contains(name), "{name} has two lines");
            seen.push(*name);
        }
    }
}
