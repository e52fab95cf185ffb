"""What runs when for a desk, by its own clock in UTC, and the forms in which other programs take that."""

from deskgate.run.schedule.forms import FORMS, File, render
from deskgate.run.schedule.jobs import Job, Plan, Service, plan_of

__all__ = ["FORMS", "File", "Job", "Plan", "Service", "plan_of", "render"]
