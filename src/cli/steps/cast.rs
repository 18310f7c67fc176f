//! Examples with a project's own names: its services play the parts that those of the examples have.

use crate::{
    compose::{Project, Service},
    config::Config,
    facts::answers::stores,
    runner::facts::declared_project,
};

/// Products that are asked in SQL.
const RELATIONAL: &[&str] = &["MySQL", "MariaDB", "PostgreSQL"];

/// Who plays which part: a name in the examples, and a service of the project.
#[derive(Debug, Default)]
pub(super) struct Cast {
    environment: Option<String>,
    parts: Vec<(&'static str, String)>,
}

impl Cast {
    /// Of the first environment whose files can be read.
    pub(super) fn of_configuration(config: &Config) -> Self {
        let mut names = config.environments.keys();
        let found = names.find_map(|name| Some((name, declared_project(config, name).ok()?)));
        found.map_or_else(Self::default, |(name, project)| Self {
            environment: Some(name.clone()),
            parts: parts(&project),
        })
    }

    /// An example, played by the project.
    pub(super) fn play(&self, example: &str) -> String {
        let mut played = example.to_owned();
        for (part, service) in &self.parts {
            played = played.replace(&format!("\"{part}\""), &format!("\u{0}{service}\u{0}"));
        }
        // The names that were put in are no parts themselves.
        played = played.replace('\u{0}', "\"");
        match &self.environment {
            Some(name) if is_plain(name) => {
                let words = ["development environment", "production environment"];
                words
                    .iter()
                    .fold(played, |text, words| text.replace(words, &format!("{name} environment")))
            }
            _ => played,
        }
    }
}

/// Whether an environment's name needs no quotes in a sentence.
fn is_plain(name: &str) -> bool {
    name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

fn parts(project: &Project) -> Vec<(&'static str, String)> {
    let product = |name: &str, service: &Service| {
        stores::run_by(project, name, service).map(|product| product.name)
    };
    let is_relational = |name: &str, service: &Service| {
        product(name, service).is_some_and(|product| RELATIONAL.contains(&product))
    };
    let is_cache = |name: &str, service: &Service| product(name, service) == Some("Redis");
    let is_own = |name: &str, service: &Service| product(name, service).is_none();
    let find = |fits: &dyn Fn(&str, &Service) -> bool, but: &[&str]| {
        let mut services = project.services.iter();
        let found = services.find(|(name, one)| !but.contains(&name.as_str()) && fits(name, one));
        found.map(|(name, _)| name.clone())
    };
    let database = find(&is_relational, &[]);
    let cache = find(&is_cache, &[]);
    let web = find(&|name, one| is_own(name, one) && !one.ports.is_empty(), &[]);
    let taken: Vec<&str> = web.as_deref().into_iter().collect();
    let api = find(&|name, one| is_own(name, one) && one.build.is_some(), &taken)
        .or_else(|| find(&is_own, &taken));
    let taken: Vec<&str> = taken.into_iter().chain(api.as_deref()).collect();
    let worker = find(&|name, one| is_own(name, one) && one.ports.is_empty(), &taken);
    let played = [
        ("database", &database),
        ("db", &database),
        ("cache", &cache),
        ("web", &web),
        ("api", &api),
        ("worker", &worker),
    ];
    played.into_iter().filter_map(|(part, one)| Some((part, one.clone()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{compose::project, steps};

    const STACK: &str = "services:
  proxy: {image: 'haproxy:3', ports: ['80:80']}
  web: {build: ./api}
  store: {image: 'postgres:17'}
  fast: {image: 'valkey/valkey:8'}
  jobs: {build: ./jobs}
";

    fn cast() -> Cast {
        let project = project::load_text("compose.yaml", STACK).expect("a model").into();
        Cast { environment: Some("staging".into()), parts: parts(&project) }
    }

    #[test]
    fn each_part_is_played_by_a_service_of_its_kind() {
        let played = cast().play(
            "the request passes through \"web\", \"api\", \"database\" and \"cache\", not \"worker\"",
        );
        let expected =
            "the request passes through \"proxy\", \"web\", \"store\" and \"fast\", not \"jobs\"";
        assert_eq!(played, expected);
        assert_eq!(cast().play("the development environment"), "the staging environment");
        assert_eq!(Cast::default().play("service \"api\""), "service \"api\"");
    }

    #[test]
    fn an_example_that_is_played_is_still_its_sentence() {
        let vocabulary = steps::Vocabulary::default();
        let cast = cast();
        for step in steps::all() {
            // Those with a table of their own kind are held by their features.
            let example = cast.play(step.example);
            let kind = match step.keyword {
                steps::Keyword::Given => gherkin::StepType::Given,
                steps::Keyword::When => gherkin::StepType::When,
                steps::Keyword::Then => gherkin::StepType::Then,
            };
            let written = gherkin::Step {
                keyword: step.keyword.word().into(),
                ty: kind,
                value: example.clone(),
                docstring: None,
                table: None,
                span: gherkin::Span { start: 0, end: 0 },
                position: gherkin::LineCol { line: 1, col: 1 },
            };
            let found = vocabulary.find(&written);
            assert!(
                !matches!(found, Err(steps::vocabulary::Misunderstood::Undefined { .. })),
                "{example}: {found:?}"
            );
        }
    }
}
