"""The frames of a day's tables and charts by name, with what each one is."""

from collections.abc import Iterator, Mapping

import polars as pl

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.config.errors import InputError, did_you_mean
from deskgate.reports.tables import table

__all__ = ["DayViews"]


class DayViews(Mapping[str, pl.DataFrame]):
    """The views of a day: `day.views["pnl"]` is a frame; shown, it lists them with the first sentence of each.

    Of a day that an earlier version ran, a view that it did not have is a frame without columns.
    """

    def __init__(self, artifacts: DayArtifacts) -> None:
        self._artifacts = artifacts

    def __getitem__(self, name: str) -> pl.DataFrame:
        """Return a view's frame.

        Raises
        ------
        InputError
            There is no view of that name, or its file was changed.
        """
        if name in self._artifacts.view_files:
            return self._artifacts.view(name)
        from deskgate.reports.views.registry import VIEWS

        if name in VIEWS:
            return pl.DataFrame()
        raise InputError(
            f"{self._artifacts.folder.name}: no view is called {name!r}{did_you_mean(str(name), self)}, expected one of"
            f" {len(self)}; `day.views` lists them"
        )

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the views that the day's folder has."""
        return iter(sorted(self._artifacts.view_files))

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._artifacts.view_files)

    @property
    def _listed(self) -> pl.DataFrame:
        from deskgate.reports.views.registry import VIEWS

        docs = {name: (view.__doc__ or "").strip().splitlines() for name, view in VIEWS.items()}
        rows = [(name, docs[name][0] if docs.get(name) else None) for name in self]
        return pl.DataFrame(rows, schema={"name": pl.String, "what it is": pl.String}, orient="row")

    def __repr__(self) -> str:
        """Return the names with what each one is."""
        return repr(table(self._listed, limit=len(self)))

    def _repr_html_(self) -> str:
        return table(self._listed, limit=len(self))._repr_html_()

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)
