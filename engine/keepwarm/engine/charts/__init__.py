"""A plan as a picture of our own: laid out, measured and written as SVG."""
