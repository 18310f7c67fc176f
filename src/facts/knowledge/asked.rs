//! What images ask for before they start: passwords, licences, addresses.

use super::{
    Fact::{self, Demands},
    Row,
    Versions::{All, Since, Tagged},
};

/// The image of `PostgreSQL` and those that are built on it with its entry point.
const POSTGRES: &[&str] =
    &["postgres", "postgis/postgis", "pgvector/pgvector", "timescale/timescaledb"];
const MSSQL: &[&str] = &["mssql/server", "azure-sql-edge"];
const ORACLE: &[&str] = &["gvenzl/oracle-free", "gvenzl/oracle-xe"];
const DB2: &[&str] = &["db2_community/db2", "ibmcom/db2"];

const MYSQL_ROOT: &[&str] = &[
    "MYSQL_ROOT_PASSWORD",
    "MYSQL_ROOT_PASSWORD_FILE",
    "MYSQL_ALLOW_EMPTY_PASSWORD",
    "MYSQL_RANDOM_ROOT_PASSWORD",
];
const MARIADB_ROOT: &[&str] = &[
    "MARIADB_ROOT_PASSWORD",
    "MARIADB_ROOT_PASSWORD_FILE",
    "MARIADB_ROOT_PASSWORD_HASH",
    "MARIADB_ROOT_PASSWORD_HASH_FILE",
    "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD",
    "MARIADB_RANDOM_ROOT_PASSWORD",
    "MYSQL_ROOT_PASSWORD",
    "MYSQL_ROOT_PASSWORD_FILE",
    "MYSQL_ALLOW_EMPTY_PASSWORD",
    "MYSQL_RANDOM_ROOT_PASSWORD",
];
const OPENSEARCH_ADMIN: &[&str] = &[
    "OPENSEARCH_INITIAL_ADMIN_PASSWORD",
    "DISABLE_INSTALL_DEMO_CONFIG=true",
    "DISABLE_SECURITY_PLUGIN=true",
];
/// Files in which `CouchDB` finds an administrator.
const COUCHDB_FILES: &[&str] =
    &["/opt/couchdb/etc/local.ini", "/opt/couchdb/etc/local.d", "/opt/couchdb/etc/default.d"];

const ROOT_PASSWORD: &str = "a password for root";
const ADMINISTRATOR: &str = "an administrator";
const LICENCE: &str = "the licence to be accepted";

/// What only a first start asks for, while there is no data.
const fn once(
    one_of: &'static [&'static str],
    or_in: &'static [&'static str],
    what: &'static str,
    remedy: &'static str,
) -> Fact {
    Demands { one_of, or_in, first: true, what, remedy }
}

/// What every start asks for.
const fn always(one_of: &'static [&'static str], what: &'static str, remedy: &'static str) -> Fact {
    Demands { one_of, or_in: &[], first: false, what, remedy }
}

/// A password without which an image of Bitnami's ends.
macro_rules! bitnami {
    ($name:literal, $variable:literal, $file:literal) => {
        Row::new(
            &[concat!("bitnami/", $name), concat!("bitnamilegacy/", $name)],
            All,
            once(
                &[$variable, $file, "ALLOW_EMPTY_PASSWORD"],
                &[],
                "a password",
                concat!("set ", $variable, ", or ", $file, " to the path of a secret"),
            ),
            concat!(
                "https://github.com/bitnami/containers/blob/main/bitnami/",
                $name,
                "/README.md"
            ),
        )
    };
}

const POSTGRES_PASSWORD: Fact = once(
    &["POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE", "POSTGRES_HOST_AUTH_METHOD=trust"],
    &[],
    "a password for the superuser",
    "set POSTGRES_PASSWORD, or POSTGRES_PASSWORD_FILE to the path of a secret",
);
/// The first releases with that check; older ones let everybody in instead.
const POSTGRES_SINCE: &[(u32, u32)] = &[(12, 2), (11, 7), (10, 12)];
const POSTGRES_PAGE: &str =
    "https://github.com/docker-library/postgres/blob/master/docker-entrypoint.sh";
const MSSQL_PAGE: &str =
    "https://learn.microsoft.com/en-us/sql/linux/sql-server-linux-configure-environment-variables";
const COUCHDB_PAGE: &str =
    "https://github.com/apache/couchdb-docker/blob/main/3.4.3/docker-entrypoint.sh";
const PGADMIN_PAGE: &str =
    "https://github.com/pgadmin-org/pgadmin4/blob/master/pkg/docker/entrypoint.sh";

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::new(POSTGRES, Since(POSTGRES_SINCE), POSTGRES_PASSWORD, POSTGRES_PAGE),
    Row::new(&["mysql"], All, once(MYSQL_ROOT, &[], ROOT_PASSWORD, "set MYSQL_ROOT_PASSWORD, MYSQL_ROOT_PASSWORD_FILE to the path of a secret, or MYSQL_RANDOM_ROOT_PASSWORD"), "https://github.com/docker-library/mysql/blob/master/8.4/docker-entrypoint.sh"),
    Row::new(&["percona", "percona/percona-server"], All, once(MYSQL_ROOT, &[], ROOT_PASSWORD, "set MYSQL_ROOT_PASSWORD, MYSQL_ROOT_PASSWORD_FILE to the path of a secret, or MYSQL_RANDOM_ROOT_PASSWORD"), "https://github.com/percona/percona-docker/blob/main/percona-server-8.0/ps-entry.sh"),
    // A backup in the folder of first scripts is restored with its own passwords.
    Row::new(&["mariadb"], All, once(MARIADB_ROOT, &["/docker-entrypoint-initdb.d"], ROOT_PASSWORD, "set MARIADB_ROOT_PASSWORD, MARIADB_ROOT_PASSWORD_FILE to the path of a secret, or MARIADB_RANDOM_ROOT_PASSWORD"), "https://github.com/MariaDB/mariadb-docker/blob/master/docker-entrypoint.sh"),
    Row::new(MSSQL, All, Demands { one_of: &["ACCEPT_EULA"], or_in: &["/var/opt/mssql/mssql.conf"], first: false, what: LICENCE, remedy: "read the licence, and set ACCEPT_EULA: \"Y\" if you accept it" }, MSSQL_PAGE),
    Row::new(MSSQL, All, once(&["MSSQL_SA_PASSWORD", "SA_PASSWORD"], &[], "a password for sa", "set MSSQL_SA_PASSWORD"), MSSQL_PAGE),
    Row::new(ORACLE, All, once(&["ORACLE_PASSWORD", "ORACLE_PASSWORD_FILE", "ORACLE_RANDOM_PASSWORD"], &[], "a password for SYS and SYSTEM", "set ORACLE_PASSWORD, or ORACLE_PASSWORD_FILE to the path of a secret"), "https://github.com/gvenzl/oci-oracle-free/blob/main/container-entrypoint.sh"),
    Row::new(DB2, All, always(&["LICENSE=accept"], LICENCE, "read the licence, and set LICENSE: accept if you accept it"), "https://www.ibm.com/docs/en/db2/11.5.x?topic=system-linux"),
    Row::new(&["couchdb"], Since(&[(3, 0)]), once(&["COUCHDB_USER"], COUCHDB_FILES, ADMINISTRATOR, "set COUCHDB_USER and COUCHDB_PASSWORD, or name one in a file mounted in /opt/couchdb/etc/local.d"), COUCHDB_PAGE),
    Row::new(&["couchdb"], Since(&[(3, 0)]), once(&["COUCHDB_PASSWORD"], COUCHDB_FILES, ADMINISTRATOR, "set COUCHDB_USER and COUCHDB_PASSWORD, or name one in a file mounted in /opt/couchdb/etc/local.d"), COUCHDB_PAGE),
    Row::new(&["arangodb"], All, once(&["ARANGO_ROOT_PASSWORD", "ARANGO_ROOT_PASSWORD_FILE", "ARANGO_NO_AUTH", "ARANGO_RANDOM_ROOT_PASSWORD"], &[], ROOT_PASSWORD, "set ARANGO_ROOT_PASSWORD, or ARANGO_ROOT_PASSWORD_FILE to the path of a secret"), "https://github.com/docker-library/docs/blob/master/arangodb/content.md"),
    Row::new(&["neo4j"], Tagged("enterprise"), always(&["NEO4J_ACCEPT_LICENSE_AGREEMENT"], LICENCE, "read the licence, and set NEO4J_ACCEPT_LICENSE_AGREEMENT: \"yes\", or \"eval\", if you accept it"), "https://github.com/neo4j/docker-neo4j/blob/master/docker-image-src/5/coredb/docker-entrypoint.sh"),
    Row::new(&["opensearchproject/opensearch"], Since(&[(2, 12)]), once(OPENSEARCH_ADMIN, &["/usr/share/opensearch/config/opensearch.yml", "/usr/share/opensearch/config/opensearch-security"], "a password for admin", "set OPENSEARCH_INITIAL_ADMIN_PASSWORD to a strong password"), "https://github.com/opensearch-project/opensearch-build/blob/main/docker/release/config/opensearch/opensearch-docker-entrypoint-2.x.sh"),
    Row::new(&["dpage/pgadmin4"], All, once(&["PGADMIN_DEFAULT_EMAIL"], &["/var/lib/pgadmin/pgadmin4.db"], ADMINISTRATOR, "set PGADMIN_DEFAULT_EMAIL and PGADMIN_DEFAULT_PASSWORD_FILE, or PGADMIN_DEFAULT_PASSWORD"), PGADMIN_PAGE),
    Row::new(&["dpage/pgadmin4"], All, once(&["PGADMIN_DEFAULT_PASSWORD", "PGADMIN_DEFAULT_PASSWORD_FILE"], &["/var/lib/pgadmin/pgadmin4.db"], ADMINISTRATOR, "set PGADMIN_DEFAULT_EMAIL and PGADMIN_DEFAULT_PASSWORD_FILE, or PGADMIN_DEFAULT_PASSWORD"), PGADMIN_PAGE),
    Row::new(&["confluentinc/cp-zookeeper"], All, always(&["ZOOKEEPER_CLIENT_PORT", "ZOOKEEPER_SECURE_CLIENT_PORT"], "a port for clients", "set ZOOKEEPER_CLIENT_PORT: 2181"), "https://github.com/confluentinc/kafka-images/blob/master/zookeeper/include/etc/confluent/docker/configure"),
    Row::new(&["confluentinc/cp-kafka"], Since(&[(8, 0), (7, 0), (6, 0), (5, 0)]), always(&["KAFKA_ADVERTISED_LISTENERS", "KAFKA_PROCESS_ROLES"], "the address that it tells its clients", "set KAFKA_ADVERTISED_LISTENERS, such as PLAINTEXT://NAME_OF_THE_SERVICE:9092"), "https://github.com/confluentinc/kafka-images/blob/master/kafka/include/etc/confluent/docker/configure"),
    bitnami!("postgresql", "POSTGRESQL_PASSWORD", "POSTGRESQL_PASSWORD_FILE"),
    bitnami!("mysql", "MYSQL_ROOT_PASSWORD", "MYSQL_ROOT_PASSWORD_FILE"),
    bitnami!("mariadb", "MARIADB_ROOT_PASSWORD", "MARIADB_ROOT_PASSWORD_FILE"),
    bitnami!("redis", "REDIS_PASSWORD", "REDIS_PASSWORD_FILE"),
];
