"""How the imitated GitLab cuts its lists into pages, with the headers of either way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from connectors.gitlab.sandbox_render import written
from connectors.gitlab.values import instant
from connectors.sdk.records import Task
from connectors.sdk.sandbox import Reply, Request

MOST_COUNTED = 10_000
"""Rows above which GitLab does not tell the total."""

MOST_OFFSET = 50_000
"""Rows beyond which GitLab.com gives no page by number."""

KEYSET_REFUSED = {"error": "Keyset pagination is not yet available for this type of request"}


def keyset(rows: Sequence[dict[str, Any]], request: Request, most: int) -> Reply:
    """A page in the order of ids. The last one has no link, and a full one always has: what
    follows may be empty."""
    size = _size(request, most)
    after = int(request.one("id_after", "0"))
    left = sorted((row for row in rows if row["id"] > after), key=lambda row: int(row["id"]))
    page = left[:size]
    if len(page) < size:
        return Reply.of(page)
    query = {name: values[0] for name, values in request.query.items()}
    follow = urlencode({**query, "id_after": page[-1]["id"]})
    return Reply.of(page, Link=f'<https://gitlab.example.com{request.path}?{follow}>; rel="next"')


def numbered(
    rows: Sequence[dict[str, Any]], request: Request, most: int, counted: int = MOST_COUNTED
) -> Reply:
    """A page by its number."""
    size, page = _size(request, most), int(request.one("page", "1"))
    start = (page - 1) * size
    if start > MOST_OFFSET:
        said = f"Offset pagination has a maximum allowed offset of {MOST_OFFSET}"
        return Reply.of({"error": said}, 405)
    headers = {
        "X-Page": str(page),
        "X-Per-Page": str(size),
        "X-Prev-Page": str(page - 1) if page > 1 else "",
        "X-Next-Page": str(page + 1) if start + size < len(rows) else "",
    }
    if len(rows) <= counted:
        headers["X-Total"] = str(len(rows))
        headers["X-Total-Pages"] = str(-(-len(rows) // size))
    reply = Reply.of(rows[start : start + size])
    return Reply(reply.status, reply.body, {**reply.headers, **headers})


def chosen(tasks: Sequence[Task], request: Request) -> list[Task] | None:
    """The issues of a question in its order; None where a time in it is none."""
    found = list(tasks)
    for name in ("created", "updated"):
        for side in ("after", "before"):
            asked = request.one(f"{name}_{side}")
            if not asked:
                continue
            edge = instant(asked)
            if edge is None:
                return None
            found = [task for task in found if _within(task, f"{name}_at", side, edge)]
    state = request.one("state", "all")
    if state != "all":
        over = ("done", "cancelled")
        found = [task for task in found if (task.status in over) == (state == "closed")]
    key = request.one("order_by", "created_at")
    found.sort(key=lambda task: -int(task.id.partition("-")[2]))
    down = request.one("sort", "desc") == "desc"
    found.sort(key=lambda task: written(getattr(task, key)) or "", reverse=down)
    return found


def _within(task: Task, key: str, side: str, edge: Any) -> bool:
    at = getattr(task, key)
    return at is not None and (at >= edge if side == "after" else at <= edge)


def _size(request: Request, most: int) -> int:
    """GitLab cuts what is asked to its maximum, silently."""
    return min(int(request.one("per_page", "20")), most)
