//! How fast the gate without an engine is, as whole processes, beside the peers.
//!
//! `scripts/peers` installs the peers; without them their rows are left out.
//! `cargo bench --bench lint` prints a table and fails when a bound is missed.
//! All of it runs on two cores, and the programs of a row take turns, so that what
//! else the machine does hits each of them.

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// How many files a large repository has here.
const FILES: usize = 1000;

/// A row of the table.
struct Row {
    what: String,
    times: Vec<Duration>,
    bound: Option<Duration>,
}

impl Row {
    fn median(&self) -> Duration {
        self.times.get(self.times.len() / 2).copied().unwrap_or_default()
    }

    fn missed(&self) -> bool {
        self.bound.is_some_and(|bound| self.median() > bound)
    }
}

fn main() -> ExitCode {
    two_cores();
    let folder = tempfile::tempdir().expect("a folder");
    let mut rows = Vec::new();
    one_file(folder.path(), &mut rows);
    primehub(&mut rows);
    many_files(folder.path(), &mut rows);
    let mut table = format!("{:44} {:>11} {:>11} {:>11}\n", "", "median", "the fastest", "bound");
    for row in &rows {
        let shown = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
        let bound = row.bound.map(shown).unwrap_or_default();
        let fastest = row.times.first().copied().unwrap_or_default();
        let verdict = if row.missed() { "  MISSED" } else { "" };
        let (median, fastest) = (shown(row.median()), shown(fastest));
        let _infallible =
            writeln!(table, "{:44} {median:>11} {fastest:>11} {bound:>11}{verdict}", row.what);
    }
    let _ = std::io::stdout().write_all(table.as_bytes());
    if rows.iter().any(Row::missed) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Keeps this process and what it starts on the first two cores that it may use.
fn two_cores() {
    let all = sched_getaffinity(None).expect("the cores");
    let mut two = CpuSet::new();
    let cores = (0..CpuSet::MAX_CPU).filter(|core| all.is_set(*core)).take(2);
    cores.for_each(|core| two.set(core));
    sched_setaffinity(None, &two).expect("two of them");
}

/// One ordinary file.
fn one_file(folder: &Path, rows: &mut Vec<Row>) {
    let folder = folder.join("one");
    fs::create_dir(&folder).expect("a folder");
    fs::write(folder.join("compose.yaml"), file(0)).expect("a file");
    let mut programs = vec![("seaworthy lint".to_owned(), seaworthy(&folder, &["lint"]))];
    programs.extend(peers(&folder, &["compose.yaml".into()]));
    in_turn("one file: ", programs, [41, 41], Duration::from_millis(10), rows);
}

/// Every scenario of PrimeHub that its files can judge.
fn primehub(rows: &mut Vec<Row>) {
    let check = seaworthy(Path::new(env!("CARGO_MANIFEST_DIR")), &["check"]);
    let programs = vec![("seaworthy check".to_owned(), check)];
    in_turn("PrimeHub: ", programs, [41, 41], Duration::from_millis(30), rows);
}

/// A repository with many projects.
fn many_files(folder: &Path, rows: &mut Vec<Row>) {
    let folder = folder.join("many");
    let mut names = Vec::new();
    for at in 0..FILES {
        let name = format!("project-{at}/compose.yaml");
        let path = folder.join(&name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, file(at)).expect("a file");
        names.push(name);
    }
    let mut programs = vec![("seaworthy lint".to_owned(), seaworthy(&folder, &["lint", "."]))];
    programs.extend(peers(&folder, &names));
    // One round of the peers takes longer than all of ours.
    in_turn(&format!("{FILES} files: "), programs, [9, 1], Duration::from_millis(500), rows);
}

/// Runs programs in turn: the first so many times, the others so many. The bound is for the first.
fn in_turn(
    what: &str,
    mut programs: Vec<(String, Command)>,
    [first, others]: [usize; 2],
    bound: Duration,
    rows: &mut Vec<Row>,
) {
    let mut times = vec![Vec::new(); programs.len()];
    for round in 0..=first {
        for (at, ((name, program), times)) in programs.iter_mut().zip(&mut times).enumerate() {
            // The first round fills the caches of the machine; what runs once is measured behind it.
            if at > 0 && (round > others || others == 1 && round == 0) {
                continue;
            }
            let start = Instant::now();
            let status = program.status().expect("it runs");
            let time = start.elapsed();
            // Findings are no fault of the program; anything else is.
            assert!(matches!(status.code(), Some(0 | 1)), "{name}: {status}");
            if round > 0 {
                times.push(time);
            }
        }
    }
    for (at, ((name, _), mut times)) in programs.into_iter().zip(times).enumerate() {
        times.sort();
        rows.push(Row { what: format!("{what}{name}"), times, bound: (at == 0).then_some(bound) });
    }
}

/// The peers that are installed.
fn peers(folder: &Path, files: &[String]) -> Vec<(String, Command)> {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers");
    let known: [(&str, PathBuf); 2] = [
        ("dclint", installed.join("npm/node_modules/.bin/dclint")),
        ("compose-lint", installed.join("python/bin/compose-lint")),
    ];
    let there = known.into_iter().filter(|(_, program)| program.is_file());
    there
        .map(|(name, program)| (name.to_owned(), command(&program, folder, files.iter())))
        .collect()
}

fn seaworthy(folder: &Path, arguments: &[&str]) -> Command {
    command(Path::new(env!("CARGO_BIN_EXE_seaworthy")), folder, arguments.iter())
}

fn command(
    program: &Path,
    folder: &Path,
    arguments: impl Iterator<Item = impl AsRef<std::ffi::OsStr>>,
) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(folder)
        .env_remove("COMPOSE_FILE")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// A file as people write them, with something to find in it.
fn file(at: usize) -> String {
    let mut text = String::from(
        "x-logging: &logging\n  driver: json-file\n  options: {max-size: 10m, max-file: '3'}\n\
         services:\n",
    );
    for service in 0..=at % 3 {
        let _infallible = write!(
            text,
            "  web{service}:\n    image: registry.example.com/team/web:1.{at}\n    restart: unless-stopped\n    \
             logging: *logging\n    ports:\n      - \"{}:8080\"\n    environment:\n      LEVEL: info\n      \
             DATABASE_URL: postgres://app:${{DB_PASSWORD:-}}@db:5432/app\n    volumes:\n      \
             - ./html:/usr/share/nginx/html:ro\n    healthcheck:\n      test: curl -f http://localhost/\n      \
             interval: 10s\n    depends_on:\n      - db\n",
            8000 + service,
        );
    }
    text.push_str(
        "  db:\n    image: postgres:16\n    environment:\n      POSTGRES_USER: app\n      \
         POSTGRES_PASSWORD: ${DB_PASSWORD:-}\n    volumes:\n      - data:/var/lib/postgresql/data\n\
         volumes:\n  data: {}\n",
    );
    text
}
