//! What a run found out about who reaches whom, for whoever draws it.

use serde_json::Value;

use super::claims::list;

/// The port of a connection that no port should make.
pub const ANY: &str = "any port";

/// A sentence about a connection, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// Who reaches, or should not.
    pub from: String,
    /// Who is reached.
    pub to: String,
    /// On which port.
    pub port: String,
    /// Whether it should be so.
    pub is_wanted: bool,
    /// How the sentence ended: `passed`, `failed`, `undecided` or `not_run`.
    pub outcome: String,
}

/// The connections of an environment that a run as JSON speaks of.
///
/// # Errors
/// Why the JSON is no run of ours.
pub fn reached(run: &Value, environment: &str) -> Result<Vec<Reached>, String> {
    let mut found = Vec::new();
    for scenario in list(run, "scenarios")? {
        let steps = scenario.get("steps").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let word = |step: &'_ Value, key: &str| -> String {
            step.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let steps: Vec<(String, String)> =
            steps.iter().map(|step| (word(step, "text"), word(step, "outcome"))).collect();
        found.extend(in_steps(&steps, environment));
        found.extend(listed(scenario, environment));
    }
    Ok(found)
}

/// The connections of an environment that a closed list of a scenario was held against.
fn listed(scenario: &Value, environment: &str) -> Vec<Reached> {
    let items = |of: &Value, key: &str| -> Vec<Value> {
        of.get(key).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    if !items(scenario, "environments").iter().any(|name| name.as_str() == Some(environment)) {
        return Vec::new();
    }
    let steps = items(scenario, "steps");
    let connections = steps.iter().flat_map(|step| items(step, "connections"));
    let text = |of: &Value, key: &str| of.get(key).and_then(Value::as_str).map(str::to_owned);
    connections
        .filter_map(|one| {
            Some(Reached {
                from: text(&one, "from")?,
                to: text(&one, "to")?,
                port: text(&one, "port").unwrap_or_else(|| ANY.into()),
                is_wanted: one.get("is_wanted").and_then(Value::as_bool)?,
                outcome: text(&one, "outcome")?,
            })
        })
        .collect()
}

/// The connections of an environment that the sentences of a scenario speak of, each with its outcome.
#[must_use]
pub fn in_steps<S: AsRef<str>>(steps: &[(S, S)], environment: &str) -> Vec<Reached> {
    if !steps.iter().any(|(text, _)| is_of(text.as_ref(), environment)) {
        return Vec::new();
    }
    let said = |(text, outcome): &(S, S)| sentence(text.as_ref(), outcome.as_ref());
    steps.iter().filter_map(said).collect()
}

/// Whether a sentence is about an environment: `the running production environment`.
fn is_of(text: &str, environment: &str) -> bool {
    let name = text.strip_prefix("the ").and_then(|text| text.strip_suffix(" environment"));
    let name = name.map(|name| name.strip_prefix("running ").unwrap_or(name));
    name == Some(environment)
}

/// `service "app" reaches "db" on port 3306`.
fn sentence(text: &str, outcome: &str) -> Option<Reached> {
    let (from, rest) = text.strip_prefix("service \"")?.split_once('"')?;
    let (is_wanted, rest) = match rest.strip_prefix(" reaches \"") {
        Some(rest) => (true, rest),
        None => (false, rest.strip_prefix(" does not reach \"")?),
    };
    let (to, rest) = rest.split_once('"')?;
    let port = rest.strip_prefix(" on port ")?;
    let is_port = !port.is_empty() && port.bytes().all(|c| c.is_ascii_digit());
    is_port.then(|| Reached {
        from: from.to_owned(),
        to: to.to_owned(),
        port: port.to_owned(),
        is_wanted,
        outcome: outcome.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_of_an_environment_are_found_with_their_outcome() {
        let scenario = |environment: &str, text: &str, outcome: &str| {
            serde_json::json!({ "steps": [
                { "text": format!("the {environment} environment"), "outcome": "passed" },
                { "text": text, "outcome": outcome },
            ]})
        };
        let run = serde_json::json!({ "version": 1, "scenarios": [
            scenario("running dev", "service \"a\" reaches \"b\" on port 80", "passed"),
            scenario("running dev", "service \"a\" does not reach \"c\" on port 81", "failed"),
            scenario("prod", "service \"a\" reaches \"b\" on port 80", "failed"),
            scenario("dev", "service \"a\" reaches \"b\"", "failed"),
        ]});
        let found = reached(&run, "dev").expect("a run");
        let told: Vec<String> = found
            .iter()
            .map(|one| {
                format!("{} {} {} {} {}", one.from, one.to, one.port, one.is_wanted, one.outcome)
            })
            .collect();
        assert_eq!(told, ["a b 80 true passed", "a c 81 false failed"]);
        assert!(reached(&serde_json::json!([]), "dev").is_err());
    }
}
