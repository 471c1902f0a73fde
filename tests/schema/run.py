#!/usr/bin/env python3
"""What editors make of the schemas, with tools that others have written.

    run.py DATELINE TAPLO TOMBI

taplo takes every pack and configuration of the repository, every example of the documents and every step of the table of
changes. It refuses each of them once a key is misspelt, a value has another type or a step does two things; and what it refuses,
`dateline check` refuses. tombi completes and explains as in an editor.
"""

import copy
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/common"), str(ROOT / "tests/schema")]
from checks import check, failed, told, until  # noqa: E402
from editor import Editor  # noqa: E402

DATELINE, TAPLO, TOMBI = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:])
SOUND = "no mistake"
OWN_NAMES = ("resource", "values", "holds")  # Their keys are the author's.
MODULE = 'version = "2026-02-03"\ntitle = "T"\n[[change]]\nname = "N"\nwhy = "W"\nresource = "R"\n'


def run(*command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)


def packs():
    """Every pack of the repository: its folder, and the text of each file."""
    listed = run("git", "ls-files", "*/api.toml", cwd=ROOT).stdout.split()
    for folder in sorted((ROOT / path).parent for path in listed):
        yield folder.name, {path.name: path.read_text() for path in sorted(folder.glob("*.toml"))}


def configurations():
    listed = run("git", "ls-files", "*/dateline.toml", "dateline.toml", cwd=ROOT).stdout.split()
    return {path.replace("/", "-"): (ROOT / path).read_text() for path in listed}


def table_of_changes():
    return (ROOT / "transforms/README.md").read_text().partition("<!-- changes: ")[2].partition("<!-- end of changes -->")[0]


def documented():
    """The files of packs in the documents, and a module for each row of the table of changes."""
    for page in ("transforms/README.md", "docs/diagnostics.md"):
        blocks = re.findall(r"^```toml( right)?( [\w.-]+)?\n(.*?)^```$", (ROOT / page).read_text(), re.M | re.S)
        api = ""
        for number, (*_, text) in enumerate(blocks):
            if text.startswith("name = "):
                api = re.split(r"^\[", text, maxsplit=1, flags=re.M)[0]
            elif text.startswith("base_path = "):
                # Another place of the version for the file before.
                text = re.sub(r"^(header|base_path) = .*\n", "", api, flags=re.M) + text
            elif text.startswith(("[resource.", "[operation.")):
                # Other resources or operations for the file before.
                text = api + text
            yield f"{pathlib.Path(page).stem}-{number}.toml", text
    for number, row in enumerate(table_of_changes().splitlines()):
        steps = re.findall(r"`(\{ \w+ = .*?\})`(?=<br>| \|)", row)
        if steps:
            yield f"change-{number}.toml", f"{MODULE}steps = [{', '.join(steps)}]\n"


def written(value):
    """A value as TOML on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {written(value)}" for key, value in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return json.dumps(value)


def file(table):
    return "".join(f"{json.dumps(key)} = {written(value)}\n" for key, value in table.items())


def tables(value, name=""):
    """Every table whose keys are not the author's, and the key that it stands under."""
    if isinstance(value, dict):
        if name not in OWN_NAMES:
            yield name, value
        for key, inner in value.items():
            # What an author has named, such as a resource, is no key.
            yield from tables(inner, "" if name in OWN_NAMES else key)
    if isinstance(value, list):
        for inner in value:
            yield from tables(inner, name)


def broken(table):
    """The table with one mistake, for every key in it: misspelt, of another type; and each step with a second kind."""
    yield SOUND, table
    for number, (name, inner) in enumerate(tables(table)):
        def altered(change, number=number):
            other = copy.deepcopy(table)
            change(list(tables(other))[number][1])
            return other

        for key in inner:
            yield f"{name}.{key} misspelt", altered(lambda inner, key=key: inner.update({f"{key}x": inner.pop(key)}))
            yield f"{name}.{key} of another type", altered(lambda inner, key=key: inner.update({key: [[7]]}))
        if name == "steps":
            second = "drop" if "drop" not in inner else "move"
            yield f"a step with {second} too", altered(lambda inner, key=second: inner.update({key: "x"}))


def refused(schema, folder, texts):
    """The names of those texts that taplo refuses, by this schema.

    Each is asked about alone, and the exit code counts: taplo may end before its last lines are written."""
    folder.mkdir()
    wrong = set()
    for name, text in texts.items():
        (folder / name).write_text(text)
        answer = run(TAPLO, "lint", "--no-auto-config", "--schema", schema.as_uri(), folder / name)
        if answer.returncode not in (0, 1):
            raise SystemExit(f"taplo ends with {answer.returncode}:\n{answer.stderr[-2000:]}")
        if answer.returncode:
            wrong.add(name)
    return wrong


def sound_files(pack, config, folder):
    all_packs = {f"{of}-{name}": text for of, files in packs() for name, text in files.items()}
    of_packs = all_packs | dict(documented())
    rows, arrows = sum(name.startswith("change-") for name in of_packs), table_of_changes().count("` → `")
    found = f"{len(all_packs)} files, {len(of_packs) - len(all_packs) - rows} examples, {rows} rows of {arrows}"
    check(f"packs are found in the repository and the documents: {found}", rows == arrows and rows > 20 and len(all_packs) > 8)
    for what, schema, texts in (("packs", pack, of_packs), ("configurations", config, configurations())):
        wrong = refused(schema, folder / f"sound-{what}", texts)
        check(f"{len(texts)} files of {what} fit their schema", not wrong, sorted(wrong))
    old = {
        "api.toml": dict(packs())["whop"]["api.toml"].replace("default_version", "unversioned"),
        "module.toml": f"{MODULE}steps = [{{ drop = \"a\", restore = 'null', known_by = \"w\" }}]\n",
    }
    check("old names of keys fit", not refused(pack, folder / "old", old))
    check("those of the configuration too", not refused(config, folder / "old-config", {"a.toml": "[limits]\nexchanges = 7\n"}))


def broken_files(pack, config, folder):
    files = dict(packs())["whop"]
    for name, original in files.items():
        whole = folder / f"pack-{name}"
        whole.mkdir()
        for other, text in files.items():
            (whole / other).write_text(text)

        def checked(text, whole=whole, name=name):
            (whole / name).write_text(text)
            return run(DATELINE, "check", whole, "--cases", "1", "--seed", "1")

        every_mistake(name, original, pack, folder / f"broken-{name}", checked)
    original = (ROOT / "config/dateline.toml").read_text() + "\n[[client]]\nname = 'a'\nhost = 'a.example.com'\n"

    def checked(text):
        (folder / "dateline.toml").write_text(text)
        return run(DATELINE, "check", "--config", folder / "dateline.toml", cwd=folder)

    every_mistake("a configuration", original, config, folder / "broken-config", checked)


def every_mistake(what, original, schema, folder, checked):
    """The file with one mistake at a time: taplo refuses it by the schema, and dateline does."""
    mutants = {f"{number:04}.toml": mutant for number, mutant in enumerate(broken(tomllib.loads(original)))}
    texts = {number: file(mutant) for number, (_, mutant) in mutants.items()}
    passed = texts.keys() - refused(schema, folder, texts)
    wrong = [mutants[number][0] for number in sorted(passed)]
    check(f"taplo refuses each of {len(texts) - 1} mistakes in {what}, and nothing else", wrong == [SOUND], wrong)
    before = len(failed)
    for number, text in texts.items():
        answer, (name, _) = checked(text), mutants[number]
        holds = (answer.returncode == 0) == (name == SOUND)
        check(f"dateline check of {what} with {name}", holds, answer.stdout[-300:] + answer.stderr[-300:], quiet=True)
    told("and dateline check refuses the same", before)


def named_in_the_file(folder):
    """The line that the documents tell people to write."""
    sound = "#:schema ./pack.schema.json\n" + dict(packs())["whop"]["api.toml"]
    for text, fits in ((sound, True), (sound.replace("header", "haeder"), False)):
        (folder / "api.toml").write_text(text)
        answer = run(TAPLO, "lint", "--no-auto-config", folder / "api.toml", cwd=folder)
        check(f"a schema that a file names is read: {'sound' if fits else 'broken'}", (answer.returncode == 0) == fits, answer.stderr[-500:])


def in_an_editor(folder):
    pack, config = "#:schema ./pack.schema.json\n\n", "#:schema ./config.schema.json\n\n"
    step = pack + MODULE + "steps = [{ %s }]\n"
    offered = [
        (pack + "|\n", {"name", "operations", "resource", "version", "change"}),
        (pack + "[[change]]\n|\n", {"why", "resource", "steps", "example"}),
        (step % "|", {"move", "drop", "ref"}),
        (step % 'move = "a", |', {"to", "as"}),
        (pack + '[resource.R]\nfound = [{ in = "GET /a", part = | }]\n', {"query", "body", "response"}),
        (config + "[listen]\n|\n", {"address", "tls_cert"}),
        (config + "[upstream]\nother_version = |\n", {"refuse", "pass"}),
        (config + "[[client]]\n|\n", {"name", "pin", "losses"}),
    ]
    explained = [
        (pack + "hea|der = 'V'\n", "The header that carries the version"),
        (step % 'mo|ve = "a", to = "b"', "Going up: `F` becomes `G`"),
        (step % "dr|op = \"a\", restore = 'null'", "Can lose: up: `dropped`"),
        (pack + MODULE + "[[change.example]]\nup_lo|ses = ''\n", "as in `Dateline-Loss`"),
        (config + "[timeouts]\ndr|ain = '65s'\n", "The longest time that draining may take"),
        (config + "[time|outs]\n", "The longest times"),
    ]
    with Editor([TOMBI, "lsp", "--offline", "--no-cache"], folder) as editor:
        number = 0

        def after(ask, text, holds):
            """Asks until it holds: the schema is read behind the first answers."""
            nonlocal number
            number += 1
            last = None

            def asked():
                nonlocal last
                last = ask(f"{number}.toml", text)
                return holds(last)

            try:
                until("the editor knows", asked, seconds=10)
            except SystemExit:
                return False, last
            return True, last

        for text, wanted in offered:
            line = next(line for line in text.splitlines() if "|" in line)
            check(f"an editor offers {', '.join(sorted(wanted))} at {line!r}", *after(editor.completions, text, wanted.issubset))
        for text, wanted in explained:
            line = next(line for line in text.splitlines() if "|" in line)
            check(f"an editor explains {line!r}", *after(editor.help, text, lambda help, wanted=wanted: wanted in help))


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder).resolve()
        pack, config = folder / "pack.schema.json", folder / "config.schema.json"
        for path, name in ((pack, "pack"), (config, "config")):
            path.write_text(subprocess.check_output([DATELINE, "schema", name], text=True))
        sound_files(pack, config, folder)
        broken_files(pack, config, folder)
        named_in_the_file(folder)
        in_an_editor(folder)
    if failed:
        raise SystemExit(f"{len(failed)} checks do not hold")


main()
