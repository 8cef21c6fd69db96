"""Pages that break the rules of every page, one fault each, served by an application made for the test."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Flask, Response, render_template_string
from sqlalchemy import select

from app.db.session import db
from app.participation.models import Contribution
from app.people.models import Person

_FRAME = """{% extends "ui/base.html" %}{% block title %}Essai{% endblock %}
{% block main %}<div class="wrap"><h1>Essai</h1>BODY</div>{% endblock %}"""

MARKUP = {
    "style": '<p style="color:red">Rouge</p>',
    "script": "<script>alert(1)</script>",
    "sheet": "<style>p{color:red}</style>",
    "event": '<button type="button" onclick="go()">Aller</button>',
    "address": '<a href="javascript:go()">Aller</a>',
    "foreign": '<img src="https://images.example/x.png" alt="" width="1" height="1">',
    "no_alt": '<img src="/static/sprite.svg" width="40" height="40">',
    "wide": '<p class="wide">Trop large</p><link rel="stylesheet" href="../../pale.css">',
    "pale": '<p class="pale-on-pale">Gris clair</p><link rel="stylesheet" href="../../pale.css">',
    "no_focus": '<link rel="stylesheet" href="../../pale.css">',
    "needs_script": '<form action="/envoyer" method="post"><input name="q" aria-label="Mot"><span role="button">Envoyer</span></form>',
    "no_label": '<form><input name="q" type="text"></form>',
    "heavy": "{% for i in range(9000) %}<p>{{ (i * 7919 * 7919) % 1000003 }}-{{ (i * 104729) % 999983 }}</p>{% endfor %}",
}


def install_page(app: Flask, fault: str) -> str:
    """Serve one faulty page inside the layout; returns its path."""
    blueprint = Blueprint(f"fault_{fault}", __name__)
    template = _FRAME.replace("BODY", MARKUP[fault])

    @blueprint.get(f"/faute/{fault}/")
    def page() -> str:
        return render_template_string(template)

    app.register_blueprint(blueprint)
    return f"/faute/{fault}/"


def install_pale_sheet(app: Flask) -> None:
    """What `pale`, `wide` and `no_focus` ask: grey on white, too many pixels, a focus that nothing shows."""
    blueprint = Blueprint("fault_sheet", __name__)

    @blueprint.get("/pale.css")
    def sheet() -> Response:
        rules = ".wide{width:900px}.pale-on-pale{color:#bbb;background:#fff}:focus,:focus-visible{outline:none!important;box-shadow:none!important}"
        return Response(rules, mimetype="text/css")

    app.register_blueprint(blueprint)


def install_loose_policy(app: Flask) -> str:
    blueprint = Blueprint("fault_policy", __name__)

    @blueprint.get("/faute/politique/")
    def page() -> Response:
        answer = Response(render_template_string(_FRAME.replace("BODY", "")))
        answer.headers["Content-Security-Policy"] = "default-src 'self'; style-src 'self' 'unsafe-inline'"
        return answer

    app.register_blueprint(blueprint)
    return "/faute/politique/"


def install_one_query_a_row(app: Flask) -> str:
    """A list that asks once for each author."""
    blueprint = Blueprint("fault_queries", __name__)

    @blueprint.get("/faute/requetes/")
    def page() -> str:
        names = [
            db.session.scalar(select(Person.display_name).where(Person.id == author))
            for author in db.session.scalars(select(Contribution.author_id).order_by(Contribution.number))
        ]
        return render_template_string(_FRAME.replace("BODY", "{{ names|join(', ') }}"), names=names)

    app.register_blueprint(blueprint)
    return "/faute/requetes/"


def install_many_queries(app: Flask) -> str:
    """A page that asks the same number of questions whatever the rows, and far too many."""
    blueprint = Blueprint("fault_budget", __name__)

    @blueprint.get("/faute/budget/")
    def page() -> str:
        for _ in range(12):
            db.session.scalar(select(Person.id).limit(1))
        return render_template_string(_FRAME.replace("BODY", ""))

    app.register_blueprint(blueprint)
    return "/faute/budget/"


def install_undeclared(app: Flask) -> str:
    """A route that changes something and says no action of the policy."""
    blueprint = Blueprint("fault_policy_action", __name__)

    @blueprint.post("/faute/action/")
    def act() -> str:
        return ""

    app.register_blueprint(blueprint)
    return "fault_policy_action.act"


def install_unguarded(
    app: Flask, guards: Callable[[str], Callable[[Callable[..., str]], Callable[..., str]]]
) -> None:
    """A view that declares an action and forgets to ask whether it is allowed."""
    blueprint = Blueprint("fault_unguarded", __name__)

    @blueprint.post("/faute/<uuid:contribution_id>/masquer")
    @guards("contribution.hide")
    def hide(contribution_id: object) -> str:
        return "masquée"

    app.register_blueprint(blueprint)
