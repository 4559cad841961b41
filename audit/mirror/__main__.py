"""`python3 -m audit.mirror`, in a copy of the source: for a host on which nothing but the relay is installed."""

import argparse
import sys

from audit.mirror.command import add_arguments

if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python3 -m audit.mirror", description="Plant visits into a mirror and search for what is left of them."
    )
    add_arguments(parser)
    args = parser.parse_args()
    sys.exit(args.run(args))
