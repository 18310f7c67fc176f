//! Which images bring a health check.

use super::{Fact::Health, Row, Versions::All};

/// Docker Official Images: their maintainers add none, and say so of all.
#[rustfmt::skip]
const OFFICIAL: &[&str] = &[
    "alpine", "almalinux", "amazonlinux", "archlinux", "bash", "buildpack-deps", "busybox", "caddy",
    "cassandra", "composer", "couchdb", "debian", "docker", "eclipse-temurin", "elasticsearch", "elixir",
    "erlang", "fedora", "golang", "gradle", "haproxy", "httpd", "influxdb", "kibana", "logstash", "mariadb",
    "maven", "memcached", "mongo", "mongo-express", "mysql", "nats", "neo4j", "nginx", "node", "openjdk", "percona",
    "perl", "php", "postgres", "python", "rabbitmq", "redis", "rockylinux", "ruby", "rust", "solr",
    "telegraf", "tomcat", "traefik", "ubuntu", "valkey", "wordpress", "zookeeper",
];

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::new(OFFICIAL, All, Health(false), "https://github.com/docker-library/faq#healthcheck"),
    Row::new(&["axllent/mailpit"], All, Health(true), "https://github.com/axllent/mailpit/blob/develop/Dockerfile"),
    Row::new(&["dragonflydb/dragonfly"], All, Health(true), "https://github.com/dragonflydb/dragonfly/blob/main/tools/packaging/Dockerfile.ubuntu-prod"),
    Row::new(&["gitlab/gitlab-ce", "gitlab/gitlab-ee"], All, Health(true), "https://gitlab.com/gitlab-org/omnibus-gitlab/-/blob/master/docker/Dockerfile"),
    Row::new(&["louislam/uptime-kuma"], All, Health(true), "https://github.com/louislam/uptime-kuma/blob/master/docker/dockerfile"),
    Row::new(&["netdata/netdata"], All, Health(true), "https://github.com/netdata/netdata/blob/master/packaging/docker/Dockerfile"),
    Row::new(&["pihole/pihole"], All, Health(true), "https://github.com/pi-hole/docker-pi-hole/blob/master/src/Dockerfile"),
    Row::new(&["plexinc/pms-docker"], All, Health(true), "https://github.com/plexinc/pms-docker/blob/master/Dockerfile"),
    Row::new(&["vaultwarden/server"], All, Health(true), "https://github.com/dani-garcia/vaultwarden/blob/main/docker/Dockerfile.debian"),
];
