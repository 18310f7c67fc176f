//! Where a RabbitMQ sends the dead letters of a queue, by the lists that its own command line prints.
//!
//! A message that is rejected, expires, or finds its queue full goes to the queue's dead letter
//! exchange, under a key of its own or the one that it came with; what that exchange leads to no queue
//! is lost.

use std::collections::BTreeSet;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::ProbeError;

/// The command lines that list what is asked for here of a virtual host, in the order of [`Ways::read`].
#[must_use]
pub fn listings(host: &str) -> [Vec<String>; 4] {
    let lists: [&[&str]; 4] = [
        &["list_queues", "name", "arguments", "policy"],
        &["list_exchanges", "name", "type"],
        &["list_bindings", "source_name", "destination_name", "destination_kind", "routing_key"],
        &["list_policies"],
    ];
    lists.map(|list| {
        let words = ["rabbitmqctl", "--quiet", "--vhost", host, list[0], "--formatter", "json"];
        words.iter().chain(&list[1..]).map(|word| (*word).to_owned()).collect()
    })
}

#[derive(Debug, Deserialize)]
struct Queue {
    name: String,
    #[serde(default)]
    arguments: Value,
    /// The name of the policy that it is under.
    #[serde(default)]
    policy: Value,
}

#[derive(Debug, Deserialize)]
struct Policy {
    name: String,
    /// A map, or the text of one.
    definition: Value,
}

#[derive(Debug, Deserialize)]
struct Exchange {
    name: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Debug, Deserialize)]
struct Binding {
    source_name: String,
    destination_name: String,
    destination_kind: String,
    routing_key: String,
}

/// The queues and exchanges of a virtual host, and what leads from one to another.
#[derive(Debug)]
pub struct Ways {
    queues: Vec<Queue>,
    exchanges: Vec<Exchange>,
    bindings: Vec<Binding>,
    policies: Vec<Policy>,
}

/// Where dead letters go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letters {
    /// The exchange; the empty name leads to the queue that is called as the key is.
    pub exchange: String,
    /// The key that they get; none leaves them their own.
    pub key: Option<String>,
}

/// What an exchange leads to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// The queues.
    pub queues: BTreeSet<String>,
    /// What cannot be followed: exchanges of kinds that look at more than the key, by name and kind.
    pub unknown: Vec<String>,
    /// Exchanges that are not there.
    pub missing: Vec<String>,
}

fn list<T: DeserializeOwned>(printed: &str, what: &str) -> Result<Vec<T>, ProbeError> {
    // Warnings of Erlang may stand before it.
    let list = printed.find('[').map_or(printed, |at| &printed[at..]);
    serde_json::from_str(list)
        .map_err(|why| ProbeError::new(format!("read the list of {what}"), &why))
}

/// An entry of a table, as one version or another of the command line prints it: a map, or a list of
/// names with their values, between which a type may stand.
fn entry<'v>(table: &'v Value, name: &str) -> Option<&'v str> {
    match table {
        Value::Object(map) => map.get(name)?.as_str(),
        Value::Array(rows) => rows.iter().find_map(|row| match row {
            Value::Array(row) if row.first()?.as_str()? == name => row.last()?.as_str(),
            Value::Object(_) if row.get("key").or(row.get("name"))?.as_str()? == name => {
                row.get("value")?.as_str()
            }
            _ => None,
        }),
        _ => None,
    }
}

/// Whether a key fits the pattern of a topic: `*` is a word, `#` any number of them.
fn fits(pattern: &[&str], key: &[&str]) -> bool {
    match pattern {
        [] => key.is_empty(),
        ["#", rest @ ..] => (0..=key.len()).any(|from| fits(rest, &key[from..])),
        [first, rest @ ..] => key
            .split_first()
            .is_some_and(|(word, key)| (first == word || *first == "*") && fits(rest, key)),
    }
}

impl Ways {
    /// What those command lines printed.
    ///
    /// # Errors
    /// When one is no such list.
    pub fn read(printed: &[String]) -> Result<Self, ProbeError> {
        let at = |at: usize| printed.get(at).map_or("", String::as_str);
        let mut policies: Vec<Policy> = list(at(3), "policies")?;
        for policy in &mut policies {
            let map = policy.definition.as_str().and_then(|text| serde_json::from_str(text).ok());
            policy.definition = map.unwrap_or_else(|| policy.definition.take());
        }
        Ok(Self {
            queues: list(at(0), "queues")?,
            exchanges: list(at(1), "exchanges")?,
            bindings: list(at(2), "bindings")?,
            policies,
        })
    }

    /// The names of the queues, in order.
    #[must_use]
    pub fn queues(&self) -> BTreeSet<&str> {
        self.queues.iter().map(|queue| queue.name.as_str()).collect()
    }

    /// Where the dead letters of a queue go: as the queue itself says, or else its policy; none if they
    /// are dropped.
    #[must_use]
    pub fn letters(&self, queue: &str) -> Option<Letters> {
        let queue = self.queues.iter().find(|known| known.name == queue)?;
        let policy = self.policies.iter().find(|policy| queue.policy == policy.name.as_str());
        let said = |argument: &str, key: &str| {
            let own = entry(&queue.arguments, argument);
            own.or_else(|| entry(&policy?.definition, key)).map(str::to_owned)
        };
        let exchange = said("x-dead-letter-exchange", "dead-letter-exchange")?;
        let key = said("x-dead-letter-routing-key", "dead-letter-routing-key");
        Some(Letters { exchange, key })
    }

    /// The queues that dead letters of a queue come to: under the key that they get, or any under which
    /// messages come to the queue.
    #[must_use]
    pub fn reached(&self, queue: &str, letters: &Letters) -> Reached {
        let own = || {
            let to_it =
                |one: &&Binding| one.destination_name == queue && one.destination_kind == "queue";
            let bound = self.bindings.iter().filter(to_it).map(|one| one.routing_key.as_str());
            bound.chain([queue]).collect::<BTreeSet<&str>>()
        };
        let keys = letters.key.as_deref().map_or_else(own, |key| [key].into());
        let mut reached = Reached::default();
        for key in keys {
            self.follow(&letters.exchange, key, &mut Vec::new(), &mut reached);
        }
        reached
    }

    fn follow<'w>(
        &'w self,
        exchange: &'w str,
        key: &str,
        passed: &mut Vec<&'w str>,
        reached: &mut Reached,
    ) {
        if exchange.is_empty() {
            if self.queues.iter().any(|queue| queue.name == key) {
                reached.queues.insert(key.to_owned());
            }
            return;
        }
        if passed.contains(&exchange) {
            return;
        }
        passed.push(exchange);
        let Some(known) = self.exchanges.iter().find(|known| known.name == exchange) else {
            if !reached.missing.iter().any(|name| name == exchange) {
                reached.missing.push(exchange.to_owned());
            }
            return;
        };
        let words = |text: &'w str| text.split('.').collect::<Vec<&str>>();
        let of_key: Vec<&str> = key.split('.').collect();
        for binding in self.bindings.iter().filter(|binding| binding.source_name == exchange) {
            let leads = match known.kind.as_str() {
                "fanout" => true,
                "direct" => binding.routing_key == key,
                "topic" => fits(&words(&binding.routing_key), &of_key),
                kind => {
                    let told = format!("\"{exchange}\" ({kind})");
                    if !reached.unknown.contains(&told) {
                        reached.unknown.push(told);
                    }
                    false
                }
            };
            if leads && binding.destination_kind == "queue" {
                reached.queues.insert(binding.destination_name.clone());
            } else if leads {
                self.follow(&binding.destination_name, key, passed, reached);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ways() -> Ways {
        let queues = r#"warning: x
            [{"name":"tasks","arguments":{"x-dead-letter-exchange":"dlx"},"policy":""},
             {"name":"named","arguments":[["x-dead-letter-exchange","longstr",""],["x-dead-letter-routing-key","longstr","failed"]]},
             {"name":"policed","arguments":[],"policy":"letters"},
             {"name":"astray","arguments":[{"key":"x-dead-letter-exchange","type":"longstr","value":"gone"}]},
             {"name":"headed","arguments":{"x-dead-letter-exchange":"heads"}},
             {"name":"plain","arguments":[],"policy":""},
             {"name":"failed"}]"#;
        let exchanges = r#"[{"name":"","type":"direct"},{"name":"dlx","type":"direct"},{"name":"all","type":"fanout"},{"name":"topics","type":"topic"},{"name":"heads","type":"headers"}]"#;
        let bindings = r#"[
            {"source_name":"","destination_name":"tasks","destination_kind":"queue","routing_key":"tasks"},
            {"source_name":"dlx","destination_name":"all","destination_kind":"exchange","routing_key":"tasks"},
            {"source_name":"all","destination_name":"failed","destination_kind":"queue","routing_key":""},
            {"source_name":"topics","destination_name":"failed","destination_kind":"queue","routing_key":"a.#.c"},
            {"source_name":"topics","destination_name":"plain","destination_kind":"queue","routing_key":"a.*"},
            {"source_name":"heads","destination_name":"failed","destination_kind":"queue","routing_key":""}]"#;
        let policies = r#"[{"vhost":"/","name":"letters","definition":"{\"dead-letter-exchange\":\"topics\",\"dead-letter-routing-key\":\"a.b.c\"}"}]"#;
        let printed = [queues, exchanges, bindings, policies].map(str::to_owned);
        Ways::read(&printed).expect("lists")
    }

    #[test]
    fn dead_letters_are_followed_to_their_queue() {
        let ways = ways();
        let to = |queue: &str| ways.reached(queue, &ways.letters(queue).expect("it has some"));
        for queue in ["tasks", "named", "policed"] {
            let queues = ["failed".to_owned()].into();
            assert_eq!(to(queue), Reached { queues, ..Reached::default() }, "{queue}");
        }
        assert_eq!(ways.letters("plain"), None);
        assert_eq!(to("astray").missing, ["gone"]);
        assert_eq!(to("headed").unknown, ["\"heads\" (headers)"]);
        assert!(ways.queues().contains("plain"));
        assert!(Ways::read(&["Error", "[]", "[]", "[]"].map(str::to_owned)).is_err());
    }

    #[test]
    fn a_topic_fits_by_its_words() {
        let fits = |pattern: &str, key: &str| {
            let words = |text: &'static str| text.split('.').collect::<Vec<_>>();
            super::fits(&words(pattern.to_owned().leak()), &words(key.to_owned().leak()))
        };
        assert!(fits("#", "a.b") && fits("a.*", "a.b") && fits("a.#", "a") && fits("a.b", "a.b"));
        assert!(!fits("a.*", "a") && !fits("a.*", "a.b.c") && !fits("a.b", "a.c"));
    }
}
