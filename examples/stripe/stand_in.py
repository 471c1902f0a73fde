#!/usr/bin/env python3
"""A stand-in for a small part of Stripe's API, which knows one version only.

    stand_in.py VERSION PORT

VERSION is 2024-06-20 or 2025-03-31.basil. A request in another version, and one that names a parameter which its version
does not have, is refused as the API refuses it. Amounts, names and dates are made up, and always the same.
"""

import json
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

OLD, NEW = "2024-06-20", "2025-03-31.basil"
STARTS, ENDS = 1780315200, 1782907200


def tree(pairs):
    """The parameters of a form as a document: `items[0][price]=x` is {"items": {"0": {"price": "x"}}}."""
    root = {}
    for name, value in pairs:
        first, *rest = re.findall(r"[^\[\]]+|(?<=\[)(?=\])", name)
        *path, last = [first, *rest]
        node = root
        for key in path:
            node = node.setdefault(key or str(len(node)), {})
        node[last or str(len(node))] = value
    return root


def plain(node):
    """The same with lists where all keys are numbers."""
    if not isinstance(node, dict):
        return node
    if node and all(key.isdigit() for key in node):
        return [plain(value) for _, value in sorted(node.items(), key=lambda item: int(item[0]))]
    return {key: plain(value) for key, value in node.items()}


class Refused(Exception):
    def __init__(self, status, message, **more):
        super().__init__(message)
        self.status, self.error = status, {"type": "invalid_request_error", "message": message, **more}


def only(parameters, *known):
    for name in parameters:
        if name not in known:
            raise Refused(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


class Api:
    def __init__(self, version):
        self.version, self.is_old = version, version == OLD

    # What the API holds, in the shape of its version.

    def price(self):
        return {"id": "price_1", "object": "price", "currency": "usd", "product": "prod_1", "unit_amount": 1000, "unit_amount_decimal": "1000"}

    def coupon(self):
        return {"id": "SAVE10", "object": "coupon", "percent_off": 10.0, "valid": True}

    def discount(self):
        return {"id": "di_1", "object": "discount", "coupon": self.coupon(), "start": STARTS, "end": None}

    def subscription(self, quantity=2, coupon=None, metadata=None):
        item = {"id": "si_1", "object": "subscription_item", "price": self.price(), "quantity": quantity, "subscription": "sub_1", "metadata": {}}
        if not self.is_old:
            item |= {"current_period_start": STARTS, "current_period_end": ENDS}
        made = {"id": "sub_1", "object": "subscription", "status": "active", "currency": "usd", "customer": "cus_1"}
        if self.is_old:
            made |= {"current_period_start": STARTS, "current_period_end": ENDS}
            made |= {"discount": self.discount() if coupon else None}
        else:
            made |= {"discounts": ["di_1"] if coupon else []}
        items = {"object": "list", "data": [item], "has_more": False, "url": "/v1/subscription_items?subscription=sub_1"}
        return made | {"items": items, "metadata": metadata or {}, "latest_invoice": "in_1"}

    def line(self):
        line = {"id": "il_1", "object": "line_item", "amount": 2000, "currency": "usd", "description": "2 x Course", "quantity": 2}
        if self.is_old:
            return line | {"price": self.price(), "proration": False, "subscription_item": "si_1", "subscription": "sub_1"}
        item = {"subscription_item": "si_1", "proration": False, "subscription": "sub_1"}
        return line | {
            "pricing": {"type": "price_details", "price_details": {"price": "price_1", "product": "prod_1"}, "unit_amount_decimal": "1000"},
            "parent": {"type": "subscription_item_details", "subscription_item_details": item, "invoice_item_details": None},
        }

    def invoice(self, id="in_1", of_subscription=True):
        made = {"id": id, "object": "invoice", "customer": "cus_1", "currency": "usd", "status": "open", "subtotal": 2000, "total": 2250}
        lines = {"object": "list", "data": [self.line()], "has_more": False, "url": f"/v1/invoices/{id}/lines"}
        tax = {"amount": 250, "taxability_reason": "standard_rated", "taxable_amount": 2000}
        if self.is_old:
            made |= {"subscription": "sub_1" if of_subscription else None, "tax": 250}
            made |= {"total_tax_amounts": [tax | {"inclusive": False, "tax_rate": "txr_1"}]}
        else:
            details = {"subscription": "sub_1"}
            parent = {"type": "subscription_details", "subscription_details": details, "quote_details": None}
            made |= {"parent": parent if of_subscription else None}
            taxes = tax | {"tax_behavior": "exclusive", "tax_rate_details": {"tax_rate": "txr_1"}, "type": "tax_rate_details"}
            made |= {"total_taxes": [taxes]}
        return made | {"lines": lines}

    def alert(self, config):
        made = {"id": "alrt_1", "object": "billing.alert", "alert_type": "usage_threshold", "livemode": False, "status": "active", "title": "Many calls"}
        name = "usage_threshold_config" if self.is_old else "usage_threshold"
        return made | {name: {"gte": int(config["gte"]), "meter": config["meter"], "recurrence": config["recurrence"]}}

    def event(self):
        return {
            "id": "evt_1", "object": "event", "api_version": self.version, "created": STARTS, "type": "invoice.created",
            "data": {"object": self.invoice()}, "livemode": False, "pending_webhooks": 0,
        }

    # What it does.

    def answer(self, method, path, query, form):
        match (method, path.split("/")[1:]):
            case ("POST", ["v1", "subscriptions"]):
                only(form, "customer", "items", "metadata", "coupon" if self.is_old else "discounts")
                only(query)
                coupon = form.get("coupon") or next((one.get("coupon") for one in form.get("discounts", [])), None)
                for item in form["items"]:
                    only(item, "price", "quantity", "metadata")
                return self.subscription(int(form["items"][0]["quantity"]), coupon, form.get("metadata"))
            case ("GET", ["v1", "subscriptions", "sub_1"]):
                only(query, "expand")
                made = self.subscription(coupon="SAVE10")
                if "discounts" in query.get("expand", []):
                    if self.is_old:
                        raise Refused(400, "This property cannot be expanded (discounts).", param="expand[0]")
                    made["discounts"] = [self.discount()]
                return made
            case ("GET", ["v1", "invoices"]):
                only(query, "limit", "customer", "subscription")
                data = [self.invoice(), self.invoice("in_2", of_subscription=False)]
                return {"object": "list", "data": data, "has_more": False, "url": "/v1/invoices"}
            case ("GET", ["v1", "invoices", "upcoming"]) if self.is_old:
                only(query, "customer", "subscription")
                return self.invoice("upcoming_in_1")
            case ("POST", ["v1", "invoices", "create_preview"]) if not self.is_old:
                only(form, "customer", "subscription")
                return self.invoice("upcoming_in_1")
            case ("GET", ["v1", "invoices", id]) if id.startswith("in_"):
                only(query)
                return self.invoice(id, of_subscription=id == "in_1")
            case ("POST", ["v1", "invoiceitems"]):
                only(form, "customer", "quantity", "price" if self.is_old else "pricing")
                price = form["price"] if self.is_old else form["pricing"]["price"]
                made = {"id": "ii_1", "object": "invoiceitem", "customer": form["customer"], "quantity": int(form["quantity"])}
                if self.is_old:
                    return made | {"price": self.price() | {"id": price}}
                details = {"price": price, "product": "prod_1"}
                return made | {"pricing": {"type": "price_details", "price_details": details, "unit_amount_decimal": "1000"}}
            case ("POST", ["v1", "billing", "alerts"]):
                name = "usage_threshold_config" if self.is_old else "usage_threshold"
                only(form, "title", "alert_type", name)
                return self.alert(form[name])
            case ("GET", ["v1", "events", "evt_1"]):
                return self.event()
        raise Refused(404, f"Unrecognized request URL ({method}: {path}).")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def respond(self):
        api = self.server.api
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        try:
            if self.headers.get("Stripe-Version") != api.version:
                raise Refused(400, "This stand-in knows one version only.")
            form, query = (plain(tree(parse_qsl(text, keep_blank_values=True))) for text in (body, query))
            status, answer = 200, api.answer(self.command, path, query, form)
        except Refused as refused:
            status, answer = refused.status, {"error": refused.error}
        answer = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("Stripe-Version", api.version)
        self.send_header("Request-Id", "req_1")
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_DELETE = respond

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    version, port = sys.argv[1:]
    if version not in (OLD, NEW):
        sys.exit(f"a version is {OLD} or {NEW}")
    server = ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
    server.api = Api(version)
    server.serve_forever()
