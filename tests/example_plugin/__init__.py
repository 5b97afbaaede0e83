"""A third-party plugin as its author would publish it; the tests install it."""
