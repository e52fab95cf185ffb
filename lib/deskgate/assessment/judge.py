"""The judge: evaluates a day's gates by Great Expectations, in a process of its own, and confirms the run's verdicts.

Great Expectations takes seconds to import. Started with the run, this process imports it while the desk's files are
read, and no import holds up the threads that talk to the notebooks' kernels. It gets the path of the day's folder
on its standard input, and answers on its standard output.
"""

import gc
import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from deskgate.config.errors import DeskgateError, InputError, RunError

__all__ = ["Judge"]

# Its import of Great Expectations takes 10 s of CPU; a busy machine may need many times that.
TIMEOUT_S = 900


class Judge:
    """A process that waits for one day's evidence; leaving the context ends it, whatever it is doing."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, this module
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Ctrl-C is for the run, which ends this process itself.
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._process.communicate()

    def stop(self) -> None:
        """End the process, whatever it is doing; who waits for its answer gets a `RunError`."""
        self._process.kill()

    def judge(self, folder: Path, desk: Path, suites: Path) -> None:
        """Confirm that the suites give the verdicts in `folder`; blocks until that is done.

        Raises
        ------
        InputError
            A suite is wrong.
        RunError
            The evaluation failed, or a verdict differs.
        """
        request = json.dumps({"folder": str(folder), "desk": str(desk), "suites": str(suites)})
        try:
            text, _ = self._process.communicate(request, timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired as error:
            raise RunError(f"{folder}: the gates gave no answer within {TIMEOUT_S} s; run it again") from error
        try:
            answer = json.loads(text)
        except ValueError as error:
            code = self._process.returncode
            raise RunError(
                f"{folder}: the gates gave no answer, their process ended with code {code}; run again"
            ) from error
        if answer["error"] is not None:
            raise {2: InputError}.get(answer["code"], RunError)(answer["error"])


def _serve() -> None:
    """Import what takes long, then judge the one day that is named on standard input."""
    # What is imported stays: to look for what does not would take a fifth of the import's time.
    gc.disable()
    from deskgate.gates.expectation import gx_datasource, validate

    gx_datasource()
    from deskgate.assessment.assessment import confirm_verdicts

    gc.freeze()
    gc.enable()
    text = sys.stdin.read()
    if not text:
        return  # the run has gone
    request = json.loads(text)
    answer: dict[str, object] = {"error": None, "code": 0}
    try:
        folder, desk, suites = (Path(request[name]) for name in ("folder", "desk", "suites"))
        confirm_verdicts(folder, desk, suites=suites, evaluator=validate)
    except DeskgateError as error:
        answer = {"error": str(error), "code": error.exit_code}
    with suppress(BrokenPipeError):  # the run was killed: nobody asks any more
        sys.stdout.write(json.dumps(answer))
        sys.stdout.flush()


if __name__ == "__main__":
    _serve()
