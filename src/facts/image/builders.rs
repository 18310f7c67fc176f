//! Which service builds each image. Worked out once for a project.

use std::collections::BTreeMap;

use super::{Known, Recipe, images};
use crate::compose::{Project, Service};

/// The images that are built, each with its builders; kept with the project.
#[derive(Debug)]
pub struct Builders(BTreeMap<String, Built>);

/// Who builds an image.
#[derive(Debug)]
pub struct Built {
    /// The services, in the order of the files; never empty.
    pub services: Vec<String>,
    /// The first that builds it in another way than the first of all.
    another: Option<String>,
}

/// The builders of every image of a project.
#[must_use]
pub fn all(project: &Project) -> &Builders {
    project.derived.get_or_make(|| find(project))
}

fn find(project: &Project) -> Builders {
    let mut found: BTreeMap<String, Built> = BTreeMap::new();
    for (name, service) in project.services.iter().filter(|(_, one)| one.build.is_some()) {
        let built = found.entry(images::of(project, name, service));
        let built = built.or_insert_with(|| Built { services: Vec::new(), another: None });
        if let Some(first) = built.services.first()
            && built.another.is_none()
            && differ(project, first, name)
        {
            built.another = Some(name.clone());
        }
        built.services.push(name.clone());
    }
    Builders(found)
}

/// Whether two services build in two ways.
fn differ(project: &Project, one: &str, other: &str) -> bool {
    let written = |of: &str| project.at(&["services", of, "build"]).map(|node| &node.value);
    match (written(one), written(other)) {
        (Some(one), Some(other)) => !one.same(other),
        _ => false,
    }
}

impl Builders {
    /// Who builds an image; nothing where no service does.
    #[must_use]
    pub fn of(&self, image: &str) -> Option<&Built> {
        self.0.get(image)
    }
}

/// The service whose build makes a service's image: itself, or the first that builds an image of
/// this name.
///
/// # Errors
/// Nobody builds it here, or two build it in two ways.
pub(super) fn of<'a>(project: &'a Project, name: &'a str, service: &Service) -> Known<&'a str> {
    let image = images::of(project, name, service);
    let built = all(project).of(&image);
    let built = built.ok_or_else(|| format!("the image {image} decides"))?;
    let first = built.services.first().map_or(name, String::as_str);
    let builder = if service.build.is_some() { name } else { first };
    // One name has one image: of two that are built under it, whichever comes last.
    if let Some(another) = &built.another {
        let other = if differ(project, builder, first) { first } else { another };
        return Err(format!(
            "\"{builder}\" and \"{other}\" build {image} in two ways: the last one decides"
        ));
    }
    Ok(builder)
}

impl<'a> Recipe<'a> {
    /// The recipe by which a service builds, whatever others do under the same name.
    ///
    /// # Errors
    /// Why there is none to read.
    pub fn of_builder(project: &'a Project, builder: &str) -> Known<Self> {
        let build = project.services.get(builder).and_then(|service| service.build.as_ref());
        let build = build.ok_or_else(|| format!("\"{builder}\" builds nothing"))?;
        let file = project.dockerfile(builder);
        let file = file.ok_or_else(|| {
            format!("the image decides, and the Dockerfile of \"{builder}\" is not here")
        })?;
        let unread =
            |_| format!("the image decides, and the Dockerfile of \"{builder}\" cannot be read");
        let dockerfile = file.dockerfile.as_ref().map_err(unread)?;
        let target = crate::facts::text(build.target.as_ref());
        let stage = dockerfile.target(Some(target));
        let stage = stage
            .ok_or_else(|| format!("the Dockerfile of \"{builder}\" has no stage \"{target}\""))?;
        Ok(Self { file, dockerfile, stage, build })
    }
}
