"""The worksites' pages."""
