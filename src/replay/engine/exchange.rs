//! One exchange: its documents, and where they stand in a pack.

use dateline_core::{
    compare::Place,
    pack::{self, OperationId, Pack, Part},
    translate::Media,
};
use dateline_gateway::capture::format::{Body, Exchange};

/// The documents that translations run on.
#[derive(Debug)]
pub(super) struct Documents<'e> {
    operation: &'e str,
    /// Empty where there is none.
    pub(super) query: &'e str,
    pub(super) body: &'e str,
    media: Media,
    /// The response, or `None` if a gateway would pass it unchanged: it is not JSON, or its status is not 2xx.
    pub(super) answer: Option<&'e str>,
}

impl<'e> Documents<'e> {
    pub(super) fn of(exchange: &'e Exchange) -> Self {
        let (body, media) = match &exchange.request {
            Body::Empty => ("", Media::Json),
            Body::Json(json) => (json.as_str(), Media::Json),
            Body::Form(form) => (form.as_str(), Media::Form),
        };
        let answer = match &exchange.answer {
            Body::Json(json) if (200..300).contains(&exchange.status) => Some(json.as_str()),
            Body::Json(_) | Body::Form(_) | Body::Empty => None,
        };
        let query = exchange.query.as_deref().unwrap_or_default();
        Documents { operation: &exchange.operation, query, body, media, answer }
    }

    /// The operation of a pack: the one with this name, or the only one with this address, whose parameters may have other
    /// names there.
    pub(super) fn operation(&self, pack: &Pack) -> Option<OperationId> {
        let by_name = pack.find(self.operation);
        by_name.or_else(|| {
            let address = pack::Address::parse(self.operation).ok()?;
            let has_it = |id: &OperationId| {
                pack.operation(*id).addresses().any(|known| known.matches_the_same(&address))
            };
            let mut having = pack.operation_ids().filter(has_it);
            having.next().filter(|_| having.next().is_none())
        })
    }

    /// The documents of the request, and where they stand.
    pub(super) fn request(&self, operation: OperationId) -> impl Iterator<Item = (Place, &'e str)> {
        let body = Place { operation, part: Part::Body, media: self.media };
        let documents = [(Place::new(operation, Part::Query), self.query), (body, self.body)];
        documents.into_iter().filter(|(_, document)| !document.is_empty())
    }
}
