"""The season: who sows what, where and when, garden and partner farms together."""
