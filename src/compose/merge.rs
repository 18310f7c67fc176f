//! Phase: lays a document over what earlier documents said.
//!
//! The Compose specification, section Merge. Mappings merge key by key, lists
//! are joined, anything else is replaced; [`RULES`] has the attributes that
//! are treated otherwise.

use std::sync::LazyLock;

use super::{
    journal::{Journal, Origin, Step},
    path::{Cursor, Table, Trail},
    tree::{Key, Mapping, Node, Text, Value},
    values::number,
    yaml::Reset,
};
use crate::diagnostic::Diagnostic;

/// How an attribute is merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// The later value, whatever it is.
    Replace,
    /// Both as lists of `KEY=value`, joined; [`super::unique`] then keeps the later of each key.
    Join,
    /// Both as lists of `host=address`, joined without repetitions.
    JoinNew,
    /// A string is the context of a build.
    Build,
    /// A list of names is a mapping to conditions.
    DependsOn,
    /// A list of names is a mapping to nothing.
    Names,
    /// Merged when both name the same driver, or one names none; else the later.
    Logging,
    /// Pools with the same subnet are merged.
    AddressPools,
}

/// The attributes with rules of their own, as compose-go lists them.
const RULES: &[(&str, Rule)] = &[
    ("networks.*.ipam.config", Rule::AddressPools),
    ("networks.*.labels", Rule::Join),
    ("volumes.*.labels", Rule::Join),
    ("services.*.annotations", Rule::Join),
    ("services.*.build", Rule::Build),
    ("services.*.build.args", Rule::Join),
    ("services.*.build.additional_contexts", Rule::Join),
    ("services.*.build.extra_hosts", Rule::JoinNew),
    ("services.*.build.labels", Rule::Join),
    ("services.*.command", Rule::Replace),
    ("services.*.depends_on", Rule::DependsOn),
    ("services.*.deploy.labels", Rule::Join),
    ("services.*.dns", Rule::Join),
    ("services.*.dns_opt", Rule::Join),
    ("services.*.dns_search", Rule::Join),
    ("services.*.entrypoint", Rule::Replace),
    ("services.*.env_file", Rule::Join),
    ("services.*.label_file", Rule::Join),
    ("services.*.environment", Rule::Join),
    ("services.*.extra_hosts", Rule::JoinNew),
    ("services.*.healthcheck.test", Rule::Replace),
    ("services.*.labels", Rule::Join),
    ("services.*.volumes.*.volume.labels", Rule::Join),
    ("services.*.logging", Rule::Logging),
    ("services.*.models", Rule::Names),
    ("services.*.networks", Rule::Names),
    ("services.*.sysctls", Rule::Join),
    ("services.*.tmpfs", Rule::Join),
    ("services.*.ulimits.*", Rule::Replace),
];

static TABLE: LazyLock<Table<Rule>> = LazyLock::new(|| Table::new(RULES));

/// Lays a document over a model.
///
/// # Errors
/// A [`Diagnostic`] where a mapping or a list is overridden by something else.
pub fn merge(model: &mut Mapping, over: Mapping, journal: &mut Journal) -> Result<(), Diagnostic> {
    Merge { journal }.mappings(model, over, Some(Table::<Rule>::root()), &Trail::ROOT)
}

/// Lays a service over the one that it extends.
///
/// # Errors
/// As [`merge`].
pub fn extend_service(
    base: &mut Mapping,
    service: Mapping,
    name: &str,
    journal: &mut Journal,
) -> Result<(), Diagnostic> {
    let cursor = TABLE.enter(&["services", name]);
    let services = Trail::ROOT.key("services");
    Merge { journal }.mappings(base, service, cursor, &services.key(name))
}

/// Takes away what a document resets.
pub fn reset(model: &mut Mapping, resets: &[Reset]) {
    for reset in resets {
        if let Some((last, path)) = reset.path.split_last() {
            let at = path.iter().try_fold(&mut *model, |mapping, key| {
                mapping.get_mut(key).and_then(Node::as_mapping_mut)
            });
            if let Some(mapping) = at {
                mapping.remove(last);
            }
        }
    }
}

struct Merge<'a> {
    journal: &'a mut Journal,
}

impl Merge<'_> {
    fn nodes(
        &mut self,
        base: &mut Node,
        mut over: Node,
        cursor: Option<Cursor>,
        trail: &Trail<'_>,
    ) -> Result<(), Diagnostic> {
        if let Some(rule) = cursor.and_then(|cursor| TABLE.row(cursor)) {
            return self.by_rule(rule, base, over, cursor, trail);
        }
        match (&mut base.value, over.value) {
            (_, Value::Null) => Ok(()),
            (Value::Mapping(base), Value::Mapping(over)) => {
                self.mappings(base, over, cursor, trail)
            }
            (Value::Sequence(base), Value::Sequence(over)) => {
                base.extend(over);
                Ok(())
            }
            (Value::Mapping(_) | Value::Sequence(_), value) => {
                over.value = value;
                Err(self.cannot_override(base, &over, trail))
            }
            (_, value) => {
                over.value = value;
                self.replace(base, over);
                Ok(())
            }
        }
    }

    fn mappings(
        &mut self,
        base: &mut Mapping,
        over: Mapping,
        cursor: Option<Cursor>,
        trail: &Trail<'_>,
    ) -> Result<(), Diagnostic> {
        base.merge_keys(over, |key, mine, other, theirs| {
            let below = cursor.and_then(|cursor| TABLE.step(cursor, key));
            self.nodes(mine, theirs, below, &trail.key(key))?;
            // A key is where it was last spoken of.
            if key.origin.place.file().is_some() {
                let earlier = Step::Override { earlier: key.origin.place };
                key.origin = self.journal.step(other.origin, earlier);
            }
            Ok(())
        })
    }

    fn replace(&mut self, base: &mut Node, mut over: Node) {
        if base.origin.place.file().is_some() {
            over.origin =
                self.journal.step(over.origin, Step::Override { earlier: base.origin.place });
        }
        *base = over;
    }

    fn by_rule(
        &mut self,
        rule: Rule,
        base: &mut Node,
        over: Node,
        cursor: Option<Cursor>,
        trail: &Trail<'_>,
    ) -> Result<(), Diagnostic> {
        match rule {
            Rule::Replace => self.replace(base, over),
            Rule::Join => {
                let mut items = as_list(base);
                let mut over = over;
                items.extend(as_list(&mut over));
                base.value = Value::Sequence(items);
            }
            Rule::JoinNew => {
                let mut items = as_list(base);
                let mut over = over;
                for item in as_list(&mut over) {
                    if !items.iter().any(|known| known.value.same(&item.value)) {
                        items.push(item);
                    }
                }
                base.value = Value::Sequence(items);
            }
            Rule::Build => {
                let over = build_of(over);
                *base = build_of(std::mem::replace(base, Node::new(Value::Null, Origin::IMPLIED)));
                return self.overlay(base, over, cursor, trail);
            }
            Rule::DependsOn | Rule::Names => {
                let condition = rule == Rule::DependsOn;
                let over = names(over, condition);
                *base = names(
                    std::mem::replace(base, Node::new(Value::Null, Origin::IMPLIED)),
                    condition,
                );
                return self.overlay(base, over, cursor, trail);
            }
            Rule::Logging => {
                let (Some(mine), Some(theirs)) = (base.as_mapping(), over.as_mapping()) else {
                    return Err(self.cannot_override(base, &over, trail));
                };
                let together = match (mine.get("driver"), theirs.get("driver")) {
                    (Some(mine), Some(theirs)) => mine.value.same(&theirs.value),
                    _ => true,
                };
                if together {
                    return self.overlay(base, over, cursor, trail);
                }
                self.replace(base, over);
            }
            Rule::AddressPools => return self.address_pools(base, &over, trail),
        }
        Ok(())
    }

    fn overlay(
        &mut self,
        base: &mut Node,
        over: Node,
        cursor: Option<Cursor>,
        trail: &Trail<'_>,
    ) -> Result<(), Diagnostic> {
        match (&mut base.value, over.value) {
            (_, Value::Null) => Ok(()),
            (Value::Mapping(base), Value::Mapping(over)) => {
                self.mappings(base, over, cursor, trail)
            }
            (_, value) => {
                let over = Node { value, origin: over.origin };
                Err(self.cannot_override(base, &over, trail))
            }
        }
    }

    fn address_pools(
        &mut self,
        base: &mut Node,
        over: &Node,
        trail: &Trail<'_>,
    ) -> Result<(), Diagnostic> {
        let (Some(mine), Some(theirs)) = (base.as_sequence(), over.as_sequence()) else {
            return Err(self.cannot_override(base, over, trail));
        };
        let (mut mine, theirs) = (mine.to_vec(), theirs.to_vec());
        let mut pools: Vec<Pool> = Vec::new();
        for at in 0..mine.len() {
            for (of, over) in theirs.iter().enumerate() {
                let subnet = over.get("subnet");
                let known = known_pool(&pools, &mine, &theirs, subnet);
                if !same(mine[at].get("subnet"), subnet) && known.is_none() {
                    pools.push(Pool::Theirs(of));
                    continue;
                }
                self.overlay(&mut mine[at], over.clone(), None, trail)?;
                match known_pool(&pools, &mine, &theirs, mine[at].get("subnet")) {
                    Some(known) => pools[known] = Pool::Mine(at),
                    None => pools.push(Pool::Mine(at)),
                }
            }
        }
        let pools = pools.into_iter().map(|pool| pool.of(&mine, &theirs).clone()).collect();
        base.value = Value::Sequence(pools);
        Ok(())
    }

    fn cannot_override(&self, base: &Node, over: &Node, trail: &Trail<'_>) -> Diagnostic {
        let title = format!(
            "cannot override {trail}: it is {}, and this is {}",
            base.value.kind(),
            over.value.kind()
        );
        let diagnostic =
            self.journal.point(Diagnostic::error(title), over.origin, over.value.kind());
        let diagnostic = match base.origin.place.file() {
            Some(file) => {
                diagnostic.at(self.journal.file(file), base.origin.place.span(), base.value.kind())
            }
            None => diagnostic,
        };
        diagnostic.help(format!(
            "write {} here too, or replace the whole with `!override`",
            base.value.kind()
        ))
    }
}

/// A pool in a list that is being merged.
///
/// compose-go merges into the earlier pool and lists it by reference: one that is merged once
/// more changes wherever it is listed already.
#[derive(Clone, Copy)]
enum Pool {
    Mine(usize),
    Theirs(usize),
}

impl Pool {
    fn of<'a>(self, mine: &'a [Node], theirs: &'a [Node]) -> &'a Node {
        match self {
            Self::Mine(at) => &mine[at],
            Self::Theirs(at) => &theirs[at],
        }
    }
}

/// Which of the pools has this subnet.
fn known_pool(
    pools: &[Pool],
    mine: &[Node],
    theirs: &[Node],
    subnet: Option<&Node>,
) -> Option<usize> {
    pools.iter().position(|pool| same(pool.of(mine, theirs).get("subnet"), subnet))
}

/// Whether both are missing, or there and the same.
fn same(a: Option<&Node>, b: Option<&Node>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.value.same(&b.value),
        (None, None) => true,
        _ => false,
    }
}

/// A value as a list: a mapping becomes sorted `key=value` strings, a string a list of one.
fn as_list(node: &mut Node) -> Vec<Node> {
    match std::mem::replace(&mut node.value, Value::Null) {
        Value::Sequence(items) => items,
        Value::String(text) => vec![Node::new(Value::String(text), node.origin)],
        Value::Mapping(mapping) => {
            let mut items = Vec::with_capacity(mapping.len());
            for (key, value) in mapping {
                pair(&mut items, &key, value);
            }
            items.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            items
        }
        _ => Vec::new(),
    }
}

fn pair(items: &mut Vec<Node>, key: &Key, value: Node) {
    match value.value {
        Value::Null => items.push(Node::string(key.text.clone(), key.origin)),
        Value::Sequence(values) => {
            for value in values {
                pair(items, key, value);
            }
        }
        _ => {
            let text = format!("{}={}", key.text, printed(&value.value));
            items.push(Node::string(text, value.origin));
        }
    }
}

/// A value as Go's `%v` prints it.
#[must_use]
pub fn printed(value: &Value) -> Text {
    match value {
        Value::String(text) | Value::Timestamp(text) => text.clone(),
        Value::Null => "<nil>".into(),
        Value::Bool(value) => value.to_string().into(),
        Value::Int(value) => value.to_string().into(),
        Value::Unsigned(value) => value.to_string().into(),
        Value::Float(value) => number::format_float64(*value).into(),
        Value::Sequence(items) => {
            let items: Vec<_> = items.iter().map(|item| printed(&item.value).to_string()).collect();
            format!("[{}]", items.join(" ")).into()
        }
        Value::Mapping(mapping) => {
            let mut entries: Vec<_> = mapping
                .iter()
                .map(|(key, node)| format!("{}:{}", key.text, printed(&node.value)))
                .collect();
            entries.sort();
            format!("map[{}]", entries.join(" ")).into()
        }
        Value::Marked(marked) => printed(&marked.1.value),
    }
}

fn build_of(node: Node) -> Node {
    if node.as_str().is_none() {
        return node;
    }
    let origin = node.origin;
    let mut build = Mapping::with_capacity(1);
    build.put("context", node);
    Node::new(Value::Mapping(build), origin)
}

/// A list of names as a mapping, each to what the short form of `depends_on` means or to nothing.
fn names(node: Node, condition: bool) -> Node {
    let origin = node.origin;
    let Value::Sequence(items) = node.value else { return node };
    let mut mapping = Mapping::new();
    for item in items {
        let Value::String(text) = item.value else { continue };
        let value =
            if condition { started(item.origin) } else { Node::new(Value::Null, item.origin) };
        mapping.insert(Key { text, origin: item.origin }, value);
    }
    Node::new(Value::Mapping(mapping), origin)
}

/// What a name in the short form of `depends_on` means.
#[must_use]
pub fn started(origin: Origin) -> Node {
    let mut dependency = Mapping::with_capacity(2);
    dependency.put("condition", Node::string("service_started", origin));
    dependency.put("required", Node::new(Value::Bool(true), origin));
    Node::new(Value::Mapping(dependency), origin)
}
