"""The list of sign-offs on a day's own page: each role with who signed it, by the keys that desk.toml names."""

import re
from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from deskgate.audit.marks import MARK, MARK_END
from deskgate.audit.sign_offs import ROLES, SignOff
from deskgate.reports.pages.banner import instant
from deskgate.reports.pages.environment import macro_text
from deskgate.reports.pages.link import INDEX
from deskgate.reports.pages.page_marks import replace_page

__all__ = ["LIST", "show_sign_offs", "sign_off_lines"]

# The lines around it.
LIST = ('<ul class="pages">', "</ul>")
_MARKED = re.compile(
    re.escape(f"{MARK}{LIST[0]}".encode()) + b".*?" + re.escape(f"{LIST[1]}{MARK_END}".encode()), re.DOTALL
)


def sign_off_lines(found: Sequence[SignOff]) -> list[Markup]:
    """Return a line for each role with who signed it; one that nobody signed is shown as such."""
    signed = {each.role: each for each in found}
    return [macro_text("sign_off", _sign_off(role, signed.get(role))) for role in ROLES]


def show_sign_offs(folder: Path, found: Sequence[SignOff]) -> None:
    """Write the sign-offs of a published day's decision into its page, whole or not at all; the rest of the page stays as it is.

    A page that is not there is left out: the signature is on record, and `verify` says that the page is missing.
    """
    page = folder / INDEX
    if not page.is_file():
        return
    shown = "\n".join((LIST[0], *sign_off_lines(found), LIST[1]))
    content = _MARKED.sub(lambda _: f"{MARK}{shown}{MARK_END}".encode(), page.read_bytes(), count=1)
    replace_page(page, content)


def _sign_off(role: str, each: SignOff | None) -> dict[str, object]:
    if each is None:
        return {"role": role, "by": None}
    return {"role": role, "by": each.by, "at": instant(each.at), "is_valid": each.is_valid}
