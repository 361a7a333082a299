"""Every error this program raises on purpose, in three families.

    HasysError
    +-- YouError            what a person gave us is wrong; nothing was touched
    |   +-- ConfigInvalid       all problems of the files at once        exit 65
    |   +-- UsageError          the command does not fit what is there    exit 2
    |   +-- NotAllowed          this person or login may not do that      exit 77
    +-- TheyError           a server did not do what it was asked
    |   +-- ServerUnreachable   no answer, with what was tried            exit 4
    |   +-- RunFailed           a run ended without reaching its end      exit 1
    +-- Busy                another run holds the group                   exit 75
    +-- Interrupted         a person stopped the run (Ctrl-C)             exit 130
    +-- WeError             our own mistake: stop acting on that group    exit 70
        +-- InvariantViolated

A refusal to act is not an error but a value (`model.refusal.Refusal`): the command line turns
it into exit 3. Messages say what, where and what now; they start in lower case because they
are embedded in sentences.
"""


class HasysError(Exception):
    """Base of all; `exit_code` is what the command line ends with."""

    exit_code: int = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class YouError(HasysError):
    exit_code = 2


class UsageError(YouError):
    exit_code = 2


class NotAllowed(YouError):
    exit_code = 77


class ConfigInvalid(YouError):
    """The files have problems; each is a line `file:line:col: path: what, and what now`."""

    exit_code = 65

    def __init__(self, problems: tuple[str, ...]) -> None:
        count = len(problems)
        super().__init__(f"{count} problem{'s' if count != 1 else ''} in the configuration")
        self.problems = problems


class TheyError(HasysError):
    exit_code = 1


class ServerUnreachable(TheyError):
    exit_code = 4


class RunFailed(TheyError):
    exit_code = 1


class Busy(HasysError):
    exit_code = 75


class Interrupted(HasysError):
    exit_code = 130


class WeError(HasysError):
    exit_code = 70


class InvariantViolated(WeError):
    """Something that must be impossible was seen; nothing more is done for that group."""
