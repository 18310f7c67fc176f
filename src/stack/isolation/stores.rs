//! Which folders hold the data of a server: two servers on one folder destroy it, and a copy of
//! what a running server writes is torn. A run's server gets an empty folder instead.
//!
//! A folder is known by the image and the path, as [`knowledge`] has them; by the
//! `VOLUME` of the image; or by what lies in it. Files that a library writes (`SQLite`) need none of
//! this: the view alone keeps them apart, and an application could not start without its schema.

use camino::Utf8Path;

use crate::facts::{answers::reference::Reference, knowledge};

/// Where images keep code and configuration: a `VOLUME` there says nothing of a store.
const CODE: &[&str] =
    &["/app", "/code", "/etc", "/home", "/opt", "/srv", "/usr", "/var/www", "/workspace"];

/// What lies in the data folder of a server, and nowhere else; several must all be there.
const MARKS: &[(&str, &[&str])] = &[
    ("PostgreSQL", &["PG_VERSION"]),
    ("MySQL or MariaDB", &["ibdata1"]),
    ("MongoDB", &["WiredTiger"]),
    ("Redis", &["appendonlydir"]),
    ("Redis", &["appendonly.aof"]),
    ("RabbitMQ", &["mnesia"]),
    ("Elasticsearch", &["nodes", "node.lock"]),
    ("Elasticsearch", &["_state", "indices"]),
    ("InfluxDB", &["influxd.bolt"]),
    ("ClickHouse", &["metadata", "store", "uuid"]),
    ("MinIO", &[".minio.sys"]),
    ("Neo4j", &["databases", "transactions"]),
    ("Cassandra", &["commitlog", "data/system"]),
    ("CouchDB", &["_dbs.couch"]),
    ("etcd", &["member/wal"]),
    ("Consul or Vault", &["raft/raft.db"]),
    ("Prometheus", &["chunks_head", "wal"]),
    ("ZooKeeper", &["version-2"]),
    ("Kafka", &["meta.properties"]),
    ("NATS", &["jetstream"]),
    ("Meilisearch", &["data.ms"]),
    ("Qdrant", &["raft_state.json"]),
    ("Microsoft SQL Server", &["master.mdf"]),
];

/// What lies in a data folder, and may lie beside code as well.
const WEAK_MARKS: &[(&str, &str)] = &[
    ("Redis", "dump.rdb"),
    ("Grafana", "grafana.db"),
    ("PostgreSQL", "data/PG_VERSION"),
    ("PostgreSQL", "pgdata/PG_VERSION"),
];

/// What lies in a data folder that is not worth copying: large, and torn while its server runs.
const NOT_COPIED: &[&str] = &["PG_VERSION", "ibdata1", "WiredTiger"];

/// How a folder is known to be a store's data, in words; none when nothing says so.
pub(super) fn known_by(
    image: Option<&str>,
    volumes: &[String],
    settings: &[&str],
    target: &str,
    folder: Option<&Utf8Path>,
) -> Option<String> {
    let target = if target == "/" { target } else { target.trim_end_matches('/') };
    let in_code = CODE.iter().any(|code| Utf8Path::new(target).starts_with(code));
    // What web applications keep there is their code as well.
    let site = Utf8Path::new(target).starts_with("/var/www");
    if let Some(image) = image.filter(|_| !site)
        && let name = Reference::new(image).base()
        && (knowledge::may_hold_data(image, target)
            || name.contains("postgres") && version_folder(target))
    {
        return Some(format!("where {name} keeps its data"));
    }
    if settings.iter().any(|setting| setting.trim_end_matches('/') == target) {
        return Some("where its variables say that the data is".into());
    }
    if !in_code && volumes.iter().any(|volume| volume.trim_end_matches('/') == target) {
        return Some("a VOLUME of its image".into());
    }
    let folder = folder?;
    if let Some(store) = mark(folder) {
        return Some(format!("there is data of {store} in it"));
    }
    let weak = WEAK_MARKS.iter().find(|(_, name)| !in_code && folder.join(name).exists());
    weak.map(|(store, _)| format!("there is data of {store} in it"))
}

/// `/var/lib/postgresql/18/docker`, where images from `PostgreSQL` 18 on keep their data.
fn version_folder(target: &str) -> bool {
    let rest = target.strip_prefix("/var/lib/postgresql/");
    rest.and_then(|rest| rest.split('/').next())
        .is_some_and(|version| !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit()))
}

/// The store whose data lies in a folder; none when nothing in it says so.
pub(super) fn mark(folder: &Utf8Path) -> Option<&'static str> {
    let all = |names: &[&str]| names.iter().all(|name| folder.join(name).exists());
    if let Some((store, _)) = MARKS.iter().find(|(_, names)| all(names)) {
        return Some(store);
    }
    // From version 18 on: `18/docker/PG_VERSION`.
    let entries = folder.read_dir_utf8().ok()?;
    let versions = entries.filter_map(Result::ok).filter(|entry| {
        !entry.file_name().is_empty() && entry.file_name().bytes().all(|b| b.is_ascii_digit())
    });
    versions
        .take(32)
        .any(|entry| entry.path().join("docker/PG_VERSION").exists())
        .then_some("PostgreSQL")
}

/// Whether a copy leaves a folder empty.
pub(super) fn is_not_copied(folder: &Utf8Path) -> bool {
    NOT_COPIED.iter().any(|name| folder.join(name).exists())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use camino::Utf8PathBuf;

    use super::*;

    fn known(image: &str, target: &str) -> bool {
        known_by(Some(image), &[], &[], target, None).is_some()
    }

    #[test]
    fn images_keep_their_data_where_they_say() {
        assert!(known("postgres:16", "/var/lib/postgresql/data/"));
        assert!(known("registry.example:5000/library/postgres:18", "/var/lib/postgresql"));
        assert!(known("postgres", "/var/lib/postgresql/18/docker"));
        assert!(known("seaworthy-airgap/redis:latest", "/data"));
        assert!(known("bitnami/mariadb", "/bitnami/mariadb"));
        assert!(known("registry.example/mssql/server:2022", "/var/opt/mssql"));
        assert!(known("ours/our-mongo", "/data/configdb"));
        assert!(!known("wordpress:6", "/var/www/html"), "code as well");
        assert!(!known("ours/server", "/var/opt/mssql"), "anybody's");
        assert!(!known("redis", "/usr/local/etc/redis"));
        assert!(!known("nginx", "/data"));
        assert!(!known("grafana/grafana", "/var/lib/grafana/dashboards"));
        let settings = ["/pg/mine"];
        assert!(known_by(Some("ours"), &[], &settings, "/pg/mine", None).is_some());
    }

    #[test]
    fn a_volume_of_an_image_counts_but_for_code() {
        let volumes = ["/var/lib/ours".to_owned(), "/var/www/html".into()];
        assert!(known_by(Some("ours"), &volumes, &[], "/var/lib/ours", None).is_some());
        assert!(known_by(Some("wordpress"), &volumes, &[], "/var/www/html", None).is_none());
    }

    #[test]
    fn data_is_known_by_what_lies_in_the_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).expect("UTF-8");
        let found = |target| known_by(Some("ours"), &[], &[], target, Some(&path));
        assert_eq!(found("/x"), None);
        fs::write(path.join("dump.rdb"), "").expect("a file");
        assert_eq!(found("/app"), None, "beside code");
        assert!(found("/x").is_some());
        fs::create_dir_all(path.join("18/docker")).expect("folders");
        fs::write(path.join("18/docker/PG_VERSION"), "18").expect("a file");
        assert_eq!(found("/app").as_deref(), Some("there is data of PostgreSQL in it"));
    }
}
