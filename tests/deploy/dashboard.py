#!/usr/bin/env python3
"""The Grafana dashboard: it names only what docs/metrics.md has, and a real Prometheus answers every panel.

Prometheus runs with the file of deploy/docker, in which only addresses and paths are replaced; Dateline serves, verifies and records
before it, and has clients of several versions. No Grafana runs here: panels are asked of Prometheus as Grafana would.

Loopback only, bounded in time. Exit code 1 where anything is not so.

usage: dashboard.py PATH_OF_THE_DATELINE_PROGRAM FOLDER_OF_PROMETHEUS
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse

import yaml

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
from common.checks import Programs, check, end, failed, fetch, free_ports, until

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM, PROMETHEUS = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
GRAFANA, DOCKER = ROOT / "deploy/grafana", ROOT / "deploy/docker"
TOKEN = "a-long-random-token-for-this-test"
# Panels about what does not happen in this run.
NOT_HERE = {"Certificate expires", "Where they differ", "Drawn and not kept"}
# What Prometheus adds to what it collects, and parts of histograms.
ADDED, PARTS = {"instance", "job", "le"}, ("_bucket", "_sum", "_count")
ASKED = """GET /api/v1/plans/plan_pro
GET /api/v1/users?first=2
GET /api/v1/referrals/businesses?first=2
GET /api/v1/referrals/businesses/bref_pickaxe
GET /api/v1/referrals/businesses/bref_giant/earnings
GET /api/v1/nothing""".splitlines()

CONFIG = """
[listen]
address = "127.0.0.1:{port}"
[admin]
address = "127.0.0.1:{admin}"
[verify]
sample = 1.0
requests_per_minute = 600
[record]
folder = "{folder}/recording"
[usage]
file = "{folder}/usage.redb"
[log]
format = "json"
"""


def documented():
    """Metrics and their labels."""
    found = {"up": set()}
    for name, kind, labels in re.findall(r"^\| `(\w+)` \| (\w+) \| [^|]*\|([^|]*)\|", (ROOT / "docs/metrics.md").read_text(), re.M):
        names = [name + part for part in PARTS] if kind == "histogram" else [name]
        found.update({name: set(re.findall(r"`(\w+)`", labels)) for name in names})
    return found


def expressions(dashboard):
    """Title and expression of everything that is asked."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for annotation in dashboard["annotations"]["list"]:
        yield annotation["name"], annotation["expr"]


def names(dashboard):
    metrics = documented()
    check("docs/metrics.md is read", len(metrics) > 40, metrics)
    used = set()
    for title, expression in expressions(dashboard):
        mentioned = set(re.findall(r"\b(?:dateline|process)_\w+|\bup\b", expression))
        used |= mentioned
        unknown = mentioned - metrics.keys()
        labels = {label for listed in re.findall(r"\b(?:by|on|group_left) \(([^)]*)\)", expression) for label in re.split(r",\s*", listed)}
        labels |= {label for matchers in re.findall(r"\{([^}]*)\}", expression) for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers)}
        allowed = ADDED.union(*(metrics.get(name, set()) for name in mentioned))
        if unknown or labels - allowed or not mentioned:
            check(f"{title}: metrics and labels are documented", False, (expression, unknown, labels - allowed))
    shown = {re.sub("_(bucket|sum|count)$", "", name) for name in used}
    check("every metric and label is in docs/metrics.md", not failed)
    asked = {f"dateline_{name}" for name in ("requests_total", "request_bytes_total", "losses_total", "errors_total", "request_seconds",
                                             "upstream_seconds", "translate_seconds", "verify_total", "recorded_exchanges_total")}
    check("it answers what the page answers: versions, amounts, losses, errors, latency, verification, recording", asked <= shown, asked - shown)


def provisioned(dashboard):
    """What compose.yaml mounts is what the provisioning names."""
    sources = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yaml").read_text())["datasources"]
    compose = yaml.safe_load((DOCKER / "compose.yaml").read_text())["services"]
    host, port = sources[0]["url"].removeprefix("http://").split(":")
    check("Grafana's data source is compose's Prometheus", host in compose and port in compose[host]["ports"][0].split(":")[-1], sources)
    folder = yaml.safe_load((GRAFANA / "provisioning/dashboards/dateline.yaml").read_text())["providers"][0]["options"]["path"]
    mounted = dict(volume.split(":")[:2] for volume in compose["grafana"]["volumes"])
    check("the dashboard is mounted where Grafana looks", mounted["../grafana/dateline.json"].startswith(folder + "/"), mounted)
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    text = json.dumps(dashboard)
    check("it uses its own variables only", set(re.findall(r"\$\{?(?!__)(\w+)", text)) == variables, variables)
    ids = [panel["id"] for panel in dashboard["panels"]]
    places = [(p["gridPos"]["x"] + x, p["gridPos"]["y"] + y) for p in dashboard["panels"]
              for x in range(p["gridPos"]["w"]) for y in range(p["gridPos"]["h"])]
    check("panels have ids of their own and do not overlap", len(set(ids)) == len(ids) and len(set(places)) == len(places)
          and max(x for x, _ in places) < 24)


def traffic(port, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for version in ("2025-01-01", "2026-06-09", "2026-07-01", "2031-01-01"):
            for line in ASKED:
                fetch(port, line.split(" ")[1], Authorization="Bearer x", Api_Version_Date=version)
        time.sleep(0.2)


def answered(programs, dashboard):
    folder = programs.folder
    port, admin, prometheus = free_ports(3)
    (folder / "dateline.toml").write_text(CONFIG.format(port=port, admin=admin, folder=folder))
    (folder / "token").write_text(TOKEN)
    hashed = subprocess.run([PROGRAM, "hash-key"], input=TOKEN, capture_output=True, text=True, check=True).stdout.strip()
    programs.start("dateline", "env", f"DATELINE_ADMIN__TOKEN_SHA256={hashed}", PROGRAM, "serve", "--sandbox",
                   "--config", folder / "dateline.toml")
    until("it is ready", lambda: fetch(admin, "/readyz")[0] == 200)
    text = (DOCKER / "prometheus.yaml").read_text()
    for old, new in (("/run/secrets/admin-token", str(folder / "token")), ("dateline:9090", f"127.0.0.1:{admin}"),
                     ("/etc/prometheus/alerts.yaml", str(ROOT / "deploy/prometheus/alerts.yaml")), ("15s", "1s")):
        if old not in text:
            raise SystemExit(f"prometheus.yaml does not say {old}")
        text = text.replace(old, new)
    (folder / "prometheus.yaml").write_text(text)
    checked = subprocess.run([PROMETHEUS / "promtool", "check", "config", folder / "prometheus.yaml"], capture_output=True, text=True)
    check("promtool: prometheus.yaml is valid", checked.returncode == 0, checked.stdout + checked.stderr)
    programs.start("prometheus", PROMETHEUS / "prometheus", f"--config.file={folder}/prometheus.yaml",
                   f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{prometheus}", "--log.level=warn")
    until("Prometheus is ready", lambda: fetch(prometheus, "/-/ready")[0] == 200)
    traffic(port, 8)

    def ask(expression):
        for name, value in (("$__rate_interval", "8s"), ("$__range", "1m"), ("$__interval", "8s"), ("$instance", ".*")):
            expression = expression.replace(name, value)
        status, text = fetch(prometheus, "/api/v1/query?" + urllib.parse.urlencode({"query": expression}))
        return (len(json.loads(text)["data"]["result"]), "") if status == 200 else (None, f"{expression}: {text}")

    counts, panels = {}, 0
    for title, expression in expressions(dashboard):
        count, problem = ask(expression)
        check(f"{title}: Prometheus understands it", count is not None, problem) if count is None else None
        counts[title] = counts.get(title, 0) + (count or 0)
        panels += 1
    empty = {title for title, count in counts.items() if count == 0}
    check(f"Prometheus answers {panels} expressions of {len(counts)} panels, all with data but {len(NOT_HERE)}",
          empty <= NOT_HERE | {"Reloads"}, empty - NOT_HERE)
    rules = json.loads(fetch(prometheus, "/api/v1/rules")[1])["data"]["groups"]
    check("the alert rules are loaded, and none has an error", rules and all(
        rule["health"] != "err" for group in rules for rule in group["rules"]), rules)


dashboard = json.loads((GRAFANA / "dateline.json").read_text())
names(dashboard)
provisioned(dashboard)
with tempfile.TemporaryDirectory() as folder, Programs(pathlib.Path(folder)) as programs:
    answered(programs, dashboard)

end()
