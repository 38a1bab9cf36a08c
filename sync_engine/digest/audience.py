"""Who is told what, where a digest goes to roles: read from the store's flags and identities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sync_engine.digest import escalation
from sync_engine.digest.addresses import folded
from sync_engine.digest.model import Escalated, Role, Share, Subscription, Unreadable
from sync_engine.digest.read import PROJECT_OWNER, SECONDS, Filter
from sync_engine.digest.text import clean, listed, plural
from sync_engine.rules.calendars import WorkCalendar
from sync_engine.rules.language import LanguageError
from sync_engine.rules.limits import TooSlow, limited
from sync_engine.store.engine import reading
from sync_engine.store.flag_models import FlagRow
from sync_engine.store.models import Identity, PersonRow

REMEMBERED = timedelta(days=35)
"""So long after its last flag was solved someone still belongs to the audience: to be told that."""
NAMED = 5

_flag = FlagRow.__table__  # type: ignore[attr-defined]
_identity = Identity.__table__  # type: ignore[attr-defined]
_person = PersonRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Recipient:
    """What one address is told, and why; `personal`: for their part in the work alone."""

    shares: tuple[Share, ...]
    escalated: tuple[Escalated, ...] = ()
    notes: tuple[str, ...] = ()
    personal: bool = True


@dataclass(frozen=True, slots=True)
class Human:
    """A person across tools, as digests see them.

    Attributes:
        trouble: why nothing is sent to them; None: they can be told.
    """

    id: int
    name: str
    email: str | None
    lead: str | None
    manager: str | None
    trouble: str | None


@dataclass(frozen=True, slots=True)
class Humans:
    """All people that the store knows."""

    by_id: Mapping[int, Human]
    by_address: Mapping[str, Human] = field(init=False)

    def __post_init__(self) -> None:
        found = {folded(each.email): each for each in self.by_id.values() if each.email}
        object.__setattr__(self, "by_address", found)

    def trouble(self, address: str | None, role: str) -> str | None:
        """Why an address cannot be told of others' flags; None: it can."""
        if address is None:
            return f"no {role} is named"
        human = self.by_address.get(folded(address))
        if human is not None and human.trouble == LEFT:
            return f"their {role} {human.name} is inactive in every tool"
        return None

    def name(self, address: str) -> str:
        """What people call whoever has an address."""
        human = self.by_address.get(folded(address))
        return human.name if human else address


LEFT = "inactive in every tool"


def humans(connection: sa.Connection) -> Humans:
    """Everybody, with what keeps them from being told."""
    accounts: dict[int, list[bool]] = defaultdict(list)  # whether they have left each
    for row in connection.execute(
        sa.select(_person.c.identity_id, _person.c.active, _person.c.gone_reason).where(
            _person.c.identity_id.is_not(None)
        )
    ):
        # An account that we merely see no more may be in use.
        left = row.active is False or row.gone_reason in ("deleted", "archived")
        accounts[row.identity_id].append(left)
    found = {}
    for row in connection.execute(sa.select(_identity).order_by(_identity.c.id)):
        held = accounts.get(row.id, [])
        trouble = None
        if held and all(held):
            trouble = LEFT
        elif row.source != "file":
            trouble = "not in the people file"
        elif not row.email:
            trouble = "no address is known"
        found[row.id] = Human(
            row.id, row.name, row.email, row.lead_email, row.manager_email, trouble
        )
    return Humans(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audiences:
    """Looks up who is told what.

    Args:
        where: what a subscription's scope means.
        calendar: the PMO's working days, by which flags climb.
    """

    where: Filter
    calendar: WorkCalendar = field(default_factory=WorkCalendar)

    def climb(self, engine: sa.Engine, subscription: Subscription, now: datetime) -> None:
        """Let every flag climb for which it is time. Once a period, before it is composed."""
        for part in subscription.parts:
            if part.escalate is not None:
                with self._understood(part), engine.begin() as connection:
                    escalation.climb(
                        connection, part, self._condition(part), humans(connection),
                        self.calendar, now,
                    )  # fmt: skip

    def __call__(
        self, engine: sa.Engine, subscription: Subscription, now: datetime
    ) -> dict[str, Recipient]:
        """The recipients as they stand, by address, each once, with all that is theirs.

        Raises:
            Unreadable: the subscription's scope is wrong, or takes too long.
        """
        gathered = _Gathered()
        with reading(engine) as connection, limited(connection, SECONDS):
            everybody = humans(connection)
            for part in subscription.parts:
                with self._understood(part):
                    self._of(connection, part, everybody, now, gathered)
            climbed = escalation.standing(connection, subscription.name)
        for address, flags in climbed.items():
            gathered.escalated[gathered.spelled(address)] += flags
        return gathered.recipients()

    def _of(
        self, connection: sa.Connection, part: Subscription, everybody: Humans, now: datetime,
        gathered: _Gathered,
    ) -> None:  # fmt: skip
        whole = Share(scope=part.scope, severities=part.severities)
        for listed_address in part.to:
            known = gathered.spelled(listed_address)
            gathered.shares[known].append(whole)
            gathered.public.add(known)
        by_item = [role for role in part.roles if role != "project_owners"]
        if by_item:
            self._of_roles(connection, part, by_item, _flag.c.identity_id, everybody, now, gathered)
        if "project_owners" in part.roles:
            self._of_roles(
                connection, part, ["project_owners"], PROJECT_OWNER, everybody, now, gathered
            )

    def _of_roles(
        self, connection: sa.Connection, part: Subscription, roles: Sequence[Role],
        owner_of: sa.ColumnElement[Any], everybody: Humans, now: datetime, gathered: _Gathered,
    ) -> None:  # fmt: skip
        """Give everybody their share, and the fallback what would reach nobody.

        Args:
            owner_of: the human, by number, from whom the roles of a flag are counted.
        """
        of_projects = owner_of is PROJECT_OWNER
        told = sa.or_(_flag.c.state != "resolved", _flag.c.resolved_at > now - REMEMBERED)
        owners = connection.execute(
            sa.select(owner_of)
            .select_from(_flag)
            .where(self._condition(part), told)
            .distinct()
            .order_by(owner_of)  # the spelling of an address is that of the first
        ).scalars()
        people: dict[str, set[int]] = defaultdict(set)
        rest: dict[int | None, str] = {}
        for owner in owners:
            for role in roles:
                address, trouble = _reached(everybody, owner, role)
                if address is not None and trouble is None:
                    people[address].add(owner)
                else:
                    rest[owner] = trouble or "nobody owns them"
        for reached, ids in people.items():
            share = Share(
                scope=part.scope, severities=part.severities, people=frozenset(ids),
                of_projects=of_projects,
            )  # fmt: skip
            gathered.shares[gathered.spelled(reached)].append(share)
        if rest and part.fallback:
            share = Share(
                scope=part.scope, severities=part.severities, unowned=None in rest,
                people=frozenset(id for id in rest if id is not None), of_projects=of_projects,
            )  # fmt: skip
            fallback = gathered.spelled(part.fallback)
            gathered.shares[fallback].append(share)
            gathered.notes[fallback].append(_note(everybody, rest, of_projects=of_projects))

    def _condition(self, part: Subscription) -> sa.ColumnElement[bool]:
        wanted = [self.where(part.scope) if part.scope else sa.true()]
        if part.severities:
            wanted.append(_flag.c.severity.in_(sorted(part.severities)))
        return sa.and_(*wanted)

    @staticmethod
    def _understood(part: Subscription) -> _Understood:
        return _Understood(part.name)


@dataclass(frozen=True, slots=True)
class _Understood:
    """Says of a wrong scope whose it is."""

    name: str

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        where = f'The scope of the digest "{self.name}"'
        if isinstance(error, LanguageError):
            raise Unreadable(f"{where} is not understood: {error}") from error
        if isinstance(error, TooSlow):
            raise Unreadable(f"{where} takes too long ({error}). Make it simpler.") from error


@dataclass(slots=True)
class _Gathered:
    """What was found for each address. Addresses that differ in case only are one."""

    shares: dict[str, list[Share]] = field(default_factory=lambda: defaultdict(list))
    notes: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    escalated: dict[str, tuple[Escalated, ...]] = field(default_factory=lambda: defaultdict(tuple))
    public: set[str] = field(default_factory=set)
    _spelled: dict[str, str] = field(default_factory=dict)

    def spelled(self, address: str) -> str:
        """An address as it was written first."""
        return self._spelled.setdefault(folded(address), address)

    def recipients(self) -> dict[str, Recipient]:
        found = {}
        for address in sorted({*self.shares, *self.escalated}):
            climbed = self.escalated.get(address, ())
            shares = tuple(self.shares.get(address, ()))
            if climbed:
                shares += (Share(flags=frozenset(each.flag_id for each in climbed)),)
            found[address] = Recipient(
                shares, climbed, tuple(self.notes.get(address, ())), address not in self.public
            )
        return found


def _reached(everybody: Humans, owner: int | None, role: Role) -> tuple[str | None, str | None]:
    """The address of someone's role towards an owner, or why there is none."""
    human = everybody.by_id.get(owner) if owner is not None else None
    if human is None:
        return None, None
    if role in ("owners", "project_owners"):
        return (None, human.trouble) if human.trouble else (human.email, None)
    name = role.removesuffix("s")
    address = human.lead if name == "lead" else human.manager
    return address, everybody.trouble(address, name)


def _note(everybody: Humans, rest: Mapping[int | None, str], *, of_projects: bool) -> str:
    named = sorted(
        f"{clean(everybody.by_id[id].name, 60)} ({clean(why)})"
        for id, why in rest.items()
        if id is not None
    )
    shown: Iterable[str] = named
    if len(named) > NAMED:
        shown = [*named[: NAMED - 1], plural(len(named) - NAMED + 1, "other")]
    parts = [*shown, *(["nobody known"] if None in rest else [])]
    what = "flags in projects of" if of_projects else "flags of"
    return f"You also get what would reach nobody else: {what} {listed(parts)}."
