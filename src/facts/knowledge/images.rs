//! Which known image each service is, or stands on by its Dockerfile.

use std::collections::{BTreeMap, btree_map::Entry};

use super::Row;
use crate::{
    compose::{Build, Project},
    dockerfile::{Dockerfile, Instruction, Stage},
    facts::{image::Recipe, images, text},
};

/// What the table knows of a service's image.
#[derive(Debug, Clone)]
pub struct Image {
    /// The rows.
    pub rows: Vec<&'static Row>,
    /// The service whose Dockerfile stands on the known image; none where it is the image itself.
    pub builder: Option<String>,
}

/// The services of a project whose images are known, each with its image.
#[derive(Debug)]
struct Images(BTreeMap<String, Image>);

/// The services whose images are known. Worked out once for a project.
#[must_use]
pub fn all(project: &Project) -> &BTreeMap<String, Image> {
    &project.derived.get_or_make(|| find(project)).0
}

/// What the Dockerfile of a service does to the image that it stands on, in order; nothing where it
/// cannot be read.
#[must_use]
pub fn instructions<'a>(project: &'a Project, builder: &str) -> Vec<&'a Instruction> {
    let parts = parts(project, builder);
    parts.map_or_else(Vec::new, |(_, file, stage, _)| file.history(stage).collect())
}

type Parts<'a> = (Recipe<'a>, &'a Dockerfile, &'a Stage, &'a Build);

fn parts<'a>(project: &'a Project, builder: &str) -> Option<Parts<'a>> {
    let build = project.services.get(builder)?.build.as_ref()?;
    let file = project.dockerfile(builder)?;
    let dockerfile = file.dockerfile.as_ref().ok()?;
    let stage = dockerfile.target(Some(text(build.target.as_ref())))?;
    Some((Recipe::of(file, dockerfile, stage, build), dockerfile, stage, build))
}

fn find(project: &Project) -> Images {
    // One name has one image: of two builds with different bases, nobody knows which comes last.
    let mut built: BTreeMap<String, Option<(&str, String)>> = BTreeMap::new();
    for (name, service) in &project.services {
        if service.build.is_none() {
            continue;
        }
        let base = parts(project, name).map(|(recipe, ..)| (name.as_str(), recipe.base()));
        match built.entry(images::of(project, name, service)) {
            Entry::Vacant(entry) => {
                entry.insert(base);
            }
            Entry::Occupied(mut entry) => {
                let bases = (entry.get().as_ref(), &base);
                let same = matches!(bases, (Some((_, one)), Some((_, other))) if one == other);
                if !same {
                    entry.insert(None);
                }
            }
        }
    }
    let mut found = BTreeMap::new();
    for (name, service) in &project.services {
        let image = images::of(project, name, service);
        let (rows, builder) = match built.get(&image) {
            Some(Some((builder, base))) => (super::of(base), Some((*builder).to_owned())),
            Some(None) => continue,
            None => (super::of(&image), None),
        };
        if !rows.is_empty() {
            found.insert(name.clone(), Image { rows, builder });
        }
    }
    Images(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::project;

    fn known(text: &str) -> Vec<(String, Option<String>)> {
        let project: Project = project::load_text("compose.yaml", text).expect("a model").into();
        let known = all(&project).iter();
        known.map(|(name, image)| (name.clone(), image.builder.clone())).collect()
    }

    #[test]
    fn an_image_is_known_by_its_name_or_by_the_base_of_who_builds_it() {
        let text = "services:\n  a: {image: 'mongo:7'}\n  b: {image: x, build: {dockerfile_inline: \"FROM mongo:7\"}}\n  c: {image: x}\n  d: {image: y}\n";
        let b = || Some("b".to_owned());
        assert_eq!(known(text), [("a".into(), None), ("b".into(), b()), ("c".into(), b())]);
    }

    #[test]
    fn a_name_that_is_given_to_a_build_says_nothing() {
        let text =
            "services:\n  a: {image: 'mongo:7', build: {dockerfile_inline: \"FROM scratch\"}}\n";
        assert_eq!(known(text), []);
        let two = "services:\n  a: {image: x, build: {dockerfile_inline: \"FROM mongo:7\"}}\n  b: {image: x, build: {dockerfile_inline: \"FROM scratch\"}}\n";
        assert_eq!(known(two), [], "the last one decides");
    }
}
