//! Products that keep data (databases, caches, brokers, search engines), and which of them a service is.
//!
//! One table, and one judge: [`detect`]. The files give it an image, a command, ports and variables;
//! a running container gives it the programs that run and the ports that they listen on. What can be
//! asked of a product's server, and how, is the business of `probe::store`.

/// A kind of data store.
#[derive(Debug)]
pub struct Product {
    /// What people call it.
    pub name: &'static str,
    /// Last parts of repositories, or more parts where the last alone says too little.
    images: &'static [&'static str],
    /// Programs that are its server.
    servers: &'static [&'static str],
    /// Ports that nothing else is known for.
    pub own_ports: &'static [u16],
    /// Ports that say something only with the image or the variables.
    more_ports: &'static [u16],
    /// How the names of the variables begin that its images read.
    pub variables: &'static [&'static str],
    /// Whether it keeps what must outlive it; where, is said by [`super::knowledge::data_folders`].
    pub keeps: bool,
}

macro_rules! product {
    ($name:literal, $images:expr, $servers:expr, $own:expr, $more:expr, $variables:expr, $keeps:expr) => {
        Product {
            name: $name,
            images: &$images,
            servers: &$servers,
            own_ports: &$own,
            more_ports: &$more,
            variables: &$variables,
            keeps: $keeps,
        }
    };
}

/// Every product that is known.
#[rustfmt::skip]
pub static PRODUCTS: &[Product] = &[
    product!("MySQL", ["mysql", "mysql-server", "percona", "percona-server", "percona-xtradb-cluster"], ["mysqld"], [3306, 33060], [], ["MYSQL_"], true),
    product!("MariaDB", ["mariadb", "mariadb-galera"], ["mariadbd"], [], [3306], ["MARIADB_"], true),
    product!("PostgreSQL", ["postgres", "postgresql", "postgis", "timescaledb", "timescaledb-ha", "pgvector"], ["postgres"], [5432], [], ["POSTGRES_", "POSTGRESQL_"], true),
    product!("CockroachDB", ["cockroach"], ["cockroach"], [26257], [], ["COCKROACH_"], true),
    product!("SQL Server", ["mssql/server", "mssql-server-linux", "azure-sql-edge"], [], [1433], [], ["MSSQL_"], true),
    product!("Oracle", ["oracle-xe", "oracle-free", "database/free", "database/express", "database/enterprise"], [], [1521], [], ["ORACLE_"], true),
    product!("MongoDB", ["mongo", "mongodb", "mongodb-community-server", "percona-server-mongodb"], ["mongod"], [27017, 27018, 27019], [], ["MONGO_", "MONGODB_"], true),
    product!("Redis", ["redis", "redis-stack", "redis-stack-server", "valkey", "keydb", "dragonfly"], ["redis-server", "valkey-server", "keydb-server"], [6379], [], ["REDIS_", "VALKEY_"], false),
    product!("Memcached", ["memcached"], ["memcached"], [11211], [], ["MEMCACHED_"], false),
    product!("Elasticsearch", ["elasticsearch", "elasticsearch-oss"], [], [], [9200, 9300], ["ELASTIC_", "ELASTICSEARCH_"], true),
    product!("OpenSearch", ["opensearch"], [], [], [9200, 9300, 9600], ["OPENSEARCH_"], true),
    product!("Solr", ["solr"], ["solr"], [8983], [], ["SOLR_"], true),
    product!("RabbitMQ", ["rabbitmq"], ["rabbitmq-server"], [5672, 15672, 25672], [4369, 5671, 15671, 15692], ["RABBITMQ_"], true),
    product!("Kafka", ["kafka", "cp-kafka", "cp-server", "kafka-native", "redpanda"], ["redpanda"], [9092], [9093, 9094, 19092, 29092], ["KAFKA_"], false),
    product!("ZooKeeper", ["zookeeper", "cp-zookeeper"], [], [2181], [2888, 3888], ["ZOO_", "ZOOKEEPER_"], false),
    product!("etcd", ["etcd"], ["etcd"], [2379, 2380], [], ["ETCD_"], false),
    product!("NATS", ["nats"], ["nats-server"], [4222], [6222, 8222], ["NATS_"], false),
    product!("Cassandra", ["cassandra", "scylla"], ["cassandra"], [9042], [7000, 7001, 7199, 9160], ["CASSANDRA_"], true),
    product!("CouchDB", ["couchdb"], [], [5984], [4369, 9100], ["COUCHDB_"], true),
    product!("Neo4j", ["neo4j"], ["neo4j"], [7687], [7474], ["NEO4J_"], true),
    product!("ArangoDB", ["arangodb"], [], [8529], [], ["ARANGO_"], true),
    product!("InfluxDB", ["influxdb"], ["influxd"], [], [8086], ["INFLUXDB_", "DOCKER_INFLUXDB_"], true),
    product!("ClickHouse", ["clickhouse-server", "clickhouse"], ["clickhouse-server"], [], [8123, 9000, 9004, 9005, 9009], ["CLICKHOUSE_"], true),
    product!("Meilisearch", ["meilisearch"], [], [], [7700], ["MEILI_"], true),
    product!("Typesense", ["typesense"], [], [], [8108], ["TYPESENSE_"], false),
    product!("Qdrant", ["qdrant"], [], [], [6333, 6334], ["QDRANT_"], true),
];

/// A program that starts the server of many official images.
const ENTRYPOINT: &str = "docker-entrypoint.sh";

/// Programs of the same images that only use a server.
#[rustfmt::skip]
const CLIENTS: &[&str] = &[
    "mysql", "mysqldump", "mysqladmin", "mysqlsh", "mariadb", "mariadb-dump", "mariadb-admin",
    "psql", "pg_dump", "pg_dumpall", "pg_restore", "pg_basebackup", "pg_isready", "pgbench", "createdb",
    "redis-cli", "redis-sentinel", "redis-benchmark", "valkey-cli",
    "mongo", "mongosh", "mongodump", "mongorestore", "mongoimport", "rabbitmqctl", "rabbitmqadmin",
    "cqlsh", "clickhouse-client", "influx", "etcdctl", "kafka-topics", "kafka-topics.sh",
    "chmod", "chown", "curl", "sleep", "tail", "echo", "true",
];

/// The kernel cuts the names of programs after so many letters (`TASK_COMM_LEN`, proc(5)).
const KEPT: usize = 15;

/// What is known of a service.
#[derive(Debug, Clone, Default)]
pub struct Signs<'a> {
    /// The reference of its image.
    pub image: Option<&'a str>,
    /// The words of its command, entrypoint first.
    pub command: Vec<&'a str>,
    /// The names of the programs that run in it; none where nobody has looked.
    pub programs: Option<&'a [String]>,
    /// The ports that it listens on, publishes or exposes.
    pub ports: Vec<u16>,
    /// The names of its variables. Clients are given them too, so that alone they say nothing.
    pub variables: Vec<&'a str>,
}

impl Product {
    /// Its ports.
    pub fn ports(&self) -> impl Iterator<Item = u16> {
        self.own_ports.iter().chain(self.more_ports).copied()
    }

    /// Whether a program is its server.
    #[must_use]
    pub fn has_server(&self, program: &str) -> bool {
        self.servers.contains(&program)
    }

    /// Whether a program is its server, by a name that the kernel may have cut.
    fn runs(&self, program: &str) -> bool {
        self.servers.iter().any(|server| server.get(..KEPT).unwrap_or(server) == program)
    }

    fn reads(&self, variables: &[&str]) -> bool {
        let read = |name: &&str| self.variables.iter().any(|prefix| name.starts_with(prefix));
        variables.iter().any(read)
    }
}

/// The product that a service is; none where nothing says so.
///
/// What runs has the first word. Where nobody has looked, the image and the command have it. Last comes
/// a port with variables that the product reads; a port alone says nothing.
#[must_use]
pub fn detect(signs: &Signs<'_>) -> Option<&'static Product> {
    match signs.programs {
        Some(programs) => {
            let by_program = |program: &String| PRODUCTS.iter().find(|known| known.runs(program));
            if let Some(product) = programs.iter().find_map(by_program) {
                return Some(product);
            }
        }
        None => {
            if let Some(product) = signs.image.and_then(by_image) {
                return is_server(&signs.command).then_some(product);
            }
        }
    }
    signs.ports.iter().find_map(|port| {
        let own = listening_on(*port)?;
        if own.reads(&signs.variables) {
            return Some(own);
        }
        let shares = |product: &&Product| product.ports().any(|known| known == *port);
        PRODUCTS.iter().filter(shares).find(|one| one.reads(&signs.variables))
    })
}

/// The product that is worth asking at a port on which something was seen to listen: what answers
/// there has to speak as it does.
#[must_use]
pub fn listening_on(port: u16) -> Option<&'static Product> {
    PRODUCTS.iter().find(|product| product.own_ports.contains(&port))
}

/// The product whose server an image holds.
#[must_use]
pub fn by_image(image: &str) -> Option<&'static Product> {
    let name = image.split('@').next().unwrap_or(image);
    let tag = name.rfind('/').map_or(0, |at| at + 1);
    let repository = name[tag..].find(':').map_or(name, |at| &name[..tag + at]);
    let ends = |known: &&str| {
        let rest = repository.strip_suffix(known);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    PRODUCTS.iter().find(|product| product.images.iter().any(ends))
}

/// Whether one of these words is a product's server, or the entry point that starts it.
#[must_use]
pub fn names_server(command: &[&str]) -> bool {
    let server = |word: &str| {
        word == ENTRYPOINT || PRODUCTS.iter().any(|known| known.servers.contains(&word))
    };
    words(command).any(server)
}

/// The words of a command and of the scripts in it.
fn words<'c, 'a>(command: &'c [&'a str]) -> impl Iterator<Item = &'a str> + use<'c, 'a> {
    let parts = |text: &'a str| text.split(|c: char| c.is_whitespace() || "/;&|()\"'".contains(c));
    command.iter().copied().flat_map(parts)
}

/// Whether these words, with a product's image, start the server, and not a client such as a backup.
#[must_use]
pub fn is_server(command: &[&str]) -> bool {
    names_server(command) || !words(command).any(|word| CLIENTS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(signs: &Signs<'_>) -> Option<&'static str> {
        detect(signs).map(|product| product.name)
    }

    #[test]
    fn a_product_is_known_by_the_end_of_its_repository() {
        let name = |image| by_image(image).map(|product| product.name);
        assert_eq!(name("registry.example.com/team/postgres:16"), Some("PostgreSQL"));
        assert_eq!(name("registry.example.com/mssql/server:2022-latest"), Some("SQL Server"));
        assert_eq!(name("registry.example.com:5000/redis@sha256:0"), Some("Redis"));
        assert_eq!(name("acme/server"), None);
        assert_eq!(name("acme/mysqldump"), None);
    }

    #[test]
    fn a_port_belongs_to_one_product() {
        let mut ports: Vec<u16> =
            PRODUCTS.iter().flat_map(|product| product.own_ports).copied().collect();
        let all = ports.len();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), all);
    }

    #[test]
    fn what_runs_has_the_first_word() {
        let programs = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        for (runs, image, found) in [
            (programs(&["sh", "mariadbd"]), "ours:1", Some("MariaDB")),
            (programs(&["valkey-server"]), "ours:1", Some("Redis")),
            (programs(&["clickhouse-serv"]), "ours:1", Some("ClickHouse")),
            // A backup in the server's image.
            (programs(&["sh", "mysqldump"]), "mysql:8", None),
        ] {
            let signs = Signs { programs: Some(&runs), image: Some(image), ..Signs::default() };
            assert_eq!(name(&signs), found, "{runs:?}");
        }
    }

    #[test]
    fn an_image_is_its_server_unless_its_command_is_a_client() {
        let of = |image, command: &[&'static str]| {
            name(&Signs { image: Some(image), command: command.to_vec(), ..Signs::default() })
        };
        assert_eq!(of("postgres:16", &[]), Some("PostgreSQL"));
        assert_eq!(of("postgres:16", &["sh", "-c", "pg_dump shop > /b"]), None);
        assert_eq!(
            of("redis", &["sh", "-c", "exec redis-server && redis-cli ping"]),
            Some("Redis")
        );
    }

    #[test]
    fn the_variables_choose_between_products_of_one_port() {
        let of = |port, variables: &[&'static str]| {
            name(&Signs { ports: vec![port], variables: variables.to_vec(), ..Signs::default() })
        };
        assert_eq!(of(3306, &[]), None, "anybody's port");
        assert_eq!(of(3306, &["MYSQL_DATABASE"]), Some("MySQL"));
        assert_eq!(of(3306, &["MARIADB_ROOT_PASSWORD"]), Some("MariaDB"));
        assert_eq!(of(3306, &["MYSQL_DATABASE", "MARIADB_DATABASE"]), Some("MySQL"));
        assert_eq!(of(8080, &["MYSQL_PASSWORD"]), None, "a client");
    }
}
