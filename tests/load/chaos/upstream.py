"""The API at 2026-07-01 for the chaos run, in cleartext and over TLS: it answers each case in the framing and coding that the case says.

What it was sent must be what the case says at its version, and each request is counted where it is carried out, which is when all of
it has arrived. It behaves; what goes wrong is the proxy's doing.

usage: upstream.py SEED PLAIN_PORT TLS_PORT CERTIFICATE KEY; `GET /counts` on the first port tells what it has seen.
"""

import asyncio
import collections
import gzip
import json
import pathlib
import random
import re
import ssl
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2]))
from cases import NEW, Case
from common.messages import message

SEED = sys.argv[1]


class Seen:
    connections = collections.Counter()
    carried_out = collections.Counter()
    wrong = []


def case_of(method, target, fields, body):
    """The case of a request that is what it must be; whatever is not is remembered."""
    number = re.search(rb"(?:plan|bref|wid|exp|biz)_(\d+)", target.encode() + b" " + body)
    if not number:
        Seen.wrong.append(f"{method} {target}: no case")
        return None
    case = Case.of(SEED, int(number[1]))
    wanted = ("POST" if case.writes else "GET", case.target.replace("company_id=", "account_id="))
    if (method, target) != wanted:
        Seen.wrong.append(f"{method} {target} instead of {wanted}")
    if fields.get("api-version-date") != NEW:
        Seen.wrong.append(f"{method} {target}: version {fields.get('api-version-date')}")
    if case.writes and exact(body) != exact(case.sent(NEW)):
        Seen.wrong.append(f"{method} {target}: body {body[:300]!r}")
    if fields.get("idempotency-key") != (f"key-{case.number}" if case.writes and case.key else None):
        Seen.wrong.append(f"{method} {target}: key {fields.get('idempotency-key')}")
    return case


def exact(text):
    """Its values, with the digits of its numbers; a number is not the text that looks like it."""
    return json.loads(text, parse_int=tuple, parse_float=tuple)


def answer(case, last):
    """The pieces of an answer, and whether the connection ends with it."""
    kind = "text/csv" if case.kind == "export" else "application/json"
    body = case.document(NEW).encode()
    coding = ""
    if case.gzip:
        body, coding = gzip.compress(body, 1), "content-encoding: gzip\r\n"
    ends = last or case.framing in ("to the end", "HTTP/1.0")
    head = f"HTTP/1.{0 if case.framing == 'HTTP/1.0' else 1} 200 OK\r\ncontent-type: {kind}\r\n{coding}"
    if case.framing == "length":
        head += f"content-length: {len(body)}\r\n"
    elif case.framing == "chunked":
        head += "transfer-encoding: chunked\r\n"
    head += "connection: close\r\n\r\n" if ends and case.framing != "HTTP/1.0" else "\r\n"
    # The head alone, so that a connection can break between the two.
    yield head.encode()
    for piece in (body[at:at + 16_384] for at in range(0, len(body), 16_384)):
        yield b"%x\r\n%s\r\n" % (len(piece), piece) if case.framing == "chunked" else piece
    if case.framing == "chunked":
        yield b"0\r\n\r\n"
    if ends:
        yield None


async def serve(reader, writer):
    way = "tls" if writer.get_extra_info("ssl_object") else "plain"
    Seen.connections[way] += 1
    left = random.Random(f"{SEED}/{way}/{Seen.connections[way]}").randrange(1, 12)
    try:
        while True:
            _, start, fields, body = await message(reader)
            method, target, _ = start.split(" ")
            if target == "/counts":
                text = json.dumps({"carried_out": Seen.carried_out, "wrong": Seen.wrong, "connections": Seen.connections})
                writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {len(text)}\r\n\r\n{text}".encode())
                continue
            case = case_of(method, target, fields, body)
            if case is None:
                return
            Seen.carried_out[case.number] += 1
            left -= 1
            for piece in answer(case, left == 0):
                if piece is None:
                    return
                writer.write(piece)
                await writer.drain()
    except (asyncio.IncompleteReadError, OSError):
        pass
    finally:
        writer.close()


async def main():
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(sys.argv[4], sys.argv[5])
    # What a handshake that the proxy has broken leaves behind is no news.
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[2]), backlog=1024)
    await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[3]), ssl=tls, backlog=1024)
    await asyncio.Event().wait()


asyncio.run(main())
