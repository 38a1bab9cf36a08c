"""What a page's form sent, read strictly: a shape that the page does not send is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData

from sync_engine.settings import wording
from sync_engine.web.console.refusals import Refusal

Model = TypeVar("Model", bound=BaseModel)
MOST = 10_000
"""Characters of a field, where the page does not say."""


@dataclass(frozen=True, slots=True)
class Read(Generic[Model]):
    """A form as a model, or what is wrong with it.

    Args:
        value: None while something is wrong.
        errors: by field: a sentence to be shown beside it.
    """

    value: Model | None
    errors: Mapping[str, str] = field(default_factory=dict)


class Form:
    """The fields of a form."""

    def __init__(self, data: FormData | None = None) -> None:
        self._data = data or FormData()

    def text(self, name: str, most: int = MOST) -> str:
        """A field without space around it; "" where it was left out.

        Raises:
            Refusal: it came twice, or is too long.
        """
        found = self.all(name, most)
        if len(found) > 1:
            raise Refusal(400, f'The field "{name[:60]}" came more than once.')
        return found[0].strip() if found else ""

    def all(self, name: str, most: int = MOST) -> list[str]:
        """The values of a field that may come several times. Raises `Refusal`: one is too long."""
        found = [str(value) for value in self._data.getlist(name)]
        if any(len(value) > most for value in found):
            raise Refusal(400, f'The field "{name[:60]}" is longer than {most:,} characters.')
        return found

    def fields(self, most: int = MOST) -> dict[str, list[str]]:
        """All fields with their values, as `configure.forms.read` takes them. Raises `Refusal`."""
        return {name: self.all(name, most) for name in self._data}

    def read(self, model: type[Model]) -> Read[Model]:
        """The form as a model: fields of its names; empty ones are left out."""
        given: dict[str, Any] = {}
        for name, about in model.model_fields.items():
            many = getattr(about.annotation, "__origin__", None) in (list, tuple)
            value = self.all(name) if many else self.text(name)
            if value:
                given[name] = value
        try:
            return Read(model.model_validate(given))
        except ValidationError as error:
            return Read(None, {
                str(each["loc"][0]) if each["loc"] else "": _said(model, dict(each))
                for each in error.errors()
            })  # fmt: skip


class DayError(Exception):
    """A day was written that is none; the message says how one is."""


def day_of(text: str) -> date:
    """A day that somebody wrote. Raises `DayError`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DayError(f'"{text[:40]}" is not a day; write it as 2026-12-24') from None


def said_of(error: Exception) -> str:
    """What an error of a command says."""
    return sentence(str(error))


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?', '!')) else '.'}"


def _said(model: type[BaseModel], error: dict[str, Any]) -> str:
    if error["type"] == "missing":
        return "Fill this in."
    words = wording.sentence(model, error, "")
    return f"{words[:1].upper()}{words[1:]}."
