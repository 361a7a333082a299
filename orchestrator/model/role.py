"""What a server is, and what a group does by itself."""

import enum


class Role(enum.Enum):
    """The role of one server in its group."""

    ACTIVE = "ACTIVE"
    STANDBY = "STANDBY"
    PROMOTING = "PROMOTING"
    DEMOTING = "DEMOTING"
    OFFLINE = "OFFLINE"
    FAULTED = "FAULTED"
    UNKNOWN = "UNKNOWN"


class Mode(enum.Enum):
    """Whether the group acts by itself, only says what it would do, or does nothing."""

    AUTOMATIC = "automatic"
    OBSERVE = "observe"
    MAINTENANCE = "maintenance"


class Safety(enum.Enum):
    """How far the promise 'never two ACTIVE' reaches for a group (docs/explanation/safety.md)."""

    FENCED = "fenced"
    LEASED = "leased"
    LEASED_WITHOUT_RESET = "leased without reset"
    MANUAL = "manual"
