"""A gateway before the sandbox, on a port of its own, with short timeouts; and what every check asks of it."""

import contextlib
import pathlib
import socket
import subprocess
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
from common.checks import check, free_ports, resident, stop, wait_for

TARGET = "/api/v1/referrals/businesses/bref_pickaxe"
KEY = "tools-test-key"

CONFIG = """
[listen]
address = "127.0.0.1:{port}"
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

class Gateway:
    def __init__(self, process, port, admin, scheme):
        self.process, self.port, self.admin, self.scheme = process, port, admin, scheme
        self.url = f"{scheme}://127.0.0.1:{port}"

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def memory(self):
        """Resident bytes."""
        return resident(self.process)

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
        port, admin = free_ports(2)
        tls = f'tls_cert = "{certificate[0]}"\ntls_key = "{certificate[1]}"' if certificate else ""
        (folder / "dateline.toml").write_text(CONFIG.format(tls=tls, port=port, admin=admin))
        log = folder / "log"
        with open(log, "wb") as out:
            process = subprocess.Popen([program, "serve", "--sandbox", "--config", folder / "dateline.toml"],
                                       stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            wait_for(port, process, log)
            yield Gateway(process, port, admin, "https" if certificate else "http")
            check("the gateway is alive", process.poll() is None, log.read_text()[-2000:])
        finally:
            check("it ends cleanly on SIGTERM", stop(process) == 0, log.read_text()[-2000:])
            check("it never panicked, and never logged the key",
                  "panicked" not in log.read_text() and KEY not in log.read_text(), log.read_text()[-2000:])
