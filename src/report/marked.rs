//! The drawings of a run, with what it found out about the connections.

use crate::{
    diagram::{EdgeKind, Graph, State},
    document::reached::{ANY, Reached, in_steps},
    run::{Outcome, Run, ScenarioRun, Truth},
};

/// A drawing of an environment with what the scenarios say of its connections; `link` is where the
/// evidence of one is found.
///
/// A connection is proven by the running stack alone; the files can break it too.
pub(super) fn marked(
    run: &Run,
    environment: &str,
    graph: &Graph,
    link: impl Fn(&ScenarioRun) -> Option<String>,
) -> Graph {
    let mut graph = graph.clone();
    for scenario in &run.scenarios {
        let link = link(scenario);
        for reached in reached(scenario, environment) {
            let state = state(&reached)
                .filter(|state| scenario.truth == Truth::Observed || *state == State::Broken);
            let Some(state) = state else { continue };
            graph.mark((&reached.from, &reached.to, &reached.port), state, link.as_deref());
        }
    }
    for edge in graph.edges.iter_mut().filter(|edge| edge.kind == EdgeKind::Reaches) {
        edge.state.get_or_insert(State::NotAsked);
    }
    graph
}

const fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::Undecided => "undecided",
        Outcome::NotRun => "not_run",
    }
}

/// The sentences of a scenario, each with its outcome.
fn steps(scenario: &ScenarioRun) -> Vec<(&str, &str)> {
    scenario.steps.iter().map(|step| (step.text.as_str(), word(step.outcome))).collect()
}

/// The connections of an environment that a scenario speaks of, by sentences of their own or in a closed
/// list.
pub(super) fn reached(scenario: &ScenarioRun, environment: &str) -> Vec<Reached> {
    let mut reached = in_steps(&steps(scenario), environment);
    if scenario.environments.iter().any(|name| name == environment) {
        let listed = scenario.steps.iter().flat_map(|step| &step.connections);
        reached.extend(listed.map(|one| Reached {
            from: one.from.clone(),
            to: one.to.clone(),
            port: one.port.clone().unwrap_or_else(|| ANY.into()),
            is_wanted: one.is_wanted,
            outcome: word(one.outcome).into(),
        }));
    }
    reached
}

/// What a sentence says of a connection; nothing where it says that there is none, as it should be.
fn state(reached: &Reached) -> Option<State> {
    match (reached.outcome.as_str(), reached.is_wanted) {
        ("passed", true) => Some(State::Proven),
        ("passed", false) => None,
        ("failed", _) => Some(State::Broken),
        _ => Some(State::Undecided),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::samples, *};
    use crate::diagram::{Node, NodeKind};

    #[test]
    fn the_files_break_a_connection_and_only_the_running_stack_proves_one() {
        let mut run = samples::run();
        run.scenarios.truncate(2);
        let step = run.scenarios[0].steps[0].clone();
        for (scenario, port) in run.scenarios.iter_mut().zip(["1", "2"]) {
            scenario.truth = Truth::Declared;
            let mut about = step.clone();
            about.text = "the small environment".into();
            scenario.steps[0].text = format!("service \"a\" reaches \"b\" on port {port}");
            scenario.steps.insert(0, about);
        }
        let nodes = ["a", "b"].map(|name| Node::new(NodeKind::Service, name)).to_vec();
        let graph = Graph { nodes, ..Graph::default() };
        let labels = |run: &Run| -> Vec<String> {
            let marked = marked(run, "small", &graph, |_| None);
            marked.edges.iter().map(crate::diagram::Edge::label).collect()
        };
        assert_eq!(labels(&run), ["✗ 2"]);
        run.scenarios[0].truth = Truth::Observed;
        assert_eq!(labels(&run), ["✓ 1", "✗ 2"]);
        assert!(marked(&run, "other", &graph, |_| None).edges.is_empty());
    }
}
