#!/usr/bin/env python3
"""Load, reloads and a failing upstream at once: no wrong answer, no lost write, memory flat.

200 clients at 2025-01-01, over connections that are kept and then over fresh ones, are translated to an upstream at 2026-07-01 that
drops one in fifty of its connections, while the configuration is reloaded every second, every fifth time from a file with a mistake. Then:

- every answer was the expected document, or an error that the upstream's drops explain, and there are no more of those than drops;
- no write was carried out twice; one that was answered with 200, or told `responded`, once; one told `not_sent`, never;
- the gateway's memory at the end is what it was after the first quarter.

Loopback only, bounded in time. Exit code 1 where anything is not so.

usage: run.py PATH_OF_THE_DATELINE_PROGRAM [SECONDS_EACH] [CLIENTS]
"""

import json
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
from common.checks import Programs, check, failed, fetch, free_ports, wait_for

HERE = pathlib.Path(__file__).parent
PROGRAM = pathlib.Path(sys.argv[1]).resolve()
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 60
CLIENTS = int(sys.argv[3]) if len(sys.argv) > 3 else 200
MEMORY = 16 << 20

CONFIG = """
[listen]
address = "127.0.0.1:{port}"
[admin]
address = "127.0.0.1:{admin}"
[upstream]
url = "http://127.0.0.1:{upstream}"
version = "2026-07-01"
[limits]
request_bytes = {request_bytes}
[reload]
watch = "off"
[log]
format = "json"
"""


def asked(port, path):
    """What it says, once it says something: one in fifty connections is dropped."""
    for _ in range(20):
        status, text = fetch(port, path, Api_Version_Date="2026-07-01")
        if status == 200:
            return json.loads(text)
    raise SystemExit(f"no {path}")


class Watch(threading.Thread):
    """Reloads every second, and takes the gateway's memory."""

    def __init__(self, gateway, write):
        super().__init__(daemon=True)
        self.gateway, self.write, self.over, self.memory, self.reloads = gateway, write, threading.Event(), [], 0

    def run(self):
        while not self.over.wait(1):
            self.reloads += 1
            self.write(bad=self.reloads % 5 == 0, request_bytes=(1 << 20) + self.reloads)
            self.gateway.send_signal(signal.SIGHUP)
            status = pathlib.Path(f"/proc/{self.gateway.pid}/status").read_text()
            self.memory.append(int(status.split("VmRSS:")[1].split()[0]) * 1024)


def phase(way, port, admin, upstream, gateway, write):
    before, reloads_before = asked(upstream, "/counts"), asked(admin, "/reloads")["reloads"]
    watch = Watch(gateway, write)
    watch.start()
    run = subprocess.run([sys.executable, HERE / "clients.py", str(port), str(SECONDS), str(CLIENTS), way],
                         stdout=subprocess.PIPE, timeout=SECONDS + 90)
    watch.over.set()
    watch.join()
    time.sleep(0.5)
    check(f"{way}: the clients came to their end", run.returncode == 0)
    told, seen, reloads = json.loads(run.stdout), asked(upstream, "/counts"), asked(admin, "/reloads")["reloads"]
    answers, faults = told["answers"]["200"], sum(count for what, count in told["answers"].items() if what != "200")
    drops = sum(seen["drops"].values()) - sum(before["drops"].values())
    connections = seen["connections"] - before["connections"]
    once = {key: seen["executions"].get(key, 0) for key in told["writes"]}
    wanted = {"answered": {1}, "responded": {1}, "not_sent": {0}, "unknown": {0, 1}, "none": {0, 1}}
    astray = [(key, outcome, once[key]) for key, outcome in told["writes"].items() if once[key] not in wanted[outcome]]
    good, bad = (reloads[how] - reloads_before[how] for how in ("succeeded", "failed"))
    quarter = max(1, len(watch.memory) // 4)
    first, last = statistics.median(watch.memory[quarter:2 * quarter]), statistics.median(watch.memory[-quarter:])
    print(f"{way}: {CLIENTS} clients, {SECONDS:.0f} s: {answers} answers ({answers / SECONDS:.0f}/s, median {told['median_ms']} ms, "
          f"99 % {told['p99_ms']} ms), {len(once)} writes; {good} reloads and {bad} refused; {drops} of {connections} "
          f"upstream connections dropped; errors {dict((what, count) for what, count in told['answers'].items() if what != '200')}; "
          f"memory {first / (1 << 20):.1f} -> {last / (1 << 20):.1f} MiB")
    check(f"{way}: no wrong answer", told["wrong_count"] == 0, told["wrong"][:5])
    check(f"{way}: the upstream got every request in its version", not seen["wrong"], seen["wrong"][:5])
    check(f"{way}: there is an answer for all but what the upstream dropped", answers > 100 and faults <= drops, (faults, drops))
    check(f"{way}: the upstream did drop connections", drops > 0, seen)
    check(f"{way}: no write is lost or carried out twice", not astray and len(once) > 30, astray[:5])
    check(f"{way}: it was reloaded all the time", good >= watch.reloads * 0.6 and bad >= watch.reloads // 6, (good, bad))
    check(f"{way}: memory is flat", last - first < MEMORY, watch.memory)


with tempfile.TemporaryDirectory() as folder, Programs(pathlib.Path(folder)) as programs:
    folder = programs.folder
    port, admin, upstream = free_ports(3)

    def write(bad, request_bytes):
        text = CONFIG.format(port=port, admin=admin, upstream=upstream, request_bytes=request_bytes)
        (folder / "new").write_text(text + ("[limitz]\n" if bad else ""))
        (folder / "new").rename(folder / "dateline.toml")

    write(bad=False, request_bytes=1 << 20)
    api = programs.start("upstream", sys.executable, HERE / "upstream.py", upstream)
    wait_for(upstream, api, folder / "upstream.log")
    gateway = programs.start("gateway", PROGRAM, "serve", "--config", folder / "dateline.toml")
    wait_for(port, gateway, folder / "gateway.log")
    for way in ("keep-alive", "fresh"):
        phase(way, port, admin, upstream, gateway, write)
    gateway.send_signal(signal.SIGTERM)
    check("the gateway ends cleanly", gateway.wait(timeout=30) == 0)

print(f"{len(failed)} failed" if failed else "all hold")
sys.exit(1 if failed else 0)
