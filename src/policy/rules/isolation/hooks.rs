//! Commands that the engine runs in a container beside its own: `post_start`, `pre_stop`, `develop.watch.*.exec`.

use super::containers::Container;
use crate::compose::tree::Node;

/// The hooks of a container, each with its path below the service.
pub fn hooks<'a>(container: &Container<'a>) -> Vec<(String, &'a Node)> {
    let mut found = Vec::new();
    for attribute in ["post_start", "pre_stop"] {
        let hooks = container.items(attribute).iter().enumerate();
        found.extend(hooks.map(|(at, hook)| (format!("{attribute}[{at}]"), hook)));
    }
    let watched =
        container.node.at(&["develop", "watch"]).and_then(Node::as_sequence).unwrap_or_default();
    for (at, trigger) in watched.iter().enumerate() {
        found.extend(trigger.get("exec").map(|hook| (format!("develop.watch[{at}].exec"), hook)));
    }
    found
}
