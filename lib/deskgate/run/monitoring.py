"""The file of metrics kept true: written when a run begins and however it ends, and when somebody looks how the desk stands.

A GO is in it only while it can be shown. An error of the file never hides the run's own: the caller is told, and goes on.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self

from deskgate.audit.decision_ids import identity
from deskgate.config.desk import Desk
from deskgate.config.desk_file import find_desk
from deskgate.config.errors import InputError, StepError, exit_code_of
from deskgate.config.instants import Clock
from deskgate.config.monitoring import SUFFIX
from deskgate.reports.monitoring import gauges
from deskgate.reports.monitoring.day_samples import day_samples, word_samples
from deskgate.reports.monitoring.gauges import Gauge, Sample
from deskgate.reports.monitoring.textfile import read_samples, write_samples
from deskgate.run.day_folder import alerting_alone
from deskgate.run.stages import STAGES
from deskgate.run.status import DeskStatus, decided_days, desk_status, last_whole_day

__all__ = ["DEFAULT", "Monitor", "metrics_file", "withdraw"]

# Under `out`.
DEFAULT = Path("metrics") / "deskgate.prom"
LOCK = ".metrics.lock"
Say = Callable[[str], None]


def metrics_file(desk: Desk, out: Path, given: Path | None = None) -> Path:
    """Return where a desk's metrics are written: the file that is given, else that of desk.toml, else `<out>/metrics/deskgate.prom`.

    Raises
    ------
    InputError
        The given one does not end as the textfile collector asks for.
    """
    if given is not None and _usable(given) is None:
        raise InputError(
            f"--metrics-file {given}: ends in '{given.suffix}', expected {SUFFIX}, for the textfile collector reads no other file"
        )
    return given or (desk.root / desk.textfile if desk.textfile else out / DEFAULT)


def _usable(given: Path | None) -> Path | None:
    """Return the file that is given where `metrics_file` takes it: the end of a run that is refused has to be noted too."""
    return given if given is not None and given.suffix == SUFFIX else None


def withdraw(out: Path, given: Path | None, now: Clock, say: Say, exit_code: int | None = None) -> None:
    """Let no GO stand in a file of metrics, where a command could not even read which desk it is of; nothing where there is no file.

    `exit_code` is that of the daily run that failed so; None: it was no run. A file of which nothing can be read is emptied.
    """
    file = _usable(given) or out / DEFAULT
    at = now().timestamp()
    run = {gauges.BEGUN: at, gauges.ENDED: at, gauges.EXIT_CODE: exit_code} if exit_code is not None else {}
    replaced = {
        gauge.name for gauge in (gauges.DECISION, gauges.HOLDS, gauges.LOOKED, *run, *([gauges.STAGE] if run else []))
    }
    try:
        with alerting_alone(out, LOCK):
            if not file.exists():
                return
            found = read_samples(file)
            samples = [each for each in found if each.name not in replaced]
            for desk in dict.fromkeys(each.labels[0] for each in found):
                samples += word_samples(desk, _without_go(_word(each for each in found if each.labels[0] == desk)))
                said = {gauges.HOLDS: 0, gauges.LOOKED: at, **run}
                samples += [Sample(gauge.name, (desk,), float(value)) for gauge, value in said.items()]
            write_samples(file, samples)
    except OSError as error:
        say(_unwritten(file, error))


def _unwritten(file: Path, error: OSError) -> str:
    return f"{file}: the metrics cannot be written, {error.strerror}; they are as they were before this run"


def _word(samples: Iterable[Sample]) -> str:
    """Return the word that a file's samples of one desk say."""
    words = [each.labels[1] for each in samples if each.name == gauges.DECISION.name and each.value == 1]
    return words[0] if words else gauges.NO_DECISION


def _without_go(word: str) -> str:
    return gauges.NO_DECISION if word == "GO" else word


def _holds(samples: Iterable[Sample]) -> bool:
    return any(each.name == gauges.HOLDS.name and each.value == 1 for each in samples)


def _same_run(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    return identity(one or {}) == identity(other or {})


class Monitor:
    """Keeps the file of metrics of one desk; `say` is called with what keeps it from being written.

    `day` is the day of the run, once it is known: a run that is refused before may have been of any.
    """

    def __init__(self, desk: Desk, out: Path, file: Path, now: Clock, say: Say, suites: Path | None = None) -> None:
        self.desk, self.out, self.file = desk, out, file
        self._now, self._say, self._suites = now, say, suites
        self.day: date | None = None

    @classmethod
    def find(
        cls,
        desk: Path | None,
        out: Path,
        given: Path | None,
        now: Clock,
        say: Say,
        suites: Path | None = None,
        *,
        is_run: bool,
    ) -> Self:
        """Return the monitor of the desk that `find_desk` finds, and of its file; `given` is refused by `metrics_file`, not here.

        Where the desk cannot be read the error is raised again, and no GO stays: see `withdraw`. `is_run`: it was to be a daily run.
        """
        try:
            found = find_desk(desk)
        except Exception as error:
            withdraw(out, given, now, say, exit_code_of(error) if is_run else None)
            raise
        return cls(found, out, metrics_file(found, out, _usable(given)), now, say, suites)

    @contextmanager
    def running(self, took: Mapping[str, float]) -> Iterator[None]:
        """Note that a run has begun, and if it raises, that it failed and after which stages; the error is raised again.

        A run that is killed leaves one that began and did not end.
        """
        begun = self._at(gauges.BEGUN)
        self._merge(lambda _: [begun], [gauges.BEGUN])
        try:
            yield
        except BaseException as error:
            # The decision of a step that failed is published; any other failure withdraws a GO that this run was to replace.
            withdraws = None if isinstance(error, StepError) else self.day or date.max
            self._write(self._ended(exit_code_of(error), took), withdraws=withdraws)
            raise

    def ended(self, exit_code: int, took: Mapping[str, float], run_id: str) -> None:
        """Note how a run ended that left a decision, and what it decided; a GO of another run is not raised again by it."""
        self._write(self._ended(exit_code, took), run_id=run_id)

    def look(self) -> None:
        """Look how the desk stands and note it, as `looked`."""
        since = self._now()
        self.looked(self._status(since), since)

    def looked(self, status: DeskStatus | None, since: datetime) -> None:
        """Note how the desk stood at `since`; None: nobody can tell, so that no GO holds.

        A decision that was published meanwhile is another one: it is left as its run wrote it. A run that began or ended meanwhile
        may have withdrawn the GO: it is not raised again.
        """
        found = decided_days(self.out)
        folder = last_whole_day(found)
        if status and not _same_run(status.decision, found[folder] if folder else None):
            return

        def shown(earlier: list[Sample]) -> list[Sample]:
            word = _word(earlier)
            if status:
                # Where nothing is decided any more, as where a folder is not mounted, a STOP stays.
                word = status.word or _without_go(word)
            holds = status is not None and status.is_go
            return [
                self._at(gauges.LOOKED),
                *self._stands(word, earlier, holds=holds, raises=not self._ran(earlier, since)),
            ]

        self._merge(shown, [gauges.LOOKED, gauges.DECISION, gauges.HOLDS])

    def _write(self, of_run: Iterable[Sample], *, run_id: str | None = None, withdraws: date | None = None) -> None:
        """Write the file anew from the published days and what is given of the run; of the earlier file the run's beginning is kept.

        Only the run that published a GO (`run_id`) puts it into the file; after any other one it stays where it stood.
        """
        since, word, holds, own, of_day = self._now(), None, False, False, list[Sample]()
        try:
            found = decided_days(self.out)
            if folder := last_whole_day(found):
                decision = found[folder] or {}
                of_day = day_samples(self.desk.name, folder, decision)
                word, own = str(decision.get("decision")), run_id is not None and decision.get("run_id") == run_id
                if withdraws is not None and withdraws.isoformat() >= folder.name:
                    word = _without_go(word)
                if word == "GO":
                    status = self._status(since)
                    holds = status is not None and status.is_go and _same_run(status.decision, decision)
        except Exception as error:  # noqa: BLE001 - whatever it is, an earlier GO must not stay in the file
            self._say(f"{self.out}: the metrics of the decision cannot be made, {type(error).__name__}: {error}")
            word = None

        def shown(earlier: list[Sample]) -> list[Sample]:
            stands = _without_go(_word(earlier)) if word is None else word
            raises = own and not self._ran(earlier, since)
            return [
                *of_run,
                *of_day,
                self._at(gauges.LOOKED),
                *self._stands(stands, earlier, holds=holds, raises=raises),
            ]

        self._merge(shown, [each for each in gauges.GAUGES if each is not gauges.BEGUN])

    def _stands(self, word: str, earlier: list[Sample], *, holds: bool, raises: bool) -> list[Sample]:
        """Return the samples of what a decision stands as; where it `raises` nothing, a GO has to be in the earlier file too."""
        if not raises:
            word = word if word == _word(earlier) else _without_go(word)
            holds = holds and _holds(earlier)
        return [*word_samples(self.desk.name, word), self._one(gauges.HOLDS, holds and word == "GO")]

    def _status(self, at: datetime) -> DeskStatus | None:
        try:
            return desk_status(self.desk, self.out, at, suites=self._suites)
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody can tell whether a GO holds
            self._say(f"{self.out}: nobody can tell whether the decision holds, {error}")
            return None

    def _ran(self, earlier: list[Sample], since: datetime) -> bool:
        """Return whether a run began or ended after `since`."""
        runs = {gauges.BEGUN.name, gauges.ENDED.name}
        return any(each.name in runs and each.value > since.timestamp() for each in earlier)

    def _merge(self, make: Callable[[list[Sample]], list[Sample]], replaced: Iterable[Gauge]) -> None:
        """Write the file with what `make` returns of its samples in the place of those of the gauges that are `replaced`."""
        if self.file.is_relative_to(self.out) and not self.out.is_dir():
            # A run that is refused leaves nothing, and there is no earlier GO.
            return
        names = {gauge.name for gauge in replaced}
        try:
            with alerting_alone(self.out, LOCK):
                earlier = [each for each in read_samples(self.file) if each.labels[0] == self.desk.name]
                kept = [each for each in earlier if each.name not in names]
                write_samples(self.file, [*kept, *make(earlier)])
        except OSError as error:
            self._say(_unwritten(self.file, error))

    def _ended(self, exit_code: int, took: Mapping[str, float]) -> list[Sample]:
        stages = [
            Sample(gauges.STAGE.name, (self.desk.name, stage), seconds)
            for stage, seconds in took.items()
            if stage in STAGES
        ]
        return [self._at(gauges.ENDED), self._one(gauges.EXIT_CODE, exit_code), *stages]

    def _at(self, gauge: Gauge) -> Sample:
        return self._one(gauge, self._now().timestamp())

    def _one(self, gauge: Gauge, value: float) -> Sample:
        return Sample(gauge.name, (self.desk.name,), value)
