//! The result that a translation must give, put together from translations of single resources: the pack without `holds`, and the
//! model's own account of where a held object stands.

use super::{
    super::run::Lost,
    model::{Form, Model},
    rig::Rig,
};
use serde_json::Value;

/// Takes an object of a resource over one version; `up` to it, or down from it.
pub(super) fn over(
    rig: &Rig,
    number: usize,
    up: bool,
    resource: usize,
    value: &Value,
    lost: &mut Lost,
) -> Value {
    let mut value = value.clone();
    if up {
        inside(rig, number, up, resource, &mut value, lost);
    }
    let (from, to) = if up { (number - 1, number) } else { (number, number - 1) };
    let carried = rig.alone(resource, from, to, value.to_string().as_bytes());
    for (key, count) in carried.lost {
        *lost.entry(key).or_default() += count;
    }
    let mut value = serde_json::from_slice(&carried.output).unwrap();
    if !up {
        inside(rig, number, up, resource, &mut value, lost);
    }
    value
}

/// Takes what an object holds over the version: it stands where the version before has it.
fn inside(rig: &Rig, number: usize, up: bool, resource: usize, value: &mut Value, lost: &mut Lost) {
    let model: &Model = &rig.model;
    for field in &model.states[number - 1][resource] {
        let Form::Held { resource: inner, lists, number: id } = field.form else { continue };
        if !model.declared(id) {
            continue;
        }
        let mut at = Some(&mut *value);
        for name in &field.path {
            at = at.and_then(|value| value.as_object_mut()?.get_mut(name));
        }
        let Some(at) = at else { continue };
        elements(at, lists, &mut |held| {
            if held.is_object() {
                *held = over(rig, number, up, inner, held, lost);
            }
        });
    }
}

fn elements(value: &mut Value, lists: usize, work: &mut dyn FnMut(&mut Value)) {
    match (lists, value) {
        (0, value) => work(value),
        (_, Value::Array(inner)) => inner.iter_mut().for_each(|value| elements(value, lists - 1, work)),
        _ => {}
    }
}
