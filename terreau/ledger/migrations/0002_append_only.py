from django.db import migrations

from terreau.ledger.append_only import install, remove


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [migrations.RunPython(install, remove)]
