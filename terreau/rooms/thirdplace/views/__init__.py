"""The third place's pages."""
