//! A metric with its values, as the library has them.

use super::definitions::{Definition, Kind};
use crate::observe::stats::Times;
use prometheus::proto;
use std::time::Duration;

/// A metric and its values so far.
#[derive(Debug)]
pub(super) struct Family {
    definition: &'static Definition,
    metrics: Vec<proto::Metric>,
}

impl Family {
    pub(super) fn new(definition: &'static Definition) -> Self {
        Family { definition, metrics: Vec::new() }
    }

    /// One value, without labels.
    pub(super) fn one(definition: &'static Definition, value: u64) -> Self {
        let mut family = Family::new(definition);
        match definition.kind {
            Kind::Counter => family.count(&[], value),
            Kind::Gauge | Kind::Histogram => family.gauge(&[], value),
        }
        family
    }

    pub(super) fn name(&self) -> &'static str {
        self.definition.name
    }

    /// A counter's value, with the values of its labels in their order.
    pub(super) fn count(&mut self, labels: &[&str], count: u64) {
        let mut value = proto::Counter::default();
        value.set_value(float(count));
        self.push(labels, |metric| metric.set_counter(value));
    }

    pub(super) fn gauge(&mut self, labels: &[&str], value: u64) {
        let mut gauge = proto::Gauge::default();
        gauge.set_value(float(value));
        self.push(labels, |metric| metric.set_gauge(gauge));
    }

    pub(super) fn observed(&mut self, labels: &[&str], times: &Times) {
        let mut so_far = 0;
        let buckets = times.buckets.iter().map(|(bound, count)| {
            so_far += count;
            let mut bucket = proto::Bucket::default();
            bucket.set_upper_bound(seconds(*bound));
            bucket.set_cumulative_count(so_far);
            bucket
        });
        let mut histogram = proto::Histogram::default();
        histogram.set_bucket(buckets.collect());
        histogram.set_sample_count(times.count);
        histogram.set_sample_sum(seconds(times.sum));
        self.push(labels, |metric| metric.set_histogram(histogram));
    }

    fn push(&mut self, labels: &[&str], set: impl FnOnce(&mut proto::Metric)) {
        debug_assert_eq!(labels.len(), self.definition.labels.len(), "{}", self.definition.name);
        let labels = self.definition.labels.iter().zip(labels).map(|(name, value)| {
            let mut pair = proto::LabelPair::default();
            pair.set_name((*name).to_owned());
            pair.set_value((*value).to_owned());
            pair
        });
        let mut metric = proto::Metric::from_label(labels.collect());
        set(&mut metric);
        self.metrics.push(metric);
    }

    /// Returns the library's form of the family, or `None` if it has no value.
    pub(super) fn into_proto(self) -> Option<proto::MetricFamily> {
        if self.metrics.is_empty() {
            return None;
        }
        let mut family = proto::MetricFamily::default();
        family.set_name(self.definition.name.to_owned());
        family.set_help(self.definition.help.to_owned());
        family.set_field_type(self.definition.kind.as_proto());
        family.set_metric(self.metrics);
        Some(family)
    }
}

/// Exact up to 2^53, as all of Prometheus is.
fn float(value: u64) -> f64 {
    value as f64
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}
