//! Which known image each service is, or stands on by its Dockerfile.

use std::collections::BTreeMap;

use super::Row;
use crate::{
    compose::Project,
    dockerfile::Instruction,
    facts::{
        image::{
            Recipe,
            builders::{self, Built},
        },
        images,
    },
};

/// What the table knows of a service's image.
#[derive(Debug, Clone)]
pub struct Image {
    /// The rows.
    pub rows: Vec<&'static Row>,
    /// The service whose Dockerfile stands on the known image; none where it is the image itself.
    pub builder: Option<String>,
}

/// What is known of a project's images.
#[derive(Debug)]
struct Images {
    /// The services whose images are known, each with its image.
    known: BTreeMap<String, Image>,
    /// The image that each service is or stands on, with who builds it.
    bases: BTreeMap<String, (String, Option<String>)>,
}

/// The services whose images are known. Worked out once for a project.
#[must_use]
pub fn all(project: &Project) -> &BTreeMap<String, Image> {
    &project.derived.get_or_make(|| find(project)).known
}

/// The image from outside that a service is or stands on by its Dockerfile, and in the second case the
/// service that builds on it; none where nobody can tell.
#[must_use]
pub fn base_of<'p>(project: &'p Project, name: &str) -> Option<(&'p str, Option<&'p str>)> {
    let images = project.derived.get_or_make(|| find(project));
    let (base, builder) = images.bases.get(name)?;
    Some((base, builder.as_deref()))
}

/// What the Dockerfile of a service does to the image that it stands on, in order; nothing where it
/// cannot be read.
#[must_use]
pub fn instructions<'a>(project: &'a Project, builder: &str) -> Vec<&'a Instruction> {
    let recipe = Recipe::of_builder(project, builder);
    recipe.map_or_else(|_| Vec::new(), |recipe| recipe.history().collect())
}

/// The first of an image's builders, with the base on which all of them stand.
fn base<'a>(project: &Project, built: &'a Built) -> Option<(&'a str, String)> {
    let mut bases = built.services.iter().map(|builder| {
        let recipe = Recipe::of_builder(project, builder).ok()?;
        Some((builder.as_str(), recipe.base()))
    });
    let first = bases.next()??;
    // One name has one image: of two builds with different bases, nobody knows which comes last.
    bases.all(|other| other.is_some_and(|(_, base)| base == first.1)).then_some(first)
}

fn find(project: &Project) -> Images {
    let builders = builders::all(project);
    let mut bases: BTreeMap<String, Option<(&str, String)>> = BTreeMap::new();
    let mut images = Images { known: BTreeMap::new(), bases: BTreeMap::new() };
    for (name, service) in &project.services {
        let image = images::of(project, name, service);
        let (base, builder) = match builders.of(&image) {
            None => (image, None),
            Some(built) => {
                let base = bases.entry(image).or_insert_with(|| base(project, built));
                let Some((builder, base)) = base else { continue };
                (base.clone(), Some((*builder).to_owned()))
            }
        };
        let rows = super::of(&base);
        if !rows.is_empty() {
            images.known.insert(name.clone(), Image { rows, builder: builder.clone() });
        }
        images.bases.insert(name.clone(), (base, builder));
    }
    images
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
