"""The outbox: a file to which each command is appended as one line, for whoever carries it out.

It shows that the command was written, and nothing of what a bot did.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from deskgate.config.desk import Desk
from deskgate.controls.intents import Command
from deskgate.controls.sinks.execution_intent import execution_intent
from deskgate.controls.sinks.instances import instance_of
from deskgate.controls.sinks.sink import Answer, Outcome, as_stated

__all__ = ["OutboxSink"]


class OutboxSink:
    """Appends to one file. A command that the file already holds is not written again."""

    name, idempotent = "outbox", True

    def __init__(self, desk: Desk, file: Path) -> None:
        self._desk, self._file = desk, file

    def send(self, command: Command) -> Answer:
        """Append the command, and wait until it is on disk. A write that ends early leaves a line that counts for nothing."""
        instance = instance_of(self._desk.bots[command.bot])
        event = execution_intent(command, instance=instance, controller="")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            held = self._file.read_bytes() if self._file.exists() else b""
            *whole, tail = held.split(b"\n")
            if command.command_id in _ids(whole):
                return Answer(Outcome.DELIVERED, f"{self._file} already had it")
            # The end of a write that was killed is not to become part of this line.
            line = (b"\n" if tail else b"") + json.dumps(event).encode() + b"\n"
            if command.command_id in _ids([tail]):
                line = b"\n"  # All that this command's line lacks.
            number = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                while line:
                    line = line[os.write(number, line) :]
                os.fsync(number)
            finally:
                os.close(number)
        except OSError as error:
            return Answer(Outcome.FAILED, f"{self._file}: {as_stated(error)}")
        return Answer(Outcome.DELIVERED, f"written to {self._file}")

    def close(self) -> None:
        """Do nothing: the file is open only while a line is written."""


def _ids(lines: Iterable[bytes]) -> set[str]:
    """Return the ids of the commands in lines; a line that a kill or a full disk cut off holds none."""
    found = set()
    for line in lines:
        try:
            content = json.loads(line)
        except ValueError:
            continue
        if isinstance(content, dict):
            found.add(str(content.get("event_id")))
    return found
