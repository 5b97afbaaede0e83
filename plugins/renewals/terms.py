"""When each contract ends, when notice must be given, and how it stands today: signals per contract."""

from __future__ import annotations

import numpy as np

from core.sdk import Column, Context, Contracts, Mask, Values, counted, signal, spoken_date
from plugins.renewals.lineage import UNSIGNED, replaced_by_signed
from plugins.renewals.months import add_months, months_between
from plugins.renewals.settings import RenewalSettings

CURRENT = ("Active", "Expiring")


@signal("term.end", kind="date", subject="contract")
def end(contracts: Contracts, context: Context) -> Column:
    """Last day of the present term: as stated, or start plus term; one that renews by itself is rolled on."""
    stated = _stated_end(contracts)
    rolls = _rolls_on(contracts, stated, context)
    ends = stated.copy()
    ends[rolls] = _rolled(stated[rolls], contracts.term_months[rolls], context)

    def _why(i: int) -> str:
        if np.isnat(ends[i]):
            return "neither end nor term is stated"
        return f"renewed by itself until {spoken_date(ends[i])}" if rolls[i] else f"ends on {spoken_date(ends[i])}"

    return Column(ends, _why)


@signal("term.notice_deadline", kind="date", subject="contract")
def notice_deadline(contracts: Contracts, term_end: Column, context: Context) -> Column:
    """Last working day on which notice can arrive: the end less the notice period, rolled back."""
    days = _notice_days(contracts, context)
    raw = term_end.values - np.nan_to_num(days).astype("m8[D]")
    raw[~(days > 0)] = np.datetime64("NaT")
    deadline = context.working_days.on_or_before(raw)

    def _why(i: int) -> str:
        if np.isnat(deadline[i]):
            return "no notice period is stated" if not days[i] > 0 else term_end.reason(i)
        return f"{counted(days[i], 'day')} of notice before {spoken_date(term_end.values[i])}"

    return Column(deadline, _why)


@signal("term.latest_send", kind="date", subject="contract")
def latest_send(term_notice_deadline: Column, context: Context) -> Column:
    """Last working day to send a notice so that it surely arrives by the deadline."""
    settings: RenewalSettings = context.settings
    days = context.working_days.add(term_notice_deadline.values, -settings.notice_buffer_days)
    return Column(days, f"{counted(settings.notice_buffer_days, 'working day')} before the notice deadline")


@signal("term.days_left", unit="days", subject="contract", keep="latest")
def days_left(term_end: Column, term_notice_deadline: Column, context: Context) -> Column:
    """Days until something must be decided: to the notice deadline while it is ahead, else to the end."""
    to_end, to_notice = -context.days_since(term_end.values), -context.days_since(term_notice_deadline.values)
    by_notice = to_notice >= 0
    left = np.where(by_notice, np.fmin(to_notice, to_end), to_end)

    def _why(i: int) -> str:
        if np.isnan(left[i]):
            return term_end.reason(i)
        if by_notice[i]:
            return f"notice by {spoken_date(term_notice_deadline.values[i])}"
        passed = "" if np.isnan(to_notice[i]) else ", the notice deadline has passed"
        return f"{term_end.reason(i)}{passed}"

    return Column(left, _why)


@signal("term.status", kind="text", subject="contract")
def status(contracts: Contracts, term_end: Column, term_days_left: Column, context: Context) -> Column:
    """Active, Expiring, Expired, Unsigned, Evergreen (no end) or Terminated."""
    left, over = term_days_left.values, context.days_since(term_end.values) > 0
    replaced = replaced_by_signed(contracts)
    conditions = {
        "Terminated": contracts.status == "terminated",
        "Unsigned": np.isin(contracts.status, UNSIGNED),
        "Expired": (contracts.status == "expired") | replaced | over,
        "Evergreen": np.isnat(term_end.values),
        "Expiring": left <= context.settings.expiring_days,
    }
    values = np.full(len(contracts), "Active", "O")
    for name, holds in reversed(conditions.items()):
        values[holds] = name

    def _why(i: int) -> str:
        if values[i] in ("Terminated", "Unsigned"):
            return f"its status is {contracts.status[i]}"
        if replaced[i]:
            return "another contract replaced it"
        return term_days_left.reason(i) if values[i] in CURRENT else term_end.reason(i)

    return Column(values, _why)


@signal("term.stage", kind="text", subject="contract")
def stage(term_status: Column, term_days_left: Column, context: Context) -> Column:
    """The smallest stage, in days, that the days left have reached; none while there is time or nothing to renew."""
    left = term_days_left.values
    values = np.full(len(left), None, "O")
    for days in context.settings.stages:
        values[(left <= days) & (left >= 0) & np.isin(term_status.values, CURRENT)] = str(days)
    return Column(values, lambda i: f"{counted(left[i], 'day')} left: {term_days_left.reason(i)}" if values[i] else "")


def _stated_end(contracts: Contracts) -> Values:
    by_term = add_months(contracts.start_date, contracts.term_months) - 1
    return np.where(np.isnat(contracts.end_date), by_term, contracts.end_date)


def _rolls_on(contracts: Contracts, stated: Values, context: Context) -> Mask:
    """Contracts past their stated end that went on by themselves."""
    past = context.days_since(stated) > 0
    return np.asarray(past & contracts.auto_renew & (contracts.status == "active") & (contracts.term_months > 0))


def _rolled(ends: Values, term_months: Values, context: Context) -> Values:
    """The first end of whole further terms that is not before today."""
    today = np.datetime64(context.today)
    terms = np.ceil(months_between(ends, today) / term_months)
    rolled = add_months(ends, terms * term_months)
    return np.where(rolled < today, add_months(ends, (terms + 1) * term_months), rolled)


def _notice_days(contracts: Contracts, context: Context) -> Values:
    default = context.settings.notice_days or np.nan
    return np.where(np.isnan(contracts.notice_period_days), default, contracts.notice_period_days)


SIGNALS = [end, notice_deadline, latest_send, days_left, status, stage]
