"""Botanical families on screen: a French name, two letters and a colour, so that colour is never alone."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """`letters` name its colour too: `.fam-br` in garden.css. `of`: what it is known by."""

    latin: str
    name: str
    letters: str
    of: str = ""

    @property
    def common(self) -> str:
        """As growers say it: « famille des carottes »."""
        return f"famille {self.of}" if self.of else self.name

    @property
    def css(self) -> str:
        return f"fam-{self.letters.lower()}"


KNOWN = {
    latin: Family(latin, name, letters, of)
    for latin, name, letters, of in (
        ("Alliaceae", "Alliacées", "Al", "des oignons"),
        ("Amaranthaceae", "Amaranthacées", "Am", "des betteraves"),
        ("Apiaceae", "Apiacées", "Ap", "des carottes"),
        ("Asteraceae", "Astéracées", "As", "des laitues"),
        ("Brassicaceae", "Brassicacées", "Br", "des choux"),
        ("Caprifoliaceae", "Caprifoliacées", "Ca", "de la mâche"),
        ("Convolvulaceae", "Convolvulacées", "Co", "de la patate douce"),
        ("Cucurbitaceae", "Cucurbitacées", "Cu", "des courges"),
        ("Fabaceae", "Fabacées", "Fa", "des haricots"),
        ("Lamiaceae", "Lamiacées", "La", "du basilic"),
        ("Poaceae", "Poacées", "Po", "du maïs"),
        ("Polygonaceae", "Polygonacées", "Pg", "de la rhubarbe"),
        ("Portulacaceae", "Portulacacées", "Pt", "du pourpier"),
        ("Rosaceae", "Rosacées", "Ro", "de la fraise"),
        ("Solanaceae", "Solanacées", "So", "des tomates"),
    )
}


def family(latin: str) -> Family:
    """The family of that name; one that the palette does not know keeps its name, in grey."""
    return KNOWN.get(latin) or Family(latin, latin, "Xx")
