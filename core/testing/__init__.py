"""What every connector has to keep, as tests to inherit; for connectors of this house and of anybody else.

A connector's test module is a bench (how its simulator is started and what people do there) and a line::

    class TestAcme(ConnectorContract):
        bench_type = AcmeBench

pytest has to be installed; nothing else of Inlay imports this package.
"""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("core.testing.reading", "core.testing.writing", "core.testing.trouble")

from core.testing.bench import BadRow, Bench, Call, Skill  # noqa: E402  after the rewriting is arranged
from core.testing.contract import ConnectorContract  # noqa: E402  the same

__all__ = ["BadRow", "Bench", "Call", "ConnectorContract", "Skill"]
