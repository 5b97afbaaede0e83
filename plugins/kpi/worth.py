"""What a client will still be worth: the simple formula, and a model of jobs to come where no agreement runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.sdk import Column, Context, Values, counted, mean_of, money, signal
from plugins.kpi.figure import Definition, Told
from plugins.kpi.lifetime import Lifetime, fit
from plugins.kpi.settings import KpiSettings
from plugins.kpi.spend import Spend, fit_spend
from plugins.kpi.standing import there_on
from plugins.kpi.work import Work

YEAR = 365.0
HALF_A_YEAR = 0.5
LEAST_REPEATS = 50


@signal("clv.model", kind="text", subject="firm", keep="latest")
def model(work_days: Column, work_worth: Column, context: Context) -> Column:
    """The model of jobs to come that is fitted to the whole book (BG/NBD with paces, Gamma-Gamma), as JSON."""
    settings: KpiSettings = context.settings
    book = _Past.of(work_days.values, context)
    repeats = int(book.work.repeats.sum())
    if book.work.size < settings.least_for_lifetime or repeats < LEAST_REPEATS:
        what = f"{counted(book.work.size, 'client')} with a job and {counted(repeats, 'repeated job')}"
        return _said(None, f"refused: {what}; it takes {settings.least_for_lifetime} and {LEAST_REPEATS}")
    lifetime = fit(book.work)
    if not lifetime.settled:
        return _said(None, f"refused: no parameters fit the jobs of {counted(book.work.size, 'client')} best")
    worth = work_worth.values[book.rows]
    spend = fit_spend(book.work.repeats, worth) if (worth[book.work.repeats > 0] > 0).any() else None
    r, alpha, a, b = (f"{value:.3f}" for value in (lifetime.r, lifetime.alpha, lifetime.a, lifetime.b))
    why = f"{repeats} repeated jobs of {counted(book.work.size, 'client')} give r {r}, alpha {alpha}, a {a}, b {b}"
    return _said(_written(lifetime, spend if spend and spend.settled else None), why)


@signal("clv.alive", unit="share", across=True, keep="latest")
def alive(clv_model: Column, work_days: Column, context: Context) -> Column:
    """The chance that a client will ever give work again, from how often and how lately it did."""
    return _by_model(clv_model, work_days, context, lambda book, lifetime: lifetime.alive(book.work))


@signal("clv.jobs_12m", unit="jobs", across=True, keep="latest")
def jobs_12m(clv_model: Column, work_days: Column, context: Context) -> Column:
    """How many jobs a client is expected to give in the twelve months to come."""
    return _by_model(clv_model, work_days, context, lambda book, lifetime: lifetime.expected(book.work, YEAR))


@signal("clv.12m", unit="money", across=True, keep="latest")
def clv_12m(
    clv_model: Column, clv_jobs_12m: Column, work_days: Column, work_worth: Column, fees_last_year: Column,
    client_under_agreement: Column, kpi_logo_retention: Column, context: Context,
) -> Column:  # fmt: skip
    """What a client is expected to leave in the twelve months to come, after cost and interest.

    Under an agreement: the fees of the last year, as likely as clients stay. Else the jobs expected, at their worth.
    """
    settings: KpiSettings = context.settings
    left = settings.margin / (1 + settings.discount) ** HALF_A_YEAR
    runs = client_under_agreement.values.astype(bool) & (fees_last_year.values > 0)
    _, spend = _read(clv_model)
    jobs = clv_jobs_12m.values * _a_job(spend, work_days, work_worth, context)
    value = left * np.where(runs, fees_last_year.values * kpi_logo_retention.values[0], jobs)

    def _why(i: int) -> str:
        if not np.isnan(value[i]):
            return "the fees of the agreements that run, as likely as clients stay" if runs[i] else "jobs to come"
        return kpi_logo_retention.reason(0) if runs[i] else clv_model.reason(0)

    return Column(value, _why)


@signal("clv.simple", unit="money", across=True, keep="latest")
def simple(
    fees_last_year: Column, kpi_logo_retention: Column, client_since: Column, client_lost_on: Column, context: Context
) -> Column:
    """Annual fee x margin x years, the years being 1 / (1 - retention); interest is left out."""
    years = expected_years(float(kpi_logo_retention.values[0]))
    return _lasting(years, fees_last_year, kpi_logo_retention, client_since, client_lost_on, context)


@signal("clv.discounted", unit="money", across=True, keep="latest")
def discounted(
    fees_last_year: Column, kpi_logo_retention: Column, client_since: Column, client_lost_on: Column, context: Context
) -> Column:
    """Annual fee x margin x r / (1 + d - r): all years to come, each counted less by the interest d."""
    factor = discounted_years(float(kpi_logo_retention.values[0]), context.settings.discount)
    return _lasting(factor, fees_last_year, kpi_logo_retention, client_since, client_lost_on, context)


def expected_years(retention: float) -> float:
    """Years that a client stays; unknown where nobody left."""
    return 1 / (1 - retention) if retention < 1 else np.nan


def discounted_years(retention: float, discount: float) -> float:
    """The same in years of today: the first is a year away. Unknown where nobody left and money costs nothing."""
    return retention / (1 + discount - retention) if retention < 1 + discount else np.nan


def average(since: Column, lost: Column, values: Column, context: Context) -> Told:
    """The mean over the clients that are there."""
    found = mean_of(values.values[there_on(since.values, lost.values, np.datetime64(context.today))])
    if not found.n:
        return found, "no client has one"
    return found, f"{counted(found.n, 'client')} at {money(round(found.value), context.firm.currency)} on average"


@dataclass(frozen=True)
class _Past:
    """The jobs of the clients who ever gave one; ``rows`` are theirs among all clients."""

    rows: Values
    work: Work

    @classmethod
    def of(cls, texts: Values, context: Context) -> _Past:
        """Read the days of jobs; they end today."""
        rows = np.flatnonzero([text is not None for text in texts])
        told = texts[rows].tolist()
        sizes = np.array([text.count(" ") + 1 for text in told], np.int64)
        days = np.array(" ".join(told).split(), np.int64)
        today = float(np.datetime64(context.today).astype(np.int64))
        return cls(rows, Work.of(np.repeat(np.arange(len(rows)), sizes), days, len(rows), today))

    def spread(self, values: Values, size: int) -> Values:
        """Values of these clients among all."""
        found = np.full(size, np.nan)
        found[self.rows] = values
        return found


def _by_model(models: Column, days: Column, context: Context, ask: Any) -> Column:
    lifetime, _ = _read(models)
    size = len(days)
    if lifetime is None:
        return Column.unknown(size, models.reason(0))
    book = _Past.of(days.values, context)
    values = book.spread(ask(book, lifetime), size)
    repeats = book.spread(book.work.repeats.astype("f8"), size)
    ago = book.spread(book.work.end - book.work.last, size)

    def _why(i: int) -> str:
        if np.isnan(values[i]):
            return "no job yet"
        return f"{counted(repeats[i] + 1, 'job')}, the last {counted(ago[i], 'day')} ago"

    return Column(values, _why)


def _a_job(spend: Spend | None, days: Column, worth: Column, context: Context) -> Values:
    """What a job to come is worth, per client."""
    if spend is None:
        return np.full(len(days), np.nan)
    book = _Past.of(days.values, context)
    return book.spread(spend.expected(book.work.repeats, worth.values[book.rows]), len(days))


def _lasting(years: float, fees: Column, retention: Column, since: Column, lost: Column, context: Context) -> Column:
    there = there_on(since.values, lost.values, np.datetime64(context.today))
    value = np.where(there, fees.values * context.settings.margin * years, np.nan)

    def _why(i: int) -> str:
        if not there[i]:
            return "not a client"
        if np.isnan(years):
            return retention.reason(0) if np.isnan(retention.values[0]) else "nobody left: no number of years follows"
        return f"{money(round(fees.values[i], 2), context.firm.currency)} a year for {years:.1f} years, before cost"

    return Column(value, _why)


def _written(lifetime: Lifetime, spend: Spend | None) -> str:
    edges, paces = lifetime.edges.tolist(), [round(pace, 6) for pace in lifetime.paces.tolist()]
    life = {name: getattr(lifetime, name) for name in ("r", "alpha", "a", "b", "likelihood")}
    worth = {name: getattr(spend, name) for name in ("p", "q", "v", "scale")} if spend else None
    return json.dumps({"lifetime": life | {"edges": edges, "paces": paces}, "spend": worth}, sort_keys=True)


def _read(models: Column) -> tuple[Lifetime | None, Spend | None]:
    text = models.values[0]
    if text is None:
        return None, None
    told = json.loads(text)
    life = told["lifetime"]
    edges, paces = np.array(life.pop("edges"), "f8"), np.array(life.pop("paces"), "f8")
    lifetime = Lifetime(**life, edges=edges, paces=paces, settled=True)
    return lifetime, Spend(**told["spend"], settled=True) if told["spend"] else None


def _said(text: str | None, why: str) -> Column:
    values = np.full(1, None, "O")
    values[0] = text
    return Column(values, why)


STANDING = {"since": "client.since", "lost": "client.lost_on", "context": "context"}
DEFINITIONS = [
    Definition(
        "lifetime_value", "L1", "money",
        "Annual fee x margin x expected years, on average over the clients that are there.",
        STANDING | {"values": "clv.simple"}, average, digits=2,
    ),
    Definition(
        "value_of_next_year", "L2", "money",
        "What a client is expected to leave in the twelve months to come, on average over the clients that are there.",
        STANDING | {"values": "clv.12m"}, average, digits=2,
    ),
]  # fmt: skip
SIGNALS = [model, alive, jobs_12m, clv_12m, simple, discounted]
