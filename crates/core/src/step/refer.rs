//! `ref`: an object in one version is only its id in the other.
//!
//! `{"id":"biz_x","title":"Pickaxe"}` and `"biz_x"` name the same company. Coming from the object, every member but the
//! id goes. Coming from the id, the pack says which other members the object gets: some are implied by what the field is,
//! and the others are made up.

use super::{
    Direction, Effect, MadeMember, Step,
    kind::{Holds, Kind, KindExample, Usage, key},
    read::{json, required_field},
    recipe::{Recipe, Topic},
};
use crate::{
    authored::{Code, Diagnostic, Table, Text},
    json::{Field, Name, Object, Scanner, Shape},
};

/// Puts the id of an object in its place, or the object in the place of its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refer {
    /// The field, the same in both versions.
    pub field: Field,
    /// The member that is the id.
    pub id: Name,
    /// The other members that an object gets where only the id is known: first those that are implied.
    pub members: Vec<MadeMember>,
    /// The direction in which the object becomes its id.
    pub narrows: Direction,
}

impl Kind for Refer {
    const KEY: &'static str = "ref";

    const USAGES: &'static [Usage] = &[
        Usage {
            keys: &[key("ref", Holds::Field), key("to", Holds::Name)],
            is_option: false,
            up: "the object `F` becomes its member `NAME`, its id",
            down: "the id becomes an object that has it",
            loses: "up: `dropped`, the other members; down: `made-up`, those of `members`",
        },
        Usage {
            keys: &[key("ref", Holds::Field), key("from", Holds::Name)],
            is_option: false,
            up: "the id `F` becomes an object that has it as `NAME`",
            down: "the object becomes its id",
            loses: "the reverse",
        },
        Usage {
            keys: &[key("members", Holds::Json)],
            is_option: true,
            up: "the object gets these members, too, where only its id is known: `'{\"title\":null}'`",
            down: "the same",
            loses: "nothing where an object with the same values becomes its id",
        },
        Usage {
            keys: &[key("implied", Holds::Json), key("implied_by", Holds::Why)],
            is_option: true,
            up: "the object gets these members before the others: `'{\"object\":\"company\"}'`; the field itself implies them",
            down: "the same",
            loses: "nothing; `dropped` where an object with other values becomes its id",
        },
    ];

    const EXAMPLES: &'static [KindExample] = &[
        KindExample {
            steps: r#"{ ref = "company", to = "id", members = '{"title":""}',
                implied = '{"object":"company"}', implied_by = "the field's name" },
            { ref = "owner", from = "id", members = '{"object":"user"}' }"#,
            old: r#"{"id":"o_1","company":{"id":"biz_1","object":"company","title":""},"owner":"user_1"}"#,
            new: r#"{"id":"o_1","company":"biz_1","owner":{"id":"user_1","object":"user"}}"#,
            loses: ("owner.object=made-up", "company.title=made-up"),
        },
        KindExample {
            steps: r#"{ ref = "options[*]", from = "text", members = '{"language":null}' },
            { ref = "files[*]", to = "id", implied = '{"object":"file"}', implied_by = "the field's name" }"#,
            old: r#"{"options":["yes","no"],"files":[{"id":"file_1","object":"file"},{"id":"file_2","object":"file"}]}"#,
            new: r#"{"options":[{"text":"yes","language":null},{"text":"no","language":null}],"files":["file_1","file_2"]}"#,
            loses: ("options.language=made-up", ""),
        },
    ];

    const RECIPES: &'static [Recipe] = &[
        Recipe {
            topic: Topic::Shapes,
            change: "An object becomes its id",
            steps: &[r#"{ ref = "company", to = "id", members = '{"object":"company"}' }"#],
            old: r#"{"company":{"id":"biz_1","object":"company"}}"#,
            new: r#"{"company":"biz_1"}"#,
            loses: "up: `dropped`, members with other values; down: `made-up`, those of `members`",
        },
        Recipe {
            topic: Topic::Lists,
            change: "The texts of a list become objects with more members",
            steps: &[r#"{ ref = "options[*]", from = "text", members = '{"language":null}' }"#],
            old: r#"{"options":["yes"]}"#,
            new: r#"{"options":[{"text":"yes","language":null}]}"#,
            loses: "up: `made-up`, those of `members`; down: `dropped`, members with other values",
        },
        Recipe {
            topic: Topic::Lists,
            change: "The objects of a list become their ids",
            steps: &[r#"{ ref = "files[*]", to = "id", members = '{"name":null}' }"#],
            old: r#"{"files":[{"id":"file_1","name":null}]}"#,
            new: r#"{"files":["file_1"]}"#,
            loses: "up: `dropped`, members with other values; down: `made-up`, those of `members`",
        },
        Recipe {
            topic: Topic::Shapes,
            change: "An id becomes an object",
            steps: &[r#"{ ref = "owner", from = "id", members = '{"object":"user"}' }"#],
            old: r#"{"owner":"user_1"}"#,
            new: r#"{"owner":{"id":"user_1","object":"user"}}"#,
            loses: "up: `made-up`, those of `members`; down: `dropped`, members with other values",
        },
    ];

    fn read(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<Step>> {
        let field = required_field(table, "ref", notes);
        let (key, narrows) = match table.has("from") {
            true => ("from", Direction::Down),
            false => ("to", Direction::Up),
        };
        let id = table.required(key, notes).map(|text| Name::new(text.text));
        let members = match table.string("members", notes) {
            Some(text) => members(&text, None, notes),
            None => Some(Vec::new()),
        };
        let implied = match table.string("implied", notes) {
            Some(text) => {
                let why = table.required("implied_by", notes).map(|why| why.text.to_owned());
                why.and_then(|why| self::members(&text, Some(why), notes))
            }
            None => Some(Vec::new()),
        };
        let (field, id) = (field?, id?);
        let members: Vec<MadeMember> = implied?.into_iter().chain(members?).collect();
        if let Some(twice) = repeated(&id, &members) {
            let message = format!("an object of {field} would have `{}` twice", twice.text());
            let hint = "name each other member once, in `members` or in `implied`";
            let note = Diagnostic::new(Code::BadValue, &table.at(), message);
            notes.push(note.label("this step").hint(hint));
            return None;
        }
        Some(vec![Refer { field, id, members, narrows }.into()])
    }

    fn effects(&self, direction: Direction) -> Vec<Effect> {
        let (field, id) = (self.field.clone(), self.field.member(&self.id));
        let members = self.members.clone();
        vec![match direction == self.narrows {
            true => Effect::Narrow { from: id, to: field, members },
            false => Effect::Widen { from: field, to: id, members },
        }]
    }

    fn describe(&self, direction: Direction) -> String {
        let (field, id) = (&self.field, self.id.text());
        if direction == self.narrows {
            return format!("put the {id} of {field} in its place");
        }
        let made = self.members.iter().map(|MadeMember { name, text, implied_by }| {
            let how = implied_by.as_ref().map_or("made up".to_owned(), |why| format!("implied by {why}"));
            format!(", {} = {} {how}", name.text(), String::from_utf8_lossy(text))
        });
        format!("make {field} an object with its {id}{}", made.collect::<String>())
    }
}

/// Reads members of an object in JSON.
fn members(
    text: &Text<'_>,
    implied_by: Option<String>,
    notes: &mut Vec<Diagnostic>,
) -> Option<Vec<MadeMember>> {
    let object = json(text, notes)?;
    let read = |object: &Object<'_>| -> Option<Vec<MadeMember>> {
        let name = |name: &[u8]| std::str::from_utf8(name).ok().map(Name::new);
        let members = object.members.iter().map(|member| {
            let (name, text) = (name(member.name())?, member.value.to_text().as_ref().into());
            Some(MadeMember { name, text, implied_by: implied_by.clone() })
        });
        members.collect()
    };
    let members = Object::read(&mut Scanner::new(&object), Shape::none()).ok();
    let members = members.as_ref().and_then(read).unwrap_or_default();
    if members.is_empty() {
        let message = format!("`{}` is no object with members", text.text);
        let hint = "write each other member once: '{\"object\":\"company\",\"title\":null}'";
        notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label("no such object").hint(hint));
        return None;
    }
    Some(members)
}

/// The name that the id and the members have twice.
fn repeated<'m>(id: &'m Name, members: &'m [MadeMember]) -> Option<&'m Name> {
    let mut known = vec![id];
    for MadeMember { name, .. } in members {
        if known.contains(&name) {
            return Some(name);
        }
        known.push(name);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{
        super::test::{check, check_both, field, parse},
        *,
    };
    use Direction::{Down, Up};

    fn member(name: &str, text: &str, implied_by: Option<&str>) -> MadeMember {
        let implied_by = implied_by.map(str::to_owned);
        MadeMember { name: Name::new(name), text: text.as_bytes().into(), implied_by }
    }

    fn company() -> Vec<Step> {
        let members = vec![member("title", "null", None)];
        vec![Refer { field: field("company"), id: Name::new("id"), members, narrows: Up }.into()]
    }

    #[test]
    fn an_object_becomes_its_id() {
        check(&company(), Up, r#"{"company":{"id":"x","title":null}}"#, r#"{"company":"x"}"#, "");
        check(&company(), Up, r#"{ "company" : { "id" : "x" } }"#, r#"{ "company" : "x" }"#, "");
        let lost = "company.title=dropped";
        check(&company(), Up, r#"{"company":{"id":"x","title":"T"}}"#, r#"{"company":"x"}"#, lost);
        check(&company(), Up, r#"{"company":{"id":"x","z":1}}"#, r#"{"company":"x"}"#, "company=dropped");
        check_both(&company(), r#"{"company":null}"#, r#"{"company":null}"#);
        check_both(&company(), "{}", "{}");
    }

    #[test]
    fn a_member_is_the_declared_one_by_its_text() {
        let members = vec![member("version", r#""1.1""#, None)];
        let steps = [Refer { field: field("c"), id: Name::new("id"), members, narrows: Up }.into()];
        check(&steps, Up, r#"{"c":{"id":"x","version":"1.1"}}"#, r#"{"c":"x"}"#, "");
        check(&steps, Up, r#"{"c":{"id":"x","version":"1.10"}}"#, r#"{"c":"x"}"#, "c.version=dropped");
    }

    #[test]
    fn an_id_becomes_an_object_and_says_what_is_made_up() {
        let new = r#"{"company":{"id":"x","title":null}}"#;
        check(&company(), Down, r#"{"company":"x"}"#, new, "company.title=made-up");
    }

    #[test]
    fn what_the_field_implies_is_not_made_up() {
        let implied = "implied = '{\"object\":\"company\"}'\nimplied_by = 'the name'";
        let steps =
            parse(&format!("ref = 'c'\nto = 'id'\n{implied}\nmembers = '{{\"title\":null}}'")).unwrap();
        let object = r#"{"c":{"id":"x","object":"company","title":null}}"#;
        check(&steps, Down, r#"{"c":"x"}"#, object, "c.title=made-up");
        check(&steps, Up, object, r#"{"c":"x"}"#, "");
        check(&steps, Up, r#"{"c":{"id":"x"}}"#, r#"{"c":"x"}"#, "");
        check(&steps, Up, r#"{"c":{"id":"x","object":"user"}}"#, r#"{"c":"x"}"#, "c.object=dropped");
        for mistake in [
            "implied = '{\"object\":1}'",
            "implied_by = 'the name'",
            &format!("{implied}\nmembers = '{{\"object\":1}}'"),
            "implied = '{\"id\":1}'\nimplied_by = 'the name'",
        ] {
            assert_eq!(parse(&format!("ref = 'c'\nto = 'id'\n{mistake}")), None, "{mistake}");
        }
    }

    #[test]
    fn what_is_neither_stays() {
        for odd in ["{}", r#"{"title":"T"}"#, r#"{"id":{"x":1},"title":"T"}"#, "\"x\"", "[]"] {
            let document = format!("{{\"company\":{odd}}}");
            check(&company(), Up, &document, &document, "company=unconverted");
        }
        let object = r#"{"company":{"id":"x","z":1}}"#;
        check(&company(), Down, object, object, "company=unconverted");
    }

    #[test]
    fn the_object_may_be_in_either_version() {
        let steps = parse("ref = 'owner'\nfrom = 'id'").unwrap();
        check_both(&steps, r#"{"owner":"x"}"#, r#"{"owner":{"id":"x"}}"#);
        for mistake in ["'[]'", "'{}'", "'{\"id\":1}'", "'{\"a\":1,\"a\":2}'", "'{'", "1"] {
            assert_eq!(parse(&format!("ref = 'a'\nto = 'id'\nmembers = {mistake}")), None, "{mistake}");
        }
        assert_eq!(parse("ref = 'a'\nto = 'id'\nfrom = 'id'"), None);
    }
}
