#!/usr/bin/env python3
"""Builds the book from docs/SUMMARY.md, and checks every link in what comes out.

    book.py MDBOOK INTO    the book is in INTO/html

Pages stand all over the repository, so that they read well on GitHub. mdBook wants them in one folder. This copies each page
to the path that it has in the repository, with the files that it links to, and leaves the sources alone. A link to a folder or to the
summary becomes plain text: the book has no page for it.
"""

import pathlib
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

ROOT = pathlib.Path(__file__).resolve().parents[2]
SUMMARY = "docs/SUMMARY.md"
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]+)\)")
CONFIG = """\
[book]
title = "Dateline"
language = "en"
src = "src"

[build]
build-dir = "html"
create-missing = false
use-default-preprocessors = false

[output.html]
smart-punctuation = false

[output.html.search]
enable = true
"""


def resolve(page, target):
    """The path in the repository that a link on a page leads to, or None where it leads out of it."""
    parts = urlsplit(target)
    if parts.scheme or not parts.path:
        return None
    return str((ROOT / page).parent.joinpath(unquote(parts.path)).resolve().relative_to(ROOT))


def outside_code(text, change):
    """The text, with the lines outside fenced code changed."""
    lines, fence = [], None
    for line in text.splitlines(keepends=True):
        mark = re.match(r"\s*(`{3,}|~{3,})", line)
        if mark and (fence is None or line.strip().startswith(fence)):
            fence = mark[1] if fence is None else None
        lines.append(change(line) if fence is None else line)
    return "".join(lines)


def stage(into):
    """Copies the pages and what they link to; returns the pages."""
    source = into / "src"
    summary = (ROOT / SUMMARY).read_text()
    pages = [resolve(SUMMARY, target) for _, _, target in LINK.findall(summary)]
    for page in pages:
        def link(match, page=page):
            image, text, target = match.groups()
            path = resolve(page, target)
            if path is None or path in pages:
                return match[0]
            if (ROOT / path).is_dir() or path == SUMMARY:
                return text
            copy = source / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, copy)
            return match[0]

        text = outside_code((ROOT / page).read_text(), lambda line: LINK.sub(link, line))
        copy = source / page
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text)
    # mdBook takes links of the summary from its own folder on.
    here = LINK.sub(lambda match: f"[{match[2]}]({resolve(SUMMARY, match[3])})", summary)
    (source / "SUMMARY.md").write_text(here)
    (into / "book.toml").write_text(CONFIG)
    return pages


class Page(HTMLParser):
    """The anchors of a page, and what it links to."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.links = set(), set()
        self.feed(text)

    def handle_starttag(self, _, attributes):
        for name, value in attributes:
            if name in ("id", "name") and value:
                self.anchors.add(value)
            if name in ("href", "src") and value:
                self.links.add(value)


def broken(html):
    """Links of the built book that lead nowhere, and how many there are in all."""
    pages = {path: Page(path.read_text()) for path in html.rglob("*.html")}
    # Served from anywhere, it names the root that the book is not given here.
    pages.pop(html / "404.html", None)
    wrong, count = [], 0
    for path, page in pages.items():
        for link in sorted(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            count += 1
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                wrong.append(f"{path.relative_to(html)}: {link} is no file")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
                wrong.append(f"{path.relative_to(html)}: {link} has no such anchor")
    return wrong, count


def main(mdbook, into):
    into = pathlib.Path(into).resolve()
    shutil.rmtree(into, ignore_errors=True)
    (into / "src").mkdir(parents=True)
    pages = stage(into)
    build = subprocess.run([mdbook, "build", into], capture_output=True, text=True)
    said = build.stdout + build.stderr
    if build.returncode or re.search(r"\b(WARN|ERROR)\b", said):
        sys.exit(f"mdbook is not content:\n{said}")
    wrong, count = broken(into / "html")
    missing = [page for page in pages if not (into / "html" / page).with_suffix(".html").is_file()]
    wrong += [f"{page} has no page in the book" for page in missing]
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"the book has {len(pages)} pages and {count} links, none of them broken: {into / 'html/index.html'}")


if __name__ == "__main__":
    main(*sys.argv[1:])
