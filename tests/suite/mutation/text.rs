//! Mutations of a Compose file, made in its text: everything in it is removed and changed, and
//! something is added to everything that can hold more.

use seaworthy::{
    compose::{
        journal::Journal,
        tree::{Mapping, Node, Value},
        yaml,
    },
    source::Source,
};

/// What a service is given that does not say it itself.
const MORE: &[(&str, &str)] = &[
    ("privileged", "true"),
    ("ports", "[\"9999:9999\"]"),
    ("volumes", "[\"/etc:/host\"]"),
    ("environment", "{ FURTHER: value }"),
    ("network_mode", "host"),
    ("networks", "[default]"),
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

/// What a service says in the place of what it shares with others.
const INSTEAD: &[(&str, &str)] = &[
    ("read_only", "false"),
    ("cap_drop", "[]"),
    ("restart", "\"no\""),
    ("logging", "{ driver: none }"),
    ("secrets", "[tls_key]"),
];

/// One more of each list.
const ITEMS: &[(&str, &str)] = &[
    ("ports", "\"9999:9999\""),
    ("volumes", "/etc:/host"),
    ("tmpfs", "/further"),
    ("secrets", "tls_key"),
    ("configs", "replica-init"),
    ("networks", "default"),
    ("security_opt", "\"seccomp:unconfined\""),
];

/// A changed text, and what was done to it.
pub struct Mutation {
    pub id: String,
    pub text: String,
}

/// The text as lines and bytes, for cutting.
struct Text<'t> {
    text: &'t str,
    found: Vec<Mutation>,
}

/// Every mutation of a Compose file.
pub fn mutations(text: &str) -> Vec<Mutation> {
    let source = Source::new("docker-compose.yml", text);
    let documents = yaml::read(&source, &mut Journal::default()).expect("a Compose file");
    let root = &documents[0].root;
    let mut mutated = Text { text, found: Vec::new() };
    mutated.walk("", 0, root);
    mutated.without_shares();
    for (name, node) in root.as_mapping().expect("a mapping").iter() {
        if name.starts_with("x-") {
            mutated.more_items(name, name.origin.place.span().start, node);
        }
    }
    let services = root.get("services").and_then(Node::as_mapping).expect("services");
    for (name, node) in services.iter() {
        mutated.further(name, name.origin.place.span().end, node);
    }
    let at = text.find("\nnetworks:").expect("networks") + 1;
    let service = "  further:\n    image: busybox:1.37\n\n";
    mutated.add("add services.further".into(), format!("{}{service}{}", &text[..at], &text[at..]));
    mutated.found
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

/// The entries of a mapping that stand behind a place, not where an alias or a merge key took
/// them from.
fn own(node: &Node, from: usize) -> impl Iterator<Item = (&str, usize, &Node)> {
    let entries = node.as_mapping().into_iter().flat_map(Mapping::iter);
    entries
        .map(|(key, node)| (&**key, key.origin.place.span().start, node))
        .filter(move |(_, start, _)| *start >= from)
}

impl Text<'_> {
    fn add(&mut self, id: String, text: String) {
        self.found.push(Mutation { id, text });
    }

    /// The end of the line in which a place is.
    fn line_end(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |found| at + found)
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |found| found + 1)
    }

    /// The end of what stands behind a key: an alias is the rest of its line, a list on one line
    /// has a bracket behind its last item.
    fn end_of_value(&self, key: usize, value: &Node) -> usize {
        let end = end(value);
        match self.text[end..].chars().next() {
            _ if end <= key || value.is_null() => self.line_end(key),
            // The last key in it has no value.
            Some(':') => self.line_end(end),
            Some(']' | '}') => end + 1,
            _ => end,
        }
    }

    /// Without some bytes; whole lines if nothing else stands on them.
    fn without(&self, from: usize, to: usize) -> String {
        let line_start = self.line_start(from);
        let line_end = (self.line_end(to) + 1).min(self.text.len());
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
                    let span = key.origin.place.span();
                    // What an alias or a merge key brings stands elsewhere, and is changed there.
                    if span.start < from {
                        continue;
                    }
                    let path = below(key);
                    let text = self.without(span.start, self.end_of_value(span.end, value));
                    self.add(format!("remove {path}"), text);
                    self.walk(&path, span.start, value);
                }
            }
            Value::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    let span = item.origin.place.span();
                    if span.start < from {
                        continue;
                    }
                    let path = below(&index.to_string());
                    let text = self.without(span.start, end(item).max(span.end));
                    self.add(format!("remove {path}"), text);
                    self.walk(&path, from, item);
                }
            }
            _ => self.change(path, node),
        }
    }

    /// Other values in the place of a scalar, of the same kind.
    fn change(&mut self, path: &str, node: &Node) {
        let span = node.origin.place.span();
        let written = &self.text[span.clone()];
        let quoted = written.starts_with('"');
        let others = match &node.value {
            Value::Bool(value) => vec![(!value).to_string()],
            Value::Int(value) => vec![(value + 1).to_string()],
            Value::Null => return,
            _ => others(path, written.trim_matches('"')),
        };
        for other in others {
            let value = if quoted { format!("\"{other}\"") } else { other.clone() };
            let text = format!("{}{value}{}", &self.text[..span.start], &self.text[span.end..]);
            self.add(format!("change {path} to {other}"), text);
        }
    }

    /// Without what a block shares with others.
    fn without_shares(&mut self) {
        let (mut at, mut block) = (0, "");
        for line in self.text.split_inclusive('\n') {
            let trimmed = line.trim();
            if let Some(share) = trimmed.strip_prefix("<<: *") {
                let text = format!("{}{}", &self.text[..at], &self.text[at + line.len()..]);
                self.add(format!("remove what {block} shares as {share}"), text);
            } else if let Some((name, _)) = trimmed.split_once(':') {
                block = name;
            }
            at += line.len();
        }
    }

    /// A further attribute of a service, if it has none of that name of its own.
    fn further(&mut self, service: &str, at: usize, node: &Node) {
        let says_itself = |key: &str| own(node, at).any(|(name, ..)| name == key);
        let instead = INSTEAD.iter().filter(|(key, _)| node.get(key).is_some());
        let line_end = self.line_end(at);
        for (key, value) in MORE.iter().chain(instead) {
            if says_itself(key) || (*key == "depends_on" && service == "redis") {
                continue;
            }
            let text =
                format!("{}\n    {key}: {value}{}", &self.text[..line_end], &self.text[line_end..]);
            self.add(format!("add services.{service}.{key}: {value}"), text);
        }
        self.more_items(&format!("services.{service}"), at, node);
    }

    /// A further item of each list and mapping of a block.
    fn more_items(&mut self, block: &str, from: usize, node: &Node) {
        for (key, start, value) in own(node, from) {
            let environment = Some(&("environment", "FURTHER: value"));
            let known = ITEMS.iter().chain(environment).find(|(list, _)| *list == key);
            let Some((_, item)) = known else { continue };
            let (first, item) = match &value.value {
                Value::Sequence(items) => {
                    (items.first().map(|item| item.origin.place.span().start), (*item).to_owned())
                }
                Value::Mapping(_) if key == "networks" => {
                    (own(value, start).next().map(|(_, at, _)| at), format!("{item}:"))
                }
                _ => (own(value, start).next().map(|(_, at, _)| at), (*item).to_owned()),
            };
            let Some(first) = first.filter(|first| *first >= start) else { continue };
            if self.text[start..end(value)].contains(&item) {
                continue;
            }
            let before = &self.text[self.line_start(first)..first];
            let between = match before.trim() {
                "" | "-" => format!("\n{before}"),
                _ => ", ".to_owned(),
            };
            let text = format!("{}{item}{between}{}", &self.text[..first], &self.text[first..]);
            self.add(format!("add to {block}.{key}: {item}"), text);
        }
    }
}

/// The first number in a text, and one more.
fn one_more(text: &str) -> Option<String> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let digits = text[start..].find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len() - start);
    let number: u64 = text[start..start + digits].parse().ok()?;
    Some(format!("{}{}{}", &text[..start], number + 1, &text[start + digits..]))
}

/// What may stand in the place of a text.
fn others(path: &str, plain: &str) -> Vec<String> {
    let mut others = Vec::new();
    let starts_with_digit = plain.starts_with(|c: char| c.is_ascii_digit());
    if path.contains(".ports.") {
        let (address, bare) = match plain.strip_prefix("127.0.0.1:") {
            Some(bare) => ("127.0.0.1:", bare),
            None => ("", plain),
        };
        others.extend(one_more(bare).map(|other| format!("{address}{other}")));
        others.push(if address.is_empty() { format!("127.0.0.1:{bare}") } else { bare.to_owned() });
        let (host, inner) = plain.rsplit_once(':').unwrap_or((plain, plain));
        others.push(format!("{host}:1{inner}"));
    } else if path.contains("volumes.") {
        let parts: Vec<&str> = plain.split(':').collect();
        let (source, target) = (parts[0], parts.get(1).copied().unwrap_or_default());
        others.push(match parts.get(2) {
            Some(_) => format!("{source}:{target}"),
            None => format!("{plain}:ro"),
        });
        others.push(format!("{source}-x:{target}"));
        others.push(format!("{source}:/elsewhere{target}"));
    } else if path.contains(".tmpfs.") {
        others.push(format!("/elsewhere{plain}"));
        let (target, options) = plain.split_once(':').unwrap_or((plain, ""));
        for left_out in options.split(',') {
            let left: Vec<&str> = options.split(',').filter(|other| *other != left_out).collect();
            others.push(format!("{target}:{}", left.join(",")));
            others.extend(
                one_more(left_out)
                    .map(|other| format!("{target}:{}", options.replacen(left_out, &other, 1))),
            );
        }
    } else if path.ends_with("condition") {
        others.push("service_started".into());
    } else if path.ends_with("restart") {
        others.push(if plain == "no" { "always".into() } else { "\"no\"".into() });
    } else if path.ends_with("user") {
        others.push("0:0".into());
        others.extend(one_more(plain));
    } else if let Some(yes) = plain.strip_suffix(":true") {
        others.push(format!("{yes}:false"));
    } else if starts_with_digit && plain.ends_with('s') {
        others.push(format!("9{plain}"));
    } else if starts_with_digit {
        others.extend(one_more(plain));
    } else {
        others.push(format!("{plain}-x"));
    }
    others
}
