//! Other people's text speaks for nobody: a hostile project through every command and format.

use std::{fs, path::Path};

use assert_cmd::Command;

/// What lies outside the repository; no output may show a word of it.
const OUTSIDE: &[(&str, &str)] = &[
    ("shadow", "root:$6$Kanarie$Blau:19000:0:::\nKanarie-Zeile\n"),
    (
        "compose.yml",
        "services:\n  kanarie: {image: 'kanarie:2'}\n  shared:\n    image: kanarie/image:latest\n    privileged: true\n    environment: {KANARIE: kanarie-wert}\n",
    ),
    ("wrong.yml", "services:\n  kanarie:\n    privileged: kanarie-wert\n    kanarie_key: 1\n"),
    ("values.env", "KANARIE=kanarie-wert\nKANARIE_TAG=kanarie-tag\n"),
    ("bad.env", "kanarie wert\n{\"auths\": \"kanarie\"}\n"),
    (
        "Dockerfile",
        "FROM kanarie:latest\nRUN curl http://kanarie | sh\nUSER kanarie\nHEALTHCHECK CMD kanarie-probe\nCMD kanarie-serve\n",
    ),
    ("a.feature", "Feature: kanarie\n  Scenario: kanarie\n    Givven kanarie\n"),
];

/// Projects that reach outside, each by a way of its own.
const REACHING: &[(&str, &str)] = &[
    ("include-shadow", "include: [../../outside/shadow]\n"),
    (
        "include",
        "include: [../../outside/compose.yml]\nservices:\n  a: {image: a, depends_on: [kanari]}\n",
    ),
    ("include-sound", "include: [../../outside/compose.yml]\nservices:\n  a: {image: 'a:1'}\n"),
    ("include-wrong", "include: [../../outside/wrong.yml]\n"),
    ("include-env", "include: [{path: part.yaml, env_file: ../../outside/values.env}]\n"),
    ("include-bad-env", "include: [{path: part.yaml, env_file: ../../outside/bad.env}]\n"),
    ("extends", "services:\n  a: {extends: {file: ../../outside/compose.yml, service: kanari}}\n"),
    (
        "extends-sound",
        "services:\n  a: {extends: {file: ../../outside/compose.yml, service: shared}}\n",
    ),
    ("extends-shadow", "services:\n  a: {extends: {file: ../../outside/shadow, service: a}}\n"),
    ("env-file", "services:\n  a: {image: 'a:1', env_file: ../../outside/values.env}\n"),
    ("bad-env-file", "services:\n  a: {image: 'a:1', env_file: ../../outside/bad.env}\n"),
    ("label-file", "services:\n  a: {image: 'a:1', label_file: ../../outside/bad.env}\n"),
    ("dockerfile", "services:\n  a: {build: {context: ../../outside}}\n"),
    ("link", "services:\n  a: {image: 'a:1', env_file: link.env}\n"),
    ("link-include", "include: [link.yml]\n"),
];

/// What an included file makes of variables of an outer env file.
const PART: &str = "services:\n  part:\n    image: part:${KANARIE_TAG}\n    mem_limit: ${KANARIE}\n    environment: {A: '${NOPE:?${KANARIE}}'}\n";

const FEATURE: &str = "Feature: f\n  Scenario: s\n    Given the development environment\n    Then \"services.a.environment.KANARIE\" is \"x\"\n  Scenario: t\n    Given the development environment\n    Then exactly these services run:\n      | b |\n  Scenario: u\n    Given the development environment\n    Then variable \"KANARIE\" of file \"../../outside/values.env\" is \"x\"\n  Scenario: v\n    Given the development environment\n    Then the image of \"a\" is built from \"x\"\n  Scenario: w\n    Given the development environment\n    Then the image of \"a\" runs as user \"x\"\n  Scenario: y\n    Given the development environment\n    Then exactly these commands run:\n      | service | entry point | command |\n";

struct Answer {
    code: i32,
    stdout: String,
    stderr: String,
}

fn run(folder: &Path, arguments: &[&str]) -> Answer {
    let output = Command::cargo_bin("seaworthy")
        .expect("the program")
        .current_dir(folder)
        .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
        .env("CLICOLOR_FORCE", "1")
        .args(arguments)
        .output()
        .expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().unwrap_or(-1);
    Answer { code, stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// Without our own colours: nothing else may begin with an escape.
fn uncoloured(text: &str) -> String {
    let colour = regex::Regex::new("\u{1b}\\[[0-9;]*m").expect("a pattern");
    colour.replace_all(text, "").into_owned()
}

fn holds(text: &str, what: &str) {
    let text = uncoloured(text);
    let odd = text.chars().find(|&c| seaworthy::visible::is_invisible(c) && !"\n\t".contains(c));
    assert_eq!(odd, None, "{what} shows {odd:?} as it is:\n{text}");
    for line in text.lines() {
        assert!(!line.trim_start().starts_with("::"), "{what} commands a runner: {line}");
    }
    let command = regex::Regex::new(r"##\w*\[").expect("a pattern");
    assert!(!command.is_match(&text), "{what} commands a runner:\n{text}");
    assert!(!text.contains("panicked"), "{what} panicked:\n{text}");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file");
        }
    }
}

#[test]
fn a_hostile_project_speaks_for_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile"), folder.path());
    let odd = "features/a\n::error::owned by a name\u{1b}[2J.feature";
    fs::copy(folder.path().join("features/hostile.feature"), folder.path().join(odd))
        .expect("a file");
    let commands: &[&[&str]] = &[
        &["lint", "compose.yaml", "refused.yaml"],
        &["lint", "--strict"],
        &["check", "-v"],
        &["check", "--environment", "\u{1b}[31m::error::x"],
        &["check", "features/\n::error::x"],
        &["verify"],
        &["steps"],
        &["explain", "\n::error::x"],
        &["doctor"],
        &["config", "-f", "refused.yaml"],
        &["config", "-f", "compose.yaml"],
        &["config", "-f", "compose.yaml", "--provenance"],
        &["config", "-f", "compose.yaml", "--format", "json"],
        &["config", "-f", "compose.yaml", "--images"],
        &["config", "-f", "compose.yaml", "--services"],
        &["config", "-f", "compose.yaml", "--variables"],
        &["config", "-f", "compose.yaml", "--hash"],
        &["config", "-f", "compose.yaml", "--environment"],
        &["config", "-f", "compose.yaml", "\n::error::x"],
        &["config", "-f", "compose.yaml", "--resolve-image-digests"],
        &["config", "-f", "compose.yaml", "-o", "missing\n::error::x/y"],
    ];
    for arguments in commands {
        let answer = run(folder.path(), arguments);
        assert!((0..=3).contains(&answer.code), "{arguments:?} ends with {}", answer.code);
        holds(&answer.stdout, &format!("{arguments:?}"));
        holds(&answer.stderr, &format!("{arguments:?}, errors"));
        let longest = "n".repeat(400);
        let whole = arguments[0] == "config";
        assert!(
            whole || !answer.stdout.contains(&longest),
            "{arguments:?} shows a name without end"
        );
    }
}

#[test]
fn every_format_stays_what_it_is_whatever_a_project_says() {
    let folder = tempfile::tempdir().expect("a folder");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile"), folder.path());
    let command = regex::Regex::new(r"^::(error|warning|notice) file=[^:]*::").expect("a pattern");
    for format in ["terminal", "json", "sarif", "junit", "github", "markdown"] {
        let answer = run(
            folder.path(),
            &["lint", "--strict", "--format", format, "compose.yaml", "refused.yaml"],
        );
        let text = &answer.stdout;
        assert!(
            text.contains("privileged"),
            "{format} tells the findings:\n{text}{}",
            answer.stderr
        );
        match format {
            "json" | "sarif" => {
                holds(text, format);
                serde_json::from_str::<serde_json::Value>(text).expect(format);
                assert!(!text.contains("](http"), "{format} makes a link:\n{text}");
            }
            "junit" => {
                holds(text, format);
                well_formed(text);
            }
            "github" => {
                assert!(text.lines().all(|line| command.is_match(line)), "{text}");
            }
            _ => holds(text, format),
        }
    }
    for format in ["json", "sarif", "junit", "github", "markdown", "terminal"] {
        let report = format!("{format}=report");
        let answer = run(folder.path(), &["check", "--report", &report]);
        assert_eq!(answer.code, 1, "{}{}", answer.stdout, answer.stderr);
        let text = fs::read_to_string(folder.path().join("report")).expect("a report");
        match format {
            "github" => assert!(text.lines().all(|line| command.is_match(line)), "{text}"),
            _ => holds(&text, format),
        }
        match format {
            "json" | "sarif" => {
                serde_json::from_str::<serde_json::Value>(&text).expect(format);
            }
            "junit" => well_formed(&text),
            _ => {}
        }
    }
}

/// XML 1.0, as far as what others wrote could break it: tags balance, nothing stands raw in text.
fn well_formed(text: &str) {
    let mut open: Vec<String> = Vec::new();
    let tag = regex::Regex::new(r#"<(/?)([A-Za-z_-]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(/?)>"#)
        .expect("a pattern");
    let body = text.split_once("?>").expect("a declaration").1;
    let mut last = 0;
    for found in tag.captures_iter(body) {
        let whole = found.get(0).expect("the match");
        let between = &body[last..whole.start()];
        assert!(!between.contains('<') && !between.contains("]]>"), "raw text {between:?}");
        last = whole.end();
        if &found[1] == "/" {
            assert_eq!(open.pop().as_deref(), Some(&found[2]), "tags do not balance");
        } else if &found[4] != "/" {
            open.push(found[2].to_owned());
        }
    }
    assert!(open.is_empty() && body[last..].trim().is_empty(), "{open:?} stay open");
}

/// A repository with a project a folder, and files beside it that are none of its business.
fn outside() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    put("repository/.git", "gitdir: elsewhere\n");
    for (name, text) in OUTSIDE {
        put(&format!("outside/{name}"), text);
    }
    for (name, text) in REACHING {
        put(&format!("repository/{name}/compose.yaml"), text);
        put(&format!("repository/{name}/part.yaml"), PART);
        put(
            &format!("repository/{name}/seaworthy.yaml"),
            "environments: {development: {files: [compose.yaml]}}\n",
        );
        put(&format!("repository/{name}/features/f.feature"), FEATURE);
        for (link, to) in [("link.env", "values.env"), ("link.yml", "compose.yml")] {
            let link = folder.path().join("repository").join(name).join(link);
            std::os::unix::fs::symlink(folder.path().join("outside").join(to), link)
                .expect("a link");
        }
    }
    folder
}

fn quotes_nothing(answer: &Answer, what: &str) {
    let both = format!("{}{}", answer.stdout, answer.stderr);
    // Who asks for a word writes it in the repository: sentences and references have it in these places.
    let own = ["KANARIE", "kanari\"", "../../outside", "${KANARIE"];
    let text = own.iter().fold(both.clone(), |text, own| text.replace(own, ""));
    let found = text.to_lowercase().contains("kanarie") || text.contains("$6$");
    assert!(!found, "{what} quotes a file outside the repository:\n{both}");
    assert!(!both.contains("panicked"), "{what}:\n{both}");
}

#[test]
fn files_outside_the_repository_are_named_and_never_quoted() {
    let folder = outside();
    for (name, _) in REACHING {
        let project = folder.path().join("repository").join(name);
        let lints = ["terminal", "json", "sarif", "junit", "github", "markdown"]
            .map(|format| vec!["lint", "--strict", "--format", format, "compose.yaml"]);
        let others = [
            vec!["lint"],
            vec!["check", "-v"],
            vec!["check", "--report", "json"],
            vec!["check", "--report", "sarif"],
            vec!["check", "--report", "junit"],
            vec!["check", "--report", "github"],
            vec!["check", "--report", "markdown"],
            vec!["facts"],
            vec!["facts", "--format", "gherkin"],
            vec!["facts", "--format", "json"],
            vec!["config"],
            vec!["config", "--provenance"],
            vec!["config", "--images"],
            vec!["config", "--services"],
            vec!["config", "--format", "json"],
            vec!["config", "--environment"],
            vec!["config", "-e", "development"],
            vec!["config", "--no-normalize", "--no-path-resolution", "--no-consistency"],
            vec!["config", "nobody"],
            vec!["config", "--lock-image-digests"],
            vec!["steps"],
            vec!["verify"],
        ];
        for arguments in lints.into_iter().chain(others) {
            let answer = run(&project, &arguments);
            quotes_nothing(&answer, &format!("{name}: {arguments:?}"));
        }
    }
}

#[test]
fn a_file_outside_is_named_with_its_place_and_quoted_once_it_is_trusted() {
    let folder = outside();
    let project = folder.path().join("repository/include-shadow");
    let answer = run(&project, &["lint", "compose.yaml"]);
    let text = uncoloured(&answer.stdout);
    assert_eq!(answer.code, 1, "{text}");
    assert!(text.contains("outside/shadow:"), "the place is told:\n{text}");
    assert!(text.contains("--trust"), "what to do is told:\n{text}");
    let answer = run(&project, &["lint", "--trust", "../../outside", "compose.yaml"]);
    assert!(answer.stdout.contains("Kanarie"), "trusted:\n{}", answer.stdout);
    let project = folder.path().join("repository/env-file");
    let refused = run(&project, &["config"]);
    assert_eq!(refused.code, 3, "{}{}", refused.stdout, refused.stderr);
    assert!(uncoloured(&refused.stderr).contains("values.env:1:1"), "{}", refused.stderr);
    let printed = run(&project, &["config", "--trust", "../../outside/values.env"]);
    assert!(
        printed.stdout.contains("KANARIE: kanarie-wert"),
        "{}{}",
        printed.stdout,
        printed.stderr
    );
    assert_eq!(run(&project, &["config", "--quiet"]).code, 0, "the files are sound");
}

#[test]
fn a_link_of_the_repository_is_its_own_word_and_a_path_of_the_user_is_the_users() {
    let folder = outside();
    let repository = folder.path().join("repository");
    let link = |to: &str, name: &str| {
        let at = repository.join(name);
        fs::create_dir_all(at.parent().expect("a folder")).expect("a folder");
        std::os::unix::fs::symlink(folder.path().join("outside").join(to), at).expect("a link");
    };
    link("wrong.yml", "linked/compose.yaml");
    link("shadow", "configured/seaworthy.yaml");
    link("a.feature", "featured/features/a.feature");
    fs::write(
        repository.join("featured/seaworthy.yaml"),
        "environments: {development: {files: [../include/part.yaml]}}\n",
    )
    .expect("a file");
    for (name, arguments) in [
        ("linked", ["lint", "compose.yaml"]),
        ("linked", ["config", "--quiet"]),
        ("configured", ["check", "-v"]),
        ("configured", ["verify", "--fail-fast"]),
        ("featured", ["check", "-v"]),
    ] {
        let answer = run(&repository.join(name), &arguments);
        assert_ne!(answer.code, 0, "{name}: {arguments:?}");
        quotes_nothing(&answer, &format!("{name}: {arguments:?}"));
    }
    let answer = run(&repository.join("include"), &["check", "../../outside/a.feature"]);
    assert!(answer.stderr.contains("Givven kanarie"), "{}", answer.stderr);
    let answer = run(&repository, &["lint", "../outside/compose.yml"]);
    assert!(answer.stdout.contains("privileged: true"), "{}", answer.stdout);
}

#[test]
fn what_judges_by_the_files_runs_no_program_and_opens_no_connection() {
    let folder = tempfile::tempdir().expect("a folder");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile"), folder.path());
    let program = assert_cmd::cargo::cargo_bin("seaworthy");
    let once = |arguments: &[&str]| -> Vec<String> {
        let trace = folder.path().join("trace");
        let run = std::process::Command::new("strace")
            .args([
                "-f",
                "-qq",
                "-e",
                "trace=execve,execveat,connect,sendto,sendmsg,bind,listen",
                "-e",
                "signal=none",
                "-o",
            ])
            .arg(&trace)
            .arg(&program)
            .args(arguments)
            .current_dir(folder.path())
            .output();
        let output =
            run.expect("strace runs; install it: scripts/setup, or apt-get install strace");
        let code = output.status.code();
        assert!(
            matches!(code, Some(0..=3)),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text =
            fs::read_to_string(&trace).expect("a trace; may this user trace programs (ptrace)?");
        let calls = text.lines().filter(|line| line.contains('(') && !line.contains("<unfinished"));
        let calls: Vec<String> = calls.map(str::to_owned).collect();
        assert!(
            calls.first().is_some_and(|call| call.contains("execve(")),
            "the trace begins with the program: {text}"
        );
        calls[1..].to_vec()
    };
    // Of a thread that ends while strace reads its call, strace does not know which it was.
    let is_known = |calls: &Vec<String>| !calls.iter().any(|call| call.contains("???("));
    let traced = |arguments: &[&str]| -> Vec<String> {
        let mut traces = (0..10).map(|_| once(arguments));
        traces.find(is_known).expect("a trace in which each call is known")
    };
    for arguments in [
        &["check", "-v"][..],
        &["lint"],
        &["lint", "--strict", "--format", "sarif", "compose.yaml"],
        &["config", "-f", "compose.yaml"],
        &["config", "-f", "compose.yaml", "--provenance"],
        &["config", "-f", "compose.yaml", "--hash"],
        &["steps"],
        &["explain"],
        &["explain", "privileged-container"],
    ] {
        let calls = traced(arguments);
        assert!(calls.is_empty(), "{arguments:?} runs or connects: {calls:#?}");
    }
    // What does, is seen: the test can fail.
    assert!(!traced(&["doctor"]).is_empty(), "doctor asks for an engine");
    // The one exception, asked for by name: a revision is Git's to read, and Git asks nobody.
    for call in traced(&["lint", "--since", "HEAD"]) {
        assert!(call.contains("execve(") && call.contains("\"git\""), "only git: {call}");
    }
}
