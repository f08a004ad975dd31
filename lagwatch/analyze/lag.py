"""How many messages a group has not read. Pure."""

import numpy as np

from lagwatch.model.snapshot import UNKNOWN, Int64


def lag(committed: Int64, start: Int64, end: Int64) -> Int64:
    """
    Messages left to read: max(0, end - max(committed, start)), UNKNOWN where one of the three is unknown.

    All arrays are parallel. Commits are read before log ends, so lag can only be overstated, by what was produced in
    between. A commit before the log start means that unread messages were deleted: they are no lag.

    >>> lag(np.array([90, 105, 5, -1, 5]), np.array([0, 0, 50, 0, 0]), np.array([100, 100, 100, 100, -1])).tolist()
    [10, 0, 50, -1, -1]
    """
    answer = np.maximum(committed, start)
    np.subtract(end, answer, out=answer)
    np.maximum(answer, 0, out=answer)
    answer[(committed < 0) | (start < 0) | (end < 0)] = UNKNOWN
    return answer
