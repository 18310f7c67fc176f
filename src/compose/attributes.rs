//! Which attributes there are at all, by the Compose specification's schema: a sentence on an
//! attribute that no file can have would be true for ever, or false for ever.

use serde_json::Value as Json;

use super::schema::JSON;
use crate::words::did_you_mean;

/// The first part of a path that no file can have, and the nearest one that it can.
#[must_use]
pub fn unknown<'p>(path: &[&'p str]) -> Option<(&'p str, Option<String>)> {
    let mut rules = vec![&*JSON];
    for part in path {
        let rules_here = open(&rules);
        let mut next = Vec::new();
        let mut names = Vec::new();
        let mut anything = false;
        for rule in rules_here {
            let properties = rule.get("properties").and_then(Json::as_object);
            for (name, property) in properties.into_iter().flatten() {
                if name == part || *part == "*" {
                    next.push(property);
                }
                names.push(name.as_str());
            }
            let patterns = rule.get("patternProperties").and_then(Json::as_object);
            for (pattern, property) in patterns.into_iter().flatten() {
                match pattern.as_str() {
                    "^x-" => anything |= part.starts_with("x-"),
                    _ => next.push(property),
                }
            }
            match rule.get("additionalProperties") {
                Some(Json::Bool(false)) | None => {}
                Some(Json::Bool(true)) => anything = true,
                Some(property) => next.push(property),
            }
            let is_position = *part == "*" || part.parse::<usize>().is_ok();
            if let Some(items) = rule.get("items").filter(|_| is_position) {
                next.push(items);
            }
            // A mapping without a closed list of names takes any.
            let open_ended = ["properties", "patternProperties", "additionalProperties", "items"]
                .iter()
                .all(|key| rule.get(key).is_none());
            let holds = match rule.get("type") {
                None => true,
                Some(Json::Array(kinds)) => {
                    kinds.iter().any(|kind| kind.as_str() == Some("object"))
                }
                Some(kind) => kind.as_str() == Some("object"),
            };
            anything |= open_ended && holds;
        }
        if anything {
            return None;
        }
        if next.is_empty() {
            return Some((part, did_you_mean(part, names).map(str::to_owned)));
        }
        rules = next;
    }
    None
}

/// Rules with references and alternatives followed.
fn open<'s>(rules: &[&'s Json]) -> Vec<&'s Json> {
    let mut opened: Vec<&Json> = Vec::new();
    let mut open: Vec<&Json> = rules.to_vec();
    while let Some(rule) = open.pop() {
        let reference = rule.get("$ref").and_then(Json::as_str);
        if let Some(name) = reference.and_then(|path| path.strip_prefix("#/definitions/")) {
            open.extend(JSON.get("definitions").and_then(|all| all.get(name)));
            continue;
        }
        let mut alternatives = ["oneOf", "anyOf", "allOf"]
            .iter()
            .filter_map(|key| rule.get(key).and_then(Json::as_array))
            .flatten()
            .peekable();
        if alternatives.peek().is_some() {
            open.extend(alternatives);
            if rule.get("properties").is_none() {
                continue;
            }
        }
        opened.push(rule);
    }
    opened
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_of_the_specification_are_known_and_others_are_not() {
        for path in [
            "services.*.init",
            "services.*.security_opt",
            "services.app.ports.*.host_ip",
            "services.*.volumes.*.read_only",
            "services.app.environment.APP_DEBUG",
            "services.*.deploy.resources.limits.memory",
            "services.*.labels.*",
            "services.*.logging.options.max-size",
            "networks.*.internal",
            "services.*.x-anything.at.all",
            "services.*.ulimits.nofile.soft",
        ] {
            let parts: Vec<&str> = path.split('.').collect();
            assert_eq!(unknown(&parts), None, "{path}");
        }
        assert_eq!(
            unknown(&["services", "*", "privilegd"]),
            Some(("privilegd", Some("privileged".to_owned())))
        );
        assert_eq!(unknown(&["sevices", "*"]), Some(("sevices", Some("services".to_owned()))));
        assert_eq!(
            unknown(&["services", "*", "ports", "*", "hostip"]).map(|found| found.0),
            Some("hostip")
        );
        assert_eq!(unknown(&["services", "*", "init", "deep"]).map(|found| found.0), Some("deep"));
    }
}
