//! Files that others complete, and the words that fit what stands there: what is read in public
//! repositories again and again.

use std::process::Command;

use serde_json::Value;

use crate::projects::{Told, folder, lint};

/// The findings of all rules of the default profile, or of one.
fn judged(files: &[(&str, &str)], rule: Option<&str>) -> Told {
    let folder = folder(files);
    std::fs::create_dir_all(folder.path().join(".git")).expect("a folder");
    let mut process = Command::new(env!("CARGO_BIN_EXE_seaworthy"));
    for name in ["COMPOSE_FILE", "COMPOSE_PROFILES", "COMPOSE_ENV_FILES", "ROOT_DOMAIN"] {
        process.env_remove(name);
    }
    process.current_dir(folder.path()).args(["lint", "--format=json", "."]);
    process.args(rule.map(|rule| format!("--select={rule}")));
    let output = process.output().expect("it runs");
    Told {
        code: output.status.code().unwrap_or(-1),
        json: serde_json::from_slice(&output.stdout).unwrap_or_default(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A text of the only finding.
fn only<'a>(told: &'a Told, key: &str) -> &'a str {
    let found = told.json["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
    assert_eq!(found.len(), 1, "{}", told.json);
    found[0][key].as_str().unwrap_or_default()
}

const BASE: &str = "services:\n  web: {image: nginx:1.27}\nnetworks: {back: {}}\n";

#[test]
fn a_file_with_a_name_of_compose_may_be_laid_over_one_above() {
    for (place, over) in [
        ("contrib/e2e/compose.yaml", "services:\n  web:\n    privileged: true\n"),
        (
            "contrib/e2e/compose.yaml",
            "services:\n  t:\n    privileged: true\n    image: a\n    networks: [back]\n",
        ),
    ] {
        let folder = folder(&[("compose.yaml", BASE), (place, over)]);
        std::fs::create_dir(folder.path().join(".git")).expect("a folder");
        let told = lint(folder.path(), &["."]);
        assert_eq!(told.findings(), [format!("privileged-container {place}:3")], "{}", told.json);
    }
    // What no base brings is a fault of the file, and told once for all who lack it.
    let lost = "services:\n  a: {image: a, networks: [gone]}\n  b: {image: a, networks: [gone]}\n";
    let base = "services:\n  web: {image: nginx:1.27}\n";
    let told = judged(&[("compose.yaml", base), ("contrib/compose.yaml", lost)], None);
    assert_eq!(told.findings(), ["not-loadable contrib/compose.yaml:2"]);
    assert_eq!(
        only(&told, "message"),
        "service \"a\" refers to undefined network \"gone\"; so does 1 more service"
    );
    assert!(only(&told, "remedy").contains("-f"), "{}", told.json);
    let told = judged(&[("compose.yaml", "services:\n  a: {}\n  b: {}\n  c: {}\n")], None);
    assert_eq!(
        only(&told, "message"),
        "service \"a\" has neither an image nor a build; nor have 2 more services"
    );
}

#[test]
fn a_job_of_ci_has_a_base_and_a_part_of_its_own_kind() {
    let base = "services:\n  web:\n    image: nginx:1.27\n    secrets: [key]\n";
    let files = [
        ("compose.yaml", base),
        ("compose.override.yaml.example", "secrets: {key: {environment: KEY}}\n"),
        ("ci/base.yaml", "secrets: {key: {environment: KEY}}\n"),
        ("ci/basic/compose.yaml", "services:\n  web: {privileged: true}\n"),
    ];
    let told = judged(&files, Some("privileged-container"));
    assert_eq!(told.findings(), ["privileged-container ci/basic/compose.yaml:2"], "{}", told.json);
    assert_eq!(
        told.projects(),
        [
            "compose.yaml + compose.override.yaml.example",
            "compose.yaml + ci/base.yaml + ci/basic/compose.yaml"
        ]
    );
    assert!(told.notes().iter().any(|note| note.contains("is there to be copied")));
    // Without the sample and the part, nobody says what the key is.
    let told = judged(&[files[0], files[3]], Some("privileged-container"));
    assert!(told.findings().contains(&"not-loadable compose.yaml:4".to_owned()), "{}", told.json);
}

#[test]
fn a_base_that_its_variant_completes_is_judged_there() {
    let files = [
        ("compose.yaml", "services:\n  web: {restart: always}\n"),
        ("compose.prod.yaml", "services:\n  web: {image: a, privileged: true}\n"),
    ];
    let told = judged(&files, Some("privileged-container"));
    assert_eq!(told.findings(), ["privileged-container compose.prod.yaml:2"], "{}", told.json);
    assert!(told.notes()[0].contains("judged as a part of compose.yaml + compose.prod.yaml"));
    let told = judged(&files[..1], Some("privileged-container"));
    assert_eq!(told.findings(), ["not-loadable compose.yaml:2"]);
}

#[test]
fn a_variable_without_a_value_hides_no_want_and_makes_a_name_that_is_declared() {
    let over = "services:\n  web:\n    privileged: true\n    volumes: ['${DATA}:/data']\n";
    let told = judged(
        &[("lib/compose.base.yaml", BASE), ("lib/compose.data.yaml", over)],
        Some("privileged-container"),
    );
    assert!(told.findings().iter().all(|one| !one.starts_with("not-loadable")), "{}", told.json);
    let text = "services:\n  web:\n    image: a\n    secrets: [{source: 'git.${ROOT_DOMAIN}-token'}]\nsecrets:\n  git.acme.example-token: {external: true}\n  other: {external: true}\n";
    let told = judged(&[("compose.yaml", text)], None);
    assert_eq!(told.findings(), ["unused-declaration compose.yaml:7"], "{}", told.json);
    let told = judged(&[("compose.yaml", &text.replace("git.acme", "hub.acme"))], None);
    assert!(told.findings().contains(&"not-loadable compose.yaml:4".to_owned()), "{}", told.json);
}

#[test]
fn a_dollar_that_a_script_of_the_repository_sets_is_composes() {
    let text = "services:\n  db:\n    image: a\n    healthcheck: {test: 'echo ok | ${SHELL_OF_DB} localhost'}\n";
    let rule = Some("dollar-taken-by-compose");
    let script = "#!/bin/sh\nset_up() {\n  export SHELL_OF_DB\n}\n";
    let told = judged(&[("lib/compose.db.yaml", text), ("bin/compose", script)], rule);
    assert_eq!(told.findings(), Vec::<String>::new(), "{}", told.json);
    let told = judged(&[("lib/compose.db.yaml", text), ("bin/compose", "SHELL_OF_DB=x\n")], rule);
    assert_eq!(told.findings(), ["dollar-taken-by-compose lib/compose.db.yaml:4"]);
}

#[test]
fn what_a_variant_leaves_unused_its_base_uses() {
    let base =
        "services:\n  db: {image: acme/db:1, volumes: ['data:/data']}\nvolumes:\n  data: {}\n";
    let over =
        "services:\n  db: {volumes: !override ['test:/data']}\nvolumes:\n  test: {}\n  left: {}\n";
    let told =
        judged(&[("compose.yaml", base), ("compose.test.yaml", over)], Some("unused-declaration"));
    assert_eq!(told.findings(), ["unused-declaration compose.test.yaml:5"], "{}", told.json);
}

#[test]
fn a_fault_that_two_projects_tell_in_other_words_is_told_once() {
    let base = "services:\n  db:\n    image: postgres:17\n    environment: {POSTGRES_HOST_AUTH_METHOD: trust}\n  web: {image: a}\n";
    let more = "services:\n  job: {image: a}\n";
    let told =
        judged(&[("compose.yaml", base), ("compose.jobs.yaml", more)], Some("authentication-off"));
    assert_eq!(told.findings(), ["authentication-off compose.yaml:4"], "{}", told.json);
}

#[test]
fn a_file_that_overrides_what_it_includes_is_told_of_the_release_that_takes_it() {
    let text = "include: [db.yaml]\nservices:\n  db: {restart: always}\n";
    let told = judged(&[("compose.yaml", text), ("db.yaml", "services: {db: {image: a}}\n")], None);
    assert!(only(&told, "message").ends_with("which Compose before 5.0 refuses"), "{}", told.json);
}

#[test]
fn a_mount_may_be_written_as_the_folder_above_sees_it() {
    let text = "services:\n  up:\n    image: acme/up:1\n    volumes: ['./contrib/up/entry.sh:/entry.sh']\n";
    let told =
        judged(&[("contrib/up/compose.yaml", text), ("contrib/up/entry.sh", "#!/bin/sh\n")], None);
    assert_eq!(told.findings(), Vec::<String>::new(), "{}", told.json);
    let told = judged(&[("contrib/up/compose.yaml", text), ("entry.sh", "#!/bin/sh\n")], None);
    assert_eq!(told.findings(), ["mounted-file-missing contrib/up/compose.yaml:4"]);
}

#[test]
fn a_remedy_fits_what_stands_there() {
    let service = |lines: &str| format!("services:\n  web:\n    {lines}\n");
    let remedy = |rule: &str, lines: &str| {
        let told = judged(&[("compose.yaml", &service(lines))], Some(rule));
        only(&told, "remedy").to_owned()
    };
    let shell = |list: &str| {
        let rule = "shell-words-lost";
        let told = judged(
            &[("compose.yaml", &service(&format!("image: a\n    healthcheck: {{test: {list}}}")))],
            Some(rule),
        );
        (only(&told, "message").to_owned(), only(&told, "remedy").to_owned())
    };
    let (message, fix) = shell("[CMD-SHELL, pg_isready -U x, -d, y]");
    assert!(
        message.contains("runs \"pg_isready …\" alone") && !fix.contains("CMD"),
        "{message} {fix}"
    );
    let (message, fix) = shell("[CMD-SHELL, pg_isready, -d, y]");
    assert!(
        message.contains("runs \"pg_isready\" alone") && fix.contains("\"CMD\""),
        "{message} {fix}"
    );

    let check = "image: redis:7\n    environment: {REDIS_PASSWORD: Hollow-Reed-9}\n    healthcheck: {test: [CMD, redis-cli, -a, ";
    let fix = remedy("secret-in-health-check", &format!("{check}Hollow-Reed-9, ping]}}"));
    assert!(fix.contains("`$$REDIS_PASSWORD` in a `CMD-SHELL`"), "{fix}");
    let fix = remedy("secret-in-health-check", &format!("{check}Other-Reed-9, ping]}}"));
    assert!(fix.contains("$$NAME") && !fix.contains("REDIS_PASSWORD"), "{fix}");

    let ports = |entry: &str| {
        remedy("published-data-store", &format!("image: redis:7\n    ports: [{entry}]"))
    };
    assert!(ports("{target: 6379, published: 6379, mode: host}").contains("`host_ip: 127.0.0.1`"));
    assert!(ports("'6379:6379'").contains("\"127.0.0.1:6379:6379\""));

    let path =
        |entry: &str| remedy("sensitive-host-path", &format!("image: a\n    volumes: ['{entry}']"));
    assert!(path("/proc:/host/proc:ro").contains("REASON"));
    assert!(path("/lib/modules:/lib/modules").starts_with("add `:ro`"));
    assert!(path("/run/dbus:/run/dbus:ro").contains("xdg-dbus-proxy"));
    assert!(path("/root/.ssh:/keys:ro").contains("`secrets`"));

    let capability = |image: &str| {
        remedy("dangerous-capability", &format!("image: {image}\n    cap_add: [net_admin]"))
    };
    assert!(capability("docker.io/tailscale/tailscale:v1.90").contains("TS_USERSPACE"));
    assert!(capability("ghcr.io/qmcgaw/gluetun@sha256:ab").starts_with("the image is made"));
    assert!(capability("acme/nottailscale/tailscale2:1").starts_with("remove NET_ADMIN"));
}

#[test]
fn what_nginx_passes_on_is_no_password() {
    let text = |name: &str| {
        format!("services:\n  web:\n    image: a\n    environment: {{{name}: uwsgi_server}}\n")
    };
    let findings =
        |name: &str| judged(&[("compose.yaml", &text(name))], Some("secret-in-environment"));
    assert_eq!(findings("DD_UWSGI_PASS").json["findings"], Value::Array(Vec::new()));
    assert_eq!(findings("DD_DATABASE_PASS").findings(), ["secret-in-environment compose.yaml:4"]);
}

#[test]
fn a_secret_of_an_env_file_stands_there_whatever_the_file_is_called() {
    let text = "services:\n  web:\n    image: a\n    env_file: [cache-sentinel.env]\n";
    let files = [("compose.yaml", text), ("cache-sentinel.env", "CACHE_PASSWORD=sentinel\n")];
    assert_eq!(judged(&files, Some("secret-in-environment")).findings(), Vec::<String>::new());
    let told = judged(&files, Some("secret-in-env-file"));
    assert_eq!(told.findings(), ["secret-in-env-file cache-sentinel.env:1"], "{}", told.json);
}

#[test]
fn of_variables_with_one_default_the_password_is_the_one_in_its_place() {
    let text = |address: &str| {
        format!(
            "services:\n  web:\n    image: a\n    environment:\n      - DATABASE_URL={address}\n"
        )
    };
    let remedy = |address: &str| {
        let told = judged(&[("compose.yaml", &text(address))], Some("default-secret"));
        only(&told, "remedy").to_owned()
    };
    let fix = remedy("postgres://${OWNER:-odk}:${WORD:-odk}@db/${NAME:-odk}");
    assert!(fix.contains("${WORD:?}"), "{fix}");
    let fix = remedy("postgres://${OWNER:-odk}:${OWNER:-odk}@db/${NAME:-odk}");
    assert!(fix.contains("${OWNER:?}"), "{fix}");
    // What an env file says is not the default of another.
    let of_file = text("postgres://${OWNER}:${WORD}@db/${NAME:-odk}");
    let files = [("compose.yaml", of_file.as_str()), (".env", "OWNER=odk\nWORD=odk\n")];
    assert_eq!(judged(&files, Some("default-secret")).findings(), Vec::<String>::new());
}

#[test]
fn a_reference_that_is_a_variable_takes_the_name_that_nobody_uses() {
    let text = "services:\n  web:\n    image: a\n    secrets: [login, '${KEY_OF_WEB}']\nsecrets:\n  login: {external: true}\n  web-key: {external: true}\n";
    assert_eq!(judged(&[("compose.yaml", text)], None).findings(), Vec::<String>::new());
    let told = judged(&[("compose.yaml", &text.replace(", '${KEY_OF_WEB}'", ""))], None);
    assert_eq!(told.findings(), ["unused-declaration compose.yaml:7"]);
}

#[test]
fn what_is_laid_over_others_is_judged_with_all_that_bring_what_it_lacks() {
    let top = "networks:\n  net: {driver: bridge}\n";
    let runs = "services:\n  app:\n    image: acme/app:1\n    networks: [net]\n";
    let over = "services:\n  app:\n    privileged: true\n    depends_on: [store]\n";
    let store = "services:\n  store:\n    image: acme/store:1\n    networks: [net]\n  app:\n    depends_on: [store]\n";
    let files = [
        ("suites/compose.yml", top),
        ("suites/parts/app/compose.dist.yml", runs),
        ("suites/parts/store/compose.yml", store),
        ("suites/one/compose.yml", over),
        ("suites/parts/store/compose.auth.yml", "services:\n  store:\n    cap_add: [SYS_ADMIN]\n"),
    ];
    let told = judged(&files, None);
    // The last is laid over what is laid over others itself.
    let wanted = [
        "privileged-container suites/one/compose.yml:3",
        "dangerous-capability suites/parts/store/compose.auth.yml:3",
    ];
    assert_eq!(told.findings(), wanted, "{}", told.json);
    // A project that runs by itself lends its services to nobody.
    let whole = runs.replace("    networks: [net]\n", "");
    let files = [("a/compose.yml", whole.as_str()), ("b/compose.yml", "services:\n  app: {}\n")];
    assert_eq!(judged(&files, None).findings(), ["not-loadable b/compose.yml:2"]);
    // Nor does a name that is spelt wrong ask for another project's.
    let lost = "services:\n  app: {image: a, networks: [net]}\n";
    let files = [("a/compose.dev.yml", top), ("b/compose.yml", lost)];
    assert_eq!(judged(&files, Some("not-loadable")).findings(), ["not-loadable b/compose.yml:2"]);
}

#[test]
fn a_file_of_comments_that_is_laid_over_others_is_a_note() {
    let told = judged(&[("tests/compose.extras.yml", "# nothing for this store\n")], None);
    assert_eq!(told.findings(), Vec::<String>::new());
    assert!(told.json["notes"].to_string().contains("nothing in it but comments"), "{}", told.json);
    let told = judged(&[("tests/compose.yml", "# nothing\n")], None);
    assert_eq!(told.findings(), ["not-loadable tests/compose.yml:1"], "{}", told.json);
}

#[test]
fn a_ping_over_tcp_comes_from_a_server_that_is_there() {
    let text = |host: &str| {
        let test = format!("[CMD, mysqladmin, ping, -h, {host}]");
        format!("services:\n  db:\n    image: mysql:8.4\n    healthcheck:\n      test: {test}\n")
    };
    let message = |host: &str| {
        let told = judged(&[("compose.yaml", &text(host))], Some("mysql-ping"));
        only(&told, "message").to_owned()
    };
    assert!(message("localhost").contains("before the server is ready"));
    assert!(message("127.0.0.1").contains("whether or not anybody may log in"));
}

#[test]
fn a_template_of_another_program_is_a_note() {
    for image in ["{$IMAGE}", "{{ image }}"] {
        let text = format!("services:\n  app:\n    image: {image}\n    privileged: true\n");
        let told = judged(&[("compose.yaml", &text)], None);
        assert!(!told.findings().iter().any(|one| one.starts_with("not-")), "{}", told.json);
        assert!(told.json["notes"].to_string().contains("is a template"), "{}", told.json);
    }
    let text = "services:\n  app:\n    image: {name: a}\n";
    let told = judged(&[("compose.yaml", text)], None);
    assert_eq!(told.findings(), ["not-loadable compose.yaml:3"], "{}", told.json);
}

#[test]
fn an_address_that_is_nobodys_has_no_password() {
    let text = |address: &str| {
        format!("services:\n  app:\n    image: a\n    environment:\n      URL: {address}\n")
    };
    let of = |address: &str| judged(&[("compose.yaml", &text(address))], None).findings();
    assert_eq!(of("postgresql://user:pass@localhost:5432/dummy"), Vec::<String>::new());
    assert_eq!(of("postgresql://user:pass@db:5432/shop"), ["credentials-in-url compose.yaml:5"]);
}

#[test]
fn of_variables_with_the_value_of_a_password_the_password_is_named() {
    let text = "services:\n  db:\n    image: a\n    environment: [DB_USER=docker, DB_PASS=docker]\n    healthcheck: {test: PGPASSWORD=docker pg_isready -U docker}\n";
    let told = judged(&[("compose.yaml", text)], Some("secret-in-health-check"));
    assert!(only(&told, "remedy").contains("`$$DB_PASS`"), "{}", told.json);
}
