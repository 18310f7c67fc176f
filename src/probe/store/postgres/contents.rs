//! What a database of PostgreSQL holds: its rows, and every definition, as its catalogue words them.

use tokio_postgres::{Client, Error};

use super::{
    super::{Part, Rows},
    ask, lines, quoted,
};
use crate::probe::ProbeError;

/// What is the project's own: neither the server's nor an extension's.
const OWN: &str = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' \
    AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.deptype = 'e' AND x.objid = o.oid)";

/// Kind, schema, name and object id of each part.
const PARTS: [&str; 3] = [
    "SELECT CASE o.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' \
     WHEN 'S' THEN 'sequence' ELSE 'table' END, n.nspname, o.relname, o.oid \
     FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace \
     WHERE o.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND OWN ORDER BY 1, 2, 3",
    "SELECT CASE o.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END, \
     n.nspname, o.proname || '(' || pg_get_function_identity_arguments(o.oid) || ')', o.oid \
     FROM pg_proc o JOIN pg_namespace n ON n.oid = o.pronamespace WHERE OWN ORDER BY 1, 2, 3",
    "SELECT 'type', n.nspname, o.typname, o.oid \
     FROM pg_type o JOIN pg_namespace n ON n.oid = o.typnamespace \
     WHERE o.typtype IN ('e', 'd') AND OWN ORDER BY 1, 2, 3",
];

/// What a table, view or sequence is, by its object id.
const OF_TABLES: &[&str] = &[
    "SELECT 'owner ' || pg_get_userbyid(relowner) || CASE WHEN relrowsecurity THEN ' with row security' ELSE '' END \
     || coalesce(' rights ' || relacl::text, '') FROM pg_class WHERE oid = OID",
    "SELECT concat_ws(' ', 'column', a.attname, format_type(a.atttypid, a.atttypmod), \
     CASE WHEN a.attnotnull THEN 'not null' END, a.attidentity, a.attgenerated, \
     'default ' || pg_get_expr(d.adbin, d.adrelid)) \
     FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
     JOIN pg_class c ON c.oid = a.attrelid AND c.relkind <> 'S' \
     WHERE a.attrelid = OID AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
    "SELECT 'key ' || pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = OID ORDER BY 1",
    "SELECT concat_ws(' ', 'constraint', conname, pg_get_constraintdef(oid)) \
     FROM pg_constraint WHERE conrelid = OID ORDER BY 1",
    "SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger \
     WHERE tgrelid = OID AND NOT tgisinternal ORDER BY 1",
    "SELECT concat_ws(' ', 'policy', polname, polcmd, pg_get_expr(polqual, polrelid), \
     pg_get_expr(polwithcheck, polrelid)) FROM pg_policy WHERE polrelid = OID ORDER BY 1",
    "SELECT 'view ' || pg_get_viewdef(oid) FROM pg_class WHERE oid = OID AND relkind IN ('v', 'm')",
    "SELECT concat_ws(' ', 'sequence', s.data_type, 'from', s.start_value, 'by', s.increment_by, \
     'last', s.last_value) FROM pg_sequences s JOIN pg_class c ON c.oid = OID \
     JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE s.schemaname = n.nspname AND s.sequencename = c.relname",
];

/// What a routine is, by its object id; aggregates have no text of their own.
const OF_ROUTINES: &[&str] = &[
    "SELECT 'owner ' || pg_get_userbyid(proowner) FROM pg_proc WHERE oid = OID",
    "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE oid = OID AND prokind <> 'a'",
    "SELECT concat_ws(' ', 'aggregate', aggtransfn, aggfinalfn, agginitval) \
     FROM pg_aggregate WHERE aggfnoid = OID",
];

/// What a type is, by its object id.
const OF_TYPES: &[&str] = &[
    "SELECT 'value ' || enumlabel FROM pg_enum WHERE enumtypid = OID ORDER BY enumsortorder",
    "SELECT concat_ws(' ', 'domain', format_type(typbasetype, typtypmod), typdefault) \
     FROM pg_type WHERE oid = OID AND typtype = 'd'",
    "SELECT concat_ws(' ', 'constraint', conname, pg_get_constraintdef(oid)) \
     FROM pg_constraint WHERE contypid = OID ORDER BY 1",
];

/// What the database of a connection holds: relations by kind and name, then routines, types, extensions.
///
/// # Errors
/// The server's.
pub(super) async fn read(client: &Client, doing: &str) -> Result<Vec<Part>, ProbeError> {
    let parts = parts(client, doing).await;
    parts.map_err(|why| match why {
        Unread::Refused(why) => ProbeError::new(doing, &why),
        Unread::Uncounted(why) => why,
    })
}

/// Why the contents are not known.
enum Unread {
    Refused(Error),
    Uncounted(ProbeError),
}

impl From<Error> for Unread {
    fn from(why: Error) -> Self {
        Self::Refused(why)
    }
}

async fn parts(client: &Client, doing: &str) -> Result<Vec<Part>, Unread> {
    // So that every definition names the schema of what it speaks of.
    client.batch_execute("SET search_path = pg_catalog; SET TimeZone = 'UTC'").await?;
    let mut parts = Vec::new();
    for query in PARTS {
        for row in ask(client, &query.replace("OWN", OWN)).await?.rows {
            let [Some(kind), Some(schema), Some(name), Some(id)] = row.as_slice() else { continue };
            let queries = match kind.as_str() {
                "procedure" | "function" | "aggregate" => OF_ROUTINES,
                "type" => OF_TYPES,
                _ => OF_TABLES,
            };
            let mut definition = Vec::new();
            for query in queries {
                definition.extend(lines(client, &query.replace("OID", id)).await?);
            }
            let rows = match kind.as_str() {
                "table" | "materialized view" => Some(rows(client, schema, name, doing).await?),
                _ => None,
            };
            let name = format!("{schema}.{name}");
            parts.push(Part { kind: kind.clone(), name, rows, definition });
        }
    }
    let extensions = "SELECT extname || ' ' || extversion FROM pg_extension ORDER BY 1";
    parts.extend(lines(client, extensions).await?.into_iter().map(|name| Part {
        kind: "extension".into(),
        name,
        rows: None,
        definition: Vec::new(),
    }));
    Ok(parts)
}

/// How many rows there are, and the sum of what each of them is, in whatever order they lie.
async fn rows(client: &Client, schema: &str, name: &str, doing: &str) -> Result<Rows, Unread> {
    let statement = format!(
        "SELECT count(*), coalesce(mod(sum(('x' || left(md5(t::text), 15))::bit(60)::bigint), \
         18446744073709551615), 0)::text FROM {}.{} t",
        quoted(schema),
        // A name may hold a dot of its own.
        format_args!("\"{}\"", name.replace('"', "\"\""))
    );
    let table = ask(client, &statement).await?;
    let number = |at: usize| {
        let value = table.rows.first().and_then(|row| row.get(at)).cloned().flatten();
        value.and_then(|value| value.parse().ok())
    };
    // Without both, nothing would be compared.
    let (Some(count), Some(checksum)) = (number(0), number(1)) else {
        let why = format!("the server gives no checksum of table \"{name}\"");
        return Err(Unread::Uncounted(ProbeError { doing: doing.into(), why }));
    };
    Ok(Rows { count, checksum })
}
