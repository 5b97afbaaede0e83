"""Tests of core.sync."""
