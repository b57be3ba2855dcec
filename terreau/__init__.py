"""Terreau: the software an écopôle alimentaire runs on. The map of the house is ARCHITECTURE.md."""
