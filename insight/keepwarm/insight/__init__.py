"""Scores, cohorts, value, attribution, experiments and the report made of them."""
