"""Faults: what is wrong, where, why, and what to do; collected so that one run reports them all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from belarus_iran_pact.core.messages import did_you_mean, fault_text

__all__ = ["BuildFailed", "Fault", "Faults", "Place", "did_you_mean"]


@dataclass(frozen=True, order=True)
class Place:
    """A line of a file."""

    file: Path
    line: int = 1


@dataclass(frozen=True, order=True)
class Fault:
    """One thing wrong. Printed as `file:line: what; why; what to do`."""

    place: Place
    what: str
    why: str
    remedy: str

    def text(self, root: Path) -> str:
        """The fault as one line, its file relative to `root` where it lies below it."""
        file = self.place.file
        shown = file.relative_to(root) if file.is_relative_to(root) else file
        return fault_text(f"{shown.as_posix()}:{self.place.line}", self.what, self.why, self.remedy)

    def moved(self, here: Path, there: Path) -> Fault:
        """The fault as it reads once the folder `here` stands at `there`."""
        if not self.place.file.is_relative_to(here):
            return self
        return replace(self, place=replace(self.place, file=there / self.place.file.relative_to(here)))


class Faults:
    """The faults found so far."""

    def __init__(self) -> None:
        self._found: set[Fault] = set()

    def add(self, place: Place, what: str, why: str, remedy: str) -> None:
        """Note a fault. The same fault at the same place is noted once."""
        self._found.add(Fault(place, what, why, remedy))

    def __bool__(self) -> bool:
        return bool(self._found)

    def sorted(self) -> list[Fault]:
        """All faults, by file and line."""
        return sorted(self._found)

    def raise_any(self) -> None:
        """Raise `BuildFailed` with all faults, if there are any."""
        if self._found:
            raise BuildFailed(self.sorted())


class BuildFailed(Exception):
    """The build found faults and published nothing."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} fault(s)")
        self.faults = faults
