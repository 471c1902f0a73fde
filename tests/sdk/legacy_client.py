#!/usr/bin/env python3
"""An official SDK from before dated versions, unmodified, against gateway and sandbox.

Two sandboxes stand still, each knowing one version only; a gateway stands before each of them:

    SDK, no header --> gateway --> sandbox at 2026-07-01     must equal     SDK --> sandbox at 2025-01-01
    2026-07-01     --> gateway --> sandbox at 2025-01-01     must equal     2026-07-01 --> sandbox at 2026-07-01

What the SDK's typed attributes and to_dict() say is compared field by field; numbers exactly, as decimals.
A field may differ only where the gateway reported its loss in `Dateline-Loss`, and then holds the promised value.

usage: legacy_client.py PATH_OF_THE_DATELINE_PROGRAM
"""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
from decimal import Decimal

import httpx
import whop_sdk
from whop_sdk import Whop

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
from common.checks import free_port, listens, until

OLD, NEW, KEY = "2025-01-01", "2026-07-01", "sdk-test-key"
PROGRAM = sys.argv[1]
passed, failed = [], []


def check(name, got, expected):
    if got == expected and type(got) is type(expected):
        passed.append(name)
        return
    failed.append(name)
    print(f"FAILED {name}\n  got      {got!r}\n  expected {expected!r}")


@contextlib.contextmanager
def running(*arguments, port, **environment):
    """A program of ours, ended when its block ends."""
    process = subprocess.Popen([PROGRAM, *arguments], env={**os.environ, **environment}, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    try:
        until(f"{arguments} listen", lambda: listens(port) or process.poll() is not None)
        if process.poll() is not None:
            raise SystemExit(f"{arguments} ended at once:\n{process.stdout.read()}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        log = process.communicate(timeout=20)[0]
        check(f"{arguments[0]} ends cleanly on SIGTERM", process.returncode, 0)
        check(f"{arguments[0]} never logs the key", KEY in log, False)


def sandbox(version):
    port = free_port()
    return running("sandbox", "--address", f"127.0.0.1:{port}", "--version", version, port=port)


def gateway(upstream, version):
    port = free_port()
    return running("serve", port=port, DATELINE_LISTEN__ADDRESS=f"127.0.0.1:{port}", DATELINE_ADMIN__ADDRESS="off",
                   DATELINE_UPSTREAM__URL=upstream, DATELINE_UPSTREAM__VERSION=version, DATELINE_LOG__FORMAT="json")


def same(name, got, expected):
    """Compares two SDK models, or lists of them: their dictionaries and each typed attribute."""
    check(f"{name}: to_dict", got.to_dict(), expected.to_dict())
    for field in type(expected).model_fields:
        check(f"{name}.{field}", getattr(got, field), getattr(expected, field))


def legacy(got, expected):
    """Every call of the SDK that a module touches, made of the gateway and of the API as it was."""
    account = "biz_pickaxe"
    for name, call in {
        "plans.list": lambda sdk: list(sdk.plans.list(company_id=account)),
        "plans.list, paged": lambda sdk: list(sdk.plans.list(company_id=account, first=1)),
        "plans.list, by type": lambda sdk: list(sdk.plans.list(company_id=account, plan_types=["renewal", "one_time"])),
        "users.list": lambda sdk: list(sdk.users.list()),
    }.items():
        left, right = call(got), call(expected)
        check(f"{name}: length", len(left), len(right))
        check(f"{name}: has some", len(right) > 0, True)
        for index, (one, other) in enumerate(zip(left, right)):
            same(f"{name}[{index}]", one, other)
    for name, call in {
        "plans.create": lambda sdk: sdk.plans.create(company_id=account, product_id="prod_analytics", initial_price=6.9,
                                                     plan_type="renewal", title="Ünïcode \"plan\"", metadata={"company": "kept"}),
        "plans.retrieve": lambda sdk: sdk.plans.retrieve("plan_pro"),
        "plans.retrieve, standalone": lambda sdk: sdk.plans.retrieve("plan_invoice"),
        "plans.retrieve, hard": lambda sdk: sdk.plans.retrieve("plan_lifetime"),
        "plans.update": lambda sdk: sdk.plans.update("plan_pro", title="Renamed", renewal_price=0.125),
        "users.retrieve": lambda sdk: sdk.users.retrieve("user_ada"),
        "users.retrieve, of an account": lambda sdk: sdk.users.retrieve("user_ada", company_id=account),
        "users.update": lambda sdk: sdk.users.update("user_bo", name="Bo", company_id=account),
        "users.check_access": lambda sdk: sdk.users.check_access("prod_analytics", id="user_bo"),
    }.items():
        same(name, call(got), call(expected))
    created = [sdk.plans.create(company_id=account, product_id="prod_analytics") for sdk in (got, expected)]
    check("plans.delete", *[sdk.plans.delete(plan.id) for sdk, plan in zip((got, expected), created)])
    for sdk in (got, expected):
        try:
            sdk.plans.retrieve("plan_unknown")
            check("an unknown plan is not found", True, False)
        except whop_sdk.NotFoundError as error:
            passed.append("an unknown plan is not found")
            created.append(error.body)
    check("errors pass as they came", *created[-2:])
    for path in ["/referrals/businesses", "/referrals/businesses/bref_pickaxe", "/referrals/businesses/earnings",
                 "/referrals/businesses/bref_pickaxe/earnings", "/referrals/businesses?order=processing_volume&direction=desc"]:
        excused(path, *[sdk.get(path, cast_to=httpx.Response) for sdk in (got, expected)])


def numbers(response):
    return json.loads(response.content, parse_float=Decimal, parse_int=Decimal)


# What a version promises for a field that the other does not have.
PROMISED = {
    "referred_by_account_id": lambda _: None,
    "receipt.amount_after_fees": lambda _: None,
    "receipt.receipt_fees": lambda _: [],
    "volume_usd.settled": lambda row: row["volume_usd"]["attributed"],
    "volume_usd.awaiting_settlement": lambda row: "0.00",
}


def excused(name, got, expected):
    check(f"{name}: status", got.status_code, expected.status_code)
    check(f"{name}: version", got.headers["api-version-date"], expected.headers["api-version-date"])
    lost = dict(entry.split("=") for entry in got.headers.get("dateline-loss", "").replace(" ", "").split(",") if entry)
    got, expected = numbers(got), numbers(expected)
    rows = lambda body: body["data"] if isinstance(body.get("data"), list) else [body]
    for index, (row, native) in enumerate(zip(rows(got), rows(expected), strict=True)):
        for field, promise in PROMISED.items():
            *outer, last = field.split(".")
            inside, other = row, native
            for container in outer:
                inside, other = (inside or {}).get(container), (other or {}).get(container)
            if lost.get(field) == "made-up" and inside and last in inside and inside[last] is not None or (
                    lost.get(field) == "made-up" and inside and inside.get(last, 0) is None):
                check(f"{name}[{index}].{field}: as promised", inside[last], promise(row) if inside[last] is not None else None)
                inside.pop(last)
                (other or {}).pop(last, None)
        check(f"{name}[{index}]", row, native)
    check(f"{name}: all else", {k: v for k, v in got.items() if k != "data"},
          {k: v for k, v in expected.items() if k != "data"} if "data" in expected else got)


def newer(got, expected):
    """A client of today's version, made of the gateway before an old API and of the API as it is."""
    headers = {"authorization": f"Bearer {KEY}", "api-version-date": NEW}
    ask = lambda base, method, path, **more: httpx.request(method, f"{base}/api/v1{path}", headers=headers, **more)
    for method, path, body in [
        ("GET", "/plans?account_id=biz_pickaxe", None),
        ("GET", "/plans/plan_invoice", None),
        ("POST", "/plans", {"account_id": "biz_forge", "product_id": "prod_signals", "initial_price": 0.125}),
        ("PATCH", "/users/me?account_id=biz_pickaxe", {"name": "Ada"}),
        ("GET", "/users/user_bo/access/prod_analytics?account_id=biz_pickaxe", None),
        ("GET", "/referrals/businesses?order=volume_usd", None),
        ("GET", "/referrals/businesses/bref_pickaxe", None),
        ("GET", "/referrals/businesses/bref_pickaxe/earnings", None),
        ("POST", "/referrals/partners", None),
    ]:
        more = {} if body is None else {"json": body}
        excused(f"{method} {path}", ask(got, method, path, **more), ask(expected, method, path, **more))


def main():
    sdk = lambda base: Whop(api_key=KEY, base_url=f"{base}/api/v1", max_retries=0)
    with sandbox(NEW) as upstream, sandbox(OLD) as native, gateway(upstream, NEW) as front:
        legacy(sdk(front), sdk(native))
    with sandbox(OLD) as upstream, sandbox(NEW) as native, gateway(upstream, OLD) as front:
        newer(front, native)
    print(f"{len(passed)} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


main()
