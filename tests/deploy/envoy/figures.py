"""Load: the proxy, Envoy with the filter, and Envoy alone; answers a second, and processor time of every process.

An answer of half a kilobyte, translated and not, and a list. The ways take turns, so that what the machine does meanwhile meets
all of them; what counts is processor time, which others on the machine change less. The upstream is the sandbox.
"""

import os
import pathlib
import re
import subprocess
import time

from processes import KEY, Ways

ROUNDS, SECONDS, CONNECTIONS = 3, 3, 16
TICK = os.sysconf("SC_CLK_TCK")
TARGETS = {"0.5 KB": "/api/v1/referrals/businesses/bref_pickaxe", "a list": "/api/v1/plans"}


def spent(process):
    """Seconds of processor time so far."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def load(port, target, version):
    """How many answers, of which every one is a 200."""
    done = subprocess.run(
        ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{SECONDS}s", "-H", f"Authorization: Bearer {KEY}",
         "-H", f"Api-Version-Date: {version}", f"http://127.0.0.1:{port}{target}"],
        capture_output=True, text=True, timeout=60, check=True)
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise SystemExit(done.stdout)
    return int(re.search(r"(\d+) requests in", done.stdout).group(1)), done.stdout


def measure(program, folder, stack):
    ways = Ways(program, folder, stack)
    pair = ways.sandboxes("2026-07-01")
    # Envoy without the filter, before the same upstream as with it.
    port = ways.bare()
    ways.start_envoy()
    proxy = next(it for it in ways.started if it.command == "serve")
    cases = {
        "the proxy": (pair.proxy.port, lambda: {"dateline": spent(proxy.process)}),
        "Envoy with the filter": (pair.envoy.port, lambda: {"envoy": spent(ways.envoy), "dateline": spent(pair.processor.process)}),
        "Envoy alone": (port, lambda: {"envoy": spent(ways.envoy)}),
    }
    print("| response | way | responses a second | CPU, microseconds a response |\n|---|---|---|---|")
    for size, target in TARGETS.items():
        for version, what in [("2025-01-01", "translated"), ("2026-07-01", "passing")]:
            rows = {name: [] for name in cases if name != "Envoy alone" or what == "passing"}
            for at in range(ROUNDS + 1):
                for name, rounds in rows.items():
                    to, used = cases[name]
                    before, began = used(), time.monotonic()
                    count, _ = load(to, target, version)
                    took = time.monotonic() - began
                    after = used()
                    # The first round is to warm up.
                    if at:
                        rounds.append((count / took, {it: 1e6 * (after[it] - before[it]) / count for it in after}))
            for name, rounds in rows.items():
                rate = sorted(rate for rate, _ in rounds)[len(rounds) // 2]
                cost = {it: sorted(costs[it] for _, costs in rounds)[len(rounds) // 2] for it in rounds[0][1]}
                told = " + ".join(f"{it} {value:.0f}" for it, value in cost.items())
                print(f"| {size}, {what} | {name} | {rate:.0f} | {told} = {sum(cost.values()):.0f} |", flush=True)
