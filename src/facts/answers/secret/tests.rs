//! Names and values that are secrets, and many more that are not.

use super::*;

#[test]
fn names_of_credentials_are_known_and_their_neighbours_are_not() {
    use Strength::{Key, Password, Token};
    let table: &[(&str, Option<Strength>)] = &[
        ("PASSWORD", Some(Password)),
        ("DB_PASSWORD", Some(Password)),
        ("MYSQL_ROOT_PASSWORD", Some(Password)),
        ("PGPASSWORD", Some(Password)),
        ("dbPassword", Some(Password)),
        ("spring.datasource.password", Some(Password)),
        ("GITEA__database__PASSWD", Some(Password)),
        ("SMTP_PASS", Some(Password)),
        ("MYSQL_PWD", Some(Password)),
        ("ADMIN_PW", Some(Password)),
        ("SSH_PASSPHRASE", Some(Password)),
        ("PASSWORD_1", Some(Password)),
        ("DB_PASSWORD_PROD", Some(Password)),
        ("DB_PASSWORD_APP", Some(Password)),
        ("requirepass", Some(Password)),
        ("JWT_SECRET", Some(Token)),
        ("SECRET", Some(Token)),
        ("SECRET_KEY", Some(Token)),
        ("SECRET_KEY_BASE", Some(Token)),
        ("AWS_SECRET_ACCESS_KEY", Some(Token)),
        ("clientSecret", Some(Token)),
        ("KEYCLOAK_CLIENTSECRET", Some(Token)),
        ("GITHUB_TOKEN", Some(Token)),
        ("API_KEY", Some(Token)),
        ("APIKEY", Some(Token)),
        ("STRIPE_API_KEY_LIVE", Some(Token)),
        ("PRIVATE_KEY", Some(Token)),
        ("MEILI_MASTER_KEY", Some(Token)),
        ("ENCRYPTION_KEY", Some(Token)),
        ("GOOGLE_CREDENTIALS", Some(Token)),
        ("RABBITMQ_ERLANG_COOKIE", Some(Token)),
        ("APP_KEY", Some(Key)),
        ("MINIO_ACCESS_KEY", Some(Key)),
        ("AUTH_SALT", Some(Key)),
        ("REDIS_AUTH", Some(Key)),
        ("RESET_PASSWORD", Some(Key)),
        ("ALLOW_EMPTY_PASSWORD", Some(Key)),
        ("PWD", None),
        ("OLDPWD", None),
        ("KEYBOARD", None),
        ("MONKEY", None),
        ("AUTHOR", None),
        ("AUTHORS", None),
        ("AUTHORITY", None),
        ("TOKENIZER", None),
        ("TOKENIZERS_PARALLELISM", None),
        ("PASSENGER", None),
        ("PASSENGER_APP_ENV", None),
        ("BYPASS", None),
        ("COMPASS", None),
        ("PASS_THROUGH", None),
        ("KEYCLOAK_URL", None),
        ("KEYCLOAK_ADMIN", None),
        ("PUBLIC_KEY", None),
        ("JWT_PUBLIC_KEY", None),
        ("KEY_PREFIX", None),
        ("CACHE_KEY", None),
        ("ROUTING_KEY", None),
        ("RECAPTCHA_SITE_KEY", None),
        ("SENTRY_KEY", None),
        ("KAFKA_SSL_KEYSTORE_CREDENTIALS", None),
        ("KAFKA_SSL_KEY_CREDENTIALS", None),
        ("KEY_CREDENTIALS", Some(Strength::Token)),
        ("SENTRY_SECRET_KEY", Some(Strength::Token)),
        ("recv-key", None),
        ("KEY", None),
        ("ETCD_INITIAL_CLUSTER_TOKEN", None),
        ("TOKEN_EXPIRY", None),
        ("ACCESS_TOKEN_LIFETIME", None),
        ("TOKEN_URL", None),
        ("PASSWORD_MIN_LENGTH", None),
        ("PASSWORD_RESET_URL", None),
        ("PASSWORD_FILE", None),
        ("POSTGRES_PASSWORD_FILE", None),
        ("GF_SECURITY_ADMIN_PASSWORD__FILE", None),
        ("PASSWORD_HASH", None),
        ("PASSWORD_POLICY", None),
        ("SECRET_NAME", None),
        ("SECRETS_DIR", None),
        ("SECRET_STORE", None),
        ("API_KEY_ID", None),
        ("API_KEY_HEADER", None),
        ("AWS_ACCESS_KEY_ID", None),
        ("AUTH_METHOD", None),
        ("AUTH_URL", None),
        ("POSTGRES_HOST_AUTH_METHOD", None),
        ("SSL_KEY_FILE", None),
        ("DATABASE_URL", None),
        ("USER", None),
        ("", None),
        ("__", None),
    ];
    for (name, expected) in table {
        assert_eq!(names::strength(name), *expected, "{name}");
    }
}

/// Names and values that are secrets.
const SECRETS: &[(&str, &str)] = &[
    ("MYSQL_ROOT_PASSWORD", "root"),
    ("MYSQL_ROOT_PASSWORD", "123456"),
    ("POSTGRES_PASSWORD", "postgres"),
    ("DB_PASSWORD", "p@ssw0rd!"),
    ("DB_PASSWORD", "two words"),
    ("DB_PASSWORD", "wordpress"),
    ("SMTP_PASS", "abcd efgh ijkl mnop"),
    ("JWT_SECRET", "secret"),
    ("JWT_SECRET", "mysupersecret"),
    ("SECRET_KEY", "django-insecure-8&x2"),
    ("SECRET_KEY_BASE", "a3f5b7c9d1e2f4a6b8c0"),
    ("API_KEY", "abcd1234"),
    ("API_TOKEN", "9f8e7d6c5b4a"),
    ("MEILI_MASTER_KEY", "masterKey"),
    ("APP_KEY", "base64:q1WzV8pXJ0m3RkT7sYb2N5cA9dE4fG6h"),
    ("APP_KEY", "550e8400-e29b-41d4-a716-446655440000"),
    ("AUTH_SALT", "kJ8sL2mN9pQ4rT6vW1xY"),
    ("MINIO_ACCESS_KEY", "Q3AM3UQ867SPQQA43P2F"),
    ("RABBITMQ_ERLANG_COOKIE", "cookiemonster"),
    ("DATABASE_URL", "postgres://user:pass@host/db"),
    ("DATABASE_URL", "postgresql+asyncpg://app:s3cr3t@db:5432/app"),
    ("REDIS_URL", "redis://:hunter2@redis:6379/0"),
    ("DATABASE_URL", "postgres://${USER}:hunter2@db/app"),
    ("DATABASE_URL", "postgres://${USER:?say/who}:hunter2@db/app"),
    ("AMQP", "amqp://guest:guest@mq"),
    ("MONGO", "mongodb://u:p4ss@a:27017,b:27017/?replicaSet=rs"),
    ("PROXY", "http://me:secret1@proxy:3128"),
    ("SENTRY_DSN", "https://key:5ecret@o1.ingest.example.com/1"),
    ("ConnectionStrings__Default", "Server=db;Database=app;User Id=sa;Password=2Strong4All!"),
    ("DSN", "host=db user=app password=hunter2 dbname=app"),
    ("JAAS", "org.example.Plain required username=\"admin\" password=\"admin-secret\";"),
    ("REDIS_ARGS", "--requirepass hunter2"),
    ("JAVA_OPTS", "-Xmx1g -Djavax.net.ssl.keyStorePassword=hunter2"),
    ("OPTIONS", "username=share,password=Gull,vers=3.0"),
    ("DB_PASSWORD", "S3a-example-7Qz!91"),
    ("DB_PASSWORD", "changeme-9Lq81zz"),
    ("HTTP_AUTH", "Basic YWRtaW46QmFzaWNQdzk5eA=="),
    ("HEADER", "Authorization: Bearer BearerTok123456789abc"),
    ("NOTE", "AKIA2E0A8F3B244C9986"),
    ("NOTE", "ASIA2E0A8F3B244C9986"),
    ("NOTE", "token ghp_16C7e42F292c6912E7710c838347Ae178B4a"),
    ("NOTE", "gho_16C7e42F292c6912E7710c838347Ae178B4a"),
    ("NOTE", "ghs_16C7e42F292c6912E7710c838347Ae178B4a"),
    ("NOTE", "github_pat_11AAAAAAA0b1c2D3e4F5g6_7h8I9j0K1l2M3n4O5p6Q7r8S9t0U1v2W3x4Y5z"),
    ("NOTE", "glpat-aB3dE5fG7hJ9kL1mN2pQ"),
    ("NOTE", concat!("xoxb", "-1234567890-0987654321-aBcDeFgHiJkLmNoP")),
    ("NOTE", concat!("sk_live", "_4eC39HqLyjWDarjtT1zdp7dc")),
    ("NOTE", concat!("rk_live", "_4eC39HqLyjWDarjtT1zdp7dc")),
    ("NOTE", "AIzaSyD4k9Xw2Lm7Qp1Rt5Vb8Nc3Zf6Hj0Gs2Ya"),
    ("NOTE", concat!("SK", "0123456789abcdef0123456789abcdef")),
    ("NOTE", concat!("SG", ".aBcDeFgHiJkLmNoPqRsTuV.aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789aBcDeFg")),
    ("NOTE", "npm_aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789"),
    ("NOTE", "pypi-AgEIcHlwaS5vcmcCJDU3YmM4ZTIxLTk4NzYtNGMzYi1hMWQwLWVmMTIzNDU2Nzg5MAACKlszLCJh"),
    ("NOTE", "dckr_pat_aBcDeFgHiJkLmNoPqRsTuVwXyZ0"),
    ("NOTE", "hf_aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH"),
    (
        "NOTE",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    ),
    (
        "NOTE",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA0Z3VS5JJcds3xfn5k7uGvFq1aB2cD3eF\n-----END RSA PRIVATE KEY-----",
    ),
    ("NOTE", "123456789:AAEhBP0av28zIyTo9XkqZ4wLm7RtYs1UvKc"),
    (
        "NOTE",
        concat!(
            "https://hooks.slack.com",
            "/services/T0A1B2C3D/B4E5F6G7H/aBcDeFgHiJkLmNoPqRsTuVwX"
        ),
    ),
];

/// Names and values that are none.
const NONE: &[(&str, &str)] = &[
    ("DB_PASSWORD", ""),
    ("DB_PASSWORD", "  "),
    ("DB_PASSWORD", "${DB_PASSWORD}"),
    ("DB_PASSWORD", "$DB_PASSWORD"),
    ("DB_PASSWORD", "$(cat /run/secrets/db)"),
    ("DB_PASSWORD", "{{ vault.db }}"),
    ("DB_PASSWORD", "%DB_PASSWORD%"),
    ("DB_PASSWORD", "__DB_PASSWORD__"),
    ("DB_PASSWORD", "vault:secret/data/db#password"),
    ("DB_PASSWORD", "op://vault/db/password"),
    ("DB_PASSWORD", "arn:aws:secretsmanager:eu-west-1:1:secret:db"),
    ("DB_PASSWORD", "ENC[AES256_GCM,data:x]"),
    ("DB_PASSWORD", "changeme"),
    ("DB_PASSWORD", "changeme123"),
    ("DB_PASSWORD", "example-password-2024"),
    ("HTTP_AUTH", "Basic authentication"),
    ("HEADER", "Authorization: Bearer $TOKEN"),
    ("HEADER", "Authorization: Bearer documentation-of-tokens"),
    ("DB_PASSWORD", "CHANGE_ME"),
    ("DB_PASSWORD", "change-me-please"),
    ("DB_PASSWORD", "ChangeThis!"),
    ("DB_PASSWORD", "example"),
    ("DB_PASSWORD", "xxx"),
    ("DB_PASSWORD", "xxxxxxxx"),
    ("DB_PASSWORD", "********"),
    ("DB_PASSWORD", "..."),
    ("DB_PASSWORD", "your-password-here"),
    ("DB_PASSWORD", "your_secure_password"),
    ("DB_PASSWORD", "YourStrongPassw0rd"),
    ("DB_PASSWORD", "<password>"),
    ("DB_PASSWORD", "[password]"),
    ("DB_PASSWORD", "dummy"),
    ("DB_PASSWORD", "null"),
    ("DB_PASSWORD", "none"),
    ("DB_PASSWORD", "replace-with-real-one"),
    ("DB_PASSWORD", "placeholder"),
    ("DB_PASSWORD", "true"),
    ("DB_PASSWORD", "No"),
    ("DB_PASSWORD", "enabled"),
    ("DB_PASSWORD", "0"),
    ("DB_PASSWORD", "/run/secrets/db"),
    ("DB_PASSWORD", "./secrets/db.txt"),
    ("DB_PASSWORD", "~/.secret"),
    ("DB_PASSWORD", "db_password.txt"),
    ("DB_PASSWORD", "$2y$10$abcdefghijklmnopqrstuu"),
    ("DB_PASSWORD", "30s"),
    ("DB_PASSWORD_FILE", "anything-at-all"),
    ("MYSQL_ALLOW_EMPTY_PASSWORD", "yes"),
    ("MYSQL_RANDOM_ROOT_PASSWORD", "1"),
    ("PASSWORD_MIN_LENGTH", "12"),
    ("SHOW_PASSWORD", "hover"),
    ("TOKEN", "3600"),
    ("API_TOKEN", "test"),
    ("API_TOKEN", "fake-token"),
    ("API_TOKEN", "com.example.auth.token"),
    ("API_KEY", "not set, see the wiki"),
    ("API_KEY", "demo"),
    ("AUTH_TOKEN", "https://auth.example.com/token"),
    ("ACCESS_TOKEN", "abc"),
    ("GOOGLE_APPLICATION_CREDENTIALS", "/etc/google.json"),
    ("CORS_CREDENTIALS", "true"),
    ("CORS_ALLOW_CREDENTIALS", "include"),
    ("APP_KEY", "app"),
    ("PARTITION_KEY", "q1WzV8pXJ0m3RkT7sYb2"),
    ("ORDER_KEY", "orders-v2-processing-queue"),
    ("SORT_KEY", "created_at_2024"),
    ("AUTH", "basic"),
    ("BASIC_AUTH", "off"),
    ("NEO4J_AUTH", "none"),
    ("SSH_HOST_KEY", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBs"),
    ("IMAGE", "app@sha256:3fc9b689459d738f8c88a3a48aa9e33542016b7a4052e001aaa536fca74813cb"),
    ("DIGEST_KEY", "sha256:3fc9b689459d738f8c88a3a48aa9e33542016b7a4052e001aaa536fca74813cb"),
    ("VERSION", "8.4.3-debian-12-r1"),
    ("DATABASE_URL", "postgres://db/app"),
    ("DATABASE_URL", "postgres://app@db/app"),
    ("DATABASE_URL", "postgres://app:@db/app"),
    ("DATABASE_URL", "postgres://app:${DB_PASSWORD}@db/app"),
    ("DATABASE_URL", "postgres://app:$DB_PASSWORD@db/app"),
    ("DATABASE_URL", "postgres://app:changeme@db/app"),
    ("DATABASE_URL", "postgres://app:<password>@db/app"),
    ("DATABASE_URL", "postgres://app:****@db/app"),
    ("REPOSITORY", "ssh://git@git.example.com:22/a.git"),
    ("REPOSITORY", "git@git.example.com:a/b.git"),
    ("HOSTS", "http://a:80,http://b:80"),
    ("SENTRY_DSN", "https://0123456789abcdef0123456789abcdef@o1.ingest.example.com/1"),
    ("LINK", "https://example.com/@user:guide"),
    ("SQLSERVER", "Server=db;Trusted_Connection=True"),
    ("SQLSERVER", "Server=db;Password=${SA_PASSWORD};User=sa"),
    ("QUERY", "password=hunter2"),
    ("JAVA_OPTS", "-Xmx1g -Djava.security.egd=file:/dev/./urandom -Dkey.prefix=a"),
    ("ARGS", "--requirepass ${REDIS_PASSWORD} --port 6379"),
    ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
    ("NOTE", "AKIAAAAAAAAAAAAAAAAA"),
    ("NOTE", "MAKIA2E0A8F3B244C9986"),
    ("NOTE", "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
    ("NOTE", "ghp_short"),
    ("NOTE", "sk_test_4eC39HqLyjWDarjtT1zdp7dc"),
    ("NOTE", "task-key-0123456789abcdef"),
    (
        "NOTE",
        "-----BEGIN CERTIFICATE-----\nMIIEowIBAAKCAQEA0Z3VS5JJcds3xfn5k7uGvFq1aB2cD3eF\n-----END CERTIFICATE-----",
    ),
    ("NOTE", "grep -q 'BEGIN RSA PRIVATE KEY' key.pem"),
    ("NOTE", "eyJhbGciOiJIUzI1NiJ9"),
    ("KEYBOARD_LAYOUT", "qwerty"),
    ("AUTHOR", "Jane Doe"),
    ("PASSENGER_MAX_POOL_SIZE", "6"),
    ("TOKENIZER", "bert-base-uncased-0123456789"),
    ("KEYCLOAK_URL", "http://keycloak:8080"),
    ("PWD", "/srv/app"),
    ("MONKEY", "q1WzV8pXJ0m3RkT7sYb2"),
];

#[test]
fn secrets_are_secrets() {
    for (name, value) in SECRETS {
        assert!(decide(name, value, Context::Variable).is_some(), "{name}={value}");
    }
}

#[test]
fn what_is_none_is_none() {
    for (name, value) in NONE {
        let found = decide(name, value, Context::Variable);
        assert!(found.is_none(), "{name}={value}: {found:?}");
    }
    assert!(SECRETS.len() + NONE.len() >= 150, "{}", SECRETS.len() + NONE.len());
}

/// Scripts, and the secret in each.
const SCRIPTS: &[(&str, Option<&str>)] = &[
    ("redis-server --requirepass hunter2", Some("hunter2")),
    ("redis-server --requirepass \"hunter2\" --port 6379", Some("hunter2")),
    ("redis-cli -a hunter2 ping", Some("hunter2")),
    ("redis-cli --pass hunter2 -p 6379 ping", Some("hunter2")),
    ("/usr/bin/redis-cli -h redis -a 'hunter2' ping | grep PONG", Some("hunter2")),
    ("mysqladmin ping -uroot -phunter2", Some("hunter2")),
    ("mysql -u root -p'hunter2' -e 'select 1'", Some("hunter2")),
    ("mysqladmin ping --password=hunter2", Some("hunter2")),
    ("sh -c \"sleep 1 && mariadb -phunter2 shop\"", Some("hunter2")),
    ("PGPASSWORD=hunter2 psql -h db", Some("hunter2")),
    ("export DB_PASSWORD='hunter2'; app", Some("hunter2")),
    ("mongosh -u root -p hunter2 --eval 'db.stats()'", Some("hunter2")),
    ("curl -f -u admin:hunter2 http://localhost", Some("hunter2")),
    ("curl -H 'Authorization: Bearer abcdef0123456789' http://x", Some("abcdef0123456789")),
    ("app --admin-password hunter2", Some("hunter2")),
    ("java -Dspring.datasource.password=hunter2 -jar a.jar", Some("hunter2")),
    ("curl http://admin:hunter2@localhost", Some("hunter2")),
    ("psql -c \"CREATE USER a WITH PASSWORD 'hunter2'\"", Some("hunter2")),
    ("mysql -e \"CREATE USER a IDENTIFIED BY 'hunter2'\"", Some("hunter2")),
    ("mc alias set local http://minio:9000 root hunter2", Some("hunter2")),
    ("redis-server --requirepass $REDIS_PASSWORD", None),
    ("redis-server --requirepass \"$(cat /run/secrets/redis)\"", None),
    ("redis-server --requirepass ${REDIS_PASSWORD:-}", None),
    ("redis-server --appendonly yes --port 6379", None),
    ("redis-cli -p 6379 ping", None),
    ("mysqladmin ping -h localhost -p\"$MYSQL_ROOT_PASSWORD\"", None),
    ("mysqladmin ping -p$$(cat /run/secrets/root)", None),
    ("mysql -P 3306 -p", None),
    ("mysql -p < dump.sql", None),
    ("docker run -p 80:80 app", None),
    ("mkdir -p /data && app -p 8080", None),
    ("cp -pr a b", None),
    ("nc -z -w 5 db 5432", None),
    ("curl -f http://localhost:8080/health", None),
    ("curl -u \"$USER:$PASSWORD\" http://localhost", None),
    ("curl -H \"Authorization: Bearer $TOKEN\" http://x", None),
    ("pg_isready -U postgres -d app", None),
    ("app --password-file /run/secrets/db", None),
    ("app --token-ttl 300 --key-prefix a", None),
    ("app --password --verbose", None),
    ("ssh-keygen -t rsa -N '' -f /key", None),
    ("mysqld --default-authentication-plugin=mysql_native_password", None),
    ("mc alias set local http://minio:9000 $USER $PASS", None),
];

#[test]
fn scripts_are_read_word_by_word() {
    for (script, expected) in SCRIPTS {
        let found = find(script, Context::Script);
        let told: Vec<_> = found.iter().map(|secret| &script[secret.span.clone()]).collect();
        assert_eq!(told, expected.iter().copied().collect::<Vec<_>>(), "{script}");
        let words: Vec<&str> = script.split(' ').collect();
        if !script.contains(['"', '\'', '$', '|', '&', ';']) {
            let found = words::find_in_words(&words);
            let told: Vec<_> =
                found.iter().map(|(at, secret)| &words[*at][secret.span.clone()]).collect();
            assert_eq!(told, expected.iter().copied().collect::<Vec<_>>(), "{words:?}");
        }
    }
}

#[test]
fn lines_of_files_are_read_as_names_and_values() {
    let secret = |text: &str| {
        find(text, Context::File)
            .iter()
            .map(|found| text[found.span.clone()].to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(secret("user = a\npassword = \"hunter2\"\n# password = other\n"), ["hunter2"]);
    assert_eq!(
        secret("db:\n  password: hunter2\n  api_key: 'abcd1234'\n"),
        ["hunter2", "abcd1234"]
    );
    assert_eq!(secret("\"password\": \"hunter2\",\n"), ["hunter2"]);
    assert_eq!(secret("password = hunter2 # mine\ntoken = 'a#b c' # none\n"), ["hunter2"]);
    assert_eq!(secret("requirepass hunter2\nmaxmemory 1gb\n"), ["hunter2"]);
    assert!(secret("password_file = /a\npassword = ${X}\n; token = abcd1234\n").is_empty());
}

#[test]
fn every_shape_states_its_source() {
    let mut names = std::collections::BTreeSet::new();
    for shape in shapes::SHAPES {
        assert!(shape.source.len() > 10, "{}", shape.name);
        assert!(names.insert(shape.name), "{} is there twice", shape.name);
    }
}

mod any_text {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn makes_nothing_panic(name in "\\PC{0,12}", value in "\\PC{0,60}", marks in "[-=:;,'\"$({@/ apASK.é\n]{0,40}") {
            for text in [&value, &marks, &format!("mysql -p{marks} --password {value} x://a:{marks}@{value}")] {
                for context in [Context::Variable, Context::File, Context::Script, Context::Text] {
                    for secret in find(text, context) {
                        prop_assert!(text.get(secret.span).is_some());
                    }
                    let _ = decide(&name, text, context);
                }
                let words: Vec<&str> = text.split(' ').collect();
                for (at, secret) in words::find_in_words(&words) {
                    prop_assert!(words[at].get(secret.span).is_some());
                }
            }
        }
    }
}
