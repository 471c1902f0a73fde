"""The API as the replicas see it: the sandbox, with what it takes a moment for, and a count of every write.

Each request is passed on to the sandbox as it came. Writes are told apart by their price. A write is followed to its end even where whoever asked has gone: so does an API.

usage: upstream.py PORT SANDBOX_PORT; `GET /counts` tells what it has seen.
"""

import asyncio
import collections
import json
import pathlib
import random
import re
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
from common.messages import message

PORT, SANDBOX = int(sys.argv[1]), int(sys.argv[2])
# Seconds that a read and a write take, at most. Writes take long, so that some are under way whenever a replica dies.
READ, WRITE = 0.02, 0.5


class Seen:
    arrivals = collections.Counter()
    executions = collections.Counter()
    versions = collections.Counter()


async def carry_out(request, write):
    """Asks the sandbox, and counts."""
    await asyncio.sleep(random.uniform(0, WRITE if write else READ))
    reader, writer = await asyncio.open_connection("127.0.0.1", SANDBOX)
    try:
        writer.write(request)
        head, start, fields, body = await message(reader)
    finally:
        writer.close()
    if write and start.split(" ")[1].startswith("2") and "idempotent-replayed" not in fields:
        Seen.executions[write] += 1
    return head + body


async def serve(reader, writer):
    try:
        while True:
            head, start, fields, body = await message(reader)
            if start.startswith("GET /counts"):
                counts = json.dumps({"arrivals": Seen.arrivals, "executions": Seen.executions, "versions": Seen.versions}).encode()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(counts), counts))
                continue
            Seen.versions[fields.get("api-version-date", "none")] += 1
            write = re.search(rb'"initial_price":([0-9.]+)', body)[1].decode() if start.startswith("POST ") else None
            if write:
                Seen.arrivals[write] += 1
            writer.write(await asyncio.shield(asyncio.ensure_future(carry_out(head + body, write))))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", PORT, backlog=1024)
    async with server:
        await server.serve_forever()


asyncio.run(main())
