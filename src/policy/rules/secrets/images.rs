//! Images that read secrets from files, and the variables that name the files.
//!
//! From the documentation of each image; the part of the name before the tag decides.

use crate::policy::{Target, secret::scan::Leak};

/// The last part of an image's name, and the variables for which it knows `…_FILE`.
const READERS: &[(&str, &[&str])] = &[
    ("mysql", &["MYSQL_ROOT_PASSWORD", "MYSQL_PASSWORD"]),
    ("percona", &["MYSQL_ROOT_PASSWORD", "MYSQL_PASSWORD"]),
    (
        "mariadb",
        &["MARIADB_ROOT_PASSWORD", "MARIADB_PASSWORD", "MYSQL_ROOT_PASSWORD", "MYSQL_PASSWORD"],
    ),
    ("postgres", &["POSTGRES_PASSWORD"]),
    ("postgis", &["POSTGRES_PASSWORD"]),
    ("timescaledb", &["POSTGRES_PASSWORD"]),
    ("pgvector", &["POSTGRES_PASSWORD"]),
    ("mongo", &["MONGO_INITDB_ROOT_PASSWORD"]),
    ("mongo-express", &["ME_CONFIG_MONGODB_ADMINPASSWORD", "ME_CONFIG_BASICAUTH_PASSWORD"]),
    ("minio", &["MINIO_ROOT_PASSWORD"]),
    ("influxdb", &["DOCKER_INFLUXDB_INIT_PASSWORD", "DOCKER_INFLUXDB_INIT_ADMIN_TOKEN"]),
    ("neo4j", &["NEO4J_AUTH"]),
    ("wordpress", &["WORDPRESS_DB_PASSWORD"]),
    ("nextcloud", &["MYSQL_PASSWORD", "POSTGRES_PASSWORD", "NEXTCLOUD_ADMIN_PASSWORD"]),
    ("joomla", &["JOOMLA_DB_PASSWORD"]),
    ("pgadmin4", &["PGADMIN_DEFAULT_PASSWORD"]),
    ("vaultwarden", &["ADMIN_TOKEN"]),
    ("elasticsearch", &["ELASTIC_PASSWORD"]),
];

/// The variable that names the file, if the image knows one.
pub fn file_of(image: &str, variable: &str) -> Option<String> {
    let name = image.split('@').next()?.rsplit('/').next()?.split(':').next()?;
    if name == "grafana" && variable == "GF_SECURITY_ADMIN_PASSWORD" {
        return Some(format!("{variable}__FILE"));
    }
    let (_, variables) = READERS.iter().find(|(known, _)| *known == name)?;
    variables.contains(&variable).then(|| format!("{variable}_FILE"))
}

/// The same for a leak in a service's environment.
pub fn file_variable(target: &Target, leak: &Leak) -> Option<String> {
    let service = target.project.services.get(leak.service.as_ref()?)?;
    file_of(service.image.as_ref()?, &leak.name)
}
