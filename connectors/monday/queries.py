"""What is asked of monday.com, as GraphQL. Pure.

A call is the scarce thing (1,000 a day on the smaller plans), so one call asks for as much as it
can: several boards, several pages under aliases. Every list names its limit: without one
monday.com applies a small one of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

COMPLEXITY = "complexity { before query after reset_in_x_seconds }"

LIST_PAGE = 100
"""Boards, people, updates, entries of activity a page."""

ITEMS_PAGE = 250
"""Items with all their cells a page; monday.com allows 500, and gives an answer 60 s."""

IDS_PAGE = 500
BY_ID = 100
"""Items or updates that may be asked for by id in one call."""

CELLS = """
  id type text value
  ... on StatusValue { label index is_done updated_at }
  ... on PeopleValue { persons_and_teams { id kind } }
  ... on DateValue { date time }
  ... on TimelineValue { from to visualization_type }
  ... on NumbersValue { number }
  ... on RatingValue { rating }
  ... on CheckboxValue { checked }
  ... on DropdownValue { values { label } }
  ... on TagsValue { tags { name } }
  ... on MirrorValue { display_value }
  ... on FormulaValue { display_value }
  ... on BoardRelationValue { display_value linked_item_ids }
  ... on DependencyValue {
    display_value linked_item_ids dependency_links { linked_item_id dependency_type lag }
  }
  ... on TimeTrackingValue {
    duration running
    history { id started_at ended_at started_user_id updated_at }
  }
"""

ITEM = f"""fragment Item on Item {{
  id name state created_at updated_at creator_id url
  board {{ id }} group {{ id title }} parent_item {{ id board {{ id }} }}
  column_values {{ {CELLS} }}
}}"""

ENTRY = "fragment Entry on ActivityLogType { id event entity data created_at user_id }"

SUBTASKS = "columns(types: [subtasks]) { id type settings_str }"
BOARD = f"id name state type updated_at {SUBTASKS}"
"""Enough to know what is read, what changed, and which hidden board has a board's subitems."""

PROJECT = (
    "id name state type updated_at columns { id title type archived settings_str } "
    "description url created_at workspace { id name } owners { id }"
)
"""All that a board says of itself, its columns too."""


def boards(fields: str, pages: Sequence[int], more: str = "") -> str:
    """Pages of the account's boards in every state; `more` is asked for with the first."""
    more = more if 1 in pages else ""
    asked = "\n".join(
        f"p{page}: boards(limit: {LIST_PAGE}, page: {page}, state: all, order_by: created_at) "
        f"{{ {fields} }}"
        for page in pages
    )
    return f"query Boards {{ {COMPLEXITY} {more}\n{asked} }}"


ME = "me { id name email account { id name slug } }"


def people(pages: Sequence[int]) -> str:
    """Pages of the account's users, also those who left; the teams come with the first."""
    asked = "\n".join(
        f"p{page}: users(limit: {LIST_PAGE}, page: {page}, status: [ACTIVE, INACTIVE, PENDING]) "
        "{ id name email status is_deleted url time_zone_identifier }"
        for page in pages
    )
    more = "teams { id name }" if 1 in pages else ""
    return f"query People {{ {COMPLEXITY} {more}\n{asked} }}"


def _activity(pages: Sequence[int]) -> str:
    return "\n".join(
        f"a{page}: activity_logs(from: $from, limit: {LIST_PAGE}, page: {page}) {{ ...Entry }}"
        for page in pages
    )


def opened(pages: Sequence[int]) -> str:
    """A board and the hidden boards of its subitems: their columns and groups, first page of
    items, what happened since."""
    return f"""query Board($ids: [ID!], $count: Int!, $limit: Int!, $rules: ItemsQuery,
    $from: ISO8601DateTime) {{ {COMPLEXITY}
  boards(ids: $ids, limit: $count, state: all) {{
    id name state type created_at updated_at
    columns {{ id title type archived settings_str }}
    groups {{ id title }}
    items_page(limit: $limit, query_params: $rules) {{ cursor items {{ ...Item }} }}
    {_activity(pages)}
  }}
}}
{ITEM}
{ENTRY}"""


def activity(pages: Sequence[int]) -> str:
    """More pages of what happened on boards."""
    return f"""query Activity($ids: [ID!], $count: Int!, $from: ISO8601DateTime) {{ {COMPLEXITY}
  boards(ids: $ids, limit: $count, state: all) {{ id state {_activity(pages)} }}
}}
{ENTRY}"""


def more_items(cursors: int) -> str:
    """The next page after each of so many cursors, `$c0`, `$c1` …"""
    return _next(cursors, "...Item", ITEM)


def items(fields: str = "...Item") -> str:
    """Items by their ids, in every state."""
    used = ITEM if "...Item" in fields else ""
    return f"""query Items($ids: [ID!]) {{ {COMPLEXITY}
  items(ids: $ids, limit: {BY_ID}, exclude_nonactive: false) {{ {fields} }}
}}
{used}"""


def item_ids() -> str:
    """Ids of the items of boards, and which hidden boards have their subitems."""
    return f"""query Census($ids: [ID!], $count: Int!) {{ {COMPLEXITY}
  boards(ids: $ids, limit: $count, state: all) {{
    id state {SUBTASKS} items_page(limit: {IDS_PAGE}) {{ cursor items {{ id }} }}
  }}
}}"""


def more_item_ids(cursors: int) -> str:
    """As `more_items`, of ids alone."""
    return _next(cursors, "id", "", IDS_PAGE)


def _next(cursors: int, fields: str, fragment: str, limit: int = ITEMS_PAGE) -> str:
    given = ", ".join(f"$c{place}: String!" for place in range(cursors))
    asked = "\n".join(
        f"n{place}: next_items_page(cursor: $c{place}, limit: {limit}) "
        f"{{ cursor items {{ {fields} }} }}"
        for place in range(cursors)
    )
    return f"query More({given}) {{ {COMPLEXITY}\n{asked} }}\n{fragment}"


POST = "id text_body created_at updated_at creator_id"


def updates(pages: Sequence[int]) -> str:
    """Pages of the account's updates, written between two days."""
    asked = "\n".join(
        f"p{page}: updates(limit: {LIST_PAGE}, page: {page}, from_date: $from) "
        f"{{ {POST} item_id replies {{ {POST} }} "
        "item { id board { id } parent_item { id board { id } } } }"
        for page in pages
    )
    return f"query Updates($from: String) {{ {COMPLEXITY}\n{asked} }}"


def update_ids(pages: Sequence[int]) -> str:
    """Pages of the ids of the updates on boards, and which hidden boards have their subitems."""
    asked = "\n".join(
        f"u{page}: updates(limit: {LIST_PAGE}, page: {page}) {{ id }}" for page in pages
    )
    return f"""query Posts($ids: [ID!], $count: Int!) {{ {COMPLEXITY}
  boards(ids: $ids, limit: $count, state: all) {{ id state {SUBTASKS} {asked} }}
}}"""


def by_ids(kind: str, fields: str = "id") -> str:
    """Boards, users, teams or updates by their ids."""
    rest = {"boards": f"limit: {BY_ID}, state: all", "teams": ""}.get(kind, f"limit: {BY_ID}")
    given = ", ".join(each for each in ("ids: $ids", rest) if each)
    return f"query Some($ids: [ID!]) {{ {COMPLEXITY} {kind}({given}) {{ {fields} }} }}"
