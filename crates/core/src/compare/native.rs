//! A translated answer, held to what the upstream itself says at the client's version.
//!
//! The two are the same but for what no translation can know. What that is, the pack declares: a field that is reported
//! lost on the way from the client's version to the upstream's and back may differ, and then it holds what that way
//! makes of it. So the native answer is sent on that way, and shows both: which fields, and what they have to hold.
//! A value that the pack says is known (`implied_by`) is no such field: where the upstream says otherwise, it is not.

use super::{Comparison, Ignored, LIMIT, Place, Rules, Strings, Translations, unknowable, walk};
use crate::{
    pack::{OperationId, Part},
    version::Version,
};
use serde_json::Value;

/// Two answers cannot be compared. Says nothing of what is in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotComparable {
    /// The upstream's own answer.
    #[error("the native response cannot be read as JSON")]
    NativeNotJson,
    /// The answer that a client gets.
    #[error("the translated response cannot be read as JSON")]
    TranslatedNotJson,
}

impl Translations {
    /// Compares an answer that was translated from the upstream's version to the client's with the one that the
    /// upstream gives at the client's version: `expected` is the native one.
    ///
    /// A field may differ only where a declared loss covers it, and only if it holds exactly what that loss promises.
    ///
    /// ```
    /// use dateline_core::{compare::{Ignored, Translations}, pack::Pack};
    /// use std::sync::Arc;
    ///
    /// let pack = Arc::new(Pack::embedded()?);
    /// let id = pack.find("GET /referrals/businesses/{id}").unwrap();
    /// let (client, upstream) = ("2026-07-01".parse()?, "2025-01-01".parse()?);
    /// let native = r#"{"volume_usd":{"attributed":"12.00","settled":"10.00","awaiting_settlement":"2.00"}}"#;
    /// let translations = Translations::new(pack);
    /// // The old version does not know what is settled: the pack promises that it is what is attributed.
    /// let got = r#"{"volume_usd":{"attributed":"12.00","settled":"12.00","awaiting_settlement":"0.00"}}"#;
    /// let compared = translations.against_native(id, client, upstream, native, got, &Ignored::default())?;
    /// assert_eq!((compared.differences.len(), compared.excused.len()), (0, 2));
    /// let got = r#"{"volume_usd":{"attributed":"12.00","settled":"11.00","awaiting_settlement":"0.00"}}"#;
    /// let compared = translations.against_native(id, client, upstream, native, got, &Ignored::default())?;
    /// assert_eq!(compared.differences[0].path.to_string(), "$.volume_usd.settled");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// One of them is no JSON.
    pub fn against_native(
        &self,
        operation: OperationId,
        client: Version,
        upstream: Version,
        native: &str,
        translated: &str,
        ignored: &Ignored,
    ) -> Result<Comparison, NotComparable> {
        let expected: Value = serde_json::from_str(native).map_err(|_| NotComparable::NativeNotJson)?;
        let got: Value = serde_json::from_str(translated).map_err(|_| NotComparable::TranslatedNotJson)?;
        let ignored = ignored.patterns();
        let mut rules =
            Rules { excuses: &[], promised: None, ignored, strings: Strings::AsText, limit: LIMIT };
        let strict = walk(&expected, &got, rules);
        if strict.differences.is_empty() {
            return Ok(strict);
        }
        let place = Place::new(operation, Part::Response);
        let there = self.translate(place, client, upstream, native);
        let back = there.and_then(|there| self.translate(place, upstream, client, &there.output));
        let Some(promised) = back.ok().and_then(|back| serde_json::from_str(&back.output).ok()) else {
            return Ok(strict);
        };
        let excuses = unknowable(self, place, client, upstream, native);
        (rules.excuses, rules.promised) = (&excuses, Some(&promised));
        Ok(walk(&expected, &got, rules))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::Pack;
    use std::sync::Arc;

    /// The paths that differ, and those that are excused, between the native answer and the one that a client of
    /// `client` gets from an upstream of `upstream`.
    fn compared(operation: &str, [client, upstream]: [&str; 2], native: &str, got: &str) -> [Vec<String>; 2] {
        let pack = Arc::new(Pack::embedded().unwrap());
        let id = pack.find(operation).unwrap();
        let (client, upstream) = (client.parse().unwrap(), upstream.parse().unwrap());
        let translations = Translations::new(pack);
        let ignored = Ignored::parse(&["$.data[*].updated_at"]).unwrap();
        let compared = translations.against_native(id, client, upstream, native, got, &ignored).unwrap();
        let differences = compared.differences.iter().map(|difference| difference.path.to_string());
        [differences.collect(), compared.excused.iter().map(ToString::to_string).collect()]
    }

    const DOWN: [&str; 2] = ["2025-01-01", "2026-07-01"];
    const UP: [&str; 2] = ["2026-07-01", "2025-01-01"];

    #[test]
    fn a_field_that_is_made_up_holds_what_was_promised_and_nothing_else() {
        let operation = "GET /referrals/businesses/{id}";
        let native = r#"{"id":"b","processing_volume":12.50,"referred_by_account_id":"acc_1"}"#;
        let none: [Vec<String>; 2] = [vec![], vec![]];
        assert_eq!(compared(operation, DOWN, native, native), none);
        let promised = r#"{"id":"b","processing_volume":12.5,"referred_by_account_id":null}"#;
        let excused = vec!["$.referred_by_account_id".to_owned()];
        assert_eq!(compared(operation, DOWN, native, promised), [vec![], excused.clone()]);
        for invented in [r#""acc_2""#, "\"\"", "false"] {
            let got = promised.replace("null", invented);
            assert_eq!(compared(operation, DOWN, native, &got), [excused.clone(), vec![]], "{got}");
        }
        let gone = r#"{"id":"b","processing_volume":12.5}"#;
        assert_eq!(compared(operation, DOWN, native, gone), [excused, vec![]]);
    }

    /// The amounts are in US dollars, says the pack: a referral in euros is what its client must hear of.
    #[test]
    fn what_the_pack_says_it_knows_is_not_excused() {
        let operation = "GET /referrals/businesses/{id}";
        let native = r#"{"id":"b","currency":"eur","referred_by_account_id":"acc_1"}"#;
        let got = r#"{"id":"b","currency":"usd","referred_by_account_id":null}"#;
        let [found, excused] = compared(operation, DOWN, native, got);
        assert_eq!(
            (found, excused),
            (vec!["$.currency".to_owned()], vec!["$.referred_by_account_id".to_owned()])
        );
    }

    #[test]
    fn a_loss_of_one_field_excuses_no_other() {
        let operation = "GET /referrals/businesses/{id}";
        let native = r#"{"processing_volume":12.50,"total_earnings":1,"referred_by_account_id":"acc_1"}"#;
        let got = r#"{"processing_volume":1.25,"total_earnings":"1","referred_by_account_id":null}"#;
        let differences = ["$.processing_volume", "$.total_earnings"].map(str::to_owned).to_vec();
        let [found, excused] = compared(operation, DOWN, native, got);
        assert_eq!((found, excused.len()), (differences, 1));
    }

    #[test]
    fn a_decimal_in_another_form_uses_up_no_excuse() {
        let operation = "GET /referrals/businesses";
        let group =
            |completed: &str| format!(r#"{{"total":"1.00","pending":"1.00","completed":"{completed}"}}"#);
        let list = |completed: &str, none: &str| {
            format!(r#"{{"data":[{{"earnings_usd":{}}},{{"earnings_usd":{none}}}]}}"#, group(completed))
        };
        let got = list("4618.00", r#"{"total":null,"pending":null,"completed":null}"#);
        let [found, excused] = compared(operation, UP, &list("4618", "null"), &got);
        assert_eq!(
            (&*found, &*excused),
            (
                &["$.data[0].earnings_usd.completed".to_owned()][..],
                &["$.data[1].earnings_usd".to_owned()][..]
            )
        );
    }

    /// An older upstream says null of an earning that is not from a receipt: what it is from, nobody can know.
    #[test]
    fn what_the_upstream_never_said_is_excused_element_by_element() {
        let operation = "GET /referrals/businesses/earnings";
        let native = r#"{"data":[{"resource":{"object":"invoice","id":"i"}},{"resource":{"object":"receipt","id":"r"}}]}"#;
        let got = r#"{"data":[{"resource":null},{"resource":{"object":"receipt","id":"r"}}]}"#;
        assert_eq!(compared(operation, UP, native, got), [vec![], vec!["$.data[0].resource".to_owned()]]);
        let got = r#"{"data":[{"resource":null},{"resource":null}]}"#;
        assert_eq!(compared(operation, UP, native, got)[0], ["$.data[1].resource"]);
    }

    #[test]
    fn strings_are_text_and_ignored_fields_are_not_compared() {
        let operation = "GET /plans";
        let native = r#"{"data":[{"id":"007","updated_at":1,"x":"1.0"}]}"#;
        let got = r#"{"data":[{"id":"007","updated_at":2,"x":"1.00"}]}"#;
        assert_eq!(compared(operation, DOWN, native, got)[0], ["$.data[0].x"]);
        assert_eq!(
            compared(operation, DOWN, native, &native.replace("1,", "{},")),
            [vec![], Vec::<String>::new()]
        );
    }

    #[test]
    fn a_list_of_another_length_is_one_difference() {
        let native = r#"{"data":[{"id":1},{"id":2}]}"#;
        assert_eq!(compared("GET /plans", DOWN, native, r#"{"data":[{"id":1}]}"#)[0], ["$.data"]);
    }
}
