from django.db import migrations, models

from terreau.ledger.append_only import install

noop = migrations.RunPython.noop
KINDS = [
    ('supply', 'contrat d’apport'), ('solidarity', 'solidarité'), ('order', 'commande'),
    ('subscription', 'abonnement'), ('sharing', 'partage de frais'), ('service', 'prestation'),
    ('support', 'contrat d’appui'), ('loan', 'mise à disposition'),
]


class Migration(migrations.Migration):
    """SQLite rebuilds the table, both ways: its triggers are installed again."""

    dependencies = [('ledger', '0008_worksite_and_service')]

    operations = [
        migrations.RunPython(noop, install),
        migrations.RemoveConstraint(model_name='agreement', name='agreement_kind_known'),
        migrations.AlterField(
            model_name='agreement',
            name='kind',
            field=models.CharField(choices=KINDS, max_length=12, verbose_name='nature'),
        ),
        migrations.AddConstraint(
            model_name='agreement',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', [kind for kind, _ in KINDS])), name='agreement_kind_known'),
        ),
        migrations.RunPython(install, noop),
    ]
