"""Ten paper-cut scenes that stand in for a missing photo: no page ever shows a grey box.

Each is a handful of flat shapes in the colours of what surrounds it: the application's tint inside `.a-budget`, the
brand's elsewhere, and the accent for the one thing that shines. The classes are in `static/css/site/drawings.css`.
"""

import hashlib
import re
import unicodedata

from markupsafe import Markup

_FRAME = (
    '<svg class="scene" viewBox="0 0 640 360" preserveAspectRatio="xMidYMid slice" aria-hidden="true" '
    'focusable="false"><path class="sc-ground" d="M0 0h640v360H0z"/>{}</svg>'
)
_SUN = '<circle class="sc-acc" cx="512" cy="112" r="40"/>'
_HILLS = '<path class="sc-c" fill-opacity=".16" d="M0 212C128 162 224 242 352 197s192-35 288 25v138H0z"/>'

_SHAPES = {
    "quai": (
        _SUN,
        _HILLS,
        '<path class="sc-c" fill-opacity=".3" d="M40 247v-52l29-24 29 24v52zM196 247v-80l29-24 29 24v80z'
        'M352 247v-62l29-24 29 24v62zM508 247v-90l29-24 29 24v90z"/>',
        '<path class="sc-c" fill-opacity=".46" d="M118 247v-90l29-24 29 24v90zM274 247v-70l29-24 29 24v70z'
        'M430 247v-54l29-24 29 24v54z"/>',
        '<path class="sc-surf" fill-opacity=".85" d="M52 205h12v14H52zM75 205h12v14H75zM130 '
        "172h12v20h-12zM153 172h12v20h-12z"
        "M208 182h12v18h-12zM231 182h12v18h-12zM286 190h12v16h-12zM309 190h12v16h-12zM364 "
        "198h12v14h-12zM387 198h12v14h-12z"
        'M442 206h12v12h-12zM465 206h12v12h-12zM520 172h12v20h-12zM543 172h12v20h-12z"/>',
        '<path class="sc-c" fill-opacity=".26" d="M0 247h640v113H0z"/>',
        '<path class="sc-line-s" stroke-width="4" stroke-opacity=".75" '
        'd="M30 268h60m37 9h73m24 11h86m11-17h99m-2 20h112m-30-28h84m20 26h60"/>',
    ),
    "parc": (
        _SUN,
        '<path class="sc-c" fill-opacity=".16" d="M0 200c120-60 230 10 340-16s200-60 300-4v180H0z"/>',
        '<path class="sc-c" fill-opacity=".28" d="M0 262c150-44 260 18 390-4s170-34 250-10v112H0z"/>',
        '<path class="sc-line-s" stroke-width="20" stroke-opacity=".6" d="M250 366c10-44 120-44 '
        '96-78s-70-22-34-42"/>',
        '<path class="sc-line" stroke-width="9" d="M112 282v-72m96 62v-46m304 46v-60"/>',
        '<path class="sc-c" fill-opacity=".78" d="M112 114a52 52 0 1 1-.1 0zM208 168a34 34 0 1 '
        '1-.1 0zM512 156a42 42 0 1 1-.1 0z"/>',
        '<path class="sc-acc" fill-opacity=".6" d="M128 128a26 26 0 1 1-.1 0zM522 168a20 20 0 1 1-.1 0z"/>',
        '<path class="sc-line" stroke-width="7" d="M396 262h76m-76-18h76m-66 18v18m56-18v18"/>',
    ),
    "velo": (
        _SUN,
        _HILLS,
        '<path class="sc-c" fill-opacity=".28" d="M-20 336c200-44 350-64 680-124v148H-20z"/>',
        '<path class="sc-line-s" stroke-width="5" stroke-dasharray="26 22" d="M-10 346c210-32 '
        '360-50 670-88"/>',
        '<path class="sc-line" stroke-width="9" d="M250 206a44 44 0 1 1-.1 0zM392 197a44 44 0 1 1-.1 0z"/>',
        '<path class="sc-line" stroke-width="9" '
        'd="m250 250 42-72h72l28 63m-100-63 36 70 36-70m-36 70-78 2m114-72-8-24h26m-100 13h24"/>',
        '<path class="sc-line" stroke-width="6" d="M560 240v-50"/>',
        '<path class="sc-c" fill-opacity=".72" d="M560 136a29 29 0 1 1-.1 0z"/>',
    ),
    "ecole": (
        '<circle class="sc-acc" cx="540" cy="100" r="34"/>',
        _HILLS,
        '<path class="sc-c" fill-opacity=".34" d="M110 262v-84h140v84zM390 262v-84h140v84z"/>',
        '<path class="sc-c" fill-opacity=".56" d="M250 262V148l70-54 70 54v114z"/>',
        '<path class="sc-surf" fill-opacity=".88" d="M130 198h24v30h-24zM168 198h24v30h-24zM206 '
        "198h24v30h-24z"
        "M410 198h24v30h-24zM448 198h24v30h-24zM486 198h24v30h-24zM300 262v-46h40v46z"
        'M320 134a20 20 0 1 1-.1 0z"/>',
        '<path class="sc-line" stroke-width="4" d="M320 144v10l8 5"/>',
        '<path class="sc-c" fill-opacity=".24" d="M0 262h640v98H0z"/>',
        '<path class="sc-line-s" stroke-width="5" stroke-opacity=".8" '
        'd="M250 292h28v-12h28v12h28v-12h28v12h28v18h-28v12h-28v-12h-28v12h-28v-12h-28z"/>',
    ),
    "jardin": (
        _SUN,
        _HILLS,
        '<path class="sc-c" fill-opacity=".2" d="M0 250h640v110H0z"/>',
        '<path class="sc-c" fill-opacity=".34" d="M96 250h54L60 360h-90zM208 250h50l-30 110h-86z'
        "M318 250h48l36 110h-84z"
        'M426 250h52l98 110h-88z"/>',
        '<path class="sc-c" fill-opacity=".56" d="M70 250v-62l44-30 44 30v62z"/>',
        '<path class="sc-line" stroke-width="4" d="M232 250v-30m58 30v-44m54 44v-26m58 26v-40m54 '
        '40v-24m60 24v-38"/>',
        '<path class="sc-acc" d="M232 200a11 11 0 1 1-.1 0zM290 182a13 13 0 1 1-.1 0zM402 188a12 '
        '12 0 1 1-.1 0zM516 190a12 12 0 1 1-.1 0z"/>',
        '<path class="sc-c" fill-opacity=".75" d="M344 204a11 11 0 1 1-.1 0zM456 206a11 11 0 1 1-.1 0z"/>',
    ),
    "place": (
        '<circle class="sc-acc" cx="112" cy="116" r="36"/>',
        '<path class="sc-c" fill-opacity=".22" d="M0 262V170h96v-34h84v52h16v74zM640 '
        '262v-76h-84v-44h-90v120z"/>',
        '<path class="sc-c" fill-opacity=".5" d="M196 262V154l128-56 128 56v108z"/>',
        '<path class="sc-surf" fill-opacity=".88" d="M220 262v-52a18 18 0 0 1 36 0v52zM276 '
        "262v-52a18 18 0 0 1 36 0v52z"
        'M336 262v-52a18 18 0 0 1 36 0v52zM392 262v-52a18 18 0 0 1 36 0v52zM324 126a16 16 0 1 1-.1 0z"/>',
        '<path class="sc-c" fill-opacity=".2" d="M0 262h640v98H0z"/>',
        '<path class="sc-line-s" stroke-width="3" stroke-opacity=".7" d="M320 262v98M190 262l-70 '
        '98m330-98 70 98M0 296h640"/>',
        '<path class="sc-line" stroke-width="3" stroke-opacity=".6" d="M0 92q110 46 324 6 200 46 316-14"/>',
        '<path class="sc-acc" d="M60 108h24l-12 26zM150 118h24l-12 26zM236 112h24l-12 26zM384 '
        '104h24l-12 26zM470 114h24l-12 26zM556 106h24l-12 26z"/>',
    ),
    "eau": (
        _SUN,
        '<path class="sc-c" fill-opacity=".16" d="M0 196c90-40 190-30 300-14s240-40 340-8v186H0z"/>',
        '<path class="sc-c" d="M246 214h150l-26 36H274z"/>',
        '<path class="sc-c" fill-opacity=".55" d="M316 208V84l-66 124z"/>',
        '<path class="sc-surf" fill-opacity=".92" d="M326 208V104l58 104z"/>',
        '<path class="sc-c" fill-opacity=".3" d="M0 238q40-18 80 0t80 0 80 0 80 0 80 0 80 0 80 0 '
        '80 0v122H0z"/>',
        '<path class="sc-c" fill-opacity=".34" d="M-40 282q40-18 80 0t80 0 80 0 80 0 80 0 80 0 '
        '80 0 80 0 80 0v78H-40z"/>',
        '<path class="sc-line-s" stroke-width="4" stroke-opacity=".7" d="M70 262h54m250-2h70m76 '
        '24h54m-420 26h66m180 6h84"/>',
    ),
    "texte": (
        '<circle class="sc-acc" cx="504" cy="120" r="40"/>',
        '<path class="sc-c" fill-opacity=".16" d="M0 292c140-50 300-10 640-40v108H0z"/>',
        '<path class="sc-c" fill-opacity=".3" d="m214 82 194-24 30 244-194 24z"/>',
        '<path class="sc-surf" d="M204 64h196v250H204z"/>',
        '<path class="sc-acc" fill-opacity=".55" d="M226 164h152v24H226z"/>',
        '<path class="sc-line" stroke-width="7" stroke-opacity=".5" d="M232 100h86m-86 '
        '36h138m-138 40h138m-138 40h138m-138 36h110m-110 34h60"/>',
        '<path class="sc-c" d="m352 300 96-126 28 21-96 126-36 14z"/>',
        '<path class="sc-surf" fill-opacity=".8" d="m440 184 28 21-8 11-28-21z"/>',
    ),
    "urne": (
        '<path class="sc-c" fill-opacity=".2" d="M0 270c200-30 420-30 640 0v90H0z"/>',
        '<path class="sc-acc" d="M216 170a104 104 0 0 1 208 0z"/>',
        '<path class="sc-surf" d="m262 84 104-18 15 104H275z"/>',
        '<path class="sc-line" stroke-width="9" d="m300 128 16 18 34-40"/>',
        '<path class="sc-c" fill-opacity=".7" d="M196 196h248v106H196z"/>',
        '<path class="sc-c" d="M180 168h280v28H180z"/>',
        '<path class="sc-surf" fill-opacity=".9" d="M248 177h144v9H248z"/>',
        '<path class="sc-line-s" stroke-width="6" stroke-opacity=".75" d="M232 236h92m-92 28h60"/>',
    ),
    "mains": (
        '<path class="sc-acc" d="M320 164c-34-26-58-46-58-74a30 30 0 0 1 58-10 30 30 0 0 1 58 '
        '10c0 28-24 48-58 74z"/>',
        '<path class="sc-c" fill-opacity=".16" d="M0 250c160-60 420-60 640 0v110H0z"/>',
        '<g opacity=".55"><path class="sc-line" stroke-width="54" d="M664 318c-104-2-164-56-264-72"/>'
        '<path class="sc-line" stroke-width="20" d="m424 232-72-16m60 32-68-10m62 '
        '32-58-6m78-30-40-32"/></g>',
        '<path class="sc-line" stroke-width="54" d="M-24 318c104-2 164-56 264-72"/>',
        '<path class="sc-line" stroke-width="20" d="m216 232 72-16m-60 32 68-10m-62 32 58-6m-78-30 40-32"/>',
        '<path class="sc-line-s" stroke-width="14" d="m132 266 24 46m352-46-24 46"/>',
    ),
}

NAMES = tuple(_SHAPES)

# First match wins: "école du parc" is about a school.
_WORDS = (
    (r"ecol|educat|colleg|lycee|enfan|jeun|periscol|creche|scolair", "ecole"),
    (r"mobilit|velo|cycl|transport|voirie|circulation|deplacement|tram|bus\b|pieton|stationn|route", "velo"),
    (r"jardin|potag|aliment|agricol|agricult|cantine|compost", "jardin"),
    (r"eaux?\b|fleuve|rivier|littoral|mers?\b|ports?\b|inondation|baignade|piscine", "eau"),
    (r"parcs?\b|nature|arbre|vegetal|biodivers|environ|climat|ecolog|foret|espaces? verts?|energie", "parc"),
    (r"solidar|entraide|sante|social|aines?\b|senior|handicap|inclus|voisin|benevol|egalit", "mains"),
    (r"vote|votation|scrutin|elect|democrat|citoyen|budget|conseil", "urne"),
    (r"texte|reglement|charte|consult|plans?\b|lois?\b|article|numerique|question", "texte"),
    (r"places?\b|commerc|cultur|fete|sport|loisir|marche|animation|centre|tourism|associat", "place"),
    (r"quai|urban|logement|habitat|architect|patrimoin|quartier|renovation|immobil", "quai"),
)
_WORDS_COMPILED = tuple((re.compile(rf"\b(?:{words})"), name) for words, name in _WORDS)
# Scenes that say nothing in particular, for what nothing is known of.
_ANYWHERE = ("quai", "parc", "place", "jardin", "eau")


def scene(name: str) -> Markup:
    """The SVG of that scene, hidden from screen readers. Raises KeyError for another name "
    "than NAMES, accents aside."""
    return Markup(_FRAME.format("".join(_SHAPES[_plain(name)])))  # noqa: S704 - our own drawings


def scene_for(key: str, theme_name: str | None = None) -> str:
    """The name of the scene that goes with a theme ("Mobilités" -> "velo"), or one drawn from the key.

    key: anything stable of the thing illustrated (its id), so that it keeps its picture.
    """
    if theme_name:
        words = _plain(theme_name)
        for pattern, name in _WORDS_COMPILED:
            if pattern.search(words):
                return name
    return _ANYWHERE[hashlib.sha256(key.encode()).digest()[0] % len(_ANYWHERE)]


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
