//! A project in a folder of its own, a run of seaworthy in it, and what is left of that run.
//!
//! A run is recognised by its environment and process id (engine objects), by its own `TMPDIR`
//! (run folder) and by a variable that every process it starts inherits.

use std::{
    ffi::OsStr,
    fmt::Write as _,
    fs,
    io::Read,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tempfile::TempDir;

use super::machine::{docker, files, objects, processes, processes_running};

/// How long a run that was ended may go on removing.
pub const REMOVAL_LIMIT: Duration = Duration::from_secs(5);
/// How long a test waits for what a run does next.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long a whole run may take.
const RUN_LIMIT: Duration = Duration::from_mins(10);
const PAUSE: Duration = Duration::from_millis(20);
/// The variable that marks the processes of one run.
const MARK: &str = "SEAWORTHY_LIVE_TEST";

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Lets everybody read and write what is below a path.
pub fn open_to_all(path: &Path) {
    let words = ["-R", "a+rwX"].map(OsStr::new);
    let done = Command::new("chmod").args(words).arg(path).status().expect("chmod");
    assert!(done.success(), "{} cannot be opened to all", path.display());
}

/// Sees to it that an engine answers and has the images of the fixtures.
fn engine() {
    static READY: OnceLock<()> = OnceLock::new();
    READY.get_or_init(|| {
        let images = docker(&["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"]);
        let wanted = [
            "redis:latest",
            "nginx:latest",
            "postgres:latest",
            "rabbitmq:latest",
            "haproxy:latest",
            "node:latest",
            "debian:12",
        ];
        let wanted = wanted.map(|image| format!("seaworthy-airgap/{image}"));
        if wanted.iter().all(|image| images.lines().any(|line| line == image)) {
            return;
        }
        let built = Command::new(root().join("docker/airgap/build"))
            .output()
            .expect("docker/airgap/build can be run");
        assert!(
            built.status.success(),
            "the live tests need the stand-in images, and docker/airgap/build failed:\n{}",
            String::from_utf8_lossy(&built.stderr)
        );
    });
}

/// The folder that a run works in, and this test's turn.
pub struct Project {
    /// The folder with `seaworthy.yaml`.
    pub folder: PathBuf,
    temporary: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Project {
    fn begin() -> (TempDir, MutexGuard<'static, ()>) {
        static TURN: Mutex<()> = Mutex::new(());
        // A test that failed while it had its turn has told so itself.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        engine();
        let temporary = TempDir::new().expect("a temporary folder");
        fs::create_dir(temporary.path().join("tmp")).expect("a folder for temporary files");
        fs::create_dir(temporary.path().join("home")).expect("a folder for a user's settings");
        (temporary, turn)
    }

    /// A copy of `fixtures/small/NAME` on top of `fixtures/small/common`.
    pub fn small(name: &str) -> Self {
        let (temporary, turn) = Self::begin();
        let folder = temporary.path().join("project");
        for from in ["common", name] {
            copy(&root().join("fixtures/small").join(from), &folder);
        }
        Self { folder, temporary, _turn: turn }
    }

    /// A copy of `fixtures/hardened`.
    pub fn hardened() -> Self {
        let (temporary, turn) = Self::begin();
        let folder = temporary.path().join("project");
        copy(&root().join("fixtures/hardened"), &folder);
        // Of a run by hand: each copy makes its own.
        let _none = fs::remove_dir_all(folder.join("secrets"));
        Self { folder, temporary, _turn: turn }
    }

    /// The stack `fixtures/stacks/NAME`, where it is: it names the stand-ins of this repository.
    pub fn stack(name: &str) -> Self {
        let (temporary, turn) = Self::begin();
        Self { folder: root().join("fixtures/stacks").join(name), temporary, _turn: turn }
    }

    /// This repository, with PrimeHub's stack.
    pub fn primehub() -> Self {
        let (temporary, turn) = Self::begin();
        Self { folder: root().to_owned(), temporary, _turn: turn }
    }

    /// A file of the project.
    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.join(file)).expect("a file of the project")
    }

    /// Changes a file of the project.
    pub fn replace(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert!(text.contains(from), "{file} does not contain {from:?}");
        fs::write(self.folder.join(file), text.replace(from, to)).expect("a file of the project");
    }

    /// A path for a file that is no part of the project.
    pub fn aside(&self, name: &str) -> PathBuf {
        self.temporary.path().join(name)
    }

    /// Starts `seaworthy`.
    pub fn start(&self, arguments: &[&str]) -> Running {
        self.start_with(arguments, &[])
    }

    /// Starts `seaworthy` with environment variables.
    pub fn start_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Running {
        let command = Command::new(assert_cmd::cargo::cargo_bin!("seaworthy"));
        self.begin_run(command, arguments, variables)
    }

    /// Starts `seaworthy` as a user with a group besides the user's own (setpriv(1)).
    pub fn start_as(&self, user: Option<(u32, u32)>, arguments: &[&str]) -> Running {
        let Some((user, group)) = user else { return self.start(arguments) };
        let mut command = Command::new("setpriv");
        command
            .args([format!("--reuid={user}"), format!("--regid={user}")])
            .args([format!("--groups={group}"), "--".to_owned()])
            .arg(assert_cmd::cargo::cargo_bin!("seaworthy"));
        // What Docker's own client keeps there is no run's.
        let home = self.temporary.path().join("home");
        self.begin_run(command, arguments, &[("HOME", home.to_str().expect("letters"))])
    }

    fn begin_run(
        &self,
        mut command: Command,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Running {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let mark = format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let home = self.temporary.path().join("tmp");
        let mut child = command
            .args(arguments)
            .current_dir(&self.folder)
            .env("TMPDIR", &home)
            // How long scenarios took is kept for the user's next run.
            .env("XDG_CACHE_HOME", self.temporary.path().join("cache"))
            .env(MARK, &mark)
            .env("NO_COLOR", "1")
            .envs(variables.iter().copied())
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("seaworthy can be started");
        let output = Arc::new(Mutex::new(String::new()));
        let mut readers = Vec::new();
        readers.extend(child.stdout.take().map(|pipe| gather(pipe, Arc::clone(&output))));
        readers.extend(child.stderr.take().map(|pipe| gather(pipe, Arc::clone(&output))));
        Running { child, output, readers, mark, home, volumes: Vec::new(), at_work: None }
    }

    /// Runs `seaworthy` to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.start(arguments).end()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder of fixtures") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).expect("a copy");
        }
    }
}

fn gather(
    mut pipe: impl Read + Send + 'static,
    output: Arc<Mutex<String>>,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = pipe.read(&mut piece) {
            let text = String::from_utf8_lossy(&piece[..length]);
            output.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
        }
    })
}

/// A `seaworthy` at work.
pub struct Running {
    child: Child,
    output: Arc<Mutex<String>>,
    readers: Vec<thread::JoinHandle<()>>,
    mark: String,
    home: PathBuf,
    volumes: Vec<String>,
    at_work: Option<String>,
}

impl Running {
    /// What it printed so far, both streams.
    pub fn output(&self) -> String {
        self.output.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until something is so, and returns it.
    ///
    /// # Panics
    /// When it does not become so, or the run ends before.
    pub fn until<T>(&mut self, what: &str, look: impl Fn(&Self) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(seen) = look(self) {
                return seen;
            }
            let ended = self.child.try_wait().expect("the state of the run");
            assert!(ended.is_none(), "the run ended before {what}:\n{}", self.output());
            assert!(
                begun.elapsed() < PATIENCE,
                "not within {PATIENCE:?}: {what}\n{}",
                self.output()
            );
            thread::sleep(PAUSE);
        }
    }

    /// The name of its Compose project, once it has told it.
    pub fn project_name(&mut self) -> String {
        self.until("it named its project", |run| {
            let output = run.output();
            let name = output.split_whitespace().find(|word| word.starts_with("seaworthy-"))?;
            // A word at the very end may not be all of it.
            output.split_once(name)?.1.starts_with(char::is_whitespace).then(|| name.to_owned())
        })
    }

    /// The part of its project's name that no other run's has.
    fn middle(&self) -> String {
        format!("-{:x}-", self.child.id())
    }

    /// Names of containers, networks and volumes with this project's name in front.
    pub fn objects(&self) -> Vec<String> {
        let middle = self.middle();
        objects()
            .into_iter()
            .filter(|object| object.contains("seaworthy-") && object.contains(&middle))
            .collect()
    }

    /// A file of the project as this run sees it.
    pub fn seen(&self, file: &str) -> Option<String> {
        let below = |folders: Vec<PathBuf>, part: &str| -> Vec<PathBuf> {
            let mut found = Vec::new();
            for folder in folders {
                let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
                let paths = entries.map(|entry| entry.path());
                found.extend(paths.filter(|path| part.is_empty() || path.ends_with(part)));
            }
            found
        };
        // TMPDIR, the user's runs, a run, its views, a view
        let users = below(vec![self.home.clone()], "");
        let middle = self.middle();
        let mut runs = below(users, "");
        runs.retain(|run| run.to_string_lossy().contains(&middle));
        let views = below(below(below(runs, "views"), ""), "seen");
        let mut files = views.iter().map(|view| view.join("project").join(file));
        files.find_map(|file| fs::read_to_string(file).ok())
    }

    /// Remembers the volumes of its containers, as the engine names some of them itself.
    pub fn remember_volumes(&mut self) {
        let containers: Vec<String> = self
            .objects()
            .iter()
            .filter_map(|object| object.strip_prefix("container ").map(str::to_owned))
            .collect();
        for container in containers {
            let mounts =
                docker(&["inspect", "--format", "{{range .Mounts}}{{.Name}} {{end}}", &container]);
            self.volumes.extend(mounts.split_whitespace().map(str::to_owned));
        }
        assert!(!self.volumes.is_empty(), "the containers have volumes");
    }

    /// Waits until the engine runs a command with this word for it; later none may be left.
    pub fn until_engine_runs(&mut self, word: &str) {
        self.until("the engine is at work", |_| {
            (!processes_running(word).is_empty()).then_some(())
        });
        self.at_work = Some(word.to_owned());
    }

    fn pid(&self) -> Pid {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a process id")
    }

    /// Ends it by a signal, waits for its end, and proves that nothing is left of it in time.
    pub fn end_by(self, signal: Signal) -> Ended {
        kill_process(self.pid(), signal).expect("the run is there to be ended");
        self.gone_after(signal)
    }

    /// As [`Running::end_by`], but its whole process group gets the signal, as from a terminal.
    pub fn end_group_by(self, signal: Signal) -> Ended {
        kill_process_group(self.pid(), signal).expect("the run is there to be ended");
        self.gone_after(signal)
    }

    fn gone_after(mut self, signal: Signal) -> Ended {
        let sent = Instant::now();
        let status = self.wait();
        let mut left = self.left();
        while !left.is_empty() && sent.elapsed() < REMOVAL_LIMIT {
            thread::sleep(PAUSE);
            left = self.left();
        }
        let ended = self.ended(status);
        assert!(
            left.is_empty(),
            "left {:?} after {signal:?}:\n{}\nit printed:\n{}",
            sent.elapsed(),
            left.join("\n"),
            ended.output
        );
        ended
    }

    /// Waits for its end.
    pub fn end(mut self) -> Ended {
        self.finish()
    }

    /// Waits for its end, so that one can go on looking at what it left.
    pub fn finish(&mut self) -> Ended {
        let status = self.wait();
        self.ended(status)
    }

    /// Waits for its end, and proves that nothing is left of it then.
    pub fn end_clean(mut self) -> Ended {
        let status = self.wait();
        let left = self.left();
        let ended = self.ended(status);
        assert!(
            left.is_empty(),
            "left after its end:\n{}\nit printed:\n{}",
            left.join("\n"),
            ended.output
        );
        ended
    }

    fn wait(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("the state of the run") {
                return status;
            }
            if begun.elapsed() > RUN_LIMIT {
                let _gone = self.child.kill();
                panic!("the run did not end within {RUN_LIMIT:?}:\n{}", self.output());
            }
            thread::sleep(PAUSE);
        }
    }

    fn ended(&mut self, status: ExitStatus) -> Ended {
        for reader in self.readers.drain(..) {
            reader.join().expect("the output can be read");
        }
        Ended { code: status.code(), output: self.output() }
    }

    /// Everything of this run that is still there.
    pub fn left(&self) -> Vec<String> {
        let mut left = self.objects();
        if !self.volumes.is_empty() {
            let volumes = docker(&["volume", "ls", "--quiet"]);
            let own =
                volumes.lines().filter(|name| self.volumes.iter().any(|volume| volume == name));
            left.extend(own.map(|name| format!("volume {name}")));
        }
        let middle = self.middle();
        let own = |file: &PathBuf| {
            // Runs side by side have their folders in one.
            let parts = file.iter().filter_map(|part| part.to_str());
            let mut runs = parts.filter(|part| part.starts_with("seaworthy-")).skip(1);
            runs.next().is_none_or(|run| run.contains(&middle))
        };
        let mut files = files(&self.home);
        // What Docker's own client keeps there is no run's.
        let of_user = super::machine::files(&self.home.with_file_name("home"));
        files.extend(of_user.into_iter().filter(|file| !file.iter().any(|part| part == ".docker")));
        left.extend(
            files.iter().filter(|file| own(file)).map(|file| format!("file {}", file.display())),
        );
        left.extend(marked_processes(&self.mark));
        if let Some(word) = &self.at_work {
            left.extend(processes_running(word));
        }
        left
    }
}

/// A test that fails must not leave a run behind either.
impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _gone = self.child.kill();
            let _reaped = self.child.wait();
        }
    }
}

/// A run that has ended.
pub struct Ended {
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// What it printed, both streams.
    pub output: String,
}

impl Ended {
    /// Asserts the exit code and that all these words were printed.
    #[track_caller]
    pub fn says(&self, code: i32, words: &[&str]) {
        let mut wrong = String::new();
        if self.code != Some(code) {
            let _infallible = writeln!(wrong, "exit code {:?}, not {code}", self.code);
        }
        for word in words.iter().filter(|word| !self.output.contains(**word)) {
            let _infallible = writeln!(wrong, "it does not say {word:?}");
        }
        assert!(wrong.is_empty(), "{wrong}it printed:\n{}", self.output);
    }
}

/// The processes that carry a run's mark.
fn marked_processes(mark: &str) -> Vec<String> {
    let wanted = format!("{MARK}={mark}");
    processes(|_, folder| {
        // A process that ends while it is looked at is gone.
        let variables = fs::read(folder.join("environ")).unwrap_or_default();
        variables.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes())
    })
}
