"""`python -m tests.fuzz --seconds 600 --seed 7`: damage every decoder's input for longer than the tests do."""

import argparse
import sys
import time

from tests.fuzz.mutation import mutations
from tests.fuzz.targets import TARGETS


def main() -> int:
    """Run each target for its share of the time; the first fault ends it with the input that caused it."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    for target in TARGETS:
        until = time.monotonic() + arguments.seconds / len(TARGETS)
        tried = taken = 0
        for data in mutations(target.seeds, arguments.seed):
            try:
                taken += target.feed(data)
            except BaseException:
                print(f"{target.name}, seed {arguments.seed}, input {data!r}", flush=True)  # noqa: T201 - the result
                raise
            tried += 1
            if tried % 1000 == 0 and time.monotonic() > until:
                break
        print(f"{target.name}: {tried:,} inputs, {taken:,} of them taken as valid", flush=True)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
