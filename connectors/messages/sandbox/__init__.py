"""A stateful simulator of Twilio's Messages resource, API 2010-04-01, built from docs/messaging/api/message-resource.

It knows one account with one number, creates, shows and lists messages, refuses what Twilio refuses (with its codes),
pages newest first, and lets a test say what the carrier made of a message.
"""

from __future__ import annotations

from connectors.messages.sandbox.app import ACCOUNT, NUMBER, TOKEN, TwilioSandbox

__all__ = ["ACCOUNT", "NUMBER", "TOKEN", "TwilioSandbox"]
