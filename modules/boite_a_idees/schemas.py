"""Settings of the application in a tenant's document, and of each of its steps."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

CHOICE_OF_WORDS = ("soutenir", "voter")
SORTS = ("aleatoire", "recentes", "soutenues", "commentees", "anciennes")


class TenantSettings(Schema):
    """`modules.boite_a_idees`. It has no setting of its own today: each step has its own."""


class DepositSettings(Schema):
    """A step where ideas are deposited, supported and discussed."""

    who_may_deposit = fields.String(
        load_default="everyone",
        validate=validate.OneOf(("everyone", "residents")),
        metadata={"description": "everyone, or residents: people who said they live in one of the zones"},
    )
    body_required = fields.Boolean(load_default=True, metadata={"description": "an idea needs a description"})
    theme_required = fields.Boolean(load_default=True, metadata={"description": "an idea needs a theme"})
    place = fields.String(
        load_default="optional",
        validate=validate.OneOf(("off", "optional", "required")),
        metadata={"description": "whether an idea says where"},
    )
    photo = fields.String(
        load_default="optional",
        validate=validate.OneOf(("off", "optional", "required")),
        metadata={"description": "whether an idea may carry one picture"},
    )
    wording = fields.String(
        load_default="soutenir",
        validate=validate.OneOf(CHOICE_OF_WORDS),
        metadata={"description": "the verb on the button: soutenir or voter"},
    )
    support_limit = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(min=1, max=1000),
        metadata={"description": "supports one person may give in this step; null: no limit"},
    )
    threshold = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(min=1, max=10_000_000),
        metadata={"description": "supports from which the collectivité studies an idea; null: no gauge"},
    )
    archive_after_days = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(min=1, max=3650),
        metadata={"description": "days after which an idea under the threshold is archived; null: never"},
    )
    default_sort = fields.String(
        load_default="aleatoire",
        validate=validate.OneOf(SORTS),
        metadata={"description": "order of the list when nobody chose one"},
    )
    moderation = fields.String(
        load_default="after",
        validate=validate.OneOf(("after", "before")),
        metadata={"description": "after: published at once; before: an agent accepts each idea first"},
    )
    edits_allowed = fields.String(
        load_default="with_versions",
        validate=validate.OneOf(("until_support", "with_versions", "never")),
        metadata={"description": "until the first support, always with visible versions, or never"},
    )
    private = fields.Boolean(
        load_default=False, metadata={"description": "only its author and the team read an idea"}
    )
    comments = fields.Boolean(load_default=True, metadata={"description": "people may comment"})
    title_max = fields.Integer(
        load_default=80,
        validate=validate.Range(min=20, max=300),
        metadata={"description": "longest title of the form, characters"},
    )
    body_min = fields.Integer(
        load_default=50,
        validate=validate.Range(min=0, max=2000),
        metadata={"description": "shortest description of the form, characters"},
    )
    body_max = fields.Integer(
        load_default=3000,
        validate=validate.Range(min=100, max=20_000),
        metadata={"description": "longest description of the form, characters"},
    )
    promise_hours = fields.Integer(
        load_default=48,
        validate=validate.Range(min=1, max=720),
        metadata={"description": "hours within which an agent reads a new idea, as promised to its author"},
    )
    notify_email = fields.Email(
        load_default=None,
        allow_none=True,
        metadata={"description": "address told of each deposit; null: nobody"},
    )
    receipt = fields.Boolean(
        load_default=True, metadata={"description": "the author receives a mail for each deposit"}
    )
