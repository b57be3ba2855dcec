"""French spaces: a template is typed with plain ones, and no line of a page begins with « ; » or « ? »."""

import re

from django.template import Origin
from django.template.loaders import app_directories

NARROW = "\u202f"
# Not the « != » of a condition.
BEFORE = re.compile(r"(?<=\S) (?=[;:?!»](?!=))|(?<=«) ")


def spaced(text: str) -> str:
    return BEFORE.sub(NARROW, text)


class Loader(app_directories.Loader):
    def get_contents(self, origin: Origin) -> str:
        text: str = super().get_contents(origin)
        return spaced(text) if str(origin.template_name).endswith((".html", ".txt")) else text
