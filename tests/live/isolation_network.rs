//! A run touches no network, address, name, image or log setting of others, though the files name them.

use super::{
    machine::docker,
    support::{Ended, Project, Running},
};

/// What else is on the machine while a run is: removed when the test is over, however it ends.
struct Others {
    compose: Vec<String>,
    networks: Vec<&'static str>,
    containers: Vec<&'static str>,
    images: Vec<&'static str>,
}

impl Others {
    fn none() -> Self {
        Self {
            compose: Vec::new(),
            networks: Vec::new(),
            containers: Vec::new(),
            images: Vec::new(),
        }
    }

    /// A network that somebody made, with a client on it.
    fn network() -> Self {
        let mut others = Self::none();
        remove_left();
        // What is somebody else's is in the way, and is not removed with these.
        docker(&["network", "create", "--label", LABEL, "small-theirs"]);
        others.networks.push("small-theirs");
        docker(&[
            "run",
            "--detach",
            "--label",
            LABEL,
            "--name",
            "small-client",
            "--network",
            "small-theirs",
            "seaworthy-airgap/redis:latest",
        ]);
        others.containers.push("small-client");
        others
    }

    /// The real stack of a project, up.
    fn up(&mut self, project: &Project) {
        let file = project.folder.join("docker-compose.yml");
        let file = file.to_str().expect("UTF-8").to_owned();
        self.compose.push(file.clone());
        docker(&["compose", "--file", &file, "up", "--detach"]);
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        for file in &self.compose {
            quietly(&["compose", "--file", file, "down", "--volumes", "--timeout", "0"]);
        }
        for container in &self.containers {
            quietly(&["rm", "--force", "--volumes", container]);
        }
        for network in &self.networks {
            quietly(&["network", "rm", network]);
        }
        for image in &self.images {
            quietly(&["image", "rm", image]);
        }
    }
}

/// What tests make beside a run carries it.
const LABEL: &str = "seaworthy.live-test";
/// The project that the fixture's own files name.
const REAL: &str = "com.docker.compose.project=small-networks";

/// Removes what a test that was killed has left, known by its labels: nobody else's, whatever its name.
fn remove_left() {
    for label in [LABEL, REAL] {
        let filter = format!("label={label}");
        for id in docker(&["ps", "--all", "--quiet", "--filter", &filter]).lines() {
            quietly(&["rm", "--force", "--volumes", id]);
        }
        for id in docker(&["network", "ls", "--quiet", "--filter", &filter]).lines() {
            quietly(&["network", "rm", id]);
        }
    }
}

/// Does what may have been done already.
fn quietly(arguments: &[&str]) {
    let _done = std::process::Command::new("docker").args(arguments).output();
}

/// What a client on the network is told of a name: an address, or nothing.
fn address_of(name: &str) -> String {
    let line = format!("getent hosts {name} || true");
    docker(&["exec", "small-client", "sh", "-c", &line]).trim().to_owned()
}

fn kept(mut run: Running) -> (Running, String, Ended) {
    let name = run.project_name();
    let ended = run.finish();
    (run, name, ended)
}

#[test]
fn the_real_stack_may_be_up_beside_a_run_and_another_run() {
    let project = Project::small("own-networks");
    let mut others = Others::network();
    others.up(&project);
    let before = docker(&["inspect", "small-front", "small-theirs", "small-client"]);

    let first = project.start(&["verify", "--keep"]);
    let (first, name, ended) = kept(first);
    ended.says(
        0,
        &[
            "1 passed, 0 failed",
            "a private network takes the place of \"theirs\" (external)",
            "`NEIGHBOUR` of service \"store\"",
            "speaks of 172.28.41.5, which is ",
        ],
    );
    project.start(&["verify"]).end_clean().says(0, &["1 passed, 0 failed"]);

    let places = docker(&[
        "network",
        "inspect",
        "small-theirs",
        "--format",
        "{{range .Containers}}{{.Name}} {{end}}",
    ]);
    assert!(!places.contains("seaworthy-"), "the run is not on the real network: {places}");
    project.run(&["gc", &name]).says(0, &["images removed"]);
    assert_eq!(first.left(), Vec::<String>::new());
    let after = docker(&["inspect", "small-front", "small-theirs", "small-client"]);
    assert_eq!(before, after, "what is not the run's own is as it was");
}

#[test]
fn real_clients_never_reach_the_run_by_its_services_names() {
    let project = Project::small("own-networks");
    let _others = Others::network();
    let (run, name, ended) = kept(project.start(&["verify", "--keep"]));
    ended.says(0, &["1 passed"]);
    assert_eq!(address_of("www"), "");
    assert_eq!(address_of("store"), "");
    project.run(&["gc", &name]).says(0, &[]);
    assert_eq!(run.left(), Vec::<String>::new());
}

#[test]
fn a_network_that_is_shared_on_purpose_is_joined_without_the_services_names() {
    let project = Project::small("own-networks");
    let _others = Others::network();
    project.replace(
        "seaworthy.yaml",
        "environments:",
        "shared: { networks: [theirs] }\nenvironments:",
    );
    project.replace(
        "features/store.feature",
        "Then command",
        "Then command \"redis-cli -h small-client ping\" in \"store\" prints \"PONG\"\n    And command",
    );
    let (run, name, ended) = kept(project.start(&["verify", "--keep"]));
    ended.says(0, &["1 passed", "network \"theirs\" is shared on purpose"]);
    for declared in ["www", "store", "small-front", "beside"] {
        assert_eq!(address_of(declared), "", "{declared} is no name for real clients");
    }
    project.run(&["gc", &name]).says(0, &[]);
    assert_eq!(run.left(), Vec::<String>::new());
}

#[test]
fn the_host_s_own_network_is_refused_with_its_line_before_anything_starts() {
    let project = Project::small("sound");
    project.replace(
        "docker-compose.yml",
        "    container_name: store\n",
        "    network_mode: host\n",
    );
    project.replace(
        "docker-compose.yml",
        "    ports:\n      - \"127.0.0.1:${STORE_PORT:-46379}:6379\"\n",
        "",
    );
    let ended = project.start(&["verify"]).end_clean();
    ended.says(
        3,
        &[
            "docker-compose.yml:8:19: service \"store\" would run in this host's own network",
            "shared: { networks: [\"host\"] }",
        ],
    );
    assert!(!ended.output.contains("creating"), "{}", ended.output);
}

#[test]
fn builds_leave_the_developer_s_images_alone_and_use_the_cache_again() {
    let project = Project::small("own-images");
    let word = format!("word-{}", std::process::id());
    for file in ["Dockerfile", "features/store.feature"] {
        project.replace(file, "WORD", &word);
    }
    // What the developer built last.
    let mut others = Others::none();
    for tag in ["small-images-store:dev", "small-images-store:latest"] {
        others.images.push(tag);
        docker(&["tag", "seaworthy-airgap/debian:12", tag]);
    }
    let images = || {
        let mut lines: Vec<String> = docker(&[
            "image",
            "ls",
            "--all",
            "--no-trunc",
            "--format",
            "{{.Repository}}:{{.Tag}} {{.ID}}",
        ])
        .lines()
        .map(str::to_owned)
        .collect();
        lines.sort();
        lines
    };
    let own =
        || images().into_iter().filter(|line| line.starts_with("small-images")).collect::<Vec<_>>();
    let before = own();
    let mut stamps = Vec::new();
    for _ in 0..2 {
        let (run, name, ended) = kept(project.start(&["verify", "--keep"]));
        ended.says(0, &["1 passed, 0 failed"]);
        assert_eq!(own(), before, "the developer's tags are where they were");
        stamps.push(docker(&["exec", &format!("{name}-store-1"), "cat", "/stamp"]));
        project.run(&["gc", &name]).says(0, &["images removed"]);
        assert_eq!(run.left(), Vec::<String>::new());
    }
    assert_eq!(stamps[0], stamps[1], "the second run builds from the cache");
}

#[test]
fn stores_are_listened_to_for_those_who_ask_about_them_and_for_nobody_else() {
    let project = Project::small("taps");
    let ended = project.start(&["verify"]).end_clean();
    ended.says(
        3,
        &[
            "3 passed, 0 failed, 3 undecided",
            "\"Nobody knows the password\" could not be decided",
            "its environment names no user and password",
            "\"Nobody may listen\" could not be decided",
            "\"The listener is shut out\" could not be decided",
            "it has ended MONITOR",
        ],
    );
}

#[test]
fn the_query_log_is_off_again_after_the_scenario_that_asked() {
    let project = Project::small("taps-sql");
    let (run, name, ended) = kept(project.start(&["verify", "--keep"]));
    ended.says(0, &["2 passed, 0 failed"]);
    let log = docker(&[
        "exec",
        &format!("{name}-db-1"),
        "mysql",
        "-uroot",
        "-psecret-of-a-test",
        "-Ne",
        "SELECT @@general_log, @@log_output",
    ]);
    assert_eq!(log.split_whitespace().collect::<Vec<_>>(), ["0", "FILE"]);
    project.run(&["gc", &name]).says(0, &[]);
    assert_eq!(run.left(), Vec::<String>::new());
}

#[test]
fn a_service_with_a_name_of_its_own_cannot_be_scaled() {
    let project = Project::small("sound");
    std::fs::write(
        project.folder.join("features/store.feature"),
        "Feature: Scale\n\n  @disruptive\n  Scenario: Three\n    Given the running small environment\n    \
         When service \"store\" is scaled to 3\n    Then every service is healthy\n",
    )
    .expect("a feature");
    project.start(&["verify"]).end_clean().says(
        1,
        &[
            "service \"store\" can have 3 replicas",
            "`container_name: store`, which only one container can have",
            "docker-compose.yml:8:",
        ],
    );
}
