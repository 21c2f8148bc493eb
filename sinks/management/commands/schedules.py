"""`manage.py schedules`: schedules from the command line."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError

from runs.management.actions import EXITS, ActionCommand, actions_of
from runs.management.terminal import json_line, table
from sinks.config.schedules import of_schedule_and_times
from sinks.management.arguments import broken_workflow_files, find_app
from sinks.models import Schedule
from sinks.schedules.firing import CannotRun, start_now
from sinks.schedules.times import InvalidTimes, Rule, check_cron, check_zone, in_words, upcoming

_AS_JSON = "Print JSON, one object per line."
_MAX_SHOWN = 1_000  # times of `schedules next`


class Command(ActionCommand):
    """List schedules, start their runs, and show the times of cron expressions."""

    help = (
        "List schedules, start their runs, and show the times of cron expressions. `sinks import` and `sinks export`"
        f" create, change and save them. {EXITS}"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = actions_of(parser)

        listing = add("list", self._list, "list schedules with their times and last runs", as_json=_AS_JSON)
        listing.add_argument("--app", help="Only this app.")
        run = add("run", self._run, "start a run of a schedule now, and print its id", as_json=_AS_JSON)
        run.add_argument("schedule", metavar="SCHEDULE", help="Its app's id and its name, such as app_abc123/nightly.")
        times = add("next", self._next, "show the next times of a cron expression", as_json=_AS_JSON)
        times.add_argument("cron", metavar="CRON", help="The expression in quotes, such as '0 3 * * *'.")
        times.add_argument("--timezone", default="UTC", help="Such as Europe/Berlin (default: %(default)s).")
        times.add_argument("--count", type=int, default=5, help="The number of times to show (default: %(default)s).")

    def _list(self, options: dict[str, Any]) -> None:
        schedules = Schedule.objects.select_related("app").order_by("app__app_id", "name")
        if options["app"] is not None:
            schedules = schedules.filter(app=find_app(options["app"]))
        if options["json"]:
            for schedule in schedules:
                self.stdout.write(json_line(of_schedule_and_times(schedule)))
            return
        rows = [
            (
                schedule.app.app_id,
                schedule.name,
                schedule.cron,
                schedule.timezone,
                schedule.workflow,
                "app inactive" if not schedule.app.active else "active" if schedule.active else "inactive",
                _text(schedule.next_at),
                _text(schedule.last_at),
                schedule.last_run_id or None,
            )
            for schedule in schedules
        ]
        columns = ("APP", "NAME", "TIMES", "ZONE", "WORKFLOW", "STATE", "NEXT (UTC)", "LAST (UTC)", "LAST RUN")
        self.stdout.write(table(columns, rows))

    def _run(self, options: dict[str, Any]) -> None:
        app_id, _, name = options["schedule"].partition("/")
        app = find_app(app_id)
        schedule = Schedule.objects.filter(app=app, name=name).first()
        if schedule is None:
            others = ", ".join(Schedule.objects.filter(app=app).values_list("name", flat=True)[:10])
            hint = f" This app has: {others}." if others else ""
            raise CommandError(f"There is no schedule {options['schedule']!r}.{hint}")
        broken = broken_workflow_files()
        try:
            run = start_now(schedule)
        except CannotRun as error:
            why = "".join(f"\n{file} cannot be imported: {' '.join(text.split())}" for file, text in broken.items())
            raise CommandError(f"{error}{why}") from None
        self.stdout.write(json_line({"run_id": run.pk, "status": run.status}) if options["json"] else run.pk)

    def _next(self, options: dict[str, Any]) -> None:
        if not 1 <= options["count"] <= _MAX_SHOWN:
            raise CommandError(f"--count must be from 1 to {_MAX_SHOWN}.")
        try:
            check_cron(options["cron"])
            check_zone(options["timezone"])
        except InvalidTimes as error:
            raise CommandError(str(error)) from None
        times = upcoming(Rule(options["cron"], options["timezone"]), datetime.now(UTC), options["count"])
        if options["json"]:
            for time in times:
                self.stdout.write(json_line({"at": time.isoformat()}))
            return
        self.stdout.write(f"{in_words(options['cron'])} ({options['timezone']}):")
        for time in times:
            self.stdout.write(f"{time:%a %Y-%m-%d %H:%M %Z}")


def _text(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if moment is not None else None
