#!/usr/bin/env python3
"""A stand-in for a small part of Shopify's REST Admin API, which knows one version only.

    stand_in.py VERSION PORT

VERSION is 2022-01 or 2025-04. It stands in the path, `/admin/api/2022-01/orders/1.json`, and so it does in the links of a
list. A path with another version is not found. Amounts, names and dates are made up, and always the same.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

OLD, NEW = "2022-01", "2025-04"


class Api:
    def __init__(self, version, port):
        self.version, self.is_old, self.port = version, version == OLD, port

    def customer(self):
        made = {"id": 207119551, "email": "bob@example.com", "first_name": "Bob", "currency": "USD", "tags": ""}
        if self.is_old:
            made |= {"last_order_id": 450789469, "last_order_name": "#1001", "orders_count": 1, "total_spent": "199.65"}
        return made

    def line_item(self):
        made = {"id": 466157049, "title": "IPod Nano", "price": "199.00", "quantity": 1, "sku": "IPOD2008GREEN", "variant_id": 39072856}
        return made | ({"fulfillment_service": "manual"} if self.is_old else {})

    def order(self, id=450789469):
        return {"id": id, "name": "#1001", "currency": "USD", "total_price": "199.65", "customer": self.customer(), "line_items": [self.line_item()]}

    def variant(self):
        made = {"id": 39072856, "title": "Green", "price": "199.00", "sku": "IPOD2008GREEN", "inventory_quantity": 10}
        return made | ({"fulfillment_service": "manual"} if self.is_old else {})

    def charge(self):
        made = {"id": 1034618208, "description": "Super Mega Plan 1000 emails", "price": "1.00", "balance_used": "11.00", "currency": "USD"}
        return made | ({"billing_on": None} if self.is_old else {})

    def answer(self, method, path, query):
        """Status, body and more header fields."""
        match (method, path.split("/")):
            case ("GET", ["orders.json"]):
                page = query.get("page_info", ["1"])[0]
                if page != "1":
                    return 200, {"orders": [self.order(450789470)]}, {}
                link = f"http://127.0.0.1:{self.port}/admin/api/{self.version}/orders.json?limit=1&page_info=2"
                return 200, {"orders": [self.order()]}, {"Link": f'<{link}>; rel="next"'}
            case ("GET", ["orders", "450789469.json"]):
                return 200, {"order": self.order()}, {}
            case ("GET", ["variants", "39072856.json"]):
                return 200, {"variant": self.variant()}, {}
            case ("GET", ["recurring_application_charges", "455696195", "usage_charges", "1034618208.json"]):
                return 200, {"usage_charge": self.charge()}, {}
            case ("GET", ["checkouts.json"]) if self.is_old:
                return 200, {"checkouts": []}, {}
        return 404, {"errors": "Not Found"}, {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        api = self.server.api
        path, _, query = self.path.partition("?")
        own = f"/admin/api/{api.version}/"
        status, answer, more = 404, {"errors": "Not Found"}, {}
        if path.startswith(own):
            status, answer, more = api.answer("GET", path.removeprefix(own), parse_qs(query))
        answer = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "X-Shopify-API-Version": api.version, **more}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    version, port = sys.argv[1:]
    if version not in (OLD, NEW):
        sys.exit(f"a version is {OLD} or {NEW}")
    server = ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
    server.api = Api(version, int(port))
    server.serve_forever()
