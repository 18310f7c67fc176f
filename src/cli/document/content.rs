//! What blocks should say, each environment and each run looked at once.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use indexmap::IndexMap;
use serde_json::Value;

use super::super::{
    Which, diagram,
    facts::{self, Loaded},
    verify,
};
use crate::{
    config::Config,
    diagnostic::Diagnostic,
    diagram::{Graph, mermaid::mermaid},
    document::{
        Block, Kind,
        claims::{self, Verdict},
    },
    report::{FORMATS, facts as tables},
    runner::{self, CheckOptions, Early},
    source::Source,
    visible,
};

/// Makes the contents of blocks.
pub(super) struct Contents<'c> {
    file: Option<&'c Utf8Path>,
    config: &'c Config,
    environments: IndexMap<String, Loaded>,
    /// Runs by their files; without one, what the files say.
    runs: IndexMap<Option<Utf8PathBuf>, Arc<Value>>,
}

impl<'c> Contents<'c> {
    pub(super) fn new(file: Option<&'c Utf8Path>, config: &'c Config) -> Self {
        Self { file, config, environments: IndexMap::new(), runs: IndexMap::new() }
    }

    /// What a block should say.
    ///
    /// # Errors
    /// Why nobody can tell, at the block's marker.
    pub(super) fn of(
        &mut self,
        source: &Arc<Source>,
        block: &Block,
    ) -> Result<String, Vec<Diagnostic>> {
        let made = match &block.kind {
            Kind::Diagram { environment, against, run } => {
                let folder = source.path().parent().unwrap_or(Utf8Path::new(""));
                let run = run.as_ref().map(|run| folder.join(run));
                self.diagram(environment, against.as_deref(), run.as_ref())
            }
            Kind::Facts { environment, topic } => self.facts(environment, topic),
            Kind::Claims { run, prefix } => {
                let folder = source.path().parent().unwrap_or(Utf8Path::new(""));
                let run = run.as_ref().map(|run| folder.join(run));
                self.claims(run.as_ref(), prefix.as_deref())
            }
        };
        made.map_err(|errors| {
            let at_marker = |error: Diagnostic| {
                if error.labels.is_empty() {
                    error.at(source, block.marker.clone(), "for this block")
                } else {
                    error
                }
            };
            errors.into_iter().map(at_marker).collect()
        })
    }

    fn environment(&mut self, name: &str) -> Result<(), Vec<Diagnostic>> {
        if !self.environments.contains_key(name) {
            let loaded = facts::project(self.file, Some(name))?;
            self.environments.insert(name.to_owned(), loaded);
        }
        Ok(())
    }

    fn diagram(
        &mut self,
        name: &str,
        against: Option<&str>,
        run: Option<&Utf8PathBuf>,
    ) -> Result<String, Vec<Diagnostic>> {
        self.environment(name)?;
        if let Some(against) = against {
            self.environment(against)?;
        }
        if let Some(file) = run {
            let value = self.run(run)?;
            let Some(environment) = self.environments.get(name) else {
                return Err(vec![Diagnostic::error("there is no such environment")]);
            };
            let graph = diagram::of_run(environment, &value);
            let graph = graph.map_err(|why| vec![diagram::no_run(file, &why)])?;
            return Ok(format!("{}\n{}", as_of(&value), fenced(&graph)));
        }
        let find = |name: &str| self.environments.get(name);
        let graph = match (find(name), against.and_then(find)) {
            (Some(after), Some(before)) => diagram::of_both(before, after),
            (Some(one), None) => diagram::of(one),
            (None, _) => return Err(vec![Diagnostic::error("there is no such environment")]),
        };
        Ok(fenced(&graph))
    }

    fn facts(&mut self, name: &str, topic: &str) -> Result<String, Vec<Diagnostic>> {
        let topics = facts::topics(&[topic.to_owned()]).map_err(|why| vec![why])?;
        self.environment(name)?;
        let told = self.environments.get(name).map(|loaded| loaded.told(&topics));
        Ok(told.map(|told| tables::markdown(&told)).unwrap_or_default())
    }

    fn claims(
        &mut self,
        run: Option<&Utf8PathBuf>,
        prefix: Option<&str>,
    ) -> Result<String, Vec<Diagnostic>> {
        let path = self.config.document();
        let document = self.config.bounds().read_text(&path).map_err(|why| {
            vec![
                Diagnostic::error(format!("cannot read the architecture document {path}: {why}"))
                    .help("name it in seaworthy.yaml: `document: docs/ARCHITECTURE.md`"),
            ]
        })?;
        let value = self.run(run)?;
        let no_run = |why: String| {
            let file = run.map_or(Utf8Path::new("it"), |run| run.as_path());
            vec![diagram::no_run(file, &why)]
        };
        let carried = claims::tags(&value).map_err(no_run)?;
        let mut claims = claims::claims(&document, |id| carried.contains(id));
        if let Some(prefix) = prefix {
            claims.retain(|claim| claim.id.starts_with(prefix));
        }
        if claims.is_empty() {
            return Err(vec![
                Diagnostic::error(format!("{path} has no claim of these"))
                    .help("a claim is a statement with an id behind it: `[NET-1]`"),
            ]);
        }
        let verdicts = claims::verdicts(&claims, &value).map_err(no_run)?;
        let of = run.map(|_| as_of(&value) + "\n").unwrap_or_default();
        Ok(of + &table(&claims, &verdicts))
    }

    /// A run, or what the files say without one.
    fn run(&mut self, file: Option<&Utf8PathBuf>) -> Result<Arc<Value>, Vec<Diagnostic>> {
        let key = file.cloned();
        if let Some(known) = self.runs.get(&key) {
            return Ok(Arc::clone(known));
        }
        let value = Arc::new(match file {
            Some(file) => {
                let value = diagram::kept_run(&self.config.bounds(), file)?;
                self.is_ours(file, &value)?;
                value
            }
            None => self.checked()?,
        });
        self.runs.insert(key, Arc::clone(&value));
        Ok(value)
    }

    /// Refuses a run of another project.
    fn is_ours(&self, file: &Utf8Path, run: &Value) -> Result<(), Vec<Diagnostic>> {
        let Some(of) = run.get("project").and_then(Value::as_str) else { return Ok(()) };
        let own = runner::project(self.config);
        if of == own {
            return Ok(());
        }
        let (own, of) = (visible::line(&own), visible::line(of));
        let why = format!("{file} is a run of the project \"{of}\", and this one is \"{own}\"");
        Err(vec![Diagnostic::error(why).note("a project is called as its folder is").help(
            "name a run of this project: `seaworthy verify --report json=FILE` in its folder writes one",
        )])
    }

    /// What the files say, in the same shape.
    fn checked(&self) -> Result<Value, Vec<Diagnostic>> {
        let which = Which {
            paths: Vec::new(),
            environment: Vec::new(),
            tags: None,
            name: None,
            shard: None,
        };
        let (config, suite) = verify::load(self.file, &which)?;
        let report: runner::Report = Arc::new(|_| {});
        let (early, options) = (Early::default(), CheckOptions::default());
        let run = runner::check(&config, &suite, &[], &early, options, &report);
        if !run.errors.is_empty() {
            return Err(run.errors);
        }
        let wrong = |why: String| vec![Diagnostic::error(format!("cannot tell the run: {why}"))];
        let json = FORMATS.iter().find(|format| format.name == "json");
        let json = json.ok_or_else(|| wrong("there is no format for it".into()))?;
        let text = (json.render)(&run, false).map_err(wrong)?;
        serde_json::from_str(&text).map_err(|why| wrong(why.to_string()))
    }
}

/// Of which commit and when a kept run is: the files may have changed since.
fn as_of(run: &Value) -> String {
    let word = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let is_plain = |text: &String| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '.' | '+');
        !text.is_empty() && text.chars().all(plain)
    };
    let commit = word(run.get("commit").and_then(|commit| commit.get("id"))).filter(is_plain);
    let commit = commit.map_or_else(
        || "a commit that it does not tell".to_owned(),
        |id| format!("commit `{}`", id.get(..12).unwrap_or(&id)),
    );
    let started = word(run.get("started")).filter(is_plain);
    let started = started.map(|started| format!(", {started}")).unwrap_or_default();
    format!("As a run of {commit}{started} found it.\n")
}

fn fenced(graph: &Graph) -> String {
    format!("```mermaid\n{}```\n", visible::output(&mermaid(graph)))
}

fn table(claims: &[claims::Claim], verdicts: &[Verdict]) -> String {
    let rows = claims.iter().zip(verdicts).flat_map(|(claim, verdict)| {
        let statement = visible::line(&claim.statement).replace('|', "\\|");
        ["| ", &claim.id, " | ", &statement, " | ", verdict.told(), " |\n"].map(str::to_owned)
    });
    let head = "| claim | statement | verdict |\n|---|---|---|\n".to_owned();
    let text: String = std::iter::once(head).chain(rows).collect();
    visible::output(&text).into_owned()
}
