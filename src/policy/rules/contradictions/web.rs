//! nginx's configuration as the project mounts it, gives it as a config, or copies it in a build.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    compose::Service,
    dockerfile::Instruction,
    facts::{answers::path, image},
    nginx::{self, Directive, files::PREFIX},
    policy::Target,
    source::Source,
};

/// Folders within folders that are looked into.
const DEPTH: usize = 2;

/// How a file ends that is there to be copied, or was put aside.
const NOT_READ: &[&str] = &["bak", "dist", "disabled", "example", "off", "old", "orig", "sample"];

/// Scripts above this size are none that people write.
const LONGEST_SCRIPT: u64 = 128 << 10;

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

/// What makes configuration when the image is built or the container starts: the instructions, the
/// scripts that are copied in, and the command.
pub fn makers(target: &Target, name: &str, service: &Service) -> Vec<String> {
    let project = &target.project;
    let command = [&service.entrypoint, &service.command].into_iter().flatten();
    let mut texts: Vec<String> = command.flatten().map(|word| word.value.clone()).collect();
    let Ok(recipe) = image::recipe(project, name, service) else { return texts };
    texts.extend(recipe.history().map(Instruction::script));
    let context = service.build.as_ref().and_then(|build| build.context.as_ref());
    let context = Utf8Path::new(context.map_or("", |context| context.as_str()));
    let scripts = recipe.copied().into_iter().map(|copied| context.join(&copied.source));
    let scripts = scripts.filter(|file| {
        let known = file.metadata().is_ok_and(|it| it.is_file() && it.len() < LONGEST_SCRIPT);
        known && matches!(file.extension(), None | Some("bash" | "sh"))
    });
    texts.extend(scripts.filter_map(|file| project.bounds.read_text(&file).ok()));
    texts
}

/// Whether a text has a group of servers of this name: `upstream NAME`.
pub fn has_group(text: &str, name: &str) -> bool {
    let apart = |letter: char| letter.is_whitespace() || "'\"{;\\".contains(letter);
    let mut before = "";
    text.split(apart).filter(|word| !word.is_empty()).any(|word| {
        let found = before == "upstream" && word == name;
        before = word;
        found
    })
}

fn collect(host: &Utf8Path, at: &str, depth: usize, files: &mut Vec<(Utf8PathBuf, String)>) {
    if !path::is_within(at, PREFIX) {
        return;
    }
    if host.is_file() {
        if [".conf", ".template", "nginx.conf"].iter().any(|end| at.ends_with(end))
            || at.contains("/sites-")
                && !host.extension().is_some_and(|end| NOT_READ.contains(&end))
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
