"""``python -m core.cli``: the ``inlay`` command where its script is not on the path."""

from __future__ import annotations

from core.cli.app import main

main()
