"""French search without extensions: letters folded like the database's `app_fold`, plurals and synonyms on our side.

The stemmer of PostgreSQL leaves apart some forms of one word ("vélo" and "vélos", "travail" and "travaux",
"sécuriser" and "sécurité"); the query asks for all of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, literal, select

from app.db.session import db
from app.participation import access
from app.participation.models import Contribution
from app.people.visitor import Visitor

MAX_WORDS = 12
#: A beginning shorter than this names too many words.
SHORTEST_PREFIX = 3
#: A text is similar from this share of the words typed: a word found in its title counts 1, in its body less.
LIKENESS = 0.3
IN_THE_BODY = 0.2

_WORD = re.compile(r"[^\W_]{1,60}")
_ACCENTS = re.compile(r"[\u0300-\u036f]")
_SIGNS = re.compile(
    r"[\u0080-\u00bf\u00d7\u00f7\u2000-\u2bff\u2e00-\u2e7f\u3000-\u303f\ufe00-\ufe0f\U0001f000-\U0001faff]"
)

#: Words that say nothing of the subject and that the French configuration does not drop, folded letters included.
_STOP_WORDS = """
    a ai ainsi alors ans apres au aucun aussi autre autres aux avant avec avoir bien bon bonne ca car ce cela celle
    ces cet cette ceux chaque chez comme comment contre d dans de des deux devant devrait dire donc dont du elle elles
    en encore entre es est et etaient etait etant etre eux faire fait faites fasse faudrait faut font hors
    ici il ils j je jusque l la le les leur leurs lors lui m ma mais me meme memes merci mes mettre mieux mis moi moins
    mon n ne ni nos notre nous on ont ou par parce pas pendant peu peut plus plusieurs plutot pour pourquoi pouvoir
    pres qu quand que quel quelle quelques qui quoi rien s sa sans se selon ses si soit son sont sous souvent sur t ta
    te tel telle tes toi ton tous tout toute toutes tres trop tu un une vers vos votre vous y
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())

#: One line per idea; a word of a line finds the others. Folded letters.
FAMILIES = (
    "velo bicyclette",
    "cycliste cyclable",
    "voiture automobile auto",
    "poubelle dechet ordure",
    "bus autobus",
    "parking stationnement stationner",
    "securite securiser securisation securitaire",
    "proprete propre",
    "pieton pietonne pietonnier pietonniser pietonnisation",
    "vegetaliser vegetalisation vegetal",
    "eclairage eclairer lampadaire",
    "ecole scolaire",
    "tri trier",
    "travail travaux",
    "accessible accessibilite",
    "bibliotheque mediatheque",
    "senior aine",
    "mairie municipalite",
)
_FAMILY = {word: tuple(line.split()) for line in FAMILIES for word in line.split()}

#: Ends of words being typed that the stemmer only recognises once complete ("associat" of "association").
_UNFINISHED = re.compile(r"(?<=\w{4})(?:at|ati|atio|em|eme|emen)$")


def fold(text: str) -> str:
    """Lower case, ligatures opened, accents removed, signs beyond ASCII made spaces: what `app_fold` gives."""
    opened = text.lower().replace("œ", "oe").replace("æ", "ae")
    return _SIGNS.sub(" ", _ACCENTS.sub("", unicodedata.normalize("NFKD", opened)))


def words(text: str) -> list[str]:
    """Folded words that say something, in order, each once, at most MAX_WORDS."""
    found = dict.fromkeys(word for word in _WORD.findall(fold(text)) if word not in STOP_WORDS)
    return list(found)[:MAX_WORDS]


def _plurals(word: str) -> Iterator[str]:
    """The other number of words whose ending the stemmer keeps (it drops an `s` after a consonant or an `e`)."""
    if len(word) < 3 or word[-1].isdigit():
        return
    if word.endswith("aux"):
        yield f"{word[:-3]}ail"
    elif word.endswith("ail"):
        yield f"{word[:-3]}aux"
    elif word[-2:] in ("as", "is", "os", "us") or word.endswith(("eux", "oux")):
        yield word[:-1]
    elif word.endswith(("eu", "ou")):
        yield from (f"{word}x", f"{word}s")
    elif word[-1] in "aiou":
        yield f"{word}s"


def _forms(word: str) -> list[str]:
    """The word, its other number, and the words of its family."""
    found = dict.fromkeys([word, *_plurals(word)])
    for form in list(found):
        for relative in _FAMILY.get(form, ()):
            found.update(dict.fromkeys([relative, *_plurals(relative)]))
    return list(found)


def _any_of(word: str, *, unfinished: bool = False, weight: str = "") -> str:
    """One group of a query. weight: A to look in titles only."""
    mark = f":{weight}" if weight else ""
    terms = [f"'{form}'{mark}" for form in _forms(word)]
    if unfinished and len(word) >= SHORTEST_PREFIX:
        terms.append(f"'{word}':*")
        root = _UNFINISHED.sub("", word)
        if root != word:
            terms.append(f"'{root}':*")
    return f"({' | '.join(terms)})"


def ts_query(text: str) -> str:
    """Argument of `to_tsquery('french', …)`: every word in one of its forms, the last one perhaps unfinished.

    '' when the text says nothing (empty, or small words only): that query matches no row.
    """
    found = words(text)
    return " & ".join(_any_of(word, unfinished=word == found[-1]) for word in found)


def matches(text: str) -> ColumnElement[bool]:
    """Criterion on Contribution: its title and body contain what is asked. Combine it with `access.visible_to`."""
    return _contains(ts_query(text))


def _contains(query: str) -> ColumnElement[bool]:
    return Contribution.search.bool_op("@@")(func.to_tsquery("french", query))


def rank(text: str) -> ColumnElement[float]:
    """How well a row matches, for ordering: words of the title weigh more."""
    return func.ts_rank(Contribution.search, func.to_tsquery("french", ts_query(text)))


@dataclass(frozen=True)
class Similar:
    """A contribution that may already say it."""

    id: UUID
    number: int
    slug: str
    title: str
    supports: int
    status: str


def similar(step_id: UUID, title: str, limit: int = 3, *, visitor: Visitor | None = None) -> list[Similar]:
    """Published contributions of the step that share words with this title, closest first; one statement or none.

    visitor: who will see them; a private collection suggests nothing of other people.
    """
    found = words(title)
    if not found:
        return []
    likeness: ColumnElement[float] = literal(0.0)
    for word in found:
        likeness += case(
            (_contains(_any_of(word, weight="A")), 1.0), (_contains(_any_of(word)), IN_THE_BODY), else_=0.0
        )
    rows = db.session.execute(
        select(
            Contribution.id,
            Contribution.number,
            Contribution.slug,
            Contribution.title,
            Contribution.supports,
            Contribution.status,
        )
        .where(
            Contribution.step_id == step_id,
            Contribution.state == "published",
            access.visible_to(visitor),
            _contains(" | ".join(_any_of(word) for word in found)),
            likeness >= LIKENESS * len(found),
        )
        .order_by(likeness.desc(), Contribution.supports.desc(), Contribution.number)
        .limit(limit)
    )
    return [Similar(**row._mapping) for row in rows]
