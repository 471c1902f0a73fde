#!/usr/bin/env python3
"""The Kubernetes manifests, rendered by kustomize itself: valid by Kubernetes' schemas, and true to what Dateline is.

There is no cluster here: nothing is applied. What a cluster does with a ConfigMap is done by hand in configmaps.py.

usage: manifests.py PATH_OF_KUBECTL PATH_OF_THE_DATELINE_PROGRAM
       manifests.py --write   puts deploy/prometheus/alerts.yaml into the PrometheusRule
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib

import yaml

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
from common.checks import check, end

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
KUBERNETES = ROOT / "deploy/kubernetes"
RULES = KUBERNETES / "base/rules.yaml"
PACK = ROOT / "transforms/whop"
# What kubernetes-validate has no schema for: kinds that others define.
OTHERS = {"ServiceMonitor", "PrometheusRule", "Gateway", "GatewayClass", "HTTPRoute", "BackendTLSPolicy", "Backend",
          "EnvoyExtensionPolicy", "BackendTrafficPolicy"}
SCHEMAS = ["1.30", "1.37"]


def rules():
    """The PrometheusRule, as it must be."""
    head = "\n".join(RULES.read_text().split("\nspec:\n")[:1]) + "\nspec:\n"
    groups = (ROOT / "deploy/prometheus/alerts.yaml").read_text()
    groups = groups[groups.index("groups:"):]
    return head + "".join(f"  {line}" if line.strip() else line for line in groups.splitlines(keepends=True))


def seconds(text):
    number, unit = re.fullmatch(r"(\d+)(ms|s|m|h)", text).groups()
    return int(number) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600}[unit]


def rendered(kubectl, folder):
    run = subprocess.run([kubectl, "kustomize", folder], capture_output=True, text=True)
    check(f"{folder.name}: kustomize renders it", run.returncode == 0, run.stderr)
    return run.stdout


def validated(name, text):
    documents = list(yaml.safe_load_all(text))
    with tempfile.TemporaryDirectory() as folder:
        for number, document in enumerate(documents):
            if document["kind"] not in OTHERS:
                pathlib.Path(folder, f"{number}.yaml").write_text(yaml.safe_dump(document))
        files = sorted(map(str, pathlib.Path(folder).glob("*.yaml")))
        for version in SCHEMAS:
            tool = pathlib.Path(sys.executable).parent / "kubernetes-validate"
            run = subprocess.run([tool, "--strict", "-k", version, *files], capture_output=True, text=True)
            told = run.stdout + run.stderr
            check(f"{name}: {len(files)} of {len(documents)} documents are valid for Kubernetes {version}, the rest are of others' kinds",
                  run.returncode == 0 and told.count(" passed ") == len(files) and len(files) >= 9, told)
    return documents


def only(documents, kind, name):
    found = [document for document in documents if (document["kind"], document["metadata"]["name"]) == (kind, name)]
    if len(found) != 1:
        raise SystemExit(f"{len(found)} of {kind} {name}")
    return found[0]


def is_restricted(pod):
    """The Pod Security Standard `restricted`, and a file system that nothing can be written to."""
    container, = pod["containers"]
    context = container["securityContext"]
    volumes = {kind for volume in pod["volumes"] for kind in volume if kind != "name"}
    return (pod["securityContext"]["runAsNonRoot"] is True and pod["securityContext"]["runAsUser"] > 0
            and pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
            and context["allowPrivilegeEscalation"] is False and context["capabilities"] == {"drop": ["ALL"]}
            and context["readOnlyRootFilesystem"] is True and volumes == {"configMap"}
            and not any(pod.get(key) for key in ("hostNetwork", "hostPID", "hostIPC")))


def base(documents, program):
    deployment = only(documents, "Deployment", "dateline")["spec"]
    pod = deployment["template"]["spec"]
    container, = pod["containers"]
    text = only(documents, "ConfigMap", "dateline-config")["data"]["dateline.toml"]
    config, defaults = tomllib.loads(text), tomllib.loads((ROOT / "config/dateline.toml").read_text())
    timeouts = {**defaults["timeouts"], **config["timeouts"]}
    stopping = [seconds(timeouts["shutdown_delay"]), seconds(timeouts["drain"])]
    check("it may take as long to stop as it is told to", pod["terminationGracePeriodSeconds"] > sum(stopping), stopping)
    readiness = container["readinessProbe"]
    noticed = readiness["periodSeconds"] * readiness["failureThreshold"]
    check("it serves on until its probe has failed", stopping[0] > noticed, (stopping[0], noticed))
    check("service links are off", pod["enableServiceLinks"] is False)
    check("the pod is restricted", is_restricted(pod), pod)
    probes = {container[probe]["httpGet"]["path"]: container[probe]["httpGet"]["port"]
              for probe in ("startupProbe", "readinessProbe", "livenessProbe")}
    check("probes ask the admin listener", probes == {"/readyz": "admin", "/healthz": "admin"}, probes)
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    listening = {"http": config["listen"]["address"], "admin": config["admin"]["address"]}
    check("ports are those of the configuration, on every address of the pod",
          {name: f"0.0.0.0:{port}" for name, port in ports.items()} == listening, (ports, listening))
    labels = deployment["template"]["metadata"]["labels"]
    selectors = [deployment["selector"]["matchLabels"], only(documents, "Service", "dateline")["spec"]["selector"],
                 only(documents, "Service", "dateline-admin")["spec"]["selector"],
                 only(documents, "PodDisruptionBudget", "dateline")["spec"]["selector"]["matchLabels"],
                 only(documents, "NetworkPolicy", "dateline")["spec"]["podSelector"]["matchLabels"],
                 *(spread["labelSelector"]["matchLabels"] for spread in pod["topologySpreadConstraints"])]
    check("everything selects these pods", all(selector and selector.items() <= labels.items() for selector in selectors), selectors)
    target = only(documents, "HorizontalPodAutoscaler", "dateline")["spec"]["scaleTargetRef"]
    check("the autoscaler scales the Deployment, and nothing else does",
          (target["kind"], target["name"]) == ("Deployment", "dateline") and "replicas" not in deployment and
          "cpu" in container["resources"]["requests"], target)
    monitor = only(documents, "ServiceMonitor", "dateline")["spec"]
    admin = only(documents, "Service", "dateline-admin")
    check("Prometheus finds the admin Service, as job=dateline",
          monitor["selector"]["matchLabels"].items() <= admin["metadata"]["labels"].items()
          and admin["metadata"]["labels"][monitor["jobLabel"]] == "dateline"
          and monitor["endpoints"][0]["port"] == admin["spec"]["ports"][0]["name"], monitor)
    secret = container["env"][0]["valueFrom"]["secretKeyRef"]
    check("both know the token by one Secret", secret["name"] == monitor["endpoints"][0]["authorization"]["credentials"]["name"])
    mounted = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    volumes = {volume["name"]: volume["configMap"]["name"] for volume in pod["volumes"]}
    check("configuration and pack are where the program looks",
          container["args"][-2:] == ["--config", f"{mounted['config']}/dateline.toml"]
          and config["transforms"]["path"] == mounted["pack"]
          and volumes == {"config": "dateline-config", "pack": "dateline-pack"}
          and not any("subPath" in mount for mount in container["volumeMounts"]), (mounted, volumes))
    pack = only(documents, "ConfigMap", "dateline-pack")["data"]
    check("the ConfigMap has the pack, whole", pack == {file.name: file.read_text() for file in PACK.glob("*.toml")}, list(pack))
    check("the PrometheusRule has the rules of deploy/prometheus", RULES.read_text() == rules(),
          "tests/deploy/manifests.py --write puts them there")
    with tempfile.TemporaryDirectory() as folder:
        for name, content in pack.items():
            pathlib.Path(folder, name).write_text(content)
        run = subprocess.run([program, "check", folder], capture_output=True, text=True)
        check("`dateline check` finds no mistake in it", run.returncode == 0, run.stderr)


def envoy_gateway(documents):
    container, = only(documents, "Deployment", "dateline")["spec"]["template"]["spec"]["containers"]
    check("it runs as a filter", container["args"][0] == "ext-proc", container["args"])
    policy, = only(documents, "EnvoyExtensionPolicy", "dateline")["spec"]["extProc"]
    service = only(documents, "Service", policy["backendRefs"][0]["name"])["spec"]["ports"][0]
    check("it fails closed, and reaches the Service", policy["failOpen"] is False
          and policy["backendRefs"][0]["port"] == service["port"] and service["appProtocol"] == "kubernetes.io/h2c", (policy, service))
    route = only(documents, "HTTPRoute", "api")
    targets = [only(documents, kind, name)["spec"]["targetRefs"][0] for kind, name in
               (("EnvoyExtensionPolicy", "dateline"), ("BackendTrafficPolicy", "api"))]
    check("both policies hold for the route", all((target["kind"], target["name"]) == ("HTTPRoute", route["metadata"]["name"])
                                                  for target in targets), targets)
    check("nothing is sent again", only(documents, "BackendTrafficPolicy", "api")["spec"]["retry"] == {"numRetries": 0})


if sys.argv[1:] == ["--write"]:
    RULES.write_text(rules())
    sys.exit()

kubectl, program = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
documents = validated("base", rendered(kubectl, KUBERNETES / "base"))
base(documents, program)
envoy_gateway(validated("envoy-gateway", rendered(kubectl, KUBERNETES / "envoy-gateway")))

end()
