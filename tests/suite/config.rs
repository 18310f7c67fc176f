//! `seaworthy config` beyond what the conformance cases compare with Compose: files, warnings, digests
//! from an engine, environments of seaworthy.yaml.

use std::fs;

use assert_cmd::Command;

use super::{
    engine::{Engine, Known},
    program::{folder, run, seaworthy},
};

const SHOP: &str = "name: shop\nservices:\n  web:\n    image: nginx:1.25\n    environment: [TOKEN]\n  \
                    tool:\n    image: tool:1\n    profiles: [tools]\nvolumes:\n  left: {}\n";

fn shop() -> tempfile::TempDir {
    folder(&[("compose.yaml", SHOP), (".env", "TOKEN=from-file\n")])
}

#[test]
fn quiet_prints_nothing_whatever_else_is_asked() {
    let shop = shop();
    for more in [
        &[][..],
        &["--services"],
        &["--environment"],
        &["--variables", "--format", "yaml"],
        &["--images", "--volumes"],
        &["--no-interpolate"],
        &["--provenance"],
        &["-o", "model.yaml"],
        &["tool"],
    ] {
        let (code, stdout, _) = seaworthy(shop.path(), &[&["config", "-q"], more].concat());
        assert_eq!((code, stdout.as_str()), (0, ""), "{more:?}");
    }
    assert!(!shop.path().join("model.yaml").exists(), "a file that nobody was to see");
    let refused = run(shop.path(), &["config", "-q", "nobody"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
    assert!(refused.stderr.contains("no such service: nobody"), "{}", refused.stderr);
}

#[test]
fn a_project_without_a_repository_is_seen_from_its_folders() {
    let shop = shop();
    let below = shop.path().join("src/deep");
    fs::create_dir_all(&below).expect("folders");
    let printed = run(&below, &["config"]);
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    assert!(printed.stdout.contains("TOKEN: from-file"), "{}", printed.stdout);
    // A repository in between has the last word.
    fs::create_dir(shop.path().join("src/.git")).expect("a folder");
    let refused = run(&below, &["config"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (3, ""), "{}", refused.stderr);
    assert!(!refused.stderr.contains("from-file"), "{}", refused.stderr);
}

#[test]
fn a_file_gets_what_would_be_printed() {
    let shop = shop();
    for more in [
        &[][..],
        &["--format", "json"],
        &["--no-interpolate"],
        &["--provenance"],
        &["--dry-run", "web"],
    ] {
        let printed = run(shop.path(), &[&["config"], more].concat());
        let written = run(shop.path(), &[&["config", "-o", "model"], more].concat());
        assert_eq!(
            (written.code, written.stdout.as_str()),
            (0, ""),
            "{more:?}: {}",
            written.stderr
        );
        let text = fs::read_to_string(shop.path().join("model")).expect("the file");
        assert_eq!(text, printed.stdout, "{more:?}");
        assert!(text.contains("nginx:1.25"), "{more:?}");
    }
    let refused = run(shop.path(), &["config", "--output", "missing/model"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
    assert!(refused.stderr.contains("cannot write missing/model"), "{}", refused.stderr);
}

#[test]
fn what_has_no_effect_is_told() {
    let shop = shop();
    for (arguments, prints, tells) in [
        (
            &["--volumes", "--services", "--images"][..],
            "web\n",
            "only --services is printed, not --volumes, --images",
        ),
        (
            &["--services", "web"],
            "web\n",
            "--services covers the whole project: naming web has no effect",
        ),
        (
            &["--networks", "-o", "list"],
            "default\n",
            "-o has no effect on --networks: it is for the model",
        ),
        (
            &["--services", "--lock-image-digests"],
            "web\n",
            "--lock-image-digests has no effect on --services: it is for the model",
        ),
    ] {
        let answer = run(shop.path(), &[&["config"], arguments].concat());
        assert_eq!((answer.code, answer.stdout.as_str()), (0, prints), "{arguments:?}");
        assert!(answer.stderr.contains(tells), "{arguments:?}: {}", answer.stderr);
    }
    let whole = run(shop.path(), &["config", "--no-interpolate", "web"]);
    assert!(whole.stderr.contains("naming web has no effect"), "{}", whole.stderr);
    assert!(whole.stdout.contains("tool:"), "{}", whole.stdout);
    for arguments in [&["--services"][..], &["web"], &["--images", "web"], &["-o", "model"]] {
        let answer = run(shop.path(), &[&["config"], arguments].concat());
        assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{arguments:?}");
    }
}

#[test]
fn an_environment_of_seaworthy_yaml_is_asked_for_by_e() {
    let shop = folder(&[
        ("other.yaml", SHOP),
        ("tools.env", "TOKEN=from-tools\n"),
        (
            "seaworthy.yaml",
            "environments:\n  tools: {files: [other.yaml], env_files: [tools.env], profiles: [tools]}\n",
        ),
    ]);
    for switch in ["-e", "--seaworthy-environment"] {
        let answer = run(shop.path(), &["config", switch, "tools"]);
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        assert!(answer.stdout.contains("TOKEN: from-tools"), "{}", answer.stdout);
        assert!(answer.stdout.contains("image: \"tool:1\""), "{}", answer.stdout);
    }
    let variables = run(shop.path(), &["config", "-e", "tools", "--environment"]);
    assert!(variables.stdout.contains("\nTOKEN=from-tools\n"), "{}", variables.stdout);
    let old = run(shop.path(), &["config", "-f", "other.yaml", "--environment", "tools"]);
    assert_eq!(old.code, 1);
    assert!(old.stderr.contains("no such service: tools"), "{}", old.stderr);
    assert!(
        old.stderr.contains("-e NAME takes an environment of seaworthy.yaml"),
        "{}",
        old.stderr
    );
}

#[test]
fn a_service_that_is_not_there_is_told_with_what_may_be_meant() {
    let shop = shop();
    let close = run(shop.path(), &["config", "wep"]);
    assert!(close.stderr.contains("did you mean \"web\"?"), "{}", close.stderr);
    let files = "services:\n  a: {image: a, profiles: [p], depends_on: [b]}\n  b: {image: b, profiles: [q]}\n";
    fs::write(shop.path().join("compose.yaml"), files).expect("a file");
    let disabled = run(shop.path(), &["config", "a"]);
    assert_eq!(disabled.code, 1);
    for part in ["no such service: b", "compose.yaml:2:45", "it is disabled: add --profile q"] {
        assert!(disabled.stderr.contains(part), "no {part:?} in {}", disabled.stderr);
    }
}

fn digest(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

/// `config` with some arguments, and an engine that knows some images: code, output, errors, and what
/// the engine was asked.
fn asked(files: &str, known: Known, arguments: &[&str]) -> (i32, String, String, Vec<String>) {
    let project = folder(&[("compose.yaml", files)]);
    let engine = Engine::start(project.path(), known);
    let output = Command::cargo_bin("seaworthy")
        .expect("the program")
        .current_dir(project.path())
        .env_remove("COMPOSE_FILE")
        .env("NO_COLOR", "1")
        .env("DOCKER_HOST", &engine.host)
        .arg("config")
        .args(arguments)
        .output()
        .expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().unwrap_or(-1);
    (code, text(&output.stdout), text(&output.stderr), engine.heard())
}

#[test]
fn the_registry_is_asked_first_and_the_engine_where_it_cannot_be() {
    let files = "services:\n  a:\n    image: nginx:1.25\n  b:\n    image: registry.example.com/tool:2\n  c:\n    image: nginx:1.25\n";
    let known = Known {
        registry: vec![("docker.io/library/nginx:1.25", digest('a'))],
        here: vec![
            ("docker.io/library/nginx:1.25", vec![format!("nginx@{}", digest('d'))]),
            (
                "registry.example.com/tool:2",
                vec![
                    format!("elsewhere.example.com/tool@{}", digest('e')),
                    format!("registry.example.com/tool@{}", digest('b')),
                ],
            ),
        ],
    };
    let (code, stdout, stderr, heard) = asked(files, known, &["--resolve-image-digests"]);
    assert_eq!(code, 0, "{stderr}");
    let nginx = format!("image: \"docker.io/library/nginx:1.25@{}\"", digest('a'));
    assert_eq!(stdout.matches(&nginx).count(), 2, "{stdout}");
    let tool = format!("image: \"registry.example.com/tool:2@{}\"", digest('b'));
    assert!(stdout.contains(&tool), "{stdout}");
    for part in [
        "warning: the digest of image \"registry.example.com/tool:2\" is that of the image on this machine",
        "compose.yaml:5:12",
        "no such host",
    ] {
        assert!(stderr.contains(part), "no {part:?} in {stderr}");
    }
    assert!(!stderr.contains("nginx"), "{stderr}");
    let of_nginx = heard.iter().filter(|path| path.contains("nginx")).count();
    assert_eq!(of_nginx, 1, "{heard:?}");
}

#[test]
fn each_image_without_a_digest_is_named_at_its_place() {
    let files = "services:\n  a:\n    image: gone:1\n  b:\n    image: built:1\n  c:\n    image: nginx:1.25\n";
    let known = Known {
        registry: vec![("docker.io/library/nginx:1.25", digest('a'))],
        here: vec![("docker.io/library/built:1", Vec::new())],
    };
    for switch in ["--resolve-image-digests", "--lock-image-digests"] {
        let (code, stdout, stderr, _) = asked(files, known.clone(), &[switch, "-q"]);
        assert_eq!((code, stdout.as_str()), (3, ""), "{stderr}");
        for part in [
            "the digest of image \"gone:1\" cannot be had",
            "compose.yaml:3:12",
            "the engine has no such image",
            "the digest of image \"built:1\" cannot be had",
            "compose.yaml:5:12",
            "it was built or loaded here",
        ] {
            assert!(stderr.contains(part), "no {part:?} in {stderr}");
        }
        assert!(!stderr.contains("nginx"), "{stderr}");
    }
}

#[test]
fn an_override_of_digests_holds_the_images_alone() {
    let files = "name: n\nservices:\n  a:\n    image: nginx:1.25\n    ports: [80]\nx-y: 1\n";
    let known =
        Known { registry: vec![("docker.io/library/nginx:1.25", digest('a'))], ..Known::default() };
    let arguments = ["--lock-image-digests"];
    let (code, stdout, stderr, _) = asked(files, known, &arguments);
    let image = format!("docker.io/library/nginx:1.25@{}", digest('a'));
    let wanted = format!("services:\n  a:\n    image: \"{image}\"\n");
    assert_eq!((code, stdout), (0, wanted), "{stderr}");
}

#[test]
fn without_the_switches_no_engine_is_asked() {
    for arguments in [&[][..], &["--images"], &["--images", "--resolve-image-digests"], &["--hash"]]
    {
        let (code, _, stderr, heard) = asked(SHOP, Known::default(), arguments);
        assert_eq!((code, heard), (0, Vec::new()), "{stderr}");
    }
}
