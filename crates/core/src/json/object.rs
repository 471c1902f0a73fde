//! An opened object: its members as spans of the document, or as text that a step put there.

use super::{Fault, FaultKind, Field, KeptTexts, Name, Scanner, Shape, same::unescape};
use std::{borrow::Cow, mem::take};

/// An object of the document that was opened because a field inside it is named.
#[derive(Debug, Clone, Default)]
pub struct Object<'a> {
    /// The members in the document's order.
    pub members: Vec<Member<'a>>,
    /// The white space before the closing brace.
    tail: &'a [u8],
}

/// A member of an [`Object`].
#[derive(Debug, Clone)]
pub struct Member<'a> {
    /// The white space before the key.
    lead: &'a [u8],
    /// The key as it is written, quotes included.
    key: &'a [u8],
    /// The key's plain text, where it is written with escapes.
    unescaped: Option<String>,
    /// The colon and the white space around it.
    colon: &'a [u8],
    /// The value.
    pub value: Value<'a>,
    /// The white space before the comma.
    trail: &'a [u8],
    /// The place in the object at the start of the module that is running.
    pub place: usize,
    /// The container that the module that is running hoisted this member out of, by its name.
    pub hoisted_from: Option<&'a str>,
    /// The names of the null that the module that is running made this null of, where it was in no object.
    pub null_of: Option<&'a [Name]>,
    /// The module that is running could not convert this value.
    pub unconverted: bool,
}

/// A member's value.
#[derive(Debug, Clone)]
pub enum Value<'a> {
    /// Any value as text, not opened.
    Text(Cow<'a, [u8]>),
    /// An object whose members are named.
    Object(Object<'a>),
}

impl<'a> Object<'a> {
    /// Reads the object that is next in the scanner, as far as the shape opens it.
    ///
    /// # Errors
    /// It is not JSON, or it repeats a key that the shape names.
    pub fn read(scanner: &mut Scanner<'a>, shape: &Shape) -> Result<Self, Fault> {
        Object::read_once(scanner, shape, shape)
    }

    /// Reads the object that is next in the scanner, as far as the shape opens it. Only keys that `once` names must not be
    /// repeated; whoever runs a module later on [checks](Object::check) the object for the keys of that one.
    ///
    /// # Errors
    /// It is not JSON, or it repeats a key that `once` names.
    pub(crate) fn read_once(scanner: &mut Scanner<'a>, shape: &Shape, once: &Shape) -> Result<Self, Fault> {
        let mut object = Object::default();
        scanner.open()?;
        let mut lead = scanner.space();
        if scanner.close_empty() {
            object.tail = lead;
            return Ok(object);
        }
        loop {
            let at = scanner.position();
            let key = scanner.key()?;
            let unescaped = if key.contains(&b'\\') { unescape(key) } else { None };
            let colon = scanner.colon()?;
            let mut member = Member::new(key, Value::Text(Cow::Borrowed(b"")));
            (member.lead, member.unescaped, member.colon) = (lead, unescaped, colon);
            let once = once.get(member.name());
            if once.is_some() && object.members.iter().any(|other| other.name() == member.name()) {
                return Err(Fault { offset: at, kind: member.repeated() });
            }
            member.value = match shape.get(member.name()) {
                Some(inside) if !inside.is_empty() && scanner.peek() == b'{' => {
                    Value::Object(Object::read_once(scanner, inside, once.unwrap_or(Shape::none()))?)
                }
                _ => Value::Text(Cow::Borrowed(scanner.value()?)),
            };
            let space = scanner.space();
            let more = scanner.more()?;
            if !more {
                object.members.push(member);
                object.tail = space;
                return Ok(object);
            }
            member.trail = space;
            object.members.push(member);
            lead = scanner.space();
        }
    }

    /// Checks that no key that the shape names is repeated, as reading the object anew would; `text` is what it was read
    /// from.
    ///
    /// # Errors
    /// A key is repeated.
    pub(crate) fn check(&mut self, shape: &Shape, text: &[u8]) -> Result<(), Fault> {
        for (name, inside) in shape.members() {
            let is_it = |member: &Member<'_>| member.name() == name.text().as_bytes();
            let Some(first) = self.members.iter().position(is_it) else { continue };
            if let Some(again) = self.members[first + 1..].iter().find(|member| is_it(member)) {
                return Err(Fault { offset: again.offset_in(text), kind: again.repeated() });
            }
            if !inside.is_empty()
                && let Some(object) = self.members[first].value.open()
            {
                object.check(inside, text)?;
            }
        }
        Ok(())
    }

    /// Writes the object out.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        for (index, member) in self.members.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            for span in [member.lead, member.key, member.colon] {
                out.extend_from_slice(span);
            }
            member.value.write(out);
            if index + 1 < self.members.len() {
                out.extend_from_slice(member.trail);
            }
        }
        out.extend_from_slice(self.tail);
        out.push(b'}');
    }

    /// Returns the index of the member with this name.
    pub fn position(&self, name: &Name) -> Option<usize> {
        self.members.iter().position(|member| member.name() == name.text().as_bytes())
    }

    /// The member with this name.
    pub fn get(&self, name: &Name) -> Option<&Member<'a>> {
        self.position(name).map(|index| &self.members[index])
    }

    /// The member with this name, to change.
    pub fn get_mut(&mut self, name: &Name) -> Option<&mut Member<'a>> {
        self.position(name).map(|index| &mut self.members[index])
    }

    /// The object that these names lead to: itself for none. `None` if one is absent or not an object.
    pub fn descend(&mut self, names: &[Name]) -> Option<&mut Object<'a>> {
        let mut level = self;
        for name in names {
            level = level.get_mut(name)?.value.open()?;
        }
        Some(level)
    }

    /// The member that a field is, to change; `None` if it is absent, or if its container is.
    #[inline]
    pub fn at(&mut self, field: &Field) -> Option<&mut Member<'a>> {
        let (containers, name) = field.split()?;
        self.descend(containers)?.get_mut(name)
    }

    /// Takes the member with this name out.
    pub fn take(&mut self, name: &Name) -> Option<Member<'a>> {
        self.position(name).map(|index| self.members.remove(index))
    }

    /// Puts a new member at the end, laid out like the one before it.
    pub fn push(&mut self, name: &'a Name, value: Value<'a>) {
        let mut member = Member::new(name.quoted(), value);
        if let Some(last) = self.members.last() {
            (member.lead, member.colon) = (last.lead, last.colon);
        }
        member.place = usize::MAX;
        self.members.push(member);
    }

    /// A copy of the object with those of its members that a shape names.
    pub(crate) fn view(&self, shape: &Shape) -> Object<'a> {
        let named = self.members.iter().filter(|member| shape.get(member.name()).is_some());
        Object { members: named.cloned().collect(), tail: self.tail }
    }

    /// Puts a value in the place of an element, alone: where the list stands, or as the only member of the object with free
    /// keys. `None` where the list is in no object.
    pub(crate) fn put(&mut self, list: &Field, element: &'a Field, value: Value<'a>) -> Option<()> {
        let free = element.names().get(list.names().len());
        let member = self.at(list)?;
        (member.hoisted_from, member.null_of, member.unconverted) = (None, None, false);
        member.value = match free {
            None => value,
            Some(key) => {
                let mut only = Object::default();
                only.push(key, value);
                Value::Object(only)
            }
        };
        Some(())
    }

    /// Forgets what the last module did: places are counted anew, marks are gone, and the last member has no white
    /// space before a comma that is not there.
    pub fn settle(&mut self) {
        self.settle_with(None);
    }

    /// [Settles](Object::settle) the object between two modules, as if it had been written out and read again: what the
    /// last module wrote, the next can look into, and into the elements of a list.
    pub(crate) fn settle_written(&mut self, kept: &'a KeptTexts) {
        self.settle_with(Some(kept));
    }

    fn settle_with(&mut self, kept: Option<&'a KeptTexts>) {
        if let Some(last) = self.members.last_mut() {
            last.trail = b"";
        }
        for (place, member) in self.members.iter_mut().enumerate() {
            (member.place, member.hoisted_from, member.unconverted) = (place, None, false);
            member.null_of = None;
            match (&mut member.value, kept) {
                (Value::Object(object), _) => object.settle_with(kept),
                (Value::Text(Cow::Owned(text)), Some(kept)) if matches!(**text, [b'{' | b'[', ..]) => {
                    member.value = Value::text(kept.keep(take(text)));
                }
                (Value::Text(_), _) => {}
            }
        }
    }
}

/// Tells whether a text is an object in which a key is there twice: nobody can say which of the two is meant.
pub(crate) fn repeats_a_key(text: &[u8]) -> bool {
    if text.first() != Some(&b'{') {
        return false;
    }
    let Ok(object) = Object::read(&mut Scanner::new(text), Shape::none()) else { return false };
    let mut names: Vec<&[u8]> = object.members.iter().map(Member::name).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| pair[0] == pair[1])
}

impl<'a> Member<'a> {
    /// A member without white space. `key` is JSON text.
    fn new(key: &'a [u8], value: Value<'a>) -> Self {
        Member {
            lead: b"",
            key,
            unescaped: None,
            colon: b":",
            value,
            trail: b"",
            place: 0,
            hoisted_from: None,
            null_of: None,
            unconverted: false,
        }
    }

    /// The fault of the key being there for the second time.
    fn repeated(&self) -> FaultKind {
        FaultKind::Repeated(String::from_utf8_lossy(self.name()).into_owned())
    }

    /// The position of the key in the text that the object was read from; zero for one that a step has written.
    fn offset_in(&self, text: &[u8]) -> usize {
        let offset = (self.key.as_ptr() as usize).checked_sub(text.as_ptr() as usize);
        offset.filter(|offset| *offset < text.len()).unwrap_or(0)
    }

    /// The key's plain text.
    pub fn name(&self) -> &[u8] {
        match &self.unescaped {
            Some(text) => text.as_bytes(),
            None => &self.key[1..self.key.len() - 1],
        }
    }

    /// Gives the member another key; its layout stays.
    pub fn rename(&mut self, name: &'a Name) {
        (self.key, self.unescaped) = (name.quoted(), None);
    }

    /// An empty container, written as this member is.
    pub fn container(&self, name: &'a Name, layout: Layout<'a>) -> Self {
        let mut container = Member::new(name.quoted(), Value::Object(Object::default()));
        container.colon = self.colon;
        container.set_layout(layout);
        container
    }

    /// The white space around the member.
    pub fn layout(&self) -> Layout<'a> {
        Layout { lead: self.lead, trail: self.trail }
    }

    /// Puts other white space around the member.
    pub fn set_layout(&mut self, layout: Layout<'a>) {
        (self.lead, self.trail) = (layout.lead, layout.trail);
    }
}

/// The white space around a member: what stays where it is when members change places.
#[derive(Debug, Clone, Copy, Default)]
pub struct Layout<'a> {
    /// White space and separators before the key.
    pub lead: &'a [u8],
    /// White space after the value.
    pub trail: &'a [u8],
}

impl<'a> Value<'a> {
    /// A value with this text, which must be JSON.
    pub fn text(text: &'a [u8]) -> Self {
        Value::Text(Cow::Borrowed(text))
    }

    /// Reads a value, which must be JSON, and opens it as far as the shape says.
    ///
    /// # Errors
    /// It repeats a key that the shape names.
    pub(crate) fn read(text: &'a [u8], shape: &Shape) -> Result<Self, Fault> {
        if shape.is_empty() || text.first() != Some(&b'{') {
            return Ok(Value::text(text));
        }
        let mut object = Object::read(&mut Scanner::new(text), shape)?;
        object.settle();
        Ok(Value::Object(object))
    }

    /// Tells whether the value is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Text(text) if **text == *b"null")
    }

    /// Tells whether the value is an object, opened or not.
    pub fn is_object(&self) -> bool {
        match self {
            Value::Object(_) => true,
            Value::Text(text) => text.first() == Some(&b'{'),
        }
    }

    /// The value as an object, opening its text if need be; `None` where it is another kind of value.
    pub fn open(&mut self) -> Option<&mut Object<'a>> {
        if let Value::Text(text) = self
            && text.first() == Some(&b'{')
        {
            // What a step wrote is opened here (a text of its own once its module is done), and the only element of a
            // list; what else stood in the document was opened by the shape.
            let Cow::Borrowed(borrowed) = *text else { return None };
            let mut object = Object::read(&mut Scanner::new(borrowed), &Shape::default()).ok()?;
            object.settle();
            *self = Value::Object(object);
        }
        match self {
            Value::Object(object) => Some(object),
            Value::Text(_) => None,
        }
    }

    /// The value's JSON text.
    pub fn to_text(&self) -> Cow<'_, [u8]> {
        match self {
            Value::Text(text) => Cow::Borrowed(text),
            Value::Object(object) => {
                let mut out = Vec::new();
                object.write(&mut out);
                Cow::Owned(out)
            }
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Value::Text(text) => out.extend_from_slice(text),
            Value::Object(object) => object.write(out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Field;

    fn shape(fields: &[&[&str]]) -> Shape {
        let mut shape = Shape::default();
        for field in fields {
            shape.insert(&Field::new(field.iter().copied()));
        }
        shape
    }

    fn read<'a>(text: &'a str, shape: &Shape) -> Result<Object<'a>, Fault> {
        Object::read(&mut Scanner::new(text.as_bytes()), shape)
    }

    #[test]
    fn what_is_not_changed_is_written_as_it_was_read() {
        let shape = shape(&[&["a", "b"], &["c"]]);
        for text in [
            "{}",
            "{ \n }",
            r#"{ "a" : { "b" : 1.10 , "\u0062x":[ 1 ] } , "c":null, "d" :"\/" }"#,
            "{\n  \"a\": {\n    \"b\": 1\n  },\n  \"x\": 1,\n  \"x\": 2\n}",
        ] {
            let mut out = Vec::new();
            read(text, &shape).unwrap().write(&mut out);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }

    #[test]
    fn what_is_settled_is_as_if_it_had_been_written_and_read_again() {
        let (shape, end) = (shape(&[&["b"]]), Name::new("end"));
        let mut object = read(r#"{ "a":1 , "b":2 }"#, &shape).unwrap();
        object.take(&Name::new("b"));
        let mut written = Vec::new();
        object.write(&mut written);
        assert_eq!(written, br#"{ "a":1 }"#);
        let mut again = read(std::str::from_utf8(&written).unwrap(), &shape).unwrap();
        for object in [&mut object, &mut again] {
            object.settle();
            object.push(&end, Value::text(b"3"));
            let mut out = Vec::new();
            object.write(&mut out);
            assert_eq!(String::from_utf8(out).unwrap(), r#"{ "a":1, "end":3 }"#);
        }
    }

    #[test]
    fn a_named_key_stands_once_however_it_is_written() {
        let shape = shape(&[&["a", "b"]]);
        let fault = read(r#"{"a":1,"\u0061":2}"#, &shape).unwrap_err();
        assert_eq!(fault, Fault { offset: 7, kind: FaultKind::Repeated("a".into()) });
        assert!(read(r#"{"a":{"b":1,"b":2}}"#, &shape).is_err());
        assert!(read(r#"{"a":{"c":1,"c":2},"b":1,"b":2}"#, &shape).is_ok());
    }
}
