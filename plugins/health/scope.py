"""Work beyond what was agreed: hours over the budget of a project, and nobody has spoken of it with the client."""

from __future__ import annotations

import numpy as np

from core.sdk import Column, Context, Deals, Mask, Projects, Values, counted, signal
from plugins.health.settings import HealthSettings

UNDER_WAY = ("active", "on_hold")


@signal("scope.hours_over", unit="share", keep="latest")
def hours_over(projects: Projects) -> Column:
    """By what share the hours of a client's project exceed its budget: of the project under way that does most."""
    row = projects.by_client.last_row(_over(projects), _budgeted(projects))
    over = np.where(row >= 0, _over(projects)[row] if len(projects) else np.nan, np.nan)

    def _why(i: int) -> str:
        if row[i] < 0:
            return "no project under way has a budget of hours"
        name = projects.name[row[i]] or projects.ids[row[i]]
        return f"{name} took {counted(projects.hours_actual[row[i]], 'hour')} of {projects.hours_budget[row[i]]:,.0f}"

    return Column(np.maximum(over, 0), _why)


@signal("scope.changes_agreed", unit="deals", keep="nothing")
def changes_agreed(deals: Deals, context: Context) -> Column:
    """How many change orders are open, or were won in the last twelve months: the extra work was spoken of."""
    settings: HealthSettings = context.settings
    is_change = np.isin(deals.deal_type, settings.change_order_types)
    lately = (deals.status == "won") & (deals.closed_at > context.now - np.timedelta64(365, "D"))
    found = deals.by_client.count(is_change & ((deals.status == "open") | lately))
    return Column(found, lambda i: counted(found[i], "change order"))


@signal("flag.scope_creep", kind="flag")
def scope_creep(scope_hours_over: Column, scope_changes_agreed: Column, context: Context) -> Column:
    """A project takes many more hours than were agreed, and no change order was made."""
    over = scope_hours_over.values > context.settings.flag_hours_over
    values: Values = (over & ~(scope_changes_agreed.values > 0)).astype("O")
    values[~scope_hours_over.known] = None

    def _why(i: int) -> str:
        agreed = f", with {scope_changes_agreed.reason(i)}" if over[i] and scope_changes_agreed.values[i] > 0 else ""
        without = ", without a change order" if values[i] else ""
        return f"{scope_hours_over.reason(i)}{agreed}{without}"

    return Column(values, _why)


def _budgeted(projects: Projects) -> Mask:
    return np.asarray(np.isin(projects.status, UNDER_WAY) & (projects.hours_budget > 0))


def _over(projects: Projects) -> Values:
    """Hours taken over hours agreed, less one; unknown without a budget."""
    budget = np.where(projects.hours_budget > 0, projects.hours_budget, np.nan)
    return np.asarray(projects.hours_actual / budget - 1)


SIGNALS = [hours_over, changes_agreed, scope_creep]
