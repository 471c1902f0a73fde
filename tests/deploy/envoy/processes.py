"""What is started: upstreams, proxies, external processors, and one Envoy before all of these."""

import copy
import functools
import http.client
import json
import pathlib
import subprocess
import sys

import yaml

import upstream
from common import checks
from common.checks import free_port, stop, wait_for

KEY = "envoy-test-key"
REFUSER = "envoy-test-refuser"
EXAMPLE = pathlib.Path(__file__).parents[3] / "deploy/envoy/ext_proc.yaml"
ENVOY = pathlib.Path(sys.prefix) / "bin/envoy"

CONFIG = """
[upstream]
url = "http://127.0.0.1:{port}"
version = "{version}"
[admin]
address = "off"
[limits]
request_bytes = "64KiB"
[timeouts]
drain = "10s"
[log]
format = "json"
[[client]]
name = "refuser"
losses = "refuse"
bearer_sha256 = "{digest}"
"""

# There are thousands.
check = functools.partial(checks.check, quiet=True)


class Way:
    """Where a client sends its requests."""

    def __init__(self, name, port):
        self.name, self.port = name, port

    def ask(self, method, target, headers=(), body=None, timeout=20):
        """Status, fields as pairs with names in lower case, body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.putrequest(method, target, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, [(name.lower(), value) for name, value in answer.getheaders()], answer.read()
        finally:
            connection.close()


class Pair:
    """The proxy, and Envoy with its filter, each before an upstream of its own or the same."""

    def __init__(self, proxy, envoy, server, processor):
        self.proxy, self.envoy, self.server, self.processor = proxy, envoy, server, processor


class Process:
    """A process of the program, which listens."""

    def __init__(self, ways, command, log, arguments=(), port=None):
        self.ways, self.command, self.log, self.arguments, self.port = ways, command, log, arguments, port
        self.start()
        ways.stack.callback(self.end)

    def start(self):
        environment = {"DATELINE_LISTEN__ADDRESS": f"127.0.0.1:{self.port}", "RUST_BACKTRACE": "1"}
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen([self.ways.program, self.command, *self.arguments], stdout=out,
                                            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=environment)
        wait_for(self.port, self.process, self.log)

    def end(self, signal="terminate"):
        if self.process.poll() is None:
            getattr(self.process, signal)()
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                check(f"{self.command} ends on SIGTERM", False)
        return self.process.returncode

    def events(self):
        """The log events of requests."""
        lines = self.log.read_text().splitlines()
        events = (json.loads(line) for line in lines if line.startswith("{"))
        return [event for event in events if event.get("target") == "dateline::request"]


class Ways:
    """Both ways to upstreams of several kinds."""

    def __init__(self, program, folder, stack):
        self.program, self.folder, self.stack = program, folder, stack
        self.example = yaml.safe_load(EXAMPLE.read_text())
        resources = self.example["static_resources"]
        (self.listener,), self.clusters = resources["listeners"], {it["name"]: it for it in resources["clusters"]}
        resources["listeners"], resources["clusters"] = [], []
        self.count, self.started = 0, []
        self.admin = free_port()
        self.example["admin"]["address"]["socket_address"]["port_value"] = self.admin

    def sandboxes(self, version, mode=None):
        """Each way before a sandbox of its own: writes must not meet."""
        ports = []
        for _ in range(2):
            port = free_port()
            self.count += 1
            arguments = ["--address", f"127.0.0.1:{port}", "--version", version]
            Process(self, "sandbox", self.folder / f"sandbox-{self.count}.log", arguments, port)
            ports.append(port)
        return self.pair(version, *ports, mode=mode)

    def odd_upstream(self):
        port = upstream.serve()
        return self.pair("2026-07-01", port, port)

    def dead_upstream(self):
        port = free_port()
        return self.pair("2026-07-01", port, port)

    def pair(self, version, one, other, mode=None):
        self.count += 1
        proxy = self.gateway("serve", version, one)
        processor = self.gateway("ext-proc", version, other)
        port = free_port()
        self.before(port, processor.port, other, mode)
        return Pair(Way("the proxy", proxy.port), Way("Envoy", port), proxy, processor)

    def gateway(self, command, version, port):
        import hashlib

        file = self.folder / f"{command}-{self.count}.toml"
        digest = hashlib.sha256(REFUSER.encode()).hexdigest()
        file.write_text(CONFIG.format(port=port, version=version, digest=digest))
        log = self.folder / f"{command}-{self.count}.log"
        self.started.append(Process(self, command, log, ["--config", str(file)], free_port()))
        return self.started[-1]

    def bare(self):
        """Where Envoy listens without the filter, before the last upstream."""
        listener = copy.deepcopy(self.example["static_resources"]["listeners"][-1])
        listener["name"], port = "bare", free_port()
        listener["address"]["socket_address"]["port_value"] = port
        manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
        manager["stat_prefix"] = "bare"
        del manager["http_filters"][0]
        self.example["static_resources"]["listeners"].append(listener)
        return port

    def before(self, port, processor, api, mode):
        """A listener of Envoy's as in the example, before a processor and an upstream."""
        resources, name = self.example["static_resources"], str(self.count)
        listener = copy.deepcopy(self.listener)
        listener["name"] = name
        listener["address"]["socket_address"]["port_value"] = port
        manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
        manager["stat_prefix"] = name
        manager["route_config"]["virtual_hosts"][0]["routes"][0]["route"]["cluster"] = f"api-{name}"
        ext_proc = manager["http_filters"][0]["typed_config"]
        ext_proc["grpc_service"]["envoy_grpc"]["cluster_name"] = f"dateline-{name}"
        if mode:
            ext_proc["processing_mode"]["request_body_mode"] = mode
            ext_proc["processing_mode"]["response_body_mode"] = mode
        if mode == "FULL_DUPLEX_STREAMED":
            ext_proc["processing_mode"]["request_trailer_mode"] = "SEND"
            ext_proc["processing_mode"]["response_trailer_mode"] = "SEND"
            ext_proc["allow_mode_override"] = False
        resources["listeners"].append(listener)
        for kind, to in [("dateline", processor), ("api", api)]:
            cluster = copy.deepcopy(self.clusters[kind])
            cluster["name"] = cluster["load_assignment"]["cluster_name"] = f"{kind}-{name}"
            # Of an upstream without a name and without TLS.
            cluster.pop("transport_socket", None)
            cluster.pop("dns_lookup_family", None)
            cluster["type"] = "STATIC"
            endpoint = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
            endpoint["address"]["socket_address"] = {"address": "127.0.0.1", "port_value": to}
            resources["clusters"].append(cluster)

    def start_envoy(self, concurrency=1):
        file, log = self.folder / "envoy.yaml", self.folder / "envoy.log"
        file.write_text(yaml.safe_dump(self.example))
        with open(log, "wb") as out:
            self.envoy = subprocess.Popen([ENVOY, "-c", file, "--concurrency", str(concurrency), "-l", "warning",
                                           "--disable-hot-restart"], stdout=out, stderr=subprocess.STDOUT,
                                          stdin=subprocess.DEVNULL)
        self.stack.callback(stop, self.envoy)
        for listener in self.example["static_resources"]["listeners"]:
            wait_for(listener["address"]["socket_address"]["port_value"], self.envoy, log)

    def stats(self, name):
        """Envoy's counters of one listener's filter, by the end of their names."""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=10)
        connection.request("GET", f"/stats?filter=http.{name}.ext_proc")
        lines = connection.getresponse().read().decode().splitlines()
        connection.close()
        return {line.split(": ")[0].rsplit(".", 1)[1]: int(line.split(": ")[1]) for line in lines}
