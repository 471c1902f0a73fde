"""The API at 2026-07-01, as far as the load needs it; it drops one in fifty of its connections.

A connection lives for some answers and then ends as announced, so that new ones come all the time. One in fifty ends in another way:
closed before a word, reset after a request was read (and carried out), or closed in the middle of an answer.

usage: upstream.py PORT; `GET /counts` tells what it has seen.
"""

import asyncio
import collections
import json
import pathlib
import random
import re
import socket
import struct
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
from common.messages import message

VERSION = "2026-07-01"
DROPS = ("before a word", "after the request", "in the answer")


class Seen:
    connections = answers = 0
    drops = collections.Counter()
    executions = collections.Counter()
    wrong = []


def referral(number):
    return {"object": "business_referral", "id": f"bref_{number}", "account": {"id": f"biz_{number}", "title": "Größe \"x\""},
            "earnings_usd": {"completed": f"{number}.50", "pending": "45.25", "total": f"{number}.75"}, "payout_percentage": 0.3,
            "metadata": {"processing_volume": "kept"}, "status": "active",
            "volume_usd": {"attributed": f"{number}1050.10", "awaiting_settlement": "250.00", "settled": "10800.00"}}


def answer(method, path, fields, body):
    """Status and document; a write is counted where it is carried out."""
    if fields.get("api-version-date") != VERSION:
        Seen.wrong.append(f"version {fields.get('api-version-date')}")
    if method == "GET" and (found := re.fullmatch(r"/api/v1/referrals/businesses/bref_(\d+)", path)):
        return 200, referral(int(found[1]))
    if method == "GET" and (found := re.fullmatch(r"/api/v1/plans/plan_(\d+)", path)):
        return 200, {"id": f"plan_{found[1]}", "account": {"id": f"biz_{found[1]}"}, "metadata": {"company": "kept"}}
    if method == "POST" and path == "/api/v1/plans":
        key, sent = fields["idempotency-key"], json.loads(body, parse_float=str)
        number = key.removeprefix("key-")
        if sent != {"account_id": f"biz_{number}", "product_id": "prod", "initial_price": f"{number}.10"}:
            Seen.wrong.append(f"body {sent}")
        Seen.executions[key] += 1
        return 200, {"id": f"plan_{number}", "account": {"id": f"biz_{number}"}, "initial_price": 6.9}
    if path == "/counts":
        return 200, {"connections": Seen.connections, "answers": Seen.answers, "drops": Seen.drops,
                     "executions": Seen.executions, "wrong": Seen.wrong}
    Seen.wrong.append(f"{method} {path}")
    return 404, {}


async def serve(reader, writer):
    Seen.connections += 1
    drop = DROPS[Seen.connections // 50 % 3] if Seen.connections % 50 == 0 else None
    left = random.randrange(1, 3) if drop else random.randrange(5, 40)
    try:
        if drop == "before a word":
            Seen.drops[drop] += 1
            return
        while left > 0:
            _, start, fields, body = await message(reader)
            method, path, _ = start.split(" ")
            left -= 1
            status, document = answer(method, path, fields, body)
            if left == 0 and drop == "after the request" and path != "/counts":
                Seen.drops[drop] += 1
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            body = json.dumps(document, ensure_ascii=False).encode()
            last = b"connection: close\r\n" if left == 0 else b""
            text = b"HTTP/1.1 %d OK\r\ncontent-type: application/json\r\n%scontent-length: %d\r\n\r\n%s" % (status, last, len(body), body)
            if left == 0 and drop == "in the answer" and path != "/counts":
                Seen.drops[drop] += 1
                text = text[:-20]
            Seen.answers += 1
            writer.write(text)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]), backlog=1024)
    async with server:
        await server.serve_forever()


asyncio.run(main())
