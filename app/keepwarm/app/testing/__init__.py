"""`keepwarm test`: the stories of a folder played, and what came of them told in several forms."""
