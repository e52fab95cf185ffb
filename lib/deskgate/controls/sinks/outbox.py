"""The outbox: a file to which each command is appended as one line, for whoever carries it out.

It shows that the command was written, and nothing of what a bot did.
"""

import json
import os
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
        """Append the command in one write, and wait until it is on disk."""
        instance = instance_of(self._desk.bots[command.bot])
        event = execution_intent(command, instance=instance, controller="")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            held = self._file.read_bytes() if self._file.exists() else b""
            if command.command_id.encode() in held:
                return Answer(Outcome.DELIVERED, f"{self._file} already had it")
            # The end of a write that was killed is not to become part of this line.
            line = (b"\n" if held and not held.endswith(b"\n") else b"") + json.dumps(event).encode() + b"\n"
            number = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(number, line)
                os.fsync(number)
            finally:
                os.close(number)
        except OSError as error:
            return Answer(Outcome.FAILED, f"{self._file}: {as_stated(error)}")
        return Answer(Outcome.DELIVERED, f"written to {self._file}")

    def close(self) -> None:
        """Do nothing: the file is open only while a line is written."""
