//! Health checks: the service's own, and what is known of images.

use super::reference::Reference;
use crate::{
    compose::{Project, Service},
    facts::image,
};

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
#[must_use]
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

/// Whether the image of a service brings a health check: by its Dockerfile where one is at hand, else
/// by what is known of the image or of the base that it stands on; none if nobody knows.
#[must_use]
pub fn of_image(project: &Project, name: &str, service: &Service) -> Option<bool> {
    let known = |image: &str| match () {
        () if image_brings_one(image) => Some(true),
        () if image_lacks_one(image) => Some(false),
        () => None,
    };
    by_dockerfile(project, name, service).or_else(|| match image::recipe(project, name, service) {
        Ok(recipe) => known(&recipe.base()),
        Err(_) if service.build.is_some() => None,
        Err(_) => known(service.image.as_ref()?),
    })
}

/// Whether the image of a service has a health check by its Dockerfile; none if that says nothing or
/// is not at hand.
#[must_use]
pub fn by_dockerfile(project: &Project, name: &str, service: &Service) -> Option<bool> {
    let check = image::recipe(project, name, service).and_then(|recipe| recipe.health_check());
    check.ok().map(|check| check.is_some())
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
fn image_lacks_one(image: &str) -> bool {
    Reference::new(image).official().is_some_and(|name| WITHOUT.contains(&name))
}

/// Whether it is known that an image brings a check.
fn image_brings_one(image: &str) -> bool {
    WITH.contains(&Reference::new(image).repository)
}
