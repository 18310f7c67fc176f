//! One answer to each question that sentences, rules, lint and the search for secrets all ask.
//!
//! Is this root, is this a capability, is this a limit, does this path mean that one, what does
//! this env file say, what does the image say: whoever needs to know asks here, so that no two
//! parts of the program can disagree. Each file is a question; all are plain functions over text
//! and the Compose model.

pub mod capability;
pub mod env_file;
pub mod health;
pub mod limit;
pub mod path;
pub mod place;
pub mod ports;
pub mod privileges;
pub mod reach;
pub mod reference;
pub mod root;
pub mod secret;
pub mod services;
pub mod size;
pub mod stores;
