//! What a user of PostgreSQL may do, in all databases of the server.

use tokio_postgres::{Client, Error};

use super::{super::Rights, lines, literal};

/// The rights of a user.
///
/// What everybody has (`PUBLIC`, such as to connect to any database) is no right of this user.
///
/// # Errors
/// The server's.
pub(super) async fn read(client: &Client, user: &str, database: &str) -> Result<Rights, Error> {
    let (user, name) = (literal(user), literal(database));
    let owns = lines(
        client,
        &format!(
            "SELECT 'owner of database ' || d.datname FROM pg_catalog.pg_database d \
             JOIN pg_catalog.pg_roles r ON r.oid = d.datdba \
             WHERE r.rolname = {user} AND d.datname = {name}"
        ),
    )
    .await?;
    let attributes = lines(
        client,
        &format!(
            "SELECT a.word FROM pg_catalog.pg_roles r, LATERAL (VALUES ('SUPERUSER', rolsuper), \
             ('CREATEDB', rolcreatedb), ('CREATEROLE', rolcreaterole), ('REPLICATION', rolreplication), \
             ('BYPASSRLS', rolbypassrls)) AS a (word, given) WHERE r.rolname = {user} AND a.given"
        ),
    )
    .await?;
    let roles = lines(
        client,
        &format!(
            "SELECT 'member of ' || g.rolname FROM pg_catalog.pg_auth_members m \
             JOIN pg_catalog.pg_roles g ON g.oid = m.roleid JOIN pg_catalog.pg_roles u ON u.oid = m.member \
             WHERE u.rolname = {user} ORDER BY 1"
        ),
    )
    .await?;
    // Owners and grants of all databases are recorded here ("pg_shdepend" in the manual).
    let elsewhere = lines(
        client,
        &format!(
            "SELECT DISTINCT CASE s.deptype WHEN 'o' THEN 'owner of ' WHEN 'a' THEN 'granted rights on ' \
             ELSE 'named in ' END || CASE WHEN s.dbid <> 0 THEN 'something in database ' || d.datname \
             ELSE coalesce('database ' || d.datname, 'something of the whole server') END \
             FROM pg_catalog.pg_shdepend s JOIN pg_catalog.pg_roles r ON r.oid = s.refobjid \
             LEFT JOIN pg_catalog.pg_database d ON d.oid = CASE WHEN s.dbid <> 0 THEN s.dbid \
             WHEN s.classid = 'pg_catalog.pg_database'::regclass THEN s.objid END \
             WHERE s.refclassid = 'pg_catalog.pg_authid'::regclass AND r.rolname = {user} \
             AND d.datname IS DISTINCT FROM {name} ORDER BY 1"
        ),
    )
    .await?;
    let exists = lines(
        client,
        &format!("SELECT 'role ' || rolname FROM pg_catalog.pg_roles WHERE rolname = {user}"),
    )
    .await?;
    Ok(Rights {
        owns: !owns.is_empty(),
        more: [&attributes, &roles, &elsewhere].iter().any(|lines| !lines.is_empty()),
        all: [exists, owns, attributes, roles, elsewhere].concat(),
        advice: "POSTGRES_USER is a superuser: create a role for the service in /docker-entrypoint-initdb.d, and the database with it as OWNER",
    })
}
