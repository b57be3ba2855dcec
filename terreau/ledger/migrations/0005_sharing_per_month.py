from django.db import migrations, models

from terreau.ledger.append_only import install

PERS = [
    ("week", "par semaine"), ("season", "par saison"), ("month", "par mois"), ("order", "par commande")
]  # fmt: skip
noop = migrations.RunPython.noop


class Migration(migrations.Migration):
    """SQLite rebuilds the table, both ways: its triggers are installed again."""

    dependencies = [("ledger", "0004_process_detail"), ("territory", "0004_travel_time")]

    operations = [
        migrations.RunPython(noop, install),
        migrations.RemoveConstraint(model_name="agreement", name="agreement_per_known"),
        migrations.AlterField(
            model_name="agreement",
            name="per",
            field=models.CharField(choices=PERS, max_length=6, verbose_name="rythme"),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(per__in=["week", "season", "month", "order"]), name="agreement_per_known"
            ),
        ),
        migrations.RunPython(install, noop),
    ]
