"""Tells who is greeted: python3 listener.py"""

import sidecar

for event in sidecar.subscribe("greeter.greeted"):
    print("heard of", event["name"], flush=True)
