"""A page as the gates read it: its elements, its links, its resources, its forms with what a person would type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)


@dataclass
class Field:
    """One named control. options: values of a select, or of the radios of that name."""

    name: str
    kind: str
    value: str = ""
    options: list[str] = field(default_factory=list)
    required: bool = False
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass
class Form:
    action: str
    method: str
    multipart: bool
    fields: dict[str, Field] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def filled(self, **given: Any) -> dict[str, Any]:
        """What a willing person sends: every box ticked, the first real choice, a plausible text where one is asked."""
        values: dict[str, Any] = {}
        for control in self.fields.values():
            if control.kind == "file":
                continue
            values[control.name] = _typed(control)
        if self.buttons and all(name for name, _ in self.buttons):
            # A button without a name is the form's own verb; the others are ways out of it.
            name, value = self.buttons[0]
            values.setdefault(name, value)
        return values | given


_SENTENCE = "La place est en plein soleil l’été : quelques bancs sous les arbres suffiraient à chacun."


def _typed(control: Field) -> str:
    if control.options:
        return next((value for value in control.options if value), "")
    if control.kind in ("hidden", "checkbox") or control.value:
        return control.value
    if control.kind == "email":
        return "quelqu.un@rive.example"
    if control.kind in ("date", "datetime-local"):
        return "2026-12-24" if control.kind == "date" else "2026-12-24T18:00"
    if control.kind == "number":
        return control.attributes.get("min", "1")
    longest = int(control.attributes.get("maxlength") or 0)
    text = _SENTENCE if control.kind == "textarea" else "Des bancs à l’ombre"
    return text[:longest] if longest else text


class Page(HTMLParser):
    """elements: (name, attributes, line) of every tag, in order. text: what is between them."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str], int]] = []
        self.forms: list[Form] = []
        self.words: list[str] = []
        self.inline: list[tuple[str, str, int]] = []
        self._open: list[str] = []
        self._form: Form | None = None
        self._control: Field | None = None
        self.feed(source)
        self.close()

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, *names: str) -> Iterator[dict[str, str]]:
        return (attributes for name, attributes, _ in self.elements if name in names)

    def links(self) -> list[str]:
        return [attributes["href"] for attributes in self.all("a") if attributes.get("href")]

    def resources(self) -> list[tuple[str, str]]:
        """(element, address) of what a browser fetches by itself when it shows the page."""
        found = []
        for name, attributes, _ in self.elements:
            if name == "link" and {"canonical", "alternate", "license"} & set(
                attributes.get("rel", "").split()
            ):
                continue
            if name == "a" or (name == "link" and "href" not in attributes):
                continue
            for attribute in (
                "src",
                "href",
                "data",
                "poster",
                "action",
                "formaction",
                "background",
                "xlink:href",
            ):
                if attributes.get(attribute):
                    found.append((name, attributes[attribute]))
            if attributes.get("srcset"):
                found += [(name, part.split()[0]) for part in attributes["srcset"].split(",") if part.strip()]
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes, self.getpos()[0]))
        if tag not in _VOID:
            self._open.append(tag)
        if tag == "form":
            self._form = Form(
                attributes.get("action", ""),
                attributes.get("method", "get").lower(),
                attributes.get("enctype", "").startswith("multipart/"),
            )
            self.forms.append(self._form)
        elif self._form is not None:
            self._control_of(tag, attributes)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def _control_of(self, tag: str, attributes: dict[str, str]) -> None:
        assert self._form is not None
        if tag == "option" and self._control is not None:
            self._control.options.append(attributes.get("value", ""))
            return
        name = attributes.get("name", "")
        kind = attributes.get("type", "text") if tag == "input" else tag
        if tag == "button" or kind in ("submit", "image"):
            if attributes.get("type", "submit") in ("submit", "image"):
                self._form.buttons.append((name, attributes.get("value", "")))
            return
        if not name or "disabled" in attributes or tag not in ("input", "select", "textarea"):
            return
        if kind == "radio":
            control = self._form.fields.setdefault(name, Field(name, "radio", attributes=attributes))
            control.options.append(attributes.get("value", "on"))
        else:
            value = attributes.get("value", "on" if kind == "checkbox" else "")
            control = Field(name, kind, value, required="required" in attributes, attributes=attributes)
            self._form.fields[name] = control
        self._control = control

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            if self._open.pop() == tag:
                break
        if tag == "form":
            self._form = None
        if tag in ("select", "textarea"):
            self._control = None

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        if inside in ("script", "style"):
            if data.strip():
                self.inline.append((inside, data.strip(), self.getpos()[0]))
            return
        if inside == "textarea" and self._control is not None:
            self._control.value += data.strip()
        self.words.append(data)
