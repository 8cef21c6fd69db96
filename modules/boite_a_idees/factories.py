"""Makers of believable ideas, for tests and for demonstrations. Each works in the tenant's scope."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update

from app.db.session import db
from app.participation import contributions
from app.participation.models import Contribution, Vote
from app.participation.steps import get_step_by_id
from app.people.models import Person
from modules.boite_a_idees import rules
from modules.boite_a_idees.models import Idea

TITLES = (
    "Des bancs à l’ombre sur la place",
    "Une piste cyclable jusqu’à la gare",
    "Ouvrir la cour de l’école le samedi",
    "Un composteur par quartier",
    "Rouvrir le bac le dimanche",
    "Des fontaines à eau au parc",
    "Un abri pour les vélos à la médiathèque",
    "Éteindre les vitrines la nuit",
    "Un marché le mercredi soir",
    "Planter une haie le long du stade",
)
BODIES = (
    "L’été, on ne peut plus s’asseoir dehors après midi. Deux arbres et trois bancs suffiraient devant la mairie.",
    "Le trajet est dangereux aux heures d’école. Une voie séparée éviterait bien des frayeurs aux familles.",
    "Le terrain reste vide tout le week-end. Les enfants du quartier n’ont pas d’autre endroit où jouer.",
)


def make_idea(
    step_id: UUID,
    *,
    now: datetime,
    author_id: UUID | None = None,
    title: str = TITLES[0],
    body: str = BODIES[0],
    theme: str | None = "Mobilités",
    zone_id: UUID | None = None,
    place: str | None = None,
    supports: int = 0,
    comments: int = 0,
    status: str = rules.RECEIVED,
    pending_for: str | None = None,
    published_at: datetime | None = None,
) -> Idea:
    """One idea, deposited as the service does. supports, comments: counters without their rows (see `make_votes`)."""
    step = get_step_by_id(step_id)
    idea = Idea(
        type="boite_a_idees.idea",
        title=title,
        body=body,
        author_id=author_id,
        theme=theme,
        zone_id=zone_id,
        place=place,
        status=status,
        supports=supports,
        comments=comments,
        published_at=published_at,
        created_at=published_at,
    )
    contributions.submit(step, idea, now=now, pending_for=pending_for)
    return idea


def make_ideas(step_id: UUID, number: int, *, now: datetime, author_id: UUID | None = None) -> list[Idea]:
    """Several, each unlike the others; the same ones at every call."""
    chance = random.Random(number)
    return [
        make_idea(
            step_id,
            now=now,
            author_id=author_id,
            title=f"{TITLES[position % len(TITLES)]} ({position + 1})",
            body=BODIES[position % len(BODIES)],
            theme=chance.choice(("Mobilités", "Nature", "Solidarités")),
            supports=chance.randrange(300),
            published_at=now - timedelta(minutes=number - position),
        )
        for position in range(number)
    ]


def make_votes(idea: Idea, number: int, *, now: datetime) -> None:
    """Real supports from as many people, counted."""
    people = [
        Person(display_name=f"Voix {one}", created_at=now, acted_on=now.date()) for one in range(number)
    ]
    db.session.add_all(people)
    db.session.flush()
    db.session.add_all(
        Vote(
            step_id=idea.step_id,
            contribution_id=idea.id,
            person_id=person.id,
            counted=True,
            pending_for=None,
            created_at=now,
        )
        for person in people
    )
    db.session.execute(
        update(Contribution)
        .where(Contribution.id == idea.id)
        .values(supports=Contribution.supports + number)
        .execution_options(synchronize_session=False)
    )
    db.session.flush()
