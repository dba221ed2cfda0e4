"""The greeter in Python: an HTTP server, and a sidecar that tells others where it is.

    python3 server.py [port]
"""

import json
import signal
import sys
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import sidecar

LONGEST = 1_000_000  # bytes of a request


def hello(request):
    name = request.get("name")
    if not isinstance(name, str) or name == "":
        raise ValueError("name: should be a text that is not empty")
    threading.Thread(target=tell, args=(name,)).start()  # nobody waits for it
    return {"message": f"Hello {name}"}


def tell(name):
    try:
        sidecar.publish("greeter.greeted", {"name": name})
    except OSError as error:
        print(f"not published: {error}", flush=True)


ENDPOINTS = {"Greeter.Hello": hello}


class Calls(BaseHTTPRequestHandler):
    """Calls as Micro and go-micro make them: a POST with the endpoint in a header."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        if length > LONGEST:
            self.close_connection = True
            return self.fail(413, "the request is too large")
        body = self.rfile.read(length)
        endpoint = ENDPOINTS.get(self.headers.get("Micro-Endpoint"))
        if endpoint is None:
            return self.fail(501, "there is no such endpoint")
        try:
            self.answer(endpoint(json.loads(body or b"{}")))
        except ValueError as error:
            self.fail(400, str(error))

    def fail(self, code, detail):
        """An error is an answer too: a header says that it is one."""
        error = json.dumps({"id": "greeter", "code": code, "detail": detail})
        self.answer({}, {"Micro-Error": error})

    def answer(self, value, headers={}):
        body = json.dumps(value).encode()
        self.send_response(200)
        for name, text in {**headers, "Content-Type": "application/json"}.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    server = ThreadingHTTPServer(("127.0.0.1", port), Calls)
    node = {"id": f"greeter-{uuid.uuid4()}", "address": f"127.0.0.1:{server.server_port}"}
    service = {
        "name": "greeter",
        "version": "1.0.0",
        "endpoints": [{"name": name} for name in ENDPOINTS],
        "nodes": [node],
    }
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # ends serve_forever
    threading.Thread(target=sidecar.keep_registered, args=(service,), daemon=True).start()
    print(f"greeter listens on {node['address']}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        sidecar.deregister(service)
        print("stopped", flush=True)


main()
