"""Python reads this at the start of every process that a test starts: they are confined to loopback as well."""

from support.loopback import confine

confine()
