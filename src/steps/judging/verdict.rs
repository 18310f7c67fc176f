//! From what a judge found out about services to what is told.
//!
//! A judge is a pure function over the facts of a sentence. It knows neither files nor engine, and says
//! of the facts of both truths what is not so, and of which service.

use crate::steps::{
    StepResult,
    judging::{
        declared::{self, key_origin},
        violations::{self, Violations},
    },
};
use crate::{
    compose::Project,
    facts::{Fact, Violation},
    probe::facts::Undecided,
    run::Failure,
};

/// Sees to it that a judge has a fact on each subject of its sentence: of nothing everything is so.
///
/// # Errors
/// [`Undecided`] of the first subject on which there is none.
pub(crate) fn looked_at<T>(
    expected: &str,
    subjects: &[&str],
    facts: &[Fact<T>],
) -> Result<(), Undecided> {
    let has_one = |name: &&&str| facts.iter().any(|fact| fact.subject == **name);
    match subjects.iter().find(|name| !has_one(name)) {
        None => Ok(()),
        Some(name) => Err(Undecided::new(expected, format!("nothing of \"{name}\" was looked at"))
            .help(format!("let service \"{name}\" run, or leave it out here"))),
    }
}

/// What a judge of facts came to, as one failure at the place of the first violation. It asks for what
/// the whole sentence does, where that is said, else for what the first violation does, and tells what
/// was found instead of just that.
///
/// # Errors
/// That failure, if there is a violation.
pub(crate) fn judged(
    project: &Project,
    whole: Option<&str>,
    violations: Vec<Violation>,
) -> StepResult {
    let violations: Vec<Violation> =
        violations.into_iter().map(|one| located(project, one)).collect();
    let Some(first) = violations.first().cloned() else { return Ok(()) };
    let told = violations.iter().filter(|one| whole.is_some() || one.expected == first.expected);
    let found: Vec<&str> = told.map(|one| one.found.as_str()).collect();
    let found = found.join("\n");
    let mut all = Violations::of(project);
    for Violation { subject, expected, found, at, help } in violations {
        all.add(subject, expected, found.replace('\n', "; "), at, help);
    }
    let failure = Failure::finding(whole.unwrap_or(&first.expected), found)
        .violations(all.all())
        .help(first.help);
    Err(match first.at.filter(|origin| origin.place.file().is_some()) {
        Some(origin) => declared::point(project, origin, failure),
        None => failure.place(first.subject),
    })
}

/// Names what is violated by its path in the files, and gives what has no place of its own that of its
/// service.
fn located(project: &Project, one: Violation) -> Violation {
    if !project.services.contains_key(&one.subject) {
        return one;
    }
    let at = one.at.filter(|origin| origin.place.file().is_some());
    let at = at.or_else(|| key_origin(project, &one.subject, ""));
    Violation { subject: violations::path(project, &one.subject, at), at, ..one }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_judge_finds_is_told_at_the_first_place_and_each_at_its_own() {
        let text = "services:\n  a: {image: a}\n  b:\n    image: b\n";
        let project: Project =
            crate::compose::project::load_text("compose.yaml", text).expect("a model").into();
        let violation = |subject: &str, expected: &str, at| Violation {
            subject: subject.to_owned(),
            expected: expected.to_owned(),
            found: format!("it is {subject}\nby name"),
            at,
            help: "name it otherwise".to_owned(),
        };
        assert!(judged(&project, Some("so"), Vec::new()).is_ok());
        let image = key_origin(&project, "b", "image");
        let of = |whole, expected: [&str; 3]| {
            let [b, a, other] = expected;
            let all = vec![
                violation("b", b, image),
                violation("a", a, None),
                violation("networks.c", other, None),
            ];
            let failure = judged(&project, whole, all).expect_err("violations");
            assert_eq!(failure.place.as_deref(), Some("compose.yaml:4:5"));
            let told = failure.violations.iter().map(|one| {
                let line = one.spot.as_ref().map(|(source, span)| source.place(span.start).line);
                (one.subject.as_str(), one.found.as_str(), line)
            });
            assert_eq!(
                told.collect::<Vec<_>>(),
                [
                    ("services.b.image", "it is b; by name", Some(4)),
                    ("services.a", "it is a; by name", Some(2)),
                    ("networks.c", "it is networks.c; by name", None),
                ]
            );
            (failure.expected.clone(), failure.found.lines().count())
        };
        assert_eq!(of(Some("all is well"), ["x", "y", "z"]), ("all is well".into(), 6));
        assert_eq!(of(None, ["x", "y", "x"]), ("x".into(), 4));
        let nowhere = judged(&project, None, vec![violation("networks.c", "x", None)]);
        let nowhere = nowhere.expect_err("a violation");
        assert_eq!(nowhere.place.as_deref(), Some("networks.c"));
    }

    #[test]
    fn what_nobody_looked_at_is_undecided() {
        let fact = |name: &str| Fact {
            subject: name.to_owned(),
            value: (),
            shown: String::new(),
            at: None,
        };
        assert!(looked_at("so", &["a", "b"], &[fact("b"), fact("a"), fact("a")]).is_ok());
        let open = looked_at("so", &["a", "b"], &[fact("a")]).expect_err("undecided");
        assert!(open.missing.contains("\"b\""), "{open:?}");
    }
}
