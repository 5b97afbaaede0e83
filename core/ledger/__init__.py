"""The ledger decides: what is written into the CRMs, by whose leave, that it happens once, and how it is undone."""

from core.ledger.apply import ApplyReport, Approval, apply_plan, resume
from core.ledger.carry import Delivery
from core.ledger.creates import Refusal
from core.ledger.deliver import DeliveryProgress
from core.ledger.export import plan_as_csv, plan_as_json
from core.ledger.history import RunLine, list_runs
from core.ledger.letters import DeadLetter, dead_letters, dismiss, replay
from core.ledger.operations import Operation
from core.ledger.plan import Plan, make_plan, show_plan
from core.ledger.policy import PlanRules, PluginRules
from core.ledger.render import client_names, render_plan
from core.ledger.undo import LeftAlone, UndoReport, plan_undo, undo_run

__all__ = [
    "ApplyReport",
    "Approval",
    "DeadLetter",
    "Delivery",
    "DeliveryProgress",
    "LeftAlone",
    "Operation",
    "Plan",
    "PlanRules",
    "PluginRules",
    "Refusal",
    "RunLine",
    "UndoReport",
    "apply_plan",
    "client_names",
    "dead_letters",
    "dismiss",
    "list_runs",
    "make_plan",
    "plan_as_csv",
    "plan_as_json",
    "plan_undo",
    "render_plan",
    "replay",
    "resume",
    "show_plan",
    "undo_run",
]
