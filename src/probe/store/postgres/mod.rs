//! PostgreSQL over the network, with the credentials that the service itself was given.
//!
//! Everything is asked by the simple protocol, whose answers are text whatever their types are.

mod contents;
mod rights;

use futures::future::LocalBoxFuture;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage, error::SqlState};

use super::{
    Answer, Database, Login, Part, Plan, Record, Rights, Spoken, Table,
    dump::{DUMP, Load},
};
use crate::{
    probe::{ProbeError, credentials},
    stack::{dial, engine::Container},
};

/// The protocol's port.
const PORT: u16 = 5432;

/// What can be asked of PostgreSQL. Its log is the container's own, and is not switched on from here.
pub(super) const SPOKEN: Spoken = Spoken {
    products: &["PostgreSQL"],
    database: Some(open),
    key_value: None,
    tap: None,
    to_be_heard: "",
    dump: Some(Load {
        command: load,
        end: "it must end with `PostgreSQL database dump complete`, and bring every role that it names, as that of `pg_dumpall` does",
    }),
};

/// Waits for the server that listens on TCP, as that of the first start does not; then loads the dump,
/// whether it is SQL or `pg_dump`'s own format. What `pg_dumpall` makes, and the empty server has of its
/// own, is no error: its user and its database.
fn load(database: &str) -> String {
    let database = database.replace('\'', "'\\''");
    format!(
        "export PGHOST=127.0.0.1 PGUSER=\"${{POSTGRES_USER:-postgres}}\" \
         PGPASSWORD=\"${{POSTGRES_PASSWORD:-$(cat \"$POSTGRES_PASSWORD_FILE\")}}\" PGDATABASE='{database}'; \
         until pg_isready --quiet; do sleep 0.1; done; \
         if [ \"$(head -c 5 {DUMP})\" = PGDMP ]; then pg_restore --exit-on-error --dbname=\"$PGDATABASE\" {DUMP}; \
         else psql --no-psqlrc --quiet --file={DUMP} 2>&1 >/dev/null | \
         if grep --extended-regexp 'ERROR:|FATAL:|error:' | \
         grep --invert-match --extended-regexp 'ERROR:  (role|database) \"[^\"]*\" already exists'; \
         then exit 1; fi; fi 2>&1"
    )
}

/// A connection to a server.
struct Postgres {
    client: Client,
    container: Container,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "PostgreSQL in {}", self.container.name)
    }
}

fn open(container: &Container, _login: Login) -> Answer<'_, Box<dyn Database>> {
    // The image knows one user, who is the application's and the administrator.
    Box::pin(async move {
        let client = connect(container, None).await?;
        Ok(Box::new(Postgres { client, container: container.clone() }) as Box<dyn Database>)
    })
}

/// Connects to the server in a container, and to one of its databases.
///
/// The credentials are those of the official image's variables (`POSTGRES_USER`, `POSTGRES_PASSWORD`,
/// `POSTGRES_DB`) or of Bitnami's (`POSTGRESQL_USERNAME`, …), or of the files that their `…_FILE` forms
/// name.
///
/// # Errors
/// No credentials, no way to the container's network, or the server's refusal.
async fn connect(container: &Container, database: Option<&str>) -> Result<Client, ProbeError> {
    let doing = format!("connect to PostgreSQL in {}", container.name);
    let one_of = async |names: [&str; 2]| {
        for name in names {
            if let Some(value) = credentials::variable(container, name).await {
                return Some(value);
            }
        }
        None
    };
    let user = one_of(["POSTGRES_USER", "POSTGRESQL_USERNAME"]).await;
    let user = user.unwrap_or_else(|| "postgres".into());
    let password = one_of(["POSTGRES_PASSWORD", "POSTGRESQL_PASSWORD"]).await;
    let trusts = container.environment.get("POSTGRES_HOST_AUTH_METHOD");
    if password.is_none() && trusts.is_none_or(|method| method != "trust") {
        return Err(ProbeError { doing, why: "its environment names no password (POSTGRES_PASSWORD or POSTGRESQL_PASSWORD, or their _FILE forms)".into() });
    }
    let given = one_of(["POSTGRES_DB", "POSTGRESQL_DATABASE"]).await;
    let database = database.map(str::to_owned).or(given).unwrap_or_else(|| user.clone());
    let port = container.environment.get("PGPORT").and_then(|port| port.parse().ok());
    let at = dial::once(container, port.unwrap_or(PORT))
        .await
        .map_err(|why| ProbeError::unreached(doing.clone(), &why))?;
    let mut config = Config::new();
    config.user(&user).dbname(&database).host(at.ip().to_string()).port(at.port());
    config.application_name("seaworthy");
    if let Some(password) = password {
        config.password(password);
    }
    let opened = config.connect(NoTls).await;
    let (client, connection) = opened.map_err(|why| ProbeError::new(doing.clone(), &why))?;
    tokio::spawn(async move {
        // A connection that ends is told by the next question.
        let _ended = connection.await;
    });
    // Nothing that is asked changes anything, and a quote is a quote whatever the server's settings are.
    let settings = "SET default_transaction_read_only = on; SET standard_conforming_strings = on";
    client.batch_execute(settings).await.map_err(|why| ProbeError::new(doing, &why))?;
    Ok(client)
}

/// What a statement returns.
async fn ask(client: &Client, statement: &str) -> Result<Table, tokio_postgres::Error> {
    let mut table = Table::default();
    for message in client.simple_query(statement).await? {
        match message {
            SimpleQueryMessage::RowDescription(columns) => {
                table.columns = columns.iter().map(|column| column.name().to_owned()).collect();
            }
            SimpleQueryMessage::Row(row) => {
                table.rows.push((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect());
            }
            _ => {}
        }
    }
    Ok(table)
}

/// The values of a statement's first column.
async fn lines(client: &Client, statement: &str) -> Result<Vec<String>, tokio_postgres::Error> {
    let table = ask(client, statement).await?;
    Ok(table.rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
}

/// Where the tables of a name are.
#[derive(Debug, Default, PartialEq, Eq)]
struct Places {
    /// In quotes, the one that the name means: in the search path, or in the schema that it names.
    in_reach: Option<String>,
    /// Other schemas that have one of this name.
    elsewhere: Vec<String>,
}

impl Places {
    /// From schema, table and whether it is in the search path, a row a table.
    fn of(name: &str, rows: Vec<Vec<Option<String>>>) -> Self {
        let mut places = Self::default();
        let mut by_schema = None;
        for row in rows {
            let [Some(schema), Some(table), Some(visible)] = &row[..] else { continue };
            let whole = format!("{}.{}", quoted(schema), quoted(table));
            if table != name {
                by_schema = Some(whole);
            } else if visible == "t" {
                places.in_reach = Some(whole);
            } else {
                places.elsewhere.push(schema.clone());
            }
        }
        places.in_reach = places.in_reach.or(by_schema);
        places
    }
}

impl Postgres {
    /// Looks for a table or view; what else has a name there (a sequence, an index) is none.
    async fn find(&self, table: &str) -> Result<Places, ProbeError> {
        let name = literal(table);
        let statement = format!(
            "SELECT n.nspname, c.relname, pg_catalog.pg_table_is_visible(c.oid) \
             FROM pg_catalog.pg_class AS c \
             JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
             WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') \
             AND (c.relname = {name} OR n.nspname || '.' || c.relname = {name}) \
             ORDER BY n.nspname"
        );
        let found = ask(&self.client, &statement).await;
        let found =
            found.map_err(|why| ProbeError::new(format!("look for table \"{table}\""), &why))?;
        Ok(Places::of(table, found.rows))
    }
}

impl Database for Postgres {
    fn rows<'a>(
        &'a mut self,
        table: &'a str,
        wanted: &'a [(String, Option<String>)],
    ) -> Answer<'a, Option<Vec<Record>>> {
        Box::pin(async move {
            let conditions = wanted.iter().map(|(column, value)| {
                let column = quoted(column);
                value.as_ref().map_or_else(
                    || format!("{column} IS NULL"),
                    |value| format!("CAST({column} AS text) = {}", literal(value)),
                )
            });
            let conditions: Vec<String> = conditions.collect();
            let Some(found) = self.find(table).await?.in_reach else { return Ok(None) };
            let mut statement = format!("SELECT * FROM {found}");
            if !conditions.is_empty() {
                statement = format!("{statement} WHERE {}", conditions.join(" AND "));
            }
            let doing = || format!("read table \"{table}\"");
            let Some(Table { columns, rows }) =
                of_table(ask(&self.client, &statement).await, doing)?
            else {
                return Ok(None);
            };
            let record = |row: Vec<Option<String>>| columns.iter().cloned().zip(row).collect();
            Ok(Some(rows.into_iter().map(record).collect()))
        })
    }

    fn count<'a>(&'a mut self, table: &'a str) -> Answer<'a, Option<u64>> {
        Box::pin(async move {
            let Some(found) = self.find(table).await?.in_reach else { return Ok(None) };
            let statement = format!("SELECT count(*) FROM {found}");
            let doing = || format!("count the rows of table \"{table}\"");
            let Some(counted) = of_table(lines(&self.client, &statement).await, doing)? else {
                return Ok(None);
            };
            let number = counted.first().and_then(|number| number.parse().ok());
            let nothing = || ProbeError { doing: doing(), why: "the server says no number".into() };
            number.map(Some).ok_or_else(nothing)
        })
    }

    fn elsewhere<'a>(&'a mut self, table: &'a str) -> Answer<'a, Vec<String>> {
        Box::pin(async move { Ok(self.find(table).await?.elsewhere) })
    }

    fn query<'a>(&'a mut self, statement: &'a str) -> Answer<'a, Table> {
        Box::pin(async move {
            let answered = ask(&self.client, statement).await;
            answered.map_err(|why| ProbeError::new(format!("run {statement}"), &why))
        })
    }

    fn databases(&mut self) -> Answer<'_, Vec<String>> {
        Box::pin(async move {
            let listed = lines(
                &self.client,
                "SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY datname",
            );
            listed.await.map_err(|why| ProbeError::new("list the databases", &why))
        })
    }

    fn extensions(&mut self) -> Answer<'_, Vec<String>> {
        Box::pin(async move {
            let listed =
                lines(&self.client, "SELECT extname FROM pg_extension ORDER BY extname").await;
            listed.map_err(|why| ProbeError::new("list the extensions", &why))
        })
    }

    fn plan<'a>(&'a mut self, statement: &'a str) -> Answer<'a, Plan> {
        Box::pin(async move {
            let doing = || format!("explain {statement}");
            // A small table is read as a whole although it has an index, unless that counts as dear.
            let explained = async {
                self.client.batch_execute("SET enable_seqscan = off").await?;
                lines(&self.client, &format!("EXPLAIN (COSTS OFF) {statement}")).await
            };
            explained.await.map(plan).map_err(|why| ProbeError::new(doing(), &why))
        })
    }

    fn rights<'a>(&'a mut self, user: &'a str, database: &'a str) -> Answer<'a, Rights> {
        Box::pin(async move {
            let read = rights::read(&self.client, user, database).await;
            read.map_err(|why| ProbeError::new(format!("read the rights of \"{user}\""), &why))
        })
    }

    fn contents<'a>(&'a mut self, database: &'a str) -> Answer<'a, Vec<Part>> {
        Box::pin(async move {
            // A connection speaks of one database only.
            let client = connect(&self.container, Some(database)).await?;
            let doing =
                format!("read the contents of database \"{database}\" in {}", self.container.name);
            contents::read(&client, &doing).await
        })
    }

    fn close(self: Box<Self>) -> LocalBoxFuture<'static, ()> {
        // Without its client, the connection says goodbye and ends.
        Box::pin(async move { drop(self) })
    }
}

/// An answer about a table; `None` when there is no such table.
fn of_table<T>(
    answer: Result<T, tokio_postgres::Error>,
    doing: impl Fn() -> String,
) -> Result<Option<T>, ProbeError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(why)
            if [SqlState::UNDEFINED_TABLE, SqlState::INVALID_SCHEMA_NAME]
                .iter()
                .any(|code| why.code() == Some(code)) =>
        {
            Ok(None)
        }
        Err(why) => Err(ProbeError::new(doing(), &why)),
    }
}

/// How PostgreSQL would execute a statement ("Using EXPLAIN" in its manual).
fn plan(lines: Vec<String>) -> Plan {
    let whole = |line: &String| {
        let (_, table) = line.split_once("Seq Scan on ")?;
        table.split_whitespace().next().map(str::to_owned)
    };
    let read = |line: &String| {
        let (_, table) = line.split_once(" on ").filter(|_| line.contains("Scan"))?;
        table.split_whitespace().next().map(str::to_owned)
    };
    let scanned = lines.iter().find_map(whole);
    let scans = scanned.is_some();
    Plan { table: scanned.or_else(|| lines.iter().find_map(read)), scans, lines }
}

/// An identifier in quotes ("Identifiers and Key Words" in PostgreSQL's manual).
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text in quotes.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_cannot_break_out_of_their_quotes() {
        assert_eq!(quoted("a\"b.c"), "\"a\"\"b.c\"");
        assert_eq!(literal("it's"), "'it''s'");
    }

    #[test]
    fn a_name_is_that_of_a_table_in_the_search_path_or_of_schema_and_table() {
        let of = |name: &str, rows: &[[&str; 3]]| {
            let rows = rows.iter().map(|row| row.map(|cell| Some(cell.to_owned())).to_vec());
            let Places { in_reach, elsewhere } = Places::of(name, rows.collect());
            (in_reach.unwrap_or_default(), elsewhere.join(", "))
        };
        let is = |in_reach: &str, elsewhere: &str| (in_reach.to_owned(), elsewhere.to_owned());
        assert_eq!(of("a", &[["public", "a", "t"]]), is("\"public\".\"a\"", ""));
        assert_eq!(of("a", &[["one", "a", "f"], ["two", "a", "f"]]), is("", "one, two"));
        assert_eq!(of("one.a", &[["one", "a", "f"]]), is("\"one\".\"a\"", ""));
        let both = [["one", "a", "f"], ["public", "one.a", "t"]];
        assert_eq!(of("one.a", &both), is("\"public\".\"one.a\"", ""));
        assert_eq!(of("a", &[]), is("", ""));
    }

    #[test]
    fn a_table_that_is_read_as_a_whole_is_named() {
        let of = |lines: &[&str]| plan(lines.iter().map(ToString::to_string).collect());
        let whole = of(&["Sort", "  ->  Seq Scan on orders o", "        Filter: (paid)"]);
        assert!(whole.scans && whole.table.as_deref() == Some("orders"), "{whole:?}");
        let keyed = of(&["Index Scan using orders_pkey on orders", "  Index Cond: (id = 1)"]);
        assert!(!keyed.scans && keyed.table.as_deref() == Some("orders"), "{keyed:?}");
    }

    #[tokio::test]
    async fn without_a_password_nobody_connects() {
        let container = credentials::tests::container("", &[("POSTGRES_USER", "aye")], Vec::new());
        let why = connect(&container, None).await.expect_err("no password").to_string();
        assert!(why.contains("POSTGRES_PASSWORD"), "{why}");
    }
}
