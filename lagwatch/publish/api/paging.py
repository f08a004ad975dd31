"""
Filter, sort and page: numpy chooses the rows of one page, and only these become objects.

A list takes `limit`, `offset`, `sort` (a field, or `-field` for the largest first) and filters; what it does not know is
an error with a near miss. Rows whose value is unknown come last in either direction.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NamedTuple, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from lagwatch.model.snapshot import Bool, Float64, Int32, Int64
from lagwatch.publish.api.names import near

Column = Int64 | Int32 | Float64
Columns = Mapping[str, Column]
MAX_INT64 = 2**63 - 1
Pattern = Annotated[str, Field(max_length=255)]
Count = Annotated[int, Field(ge=0, le=MAX_INT64)]
Before = Annotated[int, Field(ge=1, le=MAX_INT64)]
"""The number of an entry of a list that grows."""
BrokerId = Annotated[int, Field(ge=0, le=2**31 - 1)]
Absent = SkipJsonSchema[None]
"""The value of a filter that was not given; nobody can give it, so the documentation does not have it."""


class ListQuery(BaseModel):
    """What every list takes. A subclass adds its filters."""

    model_config = ConfigDict(frozen=True)

    limit: int = Field(100, ge=1, le=1000, description="At most so many items.", examples=[20])

    @model_validator(mode="wrap")
    @classmethod
    def _nothing_unknown(cls, given: Mapping[str, Any], check: ModelWrapValidatorHandler[Self]) -> Self:
        wrong = [_unknown_parameter(name, cls.model_fields) for name in given if name not in cls.model_fields]
        if not wrong:
            return check(given)
        try:
            check(given)
        except ValidationError as error:
            wrong += [_again(line) for line in error.errors()]
        raise ValidationError.from_exception_data(cls.__name__, wrong)


class PageQuery(ListQuery):
    """What a list takes that has pages. A subclass adds `sort` with the fields that can be sorted by."""

    offset: int = Field(0, ge=0, le=MAX_INT64, description="Leave out so many items before that.", examples=[0])


def _unknown_parameter(name: str, known: Iterable[str]) -> InitErrorDetails:
    meant = near(name, known)
    hint = f"; did you mean '{meant[0]}'?" if meant else "."
    message = "There is no such parameter{hint} Known here: {known}"
    error = PydanticCustomError("unknown_parameter", message, {"hint": hint, "known": ", ".join(sorted(known))})
    return InitErrorDetails(type=error, loc=(name[:100],), input=None)


def _again(line: ErrorDetails) -> InitErrorDetails:
    """An error as it was, to be raised together with others."""
    return InitErrorDetails(type=line["type"], loc=line["loc"], input=line["input"], ctx=line.get("ctx", {}))


class Rows(NamedTuple):
    """The rows of one page, and how many there are in all."""

    total: int
    page: list[int]


def choose(query: PageQuery, keep: Bool, sort: str | None = None, columns: Columns | None = None) -> Rows:
    """
    The rows of the asked page among those that `keep` flags.

    `columns` has a column for every field that can be sorted by but one: that is the order in which the rows are. Equal
    values stay in it. Negative integers (UNKNOWN) and NaN come last.
    """
    rows = np.flatnonzero(keep)
    field, descending = (sort or "").removeprefix("-"), (sort or "").startswith("-")
    column = (columns or {}).get(field)
    if column is not None:
        rows = rows[_order(column[rows], descending=descending)]
    elif descending:
        rows = rows[::-1]
    return Rows(len(rows), rows[query.offset : query.offset + query.limit].tolist())


def _order(values: Column, *, descending: bool) -> Int64:
    unknown = np.isnan(values) if values.dtype.kind == "f" else values < 0
    return np.lexsort((-values if descending else values, unknown))


def at_least(column: Column, minimum: float | None) -> Bool:
    """One flag a row: whether its value is known and not below `minimum`; all are where there is no minimum."""
    if minimum is None:
        return np.ones(len(column), dtype=np.bool_)
    known = ~np.isnan(column) if column.dtype.kind == "f" else column >= 0
    return known & (column >= minimum)


def sums(first: Int64, values: Int64 | Bool) -> Int64:
    """Sum consecutive runs, exactly: run i is `values[first[i]:first[i + 1]]` and may be empty."""
    running = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(values, dtype=np.int64)))
    return running[first[1:]] - running[first[:-1]]
