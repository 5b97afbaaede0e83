"""Templates that want more than to fill in a name: 300 and some, made from what attackers of Jinja try."""

from __future__ import annotations

from itertools import product

ROOTS = (
    "recipient",
    "client",
    "recipient.name",
    "link",
    "self",
    "cycler",
    "lipsum",
    "range",
    "dict",
    "''",
    "[]",
    "{}",
    "1",
)
WAYS = (
    "{r}.__class__", "{r}.__class__.__mro__[1].__subclasses__()", "{r}['__class__']", "{r}|attr('__class__')",
    "{r}.__init__.__globals__", "{r}.format(1)", "{r}()", "{r}[0]", "{r} ~ 'x'", "{r} * 10", "{r} + {r}", "{r} == {r}",
    "{r} if {r} else {r}", "({r}, {r})", "[{r}]", "{{'a': {r}}}", "{r}|map('upper')", "{r}|join", "{r}|upper('x')",
    "{r}|safe", "{r} is defined", "-{r}", "{r} and {r}", "{r}.upper()",
)  # fmt: skip
STATEMENTS = (
    "{% for x in recipient.name %}{{ x }}{% endfor %}", "{% set x = link %}", "{% include 'inlay.yaml' %}",
    "{% import 'os' as os %}", "{% from 'os' import path %}", "{% extends 'base' %}", "{% block a %}{% endblock %}",
    "{% macro m() %}{% endmacro %}", "{% call m() %}{% endcall %}", "{% filter upper %}x{% endfilter %}",
    "{% with x = 1 %}{% endwith %}", "{% autoescape false %}{% endautoescape %}", "{% do 1 %}", "{% debug %}",
    "{% if 1 == 1 %}{% endif %}",
    "{% if config %}{% endif %}", "{% if recipient %}{% endif %}", "{{ 'text' }}", "{{ 1 }}",
    "{{ 9 ** 9 ** 9 }}", "{{ 'a' * 1000000000 }}", "{{ range(10 ** 9) }}", "{{ none }}", "{{ true }}", "{{ }}", "{{",
    "{%",
    "{% endif %}", "{% if link %}", "{{ link", "{{ link }", "{{ recipient.name.first }}", "{{ recipient . password }}",
    "{{ clients.name }}", "{{ Client.name }}", "{{ client.Name }}", "{{ recipient.first_name.__len__ }}",
    "{{ link|attr }}", "{{ link|string }}", "{{ link|format }}", "{{ link|pprint }}", "{{ link|upper|xmlattr }}",
    "{{ link|replace('a', 'b') }}", "{{ link|upper(*link) }}", "{{ link|upper(**link) }}",
    "\x00{{ link }}", "\r{{ link }}",
    "{{ link }}\x1b[2J", "\u2028{{ link }}", "{{ " + "not " * 900 + "link }}",
    "{{ " + "(" * 900 + "link" + ")" * 900 + " }}",
    "{% if link %}" * 140 + "x" + "{% endif %}" * 140, "{{ link" + "|upper" * 560 + "|open }}", "x" * 4001,
    "{{ link }}" * 401,
)  # fmt: skip
HOSTILE = tuple([f"{{{{ {way.format(r=root)} }}}}" for root, way in product(ROOTS, WAYS)] + list(STATEMENTS))
