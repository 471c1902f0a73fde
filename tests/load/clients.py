"""Clients at 2025-01-01: every answer is checked by value, and every write is remembered with what it was told.

usage: clients.py PORT SECONDS CLIENTS keep-alive|fresh; prints one JSON object.
"""

import asyncio
import collections
import json
import pathlib
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
import common.messages

PORT, SECONDS, CLIENTS, FRESH = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "fresh"
# What may be told where the upstream dropped the connection of this very request.
FAULTS = {"upstream_failed", "upstream_truncated", "upstream_unreachable"}


class Told:
    answers = collections.Counter()
    writes = {}
    wrong = []
    times = []


def number():
    number.last += 1
    return number.last


number.last = 1000 * (2 if FRESH else 1) * 1000


def requests():
    """Target, body, and what the answer must hold."""
    while True:
        one = number()
        yield "GET", f"/api/v1/referrals/businesses/bref_{one}", None, {
            "processing_volume": f"{one}1050.10", "total_earnings": f"{one}.75", "pending_payout": "45.25",
            "completed_payout": f"{one}.50", "currency": "usd", "referred_by_account_id": None, "id": f"bref_{one}",
            "object": "business_referral", "account": {"id": f"biz_{one}", "title": "Größe \"x\""}, "payout_percentage": "0.3",
            "metadata": {"processing_volume": "kept"}, "status": "active"}
        one = number()
        yield "GET", f"/api/v1/plans/plan_{one}", None, {
            "id": f"plan_{one}", "company": {"id": f"biz_{one}"}, "metadata": {"company": "kept"}}
        one = number()
        yield "POST", f"key-{one}", f'{{"company_id":"biz_{one}","product_id":"prod","initial_price":{one}.10}}', {
            "id": f"plan_{one}", "company": {"id": f"biz_{one}"}, "initial_price": "6.9"}


async def client(index, end):
    connection = None
    work = requests()
    while time.monotonic() < end:
        method, target, body, expected = next(work)
        fields = f"Host: x\r\nAuthorization: Bearer client-{index}\r\n"
        if method == "POST":
            fields += f"Idempotency-Key: {target}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        path = "/api/v1/plans" if method == "POST" else target
        outcome = "none"
        began = time.monotonic()
        try:
            if connection is None:
                # From an address of its own, so that ports do not run out.
                connection = await asyncio.open_connection("127.0.0.1", PORT, local_addr=(f"127.1.0.{index % 250 + 1}", 0))
            reader, writer = connection
            writer.write(f"{method} {path} HTTP/1.1\r\n{fields}\r\n{body or ''}".encode())
            status, head, answer = await asyncio.wait_for(common.messages.answer(reader), 30)
            Told.times.append(time.monotonic() - began)
            outcome = head.get("dateline-outcome", "answered")
            document = json.loads(answer, parse_float=str)
            if status == 200 and document == expected:
                Told.answers["200"] += 1
            elif status == 502 and document["error"]["type"] in FAULTS and outcome in ("not_sent", "unknown", "responded"):
                Told.answers[f"502 {document['error']['type']} {outcome}"] += 1
            else:
                Told.wrong.append(f"{method} {target}: {status} {answer.decode()[:300]}")
            if FRESH or head.get("connection") == "close":
                writer.close()
                connection = None
        except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError) as error:
            # The gateway neither refuses nor drops a client: its configuration is reloaded, not its connections.
            Told.wrong.append(f"{method} {target}: {error!r}")
            connection = None
        if method == "POST":
            Told.writes[target] = outcome


async def main():
    end = time.monotonic() + SECONDS
    await asyncio.gather(*(client(index, end) for index in range(CLIENTS)))
    times = sorted(Told.times)
    print(json.dumps({"answers": Told.answers, "writes": Told.writes, "wrong": Told.wrong, "wrong_count": len(Told.wrong),
                      "median_ms": round(times[len(times) // 2] * 1000, 2), "p99_ms": round(times[len(times) * 99 // 100] * 1000, 2)}))


asyncio.run(main())
