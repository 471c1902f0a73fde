//! Effects as bytes: what a fingerprint is taken of. No word for people is in them.

use super::{
    Computed, Derived, Discriminator, Effect, GuardedEffects, Joint, Made, MadeMember, Parted, Scaled,
    TupleMap, ValueForm, WordMap,
};
use crate::{
    form::Parts,
    json::{Field, Hop, Name, instant::EpochUnit},
    step::{
        Aggregate, Cell, Conversion, Lookup, LookupRows, Scaling, ValueSource,
        guard::{Accepted, Condition, Guard},
    },
};

impl Effect {
    /// Writes the effect so that two are the same bytes only where they do the same, on every build.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Effect::Relocate { from, to } => {
                out.push(b'>');
                field(from, out);
                field(to, out);
            }
            // The name that a loss is told by follows from the effect behind it.
            Effect::Reform { field: own, form, .. } => {
                out.push(b'~');
                field(own, out);
                value_form(form, out);
            }
            Effect::Make { field: own, made: value } => {
                out.push(b'+');
                field(own, out);
                made(value, out);
            }
            Effect::Remove { field: own, made: value } => {
                out.push(b'-');
                field(own, out);
                made(value, out);
            }
            Effect::Widen { from, to, members: own } => {
                out.push(b'w');
                field(from, out);
                field(to, out);
                members(own, out);
            }
            Effect::Narrow { from, to, members: own } => {
                out.push(b'n');
                field(from, out);
                field(to, out);
                members(own, out);
            }
            Effect::Tag(tag) => {
                out.push(b't');
                discriminator(tag, out);
            }
            Effect::Untag(tag) => {
                out.push(b'u');
                discriminator(tag, out);
            }
            Effect::Joint(own) => {
                out.push(b'j');
                joint(own, out);
            }
            Effect::Guarded(guarded) => {
                let GuardedEffects { guard: own, back, effects } = &**guarded;
                out.extend([b'?', u8::from(back.is_some())]);
                [Some(own), back.as_ref()].into_iter().flatten().for_each(|own| guard(own, out));
                count(effects.len(), out);
                effects.iter().for_each(|effect| effect.encode(out));
            }
            Effect::Elements(each) => {
                out.push(b'e');
                field(each.list(), out);
                field(&each.element, out);
                count(each.effects.len(), out);
                each.effects.iter().for_each(|effect| effect.encode(out));
            }
        }
    }
}

fn count(count: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&(count as u64).to_be_bytes());
}

fn text(text: &[u8], out: &mut Vec<u8>) {
    count(text.len(), out);
    out.extend_from_slice(text);
}

fn name(name: &Name, out: &mut Vec<u8>) {
    text(name.text().as_bytes(), out);
}

fn field(field: &Field, out: &mut Vec<u8>) {
    count(field.names().len(), out);
    field.names().iter().for_each(|own| name(own, out));
}

fn value_form(form: &ValueForm, out: &mut Vec<u8>) {
    match form {
        ValueForm::Converted(own) => {
            out.push(b'c');
            conversion(*own, out);
        }
        ValueForm::Mapped { words: WordMap { pairs, one_way, rest }, parts: Parts { signs, list } } => {
            out.extend([b'm', u8::from(*signs)]);
            text(list.map(String::from).unwrap_or_default().as_bytes(), out);
            for words in [pairs, one_way] {
                count(words.len(), out);
                for (source, target) in words {
                    text(source.json(), out);
                    text(target.json(), out);
                }
            }
            out.push(u8::from(rest.is_some()));
            rest.iter().for_each(|rest| text(rest.json(), out));
        }
        ValueForm::Each(form) => {
            out.push(b'a');
            value_form(form, out);
        }
        ValueForm::Text(form) => {
            out.push(b't');
            value_form(form, out);
        }
        ValueForm::Listed { empty } => {
            out.extend([b'l', u8::from(empty.is_some())]);
            empty.iter().for_each(|empty| text(empty.json(), out));
        }
        ValueForm::Single { empty, first } => {
            out.extend([b'1', u8::from(*first), u8::from(empty.is_some())]);
            empty.iter().for_each(|empty| text(empty.json(), out));
        }
    }
}

fn conversion(conversion: Conversion, out: &mut Vec<u8>) {
    match conversion {
        Conversion::NumberToDecimal => out.push(b'd'),
        Conversion::DecimalToNumber => out.push(b'n'),
        Conversion::Scale(power) => {
            out.push(b'*');
            out.extend_from_slice(&power.to_be_bytes());
        }
        Conversion::EpochToText(unit) => out.extend([b'e', epoch_unit(unit)]),
        Conversion::TextToEpoch(unit) => out.extend([b't', epoch_unit(unit)]),
        Conversion::StringToNumber => out.push(b's'),
        Conversion::NumberToString => out.push(b'q'),
        Conversion::StringToBoolean => out.push(b'b'),
        Conversion::BooleanToString => out.push(b'w'),
    }
}

fn epoch_unit(unit: EpochUnit) -> u8 {
    match unit {
        EpochUnit::Seconds => b's',
        EpochUnit::Milliseconds => b'm',
    }
}

fn made(made: &Made, out: &mut Vec<u8>) {
    match made {
        Made::Nothing => out.push(b'0'),
        Made::Default { text: own } => {
            out.push(b'd');
            text(own, out);
        }
        Made::Constant { text: own, implied_by } => {
            out.extend([b'=', u8::from(implied_by.is_some())]);
            text(own, out);
        }
        Made::Beside { anchor, text: own, anchor_form } => {
            out.extend([b'b', u8::from(own.is_some()), u8::from(anchor_form.is_some())]);
            field(anchor, out);
            own.iter().for_each(|own| text(own, out));
            anchor_form.iter().for_each(|own| value_form(own, out));
        }
        Made::Derived(derived) => {
            let Derived { anchor, lookup, implied_by, anchor_form } = &**derived;
            let has = [lookup.is_some(), implied_by.is_some(), anchor_form.is_some()];
            out.push(b'l');
            out.extend(has.map(u8::from));
            field(anchor, out);
            if let Some(Lookup { rows, rest, .. }) = lookup {
                lookup_rows(rows, out);
                out.push(u8::from(rest.is_some()));
                rest.iter().for_each(|rest| text(rest.json(), out));
            }
            anchor_form.iter().for_each(|own| value_form(own, out));
        }
        Made::Computed(own) => computed(own, out),
    }
}

fn computed(Computed { from, how, empty, rest, implied_by, forms }: &Computed, out: &mut Vec<u8>) {
    out.push(b'a');
    count(from.len(), out);
    for ValueSource { field: own, inside } in from {
        field(own, out);
        text(Hop::display(inside).as_bytes(), out);
    }
    match how {
        Aggregate::Min => out.push(b'<'),
        Aggregate::Max => out.push(b'>'),
        Aggregate::Sum => out.push(b'+'),
        Aggregate::First => out.push(b'1'),
        Aggregate::Join(separator) => {
            out.push(b'j');
            text(separator.as_bytes(), out);
        }
    }
    out.extend([empty.is_some(), rest.is_some(), implied_by.is_some()].map(u8::from));
    empty.iter().chain(rest).for_each(|own| text(own, out));
    count(forms.len(), out);
    for (own, form) in forms {
        field(own, out);
        value_form(form, out);
    }
}

fn lookup_rows(rows: &LookupRows, out: &mut Vec<u8>) {
    count(rows.iter().count(), out);
    for (key, value) in rows.iter() {
        text(key.json(), out);
        text(value.json(), out);
    }
}

fn joint(joint: &Joint, out: &mut Vec<u8>) {
    match joint {
        Joint::Scaled(Scaled { field: own, by, decimals, scaling, is_of_parameters: _ }) => {
            out.push(b's');
            own.iter().chain(by).for_each(|own| field(own, out));
            lookup_rows(decimals, out);
            out.push(match scaling {
                Scaling::DecimalToMinor => b'd',
                Scaling::MinorToDecimal => b'D',
                Scaling::NumberToMinor => b'n',
                Scaling::MinorToNumber => b'N',
            });
        }
        Joint::Parted(Parted { parts, whole: [whole], adds, others }) => {
            out.extend([b'p', u8::from(*adds)]);
            count(parts.len(), out);
            parts.iter().chain([whole]).for_each(|own| field(own, out));
            text(others, out);
        }
        // A table of parameters is made of one of values.
        Joint::Tuples(TupleMap { from, to, rows, one_way, rest, is_of_parameters: _ }) => {
            out.push(b't');
            for fields in [from, to] {
                count(fields.len(), out);
                fields.iter().for_each(|own| field(own, out));
            }
            for rows in [rows, one_way] {
                count(rows.len(), out);
                rows.iter()
                    .flat_map(|row| row.source.iter().chain(&row.target))
                    .for_each(|own| cell(own, out));
            }
            out.push(u8::from(rest.is_some()));
            rest.iter().flatten().for_each(|own| cell(own, out));
        }
    }
}

fn cell(cell: &Cell, out: &mut Vec<u8>) {
    match cell {
        Cell::Absent => out.push(b'0'),
        Cell::Any => out.push(b'*'),
        Cell::Value(value) => {
            out.push(b'=');
            text(value.json(), out);
        }
    }
}

fn members(members: &[MadeMember], out: &mut Vec<u8>) {
    count(members.len(), out);
    for MadeMember { name: own, text: value, implied_by } in members {
        out.push(u8::from(implied_by.is_some()));
        name(own, out);
        text(value, out);
    }
}

fn guard(guard: &Guard, out: &mut Vec<u8>) {
    count(guard.conditions().len(), out);
    for Condition { field: own, accepts, is_negated } in guard.conditions() {
        field(own, out);
        out.push(u8::from(*is_negated));
        count(accepts.len(), out);
        for accepted in accepts {
            match accepted {
                Accepted::Value(scalar) => {
                    out.push(b'v');
                    text(scalar.json(), out);
                }
                Accepted::Text(scalar) => {
                    out.push(b't');
                    text(scalar.json(), out);
                }
                Accepted::Type(own) => out.extend([b'y', own.code()]),
                Accepted::Absent => out.push(b'0'),
            }
        }
    }
}

fn discriminator(Discriminator { holder, name: own, value }: &Discriminator, out: &mut Vec<u8>) {
    field(holder, out);
    name(own, out);
    name(value, out);
}
