//! The examples of every change: what is written as old must go up to what is written as new, and come down again.

use super::{
    documents::{place, unwrap, unwrapped, wrapped},
    laws::Laws,
    same,
};
use crate::{
    compare::{At, Difference, Place},
    json::{Field, Hop, Name},
    pack::{
        Change, Code, Diagnostic, Example, Found, Module, OperationId, Pack, Part, RESOURCE, looks_like_json,
    },
    step::{Direction, Effect, LossKind, Losses, Step},
    version::Version,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// Notes every example that does not come out as it is written, every change that has none, and every place that none
/// shows. Returns the resources with an example that is wrong.
pub(super) fn check(laws: &Laws, notes: &mut Vec<Diagnostic>) -> BTreeSet<usize> {
    let mut mistaken = BTreeSet::new();
    for pair in laws.pack().modules.windows(2) {
        let [older, module] = pair else { continue };
        for change in &module.changes {
            if change.examples.is_empty() {
                let message = format!("the change \"{}\" has no example", change.name);
                let hint = "add one, `old` and `new`: they are checked in both directions and explain the change\n\
                            [[change.example]]\nold = '...'\nnew = '...'";
                let label = "nothing shows what it does";
                notes.push(Diagnostic::new(Code::MissingKey, &change.at, message).label(label).hint(hint));
            }
            for example in &change.examples {
                let before = notes.len();
                Trial { laws, older: older.version, module, change, example }.run(notes);
                mistaken.extend((notes.len() > before).then_some(change.resource));
            }
        }
    }
    // An example that is wrong shows nothing; that is to be mended first.
    if notes.is_empty() {
        unshown(laws.pack(), notes);
    }
    mistaken
}

/// Notes places of a resource that is in more than one and that no example shows: nobody would notice if one of them
/// were wrong.
fn unshown(pack: &Pack, notes: &mut Vec<Diagnostic>) {
    for (index, resource) in pack.resources.iter().enumerate() {
        let changes = || {
            let changes = pack.modules.iter().flat_map(|module| &module.changes);
            changes.filter(move |change| change.resource == index)
        };
        let is_asked = resource.found.len() > 1 && !resource.is_message();
        let Some(first) = changes().next().filter(|_| is_asked) else { continue };
        let shows = |example: &Example, found: &Found| {
            example.whole.contains(&(found.operation, found.part))
                && (example.is_pairs || unwrap(&found.path, &example.new).is_some())
        };
        // Of errors, one place shows all that have the same path: they are written as one.
        let first_error = |found: &Found| {
            let same = |other: &&Found| other.part.errors().is_some() && other.path == found.path;
            found.part.errors().is_none() || resource.found.iter().find(same) == Some(found)
        };
        let paths = resource.found.iter().map(|found| (found.part.errors().is_some(), &found.path));
        let is_one =
            paths.clone().all(|(is_error, path)| is_error && Some((true, path)) == paths.clone().next());
        let is_unshown = |found: &&Found| {
            if is_one || !first_error(found) {
                return false;
            }
            // One that is looked at apart from what holds it is nowhere.
            !pack.operation(found.operation).addresses().any(|address| address.method == RESOURCE)
                && !changes().flat_map(|change| &change.examples).any(|example| shows(example, found))
        };
        for found in resource.found.iter().filter(is_unshown) {
            let (operation, part) = (pack.operation(found.operation), found.part);
            let path = match part == Part::Query && found.path.is_empty() {
                true => String::new(),
                false => format!(" at {}", Hop::display(&found.path)),
            };
            let message = format!(
                "`{}` is found in {operation} ({part}{path}), says api.toml, and no example shows it there",
                resource.name
            );
            let part = match part {
                Part::Query | Part::Response | Part::Request | Part::Answer => String::new(),
                Part::Body | Part::Errors(_) => format!("part = \"{}\"\n", part.name()),
            };
            let hint = format!(
                "give an example of the whole of it, so that a place that is wrong is noticed\n\
                 [[change.example]]\nin = \"{operation}\"\n{part}old = '...'\nnew = '...'"
            );
            let label = format!("the first change of `{}`", resource.name);
            notes.push(Diagnostic::new(Code::Example, &first.at, message).label(label).hint(hint));
        }
    }
}

/// An example with all that it belongs to.
struct Trial<'p> {
    laws: &'p Laws,
    older: Version,
    module: &'p Module,
    change: &'p Change,
    example: &'p Example,
}

impl Trial<'_> {
    fn run(&self, notes: &mut Vec<Diagnostic>) {
        let Trial { laws, change, example, .. } = self;
        if let Some((problem, hint)) = unreadable(example) {
            notes.push(self.note("cannot be read", &problem).hint(hint));
            return;
        }
        let resource = &laws.pack().resources[change.resource];
        let is_pairs = example.is_pairs;
        let places: Vec<(Place, &[Hop])> = match &example.whole[..] {
            [] => {
                let found = resource.found.iter();
                found.filter_map(|found| Some((place(found, is_pairs)?, &*found.path))).collect()
            }
            // Where in it the resource stands is for the pack to know: that is what such an example shows.
            whole => whole
                .iter()
                .map(|(operation, part)| (whole_of(*operation, *part, is_pairs), &[][..]))
                .collect(),
        };
        if places.is_empty() {
            let (is, stands) =
                if example.is_pairs { ("a query", "bodies") } else { ("a JSON object", "queries") };
            let problem = format!("it is {is}, and `{}` stands in {stands} only", resource.name);
            notes.push(self.note("shows nothing", &problem));
        }
        let shown = |direction: &Direction| example.way.is_none_or(|way| way == *direction);
        for direction in [Direction::Up, Direction::Down].into_iter().filter(shown) {
            // What is wrong is wrong everywhere.
            notes.extend(places.iter().find_map(|(place, path)| self.translated(direction, *place, path)));
        }
    }

    /// Returns the fault of the example in this direction at this place, if any.
    fn translated(&self, direction: Direction, place: Place, path: &[Hop]) -> Option<Diagnostic> {
        let Trial { laws, older, module, example, .. } = self;
        let (from, to, input, expected) = match direction {
            Direction::Up => (*older, module.version, &example.old, &example.new),
            Direction::Down => (module.version, *older, &example.new, &example.old),
        };
        let wrapped = |text: &str| wrapped(place, path, text);
        let translated = match laws.translations().translate(place, from, to, &wrapped(input)) {
            Ok(translated) => translated,
            Err(problem) => return Some(self.note("cannot be translated", &problem.to_string())),
        };
        if let Some(undeclared) = laws.undeclared(place, from, to, &translated.losses) {
            return Some(self.note("loses what no step declares", &undeclared));
        }
        let Some(difference) = same::difference_as_written(place, &wrapped(expected), &translated.output)
        else {
            return self.lost(direction, &translated.losses);
        };
        let got = unwrapped(place, path, &translated.output).unwrap_or(translated.output);
        let way = match direction {
            Direction::Up => format!("does not go up to {to} as it is written"),
            Direction::Down => format!("does not come down to {to} as it is written"),
        };
        let is_whole = !self.example.whole.is_empty() && !place.is_pairs();
        let stands: Vec<&[Hop]> = if is_whole { self.stands(place).collect() } else { vec![path] };
        let inside = stands.iter().find(|path| difference.path.is_in(path));
        let field = inside.and_then(|path| field(&difference, path.len()));
        let label = difference.show(&match &field {
            Some(field) if !is_whole => field.to_string(),
            _ if is_whole => difference.path.pattern(),
            _ => "the whole".into(),
        });
        let operation = laws.pack().operation(place.operation);
        let part = if place.is_pairs() && place.part == Part::Body { "form" } else { "" };
        let documents = format!(
            "input    {}\nexpected {}\ngot      {got}\nin {operation}, {}{part}",
            one_line(input),
            one_line(expected),
            if part.is_empty() { place.part.to_string() } else { "request body as a ".into() },
        );
        let mut blamed = field.map(|field| self.blamed(&field)).unwrap_or_default();
        if is_whole {
            let name = &laws.pack().resources[self.change.resource].name;
            let paths: Vec<String> = stands.iter().map(|path| Hop::display(path)).collect();
            let found = if paths.is_empty() { "nowhere".into() } else { format!("at {}", paths.join(", ")) };
            blamed.push_str(&format!("in it `{name}` is found {found}, says api.toml\n"));
            let other = self.laws.pack().resources[self.change.resource].found.iter().find(|found| {
                paths.is_empty() && found.operation == place.operation && found.part != place.part
            });
            if let Some(Found { part, .. }) = other {
                blamed.push_str(&format!(
                    "an example of the {part} of {operation} says so: `part = \"{}\"`\n",
                    part.name()
                ));
            }
        }
        Some(self.note(&way, &label).hint(format!("{blamed}{documents}")))
    }

    /// Returns the paths of the resource in a part of an operation.
    fn stands(&self, place: Place) -> impl Iterator<Item = &[Hop]> {
        let found = self.laws.pack().found_in(place.operation, place.part);
        found.filter(|(resource, _)| *resource == self.change.resource).map(|(_, found)| &*found.path)
    }

    /// Returns the fault of the losses, if any. An example that states no losses has no `unconverted` ones: its values
    /// have the form that a step expects.
    fn lost(&self, direction: Direction, losses: &Losses) -> Option<Diagnostic> {
        let (stated, way) = match direction {
            Direction::Up => (&self.example.up_loses, "up"),
            Direction::Down => (&self.example.down_loses, "down"),
        };
        let Some(stated) = stated else {
            let odd = losses.iter().find(|lost| lost.kind == LossKind::Unconverted)?;
            let label = format!("{} has another form than a step expects", odd.field);
            return Some(self.note(&format!("is not converted going {way}"), &label));
        };
        let sorted = |text: &str| {
            let mut lost: Vec<String> = text.split(',').map(|lost| lost.trim().to_owned()).collect();
            lost.sort();
            lost
        };
        let losses = losses.to_string();
        if sorted(stated) == sorted(&losses) {
            return None;
        }
        let label = format!("expected \"{stated}\", got \"{losses}\"");
        Some(self.note(&format!("loses something else going {way}"), &label))
    }

    /// The steps that name a field: this change's, or else those of the same version.
    fn blamed(&self, field: &Field) -> String {
        let named = |change: &Change| -> Vec<String> {
            let steps = change.steps.iter().map(|authored| &authored.step);
            let named = steps.filter(|step| names(step, field)).map(|step| step.describe(Direction::Up));
            named.map(|step| format!("`{step}`")).collect()
        };
        let of_change = named(self.change);
        let others = self.module.changes.iter().filter(|change| change.resource == self.change.resource);
        let of_version: Vec<String> = others.flat_map(named).collect();
        match (&*of_change, &*of_version) {
            ([], []) => format!("no step of {} names {field}\n", self.module.version),
            ([], steps) | (steps, _) => format!("{field} is named by {}\n", steps.join(", ")),
        }
    }

    fn note(&self, problem: &str, label: &str) -> Diagnostic {
        let message = format!("an example of \"{}\" {problem}", self.change.name);
        Diagnostic::new(Code::Example, &self.example.at, message).label(label)
    }
}

fn whole_of(operation: OperationId, part: Part, is_pairs: bool) -> Place {
    if is_pairs && part == Part::Body { Place::form(operation) } else { Place::new(operation, part) }
}

/// The reason why an example is none, if any: what stands there, and what belongs there.
fn unreadable(example: &Example) -> Option<(String, &'static str)> {
    let sides = [("old", &*example.old), ("new", &*example.new)];
    let both = "both sides are JSON objects, or both queries";
    if example.is_pairs {
        let json = sides.into_iter().find(|(_, text)| looks_like_json(text))?;
        return Some((format!("`{}` is JSON, and a query is `name=value` pairs", json.0), both));
    }
    let kind = |text: &str| match text.trim() {
        "" => "empty",
        _ => "not JSON",
    };
    if let Some((side, text)) = sides.into_iter().find(|(_, text)| !looks_like_json(text)) {
        let problem = format!("one side is JSON, the other is not: `{side}` is {}", kind(text));
        return Some((problem, both));
    }
    for (side, text) in sides {
        match serde_json::from_str::<Value>(text) {
            Err(error) => return Some((format!("`{side}` is not JSON: {error}"), both)),
            Ok(Value::Array(_)) if example.whole.is_empty() => {
                let hint =
                    "write one element alone; to show the whole body, say which operation it is of with `in`";
                return Some((
                    format!("`{side}` is a list, and an example without `in` is the resource alone"),
                    hint,
                ));
            }
            Ok(_) => {}
        }
    }
    None
}

/// The field that differs, without the path to its resource.
fn field(difference: &Difference, skipped: usize) -> Option<Field> {
    let names: Vec<&str> = difference
        .path
        .hops()
        .iter()
        .skip(skipped)
        .map_while(|at| match at {
            At::Member(name) => Some(name.text()),
            At::Element(_) => None,
        })
        .collect();
    (!names.is_empty()).then(|| Field::new(names))
}

/// Tells whether the step affects the field.
fn names(step: &Step, field: &Field) -> bool {
    let related = |named: &Field| {
        let (named, field): (&[Name], &[Name]) = (named.names(), field.names());
        named.starts_with(field) || field.starts_with(named)
    };
    step.effects(Direction::Up).iter().flat_map(Effect::changed).any(related)
}

/// An example's text without its line breaks.
fn one_line(text: &str) -> String {
    serde_json::from_str::<Value>(text).map_or_else(|_| text.to_owned(), |value| value.to_string())
}
