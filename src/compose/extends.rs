//! Phase: `extends` takes over what another service says.
//!
//! The Compose specification, section Services, `extends`. The other service is
//! of the same document or of another file, whose relative paths are made
//! relative to that file. Chains are followed, cycles refused.

use super::{
    journal::{Journal, Origin, Refusal, Step},
    load::{File, Loader, Scope, Sections},
    merge,
    refused::Refused,
    relative, schema,
    tree::{Mapping, Node, Value},
    values::path,
    yaml::Reset,
};
use crate::{diagnostic::Diagnostic, words};

/// A service in a chain of `extends`.
#[derive(Clone, PartialEq, Eq)]
struct Link {
    file: String,
    service: String,
}

/// What a document needs to know to resolve its `extends`.
pub struct Extends<'a> {
    /// The loader, which reads other files.
    pub loader: &'a mut Loader,
    /// The variables and the folder of the document.
    pub scope: &'a Scope,
    /// The document's file.
    pub file: &'a str,
    /// What the document resets.
    pub resets: &'a [Reset],
}

/// Applies `extends` to every service of a document.
///
/// # Errors
/// A [`Refusal`] for a service or file that is not there, or a cycle.
pub fn apply(document: &mut Mapping, mut extends: Extends<'_>) -> Result<(), Refusal> {
    let named_at = document.entry("services").map(|(key, _)| key.origin);
    let Some(services) = document.get_mut("services") else { return Ok(()) };
    let Value::Mapping(services) = &mut services.value else {
        let title = format!("services must be a mapping, found {}", services.value.kind());
        // Nothing has no place worth pointing at: the key has.
        let at = named_at.filter(|_| services.is_null()).unwrap_or(services.origin);
        let diagnostic = extends.loader.journal.point(Diagnostic::error(title), at, "");
        return Err(diagnostic
            .help("write one service name a line, each with its attributes below")
            .into());
    };
    let names: Vec<_> = services
        .iter()
        .filter(|(_, service)| !service.is_null())
        .map(|(key, _)| key.text.clone())
        .collect();
    let mut refused = Refused::default();
    for name in names {
        if refused.is_enough() {
            break;
        }
        refused.note(extends.service(&name, services, &mut Vec::new(), None));
    }
    refused.end()
}

impl Extends<'_> {
    /// Resolves one service in place. `resets` are those of the file that `services` came from.
    fn service(
        &mut self,
        name: &str,
        services: &mut Mapping,
        chain: &mut Vec<Link>,
        resets: Option<&[Reset]>,
    ) -> Result<(), Refusal> {
        let Some(node) = services.get(name) else { return Ok(()) };
        if node.is_null() {
            return Ok(());
        }
        let Some(service) = node.as_mapping() else {
            let title = format!("services.{name} must be a mapping, found {}", node.value.kind());
            let help = if schema::is_attribute(name) {
                format!("`{name}` is an attribute: indent it below a service's name")
            } else {
                "write the service's attributes below its name".to_owned()
            };
            return Err(self.point(title, node.origin).help(help).into());
        };
        let Some(reference) = service.get("extends") else { return Ok(()) };
        let origin = reference.origin;
        let (wanted, file) = self.reference(name, reference)?;
        let mut other;
        let base_resets;
        let base = if let Some((file, at)) = file {
            let (read, resets) = self.other_file(name, &wanted, &file, at)?;
            other = read;
            base_resets = Some(resets);
            chain_link(chain, &file, name, origin, &self.loader.journal)?;
            self.service(&wanted, &mut other, chain, base_resets.as_deref())?;
            other.get(&wanted)
        } else {
            if !services.contains(&wanted) {
                return Err(self.unknown(name, &wanted, self.file, services, origin).into());
            }
            chain_link(chain, self.file, name, origin, &self.loader.journal)?;
            self.service(&wanted, services, chain, resets)?;
            services.get(&wanted)
        };
        let Some(mut base) = base.filter(|base| !base.is_null()).cloned() else {
            return Ok(());
        };
        self.loader.journal.step_all(&mut base, &Step::Extends { at: origin.place });
        let Value::Mapping(mut merged) = base.value else { return Ok(()) };
        reset_service(&mut merged, name, resets.unwrap_or(self.resets));
        let Some(node) = services.get_mut(name) else { return Ok(()) };
        let Value::Mapping(mut service) = std::mem::replace(&mut node.value, Value::Null) else {
            return Ok(());
        };
        service.remove("extends");
        merged.remove("extends");
        merge::extend_service(&mut merged, service, name, &mut self.loader.journal)?;
        node.value = Value::Mapping(merged);
        Ok(())
    }

    /// The service that is extended, and the file if it is another.
    fn reference(
        &self,
        name: &str,
        reference: &Node,
    ) -> Result<(String, Option<(String, Origin)>), Refusal> {
        if let Some(text) = reference.as_str() {
            return Ok((text.to_owned(), None));
        }
        let Some(wanted) = reference.get("service").and_then(Node::as_str) else {
            let title = format!("services.{name}.extends does not say which service");
            return Err(self
                .point(title, reference.origin)
                .help("write `service: NAME`, and `file: PATH` for another file")
                .into());
        };
        let file = match reference.get("file") {
            None => None,
            Some(node) if node.is_null() => None,
            Some(node) => {
                if let Some(file) = node.as_str() {
                    Some((file.to_owned(), node.origin))
                } else {
                    let title = format!(
                        "services.{name}.extends.file must be a string, found {}",
                        node.value.kind()
                    );
                    return Err(self
                        .point(title, node.origin)
                        .help("write the path of a Compose file")
                        .into());
                }
            }
        };
        Ok((wanted.to_owned(), file))
    }

    fn other_file(
        &mut self,
        name: &str,
        wanted: &str,
        file: &str,
        at: Origin,
    ) -> Result<(Mapping, Vec<Reset>), Refusal> {
        self.loader.refuse_remote(file, at)?;
        let full = relative::absolute(&self.scope.references, file);
        let source = self.loader.read(&full, Some(at))?;
        let mut model = Mapping::new();
        let resets = self.loader.document_file(
            File::new(full.clone(), source),
            self.scope,
            Sections::EXTENDED,
            &mut model,
            &[],
        )?;
        let Some(services) = model.get("services") else {
            let title = format!("cannot extend service \"{name}\": {file} has no services");
            return Err(self.point(title, at).help("name a file that has the service").into());
        };
        let Some(known) = services.as_mapping() else {
            let title = format!(
                "cannot extend service \"{name}\": services of {file} is {}",
                services.value.kind()
            );
            return Err(self.point(title, at).help("correct the file").into());
        };
        if !known.contains(wanted) {
            return Err(self.unknown(name, wanted, file, known, at).into());
        }
        let mut folder = path::dir(&full);
        if self.loader.without.path_resolution
            && let Ok(way) = path::rel(&self.scope.references, &folder)
        {
            folder = way;
        }
        let mut model = Node::new(Value::Mapping(model), Origin::IMPLIED);
        self.loader.resolve_paths(&mut model, &folder)?;
        let services = model.as_mapping_mut().and_then(|model| model.remove("services"));
        match services.map(|services| services.value) {
            Some(Value::Mapping(services)) => Ok((services, resets)),
            _ => Ok((Mapping::new(), resets)),
        }
    }

    fn unknown(
        &self,
        name: &str,
        wanted: &str,
        file: &str,
        services: &Mapping,
        at: Origin,
    ) -> Diagnostic {
        let file = self.loader.shown(file);
        let diagnostic = self.point(
            format!("cannot extend service \"{name}\": {file} has no service \"{wanted}\""),
            at,
        );
        // Names of an outer file are not told.
        let journal = &self.loader.journal;
        let known = services.iter().filter(|(key, _)| !journal.is_outside(key.origin));
        let known = known.map(|(key, _)| &*key.text);
        match words::did_you_mean(wanted, known) {
            Some(close) => diagnostic.help(format!("did you mean \"{close}\"?")),
            None => diagnostic.help("name a service that is there"),
        }
    }

    fn point(&self, title: impl Into<String>, origin: Origin) -> Diagnostic {
        self.loader.journal.point(Diagnostic::error(title), origin, "")
    }
}

/// Adds a service to the chain that is being followed.
fn chain_link(
    chain: &mut Vec<Link>,
    file: &str,
    service: &str,
    at: Origin,
    journal: &Journal,
) -> Result<(), Refusal> {
    let link = Link { file: file.to_owned(), service: service.to_owned() };
    if let Some(start) = chain.iter().position(|known| *known == link) {
        let names: Vec<_> =
            chain[start..].iter().chain([&link]).map(|link| link.service.as_str()).collect();
        let title = format!("services extend each other in a circle: {}", names.join(" → "));
        let diagnostic = journal.point(Diagnostic::error(title), at, "");
        return Err(diagnostic.help("take one `extends` out of the circle").into());
    }
    chain.push(link);
    Ok(())
}

/// Takes away from an extended service what the extending document resets.
fn reset_service(service: &mut Mapping, name: &str, resets: &[Reset]) {
    // Where the whole service is marked, Compose looks no further, and takes nothing away here.
    let is_whole = |reset: &Reset| matches!(&reset.path[..], [section, service] if **section == *"services" && **service == *name);
    if resets.iter().any(is_whole) {
        return;
    }
    let below: Vec<_> = resets
        .iter()
        .filter_map(|reset| match &reset.path[..] {
            [section, of, rest @ ..]
                if &**section == "services" && &**of == name && !rest.is_empty() =>
            {
                Some(Reset { path: rest.to_vec(), origin: reset.origin })
            }
            _ => None,
        })
        .collect();
    merge::reset(service, &below);
}
