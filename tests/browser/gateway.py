"""A gateway before the sandbox, with a configuration file, for as long as a block lasts."""

import contextlib
import http.client
import pathlib
import subprocess
import sys
import tempfile

import traffic

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
from common.checks import free_ports, stop, wait_for


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
            wait_for(port, process, log)
            yield Gateway(process, file, log, port, admin)
        finally:
            stop(process)
