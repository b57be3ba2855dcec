"""The baskets' pages, one file for each thing done."""
