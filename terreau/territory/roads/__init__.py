"""Roads of one's own: an OpenStreetMap extract read into a compact graph, and the fastest way in it."""
