"""The greeter in Python: an HTTP server, and a sidecar that tells others where it is.

    python3 server.py [port]
"""

import json
import re
import signal
import sys
import threading
import time
import traceback
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import sidecar

LONGEST = 1_000_000  # bytes of a request
QUIET = 1  # s without a call, after which every caller has heard that it goes
PATIENCE = 10  # s that it waits for that at most


class Failure(Exception):
    """An answer that is an error: an HTTP status, and what the caller is told."""


def hello(request):
    name = request.get("name")
    if not isinstance(name, str) or name == "":
        raise Failure(400, "name: should be a text that is not empty")
    threading.Thread(target=tell, args=(name,)).start()  # nobody waits for it
    return {"message": f"Hello {name}"}


def tell(name):
    try:
        sidecar.publish("greeter.greeted", {"name": name})
    except sidecar.FAILURES as error:
        print(f"not published: {error}", flush=True)


ENDPOINTS = {"Greeter.Hello": hello}


def reply(name, body):
    """What goes back. An error is an answer too: a header says that it is one."""
    try:
        return json.dumps(carry_out(name, body)), {}
    except Failure as failure:
        code, detail = failure.args
    except Exception:
        traceback.print_exc()
        code, detail = 500, "the greeter failed"
    return "{}", {"Micro-Error": json.dumps({"id": "greeter", "code": code, "detail": detail})}


def carry_out(name, body):
    endpoint = ENDPOINTS.get(name)
    if endpoint is None:
        raise Failure(501, "there is no such endpoint")
    if body is None:
        raise Failure(413, f"Content-Length: should be a number up to {LONGEST}")
    try:
        request = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        request = None
    if not isinstance(request, dict):
        raise Failure(400, "the request should be a JSON object")
    return endpoint(request)


class Calls(BaseHTTPRequestHandler):
    """Calls as Micro and go-micro make them: a POST with the endpoint in a header."""

    protocol_version = "HTTP/1.1"
    timeout = 60
    wbufsize = -1  # headers and body leave at once: a body after them would wait for the caller
    disable_nagle_algorithm = True

    def do_POST(self):
        with self.server.running:
            body = self.read()
            self.answer(*reply(self.headers.get("Micro-Endpoint"), body))

    def read(self):
        length = self.headers.get("Content-Length", "0")
        known = re.fullmatch("[0-9]{1,9}", length) and "Transfer-Encoding" not in self.headers
        if known and int(length) <= LONGEST:
            return self.rfile.read(int(length))
        self.close_connection = True
        return None

    def answer(self, text, headers):
        body = text.encode()
        self.send_response(200)
        for header in {**headers, "Content-Type": "application/json"}.items():
            self.send_header(*header)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Running:
    """How many calls run, and when the latest one ended."""

    def __init__(self):
        self.lock = threading.Lock()
        self.calls = 0
        self.latest = 0

    def __enter__(self):
        with self.lock:
            self.calls += 1

    def __exit__(self, *_):
        with self.lock:
            self.calls -= 1
            self.latest = time.monotonic()

    def drain(self):
        """Callers hear a little later that a node goes: answers them until none comes any more."""
        self.latest = began = time.monotonic()
        while time.monotonic() - began < PATIENCE:
            if self.calls == 0 and time.monotonic() - self.latest > QUIET:
                return
            time.sleep(0.05)


class Server(ThreadingHTTPServer):
    request_queue_size = 128  # connections that wait to be accepted: many callers may come at once
    running = Running()

    def handle_error(self, *args):
        if not isinstance(sys.exc_info()[1], OSError):  # which says that the caller has gone
            super().handle_error(*args)


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    server = Server(("127.0.0.1", port), Calls)
    node = {"id": f"greeter-{uuid.uuid4()}", "address": f"127.0.0.1:{server.server_port}"}
    service = {
        "name": "greeter",
        "version": "1.0.0",
        "endpoints": [{"name": name} for name in ENDPOINTS],
        "nodes": [node],
    }
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    threading.Thread(target=sidecar.keep_registered, args=(service,), daemon=True).start()
    print(f"greeter listens on {node['address']}", flush=True)
    stop.wait()
    sidecar.deregister(service)
    server.running.drain()
    print("stopped", flush=True)


main()
