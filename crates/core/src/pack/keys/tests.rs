//! The lists of keys, held to what the readers do with each key.

use super::{
    super::{Code, Pack, source::Sources},
    *,
};
use crate::authored::{Source, TableKey};
use toml::{Table as Toml, Value};

/// A pack that has every key.
const FILES: [(&str, &str); 3] = [
    (
        "api.toml",
        r#"
        name = "shop"
        title = "Shop"
        origin = "https://api.example.com"
        header = "Shop-Version"
        base_path = "/v1"
        default_version = "2025-01-01"
        versions.scheme = "listed"
        versions.list = ["2025-01-01", "2025-07-01", "2026-02-03"]
        versions.aliases = { latest = "2026-02-03" }
        versions.unknown = "pass"
        errors = { content_type = "application/problem+json", body = '{"detail":"{message}"}', message = "$.detail", param = ["$.errors[*].field"] }
        operations = ["GET /orders"]
        operation.pay = { "2025-01-01" = "POST /orders/{id}/pay", "2026-02-03" = { gone = "Ask another." } }
        operation.refund = { "2025-01-01" = "POST /refunds/{id}", "2026-02-03" = { at = "PUT /refunds/{id}", body = '{"a":1}' } }
        resource.Order.found = [
            { in = "GET /orders", part = "response", at = "$" },
            { in = "GET /orders", part = "errors", status = "402", at = "$" },
        ]
        resource.Order.holds = { "items[*]" = "OrderItem" }
        resource.OrderItem = {}
        lookup.decimals = { usd = 2 }
        "#,
    ),
    ("2025-01-01.toml", "version = '2025-01-01'\ntitle = 'First'"),
    (
        "2026-02-03.toml",
        r#"
        version = "2026-02-03"
        title = "Second"
        unknown = false
        [[change]]
        name = "Drop kind"
        why = "Why."
        resource = "Order"
        when = { kind = "a" }
        when_new = { kind = { is = "absent" } }
        steps = [{ drop = "kind", restore = '"a"' }]
        [[change.example]]
        in = ["GET /orders"]
        part = "response"
        way = "down"
        up_loses = ""
        down_loses = "kind=made-up"
        old = '{"kind":"a"}'
        new = '{}'
        [[change]]
        name = "Take the kind out of the header"
        why = "Why."
        operation = ["GET /orders"]
        part = "response"
        steps = [{ drop = "header.X-Kind" }]
        [[unsaid]]
        name = "Split databases"
        why = "Why."
        instead = "Ask another."
        in = "GET /orders"
        resource = "Order"
        parameter = "query.status"
        values = ["draft"]
        client = "older"
        part = "request"
        then = "native"
        "#,
    ),
];

/// The same `api.toml` with the places of the version in `[versions]`.
const PLACES: &str = r#"
    name = "shop"
    title = "Shop"
    base_path = "/v1"
    default_version = "2025-01-01"
    operations = ["GET /orders"]
    resource.Order.found = [{ in = "GET /orders", part = "response", at = "$" }]
    versions.in = [
        { header = "Shop-Version" },
        { path = "/v1/{version}" },
        { query = "shop-version" },
        { media_type = "application/vnd.shop.{version}+json" },
    ]
"#;

fn text(file: &str) -> &'static str {
    FILES.iter().find(|(name, _)| *name == file).unwrap().1
}

/// The codes of what is wrong, and of what is warned of, with this in the place of the file.
fn codes(file: &str, table: &Toml) -> Vec<Code> {
    let text = |name: &str, text: &str| match name == file {
        true => table.to_string(),
        false => text.to_owned(),
    };
    let files = FILES.map(|(name, was)| Source { name: name.into(), text: text(name, was) });
    match Pack::read(Sources::new(files.into(), "shop")) {
        // That the pack has a resource which never changes is beside the point.
        Ok(pack) => {
            let codes = pack.warnings.iter().map(|warning| warning.code);
            codes.filter(|code| *code != Code::Unused).collect()
        }
        Err(mistakes) => mistakes.iter().map(|mistake| mistake.code).collect(),
    }
}

/// A listed key, and where the pack has it: the names on the way to its table, and the number of a table in a list.
struct Place {
    file: &'static str,
    text: &'static str,
    way: String,
    what: &'static str,
    key: &'static TableKey,
}

impl Place {
    /// The codes that follow from a change of the table that has the key.
    fn after(&self, change: impl Fn(&mut Toml)) -> Vec<Code> {
        let mut file: Toml = self.text.parse().unwrap();
        let mut table = &mut file;
        let mut names = self.way.split('/').skip(1).peekable();
        while let Some(name) = names.next() {
            let value = &mut table[name];
            let element = names.next_if(|name| name.parse::<usize>().is_ok());
            let value = match element.map(|element| element.parse::<usize>().unwrap()) {
                Some(element) => &mut value[element],
                None => value,
            };
            table = value.as_table_mut().unwrap();
        }
        change(table);
        codes(self.file, &file)
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} of {}", self.file, self.key.name, self.what)
    }
}

/// A file that places are looked for in.
type File = (&'static str, &'static str);

/// Adds the keys of the shape that the table has, and those of the tables inside it.
fn add(places: &mut Vec<Place>, (file, text): File, way: &str, shape: &'static TableShape, table: &Toml) {
    for key in shape.keys {
        let Some(value) = table.get(key.name) else { continue };
        places.push(Place { file, text, way: way.to_owned(), what: shape.what, key });
        let way = format!("{way}/{}", key.name);
        match key.holds {
            Table(inner) => add(places, (file, text), &way, inner, value.as_table().unwrap()),
            Tables(inner) => {
                for (index, value) in value.as_array().unwrap().iter().enumerate() {
                    add(places, (file, text), &format!("{way}/{index}"), inner, value.as_table().unwrap());
                }
            }
            NamedTables(inner) => {
                let (name, value) = value.as_table().unwrap().iter().next().unwrap();
                add(places, (file, text), &format!("{way}/{name}"), inner, value.as_table().unwrap());
            }
            Addresses(inner) => {
                for (name, versions) in value.as_table().unwrap() {
                    for (version, address) in versions.as_table().unwrap() {
                        let Some(table) = address.as_table() else { continue };
                        add(places, (file, text), &format!("{way}/{name}/{version}"), inner, table);
                    }
                }
            }
            Text(_) | Texts(_) | OneOrMoreTexts(_) | NamedTexts(_) | Flag | NamedLookups | Steps | Guard => {}
        }
    }
}

/// Every key of a shape and of the shapes inside it.
fn listed(shape: &'static TableShape) -> Vec<(&'static str, &'static str)> {
    let inside = |key: &'static TableKey| match key.holds {
        Table(inner) | Tables(inner) | NamedTables(inner) | Addresses(inner) => listed(inner),
        Text(_) | Texts(_) | OneOrMoreTexts(_) | NamedTexts(_) | Flag | NamedLookups | Steps | Guard => {
            Vec::new()
        }
    };
    let own = shape.keys.iter().map(|key| (shape.what, key.name));
    own.chain(shape.keys.iter().flat_map(inside)).collect()
}

/// Every listed key.
fn places() -> Vec<Place> {
    let mut places = Vec::new();
    let (api, module) = ("api.toml", "2026-02-03.toml");
    for (file, text, shape) in [(api, text(api), &API), (api, PLACES, &API), (module, text(module), &MODULE)]
    {
        let table: Toml = text.parse().unwrap();
        assert_eq!(codes(file, &table), []);
        add(&mut places, (file, text), "", shape, &table);
    }
    for (what, key) in [&API, &MODULE].into_iter().flat_map(listed) {
        assert!(places.iter().any(|place| (place.what, place.key.name) == (what, key)), "{what}: {key}");
    }
    places
}

#[test]
fn every_listed_key_is_read() {
    for place in places() {
        let key = place.key;
        let wrong = place.after(|table| _ = table.insert(key.name.into(), Value::Integer(7)));
        assert!(wrong.contains(&Code::WrongType), "{place}: {wrong:?}");
        let unknown = place.after(|table| _ = table.insert(format!("{}x", key.name), Value::Integer(7)));
        assert!(unknown.contains(&Code::UnknownKey), "{place}: {unknown:?}");
        if let Some(was) = key.was {
            let old = place.after(|table| {
                let value = table.remove(key.name).unwrap();
                table.insert(was.into(), value);
            });
            assert_eq!(old, [Code::OldName], "{place}");
        }
    }
}

/// What the schema refuses, reading refuses too.
#[test]
fn an_operation_is_named_by_its_name_or_by_its_address() {
    let mut seen = Vec::new();
    for place in places().into_iter().filter(|place| place.text != PLACES) {
        let key = place.key;
        let (Text(Like(pattern)) | OneOrMoreTexts(Like(pattern))) = key.holds else { continue };
        if !["in", "operation"].contains(&key.name) {
            continue;
        }
        let wanted = if place.what == "a place" { NAMED_OR_ALL } else { NAMED };
        assert_eq!(pattern, wanted, "{place}");
        for name in ["pay", "POST /orders/{id}/pay"] {
            let codes = place.after(|table| _ = table.insert(key.name.into(), name.into()));
            assert!(!codes.contains(&Code::UnknownName), "{place}: {name}: {codes:?}");
        }
        seen.push(place.what);
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, ["a change", "a place", "an example", "an unsaid change"]);
}

#[test]
fn a_key_is_required_where_its_list_says_so() {
    for place in places() {
        let without = place.after(|table| _ = table.remove(place.key.name));
        // The path of a place must be there, but for a query; the list of versions only where that is their order; and a
        // change is of something. A pack has `header`, or `in` of `versions`.
        let is_one_of_two = [("api.toml", "header"), ("`versions`", "in")]
            .contains(&(place.what, place.key.name))
            || (place.key.name == "versions" && place.text == PLACES);
        // An address that is written as a table has `gone`, or both of the others.
        let is_needed = ["at", "list", "parameter"].contains(&place.key.name)
            || place.what == "an address"
            || place.way.ends_with("change/0") && place.key.name == "resource"
            || place.way.ends_with("change/1") && ["operation", "part"].contains(&place.key.name);
        let is_required = place.key.is_required || is_needed || is_one_of_two;
        assert_eq!(without.contains(&Code::MissingKey), is_required, "{place}");
    }
}
