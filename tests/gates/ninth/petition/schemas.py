"""Settings of a step where petitions are signed."""

from marshmallow import Schema, fields, validate


class SignatureSettings(Schema):
    goal = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(min=1),
        metadata={"description": "signatures after which the council debates; null: none"},
    )
