"""Clients of three kinds, and what they ask: those from before dated versions, configured ones, and those of today."""

import http.client
import json

BASE = "/api/v1"
TODAY = "2026-07-01"

# Named in the configuration, known by their keys; one by its host, one that never comes.
CONFIGURED = {
    "billing-cron": ("2025-01-01", "billing-key-1a2b3c"),
    "storefront": ("2026-06-09", "storefront-key-4d5e6f"),
    "<script>alert(1)</script>": ("2026-06-20", "script-key-7a8b9c"),
}
# Known to nobody: the gateway gives each a name of its own.
LEGACY, MODERN = "legacy-key-0d1e2f", "modern-key-3a4b5c"
KEYS = [key for _, key in CONFIGURED.values()] + [LEGACY, MODERN]

REFERRAL = f"{BASE}/referrals/businesses/bref_pickaxe"
REFERRALS = f"{BASE}/referrals/businesses"
PLANS = f"{BASE}/plans"


def configuration(port, admin, token_sha256=None, shown=False):
    """A file for `dateline serve --config`; without the client with a hostile name where it is shown. Verdicts come at
    once, but for the one with a token, which takes as long as they do by default."""
    from hashlib import sha256

    token = f'token_sha256 = "{token_sha256}"\n' if token_sha256 else ""
    text = f'[listen]\naddress = "127.0.0.1:{port}"\n[admin]\naddress = "127.0.0.1:{admin}"\n{token}[log]\nformat = "json"\n'
    text += "" if token_sha256 else '[usage]\nverdict_after = "0h"\n'
    for name, (pin, key) in CONFIGURED.items():
        if shown and "<" in name:
            continue
        digest = sha256(key.encode()).hexdigest()
        text += f"[[client]]\nname = {json.dumps(name)}\npin = \"{pin}\"\nbearer_sha256 = \"{digest}\"\n"
    if shown:
        text += '[[version]]\npin = "2025-01-01"\ndeprecated = "2026-12-01"\nsunset = "2027-06-01"\n'
    return text + '[[client]]\nname = "partner-portal"\npin = "2026-06-20"\nhost = "partners.example.com"\n'


class Sent:
    """What was sent, by client and version: what the page must say."""

    def __init__(self, port):
        self.port, self.requests, self.statuses = port, {}, []

    def send(self, client, pin, path, key=None, method="GET", body=None, header=None, times=1):
        fields = {"Authorization": f"Bearer {key}"} if key else {}
        fields |= {"Api-Version-Date": header} if header else {}
        fields |= {"Content-Type": "application/json"} if body else {}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        for _ in range(times):
            connection.request(method, path, body=json.dumps(body) if body else None, headers=fields)
            answer = connection.getresponse()
            answer.read()
            self.statuses.append((client, answer.status))
            cells = self.requests.setdefault(client, {})
            cells[pin] = cells.get(pin, 0) + 1
        connection.close()

    def total(self):
        return sum(count for cells in self.requests.values() for count in cells.values())


def drive(port):
    """A little of everything; returns what was sent."""
    sent = Sent(port)
    # From before dated versions: no header. Every answer of this operation loses something on its way down.
    sent.send("legacy", "2025-01-01", REFERRAL, LEGACY, times=5)
    sent.send("legacy", "2025-01-01", REFERRALS, LEGACY, times=2)
    # Configured, by key.
    sent.send("billing-cron", "2025-01-01", f"{PLANS}?company_id=biz_pickaxe", CONFIGURED["billing-cron"][1], times=4)
    sent.send("billing-cron", "2025-01-01", REFERRAL, CONFIGURED["billing-cron"][1], times=3)
    sent.send("storefront", "2026-06-09", f"{PLANS}?account_id=biz_pickaxe", CONFIGURED["storefront"][1], times=6)
    sent.send("storefront", "2026-06-09", f"{PLANS}/plan_none", CONFIGURED["storefront"][1], times=2)
    sent.send("<script>alert(1)</script>", "2026-06-20", REFERRAL, CONFIGURED["<script>alert(1)</script>"][1])
    # Of today: says what it speaks. Once it asks for what the pack has not.
    sent.send("modern", TODAY, REFERRAL, MODERN, header=TODAY, times=8)
    sent.send("modern", TODAY, f"{BASE}/elsewhere/%3Cscript%3Ealert(2)", MODERN, header=TODAY)
    # Nobody: no key, so the API refuses it.
    sent.send("anonymous", "2025-01-01", PLANS, times=3)
    return sent


def live(port, minutes):
    """A few requests a second, as these clients would send them over a day: for screenshots."""
    import math
    import random
    import time

    sent, chance = Sent(port), random.Random(1)
    key = lambda name: CONFIGURED[name][1]
    begun = time.time()
    while time.time() < begun + minutes * 60:
        minute = (time.time() - begun) / 60
        if chance.random() < 0.5:
            sent.send("legacy", "", REFERRAL, LEGACY)
        if int(minute) % 7 == 3 or chance.random() < 0.1:
            sent.send("billing-cron", "", f"{PLANS}?company_id=biz_pickaxe", key("billing-cron"))
            sent.send("billing-cron", "", REFERRALS, key("billing-cron"))
        if chance.random() < 0.5 + 0.4 * math.sin(minute / 3):
            sent.send("storefront", "", f"{PLANS}?account_id=biz_pickaxe", key("storefront"))
            sent.send("storefront", "", f"{PLANS}/plan_{'none' if chance.random() < 0.05 else 'pro'}", key("storefront"))
        for _ in range(chance.randint(1, 3)):
            path = chance.choice([REFERRAL, REFERRALS, f"{REFERRALS}/earnings", PLANS, PLANS])
            sent.send("modern", "", path, MODERN, header=TODAY)
        if chance.random() < 0.15:
            sent.send("another modern one", "", PLANS, "second-modern-key", header=TODAY)
        if chance.random() < 0.08:
            sent.send("one in between", "", REFERRAL, "third-key-of-some", header="2026-06-09")
        if chance.random() < 0.03:
            sent.send("anonymous", "", PLANS)
        time.sleep(0.4)
