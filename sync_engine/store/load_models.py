"""The tables of what people have to do, by account and week: what follows from tasks and who is
assigned to them. They can be made anew at any time."""

from __future__ import annotations

from datetime import date

from sqlmodel import Field, SQLModel


class LoadOfAccount(SQLModel, table=True):
    """The open tasks of one account, whenever they are due.

    What several accounts of one person in the connection are assigned to counts once, but for its
    effort.
    """

    __tablename__ = "load_of_account"

    connection_id: int = Field(foreign_key="connection.id", primary_key=True)
    person_id: str = Field(primary_key=True)
    open: int
    in_progress: int
    undated: int  # of the open: without a due date
    unmapped: int  # whose status nobody has mapped, so they may be open: in no other number


class LoadOfWeek(SQLModel, table=True):
    """The open tasks of one account that are due in a week.

    The parts of a task stand for the whole in `minutes` and `unsized`; effort is shared equally
    among those assigned.
    """

    __tablename__ = "load_of_week"

    connection_id: int = Field(foreign_key="connection.id", primary_key=True)
    person_id: str = Field(primary_key=True)
    monday: date = Field(primary_key=True)
    open: int
    minutes: int  # what is left of those that say so
    unsized: int  # those that do not


class LoadOfConnection(SQLModel, table=True):
    """Up to which run the load of a connection's accounts takes all into account."""

    __tablename__ = "load_of_connection"

    connection_id: int = Field(foreign_key="connection.id", primary_key=True)
    run_id: int
    basis: str  # changes with the way to compute, and with who has several accounts
