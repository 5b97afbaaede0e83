"""What an admin writes about a Stripe connection."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class StripeSettings(BaseModel):
    """One Stripe account; to read, a restricted key for five kinds of objects and for events is enough."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: SecretStr = Field(description="Secret (sk_…) or restricted (rk_…) key; name it as ${STRIPE_KEY}.")
    base_url: str | None = Field(default=None, description="Another address of the API: a sandbox or a proxy.")

    @property
    def is_test(self) -> bool:
        """Whether the key belongs to the account's test mode."""
        return "_test_" in self.key.get_secret_value()
