"""The rounds of a day: which vehicle delivers where, in which order, at what hour and cost."""
