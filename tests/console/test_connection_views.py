"""What is said of connections, and that it says no more than is known; on both databases."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from connectors.sdk import registry
from connectors.sdk.sandbox import serve
from sync_engine import accounts
from sync_engine.access import Visible
from sync_engine.accounts import User
from sync_engine.configure import connections as commands
from sync_engine.configure.changes import Desk
from sync_engine.demo.portfolio import portfolio
from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.settings.models import Connection as Configured
from sync_engine.store import entries, holds
from sync_engine.store.engine import reading
from sync_engine.store.flag_models import AssessmentRow
from sync_engine.store.models import Connection, ScopeState, TaskRow
from sync_engine.views import connection as views
from sync_engine.views import raw
from sync_engine.views.connections import (
    Completeness,
    LeftOut,
    Line,
    State,
    completeness,
    line_of,
    lines,
)
from sync_engine.web.console.connection_forms import of_connector
from sync_engine.web.console.guide_text import lead, where_to_get_it
from sync_engine.web.console.pages.connections import headline
from tests.console.connected import CANARY, fill_connected
from tests.console.portfolio import NOW, fill, table
from tests.console.site import ACTOR, PEOPLE, Site

MOMENT = Moment(NOW, ZoneInfo("UTC"), WorkCalendar())


@pytest.fixture
def filled(store: sa.Engine) -> sa.Engine:
    """The portfolio with what is known of its connections."""
    fill(store)
    fill_connected(store)
    return store


def configured(name: str, **more: Any) -> Configured:
    return Configured.model_validate({"name": name, "connector": "jira", **more})


def seen(engine: sa.Engine, role: Any = "viewer", *held: Configured) -> list[Line]:
    user = User(1, "eve@acme.example", "Eve", role, None, 'portfolio = "Core"')
    held = held or (configured("engineering"), configured("office"))
    with reading(engine) as connection:
        return lines(connection, Visible.to(user, connection, MOMENT), MOMENT, held, {})


def test_those_that_need_a_hand_come_first(filled: sa.Engine) -> None:
    """With what to do; what was never read is not called empty."""
    found = seen(filled, "viewer", configured("engineering"), configured("a-new-one"),
                 configured("begun", enabled=False))  # fmt: skip
    assert [(each.name, each.state) for each in found] == [
        ("engineering", "trouble"), ("begun", "unfinished"), ("a-new-one", "new"),
        ("office", "removed"),
    ]  # fmt: skip
    assert found[0].remedy == "Look at the census, and accept it or mend the access."
    assert found[2].frozen is None
    assert found[2].complete.share is None
    managers = seen(filled, "manager")
    assert [each.name for each in managers] == ["engineering"]
    assert managers[0].remedy is None


def test_who_sees_some_projects_is_told_nothing_of_others(site: Site) -> None:
    """Neither what a run said, nor figures of all projects together, nor what a census holds."""
    manager, viewer = site.browser("manager"), site.browser("viewer")
    told = ("items would be retired", "1 container lost", "95.4%")
    for each in told:
        assert each in viewer.get("/connections").text
        assert each not in manager.get("/connections").text
    shown = manager.get("/connections/engineering").text
    assert "an admin has something to look at" in shown
    assert "items would be retired" not in shown
    assert "of its limit was used" not in shown
    assert "Requests" in viewer.get("/connections/engineering/runs").text
    assert "Requests" not in manager.get("/connections/engineering/runs").text
    assert "503" not in manager.get("/connections/engineering/runs").text
    with site.engine.begin() as connection:
        row = table(Connection)
        failed = {"state": "partial", "message": "Sensor research answered 403."}
        connection.execute(sa.update(row).where(row.c.id == 1).values(failed))
    for path in ("/", "/connections", "/connections/engineering"):
        assert "Sensor research answered" in viewer.get(path).text
        assert "could not be read completely" in manager.get(path).text
        assert "Sensor research answered" not in manager.get(path).text


@pytest.mark.parametrize(
    ("row", "state", "said"),
    [
        ({"lease_owner": "w", "lease_until": NOW + timedelta(seconds=9)}, "reading", "being read"),
        ({"lease_owner": "w", "lease_until": NOW - timedelta(seconds=9)}, "good", "was read"),
        ({"complete_at": None, "state": "new"}, "new", "first read"),
    ],
)
def test_a_line_says_how_it_stands(row: dict[str, Any], state: str, said: str) -> None:
    """A lease that ran out is nobody's."""
    held = SimpleNamespace(**{
        "id": 1, "connector": "jira", "state": "ok", "complete_at": NOW, "next_pull_at": NOW,
        "lease_owner": None, "lease_until": None, **row,
    })  # fmt: skip
    made = line_of("e", held, configured("e"), None, NOW)
    assert made.state == state
    assert said in made.said
    off = line_of("e", held, configured("e", enabled=False), None, NOW)
    assert (off.state, off.next_at) == ("off", None)
    lost = line_of("e", held, None, None, NOW, LeftOut("its tool is gone", "jira"))
    assert lost.state == "trouble"
    beside = line_of("e", held, configured("e"), None, NOW, LeftOut("it is said twice", "jira"))
    assert (beside.state, beside.left_out) == (made.state, "it is said twice")


def test_completeness_counts_what_is_counted() -> None:
    """More than the tool has in one scope makes up for nothing in another."""
    scopes = [
        SimpleNamespace(visible=True, stream_counts={"tasks": {"store": 12, "tool": 10}}),
        SimpleNamespace(visible=True, stream_counts={"tasks": {"store": 5, "tool": 10}}),
        SimpleNamespace(visible=True, stream_counts={"tasks": {"store": 5, "tool": None}}),
        SimpleNamespace(visible=False, stream_counts=None),
    ]
    found = completeness(scopes)
    assert found == Completeness(ours=15, theirs=20, uncounted=1, lost=1, scopes=4)
    assert found.share == 0.75
    assert completeness([]).share is None


def test_what_is_shown_of_one(filled: sa.Engine) -> None:
    """Runs page by page, containers with the lost one first, the held census by title."""
    with reading(filled) as connection:
        runs = views.runs(connection, 1)
        assert [each.id for each in runs] == list(range(30, 4, -1))
        assert [each.id for each in views.runs(connection, 1, 6)] == [5, 4, 3, 2, 1]
        found = views.containers(connection, 1)
        assert [each.id for each in found] == ["omega", "alpha", "beta", "gamma"]
        assert found[3].complete.share is None
        assert [each.id for each in views.containers(connection, 1, "alpha")] == ["beta", "gamma"]
        (held,) = views.held(connection, 1)
        assert (held.count, held.known, held.scope) == (41, 78, "Warehouse move")
        assert held.items[:3] == ("Task of eve", "Task of bob", "t0")
        assert len(held.items) == views.HELD_SHOWN
        counts = {each.kind: each.number for each in views.counts(connection, 1)}
        assert counts == {"project": 4, "person": 3, "task": 3}
        assert views.about(connection, 1).parked == 1
        words = views.vocabulary(connection, 1)
    assert [(each.word, each.means, each.samples) for each in words.words][:2] == [
        ("Parking lot", None, ("ENG-1 Task of ada",)), ("Done", "done", ()),
    ]  # fmt: skip
    assert words.unsaid == 1
    assert {each.name: each.samples for each in words.columns} == {"Risk": (), "Size": ("5.0",)}
    with filled.begin() as connection:
        assert holds.accept(connection, 12, "ada") == 41
        assert views.accepted(connection, 1) == 41
        assert views.held(connection, 1) == []


def test_a_raw_item_beside_its_record(filled: sa.Engine) -> None:
    """By key and by id; what looks like a secret is not shown."""
    with reading(filled) as connection:
        (by_key,) = raw.items(connection, 1, "ENG-1")
        (by_id,) = raw.items(connection, 1, "task-ada")
        (parked,) = raw.items(connection, 1, "broken")
        assert raw.items(connection, 2, "ENG-1") == []
        assert raw.parked(connection, 1) == [("tasks", "broken", "ValueError: no project")]
    assert by_key == by_id
    assert by_id.body is not None
    assert "Task of ada" in by_id.body
    assert CANARY not in by_id.body
    assert by_id.records[0].values is not None
    assert by_id.records[0].values["key"] == "ENG-1"
    assert parked.records == ()


def test_no_shape_of_a_secret_is_shown() -> None:
    """A number, a list, a whole section, a custom field by its name or by its id."""
    hidden = "not shown"
    given = {
        "a": [{"Api-Key": "x", "tokens": [3, "y"], "pin": {"password": 4711}, "has_token": True}],
        "session": {"id": ["s"]},
        "custom": [{"id": 7, "name": "VPN password", "value": {"text": "z"}, "display_value": "z"}],
        "customfield_9": 4711,
        "fields": [
            {"id": "customfield_9", "value": 4711},
            {"id": ["c"], "name": "Size", "value": 5},
        ],
    }
    assert raw.without_secrets(given, {"customfield_9"}) == {
        "a": [{"Api-Key": hidden, "tokens": hidden, "pin": {"password": hidden},
               "has_token": True}],
        "session": hidden,
        "custom": [{"id": 7, "name": "VPN password", "value": hidden, "display_value": hidden}],
        "customfield_9": hidden,
        "fields": [{"id": "customfield_9", "value": hidden},
                   {"id": ["c"], "name": "Size", "value": 5}],
    }  # fmt: skip


def test_a_custom_field_that_holds_a_secret_is_hidden_on_both_sides(filled: sa.Engine) -> None:
    """The raw item has its id alone; the record knows its name."""
    task = table(TaskRow)
    custom = [{"id": "summary", "name": "Access token", "value": CANARY}]
    with filled.begin() as connection:
        connection.execute(sa.update(task).where(task.c.id == "task-ada").values(custom=custom))
    with reading(filled) as connection:
        (item,) = raw.items(connection, 1, "task-ada")
    assert item.body is not None
    assert "Task of ada" not in item.body
    assert CANARY not in str(item.records)
    assert "Access token" in str(item.records)


def test_nothing_scans_the_tasks(sqlite_store: sa.Engine) -> None:
    """Each statement that speaks of tasks finds them by an index."""
    fill(sqlite_store)
    fill_connected(sqlite_store)
    asked: list[tuple[str, Any]] = []
    sa.event.listen(
        sqlite_store, "before_cursor_execute", lambda *v: asked.append((str(v[2]), v[3]))
    )
    with reading(sqlite_store) as connection:
        views.vocabulary(connection, 1)
        views.counts(connection, 1)
        views.held(connection, 1)
        raw.items(connection, 1, "ENG-1")
    of_tasks = [each for each in asked if "FROM task" in each[0] or "FROM raw_item" in each[0]]
    assert len(of_tasks) >= 5
    with sqlite_store.connect() as connection:
        for statement, values in of_tasks:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            assert not [step for *_, step in plan if step.startswith("SCAN task")], statement
            assert not [step for *_, step in plan if step.startswith("SCAN raw")], statement


@pytest.mark.parametrize("tool", registry.names())
def test_every_tool_has_a_form_and_its_guide(tool: str) -> None:
    """No field is lost between what is needed and what is rare; the guide is well-formed."""
    form = of_connector(registry.get(tool))
    names = [each.name for each in form.all]
    assert len(names) == len(set(names))
    assert {f"options.{each}" for each in registry.get(tool).Config.model_fields} <= set(names)
    assert all(each in form.main for each in form.all if each.required)
    readme = registry.readme(tool)
    assert len(lead(readme)) > 20
    guide = where_to_get_it(readme)
    assert guide
    for tag in ("ol", "ul", "li", "p"):
        assert guide.count(f"<{tag}>") == guide.count(f"</{tag}>"), tag
    assert "yaml" not in guide


def test_a_guide_is_text_but_for_what_it_knows() -> None:
    """Whatever else a README holds is shown as it is written."""
    made = where_to_get_it(
        "# X\n\n## Set it up\n1. <script>alert(1)</script> **go**\n2. [a](javascript:alert) `<b>`\n"
        "\n## Options\nno"
    )
    assert made == (
        "<ol><li>&lt;script&gt;alert(1)&lt;/script&gt; <strong>go</strong></li>"
        "<li>a <code>&lt;b&gt;</code></li></ol>"
    )
    assert where_to_get_it("# X\n\nnothing") == ""


def test_what_cannot_be_done_is_said(site: Site) -> None:
    """A wait that the tool asked for, a census of nothing, a name that was mistyped, a stranger."""
    admin = site.browser("admin")
    with site.engine.begin() as connection:
        row = table(Connection)
        connection.execute(
            sa.update(row).where(row.c.id == 1).values(
                state="rate_limited", next_pull_at=NOW + timedelta(minutes=40)
            )
        )  # fmt: skip
    answer = admin.post("/connections/engineering/read")
    assert answer.status_code == 409
    assert "stay away until 11:10 UTC" in answer.text
    assert admin.post("/connections/engineering/accept", run="99").status_code == 409
    answer = admin.post("/connections/engineering/accept", run="12")
    assert answer.status_code == 303
    with site.engine.connect() as connection:
        said = connection.execute(sa.text("SELECT who, action FROM audit ORDER BY id DESC")).all()
    assert ("olga@acme.example", "census accepted") in [tuple(each) for each in said]
    assert ("olga@acme.example", "census asked for") in [tuple(each) for each in said]
    assert admin.post("/connections/engineering/accept", run="12").status_code == 409
    assert admin.post("/connections/engineering/purge", typed="engine").status_code == 422
    assert admin.post("/connections/engineering/remove", typed="engineering").status_code == 400
    assert admin.post("/connections/engineering/settings").status_code == 404  # of the file
    assert admin.post("/connections/nothing/read").status_code == 404
    answer = admin.post("/connections/new/trello", name="new")
    assert answer.status_code == 422
    assert "address of this page" in answer.text
    assert admin.post("/connections/new/no_such_tool", name="x").status_code == 404
    held = site.browser("pmo").get("/connections/engineering/items?q=ENG-1")
    assert CANARY not in held.text
    assert site.browser("pmo").post("/connections/engineering/remove").status_code == 403


def test_what_the_file_says_too_is_taken_out_here_and_goes_on_there(site: Site) -> None:
    said = {"connector": "trello", "options": {}}
    with site.engine.begin() as connection:
        entries.begin_change(connection)
        entries.write(connection, ("connection", "office"), said, by="olga", at=NOW)
    site.console.changed()
    admin = site.browser("admin")
    assert 'action="/connections/office/remove"' in admin.get("/connections/office").text
    done = admin.post("/connections/office/remove", typed="office", version="1")
    assert done.status_code == 303
    assert 'action="/connections/office/remove"' not in admin.get("/connections/office").text
    with reading(site.engine) as connection:
        row = table(Connection)
        gone = sa.select(row.c.removed_at).where(row.c.name == "office")
        assert connection.execute(gone).scalar_one() is None


def test_all_that_is_chosen_is_taken_however_much_it_is(site: Site) -> None:
    tool = registry.sandbox("trello")(portfolio(NOW.date(), 7)["trello"], lambda: NOW)
    file = site.console.configuration().file
    assert file is not None
    desk = Desk(site.engine, file, now=lambda: NOW)
    with serve(tool) as url:
        options = {**tool.options(url), "allow_private_network": True}
        document = {"connector": "trello", "options": options, "enabled": False}
        commands.add(desk, ACTOR, "many", document)
        site.console.changed()
        first, *_, last = (
            each.value for each in commands.choosable(desk, "many", document).choices
        )
        begun = site.browser("admin").post(
            "/connections/many/begin", version="1", which="some", chosen=[first] * 1_600 + [last]
        )
    assert begun.status_code == 303, begun.text
    assert desk.entry(("connection", "many")).document["options"]["boards"] == [first, last]


@pytest.mark.parametrize(
    ("states", "said"),
    [
        (("good", "off"), "All of them are as they should be."),
        (("good", "removed"), "All of them are as they should be."),
        (("good", "reading"), "1 connection is being read or waits for it; no other needs a hand."),
        (("new", "new"), "2 connections are being read or wait for it; no other needs a hand."),
        (("off", "removed"), "None of them is read any more: they are switched off or removed."),
        (("trouble", "reading"), "1 connection needs a hand."),
    ],
)
def test_connections_are_called_well_only_when_they_are(
    states: tuple[State, ...], said: str
) -> None:
    """Neither what nobody reads, nor what has not been read to its end."""
    held = [
        Line(id, "c", "jira", state, "", None, None, None, None, Completeness())
        for id, state in enumerate(states)
    ]
    assert headline(held) == said


def test_lost_containers_that_are_not_listed_are_counted(site: Site) -> None:
    """However many a credential has lost at once."""
    path, note = "/connections/engineering", "lost before these"
    assert note not in site.browser("viewer").get(path).text
    lost = {"connection_id": 1, "state": "active", "visible": False, "lost_at": NOW}
    with site.engine.begin() as connection:
        connection.execute(
            sa.insert(table(ScopeState)),
            [{**lost, "scope": f"x{n}", "name": f"X {n}"} for n in range(views.SCOPES_SHOWN + 2)],
        )
    shown = site.browser("viewer").get(path).text
    assert f"3 more containers {note} are not listed" in shown
    assert note not in site.browser("viewer").get(f"{path}?after=alpha").text


def test_who_may_see_nothing_is_not_told_that_there_is_nothing(site: Site) -> None:
    accounts.change(
        site.engine, PEOPLE["manager"].address, ACTOR, NOW, scope='portfolio = "none such"'
    )
    manager = site.browser("manager")
    assert "Nothing connected is yours to see." in manager.get("/connections").text
    assert "Nothing is connected yet" not in manager.get("/connections").text
    assert "There is no active project to be seen." in manager.get("/projects").text
    with site.engine.begin() as connection:
        connection.execute(sa.delete(table(AssessmentRow)))
    assert "Nothing connected is yours to see, so" in manager.get("/").text
    assert "Nothing is connected yet" not in manager.get("/").text
