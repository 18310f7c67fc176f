//! The secrets of a project: where they are, and how they are kept out of what is shown.
//!
//! What a secret is says `facts`, for whoever asks. `scan` walks a project with that, `written`
//! says where a value really stands, `hide` keeps it out of shown source lines.

pub mod hide;
pub mod kept;
pub mod scan;
mod written;

pub use crate::facts::answers::secret::{
    Context, Secret, SecretKind, decide, find, named, names, texts, values, words,
};
