"""All tables of the store, known to one metadata."""

from __future__ import annotations

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
