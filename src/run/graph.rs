//! What is drawn, as plain data.

/// A picture of one environment, or of the differences of two.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// What it is a picture of: `production`.
    pub title: String,
    /// Groups of services that are on the same networks.
    pub zones: Vec<Zone>,
    /// The host, services, volumes.
    pub nodes: Vec<Node>,
    /// What connects them.
    pub edges: Vec<Edge>,
    /// Whether it shows what two environments differ in.
    pub is_difference: bool,
}

/// All services that are on the same networks: a service on two networks stands in a zone of both, so
/// that no zone overlaps another, and who may reach whom is who has a network in common.
#[derive(Debug, Clone)]
pub struct Zone {
    /// The networks, by their keys; `host's own network` and the like for services on none.
    pub networks: Vec<String>,
    /// Whether any of them leads out of the stack.
    pub leads_out: bool,
    /// What came of it between two environments.
    pub change: Change,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// This machine and all that reaches it.
    Host,
    /// A service.
    Service,
    /// A volume that several services share; what one service alone has is told in its box.
    Volume,
}

/// A box.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Its key in the Compose files.
    pub name: String,
    /// The zone it stands in, by its number.
    pub zone: Option<usize>,
    /// How many containers it has.
    pub replicas: String,
    /// What stands below its name, a line each.
    pub lines: Vec<String>,
    /// What is told of it on demand.
    pub about: Vec<String>,
    /// Where a click on it leads.
    pub link: Option<String>,
    /// What came of it between two environments.
    pub change: Change,
}

/// Why two boxes are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeKind {
    /// The host leads to a service.
    Publishes,
    /// A service may reach another, and names it.
    Reaches,
    /// A service waits for another that it does not reach.
    Waits,
    /// A service has a volume.
    Mounts,
}

/// What is known of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Seen.
    Proven,
    /// Not so.
    Broken,
    /// Nobody could look.
    Undecided,
    /// Nobody looked.
    NotAsked,
}

/// What came of something between two environments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// The same in both, or there is one environment only.
    #[default]
    Same,
    /// Only in the second.
    Added,
    /// Only in the first.
    Removed,
    /// In both, and not the same.
    Changed,
}

/// A connection.
#[derive(Debug, Clone)]
pub struct Edge {
    /// Where it starts, by the node's number.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// Why.
    pub kind: EdgeKind,
    /// Ports, or how a volume is mounted; a piece each.
    pub labels: Vec<String>,
    /// What is told of it on demand.
    pub about: Vec<String>,
    /// What is known of it; nothing where the picture is of the files alone.
    pub state: Option<State>,
    /// Where a click on it leads.
    pub link: Option<String>,
    /// What came of it between two environments.
    pub change: Change,
}

impl State {
    /// Its sign: people who see no colours have it.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Proven => "✓",
            Self::Broken => "✗",
            Self::Undecided => "?",
            Self::NotAsked => "–",
        }
    }

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Broken => "broken",
            Self::Undecided => "undecided",
            Self::NotAsked => "not asked",
        }
    }
}

impl Change {
    /// Its sign; nothing for what is the same.
    #[must_use]
    pub const fn sign(self) -> Option<&'static str> {
        match self {
            Self::Same => None,
            Self::Added => Some("+"),
            Self::Removed => Some("−"),
            Self::Changed => Some("~"),
        }
    }

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

impl EdgeKind {
    /// How it reads between the names of both ends.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Publishes => "leads to",
            Self::Reaches => "reaches",
            Self::Waits => "waits for",
            Self::Mounts => "mounts",
        }
    }
}

impl Zone {
    /// `front + database`, where something else says whether it leads out.
    #[must_use]
    pub fn name(&self) -> String {
        let change = self.change.sign().map(|sign| format!("{sign} ")).unwrap_or_default();
        format!("{change}{}", self.networks.join(" + "))
    }

    /// `front + database · no way out`.
    #[must_use]
    pub fn title(&self) -> String {
        let way = if self.leads_out { "" } else { " · no way out" };
        format!("{}{way}", self.name())
    }
}

impl Node {
    /// A node of which nothing is told yet.
    #[must_use]
    pub fn new(kind: NodeKind, name: &str) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            zone: None,
            replicas: String::new(),
            lines: Vec::new(),
            about: Vec::new(),
            link: None,
            change: Change::Same,
        }
    }

    /// `~ queue ×3`.
    #[must_use]
    pub fn heading(&self) -> String {
        let change = self.change.sign().map(|sign| format!("{sign} ")).unwrap_or_default();
        let replicas = match self.replicas.as_str() {
            "" | "1" => String::new(),
            several => format!(" ×{several}"),
        };
        format!("{change}{}{replicas}", self.name)
    }
}

impl Edge {
    /// An edge of which nothing is told yet.
    #[must_use]
    pub const fn new(from: usize, to: usize, kind: EdgeKind) -> Self {
        Self {
            from,
            to,
            kind,
            labels: Vec::new(),
            about: Vec::new(),
            state: None,
            link: None,
            change: Change::Same,
        }
    }

    /// What stands on it: `✓ 3306`; nothing where there is nothing to say.
    #[must_use]
    pub fn label(&self) -> String {
        const MANY: usize = 3;
        let signs = [self.change.sign(), self.state.map(State::sign)].into_iter().flatten();
        let mut shown = self.labels.iter().take(MANY).cloned().collect::<Vec<_>>().join(", ");
        if self.labels.len() > MANY {
            shown = format!("{shown} +{}", self.labels.len() - MANY);
        }
        let parts = signs.map(str::to_owned).chain((!shown.is_empty()).then_some(shown));
        parts.collect::<Vec<_>>().join(" ")
    }
}

impl Graph {
    /// The title of what an environment differs in from another: `development → production`.
    #[must_use]
    pub fn between(before: &str, after: &str) -> String {
        format!("{before} → {after}")
    }

    /// The number of a node.
    #[must_use]
    pub fn node(&self, kind: NodeKind, name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.kind == kind && node.name == name)
    }

    /// What is told of an edge: `app reaches db on 3306: proven`.
    #[must_use]
    pub fn told(&self, edge: &Edge) -> String {
        let name = |at: usize| self.nodes.get(at).map_or("", |node| node.name.as_str());
        let mut told = format!("{} {} {}", name(edge.from), edge.kind.word(), name(edge.to));
        let ports = edge.labels.join(", ");
        if !ports.is_empty() {
            let joint = match edge.kind {
                EdgeKind::Reaches => " on ",
                EdgeKind::Publishes => " by ",
                EdgeKind::Waits | EdgeKind::Mounts => ", ",
            };
            told.extend([joint, ports.as_str()]);
        }
        told.extend(edge.state.iter().flat_map(|state| [": ", state.word()]));
        if edge.change != Change::Same {
            told.extend([": ", edge.change.word()]);
        }
        told
    }

    /// Marks what is known of a service's connection to another, with where its evidence is found. A
    /// connection that the files gave no reason for is drawn from now on. Of several marks the worst
    /// stays: what is broken, then what nobody could look at.
    ///
    /// Whether both services are in the picture.
    pub fn mark(
        &mut self,
        (from, to, port): (&str, &str, &str),
        state: State,
        link: Option<&str>,
    ) -> bool {
        let service = |name| self.node(NodeKind::Service, name);
        let (Some(from), Some(to)) = (service(from), service(to)) else { return false };
        let is_theirs =
            |edge: &Edge| (edge.from, edge.to) == (from, to) && edge.kind == EdgeKind::Reaches;
        let has_port = |edge: &Edge| edge.labels.iter().any(|label| label == port);
        let known = self.edges.iter().position(|edge| is_theirs(edge) && has_port(edge));
        // A connection whose port no file tells is this one.
        let open = || self.edges.iter().position(|edge| is_theirs(edge) && edge.labels.is_empty());
        let at = known.or_else(open).unwrap_or_else(|| {
            self.edges.push(Edge::new(from, to, EdgeKind::Reaches));
            self.edges.len() - 1
        });
        let Some(edge) = self.edges.get_mut(at) else { return false };
        let mut apart = None;
        if edge.labels.len() > 1 {
            // Each of several ports has a verdict of its own.
            edge.labels.retain(|label| label != port);
            apart = Some(Edge { labels: vec![port.to_owned()], ..edge.clone() });
        } else {
            edge.labels = vec![port.to_owned()];
        }
        let marked = match apart {
            Some(apart) => {
                self.edges.insert(at + 1, apart);
                self.edges.get_mut(at + 1)
            }
            None => self.edges.get_mut(at),
        };
        let Some(marked) = marked else { return false };
        let weight = |state: State| match state {
            State::Broken => 3,
            State::Undecided => 2,
            State::Proven => 1,
            State::NotAsked => 0,
        };
        if marked.state.is_none_or(|known| weight(known) < weight(state)) {
            marked.state = Some(state);
            marked.link = link.map(str::to_owned);
        }
        true
    }

    /// Every text that is shown, for whoever takes secrets out of it.
    pub fn each_text(&mut self, mut change: impl FnMut(&mut String)) {
        change(&mut self.title);
        self.zones.iter_mut().flat_map(|zone| &mut zone.networks).for_each(&mut change);
        for node in &mut self.nodes {
            change(&mut node.name);
            node.lines.iter_mut().chain(&mut node.about).for_each(&mut change);
        }
        for edge in &mut self.edges {
            edge.labels.iter_mut().chain(&mut edge.about).for_each(&mut change);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph() -> Graph {
        let nodes = ["a", "b", "c"].map(|name| Node::new(NodeKind::Service, name)).to_vec();
        let edge =
            Edge { labels: vec!["80".into(), "81".into()], ..Edge::new(0, 1, EdgeKind::Reaches) };
        Graph { nodes, edges: vec![edge], ..Graph::default() }
    }

    #[test]
    fn a_port_of_several_gets_its_own_verdict() {
        let mut graph = graph();
        assert!(graph.mark(("a", "b", "81"), State::Proven, Some("#x")));
        let labels: Vec<String> = graph.edges.iter().map(Edge::label).collect();
        assert_eq!(labels, ["80", "✓ 81"]);
        assert_eq!(graph.edges[1].link.as_deref(), Some("#x"));
        assert!(graph.mark(("a", "b", "80"), State::Undecided, None));
        let labels: Vec<String> = graph.edges.iter().map(Edge::label).collect();
        assert_eq!(labels, ["? 80", "✓ 81"]);
    }

    #[test]
    fn a_connection_without_a_reason_is_drawn_once_it_is_marked_and_the_worst_stays() {
        let mut graph = graph();
        assert!(graph.mark(("b", "c", "9"), State::Broken, None));
        assert!(graph.mark(("b", "c", "9"), State::Proven, Some("#y")));
        let edge = &graph.edges[1];
        assert_eq!((edge.from, edge.to, edge.label().as_str()), (1, 2, "✗ 9"));
        assert_eq!(edge.link, None);
        assert_eq!(graph.told(edge), "b reaches c on 9: broken");
        assert!(!graph.mark(("b", "nobody", "9"), State::Broken, None));
    }
}
