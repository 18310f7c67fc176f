//! How images are left open: authentication switched off, and ports that give the host away.

use super::{
    By::{self, Both, Missing, Variable, Words},
    Fact::{self, Door, Open, Settings, WellKnown},
    Row,
    Versions::{All, Below, Tagged},
};

const YES: &[&str] = &["1", "on", "t", "true", "y", "yes"];
const NO: &[&str] = &["0", "false", "n", "no", "off"];
const POSTGRES: &[&str] = &["postgres", "postgis/postgis", "pgvector/pgvector"];
const ELASTIC: &[&str] = &["elasticsearch", "elasticsearch/elasticsearch"];
const GRAFANA: &[&str] = &["grafana/grafana", "grafana/grafana-oss", "grafana/grafana-enterprise"];
const NOTEBOOKS: &[&str] = &[
    "jupyter/base-notebook",
    "jupyter/minimal-notebook",
    "jupyter/scipy-notebook",
    "jupyter/datascience-notebook",
    "jupyter/tensorflow-notebook",
    "jupyter/pytorch-notebook",
    "jupyter/pyspark-notebook",
    "jupyter/all-spark-notebook",
    "jupyter/r-notebook",
    "jupyter/julia-notebook",
];
const PORTAINER: &[&str] =
    &["portainer/portainer-ce", "portainer/portainer-ee", "portainer/portainer"];
const BROWSERS: &[&str] = &[
    "selenium/standalone-chrome",
    "selenium/standalone-chromium",
    "selenium/standalone-firefox",
    "selenium/standalone-edge",
];
const REDIS: &[&str] = &["redis", "valkey/valkey"];

const MYSQL_ROOT: &[&str] = &[
    "MYSQL_ROOT_PASSWORD",
    "MYSQL_ROOT_PASSWORD_FILE",
    "MYSQL_RANDOM_ROOT_PASSWORD",
    "MARIADB_ROOT_PASSWORD",
    "MARIADB_ROOT_PASSWORD_FILE",
    "MARIADB_ROOT_PASSWORD_HASH",
    "MARIADB_ROOT_PASSWORD_HASH_FILE",
    "MARIADB_RANDOM_ROOT_PASSWORD",
    "MYSQL_ROOT_HOST=localhost",
    "MARIADB_ROOT_HOST=localhost",
];

const CONTROLS: &str = "Portainer, which controls the engine";
const CONSOLE_PGADMIN: &str = "pgAdmin, a console for databases";
const BROWSER: &str = "a browser under remote control";
const SCREEN: &str = "the screen of a browser under remote control";
const NOTEBOOK: &str = "a notebook, which runs any code";
const FASTCGI: &str = "FastCGI, which asks for no login and runs any code";
const EDITOR: &str = "code-server, which runs any code";

const fn open(by: By, ports: &'static [u16]) -> Fact {
    Open { by, unless: &[], ports }
}

const fn open_unless(by: By, ports: &'static [u16], unless: &'static [&'static str]) -> Fact {
    Open { by, unless, ports }
}

const fn door(port: u16, what: &'static str) -> Fact {
    Door { port, what }
}

const fn well_known(
    login: &'static str,
    ports: &'static [u16],
    unless: &'static [&'static str],
    remedy: &'static str,
) -> Fact {
    WellKnown { login, unless, ports, remedy }
}

const MINIO: &str = "https://github.com/minio/minio/blob/master/docs/docker/README.md";
const MINIO_OTHER: &[&str] = &[
    "MINIO_ROOT_PASSWORD",
    "MINIO_ROOT_PASSWORD_FILE",
    "MINIO_SECRET_KEY",
    "MINIO_SECRET_KEY_FILE",
    "MINIO_CONFIG_ENV_FILE",
];
const GRAFANA_OTHER: &[&str] = &[
    "GF_SECURITY_ADMIN_PASSWORD",
    "GF_SECURITY_ADMIN_PASSWORD__FILE",
    "GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION",
    "GF_AUTH_DISABLE_LOGIN_FORM",
    "GF_PATHS_CONFIG",
];
const EMQX_OTHER: &[&str] =
    &["EMQX_DASHBOARD__DEFAULT_PASSWORD", "EMQX_DASHBOARD__DEFAULT_USERNAME"];
const KIBANA: &str = "Kibana, a console for Elasticsearch";
const PHPMYADMIN: &[&str] = &["phpmyadmin", "phpmyadmin/phpmyadmin"];
const ELASTIC_PAGE: &str =
    "https://www.elastic.co/docs/reference/autoops-insights/elasticsearch_security_disabled";
const ELASTIC_NAMES: &str = "https://www.elastic.co/docs/deploy-manage/deploy/self-managed/install-elasticsearch-docker-configure";
const OPENSEARCH: &str =
    "https://github.com/opensearch-project/opensearch-build/blob/main/docker/release/README.md";
const OPENSEARCH_OFF: &str = "https://github.com/opensearch-project/documentation-website/blob/main/_security/configuration/disable-enable-security.md";
const BITNAMI_REDIS: &str = "https://github.com/bitnami/containers/blob/main/bitnami/redis/7.4/debian-12/rootfs/opt/bitnami/scripts/libredis.sh";
const TOKENS: &str = "https://github.com/jupyter/docker-stacks/blob/main/docs/using/recipes.md";
const REDIS_PAGE: &str = "https://github.com/docker-library/docs/blob/master/redis/content.md";
const PGADMIN: &str =
    "https://github.com/pgadmin-org/pgadmin4/blob/master/docs/en_US/container_deployment.rst";
const SELENIUM: &str = "https://github.com/SeleniumHQ/docker-selenium/blob/trunk/README.md";
const BROWSERLESS: &str = "https://github.com/browserless/browserless/blob/main/README.md";
const TRAEFIK: &str =
    "https://doc.traefik.io/traefik/reference/install-configuration/api-dashboard";

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::new(POSTGRES, All, open(Variable("POSTGRES_HOST_AUTH_METHOD", &["trust"]), &[5432]), "https://github.com/docker-library/docs/blob/master/postgres/content.md"),
    // Any text that is not empty counts for these: their entry points test for nothing else.
    Row::new(&["mysql"], All, open_unless(Variable("MYSQL_ALLOW_EMPTY_PASSWORD", &[]), &[3306, 33060], MYSQL_ROOT), "https://github.com/docker-library/docs/blob/master/mysql/content.md"),
    Row::new(&["percona", "percona/percona-server"], All, open_unless(Variable("MYSQL_ALLOW_EMPTY_PASSWORD", &[]), &[3306, 33060], MYSQL_ROOT), "https://github.com/docker-library/docs/blob/master/percona/content.md"),
    Row::new(&["mariadb"], All, open_unless(Variable("MYSQL_ALLOW_EMPTY_PASSWORD", &[]), &[3306], MYSQL_ROOT), "https://github.com/MariaDB/mariadb-docker/blob/master/docker-entrypoint.sh"),
    Row::new(&["mariadb"], All, open_unless(Variable("MARIADB_ALLOW_EMPTY_ROOT_PASSWORD", &[]), &[3306], MYSQL_ROOT), "https://github.com/MariaDB/mariadb-docker/blob/master/docker-entrypoint.sh"),
    Row::new(ELASTIC, All, open(Variable("xpack.security.enabled", NO), &[9200, 9300]), ELASTIC_PAGE),
    Row::new(ELASTIC, All, open(Variable("ES_SETTING_XPACK_SECURITY_ENABLED", NO), &[9200, 9300]), ELASTIC_NAMES),
    Row::new(&["opensearchproject/opensearch"], All, open(Variable("DISABLE_SECURITY_PLUGIN", &["true"]), &[9200, 9300, 9600]), OPENSEARCH),
    Row::new(&["opensearchproject/opensearch"], All, open(Variable("plugins.security.disabled", &["true"]), &[9200, 9300, 9600]), OPENSEARCH_OFF),
    Row::new(&["opensearchproject/opensearch-dashboards"], All, open(Variable("DISABLE_SECURITY_DASHBOARDS_PLUGIN", &["true"]), &[5601]), OPENSEARCH),
    Row::new(&["bitnami/redis", "bitnamilegacy/redis"], All, open_unless(Variable("ALLOW_EMPTY_PASSWORD", YES), &[6379], &["*PASSWORD_FILE", "REDIS_PASSWORD"]), BITNAMI_REDIS),
    Row::new(&["bitnami/zookeeper", "bitnamilegacy/zookeeper"], All, open_unless(Variable("ALLOW_ANONYMOUS_LOGIN", YES), &[2181], &["ZOO_SERVER_PASSWORDS", "ZOO_SERVER_PASSWORDS_FILE"]), "https://github.com/bitnami/containers/blob/main/bitnami/zookeeper/README.md"),
    Row::new(&["bitnami/etcd", "bitnamilegacy/etcd"], All, open_unless(Variable("ALLOW_NONE_AUTHENTICATION", YES), &[2379, 2380], &["ETCD_ROOT_PASSWORD", "*PASSWORD_FILE"]), "https://github.com/bitnami/containers/blob/main/bitnami/etcd/README.md"),
    Row::new(&["neo4j"], All, open(Variable("NEO4J_AUTH", &["none"]), &[7474, 7473, 7687]), "https://github.com/docker-library/docs/blob/master/neo4j/content.md"),
    Row::new(&["arangodb"], All, open(Variable("ARANGO_NO_AUTH", &[]), &[8529]), "https://github.com/docker-library/docs/blob/master/arangodb/content.md"),
    Row::new(&["clickhouse", "clickhouse/clickhouse-server"], All, open(Variable("CLICKHOUSE_SKIP_USER_SETUP", &["1"]), &[8123, 9000, 9004, 9005]), "https://github.com/docker-library/docs/blob/master/clickhouse/content.md"),
    Row::new(&["semitechnologies/weaviate"], All, open(Variable("AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED", YES), &[8080, 50051]), "https://docs.weaviate.io/deploy/configuration/authentication"),
    Row::new(GRAFANA, All, open(Both([("GF_AUTH_ANONYMOUS_ORG_ROLE", &["admin"]), ("GF_AUTH_ANONYMOUS_ENABLED", YES)]), &[3000]), "https://github.com/grafana/grafana/blob/main/docs/sources/setup-grafana/configure-security/configure-authentication/anonymous-auth/index.md"),
    Row::new(&["traefik"], All, open(Words(&["--api.insecure"]), &[8080]), TRAEFIK),
    Row::new(&["traefik"], All, open(Variable("TRAEFIK_API_INSECURE", YES), &[8080]), TRAEFIK),
    Row::new(REDIS, All, open(Words(&["--protected-mode", "no"]), &[6379]), REDIS_PAGE),
    Row::new(NOTEBOOKS, All, open(Words(&["--IdentityProvider.token", ""]), &[8888]), TOKENS),
    Row::new(NOTEBOOKS, All, open(Words(&["--ServerApp.token", ""]), &[8888]), "https://github.com/jupyter/docker-stacks/commit/bfe5f209"),
    Row::new(NOTEBOOKS, All, open(Words(&["--NotebookApp.token", ""]), &[8888]), "https://github.com/jupyter/docker-stacks/commit/b185fbf0"),
    Row::new(&["codercom/code-server"], All, open(Words(&["--auth", "none"]), &[8080]), "https://github.com/coder/code-server/blob/main/docs/FAQ.md"),
    Row::new(&["linuxserver/code-server"], All, open_unless(Missing(&["PASSWORD", "HASHED_PASSWORD"]), &[8443], &["FILE__PASSWORD", "FILE__HASHED_PASSWORD"]), "https://github.com/linuxserver/docker-code-server/blob/master/README.md"),
    Row::new(&["mongo"], All, open(Words(&["--noauth"]), &[27017]), "https://www.mongodb.com/docs/manual/reference/program/mongod/"),
    Row::new(&["influxdb"], Below(2), open(Variable("INFLUXDB_HTTP_AUTH_ENABLED", NO), &[8086]), "https://docs.influxdata.com/influxdb/v1/administration/config/"),
    Row::new(&["cockroachdb/cockroach"], All, open(Words(&["--insecure"]), &[26257, 8080]), "https://www.cockroachlabs.com/docs/stable/start-a-local-cluster-in-docker-linux"),
    Row::new(&["surrealdb/surrealdb"], All, open(Words(&["--unauthenticated"]), &[8000]), "https://surrealdb.com/docs/surrealdb/cli/start"),
    Row::new(&["hasura/graphql-engine"], All, open_unless(Missing(&["HASURA_GRAPHQL_ADMIN_SECRET"]), &[8080], &["HASURA_GRAPHQL_ADMIN_SECRET_FILE", "HASURA_GRAPHQL_ADMIN_SECRETS"]), "https://hasura.io/docs/2.0/deployment/securing-graphql-endpoint/"),
    Row::new(&["dpage/pgadmin4"], All, open(Variable("PGADMIN_CONFIG_SERVER_MODE", &["false"]), &[80, 443]), PGADMIN),
    Row::new(PHPMYADMIN, All, open(Both([("PMA_USER", &[]), ("PMA_PASSWORD", &[])]), &[80]), "https://github.com/phpmyadmin/docker/blob/master/README.md"),
    Row::new(&["minio/minio"], All, well_known("minioadmin and minioadmin", &[9000, 9001], MINIO_OTHER, "set MINIO_ROOT_USER, and MINIO_ROOT_PASSWORD_FILE to the path of a secret"), MINIO),
    Row::new(GRAFANA, All, well_known("admin and admin", &[3000], GRAFANA_OTHER, "set GF_SECURITY_ADMIN_PASSWORD__FILE to the path of a secret"), "https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/"),
    Row::new(GRAFANA, All, Settings("/etc/grafana/grafana.ini"), "https://grafana.com/docs/grafana/latest/setup-grafana/configure-docker/"),
    Row::new(&["emqx", "emqx/emqx"], All, well_known("admin and public", &[18083], EMQX_OTHER, "set EMQX_DASHBOARD__DEFAULT_PASSWORD"), "https://docs.emqx.com/en/emqx/latest/dashboard/introduction.html"),
    Row::new(&["neo4j"], All, well_known("neo4j and neo4j", &[7474, 7473, 7687], &["NEO4J_AUTH", "NEO4J_AUTH_PATH"], "set NEO4J_AUTH to neo4j/ and a password, or NEO4J_AUTH_PATH to the path of a secret"), "https://github.com/docker-library/docs/blob/master/neo4j/content.md"),
    Row::new(&["minio/minio"], All, door(9001, "MinIO's console"), MINIO),
    Row::new(&["kibana", "kibana/kibana"], All, door(5601, KIBANA), "https://github.com/docker-library/docs/blob/master/kibana/content.md"),
    Row::new(&["opensearchproject/opensearch-dashboards"], All, door(5601, "OpenSearch Dashboards, a console for OpenSearch"), OPENSEARCH),
    Row::new(&["consul", "hashicorp/consul"], All, door(8500, "Consul's API, which asks for no login unless its settings say so"), "https://github.com/hashicorp/consul/blob/main/Dockerfile"),
    Row::new(&["nodered/node-red"], All, door(1880, "Node-RED, which asks for no login by itself and runs any code"), "https://nodered.org/docs/user-guide/runtime/securing-node-red"),
    Row::new(&["flink"], All, door(8081, "Flink's dashboard, which asks for no login and runs any code"), "https://nightlies.apache.org/flink/flink-docs-stable/docs/deployment/security/security-ssl/"),
    Row::new(&["rocker/rstudio", "rocker/tidyverse", "rocker/verse"], All, open(Variable("DISABLE_AUTH", YES), &[8787]), "https://rocker-project.org/images/versioned/rstudio.html"),
    Row::new(&["jc21/nginx-proxy-manager"], All, door(81, "the console of the proxy before the others"), "https://nginxproxymanager.com/guide/"),
    Row::new(PORTAINER, All, door(9000, CONTROLS), "https://github.com/portainer/portainer-docs/blob/main/start/install-ce/server/docker/linux.md"),
    Row::new(PORTAINER, All, door(9443, CONTROLS), "https://github.com/portainer/portainer-docs/blob/main/start/install-ce/server/docker/linux.md"),
    Row::new(&["portainer/agent"], All, door(9001, "Portainer's agent, which controls the engine"), "https://github.com/portainer/portainer-docs/blob/main/admin/environments/add/docker/agent.md"),
    Row::new(&["louislam/dockge"], All, door(5001, "Dockge, which controls the engine"), "https://github.com/louislam/dockge/blob/master/compose.yaml"),
    Row::new(&["amir20/dozzle"], All, door(8080, "Dozzle, which shows every container's log"), "https://github.com/amir20/dozzle/blob/master/docs/guide/authentication.md"),
    Row::new(&["tecnativa/docker-socket-proxy"], All, door(2375, "the engine's own API"), "https://github.com/Tecnativa/docker-socket-proxy/blob/master/README.md"),
    Row::new(&["docker"], All, door(2375, "an engine's own API without a certificate"), "https://github.com/docker-library/docs/blob/master/docker/content.md"),
    Row::new(&["adminer"], All, door(8080, "Adminer, a console for databases"), "https://github.com/docker-library/docs/blob/master/adminer/content.md"),
    Row::new(&["adminer"], Tagged("fastcgi"), door(9000, FASTCGI), "https://github.com/docker-library/docs/blob/master/adminer/content.md"),
    Row::new(PHPMYADMIN, All, door(80, "phpMyAdmin, a console for databases"), "https://github.com/phpmyadmin/docker/blob/master/README.md"),
    Row::new(&["dpage/pgadmin4"], All, door(80, CONSOLE_PGADMIN), PGADMIN),
    Row::new(&["dpage/pgadmin4"], All, door(443, CONSOLE_PGADMIN), PGADMIN),
    Row::new(&["mongo-express"], All, door(8081, "mongo-express, a console for databases"), "https://github.com/mongo-express/mongo-express-docker/blob/master/README.md"),
    Row::new(&["rediscommander/redis-commander", "joeferner/redis-commander"], All, door(8081, "Redis Commander, a console for databases"), "https://github.com/joeferner/redis-commander/blob/master/README.md"),
    Row::new(&["redis/redisinsight"], All, door(5540, "Redis Insight, a console for databases"), "https://github.com/redis/docs/blob/main/content/operate/redisinsight/install/install-on-docker.md"),
    Row::new(&["dbeaver/cloudbeaver", "dbeaver/cloudbeaver-ce", "dbeaver/cloudbeaver-ee"], All, door(8978, "CloudBeaver, a console for databases"), "https://github.com/dbeaver/cloudbeaver/wiki/CloudBeaver-Community-deployment-from-docker-image"),
    Row::new(&["sosedoff/pgweb"], All, door(8081, "pgweb, a console for databases"), "https://github.com/sosedoff/pgweb/blob/main/Dockerfile"),
    Row::new(&["sqlpad/sqlpad"], All, door(3000, "SQLPad, a console for databases"), "https://github.com/sqlpad/sqlpad/blob/master/README.md"),
    Row::new(&["provectuslabs/kafka-ui"], All, door(8080, "Kafka UI, a console for the broker"), "https://github.com/provectus/kafka-ui/blob/master/README.md"),
    Row::new(&["kafbat/kafka-ui"], All, door(8080, "Kafka UI, a console for the broker"), "https://github.com/kafbat/kafka-ui/blob/main/README.md"),
    Row::new(NOTEBOOKS, All, door(8888, NOTEBOOK), "https://github.com/jupyter/docker-stacks/blob/main/docs/using/common.md"),
    Row::new(&["codercom/code-server"], All, door(8080, EDITOR), "https://github.com/coder/code-server/blob/main/ci/release-image/Dockerfile"),
    Row::new(&["linuxserver/code-server"], All, door(8443, EDITOR), "https://github.com/linuxserver/docker-code-server/blob/master/README.md"),
    Row::new(&["ollama/ollama"], All, door(11434, "Ollama's API, which asks for no login"), "https://github.com/ollama/ollama/blob/main/docs/api/authentication.mdx"),
    Row::new(&["vllm/vllm-openai"], All, door(8000, "a model server, whose key does not protect all of it"), "https://docs.vllm.ai/en/stable/usage/security/"),
    Row::new(&["huggingface/text-generation-inference"], All, door(80, "a model server"), "https://github.com/huggingface/text-generation-inference/blob/main/README.md"),
    Row::new(&["localai/localai"], All, door(8080, "a model server"), "https://github.com/mudler/LocalAI/blob/master/README.md"),
    Row::new(BROWSERS, All, door(4444, BROWSER), SELENIUM),
    Row::new(&["selenium/hub"], All, door(4444, "browsers under remote control"), SELENIUM),
    Row::new(BROWSERS, All, door(7900, SCREEN), SELENIUM),
    Row::new(BROWSERS, All, door(5900, SCREEN), SELENIUM),
    Row::new(&["browserless/chrome", "browserless/chromium", "browserless/firefox", "browserless/webkit", "browserless/multi"], All, door(3000, BROWSER), BROWSERLESS),
    Row::new(&["chromedp/headless-shell"], All, door(9222, BROWSER), "https://github.com/chromedp/docker-headless-shell/blob/main/README.md"),
    Row::new(&["zenika/alpine-chrome"], All, door(9222, BROWSER), "https://github.com/Zenika/alpine-chrome/blob/master/README.md"),
    Row::new(&["php"], Tagged("fpm"), door(9000, FASTCGI), "https://github.com/docker-library/php/blob/master/8.4/trixie/fpm/Dockerfile"),
    Row::new(&["wordpress"], Tagged("fpm"), door(9000, FASTCGI), "https://github.com/docker-library/wordpress/blob/master/latest/php8.3/fpm/Dockerfile"),
    Row::new(&["nextcloud"], Tagged("fpm"), door(9000, FASTCGI), "https://github.com/nextcloud/docker/blob/master/32/fpm/Dockerfile"),
];
