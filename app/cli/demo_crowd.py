"""The people of a demonstration platform and what they support: invented, the same each time, rows like real ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from hashlib import blake2b
from uuid import UUID

from slugify import slugify
from sqlalchemy import select

from app.cli.demo_people import CAST
from app.db.session import db
from app.db.types import uuid7
from app.participation.importing.bulk import insert_rows
from app.participation.importing.rows import Row
from app.participation.steps import StepInfo
from app.people import roles
from app.people.addresses import email_key
from app.people.models import Person, PersonAttribute
from app.tenancy.registry import TenantConfig

#: People who only support, beyond the largest count of a single idea: nobody supports everything.
MARGIN = 40
#: The first days bring most of the supports.
EAGERNESS = 1.7
WAKING = (7 * 60 + 10, 22 * 60 + 40)


def chance(*names: object) -> float:
    """A number from 0 to 1 that is always the same for the same names."""
    digest = blake2b("|".join(map(str, names)).encode(), digest_size=7).digest()
    return int.from_bytes(digest, "big") / 2**56


def moment(now: datetime, zone: tzinfo, days: int, *names: object) -> datetime:
    """An instant of the waking hours of a day some days ago, before now."""
    day = now.astimezone(zone).date() - timedelta(days=days)
    start, end = WAKING
    minute = start + int((end - start) * chance(*names))
    at = datetime.combine(day, time(minute // 60, minute % 60), zone).astimezone(UTC)
    return min(at, now - timedelta(minutes=5))


@dataclass(frozen=True)
class Crowd:
    """by_name: those who write, by public name. voters: everybody who supports, writers included.
    citizen: whom somebody at the terminal may be."""

    by_name: dict[str, UUID]
    voters: list[UUID]
    citizen: UUID


@dataclass(frozen=True)
class Idea:
    """An idea once it is written. voters, votes: who supports it, and when, in order."""

    id: UUID
    step: StepInfo
    row: Row
    voters: list[UUID]
    votes: list[datetime]


def settle(
    config: TenantConfig, inhabitants: Sequence[dict[str, str]], *, supporters: int, now: datetime
) -> Crowd:
    """Open an account for each inhabitant and for the cast, and make `supporters` people who only confirmed an address.

    inhabitants: lines of habitants.csv. Those whose address is already known are taken as they are.
    """
    domain = config.closed_to_domains[0] if config.closed_to_domains else f"{config.slug}.example"
    zones = {zone.name: zone.id for zone in config.zones}
    members = {f"{member.mailbox}@{domain}": member for member in CAST}
    wanted: dict[str, tuple[str | None, UUID | None]] = {
        address: (member.name, config.zones[0].id if config.zones else None)
        for address, member in members.items()
    }
    for person in inhabitants:
        address = _address(person["nom_public"], domain, wanted)
        wanted[address] = (person["nom_public"], zones.get(person["quartier"]))
    for number in range(1, supporters + 1):
        wanted[f"soutien.{number}@{domain}"] = (None, None)
    ids = _people(wanted, now=now)
    for address, member in members.items():
        if member.role is not None:
            roles.grant(ids[address], member.role, now=now)
    return Crowd(
        {name: ids[address] for address, (name, _) in wanted.items() if name is not None},
        # Not the cast: whoever signs in as one of them finds every button still to press.
        [ids[address] for address in wanted if address not in members],
        ids[next(iter(members))],
    )


def _address(name: str, domain: str, taken: Iterable[str]) -> str:
    mailbox = slugify(name.replace("’", " "), separator=".")
    number = 1
    while (address := f"{mailbox}{number if number > 1 else ''}@{domain}") in taken:
        number += 1
    return address


def _people(wanted: dict[str, tuple[str | None, UUID | None]], *, now: datetime) -> dict[str, UUID]:
    """The person of each address, made when there is none yet."""
    keys = {email_key(address): address for address in wanted}
    known = db.session.execute(
        select(PersonAttribute.verified_key, PersonAttribute.person_id).where(
            PersonAttribute.kind == "email", PersonAttribute.verified_key.in_(list(keys))
        )
    )
    ids = {keys[str(row.verified_key)]: row.person_id for row in known}
    new = [address for address in wanted if address not in ids]
    people, attributes = [], []
    for address in new:
        name, zone_id = wanted[address]
        since = now - timedelta(days=300 + int(60 * chance("since", address)))
        ids[address] = uuid7()
        people.append(
            {
                "id": ids[address],
                "display_name": name,
                "locale": "fr",
                "zone_id": zone_id,
                "state": "active",
                "charter_at": since if name else None,
                "notify": "each",
                "created_at": since,
                "acted_on": now.date(),
            }
        )
        attributes.append(
            {
                "person_id": ids[address],
                "kind": "email",
                "value": address,
                "verified_key": email_key(address),
                "verified_at": since,
                "created_at": since,
            }
        )
    insert_rows(Person, people)
    insert_rows(PersonAttribute, attributes)
    return ids


def choose(voters: Sequence[UUID], count: int, *names: object, but: Iterable[UUID | None] = ()) -> list[UUID]:
    """`count` different voters, always the same places in the list for the same names. Raises ValueError if too few."""
    excluded = set(but)
    places = sorted(range(len(voters)), key=lambda place: chance(place, *names))
    chosen = [voters[place] for place in places if voters[place] not in excluded][:count]
    if len(chosen) < count:
        raise ValueError(f"{count} voters asked for {names}, {len(chosen)} are there")
    return chosen


def share(
    voters: Sequence[UUID], wanted: Sequence[tuple[str, int, UUID | None]], *, limit: int | None, step: str
) -> dict[str, list[UUID]]:
    """Voters of each idea of a step, nobody over the step's limit, nobody for their own.

    wanted: (key, count, author). Raises ValueError when there are too few voters.
    """
    taken: Counter[UUID] = Counter()
    chosen: dict[str, list[UUID]] = {}
    # The most supported first, each time by those who gave least: so the limit is always enough when it can be.
    for key, count, author in sorted(wanted, key=lambda one: (-one[1], one[0])):
        free = [voter for voter in voters if limit is None or taken[voter] < limit]
        if limit is not None:
            free = sorted(free, key=lambda voter: taken[voter])[: max(count + 1, len(voters) // 2)]
        chosen[key] = choose(free, count, step, key, but=[author])
        taken.update(chosen[key])
    return chosen


def spread(count: int, start: datetime, end: datetime, *names: object) -> list[datetime]:
    """`count` instants in order between two, most of them early."""
    span = max(end - start, timedelta(minutes=1))
    return sorted(start + span * chance(place, *names) ** EAGERNESS for place in range(count))
