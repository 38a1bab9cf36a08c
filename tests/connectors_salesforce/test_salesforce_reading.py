"""Reading an organization that has its traps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest
from msgspec.structs import replace

from connectors.salesforce.connector import Salesforce
from connectors.salesforce.sandbox_schema import Field
from connectors.sdk.errors import CursorExpired, NotVisible, Refused, Unavailable, Unexpected
from connectors.sdk.records import (
    Approval,
    Comment,
    Gone,
    Person,
    Project,
    SlaCycle,
    Task,
)
from connectors.sdk.sandbox import Reply, Request
from tests.conformance.world import NOW, ago

DATA = "/services/data/v62.0"


def test_the_clock_of_the_server_less_ten_minutes_is_the_cursor(organization: Any) -> None:
    read = organization.turn("cases")
    assert read.cursors["cases"][""]["since"] == "2026-11-20T14:50:00Z"


def test_a_row_that_shows_up_ten_minutes_late_is_read(organization: Any) -> None:
    """Its time of change was set at the beginning of a long transaction."""
    read = organization.turn("cases")
    organization.clock.sleep(300)
    read = organization.turn("cases", read.cursors)
    case = organization.task_of("Case")
    late = organization.clock.now() - timedelta(minutes=9)
    organization.sandbox.world.edit(case.id, title="Committed late", at=late)
    organization.clock.sleep(1)
    assert organization.turn("cases", read.cursors).of(Task)[case.id].title == "Committed late"


def test_a_quiet_turn_counts_and_reads_nothing(organization: Any) -> None:
    read = organization.turn("cases")
    organization.clock.sleep(3600)
    asked = organization.queries(lambda: organization.turn("cases", read.cursors))
    assert asked == ["SELECT COUNT() FROM Case WHERE SystemModstamp >= 2026-11-20T14:50:00Z"]


def test_queues_are_read_whole_every_time(organization: Any) -> None:
    """They leave no tombstones: who is not named any more is gone."""
    first = organization.turn("queues")
    organization.clock.sleep(3600)
    again = organization.turn("queues", first.cursors)
    assert len(first.ids("queues")) == 1
    assert again.records == first.records
    assert not again.cursors["queues"]


def test_a_change_costs_a_count_a_description_the_statuses_and_the_rows(
    open_organization: Any,
) -> None:
    organization = open_organization(page_size=100)
    read = organization.turn("cases")
    organization.clock.sleep(3600)
    organization.sandbox.world.edit(organization.task_of("Case").id, title="Changed")
    organization.clock.sleep(60)
    asked = organization.requests(lambda: organization.turn("cases", read.cursors))
    query = f"{DATA}/queryAll"
    assert asked == [query, f"{DATA}/sobjects/Case/describe", query, query]


def test_batches_of_two_thousand_are_asked_for(organization: Any) -> None:
    organization.turn("cases")
    asked = {each.headers.get("sforce-query-options") for each in organization.sandbox.log}
    assert asked == {"batchSize=2000"}


def test_forgotten_locators_restart_the_window_from_the_last_row(open_organization: Any) -> None:
    organization = open_organization(page_size=8)
    whole = organization.turn("cases")
    left = [2]

    def forget(request: Request) -> Reply | None:
        if request.path.startswith(f"{DATA}/query/") and left[0]:
            left[0] -= 1
            organization.sandbox.forget_queries()
        return None

    organization.sandbox.interfere = forget
    reads = []
    asked = organization.queries(lambda: reads.append(organization.turn("cases")))
    assert reads[0].records == whole.records
    assert reads[0].cursors == whole.cursors
    assert left == [0]
    assert [each.split(" WHERE ")[1][:17] for each in asked if "WHERE" in each] == [
        "SystemModstamp >="
    ] * 2


def test_a_forgotten_locator_of_a_small_table_is_no_expired_cursor(organization: Any) -> None:
    """That would make everything be read anew."""

    def forget(request: Request) -> Reply | None:
        if request.path.startswith(f"{DATA}/query/"):
            organization.sandbox.forget_queries()
        return None

    organization.sandbox.interfere = forget
    with pytest.raises(Unavailable, match="forgotten") as caught:
        organization.turn("cases")
    assert not isinstance(caught.value, CursorExpired)
    assert caught.value.scope == "CaseStatus"


def test_locators_that_never_hold_end_the_turn(open_organization: Any) -> None:
    """All rows have one time of change: the restart gets no further."""
    organization = open_organization(page_size=8)
    for task in organization.sandbox.world.all(Task):
        organization.sandbox.world.edit(task.id, at=NOW)

    def forget(request: Request) -> Reply | None:
        if request.path.startswith(f"{DATA}/query/"):
            organization.sandbox.forget_queries()
        return None

    organization.sandbox.interfere = forget
    with pytest.raises(Unavailable, match="forgotten where a query stood") as caught:
        organization.turn("cases")
    assert caught.value.scope == "Case"


def test_a_query_that_takes_too_long_is_halved_until_it_does_not(open_organization: Any) -> None:
    organization = open_organization(page_size=100)
    whole = organization.turn("cases")
    organization.sandbox.longest_query = 3
    asked = organization.queries(lambda: organization.turn("cases"))
    again = organization.turn("cases")
    assert again.records == whole.records
    assert any("SystemModstamp < " in each for each in asked)
    assert again.cursors == whole.cursors


def test_a_query_too_long_for_a_minute_ends_the_turn(organization: Any) -> None:
    organization.sandbox.longest_query = 0
    with pytest.raises(Unavailable, match="stopped a query"):
        organization.turn("cases")


def test_a_short_answer_is_not_a_complete_read(organization: Any) -> None:
    """A proxy cuts rows out of a batch; what was announced tells."""

    def cut(request: Request) -> Reply | None:
        if "FROM Case " not in request.one("q"):
            return None
        reply = organization.sandbox.handle(request)
        return replace_body(reply, lambda data: data["records"].pop())

    organization.sandbox.interfere = cut
    with pytest.raises(Unavailable, match="had announced"):
        organization.turn("cases")


def replace_body(reply: Reply, change: Any) -> Reply:
    """The same answer with other data."""
    data = orjson.loads(reply.body)
    change(data)
    return Reply(reply.status, orjson.dumps(data), reply.headers)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data.pop("done"), "whether Case goes on"),
        (lambda data: data.pop("nextRecordsUrl", None), "whether Case goes on"),
        (lambda data: data["records"][0].pop("Id"), "has no id"),
        (lambda data: data["records"][-1].pop("SystemModstamp"), "no time of change"),
        (lambda data: data["records"][0]["attributes"].update(type="Lead"), "another object"),
    ],
)
def test_answers_of_another_shape_end_the_turn(organization: Any, change: Any, said: str) -> None:
    def bend(request: Request) -> Reply | None:
        if "FROM Case " not in request.one("q"):
            return None
        return replace_body(organization.sandbox.handle(request), change)

    organization.sandbox.interfere = bend
    with pytest.raises(Unexpected, match=said):
        organization.turn("cases")


def test_what_is_deleted_comes_as_a_tombstone_and_back_when_restored(organization: Any) -> None:
    read = organization.turn("tasks")
    task = organization.task_of("Task")
    organization.clock.sleep(3600)
    organization.sandbox.world.remove(Task, task.id)
    deleted_at = organization.clock.now()
    organization.clock.sleep(60)
    read = organization.turn("tasks", read.cursors)
    assert read.gone == [Gone(id=task.id, stream="tasks", reason="deleted", at=deleted_at)]
    assert not read.records
    organization.clock.sleep(3600)
    organization.sandbox.world.put(task)
    organization.clock.sleep(60)
    assert organization.turn("tasks", read.cursors).of(Task) == {task.id: task}


def test_a_deleted_case_takes_its_comments_along(organization: Any) -> None:
    comment = organization.sandbox.world.all(Comment)[0]
    read = organization.turn("comments")
    organization.clock.sleep(3600)
    organization.sandbox.world.remove(Task, comment.task_id)
    organization.clock.sleep(60)
    gone = organization.turn("comments", read.cursors).gone
    assert comment.id in {each.id for each in gone}
    assert {each.stream for each in gone} == {"comments"}


def test_history_is_never_retired(open_organization: Any) -> None:
    """With a deleted case its history goes to the bin; what happened has happened."""
    organization = open_organization(page_size=100)

    def delete(request: Request) -> Reply | None:
        if "FROM CaseHistory " not in request.one("q"):
            return None
        return replace_body(
            organization.sandbox.handle(request),
            lambda data: [row.update(IsDeleted=True) for row in data["records"]],
        )

    organization.sandbox.interfere = delete
    read = organization.turn("changes")
    assert not read.gone
    assert not read.records


def test_archived_tasks_are_read(organization: Any) -> None:
    task = organization.task_of("Task")
    organization.sandbox.world.put(replace(task, archived=True))
    read = organization.turn("tasks")
    assert read.of(Task)[task.id].archived is True
    ids = [id for batch in organization.connect().census("tasks", "Task") for id in batch]
    assert task.id in ids


@pytest.mark.parametrize("field", [{"TaskSubtype": "Email"}, {"IsRecurrence": True}])
def test_logged_mails_and_series_are_no_tasks(organization: Any, field: dict[str, Any]) -> None:
    task = organization.task_of("Task")
    render = organization.sandbox._render
    rows = render.rows
    render.rows = lambda object: [
        {**row, **field} if row["Id"] == task.id else row for row in rows(object)
    ]
    connector = organization.connect()
    assert task.id not in organization.turn("tasks").ids("tasks")
    assert task.id not in [id for batch in connector.census("tasks", "Task") for id in batch]
    assert connector.count("tasks", "Task") == len(organization.turn("tasks").ids("tasks"))


def test_a_milestone_that_passes_its_target_is_read_again(organization: Any) -> None:
    """`IsViolated` turns true by itself; no time of change moves."""
    cycle = open_milestone(organization, 2)
    read = organization.turn("milestones")
    assert read.of(SlaCycle)[cycle.id].breached is False
    organization.clock.sleep(3600)
    quiet = organization.turn("milestones", read.cursors)
    assert not quiet.records
    organization.clock.sleep(2 * 3600)
    late = organization.turn("milestones", quiet.cursors)
    assert late.of(SlaCycle)[cycle.id].breached is True
    organization.clock.sleep(3600)
    assert not organization.turn("milestones", late.cursors).records


def open_milestone(organization: Any, hours: float) -> SlaCycle:
    """An open milestone, made yesterday, whose target is so many hours away."""
    case = organization.task_of("Case")
    cycle = SlaCycle(id="5550000000000AB", task_id=case.id, name="Solution", started_at=ago(1),
                     breach_at=NOW + timedelta(hours=hours), breached=False)  # fmt: skip
    organization.sandbox.world.put(cycle, at=ago(1))
    return cycle


def test_a_milestone_far_from_its_target_costs_nothing(organization: Any) -> None:
    open_milestone(organization, 12)
    read = organization.turn("milestones")
    organization.clock.sleep(900)
    asked = organization.queries(lambda: organization.turn("milestones", read.cursors))
    assert [each.split(" FROM")[0] for each in asked] == ["SELECT COUNT()"]


def test_a_milestone_that_was_violated_while_nobody_looked_is_read(organization: Any) -> None:
    cycle = open_milestone(organization, 12)
    read = organization.turn("milestones")
    organization.clock.sleep(24 * 3600)
    late = organization.turn("milestones", read.cursors)
    assert late.of(SlaCycle)[cycle.id].breached is True


def test_an_approval_that_is_handed_on_is_read_again(organization: Any) -> None:
    """Only the work item changes, not the instance."""
    case = organization.task_of("Case")
    ada, bo = (organization.native(Person, f"person-{number}") for number in (1, 2))
    approval = Approval(id="04g000000000099AAA", task_id=case.id, name="B", approver_ids=(ada,),
                        decision="pending", decision_label="Pending", asked_at=ago(3))  # fmt: skip
    organization.sandbox.world.put(approval, at=ago(3))
    read = organization.turn("approvals")
    assert read.of(Approval)[approval.id].approver_ids == (ada,)
    organization.clock.sleep(3600)
    organization.sandbox.world.put(replace(approval, approver_ids=(bo,)), at=ago(3))
    items = organization.sandbox._render
    workitems = items._workitems
    items._workitems = lambda: (
        {**row, "SystemModstamp": "2026-11-20T15:59:00.000+0000"} for row in workitems()
    )
    organization.clock.sleep(60)
    again = organization.turn("approvals", read.cursors)
    assert again.of(Approval)[approval.id].approver_ids == (bo,)


def test_children_beyond_the_first_batch_are_fetched(organization: Any) -> None:
    approval = organization.sandbox.world.all(Approval)[0]
    more = f"{DATA}/query/0r8children-1"

    def split(request: Request) -> Reply | None:
        if request.path == more:
            step = {"attributes": {"type": "ProcessInstanceStep"}, "StepStatus": "Approved",
                    "ActorId": "005000000000042AAA"}  # fmt: skip
            return Reply.of({"totalSize": 2, "done": True, "records": [step]})
        if "FROM ProcessInstance " not in request.one("q"):
            return None

        def cut(data: Any) -> None:
            data["records"][0]["Steps"] |= {"done": False, "nextRecordsUrl": more}

        return replace_body(organization.sandbox.handle(request), cut)

    organization.sandbox.interfere = split
    read = organization.turn("approvals").of(Approval)[approval.id]
    assert read.approver_ids == (*approval.approver_ids, "005000000000042AAA")


def test_other_objects_approvals_are_read_past(organization: Any) -> None:
    approval = organization.sandbox.world.all(Approval)[0]
    project = organization.sandbox.world.all(Project)[0]
    organization.sandbox.world.put(
        replace(approval, id="04g000000000077AAA", task_id=project.id), at=ago(1)
    )
    assert organization.turn("approvals").ids("approvals") == {approval.id}
    connector = organization.connect()
    assert [*connector.census("approvals", "Case")] == [[approval.id]]
    assert connector.count("approvals", "Case") is None


def test_a_field_that_is_shown_later_makes_the_object_read_anew(organization: Any) -> None:
    organization.sandbox.hidden_fields = {"Task.risk__c", "Case.risk__c"}
    read = organization.turn("cases")
    assert all("risk__c" not in {c.id for c in t.custom} for t in read.of(Task).values())
    organization.sandbox.hidden_fields = set()
    organization.clock.sleep(3600)
    organization.sandbox.world.edit(organization.task_of("Case").id, title="Changed")
    connector = organization.connect()
    with pytest.raises(CursorExpired, match="other fields of Case"):
        list(connector.pull("cases", "", read.cursors["cases"][""]))
    anew = organization.turn("cases")
    assert any("risk__c" in {c.id for c in t.custom} for t in anew.of(Task).values())


def test_a_hidden_field_stops_its_object_and_no_other(organization: Any) -> None:
    organization.sandbox.hidden_fields = {"Task.ActivityDate"}
    with pytest.raises(NotVisible, match=r"cannot read Task\.ActivityDate") as caught:
        organization.turn("tasks")
    assert caught.value.scope == "Task"
    assert "`without`" in caught.value.advice
    assert organization.turn("cases").records


def test_without_a_hidden_field_the_rest_is_read_and_it_is_unknown(organization: Any) -> None:
    organization.sandbox.hidden_fields = {"Task.ActivityDate"}
    connector = organization.with_options(without=["Task.ActivityDate"])
    read = organization.turn("tasks", connector=connector)
    assert read.of(Task)
    assert "due_on" not in connector.provided[Task]
    assert "due_on" in Salesforce.provides[Task]


def test_a_field_that_hides_in_a_filter_is_said_to(organization: Any) -> None:
    read = organization.turn("tasks")
    organization.sandbox.hidden_fields = {"Task.IsRecurrence"}
    with pytest.raises(NotVisible, match="IsRecurrence") as caught:
        organization.turn("tasks", read.cursors)
    assert caught.value.scope == "Task"


def test_an_object_that_is_taken_away_is_lost_and_no_deletion(organization: Any) -> None:
    read = organization.read()
    organization.sandbox.no_object = {"Case"}
    organization.clock.sleep(3600)
    later = organization.read(read.cursors, patient=True)
    assert not later.gone
    assert any(isinstance(each, NotVisible) and each.scope == "Case" for each in later.errors)
    connector = organization.connect()
    assert "Case" not in {scope.id for scope in connector.scopes()}
    assert connector.confirm("projects", ["Case", "Task"]) == {"Case": "access_lost", "Task": None}


def test_only_what_the_bin_has_is_deleted(organization: Any) -> None:
    """What nobody has may be hidden: to call it deleted would be a guess."""
    case, task = organization.task_of("Case").id, organization.task_of("Task").id
    organization.sandbox.world.remove(Task, task)
    purged = "00T000000009999AAA"
    told = organization.connect().confirm("tasks", [case, task, purged, "odd"])
    assert told == {case: None, task: "deleted", purged: "access_lost", "odd": "access_lost"}


def test_what_the_options_leave_out_has_left_our_scope(organization: Any) -> None:
    connector = organization.with_options(objects=["Task", "Case"])
    told = {}
    asked = organization.queries(
        lambda: told.update(connector.confirm("comments", ["00a000000000001AAA"]))
    )
    assert told == {"00a000000000001AAA": "moved"}
    assert asked == []
    assert connector.confirm("projects", ["Case"]) == {"Case": None}


def test_many_ids_are_asked_two_hundred_at_once(organization: Any) -> None:
    ids = [f"00T{number:012d}AAA" for number in range(450)]
    asked = organization.queries(lambda: organization.connect().confirm("tasks", ids))
    assert [each.count("'") // 2 for each in asked] == [200, 200, 50]


def test_projects_can_be_an_object_of_ones_own(open_organization: Any) -> None:
    organization = open_organization(project_object="Project__c")
    connector = organization.connect()
    read = organization.read(connector=connector)
    held = {project.id: project for project in organization.sandbox.world.all(Project)}
    assert read.of(Project) == held
    assert {task.project_id for task in read.of(Task).values()} == set(held)
    assert "due_on" not in connector.provided[Project]
    assert "Project__c" in {scope.id for scope in connector.scopes()}


def test_without_projects_tasks_have_none(organization: Any) -> None:
    connector = organization.with_options(project_object=None)
    read = organization.read(connector=connector)
    assert not read.of(Project)
    assert {task.project_id for task in read.of(Task).values()} == {None}
    assert Project not in connector.provided
    assert "project_id" not in connector.provided[Task]


def test_only_named_custom_fields_are_read(organization: Any) -> None:
    connector = organization.with_options(fields=["Case.size__c"])
    read = organization.turn("cases", connector=connector)
    customs = {each.id for task in read.of(Task).values() for each in task.custom}
    assert customs == {"IsEscalated", "RecordTypeId", "size__c"}
    whole = organization.turn("cases")
    assert {t.id: t.project_id for t in read.of(Task).values()} == {
        t.id: t.project_id for t in whole.of(Task).values()
    }


def test_the_lookup_that_tells_the_project_is_no_custom_field_beside(organization: Any) -> None:
    tasks = organization.turn("cases").of(Task).values()
    assert all(task.project_id for task in tasks)
    assert "Work_Project__c" not in {each.id for task in tasks for each in task.custom}


def test_more_custom_fields_than_a_question_can_name_have_to_be_chosen(organization: Any) -> None:
    fields = organization.sandbox._adoption.custom["Task"]
    for number in range(500):
        name = f"Some_rather_long_name_{number}__c"
        fields[name] = Field(name, "string", name, (), True)
    with pytest.raises(Refused, match="custom fields") as caught:
        organization.turn("tasks")
    assert "`fields`" in caught.value.advice
    chosen = organization.with_options(fields=["Task.Some_rather_long_name_7__c"])
    assert organization.turn("tasks", connector=chosen).of(Task)


def test_what_is_left_out_is_not_asked_for(organization: Any) -> None:
    connector = organization.with_options(objects=["Task"])
    asked = organization.requests(lambda: organization.read(connector=connector))
    assert not [path for path in asked if "Case" in path]
    assert [scope.id for scope in connector.scopes()] == ["Campaign", "Task"]


def test_a_task_about_a_case_is_its_subtask(organization: Any) -> None:
    task, case = organization.task_of("Task"), organization.task_of("Case")
    organization.sandbox.world.put(replace(task, project_id=case.id))
    read = organization.turn("tasks").of(Task)[task.id]
    assert (read.parent_id, read.project_id, read.type) == (case.id, None, "subtask")
    alone = organization.with_options(objects=["Task"])
    assert organization.turn("tasks", connector=alone).of(Task)[task.id].parent_id is None


def test_an_interrupted_first_read_goes_on_from_its_last_row(organization: Any) -> None:
    first = organization.turn("cases", stop_after=2)
    asked = organization.queries(lambda: organization.turn("cases", first.cursors))
    since = first.cursors["cases"][""]["since"]
    assert since < "2026-11-20T14:50:00Z"
    assert any(f"SystemModstamp >= {since}" in each for each in asked)


def test_check_says_who_what_and_what_is_hidden(organization: Any) -> None:
    organization.sandbox.hidden_fields = {"Task.ActivityDate", "Case.Priority"}
    organization.sandbox.no_object = {"CaseMilestone"}
    connector = organization.with_options(without=["Case.Priority"], fields=["Case.Gone__c"])
    identity = connector.check()
    assert identity.account == "Ada Quist (ada@example.com)"
    assert identity.time_zone == "America/Montreal"
    assert identity.server_time == NOW
    assert identity.version == "v62.0"
    assert [scope.id for scope in identity.scopes] == ["Campaign", "Task", "Case"]
    told = "\n".join(identity.warnings)
    assert "Task is not read, because the account cannot read Task.ActivityDate" in told
    assert "Unknown because of `without`: what depends on Case.Priority." in told
    assert "CaseMilestone is not visible to this account" in told
    assert "Not visible to this account: Case.Gone__c." in told
    assert len(identity.warnings) == 4
