"""The example: real purchases of a music shop, with people made up around them."""
