//! What a service's Dockerfile says: base, packages, copied files, user.
//!
//! Only what these sentences ask is read here: instructions with their words, stages, and the
//! arguments that stand in `FROM`.

use std::sync::Arc;

use super::{
    Arguments, Step, StepResult, World,
    declared::{self, point_key},
};
use crate::{
    run::Failure,
    source::{Source, Span},
};

pub(super) static STEPS: &[Step] = &[
    Step::then(
        "the image of {service} is built from {text}",
        "The stage that is built starts from this image, arguments put in.",
        "the image of \"app\" is built from \"debian:12-slim\"",
    )
    .declared(base),
    Step::then(
        "the image of {service} is built in {number} stage(s)",
        "The Dockerfile has so many stages up to the one that is built.",
        "the image of \"app\" is built in 2 stages",
    )
    .declared(stages),
    Step::then(
        "the build of {service} runs each of:",
        "Each text of the table is a word of a RUN instruction of the stage that is built, for instance a package.",
        "the build of \"app\" runs each of:",
    )
    .table(&["text"])
    .declared(|world, arguments| runs(world, arguments, true)),
    Step::then(
        "the build of {service} runs none of:",
        "No text of the table is a word of a RUN instruction of the stage that is built.",
        "the build of \"app\" runs none of:",
    )
    .table(&["text"])
    .declared(|world, arguments| runs(world, arguments, false)),
    Step::then(
        "the build of {service} copies {text} to {text}",
        "A COPY of the stage that is built puts the file or folder of the context there.",
        "the build of \"app\" copies \"docker/php/fpm.conf\" to \"/etc/php/8.2/fpm/php-fpm.conf\"",
    )
    .declared(copies),
    Step::then(
        "the image of {service} runs as user {text}",
        "The last USER of the stage that is built, unless the Compose files name another.",
        "the image of \"app\" runs as user \"www-data\"",
    )
    .declared(user),
];

/// An instruction: its keyword, its words, and where it stands.
struct Instruction {
    keyword: String,
    words: Vec<String>,
    span: Span,
}

/// A Dockerfile, and which of its instructions make the image.
struct Recipe {
    source: Arc<Source>,
    base: String,
    base_span: Span,
    stages: u64,
    /// The instructions of the stage that is built, and of those it starts from.
    steps: Vec<Instruction>,
}

fn instructions(source: &Source) -> Vec<Instruction> {
    let mut found: Vec<Instruction> = Vec::new();
    let mut open: Option<Instruction> = None;
    for (index, line) in source.text().lines().enumerate() {
        let text = line.trim();
        if text.starts_with('#') || text.is_empty() {
            continue;
        }
        let goes_on = text.ends_with('\\');
        let mut words = text
            .trim_end_matches('\\')
            .split(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|' | '(' | ')'))
            .filter(|word| !word.is_empty())
            .map(|word| word.trim_matches(['"', '\'', '[', ']', ',']).to_owned());
        let span = source.line(index + 1);
        let mut instruction = open.take().unwrap_or_else(|| Instruction {
            keyword: words.next().unwrap_or_default().to_uppercase(),
            words: Vec::new(),
            span: span.clone(),
        });
        instruction.words.extend(words.filter(|word| !word.is_empty()));
        instruction.span.end = span.end;
        if goes_on {
            open = Some(instruction);
        } else {
            found.push(instruction);
        }
    }
    found.extend(open);
    found
}

/// `${NAME}` and `$NAME` by their values.
fn put_in(text: &str, values: &[(String, String)]) -> String {
    let mut text = text.to_owned();
    for (name, value) in values {
        text = text.replace(&format!("${{{name}}}"), value);
        if text == format!("${name}") {
            text.clone_from(value);
        }
    }
    text
}

fn recipe(world: &World, service: &str) -> Result<Recipe, Failure> {
    let project = world.project()?;
    let Some(build) = &declared::service(&project, service)?.build else {
        let failure = Failure::finding(
            format!("the image of \"{service}\" is built"),
            "the files state no `build:`",
        )
        .help(format!("write `build:` for service \"{service}\""));
        return Err(point_key(&project, service, "image", failure));
    };
    let text = |value: Option<&crate::compose::Located<String>>| {
        value.map(|value| value.value.clone()).unwrap_or_default()
    };
    let path = camino::Utf8PathBuf::from(text(build.context.as_ref()))
        .join(text(build.dockerfile.as_ref()));
    let here = std::env::current_dir().unwrap_or_default();
    let shown = camino::Utf8Path::from_path(&here).and_then(|here| path.strip_prefix(here).ok());
    let source = Source::read(shown.unwrap_or(&path)).map_err(|why| {
        let failure = Failure::finding(
            format!("the Dockerfile of \"{service}\" can be read"),
            format!("{path}: {why}"),
        )
        .help("correct `context:` or `dockerfile:`");
        point_key(&project, service, "build", failure)
    })?;
    let target = text(build.target.as_ref());
    let given: Vec<(String, String)> = build
        .args
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.value.clone()?)))
        .collect();
    stage(source, &target, given).ok_or_else(|| {
        let failure = Failure::finding(
            format!("the Dockerfile of \"{service}\" has the stage \"{target}\""),
            "it has none of that name",
        )
        .help("correct `target:`, or name the stage: FROM … AS …");
        point_key(&project, service, "build", failure)
    })
}

/// The stage of a name, the last without one, with all that it starts from.
fn stage(source: Arc<Source>, target: &str, mut values: Vec<(String, String)>) -> Option<Recipe> {
    struct Stage {
        name: String,
        from: String,
        span: Span,
        steps: Vec<Instruction>,
    }
    let mut stages: Vec<Stage> = Vec::new();
    for instruction in instructions(&source) {
        match (instruction.keyword.as_str(), stages.last_mut()) {
            ("FROM", _) => {
                let mut words = instruction.words.iter().filter(|word| !word.starts_with("--"));
                let from = put_in(words.next()?, &values);
                let name = words.nth(1).cloned().unwrap_or_default();
                stages.push(Stage { name, from, span: instruction.span, steps: Vec::new() });
            }
            ("ARG", None) => {
                if let Some((name, value)) =
                    instruction.words.first().and_then(|word| word.split_once('='))
                    && !values.iter().any(|(known, _)| known == name)
                {
                    values.push((name.to_owned(), value.to_owned()));
                }
            }
            (_, Some(stage)) => stage.steps.push(instruction),
            (_, None) => {}
        }
    }
    let mut at = if target.is_empty() {
        stages.len().checked_sub(1)?
    } else {
        stages.iter().position(|stage| stage.name.eq_ignore_ascii_case(target))?
    };
    let count = at as u64 + 1;
    let mut steps = std::mem::take(&mut stages[at].steps);
    while let Some(before) =
        stages[..at].iter().position(|stage| stage.name.eq_ignore_ascii_case(&stages[at].from))
    {
        at = before;
        let mut more = std::mem::take(&mut stages[at].steps);
        more.append(&mut steps);
        steps = more;
    }
    let Stage { from, span, .. } = stages.swap_remove(at);
    Some(Recipe { source, base: from, base_span: span, stages: count, steps })
}

fn base(world: &mut World, arguments: &Arguments) -> StepResult {
    let (service, wanted) = (arguments.text(0)?, arguments.text(1)?);
    let recipe = recipe(world, service)?;
    if recipe.base == wanted {
        world.saw(format!("base of \"{service}\""), recipe.base);
        return Ok(());
    }
    Err(Failure::finding(format!("the image of \"{service}\" is built from {wanted}"), recipe.base)
        .spot(&recipe.source, recipe.base_span)
        .help(format!("write FROM {wanted} there")))
}

fn stages(world: &mut World, arguments: &Arguments) -> StepResult {
    let (service, wanted) = (arguments.text(0)?, arguments.number(1)?);
    let recipe = recipe(world, service)?;
    if recipe.stages == wanted {
        world.saw(format!("stages of \"{service}\""), wanted.to_string());
        return Ok(());
    }
    let expected = format!("the image of \"{service}\" is built in {wanted} stages");
    Err(Failure::finding(expected, recipe.stages.to_string())
        .spot(&recipe.source, recipe.base_span)
        .help("look at the FROM lines, and at `target:` of the build"))
}

fn runs(world: &mut World, arguments: &Arguments, wanted: bool) -> StepResult {
    let service = arguments.text(0)?;
    let recipe = recipe(world, service)?;
    let run = |text: &str| {
        let mut steps = recipe.steps.iter().filter(|step| step.keyword == "RUN");
        steps.find(|step| step.words.iter().any(|word| word == text))
    };
    let texts: Vec<&str> = arguments.rows.iter().map(|row| row[0].as_str()).collect();
    let wrong: Vec<&str> =
        texts.iter().copied().filter(|text| run(text).is_some() != wanted).collect();
    if wrong.is_empty() {
        world.saw(format!("build of \"{service}\""), texts.join(", "));
        return Ok(());
    }
    let (expected, found, help) = if wanted {
        ("runs each of", "missing", "install it there, or take it out of the table")
    } else {
        ("runs none of", "there is", "remove it there")
    };
    let failure = Failure::finding(
        format!("the build of \"{service}\" {expected}: {}", texts.join(", ")),
        format!("{found}: {}", wrong.join(", ")),
    )
    .help(help);
    let at = run(wrong[0]).or_else(|| recipe.steps.iter().find(|step| step.keyword == "RUN"));
    Err(match at {
        Some(step) => failure.spot(&recipe.source, step.span.clone()),
        None => failure.spot(&recipe.source, recipe.base_span),
    })
}

fn copies(world: &mut World, arguments: &Arguments) -> StepResult {
    let (service, from, to) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let recipe = recipe(world, service)?;
    let copies =
        || recipe.steps.iter().filter(|step| matches!(step.keyword.as_str(), "COPY" | "ADD"));
    let is = |step: &&Instruction| match step.words.split_last() {
        Some((target, sources)) => target == to && sources.iter().any(|source| source == from),
        None => false,
    };
    if let Some(step) = copies().find(is) {
        world.saw(format!("build of \"{service}\""), step.words.join(" "));
        return Ok(());
    }
    let near = copies().find(|step| step.words.iter().any(|word| word == from || word == to));
    let found = near.map_or_else(
        || "no COPY speaks of it".to_owned(),
        |step| format!("{} {}", step.keyword, step.words.join(" ")),
    );
    let span = near.map_or(recipe.base_span, |step| step.span.clone());
    Err(Failure::finding(format!("the build of \"{service}\" copies {from} to {to}"), found)
        .spot(&recipe.source, span)
        .help(format!("write COPY {from} {to}")))
}

fn user(world: &mut World, arguments: &Arguments) -> StepResult {
    let (service, wanted) = (arguments.text(0)?, arguments.text(1)?);
    let project = world.project()?;
    let expected = format!("the image of \"{service}\" runs as user {wanted}");
    if let Some(user) = &declared::service(&project, service)?.user {
        if user.as_str() == wanted {
            world.saw(format!("user of \"{service}\""), wanted);
            return Ok(());
        }
        let failure = Failure::finding(expected, user.value.as_str())
            .help(format!("remove `user:` of service \"{service}\", or set it to {wanted}"));
        return Err(declared::point(&project, user.origin, failure));
    }
    let recipe = recipe(world, service)?;
    let last = recipe.steps.iter().rev().find(|step| step.keyword == "USER");
    let is = last.and_then(|step| step.words.first()).map_or("", String::as_str);
    if is == wanted {
        world.saw(format!("user of \"{service}\""), is);
        return Ok(());
    }
    let found = if is.is_empty() { "that of the base image" } else { is };
    Err(Failure::finding(expected, found)
        .spot(&recipe.source, last.map_or(recipe.base_span, |step| step.span.clone()))
        .help(format!("write USER {wanted} as the last of its stage")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_has_the_instructions_of_those_it_starts_from() {
        let text = "ARG BASE=debian:12\nFROM ${BASE} AS common\nRUN apt-get update \\\n # a remark\n && apt-get install -y curl\nUSER root\nFROM common AS dev\nCOPY a b /c/\nUSER www-data\nFROM scratch\nUSER nobody\n";
        let recipe = stage(Source::new("Dockerfile", text), "dev", Vec::new()).expect("a stage");
        assert_eq!((recipe.base.as_str(), recipe.stages), ("debian:12", 2));
        let run: Vec<&str> = recipe.steps[0].words.iter().map(String::as_str).collect();
        assert_eq!(run, ["apt-get", "update", "apt-get", "install", "-y", "curl"]);
        assert_eq!(
            recipe
                .steps
                .iter()
                .rev()
                .find(|step| step.keyword == "USER")
                .map(|step| step.words[0].as_str()),
            Some("www-data")
        );
        assert!(stage(Source::new("Dockerfile", text), "prod", Vec::new()).is_none());
        let given = vec![("BASE".to_owned(), "alpine".to_owned())];
        let recipe = stage(Source::new("Dockerfile", text), "common", given).expect("a stage");
        assert_eq!(recipe.base, "alpine");
    }
}
