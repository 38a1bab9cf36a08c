"""People, and what GitHub's GraphQL API can tell of a repository for less than the REST API."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors.github.answers import hidden
from connectors.github.api import EMPTY, ROUNDS, Api, goes_on, nodes
from connectors.github.words import key, objects, part, text
from connectors.sdk.contract import Item, Json, Page
from connectors.sdk.errors import NotVisible, Unexpected

TOGETHER = 20  # repositories in one question

USERS = "pageInfo { hasNextPage endCursor } nodes { databaseId login name url }"
PEOPLE = f"""
query People($ids: [ID!]!) {{
  nodes(ids: $ids) {{
    ... on Repository {{ assignableUsers(first: 100) {{ {USERS} }} }}
  }}
}}
"""
MORE_PEOPLE = f"""
query MorePeople($id: ID!, $after: String) {{
  node(id: $id) {{
    ... on Repository {{ assignableUsers(first: 100, after: $after) {{ {USERS} }} }}
  }}
}}
"""
NUMBERS = """
query Numbers($id: ID!, $first: Int!, $after: String) {
  node(id: $id) {
    ... on Repository {
      hasIssuesEnabled
      issues(first: $first, after: $after, orderBy: {field: CREATED_AT, direction: ASC}) {
        totalCount
        pageInfo { hasNextPage endCursor }
        nodes { number }
      }
    }
  }
}
"""


def people(api: Api, repositories: Sequence[Json]) -> Iterator[Page]:
    """Everybody to whom an issue of the repositories can be assigned, each once."""
    told: set[str] = set()
    ids = [id for row in repositories if (id := text(row.get("node_id"))) is not None]
    if len(ids) < len(repositories):
        raise Unexpected("GitHub lists a repository without its node_id.")
    for start in range(0, len(ids), TOGETHER):
        asked = ids[start : start + TOGETHER]
        for id, node in nodes(api, PEOPLE, asked).items():
            if node is None:
                raise hidden("a repository is not there for this token any more")
            for users in _users(api, id, node):
                rows = {who: user for user in users if (who := key(user.get("databaseId")))}
                yield Page([Item(who, row) for who, row in rows.items() if who not in told])
                told.update(rows)


def _users(api: Api, id: str, node: Json) -> Iterator[list[Json]]:
    connection = part(node, "assignableUsers")
    seen: set[str | None] = set()
    while True:
        after = goes_on(connection, seen)
        yield list(objects(connection.get("nodes")))
        if after is None:
            return
        again = api.graphql(MORE_PEOPLE, {"id": id, "after": after})
        connection = part(part(again, "node"), "assignableUsers")


def numbers(api: Api, node_id: str, scope: str) -> Iterator[list[str]]:
    """The numbers of all issues of a repository, without its pull requests."""
    seen: set[str | None] = set()
    after: str | None = None
    empty = 0
    while True:
        connection = _issues(api, node_id, scope, after)
        after = goes_on(connection, seen)
        found = [id for node in objects(connection.get("nodes")) if (id := key(node.get("number")))]
        empty = 0 if found else empty + 1
        yield found
        if after is None:
            return
        if empty > EMPTY or len(seen) > ROUNDS:
            raise Unexpected("GitHub says there are more issues and gives none.", scope=scope)


def count(api: Api, node_id: str, scope: str) -> int | None:
    """GitHub's own count of a repository's issues."""
    total = _issues(api, node_id, scope, None, first=1).get("totalCount")
    return total if isinstance(total, int) else None


def _issues(api: Api, node_id: str, scope: str, after: str | None, *, first: int = 100) -> Json:
    asked = {"id": node_id, "first": first, "after": after}
    node = part(api.graphql(NUMBERS, asked, scope), "node")
    if node.get("hasIssuesEnabled") is False:
        # It lists none then, as if all had been deleted.
        raise NotVisible(
            "The issues of this repository are switched off.",
            remedy="Switch them on in the repository's settings, or take it out.",
            scope=scope,
        )
    if not part(node, "issues"):
        raise Unexpected("GitHub's GraphQL API gave no list of issues.", scope=scope)
    return part(node, "issues")
