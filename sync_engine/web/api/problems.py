"""What is refused, in the one shape in which programs read it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import BaseModel, Field

from sync_engine import commands
from sync_engine.rules import limits
from sync_engine.rules.language import LanguageError
from sync_engine.views.marks import MarkError
from sync_engine.web.console.forms import DayError, said_of
from sync_engine.web.console.refusals import Refusal

TOO_SLOW = "This takes longer than an answer may. Narrow the condition."
STATUSES = {
    400: "The condition or the mark is not understood.",
    401: "No session and no token that holds.",
    403: "The role, or the token's scope, does not include this.",
    404: "It is not there, or not the caller's to see.",
    409: "It has changed meanwhile; nothing was done.",
    413: "The request is too large.",
    422: "A parameter or the body is not of the declared shape, or cannot be done so.",
    503: "The store does not answer, or the question takes too long.",
}


class Problem(BaseModel):
    """Why a request was not done."""

    error: str = Field(description="What happened and what to do, in a plain sentence.")
    field: str | None = Field(
        None, description="The parameter or the part of the body it is about."
    )
    column: int | None = Field(None, description="Where in a condition, counted from 1.")


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that a route may answer with, for its description."""
    return {
        status: {"model": Problem, "description": STATUSES[status]}
        for status in sorted({401, 403, 422, 503, *statuses})
    }


@contextmanager
def understood() -> Iterator[None]:
    """Turn what views and commands raise into refusals."""
    try:
        yield
    except LanguageError as error:
        raise Refusal(
            400, said_of(error), more={"field": "where", "column": error.at.column}
        ) from None
    except MarkError as error:
        raise Refusal(400, said_of(error), more={"field": "after"}) from None
    except commands.ChangedError as error:
        raise Refusal(409, said_of(error)) from None
    except (commands.CommandError, DayError) as error:
        raise Refusal(422, said_of(error)) from None
    except limits.TooSlow:
        raise Refusal(503, TOO_SLOW) from None
