#!/usr/bin/env python3
"""How long until a client has the first translated byte of a list, after the upstream has sent the first element.

Two upstreams at 2026-07-01, read by a client at 2026-06-09: one sends an element of 0.5 KB every 100 ms without a
length, one sends a list of 10 MB at once. Prints milliseconds, the median and the slowest of the rounds.

usage: first_byte.py DATELINE [ROUNDS]"""
import pathlib, socket, statistics, subprocess, sys, tempfile, threading, time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "tests"))
from common.checks import free_port, listens, stop, until

ELEMENT = (
    b'{"id":"bref_%d","volume_usd":{"attributed":"1000.50","awaiting_settlement":"0.00","settled":"1000.50"},'
    b'"earnings_usd":{"total":"10.00","pending":"2.50","completed":"7.50"},"note":"' + b"x" * 280 + b'"}'
)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def trickle(connection, sent):
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(b'{"data":[' + ELEMENT % 0))
    sent.append(time.perf_counter())
    for n in range(1, 4):
        time.sleep(0.1)
        connection.sendall(chunk(b"," + ELEMENT % n))
    connection.sendall(chunk(b"]}") + b"0\r\n\r\n")


def large(connection, sent):
    body = b'{"data":[' + b",".join(ELEMENT % n for n in range(10_000_000 // len(ELEMENT))) + b"]}"
    sent.append(time.perf_counter())
    connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)


def upstream(answer, sent):
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=answers, args=(connection,), daemon=True).start()

    def answers(connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = b""
        while data := connection.recv(65536):
            head += data
            if head.endswith(b"\r\n\r\n"):
                head = b""
                answer(connection, sent)

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


def first_byte(port):
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        client.sendall(
            b"GET /api/v1/referrals/businesses HTTP/1.1\r\nHost: x\r\nApi-Version-Date: 2026-06-09\r\nConnection: close\r\n\r\n"
        )
        got = b""
        while b'"processing_volume":' not in got:
            data = client.recv(65536)
            if not data:
                raise SystemExit(f"no translated element came: {got[:300]!r}")
            got += data
        at = time.perf_counter()
        while client.recv(1 << 20):
            pass
        return at


def main():
    dateline, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20
    for name, answer in (("an element every 100 ms", trickle), ("a list of 10 MB", large)):
        sent = []
        port = free_port()
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as config:
            config.write(
                f'[listen]\naddress = "127.0.0.1:{port}"\n[admin]\naddress = "off"\n'
                f'[upstream]\nurl = "http://127.0.0.1:{upstream(answer, sent)}"\nversion = "2026-07-01"\n'
            )
            config.flush()
            gateway = subprocess.Popen([dateline, "serve", "--config", config.name], stdout=subprocess.DEVNULL)
            try:
                until("the gateway listens", lambda: listens(port))
                took = [(first_byte(port) - sent[-1]) * 1000 for _ in range(rounds)]
            finally:
                stop(gateway)
        print(f"{name}: median {statistics.median(took):.1f} ms, slowest {max(took):.1f} ms, of {rounds}")


if __name__ == "__main__":
    main()
