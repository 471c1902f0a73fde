"""Clients of HTTP/1.0, 1.1 and 2 that say how an answer ended: whole, broken off behind its head, or before it.

HTTP/2 takes python-h2; without it there is no client for it.
"""

import asyncio
import dataclasses

try:
    import h2.config
    import h2.connection
    import h2.events
    import h2.exceptions
except ImportError:
    h2 = None

PROTOCOLS = ["HTTP/1.1", "HTTP/1.1 fresh", "HTTP/1.0"] + (["HTTP/2"] if h2 else [])
WHOLE, BROKEN, NOTHING = "whole", "broken off", "no head"


@dataclasses.dataclass
class Got:
    """What a client has of an answer, by the rules of its protocol and nothing else."""

    how: str
    status: int = 0
    fields: dict = dataclasses.field(default_factory=dict)
    body: bytes = b""
    # The connection can have another request.
    kept: bool = False
    # How a transfer ended that did not end well.
    why: str = ""


async def connect(port, index):
    """A connection from an address of the client's own, so that ports do not run out."""
    return await asyncio.open_connection("127.0.0.1", port, local_addr=(f"127.1.0.{index % 250 + 1}", 0))


class Http1:
    """One connection of HTTP/1.1, or of 1.0."""

    def __init__(self, reader, writer, version, fresh):
        self.reader, self.writer, self.version, self.fresh = reader, writer, version, fresh

    async def ask(self, case, method, fields, body):
        head = f"{method} {case.target} HTTP/{self.version}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        if method == "POST" and case.chunked and self.version == "1.1":
            half = len(body) // 2
            pieces = [piece for piece in (body[:half], body[half:]) if piece]
            head += "transfer-encoding: chunked\r\n"
            body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        elif method == "POST":
            head += f"content-length: {len(body)}\r\n"
        try:
            self.writer.write(head.encode() + b"\r\n" + body)
            if case.half_closes and (self.fresh or self.version == "1.0"):
                self.writer.write_eof()
            await self.writer.drain()
            text = await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            return Got(NOTHING, why=f"closed after {len(error.partial)} bytes of the head")
        except OSError as error:
            return Got(NOTHING, why=repr(error))
        start, *lines = text[:-4].decode("latin-1").split("\r\n")
        got = Got(WHOLE, int(start.split(" ")[1]), {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)})
        try:
            got.body = await self.rest(got.fields, start.split(" ")[0])
        except (asyncio.IncompleteReadError, OSError, ValueError) as error:
            got.how, got.why = BROKEN, repr(error)
        kept = self.version == "1.1" and not self.fresh and got.fields.get("connection") != "close"
        got.kept = kept and got.how == WHOLE and self.ends_itself(got.fields)
        return got

    @staticmethod
    def ends_itself(fields):
        return "content-length" in fields or "transfer-encoding" in fields

    async def rest(self, fields, version):
        """The body. One that says of itself neither how long it is nor where it ends is over with its connection."""
        if "transfer-encoding" not in fields:
            if "content-length" in fields:
                return await self.reader.readexactly(int(fields["content-length"]))
            return await self.reader.read()
        if self.version == "1.0" or version != "HTTP/1.1" or fields["transfer-encoding"] != "chunked" or "content-length" in fields:
            raise SystemExit(f"an answer to HTTP/{self.version} in {version} with {fields}")
        body = []
        while size := int((await self.reader.readuntil(b"\r\n")), 16):
            body.append((await self.reader.readexactly(size + 2))[:-2])
        await self.reader.readexactly(2)
        return b"".join(body)


class Http2:
    """One connection of HTTP/2, with one request at a time."""

    def __init__(self, reader, writer):
        self.reader, self.writer, self.stream = reader, writer, 0
        self.connection = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.connection.initiate_connection()

    async def ask(self, case, method, fields, body):
        """Without a length, as HTTP/2 does not need one."""
        got = Got(NOTHING)
        try:
            fields = {name: value for name, value in fields.items() if name != "host"}
            head = {":method": method, ":scheme": "http", ":authority": "api.example.com", ":path": case.target} | fields
            stream = self.connection.get_next_available_stream_id()
            self.connection.send_headers(stream, list(head.items()), end_stream=not body)
            await self.flush()
            while body or not got.why:
                while body and (room := min(self.connection.local_flow_control_window(stream), self.connection.max_outbound_frame_size)):
                    self.connection.send_data(stream, body[:room], end_stream=len(body) <= room)
                    body = body[room:]
                await self.flush()
                if not (data := await self.reader.read(65536)):
                    got.why = "the connection was closed"
                    break
                for event in self.connection.receive_data(data):
                    self.take(event, stream, got)
                    if got.why:
                        body = b""
            await self.flush()
        except (OSError, h2.exceptions.ProtocolError) as error:
            got.why = repr(error)
        if got.status:
            got.how = WHOLE if got.why == WHOLE else BROKEN
        got.kept = got.how == WHOLE
        return got

    def take(self, event, stream, got):
        """Adds what an event says of the request."""
        if isinstance(event, h2.events.DataReceived):
            self.connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        if getattr(event, "stream_id", stream) != stream:
            return
        if isinstance(event, h2.events.ResponseReceived):
            got.fields = dict(event.headers)
            got.status = int(got.fields[":status"])
        elif isinstance(event, h2.events.DataReceived):
            got.body += event.data
        elif isinstance(event, h2.events.StreamEnded):
            got.why = WHOLE
        elif isinstance(event, h2.events.StreamReset):
            got.why = got.why or f"reset, {event.error_code}"
        elif isinstance(event, h2.events.ConnectionTerminated):
            got.why = got.why or f"GOAWAY, {event.error_code}"

    async def flush(self):
        self.writer.write(self.connection.data_to_send())
        await self.writer.drain()


async def client(protocol, port, index):
    """A connected client."""
    reader, writer = await connect(port, index)
    if protocol == "HTTP/2":
        return Http2(reader, writer)
    return Http1(reader, writer, protocol.split("/")[1].split(" ")[0], "fresh" in protocol)
