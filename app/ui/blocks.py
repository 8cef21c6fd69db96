"""One block of a page's template, rendered alone: what htmx asks for, from the same template as the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any

from jinja2 import Environment, Template
from jinja2.runtime import Context
from markupsafe import Markup, escape


def render_block(env: Environment, template_name: str, block: str, context: Mapping[str, Any]) -> Markup:
    """The block as the template (or the nearest one it extends) defines it, with its imports and top-level sets.

    context: what the whole page would be given, context processors included. Blocks may call `super()`.
    Raises KeyError when no template of the chain has the block, TemplateNotFound, UndefinedError.
    """
    return render_blocks(env, template_name, [block], context)[block]


def render_blocks(
    env: Environment, template_name: str, blocks: list[str], context: Mapping[str, Any]
) -> dict[str, Markup]:
    """Several blocks of one template, prepared once."""
    template = env.get_template(template_name)
    prepared = _prepare(template, context)
    return {name: _joined(prepared.blocks[name][0](prepared)) for name in blocks}


def render_oob(
    env: Environment, template_name: str, targets: Mapping[str, str], context: Mapping[str, Any]
) -> Markup:
    """Blocks to slip into other places of the page: targets is {id of the element: block}."""
    found = render_blocks(env, template_name, list(targets.values()), context)
    return Markup("").join(
        Markup('<div id="{}" hx-swap-oob="innerHTML">{}</div>').format(escape(element), found[block])
        for element, block in targets.items()
    )


def _joined(pieces: Iterable[str]) -> Markup:
    return Markup("".join(pieces))  # noqa: S704 - what Jinja itself has escaped


def _prepare(template: Template, context: Mapping[str, Any]) -> Context:
    """A context that knows the blocks of the whole chain and everything set or imported above the first character.

    Jinja runs `extends`, `import` and `set` of each template of the chain before it writes anything: starting the page
    and stopping at its first piece of text does just that. Imports written lower in a page would be missed.
    """
    prepared = template.new_context(dict(context))
    with closing(template.root_render_func(prepared)) as page:  # type: ignore[type-var]
        next(page, None)
    return prepared
