//! MySQL and MariaDB over the network, with the credentials that the service itself was given.

use std::net::IpAddr;

use indexmap::IndexMap;
use mysql_async::{Conn, OptsBuilder, Row, Value, prelude::Queryable as _};

use super::ProbeError;
use crate::stack::engine::Container;

/// The protocol's port.
const PORT: u16 = 3306;

/// A row: values as text by column; `None` is SQL's NULL.
pub type Record = IndexMap<String, Option<String>>;

/// As whom to connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// The application's user and database.
    Application,
    /// The administrator.
    Root,
}

/// Connects to the server in a container.
///
/// The credentials are those of the official image's variables (`MYSQL_USER`,
/// `MYSQL_PASSWORD`, `MYSQL_DATABASE`, `MYSQL_ROOT_PASSWORD`, or `MARIADB_…`).
///
/// # Errors
/// No address, no credentials, or the server's refusal.
pub async fn connect(container: &Container, login: Login) -> Result<Conn, ProbeError> {
    let doing = format!("connect to MySQL in {}", container.name);
    let address = container.address().ok_or_else(|| ProbeError {
        doing: doing.clone(),
        why: "the container has no address".into(),
    })?;
    let options = options(address, &container.environment, login)
        .ok_or_else(|| ProbeError { doing: doing.clone(), why: "its environment names no user and password (MYSQL_USER, MYSQL_PASSWORD, MYSQL_ROOT_PASSWORD)".into() })?;
    Conn::new(options).await.map_err(|why| ProbeError::new(doing, &why))
}

fn options(
    address: IpAddr,
    environment: &IndexMap<String, String>,
    login: Login,
) -> Option<OptsBuilder> {
    let variable = |name: &str| {
        let found = environment.get(&format!("MYSQL_{name}"));
        found.or_else(|| environment.get(&format!("MARIADB_{name}"))).cloned()
    };
    let (user, password) = match login {
        Login::Application => (variable("USER")?, variable("PASSWORD")?),
        Login::Root => ("root".to_owned(), variable("ROOT_PASSWORD")?),
    };
    Some(
        OptsBuilder::default()
            .ip_or_hostname(address.to_string())
            .tcp_port(PORT)
            .user(Some(user))
            .pass(Some(password))
            .db_name(variable("DATABASE"))
            .prefer_socket(false),
    )
}

/// The rows of a table in which every given column has the given text.
///
/// # Errors
/// The server's, for instance that there is no such table or column.
pub async fn rows(
    conn: &mut Conn,
    table: &str,
    wanted: &[(String, String)],
) -> Result<Vec<Record>, ProbeError> {
    let doing = format!("read table \"{table}\"");
    let conditions: Vec<String> =
        wanted.iter().map(|(column, _)| format!("CAST({} AS CHAR) = ?", quoted(column))).collect();
    let mut query = format!("SELECT * FROM {}", quoted(table));
    if !conditions.is_empty() {
        query = format!("{query} WHERE {}", conditions.join(" AND "));
    }
    let values: Vec<Value> = wanted.iter().map(|(_, value)| Value::from(value.as_str())).collect();
    let rows: Vec<Row> =
        conn.exec(query, values).await.map_err(|why| ProbeError::new(doing, &why))?;
    Ok(rows.into_iter().map(record).collect())
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

/// A row in one line.
#[must_use]
pub fn shown(record: &Record) -> String {
    let cells: Vec<String> = record
        .iter()
        .map(|(name, value)| format!("{name}={}", value.as_deref().unwrap_or("NULL")))
        .collect();
    cells.join(" ")
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
        let environment = IndexMap::from([
            ("MARIADB_USER".into(), "u".into()),
            ("MARIADB_PASSWORD".into(), "p".into()),
        ]);
        let address = IpAddr::from([127, 0, 0, 1]);
        assert!(options(address, &environment, Login::Application).is_some());
        assert!(options(address, &environment, Login::Root).is_none());
    }
}
