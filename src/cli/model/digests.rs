//! Images by their digests: `--resolve-image-digests` and `--lock-image-digests`.

use std::collections::BTreeMap;

use crate::{
    cli::{asynchronous, show},
    compose::{
        journal::{Journal, Origin},
        project::Loaded,
        tree::{Mapping, Node, Value},
    },
    diagnostic::Diagnostic,
    facts::answers::reference::FullReference,
    stack::{digests::Digest, engine::Engine},
};

/// An image as a service names it.
struct Named {
    service: String,
    text: String,
    origin: Origin,
    reference: FullReference,
}

/// Puts the digest of each image of the enabled services into the model. An engine is asked only for
/// images that are named without one.
///
/// # Errors
/// A [`Diagnostic`] for each image whose digest cannot be had, at its place.
pub(super) fn resolve(loaded: &mut Loaded) -> Result<(), Vec<Diagnostic>> {
    let named = named(loaded)?;
    let mut open: Vec<FullReference> = named
        .iter()
        .filter(|named| named.reference.digest.is_none())
        .map(|named| named.reference.clone())
        .collect();
    open.sort();
    open.dedup();
    let found =
        if open.is_empty() { BTreeMap::new() } else { ask(&open, &named, &loaded.journal)? };
    for named in named {
        let mut reference = named.reference;
        if let Some(digest) = found.get(&reference) {
            reference.digest = Some(digest.clone());
        }
        if let Some(image) = image(loaded, &named.service) {
            image.value = Value::String(reference.to_string().into());
        }
    }
    Ok(())
}

/// Leaves the services and their images alone.
pub(super) fn keep_images(loaded: &mut Loaded) {
    let Some(model) = loaded.model.as_mapping_mut() else { return };
    model.retain(|key, _| &*key.text == "services");
    let services = model.get_mut("services").and_then(Node::as_mapping_mut);
    for (_, service) in services.into_iter().flat_map(Mapping::iter_mut) {
        if let Some(service) = service.as_mapping_mut() {
            service.retain(|key, _| &*key.text == "image");
        }
    }
}

fn image<'a>(loaded: &'a mut Loaded, service: &str) -> Option<&'a mut Node> {
    let services = loaded.model.as_mapping_mut()?.get_mut("services")?.as_mapping_mut()?;
    services.get_mut(service)?.as_mapping_mut()?.get_mut("image")
}

fn named(loaded: &Loaded) -> Result<Vec<Named>, Vec<Diagnostic>> {
    let (mut named, mut errors) = (Vec::new(), Vec::new());
    for (key, service) in loaded.services() {
        let Some(image) = service.get("image") else { continue };
        let Some(text) = image.as_str().filter(|text| !text.is_empty()) else { continue };
        match FullReference::new(text) {
            Ok(reference) => named.push(Named {
                service: key.to_string(),
                text: text.to_owned(),
                origin: image.origin,
                reference,
            }),
            Err(why) => {
                let diagnostic =
                    loaded.journal.point(Diagnostic::error(why.to_string()), image.origin, "");
                errors.push(diagnostic.help("write `registry/repository:tag`, in small letters"));
            }
        }
    }
    if errors.is_empty() { Ok(named) } else { Err(errors) }
}

fn ask(
    open: &[FullReference],
    named: &[Named],
    journal: &Journal,
) -> Result<BTreeMap<FullReference, String>, Vec<Diagnostic>> {
    // The first service that names an image speaks for it.
    let first =
        |reference: &FullReference| named.iter().find(|named| named.reference == *reference);
    let point = |diagnostic: Diagnostic, reference: &FullReference| match first(reference) {
        Some(named) => journal.point(diagnostic, named.origin, ""),
        None => diagnostic,
    };
    let text = |reference: &FullReference| {
        first(reference).map_or_else(|| reference.to_string(), |named| named.text.clone())
    };
    let answers = asynchronous().map_err(|why| vec![why])?.block_on(async {
        let engine = Engine::connect().await?;
        let asked = open.iter().map(|reference| engine.digest(reference));
        Ok(futures::future::join_all(asked).await)
    });
    let answers = answers.map_err(|why: crate::stack::engine::EngineError| {
        let told = |reference| {
            let title = format!("the digest of image \"{}\" cannot be had: {why}", text(reference));
            point(Diagnostic::error(title), reference).help(why.help())
        };
        open.iter().map(told).collect::<Vec<_>>()
    })?;
    let (mut found, mut errors) = (BTreeMap::new(), Vec::new());
    for (reference, answer) in open.iter().zip(answers) {
        match answer {
            Ok(Digest { digest, unheard }) => {
                if let Some(why) = unheard {
                    let title = format!(
                        "the digest of image \"{}\" is that of the image on this machine: the registry was not heard ({why})",
                        text(reference)
                    );
                    show(&point(Diagnostic::warning(title), reference));
                }
                found.insert(reference.clone(), digest);
            }
            Err(why) => {
                let title =
                    format!("the digest of image \"{}\" cannot be had: {why}", text(reference));
                let help = "pull the image, or name it with its digest: `name:tag@sha256:…`";
                errors.push(point(Diagnostic::error(title), reference).help(help));
            }
        }
    }
    if errors.is_empty() { Ok(found) } else { Err(errors) }
}
