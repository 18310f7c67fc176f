//! The recipe of each service's image, found in one walk.

use std::collections::BTreeMap;

use crate::{
    compose::Project,
    facts::{image::Recipe, images},
    policy::Target,
};

/// Which service builds the image of each service; kept with the project.
struct Builders(BTreeMap<String, String>);

/// The recipe of a service's image; none where no Dockerfile is at hand that alone decides.
pub fn of<'p>(target: &'p Target, name: &str) -> Option<Recipe<'p>> {
    let project = &target.project;
    let builders = project.derived.get_or_make(|| Builders::of(project));
    let builder = builders.0.get(name)?;
    let build = project.services.get(builder)?.build.as_ref()?;
    let file = project.dockerfile(builder)?;
    let dockerfile = file.dockerfile.as_ref().ok()?;
    let stage = dockerfile.target(build.target.as_ref().map(|target| target.as_str()))?;
    Some(Recipe::of(file, dockerfile, stage, build))
}

impl Builders {
    fn of(project: &Project) -> Self {
        // The builder of each image; none where two build it in two ways, and the last one decides.
        let mut of_image: BTreeMap<String, Option<&str>> = BTreeMap::new();
        let written = |name: &str| project.at(&["services", name, "build"]).map(|node| &node.value);
        for (name, service) in project.services.iter().filter(|(_, one)| one.build.is_some()) {
            let known = of_image.entry(images::of(project, name, service)).or_insert(Some(name));
            let same = known.is_some_and(|known| match (written(known), written(name)) {
                (Some(one), Some(other)) => known == name || one.same(other),
                _ => false,
            });
            if !same {
                *known = None;
            }
        }
        let of = |(name, service): (&String, &crate::compose::Located<crate::compose::Service>)| {
            let builder = (*of_image.get(&images::of(project, name, service))?)?;
            // Of equal ones a service's own has its own places.
            let builder = if service.build.is_some() { name.as_str() } else { builder };
            Some((name.clone(), builder.to_owned()))
        };
        Self(project.services.iter().filter_map(of).collect())
    }
}
