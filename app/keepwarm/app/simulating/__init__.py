"""Simulating: recorded history replayed with the folder's playbooks, and what came of it told."""
