"""The chaos run: two gateways, a proxy that breaks what is between them and the API, and clients that believe nothing.

One gateway reaches the API in cleartext and one over TLS. Afterwards the proxy calms down, and then all must be as it was.
"""

import collections
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

from common.checks import check, fetch, free_ports, until, wait_for
from watch import MEMORY, Watch, descriptors, least_descriptors

from .cases import OBJECT_LIMIT
from .wire import PROTOCOLS

HERE = pathlib.Path(__file__).parent
# Between two pieces of the gateway's patience: a short stall is none, a long one is.
SHORT_STALL, LONG_STALL = "0.4", "4"
WAYS = {"plain": "http", "tls": "https"}
# What a client was told, and how often its request may have been carried out.
CARRIED_OUT = {"answered": {1}, "responded": {1}, "not_sent": {0}, "unknown": {0, 1}}

CONFIG = """
[listen]
address = "127.0.0.1:{port}"
[admin]
address = "127.0.0.1:{admin}"
[upstream]
url = "{scheme}://127.0.0.1:{proxy}"
version = "2026-07-01"
ca_file = "{folder}/ca.pem"
[limits]
request_bytes = {request_bytes}
object_bytes = {object_bytes}
connection_requests = 1000000
[timeouts]
connect = "2s"
response_header = "2s"
response_body_idle = "2s"
upstream_idle = "1s"
[reload]
watch = "off"
[log]
format = "json"
"""


def certificates(folder):
    """An authority, and a certificate of its for the upstream."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    authority = ["-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=load test authority"]
    server = ["-CA", "ca.pem", "-CAkey", "ca.key", "-keyout", "server.key", "-out", "server.pem", "-subj", "/CN=upstream",
              "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]
    for what in (authority, server):
        subprocess.run(["openssl", "req", "-x509", *key, *what], cwd=folder, check=True, capture_output=True)


class Gateway:
    """One of the two."""

    def __init__(self, way, program, programs, proxy):
        self.way, self.folder, self.proxy = way, programs.folder, proxy
        self.port, self.admin = free_ports(2)
        self.write(bad=False, request_bytes=1 << 20)
        direct = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        self.process = programs.start(f"chaos-{way}", program, "serve", "--config", self.folder / f"chaos-{way}.toml", env=direct)
        self.log = self.folder / f"chaos-{way}.log"
        wait_for(self.port, self.process, self.log)
        self.watch = Watch(self.process, self.write)

    def write(self, bad, request_bytes):
        text = CONFIG.format(port=self.port, admin=self.admin, scheme=WAYS[self.way], proxy=self.proxy, folder=self.folder,
                             request_bytes=request_bytes, object_bytes=OBJECT_LIMIT)
        (self.folder / f"new-{self.way}").write_text(text + ("[limitz]\n" if bad else ""))
        (self.folder / f"new-{self.way}").rename(self.folder / f"chaos-{self.way}.toml")

    def figures(self):
        """The metrics without labels, by name."""
        lines = fetch(self.admin, "/metrics")[1].splitlines()
        plain = (line.partition(" ") for line in lines if not line.startswith("#") and "{" not in line)
        return {name: float(value) for name, _, value in plain}

    def quiet(self):
        """Whether nothing is under way, no connection to the upstream waits, and nothing is kept in memory."""
        figures = self.figures()
        return not any(figures[f"dateline_{name}"] for name in ("in_flight", "pool_idle_connections", "memory_kept_bytes", "connections"))


def clients(seed, seconds, count, requests, gateways, *more):
    """What the clients were told."""
    ports = [str(gateway.port) for gateway in gateways]
    run = subprocess.run([sys.executable, HERE / "clients.py", seed, str(seconds), str(count), str(requests), *ports, *more],
                         stdout=subprocess.PIPE, timeout=seconds + 120)
    if run.returncode != 0:
        raise SystemExit("the clients did not come to their end")
    return json.loads(run.stdout)


def chaos(program, programs, seconds, count, seed):
    """Runs it, says what was seen, and checks it."""
    if "HTTP/2" not in PROTOCOLS:
        print("chaos: no client of HTTP/2, which takes python-h2 (tests/tools/requirements.txt)")
    certificates(programs.folder)
    api = dict(zip(WAYS, free_ports(2)))
    doors = dict(zip(WAYS, free_ports(2)))
    server = programs.start("chaos-upstream", sys.executable, HERE / "upstream.py", seed, *api.values(),
                            programs.folder / "server.pem", programs.folder / "server.key")
    wait_for(api["tls"], server, programs.folder / "chaos-upstream.log")
    with open(programs.folder / "proxied", "wb") as proxied:
        ways = [f"{doors[way]}:{api[way]}:{way}" for way in WAYS]
        proxy = subprocess.Popen([sys.executable, HERE / "proxy.py", seed, SHORT_STALL, LONG_STALL, *ways], stdin=subprocess.DEVNULL, stdout=proxied)
    programs.running.append(proxy)
    wait_for(doors["tls"], proxy, programs.folder / "proxied")
    gateways = [Gateway(way, program, programs, doors[way]) for way in WAYS]
    for gateway in gateways:
        until(f"{gateway.way}: the gateway is idle", gateway.quiet)
    before = {gateway.way: descriptors(gateway.process) for gateway in gateways}

    for gateway in gateways:
        gateway.watch.start()
    told = clients(seed, seconds, count, 1_000_000, gateways)
    memory = {gateway.way: gateway.watch.end() for gateway in gateways}
    proxy.send_signal(signal.SIGUSR1)
    time.sleep(float(LONG_STALL))
    for gateway in gateways:
        gateway.write(bad=False, request_bytes=1 << 20)
        gateway.process.send_signal(signal.SIGHUP)
    calm = clients(seed, 60, count, 5, gateways, "calm")
    for gateway in gateways:
        until(f"{gateway.way}: nothing is under way, idle or kept", gateway.quiet)
    # The connection that was asked last may still be closing.
    after = {gateway.way: least_descriptors(gateway.process, before[gateway.way]) for gateway in gateways}
    dropped = sum(gateway.figures()["dateline_log_lines_dropped_total"] for gateway in gateways)
    seen = json.loads(fetch(api["plain"], "/counts")[1])
    proxy.send_signal(signal.SIGTERM)
    check("chaos: the proxy ends", proxy.wait(timeout=30) == 0)
    done = json.loads((programs.folder / "proxied").read_text())
    for gateway in gateways:
        gateway.process.send_signal(signal.SIGTERM)
    for gateway in gateways:
        check(f"chaos: the gateway ends cleanly, {gateway.way}", gateway.process.wait(timeout=30) == 0)
    summary(seconds, count, told, calm, done, memory, before, after)
    judge(count, told, calm, seen, done, memory, before, after)
    judge_logs(gateways, told["ids"] | calm["ids"], dropped)


def astray(told, carried_out):
    """The requests that were carried out otherwise than their clients may believe, a second time above all."""
    counted = ((number, outcome, carried_out.get(number, 0)) for number, outcome in told.items())
    return [one for one in counted if one[2] not in CARRIED_OUT[one[1]]]


def summary(seconds, count, told, calm, done, memory, before, after):
    """What was seen, in figures."""
    errors = {what: number for what, number in sorted(told["answers"].items()) if what != "200"}
    writes = collections.Counter(told["writes"].values())
    print(f"chaos: {count} clients, {seconds:.0f} s: {told['answers'].get('200', 0)} answers whole and as expected (median {told['median_ms']} ms, "
          f"99 % {told['p99_ms']} ms), {told['wrong_count']} wrong; by {told['protocols']}; from the API {told['shapes']}")
    print(f"chaos: {sum(writes.values())} writes, told {dict(writes)}; told by all: {errors}")
    print(f"chaos: {done['connections']} connections between gateway and API, {sum(done['struck'].values())} struck: "
          f"{dict(sorted(done['struck'].items()))}; refused {done['refusing']} times; then {sum(calm['answers'].values())} answers in peace")
    for way in WAYS:
        first, last = (value / (1 << 20) for value in memory[way])
        print(f"chaos: {way}: memory {first:.1f} -> {last:.1f} MiB, descriptors {before[way]} -> {after[way]}")


def judge(count, told, calm, seen, done, memory, before, after):
    """Checks what clients, API and gateways have seen."""
    answers, struck = collections.Counter(told["answers"]), collections.Counter(done["struck"])
    check("chaos: no wrong answer", told["wrong_count"] == 0, "\n".join([f"{told['wrong_count']}"] + told["wrong"][:12]))
    check("chaos: in peace every answer is there", calm["wrong_count"] == 0 and len(calm["reads"]) > 10, calm["wrong"][:5])
    check("chaos: the upstream got every request in its version, whole", not seen["wrong"], seen["wrong"][:5])
    for what in ("writes", "reads"):
        wrong = astray(told[what], seen["carried_out"]) + astray(calm[what], seen["carried_out"])
        check(f"chaos: no {what[:-1]} is lost or carried out twice", not wrong and len(told[what]) > 30, wrong[:5])
    # Neither drips nor short stalls explain any; what had just connected when nobody listened any more was reset.
    cuts = sum(number for kind, number in struck.items() if not kind.startswith(("drip", "stall"))) + done["refusing"] * count // 8
    failures = sum(number for what, number in answers.items() if what == "broken off" or "failed" in what or "truncated" in what)
    check("chaos: there is a fault for every failure", failures <= cuts, (failures, cuts))
    kinds = {kind.rsplit(" ", 1)[0] for kind in struck}
    check("chaos: faults of every kind", kinds >= {"reset", "half-close", "drip", "stall", "cut record"} and done["refusing"], struck)
    every = len(told["shapes"]) == 8 and answers["broken off"] and failures > answers["broken off"]
    check("chaos: answers of every kind", every, (told["shapes"], answers))
    for way in WAYS:
        first, last = memory[way]
        # Answers of hundreds of kilobytes are under way at any time, and not always as many.
        check(f"chaos: memory is flat, {way}", last - first < 2 * MEMORY, memory[way])
        check(f"chaos: no descriptor is left behind, {way}", after[way] <= before[way], (before[way], after[way]))
    check("chaos: no connection to the upstream is left behind", done["live"] == 0, done["live"])


def judge_logs(gateways, ids, dropped):
    """Checks that the log says of every answer what its client got, but for the lines that were counted as dropped, and nothing that is no event."""
    events, torn = {}, []
    for gateway in gateways:
        for line in gateway.log.read_text(errors="replace").splitlines():
            try:
                event = json.loads(line)
                events[event.get("request_id")] = event
            except ValueError:
                torn.append(line[:300])
    check("chaos: every line of the log is whole", not torn, torn[:5])
    wrong, missing = [], 0
    for request_id, (_, how, status, what) in ids.items():
        event = events.get(request_id)
        if event is None:
            missing += 1
            continue
        said = (event["status"], event["complete"])
        told = f"{event['status']} {event.get('error')} {event['outcome']}"
        if said != (status, how == "whole") or how == "whole" and status != 200 and told != what:
            wrong.append((request_id, how, what, said, told))
    check("chaos: the log says what the clients got", not wrong and missing <= dropped, (missing, dropped, len(wrong), wrong[:5]))
