"""What the scripts of these folders share: how a check is told, ports, waiting, and programs that end with the script."""

import contextlib
import pathlib
import random
import socket
import subprocess
import sys
import time
import urllib.request

failed = []


def check(name, holds, detail="", quiet=False):
    """Prints how it went (one of many: only where it does not hold), and remembers what does not hold."""
    if not (quiet and holds):
        print(f"{'ok    ' if holds else 'FAILED'} {name}{'' if holds else f': {detail}'}", flush=True)
    if not holds:
        failed.append(name)
    return holds


def told(name, before):
    """Says that a group of quiet checks has been made, `before` which so many had failed."""
    print(f"{'ok    ' if len(failed) == before else 'FAILED'} {name}", flush=True)


def end():
    """Says how many checks do not hold, and ends the script with 1 if any does not."""
    print(f"{len(failed)} failed" if failed else "all hold")
    sys.exit(1 if failed else 0)


given = set()


def free_port():
    """One that nobody has now, below those that the system gives to clients."""
    while True:
        port = random.randrange(20_000, 32_000)
        if port in given:
            continue
        given.add(port)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def free_ports(count):
    return [free_port() for _ in range(count)]


def until(what, holds, seconds=30):
    """Waits for it; nothing goes on without."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise SystemExit(f"not in {seconds} s: {what}")
        time.sleep(0.05)


def listens(port):
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False


def wait_for(port, process, log, seconds=30):
    """Until a process listens. `log` is the file that it writes."""
    until(f"something listens on {port}", lambda: listens(port) or process.poll() is not None, seconds)
    if not listens(port):
        raise SystemExit(f"nothing listens on {port}:\n{log.read_text()[-3000:]}")


def stop(process, seconds=20):
    """Ends a process by SIGTERM, or by SIGKILL if it takes too long; its exit code."""
    process.terminate()
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return process.returncode


def resident(process):
    """Bytes of memory that a process takes."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


def fetch(port, path, **headers):
    """Status and text."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={k.replace("_", "-"): v for k, v in headers.items()})
    try:
        with direct.open(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return None, repr(error)


class Programs:
    """Programs that are killed when this ends. What they write goes to a file."""

    def __init__(self, folder):
        self.folder, self.running = folder, []

    def start(self, name, *arguments, **options):
        with open(self.folder / f"{name}.log", "ab") as log:
            process = subprocess.Popen([str(part) for part in arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, **options)
        self.running.append(process)
        return process

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.running:
            process.kill()
            process.wait()
