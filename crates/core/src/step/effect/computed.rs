//! Fields that are computed of others: the least or the greatest of some values, their sum, the first of them, or their text.
//!
//! The arithmetic is on decimal text. What cannot be computed without a guess is not computed.

use super::ValueForm;
use crate::{
    json::{Field, Hop, Object, Scanner, Shape, Value, elements, instant, number, quoted, same},
    step::{Aggregate, LossKind, Losses, ValueSource},
};
use std::{cmp::Ordering, sync::Arc};

/// The value of a field that is computed of others. Where none of those is there, neither is this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Computed {
    /// The places of the values.
    pub(crate) from: Vec<ValueSource>,
    /// The way in which one value is made of them.
    pub(crate) how: Aggregate,
    /// The JSON text that stands for no values: that of an empty list.
    pub(crate) empty: Option<Arc<[u8]>>,
    /// The JSON text that stands for values of which none can be computed.
    pub(crate) rest: Option<Arc<[u8]>>,
    /// The reason why the version that has no such field means the computed value. Without one the value is made up.
    pub(crate) implied_by: Option<String>,
    /// The forms that the same change gives the other fields afterwards, where this one is removed.
    pub(crate) forms: Vec<(Field, ValueForm)>,
}

/// The outcome of a computation.
enum Outcome {
    /// None of the fields is there.
    Nothing,
    /// The value, and whether it is made up.
    Value(Vec<u8>, bool),
    /// No value follows from the fields.
    Odd,
}

/// The values that are there, before one is made of them.
#[derive(Default)]
struct Gathered {
    /// Each value; `None` for one that is null, and for a member that an element of a list does not have.
    values: Vec<Option<Vec<u8>>>,
    /// The number of fields that are not there.
    absent: usize,
    /// The number of fields that are null.
    null: usize,
    /// True if something stands where a list or an object should.
    is_odd: bool,
}

impl Computed {
    /// The fields that it looks at, with the names inside their lists.
    pub(crate) fn anchors(&self) -> impl Iterator<Item = Field> {
        self.from.iter().map(ValueSource::names)
    }

    /// The JSON texts that it puts into documents, whatever their values are.
    pub(crate) fn texts(&self) -> Vec<Arc<[u8]>> {
        self.empty.iter().chain(&self.rest).cloned().collect()
    }

    fn outcome(&self, object: &mut Object<'_>) -> Outcome {
        let Gathered { values, absent, null, is_odd } = self.gather(object);
        let fallback = |text: &Option<Arc<[u8]>>, is_made_up: bool| {
            text.as_ref().map(|text| Outcome::Value(text.to_vec(), is_made_up))
        };
        let odd = || fallback(&self.rest, true).unwrap_or(Outcome::Odd);
        let is_made_up = self.implied_by.is_none();
        let present: Vec<&[u8]> = values.iter().flatten().map(Vec::as_slice).collect();
        let has_null = null > 0 || present.len() < values.len();
        let takes_first = self.how == Aggregate::First;
        // Nothing is claimed that the document does not say.
        let is_null = null == self.from.len() || (takes_first && present.is_empty() && has_null);
        match () {
            () if is_odd => odd(),
            () if absent == self.from.len() => Outcome::Nothing,
            () if is_null => Outcome::Value(b"null".to_vec(), false),
            () if !takes_first && (has_null || absent > 0) => odd(),
            () if present.is_empty() => fallback(&self.empty, is_made_up).unwrap_or_else(odd),
            () => match aggregate(&self.how, &present) {
                Some(value) => Outcome::Value(value, is_made_up),
                None => odd(),
            },
        }
    }

    fn gather(&self, object: &mut Object<'_>) -> Gathered {
        let mut gathered = Gathered::default();
        for ValueSource { field, inside } in &self.from {
            match object.at(field) {
                None => gathered.absent += 1,
                Some(member) if member.value.is_null() => gathered.null += 1,
                Some(member) => {
                    gathered.is_odd |=
                        member.unconverted || !collect(&member.value.to_text(), inside, &mut gathered.values);
                }
            }
        }
        gathered
    }

    /// Tells whether the change leaves the other fields values that the way back restores.
    fn values_come_back(&self, object: &mut Object<'_>) -> bool {
        self.forms.iter().all(|(field, form)| {
            object.at(field).is_none_or(|member| form.reform(&member.value.to_text()).comes_back())
        })
    }
}

/// Adds the values behind a path; `false` if something stands there that the path does not lead into.
fn collect(text: &[u8], path: &[Hop], values: &mut Vec<Option<Vec<u8>>>) -> bool {
    if text == b"null" {
        values.push(None);
        return true;
    }
    match path.split_first() {
        None => {
            values.push(Some(text.to_vec()));
            true
        }
        Some((Hop::Elements, rest)) => elements(text)
            .is_some_and(|spans| spans.into_iter().all(|span| collect(&text[span], rest, values))),
        Some((Hop::Member(name), rest)) => {
            if text.first() != Some(&b'{') {
                return false;
            }
            let mut shape = Shape::default();
            shape.insert(&Field::new([name.text()]));
            let Ok(object) = Object::read(&mut Scanner::new(text), &shape) else { return false };
            match object.get(name) {
                Some(member) => collect(&member.value.to_text(), rest, values),
                None => {
                    values.push(None);
                    true
                }
            }
        }
    }
}

/// Makes one value of some, of which there is one at least; `None` where that would be a guess.
fn aggregate(how: &Aggregate, values: &[&[u8]]) -> Option<Vec<u8>> {
    match how {
        Aggregate::First => values.first().map(|value| value.to_vec()),
        Aggregate::Min => extreme(values, Ordering::Less),
        Aggregate::Max => extreme(values, Ordering::Greater),
        Aggregate::Sum => sum(values),
        Aggregate::Join(separator) => {
            let texts: Option<Vec<&[u8]>> = values.iter().map(|value| inner(value)).collect();
            let separator = quoted(separator).into_bytes();
            Some([b"\"", &*texts?.join(&separator[1..separator.len() - 1]), b"\""].concat())
        }
    }
}

/// The text of a string as it is written, without its quotes.
fn inner(value: &[u8]) -> Option<&[u8]> {
    value.strip_prefix(b"\"")?.strip_suffix(b"\"")
}

/// The first of the values that none of the others is less than, or greater than; `None` where two cannot be compared.
fn extreme(values: &[&[u8]], wanted: Ordering) -> Option<Vec<u8>> {
    let (first, rest) = values.split_first()?;
    compared(first, first)?;
    let mut best = first;
    for value in rest {
        if compared(value, best)? == wanted {
            best = value;
        }
    }
    Some(best.to_vec())
}

/// Compares two numbers, two numbers in strings or two dates.
fn compared(one: &[u8], other: &[u8]) -> Option<Ordering> {
    match (inner(one), inner(other)) {
        (None, None) => number::compare(one, other),
        (Some(one), Some(other)) => number::compare(one, other).or_else(|| instant::compare(one, other)),
        _ => None,
    }
}

/// The sum of numbers, or of numbers in strings, with the decimals of the one that has most.
pub(super) fn sum(values: &[&[u8]]) -> Option<Vec<u8>> {
    let texts: Option<Vec<&[u8]>> = values.iter().map(|value| inner(value)).collect();
    let total = |values: &[&[u8]]| {
        let zero = String::from("0");
        values.iter().try_fold(zero, |sum, value| number::sum(sum.as_bytes(), value)).map(String::into_bytes)
    };
    match texts {
        Some(texts) => total(&texts).map(|sum| [b"\"", &*sum, b"\""].concat()),
        // A string among numbers is none: the sum has no form.
        None => total(values),
    }
}

/// Makes a field where it is absent and its container is there.
pub(super) fn make<'a>(
    field: &'a Field,
    computed: &'a Computed,
    object: &mut Object<'a>,
    losses: &mut Losses,
) {
    let Some((containers, name)) = field.split() else { return };
    if object.descend(containers).is_none_or(|level| level.get(name).is_some()) {
        return;
    }
    match computed.outcome(object) {
        Outcome::Nothing => {}
        // The upstream would take the request for another one.
        Outcome::Odd => losses.report_refused(LossKind::Unconverted, field),
        Outcome::Value(value, is_made_up) => {
            if is_made_up {
                losses.report(LossKind::MadeUp, field);
            }
            if let Some(level) = object.descend(containers) {
                level.push(name, Value::Text(value.into()));
            }
        }
    }
}

/// Removes a field. That is no loss where the way back computes the same value. Its container stays, even empty, since the
/// way back makes the field only where that is.
pub(super) fn remove<'a>(
    field: &'a Field,
    computed: &'a Computed,
    object: &mut Object<'a>,
    losses: &mut Losses,
) {
    let Some((containers, name)) = field.split() else { return };
    let Some(taken) = object.descend(containers).and_then(|level| level.take(name)) else { return };
    let comes_back = match computed.outcome(object) {
        Outcome::Value(value, _) => same(&value, &taken.value.to_text()) && computed.values_come_back(object),
        Outcome::Nothing | Outcome::Odd => false,
    };
    if !comes_back {
        losses.report(LossKind::Dropped, field);
    }
}
