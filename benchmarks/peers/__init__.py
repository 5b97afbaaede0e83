"""The peers' side, run by a Python of their own: nothing here may import Inlay."""
