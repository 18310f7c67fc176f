//! What a model is without the parts that the schema does not accept.
//!
//! For a look at a project that Compose refuses: what remains is as it would be without the fault.

use super::{RuleId, SCHEMA, Schema, kinds};
use crate::compose::tree::{Mapping, Node, Value};

/// Takes out of a model what does not fit, the smallest parts that do.
pub fn prune(model: &mut Mapping) {
    let mut node =
        Node::new(Value::Mapping(std::mem::take(model)), crate::compose::journal::Origin::IMPLIED);
    fit(&SCHEMA, 0, &mut node);
    if let Value::Mapping(mapping) = node.value {
        *model = mapping;
    }
}

/// Whether a node fits a rule, if parts of it are taken out.
fn fit(schema: &Schema, id: RuleId, node: &mut Node) -> bool {
    if schema.accepts(id, node) {
        return true;
    }
    let rule = schema.rule(id);
    if rule.kinds & kinds(&node.value) == 0 {
        return false;
    }
    if !rule.one_of.is_empty() {
        let fits = |below: &RuleId| {
            let mut pruned = node.clone();
            (fit(schema, *below, &mut pruned) && schema.accepts(id, &pruned)).then_some(pruned)
        };
        let Some(pruned) = rule.one_of.iter().find_map(fits) else { return false };
        *node = pruned;
        return true;
    }
    match &mut node.value {
        Value::Sequence(items) => {
            if let Some(below) = rule.items {
                // A mapping of which nothing is left says nothing.
                let empty = |item: &Node| item.as_mapping().is_some_and(Mapping::is_empty);
                items.retain_mut(|item| {
                    let was_empty = empty(item);
                    fit(schema, below, item) && (was_empty || !empty(item))
                });
            }
            if rule.unique {
                let all = std::mem::take(items);
                for item in all {
                    if !items.iter().any(|known| super::equal(known, &item)) {
                        items.push(item);
                    }
                }
            }
        }
        Value::Mapping(mapping) => {
            let keys: Vec<String> = mapping.iter().map(|(key, _)| key.text.to_string()).collect();
            for key in keys {
                let below: Vec<RuleId> = rule.below(&key).collect();
                let good = match mapping.get_mut(&key) {
                    _ if below.is_empty() => !rule.closed,
                    Some(value) => below.iter().all(|id| fit(schema, *id, value)),
                    None => true,
                };
                if !good {
                    mapping.remove(&key);
                }
            }
        }
        _ => return false,
    }
    schema.accepts(id, node)
}

#[cfg(test)]
mod tests {
    use crate::compose::{
        project::{self, Depth},
        request::Request,
    };

    #[test]
    fn what_remains_is_the_model_without_its_faults() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = "services:\n  web:\n    imgae: x\n    image: a\n    ports: ['80:80', {tarket: 1}]\n    \
                    cap_add: [A, A, {}]\n    volumes: ['gone:/v']\n    deploy: {resources: {limits: {memory: []}}}\n    \
                    depends_on: [nobody]\n  other: text\nrules: {}\n";
        std::fs::write(folder.path().join("compose.yaml"), text).expect("a file");
        let mut request = Request {
            directory: folder.path().to_str().expect("UTF-8").to_owned(),
            ..Request::default()
        };
        assert!(project::load(&request, Depth::Whole).is_err(), "Compose refuses it");
        request.tolerant = true;
        let loaded = project::load(&request, Depth::Whole).expect("a model");
        let names: Vec<String> = loaded.services().map(|(key, _)| key.to_string()).collect();
        assert_eq!(names, ["web"]);
        let text = loaded.print(crate::compose::shape::Format::Json, false).expect("JSON");
        for part in ["\"image\": \"a\"", "\"published\": \"80\"", "gone", "\"A\""] {
            assert!(text.contains(part), "no {part} in {text}");
        }
        assert!(!text.contains("tarket") && !text.contains("imgae"), "{text}");
    }
}
