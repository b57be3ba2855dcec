"""Botanical families on screen: a French name, two letters and a colour, so that colour is never alone."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """`letters` name its colour too: `.fam-br` in static/garden/garden.css."""

    latin: str
    name: str
    letters: str

    @property
    def css(self) -> str:
        return f"fam-{self.letters.lower()}"


KNOWN = {
    latin: Family(latin, name, letters)
    for latin, name, letters in (
        ("Alliaceae", "Alliacées", "Al"),
        ("Amaranthaceae", "Amaranthacées", "Am"),
        ("Apiaceae", "Apiacées", "Ap"),
        ("Asteraceae", "Astéracées", "As"),
        ("Brassicaceae", "Brassicacées", "Br"),
        ("Caprifoliaceae", "Caprifoliacées", "Ca"),
        ("Convolvulaceae", "Convolvulacées", "Co"),
        ("Cucurbitaceae", "Cucurbitacées", "Cu"),
        ("Fabaceae", "Fabacées", "Fa"),
        ("Lamiaceae", "Lamiacées", "La"),
        ("Poaceae", "Poacées", "Po"),
        ("Polygonaceae", "Polygonacées", "Pg"),
        ("Portulacaceae", "Portulacacées", "Pt"),
        ("Rosaceae", "Rosacées", "Ro"),
        ("Solanaceae", "Solanacées", "So"),
    )
}


def family(latin: str) -> Family:
    """The family of that name; one that the palette does not know keeps its name, in grey."""
    return KNOWN.get(latin) or Family(latin, latin, "Xx")
