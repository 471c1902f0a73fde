"""The requests of the chaos run: each number stands for one request, and for what the API answers and the client must read.

The upstream and the clients make the same case of a seed and a number, so nothing but the number has to travel. Both documents of a
case are written here by hand, in the words of their versions: nothing of the pack is used.
"""

import dataclasses
import random

OLD, BETWEEN, NEW = "2025-01-01", "2026-06-09", "2026-07-01"
# Of a translated object, in bytes; the gateways of the chaos run are configured with it.
OBJECT_LIMIT = 256 << 10
# So many numbers for each client; those of odd clients go through the gateway whose upstream speaks TLS.
EACH = 1_000_000

KINDS = {"plan": 4, "referral": 3, "list": 4, "write": 6, "widget": 2, "make": 2, "export": 1}
PINS = {OLD: 3, BETWEEN: 1, NEW: 2}
# Bytes beside the fields: small, over what is read before a head is sent (64 KiB), over the limit of an object.
PADS = {0: 8, 3_000: 4, 40_000: 3, 120_000: 3, 400_000: 1}
FRAMINGS = {"length": 3, "chunked": 3, "to the end": 2, "HTTP/1.0": 2}


def drawn(random, weights):
    return random.choices(list(weights), list(weights.values()))[0]


@dataclasses.dataclass(frozen=True)
class Case:
    """One request, as the seed has it."""

    number: int
    kind: str
    pin: str
    pad: int
    framing: str
    gzip: bool
    # The client sends an Idempotency-Key; sends its body in chunks; ends its sending behind the request, where its connection has no other.
    key: bool
    chunked: bool
    half_closes: bool

    @classmethod
    def of(cls, seed, number):
        draw = random.Random(f"{seed}/{number}")
        case = cls(number, drawn(draw, KINDS), drawn(draw, PINS), drawn(draw, PADS), drawn(draw, FRAMINGS),
                   draw.random() < 0.5, draw.random() < 0.5, draw.random() < 0.3, draw.random() < 0.2)
        if case.kind == "export":
            # What is no JSON and ends with its connection is known to be whole only over TLS.
            return case if case.tls else dataclasses.replace(case, kind="plan")
        return case

    @property
    def tls(self):
        return self.number // EACH % 2 == 1

    @property
    def writes(self):
        return self.kind in ("write", "make")

    @property
    def over(self):
        """Whether a single object is too large to be translated."""
        translated = self.kind in ("plan", "write") and self.pin == OLD or self.kind == "referral" and self.pin != NEW
        return translated and self.pad > OBJECT_LIMIT

    @property
    def target(self):
        return {
            "plan": f"/api/v1/plans/plan_{self.number}",
            "referral": f"/api/v1/referrals/businesses/bref_{self.number}",
            "list": f"/api/v1/plans?{self.whose}=biz_{self.number}",
            "write": "/api/v1/plans",
            "widget": f"/api/v1/widgets/wid_{self.number}",
            "make": "/api/v1/widgets",
            "export": f"/api/v1/exports/exp_{self.number}",
        }[self.kind]

    @property
    def whose(self):
        """The parameter that says which business."""
        return self.parameter(self.pin)

    @staticmethod
    def parameter(version):
        return "company_id" if version == OLD else "account_id"

    def sent(self, version):
        """The body of the request in the words of a version."""
        if not self.writes:
            return ""
        name = self.parameter(version) if self.kind == "write" else "business"
        # Not over what is sent along by half of the writes; the rest of the answer's size is its own.
        note = self.text(min(self.pad, 40_000))
        return f'{{"{name}":"biz_{self.number}","initial_price":{self.number}.10,"note":"{note}"}}'

    def document(self, version):
        """The body of the answer in the words of a version."""
        if self.kind == "export":
            return "id,amount\n" + "".join(f"exp_{self.number}_{row},{row}.10\n" for row in range(self.pad // 20 + 1))
        if self.kind == "list":
            plans = ",".join(self.plan(version, f"_{n}", 400) for n in range(self.pad // 500))
            return f'{{"data":[{plans}],"page_info":{{"has_next_page":false}}}}'
        if self.kind == "referral":
            return self.referral(version)
        if self.kind in ("widget", "make"):
            return f'{{"id":"wid_{self.number}","company":"kept","amount":{self.number}.10,"pad":"{self.text(self.pad)}"}}'
        return self.plan(version, "", self.pad)

    def plan(self, version, suffix, pad):
        name = "company" if version == OLD else "account"
        return (f'{{"id":"plan_{self.number}{suffix}","{name}":{{"id":"biz_{self.number}","title":"Größe \\"x\\""}},'
                f'"initial_price":{self.number}.10,"exact":12345678901234567890.12345678901234567890,'
                f'"metadata":{{"company":"kept","account":"kept"}},"pad":"{self.text(pad, suffix)}"}}')

    def referral(self, version):
        number, kept = self.number, f'"metadata":{{"processing_volume":"kept"}},"pad":"{self.text(self.pad)}","status":"active"'
        first = f'{{"object":"business_referral","id":"bref_{number}","payout_percentage":0.3,{kept},'
        if version == NEW:
            return (f'{first}"earnings_usd":{{"completed":"{number}.50","pending":"45.25","total":"{number}.75"}},'
                    f'"volume_usd":{{"attributed":"{number}1050.10","awaiting_settlement":"250.00","settled":"10800.00"}}}}')
        return (f'{first}"processing_volume":{number}1050.10,"total_earnings":{number}.75,"pending_payout":45.25,'
                f'"completed_payout":{number}.50,"currency":"usd","referred_by_account_id":null}}')

    def text(self, size, suffix=""):
        """Text that is this case's alone, and half as long when it is compressed."""
        return random.Random(f"{self.number}{suffix}").randbytes(size // 2).hex()
