//! One object on its way from a version to another: what becomes of each of its fields, step by step.
//!
//! The steps themselves run, one after another, and each is asked what it did: where its fields stood before and
//! where they stand after it. A field that no step has touched has no track; it is where it was.

use super::Kind;
use crate::{
    json::Field,
    step::{Discriminator, Effect, Joint, LossKind, Losses, Made, MadeMember, Scaled},
};
use serde_json::Value;

/// The name under which effects find a member of an object whose keys are data.
const FREE: &str = "*";

/// The names that lead to a field from its object.
pub(super) type Names = Vec<String>;

/// The fate of one field.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fact {
    pub(super) kind: Kind,
    pub(super) before: Option<Names>,
    pub(super) after: Option<Names>,
    pub(super) old: Option<Value>,
    pub(super) new: Option<Value>,
    /// The changes that did it, by their number.
    pub(super) by: Vec<usize>,
    pub(super) loss: Option<LossKind>,
    pub(super) source: Option<Whence>,
}

/// The source of a new value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whence {
    /// The pack says it.
    Pack,
    /// A copy of the field with these names.
    CopyOf(Names),
    /// A value that the pack knows.
    Known(String),
}

/// A field that some step has touched.
#[derive(Debug, Clone, Default)]
struct Track {
    /// The names of the field in the document, or `None` if a step has made it.
    origin: Option<Names>,
    /// The current names of the field.
    now: Option<Names>,
    end: End,
    by: Vec<usize>,
    converted: bool,
    mapped: bool,
    tag: bool,
    loss: Option<LossKind>,
    source: Option<Whence>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum End {
    #[default]
    Stands,
    /// The value is null now, since it has no form in the other version.
    Nulled,
    Gone,
    /// A container that went with its last member: what was in it tells where it went.
    Dissolved,
}

/// The effect of a step on an object.
pub(super) struct Done<'d> {
    pub(super) before: &'d Value,
    pub(super) after: &'d Value,
    pub(super) lost: &'d Losses,
    /// The change that the step is of.
    pub(super) by: usize,
}

/// The tracks of one object.
pub(super) struct Trace<'d> {
    document: &'d Value,
    tracks: Vec<Track>,
    strangers: Vec<Field>,
    /// The elements that effects run on, outermost first: the names of each list, and the element's number or key. Effects name
    /// an element as if it stood in the place of its list, and tracks have its place.
    inside: Vec<(Names, String)>,
}

impl<'d> Trace<'d> {
    pub(super) fn new(document: &'d Value) -> Self {
        Trace { document, tracks: Vec::new(), strangers: Vec::new(), inside: Vec::new() }
    }

    /// Goes into an element of a list: what follows is done to it.
    pub(super) fn enter(&mut self, element: &Field, place: String) {
        self.inside.push((names(element), place));
    }

    /// Comes out of the element.
    pub(super) fn leave(&mut self) {
        self.inside.pop();
    }

    /// The names in the document of what effects name so.
    fn placed(&self, names: &[String]) -> Names {
        let mut placed = names.to_vec();
        for (element, place) in self.inside.iter().rev().filter(|(element, _)| names.starts_with(element)) {
            match element.last().map(String::as_str) {
                // The key of a member stands for itself.
                Some(FREE) => place.clone_into(&mut placed[element.len() - 1]),
                _ => placed.insert(element.len(), place.clone()),
            }
        }
        placed
    }

    /// Notes a field that stands where an effect under a guard is to put another.
    pub(super) fn note_stranger(&mut self, effect: &Effect, before: &Value) {
        self.strangers.extend(effect.puts().into_iter().filter(|field| at(before, &names(field)).is_some()));
    }

    /// Every such field.
    pub(super) fn strangers(&self) -> Vec<Field> {
        self.strangers.clone()
    }

    /// Follows one effect.
    pub(super) fn follow(&mut self, effect: &Effect, done: &Done<'_>) {
        match effect {
            Effect::Relocate { from, to } => self.moved(from, to, done),
            Effect::Reform { field, form, told } => match form.conversion() {
                None if form.words().is_some() => self.mapped(field, told, done),
                _ => self.converted(field, told, done),
            },
            Effect::Make { field, made } => self.made(field, made, done),
            Effect::Remove { field, .. } => self.gone(field, done),
            Effect::Widen { from, to, members } => self.widened(from, to, members, done),
            Effect::Narrow { from, to, .. } => self.narrowed(from, to, done),
            Effect::Tag(tag) => self.tagged(tag, done),
            Effect::Untag(tag) => self.untagged(tag, done),
            Effect::Joint(joint) => match &**joint {
                Joint::Scaled(Scaled { field: [field], .. }) => self.converted(field, field, done),
                Joint::Tuples(_) | Joint::Parted(_) => self.joined(joint, done),
            },
            // What runs on elements is followed by itself.
            Effect::Elements(each) => {
                let is_gone_through =
                    at(done.before, &names(each.list())).is_none_or(|list| each.is_of(list));
                if !is_gone_through {
                    self.is_odd(each.list(), done);
                }
            }
            // What runs under the guard is followed by itself.
            Effect::Guarded(guarded) => {
                guarded.told().iter().for_each(|field| _ = self.is_odd(field, done));
            }
        }
    }

    fn moved(&mut self, from: &Field, to: &Field, done: &Done<'_>) {
        let (source, target) = (names(from), names(to));
        if at(done.before, &source).is_none() {
            // A container that is none stands in the way.
            if done.lost(LossKind::Unconverted, from) {
                let stands = (1..source.len()).rev().map(|length| &source[..length]);
                let blocks = stands.into_iter().find(|names| at(done.before, names).is_some());
                let track = blocks.map(<[String]>::to_vec).and_then(|names| self.touch(&names, done.by));
                track.into_iter().for_each(|track| track.loss = Some(LossKind::Unconverted));
                return;
            }
            return self.moved_out_of_null(from, &source, &target, done);
        }
        self.replaced(&target, done);
        self.touch(&source, done.by);
        self.rebase(&source, &target);
        self.dissolve(&source, done);
    }

    /// Notes what stood where a field moves to.
    fn replaced(&mut self, target: &[String], done: &Done<'_>) {
        for length in 1..=target.len() {
            let replaced = Field::new(target[..length].iter().map(String::as_str));
            if done.lost(LossKind::Dropped, &replaced) {
                self.remove(&target[..length], End::Gone, done.by, Some(LossKind::Dropped));
            }
        }
    }

    /// Follows a field that is null now, since its container was.
    fn moved_out_of_null(&mut self, from: &Field, source: &[String], target: &[String], done: &Done<'_>) {
        let field = |names: &[String]| Field::new(names.iter().map(String::as_str));
        let is_null = |names: &[String]| at(done.before, names).is_some_and(Value::is_null);
        let containers = (1..from.names().len()).map(|length| &source[..length]);
        let was = containers.into_iter().find(|names| {
            is_null(names) && done.lost(LossKind::Dropped, &field(names)) && at(done.after, names).is_none()
        });
        self.replaced(target, done);
        match was {
            Some(container) => {
                if let Some(track) = self.touch(container, done.by) {
                    track.loss = Some(LossKind::Dropped);
                }
                self.rebase(container, target);
                self.dissolve(container, done);
            }
            None if at(done.before, target) != at(done.after, target) => {
                let now = Some(self.placed(target));
                self.tracks.push(Track { now, by: vec![done.by], ..Track::default() });
            }
            None => {}
        }
    }

    fn widened(&mut self, from: &Field, to: &Field, members: &[MadeMember], done: &Done<'_>) {
        let (source, target) = (names(from), names(to));
        if self.is_odd(from, done) || at(done.before, &source).is_none_or(Value::is_null) {
            return;
        }
        self.touch(&source, done.by);
        self.rebase(&source, &target);
        for MadeMember { name, implied_by, .. } in members {
            let loss = implied_by.is_none().then_some(LossKind::MadeUp);
            let source = Some(implied_by.clone().map_or(Whence::Pack, Whence::Known));
            let track = Track { loss, source, ..Track::default() };
            self.new_field(&names(&from.member(name)), done, track);
        }
    }

    fn narrowed(&mut self, from: &Field, to: &Field, done: &Done<'_>) {
        let (source, target) = (names(from), names(to));
        if self.is_odd(to, done) || at(done.before, &source).is_none() {
            return;
        }
        // The members beside the one that is kept, at every level on the way to it.
        for (depth, kept) in source.iter().enumerate().skip(target.len()) {
            let siblings = at(done.before, &source[..depth]).and_then(Value::as_object).into_iter().flatten();
            for (sibling, _) in siblings.filter(|(name, _)| *name != kept) {
                let field = Field::new(source[..depth].iter().chain([sibling]).map(String::as_str));
                let is_lost = done.lost(LossKind::Dropped, &field) || done.lost(LossKind::Dropped, to);
                self.remove(&names(&field), End::Gone, done.by, is_lost.then_some(LossKind::Dropped));
            }
        }
        self.touch(&source, done.by);
        for container in (target.len()..source.len()).map(|length| &source[..length]) {
            if let Some(track) = self.touch(container, done.by) {
                (track.end, track.now) = (End::Dissolved, None);
            }
        }
        self.rebase(&source, &target);
    }

    /// Tells whether the value of a field has kept its text, since it has no other form, and notes it.
    fn is_odd(&mut self, field: &Field, done: &Done<'_>) -> bool {
        let is_odd = done.lost(LossKind::Unconverted, field);
        if is_odd && let Some(track) = self.touch(&names(field), done.by) {
            track.loss = Some(LossKind::Unconverted);
        }
        is_odd
    }

    /// Follows what stands in a place to another one.
    fn rebase(&mut self, source: &[String], target: &[String]) {
        let (source, target) = (&self.placed(source), &self.placed(target));
        for track in &mut self.tracks {
            track.now.iter_mut().for_each(|now| rebase(now, source, target));
            if let Some(Whence::CopyOf(names)) = &mut track.source {
                rebase(names, source, target);
            }
        }
    }

    fn converted(&mut self, field: &Field, told: &Field, done: &Done<'_>) {
        let names = names(field);
        let (Some(before), after) = (at(done.before, &names), at(done.after, &names)) else { return };
        let (changed, odd) = (Some(before) != after, done.lost(LossKind::Unconverted, told));
        if let Some(track) = self.touch(&names, done.by) {
            track.converted |= changed;
            if odd {
                track.loss = Some(LossKind::Unconverted);
            } else if done.lost(LossKind::Dropped, told) {
                track.loss = Some(LossKind::Dropped);
            }
        }
    }

    fn mapped(&mut self, field: &Field, told: &Field, done: &Done<'_>) {
        let names = names(field);
        let changed = at(done.before, &names) != at(done.after, &names);
        let odd = done.lost(LossKind::Unconverted, told);
        if (changed || odd)
            && let Some(track) = self.touch(&names, done.by)
        {
            track.mapped |= changed;
            if odd {
                track.loss = Some(LossKind::Unconverted);
            } else if done.lost(LossKind::Dropped, told) {
                track.loss = Some(LossKind::Dropped);
            }
        }
    }

    fn made(&mut self, field: &Field, made: &Made, done: &Done<'_>) {
        let loss = done.lost(LossKind::MadeUp, field).then_some(LossKind::MadeUp);
        let source = match made {
            Made::Nothing => Whence::Pack,
            Made::Default { .. } => Whence::Known("what the older version means by its absence".into()),
            Made::Constant { implied_by, .. } => implied_by.clone().map_or(Whence::Pack, Whence::Known),
            Made::Beside { text: Some(_), .. } if loss.is_some() => Whence::Pack,
            Made::Beside { anchor, .. } => Whence::CopyOf(self.placed(&names(anchor))),
            Made::Derived(derived) => match (&derived.implied_by, &derived.lookup) {
                (Some(why), _) if loss.is_none() => Whence::Known(why.clone()),
                (_, Some(_)) => Whence::Pack,
                (_, None) => Whence::CopyOf(self.placed(&names(&derived.anchor))),
            },
            Made::Computed(computed) => match &computed.implied_by {
                Some(why) if loss.is_none() => Whence::Known(why.clone()),
                _ => Whence::Pack,
            },
        };
        self.new_field(&names(field), done, Track { loss, source: Some(source), ..Track::default() });
    }

    fn new_field(&mut self, names: &[String], done: &Done<'_>, track: Track) {
        if at(done.before, names).is_none() && at(done.after, names).is_some() {
            let now = Some(self.placed(names));
            self.tracks.push(Track { now, by: vec![done.by], ..track });
        }
    }

    fn gone(&mut self, field: &Field, done: &Done<'_>) {
        let names = names(field);
        if at(done.before, &names).is_some() {
            let loss = done.lost(LossKind::Dropped, field).then_some(LossKind::Dropped);
            self.remove(&names, End::Gone, done.by, loss);
            self.dissolve(&names, done);
        }
    }

    fn tagged(&mut self, tag: &Discriminator, done: &Done<'_>) {
        let field = tag.holder.member(&tag.name);
        let names = names(&field);
        if self.is_odd(&tag.holder, done) {
            return;
        }
        if done.lost(LossKind::Dropped, &field) {
            self.remove(&names, End::Gone, done.by, Some(LossKind::Dropped));
        }
        if at(done.after, &names).is_some() {
            let track = Track { tag: true, source: Some(Whence::Pack), ..Track::default() };
            let now = Some(self.placed(&names));
            self.tracks.push(Track { now, by: vec![done.by], ..track });
        }
    }

    fn untagged(&mut self, tag: &Discriminator, done: &Done<'_>) {
        let (holder, names) = (names(&tag.holder), names(&tag.holder.member(&tag.name)));
        if self.is_odd(&tag.holder, done) {
            return;
        }
        if done.lost(LossKind::Dropped, &tag.holder) {
            let is_made = self.touch(&holder, done.by).is_none();
            self.remove(&holder, End::Nulled, done.by, Some(LossKind::Dropped));
            if is_made {
                // The container was of what is gone now; its null is new.
                let now = Some(self.placed(&holder));
                self.tracks.push(Track { now, by: vec![done.by], ..Track::default() });
            }
        } else if at(done.before, &names).is_some() {
            self.remove(&names, End::Gone, done.by, None);
        }
    }

    /// Follows fields that change together: each to the one that takes its place, and the others as gone and as new.
    fn joined(&mut self, joint: &Joint, done: &Done<'_>) {
        let mut stays = false;
        for field in joint.sources().iter().chain(joint.coming()) {
            stays |= self.is_odd(field, done);
        }
        let is_done = |field: &Field| at(done.before, &names(field)) != at(done.after, &names(field));
        if stays || !joint.fields().iter().any(is_done) {
            return;
        }
        for field in joint.coming().filter(|field| done.lost(LossKind::Dropped, field)) {
            self.remove(&names(field), End::Gone, done.by, Some(LossKind::Dropped));
        }
        let loss = |field: &Field| done.lost(LossKind::Dropped, field).then_some(LossKind::Dropped);
        let mut renamed: Vec<&Field> = Vec::new();
        for field in joint.sources() {
            let source = names(field);
            if at(done.before, &source).is_none() {
                continue;
            }
            let place = joint.renames().find_map(|(from, to)| (from == field).then_some(to));
            let to = place.unwrap_or(field);
            if at(done.after, &names(to)).is_none()
                || (place.is_none() && joint.going().any(|it| it == field))
            {
                self.remove(&source, End::Gone, done.by, loss(field));
                continue;
            }
            if let Some(track) = self.touch(&source, done.by) {
                (track.mapped, track.loss) = (true, loss(field).or(track.loss));
            }
            if place.is_some() {
                self.rebase(&source, &names(to));
                renamed.push(to);
            }
        }
        for field in joint.targets().iter().filter(|field| !renamed.contains(field)) {
            let loss = done.lost(LossKind::MadeUp, field).then_some(LossKind::MadeUp);
            let track = Track { loss, source: Some(Whence::Pack), ..Track::default() };
            self.new_field(&names(field), done, track);
        }
    }

    /// The track of what stands here; a new one where no step has touched it yet. None where it has no track of its
    /// own: a container that steps have made, or a part of a value that they have.
    fn touch(&mut self, names: &[String], by: usize) -> Option<&mut Track> {
        let names = &self.placed(names)[..];
        let known = self.tracks.iter().position(|track| track.now.as_deref() == Some(names));
        let index = match known {
            Some(index) => index,
            None => {
                let origin = self.origin(names)?;
                let now = Some(names.to_vec());
                self.tracks.push(Track { origin: Some(origin), now, ..Track::default() });
                self.tracks.len() - 1
            }
        };
        let track = &mut self.tracks[index];
        if !track.by.contains(&by) {
            track.by.push(by);
        }
        Some(track)
    }

    /// Returns the original names of a field that is here and has no track.
    fn origin(&self, names: &[String]) -> Option<Names> {
        let holders = self.tracks.iter().filter_map(|track| Some((track, track.now.as_ref()?)));
        let holder = holders.filter(|(_, now)| names.starts_with(now)).max_by_key(|(_, now)| now.len());
        let (origin, held) = match holder {
            Some((track, now)) => {
                let origin = track.origin.as_ref()?;
                (origin.iter().chain(&names[now.len()..]).cloned().collect(), origin.len())
            }
            None => (names.to_vec(), 0),
        };
        let is_own = |other: &Names| other.len() > held && origin.starts_with(other);
        let elsewhere = self.tracks.iter().filter_map(|track| track.origin.as_ref()).any(is_own);
        (!elsewhere && at(self.document, &origin).is_some()).then_some(origin)
    }

    /// Notes that this field and all inside it are removed.
    fn remove(&mut self, names: &[String], end: End, by: usize, loss: Option<LossKind>) {
        self.touch(names, by);
        let names = &self.placed(names)[..];
        for track in &mut self.tracks {
            let Some(now) = track.now.as_ref().filter(|now| now.starts_with(names)) else { continue };
            let is_it = now.len() == names.len();
            track.end = if is_it { end } else { End::Gone };
            track.loss = loss;
            if !track.by.contains(&by) {
                track.by.push(by);
            }
            if !(is_it && end == End::Nulled) {
                track.now = None;
            }
        }
    }

    /// The containers of what stood here may have gone with it.
    fn dissolve(&mut self, names: &[String], done: &Done<'_>) {
        for container in (1..names.len()).map(|length| &names[..length]) {
            let went = at(done.before, container).is_some() && at(done.after, container).is_none();
            if went && let Some(track) = self.touch(container, done.by) {
                (track.end, track.now) = (End::Dissolved, None);
            }
        }
    }

    /// Returns the fates of the fields, now that the object is as given.
    pub(super) fn facts(self, after: &Value) -> Vec<Fact> {
        self.tracks.iter().filter_map(|track| self.fact(track, after)).collect()
    }

    fn fact(&self, track: &Track, after: &Value) -> Option<Fact> {
        let Track { origin, now, end, by, loss, source, .. } = track;
        let value = |names: &Option<Names>, of| names.as_ref().and_then(|names| at(of, names)).cloned();
        let (old, new) = (value(origin, self.document), value(now, after));
        let kind = match (origin, now, end) {
            (_, _, End::Dissolved) | (None, None, _) => return None,
            (Some(origin), None, _) if self.is_in_what_went(origin, *loss) => return None,
            (Some(_), None, _) | (Some(_), Some(_), End::Nulled) => Kind::Gone,
            (None, Some(now), _) if self.is_in_what_is_new(now) => return None,
            (None, Some(_), _) if track.tag => Kind::Tagged,
            (None, Some(_), _) => Kind::Added,
            (Some(_), Some(_), _) if *loss == Some(LossKind::Unconverted) => Kind::Unconverted,
            (Some(origin), Some(now), _) => {
                let stays = self.leads_to(origin).as_ref() == Some(now);
                let same = || same(old.as_ref(), new.as_ref());
                match track {
                    Track { converted: true, .. } | Track { mapped: true, .. } if stays && same() => {
                        return None;
                    }
                    Track { mapped: true, .. } => Kind::Mapped,
                    Track { converted: true, .. } => Kind::Converted,
                    _ if stays => return None,
                    _ if self.container_leads_to(origin).as_deref() == now.split_last().map(|(_, to)| to) => {
                        Kind::Renamed
                    }
                    _ => Kind::Moved,
                }
            }
        };
        let source = source.clone().filter(|_| matches!(kind, Kind::Added | Kind::Tagged));
        let (before, after, by, loss) = (origin.clone(), now.clone(), by.clone(), *loss);
        Some(Fact { kind, before, after, old, new, by, loss, source })
    }

    /// Returns the names to which a field was moved by its containers alone.
    fn leads_to(&self, origin: &[String]) -> Option<Names> {
        let (own, _) = origin.split_last()?;
        self.container_leads_to(origin).map(|mut names| {
            names.push(own.clone());
            names
        })
    }

    /// Returns the current names of the container that a field was in.
    fn container_leads_to(&self, origin: &[String]) -> Option<Names> {
        let (_, container) = origin.split_last()?;
        let holders = self.tracks.iter().filter_map(|track| Some((track, track.origin.as_ref()?)));
        let holder = holders.filter(|(_, own)| container.starts_with(own)).max_by_key(|(_, own)| own.len());
        match holder {
            None => Some(container.to_vec()),
            Some((Track { now: Some(now), end: End::Stands, .. }, own)) => {
                Some(now.iter().chain(&container[own.len()..]).cloned().collect())
            }
            Some(_) => None,
        }
    }

    /// Tells whether a field went with a container, so that it needs no fact of its own.
    fn is_in_what_went(&self, origin: &[String], loss: Option<LossKind>) -> bool {
        let went = self.tracks.iter().filter(|track| matches!(track.end, End::Gone | End::Nulled));
        let went = went.filter(|track| loss.is_none() || track.loss.is_some());
        went.filter_map(|track| track.origin.as_ref())
            .any(|other| other.len() < origin.len() && origin.starts_with(other))
    }

    fn is_in_what_is_new(&self, now: &[String]) -> bool {
        let new = self.tracks.iter().filter(|track| track.origin.is_none());
        new.filter_map(|track| track.now.as_ref())
            .any(|other| other.len() < now.len() && now.starts_with(other))
    }
}

impl Done<'_> {
    fn lost(&self, kind: LossKind, field: &Field) -> bool {
        let text = field.shared_text();
        self.lost.iter().any(|lost| lost.kind == kind && lost.field == text)
    }
}

pub(super) fn names(field: &Field) -> Names {
    field.names().iter().map(|name| name.text().to_owned()).collect()
}

/// Returns the value under these names.
pub(super) fn at<'v>(value: &'v Value, names: &[String]) -> Option<&'v Value> {
    names.iter().try_fold(value, |value, name| match value {
        Value::Array(elements) => elements.get(element_number(name)?),
        value => value.as_object()?.get(name),
    })
}

/// The number of an element, which is a name in brackets: `[0]`.
pub(super) fn element_number(name: &str) -> Option<usize> {
    name.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

/// Changes `names` as a move of `from` to `to` does.
fn rebase(names: &mut Names, from: &[String], to: &[String]) {
    if names.starts_with(from) {
        names.splice(..from.len(), to.iter().cloned());
    }
}

fn same(old: Option<&Value>, new: Option<&Value>) -> bool {
    match (old, new) {
        (Some(old), Some(new)) => super::same(old, new),
        (old, new) => old == new,
    }
}
