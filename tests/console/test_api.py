"""The API for programs: what it shows, what it changes, that its description is true."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from sync_engine.store.audit_models import AuditRow
from sync_engine.store.flag_models import FlagRow
from sync_engine.web.api.problems import Problem
from tests.console.portfolio import NOW, table
from tests.console.program import Program
from tests.console.site import Site

FLAG, AUDIT = table(FlagRow), table(AuditRow)
UNTIL = (NOW + timedelta(days=20)).date().isoformat()


def test_a_list_is_read_page_by_page(site: Site) -> None:
    """All of it, each flag once, as the condition says."""
    program, found, mark = Program(site, "viewer", "read"), [], None
    while True:
        page = program.get("/flags", where="severity != info", limit=20, after=mark).json()
        found += page["flags"]
        mark = page["next"]
        if mark is None:
            break
    with site.engine.connect() as connection:
        wanted = sa.select(FLAG.c.id).where(FLAG.c.severity != "info")
        assert sorted(flag["id"] for flag in found) == sorted(connection.execute(wanted).scalars())
    assert found[0]["severity"] == "critical"
    assert found[0]["opened_at"].endswith("Z")


def test_a_manager_reads_what_is_theirs(site: Site) -> None:
    """And foreign flags are not there, neither to read nor to change."""
    program = Program(site, "manager")
    flags = program.get("/flags", limit=1000).json()["flags"]
    assert {flag["project"] for flag in flags if flag["owner"] != "Bob"} == {
        "Billing platform", "Warehouse move",
    }  # fmt: skip
    for answer in (program.get("/flags/94"), program.post("/flags/94/acknowledge"),
                   program.post("/flags/94/waive", until=UNTIL, reason="x"),
                   program.post("/flags/94/end-waiver"), program.get("/flags/9999")):  # fmt: skip
        assert answer.status_code == 404
        assert answer.json() == {"error": "The address is wrong, it is gone, or it is not yours to "
                                 "see."}  # fmt: skip


def test_a_flag_is_acknowledged_waived_and_open_again(site: Site) -> None:
    """Each answer is the flag as it is then; what is out of date is refused; all is audited."""
    program = Program(site, "pmo")
    before = program.get("/flags/1").json()
    assert before["evidence"][1]["value"] is None
    taken = program.post("/flags/1/acknowledge", note="Ours.", seen=before["seen"]).json()
    assert taken["flag"]["state"] == "acknowledged"
    assert taken["history"][-1]["actor"] == "pat@acme.example"
    late = program.post("/flags/1/waive", until=UNTIL, reason="Later.", seen=before["seen"])
    assert late.status_code == 409
    waived = program.post("/flags/1/waive", until=UNTIL, reason="Later.").json()
    assert waived["flag"]["waived_until"] == waived["waivers"][0]["until"] == UNTIL
    assert program.post("/flags/1/end-waiver").json()["flag"]["state"] == "open"
    assert program.post("/flags/1/end-waiver").status_code == 422
    with site.engine.connect() as connection:
        lines = connection.execute(sa.select(AUDIT.c.action).where(AUDIT.c.via == "api")).scalars()
        assert list(lines) == ["flag acknowledged", "flag waived", "waiver ended"]


@pytest.mark.parametrize(
    ("path", "params", "status", "field", "said"),
    [
        ("/flags", {"where": "frozen and severty = 1"}, 400, "where", "did you mean"),
        ("/flags", {"after": "x"}, 400, "after", "first page"),
        ("/flags", {"limit": "0"}, 422, "limit", "greater than or equal to 1"),
        ("/flags", {"sort": "x"}, 422, "sort", "'severity', 'newest' or 'oldest'"),
        ("/flags/x", {}, 422, "id", "integer"),
    ],
)
def test_a_problem_has_one_shape(
    site: Site, path: str, params: dict[str, str], status: int, field: str, said: str
) -> None:
    """A sentence, and what it is about."""
    answer = Program(site, "viewer", "read").get(path, **params)
    assert answer.status_code == status
    problem = Problem.model_validate(answer.json(), extra="forbid")
    assert problem.field == field
    assert said in problem.error
    assert problem.error.endswith((".", "?"))
    assert problem.column == (12 if status == 400 and field == "where" else None)


def test_a_body_holds_what_is_declared_only(site: Site) -> None:
    """What is not understood is not ignored."""
    program = Program(site, "pmo")
    wrong = program.post("/flags/1/waive", until=UNTIL, reason="x", untill="2027-01-01")
    assert wrong.status_code == 422
    assert wrong.json()["field"] == "untill"
    assert program.post("/flags/1/waive", until="soon", reason="x").status_code == 422
    assert program.post("/flags/1/waive", until="2020-01-01", reason="x").status_code == 422
    assert program.get("/flags/1").json()["flag"]["state"] == "open"


def test_tokens_do_what_their_scope_and_owner_may(site: Site) -> None:
    """A token to read changes nothing; a viewer's changes nothing either; none is refused."""
    reads, viewer = Program(site, "pmo", "read"), Program(site, "viewer")
    assert reads.get("/flags/1").status_code == 200
    assert reads.post("/flags/1/acknowledge").status_code == 403
    assert viewer.post("/flags/1/acknowledge").status_code == 403
    nobody = requests.get(f"{site.address}/api/v1/flags", timeout=30)
    assert nobody.status_code == 401
    assert nobody.headers["WWW-Authenticate"] == "Bearer"
    assert requests.get(f"{site.address}/api/v1/openapi.json", timeout=30).status_code == 200


def test_the_description_is_true(site: Site) -> None:
    """Schemathesis sends what is declared and what is not: no failure of ours, no other shape."""
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings
    from schemathesis.core.result import Ok
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    schema = schemathesis.openapi.from_url(f"{site.address}/api/v1/openapi.json")
    headers = Program(site, "admin", "admin").headers
    operations = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    assert {f"{each.method} {each.path}".upper() for each in operations} >= {
        "GET /API/V1/FLAGS", "POST /API/V1/FLAGS/{ID}/WAIVE",
        "GET /API/V1/PROJECTS/{CONNECTION}/{ID}", "GET /API/V1/COMPLIANCE",
    }  # fmt: skip
    for operation in operations:

        @given(case=operation.as_strategy())
        @settings(
            max_examples=15 if operation.method == "post" else 4,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def holds(case: Any) -> None:
            # No schema says what a sentence of the language is, or which flags there are.
            case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])

        holds()
