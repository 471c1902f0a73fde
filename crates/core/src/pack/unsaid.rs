//! Changes that no step can say, and what becomes of an exchange that would cross them.
//!
//! Some changes need another call, or a fact that no version tells: the id of a data source, a fee whose type means another
//! thing. A comment about them would leave the response labelled as if it were right. So a pack says them, with the
//! operations that they concern. A change may concern less than all requests of an operation: those with a parameter, those
//! of older clients, or one message alone.

mod scope;

pub use scope::{AskedParameter, ClientSide, UnsaidScope};

use super::{
    OperationId, Pack,
    keys::{MODULE, UNSAID, elsewhere},
    operations,
};
use crate::{
    authored::{Code, Diagnostic, Location, Source, Table, did_you_mean},
    version::Version,
};
use std::sync::Arc;

/// A change that no step can say.
#[derive(Debug, Clone)]
pub struct Unsaid {
    /// The name of the change: what it does, beginning with a verb.
    pub name: String,
    /// The reason why it cannot be translated, for the API's users.
    pub why: String,
    /// The advice for a refused client, `Ask GET /stats instead.`, if the pack has one.
    pub instead: Option<String>,
    /// The operations that it concerns.
    pub operations: Vec<OperationId>,
    /// The exchanges of these operations that it concerns.
    pub scope: UnsaidScope,
    /// The treatment of an exchange that would cross it.
    pub then: Then,
    /// The place where it is written.
    pub at: Location,
}

/// The treatment of an exchange between a client and an upstream on different sides of an unsaid change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Then {
    /// The upstream is asked at the client's own version, if it serves that; otherwise the request is refused.
    Native,
    /// The request is refused before anything is sent.
    Refuse,
    /// The exchange is translated as far as the steps go, and the change is told as a loss.
    Tell,
}

impl Then {
    /// Every treatment, the default first.
    pub(super) const ALL: [Then; 3] = [Then::Native, Then::Refuse, Then::Tell];

    /// The word that a pack has for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Then::Native => "native",
            Then::Refuse => "refuse",
            Then::Tell => "tell",
        }
    }
}

impl Unsaid {
    /// The name as a loss has it: lower case, words joined by hyphens, so that it is fit for a header.
    pub fn loss_name(&self) -> String {
        let word = |word: &str| -> String {
            word.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
        };
        let words = self.name.split(|letter: char| !letter.is_ascii_alphanumeric());
        words.map(word).filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
    }
}

/// Reads one `[[unsaid]]`.
pub(super) fn read(table: &mut Table<'_>, pack: &Pack, notes: &mut Vec<Diagnostic>) -> Option<Unsaid> {
    let name = table.required("name", notes);
    let why = table.required("why", notes).map(|text| text.text.to_owned());
    let instead = table.string("instead", notes).map(|text| text.text.to_owned());
    let at = name.as_ref().map_or_else(|| table.at(), |text| text.at.clone());
    let then = match table.string("then", notes) {
        None => Some(Then::Native),
        Some(text) => {
            let known = Then::ALL.into_iter().find(|then| then.as_str() == text.text);
            if known.is_none() {
                let message = format!("`{}` is not what becomes of an exchange", text.text);
                let label = "`native`, `refuse` or `tell` belongs here";
                notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label(label));
            }
            known
        }
    };
    let scope = scope::read(table, notes);
    let listed = table.strings("in", notes);
    let mut operations: Vec<OperationId> =
        listed.iter().filter_map(|text| operations::named(text, pack, notes)).collect();
    let resource = table.string("resource", notes);
    if let Some(text) = &resource {
        match pack.resources.iter().position(|resource| resource.name == text.text) {
            // It is found wherever one is that holds it.
            Some(index) => operations.extend(
                (0..pack.resources.len())
                    .filter(|holder| pack.with_held(*holder).contains(&index))
                    .flat_map(|holder| pack.resources[holder].found.iter().map(|found| found.operation)),
            ),
            None => {
                let message = format!("`{}` is not a resource of api.toml", text.text);
                let known = pack.resources.iter().map(|resource| &*resource.name);
                let mut note = Diagnostic::new(Code::UnknownName, &text.at, message).label("not a resource");
                note.hint = did_you_mean(text.text, known);
                notes.push(note);
            }
        }
    }
    if listed.is_empty() && resource.is_none() {
        let message = "an unsaid change concerns no operation";
        let hint =
            "say which: in = [\"GET /things/{id}\"], or resource = \"Thing\" for all in which it is found";
        notes.push(Diagnostic::new(Code::MissingKey, &at, message).label("`in` is missing").hint(hint));
    }
    operations.sort();
    operations.dedup();
    let (name, why, scope, then) = (name?.text.to_owned(), why?, scope?, then?);
    let unsaid = Unsaid { name, why, instead, operations, scope, then, at };
    if unsaid.loss_name().is_empty() {
        let message = "the name of an unsaid change has no letter or digit of ASCII";
        let label = "this name stands in a header where the change is told";
        notes.push(Diagnostic::new(Code::BadValue, &unsaid.at, message).label(label));
        return None;
    }
    Some(unsaid)
}

/// Reads every `[[unsaid]]` of a version.
pub(super) fn read_all(
    source: &Arc<Source>,
    table: &mut Table<'_>,
    pack: &Pack,
    notes: &mut Vec<Diagnostic>,
) -> Vec<Unsaid> {
    let mut all: Vec<Unsaid> = Vec::new();
    for value in table.array("unsaid", notes).into_iter().flatten() {
        let Some(mut table) = Table::of(source, value, &UNSAID, notes) else { continue };
        let unsaid = read(&mut table, pack, notes);
        table.finish(|key| elsewhere(&MODULE, key), notes);
        if let Some(unsaid) = &unsaid
            && all.iter().any(|known| known.loss_name() == unsaid.loss_name())
        {
            let message = format!("\"{}\" is said to be unsaid before", unsaid.name);
            notes.push(Diagnostic::new(Code::Repeated, &unsaid.at, message).label("stands twice"));
        }
        all.extend(unsaid);
    }
    all
}

impl Pack {
    /// The unsaid changes of an operation between the versions of a client and of the upstream, each with the version that
    /// brought it, oldest first. Whether a request crosses one may depend on what it has.
    ///
    /// ```
    /// use dateline_core::pack::Pack;
    ///
    /// let pack = Pack::embedded()?;
    /// let list = pack.find("GET /plans").unwrap();
    /// let (oldest, newest) = (pack.versions().next().unwrap(), pack.newest());
    /// assert_eq!(pack.unsaid(list, newest, oldest).count(), 0);
    /// # Ok::<(), dateline_core::pack::Diagnostics>(())
    /// ```
    pub fn unsaid(
        &self,
        operation: OperationId,
        client: Version,
        upstream: Version,
    ) -> impl Iterator<Item = (Version, &Unsaid)> {
        self.modules_between(client, upstream).iter().flat_map(move |module| {
            let side = self.client_side(client, module.version);
            let here = module.unsaid.iter().filter(move |unsaid| unsaid.operations.contains(&operation));
            let here = here.filter(move |unsaid| unsaid.scope.client.is_none_or(|only| only == side));
            here.map(|unsaid| (module.version, unsaid))
        })
    }

    /// The side of a version's changes that a client is on.
    fn client_side(&self, client: Version, changed: Version) -> ClientSide {
        if self.is_older(client, changed) { ClientSide::Older } else { ClientSide::Newer }
    }

    /// The version next to a version's changes on the client's side of them. What a client of any version sends is
    /// written in its names there.
    pub fn beside(&self, changed: Version, client: Version) -> Version {
        match self.client_side(client, changed) {
            ClientSide::Older => {
                self.versions().rfind(|known| self.is_older(*known, changed)).unwrap_or(client)
            }
            ClientSide::Newer => changed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authored::Source;

    const API: &str = r#"
        name = "shop"
        title = "Shop"
        header = "Shop-Version"
        base_path = ""
        default_version = "2025-01-01"
        operations = ["GET /orders", "GET /items", "GET /plain"]
        resource.Order.found = [{ in = "GET /orders", part = "response", at = "$" }]
        resource.Order.holds = { "items[*]" = "Item" }
        resource.Item.holds = { tax = "Tax" }
        resource.Item.found = [{ in = "GET /items", part = "response", at = "$[*]" }]
        resource.Tax = {}
    "#;

    fn read(unsaid: &str) -> Result<Pack, String> {
        let newer = format!("version = '2025-02-01'\ntitle = 'T'\n[[unsaid]]\n{unsaid}");
        let older = "version = '2025-01-01'\ntitle = 'T'\n";
        let files = [("api.toml", API), ("2025-01-01.toml", older), ("2025-02-01.toml", &newer)];
        let files = files.map(|(name, text)| Source { name: name.into(), text: text.into() });
        let read = Pack::read(crate::pack::source::Sources::new(files.into(), "shop"));
        read.map_err(|mistakes| mistakes.to_string())
    }

    #[test]
    fn a_resource_stands_for_every_operation_in_which_it_is_found_or_held() {
        let pack = read("name = 'Tax twice'\nwhy = 'So.'\nresource = 'Tax'").unwrap();
        let versions: Vec<Version> = pack.versions().collect();
        let crossed = |operation: &str| {
            let id = pack.find(operation).unwrap();
            pack.unsaid(id, versions[1], versions[0])
                .map(|(_, unsaid)| unsaid.loss_name())
                .collect::<Vec<_>>()
        };
        assert_eq!([crossed("GET /orders"), crossed("GET /items")], [["tax-twice"], ["tax-twice"]]);
        assert!(crossed("GET /plain").is_empty());
        let same = pack.unsaid(pack.find("GET /items").unwrap(), versions[1], versions[1]);
        assert_eq!(same.count(), 0, "nothing is crossed");
    }

    #[test]
    fn one_that_concerns_clients_of_one_side_is_crossed_by_no_other() {
        for (client, older, newer) in [("older", 1, 0), ("newer", 0, 1)] {
            let text = format!("name = 'N'\nwhy = 'W'\nin = 'GET /items'\nclient = '{client}'");
            let pack = read(&text).unwrap();
            let versions: Vec<Version> = pack.versions().collect();
            let id = pack.find("GET /items").unwrap();
            assert_eq!(pack.unsaid(id, versions[0], versions[1]).count(), older, "{client}");
            assert_eq!(pack.unsaid(id, versions[1], versions[0]).count(), newer, "{client}");
        }
    }

    #[test]
    fn mistakes_are_told() {
        for (unsaid, told) in [
            ("name = 'N'\nwhy = 'W'", "concerns no operation"),
            ("name = 'N'\nwhy = 'W'\nin = 'GET /itmes'", "did you mean `GET /items`?"),
            ("name = 'N'\nwhy = 'W'\nresource = 'Ordr'", "did you mean `Order`?"),
            ("name = 'N'\nwhy = 'W'\nin = 'GET /items'\nthen = 'drop'", "`native`, `refuse` or `tell`"),
            ("name = '…'\nwhy = 'W'\nin = 'GET /items'", "no letter or digit"),
            ("why = 'W'\nin = 'GET /items'", "has no `name`"),
            ("name = 'N'\nwhy = 'W'\nin = 'GET /items'\nparameter = 'status'", "write `query.status`"),
            ("name = 'N'\nwhy = 'W'\nin = 'GET /items'\nparameter = 'query.'", "write `query.status`"),
            ("name = 'N'\nwhy = 'W'\nin = 'GET /items'\nparameter = 'query.a[b]'", "write `query.a.b`"),
            ("name = 'N'\nwhy = 'W'\nin = 'GET /items'\nvalues = 'a'", "`parameter` is missing"),
            ("name = 'N'\nwhy = 'W'\nin = 'GET /items'\nclient = 'old'", "`older` or `newer`"),
            ("name = 'N'\nwhy = 'W'\nin = 'GET /items'\npart = 'body'", "`request` or `response`"),
            (
                "name = 'N'\nwhy = 'W'\nin = 'GET /items'\nparameter = 'query.a'\npart = 'response'",
                "a response has no parameter",
            ),
        ] {
            let mistakes = read(unsaid).expect_err(unsaid);
            assert!(mistakes.contains(told), "{unsaid}: {mistakes}");
        }
    }
}
