"""The rule language of the process file: one meaning, read once, asked often, explained part by part."""

from closeloop.rules.parse import parse
from closeloop.rules.rule import Rule, Why
from closeloop.rules.scope import Scope
from closeloop.rules.sql import to_sql
from closeloop.rules.staged import Staged, staged_for
from closeloop.rules.tokens import RESERVED
from closeloop.rules.tree import Kind
from closeloop.rules.vocabulary import Vocabulary
from closeloop.rules.write import write

__all__ = ["RESERVED", "Kind", "Rule", "Scope", "Staged", "Vocabulary", "Why", "parse", "staged_for", "to_sql", "write"]
