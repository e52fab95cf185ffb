"""Commands run in this process, on a desk that a test changes; and what a refused one leaves: one sentence and nothing else."""

from pathlib import Path

from typer.testing import CliRunner, Result

from deskgate.cli import app


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


def refused(result: Result, out: Path, *messages: str, store: bool = False) -> None:
    """Assert exit code 2, one sentence with all of `messages`, and nothing written; `store`: but what was ingested."""
    lines = result.stderr.strip().splitlines()
    assert result.exit_code == 2, result.output
    assert len([line for line in lines if line.startswith("deskgate: ")]) == 1
    assert all(part in result.stderr for part in messages), result.stderr
    assert not out.exists() or store
    assert not list(out.glob("2*"))


def replaced(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
