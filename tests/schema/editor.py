"""What an editor does: it speaks the Language Server Protocol."""

import json
import subprocess


class Editor:
    """A language server that is spoken to as an editor does. Texts have a cursor, `|`, and are open under the name of a file."""

    def __init__(self, command, folder):
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.folder, self.last, self.version = folder, 0, 0
        workspace = {"uri": folder.as_uri(), "name": "test"}
        self.ask("initialize", processId=None, rootUri=folder.as_uri(), workspaceFolders=[workspace], capabilities={})
        self.tell("initialized")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def read(self):
        length = 0
        while line := self.process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if not length:
            raise SystemExit("the language server has ended")
        return json.loads(self.process.stdout.read(length))

    def tell(self, method, **params):
        self.send({"method": method, "params": params})

    def ask(self, method, **params):
        """The result. What the server asks back is answered as by an editor without settings."""
        self.last += 1
        self.send({"id": self.last, "method": method, "params": params})
        while True:
            message = self.read()
            if "method" in message and "id" in message:
                items = (message.get("params") or {}).get("items", [])
                self.send({"id": message["id"], "result": [None for _ in items] or None})
            elif message.get("id") == self.last:
                if "error" in message:
                    raise SystemExit(f"the language server refuses {method}: {message['error']}")
                return message["result"]

    def at_cursor(self, name, text):
        """Opens the text; returns what a request about its cursor says."""
        before, _, after = text.partition("|")
        uri = (self.folder / name).as_uri()
        self.tell("textDocument/didOpen", textDocument={"uri": uri, "languageId": "toml", "version": 1, "text": before + after})
        place = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        return {"textDocument": {"uri": uri}, "position": place}

    def completions(self, name, text):
        """The keys or values that are offered at the cursor."""
        found = self.ask("textDocument/completion", **self.at_cursor(name, text)) or []
        items = found["items"] if isinstance(found, dict) else found
        return {item["label"].strip('"') for item in items}

    def help(self, name, text):
        """What is shown about what stands at the cursor."""
        found = self.ask("textDocument/hover", **self.at_cursor(name, text)) or {"contents": ""}
        contents = found["contents"]
        return contents["value"] if isinstance(contents, dict) else str(contents)
