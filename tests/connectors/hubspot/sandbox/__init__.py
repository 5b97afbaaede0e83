"""Tests of the HubSpot simulator."""
