"""Greets somebody, in whatever language the greeter is: python3 client.py [name]"""

import sys

import sidecar

name = sys.argv[1] if len(sys.argv) > 1 else "John"
try:
    print(sidecar.call("greeter", "Greeter.Hello", {"name": name})["message"])
except sidecar.FAILURES as error:
    sys.exit(str(error))
