"""slowhttptest: slow clients are closed, and nobody else waits for them.

Whether they are closed is seen at the gateway's own sockets: a client that reads slowly reads on for as long as the kernel has
something for it.
"""

import csv
import pathlib
import subprocess
import tempfile
import time

from gateway import TARGET, check

CONNECTIONS = 200
ATTACKS = {
    "slow heads": ["-H", "-i", "1", "-x", "24"],
    "slow bodies": ["-B", "-i", "1", "-x", "24", "-s", "8192", "-t", "POST"],
    "slow reading": ["-X", "-w", "8", "-y", "16", "-n", "1", "-z", "4", "-k", "3"],
}


def attacks(gateway):
    for name, arguments in ATTACKS.items():
        with tempfile.TemporaryDirectory() as folder:
            table = pathlib.Path(folder) / "seen"
            target = TARGET if name != "slow bodies" else "/api/v1/plans"
            begun = time.monotonic()
            attack = subprocess.Popen(
                ["slowhttptest", *arguments, "-c", str(CONNECTIONS), "-r", str(CONNECTIONS), "-l", "25", "-p", "3",
                 "-u", gateway.url + target, "-g", "-o", str(table)],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            # The attack lasts far longer than the timeouts that end it.
            time.sleep(4)
            while attack.poll() is None and gateway.held() >= CONNECTIONS // 20:
                time.sleep(1)
            held, in_time = gateway.held(), time.monotonic() - begun < 24
            text, _ = attack.communicate(timeout=60)
            seen = list(csv.DictReader(table.with_suffix(".csv").open())) if table.with_suffix(".csv").exists() else []
        seen = [{key.strip(): int(value) for key, value in second.items() if key and value} for second in seen]
        check(f"slowhttptest, {name}: the connections were made",
              any(second["Connected"] + second["Closed"] >= CONNECTIONS for second in seen), text[-800:])
        check(f"slowhttptest, {name}: others are served all the time",
              bool(seen) and all(second["Service Available"] > 0 for second in seen), seen)
        check(f"slowhttptest, {name}: every slow connection is closed",
              held < CONNECTIONS // 20 and in_time, f"{held} are held at the end: {seen[-1:]}")
        check(f"slowhttptest, {name}: a client is served after it", *gateway.serves())
