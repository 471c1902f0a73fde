#!/usr/bin/env python3
"""The image and compose.yaml, as far as they can be tried without a container engine.

- hadolint reads the Dockerfile; compose.yaml is parsed by the Compose specification's model.
- What the build stage is sent is enough: cargo finds its targets, and the sources what they include.
- The image's file system is made by the script that the Dockerfile runs, and its entry point and health check run in it: as the image's
  user, on a read-only mount, with nothing else in sight (chroot).

Takes root, for chroot and the mount. Loopback only.

usage: containers.py PATH_OF_THE_DATELINE_PROGRAM
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib

import yaml
from compose_spec import PyCompose

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
from common.checks import Programs, check, end, fetch, free_ports, until

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DOCKER = ROOT / "deploy/docker"
DOCKERFILE = (DOCKER / "Dockerfile").read_text()
PROGRAM = pathlib.Path(sys.argv[1]).resolve()


def instruction(name):
    """The one instruction of that name, its lines joined."""
    found = re.findall(rf"^{name} ((?:.*\\\n)*.*)$", DOCKERFILE, re.M)
    if len(found) != 1:
        raise SystemExit(f"the Dockerfile has {len(found)} of {name}")
    return found[0].replace("\\\n", " ")


def command(name):
    return json.loads(re.search(r"\[.*\]", instruction(name))[0])


def dockerfile():
    hadolint = pathlib.Path(sys.executable).parent / "hadolint"
    run = subprocess.run([hadolint, DOCKER / "Dockerfile"], capture_output=True, text=True)
    check("hadolint has nothing to say", run.returncode == 0 and not run.stdout, run.stdout + run.stderr)
    check("the user is a number, and not root", re.fullmatch(r"[1-9]\d*:[1-9]\d*", instruction("USER")), instruction("USER"))


def compose():
    text = (DOCKER / "compose.yaml").read_text()
    document = yaml.safe_load(text)
    try:
        parsed, problem = PyCompose.from_yaml(text).service_names(), ""
    except ValueError as error:
        parsed, problem = [], str(error)
    check("compose.yaml is valid by the Compose specification", sorted(parsed) == ["dateline", "grafana", "prometheus"], problem)
    services = document["services"]
    files = [volume.split(":")[0] for service in services.values() for volume in service.get("volumes", []) if volume.startswith(".")]
    check("what it mounts is there", len(files) >= 4 and all((DOCKER / file).exists() for file in files), files)
    dateline = services["dateline"]
    build = (DOCKER / dateline["build"]["context"]).resolve()
    check("it builds from the root of the repository", build == ROOT and (build / dateline["build"]["dockerfile"]).is_file(), build)
    check("nothing can be written, and nothing more can be had", dateline["read_only"] is True and dateline["cap_drop"] == ["ALL"]
          and dateline["security_opt"] == ["no-new-privileges:true"])
    defaults = tomllib.loads((ROOT / "config/dateline.toml").read_text())["timeouts"]
    check("it may take as long to stop as it is told to", defaults["shutdown_delay"] == "off" and
          int(dateline["stop_grace_period"].removesuffix("s")) > int(defaults["drain"].removesuffix("s")), defaults)
    published = [port for service in services.values() for port in service.get("ports", [])]
    check("ports are published on loopback only", published and all(port.startswith("127.0.0.1:") for port in published), published)
    ports = {address.split(":")[1] for address in (config()["listen"]["address"], config()["admin"]["address"])}
    check("ports are those of the image's configuration", set(instruction("EXPOSE").split()) == ports
          and {port.split(":")[-1] for port in dateline["ports"]} == ports, ports)
    hashed = subprocess.run([PROGRAM, "hash-key"], input="abc", capture_output=True, text=True).stdout.strip()
    check("sha256sum makes of a token what `dateline hash-key` does", hashed == hashlib.sha256(b"abc").hexdigest(), hashed)


def config():
    return tomllib.loads((DOCKER / "dateline.toml").read_text())


def context(folder):
    """What the build is sent: all that Dockerfile.dockerignore takes back from its `*`."""
    first, *rest = [line for line in (DOCKER / "Dockerfile.dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    check("the build is sent nothing but what is named", first == "*" and all(line.startswith("!") for line in rest), rest)
    for name in (line[1:] for line in rest):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, target)
    environment = {**os.environ, "CARGO_TARGET_DIR": str(ROOT / "target/ci/context")}
    run = subprocess.run(["cargo", "metadata", "--locked", "--offline", "--no-deps", "--format-version", "1"], cwd=folder,
                         env=environment, capture_output=True, text=True)
    check("and cargo finds its targets there", run.returncode == 0, run.stderr[-1000:])
    # Everything that the sources include is sent, too.
    missing = []
    for source in [*(folder / "src").rglob("*.rs"), *(folder / "crates").rglob("*.rs")]:
        text = source.read_text().split("#[cfg(test)]")[0]
        for path in re.findall(r'include_(?:str|bytes)!\(\s*"([^"]+)"', text):
            if not (source.parent / path).exists():
                missing.append((str(source.relative_to(folder)), path))
    check("with all that the sources include", not missing, missing)


def image(programs):
    root = programs.folder / "rootfs"
    subprocess.run([DOCKER / "rootfs.sh", PROGRAM, root], check=True)
    files = sorted(str(file.relative_to(root)) for file in root.rglob("*") if file.is_file())
    allowed = re.compile(r"usr/bin/dateline|etc/nsswitch\.conf|etc/dateline/dateline\.toml|lib\S*/(ld-linux|lib(c|m|gcc_s))\S*\.so\S*")
    check("the image has the program, its libraries and its configuration", all(map(allowed.fullmatch, files)) and len(files) <= 8, files)
    # As the Dockerfile's user, with the file system read-only and nothing else in sight.
    user = instruction("USER")
    inside = ["unshare", "--mount", "--propagation", "private", "bash", "-ec",
              'mount --bind "$0" "$0"; mount -o remount,bind,ro "$0"; exec chroot --userspec="$1" "$0" "${@:2}"', str(root), user]
    port, admin = free_ports(2)
    # Only the addresses are others: the image's are for every interface.
    environment = {"DATELINE_LISTEN__ADDRESS": f"127.0.0.1:{port}", "DATELINE_ADMIN__ADDRESS": f"127.0.0.1:{admin}"}
    serve = command("ENTRYPOINT") + command("CMD")
    health = command("HEALTHCHECK")

    def healthy():
        return subprocess.run(inside + health, env={**os.environ, **environment}, capture_output=True, text=True)

    check("its health check fails where nothing runs", healthy().returncode == 1, healthy())
    serve.insert(serve.index("serve") + 1, "--sandbox")
    process = programs.start("image", *inside, *serve, env={**os.environ, **environment, "DATELINE_TIMEOUTS__SHUTDOWN_DELAY": "3s"})
    until("it is ready", lambda: fetch(admin, "/readyz")[0] == 200 or process.poll() is not None)
    status, _ = fetch(port, "/api/v1/plans/plan_pro", Authorization="Bearer x")
    check("it serves, as the image's user on a read-only file system", status == 200, programs.log("image")[-2000:])
    ids = re.findall(r"^[UG]id:\s+(\d+)\s+(\d+)", pathlib.Path(f"/proc/{process.pid}/status").read_text(), re.M)
    check("it is nobody else", [":".join(pair) for pair in zip(*ids)] == [user, user], ids)
    run = healthy()
    check("its health check succeeds", run.returncode == 0, run)
    process.send_signal(signal.SIGTERM)
    until("it is not ready", lambda: fetch(admin, "/readyz")[0] != 200)
    run = healthy()
    check("its health check fails while it leaves", run.returncode == 1, run)
    check("it ends cleanly", process.wait(timeout=30) == 0, programs.log("image")[-2000:])


with tempfile.TemporaryDirectory() as folder, Programs(pathlib.Path(folder)) as programs:
    pathlib.Path(folder).chmod(0o755)
    dockerfile()
    compose()
    context(pathlib.Path(folder) / "context")
    image(programs)

end()
