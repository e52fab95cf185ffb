"""The command line: parse, call, print, exit. Nothing below it asks the clock.

Exit codes: 0 GO or done, 1 HOLD or STOP, 2 wrong usage or configuration, 3 the run itself failed.
"""

from deskgate.cli.app import app

__all__ = ["app"]
