"""Decisions: compile a playbook, advance its runs, explain and simulate them, purely."""
