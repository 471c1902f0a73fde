"""The memory that a gateway takes for each connection of a client that waits for its next request.

    python3 benches/idle_connections.py target/dist/dateline [CONNECTIONS] [--post] [--seconds N]

Each connection makes one exchange, a read or a small write (--post), with the sandbox as the upstream. After N seconds (15 unless
told) in which nothing happens, what is resident more than before is divided by the number of connections. Linux only; the
hard limit of open files must be over twice the number of connections."""
import argparse
import os
import pathlib
import re
import resource
import socket
import subprocess
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "tests"))
from common.checks import resident

READ = b"GET /api/v1/referrals/businesses/bref_pickaxe HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer test\r\n\r\n"
BODY = b'{"company_id":"biz_pickaxe"}'
WRITE = (b"POST /api/v1/plans HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer test\r\nContent-Type: application/json\r\n"
         b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY))


def exchange(connection, request):
    connection.sendall(request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += more(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.I)
    if length:
        while len(body) < int(length.group(1)):
            body += more(connection)
        return
    while not body.endswith(b"0\r\n\r\n"):
        body += more(connection)


def more(connection):
    came = connection.recv(65536)
    if not came:
        sys.exit("the gateway has ended a connection")
    return came


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("program")
    asked.add_argument("connections", nargs="?", type=int, default=10_000)
    asked.add_argument("--post", action="store_true")
    asked.add_argument("--seconds", type=float, default=15)
    asked = asked.parse_args()
    wanted = 2 * asked.connections + 1000
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        sys.exit(f"the hard limit of open files is {hard}: {wanted} are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    environment = {
        **os.environ,
        "DATELINE_LISTEN__ADDRESS": "127.0.0.1:0",
        "DATELINE_ADMIN__ADDRESS": "off",
        "DATELINE_LOG__FORMAT": "json",
        "DATELINE_TIMEOUTS__KEEP_ALIVE": "10m",
        "DATELINE_LIMITS__CONNECTIONS": str(asked.connections + 10),
    }
    process = subprocess.Popen([asked.program, "serve", "--sandbox"], env=environment, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
    try:
        port = None
        while port is None:
            found = re.search(rb'"address":"127.0.0.1:(\d+)"', process.stdout.readline())
            port = found and int(found.group(1))
        # Its log is read by nobody from here on: it drops what nobody reads.
        request = WRITE if asked.post else READ
        warm = socket.create_connection(("127.0.0.1", port))
        for _ in range(200):
            exchange(warm, request)
        time.sleep(3)
        before = resident(process)
        connections = []
        for _ in range(asked.connections):
            connection = socket.create_connection(("127.0.0.1", port))
            exchange(connection, request)
            connections.append(connection)
        at_once = resident(process)
        time.sleep(asked.seconds)
        after = resident(process)
        # Each of them still serves.
        for connection in connections[:: max(1, asked.connections // 100)]:
            exchange(connection, request)
        for name, bytes_ in (("at once", at_once), (f"after {asked.seconds:g} s", after)):
            print(f"{name}: {(bytes_ - before) / asked.connections / 1000:.1f} kB a connection, {(bytes_ - before) / 1e6:.1f} MB for all")
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    main()
