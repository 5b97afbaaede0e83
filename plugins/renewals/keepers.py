"""Who is asked about a contract: who looks after it, and who is above where nobody answered."""

from __future__ import annotations

from core.sdk import Context, Contracts, Portfolio


def above(portfolio: Portfolio, contracts: Contracts, context: Context) -> list[str | None]:
    """Who is asked when nobody answered: the person in the settings, else the client's owner, else its manager."""
    named: list[str | None] = [context.settings.escalate_to] * len(contracts)
    clients, rows = portfolio.clients, contracts.client.tolist()
    owners = [clients.owner_id[row] if row >= 0 else None for row in rows]
    managers = [clients.account_manager_id[row] if row >= 0 else None for row in rows]
    return portfolio.assignees(named, owners, managers, contracts.owner_id.tolist())


def keepers(portfolio: Portfolio, contracts: Contracts) -> list[str | None]:
    """Who looks after each contract: its owner, else the client's account manager or owner.

    An owner of contracts who looks after no client at all is the user of some data load, and asked last.
    """
    clients, rows = portfolio.clients, contracts.client.tolist()
    managers = [clients.account_manager_id[row] if row >= 0 else None for row in rows]
    owners = [clients.owner_id[row] if row >= 0 else None for row in rows]
    everybody = (clients.account_manager_id.tolist(), clients.owner_id.tolist())
    known = {person for people in everybody for person in portfolio.assignees(people)}
    said = contracts.owner_id.tolist()
    looks_after = [person in known for person in portfolio.assignees(said)]
    first = [person if looks else None for person, looks in zip(said, looks_after, strict=True)]
    return portfolio.assignees(first, managers, owners, said)
