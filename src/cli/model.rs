//! `seaworthy config`: the model, or lists of what is in it.

mod digests;
mod lists;

use std::{collections::BTreeSet, io::Write as _};

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};

use self::lists::{Kind, List, listed};
use super::{COULD_NOT, FINDINGS, SOUND, configuration, show};
use crate::{
    compose::{
        self,
        journal::{Origin, VariableOrigin},
        project::{self, Depth, Loaded},
        request::{Request, Without},
        shape::Format,
        tree::{Node, Value},
    },
    diagnostic::Diagnostic,
    visible,
};

/// Arguments of `config`, those of `docker compose` first.
#[derive(Debug, Args)]
#[command(args_override_self = true)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct Arguments {
    /// Services to print, with what they depend on; each a name or a pattern, by default all.
    #[arg(value_name = "SERVICE")]
    wanted: Vec<String>,
    /// A Compose file; may be given several times.
    #[arg(long = "file", short = 'f', value_name = "FILE")]
    files: Vec<String>,
    /// An env file instead of `.env`; may be given several times.
    #[arg(long = "env-file", value_name = "FILE")]
    env_files: Vec<String>,
    /// A profile to enable, or `*`; may be given several times.
    #[arg(long = "profile", value_name = "PROFILE")]
    profiles: Vec<String>,
    /// The folder that relative paths start from; by default that of the first file.
    #[arg(long, value_name = "DIR")]
    project_directory: Option<String>,
    /// The project's name.
    #[arg(long, short, value_name = "NAME")]
    project_name: Option<String>,
    /// The files, env files and profiles of an environment in seaworthy.yaml.
    #[arg(long = "seaworthy-environment", short = 'e', value_name = "NAME", conflicts_with_all = ["files", "env_files", "profiles", "project_directory"])]
    configured: Option<String>,
    /// Keeps the networks, volumes, secrets, configs and models that no service uses.
    #[arg(long)]
    all_resources: bool,
    /// Does as Compose 1 did: as --no-normalize, and names of images have `_` for `-`.
    #[arg(long)]
    compatibility: bool,
    /// Changes nothing: a model is only read. Compose has it for all commands.
    #[arg(long)]
    dry_run: bool,
    /// How to print.
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Form>,
    /// Writes the model to a file; a list is still printed.
    #[arg(long, short, value_name = "FILE")]
    output: Option<Utf8PathBuf>,
    /// Leaves variables as they are written; prints all services and resources.
    #[arg(long)]
    no_interpolate: bool,
    /// Adds nothing that the whole implies: default network, names, dependencies.
    #[arg(long)]
    no_normalize: bool,
    /// Leaves relative paths as they are.
    #[arg(long)]
    no_path_resolution: bool,
    /// Does not ask whether the parts fit together.
    #[arg(long)]
    no_consistency: bool,
    /// Leaves `env_file` of a service that is named and that no profile enables.
    #[arg(long)]
    no_env_resolution: bool,
    /// Puts the digest beside each image: the registry's, asked through the engine, else the engine's.
    #[arg(long)]
    resolve_image_digests: bool,
    /// Prints an override file with the digests alone.
    #[arg(long)]
    lock_image_digests: bool,
    /// Prints beside each value where it is written and how it came.
    #[arg(long)]
    provenance: bool,
    /// Prints nothing; says by its exit code whether the files are sound.
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    list: List,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Yaml,
    Json,
}

pub(super) fn run(config: Option<&Utf8Path>, arguments: &Arguments) -> u8 {
    let lists = arguments.list.asked();
    let list = lists.first().copied();
    let request = match request(config, arguments, list) {
        Ok(request) => request,
        Err(why) => {
            show(&why);
            return COULD_NOT;
        }
    };
    let depth = match list {
        Some(list) => list.depth(arguments.no_interpolate),
        None if arguments.no_interpolate => Depth::Untyped,
        None => Depth::Whole,
    };
    let mut loaded = match project::load(&request, depth) {
        Ok(loaded) => loaded,
        Err(refusal) => {
            refusal.0.into_iter().for_each(|refused| show(&told(refused, list, arguments)));
            return FINDINGS;
        }
    };
    tell_warnings(&loaded);
    ignored(&lists, arguments).iter().for_each(show);
    if list.is_none() && (arguments.resolve_image_digests || arguments.lock_image_digests) {
        if let Err(errors) = digests::resolve(&mut loaded) {
            errors.iter().for_each(show);
            return COULD_NOT;
        }
        if arguments.lock_image_digests {
            digests::keep_images(&mut loaded);
        }
    }
    if arguments.quiet {
        return SOUND;
    }
    if let Some(refused) = outside(&loaded, list) {
        show(&refused);
        return COULD_NOT;
    }
    let printed = match list {
        Some(list) => listed(list, &loaded, arguments),
        None => model(&loaded, arguments),
    };
    // YAML has escapes of its own by now.
    let printed = match arguments.format {
        Some(Form::Json) => printed.map(|text| visible::json(&text).into_owned()),
        _ if list.is_some() => printed.map(|text| visible::output(&text).into_owned()),
        _ => printed,
    };
    let written = printed.and_then(|text| match &arguments.output {
        Some(file) if list.is_none() => {
            std::fs::write(file, text).map_err(|why| format!("cannot write {file}: {why}"))
        }
        _ => write(&text),
    });
    match written {
        Ok(()) => SOUND,
        Err(why) => {
            show(&Diagnostic::error(why));
            FINDINGS
        }
    }
}

/// A refusal, with what may have been meant.
fn told(refused: Diagnostic, list: Option<Kind>, arguments: &Arguments) -> Diagnostic {
    if list == Some(Kind::Environment) && !arguments.wanted.is_empty() {
        return refused.note(
            "--environment lists variables, as it does in Compose; -e NAME takes an environment of seaworthy.yaml",
        );
    }
    refused
}

/// Warnings of what is asked for and, as in Compose, has no effect.
fn ignored(lists: &[Kind], arguments: &Arguments) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    if let [first, others @ ..] = lists
        && !others.is_empty()
    {
        let others: Vec<_> = others.iter().map(|list| list.switch()).collect();
        told.push(format!("only {} is printed, not {}", first.switch(), others.join(", ")));
    }
    let list = lists.first();
    if !arguments.wanted.is_empty() {
        let printed = match list {
            Some(list) if !list.is_of_services() => Some(list.switch()),
            None if arguments.no_interpolate => Some("--no-interpolate"),
            _ => None,
        };
        told.extend(printed.map(|switch| {
            let names = arguments.wanted.join(", ");
            format!("{switch} covers the whole project: naming {names} has no effect")
        }));
    }
    if let Some(list) = list {
        for (given, switch) in [
            (arguments.output.is_some(), "-o"),
            (arguments.resolve_image_digests, "--resolve-image-digests"),
            (arguments.lock_image_digests, "--lock-image-digests"),
        ] {
            if given {
                told.push(format!(
                    "{switch} has no effect on {}: it is for the model",
                    list.switch()
                ));
            }
        }
    }
    told.into_iter().map(Diagnostic::warning).collect()
}

/// Why the model is not printed: a file outside the repository says a part of it.
fn outside(loaded: &Loaded, list: Option<Kind>) -> Option<Diagnostic> {
    if list == Some(Kind::Environment) {
        let places = loaded.variables.iter().filter_map(|(_, _, origin)| match origin {
            VariableOrigin::EnvFile(place) => place.file().map(|file| (file, place.span())),
            _ => None,
        });
        let outer = places.filter(|(file, _)| loaded.journal.file(*file).is_outside());
        let (file, span) = outer.min_by_key(|(file, span)| (file.number(), span.start))?;
        let title = "a file outside the repository says a variable, and is not quoted";
        let source = loaded.journal.file(file);
        let mut diagnostic = Diagnostic::error(title).at(source, span, "");
        diagnostic.title = title.into();
        let path = source.path();
        let help =
            format!("`seaworthy config {} {path} --environment` prints it", crate::outside::OPTION);
        diagnostic.help = Some(help);
        return Some(diagnostic);
    }
    let mut found = Vec::new();
    loaded.journal.outer_values(&loaded.model, &mut found);
    let disabled = Node::new(Value::Mapping(loaded.disabled.clone()), Origin::IMPLIED);
    loaded.journal.outer_values(&disabled, &mut found);
    let (_, origin) = found.first()?;
    let title = "a file outside the repository says a part of the model, and is not quoted";
    let outer = loaded.journal.files().iter().find(|file| file.is_outside());
    let path = outer.map_or("PATH", |file| file.path().as_str());
    let help = format!("`seaworthy config {} {path}` prints it", crate::outside::OPTION);
    let mut diagnostic = Diagnostic::error(title);
    if let Some(file) = origin.place.file() {
        diagnostic = diagnostic.at(loaded.journal.file(file), origin.place.span(), "");
    }
    for step in loaded.journal.steps(*origin) {
        diagnostic.notes.extend(loaded.journal.describe(step));
    }
    // A place outside takes the words away; these are ours.
    diagnostic.title = title.into();
    diagnostic.help = Some(help);
    Some(diagnostic)
}

/// Each warning once, with each of its places once.
fn tell_warnings(loaded: &Loaded) {
    let mut told = BTreeSet::new();
    for warning in loaded.journal.warnings() {
        if told.insert((warning.title.clone(), warning.place())) {
            show(warning);
        }
    }
}

pub(super) fn write(text: &str) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Who reads no further has what they want.
        Err(why) if why.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|why| format!("cannot write: {why}")),
    }
}

fn request(
    config: Option<&Utf8Path>,
    arguments: &Arguments,
    list: Option<Kind>,
) -> Result<Request, Box<Diagnostic>> {
    let here = std::env::current_dir()
        .map_err(|why| Diagnostic::error(format!("cannot tell the current folder: {why}")))
        .map_err(Box::new)?;
    let here = Utf8PathBuf::from_path_buf(here)
        .map_err(|path| Box::new(Diagnostic::error(format!("{} is not UTF-8", path.display()))))?;
    let mut request = compose::request_from(&here);
    request.without = Without {
        interpolation: arguments.no_interpolate || list == Some(Kind::Variables),
        normalization: arguments.no_normalize || arguments.compatibility,
        path_resolution: arguments.no_path_resolution,
        consistency: arguments.no_consistency,
        env_resolution: arguments.no_env_resolution,
    };
    request.all_resources = arguments.all_resources;
    if list.is_none_or(Kind::is_of_services) {
        request.services.clone_from(&arguments.wanted);
    }
    request.project_name.clone_from(&arguments.project_name);
    if let Some(name) = &arguments.configured {
        let config = configuration(config)?;
        let Some(environment) = config.environments.get(name) else {
            let known = config.environments.keys().map(String::as_str);
            let known = crate::words::quoted_list(known);
            return Err(Box::new(
                Diagnostic::error(format!("there is no environment \"{name}\""))
                    .help(format!("seaworthy.yaml has {known}")),
            ));
        };
        compose::invocation(&config, environment, &[]).fill(&mut request);
    } else {
        request.files.clone_from(&arguments.files);
        request.env_files.clone_from(&arguments.env_files);
        request.named = [arguments.files.as_slice(), &arguments.env_files].concat();
        request.profiles.clone_from(&arguments.profiles);
        request.project_directory.clone_from(&arguments.project_directory);
    }
    Ok(request)
}

fn model(loaded: &Loaded, arguments: &Arguments) -> Result<String, String> {
    let raw = arguments.no_interpolate;
    if arguments.provenance {
        return match arguments.format {
            Some(Form::Json) => Err("--provenance prints YAML: leave --format out".into()),
            _ => loaded.annotated(raw),
        };
    }
    let format = if arguments.format == Some(Form::Json) { Format::Json } else { Format::Yaml };
    let mut text = loaded.print(format, raw)?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}
