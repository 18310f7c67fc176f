//! Where images keep their data.

use super::{
    Fact::{Folder, Moves, NamedAfterHost, NotData, Settings, Volume},
    Row,
    Versions::{All, Below, From, Only},
};

const POSTGRES: &[&str] = &["postgres", "postgis/postgis", "pgvector/pgvector"];
const PERCONA: &[&str] = &["percona", "percona/percona-server"];
const ELASTIC: &[&str] = &["elasticsearch", "elasticsearch/elasticsearch"];
const KAFKA: &[&str] = &["apache/kafka", "apache/kafka-native"];
const CONFLUENT: &[&str] = &["confluentinc/cp-kafka"];
const CLICKHOUSE: &[&str] = &["clickhouse", "clickhouse/clickhouse-server"];

const fn not_data(path: &'static str) -> super::Fact {
    NotData { path, why: "the image keeps nothing there", instead: None }
}

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::new(&["mysql"], All, Volume("/var/lib/mysql"), "https://github.com/docker-library/mysql/blob/master/8.4/Dockerfile.oracle"),
    Row::new(&["mariadb"], All, Volume("/var/lib/mysql"), "https://github.com/MariaDB/mariadb-docker/blob/master/11.4/Dockerfile"),
    Row::new(PERCONA, All, Volume("/var/lib/mysql"), "https://github.com/percona/percona-docker/blob/main/percona-server-8.0/Dockerfile"),
    Row::new(&["mariadb"], All, not_data("/var/lib/mariadb"), "https://github.com/MariaDB/mariadb-docker/blob/master/11.4/Dockerfile"),
    Row::new(POSTGRES, Below(18), Volume("/var/lib/postgresql/data"), "https://github.com/docker-library/docs/blob/master/postgres/content.md"),
    Row::new(POSTGRES, From(18), Volume("/var/lib/postgresql"), "https://github.com/docker-library/docs/blob/master/postgres/content.md"),
    Row::new(POSTGRES, From(18), NotData { path: "/var/lib/postgresql/data", why: "from 18 on the image keeps its data in /var/lib/postgresql/MAJOR/docker, and makes no database with a volume at the old path", instead: None }, "https://github.com/docker-library/postgres/blob/master/docker-entrypoint.sh"),
    Row::new(POSTGRES, All, Moves("PGDATA"), "https://github.com/docker-library/docs/blob/master/postgres/content.md"),
    Row::new(&["mongo"], All, Volume("/data/db"), "https://github.com/docker-library/mongo/blob/master/7.0/Dockerfile"),
    Row::new(&["mongo"], All, not_data("/var/lib/mongodb"), "https://github.com/docker-library/mongo/blob/master/docker-entrypoint.sh"),
    Row::new(&["mongo"], All, not_data("/var/lib/mongo"), "https://github.com/docker-library/mongo/blob/master/docker-entrypoint.sh"),
    Row::new(&["redis"], All, Volume("/data"), "https://github.com/redis/docker-library-redis/blob/master/7.4/debian/Dockerfile"),
    Row::new(&["redis"], All, not_data("/var/lib/redis"), "https://github.com/redis/docker-library-redis/blob/master/7.4/debian/Dockerfile"),
    Row::new(&["redis"], All, not_data("/bitnami/redis"), "https://github.com/redis/docker-library-redis/blob/master/7.4/debian/Dockerfile"),
    Row::new(&["redis"], All, not_data("/bitnami/redis/data"), "https://github.com/redis/docker-library-redis/blob/master/7.4/debian/Dockerfile"),
    Row::new(&["valkey/valkey"], All, Volume("/data"), "https://github.com/valkey-io/valkey-container/blob/mainline/Dockerfile.template"),
    Row::new(&["valkey/valkey"], All, not_data("/var/lib/valkey"), "https://github.com/valkey-io/valkey-container/blob/mainline/Dockerfile.template"),
    Row::new(&["valkey/valkey"], All, not_data("/var/lib/redis"), "https://github.com/valkey-io/valkey-container/blob/mainline/Dockerfile.template"),
    Row::new(&["rabbitmq"], All, Volume("/var/lib/rabbitmq"), "https://github.com/docker-library/docs/blob/master/rabbitmq/content.md"),
    Row::new(&["rabbitmq"], All, NamedAfterHost { variable: "RABBITMQ_NODENAME", hostname: true }, "https://github.com/docker-library/docs/blob/master/rabbitmq/content.md"),
    Row::new(&["rabbitmq"], All, Settings("/etc/rabbitmq/rabbitmq-env.conf"), "https://github.com/docker-library/docs/blob/master/rabbitmq/content.md"),
    Row::new(&["emqx", "emqx/emqx"], From(5), Folder("/opt/emqx/data"), "https://github.com/docker-library/docs/blob/master/emqx/content.md"),
    Row::new(&["emqx", "emqx/emqx"], From(5), NamedAfterHost { variable: "EMQX_NODE__NAME", hostname: false }, "https://github.com/docker-library/docs/blob/master/emqx/content.md"),
    Row::new(&["emqx", "emqx/emqx"], From(5), Settings("/opt/emqx/etc/emqx.conf"), "https://github.com/docker-library/docs/blob/master/emqx/content.md"),
    Row::new(&["couchdb"], From(2), Volume("/opt/couchdb/data"), "https://github.com/apache/couchdb-docker/blob/main/3.4.3/Dockerfile"),
    Row::new(&["couchdb"], From(2), not_data("/usr/local/var/lib/couchdb"), "https://github.com/apache/couchdb-docker/blob/main/3.4.3/Dockerfile"),
    Row::new(&["cassandra"], All, Volume("/var/lib/cassandra"), "https://github.com/docker-library/cassandra/blob/master/5.0/Dockerfile"),
    Row::new(&["arangodb"], All, Volume("/var/lib/arangodb3"), "https://github.com/docker-library/docs/blob/master/arangodb/content.md"),
    Row::new(&["neo4j"], All, Volume("/data"), "https://github.com/neo4j/docker-neo4j/blob/master/docker-image-src/5/coredb/Dockerfile-bullseye"),
    Row::new(&["neo4j"], All, NotData { path: "/var/lib/neo4j/data", why: "that is a link to /data in the image", instead: None }, "https://github.com/neo4j/docker-neo4j/blob/master/docker-image-src/5/coredb/Dockerfile-bullseye"),
    Row::new(&["influxdb"], Below(2), Volume("/var/lib/influxdb"), "https://github.com/influxdata/influxdata-docker/blob/master/influxdb/1.11/Dockerfile"),
    Row::new(&["influxdb"], Only(2), Volume("/var/lib/influxdb2"), "https://github.com/influxdata/influxdata-docker/blob/master/influxdb/2.7/Dockerfile"),
    Row::new(&["influxdb"], Only(2), NotData { path: "/var/lib/influxdb", why: "that is the data folder of version 1", instead: None }, "https://github.com/docker-library/docs/blob/master/influxdb/content.md"),
    Row::new(&["solr"], From(9), Volume("/var/solr"), "https://github.com/apache/solr-docker/blob/main/9.9/Dockerfile"),
    Row::new(&["solr"], From(9), NotData { path: "/opt/solr/server/solr", why: "its home is /var/solr/data", instead: None }, "https://github.com/apache/solr-docker/blob/main/9.9/Dockerfile"),
    Row::new(&["solr"], From(9), NotData { path: "/opt/solr/server/solr/mycores", why: "its home is /var/solr/data", instead: None }, "https://github.com/apache/solr-docker/blob/main/9.9/Dockerfile"),
    Row::new(CLICKHOUSE, All, Volume("/var/lib/clickhouse"), "https://github.com/ClickHouse/ClickHouse/blob/master/docker/server/Dockerfile.ubuntu"),
    Row::new(ELASTIC, All, Folder("/usr/share/elasticsearch/data"), "https://github.com/elastic/elasticsearch/blob/8.1/docs/reference/setup/install/docker.asciidoc"),
    Row::new(ELASTIC, All, not_data("/var/lib/elasticsearch"), "https://github.com/elastic/elasticsearch/blob/8.1/docs/reference/setup/install/docker.asciidoc"),
    Row::new(&["opensearchproject/opensearch"], All, Folder("/usr/share/opensearch/data"), "https://github.com/opensearch-project/documentation-website/blob/main/_install-and-configure/install-opensearch/docker.md"),
    Row::new(&["opensearchproject/opensearch"], All, not_data("/usr/share/elasticsearch/data"), "https://github.com/opensearch-project/documentation-website/blob/main/_install-and-configure/install-opensearch/docker.md"),
    Row::new(&["opensearchproject/opensearch"], All, not_data("/var/lib/opensearch"), "https://github.com/opensearch-project/documentation-website/blob/main/_install-and-configure/install-opensearch/docker.md"),
    Row::new(KAFKA, All, Moves("KAFKA_LOG_DIRS"), "https://github.com/apache/kafka/blob/trunk/docker/examples/README.md"),
    Row::new(KAFKA, All, Moves("KAFKA_LOG_DIR"), "https://github.com/apache/kafka/blob/trunk/docker/examples/README.md"),
    Row::new(KAFKA, All, NotData { path: "/var/lib/kafka/data", why: "the broker keeps its log where log.dirs says, which is in /tmp unless it is set", instead: Some("set KAFKA_LOG_DIRS to this path beside the other settings of the broker") }, "https://github.com/apache/kafka/blob/trunk/docker/server.properties"),
    Row::new(KAFKA, All, NotData { path: "/var/lib/kafka", why: "the broker keeps its log where log.dirs says, which is in /tmp unless it is set", instead: Some("set KAFKA_LOG_DIRS to a folder in this path beside the other settings of the broker") }, "https://github.com/apache/kafka/blob/trunk/docker/server.properties"),
    Row::new(KAFKA, All, NotData { path: "/bitnami/kafka", why: "the broker keeps its log where log.dirs says, which is in /tmp unless it is set", instead: Some("set KAFKA_LOG_DIRS to this path beside the other settings of the broker") }, "https://github.com/apache/kafka/blob/trunk/docker/server.properties"),
    Row::new(CONFLUENT, All, Volume("/var/lib/kafka/data"), "https://github.com/confluentinc/kafka-images/blob/master/kafka/Dockerfile.ubi9"),
    Row::new(CONFLUENT, All, Moves("KAFKA_LOG_DIRS"), "https://github.com/confluentinc/kafka-images/blob/master/kafka/include/etc/confluent/docker/configure"),
    Row::new(&["zookeeper"], All, Volume("/data"), "https://github.com/docker-library/docs/blob/master/zookeeper/content.md"),
    Row::new(&["wordpress"], All, Volume("/var/www/html"), "https://github.com/docker-library/wordpress/blob/master/latest/php8.3/fpm/Dockerfile"),
    Row::new(&["nextcloud"], All, Volume("/var/www/html"), "https://github.com/nextcloud/docker/blob/master/32/apache/Dockerfile"),
    Row::new(&["ghost"], All, Volume("/var/lib/ghost/content"), "https://github.com/docker-library/docs/blob/master/ghost/content.md"),
    Row::new(&["registry"], All, Volume("/var/lib/registry"), "https://github.com/distribution/distribution-library-image/blob/main/Dockerfile"),
];
