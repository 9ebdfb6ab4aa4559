"""How the commands end: 0 done, 1 a job failed, 2 a mistake in what was asked for, 3 a required
measure was not reached, 130 interrupted."""

import sys

OK, FAILED, MISTAKE, UNMET, INTERRUPTED = 0, 1, 2, 3, 130


def say(code: int, message: str, command: str = "sleeprun") -> int:
    print(f"{command}: {message}", file=sys.stderr)
    return code
