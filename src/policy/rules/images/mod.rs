//! Rules on images and what they are built from.

mod end_of_life;
mod end_of_life_image;
mod image_and_build;
mod image_without_digest;
mod malformed_image;
mod never_pulled_image;
mod obsolete_version;
mod unpinned_remote_context;
mod untagged_image;

use crate::{
    compose::{Located, Project},
    facts::answers::{place, reference::Reference},
    policy::Rule,
};

/// The group's rules.
pub static RULES: &[&Rule] = &[
    &untagged_image::RULE,
    &image_without_digest::RULE,
    &malformed_image::RULE,
    &image_and_build::RULE,
    &obsolete_version::RULE,
    &never_pulled_image::RULE,
    &unpinned_remote_context::RULE,
    &end_of_life_image::RULE,
];

/// Whether a variable that is set nowhere leaves open which image is meant. Where what is left can be
/// read, Compose runs that: `${REGISTRY}acme/server:latest` is `acme/server:latest`.
fn is_open(project: &Project, image: &Located<String>, reference: &Reference<'_>) -> bool {
    place::has_unset(project, image.origin) && malformed_image::violation(reference).is_some()
}
