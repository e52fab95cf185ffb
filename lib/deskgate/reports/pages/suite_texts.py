"""What the suites that judged a day say of their gates and checks: titles, reasons, and the runbook's entries.

docs/runbook.md is made of the same texts; here they are those of the day, whatever the suites say since.
"""

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from deskgate.assessment.artifacts import SUITES, DayArtifacts

__all__ = ["CheckText", "SuiteTexts", "check_id", "suite_texts"]


@dataclass(frozen=True)
class CheckText:
    """What the suite says of a check: its title, why it is asked, and what to do where it does not pass."""

    gate: str
    check: str
    title: str
    why: str
    what_to_do: str

    @property
    def id(self) -> str:
        """What the ids of its row and of its entry in the runbook end with."""
        return check_id(self.gate, self.check)


@dataclass(frozen=True)
class SuiteTexts:
    """Gate -> its title and the notebook that shows it; (gate, check) -> what is said of the check."""

    titles: Mapping[str, str] = field(default_factory=dict)
    notebooks: Mapping[str, str] = field(default_factory=dict)
    checks: Mapping[tuple[str, str], CheckText] = field(default_factory=dict)

    def runbook(self, keys: Iterable[tuple[str, str]]) -> list[CheckText]:
        """Return the entries of some checks, each once, in their order."""
        return [self.checks[key] for key in dict.fromkeys(keys) if key in self.checks]


def check_id(gate: str, check: str) -> str:
    """Return a check as a part of an id."""
    return re.sub(r"[^\w-]+", "-", f"{gate}-{check}")


def suite_texts(artifacts: DayArtifacts | None) -> SuiteTexts:
    """Return the texts of a day's suites; none where the day has no suites on record.

    Raises
    ------
    InputError
        The file was changed since the run wrote it.
    """
    if artifacts is None or SUITES not in artifacts.digests:
        return SuiteTexts()
    titles, notebooks, checks = {}, {}, {}
    for gate, suite in json.loads(artifacts.read(SUITES)).items():
        # A suite of another version of Deskgate may have other keys.
        with suppress(KeyError, TypeError):
            titles[gate], notebooks[gate] = str(suite["meta"]["title"]), str(suite["meta"]["notebook"])
            for meta in (entry["meta"] for entry in suite["expectations"]):
                text = CheckText(gate, meta["entry"], meta["title"], meta["why"], meta["what_to_do"])
                checks[gate, text.check] = text
    return SuiteTexts(titles, notebooks, checks)
