//! Does the suite notice a broken Compose file? Every line of PrimeHub's is changed, removed or
//! added to, one at a time, in its text; each mutation makes `check` fail, or stands in
//! `fixtures/declared/survivors.txt` with the reason why it may pass.

use std::{collections::BTreeMap, fs};

use seaworthy::{
    compose::{
        journal::Journal,
        tree::{Node, Value},
        yaml,
    },
    features::{Planned, Suite},
    run::Truth,
    source::Source,
};

use super::check::{Copy, Project};

const SURVIVORS: &str = "fixtures/declared/survivors.txt";

/// A changed text, and what was done to it.
struct Mutation {
    id: String,
    text: String,
}

/// The text as lines and bytes, for cutting.
struct Text<'t> {
    text: &'t str,
    found: Vec<Mutation>,
}

/// The last byte of a node and of everything in it.
fn end(node: &Node) -> usize {
    let own = node.origin.place.span().end;
    let below = match &node.value {
        Value::Sequence(items) => items.iter().map(end).max(),
        Value::Mapping(entries) => {
            entries.iter().map(|(key, node)| end(node).max(key.origin.place.span().end)).max()
        }
        _ => None,
    };
    below.unwrap_or(own)
}

impl Text<'_> {
    fn add(&mut self, id: String, text: String) {
        self.found.push(Mutation { id, text });
    }

    /// Without some bytes; whole lines if nothing else stands on them.
    fn without(&self, from: usize, to: usize) -> String {
        let line_start = self.text[..from].rfind('\n').map_or(0, |at| at + 1);
        let line_end = self.text[to..].find('\n').map_or(self.text.len(), |at| to + at + 1);
        let before = self.text[line_start..from].trim();
        let after = self.text[to..line_end].trim();
        if (before.is_empty() || before == "-") && after.is_empty() {
            return format!("{}{}", &self.text[..line_start], &self.text[line_end..]);
        }
        // An item of a list on one line: with its comma.
        let rest = self.text[to..].strip_prefix(", ");
        match (rest, self.text[..from].strip_suffix(", ")) {
            (Some(rest), _) => format!("{}{rest}", &self.text[..from]),
            (None, Some(before)) => format!("{before}{}", &self.text[to..]),
            (None, None) => format!("{}{}", &self.text[..from], &self.text[to..]),
        }
    }

    fn walk(&mut self, path: &str, from: usize, node: &Node) {
        let below = |key: &str| {
            if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
        };
        match &node.value {
            Value::Mapping(entries) => {
                for (key, value) in entries.iter() {
                    let key_span = key.origin.place.span();
                    // What an alias or a merge key brings stands elsewhere, and is changed there.
                    if key_span.start < from {
                        continue;
                    }
                    let path = below(key);
                    let text = self.without(key_span.start, end(value).max(key_span.end));
                    self.add(format!("remove {path}"), text);
                    self.walk(&path, key_span.start, value);
                }
            }
            Value::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    let span = item.origin.place.span();
                    let path = below(&index.to_string());
                    let text = self.without(span.start, end(item).max(span.end));
                    self.add(format!("remove {path}"), text);
                    self.walk(&path, from, item);
                }
            }
            _ => self.change(path, node),
        }
    }

    /// Another value in the place of a scalar, of the same kind.
    fn change(&mut self, path: &str, node: &Node) {
        let span = node.origin.place.span();
        let written = &self.text[span.clone()];
        let quoted = written.starts_with('"');
        let plain = written.trim_matches('"');
        let mut others: Vec<String> = Vec::new();
        match &node.value {
            Value::Bool(value) => others.push((!value).to_string()),
            Value::Int(value) => others.push((value + 1).to_string()),
            Value::Null => return,
            _ if path.contains(".ports.") => {
                others.push(
                    plain
                        .replacen("80", "81", 1)
                        .replacen("06:", "07:", 1)
                        .replacen("79:", "78:", 1)
                        .replacen("73:", "74:", 1),
                );
                let bare = plain.trim_start_matches("127.0.0.1:");
                others.push(if bare == plain {
                    format!("127.0.0.1:{plain}")
                } else {
                    bare.to_owned()
                });
                let (host, inner) = plain.rsplit_once(':').unwrap_or((plain, plain));
                others.push(format!("{host}:1{inner}"));
            }
            _ if path.contains("volumes.") => {
                others.push(match plain.strip_suffix(":ro") {
                    Some(writable) => writable.to_owned(),
                    None => format!("{plain}:ro"),
                });
                let (source, target) = plain.split_once(':').unwrap_or((plain, ""));
                others.push(format!("{source}-x:{target}"));
                others.push(format!("{source}:/elsewhere{target}"));
            }
            _ if path.ends_with("condition") => others.push("service_started".into()),
            _ if path.ends_with("restart") => others.push("\"no\"".into()),
            _ if plain.ends_with('s') && plain.starts_with(|c: char| c.is_ascii_digit()) => {
                others.push(format!("9{plain}"));
            }
            _ => others.push(format!("{plain}-x")),
        }
        for other in others {
            let value = if quoted { format!("\"{other}\"") } else { other.clone() };
            let text = format!("{}{value}{}", &self.text[..span.start], &self.text[span.end..]);
            self.add(format!("change {path} to {other}"), text);
        }
    }

    /// A further attribute of a service, if it has none of that name.
    fn further(&mut self, service: &str, key_end: usize, node: &Node) {
        const MORE: &[(&str, &str)] = &[
            ("privileged", "true"),
            ("ports", "[\"9999:9999\"]"),
            ("volumes", "[\"/etc:/host\"]"),
            ("environment", "{ FURTHER: value }"),
            ("network_mode", "host"),
            ("networks", "[primehub-network, default]"),
            ("profiles", "[further]"),
            ("cap_add", "[SYS_ADMIN]"),
            ("security_opt", "[\"seccomp:unconfined\"]"),
            ("user", "root"),
            ("pid", "host"),
            ("ipc", "host"),
            ("devices", "[/dev/sda]"),
            ("command", "further"),
            ("entrypoint", "further"),
            ("scale", "2"),
            ("tmpfs", "[/further]"),
            ("build", "."),
            ("depends_on", "[redis]"),
        ];
        for (key, value) in MORE {
            if node.get(key).is_some() || (*key == "depends_on" && service == "redis") {
                continue;
            }
            let text =
                format!("{}\n    {key}: {value}{}", &self.text[..key_end], &self.text[key_end..]);
            self.add(format!("add services.{service}.{key}: {value}"), text);
        }
        for (list, item) in [("ports", "\"9999:9999\""), ("volumes", "/etc:/host")] {
            let Some(first) = node.get(list).and_then(Node::as_sequence).and_then(<[Node]>::first)
            else {
                continue;
            };
            let start = first.origin.place.span().start;
            let line = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
            let text = format!("{}      - {item}\n{}", &self.text[..line], &self.text[line..]);
            self.add(format!("add to services.{service}.{list}: {item}"), text);
        }
        if let Some(first) = node
            .get("environment")
            .and_then(Node::as_mapping)
            .and_then(|entries| entries.iter().next())
        {
            let start = first.0.origin.place.span().start;
            let text =
                format!("{}FURTHER: value\n      {}", &self.text[..start], &self.text[start..]);
            self.add(format!("add to services.{service}.environment: FURTHER"), text);
        }
    }
}

fn mutations(text: &str) -> Vec<Mutation> {
    let source = Source::new("docker-compose.yml", text);
    let documents = yaml::read(&source, &mut Journal::default()).expect("a Compose file");
    let root = &documents[0].root;
    let mut mutated = Text { text, found: Vec::new() };
    mutated.walk("", 0, root);
    let services = root.get("services").and_then(Node::as_mapping).expect("services");
    for (name, node) in services.iter() {
        let line_end = text[name.origin.place.span().end..].find('\n').unwrap_or_default();
        mutated.further(name, name.origin.place.span().end + line_end, node);
    }
    let at = text.find("\nnetworks:").expect("networks") + 1;
    let service = "  further:\n    image: busybox:1.37\n\n";
    mutated.add("add services.further".into(), format!("{}{service}{}", &text[..at], &text[at..]));
    mutated.found
}

/// The survivors of one file, each with its reason.
fn survivors<'l>(list: &'l str, file: &str) -> BTreeMap<&'l str, &'l str> {
    let (mut ours, mut reason) = (false, None);
    let mut survivors = BTreeMap::new();
    for line in list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(section) = line.strip_prefix('[') {
            (ours, reason) = (section.strip_suffix(']') == Some(file), None);
        } else if let Some(id) = line.strip_prefix("  ") {
            let reason = reason.unwrap_or_else(|| panic!("{id}: no reason"));
            if ours {
                assert_eq!(survivors.insert(id, reason), None, "{id} stands there twice");
            }
        } else {
            reason = Some(line);
        }
    }
    survivors
}

/// The scenarios, those apart that speak of the same environments: most mutations are noticed by
/// the first of them, before the others are loaded.
fn parts(project: Project, file: &str) -> Vec<Project> {
    let Project { config, suite } = project;
    let of_file = |name: &String| {
        config.environments[name].files.iter().any(|path| path.file_name() == Some(file))
    };
    let mut parts: BTreeMap<(usize, Vec<String>), Vec<Planned>> = BTreeMap::new();
    for planned in suite.plan {
        let judged = planned.truths.contains(&Truth::Declared);
        if judged && planned.environments.iter().any(of_file) {
            let names = planned.environments.clone();
            parts.entry((names.len(), names)).or_default().push(planned);
        }
    }
    let part = |plan| Suite { features: Vec::new(), plan, steps: Vec::new() };
    parts
        .into_values()
        .map(|plan| Project { config: config.clone(), suite: part(plan) })
        .collect()
}

/// Every mutation of a file makes `check` fail, or stands in the list.
fn noticed_or_explained(name: &str, least: usize) {
    let list = fs::read_to_string(SURVIVORS).expect("the list of survivors");
    let mut listed = survivors(&list, name);
    let copy = Copy::new();
    let parts = parts(Project::read(copy.root()), name);
    let file = copy.root().join("docker/primehub").join(name);
    let text = fs::read_to_string(&file).expect("the Compose file");
    let (mut unnoticed, mut caught) = (Vec::new(), Vec::new());
    let mutations = mutations(&text);
    let count = mutations.len();
    for Mutation { id, text: mutated } in mutations {
        assert_ne!(mutated, text, "{id} changes nothing");
        fs::write(&file, &mutated).expect("a file");
        let noticed = parts.iter().any(Project::fails);
        match (noticed, listed.remove(id.as_str())) {
            (false, None) => unnoticed.push(id),
            (true, Some(_)) => caught.push(id),
            _ => {}
        }
    }
    assert!(count >= least, "{count} mutations");
    assert!(
        unnoticed.is_empty(),
        "no scenario notices these {} of {count}; add one, or list them in {SURVIVORS} with a reason: {unnoticed:#?}",
        unnoticed.len()
    );
    assert!(caught.is_empty(), "these are noticed: take them from {SURVIVORS}: {caught:#?}");
    assert!(listed.is_empty(), "{SURVIVORS} speaks of mutations that there are not: {listed:#?}");
}

#[test]
fn every_mutation_of_developments_compose_file_is_noticed_or_explained() {
    noticed_or_explained("docker-compose.yml", 200);
}

#[test]
fn every_mutation_of_productions_compose_file_is_noticed_or_explained() {
    noticed_or_explained("docker-compose.production.yml", 600);
}
