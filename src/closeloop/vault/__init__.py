"""Connections that were set up: their settings are kept sealed, and opened only to connect."""
