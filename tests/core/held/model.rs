//! Random packs of resources that hold each other, with what each version of them looks like.
//!
//! The model knows where every held object stands in every version. It keeps account of that itself, and reads no pack.

use super::draw::Draw;
use std::fmt::Write;

/// The resources: one that is found, and two that stand inside it and inside each other.
pub(super) const RESOURCES: usize = 3;

/// The form of a field's value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Form {
    Text,
    Number,
    Decimal,
    /// A word, which a change may replace by another one.
    Word(&'static str),
    /// An object of a resource, or lists of lists of them, so many deep.
    Held {
        resource: usize,
        lists: usize,
        number: usize,
    },
}

#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) path: Vec<String>,
    pub(super) form: Form,
}

/// The fields of each resource, in one version.
pub(super) type State = Vec<Vec<Field>>;

/// A pack, and what its documents look like.
#[derive(Debug)]
pub(super) struct Model {
    /// One for each version, oldest first.
    pub(super) states: Vec<State>,
    /// One for each version: the changes, as TOML.
    pub(super) changes: Vec<String>,
    /// A step of a holder changes a field of what it holds: then its documents are not told by the model alone.
    pub(super) reaches_in: bool,
    names: usize,
    held: usize,
}

impl Model {
    pub(super) fn draw(draw: &mut Draw<'_>) -> Model {
        let mut model =
            Model { states: Vec::new(), changes: vec![String::new()], reaches_in: false, names: 0, held: 0 };
        let oldest = (0..RESOURCES).map(|resource| model.fields(resource, draw)).collect();
        model.states.push(oldest);
        for _ in 0..1 + draw.below(3) {
            model.version(draw);
        }
        model
    }

    fn fresh(&mut self, letter: char) -> String {
        self.names += 1;
        format!("{letter}{}", self.names)
    }

    fn held(&mut self, resource: usize, lists: usize) -> Form {
        self.held += 1;
        Form::Held { resource, lists, number: self.held }
    }

    fn fields(&mut self, resource: usize, draw: &mut Draw<'_>) -> Vec<Field> {
        let mut fields = vec![Field { path: vec!["id".into()], form: Form::Text }];
        for form in [Form::Text, Form::Number, Form::Decimal, Form::Word("x")] {
            if !draw.once_in(3) {
                let path = self.path('s', draw);
                fields.push(Field { path, form });
            }
        }
        let inner = if resource == 0 { 1 + draw.below(3) } else { draw.below(3) };
        for _ in 0..inner {
            // The last one may hold itself, and the middle one the last one or itself.
            let other =
                if resource == 0 { 1 + draw.below(2) } else { resource + draw.below(RESOURCES - resource) };
            let form = self.held(other, draw.below(3));
            let path = self.path('o', draw);
            fields.push(Field { path, form });
        }
        fields
    }

    fn path(&mut self, letter: char, draw: &mut Draw<'_>) -> Vec<String> {
        let name = self.fresh(letter);
        if draw.once_in(4) { vec![self.fresh('g'), name] } else { vec![name] }
    }

    fn version(&mut self, draw: &mut Draw<'_>) {
        let mut state = self.states.last().cloned().unwrap_or_default();
        let mut text = String::new();
        // A holder's steps see what it holds as the newer version has it.
        for resource in (0..RESOURCES).rev() {
            for change in 0..draw.below(3) {
                let steps: Vec<String> =
                    (0..1 + draw.below(3)).filter_map(|_| self.step(&mut state, resource, draw)).collect();
                if !steps.is_empty() {
                    let _ = write!(
                        text,
                        "[[change]]\nname = 'Change {resource} {change}'\nwhy = 'So.'\nresource = 'R{resource}'\nsteps = [\n  {},\n]\n",
                        steps.join(",\n  ")
                    );
                }
            }
        }
        self.states.push(state);
        self.changes.push(text);
    }

    /// Draws a step, sometimes with a guard, and takes the state through it.
    fn step(&mut self, state: &mut State, resource: usize, draw: &mut Draw<'_>) -> Option<String> {
        let index = draw.below(state[resource].len());
        let (roll, before) = (draw.below(14), state.clone());
        let step = self.plain(state, resource, (index, roll), draw)?;
        let Field { path, form } = &before[resource][index];
        let id = before[resource][0].path.join(".");
        let with = |is: &str| {
            let step = step.trim_end_matches(" }");
            Some(format!("{step}, when = {{ '{id}' = {{ is = '{is}' }} }} }}"))
        };
        // The id is a text in every document, so this runs always. What the next step finds is known at the root alone.
        if draw.once_in(3) && path.len() == 1 && index > 0 && matches!(roll, 0 | 1 | 7 | 8) && is_value(form)
        {
            return with("string");
        }
        // And this one never.
        if draw.once_in(4) && index > 0 && !matches!(roll, 4 | 10 | 13) && is_value(form) {
            *state = before.clone();
            return with("object");
        }
        Some(step)
    }

    /// Draws a step without a guard.
    fn plain(
        &mut self,
        state: &mut State,
        resource: usize,
        (index, roll): (usize, usize),
        draw: &mut Draw<'_>,
    ) -> Option<String> {
        let Field { path, form } = state[resource][index].clone();
        let field = path.join(".");
        match roll {
            0 | 1 => self.moved(&mut state[resource], index, Move::Renamed),
            2 => self.moved(&mut state[resource], index, Move::Grouped),
            3 => self.moved(&mut state[resource], index, Move::Hoisted),
            4 => self.moved(&mut state[resource], index, Move::WithItsGroup),
            5 | 6 => converted(&mut state[resource][index]),
            // An object keeps its place where a value would be put into an object, and that is told.
            11 | 12 if matches!(form, Form::Held { lists: 0, .. }) => None,
            11 => self.moved(&mut state[resource], index, Move::Wrapped),
            12 => self.moved(&mut state[resource], index, Move::Unwrapped),
            7 if index > 0 => {
                state[resource].remove(index);
                Some(format!("{{ drop = '{field}', restore = 'null' }}"))
            }
            8 => {
                let path = vec![self.fresh('n')];
                state[resource].push(Field { path: path.clone(), form: Form::Text });
                Some(format!("{{ add = '{}', value = '\"v\"', beside = '{field}' }}", path[0]))
            }
            9 => {
                let path = vec![self.fresh('n')];
                let form = match form {
                    Form::Held { resource, lists, .. } => self.held(resource, lists),
                    other => other,
                };
                state[resource].push(Field { path: path.clone(), form });
                Some(format!("{{ add = '{}', copy = '{field}' }}", path[0]))
            }
            10 => match form {
                Form::Held { resource: inner, lists: 0, .. } => {
                    let id = state[inner][0].path.clone();
                    state[resource][index].form = Form::Text;
                    (id.len() == 1).then(|| format!("{{ ref = '{field}', to = '{}' }}", id[0]))
                }
                Form::Text if resource + 1 < RESOURCES && index > 0 => {
                    let inner = resource + 1;
                    let id = state[inner][0].path.clone();
                    if id.len() > 1 {
                        return None;
                    }
                    let form = self.held(inner, 0);
                    state[resource][index].form = form;
                    Some(format!("{{ ref = '{field}', from = '{}' }}", id[0]))
                }
                _ => None,
            },
            13 => {
                let Form::Held { resource: inner, lists: 0, .. } = form else { return None };
                let of = draw.pick(&state[inner]).path.clone();
                self.reaches_in = true;
                let to = self.fresh('m');
                Some(format!("{{ move = '{field}.{}', to = '{to}' }}", of.join(".")))
            }
            _ => None,
        }
    }

    /// Draws a move of a field.
    fn moved(&mut self, holder: &mut [Field], index: usize, how: Move) -> Option<String> {
        let path = holder[index].path.clone();
        let to = match how {
            Move::Renamed => [&path[..path.len() - 1], &[self.fresh('m')]].concat(),
            Move::Grouped => vec![self.fresh('g'), self.fresh('m')],
            Move::Hoisted => vec![self.fresh('m')],
            Move::Wrapped => [&path[..], &[self.fresh('w')]].concat(),
            Move::Unwrapped | Move::WithItsGroup if path.len() == 1 => return None,
            Move::Unwrapped => {
                let group = path[..path.len() - 1].to_vec();
                if holder.iter().filter(|other| other.path.starts_with(&group)).count() > 1 {
                    return None;
                }
                group
            }
            Move::WithItsGroup => {
                let (from, to) = (path[0].clone(), self.fresh('g'));
                for other in holder.iter_mut().filter(|other| other.path[0] == from) {
                    other.path[0].clone_from(&to);
                }
                return Some(format!("{{ move = '{from}', to = '{to}' }}"));
            }
        };
        holder[index].path.clone_from(&to);
        Some(format!("{{ move = '{}', to = '{}' }}", path.join("."), to.join(".")))
    }

    /// Every held object that the newest version has: only those can be told by `holds`.
    pub(super) fn declared(&self, number: usize) -> bool {
        let newest = &self.states[self.states.len() - 1];
        newest
            .iter()
            .flatten()
            .any(|field| matches!(field.form, Form::Held { number: known, .. } if known == number))
    }

    /// The file `api.toml`.
    pub(super) fn api(&self, with_holds: bool) -> String {
        let mut text = String::from(
            "name = 'things'\ntitle = 'Things'\nheader = 'Version'\ndefault_version = '2026-01-01'\nbase_path = ''\n\
             operations = ['GET /a', 'GET /as', 'POST /a', 'GET /r0', 'GET /r1', 'GET /r2']\n",
        );
        for (resource, fields) in self.states[self.states.len() - 1].iter().enumerate() {
            let alone = format!("{{ in = 'GET /r{resource}', part = 'response', at = '$' }}");
            let root = "{ in = 'GET /a', part = 'response', at = '$' }, { in = 'GET /as', part = 'response', at = '$.data[*]' }, \
                        { in = 'POST /a', part = 'body', at = '$' }";
            let found = if resource == 0 { format!("{root}, {alone}") } else { alone };
            let _ = writeln!(text, "[resource.R{resource}]\nfound = [{found}]");
            let holds: Vec<String> = fields
                .iter()
                .filter_map(|Field { path, form }| match form {
                    Form::Held { resource, lists, .. } => {
                        Some(format!("'{}{}' = 'R{resource}'", path.join("."), "[*]".repeat(*lists)))
                    }
                    _ => None,
                })
                .collect();
            if with_holds && !holds.is_empty() {
                let _ = writeln!(text, "holds = {{ {} }}", holds.join(", "));
            }
        }
        text
    }
}

/// A way to move a field.
#[derive(Clone, Copy)]
enum Move {
    Renamed,
    Grouped,
    Hoisted,
    WithItsGroup,
    Wrapped,
    Unwrapped,
}

/// Tells whether a field has a value of its own, and no resource.
fn is_value(form: &Form) -> bool {
    !matches!(form, Form::Held { .. })
}

/// Gives a value its other form.
fn converted(field: &mut Field) -> Option<String> {
    let (to, step) = match field.form {
        Form::Number => (Form::Decimal, "as = 'number -> decimal'"),
        Form::Decimal => (Form::Number, "as = 'decimal -> number'"),
        Form::Word("x") => (Form::Word("y"), "values = { x = 'y' }"),
        Form::Word(_) => (Form::Word("x"), "values = { y = 'x' }"),
        _ => return None,
    };
    field.form = to;
    let key = if step.starts_with("as") { "convert" } else { "map" };
    Some(format!("{{ {key} = '{}', {step} }}", field.path.join(".")))
}
