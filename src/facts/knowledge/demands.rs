//! What images refuse, ignore and must write.

use super::{
    Fact::{Ignores, Refuses, Settings, Writes},
    Row,
    Versions::{All, From},
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
    Row::new(&["rabbitmq"], From(4), rabbit("RABBITMQ_DEFAULT_PASS_FILE"), RABBIT),
    Row::new(&["rabbitmq"], From(4), rabbit("RABBITMQ_DEFAULT_USER_FILE"), RABBIT),
    Row::new(&["rabbitmq"], From(4), rabbit("RABBITMQ_VM_MEMORY_HIGH_WATERMARK"), RABBIT),
    Row::new(&["rabbitmq"], From(4), rabbit("RABBITMQ_SSL_CACERTFILE"), RABBIT),
    Row::new(&["rabbitmq"], From(4), rabbit("RABBITMQ_SSL_CERTFILE"), RABBIT),
    Row::new(&["rabbitmq"], From(4), rabbit("RABBITMQ_SSL_KEYFILE"), RABBIT),
    Row::new(&["rabbitmq"], From(4), rabbit("RABBITMQ_SSL_VERIFY"), RABBIT),
    Row::new(&["rabbitmq"], From(4), rabbit("RABBITMQ_MANAGEMENT_SSL_CERTFILE"), RABBIT),
    Row::new(&["rabbitmq"], From(4), rabbit("RABBITMQ_MANAGEMENT_SSL_KEYFILE"), RABBIT),
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
