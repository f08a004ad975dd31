"""
Every error that lagwatch raises on purpose. The message is a sentence for the person who reads it: what, where, what to do.

    LagwatchError                 exit code 1
    ├── ConfigurationError        the file, the environment or a flag is wrong (exit code 2); lists every problem
    ├── TraceError                a trace or snapshot cannot be read (exit code 2)
    ├── CollectError              a poll gave no snapshot at all
    │   ├── ClusterUnreachable    no bootstrap address answered in time
    │   ├── AuthenticationFailed  the cluster refused who we are (SASL, TLS)
    │   ├── AccessDenied          the cluster knows us and refuses the act (ACL)
    │   └── ProtocolMismatch      an answer that cannot be understood, or a broker that is too old
    ├── StoreError                the store cannot be used as it is, and waiting does not help
    │   └── StoreAway             the store cannot be written now: a full disk, a lock, a server that does not answer
    ├── OffsetsError              offsets of a group are not moved: the group is in use, has changed, or is of another kind
    │   └── OffsetsFileError      a plan or a backup cannot be read or written (exit code 2)
    ├── RecordsError              single records cannot be read at all: a setting of the connection that the client refuses
    ├── CannotListen              the web server's address is taken or not ours
    └── DemoError                 the demo's own parts: Java, Maven, a node that does not start
"""


class LagwatchError(Exception):
    """The root; `exit_code` is what the command line ends with."""

    exit_code = 1


class ConfigurationError(LagwatchError):
    """The configuration is wrong; the message lists every problem at once."""

    exit_code = 2


class TraceError(LagwatchError):
    """A trace or a snapshot cannot be read; the message names file, line and field."""

    exit_code = 2


class CollectError(LagwatchError):
    """A poll gave no snapshot at all; what is known stays as it was, and ages."""


class ClusterUnreachable(CollectError):
    """No bootstrap address answered before the deadline."""


class AuthenticationFailed(CollectError):
    """The cluster refused who we are: SASL credentials or TLS certificates."""


class AccessDenied(CollectError):
    """The cluster knows us and refuses what we ask: an ACL is missing."""


class ProtocolMismatch(CollectError):
    """An answer could not be understood, or the broker lacks a request that lagwatch needs."""


class StoreError(LagwatchError):
    """The store cannot be used as it is: its schema is newer than this program, its file is no database, its password is wrong."""


class StoreAway(StoreError):
    """The store cannot be read or written now; what is wrong may pass: a full disk, a lock, a server that does not answer."""


class RecordsError(LagwatchError):
    """Single records cannot be read at all; the message says what the client refuses."""


class OffsetsError(LagwatchError):
    """The offsets of a group are not moved, and nothing was changed: the group is in use, has changed, or is of another kind."""


class OffsetsFileError(OffsetsError):
    """A plan or a backup cannot be read or written; the message names the file."""

    exit_code = 2


class CannotListen(LagwatchError):
    """The web server cannot have its address: it is taken, not ours, or needs rights; the message says what to change."""


class DemoError(LagwatchError):
    """A part of the demo cannot run: Java, Maven, a port, a node; the message says how to mend it."""
