"""Forms of what can be configured, made from the models that check it (pure).

`form_of` says which fields there are; `shown` fills them from a document; `read` makes a document
of what was submitted. Whether that document holds is for `changes.put` to say, whose errors are by
the same names: `by_field` gives them to their fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, SecretStr, WithJsonSchema
from pydantic.fields import FieldInfo

from sync_engine.rules.pack_schema import WHOLE, StandardEntry
from sync_engine.settings.models import StandardSetting
from sync_engine.settings.source import scalar

FieldKind = Literal[
    "text", "secret", "number", "choice", "choices", "list", "switch", "date", "duration", "pairs",
    "rows",
]  # fmt: skip
"""`choices`: several of some; `pairs`: names and values; `rows`: any number of small forms."""

Submitted = Mapping[str, str | Sequence[str]]
ON_OFF = (("on", "on"), ("off", "off"))


class UnknownKindError(TypeError):
    """A model has a field that no form can show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a form.

    Args:
        name: as in the document, dotted: "options.token".
        default: as it is written; None: none.
        choices: values and what they are called; of `pairs`: of the values.
        low, high, step: bounds of a number; `above` and `below`: the bounds themselves are out.
        group: the section that it stands in; "" is the top.
        fields: of one row.
    """

    name: str
    label: str
    help: str
    kind: FieldKind
    required: bool = False
    default: Any = None
    choices: tuple[tuple[str, str], ...] = ()
    low: float | None = None
    high: float | None = None
    above: bool = False
    below: bool = False
    step: float | None = None
    placeholder: str = ""
    group: str = ""
    lines: bool = False
    fields: tuple[Field, ...] = ()


def form_of(model: type[BaseModel], prefix: str = "", group: str = "") -> tuple[Field, ...]:
    """The fields of a model, those of its sections after it.

    Raises:
        UnknownKindError: no form can show one of them.
    """
    return tuple(_fields(model, prefix, group, required=True))


def _fields(model: type[BaseModel], prefix: str, group: str, *, required: bool) -> Iterator[Field]:
    defaults = model.model_construct().model_dump(mode="json", by_alias=True, warnings=False)
    later: list[Field] = []
    for key, info in model.model_fields.items():
        name = f"{prefix}{info.alias or key}"
        plain, annotations, optional = _plain(info.annotation, list(info.metadata))
        label = _label(info.alias or key)
        if isinstance(plain, type) and issubclass(plain, BaseModel):
            title = f"{group} · {label}" if group else label
            needed = required and not optional
            later += _fields(plain, f"{name}.", title, required=needed)
            continue
        field = Field(
            name=name, label=label, help=" ".join((info.description or "").split()),
            kind="text", required=required and info.is_required(), group=group,
            default=None if info.is_required() else defaults.get(info.alias or key),
        )  # fmt: skip
        yield _shaped(field, plain, annotations, optional=optional)
    yield from later


def of_standard(entry: StandardEntry) -> tuple[Field, ...]:
    """What may be set of a standard: on or off, severity, scope, its own parameters."""
    fixed = [field for field in form_of(StandardSetting) if field.name != "params"]
    fixed = [
        replace(field, default="on" if entry.enabled else "off") if field.name == "enabled"
        else replace(field, default=getattr(entry, field.name))
        for field in fixed
    ]  # fmt: skip
    own = []
    for name, param in entry.params.items():
        text = param.type == "text"
        own.append(
            Field(
                name=f"params.{name}",
                label=_label(name),
                kind="text" if text else "number",
                help=param.help or ("" if text else f"In {param.type}."),
                default=param.default,
                low=None if text else param.min,
                high=None if text else param.max,
                step=1 if param.type in WHOLE else None,
                group="Parameters",
            )
        )
    return (*fixed, *own)


def _plain(annotation: Any, found: list[Any]) -> tuple[Any, list[Any], bool]:
    """A type without its annotations and without None; the annotations; whether None may be."""
    optional = False
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *more = get_args(annotation)
            for each in more:
                found += each.metadata if isinstance(each, FieldInfo) else [each]
            continue
        if get_origin(annotation) in (Union, UnionType):
            others = [each for each in get_args(annotation) if each is not NoneType]
            optional = optional or len(others) < len(get_args(annotation))
            if len(others) == 1:
                annotation = others[0]
                continue
        return annotation, found, optional


def _shaped(  # noqa: C901, PLR0911  # one case a kind
    field: Field, plain: Any, annotations: Sequence[Any], *, optional: bool
) -> Field:
    """The field with its kind and what belongs to that."""
    written = next((each for each in annotations if isinstance(each, WithJsonSchema)), None)
    schema = written.json_schema if written and written.json_schema else {}
    example = str(next(iter(schema.get("examples", ())), ""))
    origin = get_origin(plain)
    if plain is SecretStr:
        return replace(field, kind="secret", default=None, lines="PEM" in field.help)
    if plain is timedelta:
        return replace(field, kind="duration", placeholder=example)
    if "enum" in schema:
        return replace(field, kind="choice", choices=_named(schema["enum"]))
    if schema.get("type") == "string" or plain is str:
        return replace(field, placeholder=example)
    if plain is bool:
        return replace(field, kind="choice", choices=ON_OFF) if optional else replace(
            field, kind="switch"
        )  # fmt: skip
    if plain in (int, float):
        return _number(field, plain, annotations)
    if plain is date:
        return replace(field, kind="date", placeholder="2026-12-24")
    if origin is Literal:
        return replace(field, kind="choice", choices=_named(get_args(plain)))
    if origin in (tuple, list):
        return _many(field, get_args(plain)[0])
    if origin is dict:
        return _pairs(field, get_args(plain)[1])
    raise UnknownKindError(f"no form can show {field.name} ({plain})")


def _number(field: Field, plain: Any, annotations: Sequence[Any]) -> Field:
    said: dict[str, Any] = {}
    for each in annotations:
        if isinstance(each, Ge):
            said["low"] = each.ge
        elif isinstance(each, Gt):
            said |= {"low": each.gt, "above": True}
        elif isinstance(each, Le):
            said["high"] = each.le
        elif isinstance(each, Lt):
            said |= {"high": each.lt, "below": True}
    return replace(field, kind="number", step=1 if plain is int else None, **said)


def _many(field: Field, inner: Any) -> Field:
    plain, annotations, _ = _plain(inner, [])
    if isinstance(plain, type) and issubclass(plain, BaseModel):
        return replace(field, kind="rows", fields=form_of(plain))
    one = _shaped(field, plain, annotations, optional=False)
    if one.kind == "choice":
        return replace(one, kind="choices")
    if one.kind in ("text", "date"):
        return replace(one, kind="list")
    raise UnknownKindError(f"no form can show {field.name} (a list of {plain})")


def _pairs(field: Field, inner: Any) -> Field:
    if inner is Any:
        return replace(field, kind="pairs")
    plain, annotations, _ = _plain(inner, [])
    if isinstance(plain, type) and issubclass(plain, BaseModel):
        raise UnknownKindError(f"no form can show {field.name} (sections by name)")
    one = _shaped(field, plain, annotations, optional=False)
    if one.kind in ("text", "choice", "list"):
        return replace(one, kind="pairs")
    raise UnknownKindError(f"no form can show {field.name} (pairs of {plain})")


def _named(values: Sequence[Any]) -> tuple[tuple[str, str], ...]:
    return tuple((str(each), str(each).replace("_", " ")) for each in values)


def _label(key: str) -> str:
    words = key.replace("_", " ").split()
    spelled = [{"url": "URL", "id": "ID", "api": "API"}.get(word, word) for word in words]
    first = spelled[0]
    return " ".join([first if first.isupper() else first.capitalize(), *spelled[1:]])


def shown(form: Sequence[Field], document: Any) -> dict[str, Any]:
    """What stands in the fields of a document: text, or a list of texts; a switch is a bool, rows
    are mappings. A secret is never shown: True says that there is one."""
    found: dict[str, Any] = {}
    for field in form:
        value = _at(document, field.name)
        if value is None:
            continue
        if field.kind == "secret":
            found[field.name] = True
        elif field.kind == "rows":
            found[field.name] = [shown(field.fields, row) for row in value]
        elif field.kind == "pairs":
            found[field.name] = [
                f"{key} = {', '.join(map(str, each)) if isinstance(each, list) else each}"
                for key, each in (value.items() if isinstance(value, dict) else ())
            ]
        elif field.kind in ("list", "choices"):
            found[field.name] = [str(each) for each in _listed(value)]
        elif field.kind == "switch":
            found[field.name] = bool(value)
        elif isinstance(value, bool):
            found[field.name] = "on" if value else "off"
        else:
            found[field.name] = str(value)
    return found


def read(form: Sequence[Field], submitted: Submitted) -> tuple[dict[str, Any], dict[str, str]]:
    """A document of what was submitted, and by field what cannot even be read.

    An empty field is left out of the document, and so has its default; an empty secret stays as it
    is, and goes with ``NAME.remove``. A list is submitted as several values, or one a line; pairs
    as lines "name = value"; rows as ``NAME.0.FIELD``, ``NAME.1.FIELD`` ….
    """
    document: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for field in form:
        if field.kind == "rows":
            rows = list(_rows(field, submitted, errors))
            if rows:
                _put(document, field.name, rows)
            continue
        if field.kind == "secret" and submitted.get(f"{field.name}.remove"):
            _put(document, field.name, None)
            continue
        given = _listed(submitted.get(field.name, ()))
        try:
            value = _value(field, [each.strip() for each in given if each.strip()])
        except ValueError as error:
            errors[field.name] = str(error)
            continue
        if value is None and field.required and field.kind != "secret":
            errors[field.name] = "this is needed"
        elif value is not None:
            _put(document, field.name, value)
    return document, errors


def _value(field: Field, given: list[str]) -> Any:  # noqa: PLR0911  # one case a kind
    if field.kind == "switch":
        return bool(given) and given[-1] not in ("off", "false")
    if not given:
        return None
    if field.kind == "number":
        return _read_number(field, given[-1])
    if field.kind == "choices":
        return given
    if field.kind == "list":
        return [line.strip() for each in given for line in each.splitlines() if line.strip()]
    if field.kind == "pairs":
        return dict(_pair(field, line) for each in given for line in each.splitlines())
    if field.kind == "choice" and field.choices == ON_OFF:
        return given[-1] == "on"
    return given[-1]


def _read_number(field: Field, text: str) -> float | int:
    try:
        value = int(text) if field.step == 1 else float(text.replace(",", "."))
    except ValueError:
        whole = "a whole number" if field.step == 1 else "a number"
        raise ValueError(f'this must be {whole}; read "{text}"') from None
    if not isinstance(value, int) and value.is_integer():
        return int(value)
    return value


def _pair(field: Field, line: str) -> tuple[str, Any]:
    name, mark, value = (each.strip() for each in line.rpartition("="))
    if not mark or not name:
        raise ValueError(f'write one "name = value" a line; read "{line.strip()}"')
    return name, scalar(value) if field.name == "params" else value


def _rows(field: Field, submitted: Submitted, errors: dict[str, str]) -> Iterator[Any]:
    start = f"{field.name}."
    parts = {key[len(start) :].partition(".")[0] for key in submitted if key.startswith(start)}
    numbers = {int(part) for part in parts if part.isdecimal()}
    for number in sorted(numbers):
        inner = f"{start}{number}."
        own = {key[len(inner) :]: each for key, each in submitted.items() if key.startswith(inner)}
        if not any("".join(_listed(each)).strip() for each in own.values()):
            continue
        row, wrong = read(field.fields, own)
        errors |= {f"{inner}{key}": why for key, why in wrong.items()}
        yield row


def by_field(form: Sequence[Field], errors: Mapping[str, str]) -> dict[str, str]:
    """Errors by the name of a field of the form; "" has those that no field is to blame for."""
    found: dict[str, list[str]] = {}
    names = sorted((field.name for field in form), key=len, reverse=True)
    for at, why in errors.items():
        hit = next((name for name in names if at == name or at.startswith(f"{name}.")), "")
        found.setdefault(hit, []).append(why)
    return {name: "; ".join(whys) for name, whys in found.items()}


def _at(document: Any, name: str) -> Any:
    for part in name.split("."):
        document = document.get(part) if isinstance(document, dict) else None
    return document


def _put(document: dict[str, Any], name: str, value: Any) -> None:
    *sections, last = name.split(".")
    for part in sections:
        document = document.setdefault(part, {})
    document[last] = value


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
