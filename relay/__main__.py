"""Starts the relay (process.py) with what connects through tor."""

import sys

from relay.through_tor import connect
from trusted.relay.process import main

if __name__ == "__main__":
    sys.exit(main(connect))
