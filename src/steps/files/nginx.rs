//! nginx's configuration as the project mounts it or its build copies it: directives by name and
//! block, with everything that `include` brings in.

use camino::{Utf8Path, Utf8PathBuf};

use crate::steps::{
    Arguments, Step, StepResult, World,
    judging::declared,
    service::{builds, command_lines},
};
use crate::{
    facts::mounts,
    nginx::{
        Directive, Included, Refusal, Unread,
        files::{self, At, Brought, Files, PREFIX},
        follow, parse, with_variables,
    },
    run::Failure,
};

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "in the nginx configuration of {service}, {block} has {text}",
        "Each such block (http is what stands in its block, or in the files of conf.d) has the directive with these words, what `include` names and variables of `set` put in.",
        "in the nginx configuration of \"web\", location \"= /index.php\" has \"fastcgi_pass api:9000\"",
    )
    .knows(&["nginx"])
    .declared(|world, arguments| judge(world, arguments, true)),
    Step::then(
        "in the nginx configuration of {service}, {block} has no {text}",
        "No such block has a directive that begins with these words, what `include` names put in; undecided where an included file is the image's own.",
        "in the nginx configuration of \"web\", every server has no \"autoindex on\"",
    )
    .knows(&["nginx"])
    .declared(|world, arguments| judge(world, arguments, false)),
];

/// What of the project's comes to which place in a service: copied by its build, given as a
/// config, or mounted; what hides other things comes after them.
fn brought(world: &World, service: &str) -> Result<Files, Failure> {
    let (project, folder) = (world.project()?, world.folder()?);
    let known = declared::service(&project, service)?;
    let mut brought = Vec::new();
    for copy in builds::copied(&project, service) {
        copied_to(&copy.source, &copy.target, &mut brought);
    }
    let mounted = mounts::of(&project, service).into_iter();
    let mounted = mounted.filter(|(mount, _)| mount.kind == "folder").map(|(mount, _)| Brought {
        host: folder.join(mount.source.trim_start_matches("./")),
        target: mount.target.into(),
        hides: true,
    });
    let configs = known.configs.iter().filter_map(|used| {
        let file = project.configs.get(used.source.as_ref()?.as_str())?.file.as_ref()?;
        let target = used.target.as_ref()?.as_str().into();
        Some(Brought { host: folder.join(file.as_str()), target, hides: true })
    });
    let mut mounts: Vec<Brought> = mounted.chain(configs).collect();
    // The engine mounts outer folders first, whatever their order in the file.
    mounts.sort_by_key(|mount| mount.target.components().count());
    brought.extend(mounts);
    Ok(Files { brought, bounds: world.context()?.config.bounds() })
}

/// Where what a build copies comes to ("COPY" of the Dockerfile reference): a folder's content,
/// a file of that name, or a file in a folder.
fn copied_to(source: &Utf8Path, target: &str, brought: &mut Vec<Brought>) {
    let into = Utf8PathBuf::from(target.trim_end_matches('/'));
    let name = source.file_name().unwrap_or_default();
    if name.contains(['*', '?']) {
        let entries = source.parent().and_then(|folder| folder.read_dir_utf8().ok());
        for entry in entries.into_iter().flatten().flatten() {
            if files::fits(entry.file_name(), name) {
                let (host, target) = (entry.path().to_owned(), into.join(entry.file_name()));
                brought.push(Brought { host, target, hides: false });
            }
        }
        return;
    }
    let target = if target.ends_with('/') && source.is_file() { into.join(name) } else { into };
    brought.push(Brought { host: source.to_owned(), target, hides: false });
}

/// The file that nginx is started with, where the command names one; the image's otherwise.
fn root(world: &World, service: &str) -> Result<Utf8PathBuf, Failure> {
    let project = world.project()?;
    let line = command_lines::command_line(declared::service(&project, service)?);
    let mut words = line.split_whitespace().skip_while(|word| !word.ends_with("nginx"));
    let named = words.find(|word| *word == "-c").and_then(|_| words.next());
    Ok(Utf8Path::new(PREFIX).join(named.unwrap_or("nginx.conf")))
}

/// What stands in nginx's `http` block, and what stands beside it.
struct Configuration {
    http: Vec<Directive>,
    /// What stands outside of any block, which includes may be read from too.
    main: Vec<Directive>,
}

fn configuration(world: &World, service: &str) -> Result<Configuration, Failure> {
    let files = brought(world, service)?;
    let root = root(world, service)?;
    let unreadable = |why: Refusal| {
        let place = why.place();
        let failure = if place.is_some() {
            Failure::finding("nginx's configuration can be read", why.title)
        } else {
            Failure::undecided("read nginx's configuration", why.title)
        };
        let failure = failure.help(why.help.unwrap_or_default());
        match why.labels.first() {
            Some(label) => failure.spot(&label.source, label.span.clone()),
            None => failure,
        }
    };
    let find = |pattern: &str| files.included(pattern);
    match files.at(&root) {
        At::Host(host) => {
            let source = files.read(&host).map_err(unreadable)?;
            let all = parse(&source).map_err(unreadable)?;
            let all = follow(all, &mut vec![root.into_string()], &find).map_err(unreadable)?;
            let (blocks, main): (Vec<_>, Vec<_>) =
                all.into_iter().partition(|one: &Directive| one.name == "http");
            let http = blocks.into_iter().filter_map(|block: Directive| block.block).flatten();
            Ok(Configuration { http: http.collect(), main })
        }
        At::Nothing => Err(nothing(world, service, format!("the project's folder has no {root}"))?),
        At::Image if root != Utf8Path::new(PREFIX).join("nginx.conf") => {
            let missing = format!("{root} is the image's own, no file of the project");
            let failure = Failure::undecided("read nginx's configuration", missing)
                .help("mount the file from the project");
            Err(declared::point_key(&*world.project()?, service, "command", failure))
        }
        At::Image => {
            // The official image's own file reads these in its `http` block.
            let pattern = format!("{PREFIX}/conf.d/*.conf");
            let of_project = match find(&pattern).map_err(unreadable)? {
                Included::Files(files) => files,
                Included::Missing(_) | Included::Unread { .. } => Vec::new(),
            };
            let templates = files
                .brought
                .iter()
                .find(|one| one.target.starts_with(format!("{PREFIX}/templates")));
            if of_project.is_empty() {
                if let Some(template) = templates {
                    return Err(generated(template));
                }
                let found =
                    "nothing of the project is mounted or copied below /etc/nginx that nginx reads";
                return Err(nothing(world, service, found.to_owned())?);
            }
            let mut http = Vec::new();
            for (path, source) in of_project {
                let file = parse(&source).map_err(unreadable)?;
                http.extend(follow(file, &mut vec![path], &find).map_err(unreadable)?);
            }
            if let Some(template) = templates {
                return Err(generated(template));
            }
            Ok(Configuration { http, main: Vec::new() })
        }
    }
}

/// What the image's entry point makes of templates stands in no file of the project.
fn generated(template: &Brought) -> Failure {
    Failure::undecided(
        "read nginx's configuration",
        format!(
            "the image makes files of it when it starts, of the templates at {}",
            template.target
        ),
    )
    .place(template.host.to_string())
    .help("ask the running nginx: And command \"nginx -T\" in \"…\" prints \"…\"")
}

fn nothing(world: &World, service: &str, found: String) -> Result<Failure, Failure> {
    let project = world.project()?;
    let failure = Failure::finding(
        format!("service \"{service}\" has its nginx configuration from the project"),
        found,
    )
    .help("mount it at /etc/nginx/conf.d, or let the build copy it there");
    Ok(declared::point_key(&project, service, "volumes", failure))
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

/// The blocks of a kind, and the includes that may hold more of them.
#[derive(Default)]
struct Blocks<'d> {
    found: Vec<(&'d Directive, &'d [Directive])>,
    unread: Option<(&'d Directive, &'d Unread)>,
}

impl<'d> Blocks<'d> {
    fn look(&mut self, directives: &'d [Directive], kind: &str, name: &str) {
        for directive in directives {
            if let Some(unread) = directive.unread.as_ref().filter(|unread| unread.may_hold(kind)) {
                self.unread.get_or_insert((directive, unread));
            }
            let Some(block) = &directive.block else { continue };
            if is_meant(directive, kind, name) {
                self.found.push((directive, block));
            }
            // Only a location may stand inside of another block, a server's or a location's: what
            // an upstream or a map includes holds no block that a sentence speaks of.
            if kind == "location" && matches!(directive.name.as_str(), "server" | "location") {
                self.look(block, kind, name);
            }
        }
    }
}

fn not_followed(expected: &str, directive: &Directive, unread: &Unread) -> Failure {
    Failure::undecided(expected, format!("{}, and not followed", unread.why))
        .spot(&directive.source, directive.span.clone())
        .help("mount the file from the project, or ask the running nginx: And command \"nginx -T\" in \"…\" prints \"…\"")
}

fn judge(world: &mut World, arguments: &Arguments, wanted: bool) -> StepResult {
    let (service, what, words) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let (name, value) = words.split_once(' ').unwrap_or((words, ""));
    let bare = what.strip_prefix("every ").unwrap_or(what);
    let (kind, called) = bare.split_once(' ').unwrap_or((bare, ""));
    let called = called.trim_matches('"');
    let expected = format!("{what} has {}`{words}`", if wanted { "" } else { "no " });
    let configuration = configuration(world, service)?;
    let mut blocks = Blocks::default();
    if kind == "http" {
        let mut main = Blocks::default();
        // Another `http` block, or parts of it, may come with an include outside of it.
        main.look(&configuration.main, "http", "");
        judge_block(None, &configuration.http, (name, value), (wanted, &expected))?;
        if let Some((directive, unread)) = main.unread {
            return Err(not_followed(&expected, directive, unread));
        }
    } else {
        blocks.look(&configuration.http, kind, called);
        for (directive, block) in &blocks.found {
            judge_block(Some(directive), block, (name, value), (wanted, &expected))?;
        }
        // What is not read may hold another such block; a named one that is there is enough.
        let enough = wanted && !called.is_empty() && !blocks.found.is_empty();
        if let Some((directive, unread)) = blocks.unread.filter(|_| !enough) {
            return Err(not_followed(&expected, directive, unread));
        }
        if blocks.found.is_empty() {
            let failure = Failure::finding(expected, format!("there is no {bare}"))
                .help("name a block that is there: `server \"name\"`, `location \"= /path\"`, `upstream \"name\"`");
            return Err(match configuration.http.last() {
                Some(last) => failure.place(last.source.path().to_string()),
                None => failure,
            });
        }
    }
    world.evidence(format!("nginx configuration of \"{service}\""), expected);
    Ok(())
}

fn judge_block(
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
    let unread = || {
        let unread = block.iter().filter_map(|one| Some((one, one.unread.as_ref()?)));
        unread.into_iter().find(|(_, unread)| unread.may_hold(name))
    };
    if wanted {
        if values.iter().any(|(_, there)| there == value) {
            return Ok(());
        }
        if let Some((directive, unread)) = unread() {
            return Err(not_followed(expected, directive, unread));
        }
        let found: Vec<String> =
            values.iter().map(|(_, there)| format!("{name} {there}")).collect();
        let found = if found.is_empty() { format!("it has no `{name}`") } else { found.join("\n") };
        let failure =
            Failure::finding(expected, found).help(format!("write `{name} {value};` there"));
        let place = values.first().map(|(directive, _)| *directive).or(head);
        return Err(match (place, block.last()) {
            (Some(directive), _) => failure.spot(&directive.source, directive.span.clone()),
            (None, Some(last)) => failure.place(last.source.path().to_string()),
            (None, None) => failure,
        });
    }
    let begins =
        |there: &str| there == value || value.is_empty() || there.starts_with(&format!("{value} "));
    if let Some((directive, there)) = values.iter().find(|(_, there)| begins(there)) {
        return Err(Failure::finding(expected, format!("{name} {there}"))
            .spot(&directive.source, directive.span.clone())
            .help("remove it there"));
    }
    match unread() {
        Some((directive, unread)) => Err(not_followed(expected, directive, unread)),
        None => Ok(()),
    }
}
