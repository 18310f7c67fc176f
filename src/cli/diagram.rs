//! `seaworthy diagram`: a picture of an environment, or of what two differ in.

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};
use serde_json::Value;

use super::{
    COULD_NOT, SOUND,
    facts::{Loaded, project},
    model::write,
    show,
};
use crate::{
    diagnostic::Diagnostic,
    diagram::{self, EdgeKind, Graph, State, dot::dot, mermaid::mermaid, svg::svg},
    document::reached,
    outside::Bounds,
    visible,
};

/// Arguments of `diagram`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The environment; by default the first of seaworthy.yaml.
    #[arg(long, short, value_name = "NAME")]
    environment: Option<String>,
    /// Draws what has come, gone and changed since this environment.
    #[arg(long, value_name = "NAME")]
    against: Option<String>,
    /// A run as JSON (`verify --report json=FILE`), whose verdicts mark the connections.
    #[arg(long, value_name = "FILE", conflicts_with = "against")]
    run: Option<Utf8PathBuf>,
    /// How to write it.
    #[arg(long, value_enum, default_value_t = Form::Svg, value_name = "FORMAT")]
    format: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A picture: a file for a browser, or to put into a page.
    Svg,
    /// A flow chart that code forges draw in Markdown.
    Mermaid,
    /// The language of Graphviz.
    Dot,
}

pub(super) fn run(config: Option<&Utf8Path>, arguments: &Arguments) -> u8 {
    let graph = match drawn(config, arguments) {
        Ok(graph) => graph,
        Err(errors) => {
            errors.iter().for_each(show);
            return COULD_NOT;
        }
    };
    let text = match arguments.format {
        Form::Svg => visible::xml(&svg(&graph, "diagram")).into_owned(),
        Form::Mermaid => visible::output(&mermaid(&graph)).into_owned(),
        Form::Dot => visible::output(&dot(&graph)).into_owned(),
    };
    match write(&text) {
        Ok(()) => SOUND,
        Err(why) => {
            show(&Diagnostic::error(why));
            COULD_NOT
        }
    }
}

/// The picture, without the secrets of the files.
fn drawn(config: Option<&Utf8Path>, arguments: &Arguments) -> Result<Graph, Vec<Diagnostic>> {
    let after = project(config, arguments.environment.as_deref())?;
    if let Some(file) = &arguments.run {
        let mut bounds = Bounds::around(Utf8Path::new("."));
        bounds.name(file);
        let run = kept_run(&bounds, file)?;
        return of_run(&after, &run).map_err(|why| vec![no_run(file, &why)]);
    }
    let Some(against) = &arguments.against else { return Ok(of(&after)) };
    let before = project(config, Some(against))?;
    Ok(of_both(&before, &after))
}

/// The picture of an environment, without the secrets of its files.
pub(super) fn of(environment: &Loaded) -> Graph {
    let mut graph = diagram::declared(&environment.name, &environment.project);
    let redactor = environment.redactor();
    graph.each_text(|text| *text = redactor.any(text));
    graph
}

/// A run that somebody kept as JSON.
pub(super) fn kept_run(bounds: &Bounds, file: &Utf8Path) -> Result<Value, Vec<Diagnostic>> {
    let text = bounds.read_text(file).map_err(|why| {
        vec![
            Diagnostic::error(format!("cannot read the run {file}: {why}"))
                .help("check the path and its permissions"),
        ]
    })?;
    serde_json::from_str(&text).map_err(|why| vec![no_run(file, &why.to_string())])
}

/// That a file is no run.
pub(super) fn no_run(file: &Utf8Path, why: &str) -> Diagnostic {
    Diagnostic::error(format!("{file} is no run: {why}"))
        .help("`seaworthy verify --report json=FILE` writes one")
}

/// The picture of an environment with what a run says of each connection; one that it did not look at is
/// marked so.
///
/// # Errors
/// Why the JSON is no run.
pub(super) fn of_run(environment: &Loaded, run: &Value) -> Result<Graph, String> {
    let mut graph = diagram::declared(&environment.name, &environment.project);
    for reached in reached::reached(run, &environment.name)? {
        let state = match (reached.outcome.as_str(), reached.is_wanted) {
            ("passed", true) => State::Proven,
            // What is not reached, as it should be, is no connection.
            ("passed", false) => continue,
            ("failed", _) => State::Broken,
            _ => State::Undecided,
        };
        graph.mark((&reached.from, &reached.to, &reached.port), state, None);
    }
    for edge in graph.edges.iter_mut().filter(|edge| edge.kind == EdgeKind::Reaches) {
        edge.state.get_or_insert(State::NotAsked);
    }
    let redactor = environment.redactor();
    graph.each_text(|text| *text = redactor.any(text));
    Ok(graph)
}

/// The picture of what two environments differ in, without the secrets of the files of both.
pub(super) fn of_both(before: &Loaded, after: &Loaded) -> Graph {
    let [old, new] = [before, after].map(|one| diagram::declared(&one.name, &one.project));
    let mut graph = diagram::difference((&old, &before.project), (&new, &after.project));
    for redactor in [before.redactor(), after.redactor()] {
        graph.each_text(|text| *text = redactor.any(text));
    }
    graph
}
