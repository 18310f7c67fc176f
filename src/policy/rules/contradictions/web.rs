//! nginx's configuration as the project mounts it, gives it as a config, or copies it in a build.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    compose::Service,
    facts::{answers::path, image},
    nginx::{self, Directive, files::PREFIX},
    policy::Target,
    source::Source,
};

/// Folders within folders that are looked into.
const DEPTH: usize = 2;

/// A file of nginx's configuration.
pub struct Configuration {
    /// Where nginx finds it.
    pub at: String,
    /// The file.
    pub source: Arc<Source>,
    /// What it says, its includes not followed.
    pub directives: Vec<Directive>,
}

/// All that the project brings to nginx's folder in a service, and that can be read.
pub fn configurations(target: &Target, name: &str, service: &Service) -> Vec<Configuration> {
    let project = &target.project;
    if !project.has_files() {
        return Vec::new();
    }
    let mut files: Vec<(Utf8PathBuf, String)> = Vec::new();
    if let Ok(recipe) = image::recipe(project, name, service) {
        let build = service.build.as_ref().and_then(|build| build.context.as_ref());
        let context = Utf8Path::new(build.map_or("", |context| context.as_str()));
        for copied in recipe.copied() {
            let at = copied.inside.as_ref().unwrap_or(&copied.at);
            collect(&context.join(&copied.source), at, DEPTH, &mut files);
        }
    }
    for mount in &service.volumes {
        let (Some(source), Some(at)) = (&mount.source, &mount.target) else { continue };
        if mount.kind.as_ref().is_some_and(|kind| kind.value == "bind") {
            // A mount hides what the build has copied there.
            files.retain(|(_, known)| !path::is_within(known, at));
            collect(source.as_str().into(), at, DEPTH, &mut files);
        }
    }
    for used in &service.configs {
        let config = used.source.as_ref().and_then(|source| project.configs.get(source.as_str()));
        let Some(file) = config.and_then(|config| config.file.as_ref()) else { continue };
        collect(file.as_str().into(), &path::of_config(used), DEPTH, &mut files);
    }
    let read = |(host, at): (Utf8PathBuf, String)| {
        let shown = host.strip_prefix(&project.folder).unwrap_or(&host).to_owned();
        let text = project.bounds.read_text(&host).ok()?;
        let source = Source::new(shown, text);
        // What nginx cannot read, it says itself.
        let directives = nginx::parse(&source).ok()?;
        Some(Configuration { at, source, directives })
    };
    files.into_iter().filter_map(read).collect()
}

fn collect(host: &Utf8Path, at: &str, depth: usize, files: &mut Vec<(Utf8PathBuf, String)>) {
    if !path::is_within(at, PREFIX) {
        return;
    }
    if host.is_file() {
        if [".conf", ".template", "nginx.conf"].iter().any(|end| at.ends_with(end))
            || at.contains("/sites-")
        {
            files.push((host.to_owned(), at.to_owned()));
        }
        return;
    }
    let Some(below) = depth.checked_sub(1) else { return };
    let mut entries: Vec<_> = host.read_dir_utf8().into_iter().flatten().flatten().collect();
    entries.sort_by(|one, other| one.file_name().cmp(other.file_name()));
    for entry in entries {
        collect(
            entry.path(),
            &format!("{}/{}", at.trim_end_matches('/'), entry.file_name()),
            below,
            files,
        );
    }
}

/// Every directive of a list and of the blocks in it.
pub fn every<'a>(directives: &'a [Directive], act: &mut impl FnMut(&'a Directive)) {
    for directive in directives {
        act(directive);
        every(directive.block.as_deref().unwrap_or_default(), act);
    }
}
