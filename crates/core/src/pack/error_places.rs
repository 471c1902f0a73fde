//! The places of an upstream's error at which it names fields: in a sentence for people, or alone.

use crate::{
    authored::{Code, Diagnostic, Table, path},
    json::{Hop, Name},
};

/// The places at which an API's errors name fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorPlaces {
    /// The objects that have them, each by its path from the root of the body.
    pub(crate) objects: Vec<ErrorObject>,
}

/// An object of an error, with its members that name fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ErrorObject {
    pub(crate) path: Vec<Hop>,
    /// Members that hold a sentence.
    pub(crate) messages: Vec<Name>,
    /// Members that hold the name of a field and nothing else.
    pub(crate) params: Vec<Name>,
}

/// `error.message` and `error.param`, as most APIs have them.
impl Default for ErrorPlaces {
    fn default() -> Self {
        let path = vec![Hop::Member(Name::new("error"))];
        let (messages, params) = (vec![Name::new("message")], vec![Name::new("param")]);
        ErrorPlaces { objects: vec![ErrorObject { path, messages, params }] }
    }
}

impl ErrorPlaces {
    fn object(&mut self, path: &[Hop]) -> Option<&mut ErrorObject> {
        let known = self.objects.iter().position(|object| object.path == path);
        let at = known.unwrap_or(self.objects.len());
        if known.is_none() {
            let (messages, params) = Default::default();
            self.objects.push(ErrorObject { path: path.to_vec(), messages, params });
        }
        self.objects.get_mut(at)
    }
}

/// Reads `message` and `param` of `[errors]`; `None` where neither is written.
pub(super) fn read(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<ErrorPlaces> {
    let mut places = ErrorPlaces { objects: Vec::new() };
    let is_written = table.has("message") || table.has("param");
    for (key, is_param) in [("message", false), ("param", true)] {
        for text in table.strings(key, notes) {
            let Some(hops) = path(&text, notes) else { continue };
            let Some((Hop::Member(name), outer)) = hops.split_last() else {
                let message = format!("`{}` does not end in the name of a member", text.text);
                let hint =
                    "write the member of an object that has the text: `$.error.message`, `$.errors[*].field`";
                notes.push(Diagnostic::new(Code::BadPath, &text.at, message).label("no member").hint(hint));
                continue;
            };
            let Some(object) = places.object(outer) else { continue };
            let members = if is_param { &mut object.params } else { &mut object.messages };
            members.push(name.clone());
        }
    }
    is_written.then_some(places)
}
