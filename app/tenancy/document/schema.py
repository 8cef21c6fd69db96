"""The core's part of the tenant document, in the key order of contract §4. Each field carries its sentence."""

from typing import Any

from marshmallow import Schema, fields, validate

from app.tenancy.document import fields as kinds

KINDS = (
    "commune", "departement", "region", "intercommunalite", "province",
    "entreprise", "association", "campagne", "interne",
)  # fmt: skip
PRESETS = ("rivage", "verger", "brique")
SCENES = ("quai", "parc", "velo", "ecole", "jardin", "place", "eau", "texte", "urne", "mains")
# Hosts and prefixes the deployment itself answers to.
RESERVED_SLUGS = frozenset({"admin", "api", "demo", "mail", "operateur", "parvis", "static", "t", "www"})
# The keys of `modules.<id>` that belong to the core; the rest belongs to the module.
SWITCHES = ("enabled", "allowed")

_LOCALE = kinds.Pattern(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?", "a language such as fr or fr-CA")
_PHONE = kinds.Pattern(r"\+?[0-9](?:[ .()-]{0,2}[0-9]){2,19}", "a telephone number")
_TOKEN = kinds.Pattern(r"[a-z][a-z0-9-]{0,40}", "the name of a colour token")
_TILES = kinds.Pattern(
    r"https://[^\s/{}?#]+/\S*\{z\}\S*",
    "an https address of tiles with {z}, {x} and {y}",
)


def say(sentence: str, **more: Any) -> dict[str, Any]:
    """Metadata of a field: its sentence, and secret=True where `${secret:NAME}` may stand for any value."""
    return {"description": sentence, **more}


class ThemeSchema(Schema):
    preset = kinds.choice(
        *PRESETS, load_default="rivage", metadata=say("Family of fonts, shapes and neutral tones.")
    )
    brand = kinds.colour(metadata=say("Main colour; text colours are derived from it."))
    accent = kinds.colour(
        metadata=say("Colour of the one action that matters; derived from the brand when absent.")
    )
    logo = kinds.file_path(".svg", ".png", ".webp", ".jpg", metadata=say("Logo, relative to this file."))
    favicon = kinds.file_path(
        ".svg", ".png", ".ico", metadata=say("Icon of the browser tab, relative to this file.")
    )
    hero = kinds.choice(
        "plan",
        "photo",
        "plain",
        load_default="plan",
        metadata=say("What stands behind the home page's title."),
    )
    overrides = fields.Dict(
        keys=fields.String(validate=_TOKEN), values=kinds.colour(), load_default=dict,
        metadata=say("Colour tokens set by hand; contrast is checked all the same."),
    )  # fmt: skip
    app_colors = kinds.choice(
        "fixed", "mono", load_default="fixed", metadata=say("One hue per application, or the brand for all.")
    )


class AccessSchema(Schema):
    visibility = kinds.choice(
        "public", "closed", load_default="public", metadata=say("Closed: nothing is readable before sign-in.")
    )
    sign_in = fields.List(
        kinds.choice("link", "password"), load_default=lambda: ["link", "password"],
        validate=[validate.Length(min=1), kinds.unique()], metadata=say("Ways to sign in, in the order shown."),
    )  # fmt: skip
    email_domains = fields.List(
        kinds.host(), load_default=list, validate=kinds.unique(),
        metadata=say("Domains whose addresses may sign up; none: every address."),
    )  # fmt: skip


class LegalSchema(Schema):
    publisher = kinds.line(200, metadata=say("Who publishes the platform."))
    legal_form = kinds.line(120, metadata=say("Legal form of the publisher."))
    director = kinds.line(200, metadata=say("Directeur or directrice de la publication."))
    host = kinds.line(300, metadata=say("Who hosts the platform: name, address, telephone."))
    address = kinds.line(300, metadata=say("Postal address of the publisher."))
    phone = fields.String(validate=_PHONE, metadata=say("Telephone of the publisher.", secret=True))
    email = kinds.email(metadata=say("Address where people may write.", secret=True))
    dpo = kinds.line(300, metadata=say("How to reach the data protection officer."))
    company_number = kinds.line(60, metadata=say("SIREN, or the company number of the country."))
    capital = kinds.line(60, metadata=say("Share capital of a company."))


class RetentionSchema(Schema):
    """In days. The bounds follow the CNIL and, for connection logs, its recommendation 2021-122."""

    inactive_account_days = fields.Integer(
        load_default=730,
        validate=validate.Range(180, 1095),
        metadata=say("Days without sign-in before an account is erased."),
    )
    unconfirmed_account_days = fields.Integer(
        load_default=30,
        validate=validate.Range(7, 90),
        metadata=say("Days before an unconfirmed account is erased."),
    )
    log_days = fields.Integer(
        load_default=365,
        validate=validate.Range(180, 365),
        metadata=say("Days that connection logs are kept."),
    )
    draft_days = fields.Integer(
        load_default=30, validate=validate.Range(7, 90), metadata=say("Days that an unfinished form is kept.")
    )
    contact_days = fields.Integer(
        load_default=90,
        validate=validate.Range(30, 90),
        metadata=say("Days that a closed mutual-help exchange is kept."),
    )


class AccessibilitySchema(Schema):
    mention = kinds.choice(
        "total", "partial", "none", load_default="none", metadata=say("Conformity shown on every page.")
    )
    audited_on = kinds.day(metadata=say("Day of the last valid audit."))
    rate = fields.Float(
        validate=validate.Range(0, 100), metadata=say("Percentage of criteria met, from the audit.")
    )
    auditor = kinds.line(200, metadata=say("Who audited."))


class MapSchema(Schema):
    tiles = fields.String(
        validate=[
            _TILES,
            kinds.Must(lambda text: "{x}" in text and "{y}" in text, "an address of tiles with {x} and {y}"),
        ],
        metadata=say("The only foreign host a page may call.", secret=True),
    )
    attribution = kinds.line(200, metadata=say("Credit shown on the map."))


class StepSchema(Schema):
    slug = kinds.slug(required=True, metadata=say("Last part of the address; unique per application."))
    title = kinds.line(120, required=True, metadata=say("Name of the step."))
    summary = kinds.prose(1000, metadata=say("What people can do in it."))
    module = fields.String(
        required=True,
        validate=kinds.Pattern(kinds.IDENTIFIER, "the id of an application"),
        metadata=say("Application that runs it."),
    )
    kind = fields.String(
        validate=kinds.Pattern(kinds.IDENTIFIER, "a kind of step of the application"),
        metadata=say("Kind of step; may be left out when the application has only one."),
    )
    opens_at = kinds.moment(metadata=say("Opening; when absent, as soon as the file is applied."))
    closes_at = kinds.moment(metadata=say("Closing."))
    timeless = fields.Boolean(load_default=False, metadata=say("True for a step that never closes."))
    settings = fields.Dict(
        keys=fields.String(), load_default=dict, metadata=say("Settings of this kind of step.")
    )
    requirements = fields.List(
        fields.Raw(),
        load_default=list,
        metadata=say("What a person must have to take part, in the order asked."),
    )


class ProjectSchema(Schema):
    slug = kinds.slug(required=True, metadata=say("Last part of the address."))
    title = kinds.line(120, required=True, metadata=say("Name of the project."))
    question = kinds.line(200, metadata=say("The question asked to people."))
    summary = kinds.prose(2000, metadata=say("What it is about."))
    cover = kinds.choice(*SCENES, metadata=say("Drawn scene shown when there is no photograph."))
    themes = fields.List(
        kinds.line(60),
        load_default=list,
        validate=kinds.unique(),
        metadata=say("Some of the platform's themes."),
    )
    state = kinds.choice(
        "draft",
        "published",
        "archived",
        load_default="published",
        metadata=say("Who can see it."),
    )
    steps = fields.List(fields.Nested(StepSchema), load_default=list, metadata=say("Its steps, in order."))


class DocumentSchema(Schema):
    tenant = fields.String(
        required=True,
        validate=[
            kinds.Pattern(
                r"[a-z][a-z0-9]*(-[a-z0-9]+)*",
                "lower-case letters, digits and hyphens, starting with a letter",
            ),
            validate.Length(min=2, max=40),
            kinds.Must(lambda text: text not in RESERVED_SLUGS, "a word that is not reserved"),
        ],
        metadata=say("Short name of the platform, in its address; never changes."),
    )
    name = kinds.line(120, required=True, metadata=say("Name shown to people."))
    tagline = kinds.line(160, metadata=say("One line under the name."))
    description = kinds.prose(2000, metadata=say("A few sentences for the home page and search engines."))
    kind = kinds.choice(*KINDS, required=True, metadata=say("Kind of organisation."))
    country = fields.String(
        load_default="FR",
        validate=kinds.Pattern(r"[A-Z]{2}", "a country such as FR"),
        metadata=say("ISO 3166 code."),
    )
    hosts = fields.List(
        kinds.host(),
        load_default=list,
        validate=kinds.unique(),
        metadata=say("Hosts of the platform; links use the first."),
    )
    locale = fields.String(load_default="fr", validate=_LOCALE, metadata=say("Language of the platform."))
    locales = fields.List(
        fields.String(validate=_LOCALE),
        validate=kinds.unique(),
        metadata=say("Languages offered, `locale` among them."),
    )
    timezone = kinds.timezone(load_default="Europe/Paris", metadata=say("Time zone of the dates shown."))
    theme = fields.Nested(ThemeSchema, metadata=say("Look of the platform."))
    access = fields.Nested(AccessSchema, metadata=say("Who may read and how one signs in."))
    legal = fields.Nested(LegalSchema, metadata=say("Legal notices; a public platform needs them."))
    retention = fields.Nested(RetentionSchema, metadata=say("How long personal data are kept."))
    accessibility = fields.Nested(
        AccessibilitySchema, metadata=say("Accessibility statement; anything but none needs an audit.")
    )
    zones = kinds.file_path(
        ".geojson", ".json", metadata=say("Zones of the territory (GeoJSON, WGS84), relative to this file.")
    )
    zone_label = kinds.line(40, metadata=say("What a zone is called: quartier, commune, site…"))
    themes = fields.List(
        kinds.line(60),
        load_default=list,
        validate=[kinds.unique(), validate.Length(max=40)],
        metadata=say("Subjects people sort by."),
    )
    modules = fields.Dict(
        keys=fields.String(), load_default=dict, metadata=say("Applications and their settings.")
    )
    locked = fields.List(
        fields.String(),
        load_default=list,
        validate=kinds.unique(),
        metadata=say("Paths that the back-office may not change."),
    )
    map = fields.Nested(MapSchema, metadata=say("Background of maps."))
    projects = fields.List(
        fields.Nested(ProjectSchema), load_default=list, metadata=say("First projects and their steps.")
    )
    demo = fields.Boolean(
        load_default=False, metadata=say("True for a demonstration: ribbon, no indexing, no real mail.")
    )
    revision = fields.Integer(
        validate=validate.Range(min=1), metadata=say("Revision this file is based on; written by export.")
    )


#: What a public platform must say about itself (LCEN, and the data protection officer).
REQUIRED_TO_PUBLISH = ("publisher", "director", "host", "address", "phone", "email", "dpo")

_ZONE_LABELS = {
    **dict.fromkeys(("departement", "region", "intercommunalite", "province"), "commune"),
    **dict.fromkeys(("entreprise", "interne"), "site"),
}


def zone_label_of(kind: str) -> str:
    """What zones are called when the document does not say."""
    return _ZONE_LABELS.get(kind, "quartier")
