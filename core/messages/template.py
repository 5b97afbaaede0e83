"""Texts with merge fields, in the smallest part of Jinja that says "Dear {{ recipient.first_name }}".

A template may name known fields, pass them through a few filters and ask whether one is filled. Everything else the
language has (calls, attributes, arithmetic, loops, imports, text in quotes) is refused before anything runs; what is
left runs in Jinja's immutable sandbox, where a field that has no value is an error and never an empty text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from core.yamlfile import nearest

KNOWN = frozenset({"client.name", "recipient.name", "recipient.first_name", "firm.name", "link"})
"""What every template may name; a template lists further fields, which the message has to bring, under ``fields``."""
FILTERS = ("capitalize", "lower", "title", "trim", "upper")
LONGEST_TEMPLATE = 4_000
LONGEST_TEXT = 10_000
ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Filter, nodes.If, nodes.Not,
)  # fmt: skip
LINE_BREAKS = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class TemplateProblem(ValueError):
    """A template that cannot be used, or values that do not fit it; says in one line what is wrong."""


@dataclass(frozen=True)
class Text:
    """A checked template, and the fields it names."""

    template: Template
    fields: frozenset[str]

    def render(self, values: Mapping[str, str]) -> str:
        """Fill in the fields, named as in the template; raises ``TemplateProblem`` for one without a value."""
        missing = sorted(self.fields - values.keys())
        if missing:
            raise TemplateProblem(f"the message brings no {', '.join(missing)}")
        text = self.template.render(_tree({name: values[name] for name in self.fields}))
        if len(text) > LONGEST_TEXT:
            raise TemplateProblem(f"the text has {len(text)} characters, {LONGEST_TEXT} at most can be sent")
        return text


def compile_text(source: str, own_fields: Collection[str] = ()) -> Text:
    """Check a template; raises ``TemplateProblem`` naming the field or construct that is not allowed."""
    if len(source) > LONGEST_TEMPLATE:
        raise TemplateProblem(f"a template has {LONGEST_TEMPLATE} characters at most, this one {len(source)}")
    if CONTROL.search(source):
        raise TemplateProblem("a template holds no control characters")
    try:
        tree = _ENVIRONMENT.parse(source)
        fields = frozenset(_fields(tree, KNOWN | set(own_fields)))
        return Text(_ENVIRONMENT.from_string(source), fields)
    except TemplateProblem:
        raise
    except (TemplateError, SyntaxError, RecursionError) as error:
        raise TemplateProblem(f"not a template: {str(error).splitlines()[0][:120]}") from error


def one_line(text: str, what: str) -> str:
    """A text that goes into a header: what would begin a second header there is refused (CR, LF and their kin)."""
    if LINE_BREAKS.search(text) or CONTROL.search(text):
        raise TemplateProblem(f"the {what} holds a line break or control character")
    return text


def field_name(name: str) -> str:
    """Check the name of a field that a template brings itself: a plain word that hides none of the known ones."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", name, re.ASCII):
        raise TemplateProblem(f"`{name[:40]}` is no name for a field: small letters, digits and _")
    if name in {known.partition(".")[0] for known in KNOWN}:
        raise TemplateProblem(f"`{name}` is the name of a field that is always there")
    return name


def _fields(node: nodes.Node, known: Collection[str]) -> list[str]:
    """The fields below a node, in their order; refuses what is no part of the language."""
    if isinstance(node, nodes.Name | nodes.Getattr):
        name = _dotted(node)
        if name not in known:
            raise TemplateProblem(f"there is no field `{name[:60]}`; {nearest(name, sorted(known))}")
        return [name]
    if not isinstance(node, ALLOWED):
        raise TemplateProblem(f"line {node.lineno}: templates know no {type(node).__name__.lower()}")
    if isinstance(node, nodes.Filter) and (node.name not in FILTERS or _has_arguments(node)):
        raise TemplateProblem(f"line {node.lineno}: no filter `{node.name[:40]}`; there are {', '.join(FILTERS)}")
    return [name for child in node.iter_child_nodes() for name in _fields(child, known)]


def _has_arguments(node: nodes.Filter) -> bool:
    return bool(node.args or node.kwargs or node.dyn_args or node.dyn_kwargs)


def _dotted(node: nodes.Expr) -> str:
    parts: list[str] = []
    while isinstance(node, nodes.Getattr):
        parts.append(node.attr)
        node = node.node
    if not isinstance(node, nodes.Name):
        raise TemplateProblem(f"line {node.lineno}: only fields have parts, not a {type(node).__name__.lower()}")
    return ".".join([node.name, *reversed(parts)])


def _tree(values: Mapping[str, str]) -> dict[str, object]:
    """``{"client.name": "X"}`` as ``{"client": {"name": "X"}}``: plain texts, nothing with methods of ours."""
    found: dict[str, object] = {}
    for name, value in values.items():
        group, dot, part = name.partition(".")
        if not dot:
            found[group] = value
            continue
        inner = found.setdefault(group, {})
        if isinstance(inner, dict):
            inner[part] = value
    return found


def _environment() -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)
    made.globals.clear()
    made.filters = {name: made.filters[name] for name in FILTERS}
    made.tests = {}
    return made


_ENVIRONMENT = _environment()
