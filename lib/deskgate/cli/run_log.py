"""The run log: what a command did and how it ended, in `<out>/logs/deskgate.log`, tracebacks included.

A command that is refused before it has made its output folder leaves no log: wrong usage writes nothing. An internal
error always leaves one, where that is possible.
"""

import logging
import sys
import time
from collections.abc import Callable, Mapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from deskgate.cli.progress import ShowStep

__all__ = ["RunLog", "log_decision", "logged_steps"]

_BYTES, _FILES = 1 << 20, 5
_LOG = logging.getLogger("deskgate")


class _WhenThere(logging.Handler):
    """Keeps records until the output folder exists, then writes them and all later ones to its log."""

    def __init__(self, out: Path | None) -> None:
        super().__init__()
        self._out = out
        self._kept: list[logging.LogRecord] = []
        self._file: RotatingFileHandler | None = None

    def emit(self, record: logging.LogRecord) -> None:
        self._kept.append(record)
        if self._out is not None and self._out.is_dir():
            self.write()

    def write(self) -> Path | None:
        """Write what is kept and return the log's file; None where none can be written."""
        if self._out is None:
            return None
        try:
            if self._file is None:
                folder = self._out / "logs"
                folder.mkdir(parents=True, exist_ok=True)
                self._file = RotatingFileHandler(
                    folder / "deskgate.log", maxBytes=_BYTES, backupCount=_FILES - 1, encoding="utf-8"
                )
                form = logging.Formatter("%(asctime)s.%(msecs)03dZ %(process)d %(levelname)s %(message)s")
                form.datefmt = "%Y-%m-%dT%H:%M:%S"
                form.converter = _utc
                self._file.setFormatter(form)
            for record in self._kept:
                self._file.emit(record)
        except OSError:
            return None
        self._kept.clear()
        return Path(self._file.baseFilename)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        super().close()


def _utc(seconds: float | None) -> time.struct_time:
    return time.gmtime(seconds)


class RunLog:
    """The log of one command; entering it notes the command, leaving it notes the exit."""

    def __init__(self, out: Path | None, command: str) -> None:
        self._handler = _WhenThere(out)
        self._command = command

    def __enter__(self) -> Self:
        _LOG.setLevel(logging.INFO)
        _LOG.propagate = False
        _LOG.addHandler(self._handler)
        _LOG.info("%s: begins: %s", self._command, " ".join(sys.argv[1:]))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _LOG.info("%s: ends%s", self._command, f" with {getattr(error, 'exit_code', error)!r}" if error else "")
        _LOG.removeHandler(self._handler)
        self._handler.close()

    def failed(self, error: BaseException, *, internal: bool = False) -> Path | None:
        """Note an error with its traceback and return the log's file; None where none can be written."""
        _LOG.error("%s: %s", self._command, error, exc_info=error)
        return self._handler.write() if internal else None


def logged_steps(show: "ShowStep", took: dict[str, float]) -> Callable[[str, str], None]:
    """Return the progress of a run: each step is timed, noted in the log and shown; `took` gets the seconds of each that ended."""
    begun: dict[str, float] = {}

    def note(step: str, state: str) -> None:
        seconds = None
        if state == "running":
            begun[step] = time.monotonic()
            _LOG.info("%s: running", step)
        elif state != "waiting":
            took[step] = seconds = time.monotonic() - begun[step]
            _LOG.info("%s: %s in %.1f s", step, state, seconds)
        show(step, state, seconds)

    return note


def log_decision(decision: Mapping[str, Any], seconds: Mapping[str, float]) -> None:
    """Note what a run decided, with the ids that its decision has on disk and in the audit trail."""
    stages = ", ".join(f"{stage} {took:.1f} s" for stage, took in seconds.items()) or "no stage has ended"
    names = ("decision", "date", "run_id", "bundle_id")
    _LOG.info("decided %s of %s, run_id %s, bundle_id %s; %s", *(decision.get(name) for name in names), stages)
