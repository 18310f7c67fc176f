//! The Compose file that we add after everybody else's, so that a run meets no other:
//! names of its own, and host ports that are surely free.
//!
//! Compose specification, "Merge and override": `!override` replaces a list, `!reset` removes a value.

use serde_yaml::{
    Mapping, Value,
    value::{Tag, TaggedValue},
};

use super::isolation::{
    Own,
    storage::{Plan, Volume},
};
use crate::compose::{Port, Project};

/// Whether the host ports of the files are bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostPorts {
    /// Each declared host port becomes a free one of the loopback interface, chosen by the engine.
    Free,
    /// As the files say.
    Declared,
}

/// Writes the override file of a run. The model is that of all profiles: whatever Compose may be
/// asked to start later is kept apart as well.
///
/// # Errors
/// What serde says; the text is plain data, so it does not.
pub fn text(
    project: &Project,
    name: &str,
    ports: HostPorts,
    own: &Own,
) -> Result<String, serde_yaml::Error> {
    let storage = &own.storage;
    let mut services = Mapping::new();
    for (key, service) in &project.services {
        let mut body = Mapping::new();
        if service.container_name.is_some() {
            body.insert("container_name".into(), tagged("!reset", Value::Null));
        }
        body.extend(own.images.service(project, key, service));
        body.extend(own.networks.service(project, key, service));
        if ports == HostPorts::Free && !service.ports.is_empty() {
            let moved = service.ports.iter().map(|port| free(port)).collect();
            body.insert("ports".into(), tagged("!override", Value::Sequence(moved)));
        }
        if let Some(mounts) = storage.mounts.get(key) {
            body.insert("volumes".into(), tagged("!override", mounts.clone()));
        }
        if !body.is_empty() {
            services.insert(key.as_str().into(), body.into());
        }
    }
    let mut file = Mapping::new();
    for (section, body) in [
        ("services", services),
        ("networks", own.networks.section()),
        ("volumes", volumes(storage, name)),
        ("secrets", files(storage, "secrets")),
        ("configs", files(storage, "configs")),
    ] {
        if !body.is_empty() {
            file.insert(section.into(), body.into());
        }
    }
    // Compose refuses an empty file.
    file.insert("x-seaworthy".into(), name.into());
    serde_yaml::to_string(&file)
}

fn volumes(storage: &Plan, name: &str) -> Mapping {
    let own = |(key, volume): (&String, &Volume)| {
        let body = match volume {
            Volume::Declared => return None,
            Volume::Renamed => {
                Mapping::from_iter([("name".into(), format!("{name}_{key}").into())]).into()
            }
            Volume::Instead(body) => tagged("!override", body.clone().into()),
        };
        Some((Value::from(key.as_str()), body))
    };
    storage.volumes.iter().filter_map(own).collect()
}

fn files(storage: &Plan, section: &str) -> Mapping {
    let files = storage.files.iter().filter(|(known, _, _)| *known == section);
    files
        .map(|(_, key, path)| {
            let file = path.as_str().replace('$', "$$");
            let body = Mapping::from_iter([("file".into(), file.into())]);
            (Value::from(key.as_str()), Value::from(body))
        })
        .collect()
}

fn free(port: &Port) -> Value {
    Value::from(Mapping::from_iter([
        ("target".into(), port.target().into()),
        ("protocol".into(), port.protocol().into()),
        ("host_ip".into(), "127.0.0.1".into()),
    ]))
}

pub(super) fn tagged(tag: &str, value: Value) -> Value {
    Value::Tagged(Box::new(TaggedValue { tag: Tag::new(tag), value }))
}

#[cfg(test)]
mod tests {
    use super::{super::isolation, *};

    fn project() -> Project {
        let text = r#"
services:
  web:
    container_name: web-1
    build: .
    ports: ["80:80"]
    networks: [default, theirs]
  db:
    image: mysql:8.0
    volumes: ["data:/var/lib/mysql"]
networks:
  theirs: { external: true }
volumes:
  data:
"#;
        crate::compose::project::load_text("compose.yaml", text).expect("a model").into()
    }

    fn written(ports: HostPorts) -> String {
        let (project, run) = (project(), "seaworthy-dev-1");
        let volumes = [("data".to_owned(), Volume::Renamed)].into_iter().collect();
        let own = Own {
            networks: isolation::network::tests::plan(&project, &[], run),
            images: isolation::images::Plan::of(&project, &project, run),
            storage: Plan { volumes, ..Plan::default() },
        };
        text(&project, run, ports, &own).expect("yaml")
    }

    #[test]
    fn everything_that_could_meet_another_run_gets_a_name_of_its_own() {
        let text = written(HostPorts::Free);
        assert!(text.contains("container_name: !reset null"), "{text}");
        assert!(text.contains("image: seaworthy-run/project-web-latest-"), "{text}");
        assert!(text.contains("ports: !override\n"), "{text}");
        assert!(text.contains("host_ip: 127.0.0.1"), "{text}");
        assert!(!text.contains("published"), "{text}");
        assert!(text.contains("name: seaworthy-dev-1_data"), "{text}");
        assert!(text.contains("theirs: !override\n    name: seaworthy-dev-1_theirs"), "{text}");
        assert_eq!(text.matches("aliases:\n        - web-1").count(), 2, "{text}");
        assert!(!text.contains("db"), "{text}");
    }

    #[test]
    fn declared_ports_are_left_alone() {
        let text = written(HostPorts::Declared);
        assert!(!text.contains("ports"), "{text}");
    }
}
