"""What the greeter needs of a sidecar. It is HTTP, and so this is all there is to it."""

import json
import os
import threading
import time
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

ADDRESS = os.environ.get("MICRO_PROXY_ADDRESS", "127.0.0.1:8081")
SIDECAR = ADDRESS if "://" in ADDRESS else f"http://{ADDRESS}"  # https:// trusts SSL_CERT_FILE
TOKEN = os.environ.get("MICRO_TOKEN", "")

FAILURES = (OSError, HTTPException, ValueError)

registering = threading.Lock()
opener = build_opener(ProxyHandler({}))  # nothing stands between us and the sidecar


def call(service, endpoint, request):
    """Calls an endpoint of any service, in whatever language that is written."""
    return json.loads(ask("POST", f"/{service}/{endpoint}", request))


def publish(topic, event):
    ask("POST", f"/broker?topic={quote(topic)}", event)


def subscribe(topic):
    """The events of a topic as they come, also when the sidecar was away in between."""
    while True:
        try:
            with open_url("GET", f"/broker?topic={quote(topic)}", None, timeout=60) as stream:
                print("listening", flush=True)
                for line in stream:  # there is one at least every 25 s
                    if line.startswith(b"data: "):
                        yield json.loads(line[6:])["body"]
        except FAILURES as error:
            print(f"not listening: {error}", flush=True)
        time.sleep(1)


def keep_registered(service):
    """Says again and again that the service is there, so that a new sidecar hears of it too."""
    while True:
        try:
            with registering:
                ask("POST", "/registry", service)
            time.sleep(5)
        except FAILURES as error:
            print(f"not registered: {error}", flush=True)
            time.sleep(1)


def deregister(service):
    registering.acquire()  # for good: nothing may register it again
    try:
        ask("DELETE", "/registry", service)
    except FAILURES as error:
        print(f"not deregistered: {error}", flush=True)


def ask(method, path, body):
    with open_url(method, path, body, timeout=10) as answer:
        return answer.read()


def open_url(method, path, body, timeout):
    headers = {"Content-Type": "application/json"}
    if TOKEN:
        headers["Authorization"] = f"Bearer {TOKEN}"
    data = None if body is None else json.dumps(body).encode()
    request = Request(SIDECAR + path, data, headers, method=method)
    try:
        return opener.open(request, timeout=timeout)
    except HTTPError as error:
        raise OSError(f"{error.code}: {detail_of(error)}") from None


def detail_of(error):
    """The sidecar says in JSON what is wrong; whatever else answers has a reason at most."""
    try:
        return json.loads(error.read())["detail"]
    except (*FAILURES, LookupError, TypeError):
        return error.reason
