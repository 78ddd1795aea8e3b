"""Scenarios: stories told in a file, played on the real road with simulated vendors at its ends."""
