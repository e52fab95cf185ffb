"""What a person at the terminal sees once a command has done its work: one short table."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deskgate.cli.causes_screen import causes_screen
from deskgate.cli.echo import echo
from deskgate.config.plain_text import one_line
from deskgate.config.plural import count_of

if TYPE_CHECKING:
    from deskgate.gates.promotion import GateResult
    from deskgate.reports.blocking_cause import BlockingCause
    from deskgate.reports.text_table import TextTable
    from deskgate.run.daily import Outcome
    from deskgate.store.ingest import Account

__all__ = [
    "failed_step",
    "print_account",
    "print_causes",
    "print_gates",
    "print_outcome",
    "print_report",
    "print_rests_on",
    "print_table",
]


def print_account(account: "Account", *, dry_run: bool = False, quiet: bool = False, err: bool = False) -> None:
    """Print what became of the records that were read, by source, and what is worth a look; on stderr with `err`."""
    columns = list(account.total)
    lines = [(path, counts) for path, counts in sorted(account.sources.items()) if counts["read"] or counts["missed"]]
    rows = [[path, *(f"{counts[name]:,}" for name in columns)] for path, counts in lines]
    if len(rows) > 1:
        rows.append(["all", *(f"{account.total[name]:,}" for name in columns)])
    if not quiet:
        if rows:
            print_table(["source", *columns], rows, err=err)
        for line in _remarks(account):
            echo(line, err=err)
    unchanged = account.files - len([path for path, counts in lines if counts["read"]])
    summary = f"{count_of(account.total['read'], 'record', spec=',')} read; {max(unchanged, 0)} of {count_of(account.files, 'file has', 'files have')} nothing new"
    echo(f"{summary}; nothing was written" if dry_run else summary, err=err)


def _remarks(account: "Account") -> Iterator[str]:
    yield from (f"{path}: rewritten since it was last read, so it was read again" for path in account.rewritten)
    yield from (f"{path}: passed over, {why}" for path, why in sorted(account.passed_over.items()))
    for path, size in account.unfinished.items():
        if size:
            yield f"{path}: its last line is not finished ({size:,} bytes so far), it waits for its writer"


def print_outcome(outcome: "Outcome", *, quiet: bool = False) -> None:
    """Print the decision, what blocks it, what to do next and where to look.

    When quiet: the decision, what failed, what it rests on, whose sign-off it awaits, and which bots go down.
    """
    from rich.console import Console
    from rich.text import Text

    from deskgate.reports.ladder_table import goes_down
    from deskgate.reports.pages.banner import decision_rests_on, objects

    decision: Mapping[str, Any] = outcome.decision
    console = Console(highlight=False)
    style = {"GO": "bold green", "HOLD": "bold yellow", "STOP": "bold red"}[decision["decision"]]
    mark = " (provisional)" if decision["provisional"] else ""
    console.print(
        Text.assemble(
            (decision["decision"], style),
            f"{mark}  {one_line(decision['desk'])}  {decision['date']}  as of {decision['as_of']}",
        )
    )
    for item in outcome.failures:
        echo(failed_step(outcome.folder, item), err=quiet)
    if missed := dict.fromkeys(name for alert in outcome.alerts for name in alert.failed):
        echo(f"The alert did not reach {', '.join(missed)}", fg="red", bold=True, err=quiet)
    print_rests_on(decision_rests_on(decision))
    for role in decision.get("awaits", {}).get("roles", ()):
        echo(f"A GO once it is signed for {role}: `deskgate sign --role {role} --by NAME --date {decision['date']}`")
    if down := goes_down(objects(decision.get("ladder"))):
        echo(down, bold=True)
    if quiet:
        return
    print_causes(outcome.causes)
    counts = ", ".join(f"{n} {status}" for status, n in decision["counts"].items())
    took = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in outcome.seconds.items())
    console.print(f"{counts}; {took}", markup=False)
    echo(f"Look at {(outcome.folder / 'index.html').resolve()}")


def failed_step(folder: Path, failure: Mapping[str, str]) -> str:
    """Return the sentence of a step that failed, with the page that shows how far it came, where there is one."""
    step, error = failure["notebook"], failure["error"]
    page = (folder / f"{step}.html").resolve()
    return f"{step} failed: {error}; see {page}" if page.is_file() else f"{step} failed: {error}"


def print_causes(causes: "Sequence[BlockingCause]") -> None:
    """Print what a GO still needs, worst first: on a screen what fits it, else a line for each cause; nothing where nothing blocks."""
    if not causes:
        return
    if sys.stdout.isatty():
        for line in causes_screen(causes):
            echo(line)
        return
    echo("What a GO still needs:")
    rows = [
        [each.counted, each.cause, each.remedy, each.at_stake, each.since_words, each.breaks_words] for each in causes
    ]
    print_table(["blocks", "because", "what to do", "money", "since", "breaks"], rows)


def print_gates(gates: "Sequence[GateResult]", *, err: bool = False) -> None:
    """Print a line for each gate, on stderr with `err`: how it stands, why, what to do where it blocks, and where the evidence is."""
    rows = [
        [
            gate.gate,
            f"{gate.status}{', stop' if gate.stops else ''}",
            gate.reason,
            gate.what_to_do if gate.blocks else "",
            ", ".join(gate.evidence),
        ]
        for gate in gates
    ]
    print_table(["gate", "status", "why", "what to do", "evidence"], rows, err=err)


def print_rests_on(sentence: str, *, err: bool = False) -> None:
    """Print what a decision rests on besides evidence, in red where a GO does; nothing where there is nothing."""
    is_go = sentence.startswith("GO")
    if sentence:
        echo(sentence, fg="red" if is_go else None, bold=is_go, err=err)


def print_table(columns: list[str], rows: list[list[str]], *, err: bool = False) -> None:
    """Print rows as a table that keeps every id whole when it is piped, and folds it on a screen; on stderr with `err`."""
    # A cell's own tab or end of line would make a column or a row that is none.
    rows = [[one_line(cell) for cell in row] for row in rows]
    if not (sys.stderr if err else sys.stdout).isatty():
        for row in (columns, *rows):
            echo("\t".join(row), err=err)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*[Text(cell) for cell in row])
    Console(stderr=err).print(table)


def print_report(tables: "Sequence[TextTable]", remarks: Sequence[str], summary: str) -> None:
    """Print the tables that have rows, each under its title, then the remarks and the summary."""
    for table in tables:
        if table.rows:
            echo(f"{table.title}:")
            print_table(table.columns, table.rows)
            echo("")
    for line in remarks:
        echo(f"- {line}")
    echo(summary)
