//! What images refuse, ignore and must write.

use super::{
    Fact::{Ignores, Refuses, Settings, Writes},
    Row,
    Versions::{All, Below, From, Only},
};

const NO_PASSWORD: &str = "the server asks for no password";
const MYSQL: &str = "https://github.com/docker-library/mysql/blob/master/8.4/docker-entrypoint.sh";
const MARIADB: &str = "https://github.com/MariaDB/mariadb-docker/blob/master/docker-entrypoint.sh";
const PERCONA: &str =
    "https://github.com/percona/percona-docker/blob/main/percona-server-8.0/ps-entry.sh";
const MONGO: &str = "https://github.com/docker-library/mongo/blob/master/docker-entrypoint.sh";
const RABBIT: &str =
    "https://github.com/docker-library/rabbitmq/blob/master/4.1/ubuntu/docker-entrypoint.sh";
const REDIS: &str = "https://github.com/redis/docker-library-redis/issues/261";
const VALKEY: &str =
    "https://github.com/valkey-io/valkey-container/blob/mainline/docker-entrypoint.sh";
const INFLUX: &str =
    "https://github.com/influxdata/influxdata-docker/blob/master/influxdb/2.7/entrypoint.sh";
const NEO4J: &str = "https://github.com/neo4j/docker-neo4j/blob/master/docker-image-src/5/coredb/docker-entrypoint.sh";
const MEILI: &str =
    "https://github.com/meilisearch/meilisearch/blob/main/crates/meilisearch/src/main.rs";
const INFLUX_PAGE: &str = "https://github.com/docker-library/docs/blob/master/influxdb/content.md";
const INFLUX_READS: &[&str] =
    &["DOCKER_INFLUXDB_INIT_PASSWORD", "DOCKER_INFLUXDB_INIT_PASSWORD_FILE"];
const NATS: &str =
    "https://github.com/nats-io/nats-docker/blob/main/2.12.x/alpine3.22/docker-entrypoint.sh";
const NATS_REMEDY: &str = "hand it to the server by `--user` and `--pass`, or set `authorization` in a mounted configuration";
const MEMCACHED: &str =
    "https://github.com/docker-library/memcached/blob/master/1/debian/docker-entrypoint.sh";
const MEMCACHED_REMEDY: &str =
    "keep it on a network that only its clients are on: the image knows no password by a variable";
const GRAFANA: &[&str] = &["grafana/grafana", "grafana/grafana-oss", "grafana/grafana-enterprise"];
const GRAFANA_PAGE: &str =
    "https://grafana.com/docs/grafana/latest/setup-grafana/configure-docker/";
const GRAFANA_READS: &[&str] = &["GF_SECURITY_ADMIN_PASSWORD", "GF_SECURITY_ADMIN_PASSWORD__FILE"];
const ADMIN_ADMIN: &str = "the administrator is admin with the password admin";
const KEYCLOAK_READS: &[&str] = &["KC_BOOTSTRAP_ADMIN_PASSWORD", "KEYCLOAK_ADMIN_PASSWORD"];
const POSTGRES: &[&str] = &["postgres", "postgis/postgis", "pgvector/pgvector"];
const REQUIREPASS: &str =
    "hand it to the server by `--requirepass`, or set `requirepass` in a mounted redis.conf";

const USER_PASSWORDS: &[&str] = &[
    "MYSQL_PASSWORD",
    "MYSQL_PASSWORD_FILE",
    "MARIADB_PASSWORD",
    "MARIADB_PASSWORD_FILE",
    "MARIADB_PASSWORD_HASH",
    "MARIADB_PASSWORD_HASH_FILE",
];
/// With a host of one's own for root, the user and root may be two.
const HOSTS: &[&str] = &[
    "MYSQL_ROOT_HOST",
    "MYSQL_ROOT_HOST_FILE",
    "MARIADB_ROOT_HOST",
    "MARIADB_ROOT_HOST_FILE",
    "MARIADB_USER_HOST",
];
const ROOT_EXISTS: &str = "root is made first, and making it again ends the first start half-way";
const NO_ROOT: &str =
    "leave the user and its password out and set a password for root, or name another user";

const fn mongo(variable: &'static str, without: &'static [&'static str]) -> super::Fact {
    Refuses {
        variable,
        value: None,
        with: &[],
        without,
        why: "it takes the root user's name and password together or not at all",
        remedy: "set both MONGO_INITDB_ROOT_USERNAME and MONGO_INITDB_ROOT_PASSWORD, or neither",
    }
}

const fn rabbit(variable: &'static str) -> super::Fact {
    Refuses {
        variable,
        value: None,
        with: &[],
        without: &[],
        why: "it reads this variable no more and ends where it is set",
        remedy: "say it in a file of settings mounted at /etc/rabbitmq/conf.d",
    }
}

/// What the set-up of `InfluxDB` needs, each by itself.
const fn influx(without: &'static [&'static str], remedy: &'static str) -> super::Fact {
    Refuses {
        variable: "DOCKER_INFLUXDB_INIT_MODE",
        value: Some("setup"),
        with: &[],
        without,
        why: "its set-up needs a user, a password, an organization and a bucket",
        remedy,
    }
}

const fn no_password(variable: &'static str, remedy: &'static str) -> super::Fact {
    Ignores { variable, so: NO_PASSWORD, reads: &[], remedy }
}

const fn valkey(variable: &'static str) -> super::Fact {
    Ignores {
        variable,
        so: NO_PASSWORD,
        reads: &["VALKEY_EXTRA_FLAGS"],
        remedy: "hand it to the server by `--requirepass`, be it in VALKEY_EXTRA_FLAGS, or set `requirepass` in a mounted valkey.conf",
    }
}

const fn mongo_password(variable: &'static str) -> super::Fact {
    Ignores {
        variable,
        so: NO_PASSWORD,
        reads: &["MONGO_INITDB_ROOT_PASSWORD", "MONGO_INITDB_ROOT_PASSWORD_FILE"],
        remedy: "write MONGO_INITDB_ROOT_USERNAME and MONGO_INITDB_ROOT_PASSWORD",
    }
}

/// A password that no program reads, so that the well-known one stays.
const fn unread(
    variable: &'static str,
    so: &'static str,
    reads: &'static [&'static str],
    remedy: &'static str,
) -> super::Fact {
    Ignores { variable, so, reads, remedy }
}

const fn rabbit_password(variable: &'static str) -> super::Fact {
    Ignores {
        variable,
        so: "the user is guest with the password guest",
        reads: &["RABBITMQ_DEFAULT_PASS"],
        remedy: "write RABBITMQ_DEFAULT_USER and RABBITMQ_DEFAULT_PASS",
    }
}

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::new(&["mysql"], All, Refuses { variable: "MYSQL_USER", value: Some("root"), with: &[], without: &[], why: "the variable is for a user besides root", remedy: "leave MYSQL_USER and MYSQL_PASSWORD out and use MYSQL_ROOT_PASSWORD, or name another user" }, MYSQL),
    Row::new(&["mariadb"], All, Refuses { variable: "MARIADB_USER", value: Some("root"), with: USER_PASSWORDS, without: HOSTS, why: ROOT_EXISTS, remedy: NO_ROOT }, MARIADB),
    Row::new(&["mariadb"], All, Refuses { variable: "MYSQL_USER", value: Some("root"), with: USER_PASSWORDS, without: HOSTS, why: ROOT_EXISTS, remedy: NO_ROOT }, MARIADB),
    Row::new(&["percona", "percona/percona-server"], All, Refuses { variable: "MYSQL_USER", value: Some("root"), with: USER_PASSWORDS, without: HOSTS, why: ROOT_EXISTS, remedy: NO_ROOT }, PERCONA),
    Row::new(&["mongo"], All, mongo("MONGO_INITDB_ROOT_USERNAME", &["MONGO_INITDB_ROOT_PASSWORD", "MONGO_INITDB_ROOT_PASSWORD_FILE"]), MONGO),
    Row::new(&["mongo"], All, mongo("MONGO_INITDB_ROOT_PASSWORD", &["MONGO_INITDB_ROOT_USERNAME", "MONGO_INITDB_ROOT_USERNAME_FILE"]), MONGO),
    Row::new(&["influxdb"], Only(2), influx(&["DOCKER_INFLUXDB_INIT_USERNAME", "DOCKER_INFLUXDB_INIT_USERNAME_FILE"], "set DOCKER_INFLUXDB_INIT_USERNAME"), INFLUX),
    Row::new(&["influxdb"], Only(2), influx(&["DOCKER_INFLUXDB_INIT_PASSWORD", "DOCKER_INFLUXDB_INIT_PASSWORD_FILE"], "set DOCKER_INFLUXDB_INIT_PASSWORD_FILE to the path of a secret, or DOCKER_INFLUXDB_INIT_PASSWORD"), INFLUX),
    Row::new(&["influxdb"], Only(2), influx(&["DOCKER_INFLUXDB_INIT_ORG"], "set DOCKER_INFLUXDB_INIT_ORG"), INFLUX),
    Row::new(&["influxdb"], Only(2), influx(&["DOCKER_INFLUXDB_INIT_BUCKET"], "set DOCKER_INFLUXDB_INIT_BUCKET"), INFLUX),
    Row::new(&["neo4j"], All, Refuses { variable: "NEO4J_AUTH", value: Some("neo4j/neo4j"), with: &[], without: &[], why: "that is the password of a fresh installation, which it does not take", remedy: "set NEO4J_AUTH to neo4j/ and another password" }, NEO4J),
    Row::new(&["getmeili/meilisearch"], All, Refuses { variable: "MEILI_ENV", value: Some("production"), with: &[], without: &["MEILI_MASTER_KEY"], why: "in production it needs a master key", remedy: "set MEILI_MASTER_KEY to at least 16 bytes" }, MEILI),
    Row::new(&["rabbitmq"], From(4), rabbit("RABBITMQ_DEFAULT_PASS_FILE"), RABBIT),
    Row::new(&["rabbitmq"], From(4), rabbit("RABBITMQ_DEFAULT_USER_FILE"), RABBIT),
    Row::new(&["rabbitmq"], From(4), rabbit("RABBITMQ_VM_MEMORY_HIGH_WATERMARK"), RABBIT),
    Row::new(&["rabbitmq"], From(4), rabbit("RABBITMQ_SSL_CACERTFILE"), RABBIT),
    Row::new(&["rabbitmq"], From(4), rabbit("RABBITMQ_SSL_CERTFILE"), RABBIT),
    Row::new(&["rabbitmq"], From(4), rabbit("RABBITMQ_SSL_DEPTH"), RABBIT),
    Row::new(&["rabbitmq"], From(4), rabbit("RABBITMQ_SSL_FAIL_IF_NO_PEER_CERT"), RABBIT),
    Row::new(&["rabbitmq"], From(4), rabbit("RABBITMQ_SSL_KEYFILE"), RABBIT),
    Row::new(&["rabbitmq"], From(4), rabbit("RABBITMQ_SSL_VERIFY"), RABBIT),
    Row::new(&["rabbitmq"], From(4), rabbit("RABBITMQ_MANAGEMENT_SSL_CERTFILE"), RABBIT),
    Row::new(&["rabbitmq"], From(4), rabbit("RABBITMQ_MANAGEMENT_SSL_KEYFILE"), RABBIT),
    Row::new(&["rabbitmq"], From(4), rabbit("RABBITMQ_MANAGEMENT_SSL_CACERTFILE"), RABBIT),
    Row::new(&["rabbitmq"], From(4), rabbit("RABBITMQ_MANAGEMENT_SSL_DEPTH"), RABBIT),
    Row::new(&["rabbitmq"], From(4), rabbit("RABBITMQ_MANAGEMENT_SSL_FAIL_IF_NO_PEER_CERT"), RABBIT),
    Row::new(&["rabbitmq"], From(4), rabbit("RABBITMQ_MANAGEMENT_SSL_VERIFY"), RABBIT),
    Row::new(&["redis"], All, no_password("REDIS_PASSWORD", "hand it to the server: `command: [\"sh\", \"-c\", \"exec redis-server --requirepass \\\"$$REDIS_PASSWORD\\\"\"]`, or set `requirepass` in a mounted redis.conf"), REDIS),
    Row::new(&["redis"], All, no_password("REDIS_PASS", REQUIREPASS), REDIS),
    Row::new(&["redis"], All, no_password("REDIS_REQUIREPASS", REQUIREPASS), REDIS),
    Row::new(&["redis"], All, no_password("REDIS_PASSWORD_FILE", REQUIREPASS), "https://github.com/redis/docker-library-redis/pull/355"),
    Row::new(&["valkey/valkey"], All, valkey("VALKEY_PASSWORD"), VALKEY),
    Row::new(&["valkey/valkey"], All, valkey("REDIS_PASSWORD"), VALKEY),
    Row::new(&["mongo"], All, mongo_password("MONGODB_ROOT_PASSWORD"), MONGO),
    Row::new(&["mongo"], All, mongo_password("MONGO_ROOT_PASSWORD"), MONGO),
    Row::new(&["rabbitmq"], All, rabbit_password("RABBITMQ_PASSWORD"), "https://github.com/docker-library/docs/blob/master/rabbitmq/content.md"),
    Row::new(&["rabbitmq"], All, rabbit_password("RABBITMQ_DEFAULT_PASSWORD"), "https://github.com/docker-library/docs/blob/master/rabbitmq/content.md"),
    Row::new(&["memcached"], All, no_password("MEMCACHED_PASSWORD", MEMCACHED_REMEDY), MEMCACHED),
    Row::new(&["nats"], All, no_password("NATS_PASSWORD", NATS_REMEDY), NATS),
    Row::new(&["nats"], All, no_password("NATS_PASS", NATS_REMEDY), NATS),
    Row::new(&["influxdb"], Below(2), unread("DOCKER_INFLUXDB_INIT_PASSWORD", NO_PASSWORD, &["INFLUXDB_HTTP_AUTH_ENABLED"], "that is a variable of version 2: write INFLUXDB_ADMIN_USER, INFLUXDB_ADMIN_PASSWORD and INFLUXDB_HTTP_AUTH_ENABLED: \"true\""), INFLUX_PAGE),
    Row::new(&["influxdb"], Only(2), unread("INFLUXDB_ADMIN_PASSWORD", "whoever comes first sets the password", INFLUX_READS, "that is a variable of version 1: write DOCKER_INFLUXDB_INIT_MODE: setup and DOCKER_INFLUXDB_INIT_PASSWORD beside its other variables"), INFLUX_PAGE),
    Row::new(GRAFANA, All, unread("GF_ADMIN_PASSWORD", ADMIN_ADMIN, GRAFANA_READS, "write GF_SECURITY_ADMIN_PASSWORD__FILE or GF_SECURITY_ADMIN_PASSWORD"), GRAFANA_PAGE),
    Row::new(GRAFANA, All, unread("GRAFANA_ADMIN_PASSWORD", ADMIN_ADMIN, GRAFANA_READS, "write GF_SECURITY_ADMIN_PASSWORD__FILE or GF_SECURITY_ADMIN_PASSWORD"), GRAFANA_PAGE),
    Row::new(&["keycloak/keycloak"], From(17), unread("KEYCLOAK_PASSWORD", "no administrator is made", KEYCLOAK_READS, "write KC_BOOTSTRAP_ADMIN_USERNAME and KC_BOOTSTRAP_ADMIN_PASSWORD, or KEYCLOAK_ADMIN and KEYCLOAK_ADMIN_PASSWORD before version 26"), "https://www.keycloak.org/migration/migrating-to-quarkus"),
    Row::new(&["nginx"], All, Writes("/var/cache/nginx"), "https://github.com/docker-library/docs/blob/master/nginx/content.md"),
    Row::new(&["nginx"], All, Writes("/run"), "https://github.com/docker-library/docs/blob/master/nginx/content.md"),
    Row::new(&["nginx"], All, Settings("/etc/nginx/nginx.conf"), "https://github.com/docker-library/docs/blob/master/nginx/content.md"),
    Row::new(&["nginxinc/nginx-unprivileged", "nginx/nginx-unprivileged"], All, Writes("/tmp"), "https://github.com/nginx/docker-nginx-unprivileged/blob/main/README.md"),
    Row::new(&["nginxinc/nginx-unprivileged", "nginx/nginx-unprivileged"], All, Settings("/etc/nginx/nginx.conf"), "https://github.com/nginx/docker-nginx-unprivileged/blob/main/README.md"),
    Row::new(POSTGRES, All, Writes("/run/postgresql"), "https://github.com/docker-library/postgres/issues/154"),
    Row::new(&["mysql"], All, Writes("/run/mysqld"), MYSQL),
    Row::new(&["mysql"], All, Writes("/tmp"), "https://github.com/docker-library/mysql/issues/1004"),
    Row::new(&["mariadb"], All, Writes("/run/mysqld"), MARIADB),
    Row::new(&["mongo"], All, Writes("/tmp"), "https://github.com/docker-library/mongo/issues/323"),
    Row::new(&["httpd"], All, Writes("/usr/local/apache2/logs"), "https://github.com/docker-library/httpd/issues/166"),
    Row::new(&["httpd"], All, Settings("/usr/local/apache2/conf/httpd.conf"), "https://github.com/docker-library/httpd/issues/166"),
    Row::new(&["jetty"], All, Writes("/tmp/jetty"), "https://github.com/docker-library/docs/blob/master/jetty/content.md"),
    Row::new(&["jetty"], All, Writes("/run/jetty"), "https://github.com/docker-library/docs/blob/master/jetty/content.md"),
];
