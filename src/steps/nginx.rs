//! nginx's configuration as the project mounts it or its build copies it: directives by name and block.

use camino::{Utf8Path, Utf8PathBuf};

use super::{Arguments, Step, StepResult, World, declared};
use crate::{
    nginx::{Directive, parse, with_variables},
    run::Failure,
    source::Source,
};

pub(super) static STEPS: &[Step] = &[
    Step::then(
        "in the nginx configuration of {service}, {block} has {text}",
        "Each such block (http is what stands in no block) has the directive with these words, variables of `set` put in.",
        "in the nginx configuration of \"nginx\", location \"= /index.php\" has \"fastcgi_pass app:9000\"",
    )
    .declared(|world, arguments| judge(world, arguments, true)),
    Step::then(
        "in the nginx configuration of {service}, {block} has no {text}",
        "No such block has a directive that begins with these words.",
        "in the nginx configuration of \"nginx\", every server has no \"autoindex on\"",
    )
    .declared(|world, arguments| judge(world, arguments, false)),
];

/// Where nginx looks for its configuration.
const FOLDERS: [&str; 2] = ["/etc/nginx/conf.d", "/etc/nginx"];

/// What of the project's comes to which place in a service: mounted, or copied by its build.
fn brought(world: &World, service: &str) -> Result<Vec<(Utf8PathBuf, String)>, Failure> {
    let (project, folder) = (world.project()?, world.folder()?);
    let known = declared::service(&project, service)?;
    let mounts = declared::mounts::all(&folder, known).into_iter();
    let mut brought: Vec<_> = mounts
        .filter(|(mount, _)| mount.kind == "folder")
        .map(|(mount, _)| (folder.join(mount.source.trim_start_matches("./")), mount.target))
        .collect();
    for copy in super::builds::copied(&project, service) {
        brought.push((copy.source, copy.target));
    }
    Ok(brought)
}

/// The configuration files of a service, in nginx's order.
fn files(world: &World, service: &str) -> Result<Vec<Utf8PathBuf>, Failure> {
    let project = world.project()?;
    let mut files = Vec::new();
    for (path, target) in brought(world, service)? {
        let in_folder = FOLDERS.iter().any(|known| target == *known);
        if in_folder && path.is_dir() {
            let listed = path.read_dir_utf8().map_err(|why| {
                Failure::error(format!("read the folder {path}"), why.to_string())
            })?;
            let names = listed.filter_map(Result::ok).map(camino::Utf8DirEntry::into_path);
            files.extend(names.filter(|file| file.extension() == Some("conf")));
        } else if target.starts_with("/etc/nginx/")
            && Utf8Path::new(&target).extension() == Some("conf")
        {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        let failure = Failure::finding(
            format!("service \"{service}\" has its nginx configuration from the project"),
            "nothing of the project is mounted or copied below /etc/nginx",
        )
        .help("mount it at /etc/nginx/conf.d, or let the build copy it there");
        return Err(declared::point_key(&project, service, "volumes", failure));
    }
    Ok(files)
}

/// Whether a block is of the kind that a sentence speaks of.
fn is_meant(directive: &Directive, kind: &str, name: &str) -> bool {
    directive.block.is_some()
        && directive.name == kind
        && match kind {
            "server" if name.is_empty() => true,
            "server" => directive.block.iter().flatten().any(|inner| {
                inner.name == "server_name" && inner.arguments.iter().any(|host| host == name)
            }),
            _ => directive.value() == name,
        }
}

fn blocks<'d>(
    directives: &'d [Directive],
    kind: &str,
    name: &str,
    found: &mut Vec<(&'d Directive, &'d [Directive])>,
) {
    for directive in directives {
        let Some(block) = &directive.block else { continue };
        if is_meant(directive, kind, name) {
            found.push((directive, block));
        }
        blocks(block, kind, name, found);
    }
}

fn judge(world: &mut World, arguments: &Arguments, wanted: bool) -> StepResult {
    let (service, what, words) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let (name, value) = words.split_once(' ').unwrap_or((words, ""));
    let bare = what.strip_prefix("every ").unwrap_or(what);
    let (kind, called) = bare.split_once(' ').unwrap_or((bare, ""));
    let called = called.trim_matches('"');
    let expected = format!("{what} has {}`{words}`", if wanted { "" } else { "no " });
    let mut looked_at = 0;
    let mut last = None;
    for file in files(world, service)? {
        let here = std::env::current_dir().unwrap_or_default();
        let shown = Utf8Path::from_path(&here).and_then(|here| file.strip_prefix(here).ok());
        let source = Source::read(shown.unwrap_or(&file))
            .map_err(|why| Failure::error(format!("read {file}"), why.to_string()))?;
        let directives = parse(&source).map_err(|why| {
            let place = why.place().unwrap_or_else(|| file.to_string());
            Failure::finding("nginx's configuration can be read", why.title).place(place)
        })?;
        last = Some(std::sync::Arc::clone(&source));
        let mut found = Vec::new();
        if kind == "http" {
            looked_at += 1;
            judge_block(&source, None, &directives, (name, value), (wanted, &expected))?;
            continue;
        }
        blocks(&directives, kind, called, &mut found);
        for (directive, block) in found {
            looked_at += 1;
            judge_block(&source, Some(directive), block, (name, value), (wanted, &expected))?;
        }
    }
    if looked_at == 0 {
        let failure = Failure::finding(expected, format!("there is no {bare}"))
            .help("name a block that is there: `server \"name\"`, `location \"= /path\"`, `upstream \"name\"`");
        return Err(match last {
            Some(source) => failure.place(source.path().to_string()),
            None => failure,
        });
    }
    world.saw(format!("nginx configuration of \"{service}\""), expected);
    Ok(())
}

fn judge_block(
    source: &std::sync::Arc<Source>,
    head: Option<&Directive>,
    block: &[Directive],
    (name, value): (&str, &str),
    (wanted, expected): (bool, &str),
) -> StepResult {
    let values: Vec<(&Directive, String)> = block
        .iter()
        .filter(|directive| directive.name == name)
        .map(|directive| (directive, with_variables(block, directive)))
        .collect();
    if wanted {
        if values.iter().any(|(_, there)| there == value) {
            return Ok(());
        }
        let found: Vec<String> =
            values.iter().map(|(_, there)| format!("{name} {there}")).collect();
        let found = if found.is_empty() { format!("it has no `{name}`") } else { found.join("\n") };
        let failure =
            Failure::finding(expected, found).help(format!("write `{name} {value};` there"));
        let place = values.first().map(|(directive, _)| *directive).or(head);
        return Err(match place {
            Some(directive) => failure.spot(source, directive.span.clone()),
            None => failure.place(source.path().to_string()),
        });
    }
    let begins =
        |there: &str| there == value || value.is_empty() || there.starts_with(&format!("{value} "));
    match values.iter().find(|(_, there)| begins(there)) {
        None => Ok(()),
        Some((directive, there)) => Err(Failure::finding(expected, format!("{name} {there}"))
            .spot(source, directive.span.clone())
            .help("remove it there")),
    }
}
