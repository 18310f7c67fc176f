//! What sentences of every room judge by: the walk over services, looks, exceptions, closed lists,
//! and the place in the files that a failure points at.

pub(super) mod closed;
pub(super) mod declared;
pub(super) mod every;
pub(super) mod exceptions;
pub(super) mod execute;
pub(super) mod facts;
pub(super) mod failure;
pub(super) mod looks;
pub(super) mod paths;
pub(super) mod same;
pub(super) mod verdict;
pub(super) mod violations;
pub(super) mod walk;
