"""A gateway before the sandbox, on a port of its own, with short timeouts; and what every check asks of it."""

import contextlib
import json
import pathlib
import socket
import subprocess
import tempfile
import time

TARGET = "/api/v1/referrals/businesses/bref_pickaxe"
KEY = "tools-test-key"

CONFIG = """
[listen]
address = "127.0.0.1:0"
{tls}
[admin]
address = "127.0.0.1:{admin}"
[timeouts]
handshake = "2s"
request_head = "2s"
request_body_idle = "2s"
request_body = "4s"
response_write = "2s"
keep_alive = "3s"
[log]
format = "json"
filter = "warn,dateline::cli=info"
"""

failed = []


def check(name, holds, detail=""):
    """Prints how it went, and remembers what does not hold."""
    print(f"{'ok    ' if holds else 'FAILED'} {name}{'' if holds else f': {detail}'}", flush=True)
    if not holds:
        failed.append(name)


class Gateway:
    def __init__(self, process, port, admin, scheme):
        self.process, self.port, self.admin, self.scheme = process, port, admin, scheme
        self.url = f"{scheme}://127.0.0.1:{port}"

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def memory(self):
        """Resident bytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) * 1024

    def held(self):
        """How many connections of clients it has not closed: those in ESTABLISHED (1) and CLOSE_WAIT (8)."""
        lines = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(fields[1].endswith(f":{self.port:04X}") and fields[3] in ("01", "08") for fields in lines)

    def serves(self):
        """Whether another client gets the right answer, at once."""
        request = f"GET {TARGET} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nConnection: close\r\n\r\n"
        try:
            with self.connect() as client:
                client.settimeout(5)
                client.sendall(request.encode())
                answer = b"".join(iter(lambda: client.recv(65536), b""))
        except OSError as error:
            return False, repr(error)
        return answer.startswith(b"HTTP/1.1 200 ") and b'"processing_volume":11050.00' in answer, answer[:300]


@contextlib.contextmanager
def serving(program, certificate=None):
    """A gateway that must still be alive, and end cleanly, when its block ends."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        admin = free_port()
        tls = f'tls_cert = "{certificate[0]}"\ntls_key = "{certificate[1]}"' if certificate else ""
        (folder / "dateline.toml").write_text(CONFIG.format(tls=tls, admin=admin))
        log = folder / "log"
        with open(log, "wb") as out:
            process = subprocess.Popen([program, "serve", "--sandbox", "--config", folder / "dateline.toml"],
                                       stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            yield Gateway(process, listening(process, log), admin, "https" if certificate else "http")
            check("the gateway is alive", process.poll() is None, log.read_text()[-2000:])
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
            check("it ends cleanly on SIGTERM", process.returncode == 0, log.read_text()[-2000:])
            check("it never panicked, and never logged the key",
                  "panicked" not in log.read_text() and KEY not in log.read_text(), log.read_text()[-2000:])


def free_port():
    """One that nobody has now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def listening(process, log):
    for _ in range(400):
        for line in log.read_text().splitlines():
            with contextlib.suppress(ValueError):
                event = json.loads(line)
                if event.get("message") == "listening":
                    return int(event["address"].rsplit(":", 1)[1])
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise SystemExit(f"the gateway does not listen:\n{log.read_text()}")
