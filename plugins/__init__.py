"""Bundled plugins: each publishes signals and proposes actions, through `core.sdk` alone."""
