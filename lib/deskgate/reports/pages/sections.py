"""A notebook's cells in sections, each under its heading; and what its outputs say of themselves.

A section opens at a heading of the second level. It is unfolded where an output of it says that something is wrong, where
a cell failed, or where its heading's cell has the tag `open`; sections with something wrong come first.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["Section", "findings", "sections"]

OPEN = "open"


@dataclass
class Section:
    """Cells from one heading to the next; the first may have none."""

    cells: "list[NotebookNode]" = field(default_factory=list)

    @property
    def is_wrong(self) -> bool:
        """Whether an output says that something is wrong, or a cell failed."""
        return any(
            _notes(output).get("wrong") is True or output.output_type == "error" for output in _outputs(self.cells)
        )

    @property
    def is_open(self) -> bool:
        """Whether a reader sees it without unfolding it."""
        return self.is_wrong or any(OPEN in cell.metadata.get("tags", []) for cell in self.cells)

    @property
    def has_finding(self) -> bool:
        """Whether an output of it is a gate's finding."""
        return any("finding" in _notes(output) for output in _outputs(self.cells))


def sections(cells: "Sequence[NotebookNode]") -> list[Section]:
    """Return the cells in sections, in their order; the first holds what stands before any heading, perhaps nothing."""
    made = [Section()]
    for cell in cells:
        if cell.cell_type == "markdown" and cell.source.lstrip().startswith("## "):
            made.append(Section())
        made[-1].cells.append(cell)
    return made


def findings(cells: "Sequence[NotebookNode]") -> list[Mapping[str, Any]]:
    """Return the findings that the outputs hold, in order; that of all gates alone, where there is one."""
    found = [
        note["finding"] for output in _outputs(cells) if isinstance((note := _notes(output)).get("finding"), Mapping)
    ]
    return [each for each in found if not each.get("gate")][:1] or found


def _outputs(cells: "Sequence[NotebookNode]") -> "Iterator[NotebookNode]":
    return (output for cell in cells for output in cell.get("outputs", []))


def _notes(output: "NotebookNode") -> Mapping[str, Any]:
    """Return what our own tables, gates and charts say of themselves beside what they show."""
    notes = output.get("metadata", {}).get("deskgate", {})
    return notes if isinstance(notes, Mapping) else {}
