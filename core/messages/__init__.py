"""What a message may say, to whom and when: templates, recipients, quiet hours, acknowledgements, alerts.

Whether one goes is the ledger's to decide (``core.ledger.messages``); how it travels is a connector's.
"""
