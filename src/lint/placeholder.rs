//! What a variable without a value is taken to be, by where it stands.
//!
//! A placeholder has to fit where it is put in: a port is a number, a bind mount is a
//! path. It is chosen so that no rule has anything to say about it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    compose::{
        journal::Journal,
        request::Request,
        template,
        tree::{Mapping, Node, Value},
        yaml,
    },
    source::Source,
};

/// The first port of those that nobody owns.
const FREE_PORTS: usize = 49_152;

/// Variables without a value, each with a placeholder: the required ones, or every one without a default.
pub fn wanted(sources: &[Arc<Source>], every: bool, request: &Request) -> BTreeMap<String, String> {
    let mut search = Search {
        every,
        request,
        found: BTreeMap::new(),
        declared: BTreeMap::new(),
        referred: BTreeSet::new(),
    };
    let read = |source| yaml::read(source, &mut Journal::default()).unwrap_or_default();
    let documents: Vec<Node> =
        sources.iter().flat_map(read).map(|document| document.root).collect();
    for document in &documents {
        search.note_declared(document);
        search.note_referred(document);
    }
    for document in &documents {
        search.walk(document, &mut Vec::new());
    }
    let given = request.placeholders.len();
    search
        .found
        .into_iter()
        .enumerate()
        .map(|(at, (name, fit))| {
            let value = match fit {
                Fit::Port => (FREE_PORTS + given + at).to_string(),
                Fit::Text(text) => text.to_owned(),
                Fit::Name(text) => text,
            };
            (name, value)
        })
        .collect()
}

/// What fits a place.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fit {
    /// A port number of its own.
    Port,
    /// A text.
    Text(&'static str),
    /// What makes the name of something that is declared.
    Name(String),
}

/// What services refer to by name.
const SECTIONS: &[&str] = &["networks", "volumes", "secrets", "configs", "models"];

/// What fits where nothing more is known.
const ANYTHING: Fit = Fit::Text("placeholder");

struct Search<'a> {
    every: bool,
    request: &'a Request,
    found: BTreeMap<String, Fit>,
    /// The names that are declared, by section.
    declared: BTreeMap<&'static str, Vec<String>>,
    /// The texts of services that have no variable.
    referred: BTreeSet<String>,
}

impl Search<'_> {
    fn note_declared(&mut self, document: &Node) {
        for section in SECTIONS {
            let names = document.get(section).and_then(Node::as_mapping);
            let names =
                names.into_iter().flat_map(Mapping::iter).map(|(key, _)| key.text.to_string());
            self.declared.entry(section).or_default().extend(names);
        }
    }

    fn note_referred(&mut self, document: &Node) {
        let mut waiting: Vec<&Node> = document.get("services").into_iter().collect();
        while let Some(node) = waiting.pop() {
            match &node.value {
                Value::String(text) if !text.contains('$') => {
                    self.referred.insert(text.to_string());
                }
                Value::Sequence(items) => waiting.extend(items),
                Value::Mapping(mapping) => waiting.extend(mapping.iter().map(|(_, node)| node)),
                _ => {}
            }
        }
    }

    /// What makes a reference of a service the name of something that is declared, where one name
    /// alone fits.
    fn name(&self, path: &[&str], before: &str, behind: &str) -> Option<Fit> {
        let (&section, rest) = path.strip_prefix(&["services"])?.get(1..)?.split_first()?;
        if !matches!(rest, [] | ["source"]) {
            return None;
        }
        let names = self.declared.get(section)?.iter();
        // Where nothing but the variable is written, any name fits that is not used otherwise.
        if before.is_empty() && behind.is_empty() {
            let mut names = names.filter(|_| section != "volumes");
            let first = names.clone().next()?;
            let free = names.find(|name| !self.referred.contains(*name));
            return Some(Fit::Name(free.unwrap_or(first).clone()));
        }
        let mut fitting = names
            .filter_map(|name| name.strip_prefix(before)?.strip_suffix(behind))
            .filter(|middle| !middle.is_empty());
        let first = fitting.next()?;
        fitting.all(|other| other == first).then(|| Fit::Name(first.to_owned()))
    }

    fn walk<'n>(&mut self, node: &'n Node, path: &mut Vec<&'n str>) {
        match &node.value {
            Value::String(text) => self.text(text, path),
            Value::Sequence(items) => items.iter().for_each(|item| self.walk(item, path)),
            Value::Mapping(mapping) => {
                for (key, value) in mapping.iter() {
                    path.push(&key.text);
                    self.walk(value, path);
                    path.pop();
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str, path: &[&str]) {
        let key = path.last().copied().unwrap_or_default();
        let mut names: Vec<(String, std::ops::Range<usize>)> = Vec::new();
        if let Ok(Some(found)) = template::substitute(text, &mut |_| Some("x".into())) {
            names.extend(found.uses.into_iter().map(|used| (used.name, used.span)));
        }
        for (name, span) in names {
            let wanted = if self.every {
                // With a default it has a value, if an empty one.
                let defaults = [":-", "-", ":+", "+"];
                !defaults.iter().any(|operator| text.contains(&format!("${{{name}{operator}")))
            } else {
                [":?", "?"].iter().any(|operator| text.contains(&format!("${{{name}{operator}")))
            };
            let has = |values: &BTreeMap<String, String>| {
                values.get(&name).is_some_and(|value| !value.is_empty())
            };
            if !wanted || has(&self.request.environment) || has(&self.request.placeholders) {
                continue;
            }
            let (before, behind) = (&text[..span.start], &text[span.end..]);
            let fit = self.name(path, before, behind).unwrap_or_else(|| fit(key, before, behind));
            let known = self.found.entry(name).or_insert_with(|| fit.clone());
            if *known == ANYTHING || matches!(fit, Fit::Name(_)) {
                *known = fit;
            }
        }
    }
}

/// What fits at a key, between the text before and the text behind.
fn fit(key: &str, before: &str, behind: &str) -> Fit {
    Fit::Text(match key {
        "ports" if before.is_empty() && behind.matches(':').count() >= 2 => "127.0.0.1",
        "ports" | "published" | "target" | "expose" | "port" => return Fit::Port,
        "volumes" => match (before.matches(':').count(), behind.starts_with(':')) {
            (0, true) if before.is_empty() => "./placeholder",
            (0, false) if before.is_empty() && !behind.is_empty() => "./placeholder",
            (0 | 1, _) if before.is_empty() || before.ends_with(':') => "/placeholder",
            (2, _) => "rw",
            _ => return ANYTHING,
        },
        "image" if before.is_empty() && behind.is_empty() => {
            "registry.example.com/placeholder:1.0.0"
        }
        "image" if before.is_empty() => "registry.example.com",
        "image" if before.ends_with(':') => "1.0.0",
        "privileged" | "read_only" | "tty" | "stdin_open" | "init" | "disable" | "external"
        | "internal" | "attachable" | "nocopy" | "required" | "oom_kill_disable"
        | "enable_ipv6" | "enable_ipv4" => "false",
        "replicas" | "scale" | "retries" | "cpus" | "cpu_shares" | "cpu_count" | "cpu_period"
        | "cpu_quota" | "pids_limit" | "pids" | "soft" | "hard" | "nofile" | "nproc"
        | "max_attempts" | "parallelism" | "count" => "1",
        "mem_limit" | "memory" | "mem_reservation" | "memswap_limit" | "shm_size" | "size" => {
            "256m"
        }
        "interval" | "timeout" | "start_period" | "start_interval" | "stop_grace_period"
        | "delay" | "monitor" | "window" => "30s",
        "restart" => "unless-stopped",
        "network_mode" => "bridge",
        "user" => "1000",
        "subnet" => "192.0.2.0/24",
        "ipv4_address" | "gateway" | "host_ip" => "192.0.2.2",
        "platform" => "linux/amd64",
        "driver" => "local",
        "context" | "env_file" | "path" | "file" | "source" if before.is_empty() => "./placeholder",
        _ => return ANYTHING,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placeholders(text: &str, every: bool) -> BTreeMap<String, String> {
        wanted(&[Source::new("compose.yaml", text)], every, &Request::default())
    }

    #[test]
    fn a_placeholder_fits_where_it_is_put_in() {
        let found = placeholders(
            "services:\n  a:\n    image: ${IMAGE}\n    privileged: ${ROOT}\n    mem_limit: $MEMORY\n    \
             ports: ['${ADDRESS}:${HOST}:80', '${OTHER}:81']\n    volumes: ['${DATA}:/data:${MODE}', 'x:${TARGET}']\n    \
             environment: {A: '${DATA}', B: '${WITH:-}'}\n",
            true,
        );
        let value = |name: &str| found.get(name).map(String::as_str);
        assert_eq!(value("IMAGE"), Some("registry.example.com/placeholder:1.0.0"));
        assert_eq!(value("ROOT"), Some("false"));
        assert_eq!(value("MEMORY"), Some("256m"));
        assert_eq!(value("ADDRESS"), Some("127.0.0.1"));
        assert_eq!(value("DATA"), Some("./placeholder"));
        assert_eq!(value("MODE"), Some("rw"));
        assert_eq!(value("TARGET"), Some("/placeholder"));
        assert_eq!(value("WITH"), None);
        let port = |name: &str| value(name).and_then(|value| value.parse::<u16>().ok());
        assert!(port("HOST").is_some() && port("OTHER").is_some());
        assert_ne!(port("HOST"), port("OTHER"), "two ports do not collide");
    }

    #[test]
    fn only_required_variables_are_wanted_first() {
        let text = "services:\n  a:\n    image: x:${TAG:?no tag}\n    hostname: ${NAME}\n";
        assert_eq!(placeholders(text, false).into_keys().collect::<Vec<_>>(), ["TAG"]);
    }
}
