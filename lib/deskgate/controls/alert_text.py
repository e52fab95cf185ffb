"""The text of an alert, as long as its service takes: what is longer most services refuse whole, and the worst day is the longest.

Lengths are of UTF-8, so that no service counts more than is counted here.
"""

from collections.abc import Iterator, Sequence

__all__ = ["LISTED", "alert_body", "fit_alert"]

# So many findings are listed; a reader of more uses the commands that the alert names.
LISTED = 20

_MORE = "and {} more"
# For what a service or Apprise puts around the title and the text.
_RESERVE = 24


def alert_body(findings: Sequence[str], what_to_do: Sequence[str]) -> str:
    """Return the body of an alert: one line a finding, then, below a blank line, what to do. `fit_alert` goes by the blank line."""
    return "\n\n".join("\n".join(lines) for lines in (findings, what_to_do) if lines)


def fit_alert(title: str, body: str, witness: Sequence[str], *, title_max: int, body_max: int) -> tuple[str, str]:
    """Return the title and text of an alert so that its service takes them.

    Kept are the first findings (at most `LISTED`) with how many more there are, what to do, and the checkpoint. A checkpoint that
    would take more than half of the text is left out whole: half of one proves nothing.

    Parameters
    ----------
    body
        As `alert_body` makes it; of a text without a blank line every line is a finding.
    witness
        The line of the checkpoint, and what is said about it.
    title_max, body_max
        What the service takes of each, in characters; with a `title_max` of 0 the title is a part of the body.
    """
    title = _clip(title, title_max if title_max > 0 else body_max // 3)
    # Some services put the title into the text, whatever they say.
    room = body_max - _size(title) - _RESERVE
    parts = body.split("\n\n") if "\n\n" in body else [body, ""]
    findings = [line for part in parts[:-1] for line in part.splitlines() if line]
    what_to_do = parts[-1]
    if len(findings) <= LISTED and _size(whole := "\n".join([body, *witness])) <= room:
        return title, whole
    kept = next(text for text in (*_endings(witness), "") if 2 * _size(text) <= room)
    end = "\n".join(text for text in (_clip(what_to_do, room // 4), kept) if text)
    left = room - _size(end) - 2
    return title, "\n".join(text for text in ("\n".join(_first(findings, left)), end) if text)


def _first(findings: Sequence[str], room: int) -> Iterator[str]:
    """Yield the first findings that there is room for, at least a part of the first one, and how many more there are."""
    room -= _size(_MORE.format(len(findings)))
    shown = 0
    for line in findings[:LISTED]:
        if (room := room - _size(line) - 1) < 0:
            break
        yield line
        shown += 1
    if findings and not shown:
        yield _clip(findings[0], room + _size(findings[0]))
        shown = 1
    if shown < len(findings):
        yield _MORE.format(len(findings) - shown)


def _endings(witness: Sequence[str]) -> Iterator[str]:
    """Yield the lines about the checkpoint, ever fewer of them."""
    for lines in range(len(witness), 0, -1):
        yield "\n".join(witness[:lines])


def _clip(text: str, most: int) -> str:
    """Return a text of at most so many bytes, with an ellipsis where it was longer."""
    if _size(text) <= most:
        return text
    return text.encode()[: max(most - _size("…"), 0)].decode(errors="ignore") + "…"


def _size(text: str) -> int:
    return len(text.encode())
