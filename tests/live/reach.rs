//! One engine for every call, and no address of anybody else's: what a run connects to is the
//! container's, from inside its own network, whoever else has the address here.

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener},
    os::{
        fd::AsFd as _,
        unix::net::{UnixListener, UnixStream},
    },
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use sha2::{Digest as _, Sha256};

use super::{
    machine::docker,
    support::{Ended, Project, open_to_all},
};

const ENGINE: &str = "/var/run/docker.sock";

/// Our socket in front of the engine's: what was said to it.
fn in_front_of_the_engine(socket: &Path) -> Arc<Mutex<Vec<u8>>> {
    let listener = UnixListener::bind(socket).expect("a socket");
    let heard = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&heard);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(engine) = UnixStream::connect(ENGINE) else { return };
            let back = (
                engine.try_clone().expect("a second handle"),
                client.try_clone().expect("a second handle"),
            );
            let heard = Arc::clone(&all);
            thread::spawn(move || forward(client, engine, Some(&heard)));
            thread::spawn(move || forward(back.0, back.1, None));
        }
    });
    heard
}

fn forward(mut from: UnixStream, mut to: UnixStream, heard: Option<&Mutex<Vec<u8>>>) {
    let mut piece = [0; 1 << 14];
    while let Ok(length @ 1..) = from.read(&mut piece) {
        if let Some(heard) = heard {
            heard.lock().expect("what was heard").extend_from_slice(&piece[..length]);
        }
        if to.write_all(&piece[..length]).is_err() {
            break;
        }
    }
    let _closed = to.shutdown(Shutdown::Write);
}

#[test]
fn every_call_goes_to_the_engine_of_the_context() {
    let project = Project::small("sound");
    let folder = project.aside("docker");
    let id =
        Sha256::digest(b"two").iter().fold(String::new(), |id, byte| id + &format!("{byte:02x}"));
    let meta = folder.join("contexts/meta").join(id);
    fs::create_dir_all(&meta).expect("a folder");
    let socket = project.aside("two.sock");
    let text = format!(
        r#"{{"Name":"two","Metadata":{{}},"Endpoints":{{"docker":{{"Host":"unix://{}"}}}}}}"#,
        socket.display()
    );
    fs::write(meta.join("meta.json"), text).expect("a file");
    fs::write(folder.join("config.json"), r#"{"currentContext":"two"}"#).expect("a file");
    let heard = in_front_of_the_engine(&socket);
    let folder = folder.to_str().expect("UTF-8");

    let variables = [("DOCKER_CONFIG", folder), ("DOCKER_HOST", "")];
    let ended = project.start_with(&["verify"], &variables).end_clean();
    let named = format!("unix://{} (by context \"two\"", socket.display());
    ended.says(0, &[&named]);
    let said = String::from_utf8_lossy(&heard.lock().expect("what was heard")).into_owned();
    for (call, whose) in [
        ("/containers/create", "Compose's"),
        ("/start", "ours"),
        ("DELETE /v", "the sweep's"),
        ("compose/", "Compose's own name"),
    ] {
        assert!(said.contains(call), "{call} ({whose}) went to another engine");
    }

    let doctor = project.start_with(&["doctor"], &variables).end();
    assert!(doctor.output.contains(&named), "doctor names another engine:\n{}", doctor.output);

    let variables = [("DOCKER_CONFIG", folder), ("DOCKER_CONTEXT", "three"), ("DOCKER_HOST", "")];
    project
        .start_with(&["verify"], &variables)
        .end_clean()
        .says(3, &["there is no Docker context \"three\" (named by DOCKER_CONTEXT)"]);
}

/// A network namespace without a way out, in which every private address is its own.
struct Elsewhere {
    name: String,
    /// How often somebody there was spoken to.
    spoken_to: Arc<AtomicUsize>,
}

fn ip(words: &[&str]) {
    let done = Command::new("ip").args(words).output().expect("ip (iproute2)");
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "ip {}: {told}", words.join(" "));
}

impl Elsewhere {
    fn new() -> Self {
        let name = format!("seaworthy-{}", std::process::id());
        ip(&["netns", "add", &name]);
        let made = Self { spoken_to: Arc::new(AtomicUsize::new(0)), name };
        ip(&["-n", &made.name, "link", "set", "lo", "up"]);
        for range in ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"] {
            ip(&["-n", &made.name, "route", "add", "local", range, "dev", "lo"]);
        }
        for port in [6379, 8080] {
            let (namespace, count) =
                (format!("/run/netns/{}", made.name), Arc::clone(&made.spoken_to));
            let (ready, listening) = std::sync::mpsc::channel();
            thread::spawn(move || {
                let namespace = File::open(namespace).expect("the namespace");
                let kind = Some(LinkNameSpaceType::Network);
                move_into_link_name_space(namespace.as_fd(), kind).expect("root's rights");
                let listener = TcpListener::bind(("0.0.0.0", port)).expect("a listener");
                ready.send(()).expect("the test waits");
                for _ in listener.incoming() {
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
            listening.recv().expect("it listens");
        }
        made
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        let _gone = Command::new("ip").args(["netns", "del", &self.name]).status();
    }
}

/// Runs a program with words before it, and proves that nothing of it is left.
fn run_by(project: &Project, words: &[&str], program: &Path, arguments: &[&str]) -> Ended {
    let home = project.aside("home");
    fs::create_dir_all(&home).expect("a folder");
    open_to_all(&home);
    let done = Command::new(words[0])
        .args(&words[1..])
        .arg(program)
        .args(arguments)
        .current_dir(&project.folder)
        .env("TMPDIR", &home)
        .env("HOME", &home)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .expect("the run can be started");
    let output = [done.stdout, done.stderr].concat();
    let output = String::from_utf8_lossy(&output).into_owned();
    let name = output.split_whitespace().find(|word| word.starts_with("seaworthy-small-"));
    let name = name.unwrap_or_else(|| panic!("it names no project:\n{output}"));
    for kind in [
        &["ps", "--all", "--format", "{{.Names}} {{.Image}}"][..],
        &["image", "ls", "--format", "{{.Repository}}"],
        &["network", "ls", "--format", "{{.Name}}"],
    ] {
        let there = docker(kind);
        assert!(!there.contains(name), "something of {name} is left:\n{there}");
    }
    Ended { code: done.status.code(), output }
}
#[test]
fn nobody_elses_address_is_spoken_to() {
    let project = Project::small("reaching");
    let elsewhere = Elsewhere::new();
    let program = assert_cmd::cargo::cargo_bin!("seaworthy");
    let words = ["ip", "netns", "exec", &elsewhere.name];
    let arguments = ["verify", "features/right.feature"];
    run_by(&project, &words, program, &arguments).says(0, &["3 passed"]);
    let count = elsewhere.spoken_to.load(Ordering::Relaxed);
    assert_eq!(count, 0, "who has the containers' addresses elsewhere was spoken to");
}

#[test]
fn who_is_not_root_looks_from_a_container_that_shares_the_network() {
    let project = Project::small("reaching");
    let program = project.aside("bin");
    fs::create_dir(&program).expect("a folder");
    let program = program.join("seaworthy");
    fs::copy(assert_cmd::cargo::cargo_bin!("seaworthy"), &program).expect("a copy");
    open_to_all(project.folder.parent().expect("the test's folder"));
    let group = {
        use std::os::unix::fs::MetadataExt as _;
        fs::metadata(ENGINE).expect("the engine's socket").gid().to_string()
    };
    let groups = format!("--groups={group}");
    let words = ["setpriv", "--reuid=65534", "--regid=65534", &groups];
    let evidence = project.aside("home/evidence");
    let evidence = evidence.to_str().expect("UTF-8");
    let arguments = ["verify", "features/right.feature", "--evidence", evidence];
    run_by(&project, &words, &program, &arguments).says(0, &["3 passed"]);
    let told: String = fs::read_dir(evidence)
        .expect("evidence")
        .flatten()
        .map(|file| fs::read_to_string(file.path()).expect("evidence"))
        .collect();
    let way = "from a container of ours that shares its network";
    assert!(told.contains(way), "the evidence does not tell the way:\n{told}");
}

#[test]
fn every_address_is_tried_and_the_dead_prove_nothing() {
    let project = Project::small("reaching");
    let ended = project.start(&["verify", "features/wrong.feature"]).end_clean();
    ended.says(
        1,
        &[
            "1 failed",
            "1 undecided",
            // Refused at one address of the name, open at the other.
            "]:8080: connection refused",
            ":8080: open",
            "with exit code 3",
            "going",
        ],
    );
}
