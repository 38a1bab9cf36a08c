"""What pages share that change the configuration: forms made from models, what they say back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import Response

from sync_engine.commands import CommandError
from sync_engine.configure import forms
from sync_engine.configure.changes import InvalidError
from sync_engine.configure.forms import Field
from sync_engine.web.console.ask import Ask
from sync_engine.web.console.refusals import Refusal

Again = Callable[[Mapping[str, Any], Mapping[str, str]], Response]
"""Shows the form again: what was typed, and by field what is wrong ("" for the whole)."""


def version_of(ask: Ask) -> int | None:
    """The version of the entry that the form showed; None: it makes one. Raises `Refusal`."""
    text = ask.form.text("version", 20)
    if not text:
        return None
    if not text.isdecimal() or not text.isascii():
        raise Refusal(400, "The form is out of date. Go back, load it anew, and try again.")
    return int(text)


def sentence(error: Exception) -> str:
    """An error's words as a sentence of their own."""
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?', '!')) else '.'}"


def take(
    ask: Ask, form: Sequence[Field], write: Callable[[dict[str, Any]], object], again: Again
) -> Response | None:
    """Read a form and write it down: None when it was taken, else the form with what is wrong."""
    submitted = ask.form.fields()
    document, errors = forms.read(form, submitted)
    if not errors:
        try:
            write(document)
        except InvalidError as error:
            errors = forms.by_field(form, error.fields)
        except CommandError as error:
            errors = {"": str(error)}
        else:
            ask.console.changed()
            return None
    told = {name: _said(why) for name, why in errors.items()}
    return again(_typed(form, submitted), told)


def done(ask: Ask, write: Callable[[], object]) -> None:
    """Do what needs no form. Raises `Refusal` with what is against it."""
    try:
        write()
    except CommandError as error:
        raise Refusal(409, sentence(error)) from error
    ask.console.changed()


def _said(why: str) -> str:
    return f"{why[:1].upper()}{why[1:]}{'' if why.endswith('.') else '.'}"


def _typed(form: Sequence[Field], submitted: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """What stood in the fields; of a secret only whether there was one before."""
    found: dict[str, Any] = {}
    for field in form:
        given = submitted.get(field.name, ())
        if field.kind == "secret":
            found[field.name] = f"{field.name}.kept" in submitted
        elif field.kind == "switch":
            found[field.name] = bool(given) and given[-1] == "on"
        elif field.kind == "choices":
            found[field.name] = list(given)
        elif field.kind in ("list", "pairs"):
            found[field.name] = [line for each in given for line in each.splitlines()]
        elif field.kind == "rows":
            found[field.name] = _rows(field, submitted)
        elif given:
            found[field.name] = given[-1]
    return found


def _rows(field: Field, submitted: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """What stood in the rows of a field, numbered as they were."""
    start = f"{field.name}."
    numbers = [
        int(number)
        for number in (name.removeprefix(start).partition(".")[0] for name in submitted
                       if name.startswith(start))
        if number.isdecimal() and len(number) < 4
    ]  # fmt: skip
    return [
        _typed(field.fields, {
            each.name: submitted.get(f"{start}{number}.{each.name}", ()) for each in field.fields
        })
        for number in range(max(numbers, default=-1) + 1)
    ]  # fmt: skip
