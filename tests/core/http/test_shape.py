from __future__ import annotations

import pytest

from core.http.shape import misfit

JSON = {"Content-Type": "application/json;charset=UTF-8"}


@pytest.mark.parametrize(
    ("method", "status", "headers", "body"),
    [
        ("GET", 200, JSON, b'{"a": 1}'),
        ("GET", 200, JSON, b"[]\n"),
        ("GET", 200, JSON, b'"text"'),
        ("GET", 200, JSON, b"null"),
        ("GET", 200, JSON, b"12.5"),
        ("PATCH", 204, {}, b""),
        ("PUT", 201, {}, b""),
        ("DELETE", 200, {}, b""),
        ("GET", 200, {"Content-Type": "text/csv"}, b"Id,Name\n"),
        ("GET", 404, {"Content-Type": "text/html"}, b"<html>"),
        ("GET", 200, {**JSON, "Content-Encoding": "gzip"}, b"\x1f\x8b"),
    ],
)
def test_believable_answers(method: str, status: int, headers: dict[str, str], body: bytes) -> None:
    assert misfit(method, status, headers, body) is None


@pytest.mark.parametrize(
    ("method", "status", "headers", "body", "words"),
    [
        ("GET", 200, {"Content-Type": "text/html"}, b"<html>", "HTML"),
        ("POST", 200, JSON, b"", "empty"),
        ("PATCH", 200, {}, b"", "empty"),
        ("GET", 200, JSON, b'{"a": [1, 2', "cut"),
        ("GET", 200, JSON, b"   ", "cut"),
        ("GET", 200, JSON, b"<html></html>", "no JSON"),
    ],
)
def test_answers_nobody_should_believe(
    method: str, status: int, headers: dict[str, str], body: bytes, words: str
) -> None:
    problem = misfit(method, status, headers, body)
    assert problem is not None
    assert words in problem
