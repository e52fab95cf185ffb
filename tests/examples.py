"""How many examples a property takes whose every example costs a second, such as two assessments of a made-up history."""

from hypothesis import HealthCheck, settings

__all__ = ["few"]

# The profile of `make test`; any other one searches, and gives its own number to every property.
QUICK = 10


def few(*, is_shared: bool = False, one_in: int = 5) -> settings:
    """Return the settings of a dear property: half as many examples in `make test`, one in five of them in `make test-long`.

    They would take most of the time that CI has for the long tests, and every run of those searches elsewhere. `is_shared`: with
    fixtures made once. `one_in`: fewer, where every example assesses several days.
    """
    most = settings().max_examples
    unchecked = [HealthCheck.function_scoped_fixture] if is_shared else []
    return settings(max_examples=most // 2 if most <= QUICK else most // one_in, suppress_health_check=unchecked)
