"""Which records of several systems are one client, contact or user, why, and what the merged view says."""

from core.identity.join import JoinReport, TypeReport, join_clients
from core.identity.rules import JoinRules, Survivor

__all__ = ["JoinReport", "JoinRules", "Survivor", "TypeReport", "join_clients"]
