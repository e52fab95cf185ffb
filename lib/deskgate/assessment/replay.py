"""A day assessed again from what its decision names: the same inputs must give the same bytes.

The store is read at the commits, and judged by the suites, that the run had. desk.toml and the bots' configuration must be the ones
of the run: the folder of a day holds their digests alone.
"""

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from pydantic import ValidationError

from deskgate.assessment.artifacts import INPUTS, SUITES, DayArtifacts, DayInputs, StoreState, write_artifacts
from deskgate.assessment.assessment import Assessment, assess_inputs
from deskgate.checks.baseline import drift
from deskgate.checks.registry import GATES
from deskgate.config.desk import Desk
from deskgate.config.digests import SUITE_FILES, digest_configuration, find_configuration
from deskgate.config.errors import InputError
from deskgate.config.paths import code_digest
from deskgate.engines import Engine
from deskgate.gates.suites import Suite
from deskgate.store.sums import refuse_damaged
from deskgate.store.tables import Store

__all__ = ["replay_day", "replay_inputs", "replays", "suites_of"]

Views = Callable[[Assessment], Mapping[str, pl.DataFrame]]


def replays(assessment: Assessment, engine: Engine | None = None) -> list[str]:
    """Assess a day again from the inputs of an assessment, and return the names of the files that are not the same bytes.

    The store is opened anew, so that nothing that was kept in memory is taken for what is stored.
    """
    inputs = assessment.inputs
    store = Store.open(inputs.store.location, assessment.case.desk.name)
    gates = tuple(assessment.suites)
    again = assess_inputs(
        *(assessment.case.desk, store, inputs, assessment.suites),
        passed_over=assessment.passed_over,
        settings=assessment.settings,
        gates=gates,
        engine=engine,
    )
    with TemporaryDirectory(prefix="deskgate-") as folder:
        first, second = (Path(folder) / name for name in ("first", "second"))
        written = write_artifacts(first, assessment, {})
        return _differences(written, write_artifacts(second, again, {}))


def replay_day(artifacts: DayArtifacts, desk: Desk, store: Store, views: Views) -> list[str]:
    """Assess a published day again, and return the names of the files that are not as its run wrote them.

    Parameters
    ----------
    artifacts
        Of a verified day.
    store
        That of the run, wherever it lies now.
    views
        What computes the views of an assessment.

    Raises
    ------
    InputError
        The day was run by other code, an earlier version wrote it, desk.toml or a bot's configuration is another one now, or a
        file of the store is not as it was written.
    """
    refuse_damaged(store.location)
    inputs, folder = artifacts.inputs, artifacts.folder
    if SUITES not in artifacts.digests:
        raise InputError(
            f"{folder}: was run by an earlier version, expected {SUITES} in it; run `deskgate daily` for that day again"
        )
    if inputs.code != code_digest():
        raise InputError(
            f"{folder}: was run by other code ({inputs.code[:12]}), expected that of this version ({code_digest()[:12]}); replay"
            " it with the version that ran it"
        )
    again = assess_inputs(
        desk,
        store,
        replay_inputs(artifacts, desk, store),
        suites_of(artifacts),
        passed_over=json.loads(artifacts.read(INPUTS))["passed_over"],
        settings=find_configuration(desk, folder / "none").own_settings(),
    )
    with TemporaryDirectory(prefix="deskgate-") as place:
        return _differences(artifacts, write_artifacts(Path(place), again, views(again)))


def replay_inputs(artifacts: DayArtifacts, desk: Desk, store: Store) -> DayInputs:
    """Return the inputs of a day's run, with the store where it lies now.

    Raises
    ------
    InputError
        desk.toml or a bot's configuration is another one now.
    """
    inputs, folder = artifacts.inputs, artifacts.folder
    # The suites of the run are in its folder; what lies here now does not matter.
    now = digest_configuration(desk, folder / "none")
    if moved := drift(_without_suites(inputs.config), _without_suites(now)).files:
        raise InputError(f"{desk.file}: {moved[0]} since {folder.name} was run; put it back, then replay")
    return inputs.model_copy(update={"store": StoreState(location=store.location, versions=inputs.store.versions)})


def _without_suites(config: Mapping[str, str]) -> dict[str, str]:
    return {name: digest for name, digest in config.items() if not name.startswith(SUITE_FILES)}


def suites_of(artifacts: DayArtifacts) -> dict[str, Suite]:
    """Return the suites that a published day was judged by, in the order of the gates.

    Raises
    ------
    InputError
        They cannot be read as suites of this version.
    """
    try:
        found = json.loads(artifacts.read(SUITES))
        # Verdicts follow the order of the gates.
        return {gate: Suite.model_validate(found[gate]) for gate in GATES if gate in found}
    except (ValueError, ValidationError) as error:
        raise InputError(f"{artifacts.folder / SUITES}: not readable as suites, {error}; run the day again") from error


def _differences(first: DayArtifacts, second: DayArtifacts) -> list[str]:
    """Return which files of two days are not the same bytes; a Parquet file with the same rows is the same."""
    # A day may have been written without views; those that it has are compared.
    names = sorted({*first.digests, *(name for name in second.digests if not name.startswith("views/"))})
    differing = [name for name in names if first.digests.get(name) != second.digests.get(name)]
    return [name for name in differing if not _same_rows(first, second, name)]


def _same_rows(first: DayArtifacts, second: DayArtifacts, name: str) -> bool:
    if not name.endswith(".parquet") or name not in second.digests or name not in first.digests:
        return False
    one, two = (pl.read_parquet(io.BytesIO(each.read(name))) for each in (first, second))
    return one.schema == two.schema and one.equals(two)
