"""
Takes away what Django makes on PostgreSQL beside the index of a text key, for LIKE: nobody asks for ids by a pattern,
and the journal writes each tree with each run.
"""

from typing import Any

from django.db import migrations


def drop(apps: Any, schema_editor: Any) -> None:
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    for table, column in (("runs_run", "id"), ("runs_delivery", "run_id")):
        with connection.cursor() as cursor:
            constraints = connection.introspection.get_constraints(cursor, table)
        for name, about in constraints.items():
            if name.endswith("_like") and about["columns"] == [column]:
                schema_editor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")


class Migration(migrations.Migration):
    dependencies = [("runs", "0004_queries")]
    operations = [migrations.RunPython(drop, migrations.RunPython.noop)]
