"""`terreau …`: every command of the house (`terreau help` lists them)."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "terreau.web.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(["terreau", *sys.argv[1:]])


if __name__ == "__main__":
    main()
