//! What `--fix` promises of every project: nothing that it mends is left, and the model is the same but
//! for what was mended; and what breaks the promise is taken back.

use std::{cell::RefCell, fmt::Write as _, fs, path::Path};

use camino::{Utf8Path, Utf8PathBuf};
use proptest::{collection::vec, prelude::*, test_runner::Config};
use seaworthy::{
    compose::{
        project::{self, Depth},
        request::Request,
        shape::Format,
    },
    findings::{Findings, Mend},
    lint::{
        self, Asked,
        discover::{self, Plan},
        fix::fix,
        section::Settled,
    },
};
use serde_json::Value;

use crate::fixes::{put, read};

/// A folder that is named as it really is.
fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path().canonicalize().expect("a folder");
    let here = Utf8PathBuf::from_path_buf(here).expect("UTF-8");
    // Where nothing of what lies above counts.
    fs::write(here.join(".git"), "gitdir: elsewhere\n").expect("a file");
    (folder, here)
}

fn asked(here: &Utf8Path, selected: &[&str]) -> Asked {
    let selected: Vec<String> = selected.iter().map(|&rule| rule.to_owned()).collect();
    let rules = lint::select(true, &selected, &[]).expect("rules");
    let today = "2026-01-01".parse().expect("a date");
    Asked::of(rules, &Settled::default(), today, here.to_owned())
}

fn plans(here: &Utf8Path) -> Vec<Plan> {
    discover::discover(&[".".into()], here).expect("projects").plans
}

/// The canonical models, without what fixes may change; none of one that cannot be loaded.
fn models(plans: &[Plan], here: &Utf8Path, whole: bool) -> Vec<(String, Option<Value>)> {
    let model = |plan: &Plan| {
        let request = Request {
            directory: here.to_string(),
            files: plan.files.iter().map(ToString::to_string).collect(),
            profiles: vec!["*".into()],
            environment: [("HOME".to_owned(), "/nowhere".to_owned())].into_iter().collect(),
            without_missing_env_files: true,
            ..Request::default()
        };
        let loaded = project::load(&request, Depth::Whole).ok()?;
        let text = loaded.print(Format::Yaml, false).ok()?;
        let mut model: Value = serde_yaml::from_str(&text).ok()?;
        let services = model["services"].as_object_mut().into_iter().flatten();
        for (_, service) in services.filter(|_| !whole) {
            let service = service.as_object_mut()?;
            service.remove("expose");
            service.remove("stop_grace_period");
            let check = service.get_mut("healthcheck").and_then(Value::as_object_mut);
            check.and_then(|check| check.remove("test"));
        }
        // Extensions are printed as well, and hand on what was mended.
        model.as_object_mut()?.retain(|key, _| whole || !key.starts_with("x-"));
        Some(model)
    };
    plans.iter().map(|plan| (plan.name.clone(), model(plan))).collect()
}

fn mend(plans: &[Plan], asked: &Asked) -> Findings {
    fix(plans, asked, || Ok(lint::run(plans, asked))).expect("findings")
}

/// Mends all projects of a folder, and holds what came of it against the promise.
fn keeps_its_promise(here: &Utf8Path, selected: &[&str], whole: bool) -> Result<usize, String> {
    let (plans, asked) = (plans(here), asked(here, selected));
    let before = models(&plans, here, whole);
    let mended = mend(&plans, &asked);
    let taken_back = mended.notes.iter().find(|note| note.title.contains("as it was before"));
    if let Some(note) = taken_back {
        return Err(note.title.clone());
    }
    let again = lint::run(&plans, &asked);
    // A file that may not be written keeps what it has.
    let kept = mended.notes.iter().any(|note| note.title.contains("not made"));
    if let Some(left) = again.open().find(|found| found.fix().is_some() && !kept) {
        return Err(format!("{} at {} is left", left.message, left.place.source.path()));
    }
    for ((name, before), (_, after)) in before.iter().zip(models(&plans, here, whole)) {
        if before.is_some() && *before != after {
            return Err(format!("the model of {name} changed\n{before:#?}\n{after:#?}"));
        }
    }
    Ok(mended.fixed.len())
}

#[test]
fn every_project_of_the_fixtures_is_the_same_but_for_what_was_mended() {
    let mut fixed = 0;
    for name in ["fix", "loader", "small", "hardened", "declared", "diagram"] {
        let (_kept, here) = folder();
        put(here.join(name).as_std_path(), &read(&Path::new("fixtures").join(name)));
        let mended = keeps_its_promise(&here, &[], false);
        fixed += mended.unwrap_or_else(|why| panic!("fixtures/{name}: {why}"));
    }
    assert!(fixed > 40, "only {fixed} are mended");
}

/// What a service may say, by what it is about: of each, no more than one.
const SAID: &[&[&str]] = &[
    &[
        "",
        "stop_grace_period: 0s",
        "stop_grace_period: 0s # why",
        "stop_grace_period: \"0\"",
        "<<: *shared",
    ],
    &[
        "",
        "expose: ['8080:80', \"53:54/udp\", 90]",
        "expose:\n  - 7000:7001 # é\n  - 80",
        "expose: # two\n- \"127.0.0.1:1:2\"",
        "expose: ['80', '80:80']",
    ],
    &[
        "",
        "healthcheck:\n  test: \"ask $WHO ${WHO} $$WHO ${OTHER:-x}\"",
        "healthcheck:\n  # by a shell\n  test: [CMD, sh, -c, ask $WHO]",
        "healthcheck:\n  test: [CMD, 'curl -f http://x || exit 1']",
        "healthcheck: {test: [CMD, curl, http://x, '||', exit, '1']} # ü",
        "healthcheck:\n  test:\n    - CMD\n    - curl\n    - \"||\"\n    - exit 1\n  interval: 5s",
        "healthcheck:\n  test: |\n    ask $WHO\n    ask ${WHO}\n",
    ],
    &[
        "",
        "security_opt: ['a:b', 'c:d', 'a:b']",
        "security_opt:\n  - a:b\n  - a:b # again\n  - a:b",
    ],
    &[
        "",
        "# seaworthy: allow[privileged-container, host-pid] r\ninit: true",
        "init: true # seaworthy: allow[host-ipc] gone",
        "privileged: true # seaworthy: allow[privileged-container,host-ipc] must",
        "labels: {version: '3'}\n\n# a comment",
    ],
];

const TOPS: &[&str] = &[
    "",
    "version: '3'\n",
    "version: \"3.8\" # old\n\n",
    "# first\nversion: 2\n# second\n",
    "\n\nversion: '3'\n\n",
];

/// A Compose file made of numbers.
fn written(
    top: u8,
    services: &[Vec<u8>],
    bottom: bool,
    step: u8,
    crlf: bool,
    mark: bool,
) -> String {
    let pick = |all: &'static [&'static str], at: u8| all[usize::from(at) % all.len()];
    let mut text = String::new();
    let top = pick(TOPS, top).replace("2\n#", "\"2\"\n#");
    if !bottom {
        text.push_str(&top);
    }
    text.push_str("x-shared: &shared\n  stop_grace_period: 0s # shared\n  tty: true\nservices:\n");
    let indent = " ".repeat(1 + usize::from(step % 4));
    for (at, said) in services.iter().enumerate() {
        let _infallible = writeln!(text, "{indent}s{at}: # service");
        let mut lines = "image: acme/app:1 # what\nenvironment: {WHO: shop}\n".to_owned();
        for (all, at) in SAID.iter().zip(said) {
            lines.push_str(pick(all, *at));
            lines.push('\n');
        }
        for line in lines.lines() {
            let before = if line.is_empty() { String::new() } else { indent.repeat(2) };
            let _infallible = writeln!(text, "{before}{line}");
        }
    }
    if bottom {
        text.push_str(&top);
    }
    if crlf {
        text = text.replace('\n', "\r\n");
    }
    if mark { format!("\u{feff}{text}") } else { text }
}

proptest! {
    #![proptest_config(Config { cases: 60, failure_persistence: None, ..Config::default() })]

    #[test]
    fn any_file_keeps_the_promise(
        top in any::<u8>(), services in vec(vec(any::<u8>(), SAID.len()), 1..5),
        bottom in any::<bool>(), step in any::<u8>(), crlf in any::<bool>(), mark in any::<bool>(),
    ) {
        let text = written(top, &services, bottom, step, crlf, mark);
        let file = |here: &Utf8Path| here.join("compose.yaml");
        let (_kept, here) = folder();
        fs::write(file(&here), &text).expect("a file");
        let mended = keeps_its_promise(&here, &[], false);
        prop_assert!(mended.is_ok(), "{}\n{text}\n{}", mended.unwrap_err(), fs::read_to_string(file(&here)).expect("a file"));
        let left = fs::read_to_string(file(&here)).expect("a file");
        prop_assert_eq!(left.starts_with('\u{feff}'), mark);
        prop_assert_eq!(left.matches('\n').count() == left.matches("\r\n").count(), crlf, "{}", left);
        for comment in ["# why", "# é", "# two", "# ü", "# again", "# old", "# first", "# second", "# a comment", "# service", "# what", "# by a shell", "# shared"] {
            prop_assert_eq!(left.matches(comment).count(), text.matches(comment).count(), "{}\n{}", comment, left);
        }
        // What changes no behaviour leaves the whole model as it is.
        fs::write(file(&here), &text).expect("a file");
        let neutral = ["obsolete-version", "unused-allow", "privileged-container", "host-pid", "host-ipc"];
        let mended = keeps_its_promise(&here, &neutral, true);
        prop_assert!(mended.is_ok(), "{}\n{text}", mended.unwrap_err());
    }
}

/// What came of fixes whose edits say something else than their rules meant.
fn tampered(text: &str, rule: &str, write: &str) -> (String, Findings) {
    let (_kept, here) = folder();
    fs::write(here.join("compose.yaml"), text).expect("a file");
    let (plans, asked) = (plans(&here), asked(&here, &[rule]));
    let judge = || {
        let mut findings = lint::run(&plans, &asked);
        for found in &mut findings.found {
            if let Mend::Fix(fix) = &mut found.mend {
                write.clone_into(&mut fix.edits[0].text);
            }
        }
        Ok(findings)
    };
    let findings = fix(&plans, &asked, judge).expect("findings");
    (fs::read_to_string(here.join("compose.yaml")).expect("a file"), findings)
}

#[test]
fn what_breaks_the_promise_is_taken_back_and_told() {
    let version = "version: '3'\nservices:\n  a: {image: a}\n";
    for (write, says) in [
        ("a: [\n", "could no longer be loaded"),
        ("services_: {}\n", "could no longer be loaded"),
        ("volumes: {}\nname: other\n", "name would have changed as well"),
        ("version: '4'\n", "obsolete-version at version was still there"),
    ] {
        let (left, findings) = tampered(version, "obsolete-version", write);
        assert_eq!(left, version, "{write}");
        let told: Vec<&str> = findings.notes.iter().map(|note| note.title.as_str()).collect();
        let is_told = |one: &&str| one.contains(says) && one.contains("as it was before");
        assert!(told.iter().any(is_told), "no {says:?} in {told:?}");
        assert!(findings.fixed.is_empty() && findings.open().count() == 1, "{write}");
        assert!(findings.notes.iter().any(|note| note.place().is_some()), "it has its place");
    }
    let expose = "services:\n  a: {image: a, expose: ['8080:80']}\n";
    let (left, findings) = tampered(expose, "expose-with-mapping", "9000-9001', '");
    assert_eq!((left.contains("9000"), findings.fixed.len()), (true, 1), "it is what may change");
    let (left, _) = tampered(expose, "expose-with-mapping", "1'], init: true, x-a: ['");
    assert_eq!(left, expose);
}

#[test]
fn a_file_that_changes_meanwhile_is_left_as_somebody_wrote_it() {
    let (_kept, here) = folder();
    let file = here.join("compose.yaml");
    fs::write(&file, "version: '3'\nservices: {a: {image: a}}\n").expect("a file");
    let (plans, asked) = (plans(&here), asked(&here, &["obsolete-version"]));
    let newer = "version: '3'\nservices: {a: {image: a, init: true}}\n";
    let first = RefCell::new(true);
    let findings = fix(&plans, &asked, || {
        let findings = lint::run(&plans, &asked);
        if first.replace(false) {
            fs::write(&file, newer).expect("a file");
        }
        Ok(findings)
    });
    let findings = findings.expect("findings");
    assert_eq!(fs::read_to_string(&file).expect("a file"), newer);
    assert!(findings.notes.iter().any(|note| note.title.contains("has changed since it was read")));
    assert!(findings.fixed.is_empty());
}
