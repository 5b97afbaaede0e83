"""Making a first configuration from a folder of exports whose format nobody has told."""

from __future__ import annotations

from core.onboard.proposal import Proposal
from core.onboard.propose import propose
from core.onboard.render import render
from core.onboard.write import write_proposal

__all__ = ["Proposal", "propose", "render", "write_proposal"]
