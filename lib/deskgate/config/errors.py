"""The errors a person can mend, and the exit code each one ends in.

Every message is one sentence: what is wrong, where, what was expected, what was found, and the next step.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from deskgate.config.secrecy import may_be_secret

__all__ = [
    "DeskgateError",
    "InputError",
    "RunError",
    "StepError",
    "UnknownKindError",
    "complaint",
    "did_you_mean",
    "exit_code_of",
]


class DeskgateError(Exception):
    """Base of all errors that Deskgate raises on purpose."""

    exit_code = 3


class InputError(DeskgateError):
    """Wrong usage, configuration or source file: nothing has been written, exit code 2."""

    exit_code = 2

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows of it: the sentence. Where in Deskgate it was raised says nothing to who typed."""
        return [f"{type(self).__name__}: {self}"]


class UnknownKindError(InputError):
    """A file that is of no known kind: harmless where a pattern finds it beside others."""


class RunError(DeskgateError):
    """The run itself failed after it had begun: exit code 3."""


class StepError(RunError):
    """A step of a run failed, and the day's decision names it: `step`, and `what` went wrong there."""

    def __init__(self, message: str, step: str, what: str) -> None:
        super().__init__(message)
        self.step = step
        self.what = what


def exit_code_of(error: BaseException) -> int:
    """Return the exit code that an error ends in; one that nobody raised on purpose is 3, for 1 says HOLD or STOP."""
    return error.exit_code if isinstance(error, DeskgateError) else 3


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` for the nearest known word, or an empty string."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean '{near[0]}'?)" if near else ""


def complaint(place: Sequence[int | str], kind: str, message: str, got: object, known: Iterable[str]) -> str:
    """Return what pydantic found wrong at a key in words that a person can act on; `known` are the keys that may stand there.

    A value that may be a secret is not shown: none of [alerts] is, for an address of a channel may be one without looking so.
    """
    name = ".".join(str(part) for part in place)
    if kind == "extra_forbidden":
        return f"unknown key {name}{did_you_mean(str(place[-1]), known)}"
    if kind == "missing":
        return f"missing key {name}"
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    said = f"{name}: {message[0].lower()}{message[1:]}"
    is_hidden = name.split(".", 1)[0] == "alerts" or may_be_secret(name, got)
    return f"{said} (not shown, for it may be a secret)" if is_hidden else f"{said}, got {got!r}"
