"""HTTP/2 floods, written with python-h2's own frames: the connection ends, memory is bounded, others are served."""

import contextlib
import socket
import time

import h2.config
import h2.connection
from hyperframe import frame

from gateway import KEY, TARGET, check

FRAMES = 20_000
# Of what one hostile connection may cost; a gateway that keeps what it is sent goes far beyond.
MEMORY = 48 << 20
ENDS_WITHIN = 15


class Hostile:
    """A connection past its preface, on which anything can be sent."""

    def __init__(self, gateway):
        self.socket = gateway.connect()
        self.state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
        self.state.initiate_connection()
        self.socket.sendall(self.state.data_to_send())
        self.stream = -1
        self.read = b""

    def headers(self, method="GET", end=True):
        """The frame of a new stream's head."""
        self.stream += 2
        fields = [(":method", method), (":scheme", "http"), (":authority", "x"), (":path", TARGET),
                  ("authorization", f"Bearer {KEY}")]
        flags = ["END_HEADERS"] + (["END_STREAM"] if end else [])
        return frame.HeadersFrame(self.stream, self.state.encoder.encode(fields), flags=flags)

    def flood(self, batches):
        """Sends frames for as long as they are taken; whether the other side has ended it."""
        self.socket.settimeout(ENDS_WITHIN)
        try:
            for batch in batches:
                self.socket.sendall(b"".join(part.serialize() for part in batch))
            deadline = time.monotonic() + ENDS_WITHIN
            while time.monotonic() < deadline:
                if not self.take():
                    return True
        except socket.timeout:
            return False
        except ConnectionError:
            # What it said before can still be read.
            with contextlib.suppress(OSError):
                while self.take():
                    pass
            return True
        return False

    def take(self):
        part = self.socket.recv(1 << 16)
        self.read += part
        return bool(part)

    def away(self):
        """The error code of the GOAWAY that it was sent (RFC 9113, 7)."""
        rest = self.read
        while len(rest) >= 9:
            read, length = frame.Frame.parse_frame_header(memoryview(rest[:9]))
            if isinstance(read, frame.GoAwayFrame):
                return int.from_bytes(rest[13:17], "big")
            rest = rest[9 + length:]
        return None


def rapid_reset(hostile):
    return ([hostile.headers(), frame.RstStreamFrame(hostile.stream, error_code=8)] for _ in range(FRAMES // 2))


def made_you_reset(hostile):
    """The other side is made to reset the streams (CVE-2025-8671): their windows overflow."""
    most = (1 << 31) - 1
    return ([hostile.headers(), frame.WindowUpdateFrame(hostile.stream, window_increment=most)] for _ in range(FRAMES // 2))


def continuation(hostile):
    head = hostile.headers()
    head.flags.discard("END_HEADERS")
    yield [head]
    # Literal fields without an end, each of 1000 bytes.
    part = b"\x00\x7f\x81\x03" + b"a" * 512 + b"\x7f\xe1\x02" + b"b" * 480
    for _ in range(FRAMES):
        yield [frame.ContinuationFrame(hostile.stream, part)]


def empty_data(hostile):
    yield [hostile.headers("POST", end=False)]
    for _ in range(FRAMES):
        yield [frame.DataFrame(hostile.stream, b"")]


def settings(_):
    return ([frame.SettingsFrame(0, settings={3: 100})] for _ in range(FRAMES))


def ping(_):
    return ([frame.PingFrame(0, b"whatever")] for _ in range(FRAMES))


# SETTINGS and PING are answered, as they must be, until they stop; then the connection is closed as an unused one.
FLOODS = {
    "rapid reset": rapid_reset,
    "made-you-reset": made_you_reset,
    "CONTINUATION": continuation,
    "empty DATA": empty_data,
    "SETTINGS": settings,
    "PING": ping,
}


def floods(gateway):
    for name, make in FLOODS.items():
        before = gateway.memory()
        hostile = Hostile(gateway)
        started = time.monotonic()
        ended = hostile.flood(make(hostile))
        took, after = time.monotonic() - started, gateway.memory()
        check(f"python-h2, {name}: its connection ends (after {took:.1f} s, GOAWAY {hostile.away()})", ended, "it is still open")
        check(f"python-h2, {name}: memory is bounded (+{(after - before) >> 10} KiB)", after - before < MEMORY, f"{before} -> {after}")
        check(f"python-h2, {name}: a client is served after it", *gateway.serves())
        hostile.socket.close()
