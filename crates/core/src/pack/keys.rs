//! Every key of `api.toml` and of a version's file, said once. The readers beside this file read with these lists, and
//! `dateline schema pack` is made of them. The keys of a step are in the file of its kind.

use super::{ErrorStatuses, Part, Then, UnknownPin};
use crate::{
    authored::{
        Content::{
            Addresses, Flag, Guard, NamedLookups, NamedTables, NamedTexts, OneOrMoreTexts, Steps, Table,
            Tables, Text, Texts,
        },
        TableKey, TableShape,
        TextShape::{Any, Like, Words},
        key,
    },
    step::KINDS,
};

const VERSION: &str = "^[0-9A-Za-z][0-9A-Za-z._-]{0,30}$";
pub(super) const OPERATION: &str = "^[A-Z]+ /";
/// A name of an operation, or an address.
const NAMED: &str = "^([A-Z]+ /|[a-z][0-9A-Za-z_]*$)";
/// A parameter of a request.
const PARAMETER: &str = "^(query|body)([.][^.\\[\\]]+)+$";
/// The same, or every operation.
const NAMED_OR_ALL: &str = "^([*]$|[A-Z]+ /|[a-z][0-9A-Za-z_]*$)";
const THEN: &[&str] = &[Then::ALL[0].as_str(), Then::ALL[1].as_str(), Then::ALL[2].as_str()];
const SCHEMES: &[&str] = &["date", "month", "number", "listed"];
const UNKNOWN: &[&str] =
    &[UnknownPin::ALL[0].as_str(), UnknownPin::ALL[1].as_str(), UnknownPin::ALL[2].as_str()];
const MESSAGES: &[&str] = &[Part::Request.name(), Part::Answer.name()];
const PARTS: &[&str] =
    &[Part::Query.name(), Part::Body.name(), Part::Response.name(), Part::Errors(ErrorStatuses::ALL).name()];

/// The keys of `api.toml`.
pub(super) const API: TableShape = TableShape {
    what: "api.toml",
    keys: &[
        key("name", Text(Any), "A short name of the API, such as `shop`.").required(),
        key("title", Text(Any), "The name of the API for people.").required(),
        key(
            "origin",
            Text(Any),
            "Where the API is, such as `https://api.example.com`. The configuration key `upstream.url` wins.",
        ),
        key(
            "header",
            Text(Like("^[0-9A-Za-z!#$%&'*+.^_`|~-]+$")),
            "The header that carries the version, such as `Api-Version`. Where the version stands elsewhere, write `in` \
             of `[versions]` in its place; a pack has one of the two.",
        ),
        key(
            "base_path",
            Text(Like("^$|^/.*[^/]$")),
            "The path that is put before every operation, such as `/v1`; an empty text for none.",
        )
        .required(),
        key("default_version", Text(Like(VERSION)), "The version of a request that says none.")
            .required()
            .was("unversioned"),
        key("versions", Table(&VERSIONS), "The versions of the API: where requests say theirs, how they are named, and what is older than what."),
        key(
            "errors",
            Table(&ERRORS),
            "The form of the API's errors, in which the gateway tells its own. The default is \
             `{\"error\":{\"type\":…,\"message\":…,\"request_id\":…}}`.",
        ),
        key(
            "operations",
            Texts(Like(OPERATION)),
            "The operations, each a method and a path below `base_path`: `GET /orders/{id}`. List those without \
             resources too: logs name them, and no other operation takes their path.",
        )
        .required(),
        key(
            "operation",
            Addresses(&ADDRESS),
            "The operations whose address changes, by a name that you choose. Each has its address from a version on: \
             `\"2025-01-01\" = \"POST /orders/{id}/pay\"`.",
        ),
        key(
            "lookup",
            NamedLookups,
            "Tables by name that steps look values up in, such as the decimals of currencies: `[lookup.decimals]` and \
             `usd = 2`; or pairs of JSON, `lookup.rank = [['null', '0']]`.",
        ),
        key(
            "resource",
            NamedTables(&RESOURCE),
            "The resources by name, each with every place where it stands.",
        ),
    ],
};

/// The keys of `[versions]`.
pub(super) const VERSIONS: TableShape = TableShape {
    what: "`versions`",
    keys: &[
        key(
            "in",
            Tables(&VERSION_PLACE),
            "The places where a request says its version, in the order in which they are looked at. The first that is there \
             wins, and one that contradicts it is refused. The upstream is told its version at the same places.",
        ),
        key(
            "scheme",
            Text(Words(SCHEMES)),
            "The way in which versions are named, which is their order: `date` (`2026-07-01`, the default), `month` \
             (`2026-07`), `number` (`v68`, `2.14`) or `listed`.",
        ),
        key(
            "list",
            Texts(Like(VERSION)),
            "The versions from the oldest to the newest, where the scheme is `listed`. One without a file is taken for one \
             with `unknown = true`.",
        ),
        key(
            "aliases",
            NamedTexts(Like(VERSION)),
            "Other names for versions, such as `{ latest = \"2026-07-01\" }`. Clients may send them, and the configuration \
             may have them.",
        ),
        key(
            "unknown",
            Text(Words(UNKNOWN)),
            "What a version gets that the pack does not know: `refuse` (the default), `pass`, or `older`: the closest older \
             version. The configuration key `pins.unknown` wins.",
        ),
    ],
};

/// The keys of a place where a request says its version. Each place has one of them.
pub(super) const VERSION_PLACE: TableShape = TableShape {
    what: "a place of the version",
    keys: &[
        key("header", Text(Like("^[0-9A-Za-z!#$%&'*+.^_`|~-]+$")), "A header field, such as `Api-Version`."),
        key(
            "path",
            Text(Like("^/.*\\{version\\}")),
            "The base path with the version in it, such as `/admin/api/{version}` where `base_path` is `/admin/api`.",
        ),
        key("query", Text(Like("^[0-9A-Za-z._~$-]+$")), "A query parameter, such as `api-version`."),
        key(
            "media_type",
            Text(Like("^[^/]+/.+\\{version\\}.*\\+json$")),
            "A media type, in `Accept` and `Content-Type`: `application/vnd.shop.{version}+json`.",
        ),
    ],
};

/// The keys of `[errors]`.
pub(super) const ERRORS: TableShape = TableShape {
    what: "`errors`",
    keys: &[
        key(
            "message",
            OneOrMoreTexts(Like("^[$]")),
            "The JSONPath of a sentence in the upstream's errors, in which names of fields become the client's: \
             `$.errors[*].detail`. The default is `$.error.message`.",
        ),
        key(
            "param",
            OneOrMoreTexts(Like("^[$]")),
            "The JSONPath of the name of a field, which stands there alone: `$.errors[*].field`. The default is \
             `$.error.param`.",
        ),
        key(
            "content_type",
            Text(Any),
            "The media type of an error, `application/json` or one with `+json`. The default is `application/json`.",
        ),
        key(
            "body",
            Text(Any),
            "A template, one JSON text. Inside its strings stand `{type}`, `{message}`, `{request_id}`, `{status}` and \
             `{outcome}`; a string that is all of `\"{status:number}\"` becomes a number, and `{{` is a brace.",
        )
        .required(),
    ],
};

/// The keys of an address that is written as a table.
pub(super) const ADDRESS: TableShape = TableShape {
    what: "an address",
    keys: &[
        key(
            "gone",
            Text(Any),
            "Says that the operation is gone from this version on, and what clients can do instead: `Ask /stats instead.`",
        ),
        key(
            "at",
            Text(Like(OPERATION)),
            "The address, where other operations have the same one, and `body` says which of them a request is for.",
        ),
        key(
            "body",
            Text(Any),
            "The whole body of all requests of this operation at this address, as JSON: \
             `'{\"cancel_at_period_end\":false}'`. Any other body is for the operation without `body` at the same \
             address, or is refused.",
        ),
    ],
};

/// The keys of a resource.
pub(super) const RESOURCE: TableShape = TableShape {
    what: "a resource",
    keys: &[
        key(
            "found",
            Tables(&PLACE),
            "Every place where the resource stands by itself. A resource without any stands inside others, which hold it.",
        ),
        key(
            "holds",
            NamedTexts(Any),
            "The resources inside this one, by their paths in it: `{ \"items[*]\" = \"Item\" }`.",
        ),
    ],
};

/// The keys of a place.
pub(super) const PLACE: TableShape = TableShape {
    what: "a place",
    keys: &[
        key(
            "in",
            Text(Like(NAMED_OR_ALL)),
            "The operation: its name, or one of its addresses. For errors it may be `*`, which is all operations.",
        )
        .required(),
        key(
            "part",
            Text(Words(PARTS)),
            "The part of the exchange: `query`, the `body` of the request, the successful `response`, or `errors`.",
        )
        .required(),
        key(
            "at",
            Text(Any),
            "The JSONPath within the body, of names and `[*]`: `$`, `$.data[*]`. In a query it may be left out.",
        ),
        key(
            "status",
            OneOrMoreTexts(Like("^[45](xx|[0-9][0-9])$")),
            "The statuses of `errors`: `\"4xx\"`, `\"402\"`, or a list of them. The default is all.",
        ),
    ],
};

/// The keys of a version's file.
pub(super) const MODULE: TableShape = TableShape {
    what: "a version's file",
    keys: &[
        key("title", Text(Any), "The title of the version in the changelog.").required(),
        key(
            "version",
            Text(Like(VERSION)),
            "The version. The file has the same name, with `.toml` behind it.",
        )
        .required(),
        key(
            "unknown",
            Flag,
            "True if nobody knows what changed in this version. It is spoken natively, and never translated.",
        ),
        key(
            "change",
            Tables(&CHANGE),
            "The changes from the version before to this one, in their order. The oldest version has none.",
        ),
        key(
            "unsaid",
            Tables(&UNSAID),
            "The changes that no step can say, and what becomes of requests that would cross them.",
        ),
    ],
};

/// The keys of a change that no step can say.
pub(super) const UNSAID: TableShape = TableShape {
    what: "an unsaid change",
    keys: &[
        key("name", Text(Any), "The name of the change: what it does, beginning with a verb.").required(),
        key("why", Text(Any), "The reason why it cannot be translated, for the API's users.").required(),
        key("instead", Text(Any), "What a client can do instead: a sentence, which a refused client reads."),
        key("in", OneOrMoreTexts(Like(NAMED)), "The operations that it concerns."),
        key("resource", Text(Any), "A resource: it concerns every operation in which that is found."),
        key(
            "parameter",
            OneOrMoreTexts(Like(PARAMETER)),
            "A parameter, or several: only a request with one of them crosses the change. `query.status`, `query.filter.status` for \
             `filter[status]`, `body.status`. Names are those of the side that the client is on.",
        ),
        key(
            "values",
            OneOrMoreTexts(Any),
            "Values of the `parameter`: only a request with one of them crosses the change.",
        ),
        key(
            "client",
            Text(Words(&["older", "newer"])),
            "The side that the client must be on: `older` for versions before the change, `newer` for those that have it.",
        ),
        key(
            "part",
            Text(Words(MESSAGES)),
            "The message that changes. With `request`, a request without a query and without a body does not cross the change.",
        ),
        key(
            "then",
            Text(Words(THEN)),
            "`native` (the default) asks the upstream at the client's own version, if `upstream.serves` has it, and refuses the \
             request otherwise; `refuse` refuses it always; `tell` translates as far as the steps go and reports the loss.",
        ),
    ],
};

/// The keys of a change.
pub(super) const CHANGE: TableShape = TableShape {
    what: "a change",
    keys: &[
        key("name", Text(Any), "The name of the change: what it does, beginning with a verb.").required(),
        key("why", Text(Any), "The reason for the change, for the API's users.").required(),
        key(
            "resource",
            Text(Any),
            "The resource that changes, one of `api.toml`. It must be there, but for a change of an `operation`.",
        ),
        key(
            "operation",
            OneOrMoreTexts(Like(NAMED)),
            "The operation, or several, whose whole request or response changes, in place of `resource`. Fields begin with \
             their place: `query.`, `header.`, `body.`, `path.`, or `status`.",
        ),
        key(
            "part",
            Text(Words(MESSAGES)),
            "The message of the `operation` that changes: `request` or `response`.",
        ),
        key(
            "steps",
            Steps,
            "What is done to the resource, from the older version to the newer, in this order. The way back follows from it.",
        )
        .required(),
        key(
            "when",
            Guard,
            "Fields and the values that they must have, `{ type = \"card\" }`: every step runs only on objects like this.",
        ),
        key(
            "when_new",
            Guard,
            "The same in the newer version, where it does not follow from `when`.",
        ),
        key(
            "example",
            Tables(&EXAMPLE),
            "Documents of both versions that translate into each other; `dateline check` tries them.",
        ),
    ],
};

/// The keys of an example.
pub(super) const EXAMPLE: TableShape = TableShape {
    what: "an example",
    keys: &[
        key(
            "in",
            OneOrMoreTexts(Like(NAMED)),
            "The operation, or several, that the example is the whole document of. Without it, the example is the resource alone.",
        ),
        key(
            "part",
            Text(Words(PARTS)),
            "The part of the operation. The default is `response`, and `query` for an example that is one.",
        ),
        key(
            "way",
            Text(Words(&["up", "down"])),
            "The only way that the example shows, where the way back gives another document.",
        ),
        key(
            "up_loses",
            Text(Any),
            "The losses on the way to the newer version, as in `Dateline-Loss`: `tax=made-up`; an empty text for nothing.",
        ),
        key(
            "down_loses",
            Text(Any),
            "The losses on the way to the older version; an empty text for nothing.",
        ),
        key("old", Text(Any), "The document in the older version: JSON, or a query.").required(),
        key("new", Text(Any), "The document in the newer version.").required(),
    ],
};

/// Says where a key belongs that a file has at a wrong place: `elsewhere(&MODULE, "old")`.
pub(super) fn elsewhere(file: &TableShape, key: &str) -> Option<String> {
    if let Some(kind) = KINDS.iter().find(|kind| kind.key == key).filter(|_| file.what == MODULE.what) {
        return Some(format!("`{key}` belongs to a step, inside `steps = [ … ]`: {}", kind.syntax()));
    }
    belongs(file, key, "", None).map(|place| format!("`{key}` belongs {place}"))
}

/// The place of a key in a table or in those inside it. `path` is the table's own, `change.`, and `header` how it is
/// written, `[[change]]`.
fn belongs(table: &TableShape, key: &str, path: &str, header: Option<&str>) -> Option<String> {
    let what = table.what;
    let own = table.keys.iter().find(|known| known.name == key).map(|known| match (&known.holds, header) {
        (Tables(_), _) => format!("to {what}: write `[[{path}{key}]]`"),
        (Table(_), _) => format!("to {what}: write `[{path}{key}]`"),
        (_, None) => format!(
            "to {what} itself: write it above the first `[` at the start of a line, since what follows a `[table]` is in it"
        ),
        (_, Some(header)) => format!("to {what}: write it below `{header}`"),
    });
    let inside = |known: &TableKey| {
        let path = format!("{path}{}", known.name);
        match known.holds {
            Table(inner) => belongs(inner, key, &format!("{path}."), Some(&format!("[{path}]"))),
            Tables(inner) => belongs(inner, key, &format!("{path}."), Some(&format!("[[{path}]]"))),
            NamedTables(inner) => {
                belongs(inner, key, &format!("{path}.NAME."), Some(&format!("[{path}.NAME]")))
            }
            Addresses(inner) => inner.keys.iter().any(|known| known.name == key).then(|| {
                format!("to an address below `[{path}.NAME]`: write `\"VERSION\" = {{ {key} = … }}`")
            }),
            Text(_)
            | Texts(_)
            | OneOrMoreTexts(_)
            | NamedTexts { .. }
            | Flag
            | NamedLookups
            | Steps
            | Guard => None,
        }
    };
    own.or_else(|| table.keys.iter().find_map(inside))
}

#[cfg(test)]
mod tests;
