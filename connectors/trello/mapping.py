"""Trello's boards, members, cards and comments as records. Pure and total; see README.md.

What an item's body holds, by stream:

========== ===================================================================================
projects   the board, with its open `lists`
people     `member`, and `active`: False once every board shows the account as deactivated
tasks      `card`, its `list`, the board's `customFields` (with the options that the card uses),
           and `linked`: the ids of the cards that its attachments point to, by short link
comments   the `commentCard` action
changes    the action (see `history.py`)
========== ===================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from connectors.sdk.contract import Json
from connectors.sdk.records import (
    Change,
    Column,
    Comment,
    Custom,
    Link,
    Person,
    Project,
    Record,
    Task,
)
from connectors.trello.history import to_changes
from connectors.trello.words import (
    BLOCKED_WORDS,
    CHECK_ITEM_STATES,
    COMPLETE,
    created,
    custom_value,
    instant,
    objects,
    part,
    position,
    status_of,
    text,
    whole,
)


def _fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


PROVIDES: Mapping[type[Record], frozenset[str]] = {
    Project: _fields("id name description url state created_at updated_at member_ids"),
    Column: _fields("id project_id board_id board_name name position status_labels wip_max"),
    Person: _fields("id name active url"),
    Task: _fields(
        "id key project_id parent_id title description url type type_label status status_label "
        "blocked assignee_ids labels start_on due_on created_at updated_at archived custom"
    ),
    Link: _fields("id type from_id to_id"),
    Comment: _fields("id task_id author_id text at updated_at"),
    Change: _fields("id task_id at author_id field field_label old new old_label new_label"),
}
"""The fields that Trello can fill; README.md says which of its words fills which."""

CARD_URL = re.compile(r"^https?://trello\.com/c/([0-9A-Za-z]+)")


def to_records(stream: str, item: Json) -> Iterable[Record]:
    """The records of one item; none for a body without an id."""
    match stream:
        case "projects":
            return _board(item)
        case "people":
            return _member(item)
        case "tasks":
            return _card(item)
        case "comments":
            return _comment(item)
        case "changes":
            return to_changes(item)
        case _:
            return ()


def linked_cards(card: Json) -> list[str]:
    """Short links of the cards that a card's attachments point to, each once."""
    urls = (attachment.get("url") for attachment in objects(card.get("attachments")))
    matches = (CARD_URL.match(url) for url in urls if isinstance(url, str))
    return list(dict.fromkeys(match[1] for match in matches if match))


def _members(board: Json) -> tuple[str, ...] | None:
    """Who belongs to a board; None where the answer does not say."""
    if not isinstance(board.get("memberships"), list):
        return None
    said = (text(each.get("idMember")) for each in objects(board["memberships"]))
    return tuple(id for id in said if id is not None)


def _board(board: Json) -> Iterator[Record]:
    id = text(board.get("id"))
    if id is None:
        return
    name = text(board.get("name"))
    yield Project(
        id=id,
        name=name or "",
        description=text(board.get("desc")),
        url=text(board.get("shortUrl")) or text(board.get("url")),
        state="closed" if board.get("closed") is True else "active",
        created_at=created(id),
        updated_at=instant(board.get("dateLastActivity")),
        member_ids=_members(board),
    )
    lists = [each for each in objects(board.get("lists")) if text(each.get("id"))]
    for index, each in enumerate(sorted(lists, key=position)):
        label = text(each.get("name"))
        yield Column(
            id=each["id"],
            project_id=id,
            board_id=id,
            board_name=name,
            name=label or "",
            position=index,
            status_labels=(label,) if label else (),
            wip_max=whole(each.get("softLimit")),
        )


def _member(item: Json) -> Iterator[Record]:
    member = part(item, "member")
    id = text(member.get("id"))
    if id is None:
        return
    active = item.get("active")
    yield Person(
        id=id,
        name=text(member.get("fullName")) or text(member.get("username")) or "",
        active=active if isinstance(active, bool) else None,
        url=text(member.get("url")),
    )


def _card(item: Json) -> Iterator[Record]:
    card, column = part(item, "card"), part(item, "list")
    id = text(card.get("id"))
    if id is None:
        return
    listed = text(column.get("name"))
    labels = _labels(card)
    number = whole(card.get("idShort"))
    complete = card.get("dueComplete") is True
    role = "template" if card.get("isTemplate") is True else text(card.get("cardRole"))
    archived = card.get("closed") is True or column.get("closed") is True
    url = text(card.get("shortUrl")) or text(card.get("url"))
    project_id = text(card.get("idBoard"))
    yield Task(
        id=id,
        key=None if number is None else f"#{number}",
        project_id=project_id,
        title=text(card.get("name")) or "",
        description=text(card.get("desc")),
        url=url,
        type="other" if role else "task",
        type_label=role,
        status="done" if complete else status_of(listed),
        # Not the list's name: what an admin says of that must not open what is complete in it.
        status_label=COMPLETE if complete else listed,
        blocked=any(BLOCKED_WORDS.search(word) for word in (*labels, listed or "")),
        assignee_ids=_ids(card.get("idMembers")),
        labels=labels,
        start_on=instant(card.get("start")),
        due_on=instant(card.get("due")),
        created_at=created(id),
        updated_at=instant(card.get("dateLastActivity")),
        archived=archived,
        custom=tuple(_custom(card, item)),
    )
    for checklist in sorted(objects(card.get("checklists")), key=position):
        for entry in sorted(objects(checklist.get("checkItems")), key=position):
            entry_id = text(entry.get("id"))
            if entry_id is None:
                continue
            state = text(entry.get("state"))
            yield Task(
                id=entry_id,
                project_id=project_id,
                parent_id=id,
                title=text(entry.get("name")) or "",
                url=url,
                type="subtask",
                status=CHECK_ITEM_STATES.get(state or ""),
                status_label=state,
                assignee_ids=_ids([entry.get("idMember")]),
                due_on=instant(entry.get("due")),
                created_at=created(entry_id),
                archived=archived,
            )
    linked = part(item, "linked")
    for other in dict.fromkeys(text(linked.get(short)) for short in linked_cards(card)):
        if other is not None and other != id:
            first, second = sorted((id, other))  # both cards may hold the link: one record
            yield Link(id=f"relates:{first}:{second}", type="relates", from_id=first, to_id=second)


def _comment(action: Json) -> Iterator[Record]:
    if action.get("type") not in ("commentCard", "copyCommentCard"):
        return
    data = part(action, "data")
    id, card_id = text(action.get("id")), text(part(data, "card").get("id"))
    at = instant(action.get("date")) or (created(id) if id else None)
    if id is None or card_id is None or at is None:
        return
    yield Comment(
        id=id,
        task_id=card_id,
        # A copied card's comments are listed under who copied it.
        author_id=text(data.get("idOriginalCommenter")) or text(action.get("idMemberCreator")),
        text=text(data.get("text")) or "",
        at=at,
        updated_at=instant(data.get("dateLastEdited")),
    )


def _custom(card: Json, item: Json) -> Iterator[Custom]:
    """Every custom field of the board: one that the card leaves empty has the value None."""
    entries = objects(card.get("customFieldItems"))
    held = {text(entry.get("idCustomField")): entry for entry in entries}
    for definition in objects(item.get("customFields")):
        id = text(definition.get("id"))
        if id is not None:
            value = custom_value(held.get(id, {}), definition)
            yield Custom(id=id, name=text(definition.get("name")) or id, value=value)


def _labels(card: Json) -> tuple[str, ...]:
    """Names of the labels; one without a name is called by its colour, as Trello shows it."""
    names = (
        text(each.get("name")) or text(each.get("color")) for each in objects(card.get("labels"))
    )
    return tuple(dict.fromkeys(name for name in names if name is not None))


def _ids(values: object) -> tuple[str, ...]:
    held = values if isinstance(values, (list, tuple)) else ()
    return tuple(dict.fromkeys(each for each in held if text(each) is not None))
