//! Recipes: the changes that an author looks for, and how a pack says each.
//!
//! A kind of step has its recipes in its own file. The changes that no step says stand in [`WITHOUT_STEP`]; whoever
//! writes a kind that says one takes its row out there.

/// A change that a step says: a row of the table of changes in `transforms/README.md`.
#[derive(Debug, Clone, Copy)]
pub struct Recipe {
    /// The topic under which the row stands.
    pub topic: Topic,
    /// The change in an author's words, as a sentence: `A field gets another name`.
    pub change: &'static str,
    /// The steps, each an inline table.
    pub steps: &'static [&'static str],
    /// A document in the older version: an object, or the parameters of a query.
    pub old: &'static str,
    /// The same document in the newer version. Each translates into the other.
    pub new: &'static str,
    /// The losses and when they happen; `nothing` where a documented value always comes through.
    pub loses: &'static str,
}

/// A change that no step says.
#[derive(Debug, Clone, Copy)]
pub struct WithoutStep {
    /// The topic under which the row stands.
    pub topic: Topic,
    /// The change in an author's words, as a sentence.
    pub change: &'static str,
    /// The other way to say it, if there is one.
    pub how: How,
    /// The losses, or what a client meets where the change cannot be said.
    pub then: &'static str,
}

/// The way to say a change without a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The change holds for both versions as it is.
    Nothing,
    /// Another part of a pack says it.
    Otherwise(&'static str),
    /// No pack can say it today.
    Never,
}

/// The topics of the table of changes, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Fields and parameters that have another name or stand elsewhere.
    Names,
    /// Values that are written in another form.
    Values,
    /// Values that become objects, and objects that become values.
    Shapes,
    /// Fields that only one of the versions has.
    Presence,
    /// Lists and their elements.
    Lists,
    /// Parameters and bodies of requests, beyond their names.
    Requests,
    /// Everything of an answer but the fields of its resource.
    Responses,
    /// Methods and paths.
    Operations,
    /// Documents that are no answer to a request.
    Events,
    /// The versions themselves.
    Versions,
}

impl Topic {
    /// Every topic, in the order of the table.
    pub const ALL: [Topic; 10] = [
        Topic::Names,
        Topic::Values,
        Topic::Shapes,
        Topic::Presence,
        Topic::Lists,
        Topic::Requests,
        Topic::Responses,
        Topic::Operations,
        Topic::Events,
        Topic::Versions,
    ];

    /// The heading of its rows.
    pub fn title(self) -> &'static str {
        match self {
            Topic::Names => "Names and places",
            Topic::Values => "Forms of values",
            Topic::Shapes => "Values and objects",
            Topic::Presence => "Fields that come and go",
            Topic::Lists => "Lists",
            Topic::Requests => "Requests",
            Topic::Responses => "Responses",
            Topic::Operations => "Operations",
            Topic::Events => "Events and streams",
            Topic::Versions => "Versions",
        }
    }
}

const fn unsaid(topic: Topic, change: &'static str, then: &'static str) -> WithoutStep {
    WithoutStep { topic, change, how: How::Never, then }
}

const fn no_need(topic: Topic, change: &'static str, then: &'static str) -> WithoutStep {
    WithoutStep { topic, change, how: How::Nothing, then }
}

const fn otherwise(topic: Topic, change: &'static str, how: &'static str, then: &'static str) -> WithoutStep {
    WithoutStep { topic, change, how: How::Otherwise(how), then }
}

/// The changes that no step says, by topic.
pub const WITHOUT_STEP: &[WithoutStep] = &[
    otherwise(
        Topic::Names,
        "Every field is spelled in another way (`createdAt` to `created_at`)",
        "a `move` for each field",
        "nothing",
    ),
    otherwise(
        Topic::Names,
        "The same field changes in several resources",
        "a change for each resource; or one resource that is `found` in all places, if nothing else in them differs",
        "nothing",
    ),
    otherwise(
        Topic::Names,
        "A field changes inside a nested resource that is in several others",
        "a change of the nested resource, and `holds` in each resource that it stands in",
        "nothing",
    ),
    unsaid(
        Topic::Names,
        "Fields change inside an object whose keys are data (`prices.usd`, `prices.eur`, …)",
        "they pass as they are",
    ),
    unsaid(Topic::Shapes, "A text is split into several", "it passes as it is"),
    no_need(
        Topic::Presence,
        "An optional field is added",
        "nothing: older clients get it too, and ignore it",
    ),
    unsaid(
        Topic::Presence,
        "A field may be null or absent from now on",
        "older clients get it null, or do not get it",
    ),
    no_need(Topic::Requests, "An optional parameter is added", "nothing"),
    otherwise(
        Topic::Requests,
        "A filter of a query is removed, or some of its values are",
        "[`[[unsaid]]`](#what-no-step-can-say) with `parameter = \"query.status\"`, and `values` for some of its values",
        "nothing: a request that has it goes up natively, or is refused",
    ),
    otherwise(
        Topic::Responses,
        "The fields around a list get other names (`has_more`, `page_info`)",
        "a resource `at = \"$\"` with a `move` for each; it `holds` the elements, if they change too: `{ \"data[*]\" = \"Order\" }`",
        "nothing",
    ),
    unsaid(
        Topic::Responses,
        "A list is put into an envelope (`[…]` to `{\"data\":[…]}`), or taken out of one",
        "the response passes as it is",
    ),
    unsaid(
        Topic::Responses,
        "The way of paging changes (pages to cursors)",
        "the response and its links pass as they are",
    ),
    no_need(
        Topic::Responses,
        "An error of the upstream names a renamed field",
        "nothing: the client reads [its own name](../docs/error-names.md)",
    ),
    otherwise(
        Topic::Responses,
        "The body of the upstream's errors changes, or their codes do",
        "a change of a resource that is [found in errors](#errors-of-the-api): `part = \"errors\"`, `status = \"4xx\"`",
        "as for other resources; `[errors]` is the form of the gateway's own",
    ),
    otherwise(
        Topic::Operations,
        "An operation is added",
        "its first version: `[operation.forecast]`, `\"2026-02-03\" = \"GET /forecasts\"`; or in `operations`, if clients of all versions may ask for it",
        "older clients get `404`",
    ),
    otherwise(
        Topic::Operations,
        "An operation moves to another path or method",
        "its addresses by version: `[operation.pay]`, `\"2025-01-01\" = \"POST /orders/{id}/pay\"`, `\"2026-02-03\" = \"PUT /payments/{id}\"`",
        "nothing",
    ),
    otherwise(
        Topic::Operations,
        "An operation becomes a certain body of another one (`POST …/uncancel` to `PATCH …` with `cancel_at_period_end` false), or the reverse",
        "that body beside its address: `\"2026-02-03\" = { at = \"PATCH /memberships/{id}\", body = '{\"cancel_at_period_end\":false}' }`",
        "nothing; a body that is for none of the operations at the address is refused (`400`)",
    ),
    unsaid(
        Topic::Operations,
        "Two operations become one, or one becomes two, and no body says which one a request is for",
        "an address is one operation's at each version: say of the others that they are gone",
    ),
    otherwise(
        Topic::Operations,
        "An operation is gone",
        "its last version, and what to do instead: `\"2026-02-03\" = { gone = \"Ask GET /stats instead.\" }`",
        "older clients get `410` with that sentence, or the upstream is asked at their version",
    ),
    unsaid(
        Topic::Events,
        "A webhook changes",
        "it does not pass the gateway: the upstream sends it to the client",
    ),
    unsaid(
        Topic::Events,
        "An event of a stream changes (`text/event-stream`, NDJSON)",
        "the stream passes as it is",
    ),
    otherwise(
        Topic::Versions,
        "Versions are months (`2026-07`), numbers (`v68`, `2.14`) or other labels (`2024-09-30.acacia`)",
        "the `scheme` of `[versions]` in `api.toml`, with a `list` for labels that have no order of their own",
        "nothing",
    ),
    otherwise(
        Topic::Versions,
        "A version has another name, too (`latest`)",
        "`aliases = { latest = \"2026-07-01\" }` in `[versions]`",
        "nothing",
    ),
    otherwise(
        Topic::Versions,
        "Nobody knows what changed in a version",
        "`unknown = true` in its file",
        "its clients are spoken to natively, while the upstream serves the version",
    ),
    otherwise(
        Topic::Versions,
        "The version stands in the path, the query or a media type",
        "`in` of `[versions]` in `api.toml`",
        "nothing",
    ),
];
