//! What the files of the project say: attributes by path, Dockerfiles, nginx, policies.

pub(super) mod attributes;
pub(super) mod comparison;
pub(super) mod listed;
pub(super) mod nginx;
pub(super) mod policies;
pub(super) mod project;
