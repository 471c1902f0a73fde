#!/usr/bin/env python3
"""Three replicas behind a balancer, under load, while one is killed, one is rolled, and the pack of all is changed.

The balancer runs with the file in deploy/, in which only addresses are replaced. Clients of four versions read and write; each answer is
compared in full with what the API itself says at that version. Then:

- no answer was wrong, ever, no read failed, and no write that had an Idempotency-Key: each was carried out exactly once, those too that
  were under way on the replica that was killed (SIGKILL), and that the balancer sent to another;
- of writes without one, only those failed that were under way there: nobody can tell whether they have happened. None was sent twice.

Loopback only, bounded in time. Exit code 1 where anything is not so.

usage: fleet.py PATH_OF_THE_DATELINE_PROGRAM haproxy|envoy PATH_OF_ITS_PROGRAM [CLIENTS]
"""

import asyncio
import collections
import json
import pathlib
import re
import signal
import sys
import tempfile
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
from common.checks import Programs, check, end, fetch, free_ports, listens, until
from clients import Load, natively
from volumes import ConfigMapVolume

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM, KIND, BALANCER = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3]
CLIENTS = int(sys.argv[4]) if len(sys.argv) > 4 else 24
BEFORE, AFTER = "2026-06-20", "2026-07-01"

CONFIG = """
[listen]
address = "127.0.0.1:{port}"
[admin]
address = "127.0.0.1:{admin}"
[upstream]
url = "http://127.0.0.1:{upstream}"
[transforms]
path = "{pack}"
[timeouts]
shutdown_delay = "{delay}"
[log]
format = "json"
"""


def pack_files(without=None):
    return {file.name: file.read_text() for file in sorted((ROOT / "transforms/whop").glob("*.toml")) if file.stem != without}


class Replica:
    def __init__(self, programs, name, port, admin, upstream, pack):
        self.programs, self.name, self.port, self.admin = programs, name, port, admin
        delay = re.search(r"shutdown_delay \((\d+s) here\)", balancer_file().read_text())[1]
        self.config = programs.folder / f"{name}.toml"
        self.config.write_text(CONFIG.format(port=port, admin=admin, upstream=upstream, pack=pack, delay=delay))

    def start(self):
        self.process = self.programs.start(self.name, PROGRAM, "serve", "--config", self.config)
        until(f"{self.name} is ready", lambda: fetch(self.admin, "/readyz")[0] == 200)

    def requests(self):
        counts = re.findall(r"^dateline_requests_total\{.*\} (\d+)", fetch(self.admin, "/metrics")[1], re.M)
        return sum(map(int, counts))

    def under_way(self):
        return int(re.search(r"^dateline_in_flight (\d+)", fetch(self.admin, "/metrics")[1], re.M)[1])

    def newest(self):
        return json.loads(fetch(self.admin, "/reloads")[1])["pack"]["newest"]


def balancer_file():
    return ROOT / {"haproxy": "deploy/haproxy/haproxy.cfg", "envoy": "deploy/envoy/balance.yaml"}[KIND]


def balancer(programs, port, replicas):
    """The deployed file, at addresses of this machine."""
    text = balancer_file().read_text()

    def put(old, new, times):
        nonlocal text
        if text.count(old) != times:
            raise SystemExit(f"{balancer_file()} says `{old}` {text.count(old)} times, not {times}")
        text = text.replace(old, new)

    for replica, address in zip(replicas, ("10.0.0.11", "10.0.0.12", "10.0.0.13")):
        if KIND == "haproxy":
            put(f"{address}:8080 addr {address} port 9090", f"127.0.0.1:{replica.port} addr 127.0.0.1 port {replica.admin}", 1)
        else:
            put(f"address: {address}, port_value: 8080 }} }}\n                  health_check_config: {{ port_value: 9090 }}",
                f"address: 127.0.0.1, port_value: {replica.port} }} }}\n"
                f"                  health_check_config: {{ port_value: {replica.admin} }}", 1)
    if KIND == "haproxy":
        put("bind 127.0.0.1:8080", f"bind 127.0.0.1:{port}", 1)
    else:
        put("address: 127.0.0.1, port_value: 8080", f"address: 127.0.0.1, port_value: {port}", 1)
    file = programs.folder / balancer_file().name
    file.write_text(text)
    command = [BALANCER, "-db", "-f", file] if KIND == "haproxy" else [
        BALANCER, "-c", file, "--concurrency", "2", "--log-level", "warn", "--disable-hot-restart"]
    process = programs.start(KIND, *command)
    until(f"{KIND} listens", lambda: listens(port) or process.poll() is not None)
    return process


async def takes_part(replica):
    """Until the balancer has sent it something."""
    began = time.monotonic()
    before = await asyncio.to_thread(replica.requests)
    while await asyncio.to_thread(replica.requests) < before + 20:
        if time.monotonic() > began + 20:
            raise SystemExit(f"{replica.name} is sent nothing")
        await asyncio.sleep(0.1)


async def busy(load):
    """Until clients of every version have read and written in this phase."""
    began = time.monotonic()
    while not load.is_busy():
        if time.monotonic() > began + 40:
            return
        await asyncio.sleep(0.1)


async def drive(load, replicas, pack):
    """What happens to the fleet, one thing after another."""
    killed, rolled, _ = replicas
    await busy(load)

    # With writes under way, which take longer than reads.
    while await asyncio.to_thread(killed.under_way) < 4:
        await asyncio.sleep(0.01)
    load.phase = "killed"
    killed.process.kill()
    await asyncio.to_thread(killed.process.wait)
    await busy(load)
    await asyncio.to_thread(killed.start)
    await takes_part(killed)

    load.phase = "rolled"
    rolled.process.send_signal(signal.SIGTERM)
    code = await asyncio.to_thread(rolled.process.wait, 60)
    check("the rolled one has drained and ended cleanly", code == 0 and '"drained"' in rolled.programs.log(rolled.name), code)
    await asyncio.to_thread(rolled.start)
    await takes_part(rolled)
    await busy(load)

    load.phase = "changed"
    pack.put(pack_files())
    for _ in range(200):
        if all([await asyncio.to_thread(replica.newest) == AFTER for replica in replicas]):
            break
        await asyncio.sleep(0.05)
    newest = [replica.newest() for replica in replicas]
    check("the pack's new version was taken by all, without a restart", newest == [AFTER] * 3, newest)
    await busy(load)
    await asyncio.sleep(1)
    load.phase, load.over = "after", True


async def run(programs):
    port, upstream, sandbox, *rest = free_ports(9)
    pack = ConfigMapVolume(programs.folder / "pack")
    pack.put(pack_files(without=AFTER))
    programs.start("sandbox", PROGRAM, "sandbox", "--address", f"127.0.0.1:{sandbox}")
    programs.start("upstream", sys.executable, pathlib.Path(__file__).parent / "upstream.py", upstream, sandbox)
    until("the API listens", lambda: listens(sandbox) and listens(upstream))
    replicas = [Replica(programs, name, rest[2 * at], rest[2 * at + 1], upstream, pack.folder) for at, name in enumerate("abc")]
    for replica in replicas:
        replica.start()
    process = balancer(programs, port, replicas)
    check(f"{KIND} runs", process.poll() is None, programs.log(KIND)[-2000:])
    # Until it has looked at all three.
    await asyncio.sleep(1.5)
    load = Load(port, await natively(sandbox))
    began = time.monotonic()
    clients = [asyncio.ensure_future(load.client(number)) for number in range(1, CLIENTS + 1)]
    await drive(load, replicas, pack)
    await asyncio.gather(*clients)
    report(load, json.loads(fetch(upstream, "/counts")[1]), time.monotonic() - began, process, programs)


def report(load, seen, seconds, process, programs):
    times = sorted(load.times)
    done = sum(load.answers.values())
    print(f"{KIND}: {CLIENTS} clients, {seconds:.0f} s: {done} responses ({done / seconds:.0f}/s, median {times[len(times) // 2] * 1000:.1f} ms, "
          f"99 % {times[len(times) * 99 // 100] * 1000:.1f} ms), {len(load.keyed)} writes with a key and {len(load.bare)} without; "
          f"the API was asked at {seen['versions']}")
    for phase in ("before", "killed", "rolled", "changed"):
        counts = {method: sum(n for (p, m, _), n in load.answers.items() if (p, m) == (phase, method)) for method in ("GET", "POST")}
        print(f"  {phase:8} {counts['GET']:6} reads {counts['POST']:6} writes, "
              f"{sum(f[0] == phase for f in load.failed)} requests failed", flush=True)
        for came, count in collections.Counter(failure[1] + ": " + failure[3][:90] for failure in load.failed if failure[0] == phase).items():
            print(f"             {count} of {came}", flush=True)
        check(f"{phase}: clients of every version read and wrote", load.is_busy(phase), load.answers)
    arrivals, executions = (collections.Counter(seen[what]) for what in ("arrivals", "executions"))
    again = sum(arrivals[price] - sent for price, sent in load.keyed.items())
    print(f"  {again} writes with a key were sent on again by {KIND}", flush=True)
    wrong = [failure for failure in load.failed if failure[3].startswith("2")]
    check("no response was wrong", not wrong, wrong[:3])
    failures = [failure for failure in load.failed if failure[1] != "a write without a key"]
    check("no read failed, and no write with a key", not failures and not load.unsettled, (len(failures), failures[:3]))
    lost = [failure for failure in load.failed if failure[1] == "a write without a key"]
    check("of writes without one, none failed but on the replica that was killed", all(it[0] == "killed" for it in lost), lost[:3])
    check("some were under way there", again + len(lost) > 0, load.failed[:3])
    twice = {price: executions[price] for price in load.keyed if executions[price] != 1}
    check("every write with a key was carried out exactly once", not twice and len(load.keyed) > 50, twice)
    twice = {price: (arrivals[price], executions[price]) for price, answered in load.bare.items()
             if arrivals[price] > 1 or answered and executions[price] != 1}
    check("no write without one was sent on twice, and each that was answered was carried out", not twice and load.bare, twice)
    check("the API's version was moved on the way", seen["versions"].get(BEFORE, 0) > 50 < seen["versions"].get(AFTER, 0), seen["versions"])
    check(f"{KIND} still runs", process.poll() is None, programs.log(KIND)[-2000:])
    for name in "abc":
        check(f"replica {name} never panicked", "panicked" not in programs.log(name), programs.log(name)[-2000:])


with tempfile.TemporaryDirectory() as folder, Programs(pathlib.Path(folder)) as programs:
    asyncio.run(run(programs))

end()
