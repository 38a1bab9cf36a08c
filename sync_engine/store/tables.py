"""All tables of the store, known to one metadata."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import SQLModel

from sync_engine.store import (
    account_models,
    audit_models,
    baseline_models,
    config_models,
    digest_models,
    flag_models,
    hook_models,
    load_models,
    models,
    schedule_models,
    writeback_models,
)

MODULES = (
    models,
    account_models,
    audit_models,
    baseline_models,
    config_models,
    digest_models,
    flag_models,
    hook_models,
    load_models,
    schedule_models,
    writeback_models,
)
"""Where the tables are declared; importing them is what makes them known."""

METADATA = SQLModel.metadata

_task: sa.Table = models.TaskRow.__table__  # type: ignore[attr-defined]
sa.event.listen(
    _task,
    "after_create",
    sa.DDL(  # type: ignore[no-untyped-call]
        "CREATE STATISTICS st_task_run (dependencies, mcv) ON connection_id, run_id FROM task"
    ).execute_if(dialect="postgresql"),
)
"""Runs belong to connections: taken apart, PostgreSQL expects a third of a table where a later run
of one connection wrote a few rows, and reads all of it to find them."""
