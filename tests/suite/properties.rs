//! What holds of the loader for every project: an empty file changes nothing, what is printed
//! loads to the same, no bytes make it panic, and the same input gives the same output.

use std::{fs, path::Path};

use proptest::{
    collection::{btree_map, vec},
    prelude::*,
    sample::select,
    test_runner::Config,
};
use seaworthy::compose::{
    project::{self, Depth, Loaded},
    request::Request,
    shape::Format,
};
use serde_json::{Map, Value, json};

#[path = "../conformance/case.rs"]
#[expect(dead_code, reason = "the facts that only the comparison with the reference needs")]
mod case;

use case::Case;

const BOTH: &[Format] = &[Format::Yaml, Format::Json];

/// Cases that do not load to the same from what is printed of them, in which formats, and why.
/// `docker compose config` answers its own output so too.
const NOT_FIXED: &[(&str, &[Format], &str)] = &[
    ("build/ssh-list", &[Format::Yaml], SSH),
    ("build/ssh-mapping", &[Format::Yaml], SSH),
    ("canonical/ssh", &[Format::Yaml], SSH),
    ("paths/ssh", &[Format::Yaml], SSH),
    ("canonical/networks-and-models", &[Format::Json], MODELS),
    ("include/all-sections", &[Format::Json], MODELS),
    ("merge/models", &[Format::Json], MODELS),
    ("models/list-and-map", &[Format::Json], MODELS),
    ("gpus-devices/blkio", &[Format::Json], BLKIO),
    ("hash/provider-models-gpus", &[Format::Json], BLKIO),
    ("hash/scalars", &[Format::Json], ULIMITS),
    ("ulimits/yaml-pair", &[Format::Json], ULIMITS),
    ("ulimits/zero-and-negative", &[Format::Json], ULIMITS),
    ("configs/content-empty", BOTH, "an empty content is left out, and then there is none"),
    ("environment/empty-name", BOTH, "the list form takes an empty name, the printed map does not"),
    ("hooks/command-null", &[Format::Yaml], "YAML leaves out a command that is null"),
    ("interpolation/keys-are-left", BOTH, "dollar signs of keys are doubled and never halved"),
    ("merge/extra-hosts-map", BOTH, "an address is listed twice, which the schema refuses"),
    ("flags/lists-names", &[Format::Json], MODELS),
    ("flags/paths-ssh", &[Format::Yaml], SSH),
    ("flags/service-dependency-not-required", BOTH, NOT_REQUIRED),
    ("profiles/depends-on-disabled-not-required", BOTH, NOT_REQUIRED),
    ("units/bytes-negative-number", BOTH, "-1 is printed as text, and text cannot be negative"),
];

const SSH: &str = "an SSH key is printed as `id: path`, which is no form of it";
const MODELS: &str = "JSON leaves the models out that services refer to";
const BLKIO: &str = "JSON gives the attributes of block devices names of Go";
const NOT_REQUIRED: &str = "what is not required is not looked for";
const ULIMITS: &str = "JSON leaves out a limit that is 0";

fn config() -> Config {
    // What fails is printed whole: there is nothing to keep beside the sources.
    Config { cases: 200, failure_persistence: None, ..Config::default() }
}

/// What the arguments of a case ask for; what follows the switches of an output is left aside.
fn request(case: &Case) -> Request {
    let directory = fs::canonicalize(case.directory()).expect("a folder");
    let mut environment = case.facts.environment.clone();
    environment.insert("HOME".into(), "/home/nobody".into());
    let mut request = Request {
        directory: directory.to_string_lossy().into_owned(),
        environment,
        ..Request::default()
    };
    let mut arguments = case.facts.arguments.iter().cloned();
    while let Some(option) = arguments.next() {
        match option.as_str() {
            "--all-resources" => {
                request.all_resources = true;
                continue;
            }
            "--compatibility" => {
                request.without.normalization = true;
                continue;
            }
            "--dry-run" => continue,
            _ => {}
        }
        let value = arguments.next().expect("a value");
        match option.as_str() {
            "-f" => request.files.push(value),
            "-p" => request.project_name = Some(value),
            "--env-file" => request.env_files.push(value),
            "--profile" => request.profiles.push(value),
            "--project-directory" => request.project_directory = Some(value),
            _ => panic!("{}: {option} is not known here", case.name),
        }
    }
    request
}

fn load(request: &Request) -> Option<Loaded> {
    project::load(request, Depth::Whole).ok()
}

/// The canonical JSON; for what has none, the YAML.
fn canonical(loaded: &Loaded) -> Value {
    loaded.print(Format::Json, false).map_or_else(
        |_| {
            let text = loaded.print(Format::Yaml, false).expect("YAML");
            serde_yaml::from_str(&text).expect("YAML")
        },
        |text| serde_json::from_str(&text).expect("JSON"),
    )
}

/// The fixtures that are accepted, with what was asked for.
fn accepted() -> impl Iterator<Item = (Case, Request, Loaded)> {
    case::all().into_iter().filter(|case| case.facts.refused.is_none()).filter_map(|case| {
        let request = request(&case);
        let loaded = load(&request)?;
        Some((case, request, loaded))
    })
}

/// A request for the files that another one found by itself.
fn with_named_files(request: &Request) -> Option<Request> {
    if !request.files.is_empty() {
        return Some(request.clone());
    }
    let folder = Path::new(request.project_directory.as_deref().unwrap_or(&request.directory));
    let folder = Path::new(&request.directory).join(folder);
    let there = |name: &str| folder.join(name).is_file();
    let files: Vec<_> = [
        ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"],
        [
            "compose.override.yml",
            "compose.override.yaml",
            "docker-compose.override.yml",
            "docker-compose.override.yaml",
        ],
    ]
    .iter()
    .filter_map(|names| names.iter().find(|name| there(name)))
    .map(|name| folder.join(name).to_string_lossy().into_owned())
    .collect();
    let elsewhere = request.environment.contains_key("COMPOSE_FILE") || files.is_empty();
    (!elsewhere).then(|| Request { files, ..request.clone() })
}

#[test]
fn an_empty_file_laid_over_a_project_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wrong = Vec::new();
    let mut count = 0;
    for (case, request, loaded) in accepted() {
        let Some(mut request) = with_named_files(&request) else { continue };
        let before = canonical(&loaded);
        if load(&request).is_none_or(|named| canonical(&named) != before) {
            // `.env` may name the files.
            continue;
        }
        count += 1;
        for (at, text) in ["x-empty: 1\n", "services: {}\n", "{}\n"].into_iter().enumerate() {
            let file = folder.path().join(format!("empty-{at}.yaml"));
            fs::write(&file, text).expect("a file");
            request.files.push(file.to_string_lossy().into_owned());
            let after = load(&request).map(|loaded| canonical(&loaded)).map(|mut after| {
                after.as_object_mut().and_then(|model| model.shift_remove("x-empty"));
                after
            });
            request.files.pop();
            if after.as_ref() != Some(&before) {
                wrong.push(format!("{} and {text:?}: {}", case.name, difference(&before, after)));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 500, "{count} projects");
}

#[test]
fn what_is_printed_loads_to_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wrong = Vec::new();
    let mut count = 0;
    for (case, request, loaded) in accepted() {
        count += 1;
        for (format, name) in [(Format::Yaml, "printed.yaml"), (Format::Json, "printed.json")] {
            let Ok(printed) = loaded.print(format, false) else { continue };
            let again = printed_again(&loaded, &request, folder.path(), name, &printed, format);
            let exempt = NOT_FIXED
                .iter()
                .any(|(name, formats, _)| *name == case.name && formats.contains(&format));
            if exempt && again.as_ref() == Ok(&printed) {
                wrong.push(format!(
                    "{} as {name} loads to the same: take it off the list",
                    case.name
                ));
            } else if !exempt && again.as_ref() != Ok(&printed) {
                let told = lines_that_differ(&printed, &again.unwrap_or_else(|why| why));
                wrong.push(format!("{} as {name}: {told}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 500, "{count} projects");
}

/// Loads what was printed, in the same folder and with the same profiles, and prints it.
fn printed_again(
    loaded: &Loaded,
    request: &Request,
    folder: &Path,
    name: &str,
    text: &str,
    format: Format,
) -> Result<String, String> {
    let file = folder.join(name);
    fs::write(&file, text).expect("a file");
    let variable =
        |name: &str| request.environment.get(name).map(|value| (name.into(), value.clone()));
    let request = Request {
        directory: request.directory.clone(),
        files: vec![file.to_string_lossy().into_owned()],
        profiles: vec!["*".into()],
        project_directory: Some(loaded.folder.clone()),
        environment: ["HOME", "DOCKER_DEFAULT_PLATFORM"].into_iter().filter_map(variable).collect(),
        without: request.without,
        all_resources: request.all_resources,
        ..Request::default()
    };
    let again =
        project::load(&request, Depth::Whole).map_err(|refusal| format!("refused: {refusal}"))?;
    again.print(format, false)
}

fn difference(before: &Value, after: Option<Value>) -> String {
    let Some(after) = after else { return "refused".into() };
    let text = |value: &Value| serde_json::to_string_pretty(value).expect("JSON");
    lines_that_differ(&text(before), &text(&after))
}

/// The first lines in which two texts differ.
fn lines_that_differ(before: &str, after: &str) -> String {
    let mut pairs = before.lines().zip(after.lines());
    pairs.find(|(before, after)| before != after).map_or_else(
        || format!("{} and {} lines", before.lines().count(), after.lines().count()),
        |(before, after)| format!("{:?} became {:?}", before.trim(), after.trim()),
    )
}

/// Loads one file of these bytes, and prints it in every way if it is accepted.
fn outcome(folder: &Path, bytes: &[u8]) -> Result<String, String> {
    let file = folder.join("compose.yaml");
    fs::write(&file, bytes).expect("a file");
    let request = Request {
        directory: folder.to_string_lossy().into_owned(),
        files: vec!["compose.yaml".into()],
        environment: [("HOME", "/home/nobody"), ("ONE", "1"), ("EMPTY", "")]
            .map(|(name, value)| (name.into(), value.into()))
            .into(),
        ..Request::default()
    };
    let told = |diagnostics: &[seaworthy::diagnostic::Diagnostic]| {
        let told = diagnostics.iter().map(|told| seaworthy::diagnostic::render(told, false));
        told.collect::<Vec<_>>().join("\n")
    };
    let loaded = project::load(&request, Depth::Whole).map_err(|refusal| told(&refusal.0))?;
    let mut text = loaded.print(Format::Yaml, false)?;
    text += &loaded.print(Format::Json, false)?;
    text += &loaded.annotated(false)?;
    text += &told(loaded.journal.warnings());
    Ok(text)
}

/// A short text with what means something to YAML, to interpolation or to a short form.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,6}",
        "[a-zA-Z0-9./:_-]{1,12}",
        select(vec![
            "",
            " ",
            "yes",
            "null",
            "~",
            "0x1F",
            "010",
            "1e3",
            "2024-01-02",
            "$$",
            "${ONE}",
            "${NONE:-a b}",
            "${EMPTY-x}",
            "$ONE$$ONE",
            "a: b",
            "- a",
            "#",
            "é\u{1f600}",
            "two\nlines\n",
            "tab\there",
            "\"",
            "'",
            "a=b",
            "=",
            "%",
            "@x",
            "!x",
            "&x",
            "*x",
            "|",
            ">",
        ])
        .prop_map(str::to_owned),
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        text().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        Just(Value::Null),
    ]
}

fn texts(of: impl Strategy<Value = String>) -> impl Strategy<Value = Value> {
    vec(of, 0..4).prop_map(Value::from)
}

fn pairs() -> impl Strategy<Value = Value> {
    prop_oneof![
        btree_map("[A-Z]{1,3}", scalar(), 0..5)
            .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        texts("[A-Z]{1,3}=[a-z$]{0,4}"),
    ]
}

/// An attribute of a service with a value that is mostly one it can have.
fn attribute() -> impl Strategy<Value = (&'static str, Value)> {
    let named = |names: &'static [&'static str], value: BoxedStrategy<Value>| {
        (select(names), value).boxed()
    };
    prop_oneof![
        named(
            &["image", "hostname", "user", "working_dir", "stop_signal"],
            text().prop_map(Value::from).boxed()
        ),
        named(
            &["command", "entrypoint"],
            prop_oneof![text().prop_map(Value::from), texts(text())].boxed()
        ),
        named(&["environment", "labels", "annotations", "sysctls"], pairs().boxed()),
        named(
            &["init", "privileged", "read_only", "tty"],
            any::<bool>().prop_map(Value::from).boxed()
        ),
        named(
            &["ports"],
            texts("(127\\.0\\.0\\.1:)?([0-9]{2,4}:)?[1-9][0-9]{1,3}(/(tcp|udp))?").boxed()
        ),
        named(
            &["volumes"],
            texts("(\\./[a-z]{1,3}|[a-z]:|/[a-z]{1,3}):/[a-z]{1,4}(:(ro|rw|z))?").boxed()
        ),
        named(&["dns", "tmpfs", "cap_add", "expose", "group_add"], texts("[a-z0-9.]{1,8}").boxed()),
        named(&["mem_limit", "shm_size"], "[0-9]{1,4}[bkmg]?".prop_map(Value::from).boxed()),
        named(&["stop_grace_period"], "[0-9]{1,3}(ms|s|m|h)".prop_map(Value::from).boxed()),
        named(
            &["restart"],
            select(vec!["no", "always", "on-failure:3"]).prop_map(Value::from).boxed()
        ),
        named(&["cpus", "scale", "pids_limit"], (0..5).prop_map(Value::from).boxed()),
        named(&["extra_hosts"], texts("[a-z]{1,3}[:=][0-9]\\.[0-9]\\.[0-9]\\.[0-9]").boxed()),
        named(&["networks", "depends_on"], texts("[ab]").boxed()),
        named(
            &["healthcheck"],
            text().prop_map(|test| json!({"test": test, "interval": "90s"})).boxed()
        ),
        named(
            &["build"],
            text().prop_map(|args| json!({"context": ".", "args": {"A": args}})).boxed()
        ),
        named(&["x-any"], scalar().boxed()),
    ]
}

fn tree() -> impl Strategy<Value = Value> {
    let service = vec(attribute(), 0..7).prop_map(|attributes| {
        let mut service = Map::new();
        service.insert("image".into(), "nginx".into());
        service.extend(attributes.into_iter().map(|(name, value)| (name.to_owned(), value)));
        Value::Object(service)
    });
    btree_map("[abc]", service, 1..4).prop_map(|services| {
        let services: Map<_, _> = services.into_iter().collect();
        json!({"name": "random", "services": services, "networks": {"a": {}, "b": null}})
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_bytes_make_the_loader_panic(bytes in vec(any::<u8>(), 0..300)) {
        let folder = tempfile::tempdir().expect("a folder");
        let _ = outcome(folder.path(), &bytes);
    }

    #[test]
    fn no_change_of_a_fixture_makes_the_loader_panic(
        which in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
        length in 0..12_usize,
        piece in prop_oneof![text(), "[\\[\\]{}:,&*!|>'\"%@# \n\t$-]{1,4}"],
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let cases = case::all();
        let case = which.get(&cases);
        let mut bytes = fs::read(case.directory().join("compose.yaml")).unwrap_or_default();
        let start = cut.index(bytes.len() + 1);
        let end = (start + length).min(bytes.len());
        bytes.splice(start..end, piece.bytes());
        let _ = outcome(folder.path(), &bytes);
    }

    #[test]
    fn the_same_project_gives_the_same_bytes(tree in tree()) {
        let folder = tempfile::tempdir().expect("a folder");
        let text = serde_yaml::to_string(&tree).expect("YAML");
        let first = outcome(folder.path(), text.as_bytes());
        prop_assert_eq!(first, outcome(folder.path(), text.as_bytes()));
    }

    #[test]
    fn what_is_printed_of_any_project_loads_to_the_same(tree in tree()) {
        let folder = tempfile::tempdir().expect("a folder");
        let request = Request {
            directory: folder.path().to_string_lossy().into_owned(),
            files: vec!["compose.yaml".into()],
            environment: [("HOME", "/home/nobody"), ("ONE", "1"), ("EMPTY", "")]
                .map(|(name, value)| (name.into(), value.into()))
                .into(),
            ..Request::default()
        };
        let file = folder.path().join("compose.yaml");
        fs::write(file, serde_yaml::to_string(&tree).expect("YAML")).expect("a file");
        if let Some(loaded) = load(&request) {
            for (format, name) in [(Format::Yaml, "p.yaml"), (Format::Json, "p.json")] {
                let printed = loaded.print(format, false).expect("it can be printed");
                let again =
                    printed_again(&loaded, &request, folder.path(), name, &printed, format);
                prop_assert_eq!(again, Ok(printed));
            }
        }
    }
}
