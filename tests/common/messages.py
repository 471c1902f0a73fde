"""HTTP/1.1 messages over asyncio's streams, complete or not at all."""


async def message(reader):
    """The head as bytes, its first line, its fields with names in lower case, and the body."""
    head = await reader.readuntil(b"\r\n\r\n")
    start, *lines = head[:-4].decode().split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if "transfer-encoding" not in fields:
        return head, start, fields, await reader.readexactly(int(fields.get("content-length", 0)))
    body = b""
    while size := int(await reader.readline(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return head, start, fields, body


async def answer(reader):
    """Status, fields and body."""
    _, start, fields, body = await message(reader)
    return int(start.split(" ")[1]), fields, body
