//! Files of the project beside its Compose files.

use serde_json::Value as Json;

use crate::run::Failure;
use crate::steps::{Arguments, Step, StepResult, World, judging::walk};

pub(crate) static STEPS: &[Step] = &[Step::then(
    "file {text} locks every dependency of {text}",
    "npm's lock file names each dependency of the package file with the same range, a version and a checksum, and no other.",
    "file \"package-lock.json\" locks every dependency of \"package.json\"",
)
.declared(locks)];

/// The lists of dependencies that a package file may have.
const LISTS: [&str; 4] =
    ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];

fn json(world: &World, file: &str) -> Result<Json, Failure> {
    let (path, _) = world.original(file)?;
    let bounds = world.context()?.config.bounds();
    let text = bounds.read_text(&path).map_err(|why| {
        if why.kind() == std::io::ErrorKind::PermissionDenied {
            return Failure::undecided(format!("read {file}"), why.to_string());
        }
        Failure::finding(format!("the project has a file {file}"), why.to_string())
            .place(path.to_string())
            .help("make it by `npm install`, and keep it with the sources")
    })?;
    serde_json::from_str(&text).map_err(|why| {
        Failure::finding(format!("{file} is JSON"), why.to_string())
            .place(format!("{path}:{}:{}", why.line(), why.column()))
            .help("make it anew by `npm install`")
    })
}

fn locks(world: &mut World, arguments: &Arguments) -> StepResult {
    let (lock_file, package_file) = (arguments.text(0)?, arguments.text(1)?);
    let (lock, package) = (json(world, lock_file)?, json(world, package_file)?);
    let packages = lock.get("packages");
    let root = packages.and_then(|packages| packages.get(""));
    let entries = |of: Option<&Json>, list: &str| -> Vec<(String, String)> {
        let listed = of.and_then(|of| of.get(list)).and_then(Json::as_object);
        let text = |range: &Json| range.as_str().unwrap_or_default().to_owned();
        let mut entries: Vec<_> =
            listed.into_iter().flatten().map(|(name, range)| (name.clone(), text(range))).collect();
        entries.sort();
        entries
    };
    let (path, _) = world.original(lock_file)?;
    let wrong = |found: String| {
        Err(Failure::finding(
            format!("{lock_file} locks every dependency of {package_file}"),
            found,
        )
        .place(path.to_string())
        .help("run `npm install` and keep the lock file that it writes"))
    };
    let mut locked = Vec::new();
    for list in LISTS {
        let (asked, known) = (entries(Some(&package), list), entries(root, list));
        if asked != known {
            let told = |entries: &[(String, String)]| {
                entries
                    .iter()
                    .map(|(name, range)| format!("{name} {range}"))
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            return wrong(format!(
                "{list}: {package_file} asks for [{}], the lock file knows [{}]",
                told(&asked),
                told(&known)
            ));
        }
        for (name, range) in asked {
            let entry = packages.and_then(|packages| packages.get(format!("node_modules/{name}")));
            let text = |key: &str| entry.and_then(|entry| entry.get(key)).and_then(Json::as_str);
            let (Some(version), Some(_)) = (text("version"), text("integrity")) else {
                return wrong(format!("{name} {range} has no version with a checksum"));
            };
            locked.push(format!("{name} {version}"));
        }
    }
    if locked.is_empty() {
        let expected = format!("{lock_file} locks every dependency of {package_file}");
        return Err(walk::nothing(&expected, &format!("{package_file} has no dependency"))
            .place(path.to_string())
            .help("leave the sentence out, or name the package file that has dependencies"));
    }
    world.evidence(lock_file, locked.join(", "));
    Ok(())
}
