"""
Moving the committed offsets of a group: planned, looked at, carried out, undone.

    target.py    where to, and for which partitions, from what a person typed (pure)
    seen.py      a group and its partitions as they are (pure)
    plan.py      what would move from where to where, and whether that still holds (pure)
    files.py     plans and backups as files that nothing overwrites
    act.py       asks Kafka and tells it
    carry.py     one act from its checks to what came of it
"""
