"""How each kind of system signs the events it sends: one module per scheme, a table of them in ``webhooks.verify``."""
