//! The living architecture document: one page on which a reader sees what the architecture claims, what
//! is proven, and how.
//!
//! A file a chapter; [`page`] puts them in their order. Everything that a project wrote goes through
//! [`markup`], which knows no way to take it for markup.

mod broken;
mod claims;
mod diagrams;
mod differences;
mod document;
mod exceptions;
mod facts;
mod features;
mod history;
mod lint;
mod markup;
mod method;
mod page;
mod quote;
mod reach;
mod scenario;
mod timeline;
mod verdict;

use crate::run::Run;

/// One file with everything in it.
#[expect(clippy::unnecessary_wraps, reason = "formats have one signature")]
pub(super) fn render(run: &Run, _colour: bool) -> Result<String, String> {
    Ok(page::Page::of(run).write())
}

/// How many claims there are of each state, those of the document among them.
pub(super) fn claims(run: &Run) -> Vec<(&'static str, usize)> {
    let states = page::Page::of(run).states();
    let of = |state| states.iter().filter(|known| **known == state).count();
    claims::State::ALL.map(|state| (state.word(), of(state))).to_vec()
}

#[cfg(test)]
mod tests;
