//! JSON Patch (RFC 6902): pointers to fields that are renamed point at their new names.
//!
//! A patch says where something changes, not what the whole is. What cannot be said of a pointer, such as a value that
//! gets another form or another place, is refused: half of a patch would be another patch.

use super::{Translated, Untranslatable};
use crate::{
    json::{Field, Name, Object, Paths, Scanner, Shape, Value, quoted, unescape},
    plan::Program,
    step::Losses,
};
use std::sync::LazyLock;

/// The members of an operation that are read.
struct Members {
    shape: Shape,
    op: Name,
    path: Name,
    from: Name,
}

static MEMBERS: LazyLock<Members> = LazyLock::new(|| {
    let mut shape = Shape::default();
    ["op", "path", "from", "value"].iter().for_each(|name| shape.insert(&Field::new([*name])));
    Members { shape, op: Name::new("op"), path: Name::new("path"), from: Name::new("from") }
});

/// A reason why a body is not a JSON Patch. `Display` quotes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPatch {
    /// The body is not a list of objects.
    #[error("it is not a list of operations")]
    List,
    /// RFC 6902, 4: there are six of them.
    #[error("an operation's `op` is none of add, remove, replace, move, copy, test")]
    Operation,
    /// RFC 6901, 3.
    #[error("a `path` or `from` is not a JSON Pointer")]
    Pointer,
}

/// Translates a patch of the document that the paths lead through.
///
/// # Errors
/// It is no patch, or one that the plan cannot be said of.
pub(super) fn translate(paths: &Paths<Program>, body: &[u8]) -> Result<Translated<Vec<u8>>, Untranslatable> {
    let routes = paths.each().collect::<Vec<_>>();
    let mut scanner = Scanner::new(body);
    if scanner.peek() != b'[' {
        scanner.value()?;
        scanner.end()?;
        return Err(NoPatch::List.into());
    }
    let mut output = Vec::with_capacity(body.len() + 16);
    let mut passed = 0;
    scanner.open()?;
    scanner.space();
    let mut more = !scanner.close_empty();
    while more {
        if scanner.peek() != b'{' {
            // What is no JSON is told as that.
            scanner.value()?;
            return Err(NoPatch::List.into());
        }
        let start = scanner.position();
        let mut operation = Object::read(&mut scanner, &MEMBERS.shape)?;
        if point_on(&mut operation, &routes)? {
            output.extend_from_slice(&body[passed..start]);
            operation.write(&mut output);
            passed = scanner.position();
        }
        scanner.space();
        more = scanner.more()?;
        scanner.space();
    }
    scanner.end()?;
    output.extend_from_slice(&body[passed..]);
    Ok(Translated { output, losses: Losses::default() })
}

/// A place of the plan: the hops that lead there, and what runs there.
type Route<'p> = (Vec<crate::json::Hop>, &'p Program);

/// Renames what an operation points at; whether that changed anything.
fn point_on(operation: &mut Object<'_>, routes: &[Route<'_>]) -> Result<bool, Untranslatable> {
    let Members { op, path, from, .. } = &*MEMBERS;
    let text = |operation: &Object<'_>, name: &Name| {
        operation.get(name).and_then(|member| unescape(&member.value.to_text()))
    };
    let names = match text(operation, op).as_deref() {
        Some("add" | "remove" | "replace" | "test") => &[path][..],
        Some("move" | "copy") => &[path, from],
        _ => return Err(NoPatch::Operation.into()),
    };
    let has_value = text(operation, op).as_deref() != Some("remove");
    let mut changed = false;
    for name in names {
        let pointer = text(operation, name).ok_or(NoPatch::Pointer)?;
        let mut tokens = tokens(&pointer).ok_or(NoPatch::Pointer)?;
        if !renamed(&mut tokens, has_value, routes) {
            return Err(Untranslatable::PatchNotTranslatable);
        }
        let renamed = written(&tokens);
        if renamed != pointer
            && let Some(member) = operation.get_mut(name)
        {
            member.value = Value::Text(quoted(&renamed).into_bytes().into());
            changed = true;
        }
    }
    Ok(changed)
}

/// Renames the tokens of a pointer into the document; whether the plan can be said of it.
fn renamed(tokens: &mut [String], has_value: bool, routes: &[Route<'_>]) -> bool {
    let before = tokens.to_vec();
    for (hops, program) in routes {
        if !hops.iter().zip(&before).all(|(hop, token)| hop.leads_to(token)) {
            continue;
        }
        let Some(inside) = before.get(hops.len()..).filter(|inside| !inside.is_empty()) else {
            // Its value is such an object, or has some inside.
            if has_value {
                return false;
            }
            continue;
        };
        let mut inside = inside.to_vec();
        if !program.run_on_pointer(&mut inside, has_value) {
            return false;
        }
        for (at, token) in inside.into_iter().enumerate() {
            if before.get(hops.len() + at) != Some(&token)
                && let Some(own) = tokens.get_mut(hops.len() + at)
            {
                *own = token;
            }
        }
    }
    true
}

/// The tokens of a pointer, plain, or nothing if it is not one.
fn tokens(pointer: &str) -> Option<Vec<String>> {
    let mut parts = pointer.split('/');
    if !parts.next()?.is_empty() {
        return None;
    }
    let plain = |token: &str| {
        let mut escapes = token.split('~').skip(1);
        let is_plain = escapes.all(|escape| escape.starts_with(['0', '1']));
        is_plain.then(|| token.replace("~1", "/").replace("~0", "~"))
    };
    parts.map(plain).collect()
}

fn written(tokens: &[String]) -> String {
    tokens.iter().map(|token| format!("/{}", token.replace('~', "~0").replace('/', "~1"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{pack::Pack, plan::Plan};
    use proptest::prelude::*;

    fn run(body: &str) -> Result<String, Untranslatable> {
        static PLAN: LazyLock<Plan> = LazyLock::new(|| {
            let pack = Pack::embedded().unwrap();
            let update = pack.find("POST /plans").unwrap();
            Plan::compile(&pack, update, "2025-01-01".parse().unwrap(), "2026-07-01".parse().unwrap())
        });
        let translated = translate(PLAN.body.as_ref().unwrap(), body.as_bytes())?;
        Ok(String::from_utf8(translated.output).unwrap())
    }

    #[test]
    fn row_14_1c_pointers_at_what_is_renamed_are_renamed() {
        let body = "\n[ { \"op\" : \"replace\", \"path\":\"/company_id\",\"value\":{\"company_id\":1.10} } ,\
            {\"op\":\"move\",\"from\":\"\\/company\\u005fid/x~1y\",\"path\":\"/metadata/company_id\"},\
            {\"op\":\"remove\",\"path\":\"\"},{\"op\":\"test\",\"path\":\"/x\",\"value\":[ ]}]\n";
        let wanted = body
            .replacen("\"/company_id\"", "\"/account_id\"", 1)
            .replace("\"\\/company\\u005fid/x~1y\"", "\"/account_id/x~1y\"");
        assert_eq!(run(body).unwrap(), wanted);
        assert_eq!(run(" [ ] ").unwrap(), " [ ] ");
    }

    #[test]
    fn row_14_1c_a_patch_that_cannot_be_said_is_refused() {
        let code = |body: &str| run(body).unwrap_err().code();
        for body in [
            r#"[{"op":"replace","path":"","value":{"company_id":1}}]"#,
            r#"[{"op":"add","path":"/account_id","value":1}]"#,
            r#"[{"op":"move","from":"","path":"/x"}]"#,
        ] {
            assert_eq!(code(body), "patch_unsupported", "{body}");
        }
        for body in [
            r#"{"op":"add"}"#,
            "[1]",
            "[[]]",
            "null",
            r#"[{"op":"set","path":"/company_id"}]"#,
            r#"[{"path":"/company_id"}]"#,
            r#"[{"op":"add","value":1}]"#,
            r#"[{"op":"add","path":1}]"#,
            r#"[{"op":"add","path":"company_id"}]"#,
            r##"[{"op":"add","path":"#/company_id"}]"##,
            r#"[{"op":"add","path":"/company~2id"}]"#,
            r#"[{"op":"add","path":"/company~"}]"#,
            r#"[{"op":"move","path":"/company_id"}]"#,
        ] {
            assert_eq!(code(body), "patch_invalid", "{body}");
        }
        for body in ["", "[", r#"[{"op":"remove","path":"/x"}]x"#, r#"[{"op":"remove","path":"/x"},]"#] {
            assert_eq!(code(body), "json_invalid", "{body}");
        }
        assert_eq!(code(r#"[{"op":"add","path":"/a","path":"/company_id"}]"#), "duplicate_key");
    }

    proptest! {
        #[test]
        fn row_14_1c_any_patch_is_answered_and_what_nothing_names_stays(text in r#"(\[|\{|\]|\}|"|op|path|/|~|company_id|:|,|add| ){0,30}"#) {
            if let Ok(output) = run(&text) {
                prop_assert!(output == text || text.contains("company_id"));
            }
        }

        #[test]
        fn row_14_1c_tokens_go_there_and_back(tokens in prop::collection::vec("[~/a-c01é]{0,6}", 0..6)) {
            prop_assert_eq!(super::tokens(&written(&tokens)), Some(tokens));
        }
    }
}
