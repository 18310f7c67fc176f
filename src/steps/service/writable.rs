//! Where a service can write: read-only root file systems, the closed list of what is writable, and
//! temporary file systems. The kernel's list of mounts says it, and a write proves it.

use std::cell::Cell;

use crate::steps::{
    Arguments, Need, Step, StepResult, World,
    judging::{
        every::{self, Places, Told, Witness, places},
        exceptions::something,
        facts::{by_files, judge, named, written},
        looks::{by_configuration, seen_of, without},
        same,
        walk::{nothing, walk},
    },
};
use crate::{
    compose::{Project, Service, journal::Origin, tree::Node},
    facts::{Row, Violation, answers::limit},
    probe::{
        facts::{Look, Root, Seen, Undecided, asked, points_of, root_of, writable_of},
        mountinfo::MountPoint,
    },
    run::Failure,
    stack::engine::Container,
};

const ROOT: &str = "every service has a read-only root file system";
const BOUNDED: &str = "every tmpfs is bounded in size and runs no program";

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "exactly these paths are writable:",
        "Every path of every service that can be written to, / where the root file system can be; a write everywhere else that is mounted fails as read-only. The engine's own (/proc, /sys, /dev, /etc/hosts, /etc/hostname, /etc/resolv.conf) are left out.",
        "exactly these paths are writable:",
    )
    .needs(&[Need::Root])
    .table(&["service", "path"])
    .declared(writable_by_files)
    .observed(|world, arguments| Box::pin(writable(world, arguments))),
    Step::then(
        BOUNDED,
        "Every tmpfs of a service has a size, and is mounted noexec, nosuid and nodev.",
        BOUNDED,
    )
    .excepts()
    .declared(tmpfs_by_files)
    .observed(|world, arguments| Box::pin(tmpfs_on_stack(world, arguments))),
];

fn root_places(project: &Project, service: &str) -> Places {
    places(project, service, &["read_only"])
}

pub(super) fn root_by_files(world: &mut World, arguments: &Arguments) -> StepResult {
    let says = |project: &Project, name: &str, service: &Service| {
        let read_only = service.read_only.as_ref().is_some_and(|read_only| read_only.value);
        let root = if read_only { Root::ReadOnly } else { Root::Writable(String::new()) };
        (root, root_places(project, name))
    };
    every::by_files(world, arguments, ROOT, says, roots)
}

pub(super) async fn root_on_stack(world: &mut World, arguments: &Arguments) -> StepResult {
    let look = Look::at(&world.running()?.stack).await?;
    let ask = async |_: &Service, container: &Container| Ok(root_of(seen_of(&look, container)?)?);
    every::on_stack(world, arguments, ROOT, ask, root_places, roots).await
}

/// The root file systems that are not read-only.
fn roots(facts: &[Told<Root>]) -> Vec<Violation> {
    let of = |fact: &Told<Root>| {
        let has = if matches!(fact.value.by, Witness::Engine { .. }) { "had" } else { "has" };
        let found = match &fact.value.value {
            Root::ReadOnly => return None,
            Root::Writable(word) if word.is_empty() => {
                format!("{has} a writable root file system")
            }
            Root::Writable(word) => format!("{has} a writable root file system: {word}"),
            Root::Refusing(word) => {
                format!("refuses a write to /, and the mount is writable: {word}")
            }
        };
        let help = format!(
            "write `read_only: true` for service \"{}\", and `tmpfs:` for what it must write; or add an exception with its reason",
            fact.subject
        );
        Some(fact.violation(ROOT, &found, "read_only", help))
    };
    facts.iter().filter_map(of).collect()
}

fn writable_by_files(world: &mut World, arguments: &Arguments) -> StepResult {
    by_files(world, arguments, "writable").map_err(helped)
}

async fn writable(world: &mut World, arguments: &Arguments) -> StepResult {
    let running = world.running()?;
    let walked = walk(world, "exactly these paths are writable").await?;
    let look = Look::at(&running.stack).await?;
    let mut there: Vec<Row> = Vec::new();
    for container in walked.containers() {
        let (rows, lines) = writable_of(&look, seen_of(&look, container)?)?;
        let lines = lines.join("\n");
        let seen =
            container.absence().map_or_else(|| lines.clone(), |why| by_configuration(&why, &lines));
        world.evidence(container.name.clone(), seen);
        there.extend(rows);
    }
    let arguments = without(arguments, &walked.idle);
    let topic = named("writable")?;
    let wanted = asked(topic, &look, written(topic, &arguments.rows));
    judge(world, &look.project, topic, &wanted, &there).map_err(helped)
}

fn helped(failure: Failure) -> Failure {
    failure.help("mount what need not be written read-only (`:ro`), write `read_only: true` for the service, or document the path here; a path that no file names is a volume of the image: give it a name, or a `tmpfs:`")
}

/// A temporary file system of a service.
struct Tmpfs {
    target: String,
    /// The options that hold for it.
    options: Vec<String>,
    /// Whether it has a size.
    bounded: bool,
    /// Where it is written, or else nothing.
    at: Option<Origin>,
}

impl Tmpfs {
    /// One with options as they are written: the engine's own hold besides.
    fn written(target: &str, written: &str, at: Option<Origin>) -> Self {
        let (options, bounded) = options_in_force(written);
        Self { target: target.to_owned(), options, bounded, at }
    }

    /// One as the kernel lists it.
    fn listed(mount: &MountPoint) -> Self {
        Self {
            target: mount.target.clone(),
            options: mount.options.clone(),
            bounded: mount.of_file_system.iter().any(|option| option.starts_with("size=")),
            at: None,
        }
    }
}

/// What is wrong with the options of a temporary file system.
fn weak(options: &[String], bounded: bool) -> Vec<&'static str> {
    let mut wrong = Vec::new();
    if !bounded {
        wrong.push("it has no size");
    }
    for (option, what) in [
        ("noexec", "it runs programs"),
        ("nosuid", "it honours set-user-id bits"),
        ("nodev", "it may hold devices"),
    ] {
        if !options.iter().any(|set| set == option) {
            wrong.push(what);
        }
    }
    wrong
}

/// The options that hold for an entry of `tmpfs:`: the engine's own, and those that are written.
fn options_in_force(written: &str) -> (Vec<String>, bool) {
    let mut options: Vec<String> = ["noexec", "nosuid", "nodev"].map(str::to_owned).to_vec();
    let mut bounded = false;
    for option in written.split(',').map(str::trim) {
        match option {
            "exec" | "suid" | "dev" => options.retain(|set| *set != format!("no{option}")),
            option if option.starts_with("no") => options.push(option.to_owned()),
            option => bounded |= limit::bounds_tmpfs(option),
        }
    }
    (options, bounded)
}

fn tmpfs_places(project: &Project, service: &str) -> Places {
    places(project, service, &["tmpfs"])
}

fn tmpfs_by_files(world: &mut World, arguments: &Arguments) -> StepResult {
    let any = Cell::new(false);
    let says = |project: &Project, name: &str, service: &Service| {
        let short = service.tmpfs.iter().map(|entry| {
            let (target, written) = entry.split_once(':').unwrap_or((entry, ""));
            Tmpfs::written(target, written, Some(entry.origin))
        });
        let volumes = project.at(&["services", name, "volumes"]).and_then(Node::as_sequence);
        let long = volumes.unwrap_or_default().iter().filter_map(|node| {
            let text = |key: &str| node.get(key).and_then(Node::as_str).unwrap_or_default();
            let size = node.at(&["tmpfs", "size"]).and_then(same::bytes);
            let bounded = size.is_some_and(limit::holds);
            let tmpfs = Tmpfs::written(text("target"), "", Some(node.origin));
            (text("type") == "tmpfs").then_some(Tmpfs { bounded, ..tmpfs })
        });
        let all: Vec<Tmpfs> = short.chain(long).collect();
        any.set(any.get() || !all.is_empty());
        (all, tmpfs_places(project, name))
    };
    every::by_files(world, arguments, BOUNDED, says, weak_ones)?;
    let looked: &[String] = if any.get() { &[BOUNDED.to_owned()] } else { &[] };
    something(looked, BOUNDED, "no service has a tmpfs")
}

async fn tmpfs_on_stack(world: &mut World, arguments: &Arguments) -> StepResult {
    let look = Look::at(&world.running()?.stack).await?;
    let any = Cell::new(false);
    let ask = async |_: &Service, container: &Container| {
        let (all, lines) = tmpfs_of(&look, seen_of(&look, container)?)?;
        any.set(any.get() || !all.is_empty());
        let shown = if lines.is_empty() { "no tmpfs".to_owned() } else { lines.join("\n") };
        Ok((all, shown))
    };
    every::on_stack(world, arguments, BOUNDED, ask, tmpfs_places, weak_ones).await?;
    if any.get() { Ok(()) } else { Err(nothing(BOUNDED, "no container has a tmpfs")) }
}

/// The temporary file systems of a container, and a line on each: as the kernel lists them, or of one that
/// has ended as it was created with them.
fn tmpfs_of(look: &Look, seen: &Seen) -> Result<(Vec<Tmpfs>, Vec<String>), Undecided> {
    let Some(points) = points_of(look, seen)? else {
        let asked = seen.container.asked.tmpfs.iter();
        let told = |(target, written): &(String, String)| {
            (Tmpfs::written(target, written, None), format!("{target} {written}"))
        };
        return Ok(asked.map(told).unzip());
    };
    let points = points.iter().filter(|point| point.kind == "tmpfs");
    Ok(points.map(|point| (Tmpfs::listed(point), point.shown())).unzip())
}

/// The temporary file systems that are not bounded in size, or run programs.
fn weak_ones(facts: &[Told<Vec<Tmpfs>>]) -> Vec<Violation> {
    let of = |fact: &Told<Vec<Tmpfs>>, tmpfs: &Tmpfs| {
        let wrong = weak(&tmpfs.options, tmpfs.bounded);
        let target = &tmpfs.target;
        let found = format!("has a tmpfs at {target}: {}", wrong.join(", "));
        let service = &fact.subject;
        let help = format!(
            "write `tmpfs: [\"{target}:size=16m,noexec,nosuid,nodev\"]` for service \"{service}\""
        );
        let violation = fact.violation(BOUNDED, &found, "tmpfs", help);
        (!wrong.is_empty()).then(|| Violation { at: tmpfs.at.or(violation.at), ..violation })
    };
    let every = facts.iter().flat_map(|fact| fact.value.value.iter().map(move |one| (fact, one)));
    every.filter_map(|(fact, tmpfs)| of(fact, tmpfs)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::judging::every::samples::{said, witnesses};

    fn found(violations: &[Violation]) -> Vec<&str> {
        violations.iter().map(|one| one.found.as_str()).collect()
    }

    #[test]
    fn a_root_file_system_is_read_only_by_whoever_is_heard() {
        for by in witnesses() {
            assert!(roots(&[said(by, Root::ReadOnly)]).is_empty());
        }
        let [files, kernel, engine] = witnesses();
        let none = || Root::Writable(String::new());
        let facts = [
            said(files, none()),
            said(kernel.clone(), Root::Writable("/ overlay rw".into())),
            said(kernel, Root::Refusing("/ overlay rw".into())),
            said(engine, none()),
        ];
        assert_eq!(
            found(&roots(&facts)),
            [
                "service \"a\" has a writable root file system",
                "shop-a-1 has a writable root file system: / overlay rw",
                "shop-a-1 refuses a write to /, and the mount is writable: / overlay rw",
                "shop-a-1 had a writable root file system (by its configuration: it has ended with 0)",
            ]
        );
        assert!(roots(&facts)[0].help.starts_with("write `read_only: true` for service \"a\""));
    }

    #[test]
    fn every_weak_tmpfs_is_told_by_whoever_is_heard() {
        let all = || {
            ["size=1m", "mode=1777", "size=1m,exec"].map(|text| Tmpfs::written("/tmp", text, None))
        };
        let [files, kernel, engine] = witnesses();
        let of = |by: Witness| weak_ones(&[said(by, Vec::from(all()))]);
        assert_eq!(
            found(&of(files)),
            [
                "service \"a\" has a tmpfs at /tmp: it has no size",
                "service \"a\" has a tmpfs at /tmp: it runs programs",
            ]
        );
        assert_eq!(of(kernel)[0].found, "shop-a-1 has a tmpfs at /tmp: it has no size");
        assert!(of(engine)[1].found.ends_with("(by its configuration: it has ended with 0)"));
    }

    #[test]
    fn a_tmpfs_is_as_weak_as_its_options() {
        let wrong = |written: &str| {
            let (options, bounded) = options_in_force(written);
            weak(&options, bounded)
        };
        assert_eq!(wrong("size=1m"), [""; 0]);
        assert_eq!(wrong("mode=1777"), ["it has no size"]);
        assert_eq!(wrong("size=0"), ["it has no size"]);
        assert_eq!(wrong("size=0k"), ["it has no size"]);
        assert_eq!(wrong("size=1m,exec,dev"), ["it runs programs", "it may hold devices"]);
    }
}
