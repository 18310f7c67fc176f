//! Where more images keep their data, by their makers' word.

use super::{
    Fact::{Folder, NotData, Part, Volume},
    Row,
    Versions::{All, Tagged},
};

const TIMESCALE: &str = "https://github.com/timescale/timescaledb-docker/blob/main/README.md";
const VAULT: &str = "https://github.com/hashicorp/vault/blob/main/Dockerfile";
const NATS: &str = "https://github.com/docker-library/docs/blob/master/nats/content.md";
const SONARQUBE: &str =
    "https://github.com/SonarSource/docker-sonarqube/blob/master/community-build/Dockerfile";
const GITLAB: &str = "https://gitlab.com/gitlab-org/omnibus-gitlab/-/blob/master/docker/Dockerfile";
const GITLABS: &[&str] = &["gitlab/gitlab-ce", "gitlab/gitlab-ee"];
const LDAP: &str = "https://github.com/osixia/docker-openldap/blob/master/README.md";
const MSSQL: &str =
    "https://learn.microsoft.com/en-us/sql/linux/sql-server-linux-docker-container-configure";

/// A page on an image of Bitnami's.
macro_rules! bitnami {
    ($name:literal, $path:literal) => {
        Row::new(
            &[concat!("bitnami/", $name), concat!("bitnamilegacy/", $name)],
            All,
            Folder($path),
            concat!(
                "https://github.com/bitnami/containers/blob/main/bitnami/",
                $name,
                "/README.md"
            ),
        )
    };
}

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    bitnami!("postgresql", "/bitnami/postgresql"),
    bitnami!("mysql", "/bitnami/mysql"),
    bitnami!("mysql", "/bitnami/mysql/data"),
    bitnami!("mariadb", "/bitnami/mariadb"),
    bitnami!("mongodb", "/bitnami/mongodb"),
    bitnami!("redis", "/bitnami/redis/data"),
    bitnami!("valkey", "/bitnami/valkey/data"),
    bitnami!("rabbitmq", "/bitnami/rabbitmq"),
    bitnami!("rabbitmq", "/bitnami/rabbitmq/mnesia"),
    bitnami!("elasticsearch", "/bitnami/elasticsearch"),
    bitnami!("elasticsearch", "/bitnami/elasticsearch/data"),
    bitnami!("cassandra", "/bitnami/cassandra"),
    bitnami!("clickhouse", "/bitnami/clickhouse"),
    bitnami!("minio", "/bitnami/minio/data"),
    bitnami!("etcd", "/bitnami/etcd/data"),
    bitnami!("zookeeper", "/bitnami/zookeeper"),
    bitnami!("kafka", "/bitnami/kafka"),
    Row::new(&["linuxserver/mariadb"], All, Folder("/config"), "https://github.com/linuxserver/docker-mariadb/blob/master/README.md"),
    Row::new(&["linuxserver/mariadb"], All, Part("/config/databases"), "https://github.com/linuxserver/docker-mariadb/blob/master/README.md"),
    Row::new(&["timescale/timescaledb"], All, Folder("/var/lib/postgresql/data"), TIMESCALE),
    Row::new(&["timescale/timescaledb-ha"], All, Folder("/home/postgres/pgdata"), "https://github.com/timescale/timescaledb-docker-ha/blob/master/README.md"),
    Row::new(&["mongo"], All, Part("/data/configdb"), "https://github.com/docker-library/mongo/blob/master/7.0/Dockerfile"),
    Row::new(&["eqalpha/keydb"], All, Volume("/data"), "https://github.com/Snapchat/KeyDB/blob/main/pkg/docker/Dockerfile"),
    Row::new(&["eqalpha/keydb"], All, NotData { path: "/var/lib/keydb", why: "the image keeps nothing there", instead: None }, "https://github.com/Snapchat/KeyDB/blob/main/pkg/docker/Dockerfile"),
    Row::new(&["dragonflydb/dragonfly"], All, Volume("/data"), "https://github.com/dragonflydb/dragonfly/blob/main/tools/packaging/Dockerfile.ubuntu-prod"),
    Row::new(&["rabbitmq"], All, Part("/var/lib/rabbitmq/mnesia"), "https://github.com/docker-library/docs/blob/master/rabbitmq/content.md"),
    Row::new(&["scylladb/scylla"], All, Folder("/var/lib/scylla"), "https://opensource.docs.scylladb.com/stable/operating-scylla/procedures/tips/best-practices-scylla-on-docker.html"),
    Row::new(&["neo4j"], All, Part("/var/lib/neo4j/data"), "https://github.com/neo4j/docker-neo4j/blob/master/docker-image-src/5/coredb/Dockerfile-bullseye"),
    Row::new(&["cockroachdb/cockroach"], All, Folder("/cockroach/cockroach-data"), "https://www.cockroachlabs.com/docs/stable/start-a-local-cluster-in-docker-linux"),
    Row::new(&["mssql/server", "azure-sql-edge"], All, Folder("/var/opt/mssql"), MSSQL),
    Row::new(&["mssql/server", "azure-sql-edge"], All, Part("/var/opt/mssql/data"), MSSQL),
    Row::new(&["database/free", "database/express", "database/enterprise"], All, Folder("/opt/oracle/oradata"), "https://github.com/oracle/docker-images/blob/main/OracleDatabase/SingleInstance/README.md"),
    Row::new(&["gvenzl/oracle-free", "gvenzl/oracle-xe"], All, Folder("/opt/oracle/oradata"), "https://github.com/gvenzl/oci-oracle-free/blob/main/README.md"),
    Row::new(&["couchbase"], All, Folder("/opt/couchbase/var"), "https://github.com/docker-library/docs/blob/master/couchbase/content.md"),
    Row::new(&["rethinkdb"], All, Folder("/data"), "https://github.com/docker-library/docs/blob/master/rethinkdb/content.md"),
    Row::new(&["surrealdb/surrealdb"], All, Folder("/data"), "https://surrealdb.com/docs/surrealdb/installation/running/docker"),
    Row::new(&["jacobalberty/firebird"], All, Folder("/firebird/data"), "https://github.com/jacobalberty/firebird-docker/blob/main/README.md"),
    Row::new(&["influxdb"], All, Part("/var/lib/influxdb3"), "https://docs.influxdata.com/influxdb3/core/install/"),
    Row::new(&["minio/minio"], All, Volume("/data"), "https://github.com/minio/minio/blob/master/Dockerfile.release"),
    Row::new(&["minio/minio"], All, Part("/export"), "https://github.com/minio/minio/blob/master/docs/docker/README.md"),
    Row::new(&["coreos/etcd", "etcd-development/etcd"], All, Folder("/etcd-data"), "https://etcd.io/docs/v3.5/op-guide/container/"),
    Row::new(&["coreos/etcd", "etcd-development/etcd"], All, Folder("/var/lib/etcd"), "https://etcd.io/docs/v3.5/op-guide/container/"),
    Row::new(&["consul", "hashicorp/consul"], All, Volume("/consul/data"), "https://github.com/hashicorp/consul/blob/main/Dockerfile"),
    Row::new(&["vault", "hashicorp/vault"], All, Volume("/vault/file"), VAULT),
    Row::new(&["vault", "hashicorp/vault"], All, Part("/vault/data"), "https://github.com/hashicorp/vault-helm/blob/main/values.yaml"),
    Row::new(&["zookeeper"], All, Part("/datalog"), "https://github.com/docker-library/docs/blob/master/zookeeper/content.md"),
    Row::new(&["apache/kafka", "apache/kafka-native"], All, Part("/tmp/kraft-combined-logs"), "https://github.com/apache/kafka/blob/trunk/docker/server.properties"),
    Row::new(&["nats"], All, Part("/data"), NATS),
    Row::new(&["nats"], All, NotData { path: "/data", why: "streams are kept where `-sd` says, which is in /tmp unless it is set, and only with `-js`", instead: Some("add `-js -sd /data` to the command") }, NATS),
    Row::new(&["jenkins/jenkins"], All, Volume("/var/jenkins_home"), "https://github.com/jenkinsci/docker/blob/master/debian/trixie/hotspot/Dockerfile"),
    Row::new(&["sonarqube"], All, Volume("/opt/sonarqube/data"), SONARQUBE),
    Row::new(&["sonarqube"], All, Volume("/opt/sonarqube/extensions"), SONARQUBE),
    Row::new(GITLABS, All, Volume("/var/opt/gitlab"), GITLAB),
    Row::new(GITLABS, All, Volume("/etc/gitlab"), GITLAB),
    Row::new(&["sonatype/nexus3"], All, Volume("/nexus-data"), "https://github.com/sonatype/docker-nexus3/blob/main/Dockerfile"),
    Row::new(&["gitea/gitea"], Tagged("rootless"), Volume("/var/lib/gitea"), "https://github.com/go-gitea/gitea/blob/main/Dockerfile.rootless"),
    Row::new(&["eclipse-mosquitto"], All, Volume("/mosquitto/data"), "https://github.com/eclipse-mosquitto/mosquitto/blob/master/docker/2.0-openssl/Dockerfile"),
    Row::new(&["typesense/typesense"], All, Folder("/data"), "https://github.com/typesense/typesense/blob/main/README.md"),
    Row::new(&["getmeili/meilisearch"], All, Folder("/meili_data"), "https://www.meilisearch.com/docs/guides/docker"),
    Row::new(&["qdrant/qdrant"], All, Folder("/qdrant/storage"), "https://qdrant.tech/documentation/quickstart/"),
    Row::new(&["semitechnologies/weaviate"], All, Folder("/var/lib/weaviate"), "https://docs.weaviate.io/deploy/installation-guides/docker-installation"),
    Row::new(&["grafana/grafana", "grafana/grafana-oss", "grafana/grafana-enterprise"], All, Folder("/var/lib/grafana"), "https://github.com/grafana/grafana/blob/main/Dockerfile"),
    Row::new(&["prom/prometheus"], All, Volume("/prometheus"), "https://github.com/prometheus/prometheus/blob/main/Dockerfile"),
    Row::new(&["grafana/loki"], All, Folder("/loki"), "https://github.com/grafana/loki/blob/main/cmd/loki/loki-docker-config.yaml"),
    Row::new(&["victoriametrics/victoria-metrics"], All, Folder("/victoria-metrics-data"), "https://docs.victoriametrics.com/victoriametrics/quick-start/"),
    Row::new(&["victoriametrics/victoria-metrics"], All, Folder("/storage"), "https://docs.victoriametrics.com/victoriametrics/quick-start/"),
    Row::new(&["osixia/openldap"], All, Folder("/var/lib/ldap"), LDAP),
    Row::new(&["osixia/openldap"], All, Folder("/etc/ldap/slapd.d"), LDAP),
];
