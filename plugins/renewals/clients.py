"""How a client stands with its contracts: signals per client, made of those per contract."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.sdk import Column, Context, Contracts, Mask, Values, counted, picked, signal, spoken_date
from plugins.renewals.naming import number_of

STANDING = ("Expiring", "Active", "Evergreen", "Unsigned", "Expired", "Terminated")  # the first that any contract has
LIVE = ("Active", "Expiring", "Evergreen")
YEAR = 365.0
NO_CONTRACT = "no contract is on record"


@signal("contract.status", kind="text")
def contract_status(contracts: Contracts, term_status: Column) -> Column:
    """How the client's contracts stand, told by the one that most wants attention."""
    rank = np.array([STANDING.index(status) for status in term_status.values], "f8")
    row = contracts.by_client.first_row(rank)
    numbers = contracts.by_client.count()
    values = np.full(len(row), None, "O")
    values[row >= 0] = term_status.values[row[row >= 0]]

    def _why(i: int) -> str:
        if row[i] < 0:
            return NO_CONTRACT
        others = f"; {counted(numbers[i], 'contract')} in all" if numbers[i] > 1 else ""
        return f"contract {number_of(contracts, row[i])}: {term_status.reason(row[i])}{others}"

    return Column(values, _why)


@signal("contract.end", kind="date")
def contract_end(contracts: Contracts, term_end: Column, term_status: Column) -> Column:
    """Day on which the last of the client's signed contracts ends."""
    row = contracts.by_client.last_row(term_end.values, np.isin(term_status.values, LIVE))
    return Column(picked(term_end.values, row), _of_row(contracts, row, term_end, "no signed contract has an end"))


@signal("contract.cover_days", unit="days", keep="latest")
def contract_cover_days(contracts: Contracts, contract_end: Column, term_status: Column, context: Context) -> Column:
    """Days until the last signed contract ends: a year where one goes on by itself, 0 where all are over."""
    endless = (term_status.values == "Evergreen") | (np.isin(term_status.values, LIVE) & contracts.auto_renew)
    goes_on = contracts.by_client.count(endless) > 0
    days = np.where(goes_on, YEAR, np.nan_to_num(-context.days_since(contract_end.values)))
    days[contracts.by_client.count() == 0] = np.nan

    def _why(i: int) -> str:
        if np.isnan(days[i]):
            return NO_CONTRACT
        if goes_on[i]:
            return "a contract goes on by itself"
        return f"contracts run until {spoken_date(contract_end.values[i])}" if days[i] else "no contract is in force"

    return Column(days, _why)


@signal("contract.overlap", kind="flag")
def contract_overlap(contracts: Contracts, term_status: Column, term_end: Column) -> Column:
    """Whether two contracts of one name (or both without) are in force at once: someone should look at them."""
    pairs = _overlapping(contracts, np.isin(term_status.values, LIVE), term_end.values)
    ever = contracts.by_client.count()
    values = np.full(len(ever), None, "O")
    values[ever > 0] = False
    for client in pairs:
        values[client] = True

    def _why(i: int) -> str:
        if i in pairs:
            return "{} and {} are in force at once".format(*(number_of(contracts, row) for row in pairs[i]))
        return "no two contracts overlap" if ever[i] else NO_CONTRACT

    return Column(values, _why)


@signal("renewal.days_left", unit="days", keep="latest")
def renewal_days_left(contracts: Contracts, term_status: Column, term_days_left: Column) -> Column:
    """Days until the client's next contract must be decided: its notice deadline, or its end."""
    row = _next(contracts, term_status, term_days_left)
    return Column(picked(term_days_left.values, row), _of_row(contracts, row, term_days_left))


@signal("renewal.date", kind="date")
def renewal_date(contracts: Contracts, term_status: Column, term_days_left: Column, term_end: Column) -> Column:
    """Day on which the client's next contract to be decided ends or renews."""
    row = _next(contracts, term_status, term_days_left)
    return Column(picked(term_end.values, row), _of_row(contracts, row, term_end))


@signal("renewal.notice_deadline", kind="date")
def renewal_notice_deadline(
    contracts: Contracts, term_status: Column, term_days_left: Column, term_notice_deadline: Column
) -> Column:
    """Last working day on which notice for that contract can arrive."""
    row = _next(contracts, term_status, term_days_left)
    return Column(picked(term_notice_deadline.values, row), _of_row(contracts, row, term_notice_deadline))


@signal("renewal.stage", kind="text")
def renewal_stage(contracts: Contracts, term_status: Column, term_days_left: Column, term_stage: Column) -> Column:
    """Stage of that contract: the days left that it has reached."""
    row = _next(contracts, term_status, term_days_left)
    values = np.full(len(row), None, "O")
    values[row >= 0] = term_stage.values[row[row >= 0]]
    return Column(values, _of_row(contracts, row, term_stage))


def _next(contracts: Contracts, status: Column, left: Column) -> Values:
    """Per client the contract that must be decided first, or -1."""
    return contracts.by_client.first_row(left.values, np.isin(status.values, LIVE) & (left.values >= 0))


def _of_row(
    contracts: Contracts, rows: Values, column: Column, none: str = "no contract is to be renewed"
) -> Callable[[int], str]:
    """Reasons of a client's value that was picked from one of its contracts."""

    def _why(i: int) -> str:
        return (
            none
            if rows[i] < 0
            else f"contract {number_of(contracts, rows[i])}: {column.reason(rows[i]) or 'not due yet'}"
        )

    return _why


def _overlapping(contracts: Contracts, live: Mask, ends: Values) -> dict[int, tuple[int, int]]:
    """Per client the first two live contracts of one name that cover a common day."""
    seen: dict[tuple[int, str], list[int]] = {}
    found: dict[int, tuple[int, int]] = {}
    for row in np.flatnonzero(live & contracts.linked).tolist():
        client = int(contracts.client[row])
        same = seen.setdefault((client, (contracts.name[row] or "").strip().lower()), [])
        clash = next((other for other in same if _meet(contracts, ends, other, row)), None)
        if clash is not None:
            found.setdefault(client, (clash, row))
        same.append(row)
    return found


def _meet(contracts: Contracts, ends: Values, one: int, other: int) -> bool:
    """Whether two terms share a day; an unknown start is long ago, an unknown end far ahead."""
    starts = contracts.start_date
    return not (ends[one] < starts[other] or ends[other] < starts[one])


SIGNALS = [
    contract_status, contract_end, contract_cover_days, contract_overlap,
    renewal_days_left, renewal_date, renewal_notice_deadline, renewal_stage,
]  # fmt: skip
