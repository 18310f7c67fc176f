//! Blocks in Markdown files that are kept true: found between their markers, compared with what they
//! should say, and written anew without a change to anything else.
//!
//! What a block should say is made elsewhere; here is only text. Markers are comments of `CommonMark`
//! (0.31, section 4.6) that stand alone on their lines; in fenced code (section 4.5) they are examples.

mod blocks;
pub mod claims;
mod compare;
pub mod judged;
pub mod named;
pub mod reached;

pub use self::{
    blocks::{Block, Kind, find},
    compare::{difference, is_same, rewritten},
};
