"""A gateway before the sandbox, with a configuration file, for as long as a block lasts."""

import contextlib
import http.client
import pathlib
import socket
import subprocess
import tempfile
import time

import traffic


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Gateway:
    def __init__(self, process, file, log, port, admin):
        self.process, self.file, self.log, self.port, self.admin = process, file, log, port, admin
        self.page = f"http://127.0.0.1:{admin}/"

    def ask(self, path, method="GET", body=None, fields=()):
        """Status, head and text of what the admin listener answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=20)
        connection.request(method, path, body=body, headers=dict(fields))
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, answer.headers, text


@contextlib.contextmanager
def serving(program, token_sha256=None, shown=False):
    port, admin = free_ports(2)
    with tempfile.TemporaryDirectory() as folder:
        file, log = pathlib.Path(folder, "dateline.toml"), pathlib.Path(folder, "log")
        file.write_text(traffic.configuration(port, admin, token_sha256, shown))
        with open(log, "wb") as out:
            process = subprocess.Popen([program, "serve", "--sandbox", "--config", file],
                                       stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            gateway = Gateway(process, file, log, port, admin)
            listening(gateway)
            yield gateway
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


def listening(gateway):
    for _ in range(400):
        with contextlib.suppress(OSError):
            if gateway.ask("/readyz")[0] == 200:
                return
        if gateway.process.poll() is not None:
            break
        time.sleep(0.05)
    raise SystemExit(f"the gateway does not listen:\n{gateway.log.read_text()}")
