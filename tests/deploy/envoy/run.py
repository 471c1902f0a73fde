"""The real Envoy with `dateline ext-proc` as its filter, held to the proxy: the same requests get the same answers.

    run.py PROGRAM          compares, breaks things off under load; minutes at most
    run.py PROGRAM --load   figures for docs/performance.md: both ways, one after the other

Every path of `deploy/envoy/ext_proc.yaml` is used as it is committed, with other ports and other upstreams.
"""

import contextlib
import pathlib
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2]))
import compare
import fails
import figures
from common.checks import failed
from processes import Ways

VERSIONS = ["2025-01-01", "2026-06-08", "2026-06-09", "2026-06-20", "2026-07-01"]


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        folder = pathlib.Path(folder)
        if "--load" in sys.argv:
            figures.measure(program, folder, stack)
            return
        ways = Ways(program, folder, stack)
        pairs = {version: ways.sandboxes(version) for version in VERSIONS}
        odd = ways.odd_upstream()
        dead = ways.dead_upstream()
        buffered = ways.sandboxes(VERSIONS[-1], mode="BUFFERED")
        duplex = ways.sandboxes(VERSIONS[-1], mode="FULL_DUPLEX_STREAMED")
        ways.start_envoy()
        compare.pairs(pairs)
        compare.events(pairs)
        compare.passes(pairs[VERSIONS[-1]], ways)
        compare.refusals(pairs[VERSIONS[-1]])
        compare.odd(odd)
        compare.dead(dead)
        compare.other_mode("BUFFERED", buffered)
        compare.other_mode("FULL_DUPLEX_STREAMED", duplex)
        fails.closed(pairs[VERSIONS[-1]], ways)
    if failed:
        raise SystemExit(f"{len(failed)} do not hold: {failed}")


main()
