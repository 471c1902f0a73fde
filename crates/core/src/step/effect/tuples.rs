//! Tables: the values of some fields together are those of others in the other version.

use crate::{
    form::{Pairs, Parts},
    json::{Field, Member, Name, Object, Value},
    step::{Cell, LossKind, Losses, PossibleLoss, Scalar, When},
};
use std::sync::Arc;

/// A table in one direction. All its fields stand in one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TupleMap {
    /// The fields whose values are looked up.
    pub(crate) from: Vec<Field>,
    /// The fields that get values.
    pub(crate) to: Vec<Field>,
    /// The rows that hold in both directions. No two of them begin with the same values, and no two end with the same.
    pub(crate) rows: Vec<TupleRow>,
    /// The rows of this direction alone.
    pub(crate) one_way: Vec<TupleRow>,
    /// The values that stand for all tuples without a row.
    pub(crate) rest: Option<Vec<Cell>>,
    /// True if the fields are parameters: a request with values that no row has may not be sent.
    pub(crate) is_of_parameters: bool,
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TupleRow {
    /// The values of the fields before.
    pub(crate) source: Vec<Cell>,
    /// Their values after.
    pub(crate) target: Vec<Cell>,
}

/// The value that a field has, as far as a cell can be one.
enum Found<'v> {
    Absent,
    Scalar(&'v [u8]),
    /// The value of a parameter, decoded.
    Text(&'v str),
    /// A list or an object.
    Other,
}

impl Found<'_> {
    fn fits(&self, cell: &Cell) -> bool {
        match (cell, self) {
            (_, Found::Other) => false,
            (Cell::Any, _) | (Cell::Absent, Found::Absent) => true,
            (Cell::Value(value), Found::Scalar(text)) => value.is(text),
            (Cell::Value(value), Found::Text(text)) => value.text() == *text,
            (Cell::Absent, _) | (Cell::Value(_), Found::Absent) => false,
        }
    }

    fn stands(&self) -> bool {
        !matches!(self, Found::Absent)
    }

    /// Tells whether it is a value of which the fallback may be said.
    fn is_scalar(&self) -> bool {
        matches!(self, Found::Scalar(_) | Found::Text(_))
    }

    fn is_null(&self) -> bool {
        matches!(self, Found::Scalar(b"null"))
    }
}

impl TupleMap {
    /// The tuple that another one becomes, and for each of its fields whether the way back gives another value. `None` where
    /// no row has it.
    fn target(&self, found: &[Found<'_>]) -> Option<(&[Cell], Vec<bool>)> {
        let fits = |row: &&TupleRow| row.source.iter().zip(found).all(|(cell, found)| found.fits(cell));
        if let Some(row) = self.rows.iter().find(fits) {
            return Some((&row.target, vec![false; found.len()]));
        }
        let target = match (self.one_way.iter().find(fits), &self.rest) {
            (Some(row), _) => &row.target,
            // What is not there may stand for anything, as in a request that changes one of the fields.
            (None, Some(rest)) if found.iter().all(Found::is_scalar) && !found.iter().all(Found::is_null) => {
                rest
            }
            (None, _) => return None,
        };
        let lost = match self.rows.iter().find(|row| row.target == *target) {
            Some(back) => back.source.iter().zip(found).map(|(cell, found)| !found.fits(cell)).collect(),
            None => found.iter().map(Found::stands).collect(),
        };
        Some((target, lost))
    }

    pub(super) fn fits_parameters(&self) -> bool {
        let cells = self.cells();
        self.from.iter().chain(&self.to).all(|field| field.names().len() == 1)
            && cells.filter_map(Cell::value).all(|value| !value.is_null())
    }

    /// The table of texts, as a form has them; `None` where a cell is null.
    pub(super) fn for_forms(&self) -> Option<TupleMap> {
        let cell = |cell: &Cell| match cell {
            Cell::Value(value) if value.is_null() => None,
            Cell::Value(value) => Some(Cell::Value(value.for_forms())),
            Cell::Any | Cell::Absent => Some(cell.clone()),
        };
        let cells = |cells: &Vec<Cell>| cells.iter().map(cell).collect::<Option<Vec<_>>>();
        let row =
            |row: &TupleRow| Some(TupleRow { source: cells(&row.source)?, target: cells(&row.target)? });
        Some(TupleMap {
            from: self.from.clone(),
            to: self.to.clone(),
            rows: self.rows.iter().map(row).collect::<Option<_>>()?,
            one_way: self.one_way.iter().map(row).collect::<Option<_>>()?,
            rest: match &self.rest {
                Some(rest) => Some(cells(rest)?),
                None => None,
            },
            is_of_parameters: true,
        })
    }

    fn cells(&self) -> impl Iterator<Item = &Cell> {
        let rows = self.rows.iter().chain(&self.one_way);
        rows.flat_map(|row| row.source.iter().chain(&row.target)).chain(self.rest.iter().flatten())
    }

    pub(super) fn texts(&self) -> Vec<Arc<[u8]>> {
        let targets = self.rows.iter().chain(&self.one_way).flat_map(|row| &row.target);
        let cells = targets.chain(self.rest.iter().flatten());
        cells.filter_map(Cell::value).map(|value| value.json().into()).collect()
    }

    pub(super) fn losses(&self) -> Vec<PossibleLoss> {
        let loses = !self.one_way.is_empty() || self.rest.is_some();
        let of_source = self.from.iter().flat_map(|field| {
            let odd = PossibleLoss::new(LossKind::Unconverted, field, When::Odd);
            let dropped = loses.then(|| PossibleLoss::new(LossKind::Dropped, field, When::Differs));
            [odd].into_iter().chain(dropped)
        });
        let coming = self.to.iter().filter(|field| !self.from.contains(field));
        let replaced = coming.map(|field| PossibleLoss::new(LossKind::Dropped, field, When::BothStand));
        of_source.chain(replaced).collect()
    }

    /// The fields that get a value: the name of each, the value, and the source whose place a new one takes.
    fn written<'m>(
        &'m self,
        target: &'m [Cell],
    ) -> impl Iterator<Item = (&'m Field, &'m Cell, Option<&'m Field>)> {
        let mut going = self.from.iter().filter(|field| !self.to.contains(field));
        self.to.iter().zip(target).map(move |(field, cell)| match self.from.contains(field) {
            true => (field, cell, None),
            false => (field, cell, going.next()),
        })
    }

    /// The sources that go although no target takes their place.
    fn left_out(&self) -> impl Iterator<Item = &Field> {
        let coming = self.to.iter().filter(|field| !self.from.contains(field)).count();
        self.from.iter().filter(|field| !self.to.contains(field)).skip(coming)
    }

    /// Reports that the values stay.
    fn stay(&self, found: &[Found<'_>], is_refused: bool, losses: &mut Losses) {
        for (field, _) in self.from.iter().zip(found).filter(|(_, found)| found.stands()) {
            match is_refused {
                true => losses.report_refused(LossKind::Unconverted, field),
                false => losses.report(LossKind::Unconverted, field),
            }
        }
    }

    /// Tells whether both versions have the same fields.
    fn keeps_fields(&self) -> bool {
        self.from.len() == self.to.len() && self.from.iter().all(|field| self.to.contains(field))
    }
}

fn own(field: &Field) -> Option<&Name> {
    field.names().last()
}

/// Looks the values of an object's fields up, and writes those that they become. What no row has stays.
pub(super) fn run<'a>(map: &'a TupleMap, object: &mut Object<'a>, losses: &mut Losses) {
    let containers = map.from.first().and_then(Field::split).map_or(&[][..], |(containers, _)| containers);
    let Some(level) = object.descend(containers) else { return };
    let found = |field: &Field| match own(field).and_then(|name| level.get(name)) {
        None => Found::Absent,
        Some(Member { value: Value::Text(text), .. })
            if !text.starts_with(b"{") && !text.starts_with(b"[") =>
        {
            Found::Scalar(text)
        }
        Some(_) => Found::Other,
    };
    let found: Vec<Found<'_>> = map.from.iter().map(found).collect();
    if !found.iter().any(Found::stands) {
        return;
    }
    let Some((target, lost)) = map.target(&found) else {
        let is_odd = || found.iter().any(|found| matches!(found, Found::Other));
        let is_refused = map.is_of_parameters && (!map.keeps_fields() || is_odd());
        return map.stay(&found, is_refused, losses);
    };
    for (field, _) in map.from.iter().zip(lost).filter(|(_, lost)| *lost) {
        losses.report(LossKind::Dropped, field);
    }
    for (field, cell, place) in map.written(target) {
        let Some(name) = own(field) else { continue };
        if !map.from.contains(field) && level.take(name).is_some() {
            losses.report(LossKind::Dropped, field);
        }
        let source = place.and_then(own).unwrap_or(name);
        match (cell.value().map(Scalar::json), level.get_mut(source)) {
            (Some(text), Some(member)) => {
                if source != name {
                    member.rename(name);
                }
                member.value = Value::text(text);
            }
            (Some(text), None) => level.push(name, Value::text(text)),
            (None, _) => _ = level.take(source),
        }
    }
    map.left_out().filter_map(own).for_each(|name| _ = level.take(name));
}

/// Looks parameters up. Where one stands several times, the request is refused: no row says what they mean together.
pub(super) fn run_on_pairs<'a>(map: &'a TupleMap, pairs: &mut Pairs<'a>, losses: &mut Losses) {
    let of_field = |field: &Field| -> Option<(Vec<&'static str>, Vec<Option<String>>)> {
        let name = own(field)?;
        Some((pairs.brackets(name).collect(), pairs.values_of(name).collect()))
    };
    let all: Vec<_> = map.from.iter().filter_map(of_field).collect();
    if all.iter().all(|(_, values)| values.iter().all(|value| value.as_deref().unwrap_or("").is_empty())) {
        return;
    }
    let found = all.iter().map(|(brackets, values)| match (&brackets[..], &values[..]) {
        ([], _) => Found::Absent,
        ([""], [Some(text)]) => Found::Text(text),
        _ => Found::Other,
    });
    let found: Vec<Found<'_>> = found.collect();
    let Some((target, lost)) = map.target(&found) else {
        // Under a name that the other version does not have it would be no filter at all.
        let is_refused = !map.keeps_fields() || found.iter().any(|found| matches!(found, Found::Other));
        return map.stay(&found, is_refused, losses);
    };
    for (field, _) in map.from.iter().zip(lost).filter(|(_, lost)| *lost) {
        losses.report(LossKind::Dropped, field);
    }
    for (field, cell, place) in map.written(target) {
        let Some(name) = own(field) else { continue };
        if !map.from.contains(field) && pairs.remove(name) {
            losses.report(LossKind::Dropped, field);
        }
        let source = place.and_then(own).unwrap_or(name);
        match cell.value() {
            Some(value) if pairs.contains(source) => {
                for text in pairs.values(source) {
                    text.replace(Parts::default(), |text| {
                        (text != value.text()).then(|| value.text().to_owned())
                    });
                }
                pairs.rename(source, name);
            }
            Some(value) => pairs.push(name, value.text()),
            None => _ = pairs.remove(source),
        }
    }
    map.left_out().filter_map(own).for_each(|name| _ = pairs.remove(name));
}
