//! A run touches nothing that is not its own: folders, volumes and stores of a stack that people
//! live from are what they were after any run, however it ended.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink},
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Signal, geteuid};

use super::{
    machine::{docker, objects},
    support::Project,
};

/// How long the real stack may take to do what is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// A user who is nobody, and may use the engine.
pub const NOBODY: u32 = 65534;

/// The stack that people live from, up and writing until the test ends.
struct RealStack {
    name: String,
    folder: PathBuf,
    outside: PathBuf,
}

impl RealStack {
    /// Fills in the project's names, and brings its own stack up.
    fn up(project: &Project) -> Self {
        let stack = Self::prepare(project);
        docker(&["volume", "create", &format!("{}-kept", stack.name)]);
        stack.compose(&["up", "--detach"]);
        stack.redis(&["set", "precious", "data"]);
        stack.until("it writes", || stack.count() > 3);
        stack
    }

    fn prepare(project: &Project) -> Self {
        let name = format!("living-{}", std::process::id());
        let outside = project.aside("outside");
        fs::create_dir(&outside).expect("a folder outside the project");
        fs::write(outside.join("precious"), "kept").expect("a file");
        project.replace("docker-compose.yml", "MARK", &name);
        project.replace("docker-compose.yml", "OUTSIDE", outside.to_str().expect("letters"));
        let folder = project.folder.to_str().expect("a path of letters");
        project.replace("prepare", "PROJECT", folder);
        Self { name, folder: project.folder.clone(), outside }
    }

    fn compose(&self, words: &[&str]) -> String {
        let output = Command::new("docker")
            .arg("compose")
            .args(words)
            .current_dir(&self.folder)
            .env("WHO", "people")
            .output()
            .expect("docker compose");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{words:?}: {said}{:?}", output.stderr);
        said
    }

    fn redis(&self, words: &[&str]) -> String {
        let command = [&["exec", "-T", "store", "redis-cli"], words].concat();
        self.until("its store answers", || {
            let ping = Command::new("docker")
                .args(["compose", "exec", "-T", "store", "redis-cli", "ping"])
                .current_dir(&self.folder)
                .output()
                .expect("docker compose");
            ping.stdout.starts_with(b"PONG")
        });
        self.compose(&command).trim().to_owned()
    }

    /// How often its writer has written.
    fn count(&self) -> usize {
        self.redis(&["get", "written"]).parse().unwrap_or(0)
    }

    fn until(&self, what: &str, look: impl Fn() -> bool) {
        let begun = Instant::now();
        while !look() {
            assert!(begun.elapsed() < PATIENCE, "not in time: {what} ({})", self.name);
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Everything but what the real stack itself writes without end: files by content, mode and
    /// owner; what is in its store and its volume; images, networks, volumes and containers.
    fn state(&self) -> BTreeMap<String, String> {
        let mut state = BTreeMap::new();
        for folder in [&self.folder, &self.outside] {
            look(folder, &mut state);
        }
        let inside = "cd /external && ls -la precious 2>/dev/null; ls | grep -v written; cat kept";
        self.compose(&[
            "exec",
            "-T",
            "writer",
            "sh",
            "-c",
            "test -e /external/kept || echo kept > /external/kept",
        ]);
        let volume = self.compose(&["exec", "-T", "writer", "sh", "-c", inside]);
        state.insert("the external volume".into(), volume);
        state.insert("the store".into(), self.redis(&["get", "precious"]));
        let own =
            |line: &&str| line.contains(&self.name) || line.contains("seaworthy-airgap/redis");
        let images =
            docker(&["image", "ls", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}"]);
        for line in images.lines().filter(own) {
            state.insert(format!("image {line}"), String::new());
        }
        let ids: [&[&str]; 2] = [
            &["ps", "--no-trunc", "--all", "--format", "{{.Names}} {{.ID}} {{.State}}"],
            &["network", "ls", "--no-trunc", "--format", "{{.Name}} {{.ID}}"],
        ];
        for words in ids {
            for line in docker(words).lines().filter(own) {
                state.insert(line.to_owned(), String::new());
            }
        }
        for object in objects().into_iter().filter(|object| object.contains(&self.name)) {
            state.insert(object, String::new());
        }
        state
    }

    /// Its writer's lines are all its own, and none is missing.
    fn wrote_alone(&self) {
        let external = self.compose(&["exec", "-T", "writer", "cat", "/external/written"]);
        let read = |path: PathBuf| fs::read_to_string(path).expect("what people wrote");
        for text in [
            external,
            read(self.folder.join("storage/written")),
            read(self.outside.join("written")),
        ] {
            for (count, line) in text.lines().enumerate() {
                assert_eq!(
                    line,
                    format!("people {}", count + 1),
                    "a line that people did not write"
                );
            }
        }
        let (before, begun) = (self.count(), Instant::now());
        while self.count() <= before {
            assert!(begun.elapsed() < PATIENCE, "the real stack writes no more");
        }
    }
}

impl Drop for RealStack {
    fn drop(&mut self) {
        let folder = self.folder.to_str().unwrap_or_default();
        let kept = format!("{}-kept", self.name);
        for words in [
            vec![
                "compose",
                "--project-directory",
                folder,
                "-f",
                &format!("{folder}/docker-compose.yml"),
                "down",
                "--volumes",
                "--timeout=0",
            ],
            vec!["volume", "rm", &kept],
        ] {
            let _gone = Command::new("docker").args(words).output();
        }
    }
}

/// Files below a folder, by path: what they say, and whose they are.
pub fn look(folder: &Path, state: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")) {
        let path = entry.path();
        let found = fs::symlink_metadata(&path).expect("an entry");
        let what = if found.is_dir() {
            look(&path, state);
            String::new()
        } else if path.ends_with("written") || path.to_string_lossy().contains("appendonlydir") {
            // The real stack writes there all the time.
            continue;
        } else {
            String::from_utf8_lossy(&fs::read(&path).expect("a file")).into_owned()
        };
        let about = format!("{:o} {} {} {what}", found.mode(), found.uid(), found.gid());
        state.insert(path.display().to_string(), about);
    }
}

#[test]
fn the_real_stack_is_what_it_was_however_a_run_ends() {
    let project = Project::small("living");
    let real = RealStack::up(&project);
    let before = real.state();
    let unharmed = |how: &str| {
        assert_eq!(before, real.state(), "after {how}");
        real.wrote_alone();
    };

    project.replace("features/store.feature", "AFTERWARDS", "true");
    let before_this = real.state();
    project.start(&["verify"]).end_clean().says(
        0,
        &[
            "1 passed, 0 failed",
            "seen through a view of the run's own: ",
            "./data of \"store\" (where redis keeps its data), volume \"kept\" (external)",
        ],
    );
    assert_eq!(before_this, real.state(), "after a sound run");
    real.wrote_alone();
    project.replace("features/store.feature", "\"true\"", "\"AFTERWARDS\"");
    unharmed("a sound run");

    project.replace("features/store.feature", "AFTERWARDS", "false");
    project.start(&["verify"]).end_clean().says(1, &["command \"false\" in \"store\" succeeds"]);
    project.replace("features/store.feature", "\"false\"", "\"AFTERWARDS\"");
    unharmed("a failure");

    for signal in [Signal::KILL, Signal::INT] {
        project.replace("features/store.feature", "AFTERWARDS", "sleep 60");
        let mut run = project.start(&["verify"]);
        run.until("the run has removed all that it can", |run| {
            run.seen("made-by-the-run").map(drop)
        });
        run.end_by(signal);
        project.replace("features/store.feature", "sleep 60", "AFTERWARDS");
        unharmed(&format!("{signal:?}"));
    }
}

#[test]
fn a_source_that_is_not_there_is_a_finding_and_no_folder_is_made() {
    let project = Project::small("sound");
    project.replace(
        "docker-compose.yml",
        "    volumes:\n",
        "    volumes:\n      - ./feature:/features\n",
    );
    project.start(&["verify"]).end_clean().says(
        1,
        &[
            "mounts ./feature at /features, and it is not there",
            "--> docker-compose.yml:",
            "the engine would make an empty folder ./feature",
            "did you mean \"features\"?",
        ],
    );
    assert!(!project.folder.join("feature").exists(), "no such folder is left");
}

#[test]
fn what_reaches_beyond_a_run_is_refused_before_anything_starts() {
    let project = Project::small("sound");
    project.replace(
        "docker-compose.yml",
        "    volumes:\n",
        "    volumes:\n      - /var/run/docker.sock:/engine.sock:ro\n",
    );
    let services = project.read("docker-compose.yml");
    let rights = "    use_api_socket: true\n    privileged: true\n    pid: host\n    cap_add: [cap_sys_admin]\n    \
                  secrets: [innocent]\n    volumes:\n";
    project.replace("docker-compose.yml", "    volumes:\n", rights);
    project.replace(
        "docker-compose.yml",
        "\nvolumes:\n",
        "  made:\n    provider: { type: maker }\n\nsecrets:\n  innocent: { file: innocent.txt }\n\nvolumes:\n",
    );
    symlink("/var/run/docker.sock", project.folder.join("innocent.txt")).expect("a link");
    let ended = project.start(&["verify"]).end_clean();
    ended.says(
        3,
        &[
            "mounts /var/run/docker.sock at /engine.sock: it is a socket",
            "has the engine's socket by `use_api_socket`",
            "secrets.innocent is the file ./innocent.txt: it is a socket",
            "has `privileged: true`",
            "has `pid: host`",
            "has `cap_add: [cap_sys_admin]`",
            "has `provider: { type: maker }`",
            "--> docker-compose.yml:",
            "share it on purpose in seaworthy.yaml: shared: { folders: [",
            "share this machine on purpose in seaworthy.yaml: shared: { containers: [host] }",
        ],
    );
    assert!(!ended.output.contains("creating"), "nothing is started:\n{}", ended.output);

    // What is shared is started, and a link leads no write of ours out of the views.
    fs::write(project.folder.join("docker-compose.yml"), services).expect("the services");
    let outside = project.aside("outside");
    fs::create_dir(&outside).expect("a folder outside the project");
    symlink(&outside, project.folder.join("out")).expect("a link");
    let scenario = "\n  Scenario: A folder elsewhere\n    Given the running small environment\n    \
                    Then a file written to \"out\" on the host is at once in \"/data\" of \"store\"\n";
    let feature = project.read("features/store.feature");
    fs::write(project.folder.join("features/store.feature"), feature + scenario)
        .expect("a feature");
    let configuration = project.read("seaworthy.yaml");
    let shared = format!("{configuration}shared: {{ folders: [/var/run/docker.sock] }}\n");
    fs::write(project.folder.join("seaworthy.yaml"), shared).expect("the configuration");
    project.start(&["verify"]).end_clean().says(
        3,
        &[
            "shared on purpose: /var/run/docker.sock of ",
            "the run has no view of it",
            "1 passed, 0 failed",
        ],
    );
}

/// Who may not mount an overlay has a copy, and what containers leave in it is removed by one.
#[test]
fn a_user_who_is_not_root_has_a_copy() {
    let project = Project::small("living");
    let real = RealStack::prepare(&project);
    docker(&["volume", "create", &format!("{}-kept", real.name)]);
    project.replace("prepare", project.folder.to_str().expect("letters"), "$PWD");
    project.replace("features/store.feature", "AFTERWARDS", "true");
    // What the store's own user wrote is not this user's to remove.
    project.replace("features/store.feature", " data/*", "");
    let group = fs::metadata("/var/run/docker.sock").expect("the engine's socket").gid();
    if geteuid().is_root() {
        let above = project.folder.parent().expect("a folder").to_owned();
        fs::set_permissions(&above, fs::Permissions::from_mode(0o755)).expect("a mode");
        for path in [above.join("tmp"), above] {
            give(&path);
        }
    }
    let mut before = BTreeMap::new();
    look(&project.folder, &mut before);
    let user = geteuid().is_root().then_some((NOBODY, group));
    project.start_as(user, &["verify"]).end_clean().says(0, &["1 passed, 0 failed", " (copy)"]);
    let mut after = BTreeMap::new();
    look(&project.folder, &mut after);
    assert_eq!(before, after);
}

pub fn give(path: &Path) {
    chown(path, Some(NOBODY), Some(NOBODY)).expect("an owner");
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("a folder") {
            give(&entry.expect("an entry").path());
        }
    }
}
