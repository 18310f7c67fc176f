//! Policies stated by scenarios: rules that hold for any Compose project, by their names.

use crate::steps::{Arguments, Step, StepResult, World, judging::exceptions::settle};
use crate::{
    facts::Violation,
    policy::{self, Target, allow, shared::service_of},
    run::Failure,
    words::did_you_mean,
};

pub(crate) static STEPS: &[Step] = &[Step::then(
    "no service breaks the policy {text}",
    "The rule of this name finds nothing in the files, apart from the exceptions and from what a comment `# seaworthy: allow[rule] reason` allows there.",
    "no service breaks the policy \"privileged-container\"",
)
.excepts()
.declared(keeps)];

/// What an exception names: the service that a subject lies in, whose name may have dots, else the
/// network or volume.
fn subject_of(target: &Target, subject: &str) -> String {
    let service = service_of(target, subject);
    let part = || subject.split(['.', '[']).nth(1).unwrap_or_default();
    service.unwrap_or_else(part).to_owned()
}

fn keeps(world: &mut World, arguments: &Arguments) -> StepResult {
    let name = arguments.text(0)?;
    let Some(rule) = policy::all().find(|rule| rule.id == name) else {
        let help = did_you_mean(name, policy::all().map(|rule| rule.id)).map_or_else(
            || "name a rule that there is".to_owned(),
            |near| format!("did you mean \"{near}\"?"),
        );
        let why = "there is no rule of that name";
        return Err(Failure::undecided(format!("judge by the policy \"{name}\""), why).help(help));
    };
    let project = world.project()?;
    let target = Target { project: (*project).clone() };
    let expected = format!("no service breaks the policy \"{name}\"");
    let allows = allow::read(target.journal());
    let today = chrono::Local::now().date_naive();
    let mut by_comments: Vec<String> = Vec::new();
    let faults: Vec<Violation> = policy::judge(&target, [rule])
        .into_iter()
        .flat_map(|finding| {
            // An exception is one service's, also where several share a line.
            let shared = finding.shared.into_iter().map(|one| (one.subject, one.message));
            let all = std::iter::once((finding.subject, finding.message)).chain(shared);
            // What a comment beside it allows with a reason is decided; a row of the table says so too.
            let all: Vec<(String, String)> = all
                .filter(|(subject, message)| {
                    let is_listed =
                        arguments.rows.iter().any(|row| row[0] == subject_of(&target, subject));
                    let reason = || {
                        allow::reason(
                            target.journal(),
                            &allows,
                            rule,
                            finding.origin,
                            subject,
                            today,
                        )
                    };
                    let Some(reason) = (if is_listed { None } else { reason() }) else {
                        return true;
                    };
                    by_comments.push(format!("{message} ({reason})"));
                    false
                })
                .collect();
            let (origin, help) = (Some(finding.origin), finding.remedy);
            let fault = |(subject, found): (String, String)| Violation {
                expected: expected.clone(),
                subject: subject_of(&target, &subject),
                found,
                at: origin,
                help: help.clone(),
            };
            all.into_iter().map(fault).collect::<Vec<_>>()
        })
        .collect();
    let judged: Vec<String> = project
        .services
        .keys()
        .chain(project.networks.keys())
        .chain(project.volumes.keys())
        .cloned()
        .collect();
    if !by_comments.is_empty() {
        world.evidence("allowed by comments of the files", by_comments.join("\n"));
    }
    settle(world, &project, arguments, &expected, &judged, faults)
}
