//! Steps with a guard: `when = { type = "card" }` on a step, or on a whole change, where it is that of every step.

use super::{
    Direction, Effect, Guard, GuardedEffects, Lookups, Step,
    elements::in_elements,
    guard::{WrittenGuard, follow},
    kind::{Holds, KindExample, KindFacts, OneWay, Usage, key},
    lower,
    recipe::{Recipe, Topic},
};
use crate::{
    authored::{Code, Diagnostic, Location},
    json::Field,
};

/// Steps that run only on objects for which a guard holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guarded {
    /// The guard before the steps run.
    pub older: Guard,
    /// The guard after the steps have run, which the way back reads; `None` if the steps leave what it reads alone.
    pub newer: Option<Guard>,
    /// The steps in the order in which they run going up: one that is written may stand for several.
    pub steps: Vec<Step>,
}

/// The keys that every step may have besides those of its kind.
pub const GUARDED: KindFacts = KindFacts {
    key: "when",
    usages: &[
        Usage {
            keys: &[key("when", Holds::Guard)],
            is_option: true,
            up: "of any step: it runs only on objects in which each of these fields has one of its values",
            down: "the same: the guard follows where the step moves or maps what it reads",
            loses: "what the step loses",
        },
        Usage {
            keys: &[key("when_new", Holds::Guard)],
            is_option: true,
            up: "",
            down: "the guard in the newer version, where it does not follow from `when`, or where it asks for more",
            loses: "`unconverted`, an object on which the two decide differently",
        },
    ],
    examples: &[
        KindExample {
            steps: r#"{ move = "last4", to = "card_last4", when = { type = "card" } },
                { move = "last4", to = "account_last4", when = { type = ["bank", "sepa"] } }"#,
            old: r#"{"id":"p_1","type":"card","last4":"4242"}"#,
            new: r#"{"id":"p_1","type":"card","card_last4":"4242"}"#,
            loses: ("", ""),
        },
        KindExample {
            steps: r#"{ move = "kind", to = "plan.type", when = { kind = ["one_time", 2, true] } },
                { add = "fee", value = '"0.00"', when = { "plan.type" = { not = ["free", 2] }, note = { is = ["string", "absent"] } } }"#,
            old: r#"{"id":"p_1","kind":"one_time","plan":{"id":"q"},"note":"n"}"#,
            new: r#"{"id":"p_1","plan":{"id":"q","type":"one_time"},"note":"n","fee":"0.00"}"#,
            loses: ("fee=made-up", ""),
        },
        KindExample {
            steps: r#"{ move = "items[*].last4", to = "items[*].card_last4", when = { "items[*].type" = "card", kind = "order" } }"#,
            old: r#"{"kind":"order","items":[{"type":"card","last4":"1"},{"type":"bank","last4":"2"}]}"#,
            new: r#"{"kind":"order","items":[{"type":"card","card_last4":"1"},{"type":"bank","last4":"2"}]}"#,
            loses: ("", ""),
        },
        KindExample {
            steps: r#"{ convert = "amount", as = "number -> decimal", when = { amount = { is = "number" } }, when_new = { amount = { is = "string" } } }"#,
            old: r#"{"id":"p_1","amount":12.5}"#,
            new: r#"{"id":"p_1","amount":"12.50"}"#,
            loses: ("", ""),
        },
        KindExample {
            steps: r#"{ move = "port", to = "port_number", when = { port = { is = "number" } } },
                { move = "port", to = "port_name", when = { port = { is = "string" } } }"#,
            old: r#"{"id":"p_1","port":80}"#,
            new: r#"{"id":"p_1","port_number":80}"#,
            loses: ("", ""),
        },
    ],
    recipes: &[
        Recipe {
            topic: Topic::Names,
            change: "A field changes where another field has a certain value (`type = \"card\"`)",
            steps: &[r#"{ move = "last4", to = "card_last4", when = { type = "card" } }"#],
            old: r#"{"type":"card","last4":"4242"}"#,
            new: r#"{"type":"card","card_last4":"4242"}"#,
            loses: "nothing; where `type` has another value, or none, nothing changes",
        },
        Recipe {
            topic: Topic::Shapes,
            change: "A field is an id or an object, and only the object changes",
            steps: &[
                r#"{ move = "customer", to = "customer_details", when = { customer = { is = "object" } } }"#,
            ],
            old: r#"{"customer":{"id":"c_1"}}"#,
            new: r#"{"customer_details":{"id":"c_1"}}"#,
            loses: "nothing",
        },
        Recipe {
            topic: Topic::Shapes,
            change: "A value goes to one of two places, by its type",
            steps: &[
                r#"{ move = "port", to = "port_number", when = { port = { is = "number" } } }"#,
                r#"{ move = "port", to = "port_name", when = { port = { is = "string" } } }"#,
            ],
            old: r#"{"port":80}"#,
            new: r#"{"port_number":80}"#,
            loses: "nothing; down: `dropped`, one of the two where both are there",
        },
    ],
    one_way: &[
        up(0, r#"{"type":"bank","last4":"1"}"#, r#"{"type":"bank","account_last4":"1"}"#, ""),
        up(0, r#"{"type":"se\u0070a","last4":"1"}"#, r#"{"type":"se\u0070a","account_last4":"1"}"#, ""),
        up(0, r#"{"type":"cash","last4":"1"}"#, r#"{"type":"cash","last4":"1"}"#, ""),
        up(0, r#"{"type":["card"],"last4":"1"}"#, r#"{"type":["card"],"last4":"1"}"#, ""),
        down(0, r#"{"type":"bank","card_last4":"1"}"#, r#"{"type":"bank","card_last4":"1"}"#, ""),
        down(0, r#"{"type":"sepa","account_last4":"1"}"#, r#"{"type":"sepa","last4":"1"}"#, ""),
        up(1, r#"{"kind":2.0,"plan":{}}"#, r#"{"plan":{"type":2.0}}"#, "plan=dropped"),
        up(1, r#"{"kind":true}"#, r#"{"plan":{"type":true},"fee":"0.00"}"#, "fee=made-up"),
        up(1, r#"{"kind":"free","note":"n"}"#, r#"{"kind":"free","note":"n"}"#, ""),
        up(1, r#"{"kind":"one_time","note":null}"#, r#"{"plan":{"type":"one_time"},"note":null}"#, ""),
        down(1, r#"{"plan":{"type":"free"},"fee":"0.00"}"#, r#"{"plan":{"type":"free"},"fee":"0.00"}"#, ""),
        down(1, r#"{"plan":{"type":2},"fee":"0.00"}"#, r#"{"kind":2,"fee":"0.00"}"#, ""),
        up(
            2,
            r#"{"kind":"x","items":[{"type":"card","last4":"1"}]}"#,
            r#"{"kind":"x","items":[{"type":"card","last4":"1"}]}"#,
            "",
        ),
        up(3, r#"{"amount":"x"}"#, r#"{"amount":"x"}"#, "amount=unconverted"),
        up(3, r#"{"amount":null}"#, r#"{"amount":null}"#, ""),
        down(3, r#"{"amount":12.5}"#, r#"{"amount":12.5}"#, "amount=unconverted"),
        up(4, r#"{"port":"http"}"#, r#"{"port_name":"http"}"#, ""),
        up(4, r#"{"port":null}"#, r#"{"port":null}"#, ""),
        down(4, r#"{"port_number":80,"port_name":"http"}"#, r#"{"port":80}"#, "port=dropped"),
    ],
    is_of_requests: false,
    read: |_, _| None,
};

const fn up(example: usize, from: &'static str, to: &'static str, loses: &'static str) -> OneWay {
    OneWay { example, direction: Direction::Up, from, to, loses }
}

const fn down(example: usize, from: &'static str, to: &'static str, loses: &'static str) -> OneWay {
    OneWay { example, direction: Direction::Down, from, to, loses }
}

impl Guarded {
    /// The guard that is read in this direction.
    fn guard(&self, direction: Direction) -> &Guard {
        match direction {
            Direction::Up => &self.older,
            Direction::Down => self.newer.as_ref().unwrap_or(&self.older),
        }
    }

    /// The effects in this direction: those of all steps under one guard.
    pub(crate) fn effects(&self, direction: Direction) -> Vec<Effect> {
        let effects = lower(direction, &in_order(direction, &self.steps));
        let guard = self.guard(direction).clone();
        let back = self.newer.as_ref().map(|_| self.guard(direction.back()).clone());
        vec![Effect::Guarded(Box::new(GuardedEffects { guard, back, effects }))]
    }

    /// Describes in words what the steps do in this direction, and where.
    pub fn describe(&self, direction: Direction) -> String {
        let guard = self.guard(direction);
        let steps = in_order(direction, &self.steps);
        let steps: Vec<String> = steps.iter().map(|step| step.describe(direction)).collect();
        format!("where {guard}: {}", steps.join(", "))
    }
}

pub(super) fn in_order(direction: Direction, steps: &[Step]) -> Vec<&Step> {
    match direction {
        Direction::Up => steps.iter().collect(),
        Direction::Down => steps.iter().rev().collect(),
    }
}

/// A step as it is written: the steps that it stands for, and its guard.
pub(crate) struct WrittenStep {
    pub(crate) steps: Vec<Step>,
    pub(crate) guard: Option<WrittenGuard>,
    /// The lists whose elements it runs on, outermost first.
    pub(crate) lists: Vec<Field>,
    pub(crate) at: Location,
}

impl WrittenStep {
    /// Finds what its steps name in `api.toml`.
    pub(crate) fn resolve(&mut self, lookups: &Lookups, notes: &mut Vec<Diagnostic>) {
        self.steps.iter_mut().for_each(|step| step.resolve(lookups, &self.at, notes));
    }

    fn effects(&self, direction: Direction) -> Vec<Effect> {
        lower(direction, &in_order(direction, &self.steps))
    }
}

/// A guard before and after a step.
#[derive(Debug, Clone)]
struct Sides {
    older: Guard,
    /// The guard after the step; `None` if it is the same, because the step leaves what it reads alone.
    newer: Option<Guard>,
}

impl Sides {
    /// The guard after a step that it was followed through.
    fn followed(older: &Guard, newer: &Guard, step: &WrittenStep) -> Sides {
        // Where values get another form, some may become what the guard reads: `{ not = "x" }` holds for `y`, and `y` is `x`
        // afterwards.
        let is_reformed = |effect: &Effect| match effect {
            Effect::Reform { field, .. } => older.fields().any(|read| read == field),
            _ => false,
        };
        let differs = older.differs(newer).is_some() || step.effects(Direction::Up).iter().any(is_reformed);
        Sides { older: older.clone(), newer: differs.then(|| newer.clone()) }
    }

    fn after(&self) -> &Guard {
        self.newer.as_ref().unwrap_or(&self.older)
    }

    fn and(&self, other: &Sides) -> Sides {
        let is_same = self.newer.is_none() && other.newer.is_none();
        let newer = (!is_same).then(|| self.after().and(other.after()));
        Sides { older: self.older.and(&other.older), newer }
    }
}

/// Puts the steps of a change under their guards, and under that of the whole change. The guard of a change is that of each
/// step, as far as the steps before it have moved what it reads.
pub(crate) fn guard_all(
    change: Option<&WrittenGuard>,
    written: Vec<WrittenStep>,
    notes: &mut Vec<Diagnostic>,
) -> Vec<(Step, Location)> {
    let before = notes.len();
    let own: Vec<Option<Sides>> = written
        .iter()
        .map(|step| along(step.guard.as_ref()?, &[step], through, notes)?.into_iter().next())
        .collect();
    let steps: Vec<&WrittenStep> = written.iter().collect();
    let whole = change.and_then(|guard| along(guard, &steps, through_another, notes)).map(Vec::into_iter);
    let mut whole = whole.into_iter().flatten();
    let guards: Vec<Option<Sides>> = own
        .into_iter()
        .map(|own| match (whole.next(), own) {
            (Some(whole), Some(own)) => Some(whole.and(&own)),
            (whole, own) => whole.or(own),
        })
        .collect();
    if notes.len() == before {
        can_hold(change, &written, &guards, notes);
        apart(&written, &guards, notes);
    }
    let mut all = Vec::new();
    for (WrittenStep { steps, at, lists, .. }, guard) in written.into_iter().zip(guards) {
        let steps = match guard {
            Some(Sides { older, newer }) => vec![Step::Guarded(Box::new(Guarded { older, newer, steps }))],
            None => steps,
        };
        all.extend(in_elements(&lists, steps).into_iter().map(|step| (step, at.clone())));
    }
    all
}

/// A way to follow a guard through a step.
type Through = fn(&Guard, &WrittenStep, Direction) -> Result<Guard, Field>;

/// Follows a guard along steps: what it is before and after each of them.
fn along(
    guard: &WrittenGuard,
    steps: &[&WrittenStep],
    through: Through,
    notes: &mut Vec<Diagnostic>,
) -> Option<Vec<Sides>> {
    let (mut older, mut broken) = (vec![guard.older.clone()], None);
    for (at, step) in steps.iter().enumerate() {
        match through(older.last()?, step, Direction::Up) {
            Ok(next) => older.push(next),
            Err(field) => {
                broken = Some((at, field));
                break;
            }
        }
    }
    let Some((at, field)) = broken else {
        let pairs = older.windows(2).zip(steps);
        let mut sides: Vec<Sides> =
            pairs.map(|(both, step)| Sides::followed(&both[0], &both[1], step)).collect();
        if let Some((newest, at)) = &guard.newer {
            let follows = older.last()?;
            if follows.differs(newest).or(newest.differs(follows)).is_none() {
                let message = format!("`when_new` follows from `when`: it is where {follows}");
                let note = Diagnostic::new(Code::BadValue, at, message).label("nothing to say");
                notes.push(note.hint("leave it out"));
                return None;
            }
            // The newer version tells these objects from others by more than what follows.
            sides.last_mut()?.newer = Some(newest.clone());
        }
        return Some(sides);
    };
    let Some((newest, _)) = &guard.newer else {
        notes.push(changes_its_guard(&field, steps.get(at)?));
        return None;
    };
    // Back from the newer version as far as the step that the guard is not followed through.
    let mut newer = vec![newest.clone()];
    for step in steps.get(at + 1..)?.iter().rev() {
        match through(newer.last()?, step, Direction::Down) {
            Ok(before) => newer.push(before),
            Err(field) => {
                notes.push(changes_its_guard(&field, step));
                return None;
            }
        }
    }
    older.extend(newer.into_iter().rev());
    let sides = older.windows(2).zip(steps).enumerate().map(|(index, (both, step))| match index == at {
        // What the author says of this step is nothing that follows.
        true => Sides { older: both[0].clone(), newer: Some(both[1].clone()) },
        false => Sides::followed(&both[0], &both[1], step),
    });
    Some(sides.collect())
}

/// Follows a guard through a step. The way back must lead to the same guard again.
fn through(guard: &Guard, step: &WrittenStep, direction: Direction) -> Result<Guard, Field> {
    let after = follow(guard, &step.effects(direction))?;
    let before = follow(&after, &step.effects(direction.back()))?;
    if let Some(field) = guard.differs(&before) {
        return Err(field.clone());
    }
    Ok(after)
}

/// Follows the guard of a change, or of another step, through a step. One with a guard of its own may run or not: nobody
/// knows where the field stands then.
fn through_another(guard: &Guard, step: &WrittenStep, direction: Direction) -> Result<Guard, Field> {
    let after = through(guard, step, direction)?;
    match guard.differs(&after).filter(|_| step.guard.is_some()) {
        Some(field) => Err(field.clone()),
        None => Ok(after),
    }
}

fn changes_its_guard(field: &Field, step: &WrittenStep) -> Diagnostic {
    let message = format!(
        "this step changes {field}, which its guard reads: the way back could not tell where it has run"
    );
    let hint = "let the guard read another field; or write in `when_new` how the newer version tells these objects from others";
    Diagnostic::new(Code::Contradiction, &step.at, message).label("this step").hint(hint)
}

/// Notes guards that hold for no object.
fn can_hold(
    change: Option<&WrittenGuard>,
    written: &[WrittenStep],
    guards: &[Option<Sides>],
    notes: &mut Vec<Diagnostic>,
) {
    for (step, sides) in written.iter().zip(guards).filter_map(|(step, guard)| Some((step, guard.as_ref()?)))
    {
        let Some(never) = [&sides.older, sides.after()].into_iter().find(|guard| guard.never_holds()) else {
            continue;
        };
        let at = step.guard.as_ref().or(change).map_or(&step.at, |guard| &guard.at);
        let note = Diagnostic::new(Code::MatchesNothing, at, format!("no object is like this: {never}"));
        notes.push(note.label("it can never hold").hint("leave a condition out, or the step with its guard"));
    }
}

/// Notes steps that change one field under different guards which can both hold.
fn apart(written: &[WrittenStep], guards: &[Option<Sides>], notes: &mut Vec<Diagnostic>) {
    for (at, step) in written.iter().enumerate() {
        let Some(Sides { older: own, .. }) = &guards[at] else { continue };
        for earlier in 0..at {
            let Some(other) = guards[earlier].as_ref().map(Sides::after) else { continue };
            let Some(field) = both_change(&written[earlier], step) else { continue };
            // What lies between may have moved what the earlier one reads.
            let follow = |guard: Guard| {
                let mut between = written[earlier + 1..at].iter();
                between.try_fold(guard, |guard, step| through_another(&guard, step, Direction::Up))
            };
            let Ok(other) = follow(other.clone()) else { continue };
            if other == *own || !other.may_hold_with(own) {
                continue;
            }
            let mut gone = taken_away(&written[earlier]).filter_map(|guard| follow(guard).ok());
            if gone.any(|gone| !gone.may_hold_with(own)) {
                continue;
            }
            let message = format!("two steps change {field}, and both guards can hold: {other}; and {own}");
            let hint =
                "give both the same guard, or guards that read one field and want different values of it";
            notes.push(
                Diagnostic::new(Code::Contradiction, &step.at, message).label("the second step").hint(hint),
            );
        }
    }
}

/// Guards that hold wherever the step has run, since it takes these fields away.
fn taken_away(step: &WrittenStep) -> impl Iterator<Item = Guard> {
    let absent = |effect| match effect {
        Effect::Relocate { from, to } if !to.overlaps(&from) => Some(Guard::absent(from)),
        Effect::Remove { field, .. } => Some(Guard::absent(field)),
        _ => None,
    };
    step.effects(Direction::Up).into_iter().filter_map(absent)
}

/// A field that both steps change.
fn both_change(one: &WrittenStep, other: &WrittenStep) -> Option<Field> {
    let (one, other) = (one.effects(Direction::Up), other.effects(Direction::Up));
    let mut fields = other.iter().flat_map(Effect::changed);
    let is_it = |field: &&Field| {
        let mut others = one.iter().flat_map(Effect::changed);
        others.any(|other| field.overlaps(other))
    };
    fields.find(is_it).cloned()
}

#[cfg(test)]
mod tests;
