#!/usr/bin/env python3
"""Dateline with the ConfigMaps of deploy/kubernetes, as a pod has them: a changed one is read again, and nothing restarts.

The kubelet's part is done by hand: folders with `..data`, which is swapped. Loopback only; the addresses come from the environment.

usage: configmaps.py PATH_OF_KUBECTL PATH_OF_THE_DATELINE_PROGRAM
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import yaml

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
from common.checks import Programs, check, end, fetch, free_ports, until
from volumes import ConfigMapVolume

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
KUBECTL, PROGRAM = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
PLAN = "/api/v1/plans/plan_pro"


def config_maps():
    text = subprocess.run([KUBECTL, "kustomize", ROOT / "deploy/kubernetes/base"], check=True, capture_output=True, text=True).stdout
    documents = list(yaml.safe_load_all(text))
    maps = {document["metadata"]["name"]: document["data"] for document in documents if document["kind"] == "ConfigMap"}
    return maps["dateline-config"], maps["dateline-pack"]


def run(programs):
    config_map, pack_map = config_maps()
    config, pack = (ConfigMapVolume(programs.folder / name) for name in ("config", "pack"))
    # Where they are mounted is another place here.
    mounted = {"dateline.toml": config_map["dateline.toml"].replace("/etc/dateline/pack", str(pack.folder))}
    config.put(mounted)
    pack.put(pack_map)
    port, admin, sandbox = free_ports(3)
    environment = {**os.environ, "DATELINE_LISTEN__ADDRESS": f"127.0.0.1:{port}", "DATELINE_ADMIN__ADDRESS": f"127.0.0.1:{admin}",
                   "DATELINE_UPSTREAM__URL": f"http://127.0.0.1:{sandbox}"}
    programs.start("sandbox", PROGRAM, "sandbox", "--address", f"127.0.0.1:{sandbox}")
    command = [PROGRAM, "serve", "--config", config.folder / "dateline.toml"]
    process = programs.start("dateline", *command, env=environment)
    until("it is ready", lambda: fetch(admin, "/readyz")[0] == 200 or process.poll() is not None)

    def reloads():
        answer = json.loads(fetch(admin, "/reloads")[1])
        return answer["reloads"]["succeeded"], answer["reloads"]["failed"], answer["pack"]["newest"]

    def asked(version):
        return fetch(port, PLAN, Authorization="Bearer x", Api_Version_Date=version)[0]

    check("it serves with both", reloads() == (0, 0, "2026-07-01") and asked("2026-06-08") == 200, programs.log("dateline")[-2000:])
    check("an unknown version is refused", asked("2031-01-01") == 400)
    config.put({"dateline.toml": mounted["dateline.toml"] + '\n[pins]\nunknown = "pass"\n'})
    until("the changed configuration is in force", lambda: reloads()[0] == 1)
    # Passed on as it came: it is the API that refuses it now.
    check("the changed configuration is read again", "unsupported_api_version" not in fetch(
        port, PLAN, Authorization="Bearer x", Api_Version_Date="2031-01-01")[1])
    pack.put({name: text for name, text in pack_map.items() if name != "2026-07-01.toml"})
    until("the changed pack is in force", lambda: reloads()[0] == 2)
    check("the changed pack is read again", reloads() == (2, 0, "2026-06-20") and asked("2026-06-08") == 200, reloads())
    pack.put({**pack_map, "2026-07-01.toml": "version = 1\n"})
    until("a pack with a mistake is refused", lambda: reloads()[1] == 1)
    check("a pack with a mistake changes nothing", reloads() == (2, 1, "2026-06-20") and asked("2026-06-08") == 200, reloads())
    pack.put(pack_map)
    until("the pack is in force again", lambda: reloads()[0] == 3)
    check("nothing restarted on the way", process.poll() is None and reloads()[2] == "2026-07-01")


with tempfile.TemporaryDirectory() as folder, Programs(pathlib.Path(folder)) as programs:
    run(programs)

end()
