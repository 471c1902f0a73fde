#!/usr/bin/env python3
"""How many instructions a request costs the gateway in user space, and how many times that of another build.

Counted by `valgrind --tool=callgrind`, since a clock is no help on a machine that others use, too. For each kind of request the gateway
runs twice, for 500 requests and for 2500, and what the first run took (the start, the first connections, the compilation of plans) is
taken from the second. It has one processor, a JSON log to a file, and 8 connections that each ask as soon as they are answered; every
answer is compared with the document that is expected.

With OTHER it exits with 1 where DATELINE takes more than 3 % more instructions than OTHER, the build to be held to.

usage: instructions.py DATELINE [OTHER]"""
import json, os, pathlib, re, select, signal, socket, subprocess, sys, tempfile, threading

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "tests"))
from common.checks import free_port, wait_for

LIMIT, FEW, MANY, CONNECTIONS = 1.03, 500, 2500, 8
OLD, NEW = "2026-06-09", "2026-07-01"

CONFIG = """
[listen]
address = "127.0.0.1:{port}"
[admin]
address = "off"
[upstream]
url = "http://127.0.0.1:{upstream}"
version = "2026-07-01"
[limits]
connection_requests = 1000000
[log]
format = "json"
"""


def referral(number):
    """What the API says of one at 2026-07-01: 0.5 KB."""
    return {
        "account": {"id": f"biz_{number:014}", "logo_url": f"https://cdn.example.com/logo-{number}.png", "title": f"Größe {number}"},
        "created_at": "2026-06-01T12:00:00Z", "earnings_usd": {"completed": f"{number}.10", "pending": "45.25", "total": f"{number}5.35"},
        "id": f"bref_{number:012}", "object": "business_referral", "payout_percentage": 0.3, "referral_expires_at": "2027-06-01T12:00:00Z",
        "referral_started_at": "2026-06-01T12:00:00Z", "status": "active",
        "volume_usd": {"attributed": f"{number}50.10", "awaiting_settlement": "250.00", "settled": f"{number}00.10"}}


def at_2026_06_09(number):
    """The same as an older client must read it."""
    document = referral(number)
    volume, earnings = document.pop("volume_usd"), document.pop("earnings_usd")
    return document | {
        "currency": "usd", "referred_by_account_id": None, "processing_volume": volume["attributed"],
        "total_earnings": earnings["total"], "pending_payout": earnings["pending"], "completed_payout": earnings["completed"]}


PATHS = {"/api/v1/referrals/businesses/bref_1": referral(1), "/api/v1/referrals/businesses": {"data": [referral(n) for n in range(100)]}}
ONE, LIST = PATHS
CASES = [
    ("one of 0.5 KB, passing", ONE, NEW, PATHS[ONE]),
    ("one of 0.5 KB, translated", ONE, OLD, at_2026_06_09(1)),
    ("a list of 52 KB, passing", LIST, NEW, PATHS[LIST]),
    ("a list of 52 KB, translated", LIST, OLD, {"data": [at_2026_06_09(n) for n in range(100)]}),
]


def upstream():
    """Answers with the documents above, at once and in one piece; gives its port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    answers = {}
    for path, document in PATHS.items():
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        answers[path] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    def serve(connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = b""
        while data := connection.recv(65536):
            head += data
            if head.endswith(b"\r\n\r\n"):
                connection.sendall(answers[head.split(b" ", 2)[1].decode()])
                head = b""

    def accept():
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


class Client:
    """A connection that is kept. What it reads must be the expected document."""

    def __init__(self, port, path, version, expected):
        self.socket = socket.create_connection(("127.0.0.1", port), 60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\nApi-Version-Date: {version}\r\n\r\n".encode()
        self.expected, self.known, self.got = expected, None, b""

    def ask(self):
        self.socket.sendall(self.request)

    def answered(self):
        """Reads what is there, and says whether that was the rest of an answer."""
        data = self.socket.recv(1 << 20)
        if not data:
            raise SystemExit(f"the gateway has closed the connection: {self.got[:300]!r}")
        self.got += data
        head, _, body = self.got.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        whole = len(body) == int(length[1]) if length else body.endswith(b"0\r\n\r\n")
        if not whole:
            return False
        self.compare(head, body if length else joined(body))
        self.got = b""
        return True

    def compare(self, head, body):
        """The first by its values, the others by their bytes."""
        if body != self.known:
            if not head.startswith(b"HTTP/1.1 200 ") or worth(json.loads(body, parse_float=str)) != worth(self.expected):
                raise SystemExit(f"not what is expected: {head.decode()}\n{body[:1000].decode()}")
            self.known = body


def joined(chunks):
    """The text of a body in chunks."""
    text = b""
    while chunks:
        size, _, chunks = chunks.partition(b"\r\n")
        text, chunks = text + chunks[:int(size, 16)], chunks[int(size, 16) + 2:]
    return text


def worth(document):
    """The document with its numbers as text, since money is a number at one version and text at the other."""
    if isinstance(document, dict):
        return {name: worth(value) for name, value in document.items()}
    if isinstance(document, list):
        return [worth(value) for value in document]
    return str(document) if isinstance(document, (int, float)) and not isinstance(document, bool) else document


def asked(port, count, case):
    """Asks so many times in all, over all connections."""
    clients = {client.socket: client for client in (Client(port, *case) for _ in range(CONNECTIONS))}
    left, under_way = count, 0
    for client in clients.values():
        client.ask()
        left, under_way = left - 1, under_way + 1
    while under_way:
        for ready in select.select(list(clients), [], [], 60)[0]:
            if clients[ready].answered():
                under_way -= 1
                if left:
                    clients[ready].ask()
                    left, under_way = left - 1, under_way + 1
    for ready in clients:
        ready.close()


def run(program, folder, api, count, case):
    """The instructions of a whole run of the gateway."""
    port = free_port()
    (folder / "dateline.toml").write_text(CONFIG.format(port=port, upstream=api))
    output = folder / "counted"
    with open(folder / "log", "wb") as log:
        gateway = subprocess.Popen(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={output}", program, "serve", "--config", folder / "dateline.toml"],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, preexec_fn=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}))
    try:
        wait_for(port, gateway, folder / "log", seconds=120)
        asked(port, count, case)
        gateway.send_signal(signal.SIGTERM)
        if gateway.wait(60) != 0:
            raise SystemExit((folder / "log").read_text()[-3000:])
    finally:
        gateway.kill()
        gateway.wait()
    return int(re.search(r"^(?:summary|totals): (\d+)", output.read_text(), re.MULTILINE)[1])


def main():
    if not 2 <= len(sys.argv) <= 3:
        raise SystemExit(__doc__.rsplit("\n\n", 1)[1])
    programs = [str(pathlib.Path(name).resolve()) for name in sys.argv[1:]]
    api, worst = upstream(), 0
    with tempfile.TemporaryDirectory() as folder:
        for name, *case in CASES:
            each = [(run(program, pathlib.Path(folder), api, MANY, case) - run(program, pathlib.Path(folder), api, FEW, case)) / (MANY - FEW)
                    for program in programs]
            ratio = each[0] / each[-1]
            worst = max(worst, ratio)
            counted = ", ".join(f"{instructions / 1000:.1f}" for instructions in each)
            print(f"{name}: {counted} thousand instructions a request{f', ratio {ratio:.3f}' if len(each) == 2 else ''}", flush=True)
    if worst > LIMIT:
        raise SystemExit(f"more than {LIMIT - 1:.0%} more instructions: {worst - 1:.1%}")


if __name__ == "__main__":
    main()
