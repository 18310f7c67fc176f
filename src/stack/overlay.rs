//! The Compose file that we add after everybody else's, so that a run meets no other:
//! names of its own, and host ports that are surely free.
//!
//! Compose specification, "Merge and override": `!override` replaces a list, `!reset` removes a value.

use indexmap::IndexMap;
use serde_yaml::{
    Mapping, Value,
    value::{Tag, TaggedValue},
};

use crate::compose::{Located, Port, Project, Resource};

/// Whether the host ports of the files are bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostPorts {
    /// Each declared host port becomes a free one of the loopback interface, chosen by the engine.
    Free,
    /// As the files say.
    Declared,
}

/// The name of the image of a service that is built and has no `image:`; the same for every
/// run, so that the build is reused.
fn built_image(project: &Project, service: &str) -> String {
    format!("seaworthy/{}-{service}", project.name.value)
}

/// Writes the override file of a run.
///
/// # Errors
/// What serde says; the text is plain data, so it does not.
pub fn text(project: &Project, name: &str, ports: HostPorts) -> Result<String, serde_yaml::Error> {
    let mut services = Mapping::new();
    for (key, service) in &project.services {
        let mut body = Mapping::new();
        if service.container_name.is_some() {
            body.insert("container_name".into(), tagged("!reset", Value::Null));
        }
        if service.build.is_some() && service.image.is_none() {
            body.insert("image".into(), built_image(project, key).into());
        }
        if ports == HostPorts::Free && !service.ports.is_empty() {
            let moved = service.ports.iter().map(|port| free(port)).collect();
            body.insert("ports".into(), tagged("!override", Value::Sequence(moved)));
        }
        if !body.is_empty() {
            services.insert(key.as_str().into(), body.into());
        }
    }
    let named = |resources: &IndexMap<String, Located<Resource>>| -> Mapping {
        resources
            .iter()
            .filter(|(_, resource)| !resource.is_external())
            .map(|(key, _)| {
                let own = Mapping::from_iter([("name".into(), format!("{name}_{key}").into())]);
                (Value::from(key.as_str()), Value::from(own))
            })
            .collect()
    };
    let mut file = Mapping::new();
    for (section, body) in [
        ("services", services),
        ("networks", named(&project.networks)),
        ("volumes", named(&project.volumes)),
    ] {
        if !body.is_empty() {
            file.insert(section.into(), body.into());
        }
    }
    // Compose refuses an empty file.
    file.insert("x-seaworthy".into(), name.into());
    serde_yaml::to_string(&file)
}

fn free(port: &Port) -> Value {
    Value::from(Mapping::from_iter([
        ("target".into(), port.target().into()),
        ("protocol".into(), port.protocol().into()),
        ("host_ip".into(), "127.0.0.1".into()),
    ]))
}

fn tagged(tag: &str, value: Value) -> Value {
    Value::Tagged(Box::new(TaggedValue { tag: Tag::new(tag), value }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> Project {
        let text = r#"
services:
  web:
    container_name: web
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

    #[test]
    fn everything_that_could_meet_another_run_gets_a_name_of_its_own() {
        let text = text(&project(), "seaworthy-dev-1", HostPorts::Free).expect("yaml");
        assert!(text.contains("container_name: !reset null"), "{text}");
        assert!(text.contains("image: seaworthy/project-web"), "{text}");
        assert!(text.contains("ports: !override\n"), "{text}");
        assert!(text.contains("host_ip: 127.0.0.1"), "{text}");
        assert!(!text.contains("published"), "{text}");
        assert!(text.contains("name: seaworthy-dev-1_data"), "{text}");
        assert!(!text.contains("theirs"), "an external network is not ours to name: {text}");
        assert!(!text.contains("db"), "{text}");
    }

    #[test]
    fn declared_ports_are_left_alone() {
        let text = text(&project(), "seaworthy-dev-1", HostPorts::Declared).expect("yaml");
        assert!(!text.contains("ports"), "{text}");
    }
}
