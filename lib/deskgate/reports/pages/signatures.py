"""Who signed a day's decision, in the banner of its pages: written into them when they are published, and again when somebody signs.

A role counts as signed where its last signature on record is of a key that counts. With all that the decision awaits it stands as a GO,
and the banner says so.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from deskgate.audit.record import Record
from deskgate.audit.sign_offs import SignOff, every_sign_off, last_sign_offs, stood_as_go
from deskgate.reports.pages.banner import instant
from deskgate.reports.pages.environment import macro_text
from deskgate.reports.pages.places import Place
from deskgate.reports.palette import DECISION_SIGNS

__all__ = ["PLACE", "known_signatures", "signatures"]

# Where a banner has them, see banner.html.
PLACE = Place("signatures")
_LIST = ('<ul class="signatures" aria-label="Sign-offs">', "</ul>")


def signatures(records: Sequence[Record] | None, decision: Mapping[str, Any], *, is_go: bool) -> Markup:
    """Return the lines of a decision's banner: who signed each role, and which are missing; empty where nobody signed or has to.

    Parameters
    ----------
    records
        Those of the audit trail; None where it cannot be relied on.
    is_go
        Whether it stands as a GO by its signatures, and nothing has ended that.
    """
    found = last_sign_offs(records or (), decision)
    roles = dict.fromkeys((*_awaited(decision), *found))
    if not roles:
        return Markup()
    says = [_unknown(role) if records is None else _line(decision, role, found.get(role)) for role in roles]
    return Markup("\n").join([*([_go()] if is_go else []), Markup(_LIST[0]), *says, Markup(_LIST[1])])  # noqa: S704 - our own text


def known_signatures(records: Sequence[Record], decision: Mapping[str, Any]) -> Iterator[str]:
    """Return each line that may stand in a banner of a decision, by now or at any time before."""
    yield from (*_LIST, *([_go()] if stood_as_go(records, decision) else []))
    for role in _awaited(decision):
        yield from (_unknown(role), _line(decision, role, None))
    for each in every_sign_off(records, decision.get("bundle_id")):
        yield from (_line(decision, each.role, one) for one in (each, replace(each, is_valid=False)))


def _awaited(decision: Mapping[str, Any]) -> list[str]:
    awaits = decision.get("awaits")
    return [str(role) for role in awaits.get("roles", ())] if isinstance(awaits, Mapping) else []


def _go() -> Markup:
    sign, colour = DECISION_SIGNS["GO"]
    return macro_text("signed_word", "GO", sign, colour)


def _unknown(role: str) -> Markup:
    return macro_text("unknown_signature", role)


def _line(decision: Mapping[str, Any], role: str, each: SignOff | None) -> Markup:
    if each is None:
        return macro_text("missing_signature", role, decision.get("date"))
    return macro_text("signature", {"role": role, "by": each.by, "at": instant(each.at), "is_valid": each.is_valid})
