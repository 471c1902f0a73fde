#!/usr/bin/env python3
"""The admin page in Chromium: real traffic, then what an operator reads and does, with the mouse, the keyboard and without.

    tests/browser/run.py target/debug/dateline [--screenshots FOLDER [--for MINUTES]]

Needs Debian's `chromium` and the packages in requirements.txt.
"""

import argparse
import contextlib
import json
import sys
import time
from hashlib import sha256

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, sync_playwright

import traffic
from gateway import serving
from common.checks import check, failed

CHROMIUM = "/usr/bin/chromium"
PLAN = "?operation=GET+%2Freferrals%2Fbusinesses%2F%7Bid%7D&pin=2025-01-01"
UPGRADE = "?client=billing-cron&to=2026-07-01"
TOKEN = "a-long-random-token-for-the-browser-test"
def until(holds, seconds=20):
    """Whether it came to hold in time."""
    end = time.time() + seconds
    while time.time() < end:
        if holds():
            return True
        time.sleep(0.05)
    return holds()


@contextlib.contextmanager
def opened(browser, gateway, path="", noise=(), others=(), **options):
    """A page of a browser of its own, which must say nothing on its console and ask nobody but this gateway."""
    context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
    page, said, asked = context.new_page(), [], set()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.add(request.url))
    page.goto(gateway.page + path)
    yield page
    said = [text for text in said if not any(part in text for part in noise)]
    check(f"  nothing on the console of /{path[:20]}", not said, said)
    strangers = [url for url in asked if not url.startswith((gateway.page, "data:", *others))]
    check(f"  no request leaves this gateway from /{path[:20]}", not strangers, strangers)
    context.close()


def number(text):
    return int(text.replace(",", "").split()[0])


def matrix(page):
    """What the matrix says: client -> version -> requests, without what is none."""
    columns = [text.split()[0] for text in page.locator("table.matrix thead th").all_inner_texts()]
    told = {}
    for row in page.locator("table.matrix tbody tr").all():
        name = row.locator(".client").inner_text()
        cells = dict(zip(columns, row.locator("th, td").all_inner_texts()))
        told[name] = {pin: number(text) for pin, text in cells.items() if pin[:2] == "20" and text[0].isdigit()}
    return told


def rows(page, section):
    return [[cell.split("\n")[0] for cell in row.locator("th, td").all_inner_texts()]
            for row in page.locator(f"{section} tbody tr").all()]


def figures(browser, gateway, sent):
    """The page says exactly what was sent, and so does /api/."""
    api = lambda name: json.loads(gateway.ask(f"/api/{name}")[2])[name]
    total = lambda: sum(client["requests"] for client in api("clients"))
    check("every request is counted", until(lambda: total() == sent.total()), f"{total()} of {sent.total()}")
    with opened(browser, gateway) as page:
        told = matrix(page)
        unnamed = {name: cells for name, cells in told.items() if name.startswith("key-")}
        for client, cells in sent.requests.items():
            if client in ("legacy", "modern"):
                check(f"a client that nobody named: {client}", list(unnamed.values()).count(cells) == 1, unnamed)
            else:
                check(f"the matrix: {client}", told.get(client) == cells, told.get(client))
        check("a configured client that never came", told.get("partner-portal") == {}, told)
        check("nobody else", len(told) == len(sent.requests) + 1, list(told))
        tile = lambda name: number(page.locator(f"#{name}").inner_text())
        check("all requests", tile("requests") == sent.total(), tile("requests"))
        errors = sum(status >= 400 for _, status in sent.statuses)
        check("all errors", tile("errors") == errors and errors > 0, (tile("errors"), errors))
        losses = {(row[0], row[2], row[3], row[4], row[5]): number(row[6]) for row in rows(page, "#losses")}
        change = "2026-06-20: Group referral volume and earnings"
        expected = {("billing-cron", "GET /referrals/businesses/{id}", field, kind, change): 3 for field, kind in
                    [("referred_by_account_id", "made-up"), ("volume_usd.awaiting_settlement", "dropped"), ("volume_usd.settled", "dropped")]}
        told_losses = {key: count for key, count in losses.items() if key[0] == "billing-cron"}
        check("losses by client, operation and field", told_losses == expected, told_losses)
        listed = {(loss["client"], loss["operation"], loss["field"], loss["kind"], f"{loss['module']}: {loss['change']}"): loss["count"] for loss in api("losses")}
        check("the losses of the page are those of /api/", losses == listed, (losses, listed))
        check("their sum", tile("values-lost") == sum(listed.values()), tile("values-lost"))
        verdicts = {row[0]: row[1] for row in rows(page, "#retirement")}
        check("what could be retired", verdicts == {"2026-07-01": "current", "2026-06-20": "in use", "2026-06-09": "in use",
                                                    "2026-06-08": "✓ could go", "2025-01-01": "in use"}, verdicts)
        check("and the headline says so", page.locator("h1").inner_text() == "2026-06-08 could be retired today, by all that this gateway knows")
        lead = page.locator("p.lead").inner_text()
        check("and of how many replicas it speaks", "by one replica: this process" in lead and "dateline usage FILE FILE" in lead, lead)
        blockers = page.locator("#retirement tbody tr").filter(has_text="Plans resource").inner_text()
        check("and who is in the way", "storefront 8" in blockers, blockers)
        operations = {row[0]: number(row[1]) for row in rows(page, "#operations")}
        listed = {operation["operation"] or "not in the pack": operation["requests"] for operation in api("operations")}
        check("operations", operations == listed and operations["GET /plans"] == 13, (operations, listed))
        minutes = sum(sum(minute["requests"].values()) for minute in api("minutes"))
        check("the chart's minutes add up", minutes == sent.total(), minutes)
        check("the chart is drawn", page.locator(".plot rect").count() > 0)
        text = page.content()
        check("no key is in the page", not any(key in text for key in traffic.KEYS))
        check("a name is text, whatever it says", page.locator("main script").count() == 0)


def fresh(browser, gateway, sent):
    """Figures change in place: the focus, an open detail and the scroll position stay."""
    with opened(browser, gateway) as page:
        page.locator("#chart-table summary").click()
        page.locator("#only").focus()
        page.evaluate("scrollTo(0, 300)")
        before = number(page.locator("#requests").inner_text())
        sent.send("modern", traffic.TODAY, traffic.REFERRAL, traffic.MODERN, header=traffic.TODAY, times=2)
        told = lambda: number(page.locator("#requests").inner_text())
        check("figures refresh by themselves", until(lambda: (page.wait_for_timeout(100), told() == before + 2)[1]), told())
        state = page.evaluate("[document.activeElement.id, document.querySelector('#chart-table').open, scrollY]")
        check("focus, detail and scroll stay", state == ["only", True, 300], state)
        page.locator("#pause").click()
        check("it can be paused", page.locator("#pause").get_attribute("aria-pressed") == "true")
        sent.send("modern", traffic.TODAY, traffic.REFERRAL, traffic.MODERN, header=traffic.TODAY)
        page.wait_for_timeout(5500)
        check("and is, then", told() == before + 2, told())
        page.locator("#pause").click()
        check("and goes on", until(lambda: (page.wait_for_timeout(100), told() == before + 3)[1]), told())


def clicks(browser, gateway):
    """The plan, the history, the filter."""
    with opened(browser, gateway) as page:
        page.locator("#operation").select_option("GET /plans")
        page.locator("#pin").select_option("2025-01-01")
        page.locator("#plan button").click()
        page.wait_for_url("**pin=2025-01-01**")
        words = page.locator("#plan-result").inner_text()
        check("a plan in words", "move company_id to account_id" in words and "move account to company" in words, words)
        check("with an example before and after", page.locator("#plan .example").count() == 2
              and page.locator("#plan .del").count() > 0 and page.locator("#plan .ins").count() > 0)
        entry = page.locator("#history details").filter(has_text="Plans resource")
        entry.locator("summary").click()
        check("the history opens", "Companies are called accounts." in entry.inner_text(), entry.inner_text())
        page.locator("#only").fill("STORE")
        page.locator("#only").press("Enter")
        page.wait_for_url("**only=STORE**")
        check("the filter shows some", list(matrix(page)) == ["storefront"], matrix(page))
        check("and keeps the plan", "operation=GET" in page.url and page.locator("#plan .example").count() == 2, page.url)
        page.goto(gateway.page + "?only=nobody-is-called-so")
        check("none are told to be none", "No client" in page.locator("#clients").inner_text())


def upgrade(browser, gateway):
    """What another version would change for a client: from its row, with the keyboard, and by the form."""
    with opened(browser, gateway) as page:
        page.locator("table.matrix tbody tr").filter(has_text="billing-cron").get_by_role("link").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**client=billing*#upgrade")
        section = lambda: page.locator("#upgrade-result").inner_text()
        asked = page.locator("#upgrade-result h3").all_inner_texts()
        check("a client's operations that would change", sum("GET /referrals/businesses/{id}" in name for name in asked) == 1, asked)
        told = rows(page, "#upgrade")
        check("a field of them, by the pack's examples", ["processing_volume", "volume_usd.attributed", "converted"] in told, told)
        check("and what was made up is marked", "here made up" in section(), section())
        check("nothing of the client's own traffic", "pickaxe" not in section(), section())
        page.locator("#to").select_option("2025-01-01")
        page.locator("#upgrade button").press("Enter")
        page.wait_for_url("**to=2025-01-01**")
        check("where it speaks the version, it is told so", "speaks 2025-01-01 already" in " ".join(section().split()), section())
        page.locator("#only").fill("store")
        page.locator("#only").press("Enter")
        page.wait_for_url("**only=store**")
        check("the filter keeps it", "client=billing-cron" in page.url and "already" in section(), page.url)


def reach(browser, gateway):
    """Keyboard, screen reader, narrow screens, no script."""
    with opened(browser, gateway, PLAN) as page:
        seen, invisible = [], []
        for _ in range(120):
            page.keyboard.press("Tab")
            at = page.evaluate("""() => { const at = document.activeElement; const style = getComputedStyle(at);
                return [at === document.body, at.id || at.getAttribute('aria-label') || at.textContent.trim().slice(0, 30),
                        style.outlineStyle !== 'none'] }""")
            if at[0]:
                break
            seen.append(at[1])
            invisible += [] if at[2] else [at[1]]
        wanted = ["Skip to the figures", "pause", "Clients", "Plan", "only", "Requests by client and version", "Lost values",
                  "client", "to", "Simulate", "operation", "pin", "Explain", "/api/"]
        check("everything is reached with Tab", set(wanted) <= set(seen), [name for name in wanted if name not in seen])
        check("and shows that it is", not invisible, invisible)
        page.goto(gateway.page)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        check("the first stop skips to the figures", page.evaluate("document.activeElement.id") == "main")
        unscoped = page.locator("th:not([scope])").count() + page.locator("table:not(:has(caption))").count()
        check("every header has its scope, every table its caption", unscoped == 0, unscoped)
    for scheme in ("light", "dark"):
        for width, path in [(width, path) for width in (360, 1280) for path in (PLAN, UPGRADE)]:
            with opened(browser, gateway, path, viewport={"width": width, "height": 800}, color_scheme=scheme) as page:
                wide = page.evaluate("document.documentElement.scrollWidth")
                check(f"{width} px, {scheme}: nothing beside the screen", wide <= width, wide)
                for detail in page.locator("details").all():
                    detail.evaluate("detail => detail.open = true")
                wide = page.evaluate("document.documentElement.scrollWidth")
                check(f"{width} px, {scheme}: nor with everything open", wide <= width, wide)
                paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
                dark = sum(map(int, paper[4:-1].split(","))) < 200
                check(f"{width} px: it is {scheme}", dark == (scheme == "dark"), paper)
                found = Axe().run(page)
                broken = [(violation["id"], [node["target"] for node in violation["nodes"]][:3]) for violation in found.response["violations"]]
                looked = len(found.response["passes"])
                check(f"{width} px, {scheme}: axe looks and finds nothing", not broken and looked > 20, (looked, broken))
    with opened(browser, gateway, PLAN, java_script_enabled=False) as page:
        check("without script it says the same", page.locator("#requests").inner_text() != ""
              and page.locator("#pause").is_hidden() and page.locator("#plan .example").count() > 0)
    with opened(browser, gateway, UPGRADE, java_script_enabled=False) as page:
        check("the upgrade, too", "volume_usd.attributed" in page.locator("#upgrade-result").inner_text())


def state(browser, gateway):
    """Whether the configuration in force is the one on the disk."""
    with opened(browser, gateway) as page:
        section = lambda: page.locator("#configuration").inner_text()
        check("in force is what is on the disk", "✓ in force" in section(), section())
        right = gateway.file.read_text()
        gateway.file.write_text(right.replace('pin = "2026-06-09"', 'pin = "2026-06-99"'))
        failure = lambda: (page.goto(gateway.page), "The last reload failed" in section())[1]
        top = lambda: page.locator("#summary").inner_text()
        check("a file that is broken is told, and where", until(failure) and "broken" in section() and "client[1].pin" in section(), section())
        check("under the headline, too", "The last reload failed" in top() and "client[1].pin" in top() and "dateline.toml" in top(), top())
        gateway.file.write_text(right)
        check("and forgotten once it is whole", until(lambda: not failure()) and "✓ in force" in section() and "reload failed" not in top(), section())


def guards(browser, program, gateway):
    """Another site changes nothing; with a token, nobody reads without it."""
    with serving(program) as other, opened(browser, other, noise=["Failed to load", "CORS"],
                                         others=[gateway.page]) as page:
        # A page of another origin, where no policy keeps it from asking.
        page.route("**/evil", lambda route: route.fulfill(body="<p>another site", content_type="text/html"))
        page.goto(other.page + "evil")
        put = """async (url) => { try { return (await fetch(url, { method: 'PUT', body: 'trace', mode: 'cors' })).status }
                 catch (error) { return String(error) } }"""
        before = gateway.ask("/api/log-filter")[2]
        told = page.evaluate(put, gateway.page + "api/log-filter")
        check("a PUT of another origin fails", "TypeError" in str(told), told)
        told = page.evaluate(put, other.page + "api/log-filter")
        check("one of its own is taken", told == 200, told)
        check("and the filter is as it was", gateway.ask("/api/log-filter")[2] == before)
        page.unroute("**/evil")
    origin = [("Origin", "http://evil.example")]
    check("nor does it where the browser sends it", gateway.ask("/api/log-filter", "PUT", "trace", origin)[0] == 403)
    with serving(program, sha256(TOKEN.encode()).hexdigest()) as closed:
        status, head, text = closed.ask("/")
        check("without the token: 401, and what to do", (status, "admin.token_sha256" in text) == (401, True), text)
        check("a bearer token opens it", closed.ask("/", fields=[("Authorization", f"Bearer {TOKEN}")])[0] == 200)
        context = browser.new_context()
        try:
            told = context.new_page().goto(closed.page).status
        except Error as error:
            # Without a screen there is nobody to ask.
            told = 401 if "INVALID_AUTH_CREDENTIALS" in str(error) else str(error)
        check("a browser without it is asked for it", told == 401, told)
        context.close()
        with opened(browser, closed, http_credentials={"username": "operator", "password": TOKEN}) as page:
            check("a browser with it sees the page", page.locator("h1").inner_text() == "No requests yet")
            summary = page.locator("#summary").inner_text()
            check("which says what to do first", f"curl 'http://127.0.0.1:{closed.port}/" in summary, summary)
            closed_port = traffic.Sent(closed.port)
            closed_port.send("modern", traffic.TODAY, traffic.REFERRAL, traffic.MODERN, header=traffic.TODAY)
            told = lambda: (page.wait_for_timeout(100), page.locator("#requests").inner_text())[1]
            check("and keeps it fresh", until(lambda: told() == "1"), told())
            check("a verdict takes its time", page.locator("h1").inner_text() == "Too early to say what could be retired")
            lead = page.locator("p.lead").inner_text()
            check("and it says how much is missing", "still missing: 30 days" in lead and "Counted since" in lead, lead)
            tags = [row[1] for row in rows(page, "#retirement")]
            check("nothing could go meanwhile", "too early to say" in tags and "✓ could go" not in tags, tags)
            check("the token is nowhere in it", TOKEN not in page.content())


def screenshots(browser, gateway, folder, minutes):
    """What docs/admin.md shows: after so many minutes of traffic."""
    traffic.live(gateway.port, minutes)
    for name, width, scheme, path, clip in [
        ("wide-light", 1280, "light", "", None),
        ("wide-dark", 1280, "dark", "", None),
        ("narrow-light", 390, "light", "", None),
        ("narrow-dark", 390, "dark", PLAN.replace("%2F%7Bid%7D", ""), "#plan"),
        ("plan-light", 1280, "light", PLAN, "#plan"),
        ("upgrade-light", 1280, "light", UPGRADE, "#upgrade"),
    ]:
        with opened(browser, gateway, path, viewport={"width": width, "height": 1500 if width > 1000 else 1100},
                    color_scheme=scheme) as page:
            path, shot = f"{folder}/admin-{name}.png", {}
            if clip:
                box = page.locator(clip).bounding_box()
                shot = {"full_page": True, "clip": {"x": 0, "y": box["y"] - 16, "width": width, "height": box["height"] + 32}}
            page.screenshot(path=path, **shot)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program")
    arguments.add_argument("--screenshots", metavar="FOLDER")
    arguments.add_argument("--for", dest="minutes", type=float, default=1)
    asked = arguments.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with serving(asked.program, shown=bool(asked.screenshots)) as gateway:
            if asked.screenshots:
                screenshots(browser, gateway, asked.screenshots, asked.minutes)
            else:
                sent = traffic.drive(gateway.port)
                figures(browser, gateway, sent)
                fresh(browser, gateway, sent)
                clicks(browser, gateway)
                upgrade(browser, gateway)
                reach(browser, gateway)
                state(browser, gateway)
                guards(browser, asked.program, gateway)
                log = gateway.log.read_text()
                check("it never panicked, and never logged a key",
                      "panicked" not in log and not any(key in log for key in traffic.KEYS), log[-2000:])
        browser.close()
    if failed:
        sys.exit(f"{len(failed)} failed: {failed}")


if __name__ == "__main__":
    main()
