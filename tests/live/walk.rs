//! Every sentence on services walks those that the files declare, with all their replicas: what has
//! ended, what nobody started, what somebody removed and what ends again and again are each told.

use std::fs;

use super::{
    machine::docker,
    support::{Ended, Project},
};

/// Runs features of the project with overlays; returns what was said and all evidence.
fn run(features: &str, overlays: &[&str]) -> (Ended, String) {
    let project = Project::small("walk");
    let evidence = project.aside("evidence");
    let mut arguments = vec!["verify", features, "--evidence", evidence.to_str().expect("UTF-8")];
    arguments.extend(overlays.iter().flat_map(|overlay| ["--overlay", overlay]));
    let ended = project.start(&arguments).end_clean();
    let pages = fs::read_dir(&evidence).map_or_else(|_| Vec::new(), Iterator::collect);
    let pages = pages.into_iter().map(|page| fs::read_to_string(page.expect("an entry").path()));
    (ended, pages.map(|page| page.expect("evidence")).collect())
}

/// What was said of a scenario that is not so, or could not be decided.
#[track_caller]
fn told<'o>(ended: &'o Ended, title: &str) -> &'o str {
    let output = &ended.output;
    let head = [format!("error: \"{title}\" is not so"), format!("error: \"{title}\" could not")];
    let at = head.iter().find_map(|head| output.find(head.as_str()));
    let rest = at.map_or_else(|| panic!("\"{title}\" holds:\n{output}"), |at| &output[at..]);
    rest.split("\nerror: ").next().unwrap_or_default()
}

/// Asserts what is said of scenarios.
#[track_caller]
fn say(ended: &Ended, cases: &[(&str, &[&str])]) {
    let mut wrong = Vec::new();
    for (title, words) in cases {
        let told = told(ended, title);
        let missing = words.iter().filter(|word| !told.contains(**word));
        wrong.extend(missing.map(|word| format!("\"{title}\" does not say {word:?}:\n{told}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn what_has_ended_is_judged_by_its_configuration_and_said_so() {
    let (ended, evidence) = run("features", &[]);
    ended.says(0, &["16 passed, 0 failed"]);
    for (title, words) in [
        ("Users", "Uid: 1000, Gid: 1000"),
        ("Privileges", "SecurityOpt: no-new-privileges:true"),
        ("Capabilities", "CapDrop: ALL; CapAdd: none"),
        ("Root file systems", "ReadonlyRootfs: true"),
        ("Limits", "memory: 64 MiB, CPU: 0.5, process: 50"),
        ("Ways out", "it was on"),
        ("A mount", "writable: false"),
    ] {
        assert!(evidence.contains(words), "no evidence of {title}: {words}\n{evidence}");
    }
    let said = evidence.matches("by its configuration: it has ended with 0").count();
    assert!(said >= 13, "{said} times:\n{evidence}");
    assert!(evidence.contains("not started: scale 0"), "{evidence}");
}

#[test]
fn what_has_ended_can_fail_by_its_configuration() {
    let (ended, _) = run("features", &["loose.yaml"]);
    ended.says(1, &["1 passed, 15 failed"]);
    let why = "(by its configuration: it has ended with 0)";
    say(
        &ended,
        &[
            ("Users", &["once-1 was to run as root or in root's group", why, "loose.yaml:4:5"]),
            ("Privileges", &["once-1 could gain privileges", why, "loose.yaml:7:5"]),
            ("Capabilities", &["once-1 could have capabilities", why, "loose.yaml:6:5"]),
            ("Capabilities of one", &["what the engine gives to all", "loose.yaml:6:5"]),
            ("Root file systems", &["had a writable root file system", why, "loose.yaml:5:5"]),
            ("Writable paths", &["| once | / |", "| once | /note.txt |"]),
            ("Memory file systems", &["it has no size, it runs programs", why]),
            ("Limits", &["| once | none | none | none |"]),
            ("Memory", &["has no memory limit in force", why]),
            ("Processors", &["has no CPU limit in force", why]),
            ("Processes", &["has no process limit in force", why]),
            ("Ways out", &["which the engine did not make internal", why]),
            ("A mount", &["writable: true", why]),
            ("One network", &["once", "outside"]),
            ("Published ports", &["| once | 80 | 8099 | loopback |"]),
        ],
    );
}

#[test]
fn what_cannot_be_looked_at_any_more_is_undecided() {
    let (ended, _) = run("other/undecided.feature", &[]);
    ended.says(3, &["0 passed, 0 failed, 3 undecided"]);
    let gone = "cannot be looked at: it has ended with 0";
    say(
        &ended,
        &[
            ("Connections", &["once-1", gone, "on a network with"]),
            ("A file", &["once-1", gone]),
            ("A service that nobody starts", &["there is nothing to judge", "scale: 1"]),
        ],
    );
}

#[test]
fn what_does_not_run_is_asked_nothing_and_says_so_at_once() {
    let begun = std::time::Instant::now();
    let (ended, _) = run("other/commands.feature", &[]);
    ended.says(3, &["0 passed, 0 failed, 5 undecided"]);
    let once = "docker-compose.yml:20:3";
    let off: &[&str] = &["service \"off\" is not started: scale 0", "docker-compose.yml:44:5"];
    say(
        &ended,
        &[
            ("A command in what has ended", &["`true` in \"once\"", "it has ended with 0", once]),
            ("A command that is to fail there", &["`false` in \"once\"", "has ended with 0", once]),
            ("A command in what is paused", &["`true` in \"lasting\"", "it is paused"]),
            ("The log of what nobody starts", off),
            ("A line that nobody logs", off),
        ],
    );
    for wrong in ["409", "there is no service", "did you mean"] {
        assert!(!ended.output.contains(wrong), "{wrong}: {}", ended.output);
    }
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}

#[test]
fn a_page_that_nobody_answers_is_undecided() {
    let (ended, _) = run("other/page.feature", &["page.yaml"]);
    ended.says(3, &["0 passed, 0 failed, 1 undecided"]);
    say(
        &ended,
        &[(
            "Secrets",
            &[
                "ask for GET what is not there on port 80 of \"lasting\"",
                "port 8080",
                "let \"lasting\" run",
            ],
        )],
    );
}

#[test]
fn a_stack_of_which_nothing_is_started_proves_nothing() {
    let (ended, _) = run("features", &["idle.yaml"]);
    // That nothing runs is known: those who should are missing.
    ended.says(1, &["0 passed, 1 failed, 15 undecided"]);
    say(&ended, &[("Who runs", &["no \"lasting\" and \"pair\""])]);
    for title in ["Users", "Writable paths", "Limits", "Ways out", "One network", "Published ports"]
    {
        say(&ended, &[(title, &["there is nothing to judge: no service of the files is started"])]);
    }
}

/// A run whose scenarios wait while somebody removes the first container of "pair".
fn without_the_first_pair(project: &Project) -> Ended {
    let mut run = project.start(&["verify", "other/removed.feature"]);
    let name = run.project_name();
    let (lasting, pair) = (format!("{name}-lasting-1"), format!("{name}-pair-1"));
    run.until("the scenario waits", |_| {
        // The container is there, and a shell waits in it.
        let running = docker(&["ps", "--quiet", "--filter", &format!("name={lasting}")]);
        let seen = || docker(&["top", &lasting]).contains("/tmp/go");
        (!running.trim().is_empty() && seen()).then_some(())
    });
    docker(&["rm", "--force", &pair]);
    docker(&["exec", &lasting, "touch", "/tmp/go"]);
    run.end_clean()
}

#[test]
fn a_service_without_its_containers_is_a_finding() {
    let project = Project::small("walk");
    let ended = without_the_first_pair(&project);
    ended.says(1, &["0 passed, 13 failed"]);
    let found = "service \"pair\" has 1 container; the files declare 2 replicas";
    for title in [
        "Users",
        "Writable paths",
        "Limits",
        "Connections",
        "Ways out",
        "One network",
        "Published ports",
        "Health",
        "Programs",
        "Secrets",
        "Replicas",
        "Environment",
    ] {
        say(&ended, &[(title, &[found, "docker-compose.yml:", "docker compose ps --all"])]);
    }
    say(&ended, &[("Who runs", &["once-1 is exited, exit code 0"])]);
}

#[test]
fn a_service_of_which_the_only_container_was_removed_is_a_finding() {
    let project = Project::small("walk");
    project.replace("docker-compose.yml", "    scale: 2\n", "");
    let ended = without_the_first_pair(&project);
    ended.says(1, &["13 failed"]);
    let found = "service \"pair\" has no container; the files declare 1 replica";
    for title in ["Users", "Limits", "Health", "Published ports", "Secrets", "Replicas"] {
        say(&ended, &[(title, &[found, "docker-compose.yml:"])]);
    }
    say(&ended, &[("Who runs", &["no \"once\" and \"pair\""])]);
}

#[test]
fn a_crash_loop_does_not_run() {
    let (ended, _) = run("other/looping.feature", &["looping.yaml"]);
    ended.says(1, &["0 passed, 4 failed"]);
    let says: &[&str] = &["looping-1 keeps ending: ", "restarts", "cannot read the chart"];
    say(
        &ended,
        &[
            ("Who runs", says),
            ("Replicas", &["service \"looping\" has 1 replica", "keeps ending", "cannot read"]),
            ("Health", says),
            ("Nobody may run beside", &["\"looping\" besides", "keeps ending"]),
        ],
    );
    assert!(ended.output.contains("exit code 7"), "{}", ended.output);
}
