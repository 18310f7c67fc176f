//! Health checks: the service's own, and what is known of images.

use super::image::Reference;
use crate::compose::Service;

/// What a service says of its health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// It has a check of its own.
    Own,
    /// The image's check is switched off.
    Off,
    /// It leaves it to the image.
    Image,
}

/// What a service says.
pub fn of(service: &Service) -> Check {
    let Some(check) = &service.healthcheck else { return Check::Image };
    let disabled = check.disable.as_ref().is_some_and(|disable| disable.value);
    match check.test.first().map(|word| word.as_str()) {
        _ if disabled => Check::Off,
        Some("NONE") => Check::Off,
        Some(_) => Check::Own,
        None => Check::Image,
    }
}

/// Docker Official Images that have no health check, as their Dockerfiles say.
#[rustfmt::skip]
const WITHOUT: &[&str] = &[
    "alpine", "almalinux", "amazonlinux", "archlinux", "bash", "buildpack-deps", "busybox", "caddy", "cassandra", "composer",
    "couchdb", "debian", "docker", "eclipse-temurin", "elasticsearch", "elixir", "erlang", "fedora", "golang", "gradle",
    "haproxy", "httpd", "influxdb", "kibana", "logstash", "mariadb", "maven", "memcached", "mongo", "mongo-express",
    "mysql", "nats", "neo4j", "nginx", "node", "openjdk", "percona", "perl", "php", "postgres",
    "python", "rabbitmq", "redis", "rockylinux", "ruby", "rust", "solr", "telegraf", "tomcat", "traefik",
    "ubuntu", "valkey", "wordpress", "zookeeper",
];

/// Images that bring a health check, by the end of their repository.
const WITH: &[&str] = &[
    "axllent/mailpit",
    "gitlab/gitlab-ce",
    "gitlab/gitlab-ee",
    "louislam/uptime-kuma",
    "netdata/netdata",
    "pihole/pihole",
    "plexinc/pms-docker",
    "vaultwarden/server",
];

/// Whether it is known that an image has no check.
pub fn image_lacks_one(image: &str) -> bool {
    Reference::new(image).official().is_some_and(|name| WITHOUT.contains(&name))
}

/// Whether it is known that an image brings a check.
pub fn image_brings_one(image: &str) -> bool {
    WITH.contains(&Reference::new(image).repository)
}
