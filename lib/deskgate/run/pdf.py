"""A day's pages as PDF, printed by the Chromium of this machine: to be kept, signed or sent.

Each page becomes a file of its own, with the style that it has for paper. The browser reads the page from disk and reaches
no host. The files are no evidence: they stand beside the days, not in one.
"""

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from deskgate.config.errors import DeskgateError, InputError, RunError
from deskgate.reports.pages.day_names import is_day_name
from deskgate.reports.pages.link import INTERACTIVE

__all__ = ["print_day", "print_or_explain"]

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-pdf-header-footer",
    "--host-resolver-rules=MAP * ~NOTFOUND",
]
# A page of megabytes on a busy machine takes a while; a browser that hangs does not end by itself.
TIMEOUT_S = 120


def print_day(folder: Path, out: Path) -> list[Path]:
    """Print the pages of a published day into `<out>/pdf/<day>`, all of them or none, and return the files.

    Raises
    ------
    InputError
        There is no Chromium on the PATH, the folder is not named by a day, or the day has no pages.
    RunError
        The browser failed, or the files cannot be put there; an earlier PDF of the day stays as it was.
    """
    folder = folder.resolve()
    if not is_day_name(folder.name):
        raise InputError(
            f"{folder}: no day of reports to print, expected a folder named by its day, as 2026-03-05; give the day or that folder"
        )
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise InputError(
            f"pdf: no browser to print with, expected one of {', '.join(BROWSERS)} on the PATH, got none; install Chromium,"
            f" or open {folder / 'index.html'} and print it from the browser that you have"
        )
    static = [page for page in folder.glob("*.html") if not page.name.endswith(INTERACTIVE)]
    pages = sorted(static, key=lambda page: (page.stem != "index", page.stem))
    if not pages:
        raise InputError(f"{folder}: no pages to print, expected index.html and one a notebook; run `deskgate daily`")
    target = out / "pdf" / folder.name
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target.parent, prefix=".partial-") as partial:
        made = Path(partial) / folder.name
        made.mkdir()
        for page in pages:
            _print(browser, page, made / f"{page.stem}.pdf", Path(partial) / "profile")
        _replace(target, made, Path(partial) / "before")
    return [target / f"{page.stem}.pdf" for page in pages]


def print_or_explain(folder: Path, out: Path) -> str:
    """Print a day that was just published, and return where the files are, or why there are none: the day stands either way."""
    try:
        files = print_day(folder, out)
    except (DeskgateError, OSError) as error:
        return f"no PDF: {error}"
    return f"{len(files)} pages as PDF in {files[0].parent}"


def _replace(target: Path, made: Path, aside: Path) -> None:
    """Put a folder in the place of an earlier one; on an error the earlier one is back in its place."""
    try:
        if target.exists():
            target.rename(aside)
        made.rename(target)
    except OSError as error:
        if aside.exists():
            aside.rename(target)
        raise RunError(
            f"{target}: the PDF files could not be put there ({error.strerror}); see who holds that folder, and run it again"
        ) from error


def _print(browser: str, page: Path, target: Path, profile: Path) -> None:
    # Its sandbox refuses to start for root, as in a container; the pages hold no script.
    root = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    own = [f"--user-data-dir={profile}", f"--print-to-pdf={target}", page.resolve().as_uri()]
    try:
        ran = subprocess.run(  # noqa: S603 - the browser found on the PATH, and a file of ours
            [browser, *FLAGS, *root, *own], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RunError(f"{page}: {browser} did not print it ({error}); print it from a browser") from error
    if ran.returncode or not target.is_file():
        said = (ran.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise RunError(
            f"{page}: {browser} did not print it, expected a PDF, got exit code {ran.returncode} ({said}); print it from a browser"
        )
