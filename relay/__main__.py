"""Starts the relay (process.py) with what connects through tor."""

import sys

from relay.process import main
from relay.through_tor import connect

if __name__ == "__main__":
    sys.exit(main(connect))
