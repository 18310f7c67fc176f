//! What a service's Dockerfile says: base, packages, copied files, user.
//!
//! The stage that is built counts, with those that it starts from; build arguments are put in.

use std::ptr;

use camino::{Utf8Path, Utf8PathBuf};

use crate::steps::{
    Arguments, Step, StepResult, World,
    judging::declared::{self, point_key},
};
use crate::{
    compose::{Build, Located, Project, builds::BuildFile},
    dockerfile::{Dockerfile, Instruction, RunAs, Stage},
    facts::{answers::root, image},
    run::Failure,
};

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "the image of {service} is built from {text}",
        "The stage that is built starts from this image, arguments put in.",
        "the image of \"api\" is built from \"debian:12-slim\"",
    )
    .declared(base),
    Step::then(
        "the image of {service} is built in {number} stage(s)",
        "The Dockerfile has so many stages up to the one that is built.",
        "the image of \"api\" is built in 2 stages",
    )
    .declared(stages),
    Step::then(
        "the build of {service} runs each of:",
        "Each text of the table is a word of a RUN instruction of the stage that is built, for instance a package.",
        "the build of \"api\" runs each of:",
    )
    .table(&["text"])
    .declared(|world, arguments| runs(world, arguments, true)),
    Step::then(
        "the build of {service} runs none of:",
        "No text of the table is a word of a RUN instruction of the stage that is built.",
        "the build of \"api\" runs none of:",
    )
    .table(&["text"])
    .declared(|world, arguments| runs(world, arguments, false)),
    Step::then(
        "the build of {service} copies {text} to {text}",
        "A COPY of the stage that is built puts the file or folder of the context there.",
        "the build of \"api\" copies \"docker/api.conf\" to \"/etc/api/api.conf\"",
    )
    .declared(copies),
    Step::then(
        "the image of {service} runs as user {text}",
        "The last USER of the stage that is built, unless the Compose files name another.",
        "the image of \"api\" runs as user \"www-data\"",
    )
    .declared(user),
];

/// The build of a service: what is asked of it below, and where it is written.
struct Recipe<'a> {
    project: &'a Project,
    file: &'a BuildFile,
    dockerfile: &'a Dockerfile,
    stage: &'a Stage,
    build: &'a Build,
}

impl<'a> Recipe<'a> {
    fn of(project: &'a Project, service: &str) -> Result<Self, Failure> {
        let Some(build) = &declared::service(project, service)?.build else {
            let failure = Failure::finding(
                format!("the image of \"{service}\" is built"),
                "the files state no `build:`",
            )
            .help(format!("write `build:` for service \"{service}\""));
            return Err(point_key(project, service, "image", failure));
        };
        let text = |value: Option<&'a Located<String>>| value.map_or("", |value| value.as_str());
        let readable = format!("the Dockerfile of \"{service}\" can be read");
        let Some(file) = project.dockerfile(service) else {
            let path = Dockerfile::of_build(
                text(build.context.as_ref()),
                build.dockerfile.as_ref().map(|file| file.as_str()),
            );
            let found = path.map_or_else(
                || "its context is not on this machine".to_owned(),
                |path| format!("{path} is not there"),
            );
            let failure =
                Failure::finding(readable, found).help("correct `context:` or `dockerfile:`");
            return Err(point_key(project, service, "build", failure));
        };
        let dockerfile = match &file.dockerfile {
            Ok(dockerfile) => dockerfile,
            Err(refused) => {
                let failure = Failure::finding(readable, refused.title.as_str())
                    .help("correct the line that it names");
                return Err(match refused.labels.first() {
                    Some(label) => failure.spot(&label.source, label.span.clone()),
                    None => point_key(project, service, "build", failure),
                });
            }
        };
        let target = text(build.target.as_ref());
        let Some(stage) = dockerfile.target(Some(target)) else {
            let failure = Failure::finding(
                format!("the Dockerfile of \"{service}\" has the stage \"{target}\""),
                "it has none of that name",
            )
            .help("correct `target:`, or name the stage: FROM … AS …");
            return Err(point_key(project, service, "build", failure));
        };
        Ok(Self { project, file, dockerfile, stage, build })
    }

    /// As the facts on images have it.
    fn as_fact(&self) -> image::Recipe<'a> {
        image::Recipe::of(self.file, self.dockerfile, self.stage, self.build)
    }

    fn argument(&self, name: &str) -> Option<String> {
        self.build.args.get(name)?.value.clone()
    }

    /// The instructions of one of some kinds that make the image.
    fn all(&self, keywords: &[&str]) -> Vec<&'a Instruction> {
        let history = self.dockerfile.history(self.stage);
        history.filter(|one| keywords.contains(&one.keyword)).collect()
    }

    /// The `FROM` that names the image from outside.
    fn from(&self) -> &'a Instruction {
        self.dockerfile.lineage(self.stage).last().map_or(&self.stage.from, |first| &first.from)
    }

    /// A failure at an instruction; one that stands in the Compose file is pointed at there.
    fn at(&self, instruction: &Instruction, failure: Failure) -> Failure {
        let journal = &self.project.journal;
        declared::point(self.project, self.file.origin(journal, &instruction.span), failure)
    }
}

/// What a build copies from its context, and to where.
pub(crate) struct Copied {
    /// The file or folder of the context.
    pub(crate) source: Utf8PathBuf,
    /// Where it comes to in the image.
    pub(crate) target: String,
}

/// What the build of a service copies from its context into the image; nothing where there is
/// no build, or none that can be read.
pub(crate) fn copied(project: &Project, service: &str) -> Vec<Copied> {
    let Some(definition) = project.services.get(service) else { return Vec::new() };
    let Some(build) = &definition.build else { return Vec::new() };
    let Ok(recipe) = image::recipe(project, service, definition) else { return Vec::new() };
    let context = build.context.as_ref().map_or("", |context| context.as_str());
    let copied = recipe.copied().into_iter().map(|one| Copied {
        source: Utf8Path::new(context).join(&one.source),
        target: one.inside.unwrap_or(one.at),
    });
    copied.collect()
}

/// The words of what an instruction runs, shell syntax and remarks taken apart. In the list form
/// every item is one, but for what a shell is given to run.
fn words(instruction: &Instruction) -> Vec<String> {
    let Some(listed) = &instruction.words else { return taken_apart(&instruction.script()) };
    let mut is_script = false;
    let mut words = Vec::new();
    for word in listed {
        match word.text.as_str() {
            script if is_script => words.extend(taken_apart(script)),
            word => words.push(word.to_owned()),
        }
        let option = word.text.strip_prefix('-').filter(|letters| !letters.starts_with('-'));
        is_script = option.is_some_and(|letters| letters.ends_with('c'));
    }
    words
}

/// The words of a script, options of the instruction and remarks left out.
fn taken_apart(script: &str) -> Vec<String> {
    let script: Vec<&str> = script.lines().map(without_remark).collect();
    let script = script.join("\n");
    let options = |word: &&str| word.starts_with("--");
    let words = script
        .split(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|' | '(' | ')'))
        .map(|word| word.trim_matches(['"', '\'', '[', ']', ',']));
    let words = words.filter(|word| !word.is_empty()).skip_while(options);
    words.map(str::to_owned).collect()
}

/// A line of a script up to the `#` that begins a word outside of quotes.
fn without_remark(line: &str) -> &str {
    let (mut quote, mut before) = (None, ' ');
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (None, '#') if before.is_whitespace() || ";&|(".contains(before) => return &line[..at],
            (None, '"' | '\'') if before != '\\' => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
        before = c;
    }
    line
}

fn base(world: &mut World, arguments: &Arguments) -> StepResult {
    let (service, wanted) = (arguments.text(0)?, arguments.text(1)?);
    let project = world.project()?;
    let recipe = Recipe::of(&project, service)?;
    let is = recipe.dockerfile.base_image(recipe.stage, &|name| recipe.argument(name)).text;
    if is == wanted {
        world.evidence(format!("base of \"{service}\""), is);
        return Ok(());
    }
    let failure =
        Failure::finding(format!("the image of \"{service}\" is built from {wanted}"), is)
            .help(format!("write FROM {wanted} there"));
    Err(recipe.at(recipe.from(), failure))
}

fn stages(world: &mut World, arguments: &Arguments) -> StepResult {
    let (service, wanted) = (arguments.text(0)?, arguments.number(1)?);
    let project = world.project()?;
    let recipe = Recipe::of(&project, service)?;
    let before = recipe.dockerfile.stages.iter().take_while(|one| !ptr::eq(*one, recipe.stage));
    let is = before.count() as u64 + 1;
    if is == wanted {
        world.evidence(format!("stages of \"{service}\""), wanted.to_string());
        return Ok(());
    }
    let expected = format!("the image of \"{service}\" is built in {wanted} stages");
    let failure = Failure::finding(expected, is.to_string())
        .help("look at the FROM lines, and at `target:` of the build");
    Err(recipe.at(recipe.from(), failure))
}

fn runs(world: &mut World, arguments: &Arguments, wanted: bool) -> StepResult {
    let service = arguments.text(0)?;
    let project = world.project()?;
    let recipe = Recipe::of(&project, service)?;
    let all: Vec<(&Instruction, Vec<String>)> =
        recipe.all(&["RUN"]).into_iter().map(|one| (one, words(one))).collect();
    let run = |text: &str| {
        let found = all.iter().find(|(_, words)| words.iter().any(|word| word == text));
        found.map(|(instruction, _)| *instruction)
    };
    let texts: Vec<&str> = arguments.rows.iter().map(|row| row[0].as_str()).collect();
    let wrong: Vec<&str> =
        texts.iter().copied().filter(|text| run(text).is_some() != wanted).collect();
    let Some(first) = wrong.first() else {
        world.evidence(format!("build of \"{service}\""), texts.join(", "));
        return Ok(());
    };
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
    let at = run(first).or_else(|| all.first().map(|(instruction, _)| *instruction));
    Err(recipe.at(at.unwrap_or_else(|| recipe.from()), failure))
}

fn copies(world: &mut World, arguments: &Arguments) -> StepResult {
    let (service, from, to) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let project = world.project()?;
    let recipe = Recipe::of(&project, service)?;
    let copies = recipe.as_fact().copied();
    if let Some(copied) = copies.iter().find(|one| one.is(from, to)) {
        let Instruction { keyword, arguments, .. } = copied.instruction;
        world.evidence(format!("build of \"{service}\""), format!("{keyword} {}", arguments.text));
        return Ok(());
    }
    let near = copies.iter().find(|one| one.is_of(from) || one.comes_to(to));
    let near = near.map(|copied| copied.instruction);
    let found = near.map_or_else(
        || "no COPY from the context speaks of it".to_owned(),
        |one| format!("{} {}", one.keyword, one.arguments.text),
    );
    let at = near.unwrap_or_else(|| recipe.from());
    let failure =
        Failure::finding(format!("the build of \"{service}\" copies {from} to {to}"), found)
            .help(format!("write COPY {from} {to}"));
    Err(recipe.at(at, failure))
}

fn user(world: &mut World, arguments: &Arguments) -> StepResult {
    let (service, wanted) = (arguments.text(0)?, arguments.text(1)?);
    let project = world.project()?;
    let expected = format!("the image of \"{service}\" runs as user {wanted}");
    let named = declared::service(&project, service)?.user.as_ref();
    if let Some(user) = named.filter(|user| root::is_said(user)) {
        if user.as_str() == wanted {
            world.evidence(format!("user of \"{service}\""), wanted);
            return Ok(());
        }
        let failure = Failure::finding(expected, user.value.as_str())
            .help(format!("remove `user:` of service \"{service}\", or set it to {wanted}"));
        return Err(declared::point(&project, user.origin, failure));
    }
    let recipe = Recipe::of(&project, service)?;
    let is = match recipe.dockerfile.run_as(recipe.stage, &|name| recipe.argument(name)) {
        RunAs::Named(user) => user.text,
        RunAs::Variable => "a variable without a value".to_owned(),
        RunAs::OfBase(_) => "that of the base image".to_owned(),
    };
    if is == wanted {
        world.evidence(format!("user of \"{service}\""), is);
        return Ok(());
    }
    let last = recipe.all(&["USER"]).pop();
    let failure = Failure::finding(expected, is)
        .help(format!("write USER {wanted} as the last of its stage"));
    Err(recipe.at(last.unwrap_or_else(|| recipe.from()), failure))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::project::load_text;

    const TEXT: &str = "services:\n  app:\n    build:\n      context: .\n      target: dev\n      \
        args: {BASE: debian:12}\n      dockerfile_inline: |\n        ARG BASE=alpine\n        \
        FROM $${BASE} AS common\n        RUN apt-get update \\\n          # a remark\n          \
        && apt-get install -y curl\n        USER root\n        FROM common AS dev\n        \
        COPY --chown=a a b /c/\n        USER www-data\n        FROM scratch\n        USER nobody\n";

    #[test]
    fn a_build_has_the_instructions_of_the_stages_that_it_starts_from() {
        let project: Project = load_text("compose.yaml", TEXT).expect("a model").into();
        let recipe = Recipe::of(&project, "app").expect("a recipe");
        let run: Vec<Vec<String>> = recipe.all(&["RUN"]).into_iter().map(words).collect();
        assert_eq!(run, [["apt-get", "update", "apt-get", "install", "-y", "curl"]]);
        let copied = recipe.as_fact().copied();
        assert!(copied.iter().any(|one| one.is("a", "/c/a")), "{copied:?}");
        assert!(copied.iter().any(|one| one.is("b", "/c/")), "{copied:?}");
        let argument = |name: &str| recipe.argument(name);
        assert_eq!(recipe.dockerfile.base_image(recipe.stage, &argument).text, "debian:12");
        let user = recipe.dockerfile.run_as(recipe.stage, &argument);
        assert!(matches!(user, RunAs::Named(user) if user.text == "www-data"));
    }

    #[test]
    fn the_words_of_a_run_are_those_that_its_shell_takes_apart() {
        for (line, is) in [
            ("RUN a b;c # d", vec!["a", "b", "c"]),
            ("RUN a 'b # c' d#e", vec!["a", "b", "#", "c", "d#e"]),
            (r#"RUN ["echo", "a b"]"#, vec!["echo", "a b"]),
            (r#"RUN ["sh", "-ec", "a b && c"]"#, vec!["sh", "-ec", "a", "b", "c"]),
            ("RUN <<EOF\na # b\nc\nEOF", vec!["<<EOF", "a", "c"]),
        ] {
            let text = format!("FROM x\n{line}\n");
            let file = Dockerfile::parse(&crate::source::Source::new("Dockerfile", text));
            let file = file.expect("a Dockerfile");
            assert_eq!(words(&file.stages[0].instructions[0]), is, "{line}");
        }
    }

    #[test]
    fn an_instruction_in_the_compose_file_is_pointed_at_there() {
        let project: Project = load_text("compose.yaml", TEXT).expect("a model").into();
        let recipe = Recipe::of(&project, "app").expect("a recipe");
        let failure = recipe.at(recipe.all(&["COPY"])[0], Failure::finding("a", "b"));
        let (source, span) = failure.spot.expect("a place");
        assert_eq!(&source.text()[span], "COPY --chown=a a b /c/");
        assert_eq!(source.path(), "compose.yaml");
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (from, to, says) in [
            ("target: dev", "target: prod", "none of that name"),
            ("USER root", "USR root", "cannot be read"),
            ("dockerfile_inline: |", "x-inline: |", "not there"),
        ] {
            let text = TEXT.replace(from, to);
            let project: Project = load_text("compose.yaml", &text).expect("a model").into();
            let Err(failure) = Recipe::of(&project, "app") else { panic!("{to} is read") };
            assert!(failure.found.contains(says), "{to}: {}", failure.found);
        }
    }
}
