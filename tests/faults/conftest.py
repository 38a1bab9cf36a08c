"""The two connections of the system tests, to be hurt."""

from __future__ import annotations

from tests.cli.conftest import flagstaff
from tests.system.conftest import disk, office, quick_doors

__all__ = ["disk", "flagstaff", "office", "quick_doors"]
