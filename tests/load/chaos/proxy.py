"""A TCP proxy that does to connections what networks, load balancers and dying servers do to them.

Of each connection is drawn whether something happens to it, what, in which direction and after how many bytes:

- `reset`: both sides are reset, at any byte, the first one among them;
- `half-close`: no more is sent in that direction, which ends as if it were over, while more is due;
- `drip`: the next bytes come one or a few at a time;
- `stall`, `long stall`: nothing comes for a while, shorter or longer than the gateway waits;
- `cut record` (TLS): the connection ends or is reset in the middle of a record.

Now and then nobody listens at all, so that connections are refused. Bytes are never altered. SIGUSR1 ends the chaos and not the proxy;
on SIGTERM it says what it has done, as one line of JSON.

usage: proxy.py SEED SHORT_STALL LONG_STALL PORT:UPSTREAM_PORT:plain|tls ...
"""

import asyncio
import collections
import json
import math
import random
import signal
import socket
import struct
import sys

SEED, SHORT, LONG = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
# In so many of a hundred connections something happens.
FAULTY = 60
FAULTS = {"reset": 4, "half-close": 5, "drip": 2, "stall": 2, "long stall": 1, "cut record": 4}
APPLICATION_DATA = 23


class Done:
    connections = refusing = live = 0
    struck = collections.Counter()
    calm = asyncio.Event()
    # The event loop holds its tasks weakly, and a server that is closed no longer holds them at all.
    tasks = set()


class Over(Exception):
    """This direction ends here."""


class Fault:
    """What happens to a connection, once, after so many bytes of one direction."""

    def __init__(self, draw, tls):
        self.draw = draw
        self.kind = draw.choices(list(FAULTS), list(FAULTS.values()))[0]
        if self.kind == "cut record" and not tls:
            self.kind = "half-close"
        self.down = self.kind == "cut record" or draw.random() < 0.75
        # As often in the first hundred bytes as in the next thousand and in all the others.
        self.at = int(math.exp(draw.uniform(0, math.log(400_000 if self.down else 30_000)))) - 1

    def strikes(self):
        Done.struck[f"{self.kind} {'down' if self.down else 'up'}"] += 1


class Link:
    """One connection through the proxy."""

    def __init__(self, below, above, fault):
        self.below, self.above, self.fault = below, above, fault

    def reset(self):
        for _, writer in (self.below, self.above):
            if sock := writer.get_extra_info("socket"):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def run(self):
        try:
            await asyncio.gather(self.pump(self.below[0], self.above[1], down=False), self.pump(self.above[0], self.below[1], down=True))
        except OSError:
            self.reset()
        finally:
            self.below[1].close()
            self.above[1].close()

    async def pump(self, reader, writer, down):
        """Passes bytes on in one direction, up to its end."""
        fault = self.fault if self.fault and self.fault.down == down else None
        try:
            if fault and fault.kind == "cut record":
                await self.cut_record(reader, writer, fault)
            passed = 0
            while data := await reader.read(65536):
                if fault and passed + len(data) > fault.at and not Done.calm.is_set():
                    writer.write(data[:fault.at - passed])
                    data, fault = await self.strike(fault, data[fault.at - passed:], writer), None
                passed += len(data)
                writer.write(data)
                await writer.drain()
        except Over:
            # The other side is to see an end, not that nobody reads what it sends.
            writer.write_eof()
            while await reader.read(65536):
                pass
            return
        writer.write_eof()

    async def strike(self, fault, rest, writer):
        """Has the fault happen, and gives what is still to be passed on."""
        fault.strikes()
        if fault.kind == "reset":
            raise ConnectionResetError
        if fault.kind == "half-close":
            raise Over
        if fault.kind == "drip":
            for _ in range(fault.draw.randrange(20, 200)):
                size = fault.draw.randrange(1, 4)
                writer.write(rest[:size])
                await writer.drain()
                rest = rest[size:]
                await asyncio.sleep(0.002)
            return rest
        await asyncio.sleep(LONG if fault.kind == "long stall" else SHORT)
        return rest

    async def cut_record(self, reader, writer, fault):
        """Passes TLS records on, up to the one that it passes on in part."""
        passed = 0
        while not Done.calm.is_set():
            try:
                head = await reader.readexactly(5)
                record = head + await reader.readexactly(int.from_bytes(head[3:], "big"))
            except asyncio.IncompleteReadError as error:
                writer.write(error.partial)
                return
            if passed >= fault.at and head[0] == APPLICATION_DATA:
                fault.strikes()
                writer.write(record[:fault.draw.randrange(1, len(record))])
                await writer.drain()
                if fault.draw.random() < 0.5:
                    raise ConnectionResetError
                raise Over
            writer.write(record)
            await writer.drain()
            passed += len(record)


class Door:
    """A port that leads to the upstream, and is shut now and then."""

    def __init__(self, port, upstream, way):
        self.port, self.upstream, self.way, self.accepted, self.server = int(port), int(upstream), way, 0, None

    async def open(self):
        self.server = await asyncio.start_server(self.accept, "127.0.0.1", self.port, backlog=1024)

    async def accept(self, reader, writer):
        Done.tasks.add(asyncio.current_task())
        self.accepted += 1
        Done.connections += 1
        Done.live += 1
        draw = random.Random(f"{SEED}/{self.way}/{self.accepted}")
        fault = Fault(draw, self.way == "tls") if not Done.calm.is_set() and draw.randrange(100) < FAULTY else None
        try:
            above = await asyncio.open_connection("127.0.0.1", self.upstream)
            await Link((reader, writer), above, fault).run()
        except OSError:
            writer.transport.abort()
        finally:
            Done.live -= 1
            Done.tasks.discard(asyncio.current_task())

    async def live(self):
        """Listens until the chaos is over, with pauses."""
        draw = random.Random(f"{SEED}/{self.way}")
        await self.open()
        while not Done.calm.is_set():
            try:
                await asyncio.wait_for(Done.calm.wait(), draw.uniform(1, 3))
            except asyncio.TimeoutError:
                self.server.close()
                Done.refusing += 1
                await asyncio.sleep(draw.uniform(0.05, 0.3))
                await self.open()


async def main():
    over, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    loop.add_signal_handler(signal.SIGUSR1, Done.calm.set)
    doors = [asyncio.create_task(Door(*words.split(":")).live()) for words in sys.argv[4:]]
    await over.wait()
    for door in doors:
        door.cancel()
    print(json.dumps({"connections": Done.connections, "refusing": Done.refusing, "live": Done.live, "struck": Done.struck}), flush=True)


asyncio.run(main())
