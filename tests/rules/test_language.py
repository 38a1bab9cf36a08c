"""What the language reads, and how it says what it cannot read."""

# ruff: noqa: E501

from __future__ import annotations

import logging
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_engine.rules.language import MAX_BYTES, LanguageError, read
from sync_engine.rules.operands import ParamValue
from sync_engine.rules.resolve import resolve
from sync_engine.rules.syntax import (
    Age,
    Apart,
    Compare,
    Contains,
    Count,
    Literal,
    Not,
    OneOf,
    Quantified,
    Ref,
    Share,
    Span,
)

DESIGN = (
    "status = in_progress and not blocked",
    "last activity older than 5 working days",
    "due before today and status not in (done, cancelled)",
    "any subtask (status != done)",
    "count per owner of (status = in_progress) > 5",
    "due date moved 3 times or more",
    "updated older than 5 working days",
    "any linked task (link = blocks and status != done)",
    'label = "release" and estimate is empty',
    'field "Risk rating" = high',
    "status = in_progress and updated older than 14 days and owner is empty",
    "due after milestone due or start > due",
    "due within 10 working days and percent < 80",
    "not (type in (epic, milestone)) and estimate > 3 days",
    "due after milestone due",
    "due within 5 working days of sprint end",
    "due more than 2 weeks after milestone due",
    "any blocker (owner is empty) or count of blockers (status != done) > 2 or blockers > 3",
    "sum of remaining per owner of (status in (todo, in_progress)) > 80 hours",
    "share of subtasks (status = done) < 80%",
    'key like "REL-*" or title starts with "Release" or label like "rel-?"',
    'field "Risk rating" = high and field "Go live" older than 5 days',
)


@pytest.mark.parametrize("text", DESIGN)
def test_reads_what_the_design_says(text: str) -> None:
    assert resolve(read(text), "task") is not None


def test_keywords_go_before_names_and_and_before_or() -> None:
    found = resolve(read("blocked or blocked and owner is empty"), "task")
    assert type(found).__name__ == "Or"


def test_values_get_the_type_of_their_fact() -> None:
    condition = resolve(read("estimate > 2 hours"), "task")
    assert isinstance(condition, Compare)
    assert isinstance(condition.right, Literal)
    assert condition.right.value == 120
    condition = resolve(read("priority = highest"), "task")
    assert isinstance(condition, Compare)
    assert isinstance(condition.right, Literal)
    assert condition.right.value == 1


def test_a_word_is_a_value_before_it_is_a_fact() -> None:
    kind = resolve(read("type = milestone"), "task")
    assert isinstance(kind, Compare)
    assert isinstance(kind.right, Literal)
    dates = resolve(read("due > milestone due"), "task")
    assert isinstance(dates, Compare)
    assert dates.right == Ref("milestone_due", dates.right.at)


def test_parameters_carry_their_units() -> None:
    params = {"days": ParamValue(4, "working days"), "share": ParamValue(150.0, "percent")}
    age = resolve(read("time in status older than :days"), "task", params)
    assert isinstance(age, Age)
    assert (age.left.name, age.unit) == ("status_since", "working days")
    share = resolve(read("spent > :share% of estimate"), "task", params)
    assert isinstance(share, Compare)
    assert isinstance(share.right, Share)
    with pytest.raises(LanguageError, match="leave out the unit"):
        resolve(read("updated older than :days hours"), "task", params)
    with pytest.raises(LanguageError, match='no parameter ":day"; did you mean "days"'):
        resolve(read("updated older than :day"), "task", params)


def test_parameters_stand_for_patterns_sums_and_distances() -> None:
    params = {"pattern": ParamValue("REL-*", "text"), "most": ParamValue(3.0, "hours"),
              "days": ParamValue(4, "working days"), "many": ParamValue("*" * 9, "text")}  # fmt: skip
    like = resolve(read("key like :pattern"), "task", params)
    assert isinstance(like, Contains)
    assert isinstance(like.right, Literal)
    assert (like.right.value, like.how) == ("REL-*", "like")
    total = resolve(read("sum of spent of subtasks (blocked) > :most"), "task", params)
    assert isinstance(total, Count)
    assert isinstance(total.amount, Literal)
    assert total.amount.value == 180
    near = resolve(read("due within :days of sprint end"), "task", params)
    assert isinstance(near, Apart)
    assert near.unit == "working days"
    with pytest.raises(LanguageError, match="8 times"):
        resolve(read("key like :many"), "task", params)


def test_the_grammar_has_no_conflicts(caplog: pytest.LogCaptureFixture) -> None:
    from lark import Lark, logger

    grammar = files("sync_engine.rules").joinpath("grammar.lark").read_text("utf-8")
    grammar = grammar.replace("%FACTS%", "due").replace("%RELATIONS%", "subtask")
    with caplog.at_level(logging.DEBUG, logger.name):
        Lark(grammar, parser="lalr", lexer="basic", debug=True)
    assert [each.message for each in caplog.records if "onflict" in each.message] == []


def test_shapes() -> None:
    none = resolve(read("status not in (done, cancelled)"), "task")
    assert isinstance(none, Not)
    assert isinstance(none.part, OneOf)
    many = resolve(read("no tasks (status = todo)"), "project")
    assert isinstance(many, Quantified)
    assert (many.quantifier, many.relation) == ("no", "task")
    count = resolve(read("count of subtasks (status = todo) >= 2"), "task")
    assert isinstance(count, Count)


ERRORS = (
    ("owner is", 1, 9, "found the end, expected not or empty"),
    ("owner\n  is maybe", 2, 6, 'found "maybe", expected not or empty'),
    ("statu = done", 1, 1, 'no fact "statu"; did you mean "status"?'),
    (
        "status = todo and opn tasks > 2",
        1,
        19,
        'there is no fact "opn tasks"; did you mean "open tasks"?',
    ),
    ("due dat before today", 1, 1, 'there is no fact "due dat"; did you mean "due date"?'),
    ("statsu label = x", 1, 1, 'there is no fact "statsu label"; did you mean "status label"?'),
    ("not owner actve", 1, 5, 'there is no fact "owner actve"; did you mean "owner active"?'),
    ('feild "Cost" = 1', 1, 1, 'there is no fact "feild"; did you mean "field"?'),
    ("due date moevd 3 times", 1, 10, 'did you mean "moved"?'),
    ("owner xyz = ann", 1, 7, 'found "xyz", expected ='),
    ("status = in progress", 1, 10, 'write "in_progress"'),
    ("status = don", 1, 10, 'no status "don"; did you mean "done"?'),
    ("owner = null", 1, 9, 'write "is empty"'),
    ("owner = empty", 1, 9, 'write "is empty"'),
    ("and and x", 1, 1, 'found "and", expected a fact'),
    ("status = done and and x", 1, 19, 'found "and", expected a fact'),
    ("(status = done", 1, 15, "found the end, expected )"),
    ("status = 'x", 1, 10, "a quote that is not closed"),
    ("due older then 5 days", 1, 11, 'did you mean "than"?'),
    ("due older than 5", 1, 5, "an age needs a unit"),
    ("due older than 5 hours", 1, 5, "is a day; count it in days or weeks"),
    ("due = 2026-02-30", 1, 7, 'there is no day "2026-02-30"'),
    ("title > 5", 1, 1, "orders numbers and days"),
    ("due > 5", 1, 7, '"5" is not a day'),
    ("due > updated", 1, 7, "cannot be compared"),
    ("estimate > 5", 1, 12, "effort needs a unit"),
    ("goal is empty", 1, 1, '"goal" is a fact of a sprint, not of a task'),
    ("owner older than 5 days", 1, 1, "only days and instants have an age"),
    ("any subtask (any subtask (blocked))", 1, 18, "cannot be nested"),
    ("any task (blocked)", 1, 5, "a task has no task; it has: subtask or linked task"),
    ("link = blocks", 1, 1, 'a task has no fact "link"'),
    ("owner", 1, 1, "is not a yes/no fact"),
    ("title moved 3 times or more", 1, 1, "is not kept"),
    ('title contains ""', 1, 16, "at least one character"),
    ('title like ""', 1, 12, '"like" needs at least one character'),
    ('title like "*********"', 1, 12, 'at most 200 characters and 8 times "*"'),
    (f'title starts with "{"x" * 900}" and title like "{"x" * 201}"', 1, 937, "at most 200"),
    ("due like today", 1, 1, '"like" is for text and lists; "due" is a day'),
    ("points ends with 5", 1, 1, '"ends with" is for text and lists; "points" is a number'),
    ("due within 5 of milestone due", 1, 5, "an age needs a unit"),
    ("due within 5 hours of milestone due", 1, 5, "count it in days or weeks"),
    ("due within 5 days of owner", 1, 22, "only days and instants can be so far apart"),
    ('field "Go live" within 5 days of due', 1, 1, 'so far apart; "Go live" is a custom field'),
    ("title more than 2 days after due", 1, 1, '"title" is a text'),
    ("due more than 2 days due", 1, 22, "expected after or before"),
    ("sum of estimate of subtasks (blocked) > 5", 1, 41, "effort needs a unit"),
    ("sum of points of subtasks (blocked) > 5 hours", 1, 39, "a number has no unit"),
    ("sum of priority of subtasks (blocked) > 5", 1, 8, "only numbers and efforts add up"),
    ("sum of title of subtasks (blocked) > 5", 1, 8, '"title" is a text'),
    ("sum of points per label of (blocked) > 5", 1, 19, 'counted per "owner" or "project"'),
    ("count of subtasks (blocked) > 5 hours", 1, 31, "a count has no unit"),
    ("count of subtasks (blocked) > 5%", 1, 31, 'only a "share" is a percentage'),
    ("share of tasks (blocked) > 5%", 1, 1, "a task has no task"),
    ("any blocker (any blocker (blocked))", 1, 18, "cannot be nested"),
    ("  ", 1, 1, "the condition is empty"),
    ("(" * 60 + "blocked" + ")" * 60, 1, 51, "nested deeper than 50"),
    ("not " * 60 + "blocked", 1, 37, "repeated more than 50 times"),
    ("x" * (MAX_BYTES + 1), 1, 1, "more than 4096"),
)


@pytest.mark.parametrize(("text", "line", "column", "told"), ERRORS)
def test_errors_say_where_and_what(text: str, line: int, column: int, told: str) -> None:
    with pytest.raises(LanguageError) as caught:
        resolve(read(text), "task")
    assert told in str(caught.value)
    assert (caught.value.at.line, caught.value.at.column) == (line, column)


HOSTILE = (
    "owner = ann; drop table task", "owner = ann' or '1'='1", "1=1", "owner = (select 1)",
    "owner = ann union select * from flag", "owner = ann -- comment", "owner = ann /* x */",
    "_secret = 1", "pg_sleep(10)", "load_extension('x')", "owner::text = 'x'",
    "case when 1 then 2 end", "title ~ '(a+)+$'", "title regexp 'x'", "title collate nocase = 'x'",
    "owner = $1", "owner = ?", "current_user = 'x'", "title like '%' escape '!'", "title glob '*'",
    "owner.password = x", "owner[0] = x", "randomblob(1e9)", "title || title = x", "due + 1 > today",
    "exists (status = done)", "owner = \x00", "owner = \ud800", "\u202eowner = x",
    "status = done or true", "count(*) > 1", "0x10 = priority", "sqlite_master is empty",
    "t.owner is empty", '"owner" is empty', "`owner` is empty", "[owner] is empty",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_sentences_have_no_grammar(text: str) -> None:
    with pytest.raises(LanguageError):
        resolve(read(text), "task")


WORDS = st.sampled_from([
    "status", "due", "owner", "blocked", "=", "!=", "<", "(", ")", "and", "or", "not", "in", "is",
    "empty", "older", "than", "5", "days", "working", "today", "'x'", "any", "subtask", "count",
    "per", "of", ",", "%", ":p", "field", "moved", "times", "or more", "done", ";", "select", "--",
])  # fmt: skip


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(st.one_of(st.lists(WORDS, max_size=30).map(" ".join), st.text(max_size=200)))
def test_anything_is_read_or_refused_with_a_place(text: str) -> None:
    place = refusal(text)
    assert place is None or (place.line >= 1 and place.column >= 1)


def refusal(text: str) -> Span | None:
    """Where a text was refused."""
    try:
        resolve(read(text), "task")
    except LanguageError as error:
        return error.at
    return None
