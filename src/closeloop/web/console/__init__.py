"""The console: pages that show what needs attention, people, leads and ends; a click goes down the road."""

from closeloop.web.console.routes import console
from closeloop.web.console.window import Verdict, Window

__all__ = ["Verdict", "Window", "console"]
