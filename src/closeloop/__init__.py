"""Closeloop: the hub between marketing and sales. The road is in `flow.py`, its parts are joined in `installed.py`."""

__version__ = "0.1.0"
