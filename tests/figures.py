"""Figures that tests measure and the run prints at its end."""

from typing import Protocol

FIGURE = "figure"


class Measures(Protocol):
    def __call__(self, label: str, figure: object) -> None: ...
