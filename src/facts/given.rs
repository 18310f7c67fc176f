//! Which secrets and configs are given to which service, and where it finds them.
//!
//! Compose specification, `secrets`, `configs`.

use super::{
    Row, Topic,
    answers::{path, services},
    text,
};
use crate::compose::{FileUse, Located, Project, Service};

pub(super) const SECRETS: Topic = Topic {
    name: "secrets",
    about: "the secrets that services are given, and their paths",
    columns: &["service", "secret", "path"],
    keys: &[0, 1],
    key: "secrets",
    sentence: Some("exactly these secrets are given:"),
    declared: |project| declared(project, path::of_secret, "secrets", |service| &service.secrets),
};

pub(super) const CONFIGS: Topic = Topic {
    name: "configs",
    about: "the configs that services are given, and their paths",
    columns: &["service", "config", "path"],
    keys: &[0, 1],
    key: "configs",
    sentence: Some("exactly these configs are given:"),
    declared: |project| declared(project, path::of_config, "configs", |service| &service.configs),
};

fn declared(
    project: &Project,
    path: fn(&FileUse) -> String,
    key: &str,
    of: fn(&Service) -> &Vec<Located<FileUse>>,
) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, service) in services::made(project) {
        for used in of(service) {
            let cells = [text(used.source.as_ref()).to_owned(), path(used)];
            rows.push(Row::new(name, cells, Some(super::at(used.origin, project, name, key))));
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;

    #[test]
    fn what_is_given_is_told_with_its_path() {
        let text = "services:\n  a:\n    image: a\n    secrets: [key, {source: key, target: other}, {source: key, target: /etc/key}]\n    configs: [conf, {source: conf, target: /etc/conf}]\nsecrets: {key: {file: ./key}}\nconfigs: {conf: {content: x}}\n";
        assert_eq!(
            lines("secrets", text),
            [
                "| a | key | /run/secrets/key |",
                "| a | key | /run/secrets/other |",
                "| a | key | /etc/key |",
            ]
        );
        assert_eq!(lines("configs", text), ["| a | conf | /conf |", "| a | conf | /etc/conf |"]);
    }
}
