"""What people call a contract."""

from __future__ import annotations

from core.sdk import Clients, Contracts


def number_of(contracts: Contracts, row: int) -> str:
    """Its number, else its name, else the last part of its id."""
    return str(contracts.number[row] or contracts.name[row] or contracts.ids[row].rpartition("/")[2])


def client_name(clients: Clients, row: int) -> str:
    """The client as people call it."""
    return str(clients.name[row] or clients.ids[row])


def title_beside(client: str, contracts: Contracts, row: int) -> str:
    """The contract without the client's name, for where that is said beside it."""
    called = number_of(contracts, row)
    return called.replace(client, "").strip(" -:,") or called


def task_title(client: str, title: str) -> str:
    """How the tasks about a contract begin, at whatever stage."""
    return f"[Inlay] Renew {client}: {title},"
