"""Pictures that people send: what is kept of them, what is refused, who sees them, what is swept away."""

from __future__ import annotations

import hashlib
import io
import itertools
import resource
import struct
import time
import zlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pillow_heif
import pytest
from PIL import Image, ImageCms, PngImagePlugin
from sqlalchemy import update

from app.db import clock as clocks
from app.db.session import db
from app.db.storage import FolderStore, store
from app.participation import contributions, drafts, moderate, photos
from app.participation.acts import LIFETIME
from app.participation.models import Contribution, Draft, Intention, Photo
from app.participation.photos import PhotoError, PhotoTooHeavy, PhotoTooLarge, PhotoUnreadable
from app.participation.steps import get_step_by_id
from tests.participation.deposits import count, deposit
from tests.support.world import TenantWorld, make_person, make_step

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
GPS = "48.8566 nord"
MADE_ON = "2026:11:20 08:15:00"


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    if kind == "HEIF":
        pillow_heif.register_heif_opener()
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


def corners() -> Image.Image:
    """48 × 32: red above left, green above right, blue below left, white below right."""
    picture = Image.new("RGB", (48, 32), WHITE)
    for colour, box in ((RED, (0, 0, 24, 16)), (GREEN, (24, 0, 48, 16)), (BLUE, (0, 16, 24, 32))):
        picture.paste(colour, box)
    return picture


def grain(width: int, height: int, sigma: int = 40) -> Image.Image:
    return Image.merge("RGB", [Image.effect_noise((width, height), sigma) for _ in range(3)])


def near(found: object, expected: tuple[int, int, int], off: int = 12) -> bool:
    return all(abs(a - b) <= off for a, b in zip(found, expected, strict=True))  # type: ignore[call-overload]


def send(
    tenant: TenantWorld, content: bytes, by: UUID | None = None, *, alt: str = "", at: datetime | None = None
) -> Photo:
    with tenant.scope():
        return photos.receive(io.BytesIO(content), alt=alt, uploader_id=by, now=at or clocks.now())


def files(tenant: TenantWorld) -> list[str]:
    with tenant.scope():
        return [key.split("/", 2)[2] for key in store().keys(f"{tenant.id}/photo")]


def variants(tenant: TenantWorld, photo: Photo) -> dict[tuple[int, str], bytes]:
    with tenant.scope():
        return {
            (width, extension): photos.read(photo.id, width, extension)
            for width in photo.widths
            for extension in photos.EXTENSIONS
        }


# --- what is kept ---------------------------------------------------------------------------------------------


def with_everything(kind: str) -> bytes:
    """A picture that says where and when it was taken, by whom, with what: EXIF, XMP, comment, profile."""
    exif = Image.Exif()
    exif[0x0132], exif[0x013B], exif[0x0112] = MADE_ON, "Inès Rochard", 1
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 24.0), 29: "2026:11:20"})
    exif.get_ifd(0x8769).update({0x9003: MADE_ON, 0x9286: GPS.encode()})
    options: dict[str, object] = {"exif": exif}
    if kind == "JPEG":
        options |= {"comment": GPS, "xmp": f"<x>{GPS}</x>".encode()}
        options["icc_profile"] = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    if kind == "PNG":
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Comment", GPS)
        options["pnginfo"] = notes
    if kind == "WEBP":
        options["xmp"] = f"<x>{GPS}</x>".encode()
    content = encoded(grain(600, 400), kind, **options)
    assert GPS.encode() in content
    return content


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
def test_nothing_but_pixels_is_kept_in_any_variant(rive, clock, amina, kind):
    photo = send(rive, with_everything(kind), amina)

    kept = variants(rive, photo)

    assert len(kept) == 4
    for (_, extension), content in kept.items():
        for told in (GPS.encode(), MADE_ON.encode(), b"Rochard", b"Exif", b"EXIF", b"XMP ", b"ICC", b"http"):
            assert told not in content
        with Image.open(io.BytesIO(content)) as picture:
            picture.load()
            assert dict(picture.getexif()) == {}
            assert not {"exif", "xmp", "icc_profile", "comment"} & set(picture.info)
            assert picture.format == {"webp": "WEBP", "jpg": "JPEG"}[extension]


#: Where the colours of `corners` come to stand once the picture is upright: above left, right, below left, right.
UPRIGHT = {
    1: (RED, GREEN, BLUE, WHITE),
    2: (GREEN, RED, WHITE, BLUE),
    3: (WHITE, BLUE, GREEN, RED),
    4: (BLUE, WHITE, RED, GREEN),
    5: (RED, BLUE, GREEN, WHITE),
    6: (BLUE, RED, WHITE, GREEN),
    7: (WHITE, GREEN, BLUE, RED),
    8: (GREEN, WHITE, RED, BLUE),
}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_upright_however_the_phone_was_held(kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation

    upright = photos.decode(encoded(corners(), kind, exif=exif, quality=95))

    width, height = (48, 32) if orientation < 5 else (32, 48)
    assert upright.size == (width, height)
    places = [(x, y) for y in (8, height - 8) for x in (8, width - 8)]
    found = [upright.getpixel(place) for place in places]
    assert all(near(one, expected, 40) for one, expected in zip(found, UPRIGHT[orientation], strict=True)), (
        found
    )


@pytest.mark.parametrize("orientation", [0, 9, 77])
def test_an_orientation_that_means_nothing_is_ignored(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation

    assert photos.decode(encoded(corners(), "PNG", exif=exif)).getpixel((8, 8)) == RED


def test_a_large_picture_turned_sideways_is_fitted_by_its_upright_width():
    exif = Image.Exif()
    exif[0x0112] = 6

    upright = photos.decode(encoded(Image.new("RGB", (4000, 3000), RED), "JPEG", exif=exif))

    assert upright.size == (1600, 2133)


@pytest.mark.parametrize(
    ("width", "widths"),
    [
        (1, [1]),
        (479, [479]),
        (480, [480]),
        (481, [480, 481]),
        (960, [480, 960]),
        (1600, [480, 960, 1600]),
        (1601, [480, 960, 1600]),
        (4000, [480, 960, 1600]),
    ],
)
def test_variants_are_never_enlarged(width, widths):
    picture = photos.decode(encoded(Image.new("RGB", (width, 10), GREEN), "PNG"))

    made = photos.encode(picture)

    assert [(one.width, one.extension) for one in made] == [(w, e) for w in widths for e in ("webp", "jpg")]
    for one in made:
        with Image.open(io.BytesIO(one.content)) as variant:
            assert variant.size == (one.width, max(1, round(picture.height * one.width / picture.width)))


@pytest.mark.parametrize("size", [(1, 1), (30_000, 1), (1, 60_000), (10, 20_000), (3, 16_400)])
def test_the_strangest_shapes_pass(size):
    picture = photos.decode(encoded(Image.new("RGB", size, GREEN), "PNG"))

    made = photos.encode(picture)

    assert picture.width <= 1600
    assert picture.height <= 3200
    for one in made:
        with Image.open(io.BytesIO(one.content)) as variant:
            variant.load()


@pytest.mark.parametrize("sigma", [40, 120, 255])
def test_at_960_no_variant_is_heavier_than_200_kb(sigma):
    made = photos.encode(grain(1600, 3200, sigma) if sigma == 255 else grain(1600, 1200, sigma))

    weights = {(one.width, one.extension): len(one.content) for one in made}
    assert max(weight for (width, _), weight in weights.items() if width <= 960) <= 200 * 1024


def test_the_dominant_colour_is_that_of_most_of_the_picture():
    picture = Image.new("RGB", (300, 200), (20, 90, 140))
    picture.paste((250, 240, 10), (0, 0, 90, 200))

    red, green, blue = (int(photos.dominant_colour(picture)[i : i + 2], 16) for i in (1, 3, 5))

    assert near((red, green, blue), (20, 90, 140), 6)


def test_a_description_is_kept_clean_and_short(rive, clock, amina):
    photo = send(rive, encoded(corners(), "PNG"), amina, alt="  La place\n\u202evide " + "x" * 400)

    assert photo.alt.startswith("La place vide xxx")
    assert len(photo.alt) == photos.ALT_MAX


def test_a_photo_is_a_row_and_its_files(rive, clock, amina):
    photo = send(rive, encoded(corners().resize((1000, 800)), "JPEG"), amina, alt="La place")

    with rive.scope():
        row = db.session.get_one(Photo, (rive.id, photo.id))
        assert (row.uploader_id, row.alt, row.width, row.height) == (amina, "La place", 1000, 800)
        assert row.widths == [480, 960, 1000]
        shown = photos.sources(row.id, row.widths, width=row.width, height=row.height)
    base = f"{rive.path}/fichiers/photos/{photo.id}"
    assert shown == {
        "src": f"{base}/960.jpg",
        "webp": f"{base}/480.webp 480w, {base}/960.webp 960w, {base}/1000.webp 1000w",
        "jpeg": f"{base}/480.jpg 480w, {base}/960.jpg 960w, {base}/1000.jpg 1000w",
        "width": 960,
        "height": 768,
    }
    assert files(rive) == sorted(f"{photo.id}-{w}.{e}" for w in (480, 960, 1000) for e in ("jpg", "webp"))


# --- what phones and software send ----------------------------------------------------------------------------


def test_the_name_of_the_file_decides_nothing():
    # The decoder only ever sees bytes: a PNG that was called .jpg is a PNG.
    assert photos.decode(encoded(corners(), "PNG")).getpixel((8, 8)) == RED


def test_an_iphone_s_picture_is_read(rive, clock, amina):
    photo = send(rive, encoded(corners().resize((960, 640)), "HEIF", quality=90), amina)

    assert photo.widths == [480, 960]
    kept = variants(rive, photo)
    with Image.open(io.BytesIO(kept[960, "jpg"])) as picture:
        assert near(picture.getpixel((100, 100)), RED, 30)


def test_an_animation_keeps_its_first_picture():
    frames = [Image.new("RGB", (30, 30), colour) for colour in (RED, BLUE, GREEN)]

    gif = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)
    webp = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=100, lossless=True)
    png = encoded(frames[0], "PNG", save_all=True, append_images=frames[1:], duration=100)

    for content in (gif, webp, png):
        assert near(photos.decode(content).getpixel((5, 5)), RED)


def test_printers_colours_become_those_of_screens():
    cyan_free = Image.new("CMYK", (40, 40), (0, 255, 255, 0))

    assert near(photos.decode(encoded(cyan_free, "JPEG")).getpixel((5, 5)), RED)


def test_sixteen_bits_become_eight_without_burning():
    grey = Image.new("I;16", (40, 40), 0x7FFF)
    wide = Image.new("I;16", (3000, 40), 0x7FFF)

    for picture in (grey, wide):
        assert near(photos.decode(encoded(picture, "PNG")).getpixel((5, 5)), (127, 127, 127), 2)


def test_sixteen_bit_colours_too():
    rows = b"".join(b"\0" + struct.pack(">HHH", 0xFFFF, 0x8000, 0) * 4 for _ in range(4))

    assert near(photos.decode(png(4, 4, rows, depth=16)).getpixel((1, 1)), (255, 128, 0), 2)


def test_what_is_transparent_becomes_white():
    clear = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    half = Image.new("RGBA", (3000, 40), (255, 0, 0, 128))
    palette = Image.new("P", (40, 40), 0)
    palette.putpalette([200, 10, 30] * 256)

    assert photos.decode(encoded(clear, "PNG")).getpixel((5, 5)) == WHITE
    assert near(photos.decode(encoded(half, "PNG")).getpixel((5, 5)), (255, 127, 127), 3)
    assert photos.decode(encoded(palette, "PNG", transparency=0)).getpixel((5, 5)) == WHITE
    assert photos.decode(encoded(palette, "PNG")).getpixel((5, 5)) == (200, 10, 30)
    assert (
        photos.decode(encoded(Image.new("L", (9, 9), 80), "PNG", transparency=80)).getpixel((5, 5)) == WHITE
    )


def test_a_profile_of_colours_is_applied_and_a_false_one_ignored():
    picture = Image.new("RGB", (40, 40), (200, 100, 50))
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()

    for profile in (b"not a profile", lab):
        found = photos.decode(encoded(picture, "PNG", icc_profile=profile)).getpixel((5, 5))
        assert near(found, (200, 100, 50), 2)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize("width", [40, 2000])
def test_every_mode_of_png_is_read(mode, width):
    assert photos.decode(encoded(Image.new(mode, (width, 30)), "PNG")).mode == "RGB"


@pytest.mark.bench
def test_a_phone_s_picture_takes_less_than_a_second_and_a_half_of_work():
    content = encoded(grain(1000, 750, 60).resize((4000, 3000)), "JPEG", quality=88)
    started = time.process_time()

    made = photos.encode(photos.decode(content))

    # Of the processor, not of the clock on the wall: other work of the machine is not counted.
    assert time.process_time() - started < 1.5
    assert [one.width for one in made] == [480, 480, 960, 960, 1600, 1600]


# --- what is refused ------------------------------------------------------------------------------------------


def png(width: int, height: int, rows: bytes, *, depth: int = 8, more: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + more + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'

UNREADABLE = {
    "nothing": b"",
    "a text called .jpg": b"Bonjour, je suis un texte.",
    "a drawing with a script": SVG,
    "a drawing after a declaration": b'<?xml version="1.0"?>\n' + SVG,
    "a page called .jpg": b"<!doctype html><script>alert(1)</script>",
    "a PDF": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n",
    "an archive": b"PK\x03\x04" + b"\0" * 60,
    "a TIFF": encoded(corners(), "TIFF"),
    "a BMP": encoded(corners(), "BMP"),
    "a PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "a signature alone": b"\x89PNG\r\n\x1a\n",
    "a JPEG's beginning": encoded(grain(200, 200), "JPEG")[:40],
    "a damaged HEIC": b"\0\0\0\x1cftypheic" + b"\0" * 400,
    "a damaged AVIF": b"\0\0\0\x1cftypavif" + b"\0" * 400,
    "a damaged GIF": b"GIF89a" + b"\xff" * 300,
    "a damaged WebP": b"RIFF\xff\0\0\0WEBPVP8 " + b"\0" * 100,
    "a PNG whose notes swell": png(9, 9, b"\0" * 300, more=chunk(b"zTXt", b"a\0\0" + zlib.compress(b"x" * 10**8, 9))),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_picture_is_refused_and_nothing_is_kept(rive, clock, amina, name):
    with pytest.raises(PhotoUnreadable) as refused:
        send(rive, UNREADABLE[name], amina)

    assert refused.value.sentence() == (
        "Ce fichier n’est pas une photo lisible. Envoyez une photo JPEG, PNG, WebP ou HEIC."
    )
    assert (files(rive), count(rive, Photo)) == ([], 0)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "HEIF", "AVIF"])
def test_a_truncated_picture_is_refused(kind):
    whole = encoded(grain(300, 300, 80), kind)

    for part in (0.3, 0.9):
        with pytest.raises(PhotoUnreadable):
            photos.decode(whole[: int(len(whole) * part)])


def test_random_damage_never_escapes_as_an_error_of_ours():
    whole = {kind: bytearray(encoded(grain(60, 60), kind)) for kind in ("JPEG", "PNG", "WEBP", "GIF", "AVIF")}
    digest = itertools.count()

    for kind, original in whole.items():
        for _ in range(60):
            damaged = bytearray(original)
            place = hashlib.sha256(f"{kind}{next(digest)}".encode()).digest()
            for i in range(0, 24, 4):
                damaged[int.from_bytes(place[i : i + 3], "big") % len(damaged)] ^= place[i + 3] or 1
            with suppress(PhotoError):
                photos.decode(bytes(damaged))


def test_more_than_10_mb_is_refused_before_it_is_read(rive, clock, amina):
    heavy = encoded(corners(), "PNG") + b"\0" * (12 * 1024 * 1024)

    class Watched(io.BytesIO):
        taken = 0

        def read(self, size: int | None = -1, /) -> bytes:
            found = super().read(size)
            self.taken += len(found)
            return found

    stream = Watched(heavy)
    with pytest.raises(PhotoTooHeavy) as refused, rive.scope():
        photos.receive(stream, alt="", uploader_id=amina, now=clock())

    assert refused.value.sentence() == (
        "La photo dépasse 10 Mo. Choisissez-en une plus légère : votre texte est conservé."
    )
    assert stream.taken == photos.MAX_BYTES + 1
    assert (files(rive), count(rive, Photo)) == ([], 0)


def test_10_mb_exactly_are_taken():
    picture = encoded(corners(), "PNG")

    assert photos.decode(picture + b"\0" * (photos.MAX_BYTES - len(picture))).size == (48, 32)


@pytest.mark.parametrize(
    ("width", "height"), [(50_000, 50_000), (9_000, 9_000), (60_000_001, 1), (1, 2**31 - 1)]
)
def test_a_decompression_bomb_is_refused_at_its_header(width, height):
    bomb = png(width, height, b"\0" * 5_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(PhotoError) as refused:
        photos.decode(bomb)

    assert isinstance(refused.value, PhotoTooLarge)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 * 1024


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "WEBP"])
def test_a_bomb_of_another_kind_too(kind):
    size = (16_000, 4_000)

    with pytest.raises(PhotoTooLarge):
        photos.decode(encoded(Image.new("L" if kind != "WEBP" else "RGB", size), kind))


def test_when_the_disk_is_full_nothing_stays(rive, clock, amina, monkeypatch):
    real = FolderStore.put
    written: list[str] = []

    def put(self: FolderStore, key: str, content: bytes) -> None:
        if len(written) == 3:
            raise OSError("No space left on device")
        written.append(key)
        real(self, key, content)

    monkeypatch.setattr(FolderStore, "put", put)
    with pytest.raises(OSError, match="No space left"):
        send(rive, encoded(grain(1000, 800), "JPEG"), amina)

    assert len(written) == 3
    assert (files(rive), count(rive, Photo)) == ([], 0)


def test_a_photo_removed_takes_its_files_with_it(rive, clock, amina):
    kept, gone = (send(rive, encoded(corners(), "PNG"), amina) for _ in range(2))

    with rive.scope():
        photos.remove(db.session.get_one(Photo, (rive.id, gone.id)))

    assert {name.rpartition("-")[0] for name in files(rive)} == {str(kept.id)}
    assert count(rive, Photo) == 1


# --- sweeping -------------------------------------------------------------------------------------------------


@pytest.fixture
def real_now() -> datetime:
    """Identifiers hold the real time, whatever the clock of the test says."""
    return datetime.now(UTC)


def sweep(tenant: TenantWorld, now: datetime) -> photos.Swept:
    with tenant.scope():
        return photos.sweep(now)


def test_a_photo_that_nothing_shows_goes_after_three_days(rive, levant, clock, amina, real_now):
    step_id = make_step(rive)
    at = real_now
    shown, in_a_draft, being_sent, _ = (send(rive, encoded(corners(), "PNG"), amina, at=at) for _ in range(4))
    theirs = send(levant, encoded(corners(), "PNG"), at=at)
    deposit(rive, step_id, photo_id=shown.id)
    with rive.scope():
        step = get_step_by_id(step_id)
        drafts.save("toy", step, amina, {"photo": str(in_a_draft.id)}, draft_id=None, now=at)
        intention = Intention(
            act="toy",
            step_id=step_id,
            person_id=amina,
            payload={"photo": str(being_sent.id)},
            state="open",
            created_at=at,
            expires_at=at + LIFETIME,
        )
        db.session.add(intention)

    young = sweep(rive, at + timedelta(days=3))
    swept = sweep(rive, at + timedelta(days=3, seconds=1))
    again = sweep(rive, at + timedelta(days=3, seconds=1))

    assert (young, swept, again) == (photos.Swept(0, 0), photos.Swept(1, 0), photos.Swept(0, 0))
    left = {shown.id, in_a_draft.id, being_sent.id}
    with rive.scope():
        assert set(db.session.scalars(db.select(Photo.id))) == left
    assert {UUID(name.rpartition("-")[0]) for name in files(rive)} == left
    assert (len(files(levant)), count(levant, Photo)) == (2, 1)
    with rive.scope():
        db.session.execute(db.delete(Draft))
        db.session.execute(update(Intention).values(state="dropped"))
        db.session.execute(update(Contribution).values(photo_id=None))
    assert sweep(rive, at + timedelta(days=4)) == photos.Swept(3, 0)
    assert (files(rive), count(rive, Photo)) == ([], 0)
    assert len(files(levant)) == 2
    assert theirs.id not in left


def test_files_of_a_photo_that_was_never_committed_go_and_those_being_written_stay(
    rive, levant, clock, amina, real_now
):
    with rive.scope():
        photos.receive(io.BytesIO(encoded(corners(), "PNG")), alt="", uploader_id=amina, now=real_now)
        # The deposit fails after its picture was written.
        db.session.rollback()
    kept = send(rive, encoded(corners(), "PNG"), amina, at=real_now)
    theirs = send(levant, encoded(corners(), "PNG"), at=real_now)
    with rive.scope():
        aside = f"{rive.id}/photo/.{theirs.id}-480.webp.ab12cd34"
        store().put(aside, b"half")
        store().put(f"{rive.id}/photo/README", b"not ours")

    early = sweep(rive, real_now + timedelta(minutes=30))
    late = sweep(rive, real_now + timedelta(hours=2))

    assert (early, late) == (photos.Swept(0, 0), photos.Swept(0, 3))
    assert files(rive) == [f"{kept.id}-48.jpg", f"{kept.id}-48.webp", "README"]
    assert len(files(levant)) == 2


# --- serving --------------------------------------------------------------------------------------------------


def address(photo: Photo, name: str = "48.webp") -> str:
    return f"/fichiers/photos/{photo.id}/{name}"


@pytest.fixture
def photo(rive, clock, amina) -> Photo:
    return send(rive, encoded(corners(), "PNG"), amina, alt="La place")


@pytest.mark.needs_module
def test_a_published_idea_s_photo_is_served_in_both_formats(rive, browse, photo, amina):
    deposit(rive, make_step(rive), author=amina, photo_id=photo.id)
    visitor = browse(rive)

    webp, jpeg = visitor.get(address(photo)), visitor.get(address(photo, "48.jpg"))

    assert (webp.status_code, webp.mimetype, jpeg.mimetype) == (200, "image/webp", "image/jpeg")
    assert webp.headers["X-Content-Type-Options"] == "nosniff"
    assert webp.headers["Cache-Control"] == "private, max-age=3600"
    with Image.open(io.BytesIO(webp.data)) as picture:
        assert picture.size == (48, 32)
    unchanged = visitor.get(address(photo), headers={"If-None-Match": webp.headers["ETag"]})
    assert (unchanged.status_code, unchanged.data) == (304, b"")


@pytest.mark.parametrize("name", ["960.webp", "48.png", "48.svg", "0.jpg", "../48.webp", "48.webp.exe"])
def test_only_the_variants_that_exist(rive, browse, photo, amina, name):
    deposit(rive, make_step(rive), author=amina, photo_id=photo.id)

    assert browse(rive).get(address(photo, name)).status_code == 404


def test_a_photo_just_sent_is_shown_to_who_sent_it_only(rive, browse, photo, amina, bruno):
    statuses = [browse(rive, who).get(address(photo)).status_code for who in (amina, bruno, None)]

    assert statuses == [200, 404, 404]


@pytest.mark.needs_module
@pytest.mark.parametrize("state", ["hidden", "withdrawn", "pending", "rejected"])
def test_the_photo_of_what_visitors_may_not_read_is_not_served(
    rive, browse, photo, amina, bruno, dora, state, clock
):
    idea = deposit(rive, make_step(rive), author=amina, photo_id=photo.id)
    before = browse(rive).get(address(photo)).status_code
    with rive.scope():
        if state == "hidden":
            moderate.hide(contributions.lock(idea), reason="off_topic", by=None, now=clock())
        else:
            waits = "moderation" if state == "pending" else None
            db.session.execute(update(Contribution).values(state=state, pending_for=waits))

    statuses = [browse(rive, who).get(address(photo)).status_code for who in (None, dora, amina)]

    assert (before, statuses) == (200, [404, 200, 200])


@pytest.mark.needs_module
def test_066_a_private_collection_shows_its_photos_to_authors_and_the_team(rive, browse, photo, amina, dora):
    deposit(rive, make_step(rive, private=True), author=amina, photo_id=photo.id)
    neighbour = make_person(rive, "Voisin V.")

    statuses = [browse(rive, who).get(address(photo)).status_code for who in (amina, dora, neighbour, None)]

    assert statuses == [200, 200, 404, 404]


def test_another_platform_does_not_serve_it(rive, levant, browse, photo, amina, chloe):
    deposit(rive, make_step(rive), author=amina, photo_id=photo.id)

    assert browse(levant).get(address(photo)).status_code == 404
    assert browse(levant, chloe).get(address(photo)).status_code == 404


def test_nor_does_a_platform_that_switched_the_application_off(make_tenant, browse, clock):
    closed = make_tenant("calme", modules={"boite_a_idees": {"enabled": False}})
    photo = send(closed, encoded(corners(), "PNG"))
    deposit(closed, make_step(closed), photo_id=photo.id)

    assert browse(closed).get(address(photo)).status_code == 404
