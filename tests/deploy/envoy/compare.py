"""The same request both ways: status, body and fields, byte for byte."""

import gzip
import hashlib
import pathlib
import tomllib

import upstream
from common.checks import failed, resident, told
from processes import KEY, REFUSER, check

VERSION = "Api-Version-Date"
# Envoy's own, the time, and what is one connection's business.
OWN = {"date", "server", "connection", "keep-alive", "transfer-encoding", "x-envoy-upstream-service-time"}


def session(pin):
    """What a client at a version sends: every operation, writes between reads that show them."""
    users = "company_id" if pin < "2026-06-08" else "account_id"
    plans = "company_id" if pin < "2026-06-09" else "account_id"
    volume, earnings = ("processing_volume", "total_earnings") if pin < "2026-06-20" else ("volume_usd", "earnings_usd")
    create = f'{{"{plans}":"biz_forge","title":"Größe \\"L\\"","initial_price":6.90,"metadata":{{"company_id":1,"account":2}}}}'
    return [
        ("GET", f"/plans?{plans}=biz_pickaxe&plan_types[]=renewal&plan_types%5B%5D=one_time&first=3", None),
        ("GET", "/plans/plan_invoice", None),
        ("HEAD", "/plans/plan_invoice", None),
        ("POST", "/plans", ("json", create)),
        ("POST", "/plans", ("form", f"title=a+b&{plans}=biz%5Fpickaxe&initial_price=1.50")),
        ("PATCH", "/plans/plan_new1", ("json", '{"title":null,"internal_notes":"company_id"}')),
        ("GET", "/plans/plan_new1/", None),
        ("DELETE", "/plans/plan_new2", None),
        ("GET", "/plans/plan_new2", None),
        ("GET", f"/users?query=a&{users}=biz_pickaxe", None),
        ("PATCH", "/users/me", ("json", f'{{"name":"Ada P.","{users}":"biz_pickaxe"}}')),
        ("PATCH", f"/users/user_bo?{users}=biz_forge", ("form", "name=Bo+F.")),
        ("GET", f"/users/user_ada?{users}=biz_pickaxe", None),
        ("GET", f"/users/bo-customer/access/prod_analytics?{users}=biz_pickaxe", None),
        ("GET", f"/referrals/businesses?order={volume}&direction=asc", None),
        ("GET", f"/referrals/businesses?order={earnings}&has_earnings=true&first=2", None),
        ("GET", "/referrals/businesses/bref_giant", None),
        ("GET", "/referrals/businesses/bref_fresh", None),
        ("GET", "/referrals/businesses/earnings", None),
        ("GET", "/referrals/businesses/bref%5Fpickaxe/earnings?first=1&after=bre_sample", None),
        ("GET", "/referrals/businesses/bref_nobody", None),
        ("POST", "/referrals/partners", None),
        ("POST", "/plans/plan_pro/calculate_tax", ("json", '{"address":{"country":"DE","company":"x"}}')),
        ("GET", "/nothing/of/ours", None),
    ]


PACK = pathlib.Path(__file__).parents[3] / "transforms/whop"
# When, how long, and what each process calls a client that nobody has named.
TIMES = {"timestamp", "upstream_us", "upstream_total_us", "total_us", "client"}
COUNTS = ["request_bytes", "response_bytes"]
MEDIA = {"json": "application/json", "form": "application/x-www-form-urlencoded"}


def requests(pin):
    """The same as method, target, headers and body."""
    for method, target, body in session(pin):
        headers, text = [(VERSION, pin)], b"" if method == "POST" else None
        if body:
            headers.append(("Content-Type", MEDIA[body[0]]))
            text = body[1].encode()
        yield method, "/api/v1" + target, headers, text


def fields(answer, without=()):
    """Those that both ways should have, in an order of their own; lists as what they list."""
    kept = []
    for name, value in answer:
        if name in OWN or name in without:
            continue
        if name == "vary":
            kept += [(name, word.strip().lower()) for word in value.split(",")]
        else:
            kept.append((name, value))
    return sorted(kept)


def same(case, pair, method, target, headers=(), body=None, without=(), statuses=None):
    """Asks both ways; the answer of the second, where it is the same."""
    headers = [("X-Request-Id", "req_client"), *headers]
    if not any(name == "Authorization" for name, _ in headers):
        headers.append(("Authorization", f"Bearer {KEY}"))
    one, other = (way.ask(method, target, headers, body) for way in (pair.proxy, pair.envoy))
    check(f"{case}: the status", one[0] == other[0], f"{one[0]} and {other[0]}: {other[2][:300]}")
    check(f"{case}: the body", one[2] == other[2], f"\n{one[2][:600]}\n{other[2][:600]}")
    ours, theirs = fields(one[1], without), fields(other[1], without)
    check(f"{case}: the fields", ours == theirs, f"\n{ours}\n{theirs}")
    if statuses:
        check(f"{case}: it is what it should be", one[0] in statuses, (one[0], one[2][:300]))
    return other


def pairs(pairs):
    before, count, good = len(failed), 0, 0
    for version, pair in pairs.items():
        for pin in pairs:
            for method, target, headers, text in requests(pin):
                case = f"{method} {target} from {pin} at {version}"
                good += same(case, pair, method, target, headers, text)[0] < 300
                count += 1
    check("most of them are answers", good > count * 3 / 4, f"{good} of {count}")
    told(f"{count} exchanges of {len(pairs)} x {len(pairs)} versions are the same through the proxy and through Envoy", before)


def events(pairs):
    """Both ways say the same of each request, and every operation that the pack knows is among them."""
    before, seen = len(failed), set()
    for version, pair in pairs.items():
        one, other = pair.server.events(), pair.processor.events()
        check(f"at {version}: as many events", len(one) == len(other), f"{len(one)} and {len(other)}")
        for ours, theirs in zip(one, other):
            differ = {name for name in {*ours, *theirs} - TIMES if ours.get(name) != theirs.get(name)}
            # What passes stays with Envoy, and is not counted.
            differ -= {name for name in COUNTS if theirs[name] == 0}
            check(f"at {version}: the event", not differ, f"{differ}\n{ours}\n{theirs}")
            seen.add(ours["operation"])
    known = tomllib.loads((PACK / "api.toml").read_text())["operations"]
    check("every operation is asked for", set(known) <= seen, set(known) - seen)
    told(f"the log tells the same of both, with {len(known)} operations among them", before)


def passes(pair, ways):
    """What has no plan never goes over; only heads do."""
    before = len(failed)
    name = str([it["name"] for it in ways.example["static_resources"]["listeners"]][4])
    for case, method, target, version, messages in [
        ("without a plan", "GET", "/api/v1/users/me", "2026-07-01", 2),
        ("a body without a plan", "PATCH", "/api/v1/users/me", "2026-07-01", 2),
        ("a request body and an answer", "POST", "/api/v1/plans", "2025-01-01", None),
    ]:
        sent = ways.stats(name)["stream_msgs_sent"]
        body = b'{"name":"Ada"}' if method == "PATCH" else b"{}" if method == "POST" else None
        headers = [("Authorization", f"Bearer {KEY}"), (VERSION, version), ("Content-Type", "application/json")]
        status, _, _ = pair.envoy.ask(method, target, headers, body)
        sent = ways.stats(name)["stream_msgs_sent"] - sent
        good = sent == messages if messages else sent > 3
        check(f"{case}: messages", good and status < 500, f"{status}, {sent} messages")
    told("what needs no translation is not sent over", before)


def refusals(pair):
    before = len(failed)
    json = ("Content-Type", "application/json")
    plans = "/api/v1/plans"
    same("no such version", pair, "GET", plans, [(VERSION, "2020-01-01")], statuses=[400])
    same("two versions", pair, "GET", plans, [(VERSION, "2025-01-01"), (VERSION, "2026-07-01")], statuses=[400])
    same("a write at no such version", pair, "POST", plans, [(VERSION, "x"), json], b"{}", statuses=[400])
    same("no JSON", pair, "POST", plans, [json], b'{"company_id":', statuses=[400])
    same("a key twice", pair, "POST", plans, [json], b'{"company_id":1,"company_id":2}', statuses=[400])
    same("too large", pair, "POST", plans, [json], b'{"company_id":"' + b"x" * 70_000 + b'"}', statuses=[413])
    same("a coding", pair, "POST", plans, [json, ("Content-Encoding", "compress")], b"{}", statuses=[415])
    same("gzip up", pair, "POST", plans, [json, ("Content-Encoding", "gzip")],
         gzip.compress(b'{"company_id":"biz_forge","initial_price":6.90}'), statuses=[200])
    same("an ambiguous path", pair, "GET", "/api/v1/plans/%2e%2e/users", statuses=[400])
    refuser = ("Authorization", f"Bearer {REFUSER}")
    same("a read that would lose", pair, "GET", "/api/v1/referrals/businesses/bref_pickaxe",
         [refuser, (VERSION, "2025-01-01")], statuses=[502])
    same("a write that would lose", pair, "PATCH", "/api/v1/users/user_bo", [refuser, (VERSION, "2025-01-01"), json],
         b'{"company_id":"biz_x","account_id":"biz_y"}', statuses=[400])
    # Conditions are about the client's own representation.
    target, tag = "/api/v1/referrals/businesses/bref_pickaxe", None
    for way in (pair.proxy, pair.envoy):
        _, headers, _ = way.ask("GET", target, [("Authorization", f"Bearer {KEY}")])
        tag = dict(headers)["etag"]
    same("not modified", pair, "GET", target, [("If-None-Match", tag)], statuses=[304])
    same("another's tag", pair, "GET", target, [("If-None-Match", '"x"')], statuses=[200])
    for coding in ["gzip", "br", "zstd"]:
        same(f"in {coding}", pair, "GET", "/api/v1/plans", [("Accept-Encoding", coding)], statuses=[200])
    check("nothing is told that a client sent", KEY not in pair.processor.log.read_text(), "the key is in the log")
    told("refusals, conditions and codings are the same", before)


def odd(pair):
    before = len(failed)
    plans = "/api/v1/plans?"
    memory = resident(pair.processor.process)
    for kind in ["long", "length"]:
        # Which losses are known when the head is sent is a matter of time.
        answer = same(f"a list of 20 MB, {kind}", pair, "GET", plans + kind, statuses=[200])
        check("it is translated", b'"company":' in answer[2] and b'"account":{' not in answer[2],
              hashlib.sha256(answer[2]).hexdigest())
    _, _, body = pair.envoy.ask("GET", plans + "huge", [("Authorization", f"Bearer {KEY}")])
    grown = resident(pair.processor.process) - memory
    check("a list is not kept", grown < len(body) * 3 // 4, f"{grown} bytes more for one of {len(body)}")
    _, headers, body = pair.envoy.ask("GET", plans + "gzip", [("Authorization", f"Bearer {KEY}"), ("Accept-Encoding", "gzip")])
    one = pair.proxy.ask("GET", plans + "gzip", [("Authorization", f"Bearer {KEY}"), ("Accept-Encoding", "gzip")])
    check("a list in gzip", dict(headers).get("content-encoding") == "gzip"
          and gzip.decompress(body) == gzip.decompress(one[2]), dict(headers))
    same("trailers", pair, "GET", plans + "trailers", without=["content-length", "trailer"], statuses=[200])
    same("an answer that is not whole JSON", pair, "GET", plans + "cut", statuses=[502])
    same("no JSON", pair, "GET", plans + "text", statuses=[200])
    same("a coding that cannot be undone", pair, "GET", plans + "coding", statuses=[502])
    same("nothing", pair, "GET", plans + "empty", statuses=[204])
    same("a name twice", pair, "GET", plans + "twice", statuses=[502])
    asked = [("Authorization", f"Bearer {KEY}"), ("Content-Type", "application/json"), ("X-Envoy-Retry-On", "5xx"),
             ("X-Envoy-Max-Retries", "3"), (VERSION, "2026-07-01")]
    status, _, _ = pair.envoy.ask("POST", plans + "busy", asked, b"{}")
    sent = [path for path, _, _ in upstream.Answers.seen if path.endswith("busy")]
    check("a write is sent once, whatever the client asks Envoy for", status == 503 and len(sent) == 1, (status, sent))
    for way in (pair.proxy, pair.envoy):
        try:
            status, _, body = way.ask("GET", plans + "short", [("Authorization", f"Bearer {KEY}")])
            check(f"an answer that is broken off, {way.name}", status >= 500, (status, body[-100:]))
        except Exception:  # noqa: BLE001
            pass
    told("long, compressed, odd and broken responses are the same", before)


def dead(pair):
    before = len(failed)
    same("the upstream is not there", pair, "GET", "/api/v1/plans", statuses=[502])
    same("nor for a write", pair, "POST", "/api/v1/plans", [("Content-Type", "application/json")], b"{}", statuses=[502])
    told("an upstream that cannot be reached is told in the same words, as not sent", before)


def other_mode(mode, pair):
    before = len(failed)
    for pin in ["2025-01-01", "2026-07-01"]:
        for method, target, headers, text in requests(pin):
            same(f"{mode}: {method} {target} from {pin}", pair, method, target, headers, text)
    json = ("Content-Type", "application/json")
    same(f"{mode}: no JSON", pair, "POST", "/api/v1/plans", [json], b'{"company_id":', statuses=[400])
    same(f"{mode}: no such version", pair, "POST", "/api/v1/plans", [json, (VERSION, "x")], b"{}", statuses=[400])
    told(f"with bodies in {mode}, exchanges are the same", before)
