//! What `seaworthy facts` tells of a stack, by its files and as it runs, is so.

use std::fs;

use super::support::{Ended, Project};

/// A stack that the engine shows as its files say it.
const PLAIN: &str = "name: small
services:
  one:
    image: seaworthy-airgap/debian:12
    pull_policy: never
    init: true
    user: '1000:1000'
    cap_drop: [ALL]
    command: [sleep, '600']
    mem_limit: 64m
    stop_grace_period: 1s
    environment: {API_TOKEN: one two}
    networks: [inside]
    volumes: ['data:/data']
networks:
  inside: {internal: true}
volumes:
  data:
";

/// The feature that was printed, without the news before it.
fn feature(ended: &Ended) -> String {
    let (_, rest) = ended.output.split_once("Feature: ").expect("a feature");
    format!("Feature: {rest}")
}

#[test]
fn what_is_told_by_the_files_and_by_the_running_stack_passes_as_sentences() {
    let project = Project::small("drift");
    fs::write(project.folder.join("docker-compose.yml"), PLAIN).expect("a file");
    fs::create_dir(project.folder.join("stated")).expect("a folder");
    let state = |ended: &Ended, topics: usize| {
        let feature = feature(ended);
        assert_eq!(feature.matches("Scenario: ").count(), topics, "{feature}");
        assert!(!feature.contains("one two"), "{feature}");
        fs::write(project.folder.join("stated/facts.feature"), feature).expect("a file");
    };
    let declared = project.run(&["facts", "--format", "gherkin"]);
    state(&declared, 21);
    project.start(&["verify", "stated"]).end_clean().says(0, &["21 passed, 0 failed"]);
    // No stack shows builds and profiles.
    let observed = project.start(&["facts", "--observed", "--format", "gherkin"]).end_clean();
    state(&observed, 19);
    project.start(&["verify", "stated"]).end_clean().says(0, &["19 passed, 0 failed"]);
}

#[test]
fn a_topic_that_no_stack_shows_is_told() {
    let project = Project::small("drift");
    let told = project.start(&["facts", "--observed", "--topic", "builds,limits"]).end_clean();
    told.says(3, &["no engine keeps what an image was built of", "64 MiB", "docker-compose.yml:"]);
}
