//! Volumes at rest: whether each is declared as encrypted, and why not where it is not. The files
//! can say this; whether a disk is encrypted no container can see.

use crate::steps::{
    Arguments, Step, StepResult, World,
    judging::closed::{Subject, compare, row, table},
};
use crate::{
    compose::{
        Project,
        tree::{Mapping, Node},
    },
    facts::Row,
    run::Failure,
};

pub(crate) static STEPS: &[Step] = &[Step::then(
    "the encryption of volumes is declared so:",
    "Every named volume, with what declares it as encrypted: `x-encryption:` or a label `…encryption` of the volume in its words, else a driver, option or device that encrypts (dm-crypt's /dev/mapper/…, ecryptfs, gocryptfs, fscrypt); else none. None needs a reason.",
    "the encryption of volumes is declared so:",
)
.table(&["volume", "encryption", "reason"])
.declared(declared)];

/// Words of drivers, kinds of file systems and options that encrypt.
const ENCRYPTING: [&str; 6] = ["crypt", "luks", "gocryptfs", "ecryptfs", "fscrypt", "cryfs"];

/// What declares a volume as encrypted.
fn encryption(volume: &Node) -> String {
    let text = |node: Option<&Node>| {
        let text = node.and_then(Node::as_str).map(str::trim);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let labels = volume.get("labels").and_then(Node::as_mapping);
    let label = labels.into_iter().flat_map(Mapping::iter).find_map(|(name, value)| {
        let name = name.to_string();
        (name == "encryption" || name.ends_with(".encryption")).then(|| text(Some(value)))?
    });
    let by_driver = || {
        let named = text(volume.get("driver")).into_iter().map(|driver| ("driver", driver));
        let option = |key: &'static str| Some((key, text(volume.at(&["driver_opts", key]))?));
        let mut all = named.chain(["type", "o", "device"].into_iter().filter_map(option));
        all.find_map(|(key, value)| {
            let encrypts = ENCRYPTING.iter().any(|word| value.to_lowercase().contains(word))
                || key == "device" && value.starts_with("/dev/mapper/");
            encrypts.then(|| format!("{key} {value}"))
        })
    };
    text(volume.get("x-encryption")).or(label).or_else(by_driver).unwrap_or_else(|| "none".into())
}

fn all(project: &Project) -> Vec<Row> {
    let volume = |(name, volume): (&String, &crate::compose::Located<crate::compose::Resource>)| {
        let declared = project.at(&["volumes", name]).map_or_else(|| "none".into(), encryption);
        row([name.clone(), declared], volume.origin)
    };
    project.volumes.iter().map(volume).collect()
}

fn declared(world: &mut World, arguments: &Arguments) -> StepResult {
    let project = world.project()?;
    for row in &arguments.rows {
        if row[1] == "none" && row[2].trim().is_empty() {
            let name = &row[0];
            return Err(Failure::finding(
                format!("a reason why volume \"{name}\" is not encrypted"),
                "there is none",
            )
            .place(format!("the row of volume \"{name}\""))
            .help("say why it may lie there in the clear, or what encrypts the disk below it (`x-encryption:` of the volume)"));
        }
    }
    let wanted: Vec<Vec<String>> = arguments.rows.iter().map(|row| row[..2].to_vec()).collect();
    let subject = Subject {
        what: "volumes with their encryption",
        key: "volumes",
        section: true,
        topic: None,
    };
    compare(world, &project, &subject, &table(&wanted), &all(&project)).map_err(|failure| {
        failure.help("declare what encrypts the volume (`x-encryption: \"LUKS on the host\"`, or a `driver_opts:` with a device of dm-crypt), or write none here, with the reason")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_is_encrypted_by_what_it_declares() {
        let project: Project = crate::compose::project::load_text(
            "compose.yaml",
            "services:\n  a: {image: a, volumes: ['plain:/a', 'said:/b', 'label:/c', 'disk:/d', 'driver:/e', 'nfs:/f']}\n\
             volumes:\n  plain:\n  said: {x-encryption: LUKS on the host}\n  \
             label: {labels: {com.example.encryption: yes it is}}\n  \
             disk: {driver_opts: {type: ext4, device: /dev/mapper/shop}}\n  \
             driver: {driver: gocryptfs}\n  nfs: {driver_opts: {type: nfs, o: 'addr=a', device: ':/x'}}\n",
        )
        .expect("a model")
        .into();
        let rows = all(&project);
        let of = |name: &str| {
            let row = rows.iter().find(|row| row.subject == name);
            row.and_then(|row| row.value[1].known()).unwrap_or_default()
        };
        assert_eq!(of("plain"), "none");
        assert_eq!(of("said"), "LUKS on the host");
        assert_eq!(of("label"), "yes it is");
        assert_eq!(of("disk"), "device /dev/mapper/shop");
        assert_eq!(of("driver"), "driver gocryptfs");
        assert_eq!(of("nfs"), "none");
    }
}
