//! What a scenario breaks, what undoes it, and what services go through meanwhile.

pub(super) mod cuts;
pub(super) mod ends;
pub(super) mod faults;
pub(super) mod mending;
pub(super) mod processes;
pub(super) mod scale;
pub(super) mod whole;
