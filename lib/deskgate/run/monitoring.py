"""The file of metrics kept true: written when a run begins and however it ends, and when somebody looks how the desk stands.

A GO is in it only while it can be shown. An error of the file never hides the run's own: the caller is told, and goes on.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

from deskgate.config.desk import Desk
from deskgate.config.errors import DeskgateError, InputError, StepError
from deskgate.config.instants import Clock
from deskgate.config.monitoring import SUFFIX
from deskgate.reports.monitoring import gauges
from deskgate.reports.monitoring.day_samples import day_samples, word_samples
from deskgate.reports.monitoring.gauges import Gauge, Sample
from deskgate.reports.monitoring.textfile import read_samples, write_samples
from deskgate.run.day_folder import alerting_alone
from deskgate.run.stages import STAGES
from deskgate.run.status import DeskStatus, decided_days, expires_at, last_whole_day, later_blocks

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
    if given is not None and given.suffix != SUFFIX:
        raise InputError(
            f"--metrics-file {given}: ends in '{given.suffix}', expected {SUFFIX}, for the textfile collector reads no other file"
        )
    return given or (desk.root / desk.textfile if desk.textfile else out / DEFAULT)


def withdraw(file: Path, say: Say) -> None:
    """Let no GO stand in a file of metrics, where a run could not even read which desk it is of; nothing where there is no file."""
    try:
        found = read_samples(file)
        desks = dict.fromkeys(each.labels[0] for each in found)
        gone = {gauges.DECISION.name, gauges.HOLDS.name}
        words = [sample for desk in desks for sample in word_samples(desk, gauges.NO_DECISION)]
        holds = [Sample(gauges.HOLDS.name, (desk,), 0.0) for desk in desks]
        if found:
            write_samples(file, [*(each for each in found if each.name not in gone), *words, *holds])
    except OSError as error:
        say(_unwritten(file, error))


def _unwritten(file: Path, error: OSError) -> str:
    return f"{file}: the metrics cannot be written, {error.strerror}; they are as they were before this run"


class Monitor:
    """Keeps the file of metrics of one desk; `say` is called with what keeps it from being written."""

    def __init__(self, desk: Desk, out: Path, file: Path, now: Clock, say: Say) -> None:
        self.desk, self.out, self.file, self._now, self._say = desk.name, out, file, now, say

    @contextmanager
    def running(self, day: date, took: Mapping[str, float]) -> Iterator[None]:
        """Note that a run of `day` has begun, and if it raises, that it failed and after which stages; the error is raised again.

        A run that is killed leaves one that began and did not end.
        """
        self._merge([self._at(gauges.BEGUN)], [gauges.BEGUN])
        try:
            yield
        except BaseException as error:
            code = error.exit_code if isinstance(error, DeskgateError) else 3
            # The decision of a step that failed is published; any other failure withdraws a GO that this run was to replace.
            self._write(self._ended(code, took), withdraws=None if isinstance(error, StepError) else day)
            raise

    def ended(self, exit_code: int, took: Mapping[str, float]) -> None:
        """Note how a run ended that left a decision, and what it decided."""
        self._write(self._ended(exit_code, took))

    def looked(self, status: DeskStatus | None) -> None:
        """Note how the desk stands; None: nobody can tell, so that no GO holds.

        A decision that was published meanwhile is another one: it is left as its run wrote it.
        """
        found = decided_days(self.out)
        folder = last_whole_day(found)
        decision = found[folder] if folder else None
        if status and (status.decision or {}).get("run_id") != (decision or {}).get("run_id"):
            return
        samples = [self._at(gauges.LOOKED), self._one(gauges.HOLDS, float(status is not None and status.is_go))]
        replaced = [gauges.LOOKED, gauges.HOLDS]
        if status:
            samples += word_samples(self.desk, status.word or gauges.NO_DECISION)
            replaced.append(gauges.DECISION)
        self._merge(samples, replaced)

    def _write(self, of_run: Iterable[Sample], *, withdraws: date | None = None) -> None:
        """Write the file anew from the published days and what is given of the run; of the earlier file the run's beginning is kept."""
        try:
            shown = self._decided(withdraws)
        except Exception as error:  # noqa: BLE001 - whatever it is, an earlier GO must not stay in the file
            self._say(f"{self.out}: the metrics of the decision cannot be made, {type(error).__name__}: {error}")
            shown = [*word_samples(self.desk, gauges.NO_DECISION), self._one(gauges.HOLDS, 0)]
        replaced = [each for each in gauges.GAUGES if each is not gauges.BEGUN]
        self._merge([*of_run, *shown, self._at(gauges.LOOKED)], replaced)

    def _decided(self, withdraws: date | None) -> list[Sample]:
        found = decided_days(self.out)
        folder = last_whole_day(found)
        if folder is None:
            return [*word_samples(self.desk, gauges.NO_DECISION), self._one(gauges.HOLDS, 0)]
        decision = found[folder] or {}
        word = str(decision.get("decision"))
        if word == "GO" and withdraws is not None and withdraws.isoformat() >= folder.name:
            word = gauges.NO_DECISION
        holds = word == "GO" and not later_blocks(found, folder) and expires_at(decision) > self._now()
        words = word_samples(self.desk, word)
        return [*words, *day_samples(self.desk, folder, decision), self._one(gauges.HOLDS, holds)]

    def _merge(self, samples: Iterable[Sample], replaced: Iterable[Gauge]) -> None:
        """Write the file with these samples in the place of those of the gauges that are `replaced`."""
        if self.file.is_relative_to(self.out) and not self.out.is_dir():
            # A run that is refused leaves nothing, and there is no earlier GO.
            return
        names = {gauge.name for gauge in replaced}
        try:
            with alerting_alone(self.out, LOCK):
                earlier = read_samples(self.file)
                kept = [each for each in earlier if each.name not in names and each.labels[0] == self.desk]
                write_samples(self.file, [*kept, *samples])
        except OSError as error:
            self._say(
                f"{self.file}: the metrics cannot be written, {error.strerror}; they are as they were before this run"
            )

    def _ended(self, exit_code: int, took: Mapping[str, float]) -> list[Sample]:
        stages = [
            Sample(gauges.STAGE.name, (self.desk, stage), seconds) for stage, seconds in took.items() if stage in STAGES
        ]
        return [self._at(gauges.ENDED), self._one(gauges.EXIT_CODE, exit_code), *stages]

    def _at(self, gauge: Gauge) -> Sample:
        at: datetime = self._now()
        return self._one(gauge, at.timestamp())

    def _one(self, gauge: Gauge, value: float) -> Sample:
        return Sample(gauge.name, (self.desk,), value)
