"""Tells who is greeted: python3 listener.py"""

import sidecar

for event in sidecar.subscribe("greeter.greeted"):
    name = event.get("name") if isinstance(event, dict) else None
    print("heard of", name or "somebody", flush=True)
