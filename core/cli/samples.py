"""The files that ``inlay init`` and the demo start from."""

from __future__ import annotations

from pathlib import Path

from core.errors import ConfigError

SAMPLE = """\
# What Inlay does for this firm. `inlay config check` reads it; secrets come from the environment as ${NAME}.
firm: {name: Our firm, time_zone: Europe/London, currency: GBP, holidays: GB-ENG}
store: sqlite:///inlay.db           # postgresql://user:${DB_PASSWORD}@host/inlay when one machine is too small

connections:                        # one entry per account; the name on the left is yours
  crm:
    connector: salesforce
    auth:
      flow: client_credentials
      domain: our-firm.my
      client_id: "${SF_CLIENT_ID}"
      client_secret: "${SF_CLIENT_SECRET}"
  marketing:
    connector: hubspot
    token: "${HUBSPOT_TOKEN}"
  billing:
    connector: stripe
    key: "${STRIPE_KEY}"

plugins:                            # observe: only show; propose: write what somebody approves; auto: write
  health: {mode: propose}
  renewals: {mode: propose}
"""

DEMO = """\
# The demo: three simulated vendors on this machine, one made-up accounting practice.
firm: {name: Hartwell & Co, time_zone: Europe/London, currency: GBP, holidays: GB-ENG}
store: sqlite:///inlay.db
as_of: 2026-06-30

connections:
  crm:
    connector: salesforce
    base_url: "${DEMO_SALESFORCE_URL}"
    auth: {flow: token, token: "${DEMO_SALESFORCE_TOKEN}", domain: hartwell.my}
  marketing:
    connector: hubspot
    base_url: "${DEMO_HUBSPOT_URL}"
    token: "${DEMO_HUBSPOT_TOKEN}"
  billing:
    connector: stripe
    base_url: "${DEMO_STRIPE_URL}"
    key: "${DEMO_STRIPE_TOKEN}"

plugins:
  health: {mode: auto}
  renewals: {mode: propose, deal_lead_days: 60, uplift: 0.03}
  engagement: {mode: auto}
  sla: {mode: auto}
  revenue: {mode: auto}
  kpi: {mode: auto}
  playbooks: {mode: propose}
"""


def write_sample(folder: Path, *, force: bool, text: str = SAMPLE) -> Path:
    """Write ``inlay.yaml`` into a folder; refuses to replace one unless forced."""
    path = folder / "inlay.yaml"
    if path.exists() and not force:
        raise ConfigError(f"{path.name} is already there", where=str(folder), remedy="use --force to replace it")
    path.write_text(text, encoding="utf-8")
    return path
