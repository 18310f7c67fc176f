//! Data stores by their images and ports: databases, caches, brokers, search engines.

use super::image::Reference;
use super::ports::Published;
use crate::compose::{Service, VolumeUse};

/// A kind of data store.
#[derive(Debug)]
pub struct Store {
    /// What people call it.
    pub name: &'static str,
    /// Last parts of repositories, or more parts where the last alone says too little.
    images: &'static [&'static str],
    /// Ports that nothing else is known for.
    own_ports: &'static [u16],
    /// Ports that say something only with the image.
    more_ports: &'static [u16],
    /// The folders of its data; none if it keeps nothing that must outlive it.
    pub data: &'static [&'static str],
}

macro_rules! store {
    ($name:literal, $images:expr, $own:expr, $more:expr, $data:expr) => {
        Store { name: $name, images: &$images, own_ports: &$own, more_ports: &$more, data: &$data }
    };
}

#[rustfmt::skip]
static STORES: &[Store] = &[
    store!("MySQL", ["mysql", "mysql-server", "percona", "percona-server", "percona-xtradb-cluster"], [3306, 33060], [], ["/var/lib/mysql", "/bitnami/mysql"]),
    store!("MariaDB", ["mariadb", "mariadb-galera"], [], [3306], ["/var/lib/mysql", "/bitnami/mariadb", "/config"]),
    store!("PostgreSQL", ["postgres", "postgresql", "postgis", "timescaledb", "timescaledb-ha", "pgvector"], [5432], [], ["/var/lib/postgresql", "/bitnami/postgresql", "/var/lib/pgsql", "/home/postgres/pgdata"]),
    store!("CockroachDB", ["cockroach"], [26257], [], ["/cockroach/cockroach-data"]),
    store!("SQL Server", ["mssql/server", "mssql-server-linux", "azure-sql-edge"], [1433], [], ["/var/opt/mssql"]),
    store!("Oracle", ["oracle-xe", "oracle-free", "database/free", "database/express", "database/enterprise"], [1521], [], ["/opt/oracle/oradata"]),
    store!("MongoDB", ["mongo", "mongodb", "mongodb-community-server", "percona-server-mongodb"], [27017, 27018, 27019], [], ["/data/db", "/bitnami/mongodb"]),
    store!("Redis", ["redis", "redis-stack", "redis-stack-server", "valkey", "keydb", "dragonfly"], [6379], [], []),
    store!("Memcached", ["memcached"], [11211], [], []),
    store!("Elasticsearch", ["elasticsearch", "elasticsearch-oss"], [9200, 9300], [], ["/usr/share/elasticsearch/data", "/bitnami/elasticsearch"]),
    store!("OpenSearch", ["opensearch"], [], [9200, 9300, 9600], ["/usr/share/opensearch/data"]),
    store!("Solr", ["solr"], [8983], [], ["/var/solr"]),
    store!("RabbitMQ", ["rabbitmq"], [5672, 15672, 25672], [4369, 5671, 15671, 15692], ["/var/lib/rabbitmq", "/bitnami/rabbitmq"]),
    store!("Kafka", ["kafka", "cp-kafka", "cp-server", "kafka-native", "redpanda"], [9092], [9093, 9094, 19092, 29092], []),
    store!("ZooKeeper", ["zookeeper", "cp-zookeeper"], [2181], [2888, 3888], []),
    store!("etcd", ["etcd"], [2379, 2380], [], []),
    store!("NATS", ["nats"], [4222], [6222, 8222], []),
    store!("Cassandra", ["cassandra", "scylla"], [9042], [7000, 7001, 7199, 9160], ["/var/lib/cassandra", "/var/lib/scylla", "/bitnami/cassandra"]),
    store!("CouchDB", ["couchdb"], [5984], [4369, 9100], ["/opt/couchdb/data"]),
    store!("Neo4j", ["neo4j"], [7687], [7474], ["/data"]),
    store!("ArangoDB", ["arangodb"], [8529], [], ["/var/lib/arangodb3"]),
    store!("InfluxDB", ["influxdb"], [], [8086], ["/var/lib/influxdb", "/var/lib/influxdb2", "/var/lib/influxdb3"]),
    store!("ClickHouse", ["clickhouse-server", "clickhouse"], [], [8123, 9000, 9004, 9005, 9009], ["/var/lib/clickhouse", "/bitnami/clickhouse"]),
    store!("Meilisearch", ["meilisearch"], [], [7700], ["/meili_data"]),
    store!("Typesense", ["typesense"], [], [8108], []),
    store!("Qdrant", ["qdrant"], [], [6333, 6334], ["/qdrant/storage"]),
];

impl Store {
    /// Its ports.
    pub fn ports(&self) -> impl Iterator<Item = u16> {
        self.own_ports.iter().chain(self.more_ports).copied()
    }

    fn is_in(&self, image: &Reference<'_>) -> bool {
        let tail = |name: &str| {
            let rest = image.repository.strip_suffix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        };
        self.images.iter().any(|name| tail(name))
    }
}

/// The store that an image holds.
pub fn by_image(image: &str) -> Option<&'static Store> {
    let image = Reference::new(image);
    STORES.iter().find(|store| store.is_in(&image))
}

/// The store that a container's port is known for.
pub fn by_port(port: u16) -> Option<&'static Store> {
    STORES.iter().find(|store| store.own_ports.contains(&port))
}

/// Programs that start a store.
const SERVERS: &[&str] = &[
    "mysqld",
    "mariadbd",
    "postgres",
    "redis-server",
    "valkey-server",
    "keydb-server",
    "mongod",
    "rabbitmq-server",
    "memcached",
    "nats-server",
    "cassandra",
    "etcd",
    "clickhouse-server",
    "influxd",
    "cockroach",
    "redpanda",
    "solr",
    "neo4j",
    "docker-entrypoint.sh",
];

/// Programs of the same images that only use one.
const CLIENTS: &[&str] = &[
    "mysql",
    "mysqldump",
    "mysqladmin",
    "mysqlsh",
    "mariadb",
    "mariadb-dump",
    "mariadb-admin",
    "psql",
    "pg_dump",
    "pg_dumpall",
    "pg_restore",
    "pg_basebackup",
    "pg_isready",
    "pgbench",
    "createdb",
    "redis-cli",
    "redis-sentinel",
    "redis-benchmark",
    "valkey-cli",
    "mongo",
    "mongosh",
    "mongodump",
    "mongorestore",
    "mongoimport",
    "rabbitmqctl",
    "rabbitmqadmin",
    "cqlsh",
    "clickhouse-client",
    "influx",
    "etcdctl",
    "kafka-topics",
    "kafka-topics.sh",
    "curl",
    "sleep",
    "tail",
    "echo",
    "true",
];

/// Whether a service with a store's image runs the store, and not a client such as a backup.
fn is_server(service: &Service) -> bool {
    let lists = [service.entrypoint.as_deref(), service.command.as_deref()];
    let texts = lists.into_iter().flatten().flatten().map(|word| word.as_str());
    let words: Vec<&str> = texts
        .flat_map(|text| text.split(|c: char| c.is_whitespace() || "/;&|()\"'".contains(c)))
        .collect();
    words.iter().any(|word| SERVERS.contains(word))
        || !words.iter().any(|word| CLIENTS.contains(word))
}

/// The store that a service with a known image runs.
pub fn run_by(service: &Service) -> Option<&'static Store> {
    let store = service.image.as_ref().and_then(|image| by_image(image))?;
    is_server(service).then_some(store)
}

/// The store that a published port leads to, and the store's port.
pub fn behind(port: &Published<'_>, service: &Service) -> Option<(&'static Store, u16)> {
    let own = run_by(service).and_then(|store| {
        let at = store.ports().find(|at| port.targets.contains(at))?;
        Some((store, at))
    });
    let known = || {
        let at = STORES.iter().find_map(|store| {
            let at = store.own_ports.iter().find(|at| port.targets.contains(at))?;
            Some((store, *at))
        });
        // A range wide enough to hold many is about none of them.
        at.filter(|_| port.targets.end() - port.targets.start() < 100)
    };
    own.or_else(known)
}

/// The store that a service is: by its image, else by a port that it publishes or exposes.
pub fn of(service: &Service) -> Option<&'static Store> {
    if service.image.as_ref().is_some_and(|image| by_image(image).is_some()) {
        return run_by(service);
    }
    let exposed = service.expose.iter().filter_map(|port| port.split('/').next()?.parse().ok());
    service.ports.iter().map(|port| port.target()).chain(exposed).find_map(by_port)
}

/// Whether a path of the container is the store's data, holds it or is a part of it.
pub fn is_data(service: &Service, store: &Store, path: &str) -> bool {
    let within = |inner: &str, outer: &str| {
        let outer = outer.trim_end_matches('/');
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let moved = service.environment.get("PGDATA").and_then(|path| path.as_deref());
    let moved = moved.filter(|_| store.name == "PostgreSQL");
    // What is said in the environment holds; else the image's own folder.
    let folders = moved.map_or(store.data, |_| &[]);
    let path = path.trim_end_matches('/');
    folders.iter().copied().chain(moved).any(|data| within(path, data) || within(data, path))
}

/// The mounts of a store's data.
pub fn data_mounts<'a>(
    service: &'a Service,
    store: &'static Store,
) -> impl Iterator<Item = &'a VolumeUse> {
    service.volumes.iter().map(|mount| &mount.value).filter(move |mount| {
        mount.target.as_ref().is_some_and(|path| is_data(service, store, path))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_known_by_the_end_of_its_repository() {
        let name = |image| by_image(image).map(|store| store.name);
        assert_eq!(name("registry.example.com/team/postgres:16"), Some("PostgreSQL"));
        assert_eq!(name("registry.example.com/mssql/server:2022-latest"), Some("SQL Server"));
        assert_eq!(name("acme/server"), None);
        assert_eq!(name("acme/mysqldump"), None);
    }

    #[test]
    fn a_port_belongs_to_one_store() {
        let mut ports: Vec<u16> =
            STORES.iter().flat_map(|store| store.own_ports).copied().collect();
        let all = ports.len();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), all);
    }
}
