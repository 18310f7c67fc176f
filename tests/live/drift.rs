//! Drift: what somebody did to containers is told, each by its own topic, and nothing of what a run
//! itself changes. `fixtures/small/drift` has a service for each way to drift.

use std::env;

use super::support::{Ended, Project};

/// Each topic with what is said of it, both sides, the place and the word of who showed it; nothing
/// where nothing has drifted.
const TOPICS: &[(&str, &[&[&str]])] = &[
    (
        "services",
        &[&[
            "of \"by-hand\": | by-hand | is so, and no file says it",
            "created of seaworthy-airgap/debian:12",
        ]],
    ),
    (
        "images",
        &[&[
            "of \"image\": image is seaworthy-airgap/redis:latest, and the files say seaworthy-airgap/debian:12",
            "docker-compose.yml:",
            "-image-1: made of seaworthy-airgap/redis:latest (sha256:",
        ]],
    ),
    (
        "ports",
        &[&[
            "of \"port\": | port | 81 | ",
            " | loopback | is so, and no file says it",
            "bound to 127.0.0.1",
        ]],
    ),
    (
        "mounts",
        &[
            &[
                "of \"mount\": | mount | folder | /etc/hostname | /by-hand | read-only | is so, and no file says it",
                "-mount-1: /by-hand ",
            ],
            &[
                "of \"mount\": | mount | volume | strange | /strange | writable | is so, and no file says it",
                "-mount-1: /strange ",
            ],
        ],
    ),
    (
        "writable",
        &[&[
            "of \"mount\": | mount | /strange | is so, and no file says it",
            "-mount-1: /strange ",
        ]],
    ),
    ("volumes", &[&["of \"strange\": | strange | no | is so, and no file says it", "_strange"]]),
    (
        "networks",
        &[&[
            "of \"aside\": way out is yes, and the files say no",
            "docker-compose.yml:",
            "internal false",
        ]],
    ),
    (
        "attachments",
        &[
            &[
                "of \"joined\": | joined | aside | is so, and no file says it",
                "-joined-1: on seaworthy-small-",
            ],
            &[
                "of \"left\": the files say | left | aside |, and it is not so",
                "docker-compose.yml:25:",
            ],
        ],
    ),
    (
        "dependencies",
        &[&[
            "of \"secret\": | secret | plain | started | is so, and no file says it",
            "-secret-1: com.docker.compose.depends_on: plain:service_started",
        ]],
    ),
    (
        "command",
        &[&[
            "of \"policy\": command is sleep 601, and the files say sleep 600",
            "-policy-1: Entrypoint: none, Cmd: sleep 601",
        ]],
    ),
    (
        "environment",
        &[
            &[
                "of \"variable\": API_TOKEN: value is 7 characters that are not shown, and the files say 7",
            ],
            &[
                "of \"variable\": GREETING: value is bye, and the files say hello",
                "docker-compose.yml:",
            ],
            &["of \"variable\": | variable | MORE | yes | is so, and no file says it", "MORE=yes"],
        ],
    ),
    (
        "secrets",
        &[&[
            "of \"secret\": word: path is /run/secrets/again, and the files say /run/secrets/word",
        ]],
    ),
    ("configs", &[&["of \"secret\": setting: path is /again, and the files say /setting"]]),
    (
        "health",
        &[&[
            "of \"health\": command is none, and the files say true",
            "-health-1: Healthcheck: none",
        ]],
    ),
    (
        "restart",
        &[&["of \"policy\": policy is no, and the files say unless-stopped", "RestartPolicy: no"]],
    ),
    (
        "replicas",
        &[&[
            "of \"replica\": replicas is 1, and the files say 2",
            "-replica-1)",
            "docker-compose.yml:",
        ]],
    ),
    (
        "limits",
        &[
            &["of \"memory\": memory is 128 MiB, and the files say 64 MiB", "134217728"],
            &["of \"processes\": processes is 64, and the files say 50", "pids.max: 64"],
        ],
    ),
    (
        "rights",
        &[
            &["of \"user\": user is 0:0, and the files say 1000:1000", "Uid: 0 0 0 0"],
            &[
                "of \"capable\": capabilities is NET_RAW, and the files say none",
                "CapBnd: 0000000000002000",
            ],
            &["of \"privileged\": capabilities is all, and the files say none; privileged is yes"],
        ],
    ),
    ("logging", &[]),
];

/// What was said of a scenario; nothing if it holds.
fn told<'o>(ended: &'o Ended, title: &str) -> &'o str {
    let head = format!("error: \"{title}\" is not so");
    let rest = ended.output.split_once(head.as_str()).map_or("", |(_, rest)| rest);
    rest.split("\nerror: ").next().unwrap_or_default()
}

#[test]
fn a_stack_that_nobody_touched_is_what_its_files_declare_and_closed_lists_say() {
    let project = Project::small("drift");
    project.start(&["verify"]).end_clean().says(0, &["8 passed, 0 failed"]);
}

#[test]
fn what_somebody_did_by_hand_is_told_each_by_its_own_topic() {
    let project = Project::small("drift");
    let file = |name: &str| project.folder.join(name).to_str().expect("UTF-8").to_owned();
    let path = format!("{}:{}", file("bin"), env::var("PATH").unwrap_or_default());
    let variables = [("PATH", path.as_str()), ("DRIFT", &file("drift.yaml"))];
    let ended = project.start_with(&["verify", "drifted"], &variables).end_clean();
    let mut wrong = Vec::new();
    let whole = told(&ended, "All of it");
    // Below the list each stands again, on its own line of the files.
    let list = whole.split("\n  also at ").next().unwrap_or_default();
    let mut lines = 0;
    for (topic, drifts) in TOPICS {
        let title = format!("The {topic}");
        let said = told(&ended, &title);
        if said.is_empty() != drifts.is_empty() {
            wrong.push(format!("\"{title}\" has {} drifts, and is told:\n{said}", drifts.len()));
        }
        for words in *drifts {
            let first = format!("{topic} {}", words[0]);
            for said in [said, whole] {
                let line = said.lines().find(|line| line.contains(&first));
                let missing =
                    words[1..].iter().find(|word| !line.is_some_and(|line| line.contains(**word)));
                if line.is_none() || missing.is_some() {
                    let what = missing.map_or(first.as_str(), |word| word);
                    wrong.push(format!("\"{title}\" does not say {what:?}:\n{said}"));
                }
            }
        }
        // Each is told once, by its own topic and by no other.
        let count = list.matches(&format!("{topic} of \"")).count();
        if count != drifts.len() {
            wrong
                .push(format!("{count} drifts of {topic} are told, not {}:\n{list}", drifts.len()));
        }
        lines += drifts.len();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(lines >= 10, "{lines} drifts");
    let reasons = told(&ended, "All of it, with its reasons");
    for (topic, _) in TOPICS {
        let count = reasons.matches(&format!("{topic} of \"")).count();
        assert_eq!(
            count, 0,
            "what is excused is told all the same:
{reasons}"
        );
    }
    assert!(!ended.output.contains("two one"), "{}", ended.output);
    ended.says(
        1,
        &[
            "expected: the exception of the logging of \"secret\" is needed",
            "found: without it the sentence holds as well",
            "expected: the exception of the restart of \"policy\" still holds",
            "found: it ended on 2001-12-31",
        ],
    );
}

/// Each closed list with what is said of it: what differs, and the place in the files.
const CLOSED: &[(&str, &[&str])] = &[
    (
        "mounts",
        &[
            "besides:",
            "| mount | folder | /etc/hostname | /by-hand | read-only | (",
            "-mount-1: /by-hand ",
            "| mount | volume | strange | /strange | writable |",
            "docker-compose.yml:31:5",
        ],
    ),
    ("volumes", &["besides:", "| strange | no |", "docker-compose.yml:"]),
    (
        "networks",
        &["besides:", "| aside | yes |", "missing:", "| aside | no |", "docker-compose.yml:"],
    ),
    ("secrets", &["besides:", "| secret | word | /run/secrets/again |", "docker-compose.yml:"]),
    ("configs", &["besides:", "| secret | setting | /again |", "docker-compose.yml:"]),
    ("dependencies", &["besides:", "| secret | plain | started |", "docker-compose.yml:"]),
    (
        "environment",
        &[
            "besides:",
            "| variable | GREETING | bye |",
            "| variable | MORE | yes |",
            "missing:",
            "| variable | GREETING | hello |",
            "docker-compose.yml:",
        ],
    ),
];

#[test]
fn what_somebody_did_by_hand_fails_the_closed_list_of_its_topic() {
    let project = Project::small("drift");
    let file = |name: &str| project.folder.join(name).to_str().expect("UTF-8").to_owned();
    let path = format!("{}:{}", file("bin"), env::var("PATH").unwrap_or_default());
    let drift = file("drift.yaml");
    let variables = [("PATH", path.as_str()), ("DRIFT", drift.as_str()), ("WHOLE", "yes")];
    let ended = project.start_with(&["verify", "closed"], &variables).end_clean();
    let mut wrong = Vec::new();
    for (topic, words) in CLOSED {
        let said = told(&ended, &format!("The {topic}"));
        for word in words.iter().filter(|word| !said.contains(**word)) {
            wrong.push(format!("\"The {topic}\" does not say {word:?}:\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n\n"), ended.output);
    ended.says(1, &["0 passed, 7 failed"]);
}

#[test]
fn a_topic_that_there_is_not_is_an_error_before_anything_starts() {
    let project = Project::small("drift");
    project.run(&["verify", "wrong"]).says(
        3,
        &[
            "there is no topic \"port\": did you mean \"ports\"?",
            "wrong/topics.feature:5",
            "no running stack shows the topic \"builds\": no engine keeps what an image was built of",
            "there is no topic \"limit\": did you mean \"limits\"?",
            "headed | topic | subject | reason |",
        ],
    );
}
