#!/usr/bin/env python3
"""What a program written for one version of the API does, by the official SDK, unmodified.

    client.py PORT VERSION OUTPUT.json

What it reads is written as JSON, with the losses that the gateway has told. The SDK makes the host's name of the shop's
and of a domain: here `127.0` and `0.1`.
"""

import json
import sys

import shopify
from pyactiveresource.connection import ConnectionError

port, version, output = sys.argv[1:]
shopify.Session.setup(protocol="http", myshopify_domain="0.0.1", port=int(port))
shopify.ShopifyResource.activate_session(shopify.Session("127", version, "shpat_example"))
read = {}


def noted(name, made):
    headers = {key.lower(): value for key, value in shopify.ShopifyResource.connection.response.headers.items()}
    if isinstance(made, list):
        made = [one.to_dict() for one in made]
    elif hasattr(made, "to_dict"):
        made = made.to_dict()
    read[name] = {"lost": headers.get("dateline-loss"), "read": made}


noted("order", shopify.Order.find(450789469))
orders = shopify.Order.find(limit=1)
noted("orders", [*orders])
# The SDK follows the link, whose path has a version, too.
noted("next orders", [*orders.next_page()])
noted("variant", shopify.Variant.find(39072856))
noted("usage charge", shopify.UsageCharge.find(1034618208, recurring_application_charge_id=455696195))
try:
    noted("checkouts", [*shopify.Checkout.find()])
except ConnectionError as error:
    read["checkouts"] = {"refused": f"{error.response.code}: {error.response.body.decode()}"}

with open(output, "w") as file:
    json.dump({"version": version, "read": read}, file)
