"""The tables of the search index, which differ by database, and how far runs are indexed."""

from django.db import migrations, models

SQLITE = (
    "CREATE TABLE runs_searchentry"
    " (number INTEGER PRIMARY KEY, run_id VARCHAR(48) NOT NULL, terms BLOB NOT NULL)",
    # '~' begins the terms of named values; the other characters are in compounds. Words are in lower case already.
    "CREATE VIRTUAL TABLE runs_searchindex USING fts5(terms, content='', columnsize=0, detail='none',"
    " tokenize=\"ascii tokenchars '_~-.+@'\")",
)
POSTGRESQL = (
    "CREATE TABLE runs_searchentry"
    " (number bigint PRIMARY KEY, run_id varchar(48) NOT NULL, terms tsvector NOT NULL)",
    "CREATE INDEX runs_searchindex ON runs_searchentry USING gin (terms)",
)


def create(apps, editor):
    for statement in SQLITE if editor.connection.vendor == "sqlite" else POSTGRESQL:
        editor.execute(statement)


def drop(apps, editor):
    if editor.connection.vendor == "sqlite":
        editor.execute("DROP TABLE runs_searchindex")
    editor.execute("DROP TABLE runs_searchentry")


class Migration(migrations.Migration):
    dependencies = [("runs", "0022_links")]

    operations = [
        migrations.CreateModel(
            name="SearchProgress",
            fields=[
                ("id", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("newest", models.CharField(help_text="A run's id; newer runs are still to be indexed.", max_length=48)),
                ("oldest", models.CharField(help_text="A run's id; older runs are still to be indexed.", max_length=48)),
                ("left", models.PositiveBigIntegerField(help_text="About how many older runs are still to be indexed.")),
            ],
        ),
        migrations.RunPython(create, drop),
    ]
