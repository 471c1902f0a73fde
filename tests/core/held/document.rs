//! Random documents of a model's versions.

use super::{
    draw::Draw,
    model::{Field, Form, Model},
};

/// The way in which a document fits its version: as that has it, or with anything in any place.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Fit {
    Whole,
    Odd,
}

/// Returns a document of a resource in a version.
pub(super) fn document(
    model: &Model,
    version: usize,
    resource: usize,
    fit: Fit,
    draw: &mut Draw<'_>,
) -> String {
    Writer { model, version, fit }.object(resource, 0, draw)
}

struct Writer<'m> {
    model: &'m Model,
    version: usize,
    fit: Fit,
}

impl Writer<'_> {
    fn object(&self, resource: usize, depth: usize, draw: &mut Draw<'_>) -> String {
        let fields: Vec<&Field> = self.model.states[self.version][resource].iter().collect();
        self.members(&fields, 0, depth, draw)
    }

    /// The members of an object, or of a group in it so many names deep.
    fn members(&self, fields: &[&Field], names: usize, depth: usize, draw: &mut Draw<'_>) -> String {
        let mut members = Vec::new();
        let mut left = fields.to_vec();
        while !left.is_empty() {
            let first = left[draw.below(left.len())];
            let name = &first.path[names];
            let (own, others): (Vec<&Field>, Vec<&Field>) =
                left.iter().partition(|field| field.path[names] == *name);
            left = others;
            if draw.once_in(6) {
                continue;
            }
            let value = match own.iter().find(|field| field.path.len() == names + 1) {
                Some(field) => self.value(&field.form, depth, draw),
                None => self.members(&own, names + 1, depth, draw),
            };
            if self.fit == Fit::Odd && draw.once_in(12) {
                members.push(format!("\"{name}\":{}", self.odd(draw)));
            }
            let value = if self.fit == Fit::Odd && draw.once_in(10) { self.odd(draw) } else { value };
            let space = if draw.once_in(5) { " " } else { "" };
            members.push(format!("\"{name}\":{space}{value}{space}"));
        }
        if draw.once_in(3) {
            members.push(format!("\"z{}\":{{\"id\":[1.50]}}", draw.below(2)));
        }
        format!("{{{}}}", members.join(","))
    }

    fn odd(&self, draw: &mut Draw<'_>) -> String {
        (*draw.pick(&["null", "7", "\"x\"", "[]", "{}", "[1]", "[[]]", "{\"id\":1}", "[{\"id\":2}]", "true"]))
            .into()
    }

    fn value(&self, form: &Form, depth: usize, draw: &mut Draw<'_>) -> String {
        match form {
            _ if draw.once_in(8) => "null".into(),
            Form::Text => (*draw.pick(&["\"t\"", "\"u\"", "\"\\u0074\""])).into(),
            Form::Number => (*draw.pick(&["12.50", "0.25", "1.10"])).into(),
            Form::Decimal => (*draw.pick(&["\"12.50\"", "\"0.25\""])).into(),
            Form::Word(word) => format!("\"{word}\""),
            Form::Held { number, .. } if !self.model.declared(*number) => "{\"id\":\"q\"}".into(),
            Form::Held { resource, lists, .. } => self.held(*resource, *lists, depth, draw),
        }
    }

    fn held(&self, resource: usize, lists: usize, depth: usize, draw: &mut Draw<'_>) -> String {
        if lists > 0 {
            let elements: Vec<String> =
                (0..draw.below(3)).map(|_| self.held(resource, lists - 1, depth, draw)).collect();
            return format!("[{}]", elements.join(", "));
        }
        if depth > 2 || draw.once_in(8) { "\"id_1\"".into() } else { self.object(resource, depth + 1, draw) }
    }
}
