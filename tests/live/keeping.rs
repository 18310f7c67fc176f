//! Stacks that are kept on purpose, and `gc`, which removes them and nothing else.

use rustix::process::Signal;

use super::{
    machine::docker,
    support::{Ended, Project, Running},
};

/// Proves that a kept stack is there, and that `gc` with the words it printed removes it.
fn is_kept_until_collected(project: &Project, mut run: Running, code: i32) -> Ended {
    let name = run.project_name();
    let status = run.finish();
    let container = format!("{name}-store-1");
    status.says(
        code,
        &[
            &format!("{name} is kept:"),
            &format!("docker exec -it {container} sh"),
            &format!("remove it with: seaworthy gc {name}"),
        ],
    );
    assert_eq!(
        docker(&["exec", &container, "redis-cli", "ping"]).trim(),
        "PONG",
        "the kept stack runs"
    );
    run.remember_volumes();

    project
        .run(&["gc", &name])
        .says(0, &[&format!("{name}: "), "containers, networks, volumes and images removed"]);
    assert_eq!(run.left(), Vec::<String>::new(), "gc removes all of it");
    status
}

#[test]
fn a_kept_stack_runs_until_gc_removes_it() {
    let project = Project::small("sound");
    let run = project.start(&["verify", "--keep"]);
    is_kept_until_collected(&project, run, 0).says(0, &["1 passed, 0 failed"]);
}

#[test]
fn a_stack_that_failed_is_kept_if_asked_for() {
    let project = Project::small("failing-scenario");
    let run = project.start(&["verify", "--keep-on-failure"]);
    is_kept_until_collected(&project, run, 1).says(1, &["0 passed, 1 failed"]);
}

#[test]
fn a_stack_that_did_not_fail_is_not_kept_on_failure() {
    let project = Project::small("sound");
    let ended = project.start(&["verify", "--keep-on-failure"]).end_clean();
    ended.says(0, &["1 passed, 0 failed"]);
    assert!(!ended.output.contains("is kept"), "{}", ended.output);
}

#[test]
fn a_stack_that_did_not_come_up_is_kept_if_asked_for() {
    let project = Project::small("never-healthy");
    let mut run = project.start(&["verify", "--keep-on-failure"]);
    let name = run.project_name();
    run.finish().says(1, &["does not come up", &format!("seaworthy gc {name}")]);
    let log = docker(&["logs", &format!("{name}-store-1")]);
    assert!(log.contains("Ready to accept connections"), "its container can still be asked: {log}");
    project.run(&["gc", &name]).says(0, &["containers, networks, volumes and images removed"]);
    assert_eq!(run.left(), Vec::<String>::new(), "gc removes all of it");
}

#[test]
fn gc_refuses_a_project_that_is_not_ours() {
    let project = Project::small("sound");
    project
        .run(&["gc", "primehub"])
        .says(3, &["primehub: left alone", "not a project of ours", "\"seaworthy-\""]);
}

#[test]
fn gc_leaves_a_live_run_alone() {
    let project = Project::small("slow");
    let before = project.read("note.txt");
    let mut run = project.start(&["verify"]);
    let name = run.project_name();
    run.until("the scenario has edited a file", |run| {
        run.seen("note.txt").filter(|text| *text != before).map(drop)
    });
    let there = run.objects();
    let alive = format!("{name}: left alone, its run is alive");
    project.run(&["gc", &name]).says(3, &[&alive]);
    // Another user's run has its folder somewhere else.
    let elsewhere = project.aside("elsewhere");
    let variables = [("TMPDIR", elsewhere.to_str().expect("a path of letters"))];
    project.start_with(&["gc", &name], &variables).end().says(3, &[&alive]);
    assert_eq!(run.objects(), there, "nothing of the live run is removed");
    assert_ne!(run.seen("note.txt"), None, "nor is its view taken away");
    run.end_by(Signal::TERM);
    assert_eq!(project.read("note.txt"), before);
}
