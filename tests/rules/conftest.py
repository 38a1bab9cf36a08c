"""What tests of rules share."""

from __future__ import annotations

from tests.rules.rows import add, add_connection, moment

__all__ = ["add", "add_connection", "moment"]
