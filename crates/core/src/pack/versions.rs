//! The versions of an API as `[versions]` names them: their scheme, other names for them, and what a label gets that the
//! pack does not know.

use super::{Pack, module::VersionFile};
use crate::{
    alike::closest,
    authored::{Code, Diagnostic, Location, Source, Table, Text, did_you_mean},
    version::{Misfit, Scheme, Version},
};
use std::{fmt, sync::Arc};
use toml::{Spanned, de::DeValue};

/// The treatment of a request at a version that the pack does not know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum UnknownPin {
    /// The request is answered 400.
    #[default]
    Refuse,
    /// The request is forwarded unchanged, at the version that it names.
    Pass,
    /// The request is taken for one at the closest older version that the pack has.
    Older,
}

impl UnknownPin {
    /// Every treatment, the default first.
    pub const ALL: [UnknownPin; 3] = [UnknownPin::Refuse, UnknownPin::Pass, UnknownPin::Older];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            UnknownPin::Refuse => "refuse",
            UnknownPin::Pass => "pass",
            UnknownPin::Older => "older",
        }
    }
}

/// A version that the API has, and of which the pack does not say what changed in it. It is spoken natively only: no plan
/// leads to it or from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpaqueVersion {
    /// The version.
    pub version: Version,
    /// The title in the changelog, if it has a file.
    pub title: Option<String>,
}

/// Another name for a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alias {
    /// The name, which is no version of the pack.
    pub name: Version,
    /// The version.
    pub version: Version,
}

/// The parts of `[versions]` that need more than `api.toml` to be checked.
#[derive(Default)]
pub(super) struct VersionNotes {
    /// True if the scheme cannot be read: then no version is held to one.
    pub(super) scheme_is_broken: bool,
    /// The places of the aliases, in their order.
    aliases: Vec<Location>,
}

impl VersionNotes {
    /// The notes on versions whose scheme cannot be read.
    pub(super) fn broken() -> Self {
        VersionNotes { scheme_is_broken: true, aliases: Vec::new() }
    }
}

/// Reads the scheme, the aliases and the habit with labels that are not known.
pub(super) fn read(
    source: &Arc<Source>,
    table: &mut Table<'_>,
    pack: &mut Pack,
    notes: &mut Vec<Diagnostic>,
) -> VersionNotes {
    let mut told = VersionNotes::default();
    match scheme(source, table, notes) {
        Some(scheme) => pack.scheme = scheme,
        None => told.scheme_is_broken = true,
    }
    if let Some(text) = table.string("unknown", notes) {
        pack.unknown = unknown(&text, &pack.scheme, notes);
    }
    if let Some(aliases) = table.value("aliases").and_then(|value| table.inner(value, "`aliases`", notes)) {
        for (name, value) in aliases.names() {
            let Some(text) = aliases.text(value, "an alias", notes) else { continue };
            let alias = label(&name, notes).zip(label(&text, notes));
            if let Some((name, version)) = alias {
                pack.aliases.push(Alias { name, version });
                told.aliases.push(text.at);
            }
        }
    }
    told
}

/// Reads `scheme` and `list`; `None` where they are no scheme.
fn scheme(source: &Arc<Source>, table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Scheme> {
    const WORDS: [Scheme; 4] = [Scheme::Date, Scheme::Month, Scheme::Number, Scheme::Listed(Vec::new())];
    let listed = table.array("list", notes);
    let has_list = table.has("list");
    let at = table.at();
    let written = table.string("scheme", notes);
    if written.is_none() && table.has("scheme") {
        return None;
    }
    let scheme = match &written {
        None => Scheme::Date,
        Some(text) => match WORDS.into_iter().find(|scheme| scheme.as_str() == text.text) {
            Some(scheme) => scheme,
            None => {
                let message = format!("`{}` is not a scheme of versions", text.text);
                let label = "`date`, `month`, `number` or `listed` belongs here";
                let hint = did_you_mean(text.text, WORDS.iter().map(Scheme::as_str))
                    .unwrap_or_else(|| SCHEMES.to_owned());
                notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label(label).hint(hint));
                return None;
            }
        },
    };
    match (scheme, listed) {
        (Scheme::Listed(_), Some(listed)) => list(source, table, listed, notes),
        (Scheme::Listed(_), None) => {
            if !has_list {
                let at = written.map_or(at, |text| text.at);
                let message = "the scheme `listed` has no `list`";
                let hint =
                    "write the versions from the oldest to the newest: `list = [\"2024-09-30.acacia\", …]`";
                notes
                    .push(Diagnostic::new(Code::MissingKey, &at, message).label("of which list?").hint(hint));
            }
            None
        }
        (scheme, Some(_)) => {
            let at = Location::new(source, table.value("list").map_or(0..0, Spanned::span));
            let message = format!("the scheme `{}` orders versions without a list", scheme.as_str());
            let hint = "write `scheme = \"listed\"` if the list is the order; if not, leave it out";
            notes.push(Diagnostic::new(Code::Contradiction, &at, message).label("not needed").hint(hint));
            None
        }
        (scheme, None) => (!has_list).then_some(scheme),
    }
}

/// The hint on what schemes there are.
const SCHEMES: &str = "dates are `2026-07-01`, months `2026-07`, numbers `v68` or `2.14`; any other labels are `listed`, in \
                       their order";

fn list(
    source: &Arc<Source>,
    table: &Table<'_>,
    listed: &[Spanned<DeValue<'_>>],
    notes: &mut Vec<Diagnostic>,
) -> Option<Scheme> {
    let before = notes.len();
    let mut list: Vec<Version> = Vec::new();
    for value in listed {
        let at = Location::new(source, value.span());
        let DeValue::String(text) = value.get_ref() else {
            notes.push(crate::authored::wrong_type(&at, "a listed version", "a string", value.get_ref()));
            continue;
        };
        let Some(version) = label(&Text { text, at: at.clone() }, notes) else { continue };
        if list.contains(&version) {
            let message = format!("`{version}` is listed twice");
            let hint = "leave one of the two out: the list is the order of the versions";
            notes.push(Diagnostic::new(Code::Repeated, &at, message).label("stands twice").hint(hint));
        }
        list.push(version);
    }
    if listed.is_empty() {
        let message = "the list of versions is empty";
        let hint = "write the versions from the oldest to the newest";
        notes.push(Diagnostic::new(Code::BadValue, &table.at(), message).label("no version").hint(hint));
    }
    (notes.len() == before).then_some(Scheme::Listed(list))
}

fn unknown(text: &Text<'_>, scheme: &Scheme, notes: &mut Vec<Diagnostic>) -> UnknownPin {
    let Some(known) = UnknownPin::ALL.into_iter().find(|known| known.as_str() == text.text) else {
        let message = format!("`{}` is not what an unknown version gets", text.text);
        let label = "`refuse`, `pass` or `older` belongs here";
        let mut note = Diagnostic::new(Code::BadValue, &text.at, message).label(label);
        note.hint = did_you_mean(text.text, UnknownPin::ALL.into_iter().map(UnknownPin::as_str));
        notes.push(note);
        return UnknownPin::Refuse;
    };
    if known == UnknownPin::Older && matches!(scheme, Scheme::Listed(_)) {
        let message = "of a label that is not in the list, nobody knows whether it is older";
        let hint = "write `refuse` or `pass`: only dates, months and numbers have an age of their own";
        notes.push(
            Diagnostic::new(Code::Contradiction, &text.at, message).label("not with a list").hint(hint),
        );
        return UnknownPin::Refuse;
    }
    known
}

/// Reads a label; one that cannot be a version is noted.
fn label(text: &Text<'_>, notes: &mut Vec<Diagnostic>) -> Option<Version> {
    if let Some(word) = RESERVED.iter().find(|word| **word == text.text) {
        let message = format!("`{word}` cannot be the name of a version");
        let hint = "choose another name: the configuration has this word for something else";
        notes.push(
            Diagnostic::new(Code::BadValue, &text.at, message)
                .label("a word of the configuration")
                .hint(hint),
        );
        return None;
    }
    match text.text.parse() {
        Ok(version) => Some(version),
        Err(problem) => {
            let message = format!("`{}` is not a version", text.text);
            notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label(format!("{problem}")));
            None
        }
    }
}

/// Words that the configuration takes where it takes versions.
const RESERVED: [&str; 2] = ["upstream", "all"];

/// Reads a version that the scheme fits; any other is noted. Where the scheme is broken every label fits.
pub(super) fn version(
    text: &Text<'_>,
    scheme: Option<&Scheme>,
    notes: &mut Vec<Diagnostic>,
) -> Option<Version> {
    let version = label(text, notes)?;
    let Some(Err(misfit)) = scheme.map(|scheme| scheme.rank(version)) else { return Some(version) };
    let message = match misfit {
        Misfit::NotListed => format!("`{version}` is not in the list of versions"),
        Misfit::Date | Misfit::Month | Misfit::Number | Misfit::NotInCalendar => {
            format!("`{version}` is not a version")
        }
    };
    let hint = scheme.and_then(|scheme| fitting_hint(version, scheme)).unwrap_or_default();
    let code = if misfit == Misfit::NotListed { Code::UnknownName } else { Code::BadValue };
    notes.push(Diagnostic::new(code, &text.at, message).label(format!("{misfit}")).hint(hint));
    None
}

/// The way out where a scheme does not fit a version: to write it in another way, or to name another scheme.
fn fitting_hint(version: Version, scheme: &Scheme) -> Option<String> {
    let others = [Scheme::Date, Scheme::Month, Scheme::Number];
    let other = others.iter().find(|other| other.rank(version).is_ok()).map(Scheme::as_str);
    let other =
        other.map(|other| format!("`[versions]` in api.toml needs `scheme = \"{other}\"` if all are such"));
    Some(match scheme {
        Scheme::Date => other.unwrap_or_else(|| {
            "write the day with all its digits, `2026-02-03`; a second version of a day is `2026-02-03-1`. Where versions \
             have other names, say so in api.toml: `[versions]` has a `scheme`"
                .to_owned()
        }),
        Scheme::Month => other.unwrap_or_else(|| "write the year and the month: `2026-07`".to_owned()),
        Scheme::Number => other.unwrap_or_else(|| "write a number: `v68`, `68` or `2.14`".to_owned()),
        Scheme::Listed(list) => {
            let list = list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            format!("add it to `list` in `[versions]` of api.toml, at its place from the oldest on; the list is {list}")
        }
    })
}

/// Notes mistakes that show only when all versions are read.
pub(super) fn check(pack: &Pack, files: &[VersionFile], told: &VersionNotes, notes: &mut Vec<Diagnostic>) {
    let ranked = |version: Version| pack.scheme.rank(version).ok();
    let versions = || files.iter().map(|file| (file.module.version, &file.at));
    for (index, (version, at)) in versions().enumerate() {
        let same = versions().take(index).find(|(other, _)| ranked(*other) == ranked(version));
        if let Some((other, _)) = same.filter(|(other, _)| *other != version) {
            let message = format!("{version} and {other} are one version, written in two ways");
            let hint = "leave one of the two files out";
            notes.push(Diagnostic::new(Code::Repeated, at, message).label("the same number").hint(hint));
        }
    }
    let listed = match &pack.scheme {
        Scheme::Listed(list) => &**list,
        Scheme::Date | Scheme::Month | Scheme::Number => &[],
    };
    let labels: Vec<Version> = versions().map(|(version, _)| version).chain(listed.iter().copied()).collect();
    for (alias, at) in pack.aliases.iter().zip(&told.aliases) {
        if labels.contains(&alias.name) {
            let message = format!("the alias `{}` has the name of a version", alias.name);
            let hint = "choose a name that no version has: it would stand for another one";
            notes.push(Diagnostic::new(Code::Contradiction, at, message).label("of this alias").hint(hint));
        } else if !labels.contains(&alias.version) {
            let message =
                format!("the alias `{}` stands for {}, which is no version", alias.name, alias.version);
            let known = || labels.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let hint = did_you_mean(alias.version.as_str(), labels.iter().map(Version::as_str))
                .unwrap_or_else(|| format!("the versions are {}", known()));
            notes.push(Diagnostic::new(Code::UnknownName, at, message).label("no such version").hint(hint));
        }
    }
}

/// Puts the versions into the pack, in their order. What is listed and has no file is opaque.
pub(super) fn place(pack: &mut Pack, files: Vec<VersionFile>) {
    for VersionFile { module, is_opaque, .. } in files {
        if is_opaque {
            pack.opaque.push(OpaqueVersion { version: module.version, title: Some(module.title) });
        } else {
            pack.modules.push(module);
        }
    }
    if let Scheme::Listed(list) = &pack.scheme {
        let has_file = |version: &Version| pack.supports(*version) || pack.is_opaque(*version);
        let without: Vec<Version> = list.iter().copied().filter(|version| !has_file(version)).collect();
        pack.opaque.extend(without.into_iter().map(|version| OpaqueVersion { version, title: None }));
    }
    // A version that the scheme does not fit is noted where it is read.
    pack.modules.sort_by_key(|module| pack.scheme.rank(module.version).ok());
    pack.opaque.sort_by_key(|opaque| pack.scheme.rank(opaque.version).ok());
}

/// A version that is asked for and that the pack cannot translate to or from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownVersion {
    /// The version as it was asked for.
    pub version: Version,
    /// True if the API has it, and nobody knows what changed in it.
    pub is_opaque: bool,
    /// The versions that the pack knows, oldest first.
    pub known: Vec<Version>,
    /// The version or the alias that was probably meant.
    pub meant: Option<Version>,
}

impl UnknownVersion {
    /// The text, with the name of the pack.
    pub fn in_pack(&self, name: &str) -> String {
        self.to_string().replacen("the pack", &format!("the pack `{name}`"), 1)
    }
}

impl std::error::Error for UnknownVersion {}

impl fmt::Display for UnknownVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let UnknownVersion { version, is_opaque, known, meant } = self;
        let list = known.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        if *is_opaque {
            return write!(
                f,
                "the pack does not know what changed in version {version}: it is spoken natively, and nothing is translated \
                 to it or from it; it knows {list}"
            );
        }
        write!(f, "the pack has no version {version}; it has {list}")?;
        meant.as_ref().map_or(Ok(()), |meant| write!(f, "; did you mean {meant}?"))
    }
}

impl Pack {
    /// Every version, oldest first, those included whose changes nobody knows.
    pub fn all_versions(&self) -> Vec<Version> {
        let opaque = self.opaque.iter().map(|opaque| opaque.version);
        let mut all: Vec<Version> = self.versions().chain(opaque).collect();
        all.sort_by_key(|version| self.scheme.rank(*version).ok());
        all
    }

    /// Tells whether the API has a version of which nobody knows what changed in it.
    pub fn is_opaque(&self, version: Version) -> bool {
        self.opaque.iter().any(|opaque| opaque.version == version)
    }

    /// The versions between two others of which nobody knows what changed in them, oldest first.
    pub fn opaque_between(&self, one: Version, other: Version) -> Vec<Version> {
        let rank = |version: Version| self.scheme.rank(version).ok();
        let (older, newer) = (rank(one).min(rank(other)), rank(one).max(rank(other)));
        let opaque = self.opaque.iter().map(|opaque| opaque.version);
        opaque.filter(|version| older < rank(*version) && rank(*version) < newer).collect()
    }

    /// The version that an alias stands for; any other label stands for itself.
    pub fn resolve(&self, label: Version) -> Version {
        self.aliases.iter().find(|alias| alias.name == label).map_or(label, |alias| alias.version)
    }

    /// The version with this label or this alias that the pack can translate to and from.
    ///
    /// ```
    /// use dateline_core::pack::Pack;
    ///
    /// let pack = Pack::embedded()?;
    /// assert!(pack.version("2026-07-01".parse()?).is_ok());
    /// let unknown = pack.version("2026-7-01".parse()?).unwrap_err();
    /// assert!(unknown.to_string().ends_with("did you mean 2026-07-01?"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`UnknownVersion`]
    pub fn version(&self, label: Version) -> Result<Version, UnknownVersion> {
        let version = self.resolve(label);
        if self.supports(version) {
            return Ok(version);
        }
        let known: Vec<Version> = self.versions().collect();
        let meant = self.meant_by(label);
        Err(UnknownVersion { version, is_opaque: self.is_opaque(version), known, meant })
    }

    /// The version or the alias that a label comes closest to.
    pub fn meant_by(&self, label: Version) -> Option<Version> {
        let aliases = self.aliases.iter().map(|alias| alias.name);
        let all: Vec<Version> = self.all_versions().into_iter().chain(aliases).collect();
        let meant = closest(label.as_str(), all.iter().map(Version::as_str))?;
        all.iter().copied().find(|version| version.as_str() == meant)
    }
}

#[cfg(test)]
mod tests;
