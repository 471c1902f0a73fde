#!/usr/bin/env python3
"""The gateway before tools that others have written: curl, h2load, slowhttptest, python-h2 and Prometheus' parser.

Everything is on loopback and bounded in count and time. Exit code 1 where anything is not as it must be.

usage: run.py PATH_OF_THE_DATELINE_PROGRAM
"""

import pathlib
import subprocess
import sys
import tempfile

import clients
import floods
import metrics
import slow
from gateway import serving
from common.checks import end

program = pathlib.Path(sys.argv[1]).resolve()

with serving(program) as gateway:
    metrics.metrics(gateway)
    clients.protocols(gateway)
    clients.load(gateway)
    floods.floods(gateway)
    slow.attacks(gateway)

with tempfile.TemporaryDirectory() as folder:
    certificate = pathlib.Path(folder, "cert.pem"), pathlib.Path(folder, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=dateline test", "-addext", "subjectAltName=IP:127.0.0.1", "-out", certificate[0],
                    "-keyout", certificate[1]], check=True, capture_output=True)
    with serving(program, certificate) as gateway:
        metrics.certificate(gateway, certificate[0])
        clients.protocols(gateway, certificate)
        clients.load(gateway)

end()
