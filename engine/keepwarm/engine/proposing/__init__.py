"""What applying a folder would change: compared in canonical form, and told line by line."""
