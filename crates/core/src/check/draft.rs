//! A document in parts, so that it can be written down in any spelling and made simpler part by part.

use super::{documents::pair_at, same::read};
use crate::{
    form,
    json::{Hop, number, quoted},
};
use serde_json::Value;

/// A document as it is made up, before it is text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Draft {
    /// JSON, and the white space for its gaps, to be used in turn; none for none.
    Json(Node, Vec<&'static str>),
    /// The pairs of a query or a form.
    Pairs(Vec<String>),
}

/// A JSON value. Scalars and keys are JSON texts, so that every spelling has its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Scalar(String),
    List(Vec<Node>),
    /// Keys may repeat.
    Object(Vec<(String, Node)>),
}

impl Draft {
    /// Takes a text apart; white space and escapes are not kept. `None` if it is not JSON.
    pub(super) fn read(text: &str, is_pairs: bool) -> Option<Draft> {
        match is_pairs {
            true => Some(Draft::Pairs(split_pairs(text).into_iter().map(Into::into).collect())),
            false => Some(Draft::Json(Node::of(&read(text)?), Vec::new())),
        }
    }

    /// The pairs at a path, in the first element of each list.
    pub(super) fn at(self, path: &[Hop]) -> Draft {
        let step = |hop: &Hop| match hop {
            Hop::Member(name) => form::encode(name.text()),
            Hop::Elements => "0".to_owned(),
        };
        let place: Vec<String> = path.iter().map(step).collect();
        match self {
            Draft::Pairs(pairs) => Draft::Pairs(pairs.iter().map(|pair| pair_at(&place, pair)).collect()),
            json @ Draft::Json(..) => json,
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Draft::Json(root, gaps) => {
                let mut text = String::new();
                let mut gaps = gaps.iter().copied().cycle();
                root.write(&mut || gaps.next().unwrap_or_default(), &mut text);
                text
            }
            Draft::Pairs(pairs) => pairs.join("&"),
        }
    }

    /// Offers documents that are each a little shorter, the shortest first, until one is taken.
    pub(super) fn simpler(&self, takes: &mut dyn FnMut(&Draft) -> bool) -> Option<Draft> {
        let mut simpler = None;
        let mut offer = |draft: Draft| {
            let taken = takes(&draft);
            if taken {
                simpler = Some(draft);
            }
            taken
        };
        match self {
            Draft::Json(root, gaps) => {
                let _ = (!gaps.is_empty() && offer(Draft::Json(root.clone(), Vec::new())))
                    || root.simpler(&mut |root| offer(Draft::Json(root, gaps.clone())));
            }
            Draft::Pairs(pairs) => {
                let _ = simpler_list(pairs, &mut |pairs| offer(Draft::Pairs(pairs)))
                    || pairs.iter().enumerate().any(|(index, pair)| {
                        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                        let shorter = [name.to_owned(), format!("{name}=x")];
                        shorter.into_iter().filter(|_| value.len() > 1).any(|pair| {
                            let mut pairs = pairs.clone();
                            pairs[index] = pair;
                            offer(Draft::Pairs(pairs))
                        })
                    });
            }
        }
        simpler
    }
}

impl Node {
    pub(super) fn of(value: &Value) -> Node {
        match value {
            Value::Array(elements) => Node::List(elements.iter().map(Node::of).collect()),
            Value::Object(members) => {
                Node::Object(members.iter().map(|(key, value)| (quoted(key), Node::of(value))).collect())
            }
            scalar => Node::Scalar(scalar.to_string()),
        }
    }

    fn write(&self, gap: &mut dyn FnMut() -> &'static str, out: &mut String) {
        out.push_str(gap());
        match self {
            Node::Scalar(text) => out.push_str(text),
            Node::List(elements) => {
                out.push('[');
                for (index, element) in elements.iter().enumerate() {
                    out.push_str(if index > 0 { "," } else { "" });
                    element.write(gap, out);
                }
                out.push(']');
            }
            Node::Object(members) => {
                out.push('{');
                for (index, (key, value)) in members.iter().enumerate() {
                    out.extend([if index > 0 { "," } else { "" }, gap(), key, gap(), ":"]);
                    value.write(gap, out);
                }
                out.push('}');
            }
        }
        out.push_str(gap());
    }

    /// Offers values that are each a little shorter; whether one was taken.
    fn simpler(&self, offer: &mut dyn FnMut(Node) -> bool) -> bool {
        match self {
            Node::Scalar(text) => simpler_scalars(text).into_iter().any(|text| offer(Node::Scalar(text))),
            Node::List(elements) => {
                simpler_list(elements, &mut |elements| offer(Node::List(elements)))
                    || elements.iter().enumerate().any(|(index, element)| {
                        element.simpler(&mut |element| {
                            let mut elements = elements.clone();
                            elements[index] = element;
                            offer(Node::List(elements))
                        })
                    })
            }
            Node::Object(members) => {
                simpler_list(members, &mut |members| offer(Node::Object(members)))
                    || members.iter().enumerate().any(|(index, (key, value))| {
                        let mut with = |member: (String, Node)| {
                            let mut members = members.clone();
                            members[index] = member;
                            offer(Node::Object(members))
                        };
                        let plain = serde_json::from_str(key).map(|text: String| quoted(&text));
                        plain.is_ok_and(|plain| plain != *key && with((plain, value.clone())))
                            || value.simpler(&mut |value| with((key.clone(), value)))
                    })
            }
        }
    }
}

/// The pairs of a query or a form; none in an empty text.
pub(super) fn split_pairs(text: &str) -> Vec<&str> {
    text.split('&').filter(|_| !text.is_empty()).collect()
}

/// Offers simpler lists: an empty one, each half, and all elements but one.
fn simpler_list<T: Clone>(list: &[T], offer: &mut dyn FnMut(Vec<T>) -> bool) -> bool {
    let half = list.len() / 2;
    (!list.is_empty() && offer(Vec::new()))
        || (list.len() > 3 && (offer(list[..half].to_vec()) || offer(list[half..].to_vec())))
        || (list.len() > 1
            && (0..list.len()).any(|index| {
                let mut rest = list.to_vec();
                rest.remove(index);
                offer(rest)
            }))
}

/// Shorter scalars of the same kind; null, true and false are as simple as they can be.
fn simpler_scalars(text: &str) -> Vec<String> {
    let shorter: Vec<String> = match text.as_bytes() {
        [b'"', inner @ .., b'"'] if number::is_number(inner) => {
            let inner = String::from_utf8_lossy(inner);
            ["\"\"".into(), "\"1\"".into(), "\"1.25\"".into(), format!("\"{}\"", &inner[..inner.len() / 2])]
                .into()
        }
        [b'"', ..] => ["\"\"".into(), "\"x\"".into()].into(),
        [b'-' | b'0'..=b'9', ..] => [
            "0".into(),
            "1".into(),
            "1.25".into(),
            text[..text.len() / 2].into(),
            text[..text.len() - 1].into(),
        ]
        .into(),
        _ => Vec::new(),
    };
    let fits =
        |new: &String| new.len() < text.len() && (new.starts_with('"') || number::is_number(new.as_bytes()));
    shorter.into_iter().filter(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shrunk(text: &str, is_pairs: bool, keeps: &[&str]) -> String {
        let mut draft = Draft::read(text, is_pairs).unwrap();
        let mut keeps = |draft: &Draft| keeps.iter().all(|kept| draft.text().contains(kept));
        while let Some(simpler) = draft.simpler(&mut keeps) {
            assert!(simpler.text().len() < draft.text().len());
            draft = simpler;
        }
        draft.text()
    }

    #[test]
    fn only_what_matters_is_left() {
        let document =
            r#"{"data":[{"id":"x1","a":{"b":120.50,"c":[1,2]}},{"id":"x2"}],"page":{"next":null}}"#;
        assert_eq!(shrunk(document, false, &["\"b\""]), r#"{"data":[{"a":{"b":0}}]}"#);
        assert_eq!(shrunk(document, false, &["2]"]), r#"{"data":[{"a":{"c":[2]}}]}"#);
        assert_eq!(shrunk("a=1&company_id=long&b", true, &["company_id"]), "company_id");
        assert_eq!(Draft::read("{", false), None);
    }

    #[test]
    fn every_spelling_is_kept_until_it_is_made_plain() {
        let key = r#""\u0061""#.to_owned();
        let draft = Draft::Json(Node::Object(vec![(key, Node::Scalar("1e2".into()))]), vec![" ", "\n"]);
        assert_eq!(draft.text(), " {\n\"\\u0061\" :\n1e2 }\n");
        let mut offered = Vec::new();
        draft.simpler(&mut |draft| {
            offered.push(draft.text());
            false
        });
        assert_eq!(offered[0], "{\"\\u0061\":1e2}", "white space goes first");
        assert!(offered.contains(&" {\n\"a\" :\n1e2 }\n".to_owned()), "{offered:?}");
    }
}
