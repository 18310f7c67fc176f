//! Where secrets must not be read, and what is encrypted.

pub(super) mod encryption;
pub(super) mod leaks;
