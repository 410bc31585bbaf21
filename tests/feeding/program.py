"""A feed process with hand-written rules, for tests of the shell: `python -m tests.feeding.program TOPIC...`."""

import asyncio
import sys

from monitor import log
from monitor.feeding.command import carry
from monitor.settings import load
from monitor.worker.ending import Ending
from tests.feeding.rules import carrier

if __name__ == "__main__":
    log.set_up(verbose=False)
    asyncio.run(carry(load(None), {topic: carrier() for topic in sys.argv[1:]}, Ending()))
