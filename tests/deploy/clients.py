"""Clients of four versions, over connections that are kept: every answer is compared in full, every write is followed to its end."""

import asyncio
import collections
import decimal
import json
import random
import time

from common.messages import answer

# Of which no version loses a value, so that an answer is the same whatever the API is spoken to at (docs/losses.md has those that do).
TARGETS = ["/api/v1/plans/plan_pro", "/api/v1/plans/plan_annual", "/api/v1/users?first=2",
           "/api/v1/referrals/businesses?first=2", "/api/v1/referrals/businesses/bref_pickaxe",
           "/api/v1/referrals/businesses/bref_giant", "/api/v1/referrals/businesses/bref_giant/earnings"]
PLANS = "/api/v1/plans"
# What they pin (none: no header), and what a plan's account is called then.
PINS = {None: "company_id", "2026-06-08": "company_id", "2026-06-09": "account_id", "2026-06-20": "account_id"}


def parse(text):
    """JSON by value: numbers exactly, whatever they are written like."""
    return json.loads(text, parse_float=decimal.Decimal, parse_int=decimal.Decimal)


def write_body(pin, price):
    return f'{{"{PINS[pin]}":"biz_pickaxe","product_id":"prod_analytics","initial_price":{price}}}'


def request(method, target, pin, key=None, body=None):
    fields = "Host: x\r\nAuthorization: Bearer test\r\n"
    # A client that asks Envoy to send its requests again, whatever they are: it has no say in that.
    fields += "X-Envoy-Retry-On: 5xx,reset,retriable-status-codes\r\nX-Envoy-Max-Retries: 5\r\n"
    if pin:
        fields += f"Api-Version-Date: {pin}\r\n"
    if key:
        fields += f"Idempotency-Key: {key}\r\n"
    if body is not None:
        fields += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{method} {target} HTTP/1.1\r\n{fields}\r\n{body or ''}".encode()


async def ask(port, bytes_):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(bytes_)
    came = await asyncio.wait_for(answer(reader), 20)
    writer.close()
    return came


async def natively(sandbox):
    """What the API itself says at each version: to each read, and to a write without its id."""
    expected = {}
    for pin in PINS:
        for target in TARGETS:
            expected[pin, target] = parse((await ask(sandbox, request("GET", target, pin)))[2])
        status, _, body = await ask(sandbox, request("POST", PLANS, pin, f"native-{pin}", write_body(pin, "7.10")))
        assert status == 200, body
        expected[pin, PLANS] = body.decode()
    return expected


class Load:
    def __init__(self, port, expected):
        self.port, self.expected, self.phase, self.over = port, expected, "before", False
        self.answers = collections.Counter()  # (phase, method, pin) of what was answered in full and right
        self.failed = []                      # (phase, kind, target, what came): every request that got anything else
        self.keyed = collections.Counter()    # how often each write with an Idempotency-Key was sent, by its price
        self.bare = {}                        # of each write without one: whether it was answered
        self.unsettled = []                   # writes that stayed without an answer
        self.times = []

    def is_busy(self, phase=None):
        """Whether each version has been read and written at, in this phase."""
        return all(self.answers[phase or self.phase, method, pin] > 5 for method in ("GET", "POST") for pin in PINS)

    def is_right(self, pin, method, target, price, status, fields, body):
        if status != 200 or fields.get("api-version-date") != (pin or "2025-01-01"):
            return False
        document = parse(body)
        if method == "GET":
            return document == self.expected[pin, target]
        native = parse(self.expected[pin, PLANS])
        wanted = json.loads(self.expected[pin, PLANS].replace(native["id"], document["id"]), parse_float=decimal.Decimal,
                            parse_int=decimal.Decimal)
        wanted["initial_price"] = decimal.Decimal(price)
        return document == wanted

    async def client(self, number):
        pin, has_keys = list(PINS)[number % len(PINS)], number // len(PINS) % 3 > 0
        connection, count = None, 0
        while not self.over:
            count += 1
            price = f"{number * 100_000 + count}.10"
            # Many of them before a replica is killed.
            is_write = count % 3 == 0 if self.phase != "before" else count % 3 != 0
            target = PLANS if is_write else random.choice(TARGETS)
            method, key = "POST" if is_write else "GET", f"key-{price}" if is_write and has_keys else None
            kind = "a read" if not is_write else "a write with a key" if has_keys else "a write without a key"
            text = request(method, target, pin, key, write_body(pin, price) if is_write else None)
            for attempt in range(8):
                phase, began = self.phase, time.monotonic()
                if key:
                    self.keyed[price] += 1
                try:
                    if connection is None:
                        connection = await asyncio.open_connection("127.0.0.1", self.port)
                    reader, writer = connection
                    writer.write(text)
                    status, fields, body = await asyncio.wait_for(answer(reader), 20)
                    right = self.is_right(pin, method, target, price, status, fields, body)
                    came = f"{status} {fields.get('dateline-outcome', '')} {body.decode()[:300]}"
                    if fields.get("connection") == "close":
                        writer.close()
                        connection = None
                except (OSError, EOFError, asyncio.TimeoutError) as error:
                    right, came, connection = False, repr(error), None
                self.times.append(time.monotonic() - began)
                if is_write and not has_keys:
                    self.bare[price] = right
                if right:
                    self.answers[phase, method, pin] += 1
                    break
                # By when it failed: what was under way before is what is cut by what comes next.
                self.failed.append((self.phase, kind, target, came))
                # A write with a key is sent again, as an API's documentation asks for. A read has had its chance, and so has a
                # write that nobody can tell from one that has happened.
                if not key:
                    break
                await asyncio.sleep(0.2)
            else:
                self.unsettled.append(price)
        if connection:
            connection[1].close()
