"""Which rows of a frame say that something is wrong: so that a page opens with them and a long table never cuts them.

A frame is known by its columns, whatever view it comes from. Nothing is judged here: the verdicts are; this finds what
a reader should see first. What no rule names is not wrong, as far as a page can tell.
"""

import polars as pl

__all__ = ["wrong_rows"]

_OPEN_BREAK = ~pl.col("status").is_in(["accepted", "resolved"])
# The columns that a rule needs, and the rows that it finds.
_RULES: tuple[tuple[tuple[str, ...], pl.Expr], ...] = (
    (("break_id", "status"), _OPEN_BREAK),
    (("oldest_h", "status"), _OPEN_BREAK),
    (("breaks", "accepted"), pl.col("breaks") > pl.col("accepted")),
    (("status",), pl.col("status").is_in(["FAIL", "INSUFFICIENT"])),
    (("incident", "status"), pl.col("status") == "open"),
    (("kind", "cause", "remedy"), pl.lit(value=True)),
    (("bot", "soak"), pl.col("soak") != "ready"),
    (("ok",), ~pl.col("ok")),
    (("drill", "passed"), ~pl.col("passed")),
    (("image", "pinned"), pl.col("pinned") != "yes"),
    (("what", "detail"), pl.lit(value=True)),
    (("file", "key", "before", "now"), pl.lit(value=True)),
    (("file", "now", "sha256"), pl.col("now") != "as frozen"),
    (("unaccounted",), pl.col("unaccounted") != 0),
    (("quarantined",), pl.col("quarantined") > 0),
    (("conflicts",), pl.col("conflicts") > 0),
    (("path", "line", "reason", "raw"), pl.lit(value=True)),
    (("of", "share", "because"), pl.col("share").is_null() | (pl.col("share") < 1)),
    (("minutes", "share_with_mid"), pl.col("share_with_mid").is_null() | (pl.col("share_with_mid") < 1)),
)


def wrong_rows(frame: pl.DataFrame) -> pl.Series:
    """Return for each row whether it says that something is wrong; unknown is wrong where the rule says so, else not."""
    found = [rule for needs, rule in _RULES if set(needs) <= set(frame.columns)]
    if not found:
        return pl.Series("wrong", [False] * frame.height, dtype=pl.Boolean)
    # A rule that is true of any row has a row of its own where the frame has none.
    return frame.with_columns(wrong=pl.any_horizontal(rule.fill_null(value=False) for rule in found))["wrong"]
