"""Colour arithmetic: sRGB hexadecimal, OKLCH and WCAG contrast.

A colour is written `#rrggbb`, lower case. Lightness L runs from 0 to 1, chroma C from 0 to about .37, hue in degrees.
"""

import math
import re
from typing import NamedTuple

_HEX = re.compile(r"#[0-9a-f]{6}")
_IN_GAMUT = 1e-4


class Oklch(NamedTuple):
    lightness: float
    chroma: float
    hue: float


def parse_hex(value: str) -> str:
    """The colour as `#rrggbb`; `#abc` and capitals are accepted. Raises ValueError."""
    text = value.strip().lower()
    if re.fullmatch(r"#[0-9a-f]{3}", text):
        text = "#" + "".join(digit * 2 for digit in text[1:])
    if not _HEX.fullmatch(text):
        raise ValueError(f'colour is "{value}", expected "#rrggbb"')
    return text


def channels(colour: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    """WCAG relative luminance, 0 (black) to 1 (white)."""
    red, green, blue = (_to_linear(channel / 255) for channel in channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """WCAG contrast ratio of two colours, 1 to 21; the order does not matter."""
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def to_oklch(colour: str) -> Oklch:
    red, green, blue = (_to_linear(channel / 255) for channel in channels(colour))
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return Oklch(lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)


def from_oklch(lightness: float, chroma: float, hue: float) -> str:
    """The nearest colour a screen can show: lightness and hue are kept, chroma is lowered until sRGB holds it."""
    lightness = min(1.0, max(0.0, lightness))
    wanted = _to_linear_rgb(lightness, chroma, hue)
    if not _shown(wanted):
        low, high = 0.0, chroma
        for _ in range(20):
            middle = (low + high) / 2
            if _shown(_to_linear_rgb(lightness, middle, hue)):
                low = middle
            else:
                high = middle
        wanted = _to_linear_rgb(lightness, low, hue)
    return "#" + "".join(f"{_to_byte(channel):02x}" for channel in wanted)


def mix(first: str, second: str, share: float) -> str:
    """`share` of the first colour over the second, 0 to 1, channel by channel as a translucent layer would show."""
    pairs = zip(channels(first), channels(second), strict=True)
    return "#" + "".join(f"{round(top * share + under * (1 - share)):02x}" for top, under in pairs)


def _to_linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _to_byte(linear: float) -> int:
    linear = min(1.0, max(0.0, linear))
    encoded = 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
    return round(encoded * 255)


def _to_linear_rgb(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a = chroma * math.cos(math.radians(hue))
    b = chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _shown(rgb: tuple[float, float, float]) -> bool:
    return all(-_IN_GAMUT <= channel <= 1 + _IN_GAMUT for channel in rgb)
