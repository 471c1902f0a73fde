//! The rules on what is percent-encoded: queries, forms and paths.

use super::{Redaction, text::names_a_secret};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The characters that an encoded text keeps as they are. A `+` may be a space, and stays one.
const KEPT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'_').remove(b'-').remove(b'.').remove(b'~').remove(b'+').remove(b'@');

impl Redaction {
    /// A query, without its `?`, or a form. What is kept keeps its text.
    pub fn pairs(&self, pairs: &str, own: &[String]) -> String {
        let pairs = pairs.split('&').map(|pair| match pair.split_once('=') {
            Some((name, value)) => format!("{}={}", self.encoded(name, own), self.value(name, value, own)),
            None => self.encoded(pair, own),
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    /// A path. What is kept keeps its text.
    pub fn path(&self, path: &str, own: &[String]) -> String {
        // What spans segments, such as a key with a slash in it, is found in all of it.
        let is_whole = path.split('/').any(|segment| self.text(&decoded(segment), own).is_some());
        if !is_whole && self.text(&decoded(path), own).is_some() {
            let redacted = self.text(&decoded(path), own).unwrap_or_default();
            return redacted.split('/').map(encoded).collect::<Vec<_>>().join("/");
        }
        path.split('/').map(|segment| self.encoded(segment, own)).collect::<Vec<_>>().join("/")
    }

    fn value(&self, name: &str, value: &str, own: &[String]) -> String {
        let name = decoded(name);
        let is_secret = names_a_secret(&name);
        if !is_secret && !self.is_configured(&name) {
            return self.encoded(value, own);
        }
        self.whole(&decoded(value), is_secret).map_or_else(|| value.to_owned(), |text| encoded(&text))
    }

    /// Tells whether a configured path leads to a parameter: `a[b][]` is `$.a.b[*]`.
    fn is_configured(&self, name: &str) -> bool {
        let mut levels = name.split('[');
        let mut place = self.paths.start().below(levels.next());
        let mut is_configured = self.paths.start().is_end() || place.is_end();
        for level in levels {
            let level = level.trim_end_matches(']');
            let is_element = level.bytes().all(|byte| byte.is_ascii_digit());
            place = place.below((!is_element).then_some(level));
            is_configured |= place.is_end();
        }
        is_configured
    }

    /// A text with its percent-encoding.
    fn encoded(&self, text: &str, own: &[String]) -> String {
        // `+` is kept: an address may have one that was not encoded.
        match self.text(&decoded(text), own).or_else(|| self.text(&decoded(text).replace('+', " "), own)) {
            Some(text) => encoded(&text),
            None => text.to_owned(),
        }
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, KEPT).to_string()
}
