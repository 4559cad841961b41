"""Starts the fork server of the jail (fork_server.py) with what works on hostile bytes (worker.py).

python -I -m scrubbers.jailed.zygote pictures|documents DESCRIPTOR [KIND…]
"""

import gc
import os
import sys

if __name__ == "__main__":
    # It would run some thirty times while the decoders are imported, and find next to nothing.
    gc.disable()
    from scrubbers.jailed.worker import warm_up
    from trusted.jail.fork_server import main

    main(sys.argv[1:], warm_up)
    # Taking down what the decoders loaded takes longer than the jobs of a small picture.
    os._exit(0)
