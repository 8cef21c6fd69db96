"""One picture from a phone: checked, turned upright, stripped of its metadata, kept at three widths.

What arrives is never kept: only what this file re-encodes is stored and served.
"""

from __future__ import annotations

import io
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import IO, Any, ClassVar
from uuid import UUID

from PIL import Image, ImageCms
from sqlalchemy import Text, cast, delete, exists, select

from app.db.errors import DomainError
from app.db.session import db
from app.db.storage import store, tenant_file_key
from app.db.types import uuid7
from app.participation.models import Contribution, Draft, Intention, Photo
from app.tenancy.web import base_path
from app.ui.fields import clean

MEGABYTE = 1024 * 1024
MAX_BYTES = 10 * MEGABYTE
WIDTHS = (480, 960, 1600)
#: The whole picture fits in this box, pixels; nothing taller is a photograph, and WebP ends at 16,383.
BOX = (WIDTHS[-1], 2 * WIDTHS[-1])
#: A phone keeps 50 million pixels at its best; more would be decoded for nothing.
MAX_PIXELS = 60_000_000
#: Bytes of the variants up to 960 pixels wide; quality is lowered until they fit (ux §6.6).
CAP_960 = 200 * 1024
QUALITIES = (80, 68, 55, 40, 25, 10)
ALT_MAX = 250
#: The decoders that may read what a stranger sent; the name of the file decides nothing.
FORMATS: tuple[str, ...] = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
EXTENSIONS = ("webp", "jpg")

#: A picture that nothing shows is kept as long as the intention or the form that may still name it.
UNUSED_FOR = timedelta(days=3)
#: A file may be written before its row is committed.
UNCOMMITTED_FOR = timedelta(hours=1)
SWEPT_AT_ONCE = 500

_FILE = re.compile(r"/photo/\.?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-\d+\.(?:webp|jpg)[^/]*$")


class PhotoError(DomainError):
    code = "photo_refused"
    message = "Cette photo ne peut pas être utilisée. Choisissez-en une autre : votre texte est conservé."


class PhotoTooHeavy(PhotoError):
    code = "photo_too_heavy"
    message = "La photo dépasse 10 Mo. Choisissez-en une plus légère : votre texte est conservé."
    status: ClassVar[int] = 413


class PhotoUnreadable(PhotoError):
    code = "photo_unreadable"
    message = "Ce fichier n’est pas une photo lisible. Envoyez une photo JPEG, PNG, WebP ou HEIC."


class PhotoTooLarge(PhotoError):
    code = "photo_too_large"
    message = "La photo a trop de pixels. Envoyez-en une de moins de 60 millions de pixels."


@dataclass(frozen=True)
class Variant:
    """width: pixels. extension: webp or jpg."""

    width: int
    extension: str
    content: bytes


# --- pixels ---------------------------------------------------------------------------------------------------


def decode(content: bytes) -> Image.Image:
    """The picture upright, as RGB, fitted in BOX (never enlarged), without anything but its pixels.

    Raises PhotoTooHeavy, PhotoUnreadable (truncated, mislabelled, a drawing with scripts), PhotoTooLarge.
    """
    if len(content) > MAX_BYTES:
        raise PhotoTooHeavy
    formats = FORMATS
    if content[4:8] == b"ftyp":
        # Loaded for those who send an iPhone's picture only: it costs a process 15 MB.
        import pillow_heif

        pillow_heif.register_heif_opener()
        formats += ("HEIF",)
    try:
        with Image.open(io.BytesIO(content), formats=formats) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise PhotoTooLarge
            return _upright(picture)
    except PhotoError:
        raise
    except Image.DecompressionBombError as error:
        raise PhotoTooLarge from error
    except Exception as error:
        # Decoders meet hostile bytes with every kind of exception: none of them is a fault of ours.
        raise PhotoUnreadable from error


def _upright(picture: Image.Image) -> Image.Image:
    orientation = _orientation(picture)
    lying = orientation >= 5
    width, height = reversed(picture.size) if lying else picture.size
    scale = min(1.0, BOX[0] / width, BOX[1] / height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    # A JPEG is decoded at a half, a quarter or an eighth of its size when that is enough.
    picture.draft(None, size)
    picture.load()
    if size != picture.size:
        # Sixteen-bit and palette pictures cannot be averaged as they are.
        picture = _eight_bits(picture)
        picture.thumbnail(size, Image.Resampling.LANCZOS)
    rgb = _rgb(_eight_bits(picture))
    plain = Image.new("RGB", rgb.size)
    plain.paste(rgb)
    turn = _TURNS.get(orientation)
    return plain.transpose(turn) if turn is not None else plain


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _orientation(picture: Image.Image) -> int:
    """1 to 8, as the camera noted it; 1 when it noted nothing that can be read."""
    with suppress(Exception):
        found = picture.getexif().get(0x0112)
        if isinstance(found, int) and 1 <= found <= 8:
            return found
    return 1


def _eight_bits(picture: Image.Image) -> Image.Image:
    """RGB, RGBA, L or CMYK with the colour profile it had; transparency and 16 bits are kept as far as 8 allow."""
    if picture.mode in ("RGB", "RGBA", "L", "CMYK") and "transparency" not in picture.info:
        return picture
    profile = picture.info.get("icc_profile")
    if picture.mode.startswith("I"):
        # `convert` alone would turn to white all that is brighter than 255 of 65,535.
        made = picture.point(lambda value: value / 256).convert("L")
    else:
        made = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    made.info = {"icc_profile": profile} if profile and picture.mode not in ("L", "1") else {}
    return made


def _rgb(picture: Image.Image) -> Image.Image:
    """In the colours of every screen (sRGB), on white where it was transparent."""
    if picture.mode == "RGBA":
        on_white = Image.new("RGB", picture.size, "white")
        on_white.paste(picture, mask=picture.getchannel("A"))
        on_white.info = picture.info
        picture = on_white
    profile = picture.info.get("icc_profile")
    if profile:
        # A profile that lies about its picture is ignored.
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            found = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            turned = ImageCms.profileToProfile(
                picture, found, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            if turned is not None:
                return turned
    return picture.convert("RGB")


def encode(picture: Image.Image) -> list[Variant]:
    """WebP and JPEG at 480, 960 and 1600 pixels wide, never enlarged; a smaller picture keeps its own width."""
    widths = sorted({width for width in WIDTHS if width < picture.width} | {min(picture.width, WIDTHS[-1])})
    variants = []
    for width in widths:
        scaled = picture
        if width < picture.width:
            height = max(1, round(picture.height * width / picture.width))
            scaled = picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
        for extension in EXTENSIONS:
            variants.append(
                Variant(width, extension, _compress(scaled, extension, capped=width <= WIDTHS[1]))
            )
    return variants


def _compress(picture: Image.Image, extension: str, *, capped: bool) -> bytes:
    qualities = list(QUALITIES)
    while True:
        content = _save(picture, extension, qualities.pop(0))
        if not capped or len(content) <= CAP_960:
            return content
        if not qualities:
            # Nothing but noise: its finest grain goes, which nobody was looking at.
            half = picture.reduce(2)
            return _save(half.resize(picture.size, Image.Resampling.BILINEAR), extension, QUALITIES[-1])
        if len(content) > 3 * CAP_960:
            qualities = qualities[-2:]


def _save(picture: Image.Image, extension: str, quality: int) -> bytes:
    buffer = io.BytesIO()
    if extension == "webp":
        # The finer methods of the encoder cost three times as long for a few hundred bytes.
        picture.save(buffer, "WEBP", quality=quality, method=1)
    else:
        picture.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
    return buffer.getvalue()


def dominant_colour(picture: Image.Image) -> str:
    """The most frequent of its colours once there are few of them, `#rrggbb`: the ground shown while it arrives."""
    few = picture.resize((48, 48), Image.Resampling.BOX).quantize(6).convert("RGB")
    counted: list[Any] = list(few.getcolors(48 * 48) or [])
    red, green, blue = max(counted)[1]
    return f"#{red:02x}{green:02x}{blue:02x}"


# --- files and rows -------------------------------------------------------------------------------------------


def receive(stream: IO[bytes], *, alt: str, uploader_id: UUID | None, now: datetime) -> Photo:
    """Keep a picture somebody sent. alt: their description of it, '' when they gave none.

    Raises PhotoTooHeavy, PhotoUnreadable, PhotoTooLarge; nothing is stored then.
    """
    picture = decode(stream.read(MAX_BYTES + 1))
    variants = encode(picture)
    photo = Photo(
        id=uuid7(),
        uploader_id=uploader_id,
        alt=clean(alt, multiline=False)[:ALT_MAX],
        width=picture.width,
        height=picture.height,
        widths=sorted({variant.width for variant in variants}),
        colour=dominant_colour(picture),
        created_at=now,
    )
    try:
        for variant in variants:
            store().put(_key(photo.id, variant.width, variant.extension), variant.content)
        db.session.add(photo)
        db.session.flush()
    except BaseException:
        _delete_files(photo.id, photo.widths)
        raise
    return photo


def _key(photo_id: UUID, width: int, extension: str) -> str:
    return tenant_file_key("photo", f"{photo_id}-{width}.{extension}")


def _delete_files(photo_id: UUID, widths: list[int]) -> None:
    for width in widths:
        for extension in EXTENSIONS:
            store().delete(_key(photo_id, width, extension))


def read(photo_id: UUID, width: int, extension: str) -> bytes:
    """Bytes of one variant of a photo of the tenant in scope. Raises FileNotFoundError."""
    return store().get(_key(photo_id, width, extension))


def remove(photo: Photo) -> None:
    """Delete a photo and its files."""
    _delete_files(photo.id, photo.widths)
    db.session.delete(photo)
    db.session.flush()


@dataclass(frozen=True)
class Swept:
    """photos: rows removed, with their files. files: files removed that no row named."""

    photos: int
    files: int


def sweep(now: datetime) -> Swept:
    """Remove the tenant's photos that nothing has shown for three days, and the files that no photo names.

    A photo named in a draft, or in what somebody is still confirming, is kept. Safe to run twice.
    """
    as_text = cast(Photo.id, Text)
    used = (
        exists().where(Contribution.tenant_id == Photo.tenant_id, Contribution.photo_id == Photo.id),
        exists().where(Draft.tenant_id == Photo.tenant_id, cast(Draft.fields, Text).contains(as_text)),
        exists().where(
            Intention.tenant_id == Photo.tenant_id,
            Intention.state == "open",
            cast(Intention.payload, Text).contains(as_text),
        ),
    )
    unused = select(Photo.id).where(Photo.created_at < now - UNUSED_FOR, *(~use for use in used))
    removed = db.session.execute(
        delete(Photo)
        .where(Photo.id.in_(unused.limit(SWEPT_AT_ONCE)))
        .returning(Photo.id, Photo.widths)
        .execution_options(synchronize_session=False)
    ).all()
    for row in removed:
        _delete_files(row.id, row.widths)
    return Swept(photos=len(removed), files=_sweep_files(now))


def _sweep_files(now: datetime) -> int:
    found: dict[UUID, list[str]] = {}
    for key in store().keys(tenant_file_key("photo", "")):
        name = _FILE.search(f"/{key}")
        if name is not None and _minted_at(UUID(name[1])) < now - UNCOMMITTED_FOR:
            found.setdefault(UUID(name[1]), []).append(key)
    if not found:
        return 0
    known = set(db.session.scalars(select(Photo.id)))
    orphans = [key for photo_id, keys in found.items() if photo_id not in known for key in keys]
    for key in orphans:
        store().delete(key)
    return len(orphans)


def _minted_at(photo_id: UUID) -> datetime:
    """When the identifier was drawn: it begins with its millisecond (`uuid7`)."""
    return datetime.fromtimestamp((photo_id.int >> 80) / 1000, UTC)


def sources(photo_id: UUID, widths: list[int], *, width: int, height: int) -> dict[str, object]:
    """What a template's `<picture>` needs: src, srcset of both formats, the size to reserve.

    widths: the stored variants, ascending pixels.
    """
    base = f"{base_path()}/fichiers/photos/{photo_id}"
    shown = next((w for w in widths if w >= WIDTHS[1]), widths[-1])
    return {
        "src": f"{base}/{shown}.jpg",
        "webp": ", ".join(f"{base}/{w}.webp {w}w" for w in widths),
        "jpeg": ", ".join(f"{base}/{w}.jpg {w}w" for w in widths),
        "width": shown,
        "height": max(1, round(height * shown / width)),
    }
