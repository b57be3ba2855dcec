"""Months and ages, as the texts count them: those of the whole house."""

from terreau.measures.periods import DAY, Period, Span, age, last_day, plus_months, total

__all__ = ["DAY", "Period", "Span", "age", "last_day", "plus_months", "total"]
