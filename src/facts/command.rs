//! What each service's containers execute.
//!
//! Compose specification, `entrypoint`, `command`; Dockerfile reference, "Understand how CMD and
//! ENTRYPOINT interact". An entry point of the files makes the image's command void.

use super::{Cell, Row, Topic, image};
use crate::compose::{Located, Project, Service};

pub(super) const TOPIC: Topic = Topic {
    name: "command",
    about: "entry point and command of each service, the image's where its Dockerfile is at hand",
    columns: &["service", "entry point", "command"],
    keys: &[0],
    key: "command",
    sentence: Some("exactly these commands run:"),
    declared,
};

/// Words in one cell, as a shell would read them; `none` without any.
#[must_use]
pub fn cell<S: AsRef<str>>(words: &[S]) -> String {
    if words.is_empty() { "none".to_owned() } else { image::line(words) }
}

/// Entry point and command of a service.
#[must_use]
pub fn of(project: &Project, name: &str, service: &Service) -> image::Command {
    over(service, || match image::recipe(project, name, service) {
        Ok(recipe) => recipe.command(),
        Err(why) => image::Command { entrypoint: Err(why.clone()), command: Err(why) },
    })
}

/// Entry point and command of a service over those of its image.
#[must_use]
pub fn over(service: &Service, of_image: impl Fn() -> image::Command) -> image::Command {
    let words = |words: &Vec<Located<String>>| -> Vec<String> {
        words.iter().map(|word| word.value.clone()).collect()
    };
    let entrypoint = service.entrypoint.as_ref().map(words);
    // The engine takes no words for "the image's".
    let command = service.command.as_ref().map(words).filter(|words| !words.is_empty());
    let replaced = entrypoint.as_ref().is_some_and(|words| !words.is_empty());
    image::Command {
        entrypoint: entrypoint.map_or_else(|| of_image().entrypoint, Ok),
        command: match command {
            Some(words) => Ok(words),
            None if replaced => Ok(Vec::new()),
            None => of_image().command,
        },
    }
}

/// What every service executes.
#[must_use]
pub fn declared(project: &Project) -> Vec<Row> {
    super::each(project, &["command", "entrypoint"], |name, service| {
        let image::Command { entrypoint, command } = of(project, name, service);
        let told = |words: image::Known<Vec<String>>| match words {
            Ok(words) => cell(&words).into(),
            Err(why) => Cell::Unknown(why),
        };
        vec![told(entrypoint), told(command)]
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;

    fn of(service: &str, dockerfile: &str) -> String {
        let inline = dockerfile.replace('\n', "\n        ");
        let text = format!(
            "services:\n  a:\n    {service}\n    build:\n      dockerfile_inline: |\n        {inline}\n"
        );
        lines("command", &text).remove(0)
    }

    #[test]
    fn what_the_files_leave_out_the_dockerfile_says() {
        let file = "FROM x\nENTRYPOINT [\"e\"]\nCMD [\"c\", \"d e\"]";
        assert_eq!(of("init: true", file), "| a | e | c 'd e' |");
        assert_eq!(of("command: f g", file), "| a | e | f g |");
        assert_eq!(of("entrypoint: h", file), "| a | h | none |");
        assert_eq!(of("entrypoint: []", file), "| a | none | c 'd e' |");
        assert_eq!(of("init: true", "FROM x\nENTRYPOINT [\"e\"]"), "| a | e | none |");
        assert_eq!(of("init: true", "FROM x\nCMD c d"), "| a | ? | /bin/sh -c 'c d' |");
        assert_eq!(of("init: true", "FROM scratch\nSHELL [\"/s\"]\nCMD c"), "| a | none | /s c |");
        assert_eq!(of("init: true", "FROM x\nRUN c"), "| a | ? | ? |");
    }

    #[test]
    fn an_image_that_another_service_builds_is_known() {
        let text = "services:\n  a: {image: i}\n  b:\n    image: i\n    build:\n      dockerfile_inline: |\n        FROM x\n        ENTRYPOINT [\"e\"]\n  c: {image: j, command: [k]}\n";
        assert_eq!(
            lines("command", text),
            ["| a | e | none |", "| b | e | none |", "| c | ? | k |"]
        );
    }
}
