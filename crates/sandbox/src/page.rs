//! Lists and their pages: `first`/`after` forwards, `last`/`before` backwards.

use std::fmt::Write as _;

use super::{
    error::Refusal,
    json::{Object, array},
    params::Param,
};

/// The number of items on a page: by default, and at most.
const DEFAULT: usize = 20;
const MOST: usize = 100;

/// The page that a client asked for.
#[derive(Default)]
pub(super) struct Paging {
    first: Option<usize>,
    last: Option<usize>,
    after: Option<String>,
    before: Option<String>,
}

impl Paging {
    /// Takes one of the paging parameters; any other is unknown.
    pub(super) fn take(&mut self, param: &Param) -> Result<(), Refusal> {
        match param.name() {
            "first" => self.first = size(param)?,
            "last" => self.last = size(param)?,
            "after" => self.after = param.text()?,
            "before" => self.before = param.text()?,
            _ => return Err(param.unknown()),
        }
        Ok(())
    }

    /// Cuts the page out of all items, in order, and writes `{"data": [...], "page_info": {...}}`.
    ///
    /// `after` and `before` bound the range, then `first` or `last` takes from its start or end. A cursor names an
    /// item, whatever the version.
    ///
    /// # Errors
    /// A cursor that names no item of the list; `first` together with `last`.
    pub(super) fn cut<T>(
        &self,
        items: &[T],
        id: impl Fn(&T) -> &str,
        render: impl Fn(&T) -> String,
    ) -> Result<String, Refusal> {
        let find = |name: &str, wanted: &str| {
            items.iter().position(|item| cursor(id(item)) == wanted).ok_or_else(|| {
                Refusal::InvalidParameter {
                    name: name.to_owned(),
                    wanted: "a cursor of this list".to_owned(),
                }
            })
        };
        let mut start = match &self.after {
            Some(wanted) => find("after", wanted)? + 1,
            None => 0,
        };
        let mut end = match &self.before {
            Some(wanted) => find("before", wanted)?.max(start),
            None => items.len(),
        };
        match (self.first, self.last) {
            (Some(_), Some(_)) => {
                let wanted = "sent without `first`".to_owned();
                return Err(Refusal::InvalidParameter { name: "last".to_owned(), wanted });
            }
            (None, Some(last)) => start = start.max(end.saturating_sub(last)),
            (first, None) => end = end.min(start + first.unwrap_or(DEFAULT)),
        }
        let page = &items[start..end];
        let info = Object::new()
            .flag("has_next_page", end < items.len())
            .text_or_null("end_cursor", page.last().map(|item| cursor(id(item))))
            .flag("has_previous_page", start > 0)
            .text_or_null("start_cursor", page.first().map(|item| cursor(id(item))))
            .finish();
        Ok(Object::new().raw("data", array(page.iter().map(render))).raw("page_info", info).finish())
    }
}

/// One to [`MOST`] items; more is cut down to that.
fn size(param: &Param) -> Result<Option<usize>, Refusal> {
    match param.count()? {
        Some(0) => Err(param.invalid("a whole number from 1")),
        size => Ok(size.map(|size| (size as usize).min(MOST))),
    }
}

/// An opaque cursor; its `==` makes clients encode it, as base64 cursors do.
fn cursor(id: &str) -> String {
    let mut text = String::new();
    for byte in id.bytes() {
        let _ = write!(text, "{byte:02x}");
    }
    text.push_str("==");
    text
}
