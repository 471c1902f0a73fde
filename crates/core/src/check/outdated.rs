//! Examples that show a field under a name that an earlier version has given away.
//!
//! Such a document is none of its version, and breaks the laws of a step that is sound. The example is to be mended, not
//! the older file.

use super::documents::alone;
use crate::{
    form,
    json::{Field, Name},
    pack::{Example, Pack, renamed_by},
    version::Version,
};
use serde_json::Value;

/// An example with an outdated name.
pub(super) struct Outdated<'p> {
    pub(super) example: &'p Example,
    /// `old` or `new`.
    pub(super) side: &'static str,
    /// The version that this side is of.
    pub(super) version: Version,
    pub(super) field: Field,
    /// The name that the field has, and since when: `` `account` by 2026-02-03 ``.
    pub(super) now: String,
}

/// The first example of a resource that shows an outdated name.
pub(super) fn outdated(pack: &Pack, resource: usize) -> Option<Outdated<'_>> {
    for pair in pack.modules.windows(2) {
        let changes = pair[1].changes.iter().filter(|change| change.resource == resource);
        for example in changes.flat_map(|change| &change.examples) {
            let sides = [("old", pair[0].version, &example.old), ("new", pair[1].version, &example.new)];
            for (side, version, text) in sides {
                let shown = alone(pack, resource, example, text);
                let mut renamed = renamed_by(pack, resource, version).into_iter();
                let found =
                    renamed.find(|(field, _)| shown.as_ref().is_some_and(|text| shows(example, text, field)));
                if let Some((field, now)) = found {
                    return Some(Outdated { example, side, version, field, now });
                }
            }
        }
    }
    None
}

fn shows(example: &Example, text: &str, field: &Field) -> bool {
    let value = match example.is_pairs {
        true => Ok(form::value(text)),
        false => serde_json::from_str::<Value>(text),
    };
    let Ok(value) = value else { return false };
    let names = field.names().iter().map(Name::text);
    names.into_iter().try_fold(&value, |value, name| value.get(name)).is_some()
}
