"""Tools in which teams see their tasks besides the inbox; none is aware of the others."""
