//! What a database of MySQL holds: its rows, and every definition.
//!
//! Definitions are read from `information_schema` and not from `SHOW CREATE …`, which words
//! the same thing differently after a dump.

use mysql_async::{Conn, prelude::Queryable as _};

use super::{
    super::{Part, Rows},
    quoted,
};

/// Kinds and names, by the name of the database: each kind has names of its own.
const PARTS: [&str; 3] = [
    "SELECT IF(table_type = 'BASE TABLE', 'table', LOWER(table_type)), table_name \
     FROM information_schema.tables WHERE table_schema = ? ORDER BY table_name",
    "SELECT LOWER(routine_type), routine_name \
     FROM information_schema.routines WHERE routine_schema = ? ORDER BY routine_type, routine_name",
    "SELECT 'event', event_name \
     FROM information_schema.events WHERE event_schema = ? ORDER BY event_name",
];

/// What a table or view is, by the names of the database and of it.
const OF_TABLES: &[&str] = &[
    "SELECT CONCAT_WS(' ', 'table', IFNULL(engine, ''), IFNULL(table_collation, ''), table_comment) \
     FROM information_schema.tables WHERE table_schema = ? AND table_name = ? \
     AND table_type <> 'VIEW'",
    "SELECT CONCAT_WS(' ', 'column', ordinal_position, column_name, column_type, is_nullable, \
     IFNULL(column_default, 'NULL'), IFNULL(collation_name, ''), extra, \
     IFNULL(generation_expression, ''), column_comment) \
     FROM information_schema.columns WHERE table_schema = ? AND table_name = ? \
     ORDER BY ordinal_position",
    "SELECT CONCAT_WS(' ', 'key', index_name, seq_in_index, IFNULL(column_name, ''), \
     IFNULL(sub_part, ''), non_unique, index_type) \
     FROM information_schema.statistics WHERE table_schema = ? AND table_name = ? \
     ORDER BY index_name, seq_in_index",
    "SELECT CONCAT_WS(' ', 'reference', constraint_name, column_name, \
     referenced_table_name, referenced_column_name) \
     FROM information_schema.key_column_usage WHERE table_schema = ? AND table_name = ? \
     AND referenced_table_name IS NOT NULL ORDER BY constraint_name, ordinal_position",
    "SELECT CONCAT_WS(' ', 'reference', constraint_name, 'on update', update_rule, \
     'on delete', delete_rule) \
     FROM information_schema.referential_constraints \
     WHERE constraint_schema = ? AND table_name = ? ORDER BY constraint_name",
    // MariaDB's checks have names of their table only: it may be told those of another besides.
    "SELECT CONCAT_WS(' ', 'check', checks.constraint_name, checks.check_clause) \
     FROM information_schema.check_constraints AS checks \
     JOIN information_schema.table_constraints AS constraints \
     USING (constraint_schema, constraint_name) \
     WHERE constraints.table_schema = ? AND constraints.table_name = ? \
     ORDER BY checks.constraint_name, checks.check_clause",
    "SELECT CONCAT_WS(' ', 'trigger', trigger_name, action_timing, event_manipulation, definer, \
     action_statement) \
     FROM information_schema.triggers \
     WHERE event_object_schema = ? AND event_object_table = ? ORDER BY trigger_name",
    "SELECT CONCAT_WS(' ', 'view', check_option, security_type, definer, view_definition) \
     FROM information_schema.views WHERE table_schema = ? AND table_name = ?",
];

/// What a procedure or function is, by the names of the database and of it.
const OF_ROUTINES: &[&str] = &[
    "SELECT CONCAT_WS(' ', LOWER(routine_type), IFNULL(dtd_identifier, ''), is_deterministic, \
     sql_data_access, security_type, definer, routine_definition) \
     FROM information_schema.routines WHERE routine_schema = ? AND routine_name = ? \
     ORDER BY routine_type",
    "SELECT CONCAT_WS(' ', 'parameter', ordinal_position, IFNULL(parameter_mode, 'RETURNS'), \
     IFNULL(parameter_name, ''), dtd_identifier) \
     FROM information_schema.parameters WHERE specific_schema = ? AND specific_name = ? \
     ORDER BY routine_type, ordinal_position",
];

/// What an event is, by the names of the database and of it.
const OF_EVENTS: &[&str] =
    &["SELECT CONCAT_WS(' ', 'event', status, on_completion, IFNULL(execute_at, ''), \
     IFNULL(interval_value, ''), IFNULL(interval_field, ''), IFNULL(starts, ''), \
     IFNULL(ends, ''), definer, event_definition) \
     FROM information_schema.events WHERE event_schema = ? AND event_name = ?"];

/// What a database holds: its tables and views by name, then its routines, then its events.
///
/// # Errors
/// The server's.
pub(super) async fn read(conn: &mut Conn, database: &str) -> Result<Vec<Part>, mysql_async::Error> {
    conn.query_drop(format!("USE {}", quoted(database))).await?;
    let mut parts = Vec::new();
    for query in PARTS {
        let found: Vec<(String, String)> = conn.exec(query, (database,)).await?;
        for (kind, name) in found {
            let queries = match kind.as_str() {
                "event" => OF_EVENTS,
                "procedure" | "function" => OF_ROUTINES,
                _ => OF_TABLES,
            };
            let mut definition: Vec<String> = Vec::new();
            for query in queries {
                let lines: Vec<String> = conn.exec(*query, (database, &name)).await?;
                definition.extend(lines);
            }
            let rows = match kind.as_str() {
                "view" | "procedure" | "function" | "event" => None,
                _ => Some(rows(conn, &name).await?),
            };
            parts.push(Part { kind, name, rows, definition });
        }
    }
    Ok(parts)
}

async fn rows(conn: &mut Conn, name: &str) -> Result<Rows, mysql_async::Error> {
    let table = quoted(name);
    let count: Option<u64> = conn.query_first(format!("SELECT COUNT(*) FROM {table}")).await?;
    let sum: Option<(String, Option<u64>)> =
        conn.query_first(format!("CHECKSUM TABLE {table}")).await?;
    // Without both, nothing would be compared.
    let (Some(count), Some((_, Some(checksum)))) = (count, sum) else {
        let why = format!("the server gives no checksum of table \"{name}\"");
        return Err(mysql_async::Error::Other(why.into()));
    };
    Ok(Rows { count, checksum })
}
