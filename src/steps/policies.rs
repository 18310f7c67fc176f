//! Policies stated by scenarios: rules that hold for any Compose project, by their names.

use super::{
    Arguments, Step, StepResult, World,
    exceptions::{Fault, settle},
};
use crate::{
    policy::{self, Target},
    run::Failure,
    words::did_you_mean,
};

pub(super) static STEPS: &[Step] = &[Step::then(
    "no service breaks the policy {text}",
    "The rule of this name finds nothing in the files, apart from the exceptions.",
    "no service breaks the policy \"privileged-container\"",
)
.excepts()
.declared(keeps)];

fn keeps(world: &mut World, arguments: &Arguments) -> StepResult {
    let name = arguments.text(0)?;
    let Some(rule) = policy::all().find(|rule| rule.id == name) else {
        let help = did_you_mean(name, policy::all().map(|rule| rule.id)).map_or_else(
            || "name a rule that there is".to_owned(),
            |near| format!("did you mean \"{near}\"?"),
        );
        let why = "there is no rule of that name";
        return Err(Failure::error(format!("judge by the policy \"{name}\""), why).help(help));
    };
    let project = world.project()?;
    let target = Target { project: (*project).clone() };
    let faults: Vec<Fault> = policy::judge(&target, [rule])
        .into_iter()
        .flat_map(|finding| {
            // An exception is one service's, also where several share a line.
            let shared = finding.shared.into_iter().map(|one| (one.subject, one.message));
            let all = std::iter::once((finding.subject, finding.message)).chain(shared);
            let (origin, help) = (Some(finding.origin), finding.remedy);
            let fault = |(subject, found): (String, String)| Fault {
                subject: subject.split(['.', '[']).nth(1).unwrap_or_default().to_owned(),
                found,
                origin,
                help: help.clone(),
            };
            all.map(fault).collect::<Vec<_>>()
        })
        .collect();
    let judged: Vec<String> = project
        .services
        .keys()
        .chain(project.networks.keys())
        .chain(project.volumes.keys())
        .cloned()
        .collect();
    let expected = format!("no service breaks the policy \"{name}\"");
    settle(world, &project, arguments, &expected, &judged, faults)
}
