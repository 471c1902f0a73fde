//! Mistakes in a pack, shown as a compiler shows them.

use super::{Code, Location};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::fmt;

/// One mistake: what is wrong, where, and what to do about it.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// The kind of mistake.
    pub code: Code,
    /// The message.
    pub message: String,
    /// The place, or `None` if there is no file to point into.
    pub at: Option<Location>,
    /// The label of the place, under the snippet.
    pub label: String,
    /// The advice how to fix it.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// A mistake at a place.
    pub fn new(code: Code, at: &Location, message: impl Into<String>) -> Self {
        let (message, label) = (message.into(), String::new());
        Diagnostic { code, message, at: Some(at.clone()), label, hint: None }
    }

    /// A mistake that no file shows.
    pub fn without_place(code: Code, message: impl Into<String>) -> Self {
        Diagnostic { code, message: message.into(), at: None, label: String::new(), hint: None }
    }

    /// Says what stands at the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The diagnostic as plain text.
    pub fn plain(&self) -> String {
        self.render(&Renderer::plain())
    }

    fn render(&self, renderer: &Renderer) -> String {
        let code = self.code.to_string();
        let level = if self.code.is_warning() { Level::WARNING } else { Level::ERROR };
        let title = level.primary_title(&self.message).id(&code);
        let mut group = match &self.at {
            Some(Location { source, span }) => {
                let annotation = AnnotationKind::Primary.span(span.clone()).label(&self.label);
                title.element(Snippet::source(&source.text).path(&source.name).annotation(annotation))
            }
            None => Group::with_title(title),
        };
        if let Some(hint) = &self.hint {
            group = group.element(Level::HELP.message(hint));
        }
        renderer.render(&[group])
    }
}

/// Every mistake of a pack, at least one, in the order of files and places.
#[derive(Debug, Clone)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// `None` where there is no mistake.
    pub fn new(mut diagnostics: Vec<Diagnostic>) -> Option<Self> {
        diagnostics.sort_by(|one, other| {
            let key = |diagnostic: &Diagnostic| {
                diagnostic.at.as_ref().map(|at| (at.source.order(), at.source.name.clone(), at.span.start))
            };
            key(one).cmp(&key(other))
        });
        (!diagnostics.is_empty()).then_some(Diagnostics(diagnostics))
    }

    /// The mistakes.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    /// Returns the number of mistakes.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The mistakes as text for a terminal, coloured or plain.
    pub fn render(&self, coloured: bool) -> String {
        let renderer = if coloured { Renderer::styled() } else { Renderer::plain() };
        self.0.iter().map(|diagnostic| diagnostic.render(&renderer) + "\n\n").collect()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(false).trim_end())
    }
}

impl std::error::Error for Diagnostics {}
