"""How each kind of system signs its events, and what they are about: one module per vendor, for ``webhooks.verify``.

Every module is the same shape: a ``claim`` that reads the signature, and ``events`` that reads what was signed into
names, digests and the records touched. Both are pure, and raise nothing but ``Refusal``.
"""
