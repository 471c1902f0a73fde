#!/usr/bin/env python3
"""The packs under `examples`, each driven by that API's official SDK, unmodified, old and new, through the gateway.

    older SDK --> gateway --> stand-in of the newer version     must read what     older SDK --> stand-in of the older version
    newer SDK --> gateway --> stand-in of the older version     must read what     newer SDK --> stand-in of the newer version

A field may differ only where the gateway reported its loss in `Dateline-Loss`.

usage: examples.py PATH_OF_THE_DATELINE_PROGRAM FOLDER_OF_THE_ENVIRONMENTS
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
from common.checks import Programs, check, end, free_ports, wait_for

PROGRAM, ENVIRONMENTS = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"


def differences(one, other, path=""):
    """The places at which two documents differ, elements of lists all as `[*]`."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            yield from differences(one.get(key, "absent"), other.get(key, "absent"), f"{path}.{key}".lstrip("."))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for mine, theirs in zip(one, other):
            yield from differences(mine, theirs, f"{path}[*]")
    elif one != other or type(one) is not type(other):
        yield path, one, other


def is_told(path, lost):
    """Tells whether a loss names the field, or one that it stands in. Losses name a field from its own resource."""
    names = [loss.split("=")[0].strip().removeprefix("$.") for loss in (lost or "").split(",")]
    return any(f".{path}.".find(f".{name}.") >= 0 or f".{path}[".find(f".{name}[") >= 0 for name in names if name)


class Example:
    """An API: its older and its newer version, how its client is started, and what the other version does not have.

    `gone` has the questions that only one version can answer, with a part of the gateway's sentence for it.
    """

    def __init__(self, name, older, newer, client, gone):
        self.name, self.versions, self.client, self.gone = name, (older, newer), client, gone
        self.folder = EXAMPLES / name

    def read(self, version, port, output):
        command = self.client(self.folder / "client.py", version, port, output)
        plain = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120, env=plain)
        if not check(f"{self.name} {version}: the client's own assertions", done.returncode == 0, done.stderr[-2000:]):
            return {}
        return json.loads(output.read_text())["read"]


def stripe(client, version, port, output):
    return [ENVIRONMENTS / f"stripe-{version}" / "bin/python", client, f"http://127.0.0.1:{port}", output]


def shopify(client, version, port, output):
    return [ENVIRONMENTS / "shopify" / "bin/python", client, port, version, output]


def run(example, folder):
    with Programs(folder) as programs:
        stands, gateways = {}, {}
        for version in example.versions:
            stand, gateway, admin = free_ports(3)
            name = f"{example.name}-stand-in-{version}"
            process = programs.start(name, sys.executable, example.folder / "stand_in.py", version, stand)
            wait_for(stand, process, folder / f"{name}.log")
            settings = {
                "DATELINE_LISTEN__ADDRESS": f"127.0.0.1:{gateway}", "DATELINE_ADMIN__ADDRESS": f"127.0.0.1:{admin}",
                "DATELINE_UPSTREAM__URL": f"http://127.0.0.1:{stand}", "DATELINE_UPSTREAM__VERSION": version,
                "DATELINE_LISTEN__PUBLIC_URL": f"http://127.0.0.1:{gateway}",
            }
            log = f"{example.name}-gateway-{version}"
            config = example.folder / "dateline.toml"
            process = programs.start(log, PROGRAM, "serve", "--config", config, cwd=example.folder, env={**os.environ, **settings})
            wait_for(gateway, process, folder / f"{log}.log")
            stands[version], gateways[version] = stand, gateway
        older, newer = example.versions
        for mine, theirs in ((older, newer), (newer, older)):
            direct = example.read(mine, stands[mine], folder / "direct.json")
            through = example.read(mine, gateways[theirs], folder / "through.json")
            check(f"{example.name} {mine}: every question is answered", direct.keys() == through.keys() and direct)
            told = 0
            for name in sorted(direct.keys() & through.keys()):
                if name in example.gone:
                    said = through[name].get("refused") or ""
                    check(f"{example.name} {mine} of an upstream at {theirs}: {name} is refused", example.gone[name] in said, said)
                    continue
                lost = through[name]["lost"]
                found = [one for one in differences(direct[name]["read"], through[name]["read"]) if not is_told(one[0], lost)]
                check(f"{example.name} {mine} of an upstream at {theirs}: {name}", not found, f"{found[:5]}, told: {lost}")
                told += bool(lost)
            print(f"       {len(direct)} answers, {told} of them with losses that were told")


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        run(Example("stripe", "2024-06-20", "2025-03-31.basil", stripe, {"preview": "the upstream speaks version"}), folder)
        run(Example("shopify", "2022-01", "2025-04", shopify, {"checkouts": "is gone since version"}), folder)
    end()


if __name__ == "__main__":
    main()
