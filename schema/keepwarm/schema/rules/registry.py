"""All rules, in one list."""
RULES = ()
