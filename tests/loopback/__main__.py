"""Play a venue by hand: `python -m loopback bitget FOLDER --port 8421 --now 2026-03-20T00:00:00Z`, in the folder `tests`.

FOLDER holds exports of an account as ccxt gives them. The address is printed; Ctrl-C ends it.
"""

import argparse
import sys
import threading
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from loopback.folder import book_of
from loopback.server import play
from loopback.venues import DIALECTS


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m loopback", description="Play a venue on 127.0.0.1.")
    parser.add_argument("venue", choices=sorted(DIALECTS))
    parser.add_argument("folder", type=Path, help="exports of an account")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--now", help="the venue's clock, an instant with its offset; default: this machine's")
    asked = parser.parse_args()
    fixed = int(datetime.fromisoformat(asked.now).timestamp() * 1000) if asked.now else None
    dialect = DIALECTS[asked.venue](book_of(asked.folder), lambda: fixed or time.time_ns() // 1_000_000)
    with play(dialect, asked.port) as venue:
        sys.stdout.write(f"{venue.url}\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
