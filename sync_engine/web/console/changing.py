"""What pages that change the configuration share: the desk, what a form sent, its errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sync_engine.commands import CommandError
from sync_engine.configure import forms
from sync_engine.configure.changes import ChangedMeanwhileError, Desk, InvalidError
from sync_engine.configure.forms import Field
from sync_engine.web.console.ask import Ask
from sync_engine.web.console.refusals import Refusal


def desk_of(ask: Ask) -> Desk:
    """Where this request may change the configuration."""
    configuration = ask.console.configuration()
    return Desk(ask.engine, configuration.file or configuration, now=ask.console.now)


def version_of(ask: Ask) -> int:
    """The version that the page has shown. Raises `Refusal`: the form says none."""
    text = ask.form.text("version", 10)
    if not text.isascii() or not text.isdecimal():
        raise Refusal(400, "The form does not say which version it changes. Open the page anew.")
    return int(text)


def submitted(ask: Ask, form: Iterable[Field]) -> dict[str, Sequence[str]]:
    """What was sent for the fields of a form."""
    found: dict[str, Sequence[str]] = {}
    for field in form:
        for name in (field.name, f"{field.name}.remove"):
            if values := ask.form.all(name):
                found[name] = values
    return found


def typed(ask: Ask, form: Iterable[Field]) -> dict[str, Any]:
    """What was typed, to be shown again beside its errors. A secret is not: it is typed anew."""
    return {
        field.name: _again(field, ask.form.all(field.name))
        for field in form
        if field.kind not in ("secret", "rows") and ask.form.all(field.name)
    }


def _again(field: Field, values: Sequence[str]) -> Any:
    if field.kind == "switch":
        return values[-1] == "on"
    if field.kind in ("list", "pairs"):
        return [line for each in values for line in each.splitlines()]
    return list(values) if field.kind == "choices" else values[-1]


def errors_of(form: Sequence[Field], error: CommandError) -> tuple[int, dict[str, str]]:
    """The status of the answer, and by field what is wrong; "" is for the whole."""
    if isinstance(error, InvalidError):
        return 422, sentences(forms.by_field(form, error.fields))
    status = 409 if isinstance(error, ChangedMeanwhileError) else 422
    return status, {"": sentence(str(error))}


def sentences(errors: Mapping[str, str]) -> dict[str, str]:
    """Each as a sentence."""
    return {name: sentence(why) for name, why in errors.items()}


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"
