"""/metrics, read by Prometheus' own parser for Python: types, texts, no sample twice, counters that only grow, exact counts."""

import http.client
import json
import math
import ssl
import subprocess
import time

from prometheus_client.parser import text_string_to_metric_families

from gateway import KEY, TARGET, check

MEDIA = "text/plain; version=0.0.4; charset=utf-8"
SUFFIXES = {"counter": {"_total"}, "gauge": {""}, "histogram": {"_bucket", "_sum", "_count"}}
# What there is without traffic and without TLS.
ALWAYS = {
    "dateline_in_flight", "dateline_connections", "dateline_connections_accepted", "dateline_connections_refused",
    "dateline_pool_idle_connections", "dateline_pool_opened", "dateline_pool_failed", "dateline_pool_reused",
    "dateline_spans_exported", "dateline_spans_dropped", "dateline_verify_skipped", "dateline_verify_upstream_requests",
    "dateline_recorded_exchanges", "dateline_unrecorded_exchanges",
    "dateline_pool_retried", "dateline_memory_kept_bytes", "dateline_memory_limit_bytes", "dateline_unnamed_clients",
    "dateline_series", "dateline_reloads", "dateline_reload_last_successful", "dateline_reload_success_timestamp_seconds",
    "dateline_log_lines_dropped", "dateline_verify_lines_dropped", "dateline_other_version_answers",
    "dateline_response_fields_left_out", "dateline_unasked_operations", "dateline_untranslated_requests", "dateline_build_info", "dateline_pack_info", "process_resident_memory_bytes",
    "process_start_time_seconds",
}
OF_TRAFFIC = {
    "dateline_requests", "dateline_request_seconds", "dateline_upstream_seconds", "dateline_upstream_total_seconds",
    "dateline_request_bytes",
    "dateline_response_bytes", "dateline_translate_seconds", "dateline_translate_bytes", "dateline_losses", "dateline_errors",
}


def ask(port, method, target, fields, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, target, body, fields)
    answer = connection.getresponse()
    found = answer.status, answer.headers, answer.read()
    connection.close()
    return found


def scrape(gateway):
    status, headers, body = ask(gateway.admin, "GET", "/metrics", {})
    text = body.decode()
    if status != 200 or headers["content-type"] != MEDIA:
        check("/metrics: 200, in the text format 0.0.4", False, f"{status} {headers} {text[:300]}")
    return text, list(text_string_to_metric_families(text))


def scrape_after(gateway, requests):
    """When so many requests are over, which their clients may know before."""
    for _ in range(200):
        text, families = scrape(gateway)
        if sum(values(families, "dateline_requests_total").values()) >= requests:
            break
        time.sleep(0.02)
    return text, families


def well_formed(text, families):
    """What holds of every scrape."""
    names = [family.name for family in families]
    check("/metrics: no metric stands twice", len(names) == len(set(names)), names)
    samples = [sample for family in families for sample in family.samples]
    keys = [(sample.name, tuple(sorted(sample.labels.items()))) for sample in samples]
    twice = {key for key in keys if keys.count(key) > 1} if len(set(keys)) < len(keys) else None
    check("/metrics: no sample stands twice", not twice, twice)
    written = sum(bool(line) and not line.startswith("#") for line in text.splitlines())
    check("/metrics: every sample was read", written == len(samples), f"{written} {len(samples)}")
    wrong = [family.name for family in families if not family.documentation or family.type not in SUFFIXES
             or {sample.name.removeprefix(family.name) for sample in family.samples} != SUFFIXES[family.type]]
    check("/metrics: every metric has a type, a text, and the samples of its type", not wrong, wrong)
    histograms(families)


def histograms(families):
    """Buckets ascend to what was counted."""
    wrong, some = [], 0
    for family in families:
        if family.type != "histogram":
            continue
        buckets, counts = {}, {}
        for sample in family.samples:
            labels = dict(sample.labels)
            bound = labels.pop("le", None)
            key = tuple(sorted(labels.items()))
            if bound is not None:
                buckets.setdefault(key, []).append((float(bound), sample.value))
            elif sample.name.endswith("_count"):
                counts[key] = sample.value
        for key, of_key in buckets.items():
            bounds, values = zip(*of_key)
            some += 1
            if list(bounds) != sorted(set(bounds)) or list(values) != sorted(values) or bounds[-1] != math.inf \
                    or values[-1] != counts.get(key):
                wrong.append((family.name, key, of_key))
    check(f"/metrics: the buckets of {some} histograms ascend to their counts", not wrong, wrong)


def values(families, name):
    """By labels."""
    found = (sample for family in families for sample in family.samples if sample.name == name)
    return {tuple(sorted(sample.labels.items())): sample.value for sample in found}


def counters(families):
    parts = ("_total", "_bucket", "_count", "_sum")
    return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in families if family.type != "gauge" for sample in family.samples if sample.name.endswith(parts)}


def metrics(gateway):
    first, families = scrape(gateway)
    well_formed(first, families)
    names = {family.name for family in families}
    check("/metrics: everything that needs no traffic is there", ALWAYS <= names, ALWAYS - names)

    old, new = 20, 5
    for key in range(old):
        ask(gateway.port, "GET", TARGET, {"Authorization": f"Bearer {KEY}-{key % 3}"})
    for _ in range(new):
        ask(gateway.port, "GET", TARGET, {"Authorization": f"Bearer {KEY}", "Api-Version-Date": "2026-07-01"})
    body = json.dumps({"company_id": "biz_pickaxe"})
    ask(gateway.port, "POST", "/api/v1/plans", {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}, body)
    ask(gateway.port, "GET", f"/{KEY}", {"Authorization": f"Bearer {KEY}"})
    ask(gateway.port, "GET", TARGET, {"Authorization": f"Bearer {KEY}", "Api-Version-Date": KEY})
    before = counters(families)
    second, families = scrape_after(gateway, old + new + 3)
    well_formed(second, families)
    names = {family.name for family in families}
    check("/metrics: everything that comes with traffic is there", ALWAYS | OF_TRAFFIC == names, (ALWAYS | OF_TRAFFIC) ^ names)
    after = counters(families)
    less = {key: (value, after.get(key)) for key, value in before.items() if after.get(key, -1) < value}
    check("/metrics: counters only grow", not less, less)

    requests = values(families, "dateline_requests_total")
    of = lambda **labels: sum(value for key, value in requests.items() if labels.items() <= dict(key).items())
    template = "GET /referrals/businesses/{id}"
    counted = of(operation=template, pin="2025-01-01", status="200"), of(operation=template, pin="2026-07-01", status="200")
    check(f"/metrics: {old} requests of an old client, {new} of a new one", counted == (old, new), requests)
    check("/metrics: a path that is no operation is `other`", of(operation="other", status="404") == 1, requests)
    check("/metrics: a version that is none is `none`", of(pin="none", status="400") == 1, requests)
    check("/metrics: nobody has a name", {dict(key)["client"] for key in requests} == {"unnamed"}, requests)
    translated = values(families, "dateline_translate_seconds_count")
    expected = {(("body", "response"), ("operation", template)): old, (("body", "request"), ("operation", "POST /plans")): 1}
    check("/metrics: what was translated, and nothing that was passed, took time", expected.items() <= translated.items(), translated)
    check("/metrics: losses are those of the old client", values(families, "dateline_losses_total") and all(
        dict(key)["pin"] == "2025-01-01" for key in values(families, "dateline_losses_total")), second)
    check("/metrics: no key", KEY not in first + second, second)


def certificate(gateway, path):
    """openssl reads the same day out of it."""
    _, families = scrape(gateway)
    told = values(families, "dateline_certificate_expiry_timestamp_seconds").get(())
    read = subprocess.run(["openssl", "x509", "-noout", "-enddate", "-in", path], check=True, capture_output=True, text=True, timeout=20)
    expected = ssl.cert_time_to_seconds(read.stdout.strip().removeprefix("notAfter="))
    check("/metrics: when the certificate expires", told == expected, f"{told} {expected}")
