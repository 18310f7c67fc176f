//! A health check whose program is not in the image.

use super::checks;
use crate::{
    compose::{Service, idle::Follows, journal::Origin},
    facts::image::{self, told},
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A check whose program is not there never passes.
pub static RULE: Rule = Rule {
    id: "program-not-in-image",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "The program of a health check is not in the image, as far as its Dockerfile tells.",
    check,
    document: include_str!("program_not_in_image.md"),
};

/// What is known of an image: its base, where that is written, and whether a Dockerfile says so.
struct Lacking {
    base: String,
    from: Option<Origin>,
}

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        let Some(check) = checks::of(target, name, service) else { continue };
        let Some((program, lacking)) = missing(target, name, service, &check) else { continue };
        let base = &lacking.base;
        let why = match (lacking.from, base.as_str()) {
            (None, _) => format!("the image {base} has none"),
            (Some(_), "scratch") => {
                "its Dockerfile begins with nothing, and nothing brings it".into()
            }
            (Some(_), _) => {
                format!("nothing in its Dockerfile installs it, and its base image {base} has none")
            }
        };
        let what = if program == "sh" { "a shell" } else { program };
        let mut finding = RULE.finding(
            format!("services.{name}.healthcheck.test"),
            format!("the health check of service \"{name}\" runs {what}: {why}"),
            remedy(program, base),
            check.origin,
        );
        if let Some(from) = lacking.from {
            finding = finding.also(from, "the base image");
        }
        found.push(finding);
    }
}

/// The first program of a check that is not there, unless another does in its place.
fn missing(
    target: &Target,
    name: &str,
    service: &Service,
    check: &checks::Check,
) -> Option<(&'static str, Lacking)> {
    let lacks = |program: &str| lacking(target, name, service, program);
    if check.in_shell
        && let Some(lacking) = lacks("sh")
    {
        return Some(("sh", lacking));
    }
    let commands = check.commands.as_ref()?;
    // Who asks first whether a program is there knows what to do without it.
    if commands
        .iter()
        .any(|one| matches!(one.program(), "which" | "type" | "command" | "test" | "["))
    {
        return None;
    }
    let known = |program: &str| told::ASKED.iter().copied().find(|known| *known == program);
    let mut found = None;
    for command in commands {
        let Some(program) = known(command.program()) else { continue };
        match lacks(program) {
            Some(lacking) => found = found.or(Some((program, lacking))),
            // `curl … || wget …`: one of them is enough.
            None if command.follows == Follows::Failure || found.is_none() => {
                let other = commands
                    .iter()
                    .any(|one| one.follows == Follows::Failure && known(one.program()).is_some());
                if other {
                    return None;
                }
            }
            None => {}
        }
    }
    found
}

fn lacking(target: &Target, name: &str, service: &Service, program: &str) -> Option<Lacking> {
    // What is mounted, or installed at start, is not the image's.
    let words = [service.entrypoint.as_deref(), service.command.as_deref()];
    let named =
        |text: &str| text.split(|c: char| c.is_whitespace() || c == '/').any(|it| it == program);
    let at_start = words.into_iter().flatten().flatten().any(|word| named(word));
    let mounts = service.volumes.iter().filter_map(|mount| mount.target.as_ref());
    let mounted = mounts.into_iter().any(|at| named(at) || at.ends_with("/bin"));
    if at_start || mounted {
        return None;
    }
    if let Ok(recipe) = image::recipe(&target.project, name, service) {
        let base = recipe.lacks(program)?;
        let from = recipe.origin(&target.project, &base);
        return Some(Lacking { base: base.text, from: Some(from) });
    }
    let image = service.image.as_ref().filter(|_| service.build.is_none())?;
    told::image_lacks(image, program).then(|| Lacking { base: image.value.clone(), from: None })
}

fn remedy(program: &str, base: &str) -> String {
    match program {
        "sh" => "ask with the program itself, as `[\"CMD\", \"/app\", \"--health\"]`: there is no shell".into(),
        "curl" if told::has_busybox(base) => {
            "install curl in the Dockerfile, or ask with the `wget` of busybox: `wget -q --spider http://127.0.0.1:…`".into()
        }
        _ => format!("install {program} in the Dockerfile, or ask with a program that is there"),
    }
}
