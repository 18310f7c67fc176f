//! What rules of several groups need to know: where a thing is written, what an image is,
//! which images hold data, which ports are published and who ends by itself.

pub mod health;
pub mod image;
pub mod place;
pub mod ports;
pub mod reach;
pub mod services;
pub mod stores;
