//! Looks made by hand: a container as the engine would describe it, and the kernel's word on it.

use indexmap::IndexMap;

use super::*;
use crate::{
    compose::Project,
    facts::difference::compare,
    probe::{cgroup, kernel::Process, listeners::OnHost, mountinfo::MountPoint},
    stack::{
        HostPorts,
        engine::{Binding, Container, Mount},
        isolation::Own,
        looks::Image,
    },
};

fn project(text: &str) -> Project {
    crate::compose::project::load_text("compose.yaml", text).expect("a model").into()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn point(target: &str, options: &str) -> MountPoint {
    MountPoint {
        target: target.to_owned(),
        options: words(&options.split(',').collect::<Vec<_>>()),
        kind: "ext4".into(),
        of_file_system: words(&["rw"]),
    }
}

/// A container of service `a` that runs, as one with nothing but `image: a` in its files.
fn seen() -> Seen {
    let container = Container {
        id: "1".into(),
        name: "run-a-1".into(),
        service: "a".into(),
        image: "a".into(),
        state: "running".into(),
        pid: 1,
        labels: [("com.docker.compose.depends_on".to_owned(), String::new())].into(),
        addresses: [("run_default".to_owned(), Vec::new())].into(),
        ..Container::default()
    };
    let process = Process {
        id: 1,
        name: "a".into(),
        users: vec![0; 4],
        groups: vec![0; 4],
        capabilities: vec![("CapBnd", 0xa804_25fb)],
        no_new_privileges: false,
    };
    Seen {
        container,
        image: Some(Image { id: "i".into(), ..Image::default() }),
        kernel: Some(Kernel {
            limits: Ok(cgroup::Limits::default()),
            process: Ok(process),
            mounts: Ok(vec![point("/", "rw"), point("/etc/hosts", "rw")]),
            // A folder without /etc.
            root: concat!(env!("CARGO_MANIFEST_DIR"), "/src/probe").into(),
        }),
    }
}

fn look(text: &str, containers: Vec<Seen>) -> Look {
    let project = project(text);
    Look {
        name: "run".into(),
        due: project.services.keys().cloned().collect(),
        volumes: project.volumes.keys().map(|key| (format!("run_{key}"), key.clone())).collect(),
        there: Vec::new(),
        bound: IndexMap::new(),
        files: Vec::new(),
        log_driver: Some("json-file".into()),
        networks: Vec::new(),
        own: Own::default(),
        ports: HostPorts::Free,
        listening: Ok(OnHost { listeners: Vec::new(), blind: false }),
        is_here: true,
        project,
        containers,
    }
}

/// What differs of a topic: what the files say, and what is there.
fn differing(name: &str, look: &Look) -> Vec<(String, String)> {
    let topic = crate::facts::topic(name).expect("a topic");
    let there = observed(topic, look).expect("rows");
    let wanted = expected(topic, look, &there);
    let compared = compare(topic, &wanted, &there);
    let line = |row: Option<&Row>| row.map(Row::line).unwrap_or_default();
    let differences = compared.differences.iter();
    let lines = differences.map(|one| (line(one.wanted), line(one.there))).collect();
    assert!(compared.open.is_empty(), "{name}: {:?}", compared.open);
    lines
}

const PLAIN: &str = "services:\n  a: {image: a}\n";

#[test]
fn a_container_as_its_files_say_has_not_drifted() {
    let mut seen = seen();
    seen.container.asked.logging.driver = "json-file".into();
    let look = look(PLAIN, vec![seen]);
    for topic in crate::facts::TOPICS.iter().filter(|topic| unseen(topic).is_none()) {
        // The engine's names of networks are planned by a run.
        if !["networks", "attachments"].contains(&topic.name) {
            assert_eq!(differing(topic.name, &look), [], "{}", topic.name);
        }
    }
}

#[test]
fn what_the_kernel_does_not_show_is_undecided() {
    let mut seen = seen();
    let kernel = seen.kernel.as_mut().expect("a kernel");
    let why = || Undecided::new("read", "Permission denied").help("run as root");
    kernel.limits = Err(why());
    kernel.process = Err(why());
    kernel.mounts = Err(why());
    let look = look(PLAIN, vec![seen]);
    for name in ["limits", "rights", "mounts", "writable", "secrets"] {
        let topic = crate::facts::topic(name).expect("a topic");
        assert_eq!(observed(topic, &look).expect_err("undecided").help, "run as root", "{name}");
    }
    let topic = crate::facts::topic("images").expect("a topic");
    assert!(observed(topic, &look).is_ok(), "the engine's word needs no kernel");
}

#[test]
fn what_the_image_says_is_no_drift_and_what_a_hand_says_is() {
    let text = "services:\n  a:\n    image: a\n    environment: {A: one}\n";
    let mut seen = seen();
    let image = seen.image.as_mut().expect("an image");
    image.entrypoint = words(&["e"]);
    image.command = words(&["c"]);
    image.user = "www".into();
    image.environment = [("PATH".to_owned(), "/bin".to_owned())].into();
    image.health.test = words(&["CMD", "ask"]);
    let container = &mut seen.container;
    container.asked.entrypoint = words(&["e"]);
    container.asked.arguments = words(&["c"]);
    container.asked.user = "www".into();
    container.asked.health.test = words(&["CMD", "ask"]);
    container.environment =
        [("PATH", "/bin"), ("A", "one")].map(|(a, b)| (a.to_owned(), b.to_owned())).into();
    let mut look = look(text, vec![seen]);
    for name in ["command", "environment", "health", "rights"] {
        assert_eq!(differing(name, &look), [], "{name}");
    }
    let container = &mut look.containers[0].container;
    container.asked.arguments = words(&["other"]);
    container.environment.insert("PATH".into(), "evil".into());
    container.asked.health.test = words(&["NONE"]);
    container.asked.user = "root".into();
    let both = |a: &str, b: &str| vec![(a.to_owned(), b.to_owned())];
    assert_eq!(differing("command", &look), both("| a | e | c |", "| a | e | other |"));
    assert_eq!(differing("environment", &look), both("", "| a | PATH | evil |"));
    assert_eq!(differing("health", &look)[0].1, "| a | none | none | none | none |");
    assert_eq!(differing("rights", &look)[0].1, "| a | root | default | no | yes | writable |");
}

#[test]
fn a_process_that_gives_up_rights_has_not_drifted_and_one_that_has_more_has() {
    let text = "services:\n  a: {image: a, user: '33:33', cap_drop: [ALL]}\n";
    let mut seen = seen();
    seen.container.asked.user = "33:33".into();
    seen.container.asked.dropped = words(&["ALL"]);
    let mut look = look(text, vec![seen]);
    let mut there = |user: u32, bounding: u64, sealed: bool| {
        let kernel = look.containers[0].kernel.as_mut().expect("a kernel");
        let process = kernel.process.as_mut().expect("a process");
        process.users = vec![user; 4];
        process.groups = vec![user; 4];
        process.capabilities = vec![("CapBnd", bounding)];
        process.no_new_privileges = sealed;
        let rows = differing("rights", &look);
        rows.first().map(|(_, there)| there.clone()).unwrap_or_default()
    };
    assert_eq!(there(33, 0, true), "");
    assert_eq!(there(0, 0, false), "| a | 0:0 | none | no | yes | writable |");
    assert_eq!(there(33, 1 << 10, false), "| a | 33:33 | NET_BIND_SERVICE | no | yes | writable |");
    assert_eq!(there(33, 0, false), "");
}

#[test]
fn mounts_are_spoken_of_as_the_files_do() {
    let text = "services:\n  a:\n    image: a\n    tmpfs: ['/var/run/x']\n    volumes: ['data:/data', './b:/b:ro']\nvolumes: {data: }\n";
    let mount = |kind: &str, source: &str, target: &str| Mount {
        kind: kind.into(),
        source: source.into(),
        target: target.into(),
        writable: true,
    };
    let mut seen = seen();
    let image = seen.image.as_mut().expect("an image");
    image.volumes = words(&["/of/image"]);
    let folder = project(text).folder;
    seen.container.mounts = vec![
        mount("volume", "run_data", "/data"),
        mount("bind", &format!("{}/b", folder.trim_end_matches('/')), "/b"),
        mount("volume", &"0f".repeat(32), "/of/image"),
    ];
    seen.container.asked.tmpfs = vec![("/var/run/x".into(), String::new())];
    let kernel = seen.kernel.as_mut().expect("a kernel");
    let listed = [("/data", "rw"), ("/b", "ro"), ("/of/image", "rw"), ("/run/x", "rw")];
    let mounts = kernel.mounts.as_mut().expect("mounts");
    mounts.extend(listed.map(|(target, options)| point(target, options)));
    let mut look = look(text, vec![seen]);
    assert_eq!(differing("mounts", &look), []);
    assert_eq!(differing("writable", &look), []);
    // Somebody has made one writable, unmounted one, and mounted another.
    let kernel = look.containers[0].kernel.as_mut().expect("a kernel");
    let mounts = kernel.mounts.as_mut().expect("mounts");
    mounts.retain(|point| !["/b", "/data"].contains(&point.target.as_str()));
    mounts.extend([point("/b", "rw"), point("/by/hand", "ro")]);
    let told = differing("mounts", &look);
    let there: Vec<&str> = told.iter().map(|(_, there)| there.as_str()).collect();
    assert_eq!(
        there,
        ["", "| a | folder | ./b | /b | writable |", "| a | folder | ? | /by/hand | read-only |"]
    );
    assert_eq!(told[0].0, "| a | volume | data | /data | writable |");
    assert_eq!(differing("writable", &look).len(), 2);
}

#[test]
fn a_volume_that_the_engine_binds_is_the_folder_and_not_what_the_files_say() {
    let text = "services:\n  a: {image: a, volumes: ['bound:/a']}\nvolumes: {bound: {driver_opts: {type: none, o: bind, device: ./data}}}\n";
    let mut seen = seen();
    seen.container.mounts = vec![Mount {
        kind: "volume".into(),
        source: "run_bound".into(),
        target: "/a".into(),
        writable: true,
    }];
    let kernel = seen.kernel.as_mut().expect("a kernel");
    kernel.mounts.as_mut().expect("mounts").push(point("/a", "rw"));
    let mut look = look(text, vec![seen]);
    let folder = look.project.folder.trim_end_matches('/').to_owned();
    let there = |look: &Look| differing("mounts", look).into_iter().map(|(_, there)| there);
    let lines = |look: &Look| there(look).collect::<Vec<_>>();
    // Where the run points it to is mapped back when the engine is looked at.
    look.bound.insert("run_bound".into(), format!("{folder}/data"));
    assert_eq!(lines(&look), Vec::<String>::new());
    look.bound.insert("run_bound".into(), format!("{folder}/other"));
    assert_eq!(lines(&look), ["| a | folder | ./other | /a | writable |"]);
    // The volume was made before the files said so.
    look.bound.clear();
    assert_eq!(lines(&look), ["| a | volume | bound | /a | writable |"]);
}

#[test]
fn ports_that_the_run_moved_are_spoken_of_as_declared() {
    let text = "services:\n  a: {image: a, ports: ['80:80', '127.0.0.1:90:80']}\n";
    let bound = |port: u16, address: &str, host_port: u16| Binding {
        port,
        protocol: "tcp".into(),
        host_ip: address.parse().ok(),
        host_port,
    };
    let mut seen = seen();
    seen.container.bindings = vec![bound(80, "127.0.0.1", 40000), bound(80, "127.0.0.1", 40001)];
    let mut look = look(text, vec![seen]);
    assert_eq!(differing("ports", &look), []);
    let bindings = &mut look.containers[0].container.bindings;
    bindings.extend([bound(80, "0.0.0.0", 41000), bound(81, "127.0.0.1", 41001)]);
    let there: Vec<String> =
        differing("ports", &look).into_iter().map(|(_, there)| there).collect();
    assert_eq!(there, ["| a | 80 | 41000 | any |", "| a | 81 | 41001 | loopback |"]);
    // As declared, on addresses of both versions.
    look.ports = HostPorts::Declared;
    look.containers[0].container.bindings =
        vec![bound(80, "0.0.0.0", 80), bound(80, "::", 80), bound(80, "127.0.0.1", 90)];
    assert_eq!(differing("ports", &look), []);
}

#[test]
fn containers_that_nobody_declared_are_services_of_their_own() {
    let stranger = |name: &str, service: &str, once: &str| {
        let mut seen = seen();
        seen.container.name = name.into();
        seen.container.service = service.into();
        let label = ("com.docker.compose.oneoff".to_owned(), once.to_owned());
        seen.container.labels.extend([label]);
        seen
    };
    let containers = vec![
        stranger("run-a-1", "a", "False"),
        stranger("run-x-1", "x", "False"),
        stranger("run-by-hand", "", "False"),
        stranger("run-a-run-5f", "a", "True"),
    ];
    let look = look(PLAIN, containers);
    let there: Vec<String> =
        differing("services", &look).into_iter().map(|(_, there)| there).collect();
    assert_eq!(there, ["| x |", "| by-hand |", "| a run |"]);
    assert_eq!(differing("replicas", &look), []);
    assert_eq!(differing("limits", &look), []);
}

#[test]
fn rows_of_a_table_are_asked_as_the_stack_can_show_them() {
    let text = "services:\n  a: {image: a, depends_on: {b: {condition: service_started}, mail: {condition: service_started, required: false}}}\n  b: {image: b}\n  mail: {image: m, profiles: [mail]}\n";
    let mut look = look(text, vec![seen()]);
    look.due = vec!["a".into()];
    let rows = |name: &str, cells: &[&[&str]]| -> Vec<String> {
        let topic = crate::facts::topic(name).expect("a topic");
        let row = |cells: &&[&str]| Row::new(cells[0], cells[1..].iter().copied(), None);
        let rows = asked(topic, &look, cells.iter().map(row).collect());
        rows.iter().map(Row::line).collect()
    };
    // What is not brought up is not there; what no file says is asked all the same.
    assert_eq!(
        rows("images", &[&["a", "a"], &["b", "b"], &["x", "x"]]),
        ["| a | a |", "| x | x |"]
    );
    // Compose drops a dependency that is not required on a service that is not in use.
    let waits: [&[&str]; 3] =
        [&["a", "b", "started"], &["a", "mail", "started"], &["a", "x", "started"]];
    assert_eq!(rows("dependencies", &waits), ["| a | b | started |", "| a | x | started |"]);
    for (name, cells, is) in [
        ("mounts", ["a", "tmpfs", "", "/var/run/x", "writable"].as_slice(), "/run/x"),
        ("writable", &["a", "/var/lock"], "/run/lock"),
        ("secrets", &["a", "key", "/var/run/key"], "/run/key"),
        ("configs", &["a", "conf", "/a/../conf"], "/conf"),
    ] {
        let told = rows(name, &[cells]);
        assert!(told[0].contains(&format!("| {is} |")), "{name}: {told:?}");
    }
}

#[test]
fn what_cannot_be_read_of_a_container_is_undecided_and_not_nobody() {
    let topic = crate::facts::topic("rights").expect("a topic");
    let text = "services:\n  a: {image: a, user: app}\n";
    let with = |change: fn(&mut Kernel)| {
        let mut seen = seen();
        seen.container.asked.user = "app".into();
        change(seen.kernel.as_mut().expect("a kernel"));
        observed(topic, &look(text, vec![seen]))
    };
    assert!(with(|_| {}).is_ok(), "an image may have no /etc/passwd");
    for (change, tried) in [
        (
            (|kernel| kernel.root = "/no/such/folder".into()) as fn(&mut Kernel),
            "read /etc/passwd of a container by /no/such/folder",
        ),
        (
            |kernel| kernel.process.as_mut().expect("a process").capabilities.clear(),
            "read the capabilities of run-a-1",
        ),
        (|kernel| kernel.mounts = Ok(Vec::new()), "read the mounts of run-a-1"),
    ] {
        assert_eq!(with(change).expect_err("undecided").tried, tried);
    }
}
