//! The networks, and who is on them.
//!
//! Compose specification, `networks`, `network_mode`.

use super::{Row, Topic, answers::services, yes_or_no};
use crate::compose::Project;

pub(super) const TOPIC: Topic = Topic {
    name: "networks",
    about: "the networks, and whether they lead out",
    columns: &["network", "way out"],
    keys: &[0],
    key: "networks",
    sentence: Some("exactly these networks are declared:"),
    declared,
};

pub(super) const ATTACHMENTS: Topic = Topic {
    name: "attachments",
    about: "which service is on which network; host, none or that of another service among them",
    columns: &["service", "network"],
    keys: &[0, 1],
    key: "networks",
    sentence: Some("exactly these services are attached to networks:"),
    declared: attachments,
};

/// Every network.
#[must_use]
pub fn declared(project: &Project) -> Vec<Row> {
    let row = |(name, network): (&String, &crate::compose::Located<crate::compose::Resource>)| {
        let internal = network.internal.as_ref().is_some_and(|internal| internal.value);
        Row::new(name, [yes_or_no(!internal)], Some(network.origin))
    };
    project.networks.iter().map(row).collect()
}

/// Who is on which network, by its key: `host`, `none`, `service:db` and the like where
/// `network_mode` says it.
#[must_use]
pub fn attachments(project: &Project) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, service) in services::made(project) {
        if let Some(mode) = service.network_mode.as_ref().filter(|mode| !mode.is_empty()) {
            let at = super::at(mode.origin, project, name, "network_mode");
            rows.push(Row::new(name, [mode.as_str()], Some(at)));
            continue;
        }
        for (network, used) in &service.networks {
            let at = super::at(used.origin, project, name, "networks");
            rows.push(Row::new(name, [network.as_str()], Some(at)));
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;

    #[test]
    fn who_is_on_which_network_is_told_with_the_modes_beside() {
        let text = "services:\n  a: {image: a, networks: [in, out]}\n  b: {image: b, network_mode: 'service:a'}\n  c: {image: c}\nnetworks: {in: {internal: true}, out: }\n";
        assert_eq!(
            lines("attachments", text),
            ["| a | in |", "| a | out |", "| b | service:a |", "| c | default |"]
        );
        let networks = lines("networks", text);
        assert!(networks.contains(&"| in | no |".to_owned()), "{networks:?}");
        assert!(networks.contains(&"| out | yes |".to_owned()), "{networks:?}");
    }
}
