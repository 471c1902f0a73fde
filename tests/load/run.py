#!/usr/bin/env python3
"""Load, reloads and a failing upstream at once, then a network that fails: no wrong answer, no lost write, memory flat.

200 clients at 2025-01-01, over connections that are kept and then over fresh ones, are translated to an upstream at 2026-07-01 that
drops one in fifty of its connections, while the configuration is reloaded every second, every fifth time from a file with a mistake. Then:

- every answer was the expected document, or an error that the upstream's drops explain, and there are no more of those than drops;
- no write was carried out twice; one that was answered with 200, or told `responded`, once; one told `not_sent`, never;
- the gateway's memory at the end is what it was after the first quarter.

After that the chaos run (chaos/): clients of HTTP/1.0, 1.1 and 2 at three versions, reads and writes, lists and single objects, small and large;
answers in every framing, with gzip and without; and between gateway and API, in cleartext and over TLS, a proxy that resets, half-closes, drips,
stalls, cuts TLS records and refuses connections. The same holds there, and more: every request reaches a client as an answer or as a transfer that
is visibly broken off behind its head, the log says the same, and nothing is left behind.

Loopback only, bounded in time. Exit code 1 where anything is not so. The seed of the chaos is printed; the same seed draws the same requests,
answers and faults, though not in the same order.

usage: run.py PATH_OF_THE_DATELINE_PROGRAM [SECONDS_EACH] [--clients N] [--chaos-clients N] [--seed SEED] [--only keep-alive|fresh|chaos]
"""

import argparse
import json
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
from chaos.phase import chaos
from common.checks import Programs, check, end, fetch, free_ports, wait_for
from watch import MEMORY, Watch

HERE = pathlib.Path(__file__).parent


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program", type=pathlib.Path, help="the dateline program")
    parser.add_argument("seconds", type=float, nargs="?", default=60, help="for each of the runs")
    parser.add_argument("--clients", type=int, default=200, help="of the first two")
    parser.add_argument("--chaos-clients", type=int, default=64, help="of the chaos")
    parser.add_argument("--seed", default=str(random.randrange(1_000_000)), help="of the chaos")
    parser.add_argument("--only", choices=("keep-alive", "fresh", "chaos"), help="one of them alone")
    return parser.parse_args()


ARGUMENTS = arguments()
PROGRAM, SECONDS, CLIENTS = ARGUMENTS.program.resolve(), ARGUMENTS.seconds, ARGUMENTS.clients

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


def phase(way, port, admin, upstream, gateway, write):
    before, reloads_before = asked(upstream, "/counts"), asked(admin, "/reloads")["reloads"]
    watch = Watch(gateway, write)
    watch.start()
    run = subprocess.run([sys.executable, HERE / "clients.py", str(port), str(SECONDS), str(CLIENTS), way],
                         stdout=subprocess.PIPE, timeout=SECONDS + 90)
    first, last = watch.end()
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


def load(programs, ways):
    """The runs against an upstream that drops connections."""
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
    for way in ways:
        phase(way, port, admin, upstream, gateway, write)
    gateway.send_signal(signal.SIGTERM)
    check("the gateway ends cleanly", gateway.wait(timeout=30) == 0)
    api.kill()


with tempfile.TemporaryDirectory() as folder, Programs(pathlib.Path(folder)) as programs:
    ways = [way for way in ("keep-alive", "fresh") if ARGUMENTS.only in (None, way)]
    if ways:
        load(programs, ways)
    if ARGUMENTS.only in (None, "chaos"):
        print(f"chaos: --seed {ARGUMENTS.seed}", flush=True)
        chaos(PROGRAM, programs, SECONDS, ARGUMENTS.chaos_clients, ARGUMENTS.seed)

end()
