#!/usr/bin/env python3
"""What a program written for one version of the API does, by the official SDK, unmodified.

    client.py BASE_URL OUTPUT.json

The SDK that is installed decides the version: `stripe` 10 speaks 2024-06-20, `stripe` 12 speaks 2025-03-31.basil. What it
reads is written as JSON, with the losses that the gateway has told.
"""

import json
import sys

import stripe

stripe.api_base, stripe.api_key, stripe.max_network_retries = sys.argv[1], "sk_test_example", 0
IS_OLD = stripe.api_version == "2024-06-20"
read = {}


def noted(name, made):
    headers = made.last_response.headers if made.last_response else {}
    lost = {key.lower(): value for key, value in headers.items()}.get("dateline-loss")
    read[name] = {"lost": lost, "read": json.loads(str(made))}
    return made


discount = {"coupon": "SAVE10"} if IS_OLD else {"discounts": [{"coupon": "SAVE10"}]}
items = [{"price": "price_1", "quantity": 3}]
made = noted("subscribe", stripe.Subscription.create(customer="cus_1", items=items, metadata={"plan": "team"}, **discount))
assert made.metadata["plan"] == "team" and made["items"].data[0].quantity == 3
read_again = noted("subscription", stripe.Subscription.retrieve("sub_1"))
if IS_OLD:
    # The newer version has the period in each of the items.
    assert (read_again.current_period_start, read_again.current_period_end) == (1780315200, 1782907200), read_again
invoices = noted("invoices", stripe.Invoice.list(limit=2, subscription="sub_1"))
for invoice in invoices.data:
    # As each version's own programs ask it.
    subscription = invoice.subscription if IS_OLD else invoice.parent and invoice.parent.subscription_details.subscription
    assert subscription == ("sub_1" if invoice.id == "in_1" else None), invoice
    if IS_OLD:
        # The newer version tells the taxes one by one.
        assert invoice.tax == sum(tax.amount for tax in invoice.total_tax_amounts) == 250, invoice
noted("invoice", stripe.Invoice.retrieve("in_2"))
preview = stripe.Invoice.upcoming if IS_OLD else stripe.Invoice.create_preview
try:
    noted("preview", preview(customer="cus_1", subscription="sub_1"))
except stripe.StripeError as error:
    read["preview"] = {"refused": error.user_message}
price = {"price": "price_7"} if IS_OLD else {"pricing": {"price": "price_7"}}
noted("invoice item", stripe.InvoiceItem.create(customer="cus_1", quantity=4, **price))
threshold = {"gte": 100, "meter": "mtr_1", "recurrence": "one_time"}
name = "usage_threshold_config" if IS_OLD else "usage_threshold"
alert = noted("alert", stripe.billing.Alert.create(title="Many calls", alert_type="usage_threshold", **{name: threshold}))
assert alert[name].gte == 100
event = noted("event", stripe.Event.retrieve("evt_1"))
assert event.api_version == stripe.api_version, event.api_version
try:
    stripe.Subscription.create(customer="cus_1", items=items, nothing_like_it="x")
except stripe.InvalidRequestError as error:
    read["mistake"] = {"lost": None, "read": {"message": error.user_message, "param": error.param}}

with open(sys.argv[2], "w") as file:
    json.dump({"version": stripe.api_version, "read": read}, file)
