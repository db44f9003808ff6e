"""Everything known and done about one customer, for the people of the team."""
