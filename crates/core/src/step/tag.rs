//! `tag`: the newer version says inside an object which kind of object it is.
//!
//! Going up the discriminator is added at the end of the object; going down it is taken off. An object with another
//! discriminator, or with none, has no older form: the field is null there.

use super::{
    Direction, Discriminator, Effect, Step,
    kind::{Holds, Kind, KindExample, Usage, key},
    read::required_field,
    recipe::{Recipe, Topic},
};
use crate::{
    authored::{Diagnostic, Table},
    json::{Field, Name},
};

/// Adds a discriminator inside an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// The field that holds the object.
    pub field: Field,
    /// The discriminator's name, `object`.
    pub name: Name,
    /// The value of the tag, `receipt`.
    pub value: Name,
}

impl Kind for Tag {
    const KEY: &'static str = "tag";

    const USAGES: &'static [Usage] = &[Usage {
        keys: &[key("tag", Holds::Field), key("with", Holds::Name), key("value", Holds::Text)],
        is_option: false,
        up: "the object `F` gets `NAME`",
        down: "it goes; any other object becomes null",
        loses: "down: `dropped`, for other objects",
    }];

    const EXAMPLES: &'static [KindExample] = &[KindExample {
        steps: r#"{ tag = "source", with = "object", value = "card" }"#,
        old: r#"{"id":"o_1","source":{"last4":"4242"}}"#,
        new: r#"{"id":"o_1","source":{"last4":"4242","object":"card"}}"#,
        loses: ("", ""),
    }];

    const RECIPES: &'static [Recipe] = &[Recipe {
        topic: Topic::Shapes,
        change: "A nested object says of which type it is",
        steps: &[r#"{ tag = "source", with = "object", value = "card" }"#],
        old: r#"{"source":{"last4":"4242"}}"#,
        new: r#"{"source":{"last4":"4242","object":"card"}}"#,
        loses: "down: `dropped`, an object of another type is null",
    }];

    fn read(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<Step>> {
        let field = required_field(table, "tag", notes);
        let name = table.required("with", notes).map(|text| Name::new(text.text));
        let value = table.required("value", notes).map(|text| Name::new(text.text));
        Some(vec![Tag { field: field?, name: name?, value: value? }.into()])
    }

    fn effects(&self, direction: Direction) -> Vec<Effect> {
        let (holder, name, value) = (self.field.clone(), self.name.clone(), self.value.clone());
        let discriminator = Discriminator { holder, name, value };
        vec![match direction {
            Direction::Up => Effect::Tag(discriminator),
            Direction::Down => Effect::Untag(discriminator),
        }]
    }

    fn describe(&self, direction: Direction) -> String {
        let (field, name, value) = (&self.field, self.name.text(), self.value.text());
        match direction {
            Direction::Up => format!("tag {field} with {name} = \"{value}\""),
            Direction::Down => {
                format!("untag {field}: {name} = \"{value}\" goes, any other object becomes null")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Step,
            test::{check, check_both, field},
        },
        *,
    };
    use Direction::{Down, Up};

    fn tag() -> Vec<Step> {
        vec![Step::Tag(Tag { field: field("r"), name: Name::new("object"), value: Name::new("receipt") })]
    }

    #[test]
    fn the_tag_goes_on_and_off() {
        check_both(&tag(), r#"{"r":{"id":1}}"#, r#"{"r":{"id":1,"object":"receipt"}}"#);
        check_both(&tag(), r#"{"r":{}}"#, r#"{"r":{"object":"receipt"}}"#);
        check_both(&tag(), r#"{"r":null}"#, r#"{"r":null}"#);
        check(&tag(), Down, r#"{"r":{"object":"re\u0063eipt"}}"#, r#"{"r":{}}"#, "");
    }

    #[test]
    fn other_objects_have_no_older_form() {
        for other in [r#"{"object":"invoice","id":1}"#, r#"{"id":1}"#, r#"{"object":null}"#, "{}"] {
            check(&tag(), Down, &format!("{{\"r\":{other}}}"), r#"{"r":null}"#, "r=dropped");
        }
    }

    #[test]
    fn odd_values_keep_their_text() {
        for odd in ["1", "\"x\"", "[]", "true"] {
            let document = format!("{{\"r\":{odd}}}");
            check(&tag(), Up, &document, &document, "r=unconverted");
            check(&tag(), Down, &document, &document, "r=unconverted");
        }
        let new = r#"{"r":{"object":"receipt"}}"#;
        check(&tag(), Up, r#"{"r":{"object":"mine"}}"#, new, "r.object=dropped");
    }
}
