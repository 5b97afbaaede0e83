"""The ledger decides: what is written into the CRMs, by whose leave, that it happens once, and how it is undone."""

from core.ledger.apply import ApplyReport, Approval, apply_plan, queue_plan, resume
from core.ledger.creates import Refusal
from core.ledger.current import RESTORES
from core.ledger.deliver import DeliveryProgress
from core.ledger.delivery import STEPS, Delivery, Step, one_after_another, side_by_side
from core.ledger.export import plan_as_csv, plan_as_json
from core.ledger.history import RunLine, list_runs
from core.ledger.inverse import LeftAlone
from core.ledger.letters import DeadLetter, dead_letters, dismiss, edit, replay
from core.ledger.operations import Operation
from core.ledger.pins import Pin, list_pins, pin, unpin
from core.ledger.plan import Plan, make_plan, show_plan
from core.ledger.policy import Pilot, PlanRules, PluginRules
from core.ledger.render import client_names, render_plan
from core.ledger.restores import decline, lost_values
from core.ledger.undo import Chosen, UndoReport, plan_undo, undo

__all__ = [
    "RESTORES",
    "STEPS",
    "ApplyReport",
    "Approval",
    "Chosen",
    "DeadLetter",
    "Delivery",
    "DeliveryProgress",
    "LeftAlone",
    "Operation",
    "Pilot",
    "Pin",
    "Plan",
    "PlanRules",
    "PluginRules",
    "Refusal",
    "RunLine",
    "Step",
    "UndoReport",
    "apply_plan",
    "client_names",
    "dead_letters",
    "decline",
    "dismiss",
    "edit",
    "list_pins",
    "list_runs",
    "lost_values",
    "make_plan",
    "one_after_another",
    "pin",
    "plan_as_csv",
    "plan_as_json",
    "plan_undo",
    "queue_plan",
    "render_plan",
    "replay",
    "resume",
    "show_plan",
    "side_by_side",
    "undo",
    "unpin",
]
