"""Ten scenes for what has no photo."""

import xml.etree.ElementTree as ElementTree

import pytest

from app.ui import scenes

SHAPES = {"path", "circle", "rect"}


@pytest.mark.parametrize("name", scenes.NAMES)
def test_a_scene_is_a_small_drawing_hidden_from_screen_readers(name):
    markup = scenes.scene(name)
    svg = ElementTree.fromstring(markup)

    assert svg.get("aria-hidden") == "true"
    assert svg.get("viewBox") == "0 0 640 360"
    assert len(markup.encode()) <= 3 * 1024
    # The ground, then at most nine shapes.
    assert sum(shape.tag in SHAPES for shape in svg.iter()) <= 10


@pytest.mark.parametrize("name", scenes.NAMES)
def test_a_scene_takes_its_colours_from_classes(name):
    markup = scenes.scene(name)

    assert "style" not in markup
    assert "#" not in markup
    assert "var(" not in markup
    assert 'class="sc-acc"' in markup


def test_there_are_ten_scenes_and_accents_are_optional():
    assert len(scenes.NAMES) == 10
    assert scenes.scene("vélo") == scenes.scene("velo")
    assert scenes.scene("École") == scenes.scene("ecole")


def test_an_unknown_scene_is_an_error():
    with pytest.raises(KeyError):
        scenes.scene("tramway")


@pytest.mark.parametrize(
    ("theme", "expected"),
    [
        ("Mobilités", "velo"),
        ("Voirie et circulation", "velo"),
        ("Écoles et enfance", "ecole"),
        ("Nature en ville", "parc"),
        ("Jardins partagés", "jardin"),
        ("Eau et berges", "eau"),
        ("Vie démocratique", "urne"),
        ("Solidarités", "mains"),
        ("Commerce et culture", "place"),
        ("Logement", "quai"),
        ("Règlement intérieur", "texte"),
    ],
)
def test_a_theme_finds_its_scene(theme, expected):
    assert scenes.scene_for("42", theme) == expected


def test_words_are_matched_from_their_beginning():
    """ "Niveau" is not about water, nor "Nouveau" about boats."""
    assert scenes.scene_for("1", "Nouveau niveau") == scenes.scene_for("1")


def test_a_thing_keeps_its_picture_and_things_differ():
    assert scenes.scene_for("idea-1") == scenes.scene_for("idea-1")
    assert len({scenes.scene_for(f"idea-{number}") for number in range(40)}) == 5
    assert {scenes.scene_for(f"idea-{number}") for number in range(40)} <= set(scenes.NAMES)
