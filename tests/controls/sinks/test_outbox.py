"""The outbox: one line a command, whole or not there, and once."""

import json
import os
from pathlib import Path

import pytest

from deskgate.controls.sinks import Outcome, open_sinks
from deskgate.controls.sinks.outbox import OutboxSink

from ..logs import acting_desk, command


def test_command_is_one_line_of_event_schema_1_and_is_written_once(tmp_path: Path) -> None:
    sink = OutboxSink(acting_desk({"instance": "b1-live"}), tmp_path / "new" / "outbox.jsonl")
    assert [sink.send(command()).outcome for _ in range(2)] == [Outcome.DELIVERED] * 2
    (line,) = (tmp_path / "new" / "outbox.jsonl").read_text().splitlines()
    event = json.loads(line)
    assert event["event_id"] == command().command_id
    assert (event["action"], event["instance_name"]) == ("kill_switch", "b1-live")
    assert (event["correlation_id"], event["event_type"]) == ("verdict", "execution_intent")
    assert event["expires_at_ms"] - event["timestamp_ms"] == 300_000
    assert event["metadata"]["authorised_by"] == "ann"
    assert {type(value) for value in event["metadata"].values()} == {str}


def test_line_that_a_kill_left_unfinished_does_not_swallow_the_next(tmp_path: Path) -> None:
    file = tmp_path / "outbox.jsonl"
    file.write_text('{"event_id": "a"}\n{"event_id": "b')
    OutboxSink(acting_desk(), file).send(command())
    first, torn, last = file.read_text().splitlines()
    assert (first, torn) == ('{"event_id": "a"}', '{"event_id": "b')
    assert json.loads(last)["event_id"] == command().command_id


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_command_whose_line_was_cut_off_is_written_again(tmp_path: Path, end: bytes) -> None:
    file = tmp_path / "outbox.jsonl"
    sink = OutboxSink(acting_desk(), file)
    sink.send(command())
    whole = file.read_bytes()
    file.write_bytes(whole[:-20] + end)
    assert sink.send(command()).detail == f"written to {file}"
    assert file.read_bytes().endswith(b"\n" + whole)
    assert sink.send(command()).detail == f"{file} already had it"


def test_whole_line_without_its_end_gets_it(tmp_path: Path) -> None:
    file = tmp_path / "outbox.jsonl"
    sink = OutboxSink(acting_desk(), file)
    sink.send(command())
    whole = file.read_bytes()
    # Whoever follows the file by lines has not seen it.
    file.write_bytes(whole[:-1])
    assert sink.send(command()).detail == f"written to {file}"
    assert file.read_bytes() == whole


def test_short_write_is_carried_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda number, line: write(number, line[:7]))
    file = tmp_path / "outbox.jsonl"
    assert OutboxSink(acting_desk(), file).send(command()).outcome is Outcome.DELIVERED
    assert json.loads(file.read_text())["event_id"] == command().command_id


def test_file_that_cannot_be_written_is_an_answer(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert OutboxSink(acting_desk(), tmp_path / "file" / "outbox").send(command()).outcome is Outcome.FAILED


def test_outbox_is_the_sink_of_a_desk_that_names_none(tmp_path: Path) -> None:
    with open_sinks(acting_desk(), tmp_path) as sinks:
        assert [sink.name for sink in sinks] == ["outbox"]
    with open_sinks(acting_desk(mqtt={"url": "mqtt://127.0.0.1"}), tmp_path) as sinks:
        assert [sink.name for sink in sinks] == ["mqtt"]
    assert list(tmp_path.iterdir()) == []
