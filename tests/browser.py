"""Pages in a real browser without a network: what they ask for, what goes wrong in them, what axe-core says of them.

Playwright drives the Chromium that is on the PATH; both are there in CI and are no part of a plain installation.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

__all__ = ["DESKTOP", "PHONE", "Browser", "Visit", "browser"]

DESKTOP = (1280, 800)
PHONE = (390, 844)

_CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# The machine's own network is closed to pages as well: a name that is asked for is not found.
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND"]
# What a page of ours never has, and what hostile text would become if it were not escaped.
_ACTIVE = "script, iframe, object, embed, form, img:not([src^='data:']), a[href^='javascript:' i]"
_HANDLERS = "[...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => /^on/i.test(a.name))).length"


@dataclass
class Visit:
    """What happened while a page was open.

    `messages` are those of the console, uncaught errors and dialogs; `requests` the addresses asked for besides the page's own file;
    `active` counts elements that run or load something; `overflow_px` is by how much the page is wider than the window; `violations` are those of
    axe-core that it calls serious or critical, as "rule: element".
    """

    title: str = ""
    text: str = ""
    active: int = 0
    overflow_px: int = 0
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)


class Browser:
    """A started Chromium."""

    def __init__(self, chromium: Any) -> None:
        self._chromium = chromium

    def visit(self, page: Path, size: tuple[int, int] = DESKTOP, *, dark: bool = False, audited: bool = True) -> Visit:
        """Open a page's file and return what happened; `audited`: with axe-core, which takes about a second."""
        width, height = size
        mode: dict[str, Any] = {"color_scheme": "dark" if dark else "light"}
        context = self._chromium.new_context(viewport={"width": width, "height": height}, **mode)
        try:
            return self._visit(context.new_page(), page.resolve().as_uri(), audited=audited)
        finally:
            context.close()

    def after_choosing(self, page: Path, choices: Sequence[Sequence[str]], ask: str) -> list[Any]:
        """Return for each choice what a JavaScript expression says of a page in which the elements of these ids were clicked."""
        tab = self._chromium.new_page()
        try:
            return [self._chosen(tab, page.resolve().as_uri(), chosen, ask) for chosen in choices]
        finally:
            tab.close()

    @staticmethod
    def _chosen(tab: Any, address: str, chosen: Sequence[str], ask: str) -> Any:
        tab.goto(address)
        for each in chosen:
            tab.click(f"#{each}")
        return tab.evaluate(ask)

    def _visit(self, tab: Any, address: str, *, audited: bool) -> Visit:
        visit = Visit()

        def on_dialog(dialog: Any) -> None:
            visit.messages.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        tab.on("console", lambda message: visit.messages.append(message.text))
        tab.on("pageerror", lambda error: visit.messages.append(str(error)))
        tab.on("dialog", on_dialog)
        tab.on("request", lambda request: visit.requests.append(request.url))
        tab.goto(address)
        visit.requests = [url for url in visit.requests if url != address and not url.startswith("data:")]
        visit.title, visit.text = tab.title(), tab.inner_text("body")
        visit.active = tab.locator(_ACTIVE).count() + tab.evaluate(_HANDLERS)
        visit.overflow_px = tab.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if audited:
            # What is folded is read too.
            tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            visit.violations = list(_violations(tab))
        return visit


@contextmanager
def browser() -> Iterator[Browser]:
    """Start a browser for a few tests, and end it; skip where there is none."""
    if _CHROMIUM is None:
        pytest.skip("no Chromium on the PATH, so no browser to open the pages in")
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed: uv sync --group browser"
    )
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS)
        try:
            yield Browser(chromium)
        finally:
            chromium.close()


def _violations(tab: Any) -> Iterator[str]:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    # A chart is one image with a name: what is inside has none to be judged by, and thousands of marks take minutes.
    for rule in axe.run(tab, context={"exclude": [["figure.chart svg > *"]]}).response["violations"]:
        if rule["impact"] in ("serious", "critical"):
            for node in rule["nodes"]:
                yield f"{rule['id']}: {node['html'][:200]}"
