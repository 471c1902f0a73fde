//! Messages whose values move between places: the target, the header and the body of a request, and the status, the header
//! and the body of an answer.

use super::{Exchange, HeadError, Refusal, hop::ConnectionOptions, method_override, set};
use bytes::Bytes;
use dateline_core::{
    json::Name,
    pack::Part,
    step::Losses,
    translate::{self, FieldValue, Media, Message, MessageField, Translated, Untranslatable},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header, uri::PathAndQuery};

/// A request whose values have moved. Its header fields were changed in place.
#[derive(Debug)]
pub struct MovedRequest {
    /// The path and query that the upstream is asked for.
    pub target: PathAndQuery,
    /// The body, if it is another one than the client sent.
    pub body: Option<Vec<u8>>,
    /// The losses, unsaid changes included.
    pub losses: Losses,
    /// The `error.type` of the reason why nothing was translated, if that is so.
    pub untranslated: Option<&'static str>,
}

/// An answer whose values have moved. Its status and its header fields were changed in place.
#[derive(Debug)]
pub struct MovedAnswer {
    /// The body.
    pub body: Bytes,
    /// The losses.
    pub losses: Losses,
}

impl Exchange<'_> {
    /// Tells whether values of the request move from or to its body, which is then read whole.
    pub fn moves_request_body(&self) -> bool {
        self.plan.is_some_and(|plan| plan.moves_body(Part::Request))
    }

    /// Tells whether values of a successful answer move from or to its body, which is then read whole.
    pub fn moves_answer_body(&self) -> bool {
        self.plan.is_some_and(|plan| plan.moves_body(Part::Answer))
    }

    /// Moves values between the query and the header of a request whose body is not concerned; `None` where none moves.
    ///
    /// # Errors
    /// The request does not fit.
    #[cold]
    pub(super) fn move_head(
        &self,
        uri: &Uri,
        headers: &mut HeaderMap,
    ) -> Result<(PathAndQuery, Losses), Refusal> {
        let moved = self.moved(uri, headers, None)?;
        Ok((moved.target, moved.losses))
    }

    /// Moves values of a request, and translates its body, which is empty where there is none.
    ///
    /// # Errors
    /// It is refused: nothing of it may go up.
    #[cold]
    pub fn move_request(
        &self,
        uri: &Uri,
        headers: &mut HeaderMap,
        media: Media,
        body: &Bytes,
    ) -> Result<MovedRequest, Refusal> {
        if !self.otherwise.is_empty() {
            let asked = translate::form_values(media, body, method_override::PARAMETER);
            let asked = asked.map_err(Refusal::RequestUntranslatable)?;
            if asked.iter().any(|value| method_override::names(value.as_bytes(), &self.otherwise)) {
                return Err(HeadError::Method.into());
            }
        }
        let json = match (body.is_empty(), media) {
            (true, _) => Ok(None),
            (false, Media::JsonPatch) => Err(Untranslatable::PatchNotTranslatable),
            (false, media) => match translate::as_json(media, body) {
                Some(json) if *json == **body => Ok(Some(json.into_owned())),
                Some(_) | None => Err(Untranslatable::FormNotTranslatable),
            },
        };
        let moved = json
            .map_err(Refusal::RequestUntranslatable)
            .and_then(|json| self.moved(uri, headers, Some(json)));
        match moved {
            Ok(moved) => {
                self.is_itself_up(Media::Json, moved.body.as_deref().unwrap_or_default())?;
                tell_body(headers, body.is_empty(), moved.body.as_ref().is_some_and(Vec::is_empty));
                let body = moved.body.filter(|new| **new != **body);
                Ok(MovedRequest { body, ..moved })
            }
            Err(Refusal::RequestUntranslatable(problem))
                if problem.is_well_formed() && self.passes_untranslatable() =>
            {
                self.is_itself_up(media, body)?;
                let losses = self.plan.map(|plan| plan.unread_request()).unwrap_or_default();
                let target = self.unmoved_target(uri)?;
                Ok(MovedRequest { target, body: None, losses, untranslated: Some(problem.code()) })
            }
            Err(error) => Err(error),
        }
    }

    /// Runs the plan. `body` is nothing where the body is not concerned, and holds nothing where there is none. The header
    /// stays as it is where the request is refused.
    fn moved(
        &self,
        uri: &Uri,
        headers: &mut HeaderMap,
        body: Option<Option<Vec<u8>>>,
    ) -> Result<MovedRequest, Refusal> {
        let plan = self.plan.ok_or_else(|| Refusal::Internal("no plan moves values".to_owned()))?;
        if let Some(name) = hidden_field(headers, plan.header_fields(Part::Request)) {
            return Err(HeadError::Underscore(name).into());
        }
        let sent = uri.path_and_query().ok_or(Refusal::Target)?;
        let concerns_body = body.is_some();
        let message = Message {
            status: None,
            path: self.parameters.clone(),
            query: sent.query().map(str::to_owned),
            fields: self.named(Part::Request, headers),
            body: body.flatten(),
        };
        let before = message.fields.clone();
        let Translated { output, mut losses } =
            translate::message(plan, Part::Request, message).map_err(Refusal::RequestUntranslatable)?;
        if losses.misplaced().next().is_some() {
            let misplaced = losses.only_misplaced();
            return Err(Refusal::RequestUntranslatable(Untranslatable::Misplaced(misplaced)));
        }
        if losses.refused().next().is_some() {
            return Err(Refusal::RequestUntranslatable(Untranslatable::Several(losses.only_refused())));
        }
        losses.extend(self.unsaid.losses());
        let path = &*self.path_up(sent.path(), &output.path)?;
        let target = self.with_query(sent, path, output.query.as_deref())?;
        self.reaches_the_upstream(headers, &before, &output.fields)?;
        change(headers, &before, &output.fields)?;
        let body = concerns_body.then(|| output.body.unwrap_or_default());
        Ok(MovedRequest { target, body, losses, untranslated: None })
    }

    /// Changes the status and the header of an answer whose body is not concerned. Answers that are none of success stay
    /// as they are, but for the header of a `304`.
    ///
    /// # Errors
    /// The answer does not fit, or the client refuses what it would lose. The head is as it was then.
    pub fn move_answer_head(
        &self,
        method: &Method,
        (status, headers): (&mut StatusCode, &mut HeaderMap),
    ) -> Result<Option<Losses>, Refusal> {
        let is_translated = status.is_success() || *status == StatusCode::NOT_MODIFIED;
        match self.plan {
            Some(plan)
                if is_translated
                    && plan.moves(Part::Answer)
                    && (!plan.moves_body(Part::Answer) || *status == StatusCode::NOT_MODIFIED) =>
            {
                let judged = self.refuses_misplaced(method);
                Ok(Some(self.answered(status, headers, None, judged)?.losses))
            }
            _ => Ok(None),
        }
    }

    /// Changes the status, the header and the body of an answer, whose body is empty where there is none.
    ///
    /// # Errors
    /// The answer does not fit.
    #[cold]
    pub fn move_answer(
        &self,
        status: &mut StatusCode,
        headers: &mut HeaderMap,
        body: &[u8],
    ) -> Result<MovedAnswer, Refusal> {
        let had_body = !body.is_empty();
        let body = had_body.then(|| body.to_vec());
        let moved = self.answered(status, headers, body, false)?;
        tell_body(headers, !had_body, moved.body.is_empty());
        Ok(moved)
    }

    /// Runs the plan. If the answer is `judged`, one that would lose what the client refuses to lose is refused. The head
    /// stays as it is then.
    #[cold]
    fn answered(
        &self,
        status: &mut StatusCode,
        headers: &mut HeaderMap,
        body: Option<Vec<u8>>,
        judged: bool,
    ) -> Result<MovedAnswer, Refusal> {
        let plan = self.plan.ok_or_else(|| Refusal::Internal("no plan moves values".to_owned()))?;
        let message = Message {
            status: Some(status.as_u16()),
            path: self.parameters.clone(),
            query: None,
            fields: self.named(Part::Answer, headers),
            body,
        };
        let before = message.fields.clone();
        let Translated { output, losses } =
            translate::message(plan, Part::Answer, message).map_err(Refusal::ResponseUntranslatable)?;
        if judged {
            self.judge_answer(&losses)?;
        }
        change(headers, &before, &output.fields)?;
        if let Some(new) = output.status.and_then(|status| StatusCode::from_u16(status).ok()) {
            *status = new;
        }
        Ok(MovedAnswer { body: output.body.unwrap_or_default().into(), losses })
    }

    /// Names header fields in the lists of an answer as the client's version does: in `Vary` those of requests, and in
    /// `Access-Control-Expose-Headers` those of answers.
    pub(super) fn rename_in_lists(&self, headers: &mut HeaderMap) {
        let Some(plan) = self.plan.filter(|plan| plan.moves(Part::Request) || plan.moves(Part::Answer))
        else {
            return;
        };
        let back: Vec<_> = plan
            .header_renames(Part::Request)
            .into_iter()
            .map(|(client, upstream)| (upstream, client))
            .collect();
        rename_in_list(headers, &header::VARY, &back);
        rename_in_list(headers, &header::ACCESS_CONTROL_EXPOSE_HEADERS, &plan.header_renames(Part::Answer));
    }

    /// Checks that no field which gets a value ends at this hop: the client must not name it in `Connection`.
    fn reaches_the_upstream(
        &self,
        headers: &HeaderMap,
        before: &[MessageField],
        after: &[MessageField],
    ) -> Result<(), Refusal> {
        if self.facts.hop.is_none() {
            return Ok(());
        }
        let options = ConnectionOptions::by(headers);
        let ends = |field: &&MessageField| {
            let is_put = matches!(field.value, FieldValue::Text(_)) && !before.contains(field);
            is_put && HeaderName::from_bytes(field.name.as_bytes()).is_ok_and(|name| options.contains(&name))
        };
        match after.iter().find(ends).map(|field| HeaderName::from_bytes(field.name.as_bytes())) {
            Some(Ok(name)) => Err(HeadError::ConnectionOption(name).into()),
            Some(Err(_)) | None => Ok(()),
        }
    }

    /// The header fields that the plan names. One that is meant for this connection alone is not there.
    fn named(&self, part: Part, headers: &HeaderMap) -> Vec<MessageField> {
        let names = self.plan.map(|plan| plan.header_fields(part)).unwrap_or_default();
        let options = ConnectionOptions::by(headers);
        let is_for_one_connection = |name: &str| {
            self.facts.hop.is_some()
                && HeaderName::from_bytes(name.as_bytes()).is_ok_and(|name| options.contains(&name))
        };
        let field = |name: &str| {
            let mut values = headers.get_all(name).iter();
            let value = match (values.next(), values.next()) {
                _ if is_for_one_connection(name) => FieldValue::Absent,
                (None, _) => FieldValue::Absent,
                (Some(value), None) => {
                    value.to_str().map_or(FieldValue::Odd, |text| FieldValue::Text(text.to_owned()))
                }
                (Some(_), Some(_)) => FieldValue::Odd,
            };
            MessageField { name: name.into(), value }
        };
        names.iter().map(|name| field(name.text())).collect()
    }
}

/// The field that the plan names and that a server might take a field with underscores for, if the head has one.
fn hidden_field(headers: &HeaderMap, named: &[Name]) -> Option<HeaderName> {
    let meant = |name: &HeaderName| {
        let text = name.as_str();
        let is_it = |known: &&Name| {
            let known = known.text();
            known.len() == text.len()
                && !known.eq_ignore_ascii_case(text)
                && known
                    .bytes()
                    .zip(text.bytes())
                    .all(|(known, own)| known.eq_ignore_ascii_case(&own) || (known == b'-' && own == b'_'))
        };
        let known = named.iter().find(is_it)?;
        HeaderName::from_bytes(known.text().as_bytes()).ok()
    };
    headers.keys().find_map(meant)
}

/// Gives names in a list other names. Values without such a name stay as they are.
fn rename_in_list(headers: &mut HeaderMap, list: &HeaderName, renames: &[(Name, Name)]) {
    let renamed = |member: &str| {
        let member = member.trim();
        renames
            .iter()
            .find(|(from, _)| from.text().eq_ignore_ascii_case(member))
            .map(|(_, to)| to.text().to_ascii_lowercase())
    };
    let mut values: Vec<HeaderValue> = headers.get_all(list).iter().cloned().collect();
    let mut has_changed = false;
    for value in &mut values {
        let Ok(text) = value.to_str() else { continue };
        if !text.split(',').any(|member| renamed(member).is_some()) {
            continue;
        }
        let members: Vec<String> = text
            .split(',')
            .map(|member| renamed(member).unwrap_or_else(|| member.trim().to_owned()))
            .collect();
        if let Ok(new) = HeaderValue::try_from(members.join(", ")) {
            (*value, has_changed) = (new, true);
        }
    }
    if has_changed {
        headers.remove(list);
        values.into_iter().for_each(|value| _ = headers.append(list, value));
    }
}

/// Puts the fields that have changed into a head: all of them, or none where one does not fit.
fn change(headers: &mut HeaderMap, before: &[MessageField], after: &[MessageField]) -> Result<(), Refusal> {
    let mut changes: Vec<(HeaderName, Option<HeaderValue>)> = Vec::new();
    for field in after {
        let was = before.iter().find(|known| known.name.eq_ignore_ascii_case(&field.name));
        if was.is_some_and(|was| was.value == field.value) {
            continue;
        }
        // The pack's names are names, and a value was looked at before; the errors name neither.
        let internal = |problem: String| Refusal::Internal(problem);
        let name =
            HeaderName::from_bytes(field.name.as_bytes()).map_err(|error| internal(error.to_string()))?;
        let value = match &field.value {
            FieldValue::Absent | FieldValue::Odd => None,
            FieldValue::Text(text) => {
                let mut value = HeaderValue::from_str(text).map_err(|error| internal(error.to_string()))?;
                // Nobody knows what it is; so no dump of a head shows it.
                value.set_sensitive(true);
                Some(value)
            }
        };
        changes.push((name, value));
    }
    if changes.is_empty() {
        return Ok(());
    }
    // To take a field out of the map would change the order of the others.
    let came = std::mem::take(headers);
    for (name, value) in &came {
        if !changes.iter().any(|(changed, _)| changed == name) {
            headers.append(name, value.clone());
        }
    }
    for (name, value) in changes {
        set(headers, &name, value);
    }
    Ok(())
}

/// Says in a head that a body has come into being, or has gone.
fn tell_body(headers: &mut HeaderMap, was_empty: bool, is_empty: bool) {
    match (was_empty, is_empty) {
        (true, false) => {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        (false, true) => {
            headers.remove(header::CONTENT_TYPE);
            headers.remove(header::CONTENT_ENCODING);
        }
        (true, true) | (false, false) => {}
    }
}
