//! What a run was of, read back.

use std::{sync::Arc, time::Duration};

use indexmap::IndexMap;
use serde::Deserialize;

use super::{
    super::{
        drawing::{Drawing, each},
        read::Wrong,
    },
    ToldOf,
    scenarios::ScenarioOf,
    seconds,
    sources::Files,
};
use crate::run::{
    About, Commit, Difference, Differences, Disclosure, EnvironmentFacts, FactRow, FactTable,
    ImageUsed, Line, LintFinding, LintRun, Part, Place, Reach, Shown, Stretch, Way, Work,
    history::History,
};

#[derive(Deserialize)]
pub(super) struct AboutOf {
    project: String,
    document_source: Option<usize>,
    environments: Vec<String>,
    #[serde(default)]
    shard: Option<ShardOf>,
    commit: Option<CommitOf>,
    versions: IndexMap<String, String>,
    #[serde(default)]
    engine_calls: IndexMap<String, u64>,
    images: Vec<ImageOf>,
    left_out: Vec<ScenarioOf>,
    timeline: Vec<StretchOf>,
    facts: Vec<FactsOf>,
    drawings: Vec<DrawingOf>,
    #[serde(default)]
    reach: Vec<ReachOf>,
    #[serde(default)]
    differences: Vec<DifferencesOf>,
    #[serde(default)]
    lint: Option<LintOf>,
    difference: Option<Drawing>,
    remarks: Vec<ToldOf>,
    #[serde(default)]
    history: Option<History>,
}

#[derive(Deserialize)]
struct ShardOf {
    part: usize,
    of: usize,
}

#[derive(Deserialize)]
struct CommitOf {
    id: String,
    branch: Option<String>,
}

#[derive(Deserialize)]
struct ImageOf {
    environment: String,
    services: Vec<String>,
    name: String,
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum WorkOf {
    Files,
    Preparation,
    Service,
    Scenario,
    End,
}

#[derive(Deserialize)]
struct StretchOf {
    work: WorkOf,
    environment: Option<String>,
    what: String,
    #[serde(deserialize_with = "seconds")]
    begun_seconds: Duration,
    #[serde(deserialize_with = "seconds")]
    ended_seconds: Duration,
    waited_for: Vec<String>,
    done: bool,
}

#[derive(Deserialize)]
struct FactsOf {
    environment: String,
    topics: Vec<TableOf>,
}

#[derive(Deserialize)]
struct TableOf {
    name: String,
    about: String,
    columns: Vec<String>,
    keys: Vec<usize>,
    rows: Vec<RowOf>,
    observed: bool,
    unseen: Option<String>,
}

#[derive(Deserialize)]
struct RowOf {
    declared: Option<LineOf>,
    observed: Option<LineOf>,
    drift: bool,
}

#[derive(Deserialize)]
struct LineOf {
    cells: Vec<Option<String>>,
    unknown: Vec<String>,
    hidden: Vec<usize>,
    lengths: Vec<usize>,
    seen: String,
    place: Option<PlaceOf>,
}

#[derive(Deserialize)]
struct PlaceOf {
    file: String,
    line: usize,
    column: usize,
}

#[derive(Deserialize)]
struct ReachOf {
    environment: String,
    services: Vec<OnNetworks>,
    ways: Vec<WayOf>,
}

#[derive(Deserialize)]
struct OnNetworks {
    name: String,
    networks: Vec<String>,
}

#[derive(Deserialize)]
struct WayOf {
    from: String,
    to: String,
    networks: Vec<String>,
    ports: Vec<String>,
    is_named: bool,
}

#[derive(Deserialize)]
struct DifferencesOf {
    environments: [String; 2],
    rows: Vec<DifferenceOf>,
}

#[derive(Deserialize)]
struct DifferenceOf {
    path: String,
    sides: [String; 2],
    place: Option<PlaceOf>,
    why: Option<String>,
}

#[derive(Deserialize)]
struct LintOf {
    summary: String,
    findings: Vec<FindingOf>,
}

#[derive(Deserialize)]
struct FindingOf {
    rule: String,
    severity: String,
    told: ToldOf,
    allowed: Option<String>,
    fingerprint: String,
}

#[derive(Deserialize)]
struct DrawingOf {
    environment: String,
    drawing: Drawing,
}

impl ShardOf {
    fn part(self) -> Result<Part, Wrong> {
        let Self { part, of } = self;
        Part::new(part, of)
            .ok_or_else(|| Wrong::new(format!("of {of} parts there is no number {part}")))
    }
}

impl AboutOf {
    pub(super) fn about(self, files: &Files) -> Result<About, Wrong> {
        let document = self.document_source.map(|at| files.get(at).map(Arc::clone));
        let drawing = |one: DrawingOf| {
            let graph = one.drawing.graph().map_err(|wrong| wrong.within("drawing"))?;
            Ok((one.environment, graph))
        };
        let difference = self.difference.map(Drawing::graph).transpose();
        let lint = self.lint.map(|lint| lint.lint(files)).transpose();
        let images = self.images.into_iter().map(|image| ImageUsed {
            environment: image.environment,
            services: image.services,
            name: image.name,
            id: image.id,
        });
        Ok(About {
            project: self.project,
            document: document.transpose().map_err(|wrong| wrong.within("document_source"))?,
            environments: self.environments,
            shard: self
                .shard
                .map(ShardOf::part)
                .transpose()
                .map_err(|wrong| wrong.within("shard"))?,
            commit: self.commit.map(|commit| Commit { id: commit.id, branch: commit.branch }),
            versions: self.versions.into_iter().collect(),
            engine_calls: self.engine_calls.into_iter().collect(),
            facts: each(self.facts, "facts", FactsOf::facts)?,
            drawings: each(self.drawings, "drawings", drawing)?,
            reach: self.reach.into_iter().map(ReachOf::reach).collect(),
            differences: self.differences.into_iter().map(DifferencesOf::differences).collect(),
            lint: lint.map_err(|wrong| wrong.within("lint"))?,
            difference: difference.map_err(|wrong| wrong.within("difference"))?,
            images: images.collect(),
            timeline: each(self.timeline, "timeline", StretchOf::stretch)?,
            left_out: each(self.left_out, "left_out", |one| one.run(files))?,
            history: self.history,
            remarks: each(self.remarks, "remarks", |one| one.diagnostic(files))?,
        })
    }
}

impl ReachOf {
    fn reach(self) -> Reach {
        let services = self.services.into_iter().map(|one| (one.name, one.networks));
        let ways = self.ways.into_iter().map(|way| Way {
            from: way.from,
            to: way.to,
            networks: way.networks,
            ports: way.ports,
            is_named: way.is_named,
        });
        Reach { environment: self.environment, services: services.collect(), ways: ways.collect() }
    }
}

impl DifferencesOf {
    fn differences(self) -> Differences {
        let rows = self.rows.into_iter().map(|row| Difference {
            path: row.path,
            sides: row.sides,
            place: row.place.map(PlaceOf::place),
            why: row.why,
        });
        Differences { environments: self.environments, rows: rows.collect() }
    }
}

impl PlaceOf {
    fn place(self) -> Place {
        Place { file: self.file, line: self.line, column: self.column }
    }
}

impl LintOf {
    fn lint(self, files: &Files) -> Result<LintRun, Wrong> {
        let finding = |one: FindingOf| {
            Ok(LintFinding {
                rule: one.rule,
                severity: one.severity,
                told: one.told.diagnostic(files).map_err(|wrong| wrong.within("told"))?,
                allowed: one.allowed,
                fingerprint: one.fingerprint,
            })
        };
        let findings = each(self.findings, "findings", finding)?;
        Ok(LintRun { summary: self.summary, findings })
    }
}

impl StretchOf {
    fn stretch(self) -> Result<Stretch, Wrong> {
        if self.ended_seconds < self.begun_seconds {
            return Err(Wrong::new("it ended before it began").within("ended_seconds"));
        }
        Ok(Stretch {
            work: match self.work {
                WorkOf::Files => Work::Files,
                WorkOf::Preparation => Work::Preparation,
                WorkOf::Service => Work::Service,
                WorkOf::Scenario => Work::Scenario,
                WorkOf::End => Work::End,
            },
            environment: self.environment,
            what: self.what,
            begun: self.begun_seconds,
            ended: self.ended_seconds,
            waited_for: self.waited_for,
            done: self.done,
        })
    }
}

impl FactsOf {
    fn facts(self) -> Result<EnvironmentFacts, Wrong> {
        let tables = each(self.topics, "topics", TableOf::table)?;
        Ok(EnvironmentFacts { environment: self.environment, tables })
    }
}

impl TableOf {
    fn table(self) -> Result<FactTable, Wrong> {
        let columns = self.columns.len();
        if let Some(at) = self.keys.iter().position(|key| *key >= columns) {
            return Err(Wrong::new(format!("there are {columns} columns")).at(at).within("keys"));
        }
        let side = |line: Option<LineOf>, key| -> Result<Option<Line>, Wrong> {
            let line = line.map(|line| line.line(columns)).transpose();
            line.map_err(|wrong: Wrong| wrong.within(key))
        };
        let row = |row: RowOf| {
            Ok(FactRow {
                declared: side(row.declared, "declared")?,
                observed: side(row.observed, "observed")?,
                drift: row.drift,
            })
        };
        Ok(FactTable {
            topic: self.name,
            about: self.about,
            rows: each(self.rows, "rows", row)?,
            columns: self.columns,
            keys: self.keys,
            observed: self.observed,
            unseen: self.unseen,
        })
    }
}

impl LineOf {
    fn line(self, columns: usize) -> Result<Line, Wrong> {
        if self.cells.len() != columns {
            return Err(Wrong::new(format!("there are {columns} columns")).within("cells"));
        }
        let mut reasons = self.unknown.into_iter();
        let mut cells = Vec::with_capacity(columns);
        for (at, text) in self.cells.into_iter().enumerate() {
            let Some(text) = text else {
                let why = reasons.next();
                let why = why.ok_or_else(|| {
                    Wrong::new("a cell that nobody knows has no reason").within("unknown")
                })?;
                cells.push(Shown { text: "?".into(), kind: Disclosure::Unknown(why) });
                continue;
            };
            let kind = if self.hidden.contains(&at) {
                Disclosure::Hidden
            } else if self.lengths.contains(&at) {
                Disclosure::Length
            } else {
                Disclosure::Whole
            };
            cells.push(Shown { text, kind });
        }
        Ok(Line { cells, seen: self.seen, place: self.place.map(PlaceOf::place) })
    }
}
