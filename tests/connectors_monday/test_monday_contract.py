"""Against monday.com's own schema: every question is allowed by it, every invented answer too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import graphql
import orjson
import pytest
from graphql import GraphQLSchema
from graphql.execution.values import get_variable_values

from connectors.monday import columns, words
from connectors.monday.mapping import PERSON_STATES
from connectors.monday.sandbox import MondaySandbox
from connectors.sdk.records import Comment, Person, Project, Task
from connectors.sdk.sandbox import Request

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def schema(contracts: Path) -> GraphQLSchema:
    """monday.com's schema as it publishes it."""
    text = (contracts / "monday" / "schema.graphql").read_text("utf-8")
    return graphql.build_schema(text, assume_valid=True)


@pytest.fixture
def asked(reading: Any) -> list[tuple[Request, Any]]:
    """Every question that the connector knows, with the answer of the sandbox."""
    sandbox: MondaySandbox = reading.sandbox
    exchanges: list[tuple[Request, Any]] = []
    handle = sandbox.handle

    def listen(request: Request) -> Any:
        reply = handle(request)
        exchanges.append((request, orjson.loads(reply.body)))
        return reply

    sandbox.handle = listen  # type: ignore[method-assign]
    sandbox.page_size = sandbox.most = 2  # every list has further pages
    reading.connector.check()
    reading.all()
    for scope in reading.connector.scopes():
        for stream in ("tasks", "comments"):
            list(reading.connector.census(stream, scope.id))
    for stream, kind in (
        ("tasks", Task), ("projects", Project), ("people", Person), ("comments", Comment),
    ):  # fmt: skip
        reading.connector.confirm(stream, [each.id for each in reading.world.all(kind)])
    reading.clock.pass_by(hours=3)
    reading.world.remove(Task, reading.native(Task, "s1"), "archived")
    reading.world.edit(reading.native(Task, "s2"), title="Pay")
    reading.clock.pass_by(hours=3)
    reading.all()
    return exchanges


def test_every_question_is_allowed_by_the_schema(
    schema: GraphQLSchema, asked: list[tuple[Request, Any]]
) -> None:
    texts = set()
    for request, _ in asked:
        body = request.json()
        document = graphql.parse(body["query"])
        assert not graphql.validate(schema, document), body["query"]
        [operation] = [
            d for d in document.definitions if isinstance(d, graphql.OperationDefinitionNode)
        ]
        assert operation.operation is graphql.OperationType.QUERY
        values = get_variable_values(
            schema, operation.variable_definitions or [], body["variables"]
        )
        assert not isinstance(values, list), values
        texts.add(body["query"])
    names = {text.split("query ")[1].split("(")[0].split(" ")[0] for text in texts}
    assert names == {
        "Activity", "Board", "Boards", "Census", "Items", "More", "People", "Posts", "Some",
        "Updates",
    }  # fmt: skip


def test_every_list_names_its_limit_and_every_question_its_complexity(
    schema: GraphQLSchema, asked: list[tuple[Request, Any]]
) -> None:
    for request, _ in asked:
        text = request.json()["query"]
        roots = set()
        for parent, node in _fields(schema, text):
            known = set(parent.fields[node.name.value].args)
            given = {each.name.value for each in node.arguments or ()}
            if "limit" in known:
                assert "limit" in given, f"{node.name.value} without a limit in {text}"
            if parent is schema.query_type:
                roots.add(node.name.value)
        assert "complexity" in roots


def _fields(schema: GraphQLSchema, text: str) -> Iterator[tuple[Any, graphql.FieldNode]]:
    """Every field of a query with the type that it is asked of."""
    info = graphql.TypeInfo(schema)
    found: list[tuple[Any, graphql.FieldNode]] = []

    class Collect(graphql.Visitor):
        def enter_field(self, node: graphql.FieldNode, *_: Any) -> None:
            found.append((info.get_parent_type(), node))

    graphql.visit(graphql.parse(text), graphql.TypeInfoVisitor(info, Collect()))
    yield from found


def test_every_answer_of_the_imitation_is_allowed_by_the_schema(
    schema: GraphQLSchema, asked: list[tuple[Request, Any]]
) -> None:
    checked = 0
    for request, answer in asked:
        assert "errors" not in answer
        document = graphql.parse(request.json()["query"])
        fragments = {
            d.name.value: d for d in document.definitions
            if isinstance(d, graphql.FragmentDefinitionNode)
        }  # fmt: skip
        [operation] = [
            d for d in document.definitions if isinstance(d, graphql.OperationDefinitionNode)
        ]
        wrong = list(
            _faults(
                schema, schema.query_type, operation.selection_set, fragments, answer["data"], ""
            )
        )
        assert not wrong, wrong[:5]
        checked += 1
    assert checked > 20


def _faults(
    schema: GraphQLSchema, kind: Any, chosen: Any, fragments: Any, value: Any, at: str
) -> Iterator[str]:
    """Where a value is not of its type. Fragments on other types say nothing of it."""
    for node in chosen.selections:
        if isinstance(node, graphql.FragmentSpreadNode):
            fragment = fragments[node.name.value]
            yield from _faults(schema, kind, fragment.selection_set, fragments, value, at)
        elif isinstance(node, graphql.FieldNode):
            name = (node.alias or node.name).value
            if name not in value:
                yield f"{at}.{name} is missing"
                continue
            declared = kind.fields[node.name.value].type
            yield from _value(schema, declared, node, fragments, value[name], f"{at}.{name}")


def _value(  # noqa: C901 - one branch a kind of type
    schema: GraphQLSchema, declared: Any, node: Any, fragments: Any, value: Any, at: str
) -> Iterator[str]:
    if isinstance(declared, graphql.GraphQLNonNull):
        if value is None:
            yield f"{at} is null"
            return
        declared = declared.of_type
    if value is None:
        return
    if isinstance(declared, graphql.GraphQLList):
        if not isinstance(value, list):
            yield f"{at} is no list"
            return
        for place, each in enumerate(value):
            yield from _value(schema, declared.of_type, node, fragments, each, f"{at}[{place}]")
    elif isinstance(declared, graphql.GraphQLEnumType):
        if value not in declared.values:
            yield f"{at} is {value!r}, which {declared} does not have"
    elif node.selection_set is not None:
        yield from _faults(schema, declared, node.selection_set, fragments, value, at)
    else:
        kinds: Mapping[str, Any] = {
            "Int": int, "Float": (int, float), "Boolean": bool, "ID": (str, int),
        }  # fmt: skip
        if not isinstance(value, kinds.get(str(declared), object)):
            yield f"{at} is {value!r}, no {declared}"


def test_the_words_of_the_schema_are_the_words_of_the_mapping(schema: GraphQLSchema) -> None:
    types: Any = schema.type_map
    known = set(types["ColumnType"].values)
    assert known >= columns.SILENT
    assert columns.VALUES.keys() <= known
    assert set(types["UserStatus"].values) == PERSON_STATES.keys()
    assert set(types["State"].values) >= words.PROJECT_STATES.keys()
    assert set(types["Kind"].values) == {"person", *columns.PERSON_KINDS}
