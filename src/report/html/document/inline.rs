//! Words of the document: where claims are named, and what stands there instead.

use super::{Writer, scenario};
use crate::document::named::{Piece, pieces};

impl Writer<'_, '_> {
    /// Words, with the marks of the claims that they name.
    pub(super) fn words(&mut self, text: &str) {
        if self.links > 0 || self.image > 0 {
            if self.in_heading {
                self.heading.push_str(text);
            }
            self.html().text(text);
            return;
        }
        let claims = self.claims;
        for piece in pieces(text, |id| claims.contains_key(id)) {
            match piece {
                Piece::Words(words) => {
                    if self.in_heading {
                        self.heading.push_str(words);
                    }
                    self.html().text(words);
                }
                Piece::Claim(id) => self.named(id),
            }
        }
    }

    /// A claim's mark the first time, a link to it later; where no mark may stand it follows.
    fn named(&mut self, id: &str) {
        let is_known =
            self.document.claims.contains_key(id) || self.after.iter().any(|one| one == id);
        if !is_known && self.in_heading {
            self.after.push(id.to_owned());
        } else if is_known || self.in_table {
            if !is_known {
                self.after.push(id.to_owned());
            }
            self.link(id);
        } else {
            self.mark(id);
            if let Some((_, has_mark)) = self.pieces.last_mut() {
                *has_mark = true;
            }
        }
    }

    fn link(&mut self, id: &str) {
        let state = self.claims.get(id).map_or(super::State::NoScenario, super::Claim::state);
        let address = format!("#{}", scenario::claim_anchor(id));
        let html = self.html().raw("<a class=\"mark ").raw(state.class()).raw("\"");
        html.attribute("href", &address).raw("><span aria-hidden=\"true\">").raw(state.sign());
        html.raw("</span> ").text(id).raw("<span class=\"spoken\"> ").raw(state.word());
        html.raw("</span></a>");
    }
}
