"""The pages in a real browser without a network: no request, no error."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl
import pytest

from deskgate.reports import charts
from deskgate.reports.pages.day_page import write_day_page
from deskgate.reports.pages.index_page import write_index
from deskgate.reports.pages.later import Later
from deskgate.reports.pages.notebook_page import to_html
from report_inputs import VERDICTS, decision, display, write_notebook

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on the PATH, so no browser to open the pages in")

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--dump-dom",
]
# Hosts that the browser contacts by itself, whatever page is open.
BROWSERS_OWN = re.compile(r"(^|\.)(google|googleapis|gstatic|gvt1)\.com$")


def _open(page: Path, folder: Path) -> tuple[list[str], set[str]]:
    """Return the console's messages and the hosts that were requested, with every name unresolvable."""
    log = folder / f"{page.stem}.netlog.json"
    own = [f"--user-data-dir={folder / 'profile'}", f"--log-net-log={log}", "--host-resolver-rules=MAP * ~NOTFOUND"]
    ran = subprocess.run(
        [str(BROWSER), *FLAGS, *own, page.as_uri()], capture_output=True, text=True, timeout=600, check=True
    )
    assert "</html>" in ran.stdout
    events = json.loads(log.read_text())["events"]
    urls = [event.get("params", {}).get("url", "") for event in events]
    hosts = {urlsplit(url).hostname or "" for url in urls if url.startswith(("http:", "https:", "ws:", "wss:"))}
    return [line for line in ran.stderr.splitlines() if "CONSOLE" in line], {
        host for host in hosts if not BROWSERS_OWN.search(host)
    }


def test_notebook_page_is_complete_without_a_network(tmp_path: Path) -> None:
    chart = charts.verdict_strip(VERDICTS).to_dict()
    hostile = "<img src='https://a.example/x.png'><script src='https://b.example/y.js'></script>text"
    shown = (display(**{"application_vnd.vegalite.v5+json": chart}), display(text_html=hostile))
    notebook = write_notebook(tmp_path / "a.ipynb", "# Title", "![](https://c.example/z.png)", outputs=shown)
    assert _open(to_html(notebook, tmp_path / "a.html", decision()), tmp_path) == ([], set())


def test_day_page_and_index_are_complete_without_a_network(tmp_path: Path) -> None:
    day = tmp_path / "2026-05-04"
    day.mkdir()
    (day / "decision.json").write_text(json.dumps(decision()))
    pl.DataFrame({"kind": ["x"]}).write_csv(day / "breaks.csv")
    assert _open(write_day_page(day, decision(), VERDICTS, []), tmp_path) == ([], set())
    assert _open(write_index(tmp_path, Later.read(tmp_path)), tmp_path) == ([], set())


def test_browser_reports_requests_and_errors_of_a_page(tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text("<html><img src='https://a.example/x.png'><script>throw new Error('x')</script></html>")
    messages, hosts = _open(page, tmp_path)
    assert hosts == {"a.example"}
    assert "Uncaught Error: x" in messages[0]
