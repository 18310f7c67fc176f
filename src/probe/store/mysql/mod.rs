//! MySQL and MariaDB over the network, with the credentials that the service itself was given.

mod contents;
mod log;

use std::net::SocketAddr;

use futures::future::LocalBoxFuture;
use indexmap::IndexMap;
use mysql_async::{Conn, OptsBuilder, Row, Value, prelude::Queryable as _};

use super::{
    Answer, Database, Login, Part, Plan, Record, Rights, Spoken, Table,
    dump::{DUMP, Load},
    shown,
};
use crate::{
    probe::{ProbeError, credentials},
    stack::{dial, engine::Container},
};

/// The protocol's port.
const PORT: u16 = 3306;
/// `ER_NO_SUCH_TABLE` in "Server Error Message Reference" of MySQL's manual.
const NO_SUCH_TABLE: u16 = 1146;

/// What can be asked of MySQL and MariaDB.
pub(super) const SPOKEN: Spoken = Spoken {
    products: &["MySQL", "MariaDB"],
    database: Some(open),
    key_value: None,
    tap: Some(log::open),
    to_be_heard: "MySQL and MariaDB need the administrator's password in the service's environment (MYSQL_ROOT_PASSWORD, or its _FILE form)",
    dump: Some(Load {
        command: |database| {
            format!(
                "MYSQL_PWD=\"${{MYSQL_ROOT_PASSWORD:-$(cat \"$MYSQL_ROOT_PASSWORD_FILE\")}}\" mysql --user=root {database} < {DUMP}"
            )
        },
        end: "it must end with `-- Dump completed`",
    }),
};

/// A connection to a server.
#[derive(Debug)]
struct MySql {
    conn: Conn,
    /// The container's name.
    container: String,
}

fn open(container: &Container, login: Login) -> Answer<'_, Box<dyn Database>> {
    Box::pin(async move {
        let conn = connect(container, login).await?;
        Ok(Box::new(MySql { conn, container: container.name.clone() }) as Box<dyn Database>)
    })
}

impl Database for MySql {
    fn rows<'a>(
        &'a mut self,
        table: &'a str,
        wanted: &'a [(String, Option<String>)],
    ) -> Answer<'a, Option<Vec<Record>>> {
        Box::pin(rows(&mut self.conn, table, wanted))
    }

    fn count<'a>(&'a mut self, table: &'a str) -> Answer<'a, Option<u64>> {
        Box::pin(async move {
            let counted = self.conn.query_first(format!("SELECT COUNT(*) FROM {}", quoted(table)));
            match counted.await {
                Err(mysql_async::Error::Server(why)) if why.code == NO_SUCH_TABLE => Ok(None),
                counted => counted.map_err(|why| {
                    ProbeError::new(format!("count the rows of table \"{table}\""), &why)
                }),
            }
        })
    }

    fn query<'a>(&'a mut self, statement: &'a str) -> Answer<'a, Table> {
        Box::pin(async move {
            let failed =
                |why: mysql_async::Error| ProbeError::new(format!("run {statement}"), &why);
            self.conn.query_drop("SET SESSION TRANSACTION READ ONLY").await.map_err(failed)?;
            let mut result = self.conn.query_iter(statement).await.map_err(failed)?;
            let columns = result.columns();
            let columns = columns.iter().flat_map(|columns| columns.iter());
            let columns = columns.map(|column| column.name_str().into_owned()).collect();
            let rows: Vec<Row> = result.collect().await.map_err(failed)?;
            drop(result);
            let rows = rows.into_iter().map(|row| row.unwrap().into_iter().map(text).collect());
            Ok(Table { columns, rows: rows.collect() })
        })
    }

    fn databases(&mut self) -> Answer<'_, Vec<String>> {
        Box::pin(async move {
            let listed = self.conn.query("SHOW DATABASES").await;
            listed.map_err(|why| ProbeError::new("list the databases", &why))
        })
    }

    fn extensions(&mut self) -> Answer<'_, Vec<String>> {
        Box::pin(async move {
            Err(ProbeError {
                doing: format!("list the extensions in {}", self.container),
                why: "MySQL and MariaDB run there and have none; this is a sentence on PostgreSQL"
                    .into(),
            })
        })
    }

    fn plan<'a>(&'a mut self, statement: &'a str) -> Answer<'a, Plan> {
        Box::pin(plan(&mut self.conn, statement))
    }

    fn rights<'a>(&'a mut self, user: &'a str, database: &'a str) -> Answer<'a, Rights> {
        Box::pin(async move {
            let grants = grants(&mut self.conn, user).await;
            let doing = format!("read the rights of \"{user}\"");
            Ok(rights(grants.map_err(|why| ProbeError::new(doing, &why))?, database))
        })
    }

    fn contents<'a>(&'a mut self, database: &'a str) -> Answer<'a, Vec<Part>> {
        Box::pin(async move {
            let parts = contents::read(&mut self.conn, database).await;
            let doing =
                format!("read the contents of database \"{database}\" in {}", self.container);
            parts.map_err(|why| ProbeError::new(doing, &why))
        })
    }

    fn close(self: Box<Self>) -> LocalBoxFuture<'static, ()> {
        Box::pin(async move {
            let _closed = self.conn.disconnect().await;
        })
    }
}

/// Connects to the server in a container.
///
/// The credentials are those of the official image's variables (`MYSQL_USER`,
/// `MYSQL_PASSWORD`, `MYSQL_DATABASE`, `MYSQL_ROOT_PASSWORD`, or `MARIADB_…`), or of the files
/// that their `…_FILE` forms name.
///
/// # Errors
/// No credentials, no way to the container's network, or the server's refusal.
async fn connect(container: &Container, login: Login) -> Result<Conn, ProbeError> {
    let doing = format!("connect to MySQL in {}", container.name);
    let mut known = IndexMap::new();
    for name in ["USER", "PASSWORD", "ROOT_PASSWORD", "DATABASE"] {
        let mut value = credentials::variable(container, &format!("MYSQL_{name}")).await;
        if value.is_none() {
            value = credentials::variable(container, &format!("MARIADB_{name}")).await;
        }
        known.extend(value.map(|value| (name, value)));
    }
    let variable = |name: &str| known.get(name).cloned();
    let options = options(variable, login)
        .ok_or_else(|| ProbeError { doing: doing.clone(), why: "its environment names no user and password (MYSQL_USER, MYSQL_PASSWORD, MYSQL_ROOT_PASSWORD, or their _FILE forms)".into() })?;
    let at = dial::once(container, PORT)
        .await
        .map_err(|why| ProbeError::unreached(doing.clone(), &why))?;
    Conn::new(to(options, at)).await.map_err(|why| ProbeError::new(doing, &why))
}

/// The options with where the server is reached.
fn to(options: OptsBuilder, at: SocketAddr) -> OptsBuilder {
    options.ip_or_hostname(at.ip().to_string()).tcp_port(at.port()).prefer_socket(false)
}

fn options(variable: impl Fn(&str) -> Option<String>, login: Login) -> Option<OptsBuilder> {
    let (user, password) = match login {
        Login::Application => (variable("USER")?, variable("PASSWORD")?),
        Login::Root => ("root".to_owned(), variable("ROOT_PASSWORD")?),
    };
    Some(OptsBuilder::default().user(Some(user)).pass(Some(password)).db_name(variable("DATABASE")))
}

/// The rows of a table in which every given column has the given text; `None` when there is no such table.
///
/// # Errors
/// The server's, for instance that there is no such column.
async fn rows(
    conn: &mut Conn,
    table: &str,
    wanted: &[(String, Option<String>)],
) -> Result<Option<Vec<Record>>, ProbeError> {
    let doing = format!("read table \"{table}\"");
    // "Comparison Functions and Operators" in MySQL's manual: `<=>` knows NULL.
    let condition = |column: &String| format!("CAST({} AS CHAR) <=> ?", quoted(column));
    let conditions: Vec<String> = wanted.iter().map(|(column, _)| condition(column)).collect();
    let mut query = format!("SELECT * FROM {}", quoted(table));
    if !conditions.is_empty() {
        query = format!("{query} WHERE {}", conditions.join(" AND "));
    }
    let values: Vec<Value> = wanted.iter().map(|(_, value)| Value::from(value.as_ref())).collect();
    let rows: Vec<Row> = match conn.exec(query, values).await {
        Err(mysql_async::Error::Server(why)) if why.code == NO_SUCH_TABLE => return Ok(None),
        rows => rows.map_err(|why| ProbeError::new(doing, &why))?,
    };
    Ok(Some(rows.into_iter().map(record).collect()))
}

/// The rights of a user, from whatever hosts it may connect, as `SHOW GRANTS` prints them.
async fn grants(conn: &mut Conn, user: &str) -> Result<Vec<String>, mysql_async::Error> {
    // Each host of a user is an account of its own, with rights of its own.
    let hosts: Vec<String> =
        conn.exec("SELECT host FROM mysql.user WHERE user = ?", (user,)).await?;
    let mut grants = Vec::new();
    for host in hosts {
        let account = [user, &host].map(|part| format!("'{}'", part.replace('\'', "''"))).join("@");
        grants.extend(conn.query::<String, _>(format!("SHOW GRANTS FOR {account}")).await?);
    }
    Ok(grants)
}

fn rights(grants: Vec<String>, database: &str) -> Rights {
    let all = format!("GRANT ALL PRIVILEGES ON `{database}`.* TO ");
    let is_all = |grant: &String| grant.replace('\\', "").starts_with(&all);
    // USAGE is MySQL's word for no right at all.
    let is_none = |grant: &String| grant.starts_with("GRANT USAGE ON *.* TO ");
    Rights {
        owns: grants.iter().any(is_all),
        more: grants.iter().any(|grant| !is_none(grant) && !is_all(grant)),
        all: grants,
        advice: "give MYSQL_USER and MYSQL_DATABASE to the image and grant nothing by hand",
    }
}

/// How MySQL would execute a statement ("EXPLAIN Output Format" in its manual).
async fn plan(conn: &mut Conn, statement: &str) -> Result<Plan, ProbeError> {
    let rows: Vec<Row> = conn
        .query(format!("EXPLAIN FORMAT=TRADITIONAL {statement}"))
        .await
        .map_err(|why| ProbeError::new(format!("explain {statement}"), &why))?;
    let rows: Vec<Record> = rows.into_iter().map(record).collect();
    let of = |row: &Record, column: &str| row.get(column).cloned().flatten();
    let keyless = |row: &Record| {
        row.get("table").is_some_and(Option::is_some) && row.get("key").is_some_and(Option::is_none)
    };
    Ok(Plan {
        lines: rows.iter().map(shown).collect(),
        table: rows.iter().find_map(|row| of(row, "table")),
        // The type ALL is a full scan.
        scans: rows.iter().any(|row| of(row, "type").as_deref() == Some("ALL") || keyless(row)),
    })
}

/// An identifier in MySQL's quotes ("Schema Object Names" in its manual).
fn quoted(name: &str) -> String {
    name.split('.')
        .map(|part| format!("`{}`", part.replace('`', "``")))
        .collect::<Vec<_>>()
        .join(".")
}

fn record(row: Row) -> Record {
    let names: Vec<String> =
        row.columns_ref().iter().map(|column| column.name_str().into_owned()).collect();
    names.into_iter().zip(row.unwrap().into_iter().map(text)).collect()
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        other => Some(other.as_sql(true).trim_matches('\'').to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_cannot_break_out_of_their_quotes() {
        assert_eq!(quoted("a`b.c"), "`a``b`.`c`");
    }

    #[test]
    fn credentials_are_those_the_service_was_given() {
        let variable = |name: &str| match name {
            "USER" | "PASSWORD" => Some("aye".to_owned()),
            _ => None,
        };
        assert!(options(variable, Login::Application).is_some());
        assert!(options(variable, Login::Root).is_none());
    }

    #[test]
    fn a_right_on_anything_else_is_more() {
        let of =
            |grants: &[&str]| rights(grants.iter().map(ToString::to_string).collect(), "shop_1");
        let none = "GRANT USAGE ON *.* TO `aye`@`%`";
        let all = "GRANT ALL PRIVILEGES ON `shop\\_1`.* TO `aye`@`%`";
        let own = of(&[none, all]);
        assert!(own.owns && !own.more, "{own:?}");
        let more = of(&[none, all, "GRANT SELECT ON `other`.* TO `aye`@`%`"]);
        assert!(more.owns && more.more, "{more:?}");
        let less = of(&[none]);
        assert!(!less.owns && !less.more, "{less:?}");
    }
}
