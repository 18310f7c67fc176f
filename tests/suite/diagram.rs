//! `seaworthy diagram`: which environments it draws, in which forms, and that no secret is in a picture.

use std::path::Path;

use super::program::{folder, seaworthy};

#[test]
fn help_names_the_forms_and_the_options() {
    let (code, help, _) = seaworthy(Path::new("."), &["diagram", "--help"]);
    assert_eq!(code, 0);
    for part in ["--environment", "--against", "--run", "svg", "mermaid", "dot"] {
        assert!(help.contains(part), "no {part} in\n{help}");
    }
}

#[test]
fn every_environment_is_drawn_in_every_form() {
    for environment in ["development", "with-mail", "production", "with-replica"] {
        for (form, begins, has) in [
            ("svg", "<svg ", ">3306</text>"),
            ("mermaid", "flowchart LR\n", "service_app -->|\"3306\"| service_db"),
            ("dot", "digraph ", "service_app -> service_db [label=\"3306\"]"),
        ] {
            let arguments = ["diagram", "-e", environment, "--format", form];
            let (code, text, stderr) = seaworthy(Path::new("."), &arguments);
            assert_eq!(code, 0, "{stderr}");
            assert!(text.starts_with(begins), "{environment} {form}: {text}");
            assert!(text.contains(has), "{environment} {form}: {text}");
            assert_eq!(text.contains("db-replica"), environment == "with-replica", "{text}");
            let again = seaworthy(Path::new("."), &arguments);
            assert_eq!(text, again.1, "{environment} {form} is not the same twice");
        }
    }
}

#[test]
fn without_a_name_it_is_the_first_environment_or_the_project_of_the_folder() {
    let (code, text, stderr) = seaworthy(Path::new("."), &["diagram"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(text.contains("The environment development"), "{text}");
    let folder = folder(&[("compose.yaml", "services: {web: {image: web, ports: ['80:80']}}\n")]);
    let (code, text, stderr) = seaworthy(folder.path(), &["diagram", "--format", "mermaid"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(text.contains("host -->|\"80\"| service_web"), "{text}");
}

#[test]
fn the_differences_of_two_environments_are_drawn_with_signs() {
    let arguments =
        ["diagram", "-e", "production", "--against", "development", "--format", "mermaid"];
    let (code, text, stderr) = seaworthy(Path::new("."), &arguments);
    assert_eq!(code, 0, "{stderr}");
    for part in ["\"+ backup<br>", "\"− node<br>", "\"~ nginx<br>", "|\"− loopback 3306\"|"] {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
}

#[test]
fn a_run_marks_what_it_looked_at() {
    let compose = "services:\n  a: {image: a, depends_on: [b, c], environment: {B: 'b:80'}}\n  b: {image: b}\n  c: {image: c, expose: ['9']}\n";
    let run = serde_json::json!({ "version": 1, "not_asked": [], "scenarios": [{ "steps": [
        { "text": "the running development environment", "outcome": "passed" },
        { "text": "service \"a\" reaches \"b\" on port 80", "outcome": "passed" },
        { "text": "service \"b\" does not reach \"c\" on port 9", "outcome": "failed" },
        { "text": "service \"c\" does not reach \"b\" on port 80", "outcome": "passed" },
    ]}]});
    let folder = folder(&[("compose.yaml", compose), ("run.json", &run.to_string())]);
    let draw =
        |file: &str| seaworthy(folder.path(), &["diagram", "--run", file, "--format", "mermaid"]);
    let (code, text, stderr) = draw("run.json");
    assert_eq!(code, 0, "{stderr}");
    for part in [
        "service_a -->|\"✓ 80\"| service_b",
        "service_a -.->|\"– 9\"| service_c",
        "service_b ==>|\"✗ 9\"| service_c",
    ] {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
    assert!(!text.contains("service_c -"), "what is rightly not reached is drawn:\n{text}");
    let (code, _, stderr) = draw("compose.yaml");
    assert_eq!(code, 3);
    assert!(stderr.contains("compose.yaml is no run"), "{stderr}");
    let (code, _, stderr) = draw("none.json");
    assert_eq!(code, 3);
    assert!(stderr.contains("cannot read the run none.json"), "{stderr}");
}

#[test]
fn no_picture_shows_a_secret() {
    let text = "services:\n  web:\n    image: registry/web-Gelb-und-Lila-2\n    volumes: ['data:/Gelb-und-Lila-2']\n    environment: {DB_PASSWORD: Gelb-und-Lila-2}\nvolumes: {data: }\n";
    let folder = folder(&[("compose.yaml", text)]);
    for form in ["svg", "mermaid", "dot"] {
        let (code, text, stderr) = seaworthy(folder.path(), &["diagram", "--format", form]);
        assert_eq!(code, 0, "{stderr}");
        assert!(text.contains("web"), "{text}");
        assert!(!text.contains("Gelb-und"), "{form} shows a secret:\n{text}");
    }
}

#[test]
fn what_cannot_be_drawn_is_told() {
    let (code, _, stderr) = seaworthy(Path::new("."), &["diagram", "-e", "producton"]);
    assert_eq!(code, 3);
    assert!(stderr.contains("did you mean \"production\""), "{stderr}");
    let both = ["diagram", "--against", "development", "--run", "x"];
    assert_eq!(seaworthy(Path::new("."), &both).0, 2);
    let folder = folder(&[("compose.yaml", "services:\n  web:\n    imge: web\n")]);
    let (code, stdout, stderr) = seaworthy(folder.path(), &["diagram"]);
    assert_eq!((code, stdout.as_str()), (3, ""), "{stderr}");
    assert!(stderr.contains("compose.yaml:3:5"), "{stderr}");
}
