//! Redaction of a capture before any of it is written: by rules, and by configured JSONPaths.
//!
//! Each secret is replaced by a stand-in of the same JSON type. Equal values within one capture get the same
//! stand-in, so that related values still match. Everything else keeps its bytes.
//!
//! | file | is |
//! |---|---|
//! | `credentials` | the credentials in a head, which must not be in what is written |
//! | `rules` | what is never kept, as data |
//! | `text` | the rules on one text |
//! | `document`, `pairs` | the same on JSON; on queries, forms and paths |
//! | `stand_in` | the replacement of a value |

mod credentials;
mod document;
mod pairs;

pub(crate) mod rules;
mod stand_in;
mod text;

pub(crate) use credentials::{of_answer, of_request};

pub use rules::{RULES, Rule};
pub use stand_in::NoRandomness;

use crate::config::Paths;
use dateline_core::json::Fault;
use document::Walk;
use stand_in::StandIns;

/// The rules, with the stand-ins of one capture.
#[derive(Debug)]
pub struct Redaction {
    paths: Paths,
    stand_ins: StandIns,
}

impl Redaction {
    /// The rules and these paths, with new stand-ins.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn new(paths: Paths) -> Result<Self, NoRandomness> {
        Ok(Redaction { paths, stand_ins: StandIns::new()? })
    }

    /// Other paths from now on.
    pub fn set_paths(&mut self, paths: &Paths) {
        if self.paths != *paths {
            self.paths.clone_from(paths);
        }
    }

    /// A JSON text, indented by two spaces a level and `margin` more. `own` are the request's credentials.
    ///
    /// # Errors
    /// It is not JSON.
    pub fn json(&self, json: &[u8], own: &[String], margin: usize) -> Result<String, Fault> {
        Walk { redaction: self, own, indent: Some(margin), nested: 0 }.run(json)
    }

    /// A text by itself; `None` if all of it is kept.
    pub fn text(&self, text: &str, own: &[String]) -> Option<String> {
        text::redacted(text, own, &self.stand_ins)
    }

    /// Returns a stand-in for the whole text, whatever it holds, or `None` if it is empty.
    fn whole(&self, text: &str, is_secret: bool) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        if !is_secret && document::is_number(text) {
            return Some(self.stand_ins.number(text));
        }
        let is_email = |redacted: &String| {
            redacted.len() == self.stand_ins.email("").len()
                && redacted.ends_with("@example.com")
                && !is_secret
        };
        // An address has one stand-in, wherever it is found.
        Some(self.text(text, &[]).filter(is_email).unwrap_or_else(|| self.stand_ins.text(text)))
    }
}

#[cfg(test)]
mod tests;
