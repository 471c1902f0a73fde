"""Clients of the chaos run: every answer that is whole is compared value by value, and for every request it is kept what its client was told.

usage: clients.py SEED SECONDS CLIENTS REQUESTS PLAIN_PORT TLS_PORT [calm]; prints one JSON object. Each client ends after so many seconds or
requests. With `calm` nothing may go wrong, and the numbers are others.
"""

import asyncio
import collections
import gzip
import json
import pathlib
import sys
import time
import zlib

sys.path.append(str(pathlib.Path(__file__).resolve().parent))
from cases import EACH, NEW, OBJECT_LIMIT, OLD, Case
from wire import BROKEN, NOTHING, PROTOCOLS, client

SEED, SECONDS, CLIENTS, REQUESTS = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
PORTS, CALM = [int(port) for port in sys.argv[5:7]], "calm" in sys.argv[7:]
# Errors of the gateway's own that a fault between it and the API explains (docs/errors.md).
ERRORS = {
    (502, "upstream_unreachable", "not_sent"),
    (502, "upstream_failed", "unknown"),
    (504, "upstream_timeout", "unknown"),
    (504, "upstream_timeout", "responded"),
    (502, "upstream_truncated", "responded"),
}
TOO_LARGE = (502, "response_too_large", "responded")


class Wrong(Exception):
    """An answer that no fault explains."""


def must(holds, why):
    if not holds:
        raise Wrong(why)


class Told:
    answers = collections.Counter()
    # Of each number, what its client may believe of it.
    writes = {}
    reads = {}
    # Of each request id, how its answer ended and what it was.
    ids = {}
    wrong = []
    times = []
    protocols = collections.Counter()
    # In which framings and codings of the API's the answers were that came whole.
    shapes = collections.Counter()


def judged(case, got, protocol):
    """What the answer is in a word, and what the client may believe of its request; Wrong where it is none of those."""
    # Whatever fails before a byte of the head has left can be told (row 1a of docs/security.md).
    must(got.how != NOTHING, f"not a byte of an answer: {got.why}")
    must(got.fields.get("x-request-id"), "no request id")
    if got.how == BROKEN:
        must(got.status == 200, f"an error of the gateway's is broken off: {got.why}")
        return "broken off", "responded"
    if got.status != 200:
        return judged_error(case, got, protocol)
    body = gzip.decompress(got.body) if got.fields.get("content-encoding") == "gzip" else got.body
    expected = case.document(case.pin)
    if case.kind == "export":
        must(body == expected.encode(), f"{len(body)} bytes of text instead of {len(expected)}")
    else:
        must(exact(body) == exact(expected), f"another document: {body[:200]!r} ... {body[-100:]!r}")
    # An operation that the pack does not know is in the version that the upstream was asked for.
    label = got.fields.get("api-version-date")
    must(label == (NEW if case.kind in ("widget", "make", "export") else case.pin), f"labelled {label}")
    return "200", "answered"


def judged_error(case, got, protocol):
    """The same of an error: whole, documented, and one that a fault or the limit of an object explains."""
    error, outcome = json.loads(got.body)["error"], got.fields.get("dateline-outcome")
    told = (got.status, error["type"], outcome)
    large = case.over or protocol == "HTTP/1.0" and case.pad > OBJECT_LIMIT // 2
    must(told in ERRORS or told == TOO_LARGE and large, f"{told}: {error}")
    must(error["request_id"] == got.fields["x-request-id"], "two request ids")
    return f"{got.status} {error['type']} {outcome}", outcome


def exact(text):
    """Its values, with the digits of its numbers; a number is not the text that looks like it."""
    return json.loads(text, parse_int=tuple, parse_float=tuple)


def believed(case, outcome):
    (Told.writes if case.writes else Told.reads)[case.number] = outcome


def fields_of(case, index):
    """The fields of a request, but for its length."""
    fields = {"host": "api.example.com", "authorization": f"Bearer client-{index}"}
    if case.pin != OLD:
        fields["api-version-date"] = case.pin
    if case.gzip:
        fields["accept-encoding"] = "gzip"
    if case.writes:
        fields["content-type"] = "application/json"
        if case.key:
            fields["idempotency-key"] = f"key-{case.number}"
    return fields


async def exchange(connection, case, index, protocol):
    """One request and its answer."""
    began = time.monotonic()
    method = "POST" if case.writes else "GET"
    got = await asyncio.wait_for(connection.ask(case, method, fields_of(case, index), case.sent(case.pin).encode()), 30)
    Told.times.append(time.monotonic() - began)
    Told.protocols[protocol] += 1
    outcome = "unknown"
    try:
        what, outcome = judged(case, got, protocol)
        Told.answers[what] += 1
        if what == "200":
            Told.shapes[f"{case.framing}{', gzip' if case.gzip else ''}"] += 1
        if CALM and what != "200" and not case.over and "response_too_large" not in what:
            raise Wrong(f"{what}, and nothing was the matter")
        Told.ids[got.fields["x-request-id"]] = (case.tls, got.how, got.status, what)
    except (Wrong, KeyError, TypeError, ValueError, EOFError, OSError, zlib.error) as error:
        Told.wrong.append(f"{protocol} {case} {got.how} {got.status} {error or repr(error)}"[:900])
    believed(case, outcome)
    return got


async def one(index, end):
    """A client that asks one thing after the other."""
    protocol, tls = PROTOCOLS[index // 2 % len(PROTOCOLS)], index % 2
    connection = None
    for turn in range(REQUESTS):
        if time.monotonic() > end:
            break
        case = Case.of(SEED, index * EACH + turn + (EACH // 2 if CALM else 0))
        try:
            connection = connection or await client(protocol, PORTS[tls], index)
            got = await exchange(connection, case, index, protocol)
        except (OSError, asyncio.TimeoutError, asyncio.LimitOverrunError) as error:
            # The gateway refuses nobody and answers within its timeouts.
            Told.wrong.append(f"{protocol} {case}: {error!r}")
            believed(case, "unknown")
            got = None
        if got is None or not got.kept:
            if connection:
                connection.writer.close()
            connection = None
        if got and got.status == 502:
            # While nobody listens, errors come faster than answers ever do.
            await asyncio.sleep(0.05)
    if connection:
        connection.writer.close()


async def main():
    end = time.monotonic() + SECONDS
    await asyncio.gather(*(one(index, end) for index in range(CLIENTS)))
    times = sorted(Told.times) or [0]
    kept = ("answers", "writes", "reads", "ids", "protocols", "shapes")
    print(json.dumps({name: getattr(Told, name) for name in kept} | {
        "wrong": Told.wrong[:50], "wrong_count": len(Told.wrong),
        "median_ms": round(times[len(times) // 2] * 1000, 1), "p99_ms": round(times[len(times) * 99 // 100] * 1000, 1)}))


asyncio.run(main())
