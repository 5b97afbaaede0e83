"""What goes wrong at a simulator: single faults and their plan, and whole storms made from a seed."""

from __future__ import annotations

from connectors.sandbox.faults.plan import Deed, Fault, FaultPlan, fault_from
from connectors.sandbox.faults.storm import storm

__all__ = ["Deed", "Fault", "FaultPlan", "fault_from", "storm"]
