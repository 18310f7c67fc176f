//! How images are left open: authentication switched off, and ports that give the host away.

use super::{
    By::{self, Both, Missing, Variable, Words},
    Fact::{self, Door, Open},
    Row,
    Versions::{All, Tagged},
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
    Row::new(PORTAINER, All, door(9000, CONTROLS), "https://github.com/portainer/portainer-docs/blob/main/start/install-ce/server/docker/linux.md"),
    Row::new(PORTAINER, All, door(9443, CONTROLS), "https://github.com/portainer/portainer-docs/blob/main/start/install-ce/server/docker/linux.md"),
    Row::new(&["portainer/agent"], All, door(9001, "Portainer's agent, which controls the engine"), "https://github.com/portainer/portainer-docs/blob/main/admin/environments/add/docker/agent.md"),
    Row::new(&["louislam/dockge"], All, door(5001, "Dockge, which controls the engine"), "https://github.com/louislam/dockge/blob/master/compose.yaml"),
    Row::new(&["amir20/dozzle"], All, door(8080, "Dozzle, which shows every container's log"), "https://github.com/amir20/dozzle/blob/master/docs/guide/authentication.md"),
    Row::new(&["tecnativa/docker-socket-proxy"], All, door(2375, "the engine's own API"), "https://github.com/Tecnativa/docker-socket-proxy/blob/master/README.md"),
    Row::new(&["docker"], All, door(2375, "an engine's own API without a certificate"), "https://github.com/docker-library/docs/blob/master/docker/content.md"),
    Row::new(&["adminer"], All, door(8080, "Adminer, a console for databases"), "https://github.com/docker-library/docs/blob/master/adminer/content.md"),
    Row::new(&["adminer"], Tagged("fastcgi"), door(9000, FASTCGI), "https://github.com/docker-library/docs/blob/master/adminer/content.md"),
    Row::new(&["phpmyadmin", "phpmyadmin/phpmyadmin"], All, door(80, "phpMyAdmin, a console for databases"), "https://github.com/phpmyadmin/docker/blob/master/README.md"),
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
