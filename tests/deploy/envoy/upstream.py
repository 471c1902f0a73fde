"""An upstream that says what a sandbox does not: long lists, in chunks, compressed, broken off, and what is no JSON."""

import gzip
import hashlib
import http.server
import threading

VERSION = "2026-07-01"
ROW = (b'{"id":"plan_%d","account":{"id":"biz_x","title":"Pick\xc3\xa4xe"},"initial_price":6.90,"internal_notes":null,'
       b'"metadata":{"account":"nobody\'s business"},"description":"%s"}')
ROWS = 60_000


def row(number):
    # Not so uniform that its compressed form would be an attack.
    return ROW % (number, hashlib.sha512(b"%d" % number).hexdigest().encode())


def rows(count=ROWS):
    yield b'{"data":['
    for at in range(0, count, 100):
        yield b"".join((b"," if number else b"") + row(number) for number in range(at, at + 100))
    yield b'],"page_info":{"end_cursor":null}}'


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Requests by their path, as they came.
    seen = []

    def log_message(self, *_):
        pass

    def do_GET(self):
        getattr(self, "say_" + self.path.partition("?")[2].partition("&")[0].replace("-", "_").split("=")[0])()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) if "Content-Length" in self.headers else self.chunked()
        self.seen.append((self.path, dict(self.headers), body))
        self.whole(b"{}", status=503 if self.path.endswith("busy") else 200)

    def chunked(self):
        body = b""
        while length := int(self.rfile.readline(), 16):
            body += self.rfile.read(length)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def head(self, status=200, **fields):
        self.send_response_only(status)
        fields = {"Content_Type": "application/json", "Api_Version_Date": VERSION, "X_Request_Id": "req_up"} | fields
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def whole(self, body, status=200, **fields):
        self.head(status, Content_Length=str(len(body)), **fields)
        self.wfile.write(body)

    def chunks(self, pieces, trailers=b"", **fields):
        self.head(Transfer_Encoding="chunked", **fields)
        for piece in pieces:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n" + trailers + b"\r\n")

    def say_long(self):
        self.chunks(rows())

    def say_huge(self):
        self.chunks(rows(5 * ROWS))

    def say_length(self):
        self.whole(b"".join(rows()))

    def say_trailers(self):
        self.chunks([b'{"data":[', row(1), b"]}"], b"X-Sum: 1\r\n", Trailer="X-Sum")

    def say_gzip(self):
        body = gzip.compress(b"".join(rows()), 1)
        self.whole(body, Content_Encoding="gzip") if "gzip" in self.headers.get("Accept-Encoding", "") else self.say_length()

    def say_short(self):
        self.head(Transfer_Encoding="chunked")
        pieces = rows()
        for _ in range(50):
            piece = next(pieces)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(2)

    def say_cut(self):
        """JSON that is not whole, in an answer that is."""
        self.whole(b'{"data":[{"account":')

    def say_text(self):
        self.whole(b"no JSON", Content_Type="text/plain")

    def say_coding(self):
        self.whole(b"\x00", Content_Encoding="compress")

    def say_empty(self):
        self.head(204)

    def say_twice(self):
        self.whole(b'{"data":[{"account":1,"account":2}]}')


def serve():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]
