//! Guards that can never hold, and guards that can hold for one object.

use super::{Accepted, Condition, Guard, JsonType};
use crate::json::{Field, number};

impl Guard {
    /// Tells whether no object can be like this.
    pub(crate) fn never_holds(&self) -> bool {
        let conditions = self.conditions();
        let others = |at: usize| &conditions[at + 1..];
        conditions.iter().enumerate().any(|(at, one)| others(at).iter().any(|other| exclude(one, other)))
    }

    /// Returns the field of a condition that the other guard does not have.
    pub(crate) fn differs(&self, other: &Guard) -> Option<&Field> {
        let all = |one: &Condition, other: &Condition| {
            one.accepts.iter().all(|one| other.accepts.iter().any(|other| covers(other, one)))
        };
        let is_same = |one: &Condition, other: &Condition| {
            let is_of_one = one.field == other.field && one.is_negated == other.is_negated;
            is_of_one && all(one, other) && all(other, one)
        };
        let mut own = self.conditions().iter();
        let missing = own.find(|own| !other.conditions().iter().any(|other| is_same(own, other)));
        missing.map(|condition| &condition.field)
    }

    /// Tells whether both guards can hold for one object, as far as values tell.
    pub(crate) fn may_hold_with(&self, other: &Guard) -> bool {
        let excludes = |one: &Condition| other.conditions().iter().any(|other| exclude(one, other));
        !self.conditions().iter().any(excludes)
    }
}

/// Tells whether no object can fulfil both conditions.
fn exclude(one: &Condition, other: &Condition) -> bool {
    if one.field == other.field {
        return are_disjoint(one, other);
    }
    // What is inside a field makes that an object.
    let (outer, inner) = match () {
        () if other.field.is_inside(&one.field) => (one, other),
        () if one.field.is_inside(&other.field) => (other, one),
        () => return false,
    };
    let object = Condition {
        field: outer.field.clone(),
        accepts: vec![Accepted::Type(JsonType::Object)],
        is_negated: false,
    };
    !inner.accepts_absent() && are_disjoint(outer, &object)
}

fn are_disjoint(one: &Condition, other: &Condition) -> bool {
    match (one.is_negated, other.is_negated) {
        (false, false) => {
            let meets =
                |one: &Accepted| other.accepts.iter().any(|other| covers(one, other) || covers(other, one));
            !one.accepts.iter().any(meets)
        }
        (false, true) => all_are_refused(one, other),
        (true, false) => all_are_refused(other, one),
        // There are always more values.
        (true, true) => false,
    }
}

/// Tells whether everything that the one accepts is what the other must not be.
fn all_are_refused(one: &Condition, negated: &Condition) -> bool {
    one.accepts.iter().all(|accepted| {
        *accepted == Accepted::Absent || negated.accepts.iter().any(|refused| covers(refused, accepted))
    })
}

/// Tells whether every value of the second is one of the first.
fn covers(one: &Accepted, other: &Accepted) -> bool {
    match (one, other) {
        (Accepted::Value(one), Accepted::Value(other)) => {
            one == other || (!one.is_string() && number::equal(one.json(), other.json()))
        }
        (Accepted::Type(_), Accepted::Value(value)) => one.is(value.json()),
        (one, other) => one == other,
    }
}
