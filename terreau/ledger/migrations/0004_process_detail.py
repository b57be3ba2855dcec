from django.db import migrations, models

from terreau.ledger.append_only import install


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_plain_order")]

    operations = [
        migrations.AddField(
            model_name="process",
            name="detail",
            field=models.JSONField(blank=True, default=dict, verbose_name="détail"),
        ),
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
