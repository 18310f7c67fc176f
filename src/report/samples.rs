//! Runs that the tests of the formats tell.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::{
    diagnostic::{Code, Diagnostic, Severity},
    diagram::{Change, Edge, EdgeKind, Graph, Node, NodeKind, State, Zone},
    run::{
        About, Commit, Connection, Difference, Differences, Disclosure, EnvironmentFacts, Evidence,
        Exception, FactRow, FactTable, Failure, FailureKind, ImageUsed, Incident, Line,
        LintFinding, LintRun, LogTail, Outcome, Place, Reach, Run, ScenarioRun, Shown, StackRun,
        StepRun, Stretch, Truth, Violation, Way, Work,
        history::{Asking, History, Past},
    },
    source::Source,
};

/// A run in which nothing has happened.
pub fn empty() -> Run {
    Run { scenarios: Vec::new(), ..run() }
}

/// A run of three scenarios: one proven, one false, one not run.
pub fn run() -> Run {
    let mut failure =
        Failure::finding("status 200", "status 502").services(["app"]).help("look at app");
    failure.logs = vec![LogTail { service: "app".into(), lines: vec!["boom".into()] }];
    Run {
        here: "/repository".into(),
        root: "/repository".into(),
        started: SystemTime::UNIX_EPOCH,
        duration: Duration::from_secs(3),
        stacks: Vec::new(),
        scenarios: vec![
            scenario("one", Outcome::Passed, None),
            scenario("two", Outcome::Failed, Some(failure)),
            scenario("three", Outcome::NotRun, None),
        ],
        only_observed: Vec::new(),
        findings: Vec::new(),
        errors: Vec::new(),
        about: About::default(),
    }
}

fn scenario(name: &str, outcome: Outcome, failure: Option<Failure>) -> ScenarioRun {
    let source = Source::new(
        "a.feature",
        "Feature: f\n  Scenario: s\n    Given x\n    Then the response is 200\n",
    );
    ScenarioRun {
        source: source.clone(),
        feature: "Flows".into(),
        rule: None,
        name: name.into(),
        line: 4,
        tags: vec!["FLOW-1".into(), "disruptive".into()],
        environments: vec!["small".into()],
        truth: Truth::Observed,
        outcome,
        not_run: None,
        steps: vec![StepRun {
            keyword: "Then".into(),
            text: "the response is 200".into(),
            span: source.line(4),
            outcome,
            exceptions: Vec::new(),
            connections: Vec::new(),
            evidence: Vec::new(),
            failure,
            duration: Duration::from_millis(10),
        }],
        aftermath: None,
        duration: Duration::from_millis(10),
    }
}

/// The Compose file of [`every_outcome`]: letters of several bytes, and a path to be encoded.
pub const COMPOSE: &str = "services:\n  wéb:\n    ports:\n      - \"80:80\"\n      - \"90:90\"\n";

/// What others wrote into [`every_outcome`], to be shown and never obeyed.
pub const HOSTILE: &str = "<img src=x> ![a](http://b) | @all `x` \u{1b}[2J";

/// A run with a scenario, a finding and an error of every kind.
pub fn every_outcome() -> Run {
    let mut run = run();
    let compose = Source::new("shop/a b/cömpose.yaml", COMPOSE);
    let at = |text: &str| {
        let start = COMPOSE.find(text).expect("the text");
        (Arc::clone(&compose), start..start + text.len())
    };
    let violation = |port: &str| Violation {
        subject: format!("services.wéb.ports: {port}"),
        expected: "no other port".into(),
        found: format!("also published: | wéb | {port} |"),
        spot: Some(at(port)),
        help: "change `ports:`, 100%".into(),
    };
    let (source, span) = at("\"80:80\"");
    let listed = Failure::finding("exactly these ports:", "also published:\n| wéb | 80 |")
        .spot(&source, span)
        .violations([violation("\"80:80\""), violation("\"90:90\"")])
        .note("by the variable PORT")
        .help("change `ports:`");
    let mut declared = scenario("listed", Outcome::Failed, Some(listed));
    declared.truth = Truth::Declared;
    let mut agrees = scenario("listed", Outcome::Passed, None);
    agrees.steps[0].evidence.push(Evidence::new("ports", "| wéb | 80 |"));
    let undecided = Failure::undecided("read the mounts", "Permission denied")
        .place("service \"app\"")
        .help("run as root");
    let mut defect = Failure::finding("the step is carried out", "it panicked");
    defect.kind = FailureKind::Bug;
    let mut left = scenario("left", Outcome::Failed, None);
    left.steps[0].outcome = Outcome::Passed;
    left.aftermath = Some(Failure::finding("it comes back", "it does not").help("start it"));
    let mut absent = scenario("absent", Outcome::NotRun, None);
    absent.not_run = Some("the small environment does not come up".into());
    let hostile = Failure::finding(HOSTILE, format!("{HOSTILE}\n::error::x ##[error]y"));
    run.scenarios.extend([
        declared,
        agrees,
        scenario("looked at by nobody", Outcome::Undecided, Some(undecided)),
        scenario("a defect", Outcome::Failed, Some(defect)),
        left,
        absent,
        scenario("ended early", Outcome::Failed, None),
        scenario(HOSTILE, Outcome::Failed, Some(hostile)),
    ]);
    run.only_observed.push(scenario("not asked", Outcome::NotRun, None));
    let (source, span) = at("wéb");
    let incident = Incident {
        spot: Some((source, span)),
        help: "look at its log".into(),
        ..Incident::new("wéb", "does not come up: it ended")
    };
    run.findings.push(incident.diagnostic("small", Severity::Error));
    run.errors.push(Diagnostic::error("no engine answers").help("start it"));
    run.errors.push(Diagnostic::warning("a secret cannot be read").note("secret \"key\""));
    run.stacks.push(StackRun {
        environment: "small".into(),
        project: "seaworthy-small-1".into(),
        ready_after: Duration::from_secs(2),
        images: Duration::from_secs(1),
        removed_after: Some(Duration::from_secs(1)),
        images_from: "this machine".into(),
        notes: vec!["an external network is the run's own".into()],
        engine: "unix:///var/run/docker.sock".into(),
        isolation: crate::run::Isolation::default(),
    });
    run
}

/// A run of two environments of which everything is known: facts that differ, images, a time line.
pub fn with_facts() -> Run {
    let mut run = every_outcome();
    run.duration = Duration::from_secs(4);
    run.stacks.push(StackRun { environment: "large".into(), ..run.stacks[0].clone() });
    let line = |cells: &[&str], at: usize| Line {
        cells: cells.iter().map(|text| cell(text)).collect(),
        seen: String::new(),
        place: (at > 0).then(|| Place { file: "shop/compose.yaml".into(), line: at, column: 5 }),
    };
    let same = |cells: &[&str], at| FactRow {
        declared: Some(line(cells, at)),
        observed: None,
        drift: false,
    };
    let table = |topic: &str, column: &str, rows| FactTable {
        topic: topic.into(),
        about: "what holds".into(),
        columns: vec!["service".into(), column.into()],
        keys: vec![0],
        rows,
        observed: true,
        unseen: None,
    };
    let drift = FactRow {
        declared: Some(line(&["db", "512 MiB"], 7)),
        observed: Some(line(&["db", "256 MiB"], 0)),
        drift: true,
    };
    let mut unknown = same(&["web", "?"], 9);
    if let Some(line) = &mut unknown.declared {
        line.cells[1].kind = Disclosure::Unknown("the image <b> decides".into());
    }
    let mut builds = table("builds", "context", vec![same(&["web", HOSTILE], 3)]);
    builds.unseen = Some("no engine keeps it".into());
    let small = vec![table("limits", "memory", vec![drift, unknown.clone()]), builds.clone()];
    let large = vec![table("limits", "memory", vec![unknown]), builds];
    let facts = [("small", small), ("large", large)];
    let stretch = |work, what: &str, begun: u64, ended: u64| Stretch {
        work,
        environment: Some("small".into()),
        what: what.into(),
        begun: Duration::from_millis(begun),
        ended: Duration::from_millis(ended),
        waited_for: Vec::new(),
        done: true,
    };
    let waits = Stretch {
        waited_for: vec!["db".into()],
        done: false,
        ..stretch(Work::Service, "web", 3_000, 4_000)
    };
    let of = |name: &str, outcome, failure, claim: &str| ScenarioRun {
        tags: vec![claim.into()],
        ..scenario(name, outcome, failure)
    };
    let connection = |port: Option<&str>, is_wanted, outcome| Connection {
        from: "web".into(),
        to: "db".into(),
        port: port.map(str::to_owned),
        is_wanted,
        outcome,
    };
    let mut excepted = of("all but one", Outcome::Passed, None, "STORE-1");
    excepted.steps[0].exceptions.push(Exception {
        subject: "db".into(),
        reason: format!("old {HOSTILE}"),
        until: Some("1970-01-11".into()),
    });
    let undecided = Failure::undecided("look at it", "no rights").help("run as root");
    excepted.steps[0].connections = vec![
        connection(Some("5432"), true, Outcome::Passed),
        connection(None, false, Outcome::Passed),
    ];
    run.scenarios.extend([
        excepted,
        of("proven", Outcome::Passed, None, "ROW-1"),
        of("no look", Outcome::Undecided, Some(undecided), "QUOTE-1"),
        of("unsaid", Outcome::Passed, None, "MORE-1"),
    ]);
    run.about = About {
        shard: None,
        project: "shop <i>".into(),
        document: Some(Source::new("docs/shop.md", DOCUMENT)),
        environments: vec!["small".into(), "large".into()],
        commit: Some(Commit {
            id: "0123456789abcdef0123456789abcdef01234567".into(),
            branch: Some("main<script>".into()),
        }),
        versions: vec![("engine".into(), "28.1".into()), (HOSTILE.into(), HOSTILE.into())],
        engine_calls: vec![("GET containers/json".into(), 7), ("POST exec/{id}/start".into(), 2)],
        facts: facts
            .into_iter()
            .map(|(name, tables)| EnvironmentFacts { environment: name.into(), tables })
            .collect(),
        reach: vec![reach()],
        differences: vec![differences()],
        lint: Some(lint()),
        drawings: vec![("small".into(), drawing())],
        difference: None,
        images: vec![ImageUsed {
            environment: "small".into(),
            services: vec!["web".into(), "worker".into()],
            name: "shop:1".into(),
            id: "sha256:77".into(),
        }],
        timeline: vec![
            stretch(Work::Preparation, "building <images>", 0, 2_000),
            stretch(Work::Service, "db", 2_000, 3_000),
            waits,
            stretch(Work::Scenario, HOSTILE, 3_500, 3_900),
        ],
        left_out: vec![of("left out", Outcome::NotRun, None, "LATER-1")],
        history: None,
        remarks: vec![Diagnostic::warning(format!("the document {HOSTILE} cannot be read"))],
    };
    run
}

/// Who may reach whom, one way of each kind.
fn reach() -> Reach {
    let way = |from: &str, to: &str, is_named| Way {
        from: from.into(),
        to: to.into(),
        networks: vec!["inner <b>".into()],
        ports: vec!["7".into()],
        is_named,
    };
    let services = ["web", "db", HOSTILE].map(|name| (name.to_owned(), vec!["inner <b>".into()]));
    Reach {
        environment: "small".into(),
        services: services.into(),
        ways: vec![way("web", "db", true), way("db", HOSTILE, false)],
    }
}

/// What two environments differ in: explained by a claim that is broken, and by none.
fn differences() -> Differences {
    let row = |path: &str, why: Option<&str>| Difference {
        path: path.into(),
        sides: ["absent".into(), HOSTILE.into()],
        place: Some(Place { file: "shop/compose.yaml".into(), line: 3, column: 5 }),
        why: why.map(str::to_owned),
    };
    Differences {
        environments: ["small".into(), "large".into()],
        rows: vec![row("services.db.image", Some("FLOW-1: <b>")), row(HOSTILE, None)],
    }
}

/// What rules found: one open, one allowed.
fn lint() -> LintRun {
    let source = Source::new("shop/compose.yaml", "services:\n  db:\n    privileged: true\n");
    let found = |severity: &str, allowed: Option<&str>| LintFinding {
        rule: "privileged-container".into(),
        severity: severity.into(),
        told: Diagnostic::error(format!("db may do everything {HOSTILE}"))
            .at(&source, source.line(3), severity)
            .help("remove `privileged:`"),
        allowed: allowed.map(str::to_owned),
        fingerprint: format!("of-{severity}"),
    };
    LintRun {
        summary: "2 findings by 1 rule".into(),
        findings: vec![found("high", None), found("low", Some("until <b> is gone"))],
    }
}

/// As [`with_facts`], with a claim that nobody proves, and a tag that fails the run.
pub fn with_gaps() -> Run {
    let mut run = with_facts();
    let source = Source::new("docs/shop.md", DOCUMENT);
    run.errors.push(
        Diagnostic::warning("no scenario proves FLOW-2").code(Code::ClaimWithoutScenario).at(
            &source,
            source.line(1),
            "stated here",
        ),
    );
    run.findings.push(Diagnostic::error("no claim MORE-9").code(Code::TagWithoutClaim));
    run
}

/// As [`with_facts`], with two earlier runs: the first was as this one, in the second all was so.
pub fn with_history() -> Run {
    let mut run = with_facts();
    let day = Duration::from_hours(24);
    let earlier: Vec<Past> = [(2, true), (1, false)]
        .into_iter()
        .map(|(days, is_broken)| {
            let mut past = with_facts();
            past.started -= day * days;
            past.duration = Duration::from_secs(u64::from(3 - days));
            for one in past.scenarios.iter_mut().filter(|_| !is_broken) {
                one.outcome = Outcome::Passed;
                one.aftermath = None;
                one.steps.iter_mut().for_each(|step| step.failure = None);
            }
            Past::of(&past, Asking::Verify)
        })
        .collect();
    let now = Past::of(&run, Asking::Verify);
    run.about.history = Some(History::of(&earlier, 7, &run, &now));
    run
}

/// A service that this machine reaches.
fn drawing() -> Graph {
    let node = |kind, name: &str| Node {
        kind,
        name: name.into(),
        zone: None,
        replicas: String::new(),
        lines: vec![HOSTILE.into()],
        about: vec![HOSTILE.into()],
        link: None,
        change: Change::Same,
    };
    Graph {
        title: HOSTILE.into(),
        zones: Vec::new(),
        nodes: vec![node(NodeKind::Host, "this machine"), node(NodeKind::Service, HOSTILE)],
        edges: vec![Edge {
            from: 0,
            to: 1,
            kind: EdgeKind::Publishes,
            labels: vec!["80".into()],
            about: vec![HOSTILE.into()],
            state: None,
            link: None,
            change: Change::Same,
        }],
        is_difference: false,
    }
}

/// As [`with_facts`], with drawings of both environments and of what they differ in, and with
/// everything else that a run may hold.
pub fn everything() -> Run {
    let mut run = with_facts();
    run.started += Duration::from_millis(1_764_230_400_123);
    run.duration += Duration::from_nanos(1_234_567);
    let mut difference =
        Graph { title: "small → large".into(), is_difference: true, ..drawing() };
    difference.zones.push(Zone {
        networks: vec!["front".into()],
        leads_out: true,
        change: Change::Changed,
    });
    difference.nodes[1].change = Change::Added;
    difference.nodes[1].zone = Some(0);
    difference.edges[0].state = Some(State::Undecided);
    run.about.drawings.push(("large".into(), drawing()));
    run.about.difference = Some(difference);
    let cells = &mut run.about.facts[1].tables[1].rows[0].declared.as_mut().expect("a line").cells;
    cells[0].kind = Disclosure::Length;
    cells[1].kind = Disclosure::Hidden;
    // A file of which nothing is shown, a text over several lines, and tables below a sentence.
    let outside = Source::outside("/etc/shop.env", "A=1\n  PASSWORD=Blau-und-Rot # é\n");
    let elsewhere = Failure::finding("no word of it", "there is one").spot(&outside, 6..29);
    let mut of_env = scenario("elsewhere", Outcome::Failed, Some(elsewhere));
    of_env.rule = Some("A rule".into());
    of_env.duration = Duration::from_nanos(10_000_001);
    let feature = Source::new(
        "features/b.feature",
        "Feature: b\r\n  # not to be carried\r\n\r\n  Scenario: tables\r\n    Then these:\r\n      | a | b\\|c |\r\n      # between\r\n      | é | <i> |\r\n",
    );
    let mut tables = scenario("tables", Outcome::Passed, None);
    tables.steps[0].span = feature.line(5);
    tables.steps[0].text = "these:".into();
    tables.source = feature;
    run.scenarios.extend([of_env, tables]);
    let compose = Source::new("shop/other.yaml", format!("{COMPOSE}# the end"));
    let whole = compose.text().find("wéb").expect("the text")..compose.text().len();
    run.errors.push(
        Diagnostic::warning("two places")
            .at(&compose, whole, "all of it")
            .at(&outside, 0..3, "and here")
            .help("look"),
    );
    run
}

fn cell(text: &str) -> Shown {
    Shown { text: text.into(), kind: Disclosure::Whole }
}

/// The document of [`with_facts`], with everything that a hostile one may hold.
pub const DOCUMENT: &str = "\
# Shop & <b>Co</b>

Requests go the whole way [FLOW-1]. Nothing proves that they come back [FLOW-2], and UTF-8 is no claim.

<script>alert(1)</script>

<!-- a remark -->
A [link](javascript:alert(1)), [another](https://example.com/?a&b \"t\"), <img src=x onerror=alert(1)>
and ![a picture](http://example.com/p.png).

## The store [STORE-1]

| what | how |
|---|---:|
| rows [ROW-1] | <i>7</i> |

```sh
echo \"[FLOW-1] </code></pre><script>\"
```

1. one [FLOW-1]
2. two

> quoted [QUOTE-1] and [LATER-1]
";
