"""Values as Iceberg stores them."""

import datetime
import uuid

EPOCH = datetime.datetime(1970, 1, 1)


def stored(value):
    """A value as the format stores it."""
    if isinstance(value, uuid.UUID):
        return value.bytes
    if isinstance(value, datetime.datetime):
        return (value.replace(tzinfo=None) - EPOCH) // datetime.timedelta(microseconds=1)
    if isinstance(value, datetime.date):
        return (value - EPOCH.date()).days
    if isinstance(value, datetime.time):
        return (datetime.datetime.combine(EPOCH, value) - EPOCH) // datetime.timedelta(microseconds=1)
    return value
