"""curl and h2load: every protocol gets the right answers."""

import re
import subprocess

from gateway import KEY, TARGET, check

CURL = ["curl", "--silent", "--show-error", "--max-time", "20", "--noproxy", "*",
        "--header", f"Authorization: Bearer {KEY}", "--write-out", "\n%{http_version} %{http_code}"]


def curl(gateway, *arguments):
    """Body, then HTTP version and status."""
    done = subprocess.run([*CURL, *arguments, gateway.url + TARGET], capture_output=True, timeout=30)
    body, _, facts = done.stdout.rpartition(b"\n")
    return body, facts.decode() if done.returncode == 0 else f"curl: {done.returncode} {done.stderr.decode()}"


def protocols(gateway, certificate=None):
    trusted = ["--cacert", str(certificate[0])] if certificate else []
    ways = {
        "HTTP/1.0": (["--http1.0"], "1 200"),
        "HTTP/1.1": (["--http1.1"], "1.1 200"),
        "HTTP/1.1, compressed": (["--http1.1", "--compressed"], "1.1 200"),
    }
    if certificate:
        ways |= {
            "HTTP/2 by ALPN": (["--http2"], "2 200"),
            "HTTP/2 by ALPN, compressed": (["--http2", "--compressed"], "2 200"),
            "TLS 1.2": (["--http1.1", "--tlsv1.2", "--tls-max", "1.2"], "1.1 200"),
            "TLS 1.3": (["--http1.1", "--tlsv1.3"], "1.1 200"),
        }
    else:
        ways |= {
            "HTTP/2 with prior knowledge": (["--http2-prior-knowledge"], "2 200"),
            "an upgrade to HTTP/2 that is not taken": (["--http2"], "1.1 200"),
        }
    expected = None
    for way, (arguments, facts) in ways.items():
        body, got = curl(gateway, *trusted, *arguments)
        check(f"curl, {gateway.scheme}, {way}: {facts}", got == facts, got)
        expected = expected or body
        check(f"curl, {gateway.scheme}, {way}: the body", b'"processing_volume":11050.00' in body and body == expected, body[:300])


def load(gateway, requests=4000):
    """Every answer of many is a 2xx."""
    for name, arguments in {"HTTP/1.1": ["--h1"], "HTTP/2": ["-m", "10"]}.items():
        done = subprocess.run(
            ["h2load", "-n", str(requests), "-c", "20", "-t", "1", "-N", "10", *arguments, "-H", f"authorization: Bearer {KEY}",
             gateway.url + TARGET], capture_output=True, text=True, timeout=180)
        counts = re.search(r"requests: (\d+) total, \d+ started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored",
                           done.stdout)
        answered = re.search(r"status codes: (\d+) 2xx, 0 3xx, 0 4xx, 0 5xx", done.stdout)
        wanted = (str(requests),) * 3 + ("0", "0")
        good = counts and counts.groups() == wanted and answered and answered.group(1) == str(requests)
        check(f"h2load, {gateway.scheme}, {name}: {requests} requests, all 2xx", bool(good), done.stdout[-1500:] + done.stderr[-500:])
