//! Drift: what the running stack is and its files do not say, and the other way round, by topics.

use crate::steps::{
    Arguments, Need, Step, StepResult, World,
    judging::{
        declared::{point, point_key},
        exceptions::{has_reason, row_at_fault, rows, still_holds},
        violations::{self, Violations},
        walk::nothing,
    },
};
use crate::{
    compose::{Project, journal::Origin},
    facts::{
        self, Row, TOPICS, Topic,
        difference::{Difference, compare, is_same},
        places,
    },
    probe::facts::{Look, Undecided, expected, observed, unseen},
    run::Failure,
    words::quoted_list,
};

const WHOLE: &str = "the running stack is what its files declare";

pub(in crate::steps) static STEPS: &[Step] = &[
    Step::then(
        WHOLE,
        "All topics that a running stack shows (`seaworthy facts` lists them), each by the engine's or the kernel's own word: there is nothing that the files do not say, and all that they say. What the run itself changes on purpose counts as declared.",
        WHOLE,
    )
    .needs(&[Need::Root])
    .excepts_of(&["topic", "subject"])
    .observed(|world, arguments| {
        Box::pin(async move {
            let topics: Vec<&Topic> = TOPICS.iter().filter(|topic| unseen(topic).is_none()).collect();
            judge(world, arguments, &topics, WHOLE.to_owned()).await
        })
    }),
    Step::then(
        "the running stack is what its files declare as far as {topics} go",
        "The same of these topics alone.",
        "the running stack is what its files declare as far as \"ports\" and \"mounts\" go",
    )
    .needs(&[Need::Root])
    .excepts_of(&["topic", "subject"])
    .observed(|world, arguments| {
        Box::pin(async move {
            let names = arguments.names(0)?;
            let topics: Vec<&Topic> = names.iter().filter_map(|name| facts::topic(name)).collect();
            let list = quoted_list(names.iter().map(String::as_str));
            judge(world, arguments, &topics, format!("{WHOLE} as far as {list} go")).await
        })
    }),
];

/// Something that is not as the files say.
struct Drift {
    topic: &'static Topic,
    subject: String,
    /// Both sides.
    text: String,
    at: Option<Origin>,
    place: Option<String>,
    /// The words of those who showed it: a container each.
    words: Vec<String>,
}

impl Drift {
    /// In one line, with the place in the files and the words of who showed it.
    fn told(&self) -> String {
        let beside: Vec<&str> = self.place.iter().chain(&self.words).map(String::as_str).collect();
        let beside =
            if beside.is_empty() { String::new() } else { format!(" ({})", beside.join("; ")) };
        format!("{} of \"{}\": {}{beside}", self.topic.name, self.subject, self.text)
    }
}

async fn judge(
    world: &mut World,
    arguments: &Arguments,
    topics: &[&'static Topic],
    whole: String,
) -> StepResult {
    let running = world.running()?;
    let look = Look::at(&running.stack).await?;
    if look.containers.is_empty() {
        return Err(nothing(&whole, "the project has no container"));
    }
    let (mut drifts, mut open): (Vec<Drift>, Vec<Undecided>) = (Vec::new(), Vec::new());
    for topic in topics {
        let there = match observed(topic, &look) {
            Ok(there) => there,
            Err(why) => {
                open.push(why);
                continue;
            }
        };
        let wanted = expected(topic, &look, &there);
        let compared = compare(topic, &wanted, &there);
        // Whose containers are all gone has lost everything: it is said once.
        let is_gone = |difference: &Difference<'_>| {
            let subject = difference.wanted.filter(|_| difference.there.is_none());
            let said = ["services", "replicas"];
            subject.is_some_and(|row| topic.is_of_services() && !is_there(&look, &row.subject))
                && !said.contains(&topic.name)
                && topics.iter().any(|topic| said.contains(&topic.name))
        };
        let differences = compared.differences.iter().filter(|difference| !is_gone(difference));
        for difference in differences {
            let drift = told(&look.project, topic, &wanted, difference);
            let same = |known: &&mut Drift| {
                known.topic.name == topic.name
                    && (&known.subject, &known.text) == (&drift.subject, &drift.text)
            };
            // Several replicas may show the same.
            match drifts.iter_mut().find(same) {
                Some(known) => known.words.extend(drift.words),
                None => drifts.push(drift),
            }
        }
        open.extend(compared.open.iter().map(|one| {
            let tried =
                format!("compare the {} of \"{}\" ({})", topic.name, one.row.subject, one.column);
            Undecided::new(tried, one.why).help("bring the image here, or write it in the files")
        }));
        let lines: Vec<String> =
            there.iter().map(|row| format!("{} {}", row.line(), row.shown)).collect();
        world.evidence(
            topic.name,
            if lines.is_empty() { "none".to_owned() } else { lines.join("\n") },
        );
    }
    let (excused, wrong) = excused(arguments, topics, &drifts, &open, &whole)?;
    drifts.retain(|drift| !excused.contains(&(drift.topic.name, drift.subject.as_str())));
    if let Some(first) = drifts.first() {
        let lines: Vec<String> = drifts.iter().map(Drift::told).collect();
        let mut violations = Violations::of(&look.project);
        for (drift, told) in drifts.iter().zip(&lines) {
            let topic = drift.topic.name;
            let subject = violations::path(&look.project, &drift.subject, drift.at);
            // What tells it from others on the same line.
            let subject = format!("{subject} ({topic})");
            violations.add(subject, whole.as_str(), told.as_str(), drift.at, help(drift));
        }
        let failure = Failure::finding(whole, lines.join("\n"))
            .violations(violations.all())
            .violations(wrong.iter().map(row_at_fault))
            .help(help(first));
        let failure = open.iter().fold(failure, |failure, open| {
            failure.note(format!("nobody could {}: {}", open.tried, open.missing))
        });
        return Err(match first.at {
            Some(origin) => point(&look.project, origin, failure),
            None => point_key(&look.project, &first.subject, first.topic.key, failure),
        });
    }
    rows(wrong)?;
    match open.into_iter().next() {
        Some(first) => Err(first.into()),
        None => Ok(()),
    }
}

fn help(drift: &Drift) -> String {
    let (subject, key) = (&drift.subject, drift.topic.key);
    if drift.topic.name == "services" {
        return format!(
            "remove what nobody declared, start what is missing, or declare \"{subject}\" under `services:`"
        );
    }
    format!(
        "create the container of \"{subject}\" anew from the files, write what is meant into `{key}:` there, or add an exception with its reason"
    )
}

fn is_there(look: &Look, service: &str) -> bool {
    look.crews().any(|seen| seen.container.service == service)
}

/// A difference with both sides, the place in the files, and the word of who showed it.
fn told(
    project: &Project,
    topic: &'static Topic,
    wanted: &[Row],
    difference: &Difference<'_>,
) -> Drift {
    // One replica of several: the files said it of the others too.
    let said = difference.wanted.or_else(|| {
        let there = difference.there?;
        wanted.iter().find(|row| is_same(topic, row, there))
    });
    let one = said.or(difference.there);
    let subject = one.map_or_else(String::new, |row| row.subject.clone());
    let own = said.zip(difference.there);
    let own = own.and_then(|(said, there)| places::of_difference(project, topic, said, there));
    let at = own.or_else(|| said.and_then(|row| row.at));
    let at = at.or(difference.there.and_then(|row| row.at));
    let text = match (said, difference.there) {
        (Some(said), Some(there)) => {
            let cells = topic.columns.iter().zip(said.value.iter().zip(&there.value));
            let differing = cells.filter(|(_, (a, b))| !a.agrees(b)).map(|(column, (a, b))| {
                let word = |cell: &facts::Cell| cell.word().to_owned();
                format!("{column} is {}, and the files say {}", quoted(&word(b)), quoted(&word(a)))
            });
            let keys: Vec<String> = topic
                .keys
                .iter()
                .skip(1)
                .filter_map(|at| Some(said.value.get(*at)?.known()?.to_owned()))
                .collect();
            let differing = differing.collect::<Vec<_>>().join("; ");
            if keys.is_empty() { differing } else { format!("{}: {differing}", keys.join(", ")) }
        }
        (Some(said), None) => format!("the files say {}, and it is not so", said.line()),
        (None, there) => {
            let line = there.map_or_else(String::new, Row::line);
            format!("{line} is so, and no file says it")
        }
    };
    let word = difference.there.map(|row| row.shown.clone()).filter(|word| !word.is_empty());
    Drift {
        topic,
        subject,
        text,
        place: at.and_then(|origin| project.journal.place(origin.place)),
        at,
        words: word.into_iter().collect(),
    }
}

/// A value in a sentence; what is empty would not be seen.
fn quoted(word: &str) -> String {
    if word.is_empty() { "\"\"".to_owned() } else { word.to_owned() }
}

/// Topic and subject of a drift that is excused.
type Excused<'a> = (&'static str, &'a str);
/// What an exception is about, and what is wrong with it.
type WrongRow = (String, Failure);

/// The topics and subjects that the exceptions excuse, and the exceptions that are wrong: each must be
/// needed, have its reason and still hold.
fn excused<'a>(
    arguments: &'a Arguments,
    topics: &[&'static Topic],
    drifts: &[Drift],
    open: &[Undecided],
    whole: &str,
) -> Result<(Vec<Excused<'a>>, Vec<WrongRow>), Failure> {
    let (mut excused, mut wrong) = (Vec::new(), Vec::new());
    for row in arguments.rows.iter().filter(|_| arguments.excepts) {
        let [name, subject, ..] = row.as_slice() else { continue };
        let at = format!("the exception of the {name} of \"{subject}\"");
        let mut add = |why: Failure| wrong.push((at.clone(), arguments.point(row, why)));
        if let Err(why) = has_reason(&at, row.get(2)) {
            add(why);
        }
        let Some(topic) = topics.iter().find(|topic| topic.name == name) else {
            let why = Failure::finding(
                format!("the sentence speaks of {name}"),
                format!("it speaks of {}", quoted_list(topics.iter().map(|topic| topic.name))),
            );
            add(why.place(at.as_str()).help("remove the row, or name the topic in the sentence"));
            continue;
        };
        let needed =
            drifts.iter().any(|drift| drift.topic.name == topic.name && drift.subject == *subject);
        if !needed {
            // What nobody could look at may need it.
            if let Some(open) = open.first() {
                return Err(open.clone().into());
            }
            let why = Failure::finding(
                format!("{at} is needed"),
                format!("without it the sentence holds as well: {whole}"),
            );
            add(why.place(at.as_str()).help("remove the row"));
            continue;
        }
        if let Err(why) = still_holds(&at, row.get(3)) {
            add(why);
        }
        excused.push((topic.name, subject.as_str()));
    }
    Ok((excused, wrong))
}
