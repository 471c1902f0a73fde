//! The promise of a translated answer: equal to the native one except for reported losses, which hold a certain value.

use super::{
    exchange::{Answer, Call},
    facts::{Kind, PLACES},
    run::{Lost, Side},
    value::Json,
};
use dateline_core::step::LossKind;

/// The value of a field that the two versions cannot both express.
struct Promise<'p> {
    kind: Kind,
    client: usize,
    upstream: usize,
    lost: &'p Lost,
}

impl Promise<'_> {
    fn made_up(&self, field: &str) -> bool {
        self.lost.contains_key(&(LossKind::MadeUp, field.to_owned()))
    }

    /// Tells whether the change of this version lies between the two, on the way to the client.
    fn up(&self, since: usize) -> bool {
        self.upstream < since && since <= self.client
    }

    fn down(&self, since: usize) -> bool {
        self.client < since && since <= self.upstream
    }

    /// Tells whether the field holds the value that was promised.
    fn keeps(&self, path: &str, got: &Json<'_>, resource: &Json<'_>, untranslated: &Json<'_>) -> bool {
        match (self.kind, path) {
            (Kind::Referral, "volume_usd.settled") if self.up(3) => {
                let attributed = resource.at("volume_usd.attributed").map(|attributed| attributed.raw);
                self.made_up(path) && Some(got.raw) == attributed
            }
            (Kind::Referral, "volume_usd.awaiting_settlement") if self.up(3) => {
                self.made_up(path) && got.raw == "\"0.00\""
            }
            (Kind::Referral, "referred_by_account_id") if self.down(3) => self.made_up(path) && got.is_null(),
            (Kind::Earning, "receipt.amount_after_fees") if self.down(4) => {
                self.made_up(path) && got.is_null()
            }
            (Kind::Earning, "receipt.receipt_fees") if self.down(4) => self.made_up(path) && got.raw == "[]",
            // An older upstream says null of what is not a receipt: nothing is lost here, it was never said.
            (Kind::Earning, "resource") if self.up(4) => {
                got.is_null() && untranslated.at("receipt").is_some_and(Json::is_null)
            }
            _ => false,
        }
    }

    /// Compares by value, key order free; counts the fields that are as promised and not as the native ones.
    fn compare(
        &self,
        path: &str,
        (got, wanted): (&Json<'_>, &Json<'_>),
        resource: &Json<'_>,
        untranslated: &Json<'_>,
    ) -> usize {
        if got.same(wanted) {
            return 0;
        }
        if let (Some(got), Some(wanted)) = (got.members(), wanted.members()) {
            let names = |members: &[super::value::Member<'_>]| {
                let mut names: Vec<String> = members.iter().map(|member| member.name.clone()).collect();
                names.sort();
                names
            };
            assert_eq!(names(got), names(wanted), "members at `{path}`");
            let dot = if path.is_empty() { "" } else { "." };
            return got
                .iter()
                .map(|got| {
                    let wanted = wanted.iter().find(|wanted| wanted.name == got.name).unwrap();
                    let path = format!("{path}{dot}{}", got.name);
                    self.compare(&path, (&got.value, &wanted.value), resource, untranslated)
                })
                .sum();
        }
        assert!(
            self.keeps(path, got, resource, untranslated),
            "{:?} `{path}`: {} for {}, {:?}",
            self.kind,
            got.raw,
            wanted.raw,
            self.lost
        );
        1
    }
}

/// Compares two answers; the number of fields that are as promised and not as the native ones.
#[track_caller]
pub(super) fn agree(call: &Call<'_>, client: usize, upstream: usize, got: &Answer, wanted: &Answer) -> usize {
    let what = format!("{} {}?{} {client} from {upstream}", call.method(), call.path, call.query);
    assert_eq!(got.status, wanted.status, "{what}: {} for {}", got.body, wanted.body);
    let place = PLACES.iter().find(|place| place.operation == call.template && place.side == Side::Response);
    let (Some(place), 200..300) = (place, got.status) else {
        assert_eq!(got.body, wanted.body, "{what}");
        return 0;
    };
    let promise = Promise { kind: place.kind, client, upstream, lost: &got.lost };
    let (got, wanted, untranslated) =
        (Json::read(&got.body), Json::read(&wanted.body), Json::read(&got.untranslated));
    if !place.listed {
        return promise.compare("", (&got, &wanted), &got, &untranslated);
    }
    let data = |json: &Json<'_>| json.at("data").and_then(Json::elements).unwrap().len();
    assert_eq!(data(&got), data(&wanted), "{what}");
    assert!(got.at("page_info").unwrap().same(wanted.at("page_info").unwrap()), "{what}");
    assert_eq!(got.members().unwrap().len(), wanted.members().unwrap().len(), "{what}");
    let elements = |json| Json::elements(Json::at(json, "data").unwrap()).unwrap();
    let all = elements(&got).iter().zip(elements(&wanted)).zip(elements(&untranslated));
    all.map(|((got, wanted), untranslated)| promise.compare("", (got, wanted), got, untranslated)).sum()
}
