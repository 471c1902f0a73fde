//! Names with brackets as a document: `items[0][price]=p_1` is `{"items":[{"price":"p_1"}]}`, and back.
//!
//! Steps run on the document as they run on any other. They keep the white space of what they do not change, so each
//! value carries the number of its pair in the white space before it. A pair whose name and value stay keeps its bytes
//! and its place; one that gets another name or another value keeps its place and the text of the rest.
//!
//! Values are strings, and a name without `=` is null. Names in brackets are members; digits (up to five) and nothing
//! are elements of a list, in the order in which they are written, and need not be dense. Of `items[][a]` the next
//! element begins where a name comes again. A name that stands more than once is a list of its values.

use super::{Encoding, FormPair, PairValue, Pairs, is_own};
use crate::json::{Fault, FaultKind, Hop, Name, Scanner, quoted, unescape};
use std::{borrow::Cow, collections::HashMap, ops::Range};

/// The most steps of a name. What follows them is one name, which no step is about.
const MOST_STEPS: usize = 32;

/// The key of a value beside members: `a=1` where `a[b]=2` stands, too. No name in brackets has a bracket.
const BESIDE: &str = "[=";
/// The key of an element beside members: `a[]=1` where `a[b]=2` stands, too.
const ELEMENT_BESIDE: &str = "[]";

/// Tells whether a member of a parameter's document holds a value of the parameter itself: `a=1`, `a[]=1` or `a[gte]=1`,
/// and not that of a field inside it.
pub(crate) fn is_own_member(name: &str) -> bool {
    name == BESIDE || name == ELEMENT_BESIDE || is_own(name)
}

/// Pairs as JSON text, with what is needed to make pairs of it again.
#[derive(Debug)]
pub(crate) struct FormDocument {
    pub(crate) json: Vec<u8>,
    origins: Vec<Origin>,
    /// The number of characters of a mark behind its line feed.
    width: usize,
}

/// The origin of a value of the document.
#[derive(Debug)]
struct Origin {
    /// The pair; of a list or an object the first one in it.
    pair: usize,
    is_leaf: bool,
    /// The text in the brackets of an element; `None` for a member.
    element: Option<Element>,
}

/// The way in which an element of a list is written.
#[derive(Debug, Clone)]
enum Element {
    /// The element has brackets: `[0]` or `[]`.
    Bracketed(String),
    /// The element has none: the name stands more than once.
    Repeated,
}

/// The pairs as a value: what a server that knows brackets reads. All values are texts, and null is a name alone.
pub fn value(text: &str) -> serde_json::Value {
    serde_json::from_slice(&Pairs::parse(text).document().json).unwrap_or_default()
}

/// A value as pairs: `{"a":[{"b":1}]}` is `a[0][b]=1`. What is empty or null has none.
pub fn of_value(value: &serde_json::Value) -> String {
    let mut pairs = Pairs::parse("");
    let document = pairs.document();
    // A value that is deeper than any document has none, either.
    match pairs.follow(&document, value.to_string().as_bytes()) {
        Ok(_) => pairs.to_string(),
        Err(_) => String::new(),
    }
}

/// The pieces of a whole name as it is written: the text before the first bracket, and the text in each pair of brackets.
/// Brackets that are none are one piece with all that follows; it begins with a bracket.
pub(crate) fn pieces(name: &str, encoded: bool) -> Vec<&str> {
    let find = |from: usize, plain: u8, code: &[u8]| -> Option<Range<usize>> {
        let bytes = &name.as_bytes()[from..];
        (0..bytes.len()).find_map(|at| match &bytes[at..] {
            [first, ..] if *first == plain => Some(from + at..from + at + 1),
            [first, second, third, ..] if encoded && [*first, *second, *third].eq_ignore_ascii_case(code) => {
                Some(from + at..from + at + 3)
            }
            _ => None,
        })
    };
    let open = |from| find(from, b'[', b"%5b");
    let Some(mut opened) = open(0) else { return vec![name] };
    let mut pieces = vec![&name[..opened.start]];
    loop {
        let closed = find(opened.end, b']', b"%5d").filter(|_| pieces.len() < MOST_STEPS);
        let next = open(opened.end);
        let is_sound = |closed: &Range<usize>| {
            let is_plain = next.as_ref().is_none_or(|next| next.start >= closed.end);
            is_plain
                && (closed.end == name.len() || next.as_ref().is_some_and(|next| next.start == closed.end))
        };
        match closed.filter(is_sound) {
            Some(closed) => pieces.push(&name[opened.end..closed.start]),
            None => pieces.push(&name[opened.start..]),
        }
        match next {
            Some(next) if pieces.last().is_some_and(|piece| !piece.starts_with('[') && !is_code(piece)) => {
                opened = next;
            }
            _ => return pieces,
        }
    }
}

/// Tells whether a piece begins with an encoded bracket.
fn is_code(piece: &str) -> bool {
    piece.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("%5b"))
}

impl<'a> Pairs<'a> {
    /// The pairs as a document.
    pub(crate) fn document(&self) -> FormDocument {
        let mut tree = Tree { nodes: vec![FormNode::default()], index: HashMap::new() };
        for (number, pair) in self.pairs.iter().enumerate().filter(|(_, pair)| !pair.is_nothing()) {
            let name = pair.written();
            let steps = pieces(&name, pair.encoding == Encoding::Percent).into_iter();
            tree.insert(number, steps.map(|step| pair.encoding.decode(step)).collect());
        }
        let most = self.pairs.len() + tree.nodes.len();
        let width = (usize::BITS - most.leading_zeros()) as usize;
        let document = FormDocument { json: Vec::new(), origins: Vec::new(), width };
        let mut writer = Writer { pairs: self, tree: &tree, document };
        writer.object(0);
        writer.document
    }

    /// Takes the pairs from what has become of their document. Returns the paths of the lists and objects in which nothing
    /// is left: they have no form here.
    ///
    /// # Errors
    /// It is not JSON, or too deep, or a name or a value whose bytes are no text would be written anew.
    pub(crate) fn follow(&mut self, document: &FormDocument, json: &[u8]) -> Result<Vec<Vec<Hop>>, Fault> {
        if *json == *document.json {
            return Ok(Vec::new());
        }
        let mut reader = Reader {
            document,
            leaves: Vec::new(),
            path: Vec::new(),
            containers: vec![0],
            elements: Vec::new(),
            emptied: Vec::new(),
        };
        reader.value(&mut Scanner::new(json), (None, None), 0)?;
        let Reader { mut leaves, containers, emptied, .. } = reader;
        claim(document, &mut leaves, self.pairs.len());
        self.pairs = self.ordered(&leaves, &containers)?;
        Ok(emptied)
    }

    /// The pairs of these leaves, and those that are none, in their order.
    fn ordered(&self, leaves: &[Leaf], containers: &[usize]) -> Result<Vec<FormPair<'a>>, Fault> {
        let mut last: Vec<Option<usize>> = vec![None; containers.len()];
        for leaf in leaves {
            let mut at = leaf.container;
            while at > 0 && last[at] < leaf.pair {
                last[at] = leaf.pair;
                at = containers[at];
            }
        }
        // A new pair stands behind what it is in, so that `items[]` stays one element; the parts of a multipart form end with it.
        let behind = |mut at: usize| loop {
            match last[at] {
                _ if at == 0 || self.encoding == Encoding::None => return usize::MAX,
                Some(pair) => return pair,
                None => at = containers[at],
            }
        };
        // The brackets of the form are looked for once: a body may have a hundred thousand pairs.
        let usual = self.pairs.iter().find(|pair| !pair.brackets.is_empty());
        let mut all: Vec<(usize, bool, FormPair<'a>)> = Vec::with_capacity(leaves.len());
        for leaf in leaves {
            let place = leaf.pair.unwrap_or_else(|| behind(leaf.container));
            all.extend(self.pair_of(leaf, usual)?.map(|pair| (place, leaf.pair.is_none(), pair)));
        }
        let nothing = self.pairs.iter().enumerate().filter(|(_, pair)| pair.is_nothing());
        if self.pairs.len() > 1 || all.is_empty() {
            all.extend(nothing.map(|(place, pair)| (place, false, pair.clone())));
        }
        all.sort_by_key(|(place, is_new, _)| (*place, *is_new));
        Ok(all.into_iter().map(|(.., pair)| pair).collect())
    }

    /// The pair of a leaf. A null that came from no pair without a value has no form here.
    fn pair_of(&self, leaf: &Leaf, usual: Option<&FormPair<'_>>) -> Result<Option<FormPair<'a>>, Fault> {
        let encoding = self.encoding;
        let origin = leaf.pair.map(|pair| &self.pairs[pair]);
        let value = match (&leaf.text, origin) {
            (None, Some(FormPair { value: None, .. })) => None,
            (None, _) => return Ok(None),
            (Some(text), Some(FormPair { value: Some(value), .. })) if value.decoded() == *text => {
                Some(value.clone())
            }
            (Some(text), _) => Some(PairValue(self.written_anew(text)?.into(), encoding)),
        };
        let mut pair = FormPair {
            name: Cow::default(),
            brackets: Cow::default(),
            value,
            place: origin.map_or(usize::MAX, |origin| origin.place),
            encoding,
        };
        let (own, style) =
            (origin.map(FormPair::written).unwrap_or_default(), style(origin.into_iter().chain(usual)));
        if let Some(origin) = origin.filter(|_| encoding.decode(&own) == leaf.name()) {
            (pair.name, pair.brackets) = (origin.name.clone(), origin.brackets.clone());
            return Ok(Some(pair));
        }
        let known: Vec<(String, &str)> = pieces(&own, encoding == Encoding::Percent)
            .into_iter()
            .map(|piece| (encoding.decode(piece), piece))
            .collect();
        let write = |text: &str| {
            let known = known.iter().find(|(decoded, _)| origin.is_some() && decoded == text);
            known.map_or_else(|| self.written_anew(text), |(_, written)| Ok((*written).to_owned()))
        };
        let (mut name, mut brackets) = (String::new(), String::new());
        for (at, step) in leaf.steps.iter().enumerate() {
            match step {
                LeafStep::Member(text) if at == 0 => name = write(text)?,
                LeafStep::Member(text) => brackets.extend([style.0, &write(text)?, style.1]),
                LeafStep::AsIs(text) => brackets.push_str(&write(text)?),
                LeafStep::Silent => {}
            }
        }
        (pair.name, pair.brackets) = (name.into(), brackets.into());
        Ok(Some(pair))
    }

    /// A text as it is written. Bytes that were no text are replaced in it: they must not go out as something else.
    fn written_anew(&self, text: &str) -> Result<String, Fault> {
        let is_replaced = text.contains('\u{fffd}') && self.pairs.iter().any(|pair| !pair.is_text());
        match is_replaced {
            true => Err(Fault { offset: 0, kind: FaultKind::NotUtf8 }),
            false => Ok(self.encoding.encode(text)),
        }
    }
}

/// The brackets of a pair that gets another name: those of the first of these pairs that has any.
fn style<'p, 'a: 'p>(like: impl Iterator<Item = &'p FormPair<'a>>) -> (&'static str, &'static str) {
    let mut like = like.filter(|pair| !pair.brackets.is_empty());
    match like.next().is_some_and(|pair| !pair.brackets.starts_with('[')) {
        true => ("%5B", "%5D"),
        false => ("[", "]"),
    }
}

/// The pairs by the steps of their names.
struct Tree {
    nodes: Vec<FormNode>,
    /// The last node with a step inside a node.
    index: HashMap<(usize, String), usize>,
}

#[derive(Default)]
struct FormNode {
    /// The first pair at this node or in it.
    first: usize,
    /// The pairs with exactly this name.
    pairs: Vec<usize>,
    inside: Vec<(String, usize)>,
}

impl Tree {
    fn insert(&mut self, pair: usize, steps: Vec<String>) {
        let mut at = 0;
        for (depth, step) in steps.iter().enumerate() {
            let is_append = depth > 0 && step.is_empty();
            let known = self.index.get(&(at, step.clone())).copied();
            let goes_on = |node: usize| !is_append || self.is_free(node, &steps[depth + 1..]);
            at = match known.filter(|node| goes_on(*node)) {
                Some(node) => node,
                None => {
                    let node = self.nodes.len();
                    self.nodes.push(FormNode { first: pair, ..FormNode::default() });
                    self.nodes[at].inside.push((step.clone(), node));
                    self.index.insert((at, step.clone()), node);
                    node
                }
            };
        }
        self.nodes[at].pairs.push(pair);
    }

    /// Tells whether an element that was begun has nothing yet where these steps lead to.
    fn is_free(&self, node: usize, steps: &[String]) -> bool {
        let Some(last) = steps.iter().try_fold(node, |at, step| {
            self.index.get(&(at, step.clone())).copied().filter(|_| !step.is_empty())
        }) else {
            return !steps.is_empty();
        };
        !steps.is_empty() && self.nodes[last].pairs.is_empty()
    }
}

impl FormNode {
    fn is_leaf(&self) -> bool {
        self.inside.is_empty() && self.pairs.len() == 1
    }

    fn is_list(&self) -> bool {
        let is_index = |step: &str| step.len() <= 5 && step.bytes().all(|byte| byte.is_ascii_digit());
        self.inside.iter().all(|(step, _)| is_index(step))
    }
}

/// Writes a tree down as JSON.
struct Writer<'w, 'a> {
    pairs: &'w Pairs<'a>,
    tree: &'w Tree,
    document: FormDocument,
}

impl Writer<'_, '_> {
    /// Writes the number of a value, as white space.
    fn mark(&mut self, pair: usize, is_leaf: bool, element: Option<Element>) {
        let FormDocument { json, origins, width } = &mut self.document;
        json.push(b'\n');
        json.extend((0..*width).map(|bit| if origins.len() >> bit & 1 == 1 { b'\t' } else { b' ' }));
        origins.push(Origin { pair, is_leaf, element });
    }

    fn separate(&mut self, index: usize) {
        if index > 0 {
            self.document.json.push(b',');
        }
    }

    fn leaf(&mut self, pair: usize) {
        match &self.pairs.pairs[pair].value {
            Some(value) => self.document.json.extend_from_slice(quoted(&value.decoded()).as_bytes()),
            None => self.document.json.extend_from_slice(b"null"),
        }
    }

    fn value(&mut self, at: usize) {
        let tree = self.tree;
        match &tree.nodes[at] {
            node if node.is_leaf() => node.pairs.iter().for_each(|pair| self.leaf(*pair)),
            node if node.is_list() => self.list(node),
            _ => self.object(at),
        }
    }

    fn list(&mut self, node: &FormNode) {
        self.document.json.push(b'[');
        for (index, pair) in node.pairs.iter().enumerate() {
            self.separate(index);
            self.mark(*pair, true, Some(Element::Repeated));
            self.leaf(*pair);
        }
        for (index, (step, inside)) in node.inside.iter().enumerate() {
            self.separate(node.pairs.len() + index);
            let inner = &self.tree.nodes[*inside];
            self.mark(inner.first, inner.is_leaf(), Some(Element::Bracketed(step.clone())));
            self.value(*inside);
        }
        self.document.json.push(b']');
    }

    fn object(&mut self, at: usize) {
        let tree = self.tree;
        let node = &tree.nodes[at];
        self.document.json.push(b'{');
        for (index, pair) in node.pairs.iter().enumerate() {
            self.separate(index);
            self.key(BESIDE);
            self.mark(*pair, true, None);
            self.leaf(*pair);
        }
        for (index, (step, inside)) in node.inside.iter().enumerate() {
            self.separate(node.pairs.len() + index);
            let inner = &tree.nodes[*inside];
            self.key(if step.is_empty() && at > 0 { ELEMENT_BESIDE } else { step });
            self.mark(inner.first, inner.is_leaf(), None);
            self.value(*inside);
        }
        self.document.json.push(b'}');
    }

    fn key(&mut self, name: &str) {
        self.document.json.extend_from_slice(quoted(name).as_bytes());
        self.document.json.push(b':');
    }
}

/// A value of a document that is neither a list nor an object.
struct Leaf {
    steps: Vec<LeafStep>,
    /// The plain text; `None` for null.
    text: Option<String>,
    /// The number in the white space before it, and before the innermost list or object that it is in and that has one.
    marks: (Option<usize>, Option<usize>),
    container: usize,
    /// The pair that it came from.
    pair: Option<usize>,
}

#[derive(Clone)]
enum LeafStep {
    /// A name, in brackets unless it is the first.
    Member(String),
    /// Brackets and all.
    AsIs(String),
    /// Nothing is written.
    Silent,
}

impl Leaf {
    /// The whole name as plain text.
    fn name(&self) -> String {
        let mut name = String::new();
        for (at, step) in self.steps.iter().enumerate() {
            match step {
                LeafStep::Member(text) if at == 0 => name.push_str(text),
                LeafStep::Member(text) => name.extend(["[", text, "]"]),
                LeafStep::AsIs(text) => name.push_str(text),
                LeafStep::Silent => {}
            }
        }
        name
    }
}

/// Finds the pair of each leaf: its own first, then that of what it is in, which a step may have put it into.
fn claim(document: &FormDocument, leaves: &mut [Leaf], pairs: usize) {
    let mut is_taken = vec![false; pairs];
    for own in [true, false] {
        for leaf in leaves.iter_mut().filter(|leaf| leaf.pair.is_none()) {
            let of = |mark: Option<usize>| mark.and_then(|mark| document.origins.get(mark));
            let origin = match own {
                true => of(leaf.marks.0).filter(|origin| origin.is_leaf),
                false => of(leaf.marks.0).filter(|origin| !origin.is_leaf).or_else(|| of(leaf.marks.1)),
            };
            if let Some(origin) = origin
                && !std::mem::replace(&mut is_taken[origin.pair], true)
            {
                leaf.pair = Some(origin.pair);
            }
        }
    }
}

/// Reads a document that pairs are to be made of.
struct Reader<'d> {
    document: &'d FormDocument,
    leaves: Vec<Leaf>,
    path: Vec<LeafStep>,
    /// The list or object that each one is in, by their numbers; the first is the document.
    containers: Vec<usize>,
    /// One for each step of the path: true if it leads into a list.
    elements: Vec<bool>,
    /// The paths of lists and objects that had pairs, and have none now.
    emptied: Vec<Vec<Hop>>,
}

impl Reader<'_> {
    /// Reads the value that is next. `marks` are those of the value and of what it is in.
    fn value(
        &mut self,
        scanner: &mut Scanner<'_>,
        marks: (Option<usize>, Option<usize>),
        container: usize,
    ) -> Result<(), Fault> {
        let first = scanner.peek();
        if first != b'{' && first != b'[' {
            let text = match scanner.value()? {
                b"null" => None,
                text => Some(unescape(text).unwrap_or_else(|| String::from_utf8_lossy(text).into_owned())),
            };
            self.leaves.push(Leaf { steps: self.path.clone(), text, marks, container, pair: None });
            return Ok(());
        }
        scanner.open()?;
        let inner = self.containers.len();
        self.containers.push(container);
        let around = marks.0.or(marks.1);
        let mut space = scanner.space();
        if scanner.close_empty() {
            self.emptied.extend(marks.0.map(|_| self.hops()));
            return Ok(());
        }
        let mut next = 0;
        loop {
            let mark = match first {
                b'{' => self.member(scanner)?,
                _ => {
                    let mark = self.mark(space);
                    let step = self.element(mark, scanner.peek(), &mut next);
                    self.path.push(step);
                    mark
                }
            };
            self.elements.push(first == b'[');
            self.value(scanner, (mark, around), inner)?;
            self.elements.pop();
            self.path.pop();
            scanner.space();
            if !scanner.more()? {
                return Ok(());
            }
            space = scanner.space();
        }
    }

    /// The path of the value that is read.
    fn hops(&self) -> Vec<Hop> {
        let hop = |(step, is_element): (&LeafStep, &bool)| match step {
            LeafStep::Member(name) if !is_element => Hop::Member(Name::new(name)),
            LeafStep::Member(_) | LeafStep::AsIs(_) | LeafStep::Silent => Hop::Elements,
        };
        self.path.iter().zip(&self.elements).map(hop).collect()
    }

    /// Reads a member's key, and returns the mark of its value.
    fn member(&mut self, scanner: &mut Scanner<'_>) -> Result<Option<usize>, Fault> {
        let key = scanner.key()?;
        let name = unescape(key).unwrap_or_default();
        let colon = scanner.colon()?;
        self.path.push(match &*name {
            BESIDE => LeafStep::Silent,
            _ if name.starts_with('[') => LeafStep::AsIs(name),
            _ => LeafStep::Member(name),
        });
        Ok(self.mark(colon))
    }

    /// The step to an element. A new one gets the number behind those that are there, and a value of its own none.
    fn element(&self, mark: Option<usize>, first: u8, next: &mut u32) -> LeafStep {
        let known =
            mark.and_then(|mark| self.document.origins.get(mark)).and_then(|origin| origin.element.clone());
        match known {
            Some(Element::Repeated) => LeafStep::Silent,
            Some(Element::Bracketed(step)) => {
                *next = step.parse::<u32>().map_or(*next, |number| (*next).max(number.saturating_add(1)));
                LeafStep::Member(step)
            }
            None if first == b'{' || first == b'[' => {
                *next += 1;
                LeafStep::Member((*next - 1).to_string())
            }
            None => LeafStep::Member(String::new()),
        }
    }

    /// The number in white space.
    fn mark(&self, space: &[u8]) -> Option<usize> {
        let start = space.iter().position(|byte| *byte == b'\n')? + 1;
        let bits = space.get(start..start + self.document.width)?;
        let number = bits.iter().enumerate().map(|(bit, byte)| usize::from(*byte == b'\t') << bit).sum();
        (number < self.document.origins.len()).then_some(number)
    }
}

#[cfg(test)]
mod tests;
